# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stations from CSV files: a header row, a column of times, one of values, and where the station lies in columns or in `# key: value` lines."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..archive import Progress
from ..errors import UnreadableFile
from .station import Station
from .station_columns import find_columns, units_row
from .station_table import Table
from .station_text import text_lines
from .station_times import moment_of
from .station_units import normal, read_title

MOST_SAID = 200  # lines of comments
SAMPLE_ROWS = 50
_HOW = "It needs a header row, a column of times such as date or time, and one of values such as soil_moisture."
_SEPARATOR = re.compile(r'"?sep=([;,\t|])"?', re.IGNORECASE)
"""The first line of files for a spreadsheet."""


def read_csv(path: Path, progress: Progress) -> list[Station]:
    """Return the stations of a CSV file, at least one.

    Raises UnreadableFile for what is no table of values by time, BadRequest where something has to be added to it, and Cancelled.
    """
    lines = text_lines(path, progress)
    said: dict[str, str] = {}
    delimiter, comment, header = "", "", ""
    for header in lines:
        separator = _SEPARATOR.fullmatch(header.strip())
        if separator is not None:
            delimiter = separator[1]
        elif not _is_comment(header, said):
            break
        else:
            comment = header
        header = ""
    delimiter = delimiter or max(";\t,", key=header.count)
    if delimiter in comment and moment_of(header.split(delimiter)[0]) is not None:  # the header is a comment
        lines, header = itertools.chain([header], lines), comment.lstrip("# ")
    if not header.count(delimiter):
        raise UnreadableFile(f"{path.name} is no table with columns.", _HOW)
    rows = (_cells(line, delimiter, path) for line in lines if not _is_comment(line, said))
    table = _table(path, _cells(header, delimiter, path), rows, said, delimiter != ",")
    return table.stations()


def _table(
    path: Path, header: Sequence[str], rows: Iterator[list[str]], said: Mapping[str, str], decimal_comma: bool
) -> Table:
    sample = list(itertools.islice(rows, SAMPLE_ROWS))
    titles = [read_title(one) for one in header]
    with_units = units_row(titles, sample[0]) if sample else None
    if with_units is not None:
        titles, sample = with_units, sample[1:]
    table = Table(path, find_columns(path, header, titles, sample, said, decimal_comma), decimal_comma, said)
    for row in itertools.chain(sample, rows):
        table.take(row)
    return table


def _cells(line: str, delimiter: str, path: Path) -> list[str]:
    """Return the cells of one line: a quotation mark that is not closed spoils no more than its line."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableFile(f"{path.name} is no table that can be read: {error}.", _HOW) from error


def _is_comment(line: str, said: dict[str, str]) -> bool:
    """Return whether a line is a comment, and take note of what it says as `key: value`."""
    text = line.strip().strip('"')
    if not text.startswith("#"):
        return False
    key, colon, value = text.lstrip("# ").partition(":")
    if colon and len(said) < MOST_SAID:
        said.setdefault(normal(key), value.strip().rstrip(",;\t "))
    return True
