# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Folders in which a day's variables lie in several files: one folder a parameter, or one set of files for soil moisture and one for VOD.

Names tell which files are alike (a *family*: the same words, whatever the numbers). Two families that have a file for the same day are
either second files of each other or hold different variables; that is decided by what one file of each holds. Families that hold the
same are one *kind*, and the kinds of a day are joined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from .archive import Archive, Granule
from .assembly import by_day, files_of
from .names import Orbit, orbit_in_path
from .variables import ROLE_OF_ID, ROLES, NamedArray, recognise_roles

Family = tuple[str, ...]
MOST_FAMILIES = 24
"""One file of each is opened; a folder with more of them is no archive of parameters."""

_ONLY_NUMBERS = re.compile(r"[vT]?#(?:[T.]?#)*Z?")


def family_of(root: Path, path: Path) -> Family:
    """Return a file's folders and the words of its name, without dates, other numbers and orbits."""
    *folders, name = path.relative_to(root).parts
    telling = [re.sub(r"\d+", "#", folder) for folder in folders if _words(folder)]
    return (*telling, *_words(name.rpartition(".")[0]))


def _words(text: str) -> list[str]:
    """Return the words of a name that are no number, date or orbit; digits stand as `#`."""
    words = (
        re.sub(r"\d+", "#", word) for word in re.split(r"[-_. ]+", text) if orbit_in_path((word,)) is Orbit.UNKNOWN
    )
    return [word for word in words if word and not _ONLY_NUMBERS.fullmatch(word)]


def families(archive: Archive) -> dict[Family, list[Granule]]:
    """Return the archive's files by family; nothing unless there are two families with a file for the same day and orbit."""
    if not archive.spares:
        return {}
    found: dict[Family, list[Granule]] = {}
    of_file: dict[Path, Family] = {}
    for file in files_of(archive):
        of_file[file.path] = family_of(archive.root, file.path)
        found.setdefault(of_file[file.path], []).append(file)
    meet = any(len({of_file[file.path] for file in same}) > 1 for same in by_day(files_of(archive)).values())
    return found if meet and len(found) <= MOST_FAMILIES else {}


def kinds_of(contents: Mapping[Family, Sequence[NamedArray]]) -> dict[Family, str]:
    """Return the kind of each family by what its files hold, the leading kind first; nothing where all families hold the same."""
    groups: list[list[Family]] = []
    held = {family: _held(family, contents) for family in contents}
    for family in contents:
        alike = [group for group in groups if any(_are_alike(held[family], held[other]) for other in group)]
        groups = [group for group in groups if group not in alike]
        groups.append([one for group in alike for one in group] + [family])
    if len(groups) < 2:
        return {}
    ranks = {role.id: number for number, role in enumerate(ROLES)}
    groups.sort(key=lambda group: min((ranks.get(one, 99) for family in group for one in held[family]), default=99))
    return {family: name for group, name in zip(groups, _names(groups, held)) for family in group}


def roles_of(family: Family, contents: Mapping[Family, Sequence[NamedArray]]) -> dict[str, str]:
    """Return role id → netCDF name of what a family's files hold; of a lone array its own words, which not all families have, may tell."""
    arrays = contents[family]
    if len(arrays) != 1:
        return {role: one.name for role, one in recognise_roles(arrays).items()}
    common = set.intersection(*map(set, contents))
    [array] = arrays
    for hint in [word for word in family if word not in common] or [""]:
        found = recognise_roles([replace(array, hint=hint)])
        if found:
            return dict.fromkeys(found, array.name)
    return {}


def _held(family: Family, contents: Mapping[Family, Sequence[NamedArray]]) -> frozenset[str]:
    """Return the roles that a family's files hold, and the names of what has none."""
    roles = roles_of(family, contents)
    return frozenset([*roles, *(array.name for array in contents[family] if array.name not in roles.values())])


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Two families hold the same if they share a variable that is no quality layer; those without any, if they share one at all."""
    quality = {role.id for role in ROLES if not role.quality_controlled}
    measured = [{name for name in held if name in ROLE_OF_ID and name not in quality} for held in (one, other)]
    if any(measured):
        return bool(measured[0] & measured[1])
    return bool(one & other)


def _names(groups: Sequence[Sequence[Family]], held: Mapping[Family, frozenset[str]]) -> list[str]:
    """Return a short name for each kind: its first word that no other kind has (or has at that place), else its roles."""
    names: list[str] = []
    for group in groups:
        others = {word for other in groups if other is not group for family in other for word in family}
        at_place = {(place, word) for other in groups if other is not group for place, word in enumerate(other[0])}
        own = [word for word in group[0] if word not in others]
        own += [word for place, word in enumerate(group[0]) if (place, word) not in at_place]
        # A word that tells what the files hold goes first.
        own.sort(key=lambda word: not recognise_roles([NamedArray("", hint=word)]))
        roles = [role.id for role in ROLES if role.id in held[group[0]]]
        name = (own or ["-".join(roles)])[0].replace("#", "").strip() or "files"
        names.append(name if name not in names else f"{name} {len(names) + 1}")
    return names
