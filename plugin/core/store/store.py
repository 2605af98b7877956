# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading series from a store: what it holds of an archive as that is now, and the record of some cells. Any thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..archive import Granule, Problem
from ..engine import Engine
from ..errors import UnreadableFile
from ..grid import Cell
from ..layers import lacks
from ..names import Orbit
from ..quality import Float32s
from ..reader import Opened
from ..variables import Variable
from .manifest import MANIFEST_NAME, NOTHING, UNREAD, Manifest, StoredGranule, gone, read_manifest, relative_path
from .merge import open_part
from .order import CellOrder
from .rows import DayTable, StoredRows
from .runs import Run, day_number
from .tiles import Tiles


@dataclass(frozen=True)
class Standing:
    """How a store stands to an archive, in granules.

    `current` are in the store as they are now, `unreadable` could not be read and have not changed since, `changed` have (or their part is
    damaged), `new` are not in the store, `gone` are in the store and no longer in the archive. With `other_variables` the archive has some
    that the store lacks, so that it has to be built anew.
    """

    current: int
    unreadable: int
    changed: int
    new: int
    gone: int
    other_variables: bool = False

    @property
    def is_current(self) -> bool:
        """True if every granule of the archive that can be read is in the store as it is now, and no other."""
        return not (self.changed or self.new or self.gone or self.other_variables)


@dataclass(frozen=True, eq=False)
class StoredCells:
    """What a store knows of some granules (in order of date) at some cells.

    `known` tells which granules it answers for; the others have to be read from their files. Arrays are (granules, cells) float32,
    NaN for no retrieval. `problems` and `notes` are by the granule's number; a known granule with a problem has no values.
    """

    known: NDArray[np.bool_]
    values: dict[str, Float32s]
    scene_flag: Float32s | None
    rmse: Float32s | None
    problems: dict[int, Problem]
    notes: dict[int, tuple[Problem, ...]]


class Store:
    """A store as its manifest is now. `changed` tells whether it was written since."""

    def __init__(
        self, folder: Path, manifest: Manifest, engine: Engine, stamp: tuple[int, int], older: Store | None = None
    ) -> None:
        self.folder, self.manifest, self.engine = folder, manifest, engine
        self._stamp = stamp
        names = {part.name for part in manifest.parts}
        # The name of a part is never used again, so what is open stays good.
        self._open: dict[str, Run | Tiles] = {
            name: part for name, part in (older._open if older else {}).items() if name in names
        }

    @classmethod
    def open(cls, folder: Path, engine: Engine, older: Store | None = None) -> Store | None:
        """Return the store in a folder, None where there is none; `older` is the same store, opened before it was changed.

        Raises UnreadableFile where it is damaged.
        """
        stamp = _stamp(folder)
        manifest = read_manifest(folder)
        return None if manifest is None or stamp is None else cls(folder, manifest, engine, stamp, older)

    @property
    def changed(self) -> bool:
        """True if the manifest is not the one that was read."""
        return _stamp(self.folder) != self._stamp

    def part(self, name: str) -> Run | Tiles:
        """Return an opened part. Raises UnreadableFile."""
        if name not in self._open:
            part = self.manifest.part(name)
            if part is None:
                raise UnreadableFile(f"The store {self.folder} has no part {name}.", "Build it anew.")
            self._open[name] = open_part(self.engine, self.folder, self.manifest, part)
        return self._open[name]

    def has_part(self, name: str) -> bool:
        """Return whether a part is there and whole, as far as can be seen at once."""
        try:
            self.part(name)
        except UnreadableFile:
            return False
        return True

    def view(self, opened: Opened) -> StoreView | None:
        """Return what the store holds of an archive, None where nothing in it is of this archive or its cells lie elsewhere."""
        if not self.manifest.suits(opened.recognition):
            return None
        view = StoreView(self, opened)
        return view if view.standing.current else None


def _stamp(folder: Path) -> tuple[int, int] | None:
    try:
        status = (folder / MANIFEST_NAME).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@dataclass(frozen=True, eq=False)
class _OfOrbit:
    """Along the granules of one orbit: those that are stored, and for each part the number of the granule of each of its days."""

    granules: Sequence[Granule]
    known: NDArray[np.bool_]
    odd: dict[int, StoredGranule]
    parts: dict[str, DayTable]
    standing: Standing


