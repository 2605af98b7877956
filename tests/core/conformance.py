# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of archives that must all read alike: each a dialect, a part of the globe and a layout of files; and the truth for it.

The truth is computed here from row and column alone, and quality control is a plain loop. None of the code under test takes part.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from core.dialects import FILLS, Dialect, Numbers, Window, grid_named, land_mask, write_layers
from core.namings import NAMINGS
from core.pairs import Row, pairwise

from smos_ib_explorer.plugin.core.grid import EaseGrid

DAY = "20150505"
ROLES = ("SM", "VOD", "RMSE", "SF")
RANGES = {"SM": (0.0, 1.0), "VOD": (0.0, 2.0)}
QUALITY = ("RMSE", "SF")

# What of which grid a file covers, as first and last row and column. Some columns go on across the antimeridian.
EXTENTS: dict[str, tuple[str, tuple[int, int], tuple[int, int]]] = {
    "band": ("EASE2_M25km", (300, 309), (0, 1387)),
    "box": ("EASE2_M25km", (100, 124), (670, 716)),
    "corner": ("EASE2_M25km", (570, 583), (1360, 1387)),
    "across 180": ("EASE2_M25km", (250, 270), (1371, 1405)),
    "globe": ("EASE2_M36km", (0, 405), (0, 963)),
}
# A form of file names, and the roles that such a file holds.
LAYOUTS: dict[str, dict[str, tuple[str, ...]]] = {
    "whole": {"SMOS_IB_{day}.nc": ROLES},
    "parameters": {f"{role}/SMOS_IB_{{day}}.nc": (role,) for role in ROLES},
    "sets": {"SM/IB_SM_{day}.nc": ("SM", *QUALITY), "VOD/IB_VOD_{day}.nc": ("VOD",)},
    "orbits": {
        "ASC/2015/SM_RE07_MIR_CDF3SA_{day}T000000_{day}T235959_200_001_8.DBL.nc": ROLES,
        "DES/2015/SM_RE07_MIR_CDF3SD_{day}T000000_{day}T235959_200_001_8.DBL.nc": ROLES,
    },
}
FACTORS: dict[str, tuple[Any, ...]] = {
    "south_first": (False, True),
    "transposed": (False, True),
    "greenwich": (False, True),
    "coordinates": ("1d", "column", "row", "2d", "2d-other", "metres", "km", "none"),
    "time": ("none", "leading", "trailing", "record"),
    "storage": ("double", "float", "packed", "unsigned"),
    "fill": tuple(FILLS),
    "form": ("NETCDF4", "NETCDF4_CLASSIC", "NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"),
    "chunks": ("plain", "one", "several"),
    "naming": tuple(NAMINGS),
    "layout": tuple(LAYOUTS),
    "extent": tuple(EXTENTS),
}


def possible(row: Row) -> bool:
    """Return whether files can be like this. A row may hold some of the factors only."""
    classic = row.get("form", "").startswith("NETCDF3")
    return not (
        (classic and row.get("chunks", "plain") != "plain")  # a classic file has no chunks
        or (
            row.get("coordinates") == "none" and row.get("extent", "globe") != "globe"
        )  # nothing would tell where it lies
        or (row.get("storage") == "unsigned" and row.get("fill") == "undeclared")  # 55537 without a word is a number
        or (
            row.get("coordinates") in ("metres", "km")
            and row.get("greenwich")
            and row.get("extent", "globe") != "globe"
        )
    )


