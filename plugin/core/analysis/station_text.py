# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The text of station files: lines within bounds, whatever the encoding; and numbers in it."""

from __future__ import annotations

import codecs
import io
import math
from collections.abc import Iterator
from pathlib import Path

from ..archive import Progress, no_progress
from ..errors import UnreadableFile, VanishedFile

MOST_BYTES = 500_000_000
"""Of one file: a century of hourly values is some 50 MB."""
MOST_LINE = 20_000
_MOST_BYTES_OF_LINE = 4 * MOST_LINE  # of a character UTF-8 has up to four
REPORT_EVERY = 20_000  # lines
MOST_VALUES = 5_000_000
"""In one file, all stations together."""
MISSING_NUMBERS = (-9999.0, -999.0)
_MISSING = ("", "nan", "na", "n/a", "null", "none", "-", "--")
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_lines(path: Path, progress: Progress = no_progress) -> Iterator[str]:
    """Yield the lines of a text file that are not blank, without their ends: UTF-8, UTF-16 with its mark, or else Windows-1252.

    Reports by lines of the file, blank ones too. Raises UnreadableFile for what is empty, binary, too large, or cannot be read;
    VanishedFile for what is not there; and Cancelled.
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
            for number, line in enumerate(_decoded(stream, encoding, path), 1):
                if number % REPORT_EVERY == 0:
                    progress(min(stream.tell() / size, 1.0), path.name)
                if line and not line.isspace():
                    yield line
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
    rest = b""
    while raw := stream.readline(MOST_LINE + 1):
        raw = rest + raw
        if raw.endswith(b"\n"):
            parts, rest = raw.rstrip(b"\r\n").split(b"\r"), b""  # the line ends of old Macintosh
        else:
            *parts, rest = raw.split(b"\r")  # the last one goes on
        for part in parts:
            yield _within_bounds(_text_of(part), path)
        if len(rest) > _MOST_BYTES_OF_LINE:
            _within_bounds(_text_of(rest), path)
    if rest:
        yield _within_bounds(_text_of(rest), path)


def _text_of(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _within_bounds(line: str, path: Path) -> str:
    if len(line) > MOST_LINE:
        raise UnreadableFile(
            f"{path.name} has a line of more than {MOST_LINE:,} characters, so it is no table of a station's values.",
            "Choose a CSV file or an ISMN file (.stm).",
        )
    return line.rstrip("\r\n")


def number_of(text: str, decimal_comma: bool = False) -> float | None:
    """Return a number, NaN for one that is missing, None for text that is no number."""
    try:
        number = float((text.replace(",", ".") if decimal_comma else text).replace("_", "no digit"))
    except ValueError:
        return math.nan if is_missing(text) else None
    return math.nan if number in MISSING_NUMBERS or not math.isfinite(number) else number


def is_missing(text: str) -> bool:
    """Return whether a text is a word for nothing, such as `NA`, or empty."""
    return text.strip().lower() in _MISSING


def longitude_of(degrees: float) -> float:
    """Return a longitude between -360 and 360 as one between -180 and 180."""
    return degrees if abs(degrees) <= 180 else (degrees + 180) % 360 - 180
