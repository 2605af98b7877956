# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a file's array lies on the grid, decided by the file's coordinates and the grid's own definition.

A placement names, for each line of the array, the grid row it is, and for each column the grid column. So south-first rows, longitudes
from 0 to 360, transposed arrays and regional cuts are one case and not four. `GeoTransform` attributes are never looked at: official
files carry wrong ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .engine import Array
from .errors import GridMismatch
from .grid import CUT_FROM, GRIDS, Cell, EaseGrid, Ints, grid_of_shape
from .projection import Floats, lonlat_to_xy
from .quality import Float32s

CLEAR = 0.1
"""A share of a cell: coordinates as close as this tell the column by themselves."""


@dataclass(frozen=True, eq=False)
class Placement:
    """How an array of two dimensions lies on the grid.

    `rows[i]` is the grid row (0 in the north) of the array's i-th latitude, `cols[j]` the grid column of its j-th longitude. `transposed`
    means that longitude is the array's first axis. `deviation` is the largest distance of the file's coordinates from the cell centres in metres, None where
    the file has none.
    """

    grid: EaseGrid
    rows: Ints
    cols: Ints
    transposed: bool
    deviation: float | None

    def to_grid(self, values: Float32s) -> Float32s:
        """Return the values on the whole grid, (rows, cols), north up, NaN where the file has no cell."""
        if self.transposed:
            values = values.T
        if self.is_regional:
            whole = np.full(self.grid.shape, np.nan, dtype=np.float32)
        else:
            whole = np.empty(self.grid.shape, dtype=np.float32)
        whole[np.ix_(self.rows, self.cols)] = values
        return whole

    def index_of(self, cell: Cell) -> tuple[int, int] | None:
        """Return where a cell stands in the file's array, None if the file does not reach there."""
        i, j = np.flatnonzero(self.rows == cell.row), np.flatnonzero(self.cols == cell.col)
        if not (i.size and j.size):
            return None
        return (int(j[0]), int(i[0])) if self.transposed else (int(i[0]), int(j[0]))

    def cells_of(self, flat: Ints) -> Ints:
        """Return the cells of flat indices into the file's array, as grid row × columns + grid column."""
        if self.transposed:
            j, i = np.divmod(flat, self.rows.size)
        else:
            i, j = np.divmod(flat, self.cols.size)
        return np.asarray(self.rows[i] * self.grid.cols + self.cols[j])

    def places_of(self, cells: Ints) -> Ints:
        """Return where cells, as grid row × columns + grid column, stand in the file's array: flat indices, −1 where it does not reach."""
        lines, columns = np.full(self.grid.rows, -1, dtype=np.intp), np.full(self.grid.cols, -1, dtype=np.intp)
        lines[self.rows], columns[self.cols] = np.arange(self.rows.size), np.arange(self.cols.size)
        row, col = np.divmod(cells, self.grid.cols)
        i, j = lines[row], columns[col]
        flat = j * self.rows.size + i if self.transposed else i * self.cols.size + j
        return np.where((i >= 0) & (j >= 0), flat, -1)

    def lies_like(self, other: Placement) -> bool:
        """Return whether two arrays have the same cells in the same places."""
        return self is other or (
            (self.grid, self.transposed) == (other.grid, other.transposed)
            and np.array_equal(self.rows, other.rows)
            and np.array_equal(self.cols, other.cols)
        )

    @property
    def is_regional(self) -> bool:
        """True where the file covers a part of the grid only."""
        return (self.rows.size, self.cols.size) != self.grid.shape

    @property
    def south_first(self) -> bool:
        """True where the file's first line is its southernmost."""
        return self.rows.size > 1 and bool(self.rows[0] > self.rows[-1])

    @property
    def window(self) -> tuple[Cell, Cell]:
        """North-west and south-east cell of what the file covers."""
        return Cell(int(self.rows.min()), int(self.cols.min())), Cell(int(self.rows.max()), int(self.cols.max()))


def place_by_coordinates(
    shape: tuple[int, int], lats: Floats, lons: Floats, transposed: bool, metres: bool = False, cut_from: str = ""
) -> Placement:
    """Place an array by its coordinates: `lats` (one a line) and `lons` (one a column) in degrees, or y and x in `metres`.

    `shape` is (lines, columns) after the transposition. The whole grid is known by its shape; a regional cut by the grid whose centres
    its coordinates meet best, or by the name of the grid that it is `cut_from`. Raises GridMismatch where they differ by more than half a cell.
    """
    known = grid_of_shape(shape)
    candidates = [grid for grid in CUT_FROM if cut_from in ("", grid.name)] or list(CUT_FROM)
    if known and not known[1]:
        candidates = [known[0]]
    tried = [_placed(grid, lats, lons, transposed, metres) for grid in candidates]
    fitting = [placement for placement in tried if placement is not None]
    best = min(fitting, key=lambda one: (one.deviation or 0.0) / one.grid.cell, default=None)
    if best is None:
        raise GridMismatch(
            f"The array of {shape[0]} × {shape[1]} cells does not fit into any EASE-Grid 2.0.",
            f"Grids known here: {', '.join(f'{grid.name} {grid.rows} × {grid.cols}' for grid in GRIDS)}.",
        )
    if not (best.deviation or 0.0) <= best.grid.cell / 2:
        raise GridMismatch(
            f"The file's coordinates are up to {best.deviation:,.0f} m away from the centres of {best.grid.name}: more than half a cell.",
            "The file is on another grid; only EASE-Grid 2.0 can be placed exactly.",
        )
    return best


