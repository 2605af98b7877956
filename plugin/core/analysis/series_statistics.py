# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The statistics of one record under the current criteria, for the table beside its plot."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from ..quality import QualityCriteria
from ..series import TimeSeries
from ..variables import Variable
from .days_of_year import Days
from .periods import PeriodLength
from .samples import Values
from .trend import MIN_STEPS, SeriesTrend, series_trend


@dataclass(frozen=True)
class SeriesStatistics:
    """How many retrievals there are and are kept, and the statistics of the kept values in their units, NaN where there is none.

    `std` is that of a sample (ddof=1), NaN of one value. `trend` is of monthly or annual means. Of sums of bits, such as scene flags, all but
    the counts is NaN.
    """

    retrievals: int
    kept: int
    mean: float
    std: float
    minimum: float
    maximum: float
    median: float
    trend: SeriesTrend


def series_statistics(
    series: TimeSeries,
    variable: Variable,
    criteria: QualityCriteria,
    length: PeriodLength = PeriodLength.MONTH,
    seasonal: bool = False,
    least: int = 1,
    min_steps: int = MIN_STEPS,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> SeriesStatistics:
    """Return the statistics of a variable of a record from `first` to `last` (None: all). The trend's choices are those of `series_trend`."""
    kept, _ = series.under(variable, criteria)
    inside = np.ones(series.dates.size, dtype=bool)
    if first is not None:
        inside &= series.dates >= np.datetime64(first)
    if last is not None:
        inside &= series.dates <= np.datetime64(last)
    retrievals = int(np.count_nonzero(~np.isnan(series.values[variable.id][inside])))
    return statistics_of(
        series.dates[inside], kept[inside], retrievals, length, seasonal, least, min_steps, variable.is_bits
    )


def statistics_of(
    days: Days,
    kept: Values,
    retrievals: int,
    length: PeriodLength = PeriodLength.MONTH,
    seasonal: bool = False,
    least: int = 1,
    min_steps: int = MIN_STEPS,
    is_bits: bool = False,
) -> SeriesStatistics:
    """Return the statistics of kept values along datetime64[D], NaN for none, out of so many retrievals: of any series, also the mean of an area."""
    value = kept[np.isfinite(kept)].astype(np.float64)
    usable = value[:0] if is_bits else value
    trend = series_trend(days, np.where(is_bits, np.nan, kept), length, seasonal, least, min_steps)
    if not usable.size:
        return SeriesStatistics(retrievals, value.size, np.nan, np.nan, np.nan, np.nan, np.nan, trend)
    return SeriesStatistics(
        retrievals,
        value.size,
        float(usable.mean()),
        float(usable.std(ddof=1)) if usable.size > 1 else np.nan,
        float(usable.min()),
        float(usable.max()),
        float(np.median(usable)),
        trend,
    )
