# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the series of areas: all of them in one pass, from the store where that is quicker, the rest from the files. For any thread.

Of areas that are not held only sums are kept: memory grows with areas and days, not with cells. `area_groups` bounds it for any number of areas.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..ahead import ahead
from ..archive import Problem, Progress, no_progress
from ..errors import SmosIbError, UnreadableFile
from ..grid import Cell
from ..layers import lacks
from ..names import Orbit
from ..quality import Float32s, QualityCriteria
from ..reader import GranuleValues, Opened, Reader, with_quality
from ..series import needed_granules
from ..store.order import CellOrder
from ..store.store import StoredCells, StoreView
from ..variables import Variable
from .areas import Area, AreaMeans, AreaSeries, DaySums, Retrievals
from .coverage import CellNumbers

BATCH = 20
"""Files read between two sums."""
REPORT = 10
"""Batches between two reports of growing series."""
MOST_CELLS_HELD = 400
"""An area of more cells is read again for new criteria."""
HELD_BYTES = 256_000_000
"""What may be held of all areas of one reading together."""
CELLS_A_GRANULE = 20
"""A store gives the whole record of so many cells in the time that reading one file takes."""


def area_series(
    reader: Reader,
    opened: Opened,
    areas: Sequence[Area],
    variables: Sequence[Variable],
    orbit: Orbit,
    criteria: QualityCriteria,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Progress = no_progress,
    store: StoreView | None = None,
    hold: int = HELD_BYTES,
) -> list[AreaSeries]:
    """Read the series of areas. A file that cannot be read is listed in `problems` and the rest goes on. Raises NotInArchive without a granule."""
    *_, complete = iterate_areas(reader, opened, areas, variables, orbit, criteria, first, last, progress, store, hold)
    return complete


def iterate_areas(
    reader: Reader,
    opened: Opened,
    areas: Sequence[Area],
    variables: Sequence[Variable],
    orbit: Orbit,
    criteria: QualityCriteria,
    first: dt.date | None,
    last: dt.date | None,
    progress: Progress,
    store: StoreView | None = None,
    hold: int = HELD_BYTES,
) -> Iterator[list[AreaSeries]]:
    """Yield the growing series of areas of the archive's grid: what the store holds, then more from the files, newest first; the last is complete.

    What takes at most `hold` bytes is held, so that other criteria need no reading. Raises NotInArchive without a granule in the period.
    """
    granules = needed_granules(opened.archive, orbit, first, last)
    part = opened.archive.slice_of(orbit, first, last)

    def anew() -> _GrowingAreas:
        return _GrowingAreas(opened, areas, variables, orbit, part, criteria, hold)

    record = anew()
    cells = record.every_cell
    if store is not None and store.covers(variables) and cells.size <= CELLS_A_GRANULE * len(granules):
        try:
            _from_store(store, record, cells, progress)
        except UnreadableFile:  # a store that is damaged or gone: the files have it all
            record = anew()
    left = [number for number in range(len(granules) - 1, -1, -1) if not record.has[number]]
    if left and len(left) < len(granules):
        yield record.so_far()
    share = 1.0 if len(left) == len(granules) else 0.5  # what the store took

    def read(number: int) -> GranuleValues:
        return reader.values(granules[number], opened.recognition, record.wanted)

    with contextlib.closing(ahead(read, left)) as under_way:
        for done, (number, values) in enumerate(under_way, 1):
            progress(1 - share + share * (done - 1) / len(left), f"{granules[number].date}")
            record.add(number, values)
            if done % BATCH == 0 and done < len(left):
                record.sum_up()
                if done % (BATCH * REPORT) == 0:
                    yield record.so_far()
    progress(1.0, "")
    yield record.so_far()


def _from_store(store: StoreView, record: _GrowingAreas, cells: CellNumbers, progress: Progress) -> None:
    """Take what the store knows of the cells, block by block in its own order. Raises UnreadableFile."""
    order = CellOrder(record.grid)
    block = order.block(order.rank(cells))
    numbers = np.unique(block)
    share = 0.5 if store.to_build() else 1.0  # of the work, if files have to be read too

    for done, number in enumerate(numbers.tolist()):  # in threads this takes as long, and more memory
        progress(done / numbers.size * share, "")
        some = cells[block == number]
        at = [Cell(*divmod(one, record.grid.cols)) for one in some.tolist()]
        record.take(some, store.read(at, record.variables, record.orbit, record.part))


