# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that fills while writing: said, and nothing half-written is left. In a process of its own, with a limit on file sizes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

WRITE = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import conftest
import numpy as np
from smos_ib_explorer.plugin.adapters.geotiff import write_geotiff
from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.variables import Variable
values = np.random.default_rng(1).random(M25KM.shape).astype(np.float32)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    write_geotiff(Path(sys.argv[2]), values, M25KM, Variable("x", "x", "x", ""), [])
except BadRequest as error:
    print("refused:", error)
else:
    print("written")
"""


@pytest.mark.parametrize(("limit", "outcome"), [(200_000, "refused"), (2_000_000, "refused"), (50_000_000, "written")])
def test_a_map_is_written_whole_or_not_at_all(tmp_path, limit, outcome):
    target, tests = tmp_path / "map.tif", Path(__file__).resolve().parents[1]
    command = [sys.executable, "-c", WRITE, str(tests), str(target), str(limit)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert told.stdout.startswith(outcome), told.stderr[-500:]
    assert [path.name for path in tmp_path.iterdir()] == (["map.tif"] if outcome == "written" else [])


def test_whatever_is_written_is_whole_or_not_there(demo_folder, tmp_path):
    fill = Path(__file__).with_name("fill_disk.py")
    ended = subprocess.run(
        [sys.executable, str(fill), str(demo_folder), str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = json.loads(ended.stdout.splitlines()[-1])
    assert len(told) == 9
    for name, outcome in told.items():
        assert f"{name} cannot be written: " in outcome["said"] and "make room" in outcome["said"], (name, outcome)
        # What was there before is untouched; temporal layers take no name that is taken.
        assert outcome["left"] in ({name: True}, {}), (name, outcome)
