# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""One calendar for all years: the day of the year as in a leap year, so that a date has the same number whatever the year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
DaysOfYear = NDArray[np.int16]

DAYS = 366
"""Days of the calendar: 1…366."""
_BEFORE_MARCH = 59


def day_of_year(days: Days) -> DaysOfYear:
    """Return the days of the year of datetime64[D], 1…366: 29 February is 60, and 1 March 61 also in a year that has no 29 February."""
    days = days.astype("datetime64[D]")
    years = days.astype("datetime64[Y]")
    number = (days - years.astype("datetime64[D]")).astype(np.int64) + 1
    length = ((years + 1).astype("datetime64[D]") - years.astype("datetime64[D]")).astype(np.int64)
    number += (length < DAYS) & (number > _BEFORE_MARCH)
    short: DaysOfYear = number.astype(np.int16)
    return short


def is_near(window: int) -> NDArray[np.bool_]:
    """Return for each two days of the year, (366, 366), whether the second lies in the window of so many days around the first.

    The calendar is a circle: 31 December is next to 1 January.
    """
    days = np.arange(DAYS)
    first = np.minimum(days, DAYS - days) <= window // 2
    turned = np.lib.stride_tricks.sliding_window_view(np.concatenate([first, first]), DAYS)
    near: NDArray[np.bool_] = turned[:0:-1].copy()
    return near
