# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How unusual a day or a longer window was, cell by cell, as a map.

Of one day: its kept value against the climatology's sample (see climatology.py), all kept values of the baseline around that day of the
year. Of a longer window: the mean of its kept values against the means of the same calendar days in the baseline's years. Each year in
which all of those days lie inside the baseline is one value of the sample; a window over New Year belongs to the year in which it starts,
and where a year has no 29 February a window starts or ends on the 28th. The value itself is of the sample where its year is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import Granule, Progress, no_progress
from ..content import Read
from ..errors import BadRequest, NotInArchive
from ..grid import Cell
from ..many_days import AROUND_FIFTY, AROUND_ZERO, ManyDays, derived
from ..quality import Float32s, QualityCriteria
from ..store.store import StoreView
from ..variables import Variable
from .anomaly import AnomalyMethod, anomalies_among
from .cell_records import CellBlock, CellRecords, spread
from .climatology import LEAST, WINDOW, Baseline, need_least, need_window
from .days_of_year import day_of_year, is_near
from .ragged import cell_of_rows
from .samples import Samples

_TITLES = {
    AnomalyMethod.DIFFERENCE: "anomaly",
    AnomalyMethod.ZSCORE: "z-score",
    AnomalyMethod.PERCENTILE: "percentile",
}


@dataclass(frozen=True)
class AnomalyOptions:
    """How an anomaly is computed. `window` days are pooled around a single day; `least` values (years for a longer window) have to be there."""

    baseline: Baseline
    method: AnomalyMethod = AnomalyMethod.DIFFERENCE
    window: int = WINDOW
    least: int = LEAST

    @property
    def key(self) -> str:
        """A short text for file names that no other options have."""
        baseline = f"{self.baseline.first}_{self.baseline.last}"
        return f"{self.method.value}_{baseline}_w{self.window}_min{self.least}"


@dataclass(frozen=True, eq=False)
class AnomalyGrid(ManyDays):
    """The anomaly of a day or window as `kept`. Arrays are (rows, cols) float32, row 0 in the north.

    `value` is what was kept, or its mean; `count` is how many values (years) of the baseline it is compared with. `kept` is NaN where there is no
    value, or `count` is too small.
    """

    options: AnomalyOptions
    value: Float32s
    count: Float32s

    @property
    def variable(self) -> Variable:
        """The anomaly as a variable of its own."""
        method = self.options.method
        units, ramp = {
            AnomalyMethod.DIFFERENCE: (self.source.units, AROUND_ZERO),
            AnomalyMethod.ZSCORE: ("standard deviations", AROUND_ZERO),
            AnomalyMethod.PERCENTILE: ("%", AROUND_FIFTY),
        }[method]
        return derived(self.source, method.value, _TITLES[method], units, ramp)

    @property
    def further_bands(self) -> tuple[tuple[str, Float32s], ...]:
        """What a file holds beside `kept`: the values of the baseline that each cell's was compared with."""
        return (("baseline samples", self.count),)

    @property
    def is_of_day(self) -> bool:
        """True for the anomaly of one day."""
        return self.period[0] == self.period[1]

    @property
    def window_days(self) -> int:
        """How many days the window has."""
        return (self.period[1] - self.period[0]).days + 1

    @property
    def window_files(self) -> int:
        """How many days of the window have a file that was used."""
        return sum(self.period[0] <= one.date <= self.period[1] for one in self.granules)

    @property
    def what(self) -> str:
        """What the grid shows, for a title."""
        return f"{self.variable.title} · {_days(self.period)} against {self.options.baseline}"

    @property
    def statistics(self) -> str:
        """How much is shown, as a sentence."""
        there = self.kept[np.isfinite(self.kept)]
        if not there.size:
            return f"No cell has a kept value and {self.options.least} {self._samples} of the baseline"
        units = f" {self.variable.units}" if self.variable.units else ""
        said = "" if self.is_of_day else f" · {self.window_files} of {self.window_days} days of the window have a file"
        return f"{there.size:,} cells · median {np.median(there):.3g}{units} · {self.counts}{said}"

    def explain(self, cell: Cell) -> str:
        """Return what one cell shows, such as `SM 0.21 m³ m⁻³ · SM-difference -0.03 m³ m⁻³ against 310 values of 2010–2019`."""
        value, kept = float(self.value[cell.row, cell.col]), float(self.kept[cell.row, cell.col])
        against = f"{int(self.count[cell.row, cell.col])} {self._samples} of {self.options.baseline}"
        if np.isnan(value):
            return f"{_days(self.period)} · no kept value"
        told = f"{_days(self.period)} · {'' if self.is_of_day else 'mean '}{self.source.tell(value)}"
        if np.isnan(kept):
            return f"{told} · no anomaly: {against}"
        return f"{told} · {self.variable.tell(kept)} against {against}"

    @property
    def _samples(self) -> str:
        return "values" if self.is_of_day else "years"


