# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A variable's numbers as they lie in a file, whole in memory: read by the netCDF library, or inflated from the bytes of its one chunk.

The netCDF libraries inflate with zlib, under the one lock. A chunk's bytes can be read and inflated in any thread, by a faster
inflater, and of the shuffled bytes only those of the wanted elements need to be put in order.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Union

import numpy as np
from numpy.typing import NDArray

from .engine import Array
from .errors import UnreadableFile
from .hdf5 import ChunkTable
from .quality import Float32s

Buffer = Union[bytes, bytearray, memoryview]
Inflate = Callable[[bytes, int], Buffer]
"""Gets a zlib stream and the length of what it holds; gives that, or raises UnreadableFile. Called in several threads at once."""

Indices = NDArray[np.intp]


def zlib_inflate(deflated: bytes, length: int) -> Buffer:
    """Inflate with Python's zlib, which checks the stream's checksum. Raises UnreadableFile."""
    try:
        inflated = zlib.decompress(deflated, bufsize=length)
    except zlib.error as error:
        raise UnreadableFile(f"A chunk cannot be inflated: {error}.", "The file is damaged.") from None
    if len(inflated) != length:
        raise UnreadableFile(f"A chunk holds {len(inflated):,} of {length:,} bytes.", "The file is damaged.")
    return inflated


class Numbers(Protocol):
    """The stored numbers of a variable, flat, in the file's order."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def whole(self) -> Array:
        """Return all numbers, (size,)."""
        ...

    def take(self, indices: Indices) -> Array:
        """Return the numbers at flat indices."""
        ...

    def unlike(self, index: int) -> Indices:
        """Return, in order, the indices of at least all numbers that differ from the one at `index`; NaN equals NaN."""
        ...


@dataclass(frozen=True, eq=False)
class PlainNumbers:
    """Numbers that the netCDF library has read, (size,)."""

    numbers: Array

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self.numbers.size)

    def whole(self) -> Array:
        """Return all numbers."""
        return self.numbers

    def take(self, indices: Indices) -> Array:
        """Return the numbers at flat indices."""
        return self.numbers[indices]

    def unlike(self, index: int) -> Indices:
        """Return the indices of the numbers that differ from the one at `index`."""
        one = self.numbers[index]
        return np.flatnonzero(self.numbers == self.numbers if one != one else self.numbers != one)


@dataclass(frozen=True, eq=False)
class ShuffledNumbers:
    """Numbers whose bytes are apart: `planes`, (bytes of a number, size), holds first the first byte of each, then the second …"""

    planes: NDArray[np.uint8]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self.planes.shape[1])

    def whole(self) -> Array:
        """Return all numbers."""
        return np.ascontiguousarray(self.planes.T).view(self.dtype).reshape(-1)

    def take(self, indices: Indices) -> Array:
        """Return the numbers at flat indices."""
        found = np.empty((len(indices), self.planes.shape[0]), dtype=np.uint8)
        for number, plane in enumerate(self.planes):
            found[:, number] = plane[indices]
        return found.view(self.dtype).reshape(-1)

    def unlike(self, index: int) -> Indices:
        """Return the indices of the numbers that differ in any byte from the one at `index`."""
        differs = self.planes[0] != self.planes[0, index]
        for plane in self.planes[1:]:
            differs |= plane != plane[index]
        return np.flatnonzero(differs)


def read_chunk(path: Path, table: ChunkTable, inflate: Inflate, number: int = 0) -> Numbers:
    """Read one chunk with plain file reads and inflate it. Raises UnreadableFile; holds no lock."""
    length = int(np.prod(table.chunk)) * table.dtype.itemsize
    try:
        with path.open("rb") as stream:
            stream.seek(int(table.offsets[number]))
            deflated = stream.read(int(table.sizes[number]))
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror or error}.") from None
    return numbers_of(inflate(deflated, length), table)


def numbers_of(inflated: Buffer, table: ChunkTable) -> Numbers:
    """Return the numbers in the inflated bytes of one of a table's chunks."""
    if table.shuffled and table.dtype.itemsize > 1:
        planes = np.frombuffer(inflated, dtype=np.uint8).reshape(table.dtype.itemsize, -1)
        return ShuffledNumbers(planes, table.dtype)
    return PlainNumbers(np.frombuffer(inflated, dtype=table.dtype))


PROBES = 64


def retrievals(numbers: Numbers, into_values: Callable[[Array], Float32s]) -> tuple[Indices, Float32s]:
    """Return where there is a value, as flat indices in order, and the values.

    `into_values` decodes element by element, NaN for no retrieval. Most of a day's cells hold the same «no retrieval»: it is looked
    for at a few places, and only what differs from it is decoded.
    """
    probes = np.unique(np.linspace(0, numbers.size - 1, PROBES).astype(np.intp))
    empty = probes[np.isnan(into_values(numbers.take(probes)))]
    if empty.size:
        stored = numbers.take(empty)
        bits = stored.view(f"V{stored.dtype.itemsize}")
        _, first, count = np.unique(bits, return_index=True, return_counts=True)
        at = numbers.unlike(int(empty[first[np.argmax(count)]]))
        values = into_values(numbers.take(at))
    else:
        at = np.arange(numbers.size)
        values = into_values(numbers.whole())
    there = ~np.isnan(values)
    return (at, values) if there.all() else (at[there], values[there])
