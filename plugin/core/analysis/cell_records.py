# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kept values of a period turned from day by day to cell by cell, in memory that does not grow with the record.

What a store holds comes from there, block of cells by block of cells. The other days are read from their files, once and in order of
date; what is kept of them waits in memory, or, where it is more than a budget, in a temporary folder, sorted by cell.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..ahead import ahead
from ..archive import Granule, Progress, no_progress
from ..content import Read
from ..day import Cells, DailyGrid
from ..errors import BadRequest, SmosIbError, UnreadableFile
from ..grid import EaseGrid
from ..many_days import Taken, Taking
from ..quality import Float32s, QualityCounts, QualityCriteria, apply_quality, unapplied_criteria
from ..store.order import CellOrder, Ints
from ..store.rows import SINCE_1970, StoredRows
from ..store.store import StoreView
from ..variables import Variable
from .scratch import Scratch, Source

Result = TypeVar("Result")
BUDGET = 100_000_000
"""Bytes of values from files that are kept in memory; twice as much again while they are sorted."""
BLOCK_ROWS, BLOCK_CELLS = 2**20, 2**13
"""A block has about so many values, or so many cells."""
THREADS = 2
"""Blocks that are worked on while the next ones are read."""
FILES_A_PASS = 4
"""Reading one file takes about as long as passing over so many days in a store: so much of it must be wanted to be worth it."""


@dataclass(frozen=True, eq=False)
class CellBlock:
    """The kept values of some cells in order of cell and day: those of cell `i` are `values[starts[i]:starts[i + 1]]`, at least one.

    `cells`, (n,) int32 ascending, are grid row × columns + grid column; `starts`, (n + 1,) int64; `days`, int32 since 1970-01-01, and
    `values`, float32 without NaN, run side by side.
    """

    cells: Cells
    starts: NDArray[np.int64]
    days: NDArray[np.int32]
    values: Float32s


class CellRecords:
    """Blocks of kept values of some granules (of one orbit, in order of date, at least one). To be used in a `with`: it ends with no file left.

    Without `store`, or where it is worth nothing, all granules are read from their files by `read`. Not thread-safe.
    """

    def __init__(
        self,
        granules: Sequence[Granule],
        variable: Variable,
        criteria: QualityCriteria,
        read: Read,
        store: StoreView | None = None,
        progress: Progress = no_progress,
        budget: int | None = None,
    ) -> None:
        self._granules, self._variable, self._criteria, self._read = granules, variable, criteria, read
        self._store, self._progress = store, progress
        self._budget = BUDGET if budget is None else budget
        self._taking = Taking()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> CellRecords:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def taken(self, period: tuple[dt.date, dt.date]) -> Taken:
        """Return what went in, once all blocks were taken. Raises UnreadableFile where no granule could be used."""
        return self._taking.finish(period)

    def each(self, work: Callable[[CellBlock], Result]) -> list[tuple[Cells, Result]]:
        """Return the cells of each block and what `work`, in threads, makes of it. Each cell that has a kept value is in one block.

        Should the store turn out damaged on the way, all of it comes from the files alone. Raises BadRequest where there is no room for what
        does not fit into memory, and what `progress` raises.
        """
        try:
            stored = self._store.rows_of(self._granules, self._variable) if self._store else None
            if stored is not None and FILES_A_PASS * len(stored.known) >= stored.stored:
                return self._each(work, stored)
        except UnreadableFile:
            self._stack.close()
            self._taking = Taking()
        return self._each(work, None)

    def _each(self, work: Callable[[CellBlock], Result], stored: StoredRows | None) -> list[tuple[Cells, Result]]:
        with contextlib.closing(ahead(work, self._blocks(stored), THREADS)) as made:
            return [(block.cells, result()) for block, result in made]

    def _blocks(self, stored: StoredRows | None) -> Iterator[CellBlock]:
        left = [one for one in self._granules if stored is None or one not in stored.known]
        # Of the whole work, in files: days in a store and what waits in the folder are passed faster.
        passing = len(left) / 8 + (stored.stored / FILES_A_PASS if stored else 0)
        from_files = len(left) / (len(left) + passing)
        scratch = self._read_files(left, stored, from_files)
        if self._taking.grid is None and stored is None:
            return
        if stored is not None:
            self._take_stored(stored)
        order = None if stored is None else stored.order
        counts = _row_counts(scratch, stored, self._taking.grid)
        ranges = _ranges(counts)
        with contextlib.closing(ahead(lambda reach: self._block(reach, scratch, stored, order), ranges)) as made:
            for number, (_, result) in enumerate(made):
                self._progress(from_files + (1 - from_files) * number / len(ranges), "")
                block, quality = result()
                if quality is not None:
                    self._taking.add_counts(quality)
                if block.cells.size:
                    yield block

    def _read_files(self, granules: Sequence[Granule], stored: StoredRows | None, share: float) -> list[Source]:
        """Read the granules that no store holds, once; return what is kept of them by rank."""
        scratch = None
        with contextlib.closing(
            ahead(lambda one: self._read(one, self._variable).under(self._criteria), granules)
        ) as days:
            for number, (granule, result) in enumerate(days):
                self._progress(share * number / len(granules), granule.date.isoformat())
                try:
                    day: DailyGrid = result()
                except SmosIbError as error:
                    self._taking.add_error(granule, error)
                    continue
                if scratch is None:
                    scratch = Scratch(day.grid, len(granules), self._budget, self._folder)
                self._taking.add_day(day)
                kept = ~np.isnan(day.kept_values)
                cells = day.retrievals.cells[kept]
                ranks = cells if stored is None else stored.order.rank(cells)
                scratch.add(day.date, ranks, day.kept_values[kept])
        return scratch.sources() if scratch else []

    def _folder(self) -> Path:
        """Return a folder that is gone after the `with`. Raises BadRequest."""
        try:
            return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="smosib-")))
        except OSError as error:
            raise BadRequest(
                f"There is no place for temporary files: {error.strerror or error}.", "Make room on the disk."
            ) from error

    def _take_stored(self, stored: StoredRows) -> None:
        """Note what a store tells of its granules. Where the files are cuts, the first one that can be read tells which."""
        for granule, problem in stored.problems.items():
            self._taking.add_problem(granule, problem)
        used = [one for one in self._granules if one in stored.known and one not in stored.problems]
        for granule in used:
            self._taking.add_granule(granule, stored.notes.get(granule, ()))
        if not used:
            return
        window = None
        for granule in used if stored.is_cut else ():
            with contextlib.suppress(SmosIbError):
                window = self._read(granule, self._variable).window
                break
        flags, rmse = (place is not None for place in stored.quality)
        unapplied = unapplied_criteria(self._criteria, flags, rmse, self._variable.quality_controlled)
        self._taking.add_layout(stored.order.grid, window, unapplied)

    def _block(
        self,
        reach: tuple[int, int],
        scratch: Sequence[Source],
        stored: StoredRows | None,
        order: CellOrder | None,
    ) -> tuple[CellBlock, QualityCounts | None]:
        """Return the block of some ranks, and the counts of what came from a store; in a thread. Raises UnreadableFile."""
        parts: list[tuple[Ints, NDArray[np.int32], Float32s]] = []
        quality = None
        if stored is not None:
            rows = stored.between(*reach)
            kept, reasons = apply_quality(
                rows.values, rows.scene_flag, rows.rmse, self._criteria,
                self._variable.valid_range, self._variable.quality_controlled,
            )  # fmt: skip
            quality = QualityCounts.of(reasons)
            is_kept = reasons == 0
            parts.append((rows.ranks[is_kept], rows.days[is_kept], kept[is_kept]))
        for source in scratch:
            ranks, of_days = source.between(*reach)
            parts.append((ranks, of_days[:, 0].astype(np.int32) + SINCE_1970, of_days[:, 1]))
        in_order = len(parts) == 1 and (stored is None or len(stored.parts) == 1)
        return _cell_block(parts, order, in_order), quality


