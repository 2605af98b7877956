# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates and orbits as file names and folders tell them. Dates are plain calendar days: no clock, no time zone."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import BadRequest

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


@dataclass(frozen=True)
class DateForm:
    """How a name writes its day: `text` such as `YYYYMMDD` or `YYYYDDD`, and the pattern that finds it."""

    text: str
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> DateForm:
        """Return the form that a user wrote with YYYY, MM and DD, or YYYY and DDD (the day of the year). Raises BadRequest.

        Other characters stand for themselves, so that `d_YYYY_DDD` finds one of several numbers in a name.
        """
        pattern, seen = "", []
        for part in re.split(r"(YYYY|MM|DDD|DD)", text.strip()):
            group = _PARTS.get(part)
            seen += [part] if group else []
            pattern += group or re.escape(part)
        if sorted(seen) not in (["DD", "MM", "YYYY"], ["DDD", "YYYY"]):
            raise BadRequest(
                f"{text!r} does not say how file names write the day.",
                "Write YYYY, MM and DD, or YYYY and DDD for the day of the year, each once, such as DDMMYYYY.",
            )
        alone = r"(?<!\d)" if text.strip()[:1] in "YMD" else ""
        return cls(text.strip(), re.compile(alone + pattern + (r"(?!\d)" if text.strip()[-1:] in "YMD" else "")))

    def find(self, name: str) -> dt.date | None:
        """Return the first day that a name tells in this form, or None."""
        for found in self.pattern.finditer(name):
            parts = found.groupdict()
            if "number" in parts:
                day = _day_of_year(int(parts["year"]), int(parts["number"]))
            else:
                day = _calendar_day(parts["year"], parts["month"], parts["day"])
            if day:
                return day
        return None


_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{2})",
    "DD": r"(?P<day>\d{2})",
    "DDD": r"(?P<number>\d{3})",
}
_YEAR, _MONTH, _DAY = _PARTS["YYYY"], _PARTS["MM"], _PARTS["DD"]
# Best evidence first. A number longer than the date on either side is no date, but a clock time may follow it.
DATE_FORMS = (
    DateForm("YYYYMMDD", re.compile(rf"(?<!\d){_YEAR}{_MONTH}{_DAY}(?=T\d)")),
    DateForm("YYYY-MM-DD", re.compile(rf"(?<!\d){_YEAR}-{_MONTH}-{_DAY}(?!\d)")),
    DateForm("YYYY_MM_DD", re.compile(rf"(?<!\d){_YEAR}_{_MONTH}_{_DAY}(?!\d)")),
    DateForm("YYYYMMDD", re.compile(rf"(?<!\d){_YEAR}{_MONTH}{_DAY}(?!\d)")),
    DateForm("YYYYMMDD", re.compile(rf"(?<!\d){_YEAR}{_MONTH}{_DAY}(?=\d{{4}}(?:\d{{2}})?(?!\d))")),
    DateForm("YYYYDDD", re.compile(rf"(?<!\d){_YEAR}[-_]?{_PARTS['DDD']}(?!\d)")),
)

# CDF3SA, CDF3SD, CLF31A, … of the SMOS products and CDF3AM, CDF3PM of SMAP-IB.
_SMOS_FILE_TYPE = re.compile(r"(?:^|_)(?:CDF|CLF)3(?:[A-Z0-9](?P<direction>[AD])|(?P<half>[AP])M)(?:_|$)")
# Short words only in capitals: «des» is French and «am» is German for something else.
_ORBIT_WORD = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<A>Asc|ASC|AM|(?i:ascending|asc))|(?P<D>Des|DES|PM|(?i:descending|desc)))(?![A-Za-z0-9])"
)


def date_in_name(name: str) -> dt.date | None:
    """Return the calendar day that a file name tells (`YYYYMMDD`, `YYYY-MM-DD`, `YYYYDDD`), the first one in it, or None."""
    return next((day for form in DATE_FORMS if (day := form.find(name))), None)


def date_form_of(name: str) -> str:
    """Return in which form a file name tells its day, empty where it tells none."""
    return next((form.text for form in DATE_FORMS if form.find(name)), "")


def orbit_in_path(parts: Sequence[str]) -> Orbit:
    """Return the orbit that a file name or its folders tell (`parts`: folders first, the name last); the name decides first."""
    return orbit_and_word(parts)[0]


def orbit_and_word(parts: Sequence[str]) -> tuple[Orbit, str]:
    """Return the orbit that a path tells, and the word that tells it, such as `CDF3SA in the file name`."""
    for number, part in enumerate(reversed(parts)):
        where = "file name" if number == 0 else "folder name"
        found = _SMOS_FILE_TYPE.search(part.upper())
        if found:
            letter = found["direction"] or {"A": "A", "P": "D"}[found["half"]]
            return Orbit(letter), f"{found[0].strip('_')} in the {where}"
        words = {"A" if word["A"] else "D": word[0] for word in _ORBIT_WORD.finditer(part)}
        if len(words) == 1:  # a name with both words tells nothing
            [(letter, word)] = words.items()
            return Orbit(letter), f"{word} in the {where}"
    return Orbit.UNKNOWN, ""


def parse_day(text: str) -> dt.date | None:
    """Return the day of `YYYY-MM-DD`, or None where the text is none."""
    found = re.fullmatch(r"\s*(\d{4})-(\d{2})-(\d{2})\s*", text)
    return _calendar_day(found[1], found[2], found[3], bounded=False) if found else None


def _day_of_year(year: int, number: int) -> dt.date | None:
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= number <= 366):
        return None
    day = dt.date(year, 1, 1) + dt.timedelta(days=number - 1)
    return day if day.year == year else None


def _calendar_day(year: str, month: str, day: str, bounded: bool = True) -> dt.date | None:
    if bounded and not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
