# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How unusual a value is for its time of the year: as a difference, in standard deviations, or as a percentile of the baseline's values.

- difference: value − mean of the sample, in the variable's units;
- zscore: difference / standard deviation of the sample (ddof=1); NaN where that is 0 or the sample has fewer than two values;
- percentile: 100 × (values of the sample below + half of those that equal it) / values of the sample, 0 to 100, as
  `scipy.stats.percentileofscore(kind="mean")`.

The sample is the climatology's: all kept values of the baseline in the window around the day of the year, the value itself among them
where it is of the baseline. A sample of fewer than `least` values gives NaN.
"""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .climatology import LEAST, WINDOW, Baseline, need_least, pool_of
from .days_of_year import Days, day_of_year
from .samples import Floats, Samples, Values


class AnomalyMethod(enum.Enum):
    """How an anomaly is told."""

    DIFFERENCE = "difference"
    ZSCORE = "zscore"
    PERCENTILE = "percentile"


def anomalies(
    days: Days,
    values: Values,
    baseline: Baseline,
    method: AnomalyMethod,
    window: int = WINDOW,
    least: int = LEAST,
) -> Floats:
    """Return the anomaly of each value of a record, along datetime64[D] in any order; NaN where there is no kept value or too small a sample.

    Raises BadRequest of an even window and a `least` below 1.
    """
    pool = pool_of(days, values, baseline, window, least)
    there = np.isfinite(values)
    which = day_of_year(days[there])
    value = values[there].astype(np.float64)
    row = which.astype(np.intp) - 1
    result = np.full(values.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        if method is AnomalyMethod.PERCENTILE:
            below, equal = pool.ranks(which, value)
            told = _percentile(below, equal, pool.samples.count[row])
        else:
            told = _departure(method, value, pool.samples, row)
    result[there] = np.where(pool.samples.count[row] >= least, told, np.nan)
    return result


def anomalies_among(values: Values, samples: Samples, method: AnomalyMethod, least: int = LEAST) -> Floats:
    """Return the anomaly of one value a row, (rows,), among the values of that row of `samples`: cells of a map, each with its own sample.

    NaN where the value is NaN or its sample smaller than `least`. Raises BadRequest of a `least` below 1.
    """
    need_least(least)
    value = values.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        if method is AnomalyMethod.PERCENTILE:
            against = np.repeat(value, samples.count)
            told = _percentile(
                samples.sums(samples.values < against), samples.sums(samples.values == against), samples.count
            )
        else:
            told = _departure(method, value, samples, np.arange(value.size))
    enough = (samples.count >= least) & np.isfinite(value)
    return np.where(enough, told, np.nan)


def _departure(method: AnomalyMethod, value: Floats, samples: Samples, row: NDArray[np.intp]) -> Floats:
    departure: Floats = value - samples.mean[row]
    if method is AnomalyMethod.ZSCORE:
        std = samples.std[row]
        departure = np.where(std > 0, departure / std, np.nan)
    return departure


def _percentile(below: NDArray[Any], equal: NDArray[Any], count: NDArray[np.int64]) -> Floats:
    percentile: Floats = 100 * (below + 0.5 * equal) / count
    return percentile
