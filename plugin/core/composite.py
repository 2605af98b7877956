# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A period as one map: for each cell the mean of its kept values, or the latest of them, and how many there are."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ahead import ahead
from .archive import Granule, Problem, Progress, no_progress
from .content import Read
from .day import DailyGrid
from .errors import BadRequest, SmosIbError, UnreadableFile
from .grid import Cell, EaseGrid
from .names import Orbit
from .quality import Float32s, QualityCounts, QualityCriteria
from .variables import Variable


class Statistic(enum.Enum):
    """What a composite shows of the kept values of a cell."""

    MEAN = "mean"
    LATEST = "latest"


@dataclass(frozen=True, eq=False)
class CompositeGrid:
    """A period under some criteria. `kept` and `count` are (rows, cols) float32, row 0 in the north.

    `kept` is NaN where nothing is kept on any day, `count` the number of days on which something is, 0 for none.
    """

    grid: EaseGrid
    variable: Variable
    statistic: Statistic
    period: tuple[dt.date, dt.date]
    orbit: Orbit
    criteria: QualityCriteria
    kept: Float32s
    count: Float32s
    counts: QualityCounts
    """Retrievals of all days together."""
    granules: tuple[Granule, ...]
    """The files that were used, in order of date."""
    problems: tuple[Problem, ...] = ()
    """The files that could not be used."""
    window: tuple[Cell, Cell] | None = None
    unapplied: tuple[str, ...] = ()
    file_notes: tuple[str, ...] = ()

    @property
    def further_bands(self) -> tuple[tuple[str, Float32s], ...]:
        """What a file holds beside `kept`: the count."""
        return (("count", self.count),)

    @property
    def notes(self) -> tuple[str, ...]:
        """The files that are left out, and what is odd about others."""
        return (*(f"left out: {one.path.name}: {one.reason}" for one in self.problems), *self.file_notes)

    @property
    def what(self) -> str:
        """What the grid shows, for a title."""
        return f"{self.variable.title} · {self.statistic.value} of {self.period[0]} → {self.period[1]}"

    @property
    def statistics(self) -> str:
        """How much is shown, as a sentence."""
        days, cells = len(self.granules), int(np.count_nonzero(self.count))
        text = f"{self.statistic.value.capitalize()} of {days:,} {'day' if days == 1 else 'days'} with a file"
        if not self.counts.retrievals:
            return f"{text}: no retrievals in this period"
        mean = self.counts.kept / cells if cells else 0.0
        return f"{text}: {cells:,} cells, {mean:.1f} values each on average · {self.counts}"

    def explain(self, cell: Cell) -> str:
        """Return what one cell shows, such as `Mean of 3 kept values · SM 0.21 m³ m⁻³`."""
        count = int(self.count[cell.row, cell.col])
        if not count:
            return f"{self.period[0]} to {self.period[1]} · no kept value"
        told = self.variable.tell(float(self.kept[cell.row, cell.col]))
        values = "value" if count == 1 else "values"
        return f"{self.period[0]} to {self.period[1]} · {told} · {self.statistic.value} of {count} kept {values}"


def composite(
    granules: Sequence[Granule],
    variable: Variable,
    period: tuple[dt.date, dt.date],
    statistic: Statistic,
    criteria: QualityCriteria,
    read: Read,
    progress: Progress = no_progress,
) -> CompositeGrid:
    """Read the granules (of one orbit, in order of date, at least one) and combine what is kept of them.

    A file that cannot be read is left out and listed. Raises BadRequest for a mean of bits, the first file's error where none can be read.
    """
    if statistic is Statistic.MEAN and variable.is_bits:
        raise BadRequest(
            f"There is no mean of {variable.title.lower()}: their values are sums of bits.",
            "Choose the latest value, or another variable.",
        )
    cells = _Cells()
    used: list[Granule] = []
    problems: list[Problem] = []
    for number, (granule, result) in enumerate(ahead(lambda one: read(one, variable).under(criteria), granules)):
        progress(number / len(granules), granule.date.isoformat())
        try:
            cells.add(result(), statistic)
            used.append(granule)
        except SmosIbError as error:
            problems.append(Problem.of(granule.path, error))
    if cells.grid is None or cells.counts is None:
        raise UnreadableFile(
            f"None of the {len(granules):,} files from {period[0]} to {period[1]} can be read.", problems[0].reason
        )
    kept = cells.result(statistic)
    return CompositeGrid(
        cells.grid,
        variable,
        statistic,
        period,
        granules[0].orbit,
        criteria,
        kept.reshape(cells.grid.shape),
        cells.number.astype(np.float32).reshape(cells.grid.shape),
        cells.counts,
        tuple(used),
        tuple(problems),
        cells.window,
        tuple(dict.fromkeys(cells.unapplied)),
        tuple(cells.notes),
    )


class _Cells:
    """What is known of each cell so far. Sums are in float64, so that a mean is exact to float32 for any number of days."""

    def __init__(self) -> None:
        self.grid: EaseGrid | None = None
        self.counts: QualityCounts | None = None
        self.window: tuple[Cell, Cell] | None = None
        self.unapplied: list[str] = []
        self.notes: list[str] = []

    def add(self, day: DailyGrid, statistic: Statistic) -> None:
        """Take in a day, later than those before."""
        if self.counts is None:
            size = day.grid.rows * day.grid.cols
            self.number: NDArray[np.int32] = np.zeros(size, dtype=np.int32)
            self._values: NDArray[np.float64] = np.zeros(size)
            self.grid, self.counts, self.window = day.grid, day.counts, day.window
        else:
            self.counts += day.counts
            self.window = _around(self.window, day.window)
        kept = ~np.isnan(day.kept_values)
        at = day.retrievals.cells[kept]
        self.number[at] += 1
        if statistic is Statistic.MEAN:
            self._values[at] += day.kept_values[kept]
        else:
            self._values[at] = day.kept_values[kept]
        self.unapplied += day.unapplied
        self.notes += day.notes

    def result(self, statistic: Statistic) -> Float32s:
        """Return the statistic of each cell, (cells,), NaN where nothing is kept."""
        divisor = self.number if statistic is Statistic.MEAN else np.minimum(self.number, 1)
        with np.errstate(invalid="ignore"):
            return (self._values / divisor).astype(np.float32)


def _around(one: tuple[Cell, Cell] | None, other: tuple[Cell, Cell] | None) -> tuple[Cell, Cell] | None:
    """Return the window that holds both; None is the whole grid."""
    if one is None or other is None:
        return None
    (first, last), (also_first, also_last) = one, other
    return (
        Cell(min(first.row, also_first.row), min(first.col, also_first.col)),
        Cell(max(last.row, also_last.row), max(last.col, also_last.col)),
    )
