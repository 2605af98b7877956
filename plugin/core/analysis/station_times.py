# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What dates and times in station files mean. A column is read whole before it is told whether the day or the month comes first."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BadRequest

YEARS = range(1900, 2101)
DAY = 1440  # minutes
TIMES_READ = "Dates are read as YYYY-MM-DD, YYYY/MM/DD or DD.MM.YYYY, with hours as HH:MM or without, in UTC or with their offset from it."

_EPOCH = dt.date(1970, 1, 1).toordinal()
_HOURS = r"(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?"
_OFFSET = r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})([-/.]?)(\d{{2}})\2(\d{{2}})(?:(?:[T_]|\s+|(?=\d{{4}}(?:\d{{2}})?$)){_HOURS})?{_OFFSET}",
    re.IGNORECASE | re.ASCII,
)
_YEAR_LAST = re.compile(
    rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}})(?:(?:[T_]|\s+){_HOURS})?{_OFFSET}", re.IGNORECASE | re.ASCII
)
_ZONE = re.compile(
    r"(?:UTC|GMT|Z)?\s*(?:([+-]?)\s*(\d{1,2}(?:\.\d+)?|\d{1,2}:\d{2}|\d{4})\s*h?)?", re.IGNORECASE | re.ASCII
)
_UTC = re.compile(
    r"(?:Etc/)?(?:UTC|GMT|UCT|Zulu)(?:\s*\(?no DST\)?)?|UTC\s*[(,;][^\d+-]*|(?:coordinated )?universal time(?: coordinated)?",
    re.IGNORECASE | re.ASCII,
)
"""What is UTC in words: of `GMT` no more than its name, for there is summer time beside it."""
_LIKE_ZONE = re.compile(
    r"(?:UTC|GMT)\b.*|.*\b(?:local|lokal|zone|standard|solar|(?:time|zeit)\b).*|.*zeit|[A-Za-z]+(?:/[A-Za-z_]+)+|(?-i:[A-Z]{2,5})\b.*",
    re.IGNORECASE | re.ASCII,
)
_NO_ZONE = re.compile(
    r"|(?=.*(?:yy|hh|%[ymdh]))[ymdhst\s/:._,%-]*|(?:local )?dates?|date ?time|timestamp|ts|iso\b.*|iso.?8601.*|doy|h|hrs?|hours?",
    re.IGNORECASE,
)
_NOT_KNOWN = 32_767
"""The offset of a time whose zone has none that is known; more than any, and within 16 bits."""


@dataclass(frozen=True)
class Moment:
    """A time as it is written: minutes since 1970-01-01 by the clock that wrote it, and how far that is ahead of UTC, None if not told.

    `order` is `year`, `day` or `month` by what comes first; `either` where day and month can be taken for each other, and `same` where
    that changes nothing: `local` is then that of the day first.
    """

    local: int
    offset: int | None
    order: str


def moment_of(text: str) -> Moment | None:
    """Return what a date with or without a time of day tells, None where it is none or of no year that can be meant. Seconds are dropped."""
    text = text.strip()
    order = "year"
    found = _YEAR_FIRST.fullmatch(text)
    if found is not None:
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    else:
        found = _YEAR_LAST.fullmatch(text)
        if found is None:
            return None
        day, month, year = int(found[1]), int(found[3]), int(found[4])
        order = "day"  # as in all countries that write dots
        if found[2] != ".":
            order = "same" if day == month else "either" if max(day, month) <= 12 else "day"
        if month > 12:
            day, month, order = month, day, "month"
    hour, minute = int(found[5] or 0), int(found[6] or 0)
    if year not in YEARS or minute > 59 or hour > 24 or (hour == 24 and minute):
        return None
    try:
        days = dt.date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return Moment(days * DAY + hour * 60 + minute, _offset_minutes(found[8]), order)


def _offset_minutes(text: str | None) -> int | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -minutes if text[0] == "-" else minutes


def zone_offset(text: str) -> int | None:
    """Return how many minutes the clock of `UTC`, `UTC+1`, `-06:00`, `5.5` or `GMT-3` is ahead of UTC, None for what tells no offset."""
    text = text.strip().replace("−", "-").replace("–", "-")
    if _UTC.fullmatch(text):
        return 0
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    digits = found[2] or "0"
    if ":" in digits or (len(digits) == 4 and digits.isdecimal()):
        hours, minutes = int(digits[:-2].rstrip(":")), int(digits[-2:])
    else:
        hours, minutes = divmod(round(float(digits) * 60), 60)
    if hours > 14 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if found[1] == "-" else 1)


