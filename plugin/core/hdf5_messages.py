# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The messages in HDF5 object headers, each taken apart and found sound, or Unexpected is raised: for hdf5_check.py.

Stricter than the HDF5 library, which believes sizes, places and counts that it should not: nothing reaches beyond what holds it, and
what no netCDF file has is not accepted. Sections are those of the HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

from .hdf5_objects import UNDEFINED, expect
from .hdf5_types import Datatype, datatype
from .limits import MOST_BYTES, MOST_DIMENSIONS, MOST_NAME

CONTIGUOUS, CHUNKED = 1, 2
_MOST_FILTERS, _MOST_PARAMETERS = 32, 64
_DEFLATE, _SHUFFLE, _FLETCHER, _SZIP, _NBIT, _SCALE_OFFSET = range(1, 7)


@dataclass(frozen=True)
class Dataspace:
    """A shape, and `most` of it that there may be; `cells` is 1 for a single number and 0 where there is none."""

    shape: tuple[int, ...]
    most: tuple[int, ...]
    cells: int


@dataclass(frozen=True)
class Layout:
    """Where and how numbers are stored. `address` is None where nothing is stored yet; `chunk` is empty unless chunked.

    `index` is the kind of a chunk index of version 4, or 0 for a version 1 B-tree; `rest` is what the message tells of it.
    """

    kind: int
    address: int | None
    size: int = 0
    chunk: tuple[int, ...] = ()
    index: int = 0
    rest: bytes = b""


@dataclass(frozen=True)
class Attribute:
    """An attribute, and its bytes as stored."""

    name: bytes
    type: Datatype
    space: Dataspace
    data: bytes


def dataspace(body: bytes) -> Dataspace:
    """Return the shape (IV.A.2.b)."""
    version, rank, flags = body[0], body[1], body[2]
    expect(version in (1, 2) and rank <= MOST_DIMENSIONS and flags <= 1)
    kind, start = (min(rank, 1), 8) if version == 1 else (body[3], 4)  # 0 one number, 1 simple, 2 none
    expect(kind <= 2 and (kind == 1) == (rank > 0))
    most = lengths = struct.unpack_from(f"<{rank}Q", body, start)
    if flags:
        most = struct.unpack_from(f"<{rank}Q", body, start + 8 * rank)
        expect(all(length <= limit for length, limit in zip(lengths, most)))  # unlimited is the largest number
    cells = math.prod(lengths)
    expect(cells < 1 << 60 and all(length < 1 << 60 for length in lengths))
    return Dataspace(lengths, most, 0 if kind == 2 else cells)


def fill_value(body: bytes, is_old: bool, size: int) -> bytes:
    """Return the fill value (IV.A.2.e, f) of a type of `size` bytes, empty where there is none."""
    if is_old:
        start, has = 0, True
    elif body[0] == 3:
        has, start = bool(body[1] & 0x20), 2
        expect(body[1] < 0x40 and body[1] & 0x30 != 0x30)
    else:
        expect(body[0] in (1, 2) and body[1] <= 3 and body[2] <= 2 and body[3] <= 1)
        start, has = 4, body[0] == 1 or body[3] == 1
    length = struct.unpack_from("<i", body, start)[0] if has else 0
    if length <= 0:
        expect(length >= -1)
        return b""
    value = body[start + 4 : start + 4 + length]
    expect(length == len(value) == size)
    return value


def filters(body: bytes, size: int) -> tuple[int, ...]:
    """Return the numbers of the filters (IV.A.2.l) that numbers of `size` bytes went through, in the order of writing."""
    version, count = body[0], body[1]
    expect(version in (1, 2) and 0 < count <= _MOST_FILTERS)
    at, found = (8 if version == 1 else 2), []
    for _ in range(count):
        number = struct.unpack_from("<H", body, at)[0]
        named = version == 1 or number >= 256  # version 2 has no names for the library's own filters
        length = struct.unpack_from("<H", body, at + 2)[0] if named else 0
        at += 4 if named else 2
        flags, values = struct.unpack_from("<HH", body, at)
        expect(length % 8 == 0 or version == 2)
        expect(length <= MOST_NAME and values <= _MOST_PARAMETERS and flags <= 1)
        at += 4 + length
        told = struct.unpack_from(f"<{values}I", body, at)
        at += 4 * (values + (values % 2 if version == 1 else 0))
        if number == _DEFLATE:
            expect(values == 1 and told[0] <= 9)
        elif number == _SHUFFLE:
            expect(told == (size,))
        elif number == _FLETCHER:
            expect(not values)
        found.append(number)
    expect(at <= len(body) and len(set(found)) == len(found))
    return tuple(found)


