# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Building a time-series store, and keeping it up with its archive.

Granules are read once, the newest first, several at a time. When enough have been read they are turned from day by day to cell by cell
and written as a *run*. In the end the runs are merged into *tiles*. Whatever is finished is named by the manifest and counts, so that
a build that was stopped, however it was stopped, goes on from there.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ahead import ahead
from ..archive import Granule, Progress, no_progress
from ..errors import BadRequest, Cancelled, SmosIbError, UnreadableFile, VanishedFile
from ..names import Orbit
from ..quality import Float32s
from ..reader import GranuleValues, Opened, Reader
from ..variables import Variable
from .description import attributes_of, write_readme
from .folder import PART, check_place, names_in, tidy
from .lock import only_builder
from .manifest import (
    NOTHING,
    UNREAD,
    DamagedManifest,
    Manifest,
    Part,
    StoredGranule,
    gone,
    read_manifest,
    relative_path,
)
from .merge import DamagedPart, merge, open_part, parts_to_merge
from .order import CellOrder
from .runs import RunBuffer, write_run

RUN_BYTES = 160_000_000
"""Retrievals kept in memory before they become a run; turning them takes as much again."""
MERGE_S_PER_ROW = 5e-7
"""What merging costs, for the remaining time while granules are still being read; then it is measured."""


@dataclass(frozen=True)
class BuildResult:
    """What a build did: granules `added` (or replaced), `removed`, those that could not be read, and how many the store holds now."""

    added: int
    removed: int
    total: int
    unreadable: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.added:,} granules were added, {self.removed:,} removed; the store holds {self.total:,}."
        bad = len(self.unreadable)
        return f"{text} {bad:,} could not be read and stay to be read from their files." if bad else text


def build_store(
    reader: Reader, opened: Opened, folder: Path, software: str, progress: Progress = no_progress
) -> BuildResult:
    """Build the store of an archive in `folder`, or bring it up to date: only granules that are new or changed are read.

    `progress` gets the share of the expected time. Raises BadRequest where the folder is not a store's, cannot be written or is being
    built by somebody else. After an error or Cancelled, all that was finished stays and is used.
    """
    check_place(folder, opened.archive.root)
    with only_builder(folder):
        return _Build(reader, opened, folder, software, progress).run()


