# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time series at one cell: raw values with their quality layers, so that new thresholds never need a new reading."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ahead import ahead
from .archive import Archive, Granule, Problem, Progress, no_progress
from .errors import NotInArchive, SmosIbError, UnreadableFile
from .grid import Cell, EaseGrid
from .names import Orbit
from .quality import Float32s, QualityCriteria, Reasons, apply_quality, rejection_text
from .reader import CellValues, Opened, Reader
from .store.store import StoredCells, StoreView
from .variables import Variable

Days = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class TimeSeries:
    """The record of one cell and orbit. `dates` is datetime64[D], ascending, one a granule; the arrays run along it.

    `values` holds a float32 array by variable id, NaN for no retrieval. `scene_flag` and `rmse` are None where the archive has no
    such layer. `wanted` counts the granules that the whole series will have.
    """

    grid: EaseGrid
    cell: Cell
    orbit: Orbit
    variables: tuple[Variable, ...]
    dates: Days
    values: Mapping[str, Float32s]
    scene_flag: Float32s | None
    rmse: Float32s | None
    wanted: int
    problems: tuple[Problem, ...] = ()
    """Granules that could not be read; they are not among `dates`."""
    notes: tuple[Problem, ...] = ()
    """Granules that were read and are odd."""

    @property
    def is_complete(self) -> bool:
        """True once every granule was read or found bad."""
        return self.dates.size + len(self.problems) >= self.wanted

    def under(self, variable: Variable, criteria: QualityCriteria) -> tuple[Float32s, Reasons]:
        """Return kept values (NaN where rejected) and reasons of one variable, along `dates`."""
        return apply_quality(
            self.values[variable.id],
            self.scene_flag,
            self.rmse,
            criteria,
            variable.valid_range,
            variable.quality_controlled,
        )

    def kept_days(self, variable_id: str, criteria: QualityCriteria) -> list[dt.date]:
        """Return the days with a kept value of a variable, or of the series' first one where it does not hold that one."""
        variable = next((one for one in self.variables if one.id == variable_id), self.variables[0])
        kept, _ = self.under(variable, criteria)
        days: list[dt.date] = self.dates[np.isfinite(kept)].tolist()
        return days


@dataclass(frozen=True)
class SeriesRow:
    """One line of a table: a variable at a cell on a day. Numbers are NaN where there is none; `rejection` is empty where kept."""

    date: dt.date
    orbit: Orbit
    variable: Variable
    raw: float
    kept: float
    scene_flag: float
    rmse: float
    rejection: str


def read_series(
    reader: Reader,
    opened: Opened,
    cell: Cell,
    variables: Sequence[Variable],
    orbit: Orbit,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Progress = no_progress,
    grown: Callable[[TimeSeries], None] | None = None,
    store: StoreView | None = None,
) -> TimeSeries:
    """Read the record of one cell, from the store what it holds, the rest from the files, the newest year first.

    `grown` gets what is there after each batch of files. A file that cannot be read is listed in `problems` and the rest goes on. Raises
    NotInArchive without a granule in the period.
    """
    for (series,) in iterate_series(reader, opened, [cell], variables, orbit, first, last, progress, store):
        if grown is not None and not series.is_complete:
            grown(series)
    return series


def read_many(
    reader: Reader,
    opened: Opened,
    cells: Sequence[Cell],
    variables: Sequence[Variable],
    orbit: Orbit,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Progress = no_progress,
    store: StoreView | None = None,
) -> list[TimeSeries]:
    """Read the records of several cells, opening each file once at most. Raises NotInArchive without a granule in the period."""
    *_, complete = iterate_series(reader, opened, cells, variables, orbit, first, last, progress, store)
    return complete


BATCH = 20
"""Files read between two reports of a growing series."""


def iterate_series(
    reader: Reader,
    opened: Opened,
    cells: Sequence[Cell],
    variables: Sequence[Variable],
    orbit: Orbit,
    first: dt.date | None,
    last: dt.date | None,
    progress: Progress,
    store: StoreView | None = None,
) -> Iterator[list[TimeSeries]]:
    """Yield the growing records of the cells: what the store holds, then more after each batch of files, newest first; the last is complete."""
    part = opened.archive.slice_of(orbit, first, last)
    granules = needed_granules(opened.archive, orbit, first, last)
    record = _GrowingRecord(opened, cells, variables, orbit, part)
    if store is not None and store.covers(variables):
        with contextlib.suppress(UnreadableFile):  # a store that is damaged or gone: the files have it all
            record.take(store.read(cells, variables, orbit, part))
    left = [number for number in range(len(granules) - 1, -1, -1) if not record.has[number]]
    if left and len(left) < len(granules):
        yield record.so_far()

    def read(number: int) -> CellValues:
        return reader.cells(granules[number], opened.recognition, variables, cells)

    with contextlib.closing(ahead(read, left)) as under_way:
        for done, (number, values) in enumerate(under_way, 1):
            progress((done - 1) / len(left), f"{granules[number].date}")
            record.add(number, values)
            if done % BATCH == 0 and done < len(left):
                yield record.so_far()
    progress(1.0, "")
    yield record.so_far()