class StoreView:
    """What a store holds of an archive. Only granules whose path, day, orbit, size and modification time are those of the archive count."""

    def __init__(self, store: Store, opened: Opened) -> None:
        self.store = store
        self._opened = opened
        self._order = CellOrder(store.manifest.grid)
        self._orbits = {orbit: self._match(orbit) for orbit in opened.archive.orbits}
        self.standing = self._standing()

    @property
    def is_own(self) -> bool:
        """True if the store was built for this archive, or for one that was moved here; it may be another's that has the same files."""
        built_for = Path(self.store.manifest.archive)
        return built_for == self._opened.archive.root or not built_for.exists()

    def to_build(self) -> list[Granule]:
        """Return the archive's granules that an update would read."""
        if self.standing.other_variables:
            return list(self._opened.archive.granules)
        return [
            granule
            for of in self._orbits.values()
            for granule, known in zip(of.granules, of.known.tolist())
            if not known
        ]

    def covers(self, variables: Sequence[Variable]) -> bool:
        """Return whether variables, and the archive's quality layers, are in the store."""
        return self.store.manifest.holds(self._layers(variables))

    def read(self, cells: Sequence[Cell], variables: Sequence[Variable], orbit: Orbit, part: slice) -> StoredCells:
        """Return what is known at some cells; `part` of the orbit's granules. Raises UnreadableFile: then the files have to be read."""
        of, manifest = self._orbits[orbit], self.store.manifest
        first, last, _ = part.indices(len(of.granules))
        wanted = self._layers(variables)
        columns = [column for one in wanted if (column := manifest.column(one)) is not None]
        if len(columns) < len(wanted):
            raise UnreadableFile("The store does not hold all of these variables.")
        found = np.full((len(wanted), last - first, len(cells)), np.nan, dtype=np.float32)
        ranks = self._order.rank(np.array([cell.row * manifest.grid.cols + cell.col for cell in cells]))
        for name, of_day in of.parts.items():
            for place, rank in enumerate(ranks.tolist()):
                rows = self._rows(name, rank, columns)
                if rows.size:
                    number = of_day.number(rows[:, 0]) - first
                    there = (number >= 0) & (number < last - first)
                    found[:, number[there], place] = rows[there, 1:].T
        by_name = {one.netcdf_name: found[number] for number, one in enumerate(wanted)}
        flags, rmse = self._opened.recognition.scene_flags, self._opened.recognition.rmse
        return StoredCells(
            of.known[first:last],
            {one.id: by_name[one.netcdf_name] for one in variables},
            by_name[flags.netcdf_name] if flags else None,
            by_name[rmse.netcdf_name] if rmse else None,
            *self._odd(of, wanted, first, last),
        )

    def rows_of(self, granules: Sequence[Granule], variable: Variable) -> StoredRows | None:
        """Return the rows of some granules (of one orbit) for reading all cells; None where the variable is not stored.

        Raises UnreadableFile: then the files have to be read.
        """
        of, wanted = self._orbits[granules[0].orbit], self._layers([variable])
        columns = [column for one in wanted if (column := self.store.manifest.column(one)) is not None]
        if len(columns) < len(wanted):
            return None
        problems, notes = self._odd(of, wanted, 0, len(of.granules))
        stored = {granule: number for number, granule in enumerate(of.granules) if of.known[number]}
        known = {granule: stored[granule] for granule in granules if granule in stored}
        chosen = np.zeros(len(of.granules), dtype=bool)
        chosen[[number for number in known.values() if number not in problems]] = True
        recognition = self._opened.recognition
        return StoredRows(
            tuple((self.store.part(name), days) for name, days in of.parts.items()),
            self._order,
            chosen,
            tuple(columns),
            tuple(None if one is None else wanted.index(one) for one in (recognition.scene_flags, recognition.rmse)),
            frozenset(known),
            {granule: problems[number] for granule, number in known.items() if number in problems},
            {
                granule: tuple(one.reason for one in notes[number])
                for granule, number in known.items()
                if number in notes
            },
            int(of.known.sum()),
            recognition.is_cut,
        )

    def _rows(self, name: str, rank: int, columns: Sequence[int]) -> Float32s:
        part = self.store.part(name)
        if isinstance(part, Tiles):
            return part.of_cell(rank, columns)
        return part.of_cell(rank)[:, [0, *(column + 1 for column in columns)]]

    def _layers(self, variables: Sequence[Variable]) -> list[Variable]:
        recognition = self._opened.recognition
        quality = [layer for layer in (recognition.scene_flags, recognition.rmse) if layer is not None]
        return [*variables, *(layer for layer in quality if layer not in variables)]

    def _odd(
        self, of: _OfOrbit, wanted: Sequence[Variable], first: int, last: int
    ) -> tuple[dict[int, Problem], dict[int, tuple[Problem, ...]]]:
        """Return the problems and notes of the granules that have some, in the words of a reading from the files."""
        problems, notes = {}, {}
        for number, stored in of.odd.items():
            if first <= number < last:
                path = of.granules[number].path
                lacking = next((one.netcdf_name for one in wanted if one.netcdf_name in stored.lacking), None)
                if lacking is not None:
                    problems[number - first] = Problem.of(path, lacks(path, lacking, stored.has))
                elif stored.notes:
                    notes[number - first] = tuple(Problem(path, note, damaged=False) for note in stored.notes)
        return problems, notes

    def _match(self, orbit: Orbit) -> _OfOrbit:
        archive, manifest = self._opened.archive, self.store.manifest
        granules = archive.granules_of(orbit)
        known = np.zeros(len(granules), dtype=bool)
        odd: dict[int, StoredGranule] = {}
        parts: dict[str, tuple[list[int], list[int]]] = {}
        unreadable = changed = new = 0
        there = {NOTHING, *(part.name for part in manifest.parts if self.store.has_part(part.name))}
        for number, granule in enumerate(granules):
            stored = manifest.granules.get(relative_path(archive.root, granule.path))
            if stored is None:
                new += 1
            elif not stored.is_of(granule):
                changed += 1
            elif stored.part == UNREAD:
                unreadable += 1
            elif stored.part not in there:
                changed += 1
            else:
                known[number] = True
                if stored.lacking or stored.notes:
                    odd[number] = stored
                if stored.part != NOTHING:
                    days, numbers = parts.setdefault(stored.part, ([], []))
                    days.append(day_number(granule.date))
                    numbers.append(number)
        standing = Standing(int(known.sum()), unreadable, changed, new, 0)
        tables = {name: DayTable(*pairs) for name, pairs in parts.items()}
        return _OfOrbit(granules, known, odd, tables, standing)

    def _standing(self) -> Standing:
        archive = self._opened.archive
        of = [one.standing for one in self._orbits.values()]
        return Standing(
            sum(one.current for one in of),
            sum(one.unreadable for one in of),
            sum(one.changed for one in of),
            sum(one.new for one in of),
            len(gone(self.store.manifest, archive)) if self.is_own else 0,
            not self.covers(self._opened.recognition.variables),
        )
