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

from .engine import Array, Engine, OpenFile
from .errors import GridMismatch, LacksVariable, UnreadableFile
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
    """One variable of a granule as it lies in the file: `shape` is that of its two axes there. Values are float32, NaN for no retrieval.

    `numbers` gives the stored numbers while they are used: those of a chunk are read and inflated at each call.
    """

    numbers: GiveNumbers
    shape: tuple[int, int]
    into_values: Callable[[Array], Float32s]

    def whole(self) -> Float32s:
        """Return all values in the file's order, (`shape`). Raises UnreadableFile."""
        with self.numbers() as numbers:
            return self.into_values(numbers.whole()).reshape(self.shape)

    def at(self, places: Sequence[tuple[int, int] | None]) -> Float32s:
        """Return the values at places in the file's array, NaN where there is no such place. Raises UnreadableFile."""
        values = np.full(len(places), np.nan, dtype=np.float32)
        inside = [number for number, place in enumerate(places) if place is not None]
        flat = np.array([place[0] * self.shape[1] + place[1] for place in places if place is not None], dtype=np.intp)
        if inside:
            with self.numbers() as numbers:
                values[inside] = self.into_values(numbers.take(flat))
        return values

    def take(self, flat: Indices) -> Float32s:
        """Return the values at flat indices into the file's array. Raises UnreadableFile."""
        with self.numbers() as numbers:
            return self.into_values(numbers.take(flat))

    def retrievals(self) -> tuple[Indices, Float32s]:
        """Return where there is a value, as flat indices in order, and the values. Raises UnreadableFile."""
        with self.numbers() as numbers:
            return retrievals(numbers, self.into_values)


@dataclass(frozen=True, eq=False)
class Layers:
    """Layers of a granule by netCDF name, where they lie, the day that its time coordinate tells, and the names of all its grid variables."""

    placement: Placement
    date_inside: dt.date | None
    layers: Mapping[str, Layer]
    has: tuple[str, ...]

    @property
    def size(self) -> int:
        """Cells of a layer in the file."""
        return next((layer.shape[0] * layer.shape[1] for layer in self.layers.values()), 0)


def read_layers(
    engine: Engine,
    chunk_reader: ChunkReader,
    path: Path,
    recognition: Recognition,
    wanted: Sequence[Variable],
    may_lack: bool = False,
    chunks: Mapping[str, ChunkTable] | None = None,
) -> Layers:
    """Read whole layers. What is one chunk is read when it is used, without the netCDF library, so that others can use that meanwhile.

    `chunks` are the file's `whole_chunks` where they are known. Raises UnreadableFile, GridMismatch, and LacksVariable unless the file `may_lack` some.
    """
    chunks = whole_chunks(path, wanted) if chunks is None else chunks
    numbers: dict[str, GiveNumbers] = {}
    with engine.open(path) as file:
        arrays = grid_arrays(file.variables)
        there = [one for one in wanted if not may_lack or one.netcdf_name in arrays]
        placement = place(file, arrays, recognition, wanted[0])
        date_inside = date_of_time_coordinate(file)
        found = {one.netcdf_name: wanted_array(arrays, one, path) for one in there}
        for name, array in found.items():
            if name not in chunks or chunks[name].shape != array.header.shape:
                numbers[name] = _plain(file.read(name))
            else:
                numbers[name] = partial(_from_chunk, engine, chunk_reader, path, name, chunks[name])
    layers = {
        one.netcdf_name: Layer(
            numbers[one.netcdf_name], found[one.netcdf_name].shape, _into_values(one, found[one.netcdf_name])
        )
        for one in there
    }
    return Layers(placement, date_inside, layers, tuple(arrays))


def whole_chunks(path: Path, variables: Sequence[Variable]) -> dict[str, ChunkTable]:
    """Return where those variables lie that are one deflated chunk each; the others are for the netCDF library."""
    tables = locate_chunks(path, [one.netcdf_name for one in variables])
    return {name: table for name, table in tables.items() if table.chunk == table.shape}


def place(file: OpenFile, arrays: Mapping[str, GridArray], recognition: Recognition, variable: Variable) -> Placement:
    """Return where an open granule's arrays lie. Raises GridMismatch where that is another grid than the archive's, or a guess."""
    array = arrays.get(variable.netcdf_name) or next(iter(arrays.values()))
    placement = placement_of(file, array)
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
    if variable.netcdf_name not in arrays:
        raise lacks(path, variable.netcdf_name, tuple(arrays))
    return arrays[variable.netcdf_name]


def lacks(path: Path, name: str, has: Sequence[str]) -> LacksVariable:
    """Return the error for a grid variable that a sound file does not have."""
    return LacksVariable(f"{path.name} has no grid variable {name}; it has {', '.join(has)}.")


def single_value(file: OpenFile, array: GridArray, variable: Variable, at: tuple[int, int] | None) -> Float32s:
    """Return the value at one place of an open file's array, (1,), without reading the rest; NaN where there is no such place."""
    if at is None:
        return np.full(1, np.nan, dtype=np.float32)
    return _into_values(variable, array)(file.read(array.header.name, array.index(at)).reshape(1))


def _into_values(variable: Variable, array: GridArray) -> Callable[[Array], Float32s]:
    return partial(decode_flags if variable.id == "SF" else decode, attributes=array.header.attributes)


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
            with engine.open(path) as file:
                numbers = PlainNumbers(file.read(name).reshape(-1))
        yield numbers
