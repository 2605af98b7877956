# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The engines, and truth arrays on the real grid. Nothing here needs QGIS; GDAL and netCDF4 are skipped where they are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from core.dialects import Numbers, land_mask, truth_on
from core.granules import write_days

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.reader import Opened, Reader

ENGINES = ("netCDF4", "GDAL")
SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def make_engine(name: str) -> Engine:
    """Return an engine by its name, or skip the test where its library is missing."""
    if name == "netCDF4":
        pytest.importorskip("netCDF4")
        from smos_ib_explorer.plugin.core.netcdf4_engine import NetCDF4Engine

        return NetCDF4Engine()
    pytest.importorskip("osgeo.gdal_array")
    from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine, gdal_reads_netcdf

    if not gdal_reads_netcdf():
        pytest.skip("this GDAL has no netCDF driver")
    return GdalEngine()


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return make_engine(request.param)


@pytest.fixture(scope="session")
def engines() -> list[Engine]:
    """The engines that there are, for reading the same file with each."""
    there = []
    for name in ENGINES:
        with contextlib.suppress(pytest.skip.Exception):
            there.append(make_engine(name))
    return there


@pytest.fixture(scope="session")
def both_engines() -> list[Engine]:
    """Both engines, for comparing them; skipped where one is missing."""
    return [make_engine(name) for name in ENGINES]


@pytest.fixture(scope="session")
def truth() -> Numbers:
    """Soil moisture on the 25 km grid, north up, float32: every cell its own number, zeros, and NaN off an uneven coast."""
    return truth_on(M25KM)


@pytest.fixture(scope="session")
def land() -> np.ndarray:
    """An invented land mask on the 25 km grid, unlike itself upside down, mirrored or half-way around."""
    return land_mask()


@pytest.fixture
def open_days(tmp_path: Path, engine: Engine) -> Callable[..., tuple[Reader, Opened]]:
    """Write small daily files (see `write_days`) and open them as an archive."""

    def opened(*days: str, **how: object) -> tuple[Reader, Opened]:
        write_days(tmp_path, *days, **how)
        reader = Reader(engine)
        return reader, reader.learn(scan(tmp_path))

    return opened


@pytest.fixture
def shared_data() -> Path:
    """The real files that lie beside the clone, or skip."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{SHARED_DATA} is not there")
    return SHARED_DATA
