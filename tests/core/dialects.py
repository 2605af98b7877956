# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways in which files of this family may say the same thing, and a writer for each of them.

A truth array is known by construction: north row first, 180° W first. `write_dialect` turns it into what a dialect stores, with plain
numpy and none of the code under test. Whatever the dialect, reading must give the truth back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from smos_ib_explorer.plugin.core.grid import GRIDS, EaseGrid

Numbers = NDArray[Any]

# A power of two: packed, float and double storage then mean exactly the same float32.
PACKING = 2.0**-13
PACKED_FILL = -32768
# What several official files carry: a regular grid of degrees, upside down.
WRONG_GEOTRANSFORM = "-180.0 0.25 0.0 -90.0 0.0 0.25 "


def grid_named(name: str) -> EaseGrid:
    """Return the grid of this name."""
    return next(grid for grid in GRIDS if grid.name == name)


@dataclass(frozen=True)
class Dialect:
    """One way of storing a daily grid. The plain one is 2-D doubles, north row first, from 180° W, with 1-D coordinates."""

    south_first: bool = False
    transposed: bool = False
    greenwich: bool = False
    coordinates: str = "1d"
    """`1d`, `column` (n × 1), `2d`, `2d-other` (2-D, the other way round than the array), `metres` (x and y) or `none`."""
    time: str = "none"
    """`none`, `leading` or `trailing`: where a time dimension of length 1 stands."""
    storage: str = "double"
    """`double` (NaN fill), `float` (−999 fill) or `packed` (16 bits with scale, offset and fill)."""
    wrong_geotransform: bool = False

    def __str__(self) -> str:
        plain = Dialect()
        said = [f"{name}={value}" for name, value in vars(self).items() if value != getattr(plain, name)]
        return ",".join(said).replace("=True", "") or "plain"


@dataclass(frozen=True, eq=False)
class Window:
    """A cut of a grid: the grid rows (north first) and the grid columns (west first) that a file holds."""

    rows: NDArray[np.intp]
    cols: NDArray[np.intp]

    @classmethod
    def of(cls, grid: EaseGrid, rows: Sequence[int] = (), cols: Sequence[int] = ()) -> Window:
        """Return the window from the first to the last row and column; columns may go on across the antimeridian."""
        north, south = rows or (0, grid.rows - 1)
        west, east = cols or (0, grid.cols - 1)
        return cls(np.arange(north, south + 1), np.arange(west, east + 1) % grid.cols)


