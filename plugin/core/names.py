# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates and orbits as file names and folders tell them. Dates are plain calendar days: no clock, no time zone."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Sequence

FIRST_YEAR, LAST_YEAR = 1978, 2100


class Orbit(enum.Enum):
    """Direction of the overpass: ascending near 06:00, descending near 18:00 local solar time, or not said."""

    ASCENDING = "A"
    DESCENDING = "D"
    UNKNOWN = ""

    @property
    def title(self) -> str:
        """The word for people."""
        return {"A": "ascending", "D": "descending"}.get(self.value, "orbit not stated")


# Best evidence first. A number longer than the date on either side is no date, but a clock time may follow it.
_DATE_PATTERNS = (
    re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?=T\d)"),
    re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(\d{4})_(\d{2})_(\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?=\d{4}(?:\d{2})?(?!\d))"),
)
_DAY_OF_YEAR = re.compile(r"(?<!\d)(\d{4})[-_]?(\d{3})(?!\d)")

# CDF3SA, CDF3SD, CLF31A, … of the SMOS products and CDF3AM, CDF3PM of SMAP-IB.
_SMOS_FILE_TYPE = re.compile(r"(?:^|_)(?:CDF|CLF)3(?:[A-Z0-9](?P<direction>[AD])|(?P<half>[AP])M)(?:_|$)")
# Short words only in capitals: «des» is French and «am» is German for something else.
_ORBIT_WORD = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<A>Asc|ASC|AM|(?i:ascending|asc))|(?P<D>Des|DES|PM|(?i:descending|desc)))(?![A-Za-z0-9])"
)


def date_in_name(name: str) -> dt.date | None:
    """Return the calendar day that a file name tells (`YYYYMMDD`, `YYYY-MM-DD`, `YYYYDDD`), the first one in it, or None."""
    for pattern in _DATE_PATTERNS:
        for found in pattern.finditer(name):
            day = _calendar_day(found[1], found[2], found[3])
            if day:
                return day
    for found in _DAY_OF_YEAR.finditer(name):
        year, number = int(found[1]), int(found[2])
        if FIRST_YEAR <= year <= LAST_YEAR and 1 <= number <= 366:
            day = dt.date(year, 1, 1) + dt.timedelta(days=number - 1)
            if day.year == year:
                return day
    return None


def orbit_in_path(parts: Sequence[str]) -> Orbit:
    """Return the orbit that a file name or its folders tell (`parts`: folders first, the name last); the name decides first."""
    for part in reversed(parts):
        found = _SMOS_FILE_TYPE.search(part.upper())
        if found:
            letter = found["direction"] or {"A": "A", "P": "D"}[found["half"]]
            return Orbit(letter)
        said = {"A" if word["A"] else "D" for word in _ORBIT_WORD.finditer(part)}
        if len(said) == 1:  # a name with both words tells nothing
            return Orbit(said.pop())
    return Orbit.UNKNOWN


def parse_day(text: str) -> dt.date | None:
    """Return the day of `YYYY-MM-DD`, or None where the text is none."""
    found = re.fullmatch(r"\s*(\d{4})-(\d{2})-(\d{2})\s*", text)
    return _calendar_day(found[1], found[2], found[3], bounded=False) if found else None


def _calendar_day(year: str, month: str, day: str, bounded: bool = True) -> dt.date | None:
    if bounded and not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
