# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways in which files of this family may say the same thing, and a writer for each of them.

A truth array is known by construction: north row first, 180° W first. `write_dialect` turns it into what a dialect stores, with plain
numpy and none of the code under test. Whatever the dialect, reading must give the truth back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.namings import NAMINGS, Naming
from numpy.typing import NDArray

from smos_ib_explorer.plugin.core.engine import NETCDF_LOCK
from smos_ib_explorer.plugin.core.grid import GRIDS, EaseGrid

Numbers = NDArray[Any]

# What each layer is stored with where it is packed: scale, offset, and the offset of unsigned numbers (beyond 32767 then). Truths are
# multiples of twice the scale and offsets even multiples of it, so that all that is stored is even and no fill value, for these are odd; and
# all are powers of two, so that packed, float and double mean exactly the same float32.
PACKINGS = {
    "SM": (2.0**-14, 0.25, -2.0),
    "VOD": (2.0**-12, 0.25, -8.0),
    "TBH": (2.0**-7, 200.0, -100.0),
    "TBV": (2.0**-7, 200.0, -100.0),
    "TB": (2.0**-7, 200.0, -100.0),
    "RMSE": (2.0**-10, 8.0, -20.0),
    "SF": (0.5, 0.0, -16384.0),
}
STEP = 2.0**-13
"""Of soil moisture."""
# How cells without a retrieval are told apart: the number stored there, as double or float, as 16 bits, as unsigned 16 bits; and the attribute
# that declares it. `None` stands for what netCDF writes where nothing was written.
FILLS: dict[str, tuple[Any, int | None, int | None, str]] = {
    "own": (np.nan, -32767 - 1, -1, "_FillValue"),
    "-9999": (-9999.0, -9999, -9999, "_FillValue"),
    "-999": (-999.0, -999, -999, "_FillValue"),
    "missing_value": (-9999.0, -9999, -9999, "missing_value"),
    "undeclared": (-9999.0, -9999, -9999, ""),
    "default": (None, None, None, ""),
    "none": (np.nan, 0, 0, ""),
}
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
    """`1d`, `column` (n × 1), `row` (1 × n), `2d`, `2d-other` (2-D, the other way round than the array), `metres` or `km` (x and y), or `none`."""
    time: str = "none"
    """`none`, or where a time dimension of length 1 stands: `leading`, `trailing`, or `record` (leading and unlimited)."""
    storage: str = "double"
    """`double`, `float`, `packed` (16 bits with scale and offset) or `unsigned` (the same with `_Unsigned`)."""
    wrong_geotransform: bool = False
    fill: str = "own"
    """One of `FILLS`; with `none` every cell has a value."""
    form: str = "NETCDF4"
    """The netCDF format."""
    chunks: str = "plain"
    """`plain` (as the library likes, mostly contiguous), `one` or `several` deflated chunks."""
    naming: str = "plain"
    """One of `NAMINGS`."""

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
    return number * np.float32(STEP)


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
) -> Path:
    """Write soil moisture alone as a dialect would store it; `shift_m` moves the coordinates east and north by metres."""
    return write_layers(path, dialect, grid, {"SM": truth}, window, shift_m)