def truth_on(grid: EaseGrid) -> Numbers:
    """Return soil moisture in multiples of 1/8192: no row or column is like another, some cells are 0, some are NaN."""
    row, col = np.ogrid[: grid.rows, : grid.cols]
    number = ((row * 37 + col * 101 + (row * col) % 89) % 5987).astype(np.float32)
    number[(row * 3 + col * 5) % 11 == 0] = 0.0
    number[(row * 7 + col) % 13 == 0] = np.nan
    number[: grid.rows // 5, : grid.cols // 3] = np.nan
    return number * np.float32(PACKING)


def land_mask() -> NDArray[np.bool_]:
    """Return continents that are unlike themselves upside down or turned by 180° of longitude: (584, 1388), north up."""
    land = np.zeros((584, 1388), dtype=bool)
    land[60:230, 120:420] = True
    land[300:470, 330:480] = True
    land[90:250, 800:1270] = True
    return land


def write_dialect(
    path: Path,
    dialect: Dialect,
    grid: EaseGrid,
    truth: Numbers,
    window: Window | None = None,
    shift_m: tuple[float, float] = (0.0, 0.0),
    name: str = "Soil_Moisture",
) -> Path:
    """Write the truth as a dialect would store it; `shift_m` moves the coordinates east and north by metres."""
    netcdf = pytest.importorskip("netCDF4")
    window = window or Window.of(grid)
    x = grid.left + (window.cols + 0.5) * grid.cell + shift_m[0]
    y = grid.top - (window.rows + 0.5) * grid.cell + shift_m[1]
    values = truth[np.ix_(window.rows, window.cols)].astype(np.float64)
    if dialect.south_first:
        values, y = values[::-1], y[::-1]
    if dialect.greenwich:
        turn = int(np.argmin(np.where(x > 0, x, np.inf)))
        values, x = np.roll(values, -turn, axis=1), np.roll(x, -turn)
    lats, lons = degrees(x, y)
    if dialect.greenwich:
        lons = lons % 360.0
    with netcdf.Dataset(path, "w") as file:
        file.title = "test"
        _dimensions(file, dialect, values.shape)
        _coordinates(file, dialect, lats, lons, x, y)
        _values(file, dialect, values, name)
    return path


def degrees(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Return latitudes and longitudes of EPSG:6933 metres, by Snyder's closed form (1987, 10-13 to 10-19) and Newton's method."""
    a, e2 = 6378137.0, 0.0066943799901413165
    e = np.sqrt(e2)
    k0 = np.cos(np.pi / 6) / np.sqrt(1 - e2 / 4)

    def authalic(sine: Numbers) -> Numbers:
        return (1 - e2) * (sine / (1 - e2 * sine**2) - np.log((1 - e * sine) / (1 + e * sine)) / (2 * e))

    wanted = 2 * np.asarray(y) * k0 / a
    sine = wanted / 2
    for _ in range(8):
        slope = 2 * (1 - e2) / (1 - e2 * sine**2) ** 2
        sine = np.clip(sine - (authalic(sine) - wanted) / slope, -1, 1)
    return np.rad2deg(np.arcsin(sine)), np.rad2deg(np.asarray(x) / (a * k0))


def _dimensions(file: Any, dialect: Dialect, shape: tuple[int, int]) -> None:
    for dimension, size in zip(("y", "x"), shape):
        file.createDimension(dimension, size)
    file.createDimension("one", 1)
    if dialect.time != "none":
        file.createDimension("time", 1)
        time = file.createVariable("time", "i4", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [5603]


def _coordinates(file: Any, dialect: Dialect, lats: Numbers, lons: Numbers, x: Numbers, y: Numbers) -> None:
    if dialect.coordinates == "none":
        return
    both = np.meshgrid(lats, lons, indexing="ij")
    if dialect.coordinates.startswith("2d"):
        across = dialect.transposed != (dialect.coordinates == "2d-other")
        dimensions = ("x", "y") if across else ("y", "x")
        lines = {name: (dimensions, line.T if across else line) for name, line in zip(("lat", "lon"), both)}
    elif dialect.coordinates == "column":
        lines = {"lat": (("y", "one"), lats[:, None]), "lon": (("x", "one"), lons[:, None])}
    elif dialect.coordinates == "metres":
        lines = {"y": (("y",), y), "x": (("x",), x)}
    else:
        lines = {"lat": (("y",), lats), "lon": (("x",), lons)}
    units = {"lat": "degrees_north", "lon": "degrees_east", "y": "m", "x": "m"}
    for name, (dimensions, numbers) in lines.items():
        variable = file.createVariable(name, "f8", dimensions)
        variable.units = units[name]
        variable[:] = numbers


def _values(file: Any, dialect: Dialect, values: Numbers, name: str) -> None:
    dimensions = ("x", "y") if dialect.transposed else ("y", "x")
    values = values.T if dialect.transposed else values
    if dialect.time == "leading":
        dimensions, values = ("time", *dimensions), values[None, :, :]
    elif dialect.time == "trailing":
        dimensions, values = (*dimensions, "time"), values[:, :, None]
    kind, fill = {"double": ("f8", np.nan), "float": ("f4", -999.0), "packed": ("i2", PACKED_FILL)}[dialect.storage]
    variable = file.createVariable(name, kind, dimensions, fill_value=fill)
    variable.set_auto_maskandscale(False)
    variable.units = "m3 m-3"
    empty = np.isnan(values)
    if dialect.storage == "packed":
        variable.scale_factor, variable.add_offset = PACKING, 0.25
        values = (values - 0.25) / PACKING
    variable[:] = np.where(empty, fill, values)
    if dialect.wrong_geotransform:
        variable.grid_mapping = "crs"
        crs = file.createVariable("crs", "i4", ())
        crs.grid_mapping_name = "latitude_longitude"
        crs.GeoTransform = WRONG_GEOTRANSFORM
        crs.spatial_ref = 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
