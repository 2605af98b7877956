# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A day is the same day in every time zone: in the list, the date field, the layers, the plot, the table and the controller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TELL = Path(__file__).with_name("tell_dates.py")


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles", "UTC", "Pacific/Kiritimati"])
def test_days_do_not_move(zone, demo_folder, tmp_path):
    environment = {**os.environ, "TZ": zone, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(TELL), str(demo_folder), str(tmp_path)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told.stderr[-2000:]
    seen = json.loads(told.stdout.splitlines()[-1])
    assert seen["list"] == ["2024-08-31", "2024-08-30", "2024-08-29"]
    assert seen["field"] == seen["layer name"] == seen["metadata"] == "2024-08-31"
    assert seen["layer"] == ["2024-08-31T00:00:00Z", "2024-08-31T23:59:59Z"]
    assert seen["after a project's round trip"] == seen["layer"]
    days = ["2024-08-29", "2024-08-30", "2024-08-31"]
    assert seen["temporal layers"] in [
        [[f"{day}T00:00:0{late}Z", f"{day}T23:59:59Z"] for day in days] for late in (0, 1)
    ]
    assert seen["temporal layers after a project's round trip"] == seen["temporal layers"]
    assert seen["controller"][:3] == ["2024-08-31T00:00:00Z", "2024-08-29T00:00:00Z", "2024-08-30T00:00:00Z"]
    assert seen["controller"][3:] == [" ".join(f"{day}/{day}" for day in days)] * 2
    assert seen["plot"] == seen["retrieved"] == [days[0], days[2]]
    assert seen["table"] == days
