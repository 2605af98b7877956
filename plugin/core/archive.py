# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The archive: a folder of daily files by date and orbit, catalogued from names alone, without opening one."""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import BadRequest, GridMismatch, NotInArchive, SmosIbError, UnreadableFile
from .names import Orbit, date_in_name, orbit_in_path

SUFFIXES = (".nc", ".nc4", ".netcdf")
STORE_SUFFIX = ".smosib-store"
"""How the folder of a time-series store is called. Its netCDF files are no daily files."""
ONE_DAY = dt.timedelta(days=1)

Progress = Callable[[float, str], None]
"""Called with the share done (0–1) and a word on what is going on; raises Cancelled to stop."""


def no_progress(share: float, what: str) -> None:
    """Report to nobody."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress whose 0 to 1 is the part from `start` to `end` of another."""
    return lambda share, what: progress(start + (end - start) * share, what)


def one_of(progress: Progress, number: int, count: int) -> Progress:
    """Return the progress of one of `count` equal pieces of work, `number` from 0."""
    return part_of(progress, number / count, (number + 1) / count)


@dataclass(frozen=True)
class Granule:
    """One day of one orbit: a daily file, or several that hold a part of the variables each. `size` and `modified` are its fingerprint.

    Of one file these are its bytes and its modification time in nanoseconds. Of several, `parts` are their granules, `path` is the first
    one's, `size` is their sum and `modified` a digest of all their fingerprints. `kind` says which part of the variables a file holds,
    empty in an archive of whole daily files.
    """

    path: Path
    date: dt.date
    orbit: Orbit
    size: int
    modified: int
    kind: str = ""
    parts: tuple[Granule, ...] = ()

    @property
    def files(self) -> tuple[Granule, ...]:
        """The granule's files, each as a granule of that one file."""
        return self.parts or (self,)


@dataclass(frozen=True)
class Problem:
    """A file that cannot be used, or not fully, and why. `damaged` is False where the file itself may be sound."""

    path: Path
    reason: str
    damaged: bool = True

    @classmethod
    def of(cls, path: Path, error: SmosIbError) -> Problem:
        """Return the problem that an error means: only an unreadable file or a wrong grid is the file's own fault."""
        return cls(error.path or path, str(error), isinstance(error, (UnreadableFile, GridMismatch)))


@dataclass(frozen=True)
class DayRange:
    """Calendar days, both ends included."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """Number of days, at least 1."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first} → {self.last}"


