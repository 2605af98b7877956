# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How a variable has changed over a period, cell by cell, as a map: the Theil–Sen slope of monthly or annual means, with its Mann–Kendall p.

The means are those of periods.py, the slope and p those of trend.py: the same as the plot tells of one cell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..archive import Granule, Progress, no_progress
from ..content import Read
from ..errors import BadRequest, NotInArchive
from ..grid import Cell
from ..many_days import AROUND_ZERO, ManyDays, derived
from ..quality import Float32s, QualityCriteria
from ..store.store import StoreView
from ..variables import Variable
from .cell_records import CellBlock, CellRecords, spread
from .days_of_year import Days
from .periods import LEAST_IN_MEAN, PeriodLength, calendar_months, cell_period_sums, decades, means_of
from .trend import MIN_STEPS, Trends, trends

SIGNIFICANT = 0.05
"""What `statistics` calls significant."""


@dataclass(frozen=True)
class TrendOptions:
    """How a trend is computed: over means of `length` that have at least `least` values; nothing where there are fewer than `min_steps` of them.

    `seasonal` compares only the same calendar months with each other; it has no meaning for annual means. With `p_limit` only slopes are
    shown whose p is below it.
    """

    length: PeriodLength = PeriodLength.MONTH
    seasonal: bool = False
    least: int = LEAST_IN_MEAN
    min_steps: int = MIN_STEPS
    p_limit: float | None = None

    @property
    def key(self) -> str:
        """A short text for file names that no other options have."""
        seasonal = "-seasonal" if self.seasonal else ""
        shown = f"_p{self.p_limit:g}" if self.p_limit is not None else ""
        return f"trend-{self.length.value}{seasonal}_min{self.least}_steps{self.min_steps}{shown}"


@dataclass(frozen=True, eq=False)
class TrendGrid(ManyDays):
    """The slope per decade as `kept`, in the variable's units. Arrays are (rows, cols) float32, row 0 in the north.

    `p` is two-sided; both are NaN where `steps`, the means that there are, are fewer than the options' `min_steps`. `kept` is NaN also where
    `p` is not below the options' `p_limit`.
    """

    options: TrendOptions
    p: Float32s
    steps: Float32s

    @property
    def variable(self) -> Variable:
        """The trend as a variable of its own."""
        units = "" if self.source.units in ("–", "-") else f"{self.source.units} "
        return derived(self.source, "trend", "trend", f"{units}per decade", AROUND_ZERO)

    @property
    def further_bands(self) -> tuple[tuple[str, Float32s], ...]:
        """What a file holds beside `kept`: p, and the steps used."""
        return ("Mann–Kendall p", self.p), ("steps", self.steps)

    @property
    def what(self) -> str:
        """What the grid shows, for a title."""
        limit = self.options.p_limit
        shown = f" · p < {limit:g}" if limit is not None else ""
        return f"{self.variable.title} · {self.of_means} of {self.period[0]} → {self.period[1]}{shown}"

    @property
    def of_means(self) -> str:
        """The kind of means, in words."""
        kind = "monthly" if self.options.length is PeriodLength.MONTH else "annual"
        return f"{kind} means, seasonal" if self.options.seasonal else f"{kind} means"

    @property
    def statistics(self) -> str:
        """How much is shown, as a sentence."""
        has_trend, shown = np.isfinite(self.p), np.isfinite(self.kept)
        cells, limit = int(np.count_nonzero(has_trend)), self.options.p_limit or SIGNIFICANT
        if not cells:
            return f"No cell has {self.options.min_steps} {self.of_means}"
        below = np.count_nonzero(self.p[has_trend] < limit)
        median = f" · median {np.median(self.kept[shown]):+.3g} {self.variable.units}" if shown.any() else ""
        if self.options.p_limit is None:
            return f"{cells:,} cells{median} · {below / cells:.0%} with p < {limit:g} · {self.counts}"
        return f"{below:,} of {cells:,} cells with p < {limit:g}{median} · {self.counts}"

    def explain(self, cell: Cell) -> str:
        """Return what one cell shows, such as `SM-trend 0.012 m³ m⁻³ per decade · p 0.03 · 171 monthly means`."""
        steps, slope, p = (float(band[cell.row, cell.col]) for band in (self.steps, self.kept, self.p))
        means = f"{steps:.0f} {self.of_means}"
        if np.isnan(p):
            return f"{means}, too few" if steps else "no kept value"
        told = f"no trend with p < {self.options.p_limit:g}" if np.isnan(slope) else self.variable.tell(slope)
        return f"{told} · p {p:.2g} · {means}"


