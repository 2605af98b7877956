# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""EASE-Grid 2.0 geometry: which cell a place lies in, and where a cell lies.

Rows count from the north and columns from the west, both from 0. Sizes and corners are NSIDC's grid parameter definitions, with
the 25 km cell of the 2014 correction (Brodzik et al. 2014, doi 10.3390/ijgi3031154).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .projection import Floats, lonlat_to_xy, xy_to_lonlat

# Edges are published to the centimetre, longitude 180° lies 5 mm outside of the 25 km grid's, and six decimals of a degree
# are 11 cm: a point this close to an outer edge belongs to the grid.
EDGE_TOLERANCE_M = 0.1

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Cell:
    """One grid cell. Row 0 is the northernmost row, column 0 the westernmost column."""

    row: int
    col: int


@dataclass(frozen=True)
class EaseGrid:
    """One global EASE-Grid 2.0 in EPSG:6933. `left` and `top` are the outer corner (not a centre), `cell` the cell's side: metres."""

    name: str
    cell: float
    cols: int
    rows: int
    left: float
    top: float

    epsg = 6933

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.rows, self.cols

    @property
    def geotransform(self) -> tuple[float, float, float, float, float, float]:
        """Return GDAL's six numbers for a north-up array: outer corner and cell size in metres."""
        return self.left, self.cell, 0.0, self.top, 0.0, -self.cell

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Outer edges in metres: west, south, east, north."""
        return self.left, self.top - self.rows * self.cell, self.left + self.cols * self.cell, self.top

    @property
    def latitude_limit(self) -> float:
        """The latitude in degrees, north and south, at which the grid ends."""
        return float(xy_to_lonlat(0.0, self.top)[1])

    @property
    def reach(self) -> str:
        """Where the grid lies, as the end of a sentence: `reaches from −180° to 180° and to ±84.44° latitude`."""
        return f"reaches from −180° to 180° and to ±{self.latitude_limit:.2f}° latitude"

    @property
    def title(self) -> str:
        """The grid's name and cell size for people, such as `EASE-Grid 2.0, 25 km`."""
        return f"EASE-Grid 2.0, {self.cell / 1000:.3g} km ({self.rows} × {self.cols})"

    def __contains__(self, cell: object) -> bool:
        return isinstance(cell, Cell) and 0 <= cell.row < self.rows and 0 <= cell.col < self.cols

    def cells_at_xy(self, x: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints]:
        """Return row and column of points in EPSG:6933 metres; −1, −1 for points outside the grid or not finite."""
        west, south, east, north = self.extent
        x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        inside = (x >= west - EDGE_TOLERANCE_M) & (x <= east + EDGE_TOLERANCE_M)
        inside &= (y >= south - EDGE_TOLERANCE_M) & (y <= north + EDGE_TOLERANCE_M)
        col = np.floor((np.where(inside, x, west) - west) / self.cell)
        row = np.floor((north - np.where(inside, y, north)) / self.cell)
        rows = np.where(inside, np.clip(row, 0, self.rows - 1), -1).astype(np.intp)
        cols = np.where(inside, np.clip(col, 0, self.cols - 1), -1).astype(np.intp)
        return rows, cols

    def cells_at(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Ints, Ints]:
        """Return row and column of points in degrees (WGS 84); −1, −1 outside. Longitude +180 is in the last column."""
        return self.cells_at_xy(*lonlat_to_xy(lon, lat))

    def cell_at(self, lon: float, lat: float) -> Cell | None:
        """Return the cell that holds a point in degrees (WGS 84), or None for a point outside the grid."""
        return _one_cell(*self.cells_at(lon, lat))

    def cell_at_xy(self, x: float, y: float) -> Cell | None:
        """Return the cell that holds a point in EPSG:6933 metres, or None for a point outside the grid."""
        return _one_cell(*self.cells_at_xy(x, y))

    def centre_xy(self, cell: Cell) -> tuple[float, float]:
        """Return the cell's centre in EPSG:6933 metres."""
        return self.left + (cell.col + 0.5) * self.cell, self.top - (cell.row + 0.5) * self.cell

    def centre(self, cell: Cell) -> tuple[float, float]:
        """Return longitude and latitude of the cell's centre in degrees."""
        lon, lat = xy_to_lonlat(*self.centre_xy(cell))
        return float(lon), float(lat)

    def longitudes(self) -> Floats:
        """Return the longitudes of the cell centres, west to east: (cols,) degrees."""
        x = self.left + (np.arange(self.cols) + 0.5) * self.cell
        return xy_to_lonlat(x, np.zeros_like(x))[0]

    def latitudes(self) -> Floats:
        """Return the latitudes of the cell centres, north to south: (rows,) degrees, not evenly spaced."""
        y = self.top - (np.arange(self.rows) + 0.5) * self.cell
        return xy_to_lonlat(np.zeros_like(y), y)[1]

    def outline_xy(self, cell: Cell, steps: int = 8) -> Floats:
        """Return the cell's closed outline in EPSG:6933 metres, (4·steps + 1, 2), clockwise from the north-west corner.

        Each side has `steps` segments, so that the outline stays true on a map in a projection that bends it.
        """
        west, north = self.left + cell.col * self.cell, self.top - cell.row * self.cell
        run = np.arange(steps) / steps
        zero, one = np.zeros(steps), np.ones(steps)
        across = np.concatenate([run, one, 1 - run, zero, [0.0]])
        down = np.concatenate([zero, run, one, 1 - run, [0.0]])
        return np.column_stack([west + across * self.cell, north - down * self.cell])


def _one_cell(row: Ints, col: Ints) -> Cell | None:
    return Cell(int(row), int(col)) if row >= 0 else None


_LEFT_36, _TOP_36 = -17367530.4451615, 7314540.8306386

M25KM = EaseGrid("EASE2_M25km", 25025.26, 1388, 584, -17367530.44, 7307375.92)
GRIDS: tuple[EaseGrid, ...] = (
    M25KM,
    EaseGrid("EASE2_M36km", 36032.220840584, 964, 406, _LEFT_36, _TOP_36),
    EaseGrid("EASE2_M12.5km", 12512.63, 2776, 1168, -17367530.44, 7307375.92),
    EaseGrid("EASE2_M09km", 9008.055210146, 3856, 1624, _LEFT_36, _TOP_36),
    EaseGrid("EASE2_M03km", 3002.6850700487, 11568, 4872, _LEFT_36, _TOP_36),
    EaseGrid("EASE2_T25km", 25025.26, 1388, 540, -17367530.44, 6756820.20),
)
"""The global grids, the product's own first."""

CUT_FROM: tuple[EaseGrid, ...] = tuple(grid for grid in GRIDS if grid.name != "EASE2_T25km")
"""The grids that a regional cut may come from: T25km is itself one, of M25km."""


def grid_of_shape(shape: tuple[int, int]) -> tuple[EaseGrid, bool] | None:
    """Return the grid that has this array shape, and whether the array is transposed (columns × rows); None if none has."""
    for grid in GRIDS:
        if shape == grid.shape:
            return grid, False
        if shape == (grid.cols, grid.rows):
            return grid, True
    return None
