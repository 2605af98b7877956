# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole session, in a process of its own: nothing is written into the data folder, and no connection is opened."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SESSION = Path(__file__).with_name("whole_session.py")


def listing(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return what a folder holds with what would tell of any writing; names alone for folders would miss a file that came and went."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def can_run(*command: str) -> bool:
    try:
        return subprocess.run([*command, "true"], capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def session(demo_folder, tmp_path_factory):
    """What a session has told, the data folder before and after it, and its connections where they can be watched.

    Where the system allows it the session has no network at all, and is watched from outside.
    """
    scratch = tmp_path_factory.mktemp("session")
    folder = Path(shutil.copytree(demo_folder, scratch / "daily files"))
    calls, outside = scratch / "connects.txt", []
    if can_run("unshare", "-rn"):
        outside += ["unshare", "-rn"]
    if can_run("strace", "-f", "--seccomp-bpf", "-o", "/dev/null"):
        outside += ["strace", "-f", "--seccomp-bpf", "-e", "trace=connect,sendto", "-o", str(calls)]
    before = listing(folder)
    command = [*outside, sys.executable, str(SESSION), str(folder), str(scratch)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, (told.returncode, told.stdout[-500:], told.stderr[-3000:])
    connects = calls.read_text("utf-8", "replace") if calls.exists() else None
    return json.loads(told.stdout.splitlines()[-1]), before, listing(folder), connects, scratch


def test_nothing_is_written_into_the_data_folder(session):
    _, before, after, _, scratch = session
    assert after == before
    assert len(before) > 6
    made = {"map.tif", "series.csv", "series.png", "points.gpkg", "days.tif", "processed.tif", "processed.csv"}
    assert made <= {path.name for path in scratch.iterdir()}
    assert list((scratch / "profile").rglob("manifest.json")) and list((scratch / "profile").rglob("smosib_tallies_*"))
    assert not list(scratch.rglob(".*.part*"))


def test_no_connection_is_opened(session):
    told, *_ = session
    assert told["attempts"] == []
    assert len(told["refused"]) == len(told["asked"]) == 5
    assert all("is not a folder. Choose the folder" in sentence for sentence in told["refused"])


def test_the_system_saw_no_connection_either(session):
    *_, connects, _ = session
    if connects is None:
        pytest.skip("strace is not at hand, or not allowed")
    assert "+++ exited with 0 +++" in connects
    assert not [line for line in connects.splitlines() if "AF_INET" in line]
