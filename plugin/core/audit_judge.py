# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the files of an audit tell together: which are unlike the rest, which days are missing or lack something.

The rest decides and not the newest file: where that one is on another grid, it is the one to be told of.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from .archive import ONE_DAY, Archive, DayRange, Granule
from .audit_file import FileAudit, Window
from .audit_sizes import odd_sizes
from .findings import Finding, Kind, printable
from .names import Orbit
from .products import product_of
from .recognition import Recognition

Value = TypeVar("Value")
QUALITY = (("SF", Kind.NO_SCENE_FLAGS, "scene-flag"), ("RMSE", Kind.NO_RMSE, "TB-RMSE"))


def gaps(days: Iterable[dt.date]) -> list[DayRange]:
    """Return the days between the first and the last that are not among `days`, as ranges in order."""
    ordered = sorted(set(days))
    return [DayRange(a + ONE_DAY, b - ONE_DAY) for a, b in zip(ordered, ordered[1:]) if b - a > ONE_DAY]


def commonest(values: Iterable[Value]) -> Value | None:
    """Return the value that occurs most often, the first of several; None without any."""
    found = Counter(values).most_common(1)
    return found[0][0] if found else None


def against_the_rest(files: Sequence[FileAudit]) -> list[FileAudit]:
    """Return the files with what is wrong with them beside the others: another grid, no coordinates, no date at all."""
    newest_first = sorted(files, key=lambda one: one.date or dt.date.min, reverse=True)
    usable = [one.contents for one in newest_first if one.is_usable and one.contents]
    grid = commonest(one.grid for one in usable)
    on_grid = [one.window for one in usable if one.grid == grid]
    placed = commonest(window is not None for window in on_grid)
    extent = commonest(window for window in on_grid if window is not None)
    judged = []
    for file in files:
        contents, faults = file.contents, list(file.faults)
        if file.is_usable and contents:
            if contents.grid != grid:
                sentence = f"This file is on {contents.grid}, while most files of the folder are on {grid}."
                faults.append((Kind.OTHER_GRID, sentence))
            elif placed and contents.window is None:
                sentence = "This file has no coordinates, while most files of the folder have. It cannot be placed without a guess."
                faults.append((Kind.NO_COORDINATES, sentence))
            elif contents.window and extent and contents.window != extent:
                sentence = (
                    f"This file covers {_part(contents.window)} of the grid, while most files cover {_part(extent)}."
                )
                faults.append((Kind.OTHER_EXTENT, sentence))
            if file.date is None:
                faults.append((Kind.UNDATED, "There is no date in the file's name, nor in the file."))
        judged.append(replace(file, faults=tuple(faults)))
    return judged


def findings_of_files(files: Sequence[FileAudit], archive: Archive) -> list[Finding]:
    """Return what is to be said of single files. `archive` holds the granules that can be used."""
    product = commonest(product_of(_name(one.file)).key for one in files)
    found = []
    for file in files:
        instead = "" if file.is_usable else _instead(file, archive)
        found += [_of_file(file, kind, sentence + instead) for kind, sentence in file.faults]
        inside = file.contents.date_inside if file.contents else None
        if inside and inside != file.date:
            sentence = f"It says {inside} inside and {file.date} in its name; the name is used."
            found.append(_of_file(file, Kind.DATE_DISAGREES, sentence))
        own = product_of(_name(file.file))
        if own.key != product:
            sentence = f"Its name is that of {own.title}; most files of the folder are of another product."
            found.append(_of_file(file, Kind.OTHER_PRODUCT, sentence))
    for file, median in odd_sizes(files):
        times = file.size / median
        share = f"{times:.0%} of" if times < 1 else f"{times:.3g} times"
        sentence = f"It has {share} the usual size of such files, {median:,.0f} bytes. Everything in it can be read."
        found.append(_of_file(file, Kind.ODD_SIZE, sentence))
    return found


def duplicates(files: Mapping[Path, FileAudit], archive: Archive) -> list[Finding]:
    """Return the second files for a day and orbit, with the one that is used."""
    found = []
    for one in archive.spares:
        file = files[one.path]
        if file.is_usable:
            used = _name_used(archive, one)
            sentence = f"A second file for {one.date}{_orbit(one.orbit)}; {used} is used."
            found.append(_of_file(file, Kind.DUPLICATE, sentence))
    return found


