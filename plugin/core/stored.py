# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A variable's numbers as they lie in a file, whole in memory: read by the netCDF library, or inflated from the bytes of its one chunk.

The netCDF libraries inflate with zlib, under the one lock. A chunk's bytes can be read and inflated in any thread, by a faster
inflater, and of the shuffled bytes only those of the wanted elements need to be put in order.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .engine import Array
from .errors import OutOfReach, UnreadableFile
from .hdf5 import ChunkTable
from .quality import Float32s

Inflate = Callable[[bytes, bytearray], None]
"""Inflates a zlib stream into memory of exactly the length of what it holds, or raises UnreadableFile. Called in several threads at once."""

Indices = NDArray[np.intp]


def inflated(deflated: bytes, length: int) -> bytes:
    """Return what a zlib stream holds; its checksum is checked. Raises UnreadableFile where that is damaged or not of this length."""
    inflater = zlib.decompressobj()
    try:
        whole = inflater.decompress(deflated, length + 1)  # no more memory, whatever the stream holds
    except zlib.error as error:
        raise UnreadableFile(f"A chunk cannot be inflated: {error}.", "The file is damaged.") from None
    if len(whole) <= length and not inflater.eof:
        raise UnreadableFile("A chunk cannot be inflated: its end is missing.", "The file is damaged.")
    if len(whole) != length:
        held = f"more than {length:,}" if len(whole) > length else f"{len(whole):,} of {length:,}"
        raise UnreadableFile(f"A chunk holds {held} bytes.", "The file is damaged.")
    return whole


def zlib_inflate(deflated: bytes, into: bytearray) -> None:
    """Inflate with Python's zlib. Raises UnreadableFile."""
    into[:] = inflated(deflated, len(into))


class Numbers(Protocol):
    """The stored numbers of a variable, flat, in the file's order."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def whole(self) -> Array:
        """Return all numbers, (size,)."""
        ...

    def between(self, start: int, stop: int) -> Array:
        """Return the numbers from index `start` to before `stop`."""
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

    def between(self, start: int, stop: int) -> Array:
        """Return the numbers from index `start` to before `stop`."""
        return self.numbers[start:stop]

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
        return self.between(0, self.size)

    def between(self, start: int, stop: int) -> Array:
        """Return the numbers from index `start` to before `stop`."""
        return np.ascontiguousarray(self.planes[:, start:stop].T).view(self.dtype).reshape(-1)

    def take(self, indices: Indices) -> Array:
        """Return the numbers at flat indices."""
        found = np.empty((len(indices), self.planes.shape[0]), dtype=np.uint8)
        part = np.empty(len(indices), dtype=np.uint8)
        for number, plane in enumerate(self.planes):
            plane.take(indices, out=part, mode="wrap")  # into given memory without a copy for the case of an error
            found[:, number] = part
        return found.view(self.dtype).reshape(-1)

    def unlike(self, index: int) -> Indices:
        """Return the indices of the numbers that differ in any byte from the one at `index`; of NaN, those that are not NaN for sure."""
        planes = self.planes
        one = self.take(np.array([index]))[0]
        if one != one:
            # IEEE 754: sign and exponent lie in the first two bytes of the number, and with them the bit that every NaN of a library has
            # set. What has the same two bytes is NaN too.
            planes = planes[-2:] if self.dtype.newbyteorder("<") == self.dtype else planes[:2]
        differs = planes[0] != planes[0, index]
        for plane in planes[1:]:
            differs |= plane != plane[index]
        return np.flatnonzero(differs)


def numbers_of(whole: bytes | bytearray, table: ChunkTable) -> Numbers:
    """Return the numbers in the inflated bytes of one of a table's chunks; they are used where they are."""
    if table.shuffled and table.dtype.itemsize > 1:
        planes = np.frombuffer(whole, dtype=np.uint8).reshape(table.dtype.itemsize, -1)
        return ShuffledNumbers(planes, table.dtype)
    return PlainNumbers(np.frombuffer(whole, dtype=table.dtype))


_MOST_IDLE = 1 << 24
"""Bytes that are kept for the next chunk; those of a 25 km grid take 7 million. For a larger one new memory counts for less."""


class ChunkReader:
    """Reads variables that are one chunk each with plain file reads. Any thread; holds no lock.

    It keeps the memory that it inflates into, one piece for each thread that works at the same time: memory that is new to the process costs
    more than the inflating.
    """

    def __init__(self, inflate: Inflate) -> None:
        self._inflate = inflate
        self._idle: list[bytearray] = []

    @contextlib.contextmanager
    def numbers(self, path: Path, table: ChunkTable) -> Iterator[Numbers]:
        """Give the numbers of a table's only chunk, until the block ends. Raises UnreadableFile."""
        length = int(np.prod(table.chunk)) * table.dtype.itemsize
        try:
            with path.open("rb") as stream:
                stream.seek(int(table.offsets[0]))
                deflated = stream.read(int(table.sizes[0]))
        except OSError as error:
            raise OutOfReach(f"{path.name} cannot be read: {error.strerror or error}.") from None
        try:
            memory = self._idle.pop()
        except IndexError:
            memory = bytearray()
        if len(memory) != length:
            memory = bytearray(length)
        try:
            self._inflate(deflated, memory)
            yield numbers_of(memory, table)
        finally:
            if length <= _MOST_IDLE:
                self._idle.append(memory)


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
