# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSV files that say where they come from: `# key: value` lines, a header, rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .files import replacing

About = Iterable[tuple[str, str]]


def about_lines(about: About) -> Iterator[str]:
    """Yield what is said of a table, each key and text as a line of its own."""
    return (f"# {key}: {' '.join(text.split())}\n" for key, text in about)


def write_csv(path: Path, about: About, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table. UTF-8; whole or not at all. Raises BadRequest where it cannot be written."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(about_lines(about))
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)
