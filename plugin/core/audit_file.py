# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""One file of an audit: read once and whole, and told what is in it and what is wrong with it by itself."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .archive import Granule
from .corrections import Corrections
from .engine import Engine, OpenFile
from .errors import GridMismatch, OutOfReach, SmosIbError, TruncatedFile, UnreadableFile, VanishedFile
from .findings import UNUSABLE, Kind
from .fingerprint import is_as_catalogued
from .grid import EaseGrid
from .hdf5 import ChunkTable, locate_chunks
from .layout import GridArray, grid_arrays, placement_of
from .limits import MOST_CELLS
from .names import Orbit
from .placement import place_by_shape
from .recognition import named_arrays
from .stored import ChunkReader
from .times import date_in_content
from .variables import recognise_roles

PIECE, MOST_PIECES = 1 << 20, 512  # bytes; a file may say that it is endless
Window = tuple[int, int, int, int]
"""First and last row, first and last column of the grid, all included."""


@dataclass(frozen=True)
class Contents:
    """What a file holds: its grid, empty where it has none, the part that it covers (None without coordinates), grid variables, role id → netCDF name."""

    grid: str
    window: Window | None
    variables: tuple[str, ...]
    roles: Mapping[str, str]
    date_inside: dt.date | None


@dataclass(frozen=True)
class FileAudit:
    """A file with what was found in it alone. `file` is relative to the folder, with slashes; `size` in bytes, `modified` in nanoseconds.

    `date` is the name's, else the content's, None where neither tells one. `faults` are kinds of findings with a sentence each.
    `kind` says which part of a day's variables the file holds, where they lie in several.
    `is_passing` is True where the fault may be the moment's and not the file's: it changes neither size nor time when it is mended.
    """

    file: str
    date: dt.date | None
    orbit: Orbit
    size: int
    modified: int
    contents: Contents | None = None
    faults: tuple[tuple[Kind, str], ...] = ()
    kind: str = ""
    is_passing: bool = False

    def is_of(self, granule: Granule) -> bool:
        """Return whether what is known holds for a file as it is now."""
        return (self.size, self.modified) == (granule.size, granule.modified)

    def listed(self, granule: Granule) -> FileAudit:
        """Return the same with day and orbit as the folder's list has them, or else the day inside."""
        inside = self.contents.date_inside if self.contents else None
        return replace(self, date=inside if granule.date == dt.date.min else granule.date, orbit=granule.orbit)

    @property
    def is_lasting(self) -> bool:
        """True where what was found holds as long as the file is as it was then."""
        return not self.is_passing and not any(kind is Kind.CHANGED for kind, _ in self.faults)

    @property
    def is_usable(self) -> bool:
        """True where nothing in the file keeps it from being used."""
        return self.contents is not None and not any(kind in UNUSABLE for kind, _ in self.faults)


def not_opened(root: Path, granule: Granule) -> FileAudit:
    """Return a file that must not be opened: the program ended more than once while it was reading it."""
    sentence = (
        "QGIS, or the program that audits, ended twice while it was reading this file: the netCDF library may not survive its damage. It is "
        "not opened any more. Download it again, or clear the layer cache to have it tried once more."
    )
    name = granule.path.relative_to(root).as_posix()
    file = FileAudit(name, None, granule.orbit, granule.size, granule.modified, faults=((Kind.UNREADABLE, sentence),))
    return file.listed(granule)