class _Build:
    """One build, under the store's lock."""

    def __init__(self, reader: Reader, opened: Opened, folder: Path, software: str, progress: Progress) -> None:
        self._reader, self._opened, self._folder = reader, opened, folder
        self._software, self._progress = software, progress
        self._order = CellOrder(opened.recognition.grid)
        self._manifest = self._fitting_manifest()
        cells = self._order.grid.rows * self._order.grid.cols
        self._variables = self._stored_variables()
        self._buffer = RunBuffer(len(self._variables), cells, RUN_BYTES)
        self._unreadable: list[str] = []
        self._read_so_far = self._rows = self._added = 0
        self._began = time.monotonic()

    def run(self) -> BuildResult:
        removed = self._forget_gone()
        self._forget_damaged()
        write_readme(self._folder, self._opened, self._software)
        self._manifest.write(self._folder)
        tidy(self._folder, {part.name for part in self._manifest.parts})
        while not self._read_and_merge():
            pass
        tidy(self._folder, {part.name for part in self._manifest.parts}, all_merged=True)
        self._progress(1.0, "")
        total = sum(1 for one in self._manifest.granules.values() if one.part != UNREAD)
        return BuildResult(self._added, removed, total, tuple(self._unreadable))

    def _read_and_merge(self) -> bool:
        """Return False where a part turned out to be damaged: then its granules have to be read again."""
        todo = self._todo()
        for orbit in self._opened.archive.orbits:
            self._read([granule for granule in reversed(todo) if granule.orbit == orbit], len(todo))
        self._buffer.release()
        reading_s = time.monotonic() - self._began
        try:
            for orbit in dict.fromkeys(part.orbit for part in self._manifest.parts):
                self._merge(orbit, reading_s)
        except DamagedPart as error:
            self._forget_part(error.name)
            return False
        return True

    # What there is to do

    def _fitting_manifest(self) -> Manifest:
        """Return the store's manifest where it can be continued, else that of an empty store. Raises UnreadableFile for one of newer software."""
        recognition = self._opened.recognition
        empty = Manifest.empty(self._opened.archive, recognition)
        try:
            there = read_manifest(self._folder)
        except DamagedManifest:
            return empty
        if there is None or not there.suits(recognition) or not there.holds(recognition.variables):
            return empty
        return replace(there, archive=empty.archive, product=empty.product)

    def _forget_gone(self) -> int:
        away = gone(self._manifest, self._opened.archive)
        kept = {path: one for path, one in self._manifest.granules.items() if path not in away}
        self._manifest = replace(self._manifest, granules=kept)
        return len(away)

    def _forget_damaged(self) -> None:
        """Forget the parts that are not whole, so that what they held is read again."""
        for part in self._manifest.parts:
            try:
                open_part(self._reader.engine, self._folder, self._manifest, part)
            except UnreadableFile:
                self._forget_part(part.name)

    def _forget_part(self, name: str) -> None:
        parts = tuple(part for part in self._manifest.parts if part.name != name)
        granules = {path: one for path, one in self._manifest.granules.items() if one.part != name}
        self._manifest = replace(self._manifest, parts=parts, granules=granules)

    def _stored_variables(self) -> list[Variable]:
        """Return the store's variables in its order. It may hold more than the archive's newest file does."""
        known = {one.netcdf_name: one for one in self._opened.recognition.variables}
        return [
            known.get(one.netcdf_name) or Variable(one.id, one.netcdf_name, one.title, one.units)
            for one in self._manifest.variables
        ]

    def _todo(self) -> list[Granule]:
        """Return the granules to read, in order of date: new and changed ones, and those that could not be read before."""
        todo = []
        for granule in self._opened.archive.granules:
            stored = self._manifest.granules.get(relative_path(self._opened.archive.root, granule.path))
            if stored is None or stored.part == UNREAD or not stored.is_of(granule):
                todo.append(granule)
        return todo

    # Reading

    def _read(self, granules: list[Granule], of: int) -> None:
        """Read the granules of one orbit, the newest first, and write runs."""
        gathered: list[StoredGranule] = []
        with contextlib.closing(ahead(self._values, granules)) as under_way:
            for granule, result in under_way:
                try:
                    self._progress(self._share_read(of), f"{granule.date}")
                    stored, found = self._stored(granule, result)
                except VanishedFile:
                    continue  # it is not in the archive any more; the next scan sees that
                except (Cancelled, BadRequest):
                    self._write_run(granule.orbit, gathered)  # what has been read is not read again
                    raise
                if not self._buffer.has_room(stored.rows):
                    self._write_run(granule.orbit, gathered)
                    gathered = []
                if found is not None:
                    self._buffer.add(granule.date, *found)
                self._read_so_far += 1
                self._added += stored.part != UNREAD
                self._rows += stored.rows
                gathered.append(stored)
        if gathered:
            self._write_run(gathered[0].orbit, gathered)

    def _values(self, granule: Granule) -> tuple[GranuleValues, NDArray[Any]]:
        found = self._reader.values(granule, self._opened.recognition, self._variables)
        return found, self._order.rank(found.cells).astype(np.int32)

    def _stored(
        self, granule: Granule, result: Callable[[], tuple[GranuleValues, NDArray[Any]]]
    ) -> tuple[StoredGranule, tuple[NDArray[Any], Float32s] | None]:
        """Return what the manifest says of a granule, and its ranks and values; None where there are none or it cannot be read.

        Raises VanishedFile where the file has gone, BadRequest where the whole archive has.
        """
        path = relative_path(self._opened.archive.root, granule.path)
        about = StoredGranule(path, granule.date, granule.orbit, granule.size, granule.modified, UNREAD)
        try:
            found, ranks = result()
        except SmosIbError as error:
            if not self._opened.archive.root.is_dir():
                raise BadRequest(
                    f"The archive {self._opened.archive.root} is not there any more.",
                    "Reconnect its drive; building goes on from here.",
                ) from error
            if isinstance(error, VanishedFile):
                raise
            return about, None  # one that was changed meanwhile is read as what it has become by the next build
        stored = replace(
            about, part=NOTHING, rows=int(ranks.size), lacking=found.lacking, has=found.has, notes=found.notes
        )
        return stored, (ranks, found.values) if ranks.size else None

    def _write_run(self, orbit: Orbit, gathered: list[StoredGranule]) -> None:
        """Write a run and let the manifest name it, and the granules that hold nothing or cannot be read."""
        self._unreadable += [PurePath(one.path).name for one in gathered if one.part == UNREAD]
        part = None
        if self._buffer.size:
            # No name is ever used again: an older view of the store must not find other rows under it.
            name = f"run-{self._next_number():04d}-{uuid.uuid4().hex[:8]}"
            part = Part(name, orbit, write_run(self._folder / name, self._buffer))
            gathered = [replace(one, part=name) if one.rows else one for one in gathered]
        self._manifest = self._manifest.with_granules(gathered, part)
        self._manifest.write(self._folder)

    def _share_read(self, of: int) -> float:
        """Return the share of the whole time, from the time that reading and merging will take."""
        if not self._read_so_far:
            return 0.0
        done = self._read_so_far / of
        reading = (time.monotonic() - self._began) / done
        merging = self._rows / done * MERGE_S_PER_ROW
        return done * reading / (reading + merging)

    # Merging

    def _merge(self, orbit: Orbit, reading_s: float) -> None:
        """Merge the runs of one orbit, and the tiles that are not much larger than what is new, into tiles."""
        parts = parts_to_merge(self._manifest, orbit)
        if not parts:
            return
        rows = sum(part.rows for part in self._manifest.parts if part.is_run)
        merging_s = max(rows * MERGE_S_PER_ROW, 1e-3)

        def merged(share: float) -> None:
            part = merging_s / (reading_s + merging_s)
            self._progress(1 - part + part * share, "merging")

        about = attributes_of(self._opened, orbit, self._software)
        number = self._next_number()
        into = merge(self._reader.engine, self._folder, self._manifest, parts, number, about, merged)
        self._manifest = self._manifest.merged(into, parts)
        self._manifest.write(self._folder)
        tidy(self._folder, {part.name for part in self._manifest.parts})

    def _next_number(self) -> int:
        """Return a number above those of the parts, and of the folders that another program has kept from being deleted."""
        names = {part.name for part in self._manifest.parts} | set(names_in(self._folder))
        return 1 + max((int(name.split("-")[1]) for name in names if PART.fullmatch(name)), default=0)