def write_layers(
    path: Path,
    dialect: Dialect,
    grid: EaseGrid,
    layers: Mapping[str, Numbers],
    window: Window | None = None,
    shift_m: tuple[float, float] = (0.0, 0.0),
) -> Path:
    """Write layers (role → truth on the whole grid) as a dialect would store them, with the neighbours that its naming has."""
    netcdf = pytest.importorskip("netCDF4")
    window = window or Window.of(grid)
    x = grid.left + (window.cols + 0.5) * grid.cell + shift_m[0]
    y = grid.top - (window.rows + 0.5) * grid.cell + shift_m[1]
    lines, columns = np.arange(y.size), np.arange(x.size)
    if dialect.south_first:
        lines = lines[::-1]
    if dialect.greenwich and window.cols.size == grid.cols:
        columns = np.roll(columns, -int(np.argmin(np.where(x > 0, x, np.inf))))
    lats, lons = degrees(x[columns], y[lines])
    if dialect.greenwich:
        lons = lons % 360.0
    naming = NAMINGS[dialect.naming]
    path.parent.mkdir(parents=True, exist_ok=True)
    with NETCDF_LOCK, netcdf.Dataset(path, "w", format=dialect.form) as file:
        file.title = "test"
        _dimensions(file, dialect, (y.size, x.size))
        _coordinates(file, dialect, lats, lons, x[columns], y[lines])
        for role, truth in layers.items():
            values = truth[np.ix_(window.rows, window.cols)].astype(np.float64)[np.ix_(lines, columns)]
            _values(file, dialect, values, role, naming)
        for name in naming.neighbours if len(layers) > 1 else ():
            file.createVariable(name, "f4", naming.dimensions[:: -1 if dialect.transposed else 1])[:] = 0.25
        if dialect.wrong_geotransform:
            _wrong_geotransform(file)
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
    for dimension, size in zip(NAMINGS[dialect.naming].dimensions, shape):
        file.createDimension(dimension, size)
    file.createDimension("one", 1)
    if dialect.time != "none":
        file.createDimension("time", None if dialect.time == "record" else 1)
        time = file.createVariable("time", "i4", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [5603]


def _coordinates(file: Any, dialect: Dialect, lats: Numbers, lons: Numbers, x: Numbers, y: Numbers) -> None:
    if dialect.coordinates == "none":
        return
    naming = NAMINGS[dialect.naming]
    down, along = naming.dimensions
    both = np.meshgrid(lats, lons, indexing="ij")
    dimensions: tuple[tuple[str, ...], tuple[str, ...]] = (down,), (along,)
    numbers, about = (lats, lons), naming.coordinates
    if dialect.coordinates.startswith("2d"):
        across = dialect.transposed != (dialect.coordinates == "2d-other")
        dimensions = ((along, down) if across else (down, along),) * 2
        numbers = tuple(line.T if across else line for line in both)
    elif dialect.coordinates == "column":
        dimensions, numbers = ((down, "one"), (along, "one")), (lats[:, None], lons[:, None])
    elif dialect.coordinates == "row":
        dimensions, numbers = (("one", down), ("one", along)), (lats[None], lons[None])
    elif dialect.coordinates == "metres":
        numbers, about = (y, x), (("y", {"units": "m"}), ("x", {"units": "m"}))
    elif dialect.coordinates == "km":
        numbers = y / 1000, x / 1000
        about = tuple(
            (f"{letter}_of_cell", {"standard_name": f"projection_{letter}_coordinate", "units": "km"})
            for letter in "yx"
        )
    for (name, attributes), where, line in zip(about, dimensions, numbers):
        variable = file.createVariable(name, "f8", where)
        variable.setncatts(dict(attributes))
        variable[:] = line


def _values(file: Any, dialect: Dialect, values: Numbers, role: str, naming: Naming) -> None:
    dimensions = naming.dimensions
    if dialect.transposed:
        dimensions, values = dimensions[::-1], values.T
    if dialect.time in ("leading", "record"):
        dimensions, values = ("time", *dimensions), values[None, :, :]
    elif dialect.time == "trailing":
        dimensions, values = (*dimensions, "time"), values[:, :, None]
    integer = dialect.storage in ("packed", "unsigned")
    kind = "i2" if integer else {"double": "f8", "float": "f4"}[dialect.storage]
    of_floats, packed, unsigned, attribute = FILLS[dialect.fill]
    fill = {"packed": packed, "unsigned": unsigned}.get(dialect.storage, of_floats)
    how: dict[str, Any] = {"fill_value": fill} if attribute == "_FillValue" else {}
    if dialect.chunks != "plain":
        parts = (1, 1) if dialect.chunks == "one" else (2, 3)
        long = iter(parts)
        sizes = [size if name == "time" else -(-size // next(long)) for name, size in zip(dimensions, values.shape)]
        how.update(zlib=True, complevel=1, chunksizes=sizes)
    variable = file.createVariable(naming.names[role], kind, dimensions, **how)
    variable.set_auto_maskandscale(False)
    if attribute == "missing_value":
        variable.missing_value = np.dtype(kind).type(fill)
    for name, table in (("long_name", naming.long_names), ("units", naming.units)):
        if role in table:
            variable.setncattr(name, table[role])
    empty = np.isnan(values)
    if integer:
        scale, offset, unsigned_offset = PACKINGS[role]
        offset = unsigned_offset if dialect.storage == "unsigned" else offset
        variable.scale_factor, variable.add_offset = scale, offset
        if dialect.storage == "unsigned":
            variable.setncattr("_Unsigned", "true")
        values = (
            np.where(empty, 0, (values - offset) / scale).astype("u2").view("i2")
            if dialect.storage == "unsigned"
            else (values - offset) / scale
        )
    if fill is None:
        fill = -32767 if integer else 9.969209968386869e36
    variable[:] = np.where(empty, fill, values)


def _wrong_geotransform(file: Any) -> None:
    for variable in file.variables.values():
        if len(variable.dimensions) > 1:
            variable.grid_mapping = "crs"
    crs = file.createVariable("crs", "i4", ())
    crs.grid_mapping_name = "latitude_longitude"
    crs.GeoTransform = WRONG_GEOTRANSFORM
    crs.spatial_ref = 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
