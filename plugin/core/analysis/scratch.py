# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kept values of days that wait to be read cell by cell: in memory, or, where they are more than a budget, in a temporary folder."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Union

import numpy as np

from ..errors import BadRequest
from ..grid import EaseGrid
from ..names import Orbit
from ..quality import Float32s
from ..store.manifest import Part
from ..store.order import Ints
from ..store.runs import Run, RunBuffer, write_run

ROW_BYTES = 8  # day and value


@dataclass(frozen=True, eq=False)
class InMemory:
    """What a buffer held, as a run is read: `rows` are (rows, 2), day and value."""

    cells: Ints
    starts: Ints
    rows: Float32s

    def between(self, first: int, last: int) -> tuple[Ints, Float32s]:
        """Return rank and row of every row of the cells from rank `first` to before `last`."""
        low, high = np.searchsorted(self.cells, (first, last))
        counts = np.diff(self.starts[low : high + 1])
        return np.repeat(self.cells[low:high], counts), self.rows[self.starts[low] : self.starts[high]]


Source = Union[InMemory, Run]


class Scratch:
    """Takes the kept values of so many `days`, within `budget` bytes of memory; `folder` gives the place for the rest when it is needed."""

    def __init__(self, grid: EaseGrid, days: int, budget: int, folder: Callable[[], Path]) -> None:
        self._buffer = RunBuffer(1, grid.rows * grid.cols, budget)
        self._days, self._added, self._rows = days, 0, 0
        self._new_folder, self._folder = folder, Path()
        self._runs: list[Run] = []

    def add(self, day: dt.date, ranks: Ints, values: Float32s) -> None:
        """Add a day. Raises BadRequest where the disk is full, or is known to be too full for all days."""
        if not self._buffer.has_room(ranks.size):
            self._spill()
        self._buffer.add(day, ranks, values[:, None])
        self._added, self._rows = self._added + 1, self._rows + ranks.size

    def sources(self) -> list[Source]:
        """Return what was added, for reading."""
        if self._runs and self._buffer.size:
            self._spill()
        last = [InMemory(*self._buffer.by_cell())] if self._buffer.size else []
        self._buffer.release()
        return [*self._runs, *last]

    def _spill(self) -> None:
        if not self._runs:
            self._folder = self._new_folder()
            self._check_room()
        folder = self._folder / f"run-{len(self._runs)}"
        rows = write_run(folder, self._buffer, durable=False)
        self._runs.append(Run(folder, Part(folder.name, Orbit.UNKNOWN, rows), 2))

    def _check_room(self) -> None:
        """Raise BadRequest where all days will not fit, as far as the first ones tell: better now than after most of them were read."""
        needed = ROW_BYTES * self._rows * self._days // self._added
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError:
            return
        if free < needed:
            raise BadRequest(
                f"About {needed / 1e9:,.1f} GB are needed in the temporary folder {self._folder.parent}, where {free / 1e9:,.1f} GB are free.",
                "Build the time-series store, choose a shorter period, or let the environment variable TMPDIR name a folder with more room.",
            )