@dataclass(frozen=True)
class Changes:
    """What a rescan found: paths added, changed (size or modification time) and removed."""

    added: tuple[Path, ...]
    changed: tuple[Path, ...]
    removed: tuple[Path, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        return f"{len(self.added)} new, {len(self.changed)} changed, {len(self.removed)} removed"


@dataclass(frozen=True, eq=False)
class Archive:
    """The granules of a folder, one per date and orbit, in order of date; what is wrong; and names that tell no date."""

    root: Path
    granules: tuple[Granule, ...]
    problems: tuple[Problem, ...] = ()
    undated: tuple[Granule, ...] = field(default=(), repr=False)
    fingerprints: Mapping[Path, tuple[int, int]] = field(default_factory=dict, repr=False)
    """Size and modification time of every netCDF file in the folder, usable or not."""
    spares: tuple[Granule, ...] = field(default=(), repr=False)
    """Second files for a day and orbit, used when the first turns out to be damaged."""
    kinds: tuple[str, ...] = ()
    """What the files of a day hold apart, the leading kind first; empty in an archive of whole daily files."""

    @cached_property
    def _by_orbit(self) -> dict[Orbit, dict[dt.date, Granule]]:
        table: dict[Orbit, dict[dt.date, Granule]] = {}
        for granule in self.granules:
            table.setdefault(granule.orbit, {})[granule.date] = granule
        return {orbit: table[orbit] for orbit in Orbit if orbit in table}

    @property
    def orbits(self) -> tuple[Orbit, ...]:
        """The orbits that have granules, ascending first."""
        return tuple(self._by_orbit)

    def dates(self, orbit: Orbit) -> list[dt.date]:
        """Return the days that have a granule of this orbit, in order."""
        return self._dates.get(orbit, [])

    @cached_property
    def _dates(self) -> dict[Orbit, list[dt.date]]:
        return {orbit: sorted(days) for orbit, days in self._by_orbit.items()}

    def granule(self, date: dt.date, orbit: Orbit) -> Granule:
        """Return the granule of a day. Raises NotInArchive, naming the span and the nearest day."""
        try:
            return self._by_orbit[orbit][date]
        except KeyError:
            raise self._no_granule(date, orbit) from None

    def granules_of(self, orbit: Orbit, first: dt.date | None = None, last: dt.date | None = None) -> list[Granule]:
        """Return the granules of an orbit within a period (both ends included), in order of date."""
        return self._granules.get(orbit, [])[self.slice_of(orbit, first, last)]

    @cached_property
    def _granules(self) -> dict[Orbit, list[Granule]]:
        return {orbit: [self._by_orbit[orbit][day] for day in self.dates(orbit)] for orbit in self.orbits}

    def slice_of(self, orbit: Orbit, first: dt.date | None = None, last: dt.date | None = None) -> slice:
        """Return which of an orbit's granules, in order of date, lie within a period (both ends included)."""
        days = self.dates(orbit)
        start = 0 if first is None else bisect.bisect_left(days, first)
        return slice(start, len(days) if last is None else bisect.bisect_right(days, last))

    def day_numbers(self, orbit: Orbit) -> NDArray[np.datetime64]:
        """Return the days that have a granule of this orbit as datetime64[D], in order."""
        return self._day_numbers[orbit]

    @cached_property
    def _day_numbers(self) -> dict[Orbit, NDArray[np.datetime64]]:
        return {orbit: np.array(days, dtype="datetime64[D]") for orbit, days in self._dates.items()}

    def span(self, orbit: Orbit) -> DayRange | None:
        """Return first and last day of an orbit, None without granules."""
        days = self.dates(orbit)
        return DayRange(days[0], days[-1]) if days else None

    def missing(self, orbit: Orbit) -> list[DayRange]:
        """Return the days without a granule between the first and the last, as ranges."""
        days = self.dates(orbit)
        return [DayRange(a + ONE_DAY, b - ONE_DAY) for a, b in zip(days, days[1:]) if b - a > ONE_DAY]

    def step(self, date: dt.date, orbit: Orbit, forward: bool) -> dt.date | None:
        """Return the next or previous day that has a granule, None at the end."""
        days = self.dates(orbit)
        index = bisect.bisect_right(days, date) if forward else bisect.bisect_left(days, date) - 1
        return days[index] if 0 <= index < len(days) else None

    def nearest(self, date: dt.date, orbit: Orbit) -> dt.date | None:
        """Return the day with a granule that is nearest to `date`, the earlier of two; None without granules."""
        return min(self.dates(orbit), key=lambda day: (abs(day - date), day), default=None)

    def only_orbit(self, asked: str = "") -> Orbit:
        """Return the orbit asked for (`A`, `D`, or empty: the only one there is). Raises NotInArchive or BadRequest."""
        if asked and asked.upper() not in ("A", "D"):
            raise BadRequest(f"Orbit {asked!r} was asked for.", "Orbits are A (ascending) and D (descending).")
        there = " and ".join(orbit.title for orbit in self.orbits)
        if asked:
            if Orbit(asked.upper()) not in self.orbits:
                raise NotInArchive(
                    f"There are no {Orbit(asked.upper()).title} granules in {self.root}; there is: {there}."
                )
            return Orbit(asked.upper())
        if len(self.orbits) != 1:
            raise BadRequest(
                f"The archive has {there or 'no'} granules, and no orbit was asked for.", "Choose orbit A or D."
            )
        return self.orbits[0]

    def changes_since(self, older: Archive) -> Changes:
        """Return what differs between an older scan of the same folder and this one."""
        before, now = older.fingerprints, self.fingerprints
        return Changes(
            tuple(sorted(now.keys() - before.keys())),
            tuple(sorted(path for path in now.keys() & before.keys() if now[path] != before[path])),
            tuple(sorted(before.keys() - now.keys())),
        )

    def _no_granule(self, date: dt.date, orbit: Orbit) -> NotInArchive:
        span, near = self.span(orbit), self.nearest(date, orbit)
        there = (
            f"the archive has {len(self.dates(orbit)):,} days, {span}; the nearest is {near}"
            if span
            else f"the archive has {' and '.join(one.title for one in self.orbits) or 'none at all'}"
        )
        return NotInArchive(f"There is no {orbit.title} granule of {date} in {self.root}: {there}.")


def scan(folder: Path, progress: Progress = no_progress) -> Archive:
    """Catalogue a folder and its sub-folders by file names. Opens no file: 5,479 names take well under a second.

    Raises BadRequest where the folder is missing, unreadable or holds no netCDF file at all.
    """
    if not folder.is_dir():
        raise BadRequest(f"{folder} is not a folder.", "Choose the folder that holds the daily files.")
    found: list[Granule] = []
    undated: list[Granule] = []
    problems: list[Problem] = []
    fingerprints: dict[Path, tuple[int, int]] = {}
    for number, (entry, parts) in enumerate(_files(folder, problems)):
        if number % 500 == 0:
            progress(0.0, f"{number:,} files")
        try:
            status = entry.stat()
        except OSError as error:
            problems.append(Problem(Path(entry.path), f"The file cannot be read: {error.strerror or error}."))
            continue
        if not stat.S_ISREG(status.st_mode):
            problems.append(Problem(Path(entry.path), "This is no ordinary file."))
            continue
        date = date_in_name(entry.name)
        granule = Granule(
            Path(entry.path), date or dt.date.min, orbit_in_path(parts), status.st_size, status.st_mtime_ns
        )
        fingerprints[granule.path] = granule.size, granule.modified
        if status.st_size == 0:
            problems.append(Problem(granule.path, "The file is empty. Download it again."))
        elif date is None:
            undated.append(granule)
        else:
            found.append(granule)
    if not fingerprints and any(problem.path == folder for problem in problems):
        raise BadRequest(problems[0].reason, f"The folder is {folder}.")
    if not (found or undated or problems):
        raise BadRequest(
            f"There is no netCDF file in {folder} or its sub-folders.", f"Daily files end in {', '.join(SUFFIXES)}."
        )
    return replace(assemble(folder, found, problems), undated=tuple(undated), fingerprints=fingerprints)


def assemble(
    root: Path, files: Iterable[Granule], problems: Iterable[Problem] = (), kinds: tuple[str, ...] = ()
) -> Archive:
    """Return the archive of these files: of several for one day, orbit and kind the one whose name sorts last (the newer version) is used.

    With `kinds`, the files of a day and orbit become one granule, in the order of the kinds.
    """
    same: dict[tuple[dt.date, Orbit, str], list[Granule]] = {}
    for one in files:
        same.setdefault((one.date, one.orbit, one.kind), []).append(one)
    chosen: dict[tuple[dt.date, Orbit], list[Granule]] = {}
    seconds: list[Problem] = []
    spares: list[Granule] = []
    for (date, orbit, _), versions in same.items():
        *others, used = sorted(versions, key=_by_version) if len(versions) > 1 else versions
        chosen.setdefault((date, orbit), []).append(used)
        spares += others
        seconds += [_second(root, other, used) for other in others]
    granules = [
        one[0] if not kinds else _joined(sorted(one, key=lambda file: kinds.index(file.kind)))
        for one in chosen.values()
    ]
    granules.sort(key=lambda one: (one.date, one.orbit.value))
    seconds.sort(key=lambda one: one.path)
    return Archive(root, tuple(granules), (*problems, *seconds), spares=tuple(spares), kinds=kinds)


def _second(root: Path, other: Granule, used: Granule) -> Problem:
    """Return that a file is not used because there is another one for the same day and orbit."""
    names = [
        one.path.name if other.path.name != used.path.name else str(one.path.relative_to(root)) for one in (other, used)
    ]
    what = " ".join(filter(None, (used.kind, "file")))
    text = f"{names[0]} is a second {what} for {other.date}, {other.orbit.title}; {names[1]} is used."
    return Problem(other.path, text, damaged=False)


def _joined(parts: list[Granule]) -> Granule:
    """Return the granule of a day whose variables lie in several files."""
    prints = repr([(one.kind, one.path.name, one.size, one.modified) for one in parts]).encode()
    stamp = int.from_bytes(
        hashlib.blake2b(prints, digest_size=7).digest(), "big"
    )  # as a modification time, it fits 63 bits
    size = sum(one.size for one in parts)
    return replace(parts[0], size=size, modified=stamp, kind="", parts=tuple(parts))


def _by_version(granule: Granule) -> tuple[list[tuple[int, str]], str]:
    """Order names by the numbers in them, so that version 10 comes after version 9."""
    parts = re.split(r"(\d+)", granule.path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], str(granule.path)


def _files(folder: Path, problems: list[Problem]) -> Iterator[tuple[os.DirEntry[str], tuple[str, ...]]]:
    """Yield netCDF files with the folder names that may tell their orbit. Follows links, but never around in a circle."""
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Path, tuple[str, ...]]] = [(folder, (folder.name,))]
    while waiting:
        here, parts = waiting.pop()
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in seen and status.st_ino:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(here) as entries:
                for entry in sorted(entries, key=lambda one: one.name):
                    if _is_folder(entry):
                        if entry.name.endswith(STORE_SUFFIX):
                            continue
                        waiting.append((Path(entry.path), (*parts, entry.name)))
                    elif entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith("."):
                        yield entry, (*parts, entry.name)
        except OSError as error:
            problems.append(Problem(here, f"The folder cannot be read: {error.strerror or error}."))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself or into a locked folder: the files beside it are none the worse.
        return False
