# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time series at one cell: raw values with their quality layers, so that new thresholds never need a new reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .archive import Granule, Problem, Progress, no_progress
from .errors import NotInArchive, SmosIbError
from .grid import Cell, EaseGrid
from .names import Orbit
from .quality import Float32s, QualityCriteria, Reasons, apply_quality, rejection_text
from .reader import Opened, Reader
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
) -> TimeSeries:
    """Read the record of one cell from the files, the newest year first; `grown` gets what is there after each batch of files.

    A file that cannot be read is listed in `problems` and the rest goes on. Raises NotInArchive without a granule in the period.
    """
    for (series,) in iterate_series(reader, opened, [cell], variables, orbit, first, last, progress):
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
) -> list[TimeSeries]:
    """Read the records of several cells, opening each file once. Raises NotInArchive without a granule in the period."""
    *_, complete = iterate_series(reader, opened, cells, variables, orbit, first, last, progress)
    return complete


BATCH = 20
"""Files read between two reports of a growing series: about a second of work."""


def iterate_series(
    reader: Reader,
    opened: Opened,
    cells: Sequence[Cell],
    variables: Sequence[Variable],
    orbit: Orbit,
    first: dt.date | None,
    last: dt.date | None,
    progress: Progress,
) -> Iterator[list[TimeSeries]]:
    """Yield the growing records of the cells after each batch of files, newest files first; the last is complete."""
    granules = opened.archive.granules_of(orbit, first, last)
    if not granules:
        span = opened.archive.span(orbit)
        there = f"the archive has {span}" if span else f"the archive has no {orbit.title} granule"
        raise NotInArchive(f"There is no granule between {first or 'the beginning'} and {last or 'the end'}: {there}.")
    record = _GrowingRecord(opened, cells, variables, orbit, len(granules))
    for number, granule in enumerate(reversed(granules)):
        progress(number / len(granules), f"{granule.date}")
        record.read(reader, granule)
        if (number + 1) % BATCH == 0 and number + 1 < len(granules):
            yield record.so_far()
    progress(1.0, "")
    yield record.so_far()


class _GrowingRecord:
    """Values of some cells as files are read, newest first."""

    def __init__(
        self, opened: Opened, cells: Sequence[Cell], variables: Sequence[Variable], orbit: Orbit, wanted: int
    ) -> None:
        self._opened, self._cells, self._variables, self._orbit, self._wanted = (
            opened,
            cells,
            tuple(variables),
            orbit,
            wanted,
        )
        self._dates: list[dt.date] = []
        self._values = {one.id: np.empty((wanted, len(cells)), dtype=np.float32) for one in variables}
        self._scene_flag = self._layer(opened.recognition.scene_flags)
        self._rmse = self._layer(opened.recognition.rmse)
        self._problems: list[Problem] = []
        self._notes: list[Problem] = []

    def _layer(self, layer: Variable | None) -> Float32s | None:
        return None if layer is None else np.empty((self._wanted, len(self._cells)), dtype=np.float32)

    def read(self, reader: Reader, granule: Granule) -> None:
        try:
            found = reader.cells(granule, self._opened.recognition, self._variables, self._cells)
        except SmosIbError as error:
            self._problems.append(Problem.of(granule.path, error))
            return
        self._notes.extend(Problem(granule.path, note, damaged=False) for note in found.notes)
        number = len(self._dates)
        for name, values in found.values.items():
            self._values[name][number] = values
        if self._scene_flag is not None:
            self._scene_flag[number] = found.scene_flag
        if self._rmse is not None:
            self._rmse[number] = found.rmse
        self._dates.append(granule.date)

    def so_far(self) -> list[TimeSeries]:
        count = len(self._dates)
        dates = np.array(self._dates[::-1], dtype="datetime64[D]")

        def along(array: Float32s | None, index: int) -> Float32s | None:
            return None if array is None else array[:count, index][::-1].copy()

        return [
            TimeSeries(
                self._opened.recognition.grid,
                cell,
                self._orbit,
                self._variables,
                dates,
                {name: array[:count, index][::-1].copy() for name, array in self._values.items()},
                along(self._scene_flag, index),
                along(self._rmse, index),
                self._wanted,
                tuple(self._problems),
                tuple(self._notes),
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