@dataclass(frozen=True)
class Archive:
    """One archive of the table: a day in a dialect, `extent` one of EXTENTS and `layout` one of LAYOUTS."""

    dialect: Dialect
    layout: str = "whole"
    extent: str = "box"

    @classmethod
    def of(cls, row: Row) -> Archive:
        """Return the archive of a row of factors."""
        rest = dict(row)
        return cls(layout=rest.pop("layout"), extent=rest.pop("extent"), dialect=Dialect(**rest))

    def __str__(self) -> str:
        return f"{self.dialect}:{self.layout}:{self.extent}"

    @property
    def grid(self) -> EaseGrid:
        """The grid that the files lie on, or are a cut of."""
        return grid_named(EXTENTS[self.extent][0])

    @property
    def window(self) -> Window:
        """The grid rows and columns that the files hold."""
        _, rows, cols = EXTENTS[self.extent]
        return Window.of(self.grid, rows, cols)

    @property
    def orbits(self) -> str:
        """The orbits that the files tell, as letters; a blank for one that is not told."""
        return "AD" if self.layout == "orbits" else " "

    def truth(self, orbit: str = " ") -> Mapping[str, Numbers]:
        """Return role → values on the whole grid, (rows, cols) float32, north up, NaN for no retrieval and outside of the window."""
        return _truth(self.extent, self.dialect.fill == "none", self.dialect.coordinates == "none", orbit == "D")

    def reasons(self, role: str, orbit: str = " ") -> Numbers:
        """Return why a role's values are not kept under the provider's criteria, (rows, cols) uint8, 0 where they are."""
        where = self.dialect.fill == "none", self.dialect.coordinates == "none", orbit == "D"
        return _reasons(self.extent, role, *where)

    def write(self, root: Path) -> None:
        """Write the files."""
        for number, (form, roles) in enumerate(LAYOUTS[self.layout].items()):
            truth = self.truth("D" if self.orbits == "AD" and number else " ")
            layers = {role: truth[role] for role in roles}
            write_layers(root / form.format(day=DAY), self.dialect, self.grid, layers, self.window)


ARCHIVES = [Archive.of(row) for row in pairwise(FACTORS, possible)]
"""Every possible pair of values of any two factors occurs among these."""


@functools.cache
def _truth(extent: str, complete: bool, on_land: bool, descending: bool) -> Mapping[str, Numbers]:
    name, rows, cols = EXTENTS[extent]
    grid = grid_named(name)
    window = Window.of(grid, rows, cols)
    inside = np.zeros(grid.shape, dtype=bool)
    inside[np.ix_(window.rows, window.cols)] = True
    row, col = np.ogrid[: grid.rows, : grid.cols]
    mixed = row * 37 + col * 101 + (row * col) % 89 + (7919 if descending else 0)
    layers = {
        "SM": (mixed % 10651 - 800) * 2.0**-13,
        "VOD": (mixed * 3 % 5325 - 400) * 2.0**-11,
        "RMSE": (mixed * 7 % 6599 + 400) * 2.0**-9,
        "SF": np.array([0, 0, 1, 0, 2, 1, 4, 0, 8, 5, 0, 3, 9])[mixed % 13].astype(float),
    }
    for number, (role, values) in enumerate(layers.items()):
        if role in RANGES:
            values[(row * 3 + col * 5) % 11 == number] = 0.0
        gap = (row * 7 + col * (number + 3)) % 13 == 0
        gap |= on_land & ~_land(grid) if on_land else False
        values[gap] = 0.0 if complete else np.nan
        values[~inside] = np.nan
    return {role: values.astype(np.float32) for role, values in layers.items()}


@functools.cache
def _reasons(extent: str, role: str, complete: bool, on_land: bool, descending: bool) -> Numbers:
    truth = _truth(extent, complete, on_land, descending)
    name, rows, cols = EXTENTS[extent]
    window = Window.of(grid_named(name), rows, cols)
    values, flags, errors = (truth[one][np.ix_(window.rows, window.cols)].tolist() for one in (role, "SF", "RMSE"))
    low, high = RANGES[role]
    reasons = np.ones(truth[role].shape, dtype=np.uint8)
    for i, row in enumerate(window.rows.tolist()):
        for j, col in enumerate(window.cols.tolist()):
            value = values[i][j]
            if not math.isnan(value):
                bad_flag = 0 if flags[i][j] in (0.0, 1.0) else 2
                bad_rmse = 0 if errors[i][j] <= 8.0 else 4
                reasons[row, col] = bad_flag + bad_rmse + (0 if low <= value <= high else 8)
    return reasons


@functools.cache
def _land(grid: EaseGrid) -> Numbers:
    land = land_mask()
    rows, cols = (np.arange(size) * of // size for size, of in zip(grid.shape, land.shape))
    return land[np.ix_(rows, cols)]


def land_of(grid: EaseGrid) -> Numbers:
    """Return the invented continents of `land_mask` on any grid: (rows, cols) bool, north up."""
    return _land(grid)
