# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading many cells from a store: the rows of chosen granules, cell by cell, of one variable with its quality layers. Any thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..archive import Granule, Problem
from ..errors import UnreadableFile
from ..quality import Float32s
from .order import CellOrder, Ints
from .runs import EPOCH, Run
from .tiles import Tiles

SINCE_1970 = (EPOCH - dt.date(1970, 1, 1)).days
"""What turns a store's day into days since 1970-01-01."""


class DayTable:
    """Which number each day has. A part may hold rows of days that have been replaced since: those have none."""

    def __init__(self, days: Sequence[int], numbers: Sequence[int]) -> None:
        self._base = min(days)
        self._numbers = np.full(max(days) - self._base + 1, -1, dtype=np.int32)
        self._numbers[np.array(days) - self._base] = numbers

    def number(self, days: Float32s) -> NDArray[np.int32]:
        """Return the numbers of days, −1 for those that have none."""
        at = days.astype(np.int64) - self._base
        inside = (at >= 0) & (at < self._numbers.size)
        return np.where(inside, self._numbers[np.where(inside, at, 0)], -1)


@dataclass(frozen=True, eq=False)
class RowsOfCells:
    """Retrievals, one a row, part by part in order of cell (its rank) and day: arrays (rows,). `days` count from 1970-01-01.

    `values` is NaN where only other variables have a value; a quality layer is None where the archive has none.
    """

    ranks: Ints
    days: NDArray[np.int32]
    values: Float32s
    scene_flag: Float32s | None
    rmse: Float32s | None


@dataclass(frozen=True, eq=False)
class StoredRows:
    """What a store holds of one variable on the `known` of some granules. Those in `problems` have no rows.

    `chosen` tells of the orbit's granules, by their number, whose rows are wanted; `columns` are the store's columns to read: the variable
    first, then the quality layers, whose places among them are `quality` (scene flags, RMSE).
    """

    parts: tuple[tuple[Run | Tiles, DayTable], ...]
    order: CellOrder
    chosen: NDArray[np.bool_]
    columns: tuple[int, ...]
    quality: tuple[int | None, ...]
    known: frozenset[Granule]
    problems: Mapping[Granule, Problem]
    notes: Mapping[Granule, tuple[str, ...]]
    stored: int
    """How many of the orbit's granules the store holds: all of their rows have to be passed."""
    is_cut: bool

    def row_counts(self) -> NDArray[np.int64]:
        """Return how many rows each rank has, those of granules that are not wanted among them. Raises UnreadableFile."""
        counts = np.zeros(self.order.grid.rows * self.order.grid.cols, dtype=np.int64)
        for part, _ in self.parts:
            if part.cells[-1] >= counts.size:
                raise UnreadableFile("The store has cells that its grid does not have.", "Build the store anew.")
            counts[part.cells] += np.diff(part.starts)
        return counts

    def between(self, first: int, last: int) -> RowsOfCells:
        """Return the wanted rows of the cells from rank `first` to before `last`. Raises UnreadableFile."""
        found: list[tuple[Ints, Float32s]] = [
            (np.empty(0, dtype=np.int32), np.empty((0, 1 + len(self.columns)), dtype=np.float32))
        ]
        for part, days in self.parts:
            ranks, rows = part.between(first, last, self.columns)
            number = days.number(rows[:, 0])
            wanted = (number >= 0) & self.chosen[number]
            found.append((ranks, rows) if wanted.all() else (ranks[wanted], rows[wanted]))
        ranks = np.concatenate([ranks for ranks, _ in found])
        rows = np.concatenate([rows for _, rows in found])
        flags, rmse = (None if place is None else rows[:, 1 + place] for place in self.quality)
        return RowsOfCells(ranks, rows[:, 0].astype(np.int32) + SINCE_1970, rows[:, 1], flags, rmse)