def is_zone(text: str) -> bool:
    """Return whether what stands behind the title of a column of times speaks of a time zone, and not of the form of its dates."""
    text = text.strip()
    return not _NO_ZONE.fullmatch(text) and (zone_offset(text) is not None or _LIKE_ZONE.fullmatch(text) is not None)


class Clock:
    """Reads the times of one file, faster where one follows another of the same day, and tells what they are in UTC when all are read.

    `zone` is the time zone of those that tell none, as the file says it; nothing said is UTC.
    """

    def __init__(self, path: Path, zone: str = "") -> None:
        self._path, self._zone = path, zone
        self._offsets: dict[str, int] = {}  # by the text of each zone
        self._day, self._midnight = "", 0
        self._orders: dict[str, str] = {}  # with the first text of each

    def read(self, text: str, zone: str = "") -> tuple[int, int] | None:
        """Return the minute by the file's clock and the minutes by which it is ahead of UTC, None for what is no time.

        `zone` is that of this time, where there is one beside it.
        """
        if text[:10] == self._day and len(text) in (16, 19) and text[10] in " T" and text[13] == ":":
            hour, minute, second = text[11:13], text[14:16], text[17:]
            if (hour + minute + second).isdecimal() and text[16:17] in ("", ":") and hour <= "23" and minute <= "59":
                return self._midnight + int(hour) * 60 + int(minute), self._offset_of(zone)
        found = moment_of(text)
        if found is None:
            return None
        self._orders.setdefault(found.order, text.strip()[:30])
        day = moment_of(text[:10])
        if day is not None:
            self._day, self._midnight = text[:10], day.local
        return found.local, self._offset_of(zone) if found.offset is None else found.offset

    def _offset_of(self, zone: str) -> int:
        known = self._offsets.get(zone)
        if known is None:
            offset = zone_offset(zone or self._zone)
            known = self._offsets[zone] = _NOT_KNOWN if offset is None else offset
        return known

    def utc(self, local: NDArray[np.int64], offsets: NDArray[np.int16]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """Return minutes since 1970-01-01 UTC of what was read, and notes on how they came about; only after all of the file was read.

        Where each is a midnight of its own clock, the values are of whole days, which no time zone may move. Raises BadRequest where
        day and month, or the time zone, cannot be told.
        """
        if self._month_comes_first():
            local = _swapped(local)
        if not (local % DAY).any():
            return local, ()
        if (offsets == _NOT_KNOWN).any():
            zone = next(text for text, offset in self._offsets.items() if offset == _NOT_KNOWN) or self._zone
            raise BadRequest(
                f"{self._path.name} gives its times in “{zone[:40]}”, whose offset from UTC is not known.",
                "Put the offset in its place, such as UTC+1, or a line such as “# timezone: UTC-6” above the header.",
            )
        ahead = np.unique(offsets)
        if not ahead.any():
            return local, ()
        clocks = " and ".join(
            f"UTC{'-' if one < 0 else '+'}{abs(one) // 60:02d}:{abs(one) % 60:02d}" for one in ahead[:3].tolist()
        )
        return local - offsets, (f"{self._path.name}: its times are of {clocks}, and were turned into UTC.",)

    def _month_comes_first(self) -> bool:
        orders = self._orders.keys() - {"same"}
        if orders == {"either"}:
            raise BadRequest(
                f"{self._path.name} has dates such as “{self._orders['either']}”, of which day and month cannot be told apart.",
                "Write them as YYYY-MM-DD.",
            )
        certain = sorted(orders - {"either"})
        if len(certain) > 1 or (certain == ["year"] and "either" in orders):
            several = " and ".join(f"“{text}”" for text in list(self._orders.values())[:2])
            raise BadRequest(f"{self._path.name} writes dates in several ways: {several}.", "Write them as YYYY-MM-DD.")
        return certain == ["month"]


def _swapped(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return times with day and month the other way round, where both can be a month: those that could not were read the right way."""
    days = local // DAY
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day = (dates - months).astype(np.int64)  # counted from 0, as the month is
    years = dates.astype("datetime64[Y]")
    month = (months - years.astype("datetime64[M]")).astype(np.int64)
    turned = (years.astype("datetime64[M]") + day).astype("datetime64[D]") + month
    return np.where(day < 12, turned.astype(np.int64), days) * DAY + local % DAY
