# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tiles: the lasting form of a store's retrievals. Plain netCDF4 files that any software reads, and an index that lets ours read faster.

Each file is a CF discrete sampling geometry, `timeSeries` in the contiguous ragged array representation (CF Conventions 1.8, section
9.3.3): the retrievals of one cell lie side by side in order of day, `row_size` counts them by cell, days without one cost nothing.

The index, in numpy's own format, says which rows are a cell's, and where in a file each chunk's bytes lie. It is made from the finished
files and only makes reading faster: what it lacks is read by the netCDF library.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine import Array, Engine, NewVariable
from ..errors import BadRequest, SmosIbError, UnreadableFile
from ..files import replacing
from ..first_look import look_first
from ..grid import EaseGrid
from ..hdf5 import ChunkTable, locate_chunks
from ..quality import Float32s
from ..stored import inflated, numbers_of
from .manifest import Part, StoredVariable, TileFile
from .order import CellOrder
from .runs import EPOCH, is_index

CHUNK = 8192
LEVEL = 1
SPARE_BYTES = 1_000_000
_OWN_NAMES = ("time", "lat", "lon", "row_size", "location_id", "row", "col", "obs", "locations")
_INDEX = ("cells", "starts", "chunks")
_PLAIN_UNITS = str.maketrans({"⁻": "-", "¹": "1", "²": "2", "³": "3"})


@dataclass(frozen=True, eq=False)
class Tile:
    """The retrievals of some cells: their `ranks`, how many `counts` each has, `rows` in that order: day and values, float32."""

    ranks: NDArray[Any]
    counts: NDArray[Any]
    rows: Float32s

    @classmethod
    def of(cls, ranks: NDArray[Any], rows: Float32s) -> Tile:
        """Put rows, each with its cell's rank, into the order of cell and day."""
        order = np.argsort((ranks.astype(np.int64) << 24) + rows[:, 0].astype(np.int64), kind="stable")
        there, counts = np.unique(ranks, return_counts=True)
        return cls(there, counts, rows[order])


def column_name(variable: StoredVariable) -> str:
    """Return what a variable is called in a tile's file."""
    return f"{variable.id}_" if variable.id in _OWN_NAMES else variable.id


def write_tile(
    engine: Engine,
    path: Path,
    tile: Tile,
    grid: EaseGrid,
    variables: Sequence[StoredVariable],
    about: Mapping[str, Any],
) -> NDArray[np.int64]:
    """Write a file and read all of it back. Return where its chunks lie: (1 + variables, chunks, 2), offset and size; 0 where not known.

    Raises BadRequest where it cannot be written, or is not what it should be: a full disk or a lost drive is not always told of.
    """
    observations = _observations(tile, variables)
    content = [*_cells(tile, grid), *observations]
    names = [one.name for one in observations]
    if path.exists():  # left by a merge that was interrupted
        with contextlib.suppress(SmosIbError, OSError):
            return _read_back(None, path, content, names)
    _check_room(path.parent, tile.rows.nbytes)
    with replacing(path, durable=True) as part:
        engine.write(part, content, about)
        try:
            look_first(part)
            return _read_back(engine, part, content, names)
        except UnreadableFile as error:
            raise BadRequest(f"{path.name} was not written well: {error}", "Make room on the disk.") from error


