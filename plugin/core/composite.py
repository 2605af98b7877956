# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A period as one map: for each cell a statistic of its kept values, and how many there are."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ahead import ahead
from .analysis.cell_records import CellRecords, spread
from .analysis.ragged import medians
from .archive import Granule, Progress, no_progress
from .content import Read
from .day import DailyGrid
from .errors import BadRequest, SmosIbError
from .grid import Cell
from .many_days import COUNT, SPREAD, ManyDays, Taken, Taking, derived
from .quality import Float32s, QualityCriteria
from .store.store import StoreView
from .variables import Variable


class Statistic(enum.Enum):
    """What a composite shows of the kept values of a cell.

    `STD` is the standard deviation of the sample (divided by n − 1), which one value alone does not have; the median of an even
    number of values is the mean of the middle two.
    """

    MEAN = "mean"
    LATEST = "latest"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"
    STD = "std"
    COUNT = "count"

    @property
    def title(self) -> str:
        """The statistic in words."""
        return _TITLES[self]

    @property
    def suits_bits(self) -> bool:
        """True for what has a meaning where a value is a sum of bits."""
        return self in (Statistic.LATEST, Statistic.COUNT)


_TITLES = {
    Statistic.MEAN: "mean",
    Statistic.LATEST: "latest",
    Statistic.MEDIAN: "median",
    Statistic.MIN: "minimum",
    Statistic.MAX: "maximum",
    Statistic.STD: "standard deviation",
    Statistic.COUNT: "count",
}


@dataclass(frozen=True, eq=False)
class CompositeGrid(ManyDays):
    """A period under some criteria. `kept` and `count` are (rows, cols) float32, row 0 in the north.

    `count` is the number of days on which something is kept, 0 for none. `kept` is NaN where that is less than `minimum`.
    """

    statistic: Statistic
    count: Float32s
    minimum: int = 1

    @property
    def variable(self) -> Variable:
        """What the values are: the variable that was read, or its spread or count as one of its own."""
        if self.statistic is Statistic.COUNT:
            return derived(self.source, "count", "kept days", "days", COUNT)
        if self.statistic is Statistic.STD:
            return derived(self.source, "std", "standard deviation", self.source.units, SPREAD)
        return self.source

    @property
    def further_bands(self) -> tuple[tuple[str, Float32s], ...]:
        """What a file holds beside `kept`: the count."""
        return (("count", self.count),)

    @property
    def what(self) -> str:
        """What the grid shows, for a title."""
        return f"{self.source.title} · {self.statistic.title} of {self.period[0]} → {self.period[1]}"

    @property
    def statistics(self) -> str:
        """How much is shown, as a sentence."""
        days, cells = len(self.granules), int(np.count_nonzero(self.count))
        text = f"{self.statistic.title.capitalize()} of {days:,} {'day' if days == 1 else 'days'} with a file"
        if not self.counts.retrievals:
            return f"{text}: no retrievals in this period"
        mean = self.counts.kept / cells if cells else 0.0
        return f"{text}: {cells:,} cells, {mean:.1f} values each on average · {self.counts}"

    def explain(self, cell: Cell) -> str:
        """Return what one cell shows, such as `SM 0.21 m³ m⁻³ · mean of 3 kept values`."""
        count, days = int(self.count[cell.row, cell.col]), f"{self.period[0]} to {self.period[1]}"
        if not count:
            return f"{days} · no kept value"
        values = f"{count} kept {'value' if count == 1 else 'values'}"
        shown = float(self.kept[cell.row, cell.col])
        if np.isnan(shown):
            return f"{days} · {values}, too few"
        if self.statistic is Statistic.COUNT:
            return f"{days} · {values}"
        return f"{days} · {self.source.tell(shown)} · {self.statistic.title} of {values}"


def composite(
    granules: Sequence[Granule],
    variable: Variable,
    period: tuple[dt.date, dt.date],
    statistic: Statistic,
    criteria: QualityCriteria,
    read: Read,
    progress: Progress = no_progress,
    minimum: int = 1,
    store: StoreView | None = None,
) -> CompositeGrid:
    """Combine what is kept of granules (of one orbit, in order of date, at least one); cells with fewer than `minimum` values show nothing.

    Files are read once; a median, and only that, uses the store for what it holds where that is less work. A file that cannot be read is
    left out and listed. Raises BadRequest where bits have no such statistic, the first file's error where none can be read.
    """
    check_statistic(variable, statistic, minimum)
    if statistic is Statistic.MEDIAN:
        kept, count, taken = _medians(granules, variable, period, criteria, read, progress, store)
    else:
        kept, count, taken = _streamed(granules, variable, period, statistic, criteria, read, progress)
    kept = np.where(count >= max(minimum, 1), kept, np.float32(np.nan))
    shape = taken.grid.shape
    return CompositeGrid(
        kept.reshape(shape),
        variable,
        period,
        granules[0].orbit,
        criteria,
        taken,
        statistic,
        count.astype(np.float32).reshape(shape),
        minimum,
    )