def layout(body: bytes) -> Layout:
    """Return the layout (IV.A.2.i). Versions 1 and 2 are those of HDF5 before 1.6.3."""
    version = body[0]
    expect(1 <= version <= 4)
    if version < 3:
        rank, kind = body[1], body[2]
        expect(kind <= CHUNKED and 0 < rank <= MOST_DIMENSIONS + 1)
        address, at = (struct.unpack_from("<Q", body, 8)[0], 16) if kind else (0, 8)
        lengths = struct.unpack_from(f"<{rank}I", body, at)
        if kind == CHUNKED:
            return Layout(kind, _or_none(address), chunk=_chunk(lengths))
        size = math.prod(lengths) if kind else struct.unpack_from("<I", body, at + 4 * rank)[0]
        expect(kind or at + 4 * rank + 4 + size <= len(body))
        return Layout(kind, _or_none(address), size)
    kind = body[1]
    if kind == 0:
        size = struct.unpack_from("<H", body, 2)[0]
        expect(4 + size <= len(body))
        return Layout(kind, None, size)
    if kind == CONTIGUOUS:
        address, size = struct.unpack_from("<QQ", body, 2)
        return Layout(kind, _or_none(address), size)
    expect(kind == CHUNKED)  # not virtual: that opens other files
    if version == 3:
        rank, address = struct.unpack_from("<BQ", body, 2)
        expect(1 < rank <= MOST_DIMENSIONS + 1)
        return Layout(kind, _or_none(address), chunk=_chunk(struct.unpack_from(f"<{rank}I", body, 11)))
    flags, rank, width = body[2], body[3], body[4]
    end = 5 + rank * width
    expect(flags <= 3 and 1 < rank <= MOST_DIMENSIONS + 1 and 0 < width <= 8 and end < len(body))
    lengths = tuple(int.from_bytes(body[at : at + width], "little") for at in range(5, end, width))
    index = body[end]
    told = {1: 12 if flags & 2 else 0, 2: 0, 3: 1, 4: 5, 5: 6}.get(index, -1)
    expect(told >= 0)
    address = struct.unpack_from("<Q", body, end + 1 + told)[0]
    return Layout(kind, _or_none(address), flags, _chunk(lengths), index, body[end + 1 : end + 1 + told])


class Parts:
    """Types and shapes of a file's attributes by their bytes: most are the same few."""

    def __init__(self) -> None:
        self._types: dict[bytes, Datatype] = {}
        self._spaces: dict[bytes, Dataspace] = {}

    def type_of(self, body: bytes) -> Datatype:
        """Return the type that some bytes tell."""
        if body not in self._types:
            self._types[body] = datatype(body)[0]
        return self._types[body]

    def space_of(self, body: bytes) -> Dataspace:
        """Return the shape that some bytes tell."""
        if body not in self._spaces:
            self._spaces[body] = dataspace(body)
        return self._spaces[body]


def attribute(body: bytes, parts: Parts, committed: Callable[[bytes], Datatype]) -> Attribute:
    """Return an attribute (IV.A.2.m). `committed` gives the type that is kept elsewhere in the file."""
    version, flags, name_size, type_size, space_size = struct.unpack_from("<BBHHH", body)
    expect(1 <= version <= 3 and flags <= (1 if version > 1 else 0))
    unit = 8 if version == 1 else 1
    at = 9 if version == 3 else 8
    told = []
    for size in (name_size, type_size, space_size):
        told.append(body[at : at + size])
        at += -(-size // unit) * unit
    expect(at <= len(body))
    name = told[0][:-1]
    expect(0 < len(name) <= MOST_NAME and is_text(name) and told[0][-1] == 0)
    kind = committed(told[1]) if flags else parts.type_of(told[1])
    space = parts.space_of(told[2])
    size = kind.size * space.cells
    expect(at + size <= len(body))
    return Attribute(name, kind, space, body[at : at + size])


def is_text(name: bytes) -> bool:
    """Return whether a name is text in UTF-8 without zero bytes, as every name in a netCDF file has to be."""
    try:
        return "\0" not in name.decode()
    except UnicodeDecodeError:
        return False


def _chunk(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Return a chunk's lengths, the last of which is the size of a number."""
    expect(0 not in lengths and math.prod(lengths) <= MOST_BYTES)
    return lengths


def _or_none(address: int) -> int | None:
    return None if address == UNDEFINED else address