def spread(pieces: Sequence[Sequence[NDArray[Any]]], grid: EaseGrid, empty: Sequence[float]) -> list[Float32s]:
    """Put results of blocks, each piece the cells and some arrays along them, onto the grid: one (cells,) float32 an array, `empty` elsewhere."""
    whole = [np.full(grid.rows * grid.cols, value, dtype=np.float32) for value in empty]
    for cells, *arrays in pieces:
        for target, array in zip(whole, arrays):
            target[cells] = array
    return whole


def _row_counts(scratch: Sequence[Source], stored: StoredRows | None, grid: EaseGrid | None) -> NDArray[np.int64]:
    """Return how many rows each rank has."""
    if stored is not None:
        counts = stored.row_counts()
    else:
        counts = np.zeros(grid.rows * grid.cols if grid else 0, dtype=np.int64)
    for source in scratch:
        counts[source.cells] += np.diff(source.starts)
    return counts


def _ranges(counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return from which rank to before which each block reaches."""
    ranks = np.flatnonzero(counts)
    if not ranks.size:
        return []
    by_rows = (np.cumsum(counts[ranks]) - 1) // BLOCK_ROWS
    by_cells = np.arange(ranks.size) // BLOCK_CELLS
    new = (np.diff(by_rows, prepend=-1) > 0) | (np.diff(by_cells, prepend=-1) > 0)
    firsts = [*ranks[new].tolist(), int(ranks[-1]) + 1]
    return list(zip(firsts, firsts[1:]))


def _cell_block(
    parts: Sequence[tuple[Ints, NDArray[np.int32], Float32s]], order: CellOrder | None, in_order: bool
) -> CellBlock:
    """Put rows (rank, day, value) into the order of cell and day. `order` turns ranks into cells, None where they are such already."""
    ranks, days, values = (np.concatenate(arrays) for arrays in zip(*parts))
    if not in_order:
        by_day = np.argsort((ranks.astype(np.int64) << 32) + days, kind="stable")
        ranks, days, values = ranks[by_day], days[by_day], values[by_day]
    firsts = np.flatnonzero(np.diff(ranks, prepend=-1))
    starts = np.append(firsts, ranks.size).astype(np.int64)
    cells = ranks[firsts]
    if order is None:
        return CellBlock(cells.astype(np.int32), starts, days, values)
    cells = order.index(cells)
    by_cell = np.argsort(cells)
    counts = np.diff(starts)[by_cell]
    new_starts = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(starts[:-1][by_cell] - new_starts[:-1], counts) + np.arange(ranks.size)
    return CellBlock(cells[by_cell].astype(np.int32), new_starts, days[rows], values[rows])