class FileReader:
    """Reads files for an audit. Any thread.

    Deflated chunks are read and inflated beside the netCDF library, which has each file open for its header and coordinates, and reads
    only what has another form, or does not inflate: whether that is damaged is for the library to say.
    """

    def __init__(self, engine: Engine, chunks: ChunkReader, corrections: Corrections) -> None:
        self._engine, self._chunks, self._corrections = engine, chunks, corrections

    def look(self, root: Path, granule: Granule) -> FileAudit:
        """Read a file once and whole. Never raises for what a file contains."""
        name = granule.path.relative_to(root).as_posix()
        file = FileAudit(name, None, granule.orbit, granule.size, granule.modified)
        if not granule.size:
            return replace(file, faults=((Kind.EMPTY, "The file is empty. Download it again."),)).listed(granule)
        try:
            contents, faults = self._read(granule.path)
            file = replace(file, contents=contents, faults=faults)
        except SmosIbError as error:
            file = replace(file, faults=((_kind_of(error), str(error)),), is_passing=_is_passing(error))
        except Exception as error:  # one strange file must not end the audit of thousands: it is one of its results
            fault = Kind.UNREADABLE, f"Unexpected {type(error).__name__}: {error}"
            file = replace(file, faults=(fault,), is_passing=True)
        if file.is_lasting and (reason := _out_of_reach(granule.path) if file.faults else ""):
            file = replace(file, contents=None, faults=((Kind.UNREADABLE, reason),), is_passing=True)
        if not any(kind is Kind.CHANGED for kind, _ in file.faults):
            file = replace(file, faults=(*file.faults, *_change(granule)))
        return file.listed(granule)

    def _read(self, path: Path) -> tuple[Contents, tuple[tuple[Kind, str], ...]]:
        with self._engine.open(path) as file:
            tables = locate_chunks(path, file.variables)
            faults = _read_with_library(file, path.name, [name for name in file.variables if name not in tables])
            contents: Contents | None = None
            try:
                contents = _contents(file, self._corrections)
            except UnreadableFile as error:
                _raise_if_passing(error)
                faults = faults or [(Kind.DAMAGED, str(error))]
            except GridMismatch as error:
                faults.append((Kind.OTHER_GRID, str(error)))
                contents = Contents("", None, (), {}, date_in_content(file))
        doubtful = {name: reason for name, table in tables.items() if (reason := self._trouble(path, table))}
        if doubtful:
            with self._engine.open(path) as file:
                bad = {name for name in doubtful if _read_with_library(file, path.name, [name])}
            faults += [(Kind.DAMAGED, f"{name}: {reason}") for name, reason in doubtful.items() if name in bad]
        if contents is None:
            contents = Contents("", None, (), {}, None)
        return contents, tuple(faults)

    def _trouble(self, path: Path, table: ChunkTable) -> str:
        """Return why one of a variable's chunks cannot be read and inflated, empty where all can."""
        try:
            for number in range(len(table.offsets)):
                part = slice(number, number + 1)
                one = replace(table, offsets=table.offsets[part], sizes=table.sizes[part])
                with self._chunks.numbers(path, one):
                    continue
        except UnreadableFile as error:
            _raise_if_passing(error)
            return str(error)
        return ""


def _read_with_library(file: OpenFile, of: str, names: Iterable[str]) -> list[tuple[Kind, str]]:
    faults = []
    for name in names:
        numbers = math.prod(file.variables[name].shape)
        if numbers > MOST_CELLS:  # a damaged header must not take all memory
            faults.append((Kind.DAMAGED, f"The file says that {name} has {numbers:,} numbers. The file is damaged."))
            continue
        try:
            file.read(name)
        except UnreadableFile as error:
            _raise_if_passing(error)
            faults.append((Kind.DAMAGED, str(error).replace(f" in {of}", "")))  # a finding names its file anyway
    return faults


def _contents(file: OpenFile, corrections: Corrections) -> Contents:
    """Return what an open file holds. Raises GridMismatch or UnreadableFile."""
    arrays = grid_arrays(file)
    roles = {role: one.name for role, one in recognise_roles(named_arrays(arrays), corrections.roles).items()}
    grid, window = _place(file, next(iter(arrays.values())), corrections.grid)
    return Contents(grid.title, window, tuple(arrays), roles, date_in_content(file))


def _place(file: OpenFile, array: GridArray, cut_from: str) -> tuple[EaseGrid, Window | None]:
    placement = placement_of(file, array, cut_from)
    if placement is None:
        return place_by_shape(array.shape, False, False).grid, None
    rows, cols = np.sort(placement.rows), placement.cols
    return placement.grid, (int(rows[0]), int(rows[-1]), int(cols.min()), int(cols.max()))


def _kind_of(error: SmosIbError) -> Kind:
    if isinstance(error, TruncatedFile):
        return Kind.TRUNCATED
    if isinstance(error, VanishedFile):
        return Kind.CHANGED
    return Kind.OTHER_GRID if isinstance(error, GridMismatch) else Kind.UNREADABLE


def _is_passing(error: Exception) -> bool:
    """Return whether an error may be the moment's fault. The netCDF library's own numbers of errors are negative, the system's are not."""
    cause = error.__cause__
    of_system = isinstance(cause, OSError) and (cause.errno or 0) > 0
    return isinstance(error, OutOfReach) or isinstance(cause, MemoryError) or of_system


def _raise_if_passing(error: UnreadableFile) -> None:
    if _is_passing(error):
        raise error


def _out_of_reach(path: Path) -> str:
    """Return why the system cannot read a file of which the netCDF library says only that it is damaged; empty where it can."""
    try:
        if path.is_file():  # to open a pipe would wait for its writer
            with path.open("rb", buffering=0) as stream:
                for _ in range(MOST_PIECES):
                    if not stream.read(PIECE):
                        break
    except OSError as error:
        return f"The file cannot be read: {error.strerror or error}."
    return ""


def _change(granule: Granule) -> tuple[tuple[Kind, str], ...]:
    """Return that a file is not what it was when the folder was listed, else nothing."""
    try:
        if is_as_catalogued(granule):
            return ()
    except OSError as error:
        return ((Kind.CHANGED, f"The file was there, and cannot be read any more: {error.strerror or error}."),)
    return ((Kind.CHANGED, "The file changed while the folder was being audited. Audit it again."),)