@dataclass(frozen=True, eq=False)
class _Plan:
    """What each day is for, from `first` (days since 1970-01-01) on: whether it belongs to the value, and to which sample, −1 for none.

    Of one day each value is a sample of its own, and `samples` is None; else that many means of years are.
    """

    first: int
    is_value: NDArray[np.bool_]
    sample: NDArray[np.int32]
    samples: int | None

    def wants(self, day: int) -> bool:
        """Return whether a day is needed."""
        at = day - self.first
        return bool(self.is_value[at] or self.sample[at] >= 0)


def anomaly_map(
    granules: Sequence[Granule],
    variable: Variable,
    period: tuple[dt.date, dt.date],
    options: AnomalyOptions,
    criteria: QualityCriteria,
    read: Read,
    progress: Progress = no_progress,
    store: StoreView | None = None,
) -> AnomalyGrid:
    """Return the anomaly of a day (twice the same) or a window of at most a year. `granules` are all of one orbit, in order of date.

    Only granules of the window and of the baseline's same calendar days are read. A file that cannot be read is left out and listed. Raises
    BadRequest where this has no meaning, NotInArchive where the archive has nothing of the window, UnreadableFile where no file can be read.
    """
    check_anomaly(granules, variable, period, options)
    days = np.array([_number(one.date) for one in granules], dtype=np.int64)
    plan = _plan_of_day(days, period[0], options) if period[0] == period[1] else _plan_of_window(days, period, options)
    needed = [granule for granule, day in zip(granules, days.tolist()) if plan.wants(day)]

    def of_block(block: CellBlock) -> tuple[NDArray[Any], ...]:
        value, samples = _of_block(block, plan)
        return anomalies_among(value, samples, options.method, options.least), value, samples.count

    with CellRecords(needed, variable, criteria, read, store, progress) as records:
        pieces = [(cells, *found) for cells, found in records.each(of_block)]
        taken = records.taken((needed[0].date, needed[-1].date))
    whole = [one.reshape(taken.grid.shape) for one in spread(pieces, taken.grid, (np.nan, np.nan, 0))]
    return AnomalyGrid(whole[0], variable, period, granules[0].orbit, criteria, taken, options, *whole[1:])


def same_days(period: tuple[dt.date, dt.date], baseline: Baseline) -> list[tuple[dt.date, dt.date]]:
    """Return first and last day of a window in each year in which all of it lies inside the baseline."""
    (first, last), over = period, period[1].year - period[0].year
    windows = [
        (_in_year(first, year), _in_year(last, year + over))
        for year in range(max(baseline.first.year, dt.MINYEAR), min(baseline.last.year, dt.MAXYEAR - over) + 1)
    ]
    return [(start, end) for start, end in windows if baseline.first <= start and end <= baseline.last]


