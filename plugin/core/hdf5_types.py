# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""HDF5's types, taken apart and found sound, or Unexpected is raised: for hdf5_check.py.

Sections are those of the HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from .hdf5_objects import expect
from .limits import MOST_DEEP, MOST_DIMENSIONS, MOST_NAME

INTEGER, FLOAT, _TIME, TEXT, _BITS, _OPAQUE, COMPOUND, REFERENCE, _ENUM, SEQUENCE, _ARRAY = range(11)
_LARGEST_TYPE, _MOST_HEAP_FIELDS = 1 << 20, 1024


@dataclass(frozen=True)
class HeapField:
    """A field of a number that is kept in the global heap: where it stands, the type of one piece."""

    offset: int
    base: Datatype


@dataclass(frozen=True)
class Datatype:
    """A type: its class, its bytes, and those of its fields that lie in the global heap or are references to objects."""

    kind: int
    size: int
    heap: tuple[HeapField, ...] = ()
    references: tuple[int, ...] = ()
    is_big_endian: bool = False

    @property
    def has_references(self) -> bool:
        """True where a number is or holds a reference, to an object or to a part of one."""
        return self.kind == REFERENCE or bool(self.references) or any(one.base.has_references for one in self.heap)


def datatype(body: bytes, at: int = 0, depth: int = 0) -> tuple[Datatype, int]:
    """Return the type that stands at an offset (IV.A.2.d), and where it ends."""
    head, *bits, size = struct.unpack_from("<4BI", body, at)
    version, kind, at = head >> 4, head & 15, at + 8
    expect(1 <= version <= 4 and 0 < size <= _LARGEST_TYPE and depth < MOST_DEEP)
    if kind in (INTEGER, _BITS):
        offset, precision = struct.unpack_from("<HH", body, at)
        expect(size <= 16 and precision and offset + precision <= 8 * size)
        return Datatype(kind, size, is_big_endian=bool(bits[0] & 1)), at + 4
    if kind == FLOAT:
        _expect_float(body, at, bits, size)
        return Datatype(kind, size), at + 12
    if kind == TEXT:
        expect(bits[0] & 15 <= 2 and bits[0] >> 4 <= 1)
        return Datatype(kind, size), at
    if kind == _OPAQUE:
        expect(bits[0] % 8 == 0 and at + bits[0] <= len(body))
        return Datatype(kind, size), at + bits[0]
    if kind == REFERENCE:
        expect(version < 4 and (bits[0] & 15, size) in ((0, 8), (1, 12)))  # to an object, to a region
        return Datatype(kind, size, references=(0,) if size == 8 else ()), at
    count = bits[0] | bits[1] << 8
    if kind == COMPOUND:
        return _compound(body, at, version, size, count, depth + 1)
    if kind == _ENUM:
        base, at = datatype(body, at, depth + 1)
        expect(base.kind == INTEGER and base.size == size and count)
        for _ in range(count):
            _, at = _name(body, at, padded=version < 3)
        expect(at + count * size <= len(body))
        return Datatype(kind, size), at + count * size
    if kind == SEQUENCE:
        expect(size == 16 and bits[0] & 15 <= 1)
        base, at = datatype(body, at, depth + 1)
        expect(not bits[0] & 15 or base.size == 1)  # text
        return Datatype(kind, size, (HeapField(0, base),)), at
    expect(kind == _ARRAY and version >= 2)
    return _array(body, at, version, size, depth + 1)


def _expect_float(body: bytes, at: int, bits: list[int], size: int) -> None:
    offset, precision, exponent, exponent_size, mantissa, mantissa_size = struct.unpack_from("<HHBBBB", body, at)
    end = offset + precision
    expect(size <= 16 and precision and end <= 8 * size and exponent_size and mantissa_size)
    expect(offset <= mantissa and mantissa + mantissa_size <= exponent and exponent + exponent_size <= end)
    expect(bits[1] < end and bits[0] & 0x30 != 0x30)  # the sign's place


def _compound(body: bytes, at: int, version: int, size: int, count: int, depth: int) -> tuple[Datatype, int]:
    expect(count)
    heap: list[HeapField] = []
    references: list[int] = []
    width = (size.bit_length() + 7) // 8 if version >= 3 else 4
    taken = []
    for _ in range(count):
        _, at = _name(body, at, padded=version < 3)
        offset = int.from_bytes(body[at : at + width], "little")
        at += width
        lengths = struct.unpack_from("<Bxxx4x4x4I", body, at) if version == 1 else (0,)
        at += 28 if version == 1 else 0
        member, at = datatype(body, at, depth)
        repeated = math.prod(lengths[1 : 1 + lengths[0]]) if version == 1 else 1
        expect(lengths[0] <= 4 and repeated > 0)
        last = offset + repeated * member.size
        taken.append((offset, last))
        _gather(heap, references, member, range(offset, last, member.size))
    taken.sort()
    expect(taken[-1][1] <= size and all(end <= start for (_, end), (start, _) in zip(taken, taken[1:])))
    return Datatype(COMPOUND, size, tuple(heap), tuple(references)), at


def _array(body: bytes, at: int, version: int, size: int, depth: int) -> tuple[Datatype, int]:
    rank = body[at]
    at += 4 if version == 2 else 1
    expect(0 < rank <= MOST_DIMENSIONS)
    lengths = struct.unpack_from(f"<{rank}I", body, at)
    at += 4 * rank * (2 if version == 2 else 1)  # version 2 has permutations too
    base, at = datatype(body, at, depth)
    count = math.prod(lengths)
    expect(count * base.size == size)
    heap: list[HeapField] = []
    references: list[int] = []
    _gather(heap, references, base, range(0, size, base.size))
    return Datatype(_ARRAY, size, tuple(heap), tuple(references)), at


def _gather(heap: list[HeapField], references: list[int], part: Datatype, offsets: range) -> None:
    """Add a part's fields at each of its offsets in the whole."""
    if not (part.heap or part.references):
        return
    expect(len(offsets) * (len(part.heap) + len(part.references)) <= _MOST_HEAP_FIELDS)
    for offset in offsets:
        heap += [HeapField(offset + one.offset, one.base) for one in part.heap]
        references += [offset + one for one in part.references]


def _name(body: bytes, at: int, padded: bool) -> tuple[bytes, int]:
    end = body.find(b"\0", at)
    expect(0 < end - at <= MOST_NAME)
    length = end + 1 - at
    return body[at:end], at + (-(-length // 8) * 8 if padded else length)
