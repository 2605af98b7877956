# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A run: the retrievals of some granules, turned from day by day to cell by cell. Scratch of a build, but good enough to read from.

A run is a folder of three arrays in numpy's own format: `cells` (ranks, in order), `starts` (where each cell's rows start, and the end)
and `rows`, float32 (rows, 1 + variables): the day since 2000-01-01, exact in float32, and the values. A cell's rows are in order of day.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadRequest, UnreadableFile
from ..files import move
from ..quality import Float32s
from .manifest import Part

EPOCH = dt.date(2000, 1, 1)
_ARRAYS = ("cells", "starts", "rows")


def day_number(day: dt.date) -> int:
    """Return the days since 2000-01-01."""
    return (day - EPOCH).days


class RunBuffer:
    """The retrievals of granules as they are read, up to a number of bytes.

    One block of memory for all of them: many of middle size that live long among many that live short would tear the heap to pieces.
    """

    def __init__(self, variables: int, cells: int, capacity: int) -> None:
        """Take memory for `capacity` bytes of retrievals, which the system gives when it is used; there are `cells` ranks."""
        self._columns = variables + 1
        self._capacity = max(capacity // (4 * self._columns), 1)
        self.release()
        self._days: list[tuple[int, slice]] = []
        self._counts = np.zeros(cells, dtype=np.int64)
        self.size = 0

    def release(self) -> None:
        """Give the memory of an empty buffer back; it is taken again when something is added."""
        self._rows = np.empty((0, self._columns), dtype=np.float32)
        self._ranks = np.empty(0, dtype=np.int32)

    def has_room(self, count: int) -> bool:
        """Return whether so many retrievals fit in. A granule always fits into an empty buffer."""
        return not self.size or self.size + count <= self._capacity

    def add(self, day: dt.date, ranks: NDArray[Any], values: Float32s) -> None:
        """Add the retrievals of one granule: the rank of each cell, each cell once, and its values."""
        if not self.size and max(ranks.size, self._capacity) > len(self._rows):
            self._rows = np.empty((max(ranks.size, self._capacity), self._columns), dtype=np.float32)
            self._ranks = np.empty(len(self._rows), dtype=np.int32)
        place = slice(self.size, self.size + ranks.size)
        self._ranks[place] = ranks
        self._rows[place, 0], self._rows[place, 1:] = day_number(day), values
        self._days.append((day_number(day), place))
        self._counts[ranks] += 1
        self.size = place.stop

    def clear(self) -> None:
        """Forget all granules."""
        self._days, self.size = [], 0
        self._counts[:] = 0

    def by_cell(self) -> tuple[NDArray[Any], NDArray[Any], Float32s]:
        """Return the arrays of a run: `cells`, `starts` and `rows`.

        A counting sort: each row's place follows from how many rows each cell has.
        """
        with_rows = np.flatnonzero(self._counts)
        starts = np.concatenate([[0], np.cumsum(self._counts[with_rows])])
        following = np.zeros_like(self._counts)
        following[with_rows] = starts[:-1]
        rows = np.empty((self.size, self._columns), dtype=np.float32)
        for _, place in sorted(self._days, key=lambda one: one[0]):
            ranks = self._ranks[place]
            rows[following[ranks]] = self._rows[place]
            following[ranks] += 1
        return with_rows.astype(np.int32), starts, rows


def write_run(folder: Path, buffer: RunBuffer, durable: bool = True) -> int:
    """Write what a buffer holds as a run, and clear it; return the rows. The folder appears as a whole. Raises BadRequest.

    `durable` waits until it is on the disk.
    """
    arrays = buffer.by_cell()
    part = folder.with_name(f".{folder.name}.part")
    try:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(part)
        part.mkdir()
        for name, array in zip(_ARRAYS, arrays):
            with (part / f"{name}.npy").open("wb") as stream:
                np.save(stream, array)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
        move(part, folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise BadRequest(
            f"{folder} cannot be written: {error.strerror or error}.", "Make room or choose another place."
        ) from error
    buffer.clear()
    return len(arrays[-1])


def is_index(cells: NDArray[Any], starts: NDArray[Any], rows: int) -> bool:
    """Return whether these can be the cells (ranks) of a part, in order, and where their rows start."""
    if cells.ndim != 1 or starts.shape != (cells.size + 1,) or not cells.size:
        return False
    if cells.dtype.kind not in "iu" or starts.dtype.kind not in "iu" or cells[0] < 0:
        return False
    in_order = bool((np.diff(cells) > 0).all() and (np.diff(starts) > 0).all())
    return in_order and starts[0] == 0 and starts[-1] == rows


class Run:
    """A run, for reading. Any thread. Nothing stays mapped: a map would keep the folder from being deleted on Windows, and end the process
    where the file is cut off."""

    def __init__(self, folder: Path, part: Part, columns: int) -> None:
        """Open a run whose rows have so many `columns`. Raise UnreadableFile where it is not there, not whole or something else."""
        try:
            self.cells, self.starts = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in _ARRAYS[:2])
            rows = np.load(folder / "rows.npy", mmap_mode="r", allow_pickle=False)
            shape, kind, self._offset = rows.shape, rows.dtype, rows.offset
            del rows
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableFile(f"The part {folder.name} of the store cannot be read: {error}.") from None
        if shape != (part.rows, columns) or kind != np.float32 or not is_index(self.cells, self.starts, part.rows):
            raise UnreadableFile(f"The part {folder.name} of the store is damaged.", "Update the store.")
        self._path, self._columns = folder / "rows.npy", columns

    def of_cell(self, rank: int) -> Float32s:
        """Return the rows of one cell, (n, 1 + variables). Raises UnreadableFile."""
        return self.between(rank, rank + 1)[1]

    def between(self, first: int, last: int, columns: Sequence[int] | None = None) -> tuple[NDArray[Any], Float32s]:
        """Return rank and row of every row of the cells from rank `first` to before `last`. Raises UnreadableFile.

        A row is the day and the asked-for `columns` (0 is the first variable), or all of them.
        """
        low, high = np.searchsorted(self.cells, (first, last))
        counts = np.diff(self.starts[low : high + 1])
        start, stop = int(self.starts[low]), int(self.starts[high])
        rows = self._rows(start, stop)
        if columns is not None:
            rows = rows[:, [0, *(column + 1 for column in columns)]]
        return np.repeat(self.cells[low:high], counts), rows

    def _rows(self, start: int, stop: int) -> Float32s:
        wide = self._columns * 4
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._offset + start * wide)
                found = stream.read((stop - start) * wide)
        except OSError as error:
            raise UnreadableFile(f"The store cannot be read: {error.strerror or error}.") from None
        if len(found) < (stop - start) * wide:
            raise UnreadableFile(f"The part {self._path.parent.name} of the store is damaged.", "Build the store anew.")
        return np.frombuffer(found, dtype=np.float32).reshape(-1, self._columns)
