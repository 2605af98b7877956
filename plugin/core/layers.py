# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The layers of one granule: its variables' numbers, how they become values, and where they lie on the grid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .archive import Granule
from .engine import Array, Engine, OpenFile
from .errors import GridMismatch, LacksVariable, SmosIbError, UnreadableFile
from .grid import Cell
from .hdf5 import ChunkTable, locate_chunks
from .layout import GridArray, grid_arrays, placement_of
from .placement import Placement, place_by_shape
from .quality import Float32s
from .recognition import Recognition
from .stored import ChunkReader, Indices, Numbers, PlainNumbers, retrievals
from .times import date_of_time_coordinate
from .values import decode, decode_flags
from .variables import Variable

GiveNumbers = Callable[[], AbstractContextManager[Numbers]]


@dataclass(frozen=True, eq=False)
class Layer:
    """One variable of a granule as it lies in its file: `shape` is that of its two axes there, `placement` where they lie on the grid.

    Values are float32, NaN for no retrieval. `numbers` gives the stored numbers while they are used: those of a chunk are read and
    inflated at each call.
    """

    numbers: GiveNumbers
    shape: tuple[int, int]
    into_values: Callable[[Array], Float32s]
    placement: Placement

    def whole(self) -> Float32s:
        """Return all values in the file's order, (`shape`). Raises UnreadableFile."""
        with self.numbers() as numbers:
            return self.into_values(numbers.whole()).reshape(self.shape)

    def of_cells(self, cells: Sequence[Cell]) -> Float32s:
        """Return the values of cells, NaN where the file does not reach. Raises UnreadableFile."""
        places = [self.placement.index_of(cell) for cell in cells]
        flat = [-1 if place is None else place[0] * self.shape[1] + place[1] for place in places]
        return self.take(np.array(flat, dtype=np.intp))

    def take(self, flat: Indices) -> Float32s:
        """Return the values at flat indices into the file's array, NaN for −1. Raises UnreadableFile."""
        inside = flat >= 0
        values = np.full(flat.size, np.nan, dtype=np.float32)
        if inside.any():
            with self.numbers() as numbers:
                values[inside] = self.into_values(numbers.take(flat[inside]))
        return values

    def take_from(self, other: Layer, flat: Indices) -> Float32s:
        """Return the values at the cells that another layer has at flat indices into its own array. Raises UnreadableFile."""
        alike = self.placement.lies_like(other.placement)
        return self.take(flat if alike else self.placement.places_of(other.placement.cells_of(flat)))

    def retrievals(self) -> tuple[Indices, Float32s]:
        """Return where there is a value, as flat indices in order, and the values. Raises UnreadableFile."""
        with self.numbers() as numbers:
            return retrievals(numbers, self.into_values)


@dataclass(frozen=True, eq=False)
class Layers:
    """Layers of a granule by netCDF name, the days that its files tell inside, and the names of all their grid variables."""

    layers: Mapping[str, Layer]
    dates_inside: tuple[tuple[Granule, dt.date | None], ...]
    has: tuple[str, ...]

    @property
    def placement(self) -> Placement | None:
        """Where all layers lie, None where they do not all lie alike."""
        places = [layer.placement for layer in self.layers.values()]
        alike = all(one.lies_like(places[0]) for one in places[1:])
        return places[0] if places and alike else None


Chunks = Mapping[Path, Mapping[str, ChunkTable]]
"""Where the variables of files lie that are one deflated chunk each, by their names in the file."""


def read_layers(
    engine: Engine,
    chunk_reader: ChunkReader,
    granule: Granule,
    recognition: Recognition,
    wanted: Sequence[Variable],
    may_lack: bool = False,
    chunks: Chunks | None = None,
) -> Layers:
    """Read whole layers. What is one chunk is read when it is used, without the netCDF library, so that others can use that meanwhile.

    `chunks` are the granule's `whole_chunks` where they are known. Raises UnreadableFile, GridMismatch, and LacksVariable unless the
    granule `may_lack` some; an error of a file knows its path.
    """
    chunks = whole_chunks(granule, wanted) if chunks is None else chunks
    layers: dict[str, Layer] = {}
    dates, has = [], []
    for file, of_file in by_file(granule, wanted, may_lack):
        with errors_of(file.path), engine.open(file.path) as opened:
            arrays = grid_arrays(opened)
            there = [one for one in of_file if not may_lack or one.stored_name in arrays]
            has += [f"{file.kind}/{name}" if file.kind else name for name in arrays]
            dates.append((file, date_of_time_coordinate(opened)))
            places = Places(opened, arrays, recognition)
            for one in there:
                array, table = wanted_array(arrays, one, file.path), chunks[file.path].get(one.stored_name)
                if table is None or table.shape != array.header.shape:
                    numbers = _plain(opened.read(one.stored_name))
                else:
                    numbers = partial(_from_chunk, engine, chunk_reader, file.path, one.stored_name, table)
                layers[one.netcdf_name] = Layer(numbers, array.shape, _into_values(one, array), places.of(array))
    return Layers(layers, tuple(dates), tuple(has))


