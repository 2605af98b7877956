# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""An archive put together anew when more is known of its files: dates from inside, damage, what the user corrected, kinds of files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from .archive import Archive, Granule, Problem, assemble


def files_of(archive: Archive) -> list[Granule]:
    """Return every dated file of an archive, those that are not used because of a second one included."""
    return [*(file for granule in archive.granules for file in granule.files), *archive.spares]


def with_dates(archive: Archive, dated: Sequence[Granule], problems: Sequence[Problem]) -> Archive:
    """Return the archive with files whose date came from their content, and the reasons of those that have none."""
    return replace(_anew(archive, [*files_of(archive), *dated], problems), undated=())


def without(archive: Archive, problems: Sequence[Problem]) -> Archive:
    """Return the archive without files that turned out to be damaged, listed with their reasons.

    Where there is a second file for the same day, orbit and kind it takes the place.
    """
    bad = {problem.path for problem in problems if problem.damaged}
    known = {problem.path for problem in archive.problems} - bad
    new = [problem for problem in problems if problem.path not in known]
    return _anew(archive, [file for file in files_of(archive) if file.path not in bad], new)


def with_kinds(archive: Archive, kinds: tuple[str, ...], kind_of: Callable[[Granule], str]) -> Archive:
    """Return the archive whose files of a day and orbit are joined to one granule, each kind of file once."""
    files = [replace(file, kind=kind_of(file)) for file in files_of(archive)]
    return _anew(replace(archive, kinds=kinds), files)


def named_otherwise(archive: Archive, name: Callable[[Granule], Granule]) -> Archive:
    """Return the archive whose files get another date or orbit by `name`; a date of `date.min` means none."""
    files = [name(file) for file in (*files_of(archive), *archive.undated)]
    undated = tuple(file for file in files if file.date == dt.date.min)
    return replace(_anew(archive, [file for file in files if file.date != dt.date.min]), undated=undated)


def by_day(files: Iterable[Granule]) -> Mapping[object, list[Granule]]:
    """Return files by their day and orbit."""
    days: dict[object, list[Granule]] = {}
    for file in files:
        days.setdefault((file.date, file.orbit), []).append(file)
    return days


def _anew(archive: Archive, files: Iterable[Granule], problems: Iterable[Problem] = ()) -> Archive:
    """Assemble an archive from other files. What there is to say of second files is said anew."""
    seconds = {file.path for file in archive.spares}
    new = {problem.path: problem for problem in problems}
    kept = [problem for problem in archive.problems if problem.path not in seconds and problem.path not in new]
    made = assemble(archive.root, files, [*kept, *new.values()], archive.kinds)
    return replace(made, undated=archive.undated, fingerprints=archive.fingerprints)
