# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Small daily files with everything a granule has: a cut of 12 × 15 cells of the 25 km grid, south row first.

Every number follows from the day and the cell, so that a test can say what it expects without reading anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.dialects import degrees
from numpy.typing import NDArray

from smos_ib_explorer.plugin.core.engine import NETCDF_LOCK
from smos_ib_explorer.plugin.core.grid import M25KM, Cell

Numbers = NDArray[Any]

ROWS, COLS = np.arange(100, 112), np.arange(700, 715)
LAYERS = ("Soil_Moisture", "Optical_Thickness_Nad", "RMSE", "Scene_Flags")


def cell(row: int, col: int) -> Cell:
    """Return a cell by its place in the cut, from the north-west."""
    return Cell(int(ROWS[row]), int(COLS[col]))


def layers_of(day: dt.date) -> dict[str, Numbers]:
    """Return what a day's file holds: (12, 15), north row first, float64, NaN for no retrieval."""
    random = np.random.default_rng(day.toordinal())
    shape = ROWS.size, COLS.size
    layers = {
        "Soil_Moisture": random.uniform(-0.1, 1.2, shape).round(3),
        "Optical_Thickness_Nad": random.uniform(-0.2, 2.4, shape).round(3),
        "RMSE": random.uniform(1, 14, shape).round(2),
        "Scene_Flags": random.choice([0.0, 0.0, 1.0, 2.0, 4.0, 5.0, 8.0], shape),
    }
    for name in LAYERS[:2]:
        layers[name][random.random(shape) < 0.15] = 0.0
    for layer in layers.values():
        layer[random.random(shape) < 0.1] = np.nan
    return layers


def write_days(folder: Path, *days: str, orbits: str = "A", **how: Any) -> list[Path]:
    """Write a file for each day (`YYYY-MM-DD`, or `first/last`) and orbit; return the paths in that order."""
    return [write_day(folder, day, orbit, **how) for day in every_day(*days) for orbit in orbits]


def every_day(*days: str) -> list[dt.date]:
    """Return the dates of days (`YYYY-MM-DD`) and periods (`first/last`)."""
    dates = []
    for text in days:
        first, last = (dt.date.fromisoformat(part) for part in (text.split("/") * 2)[:2])
        dates += [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    return dates


def write_day(
    folder: Path,
    day: dt.date,
    orbit: str = "A",
    without: tuple[str, ...] = (),
    extra: Mapping[str, Numbers] | None = None,
    name: str = "",
    compressed: bool = False,
    chunk: tuple[int, int] | None = None,
    only: tuple[str, ...] = LAYERS,
    called: Mapping[str, str] | None = None,
    north_first: bool = False,
) -> Path:
    """Write one file: `without` some layers or `only` some, with `extra` ones (north row first), under another `name`.

    Layers are `compressed` as one chunk each, or in chunks of so many lines and columns. They may be `called` otherwise, and lie `north_first`.
    """
    netcdf = pytest.importorskip("netCDF4")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or name_of(day, orbit))
    x = M25KM.left + (COLS + 0.5) * M25KM.cell
    y = M25KM.top - (ROWS + 0.5) * M25KM.cell
    lats, lons = degrees(x, y)
    with NETCDF_LOCK, netcdf.Dataset(path, "w") as file:
        for dimension, line in (("lat", lats if north_first else lats[::-1]), ("lon", lons)):
            file.createDimension(dimension, line.size)
            file.createVariable(dimension, "f8", (dimension,))[:] = line
        for layer, values in {**layers_of(day), **(extra or {})}.items():
            if layer not in without and (layer in only or layer not in LAYERS):
                how = {"zlib": True, "chunksizes": chunk or values.shape} if compressed else {}
                variable = file.createVariable(
                    (called or {}).get(layer, layer), "f8", ("lat", "lon"), fill_value=np.nan, **how
                )
                variable[:] = values if north_first else values[::-1]
    return path


def name_of(day: dt.date, orbit: str = "A") -> str:
    """Return a file name as the sister products have them."""
    return f"SM_OPER_MIR_CDF3S{orbit}_{day:%Y%m%d}T000000_{day:%Y%m%d}T235959_105_001_7.DBL.nc"