def by_file(
    granule: Granule, wanted: Sequence[Variable], may_lack: bool = False
) -> Iterator[tuple[Granule, list[Variable]]]:
    """Yield the granule's files that hold any of the variables, with these. Raises LacksVariable unless it `may_lack` some."""
    kinds = {one.kind for one in wanted}
    files = {file.kind: file for file in granule.files}
    if not may_lack and kinds - files.keys():
        [lacking, *_] = sorted(kinds - files.keys())
        what = next(one for one in wanted if one.kind == lacking)
        raise LacksVariable(
            f"There is no {lacking or 'daily'} file for {granule.date}, {granule.orbit.title}, and so no {what.id}.",
            f"There is: {', '.join(file.path.name for file in granule.files)}.",
        )
    for kind, file in files.items():
        if kind in kinds:
            yield file, [one for one in wanted if one.kind == kind]


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Let an error that is raised in the block know which file it is about."""
    try:
        yield
    except SmosIbError as error:
        error.path = error.path or path
        raise


def whole_chunks(granule: Granule, variables: Sequence[Variable]) -> Chunks:
    """Return where those variables lie that are one deflated chunk each; the others are for the netCDF library."""
    found: dict[Path, Mapping[str, ChunkTable]] = {}
    for file in granule.files:
        names = [one.stored_name for one in variables if one.kind == file.kind]
        tables = locate_chunks(file.path, names) if names else {}
        found[file.path] = {name: table for name, table in tables.items() if table.chunk == table.shape}
    return found


class Places:
    """Where the arrays of an open file lie: one that has its two dimensions the other way round lies otherwise."""

    def __init__(self, file: OpenFile, arrays: Mapping[str, GridArray], recognition: Recognition) -> None:
        self._file, self._recognition = file, recognition
        self._known: dict[tuple[str, str], Placement] = {}
        self.of(next(iter(arrays.values())))  # the file is refused even where nothing is asked of it

    def of(self, array: GridArray) -> Placement:
        """Return where an array lies. Raises GridMismatch where that is another grid than the archive's, or a guess."""
        if array.dimensions not in self._known:
            self._known[array.dimensions] = place(self._file, array, self._recognition)
        return self._known[array.dimensions]


def place(file: OpenFile, array: GridArray, recognition: Recognition) -> Placement:
    """Return where an array of an open file lies. Raises GridMismatch where that is another grid than the archive's, or a guess."""
    placement = placement_of(file, array, recognition.corrections.grid)
    if placement is None:
        if recognition.orientation is None:
            raise GridMismatch(
                "This file has no coordinates while the archive's others have.",
                "It cannot be placed without a guess.",
            )
        orientation = recognition.orientation
        placement = place_by_shape(array.shape, orientation.south_first, orientation.starts_at_greenwich)
    if placement.grid != recognition.grid:
        raise GridMismatch(f"This file is on {placement.grid.title}, while the archive is on {recognition.grid.title}.")
    return placement


def wanted_array(arrays: Mapping[str, GridArray], variable: Variable, path: Path) -> GridArray:
    """Return a variable's array. Raises LacksVariable with what there is."""
    if variable.stored_name not in arrays:
        raise lacks(path, variable.stored_name, tuple(arrays))
    return arrays[variable.stored_name]


def lacks(path: Path, name: str, has: Sequence[str]) -> LacksVariable:
    """Return the error for a grid variable that a sound file does not have."""
    return LacksVariable(f"{path.name} has no grid variable {name}; it has {', '.join(has)}.")


def single_value(file: OpenFile, array: GridArray, variable: Variable, at: tuple[int, int] | None) -> Float32s:
    """Return the value at one place of an open file's array, (1,), without reading the rest; NaN where there is no such place."""
    if at is None:
        return np.full(1, np.nan, dtype=np.float32)
    return _into_values(variable, array)(file.read(array.header.name, array.index(at)).reshape(1))


def _into_values(variable: Variable, array: GridArray) -> Callable[[Array], Float32s]:
    attributes = array.header.attributes
    if variable.id == "SF":
        return partial(decode_flags, attributes=attributes, fills=variable.fills)
    return partial(decode, attributes=attributes, fills=variable.fills, conversion=variable.conversion)


def _plain(stored: Array) -> GiveNumbers:
    numbers: Numbers = PlainNumbers(stored.reshape(-1))
    return lambda: nullcontext(numbers)


@contextmanager
def _from_chunk(
    engine: Engine, chunk_reader: ChunkReader, path: Path, name: str, table: ChunkTable
) -> Iterator[Numbers]:
    with ExitStack() as stack:
        try:
            numbers = stack.enter_context(chunk_reader.numbers(path, table))
        except UnreadableFile:  # whether the file is damaged is for the netCDF library to say
            with errors_of(path), engine.open(path) as file:
                numbers = PlainNumbers(file.read(name).reshape(-1))
        yield numbers