def needed_granules(archive: Archive, orbit: Orbit, first: dt.date | None, last: dt.date | None) -> list[Granule]:
    """Return the granules of an orbit within a period, in order of date. Raises NotInArchive, naming the span, where there is none."""
    granules = archive.granules_of(orbit, first, last)
    if not granules:
        span = archive.span(orbit)
        there = f"the archive has {span}" if span else f"the archive has no {orbit.title} granule"
        raise NotInArchive(f"There is no granule between {first or 'the beginning'} and {last or 'the end'}: {there}.")
    return granules


class _GrowingRecord:
    """Values of some cells, by the number of the granule in order of date; `has` tells which were read or found bad."""

    def __init__(
        self, opened: Opened, cells: Sequence[Cell], variables: Sequence[Variable], orbit: Orbit, part: slice
    ) -> None:
        self._opened, self._cells, self._variables, self._orbit = opened, cells, tuple(variables), orbit
        self._granules = opened.archive.granules_of(orbit)[part]
        self._dates = opened.archive.day_numbers(orbit)[part]
        self.has = np.zeros(len(self._granules), dtype=bool)
        self._values = {one.id: self._layer() for one in variables}
        self._scene_flag = self._layer() if opened.recognition.scene_flags else None
        self._rmse = self._layer() if opened.recognition.rmse else None
        self._problems: dict[int, Problem] = {}
        self._notes: dict[int, tuple[Problem, ...]] = {}

    def _layer(self) -> Float32s:
        return np.full((len(self._granules), len(self._cells)), np.nan, dtype=np.float32)

    def take(self, stored: StoredCells) -> None:
        """Take over what a store holds; nothing has been read before."""
        self.has[:] = stored.known
        self._values = dict(stored.values)
        self._scene_flag, self._rmse = stored.scene_flag, stored.rmse
        self._problems, self._notes = dict(stored.problems), dict(stored.notes)

    def add(self, number: int, result: Callable[[], CellValues]) -> None:
        """Take what was read from a granule's file, or why it could not be."""
        self.has[number] = True
        granule = self._granules[number]
        try:
            found = result()
        except SmosIbError as error:
            self._problems[number] = Problem.of(granule.path, error)
            return
        if found.notes:
            self._notes[number] = tuple(Problem(granule.path, note, damaged=False) for note in found.notes)
        for name, values in found.values.items():
            self._values[name][number] = values
        for layer, quality in ((self._scene_flag, found.scene_flag), (self._rmse, found.rmse)):
            if layer is not None:
                layer[number] = quality

    def so_far(self) -> list[TimeSeries]:
        """Return the records as they are, independent of what is added later."""
        there = self.has.copy()
        there[list(self._problems)] = False
        newest_first = sorted(self._problems, reverse=True)
        notes = [note for number in sorted(self._notes, reverse=True) for note in self._notes[number]]
        return [
            TimeSeries(
                self._opened.recognition.grid,
                cell,
                self._orbit,
                self._variables,
                self._dates[there],
                {name: array[there, index] for name, array in self._values.items()},
                None if self._scene_flag is None else self._scene_flag[there, index],
                None if self._rmse is None else self._rmse[there, index],
                len(self._granules),
                tuple(self._problems[number] for number in newest_first),
                tuple(notes),
            )
            for index, cell in enumerate(self._cells)
        ]


def series_rows(series: TimeSeries, criteria: QualityCriteria) -> Iterator[SeriesRow]:
    """Yield the table of a series under some criteria: a line for each day that has a granule and each variable, in order of date."""
    under = {variable.id: series.under(variable, criteria) for variable in series.variables}
    for index, day in enumerate(series.dates):
        for variable in series.variables:
            kept, reason = under[variable.id]
            yield SeriesRow(
                day.astype(dt.date),
                series.orbit,
                variable,
                _number(series.values[variable.id], index),
                _number(kept, index),
                _number(series.scene_flag, index),
                _number(series.rmse, index),
                rejection_text(int(reason[index])),
            )


def _number(array: Float32s | None, index: int) -> float:
    """Return a float32 as the shortest decimal that means it, so that tables show 0.184 and not 0.1840000003576."""
    return float("nan") if array is None else float(str(array[index]))
