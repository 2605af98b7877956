# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The statistics of one record of kept values, for the table beside its plot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .days_of_year import Days
from .periods import LEAST_IN_MEAN, PeriodLength
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


def statistics_of(
    days: Days,
    kept: Values,
    retrievals: int,
    length: PeriodLength = PeriodLength.MONTH,
    seasonal: bool = False,
    least: int = LEAST_IN_MEAN,
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
