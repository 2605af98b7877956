# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The centred moving mean of a record with gaps. Nothing is interpolated: a mean is of kept values, at days that have one."""

from __future__ import annotations

import numpy as np

from .climatology import WINDOW, need_least, need_window
from .days_of_year import Days
from .samples import Floats, Values

LEAST = 3
"""Values that a moving mean needs in its window, unless told."""


def moving_mean(days: Days, values: Values, window: int = WINDOW, least: int = LEAST) -> Floats:
    """Return the mean of the kept values at most (window − 1) / 2 days away from each day, along `days`, in the values' units.

    `days` is datetime64[D], ascending; NaN is no kept value. The mean is NaN where the day itself has no kept value, and where fewer than
    `least` are in its window, which is shorter at the ends of the record. Raises BadRequest of an even window and a `least` below 1.
    """
    need_window(window)
    need_least(least)
    smooth = np.full(values.shape, np.nan)
    there = np.isfinite(values)
    if not there.any():
        return smooth
    on, value = days[there].astype("datetime64[D]").astype(np.int64), values[there].astype(np.float64)
    start = np.searchsorted(on, on - window // 2, "left")
    end = np.searchsorted(on, on + window // 2, "right")
    padded = np.append(
        value - value[0], 0.0
    )  # a record of one value has exactly that mean; a window may end behind the last value
    sums = np.add.reduceat(padded, np.column_stack([start, end]).ravel())[::2]
    smooth[there] = np.where(end - start >= least, value[0] + sums / (end - start), np.nan)
    return smooth