def _check_room(folder: Path, size: int) -> None:
    """Raise BadRequest before the disk is full: the netCDF library may then keep files open, or crash when the process ends."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    if free < size + SPARE_BYTES:
        raise BadRequest(
            f"There is too little room in {folder}: {free / 1e6:,.0f} MB.", "Make room or choose another place."
        )


def _cells(tile: Tile, grid: EaseGrid) -> list[NewVariable]:
    index = CellOrder(grid).index(tile.ranks)
    row, col = np.divmod(index, grid.cols)
    per_cell: list[tuple[str, Array, dict[str, Any]]] = [
        (
            "location_id",
            index.astype(np.int32),
            {"cf_role": "timeseries_id", "long_name": f"grid cell: row x {grid.cols} + column"},
        ),
        ("lon", grid.longitudes()[col], {"standard_name": "longitude", "units": "degrees_east"}),
        ("lat", grid.latitudes()[row], {"standard_name": "latitude", "units": "degrees_north"}),
        ("row", row.astype(np.int16), {"long_name": f"row of {grid.name}, from 0 in the north"}),
        ("col", col.astype(np.int16), {"long_name": f"column of {grid.name}, from 0 in the west"}),
        (
            "row_size",
            tile.counts.astype(np.int32),
            {"long_name": "number of retrievals of this cell", "sample_dimension": "obs"},
        ),
    ]
    return [NewVariable(name, ("locations",), data, about, LEVEL) for name, data, about in per_cell]


def _observations(tile: Tile, variables: Sequence[StoredVariable]) -> list[NewVariable]:
    when = {
        "standard_name": "time",
        "long_name": "calendar day of the granule",
        "units": f"days since {EPOCH} 00:00:00",
        "calendar": "standard",
    }
    columns = [NewVariable("time", ("obs",), tile.rows[:, 0].astype(np.int32), when, LEVEL, CHUNK)]
    for number, variable in enumerate(variables, 1):
        about = {
            "long_name": variable.title,
            "units": {"–": "1", "": "1"}.get(variable.units, variable.units.translate(_PLAIN_UNITS)),
            "coordinates": "time lat lon",
            "source_variable": variable.netcdf_name,
            "_FillValue": np.float32(np.nan),
        }
        data = np.ascontiguousarray(tile.rows[:, number])
        columns.append(NewVariable(column_name(variable), ("obs",), data, about, LEVEL, CHUNK))
    return columns


def _read_back(
    engine: Engine | None, path: Path, content: Sequence[NewVariable], observations: Sequence[str]
) -> NDArray[np.int64]:
    """Compare a file with what it should hold; return where the chunks of the observations lie. Raises UnreadableFile.

    Without an engine a file is not given to the netCDF library, which may crash on what a lost connection or current has left.
    """
    tables = locate_chunks(path, [one.name for one in content])
    places = np.zeros((len(observations), -(-content[-1].data.size // CHUNK), 2), dtype=np.int64)
    whole = path.read_bytes() if tables else b""
    for one in content:
        table = tables.get(one.name)
        if table is None or not _is_ours(table, one):
            if engine is None:
                raise UnreadableFile(f"{one.name} does not lie where it should.")
            with engine.open(path) as file:
                there = file.read(one.name)
        else:
            there = np.concatenate([_chunk(whole, table, number) for number in range(table.offsets.size)])
            there = there[: one.data.size]
            if one.name in observations:
                place = places[observations.index(one.name)]
                place[:, 0], place[:, 1] = table.offsets, table.sizes
        if there.tobytes() != one.data.tobytes():
            raise UnreadableFile(f"{one.name} is not what was written.")
    return places


def _is_ours(table: ChunkTable, one: NewVariable) -> bool:
    as_written = (one.data.dtype, one.data.shape, one.chunks, True)
    return (table.dtype, table.shape, table.chunk, table.shuffled) == as_written


def _chunk(content: bytes, table: ChunkTable, number: int) -> Array:
    first = int(table.offsets[number])
    length = table.chunk[0] * table.dtype.itemsize
    return numbers_of(inflated(content[first : first + int(table.sizes[number])], length), table).whole()


def write_index(folder: Path, cells: Array, counts: Array, chunks: Sequence[NDArray[np.int64]]) -> None:
    """Write a part's index. Raises BadRequest."""
    starts = np.concatenate([[0], np.cumsum(counts)])
    arrays: tuple[Array, ...] = (cells.astype(np.int32), starts, np.concatenate(chunks, axis=1))
    for name, array in zip(_INDEX, arrays):
        with replacing(folder / f"{name}.npy", durable=True) as part, part.open("wb") as stream:
            np.save(stream, array)


