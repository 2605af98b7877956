# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two QGIS on the same cache, each with real processes and files: whatever one of them shows stays whole and right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SHARE = Path(__file__).with_name("share_cache.py")
SECONDS = 4.0


def test_two_instances_share_a_cache(demo_folder, tmp_path):
    command = [sys.executable, str(SHARE), str(demo_folder), str(tmp_path)]
    both = [
        subprocess.Popen(
            [*command, str(seed), str(SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    for one in both:
        assert one.stdout.readline() == "ready\n", one.stderr.read()[-2000:]
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    ends = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], [errors[-2000:] for _, errors in ends]
    done = [json.loads(told.splitlines()[-1]) for told, _ in ends]
    assert [one["wrong"] for one in done] == [[], []]
    together = {name: sum(one[name] for one in done) for name in done[0] if name != "wrong"}
    tidied = together.pop("pruned") + together.pop("cleared")
    assert tidied and all(together.values()), together  # each road was taken
    assert not list(tmp_path.glob(".*"))
