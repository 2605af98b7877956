# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which share of each grid cell's square lies inside a polygon, exactly and without cutting a polygon.

The area to the left of an edge is an integral along it (Green's theorem), so each piece of an edge adds to its own cell what lies to the left
of it there, and to all cells further left in its row its height. Sums over all edges give the shares, as fonts are drawn with exact coverage.
On an equal-area grid shares are areas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..grid import EaseGrid
from ..projection import Floats, lonlat_to_xy

CellNumbers = NDArray[np.int32]
"""Cells as grid row × columns + grid column."""

ROUNDING = 1e-6
"""Shares that differ less from 0 or from a whole cell are taken for that: the 25 km grid's edge lies 5 mm beside longitude 180°."""
LEAST_SHARE = 1e-11
"""Below is what rounding leaves; of a 25 km cell it is 6 mm²."""
_BAND_CELLS = 4_000_000


def coverage(polygons: Iterable[Sequence[Floats]], grid: EaseGrid) -> tuple[CellNumbers, Floats]:
    """Return the cells that polygons touch, ascending, and the share of each that lies inside, above 0 and at most 1.

    Each is valid, overlaps no other, and is given by its rings, (n, 2) longitude and latitude in degrees, closed or not, with the inside on
    the left: outer rings anticlockwise, holes clockwise. Neighbouring points are joined by straight lines on the grid. A ring across the
    antimeridian goes on beyond ±180°, and one around a pole ends 360° from where it began. What lies beyond the grid is left out.
    """
    pieces: list[Floats] = []
    worlds = 0
    for rings in polygons:
        closed = [_closed(ring) for ring in rings if len(ring) > 2]
        on_cells = [_on_cells(ring, grid) for ring, _ in closed]
        worlds += _is_less_than_nothing(on_cells, sum(turns for _, turns in closed))
        pieces += on_cells
    cells: list[CellNumbers] = []
    shares: list[Floats] = []
    for row, col, band in _bands(pieces, grid, worlds):
        rows, cols = np.nonzero(band >= LEAST_SHARE)
        cells.append(((row + rows) * grid.cols + col + cols).astype(np.int32))
        shares.append(band[rows, cols])
    if not cells:
        return np.empty(0, dtype=np.int32), np.empty(0)
    share = np.concatenate(shares)
    is_inside = share >= ROUNDING * share.max(initial=0.0)
    share = share[is_inside]
    return np.concatenate(cells)[is_inside], np.where(share > 1 - ROUNDING, 1.0, share)


def _closed(ring: Floats) -> tuple[Floats, int]:
    """Return a ring that ends where it began, and how often it goes around the world eastwards.

    A ring around the world is closed over the north pole.
    """
    turns = round(float(ring[-1, 0] - ring[0, 0]) / 360)
    if turns:
        pole = np.array([[ring[-1, 0], 90.0], [ring[0, 0], 90.0]])
        return np.concatenate([ring, pole, ring[:1]]), turns
    return (ring if (ring[0] == ring[-1]).all() else np.concatenate([ring, ring[:1]])), 0


def _is_less_than_nothing(pieces: Sequence[Floats], turns: int) -> bool:
    """Return whether the whole world has to be added to a polygon: the south pole is inside, with the north pole or without it.

    Then its rings, closed over the north pole, run around what is outside.
    """
    area = sum(float(np.dot(*(piece[:-1, 0] + piece[1:, 0], piece[:-1, 1] - piece[1:, 1]))) / 2 for piece in pieces)
    return turns < 0 or (turns == 0 and area < -ROUNDING)


def _on_cells(ring: Floats, grid: EaseGrid) -> Floats:
    """Return a ring in columns and rows, (n, 2), cut wherever it leaves a row or a column.

    360° are exactly the grid's columns: the cell's published size, in whole centimetres, is that to a millionth of a cell.
    """
    _, y = lonlat_to_xy(np.zeros(len(ring)), np.clip(ring[:, 1], -90, 90))
    points = np.column_stack([(ring[:, 0] + 180) / 360 * grid.cols, (grid.top - y) / grid.cell])
    return _cut(_cut(points, 1), 0)


def _cut(points: Floats, axis: int) -> Floats:
    """Return a line with a point more wherever it crosses a whole number along an axis."""
    start, end = points[:-1], points[1:]
    a, b = start[:, axis], end[:, axis]
    low, high = np.floor(np.minimum(a, b)), np.ceil(np.maximum(a, b))
    crossings = np.maximum(high - low - 1, 0).astype(np.intp)
    piece = np.repeat(np.arange(len(start)), crossings + 1)
    number = np.arange(piece.size) - np.repeat(np.cumsum(crossings + 1) - crossings - 1, crossings + 1)
    whole = np.where(b[piece] >= a[piece], low[piece] + number, high[piece] - number)
    run = np.where(number > 0, b[piece] - a[piece], 1.0)
    share = np.where(number > 0, (whole - a[piece]) / run, 0.0)
    found = start[piece] + share[:, None] * (end - start)[piece]
    found[:, axis] = np.where(number > 0, whole, a[piece])
    return np.concatenate([found, points[-1:]])


def _bands(pieces: Sequence[Floats], grid: EaseGrid, everywhere: int) -> Iterator[tuple[int, int, Floats]]:
    """Yield first row, first column and shares, (rows, cols), of strips of the part of the grid that lines lie in; of all if `everywhere` is added."""
    start = np.concatenate([np.empty((0, 2)), *(piece[:-1] for piece in pieces)])
    end = np.concatenate([np.empty((0, 2)), *(piece[1:] for piece in pieces)])
    col, row = np.floor((start + end) / 2).T
    start, end = (
        start - np.column_stack([col, row]),
        end - np.column_stack([col, row]),
    )  # exactly: what is left is within a cell
    height = start[:, 1] - end[:, 1]  # rows count southwards
    inside = (row >= 0) & (row < grid.rows) & (height != 0)
    row, col, height = row[inside].astype(np.intp), col[inside].astype(np.intp), height[inside]
    left_of = (start[inside, 0] + end[inside, 0]) / 2 * height
    if not (row.size or everywhere):
        return
    north, south = (0, grid.rows) if everywhere else (int(row.min()), int(row.max()) + 1)
    west, east = (int(col.min()), int(col.max()) + 1) if row.size else (0, 1)
    if everywhere or west // grid.cols != (east - 1) // grid.cols:  # worlds side by side, to be laid on one another
        west, east = west // grid.cols * grid.cols, ((east - 1) // grid.cols + 1) * grid.cols
    wide = east - west
    rows = max(1, _BAND_CELLS // wide)
    for first in range(north, south, rows):
        some = (row >= first) & (row < first + rows)
        shape = min(rows, south - first), wide
        at = (row[some] - first) * wide + col[some] - west
        own = np.bincount(at, left_of[some], shape[0] * wide).reshape(shape)
        full = np.bincount(at, height[some], shape[0] * wide).reshape(shape)
        from_east = np.cumsum(full[:, ::-1], axis=1)[:, ::-1]
        share = own + from_east - full
        if wide > grid.cols or everywhere:
            share = share.reshape(shape[0], -1, grid.cols).sum(axis=1) + everywhere
        yield first, west % grid.cols, share
