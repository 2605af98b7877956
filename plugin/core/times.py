# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The date that a file's content tells: its time coordinate, or the product's `Days` layer. Calendar days, no time zone."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np

from .engine import OpenFile, VariableHeader
from .limits import MOST_CELLS
from .names import FIRST_YEAR, LAST_YEAR
from .values import decode_exact

_SINCE = re.compile(
    r"(days?|hours?|h|minutes?|min|seconds?|sec|s)\s+since\s+(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?",
    re.IGNORECASE,
)
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
# SMOS-IC's `Days` counts from here and says so in no attribute.
_DAYS_EPOCH = "days since 2000-01-01"


def date_in_content(file: OpenFile) -> dt.date | None:
    """Return the day of the time coordinate, or the commonest of a `Days` layer, or None."""
    day = date_of_time_coordinate(file)
    if day is not None:
        return day
    for header in file.variables.values():
        if header.name.lower() == "days" and np.prod(header.shape, dtype=float) <= MOST_CELLS:
            units = header.text("units")
            return _day(file, header, units if _SINCE.search(units) else _DAYS_EPOCH)
    return None


def date_of_time_coordinate(file: OpenFile) -> dt.date | None:
    """Return the day of a time coordinate with one number, or None. Costs next to nothing."""
    for header in file.variables.values():
        if (header.text("standard_name") == "time" or header.name.lower() == "time") and np.prod(
            header.shape, dtype=float
        ) == 1:
            day = _day(file, header, header.text("units"))
            if day:
                return day
    return None


def _day(file: OpenFile, header: VariableHeader, units: str) -> dt.date | None:
    since = _SINCE.match(units.strip())
    values = decode_exact(file.read(header.name), header.attributes)
    values = values[np.isfinite(values)]
    if not since or not values.size:
        return None
    numbers, times = np.unique(values, return_counts=True)
    commonest = float(numbers[np.argmax(times)])
    try:
        year, month, day_of_month, hour, minute, second = (int(part or 0) for part in since.groups()[1:])
        start = dt.datetime(year, month, day_of_month, hour, minute, second)
        day = (start + dt.timedelta(seconds=commonest * _SECONDS[since[1][0].lower()])).date()
    except (OverflowError, ValueError):
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