def place_by_shape(shape: tuple[int, int], south_first: bool, starts_at_greenwich: bool) -> Placement:
    """Place a whole-grid array that comes without coordinates. Raises GridMismatch where the shape is no grid's."""
    known = grid_of_shape(shape)
    if known is None:
        raise GridMismatch(
            f"An array of {shape[0]} × {shape[1]} without coordinates is no EASE-Grid 2.0 known here.",
            "A regional cut can only be placed by its coordinates.",
        )
    grid, transposed = known
    rows = np.arange(grid.rows)[::-1] if south_first else np.arange(grid.rows)
    cols = np.roll(np.arange(grid.cols), grid.cols // 2) if starts_at_greenwich else np.arange(grid.cols)
    return Placement(grid, rows, cols, transposed, None)


def centre_line(coordinates: Array, axis_of_it: int) -> Floats:
    """Return one coordinate per line of a 2-D coordinate array: the median along the other axis.

    NaN elements are passed over; a line without a number is NaN. Raises GridMismatch where the coordinate is not constant along the other axis, so
    that the array is no EASE-Grid.
    """
    along = coordinates if axis_of_it == 0 else coordinates.T
    empty = ~np.isfinite(along).any(axis=1)
    filled = np.where(empty[:, None], 0.0, along)
    # nanmedian is five times as slow, and coordinates seldom have holes.
    line: Floats = (np.median if np.isfinite(filled).all() else np.nanmedian)(filled, axis=1)
    # 0.01° is well below half of the finest grid's cell and well above what float32 and interpolation do to a coordinate.
    if np.nanmax(np.abs(_wrapped(filled - line[:, None], 360.0)), initial=0.0) > 0.01:
        raise GridMismatch(
            "The file's two-dimensional coordinates change along rows or columns.",
            "The file is a swath or on another projection.",
        )
    line[empty] = np.nan
    return line


def _placed(grid: EaseGrid, lats: Floats, lons: Floats, transposed: bool, metres: bool) -> Placement | None:
    if lats.size > grid.rows or lons.size > grid.cols:
        return None
    if metres:
        x, y = lons, lats
    else:
        x, y = lonlat_to_xy(lons, np.zeros_like(lons))[0], lonlat_to_xy(np.zeros_like(lats), lats)[1]
    row_centres = (grid.top - np.where(np.isfinite(y), y, np.nan)) / grid.cell - 0.5
    col_centres = (np.where(np.isfinite(x), x, np.nan) - grid.left) / grid.cell - 0.5
    rows, row_off = _consecutive(row_centres, grid.rows, around=False)
    cols, col_off = _consecutive(col_centres, grid.cols, around=True)
    return Placement(grid, rows, cols, transposed, max(row_off, col_off) * grid.cell)


def _consecutive(centres: Floats, size: int, around: bool) -> tuple[Ints, float]:
    """Return the run of neighbouring indices, up or down, that `centres` (fractional indices) mean, and the largest distance from it.

    `around` joins the last index to the first, as longitudes do. A run that would leave the grid is moved onto it, and the distance tells.
    """
    period = float(size) if around else np.inf
    known = np.isfinite(centres)
    if not known.any():
        return np.arange(centres.size), np.inf
    number = np.arange(centres.size)
    steps = _wrapped(np.diff(centres), period)
    steps = steps[np.isfinite(steps)]
    direction = -1 if steps.size and np.median(steps) < 0 else 1
    first = float(centres[known][0]) - direction * float(number[known][0])
    drift = _wrapped(centres - first - direction * number, period)
    start = round(first + float(np.median(drift[known])))
    if (
        around
        and centres.size == size
        and np.max(np.abs(_wrapped(centres[known] - start - direction * number[known], period))) > CLEAR
    ):
        # A whole circle could be turned until any shift looks small. Without clear evidence it starts where such files start.
        start = min(
            (0, size // 2, size - 1, size // 2 - 1), key=lambda usual: abs(_wrapped(np.array(start - usual), period))
        )
    if not around:
        low, high = (0, size - centres.size) if direction > 0 else (centres.size - 1, size - 1)
        start = min(max(start, low), high)
    run = start + direction * number
    off = float(np.max(np.abs(_wrapped(centres[known] - run[known], period))))
    return (run % size if around else run).astype(np.intp), off


def _wrapped(difference: Floats, period: float) -> Floats:
    if not np.isfinite(period):
        return difference
    return (difference + period / 2) % period - period / 2