class _GrowingAreas:
    """What is known of some areas so far, by the number of the granule in order of date; `has` tells which were read or found bad."""

    def __init__(
        self,
        opened: Opened,
        areas: Sequence[Area],
        variables: Sequence[Variable],
        orbit: Orbit,
        part: slice,
        criteria: QualityCriteria,
        hold: int,
    ) -> None:
        self._opened, self._areas, self._criteria = opened, areas, criteria
        self.orbit, self.part, self.grid = orbit, part, opened.recognition.grid
        self.variables = tuple(dict.fromkeys(variables))
        self.wanted = with_quality(self.variables, opened.recognition)
        self._granules = opened.archive.granules_of(orbit)[part]
        self._dates = opened.archive.day_numbers(orbit)[part]
        self.has = np.zeros(len(self._granules), dtype=bool)
        self._problems: dict[int, Problem] = {}
        self._notes: dict[int, tuple[Problem, ...]] = {}
        self._held = self._to_hold(hold)
        self._new: list[list[Retrievals]] = [[] for _ in areas]
        self._kept: list[list[Retrievals]] = [[] for _ in areas]
        self._sums = [{one.id: DaySums(len(self._granules)) for one in self.variables} for _ in areas]

    @property
    def every_cell(self) -> CellNumbers:
        """The cells of all areas, ascending."""
        cells: CellNumbers = np.unique(np.concatenate([area.cells for area in self._areas]))
        return cells

    def _to_hold(self, most: int) -> set[int]:
        """Return which areas are held, the smallest first."""
        held, free = set(), most
        for number in sorted(range(len(self._areas)), key=lambda one: self._areas[one].cells.size):
            size = self._areas[number].cells.size
            free -= size * len(self._granules) * 4 * (2 + len(self.wanted))
            if size <= MOST_CELLS_HELD and free >= 0:
                held.add(number)
        return held

    def take(self, cells: CellNumbers, stored: StoredCells) -> None:
        """Take over what a store holds of a block of cells; nothing has been read from files before."""
        self.has[:] = stored.known
        self._problems, self._notes = dict(stored.problems), dict(stored.notes)
        layers = [stored.values[one.id] for one in self.variables]
        is_good = stored.known.copy()
        is_good[list(stored.problems)] = False  # they have no series, whatever else the store knows of them
        for number, area in enumerate(self._areas):
            place, at = _shared(area.cells, cells)
            if not at.size:
                continue
            values = np.stack([layer[:, at] for layer in layers])
            day, which = np.nonzero(np.isfinite(values).any(axis=0) & is_good[:, None])
            flags, rmse = (
                None if layer is None else layer[day, at[which]] for layer in (stored.scene_flag, stored.rmse)
            )
            places = place[which].astype(np.int32)
            self._new[number].append(Retrievals(day.astype(np.int32), places, values[:, day, which], flags, rmse))
        self.sum_up()

    def add(self, number: int, result: Callable[[], GranuleValues]) -> None:
        """Take what was read from a granule's file, or why it could not be."""
        self.has[number] = True
        granule = self._granules[number]
        try:
            found = result()
            lacking = next((one.netcdf_name for one in self.wanted if one.netcdf_name in found.lacking), None)
            if lacking is not None:
                raise lacks(granule.path, lacking, found.has)
        except SmosIbError as error:
            self._problems[number] = Problem.of(granule.path, error)
            return
        if found.notes:
            self._notes[number] = tuple(Problem(granule.path, note, damaged=False) for note in found.notes)
        self._add_values(number, found)

    def _add_values(self, day: int, found: GranuleValues) -> None:
        is_there = np.isfinite(found.values[:, : len(self.variables)]).any(axis=1)
        cells, values = found.cells[is_there], found.values[is_there]
        if not (cells[1:] > cells[:-1]).all():
            order = np.argsort(cells, kind="stable")
            cells, values = cells[order], values[order]
        for number, area in enumerate(self._areas):
            place, at = _shared(area.cells, cells)
            if at.size:
                of_area = values[at].T
                self._new[number].append(
                    Retrievals(
                        np.full(at.size, day, dtype=np.int32),
                        place.astype(np.int32),
                        of_area[: len(self.variables)].copy(),
                        self._layer(of_area, self._opened.recognition.scene_flags),
                        self._layer(of_area, self._opened.recognition.rmse),
                    )
                )

    def _layer(self, values: Float32s, layer: Variable | None) -> Float32s | None:
        return None if layer is None else values[self.wanted.index(layer)].copy()

    def sum_up(self) -> None:
        """Let sums stand for what was read, and keep of it what is to be held."""
        for number, (area, new) in enumerate(zip(self._areas, self._new)):
            if not new:
                continue
            found = Retrievals.together(new)
            new.clear()
            if number in self._held:
                self._kept[number].append(found)
            else:
                for index, variable in enumerate(self.variables):
                    self._sums[number][variable.id].add(found, index, variable, self._criteria, area, area.blocks)

    def so_far(self) -> list[AreaSeries]:
        """Return the series as they are, independent of what is added later."""
        self.sum_up()
        is_there = self.has.copy()
        is_there[list(self._problems)] = False
        numbers, dates = np.flatnonzero(is_there), self._dates[is_there]
        newest_first = sorted(self._problems, reverse=True)
        notes = [note for number in sorted(self._notes, reverse=True) for note in self._notes[number]]
        return [
            AreaSeries(
                area,
                self.orbit,
                self.variables,
                dates,
                numbers,
                len(self._granules),
                {} if number in self._held else self._means(number, numbers),
                self._all_held(number) if number in self._held else None,
                tuple(self._problems[one] for one in newest_first),
                tuple(notes),
            )
            for number, area in enumerate(self._areas)
        ]

    def _means(self, number: int, numbers: NDArray[np.intp]) -> dict[tuple[str, QualityCriteria], AreaMeans]:
        return {(name, self._criteria): sums.means(numbers) for name, sums in self._sums[number].items()}

    def _all_held(self, number: int) -> Retrievals:
        kept = self._kept[number]
        if not kept:
            return Retrievals.none(len(self.variables), self._opened.recognition)
        kept[:] = [Retrievals.together(kept)]
        return kept[0]


def _shared(some: CellNumbers, others: CellNumbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where cells that are in both stand in each of two ascending lists."""
    if some.size > others.size:
        second, first = _shared(others, some)
        return first, second
    at = np.minimum(np.searchsorted(others, some), max(others.size - 1, 0))
    is_shared = others[at] == some if others.size else np.zeros(some.size, dtype=bool)
    return np.flatnonzero(is_shared), at[is_shared]