class Tiles:
    """A part in tiles, for reading. Any thread."""

    def __init__(self, folder: Path, part: Part, variables: Sequence[StoredVariable], engine: Engine) -> None:
        """Raise UnreadableFile where it is not there."""
        self._folder, self._part, self._engine = folder, part, engine
        self._names = ("time", *(column_name(one) for one in variables))
        self._firsts = np.array([file.first for file in part.files])
        try:
            self.cells, self.starts, self._chunks = (
                np.load(folder / f"{name}.npy", allow_pickle=False) for name in _INDEX
            )
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableFile(f"The part {folder.name} of the store cannot be read: {error}.") from None
        sizes = [-(-file.rows // CHUNK) for file in part.files]
        self._first_chunk = np.concatenate([[0], np.cumsum(sizes)])
        shape = (len(self._names), self._first_chunk[-1], 2)
        if self._chunks.shape != shape or not is_index(self.cells, self.starts, part.rows):
            raise UnreadableFile(f"The part {folder.name} of the store is damaged.", "Update the store.")
        self._check_files()

    def _check_files(self) -> None:
        ends = np.maximum.reduceat(self._chunks.sum(axis=2).max(axis=0), self._first_chunk[:-1])
        for file, end in zip(self._part.files, ends.tolist()):
            try:
                size = (self._folder / file.name).stat().st_size
            except OSError:
                size = 0
            if size < max(end, 1):
                raise UnreadableFile(f"The file {file.name} of the store is gone or cut off.", "Update the store.")

    def of_cell(self, rank: int, columns: Sequence[int]) -> Float32s:
        """Return day and the asked-for columns (0 is the first variable) of one cell, (rows, 1 + columns). Raises UnreadableFile."""
        wanted = (0, *(column + 1 for column in columns))
        number = int(np.searchsorted(self.cells, rank))
        if number == self.cells.size or self.cells[number] != rank:
            return np.empty((0, len(wanted)), dtype=np.float32)
        first, last = int(self.starts[number]), int(self.starts[number + 1])
        at = int(np.searchsorted(self._firsts, first, side="right")) - 1
        return self._rows(at, first - self._part.files[at].first, last - first, wanted)

    def between(self, first: int, last: int, columns: Sequence[int] | None = None) -> tuple[NDArray[Any], Float32s]:
        """Return rank and row of every row of the cells from rank `first` to before `last`. Raises UnreadableFile.

        A row is the day and the asked-for `columns` (0 is the first variable), or all of them: only these are inflated.
        """
        low, high = np.searchsorted(self.cells, (first, last))
        counts = np.diff(self.starts[low : high + 1])
        begin, end = int(self.starts[low]), int(self.starts[high])
        wanted = range(len(self._names)) if columns is None else (0, *(column + 1 for column in columns))
        parts = [np.empty((0, len(wanted)), dtype=np.float32)]
        for at, file in enumerate(self._part.files):
            start, stop = max(begin, file.first), min(end, file.first + file.rows)
            if start < stop:
                parts.append(self._rows(at, start - file.first, stop - start, wanted))
        return np.repeat(self.cells[low:high], counts), np.concatenate(parts)

    def _rows(self, at: int, start: int, count: int, wanted: Sequence[int]) -> Float32s:
        """Return columns of rows of one file, (count, wanted). Raises UnreadableFile.

        Only where the index does not know chunks the netCDF library is asked: it may crash on a file that is damaged.
        """
        rows = np.empty((count, len(wanted)), dtype=np.float32)
        path = self._folder / self._part.files[at].name
        first, last = (self._first_chunk[at] + row // CHUNK for row in (start, start + count - 1))
        if not self._chunks[list(wanted), first : last + 1, 1].all():
            self._by_library(path, wanted, start, rows)
            return rows
        try:
            with path.open("rb") as stream:
                for place, column in enumerate(wanted):
                    rows[:, place] = self._from_chunks(stream, at, column, start, count)
        except OSError as error:
            raise UnreadableFile(f"The store cannot be read: {error.strerror or error}.") from None
        return rows

    def _from_chunks(self, stream: Any, file: int, column: int, start: int, count: int) -> Array:
        rows = self._part.files[file].rows
        dtype, length = np.dtype(np.float32 if column else np.int32), min(CHUNK, rows)
        table = ChunkTable(dtype, (rows,), (length,), True, *np.zeros((2, 1), dtype=np.int64))
        parts = []
        for chunk in range(start // CHUNK, (start + count - 1) // CHUNK + 1):
            offset, size = self._chunks[column, self._first_chunk[file] + chunk]
            if not size:
                raise UnreadableFile("This chunk is for the netCDF library.")
            stream.seek(int(offset))
            numbers = numbers_of(inflated(stream.read(int(size)), length * dtype.itemsize), table)
            skipped = chunk * CHUNK
            parts.append(numbers.between(max(start - skipped, 0), min(start + count - skipped, CHUNK)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _by_library(self, path: Path, wanted: Sequence[int], start: int, rows: Float32s) -> None:
        try:
            with self._engine.open(path) as file:
                for place, column in enumerate(wanted):
                    rows[:, place] = file.read_run(self._names[column], start, len(rows))
        except (SmosIbError, IndexError, ValueError) as error:
            raise UnreadableFile(f"The part {self._folder.name} of the store cannot be read: {error}") from None


def tile_file(name: str, tile: Tile, grid: EaseGrid, first: int) -> TileFile:
    """Return what the manifest says of a tile's file."""
    row, col = np.divmod(CellOrder(grid).index(tile.ranks), grid.cols)
    north, south, west, east = (int(one) for one in (row.min(), row.max(), col.min(), col.max()))
    return TileFile(name, first, len(tile.rows), north, south, west, east)
