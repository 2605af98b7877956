# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A process that is killed while it writes leaves nothing that a later start trusts. The store's own test is tests/core/test_store_build.py."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

KILL = Path(__file__).with_name("kill_writers.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_a_killed_process_leaves_nothing_to_trust(tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    print("seed", seed)  # shown where the test fails
    ended = subprocess.run(
        [sys.executable, str(KILL), str(tmp_path), str(seed)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["wrong"] == []
    assert told["killed"] == 23 and told["written"] > 0
    assert told["left"] > 0  # some were killed while writing, indeed