def missing_days(files: Sequence[FileAudit]) -> list[Finding]:
    """Return the days without any file, usable or not, between an orbit's first and last: a finding for each range."""
    found = []
    for orbit in Orbit:
        days = [one.date for one in files if one.orbit is orbit and one.date]
        for gap in gaps(days):
            sentence = "No file for this day." if gap.days == 1 else f"No file for {gap.days:,} days, to {gap.last}."
            found.append(Finding(Kind.MISSING_DAYS, sentence, days=gap, orbit=orbit))
    return found


def lacks(files: Mapping[Path, FileAudit], archive: Archive, recognition: Recognition | None) -> list[Finding]:
    """Return the days that lack scene flags, RMSE, or a variable that most days have. A day is all of its files together."""
    joined = recognition if archive.kinds else None
    days = {granule: _held(files, granule, joined) for granule in archive.granules}
    if not days:
        return []
    counts = Counter(name for names, _ in days.values() for name in names)
    usual = {name for name, count in counts.items() if count > len(days) / 2}
    told = {roles[key] for _, roles in days.values() for key, *_ in QUALITY if key in roles}
    found, everywhere = [], _everywhere(days)
    for granule, (names, roles) in days.items():
        file = files[granule.files[0].path]
        for key, kind, layer in QUALITY:
            if key not in roles and kind not in everywhere:
                found.append(_of_file(file, kind, f"This day has no {layer} layer. {_NOT_APPLIED}"))
        lacking = [name for name in sorted(usual - names) if name not in told or set(roles) >= {"SF", "RMSE"}]
        if lacking:
            sentence = f"This day lacks {', '.join(map(printable, lacking))}, which most days have."
            found.append(_of_file(file, Kind.LACKS_VARIABLE, sentence))
    return [*everywhere.values(), *found]


_NOT_APPLIED = "Quality control by it cannot be applied."


def _everywhere(days: Mapping[Granule, tuple[set[str], dict[str, str]]]) -> dict[Kind, Finding]:
    """Return the quality layers that no day has, as one finding each."""
    found = {}
    span = DayRange(min(one.date for one in days), max(one.date for one in days))
    which = "The only day has no" if len(days) == 1 else f"None of the {len(days):,} days has a"
    for key, kind, layer in QUALITY:
        if not any(key in roles for _, roles in days.values()):
            sentence = f"{which} {layer} layer. {_NOT_APPLIED}"
            found[kind] = Finding(kind, sentence, days=span)
    return found


def _held(
    files: Mapping[Path, FileAudit], granule: Granule, joined: Recognition | None
) -> tuple[set[str], dict[str, str]]:
    """Return the names of a day's variables, and role id → name, of all its files.

    Where a day's variables lie in several files, names have the kind of file before them, and roles are those of the whole archive (`joined`).
    """
    names: set[str] = set()
    roles: dict[str, str] = {}
    for one in granule.files:
        contents = files[one.path].contents
        if contents is not None:
            names.update(f"{one.kind}/{name}" if one.kind else name for name in contents.variables)
            roles.update(contents.roles)
    if joined is not None:
        roles = {one.id: one.netcdf_name for one in joined.variables if one.role and one.netcdf_name in names}
    return names, roles


def _instead(file: FileAudit, archive: Archive) -> str:
    """Return that a day has another file which is used, or nothing."""
    if file.date is None or archive.kinds or not archive.granules_of(file.orbit, file.date, file.date):
        return ""
    other = _name_used(archive, archive.granule(file.date, file.orbit))
    return "" if other == printable(file.file) else f" {other} is used for this day."


def _of_file(file: FileAudit, kind: Kind, sentence: str) -> Finding:
    days = DayRange(file.date, file.date) if file.date else None
    return Finding(kind, printable(sentence), printable(file.file), file.size, days, file.orbit)


def _name_used(archive: Archive, file: Granule) -> str:
    """Return the file that is used for the day, orbit and kind of a file, relative to the archive's folder."""
    granule = archive.granule(file.date, file.orbit)
    used = next((one for one in granule.files if one.kind == file.kind), granule)
    return printable(used.path.relative_to(archive.root).as_posix())


def _name(file: str) -> str:
    return file.rpartition("/")[2]


def _part(window: Window) -> str:
    return f"rows {window[0]}–{window[1]}, columns {window[2]}–{window[3]}"


def _orbit(orbit: Orbit) -> str:
    return "" if orbit is Orbit.UNKNOWN else f", {orbit.title}"
