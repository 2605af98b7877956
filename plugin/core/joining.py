# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Joining the files of a day where they hold different variables: one file of each family is opened to see whether and which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from .archive import Archive, Granule, Problem, Progress
from .assembly import with_kinds, without
from .corrections import Corrections
from .engine import Engine, OpenFile
from .errors import GridMismatch, SmosIbError
from .first_look import glance
from .grid import EaseGrid
from .kinds import Family, families, family_of, kinds_of, roles_of
from .layout import GridArray, grid_arrays, placement_of
from .placement import place_by_shape
from .quality import Float32s
from .recognition import named_arrays
from .values import decode
from .variables import ROLE_OF_ID, NamedArray

MOST_OPENED = 20
"""Files of a family that are opened to find one that tells what they hold; those of which a glance tells that they are bad do not count."""

_APART = "it can only be opened in a folder of its own."


def joined(engine: Engine, archive: Archive, corrections: Corrections, progress: Progress) -> Archive:
    """Join the files of a day where they hold different variables; second files of the same variables stay such.

    Left out, with the reason, are files of which none can be read, those on another grid than the leading kind's, and those with scene
    flags or RMSE of their own that are not the leading ones: no variable is filtered by what belongs to another one.
    """
    found = families(archive)
    contents: dict[Family, Sequence[NamedArray]] = {}
    problems: dict[object, Problem] = {}
    for number, (family, files) in enumerate(found.items()):
        progress(number / len(found), f"looking into {files[-1].path.name}")
        named, bad = _held(engine, files)
        problems.update({problem.path: problem for problem in bad})
        if named:
            contents[family] = named
    kinds = kinds_of(contents)
    if not kinds:
        return archive
    reasons = {family: "No file of this kind could be read." for family in found if family not in kinds}
    reasons.update(_misfits(engine, found, kinds, contents, corrections.grid))
    for family, reason in reasons.items():
        problems.update({file.path: Problem(file.path, reason) for file in found[family] if file.path not in problems})
        kinds.pop(family, None)
    left = without(archive, [Problem(problem.path, problem.reason) for problem in problems.values()])
    names = tuple(dict.fromkeys(kinds.values()))
    if len(names) < 2:
        return left
    return with_kinds(left, names, lambda file: kinds[family_of(archive.root, file.path)])


def _held(engine: Engine, files: Sequence[Granule]) -> tuple[list[NamedArray], list[Problem]]:
    """Return what the newest readable file of a family holds, and those that could not be read on the way."""
    problems: list[Problem] = []
    opened = 0
    for file in sorted(files, key=lambda one: one.date, reverse=True):
        try:
            glance(file.path)
            opened += 1
            with engine.open(file.path) as there:
                return named_arrays(grid_arrays(there)), problems
        except SmosIbError as error:
            problems.append(Problem.of(file.path, error))
        if opened >= MOST_OPENED:
            break
    return [], problems


def _misfits(
    engine: Engine,
    found: Mapping[Family, Sequence[Granule]],
    kinds: Mapping[Family, str],
    contents: Mapping[Family, Sequence[NamedArray]],
    cut_from: str,
) -> dict[Family, str]:
    """Return the families that cannot be joined to those before them, with the reason."""
    reasons: dict[Family, str] = {}
    leading = next(iter(kinds.values()))
    providers: dict[str, list[Family]] = {}  # by quality layer: all families of the first kind that has it
    for family, kind in kinds.items():
        layers = {
            role: name for role, name in roles_of(family, contents).items() if not ROLE_OF_ID[role].quality_controlled
        }
        shared: dict[Family, dict[str, str]] = {}
        if kind != leading:
            shared = {other: {} for other, one in kinds.items() if one == leading}
            for role, name in layers.items():
                for other in providers.get(role, []):
                    if kinds[other] != kind:
                        shared.setdefault(other, {})[name] = roles_of(other, contents)[role]
        told = (
            _difference(engine, found[family], found[other], names, kinds[other], cut_from)
            for other, names in shared.items()
        )
        reason = next(filter(None, told), "")
        if reason:
            reasons[family] = reason
            continue
        for role in layers:
            known = providers.setdefault(role, [family])
            if family not in known and kinds[known[0]] == kind:
                known.append(family)
    return reasons


def _difference(
    engine: Engine,
    files: Sequence[Granule],
    others: Sequence[Granule],
    shared: Mapping[str, str],
    kind: str,
    cut_from: str,
) -> str:
    """Return why files cannot stand beside others of a `kind`, by the newest day that has both; empty where they can, or there is no such day.

    `shared` are names of a quality layer in each.
    """
    odd = ""
    for file, other in _both(files, others):
        try:
            with ExitStack() as stack:
                here, there = (stack.enter_context(engine.open(one.path)) for one in (file, other))
                other_arrays = grid_arrays(there)
                other_grid = _grid(there, other_arrays, cut_from)
                try:
                    arrays = grid_arrays(here)
                    grid = _grid(here, arrays, cut_from)
                except GridMismatch as error:
                    odd = odd or f"{error} It cannot be joined to the {kind} files."
                    continue
                if grid != other_grid:
                    return f"This file is on {grid.title}, which is not the grid ({other_grid.title}) of the {kind} files; {_APART}"
                for name, other_name in shared.items():
                    mine, its = _layer(here, arrays[name], cut_from), _layer(there, other_arrays[other_name], cut_from)
                    if not np.array_equal(mine, its, equal_nan=True):
                        return f"This file has a layer {name} of its own, with other numbers than that of the {kind} files; {_APART}"
            return ""
        except (SmosIbError, KeyError):
            continue
    return odd


def _both(files: Sequence[Granule], others: Sequence[Granule]) -> Iterator[tuple[Granule, Granule]]:
    """Yield the files of a day and orbit in both, the newest first, a few of them."""
    by_day = {(one.date, one.orbit): one for one in others}
    newest = sorted(files, key=lambda one: one.date, reverse=True)
    both = [(one, by_day[one.date, one.orbit]) for one in newest if (one.date, one.orbit) in by_day]
    yield from both[:MOST_OPENED]


def _grid(file: OpenFile, arrays: Mapping[str, GridArray], cut_from: str) -> EaseGrid:
    """Return the grid of a file: by its coordinates, else by the shape of its arrays. Raises GridMismatch."""
    array = next(iter(arrays.values()))
    return (placement_of(file, array, cut_from) or place_by_shape(array.shape, False, False)).grid


def _layer(file: OpenFile, array: GridArray, cut_from: str) -> Float32s:
    """Return a layer on its whole grid, or as it lies in a file without coordinates."""
    values, placement = (
        decode(array.flat(file.read(array.header.name)), array.header.attributes),
        placement_of(file, array, cut_from),
    )
    return values if placement is None else placement.to_grid(values)
