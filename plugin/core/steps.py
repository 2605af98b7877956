# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stepping through the days of an archive: where a step of a day, a month or a year leads."""

from __future__ import annotations

import calendar
import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from .archive import Archive
from .names import Orbit


class Unit(enum.Enum):
    """How far a step goes. KEPT is the next day on which the chosen cell has a kept value; END the first or last day."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    KEPT = "kept"
    END = "end"


@dataclass(frozen=True)
class Step:
    """One step through time."""

    unit: Unit
    forward: bool

    def of(self, archive: Archive, orbit: Orbit, day: dt.date, kept: Sequence[dt.date] = ()) -> dt.date | None:
        """Return the day that a step from `day` leads to, always one with a granule and always onward; None where there is none.

        `kept` are the days with a kept value, ascending. A month or year that ends in a gap leads to the nearest day beyond `day`; one that
        would leave the record leads to its end.
        """
        days = archive.dates(orbit)
        if not days:
            return None
        if self.unit is Unit.KEPT:
            return _beyond(kept, day, self.forward)
        if self.unit is Unit.END:
            end = days[-1 if self.forward else 0]
            return end if end != day else None
        onward = archive.step(day, orbit, self.forward)
        if self.unit is Unit.DAY or onward is None:
            return onward
        months = 12 if self.unit is Unit.YEAR else 1
        nearest = archive.nearest(months_away(day, months if self.forward else -months), orbit)
        is_onward = nearest is not None and (nearest > day if self.forward else nearest < day)
        return nearest if is_onward else onward


def months_away(day: dt.date, months: int) -> dt.date:
    """Return the same day of another month, or that month's last day where it is shorter. Stays within the years 1 to 9999."""
    number = min(max(day.year * 12 + day.month - 1 + months, 12), 9999 * 12 + 11)
    year, month = divmod(number, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _beyond(days: Sequence[dt.date], day: dt.date, forward: bool) -> dt.date | None:
    if forward:
        return next((one for one in days if one > day), None)
    return next((one for one in reversed(days) if one < day), None)