def trend_map(
    granules: Sequence[Granule],
    variable: Variable,
    period: tuple[dt.date, dt.date],
    options: TrendOptions,
    criteria: QualityCriteria,
    read: Read,
    progress: Progress = no_progress,
    store: StoreView | None = None,
) -> TrendGrid:
    """Return the trend of a period. `granules` are of one orbit, in order of date; those outside the period are not read.

    What a store holds comes from there where that is less work. A file that cannot be read is left out and listed. Raises BadRequest where a
    trend has no meaning, NotInArchive where the archive has nothing of the period, UnreadableFile where no file can be read.
    """
    length, (first, last) = options.length, period
    check_trend(granules, variable, period, options)
    needed = [one for one in granules if first <= one.date <= last]
    starts, covered = _steps(granules, period, length)
    at = decades(length, starts.size)
    seasons = calendar_months(starts) if options.seasonal else None

    def of_block(block: CellBlock) -> Trends:
        sums, counts = cell_period_sums(block.starts, block.days, block.values, length, first, last)
        means = np.where(covered, means_of(sums, counts, options.least), np.nan)
        return trends(means, at, seasons, options.min_steps)

    with CellRecords(needed, variable, criteria, read, store, progress) as records:
        pieces = [(cells, found.slope, found.p, found.steps) for cells, found in records.each(of_block)]
        taken = records.taken(period)
    slope, p, steps = (one.reshape(taken.grid.shape) for one in spread(pieces, taken.grid, (np.nan, np.nan, 0)))
    if options.p_limit is not None:
        slope[~(p < options.p_limit)] = np.nan
    return TrendGrid(slope, variable, period, granules[0].orbit, criteria, taken, options, p, steps)


def check_trend(
    granules: Sequence[Granule], variable: Variable, period: tuple[dt.date, dt.date], options: TrendOptions
) -> None:
    """Raise BadRequest where a trend has no meaning, NotInArchive where the archive has nothing of the period."""
    first, last = period
    if variable.is_bits:
        raise BadRequest(
            f"There is no trend of {variable.title.lower()}: their values are sums of bits.", "Choose another variable."
        )
    if last < first:
        raise BadRequest(f"The period ends on {last}, before it starts on {first}.", "Exchange its first and last day.")
    if options.seasonal and options.length is PeriodLength.YEAR:
        raise BadRequest("Annual means have no seasons.", "Choose monthly means, or no seasonal trend.")
    if options.least < 1 or options.min_steps < 2:
        raise BadRequest("A mean needs at least 1 value and a trend at least 2 steps.", "Ask for more.")
    if options.p_limit is not None and not 0 < options.p_limit <= 1:
        raise BadRequest(
            f"p is to be below {options.p_limit:g}.", "Choose a limit above 0 and at most 1, such as 0.05."
        )
    if not any(first <= one.date <= last for one in granules):
        there = f"{granules[0].date} to {granules[-1].date}" if granules else "nothing of that orbit"
        raise NotInArchive(f"There is no granule from {first} to {last}; the archive has {there}.")
    steps = int(_steps(granules, period, options.length)[1].sum())
    if steps < options.min_steps:
        name = f"{options.length.value}{'' if steps == 1 else 's'}"
        raise BadRequest(
            f"From {first} to {last} there {'is' if steps == 1 else 'are'} {steps} whole {name}; "
            f"a trend is to have at least {options.min_steps} steps.",
            f"A {options.length.value} counts where the archive lacks no more than {options.length.longest_gap} days of it in a row. "
            "Choose a longer period, shorter steps, or ask for fewer of them.",
        )


def _steps(
    granules: Sequence[Granule], period: tuple[dt.date, dt.date], length: PeriodLength
) -> tuple[Days, NDArray[np.bool_]]:
    """Return the first day of each month or year of a period, and of which of them the archive has files throughout."""
    first, last = period
    starts = length.starts(first, last)
    days = np.array([one.date for one in granules if first <= one.date <= last], dtype="datetime64[D]")
    return starts, length.covered(starts, days)