def check_anomaly(
    granules: Sequence[Granule], variable: Variable, period: tuple[dt.date, dt.date], options: AnomalyOptions
) -> None:
    """Raise BadRequest where an anomaly has no meaning, NotInArchive where the archive has nothing of the period."""
    first, last = period
    if variable.is_bits:
        raise BadRequest(
            f"There is no anomaly of {variable.title.lower()}: their values are sums of bits.",
            "Choose another variable.",
        )
    if last < first:
        raise BadRequest(f"The window ends on {last}, before it starts on {first}.", "Exchange its first and last day.")
    if first.year < dt.MAXYEAR and last >= _in_year(first, first.year + 1):
        raise BadRequest(
            f"The window from {first} to {last} is longer than a year.", "An anomaly map compares days of the year."
        )
    need_window(options.window)
    need_least(options.least)
    if not any(first <= one.date <= last for one in granules):
        there = f"{granules[0].date} to {granules[-1].date}" if granules else "nothing of that orbit"
        raise NotInArchive(f"There is no granule from {_days(period)}; the archive has {there}.")


def _plan_of_day(days: NDArray[np.int64], day: dt.date, options: AnomalyOptions) -> _Plan:
    dates, target = days.astype("datetime64[D]"), np.array([day], dtype="datetime64[D]")
    near = is_near(options.window)[int(day_of_year(target)[0]) - 1, day_of_year(dates).astype(np.intp) - 1]
    chosen = options.baseline.has(dates) & near
    if chosen.sum() < options.least:
        raise BadRequest(
            f"The baseline {options.baseline} has {chosen.sum()} days with a file in the {options.window} days around {day:%d %B}; "
            f"{options.least} values are to be compared with.",
            "Choose a longer baseline or a wider window, or ask for fewer values.",
        )
    first, length = int(days[0]), int(days[-1] - days[0]) + 1
    is_value, sample = np.zeros(length, dtype=bool), np.full(length, -1, dtype=np.int32)
    is_value[_number(day) - first] = True
    sample[days[chosen] - first] = 0
    return _Plan(first, is_value, sample, None)


def _plan_of_window(days: NDArray[np.int64], period: tuple[dt.date, dt.date], options: AnomalyOptions) -> _Plan:
    windows = [
        reach
        for start, end in same_days(period, options.baseline)
        if (reach := np.searchsorted(days, (_number(start), _number(end) + 1)).tolist())[0] < reach[1]
    ]
    if len(windows) < options.least:
        raise BadRequest(
            f"The baseline {options.baseline} has {len(windows)} years with files in all of the calendar window of {_days(period)}; "
            f"{options.least} years are to be compared with.",
            "Choose a longer baseline, or ask for fewer years.",
        )
    first, length = int(days[0]), int(days[-1] - days[0]) + 1
    is_value, sample = np.zeros(length, dtype=bool), np.full(length, -1, dtype=np.int32)
    is_value[max(_number(period[0]) - first, 0) : _number(period[1]) - first + 1] = True
    for number, (start, stop) in enumerate(windows):
        sample[days[start:stop] - first] = number
    return _Plan(first, is_value, sample, len(windows))


def _of_block(block: CellBlock, plan: _Plan) -> tuple[NDArray[np.float64], Samples]:
    """Return the value of each cell, NaN where nothing is kept, and the values it is compared with."""
    size, cell, at = block.cells.size, cell_of_rows(block.starts), block.days - plan.first
    own, sample = plan.is_value[at], plan.sample[at]
    value, _ = _means(cell[own], block.values[own], size)
    chosen = sample >= 0
    if plan.samples is None:
        counts, values = np.bincount(cell[chosen], minlength=size), block.values[chosen].astype(np.float64)
    else:
        of_year = cell[chosen] * plan.samples + sample[chosen]
        means, kept = _means(of_year, block.values[chosen], size * plan.samples)
        counts, values = (kept > 0).reshape(size, plan.samples).sum(axis=1), means[kept > 0]
    return value, Samples(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), values)


def _means(place: NDArray[np.int64], values: Float32s, size: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the mean and the number of the values at each of `size` places, NaN of none."""
    counts = np.bincount(place, minlength=size)
    with np.errstate(invalid="ignore"):
        return np.bincount(place, weights=values, minlength=size) / counts, counts


def _number(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days


def _in_year(day: dt.date, year: int) -> dt.date:
    """Return a calendar day in another year, of the 29 February the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return dt.date(year, 2, 28)


def _days(period: tuple[dt.date, dt.date]) -> str:
    first, last = period
    return f"{first}" if first == last else f"{first} to {last}"
