# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""An analysis as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .anomaly import AnomalyMethod, anomalies
from .climatology import Baseline, climatology
from .days_of_year import Days
from .periods import PeriodLength, period_means
from .samples import Floats, Values
from .smoothing import moving_mean

COLUMNS = (
    "series",
    "date",
    "variable",
    "kept",
    "climatology_mean",
    "climatology_low",
    "climatology_high",
    "climatology_count",
    "anomaly",
    "moving_mean",
    "month_mean",
    "month_count",
    "year_mean",
    "year_count",
)


def analysis_rows(
    name: str,
    variable: str,
    days: Days,
    kept: Values,
    baseline: Baseline,
    method: AnomalyMethod,
    window: int,
    least: int,
) -> Iterator[tuple[object, ...]]:
    """Yield a row, in the order of `COLUMNS`, for each day with a kept value; None where there is no number.

    Values run along datetime64[D], ascending; `least` is the fewest values of a monthly or annual mean.
    """
    there = np.isfinite(kept)
    usual = climatology(days, kept, baseline, window).at(days)
    columns: list[Floats] = [
        kept.astype(np.float64),
        usual.mean,
        usual.low,
        usual.high,
        usual.count.astype(np.float64),
        anomalies(days, kept, baseline, method, window),
        moving_mean(days, kept, window),
    ]
    for length in PeriodLength:
        means = period_means(days, kept, length, least)
        at = length.numbers(days) - (length.numbers(means.starts)[0] if means.starts.size else 0)
        columns += [means.means[at], means.counts[at].astype(np.float64)]
    counts = {COLUMNS.index(one) - 3 for one in COLUMNS if one.endswith("_count")}
    for index in np.flatnonzero(there):
        numbers = (float(one[index]) for one in columns)
        yield (
            name,
            str(days[index]),
            variable,
            *(
                None if math.isnan(one) else int(one) if at in counts else float(f"{one:.7g}")
                for at, one in enumerate(numbers)
            ),
        )
