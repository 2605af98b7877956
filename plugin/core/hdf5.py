# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a netCDF4 file keeps the deflated bytes of its variables, so that they can be read without the netCDF library and its lock.

A locator, not a reader: it follows addresses (hdf5_objects.py) and interprets no value. It knows the forms that netCDF4 files have, and
whatever is not exactly one of them is left out; the caller then reads the ordinary way. Sections are those of the HDF5 File Format
Specification 3.0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .hdf5_objects import NOT_AS_EXPECTED, Blocks, expect, find, leaves, messages
from .limits import MOST_BYTES


@dataclass(frozen=True, eq=False)
class ChunkTable:
    """Where a variable's chunks lie in its file.

    Each is a zlib stream of a whole `chunk` in row-major order, also where it reaches beyond `shape`. If `shuffled`, the stream holds
    the first byte of every number, then the second byte of every number, and so on.
    """

    dtype: np.dtype[np.generic]  # with byte order
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    shuffled: bool
    offsets: NDArray[np.int64]  # from the file's first byte, by chunk, the chunks in row-major order
    sizes: NDArray[np.int64]  # deflated bytes, by chunk


def locate_chunks(path: Path, names: Collection[str]) -> dict[str, ChunkTable]:
    """Return a table for each named variable of the root group that is stored as deflated chunks of plain numbers.

    The filters are deflate, or shuffle and deflate; all chunks are there, unmasked and inside the file. Every other variable is left
    out, and every one of a file that is damaged, truncated, unreadable or not HDF5. Never raises for what a file contains. Needs no
    lock: safe in any thread, beside any netCDF library.
    """
    tables: dict[str, ChunkTable] = {}
    try:
        if not path.is_file():  # to open a pipe would wait for its writer
            return {}
        with path.open("rb", buffering=0) as stream:
            blocks = Blocks(stream)
            for name, address in find(blocks, names).items():
                try:
                    tables[name] = _table(blocks, address)
                except NOT_AS_EXPECTED:
                    continue
    except (OSError, *NOT_AS_EXPECTED):
        return {}
    return tables


_DATASPACE, _DATATYPE, _LAYOUT, _FILTERS = 0x01, 0x03, 0x08, 0x0B  # message types
_DEFLATE, _SHUFFLE = 1, 2
# The sign's place, then as stored: bit offset, precision, exponent's place and size, mantissa's place and size, exponent's bias.
_IEEE = {4: (31, 0, 32, 23, 8, 0, 23, 127), 8: (63, 0, 64, 52, 11, 0, 52, 1023)}
_BEST_DEFLATE = 1032  # bytes from one: a copy of at most 258 bytes takes at least two bits


def _table(blocks: Blocks, header: int) -> ChunkTable:
    """Return the table of a dataset by the address of its object header."""
    bodies = messages(blocks, header, (_DATASPACE, _DATATYPE, _LAYOUT, _FILTERS))
    expect(all(len(same) == 1 for same in bodies.values()))
    [space], [kind], [layout], [filters] = bodies.values()
    shape, dtype = _shape(space), _dtype(kind)
    shuffled = _is_shuffled(filters, dtype.itemsize)
    # The size of a number counts as one more dimension, in which there is one chunk.
    lengths, entries = _chunks(blocks, layout, len(shape) + 1)
    expect(0 not in lengths and lengths[-1] == dtype.itemsize)
    counts = (*(-(-whole // part) for whole, part in zip(shape, lengths)), 1)
    expect(0 < entries.size == math.prod(counts))
    expect(not entries["mask"].any())
    addresses, sizes, end = entries["child"], entries["size"].astype(np.uint64), np.uint64(blocks.end)
    expect(((addresses < end) & (sizes <= end - addresses)).all())
    expect(math.prod(lengths) <= min(_BEST_DEFLATE * int(sizes.min()), MOST_BYTES))
    # The tree is sorted by each chunk's first cell; so whatever is missing, twice there or out of place shows here.
    origins = np.array(np.unravel_index(np.arange(entries.size), counts)).T * lengths
    expect((entries["origin"] == origins).all())
    return ChunkTable(dtype, shape, lengths[:-1], shuffled, addresses.astype(np.int64), sizes.astype(np.int64))


def _shape(body: bytes) -> tuple[int, ...]:
    """Return the shape from a Dataspace message (IV.A.2.b)."""
    version, rank = body[0], body[1]
    expect(version == 1 or (version == 2 and body[3] == 1))  # 1: simple
    expect(0 < rank < 32)  # of numpy's 32 dimensions one is for the size of a number
    return struct.unpack_from(f"<{rank}Q", body, 8 if version == 1 else 4)


def _dtype(body: bytes) -> np.dtype[np.generic]:
    """Return the type from a Datatype message (IV.A.2.d): an integer or IEEE floating point without spare bits."""
    head, bits, sign, more, size, offset, precision = struct.unpack_from("<4BIHH", body)
    expect(head >> 4 in (1, 2, 3) and more == 0 and offset == 0 and precision == 8 * size)
    order = ">" if bits & 1 else "<"
    if head & 15 == 0:
        expect(size in (1, 2, 4, 8))
        return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}")
    # Bit 6 is for VAX. Bits 4 and 5: the mantissa's first bit is implied.
    expect(head & 15 == 1 and bits & 0x70 == 0x20)
    expect((sign, *struct.unpack_from("<HHBBBBI", body, 8)) == _IEEE.get(size))
    return np.dtype(f"{order}f{size}")


def _is_shuffled(body: bytes, size: int) -> bool:
    """Return whether bytes are shuffled, from a Filter Pipeline message (IV.A.2.l) of deflate, or of shuffle and deflate."""
    version, count = body[0], body[1]
    expect(version in (1, 2) and count in (1, 2))
    # Version 2 has no names for the library's own filters; version 1 pads name and values to eight bytes.
    at, form, unit = (8, "<HHHH", 2) if version == 1 else (2, "<HHH", 1)
    filters = []
    for _ in range(count):
        number, *name_length, _, values = struct.unpack_from(form, body, at)
        at += struct.calcsize(form) + sum(-(-length // 8) * 8 for length in name_length)
        if number == _SHUFFLE:
            expect(values == 1 and struct.unpack_from("<I", body, at)[0] == size)
        at += 4 * -(-values // unit) * unit
        filters.append(number)
    expect(filters in ([_DEFLATE], [_SHUFFLE, _DEFLATE]))
    return count == 2


def _chunks(blocks: Blocks, body: bytes, rank: int) -> tuple[tuple[int, ...], NDArray[np.void]]:
    """Return a chunk's lengths, that of a number last, and an entry for each chunk, from a Data Layout message (IV.A.2.i)."""
    version, kind = body[0], body[1]
    expect(version in (3, 4) and kind == 2)  # 2: chunked
    expect(body[2 if version == 3 else 3] == rank)
    entry = np.dtype([("size", "<u4"), ("mask", "<u4"), ("origin", "<i8", (rank,)), ("child", "<u8")])
    if version == 3:
        tree, *lengths = struct.unpack_from(f"<Q{rank}I", body, 3)
        return tuple(lengths), leaves(blocks, tree, 1, entry)
    width = body[4]
    end = 5 + rank * width
    expect(body[2] == 2 and width and body[end] == 1)  # one chunk, and its filtered size is told
    lengths = [int.from_bytes(body[at : at + width], "little") for at in range(5, end, width)]
    size, mask, address = struct.unpack_from("<QIQ", body, end + 1)
    expect(size < 1 << 32)
    return tuple(lengths), np.array([(size, mask, (0,) * rank, address)], entry)
