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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine import Array, Engine, NewVariable, look_first
from ..errors import BadRequest, SmosIbError, UnreadableFile
from ..files import replacing
from ..grid import EaseGrid
from ..hdf5 import ChunkTable, locate_chunks
from ..quality import Float32s
from ..stored import inflated, numbers_of
from .manifest import Part, StoredVariable, TileFile
from .order import CellOrder
from .runs import EPOCH

CHUNK = 8192
LEVEL = 1
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
    """Write a file and read it back. Return where its chunks lie: (1 + variables, chunks, 2), offset and size; 0 where not known.

    Raises BadRequest where it cannot be written, or is not what it should be: a full disk or a lost drive is not always told of.
    """
    columns = {"time": tile.rows[:, 0].astype(np.int32)}
    for number, variable in enumerate(variables, 1):
        columns[column_name(variable)] = np.ascontiguousarray(tile.rows[:, number])
    if path.exists():  # left by a merge that was interrupted
        with contextlib.suppress(SmosIbError, OSError):
            return _read_back(None, path, columns)
    with replacing(path) as part:
        engine.write(part, [*_cells(tile, grid), *_observations(columns, variables)], about)
        try:
            look_first(part)
            return _read_back(engine, part, columns)
        except SmosIbError as error:
            raise BadRequest(f"{path.name} was not written well: {error}", "Make room on the disk.") from error


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


def _observations(columns: Mapping[str, Array], variables: Sequence[StoredVariable]) -> list[NewVariable]:
    about: dict[str, dict[str, Any]] = {
        "time": {
            "standard_name": "time",
            "long_name": "calendar day of the granule",
            "units": f"days since {EPOCH} 00:00:00",
            "calendar": "standard",
        }
    }
    for variable in variables:
        about[column_name(variable)] = {
            "long_name": variable.title,
            "units": {"–": "1", "": "1"}.get(variable.units, variable.units.translate(_PLAIN_UNITS)),
            "coordinates": "time lat lon",
            "source_variable": variable.netcdf_name,
            "_FillValue": np.float32(np.nan),
        }
    return [NewVariable(name, ("obs",), data, about[name], LEVEL, CHUNK) for name, data in columns.items()]


def _read_back(engine: Engine | None, path: Path, columns: Mapping[str, Array]) -> NDArray[np.int64]:
    """Compare a file with what it should hold; return where its chunks lie. Raises UnreadableFile.

    Without an engine a file is not given to the netCDF library, which may crash on what a lost connection or current has left.
    """
    tables = locate_chunks(path, list(columns))
    size = next(iter(columns.values())).size
    places = np.zeros((len(columns), -(-size // CHUNK), 2), dtype=np.int64)
    content = path.read_bytes() if tables else b""
    for number, (name, expected) in enumerate(columns.items()):
        table = tables.get(name)
        if table is None or not _is_ours(table, expected):
            if engine is None:
                raise UnreadableFile(f"{name} does not lie where it should.")
            with engine.open(path) as file:
                there = file.read(name)
        else:
            there = np.concatenate([_chunk(content, table, one) for one in range(table.offsets.size)])[:size]
            places[number, :, 0], places[number, :, 1] = table.offsets, table.sizes
        if there.tobytes() != expected.tobytes():
            raise UnreadableFile(f"{name} is not what was written.")
    return places


def _is_ours(table: ChunkTable, column: Array) -> bool:
    return table.dtype == column.dtype and table.shape == column.shape and table.chunk == (min(CHUNK, column.size),)


def _chunk(content: bytes, table: ChunkTable, number: int) -> Array:
    first = int(table.offsets[number])
    length = table.chunk[0] * table.dtype.itemsize
    return numbers_of(inflated(content[first : first + int(table.sizes[number])], length), table).whole()


def write_index(folder: Path, cells: Array, counts: Array, chunks: Sequence[NDArray[np.int64]]) -> None:
    """Write a part's index. Raises BadRequest."""
    starts = np.concatenate([[0], np.cumsum(counts)])
    for name, array in zip(_INDEX, (cells, starts, np.concatenate(chunks, axis=1))):
        with replacing(folder / f"{name}.npy") as part, part.open("wb") as stream:
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
                np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _INDEX
            )
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableFile(f"The part {folder.name} of the store cannot be read: {error}.") from None
        sizes = [-(-file.rows // CHUNK) for file in part.files]
        self._first_chunk = np.concatenate([[0], np.cumsum(sizes)])
        whole = self.starts.size == self.cells.size + 1 and self.starts[-1] == part.rows
        if not whole or self._chunks.shape != (len(self._names), self._first_chunk[-1], 2):
            raise UnreadableFile(f"The part {folder.name} of the store is damaged.", "Build the store anew.")

    def of_cell(self, rank: int, columns: Sequence[int]) -> Float32s:
        """Return day and the asked-for columns (0 is the first variable) of one cell, (rows, 1 + columns). Raises UnreadableFile."""
        wanted = (0, *(column + 1 for column in columns))
        number = int(np.searchsorted(self.cells, rank))
        if number == self.cells.size or self.cells[number] != rank:
            return np.empty((0, len(wanted)), dtype=np.float32)
        first, last = int(self.starts[number]), int(self.starts[number + 1])
        at = int(np.searchsorted(self._firsts, first, side="right")) - 1
        return self._rows(at, first - self._part.files[at].first, last - first, wanted)

    def between(self, first: int, last: int) -> tuple[NDArray[Any], Float32s]:
        """Return rank and row of every row of the cells from rank `first` to before `last`. Raises UnreadableFile."""
        low, high = np.searchsorted(self.cells, (first, last))
        counts = np.diff(self.starts[low : high + 1])
        begin, end = int(self.starts[low]), int(self.starts[high])
        wanted = range(len(self._names))
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
