# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates are calendar days: no time zone moves them, in the list, in a series, in a file's content or in a table."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from core.granules import write_day, write_days

# What a process under some time zone says about an archive.
TELL_DATES = """
import sys
sys.path.insert(0, sys.argv[1])
import conftest
import time
from pathlib import Path
import numpy as np
from core.conftest import make_engine
from core.granules import cell
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.origins import of_series
from smos_ib_explorer.plugin.core.quality import PROVIDER
from smos_ib_explorer.plugin.core.reader import Reader
from smos_ib_explorer.plugin.core.series import read_series, series_rows
from smos_ib_explorer.plugin.core.tables import write_series_csv

folder, table, engine = Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
say = sys.stdout.write
archive = scan(folder)
say(" ".join(str(one.date) for one in archive.granules) + chr(10))
reader = Reader(make_engine(engine))
opened = reader.learn(archive)
say(" ".join(str(one.date) for one in opened.archive.granules) + chr(10))
series = read_series(reader, opened, cell(1, 1), [opened.recognition.variable("SM")], Orbit.ASCENDING)
say(" ".join(map(str, series.dates)) + chr(10))
say(" ".join(str(row.date) for row in series_rows(series, PROVIDER)) + chr(10))
say(str(archive.nearest(series.dates[0].item(), Orbit.ASCENDING)) + chr(10))
write_series_csv(table, series, PROVIDER, of_series([series], PROVIDER, (), opened, "test"), 1.0, 2.0)
sys.stderr.write(f"offset {time.timezone}")
"""
ZONES = {"Asia/Kolkata": -19800, "America/Los_Angeles": 28800, "UTC": 0}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no TZ")
@pytest.mark.parametrize("engine", ["netCDF4", "GDAL"])
def test_dates_are_the_same_everywhere(engine: str, tmp_path: Path) -> None:
    netcdf = pytest.importorskip("netCDF4")
    if engine == "GDAL":
        pytest.importorskip("osgeo.gdal_array")
    folder = tmp_path / "archive"
    # Around the days on which clocks change in Los Angeles, and a year's end.
    write_days(folder, "2015-03-07/2015-03-09", "2015-12-31/2016-01-01", "2016-11-06")
    for name, units, number in (
        ("monday_asc.nc", "days since 2000-01-01", 5000.0),
        ("tuesday_asc.nc", "hours since 2000-01-01 00:00:00", 5001 * 24 + 23.99),
        ("wednesday_asc.nc", "seconds since 1970-01-01 00:00:00", (10957 + 5002) * 86400.0),
    ):
        with netcdf.Dataset(write_day(folder, dt.date(2014, 1, 1), name=name), "a") as file:
            time = file.createVariable("time", "f8", ())
            time.units = units
            time[...] = number
    said, tables = {}, {}
    tests = Path(__file__).resolve().parents[1]
    for zone, offset in ZONES.items():
        table = tmp_path / "table.csv"
        command = [sys.executable, "-c", TELL_DATES, *map(os.fspath, (tests, folder, table)), engine]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "TZ": zone}
        )
        assert done.returncode == 0, done.stderr
        assert f"offset {offset}" in done.stderr, "the time zone is not known to this system"
        said[zone], tables[zone] = done.stdout, table.read_bytes()
        table.unlink()
    by_name = "2015-03-07 2015-03-08 2015-03-09 2015-12-31 2016-01-01 2016-11-06"
    every = f"2013-09-09 2013-09-10 2013-09-11 {by_name}"
    assert said["UTC"].splitlines() == [by_name, every, every, every, "2015-03-07"]
    assert said["Asia/Kolkata"] == said["UTC"] == said["America/Los_Angeles"]
    assert tables["Asia/Kolkata"] == tables["UTC"] == tables["America/Los_Angeles"]
