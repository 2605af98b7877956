# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Trends that outliers and gaps hardly move: the Theil–Sen slope and the Mann–Kendall test, of one record or of all cells of a map.

- The slope is the median of the slopes between all pairs of steps (Theil 1950; Sen 1968, https://doi.org/10.1080/01621459.1968.10480934),
  the intercept the median of the values − slope × the median of the times of their steps (Conover 1980).
- p is two-sided, from the normal approximation of S = Σ sign(later − earlier) with Var S corrected for ties and S taken one nearer to 0
  (Mann 1945, https://doi.org/10.2307/1907187; Kendall 1975; Gilbert 1987, who has exact tables for up to ten steps, where it is rough).
  Persistence of a record is not allowed for: it makes p too small.
- With seasons, slopes and S are of pairs within the same season alone, and the variances of the seasons add up (Hirsch, Slack & Smith 1982,
  https://doi.org/10.1029/WR018i001p00107).

Missing steps are left out and the others keep their places in time. The results are those of `pymannkendall.original_test` and
`seasonal_test(period=12)`, and of `scipy.stats.theilslopes`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..archive import Progress, no_progress
from ..errors import BadRequest
from .days_of_year import Days
from .periods import LEAST_IN_MEAN, PeriodLength, calendar_months, decades, period_means
from .samples import Floats, Integers, Values

MIN_STEPS = 5
"""Steps that a trend needs, unless told."""
_BLOCK = 1 << 19
"""Pairs that are looked at together: some arrays of 4 MB."""


@dataclass(frozen=True, eq=False)
class Trends:
    """The trends of some cells, (cells,): slope in units per decade, intercept in units where decades are 0, p 0–1, steps with a value.

    All but `steps` is NaN where there are too few steps, or with seasons no two of the same one.
    """

    slope: Floats
    intercept: Floats
    p: Floats
    steps: Integers


@dataclass(frozen=True)
class SeriesTrend:
    """The trend of one record: `slope` in units per decade, `p` 0–1, over `steps` monthly or annual means; numbers are NaN of too few steps.

    `intercept` is the line's value in the middle of the period that starts on `first`, None of a record without days.
    """

    length: PeriodLength
    seasonal: bool
    first: dt.date | None
    slope: float
    intercept: float
    p: float
    steps: int

    def line(self, days: Days) -> Floats:
        """Return the values of the trend's line on some days, datetime64[D]. The mean of a period stands in its middle."""
        if self.first is None:
            return np.full(days.shape, np.nan)
        start = self.length.numbers(np.array([self.first], "datetime64[D]"))[0]
        line: Floats = self.intercept + self.slope * (self.length.positions(days) - start) / self.length.a_decade
        return line


def trends(
    values: Values,
    decades: Floats,
    seasons: Integers | None = None,
    min_steps: int = MIN_STEPS,
    progress: Progress = no_progress,
) -> Trends:
    """Return the trends of (cells, steps) values, NaN for no value; `decades` and `seasons` are (steps,), decades ascending, each once.

    `seasons` is any number for each season, None for a test without seasons. Takes a byte for each value and some 20 MB more: 110,000 cells of
    180 months take half a minute or so. Raises BadRequest of less than two steps, and what `progress` raises.
    """
    if min_steps < 2:
        raise BadRequest(f"There is no trend of {min_steps} steps.", "Ask for at least two.")
    there = np.isfinite(values)
    steps = np.count_nonzero(there, axis=1).astype(np.int64)
    slope, intercept, p = (np.full(steps.size, np.nan) for _ in range(3))
    wanted = np.flatnonzero(steps >= min_steps)
    done = 0
    blocks = _packed(there, steps, wanted) if seasons is None else _whole(there, seasons, wanted)
    for cells, inside, season in blocks:
        progress(done / wanted.size, "")
        shape = cells.size, season.size
        y = values[cells].astype(np.float64)
        if seasons is None:
            y, x = y[inside].reshape(shape), np.broadcast_to(decades, y.shape)[inside].reshape(shape)
        else:
            y[~inside], x = np.nan, np.where(inside, decades, np.nan)
        slope[cells], p[cells] = _test(y, decades[None] if inside.all() else x, season)
        intercept[cells] = _medians(y) - slope[cells] * _medians(x)
        done += cells.size
    return Trends(slope, intercept, p, steps)


def series_trend(
    days: Days,
    values: Values,
    length: PeriodLength,
    seasonal: bool = False,
    least: int = LEAST_IN_MEAN,
    min_steps: int = MIN_STEPS,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> SeriesTrend:
    """Return the trend of the monthly or annual means (of at least `least` kept values) of a record along datetime64[D], NaN for no kept value.

    `first` and `last` limit the days, None for all. Raises BadRequest of seasons of annual means, less than two steps, or a `least` below 1.
    """
    if seasonal and length is PeriodLength.YEAR:
        raise BadRequest("Annual means have no seasons.", "Choose monthly means, or a trend without seasons.")
    means = period_means(days, values, length, least, first, last)
    seasons = calendar_months(means.starts) if seasonal else None
    found = trends(means.means[None], decades(length, means.starts.size), seasons, min_steps)
    start = means.starts[0].item() if means.starts.size else None
    slope, intercept, p = (float(one[0]) for one in (found.slope, found.intercept, found.p))
    return SeriesTrend(length, seasonal, start, slope, intercept, p, int(found.steps[0]))


Block = tuple[NDArray[np.intp], NDArray[np.bool_], Integers]


def _packed(there: NDArray[np.bool_], steps: Integers, wanted: NDArray[np.intp]) -> Iterator[Block]:
    """Yield blocks of cells with equally many values, which then lie side by side without gaps: cells, where they have values, one season."""
    order = wanted[np.argsort(steps[wanted], kind="stable")]
    numbers, starts = np.unique(steps[order], return_index=True)
    for number, group in zip(numbers, np.split(order, starts[1:])):
        for cells in _cut(group, number * (number - 1) // 2):
            yield cells, there[cells], np.zeros(number, dtype=np.int64)


def _whole(there: NDArray[np.bool_], seasons: Integers, wanted: NDArray[np.intp]) -> Iterator[Block]:
    """Yield blocks of cells with their gaps left open: how many values a season has differs from cell to cell."""
    for cells in _cut(wanted, _pairs(seasons)[0].size):
        yield cells, there[cells], seasons


def _cut(cells: NDArray[np.intp], pairs: int) -> list[NDArray[np.intp]]:
    size = max(_BLOCK // max(pairs, 1), 1)
    return [cells[start : start + size] for start in range(0, cells.size, size)]


def _pairs(seasons: Integers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the earlier and the later step of each pair of one season."""
    earlier, later = np.triu_indices(seasons.size, 1)
    same = seasons[earlier] == seasons[later]
    return earlier[same], later[same]


def _test(y: Floats, x: Floats, seasons: Integers) -> tuple[Floats, Floats]:
    """Return slope and p of each row of values, (rows, steps), at times, (rows or 1, steps); NaN without a pair."""
    earlier, later = _pairs(seasons)
    rise = np.take(y, later, axis=1) - np.take(y, earlier, axis=1)
    with np.errstate(invalid="ignore"):
        score = np.count_nonzero(rise > 0, axis=1) - np.count_nonzero(rise < 0, axis=1)
    rise /= np.take(x, later, axis=1) - np.take(x, earlier, axis=1)
    slope = _medians(rise)
    variance = sum(_variance(y[:, seasons == season]) for season in np.unique(seasons))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(score == 0, 0.0, (np.abs(score) - 1) / np.sqrt(variance))
    p = np.array([math.erfc(one / math.sqrt(2)) for one in z.tolist()])
    return slope, np.where(np.isnan(slope), np.nan, p)


def _variance(y: Floats) -> Floats:
    """Return Var S of each row, NaN for no value: (n (n − 1) (2 n + 5) − Σ t (t − 1) (2 t + 5)) / 18 over groups of t equal values."""
    rows, steps = y.shape
    in_order = np.sort(y, axis=1)
    is_new = np.ones(y.shape, dtype=bool)
    np.not_equal(
        in_order[:, 1:], in_order[:, :-1], out=is_new[:, 1:]
    )  # each NaN is a group of its own, which adds nothing
    starts = np.flatnonzero(is_new)
    ties = np.diff(np.append(starts, y.size))
    n = np.count_nonzero(~np.isnan(y), axis=1)
    corrections = np.bincount(starts // steps, ties * (ties - 1) * (2 * ties + 5), rows)
    variance: Floats = (n * (n - 1) * (2 * n + 5) - corrections) / 18
    return variance


def _medians(values: Floats) -> Floats:
    """Return the median of the values of each row that are no NaN, (rows,); NaN where there is none. The rows are put into another order."""
    counts = np.count_nonzero(~np.isnan(values), axis=1)
    medians = np.full(counts.size, np.nan)
    for count in np.unique(counts[counts > 0]):
        rows = counts == count
        part = values if rows.all() else values[rows]
        low, high = (count - 1) // 2, count // 2
        part.partition((low, high), axis=1)  # NaN comes last
        medians[rows] = (part[:, low] + part[:, high]) / 2
    return medians
