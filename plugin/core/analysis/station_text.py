# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The text of station files: lines within bounds, whatever the encoding; and what dates, numbers and units in them mean."""

from __future__ import annotations

import codecs
import datetime as dt
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import UnreadableFile, VanishedFile

MOST_BYTES = 500_000_000
"""Of one file: a century of hourly values is some 50 MB."""
MOST_LINE = 20_000
MOST_VALUES = 5_000_000
"""In one file, all stations together."""
YEARS = range(1900, 2101)

MISSING_NUMBERS = (-9999.0, -999.0)
_MISSING = ("", "nan", "na", "n/a", "null", "none", "-", "--")
_TIME = re.compile(
    r"(\d{4})([-/]?)(\d{2})\2(\d{2})"
    r"(?:(?:[T_]|\s+|(?=\d{4}$))(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = dt.date(1970, 1, 1).toordinal()
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file without their ends, one at a time: UTF-8, UTF-16 with its mark, or else Windows-1252.

    Raises UnreadableFile for what is empty, binary, too large, or cannot be read; VanishedFile for what is not there.
    """
    try:
        if not path.exists():
            raise VanishedFile(f"{path} is not there.", "Choose the station file anew.")
        if not path.is_file():
            raise UnreadableFile(f"{path.name} is no file.", "Choose a CSV file or an ISMN file (.stm).")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnreadableFile(
                f"{path.name} has {size / 1e6:,.0f} MB; station files of up to {MOST_BYTES / 1e6:,.0f} MB are read.",
                "Split it into a file for each station.",
            )
        with path.open("rb") as stream:
            head = stream.read(4096)
            encoding = next((name for mark, name in _ENCODINGS if head.startswith(mark)), "")
            if not head.strip():
                raise UnreadableFile(f"{path.name} is empty.", "Choose another station file.")
            if b"\0" in head and encoding != "utf-16":
                raise UnreadableFile(f"{path.name} is no text.", "Choose a CSV file or an ISMN file (.stm).")
            stream.seek(0)
            yield from _decoded(stream, encoding, path)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "its text is damaged"
        raise UnreadableFile(f"{path.name} cannot be read: {reason}.", "Choose another station file.") from error


def _decoded(stream: io.BufferedReader, encoding: str, path: Path) -> Iterator[str]:
    if encoding:
        text = io.TextIOWrapper(stream, encoding=encoding, newline=None)
        while line := text.readline(MOST_LINE + 1):
            yield _within_bounds(line, path)
        text.detach()
        return
    while raw := stream.readline(MOST_LINE + 1):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            line = raw.decode("cp1252", errors="replace")
        for part in line.rstrip("\r\n").split("\r"):  # the line ends of old Macintosh
            yield _within_bounds(part, path)


def _within_bounds(line: str, path: Path) -> str:
    if len(line) > MOST_LINE:
        raise UnreadableFile(
            f"{path.name} has a line of more than {MOST_LINE:,} characters, so it is no table of a station's values.",
            "Choose a CSV file or an ISMN file (.stm).",
        )
    return line.rstrip("\r\n")


def minute_of(text: str) -> int | None:
    """Return a date with or without a time of day as minutes since 1970-01-01 UTC, None where it is none or of no year that can be meant.

    ISO 8601 and `YYYY/MM/DD HH:MM`. What tells no offset is UTC. Seconds are dropped.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[3]), int(found[4])
    hour, minute = int(found[5] or 0), int(found[6] or 0)
    if year not in YEARS or minute > 59 or hour > 24 or (hour == 24 and minute):
        return None
    try:
        days = dt.date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return days * 1440 + hour * 60 + minute - _offset_minutes(found[8] or "")


def _offset_minutes(text: str) -> int:
    if text[:1] not in ("+", "-"):
        return 0
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -minutes if text[0] == "-" else minutes


class Clock:
    """Reads times as `minute_of` does, faster where one follows another of the same day."""

    def __init__(self) -> None:
        self._day, self._minute = "", 0

    def minute_of(self, text: str) -> int | None:
        """Return minutes since 1970-01-01 UTC, None for what is no time."""
        if len(text) == 16 and text[:10] == self._day and text[10] in " T" and text[13] == ":":
            hour, minute = text[11:13], text[14:]
            if hour.isdecimal() and minute.isdecimal() and hour <= "23" and minute <= "59":
                return self._minute + int(hour) * 60 + int(minute)
        found = minute_of(text)
        day = minute_of(text[:10]) if found is not None else None
        if day is not None:
            self._day, self._minute = text[:10], day
        return found


def number_of(text: str, decimal_comma: bool = False) -> float | None:
    """Return a number, NaN for one that is missing, None for text that is no number."""
    try:
        number = float((text.replace(",", ".") if decimal_comma else text).replace("_", "no digit"))
    except ValueError:
        return math.nan if text.strip().lower() in _MISSING else None
    return math.nan if number in MISSING_NUMBERS or not math.isfinite(number) else number


def longitude_of(degrees: float) -> float:
    """Return a longitude between -360 and 360 as one between -180 and 180."""
    return degrees if abs(degrees) <= 180 else (degrees + 180) % 360 - 180