def check_statistic(variable: Variable, statistic: Statistic, minimum: int = 1) -> None:
    """Raise BadRequest where a composite has no meaning."""
    if variable.is_bits and not statistic.suits_bits:
        raise BadRequest(
            f"There is no {statistic.title} of {variable.title.lower()}: their values are sums of bits.",
            "Choose the latest value or the count, or another variable.",
        )
    if minimum < 1:
        raise BadRequest(f"At least {minimum} kept values were asked for.", "Ask for at least 1.")


def _streamed(
    granules: Sequence[Granule],
    variable: Variable,
    period: tuple[dt.date, dt.date],
    statistic: Statistic,
    criteria: QualityCriteria,
    read: Read,
    progress: Progress,
) -> tuple[Float32s, NDArray[np.int32], Taken]:
    """Return statistic, count and what was taken; only what is known of each cell so far is in memory."""
    taking, cells = Taking(), _Cells(statistic)
    with contextlib.closing(ahead(lambda one: read(one, variable).under(criteria), granules)) as days:
        for number, (granule, result) in enumerate(days):
            progress(number / len(granules), granule.date.isoformat())
            try:
                day = result()
            except SmosIbError as error:
                taking.add_error(granule, error)
                continue
            cells.add(day)
            taking.add_day(day)
    taken = taking.finish(period)
    return cells.result(), cells.number, taken


def _medians(
    granules: Sequence[Granule],
    variable: Variable,
    period: tuple[dt.date, dt.date],
    criteria: QualityCriteria,
    read: Read,
    progress: Progress,
    store: StoreView | None,
) -> tuple[Float32s, NDArray[np.int32], Taken]:
    """Return median, count and what was taken."""
    with CellRecords(granules, variable, criteria, read, store, progress) as records:
        found = records.each(lambda block: (medians(block.starts, block.values), np.diff(block.starts)))
        pieces = [(cells, *arrays) for cells, arrays in found]
        taken = records.taken(period)
    kept, count = spread(pieces, taken.grid, (np.nan, 0))
    return kept, count.astype(np.int32), taken


class _Cells:
    """What is known of each cell so far. Sums are in float64, so that a mean is exact to float32 for any number of days.

    A standard deviation sums distances from the cell's first value, which keeps their squares small.
    """

    def __init__(self, statistic: Statistic) -> None:
        self._statistic = statistic
        self.number: NDArray[np.int32] = np.zeros(0, dtype=np.int32)

    def _begin(self, size: int) -> None:
        self.number = np.zeros(size, dtype=np.int32)
        self._values: NDArray[np.float64] = np.zeros(size)
        if self._statistic is Statistic.STD:
            self._first, self._squares = np.zeros(size, dtype=np.float32), np.zeros(size)

    def add(self, day: DailyGrid) -> None:
        """Take in a day, later than those before."""
        if not self.number.size:
            self._begin(day.grid.rows * day.grid.cols)
        kept = ~np.isnan(day.kept_values)
        at, values = day.retrievals.cells[kept], day.kept_values[kept]
        new = self.number[at] == 0
        self.number[at] += 1
        if self._statistic is Statistic.MEAN:
            self._values[at] += values
        elif self._statistic is Statistic.LATEST:
            self._values[at] = values
        elif self._statistic in (Statistic.MIN, Statistic.MAX):
            extreme = np.minimum if self._statistic is Statistic.MIN else np.maximum
            self._values[at] = np.where(new, values, extreme(self._values[at], values))
        elif self._statistic is Statistic.STD:
            self._first[at[new]] = values[new]
            distance = values.astype(np.float64) - self._first[at]
            self._values[at] += distance
            self._squares[at] += distance**2

    def result(self) -> Float32s:
        """Return the statistic of each cell, (cells,), NaN where nothing is kept."""
        number = self.number.astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            if self._statistic is Statistic.MEAN:
                result = self._values / number
            elif self._statistic is Statistic.STD:
                sizes = self._squares - self._values**2 / number
                result = np.sqrt(np.maximum(sizes, 0) / np.where(number > 1, number - 1, np.nan))
            else:
                result = np.where(number > 0, number if self._statistic is Statistic.COUNT else self._values, np.nan)
            return result.astype(np.float32)
