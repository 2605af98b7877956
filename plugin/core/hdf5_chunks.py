# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the chunks of an HDF5 dataset lie by its index, found sound, or Unexpected is raised: for hdf5_check.py.

There are six kinds of index: a tree, and since HDF5 1.10 none for a single chunk, none for chunks one after the other, two kinds of array,
and another tree. Sections are those of the HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .hdf5_messages import Layout
from .hdf5_objects import UNDEFINED, Blocks, expect
from .hdf5_trees import new_tree, old_tree
from .limits import MOST_BYTES

_SHUFFLE, _FLETCHER = 2, 3
_SINGLE, _IMPLICIT, _FIXED, _EXTENSIBLE, _TREE = range(1, 6)
_MOST_CHUNKS = 1_000_000
_MOST_MASKS = 16  # a filter is left out where it makes a chunk longer
_CHECKSUM = 4
_COST_OF_A_PAGE = 64  # empty ones too, which are not read

Chunks = NDArray[np.void]
_CHUNK = np.dtype([("address", "<u8"), ("size", "<u8"), ("mask", "<u4"), ("place", "<i8")])
"""`place` counts the chunks of the shape row by row; it is −1 where the index does not tell it."""


def expect_sound_chunks(
    blocks: Blocks, layout: Layout, shape: tuple[int, ...], most: tuple[int, ...], filters: Sequence[int], half: int
) -> Chunks:
    """Return address, size, filter mask and place of every chunk that is stored. `half` is the file's constant for trees of chunks."""
    if layout.address is None:
        return np.empty(0, _CHUNK)
    plain = math.prod(layout.chunk)
    counts = [-(-length // part) for length, part in zip(shape, layout.chunk)]
    if layout.index == 0:
        chunks = _in_old_tree(blocks, layout, counts, half)
    elif layout.index == _SINGLE:
        size, mask = struct.unpack("<QI", layout.rest) if layout.rest else (plain, 0)
        expect(math.prod(counts) == 1)
        chunks = np.array([(layout.address, size, mask, 0)], _CHUNK)
    elif layout.index == _IMPLICIT:
        expect(not filters)
        count = _count(most, layout.chunk)
        blocks.spend(_CHUNK.itemsize * count)  # the file need not hold a byte for each
        chunks = np.zeros(count, _CHUNK)
        chunks["address"] = layout.address + plain * np.arange(count, dtype=np.uint64)
        chunks["size"], chunks["place"] = plain, -1
    elif layout.index == _TREE:
        chunks = _in_new_tree(blocks, layout, counts, plain, bool(filters))
    else:
        form, count = _Element(blocks, plain, bool(filters)), _count(most, layout.chunk)
        if layout.index == _FIXED:
            _take_fixed_array(form, layout, count)
        else:
            _take_extensible_array(form, layout)
        chunks = form.chunks(plain)
    _expect_sizes(blocks, chunks, plain, filters)
    return chunks


def _expect_sizes(blocks: Blocks, chunks: Chunks, plain: int, filters: Sequence[int]) -> None:
    address, size, end = chunks["address"], chunks["size"], np.uint64(blocks.end)
    expect(((address < end) & (size <= end - address) & (size > 0)).all())
    expect((chunks["mask"] >> np.uint32(len(filters)) == 0).all() if len(filters) < 32 else True)
    masks = set(chunks["mask"].tolist())
    expect(len(masks) <= _MOST_MASKS)
    for mask in masks:
        used = [one for number, one in enumerate(filters) if not mask >> number & 1]
        sizes = size[chunks["mask"] == mask]
        if set(used) <= {_SHUFFLE, _FLETCHER}:
            expect((sizes == plain + 4 * used.count(_FLETCHER)).all())
        else:
            expect(
                (sizes > (4 if used[-1] == _FLETCHER else 0)).all()
                and (sizes <= min(2 * plain + 4096, MOST_BYTES)).all()
            )


def _count(most: tuple[int, ...], chunk: tuple[int, ...]) -> int:
    """Return how many chunks there are or may be: arrays are made for the largest shape, along an unlimited dimension for none."""
    limited = [-(-length // part) for length, part in zip(most, chunk) if length != UNDEFINED]
    count = math.prod(limited)
    expect(count <= _MOST_CHUNKS)
    return count


def _in_old_tree(blocks: Blocks, layout: Layout, counts: list[int], half: int) -> Chunks:
    rank = len(layout.chunk)
    entry = np.dtype([("size", "<u4"), ("mask", "<u4"), ("origin", "<u8", (rank,)), ("child", "<u8")])
    leaves = [
        np.frombuffer(content, entry, used)
        for used, content in old_tree(blocks, layout.address or 0, 1, 8 + 8 * rank, half)
    ]
    entries = np.concatenate(leaves) if len(leaves) > 1 else leaves[0]
    places, odd = np.divmod(entries["origin"], np.array(layout.chunk, np.uint64))
    expect(not odd.any())
    expect(not places[:, -1].any())
    chunks = np.empty(entries.size, _CHUNK)
    chunks["place"] = _expect_places(places[:, :-1], counts, in_order=True)
    chunks["address"], chunks["size"], chunks["mask"] = entries["child"], entries["size"], entries["mask"]
    return chunks


def _expect_places(places: NDArray[np.uint64], counts: list[int], in_order: bool) -> NDArray[np.uint64]:
    """Return the chunks' places in the shape, counted row by row; Unexpected unless each has one of its own."""
    expect((places < np.array(counts, np.uint64)).all() and math.prod(counts) < 1 << 62)
    flat = np.zeros(len(places), np.uint64)
    for along, count in zip(places.T, counts):
        flat = flat * np.uint64(count) + along
    ordered = flat if in_order else np.sort(flat)
    expect((ordered[1:] > ordered[:-1]).all())
    return flat


def _in_new_tree(blocks: Blocks, layout: Layout, counts: list[int], plain: int, filtered: bool) -> Chunks:
    rank = len(layout.chunk) - 1
    width = _size_width(plain) if filtered else 0
    extra = width + 4 if filtered else 0
    records = new_tree(blocks, layout.address or 0, 11 if filtered else 10, 8 + extra + 8 * rank)
    chunks = np.zeros(len(records), _CHUNK)
    places = np.zeros((len(records), rank), np.uint64)
    for number, record in enumerate(records):
        size = int.from_bytes(record[8 : 8 + width], "little") if filtered else plain
        mask = struct.unpack_from("<I", record, 8 + width)[0] if filtered else 0
        chunks[number] = struct.unpack_from("<Q", record)[0], size, mask, 0
        places[number] = struct.unpack_from(f"<{rank}Q", record, 8 + extra)
    chunks["place"] = _expect_places(places, counts, in_order=False)
    return chunks


def _size_width(plain: int) -> int:
    """Return how many bytes the size of a filtered chunk takes (H5Dbtree2.c and others: one more than the plain size needs)."""
    return min(8, 1 + (plain.bit_length() - 1 + 8) // 8)


class _Element:
    """How an array tells of a chunk: its address and, if it is filtered, size and mask."""

    def __init__(self, blocks: Blocks, plain: int, filtered: bool) -> None:
        self.blocks, self.filtered = blocks, filtered
        self.size = 8 + (_size_width(plain) + 4 if filtered else 0)
        self._parts: list[bytes] = []
        self._taken = 0

    def expect_head(self, head: bytes, signature: bytes, owner: int | None = None) -> None:
        expect(head[:6] == signature + bytes((0, int(self.filtered))))
        expect(owner is None or struct.unpack_from("<Q", head, 6)[0] == owner)

    def add(self, content: bytes) -> None:
        self._parts.append(content)
        self._taken += len(content)
        expect(self._taken <= self.size * _MOST_CHUNKS)

    def add_block(self, address: int, start: int, count: int, page: int, has: bytes | None = None) -> None:
        """Take the elements of a data block: after `start` bytes, in pages of `page` elements if there are more, of which it `has` some."""
        pages = -(-count // page) if count > page else 0
        self.blocks.spend(_COST_OF_A_PAGE * pages)
        size = start + count * self.size + _CHECKSUM * (pages + 1)
        self.blocks.claim(address, size)
        self.blocks.note_checksum(address, start + (0 if pages else count * self.size))
        if not pages:
            self.add(self.blocks.read(address + start, count * self.size))
            return
        at = address + start + _CHECKSUM
        for number in range(pages):
            whole = min(page, count - number * page) * self.size
            if has is None or has[number // 8] >> (7 - number % 8) & 1:
                self.blocks.note_checksum(at, whole)
                self.add(self.blocks.read(at, whole))
            at += whole + _CHECKSUM

    def chunks(self, plain: int) -> Chunks:
        """Return the chunks of all elements that were taken and are stored."""
        width = self.size - 12
        form = [("address", "<u8"), *([("size", "u1", (width,)), ("mask", "<u4")] if self.filtered else [])]
        elements = np.frombuffer(b"".join(self._parts), np.dtype(form))
        elements = elements[elements["address"] != np.uint64(UNDEFINED)]
        chunks = np.zeros(elements.size, _CHUNK)
        chunks["address"], chunks["size"], chunks["place"] = elements["address"], plain, -1
        if self.filtered:
            wide = np.zeros((elements.size, 8), np.uint8)
            wide[:, :width] = elements["size"]
            chunks["size"], chunks["mask"] = wide.view("<u8")[:, 0], elements["mask"]
        return chunks


def _take_fixed_array(form: _Element, layout: Layout, count: int) -> None:
    blocks, address = form.blocks, layout.address or 0
    blocks.claim(address, 24 + _CHECKSUM)
    blocks.note_checksum(address, 24)
    head = blocks.read(address, 24)
    form.expect_head(head, b"FAHD")
    size, bits, told, block = struct.unpack_from("<BBQQ", head, 6)
    expect(size == form.size and bits == layout.rest[0] and 0 < bits < 32 and told == count)
    if block == UNDEFINED:
        return
    pages = -(-count // (1 << bits)) if count > 1 << bits else 0
    has = blocks.read(block + 14, -(-pages // 8))
    form.expect_head(blocks.read(block, 14), b"FADB", address)
    form.add_block(block, 14 + len(has), count, 1 << bits, has)


def _take_extensible_array(form: _Element, layout: Layout) -> None:
    """Take the elements in an index block, in data blocks that it knows, and in those that its secondary blocks know (VII.D of the specification)."""
    blocks, address = form.blocks, layout.address or 0
    blocks.claim(address, 68 + _CHECKSUM)
    blocks.note_checksum(address, 68)
    head = blocks.read(address, 68)
    form.expect_head(head, b"EAHD")
    size, bits, inside, least, pointers, page_bits = struct.unpack_from("<6B", head, 6)
    expect(size == form.size and bytes((bits, inside, pointers, least, page_bits)) == layout.rest)
    index = struct.unpack_from("<Q", head, 60)[0]
    for power in (least, pointers):
        expect(power and power & (power - 1) == 0)
    expect(0 < bits <= 64 and 0 < page_bits < 32 and pointers >= 2)
    if index == UNDEFINED:
        return
    page, width = 1 << page_bits, (bits + 7) // 8
    rows = 1 + bits - (least.bit_length() - 1)
    known = 2 * (pointers.bit_length() - 1)  # rows of data blocks that the index block knows itself
    here, beyond = 2 * (pointers - 1), rows - known
    expect(beyond >= 0)
    begin = 14 + inside * form.size
    blocks.claim(index, begin + 8 * (here + beyond) + _CHECKSUM)
    head = blocks.read(index, begin + 8 * (here + beyond))
    blocks.note_checksum(index, len(head))
    form.expect_head(head, b"EAIB", address)
    form.add(head[14:begin])
    addresses = list(struct.unpack_from(f"<{here + beyond}Q", head, begin))
    of_row = [(1 << row // 2, least << (row + 1) // 2) for row in range(rows)]  # blocks, and elements of each
    data = [(child, count) for number, count in of_row[:known] for child in [addresses.pop(0) for _ in range(number)]]
    for child, count in data:
        if child != UNDEFINED:
            form.expect_head(blocks.read(child, 14), b"EADB", address)
            form.add_block(child, 14 + width, count, page)
    for row, secondary in zip(range(known, rows), addresses):
        if secondary != UNDEFINED:
            _take_secondary(form, address, secondary, of_row[row], page, width)


def _take_secondary(form: _Element, owner: int, address: int, of_row: tuple[int, int], page: int, width: int) -> None:
    number, count = of_row
    expect(number <= _MOST_CHUNKS)
    bitmap = -(-(count // page) // 8) if count > page else 0
    start = 14 + width + number * bitmap
    form.blocks.claim(address, start + 8 * number + _CHECKSUM)
    head = form.blocks.read(address, start + 8 * number)
    form.blocks.note_checksum(address, len(head))
    form.expect_head(head, b"EASB", owner)
    for block, child in enumerate(struct.unpack_from(f"<{number}Q", head, start)):
        if child != UNDEFINED:
            form.expect_head(form.blocks.read(child, 14), b"EADB", owner)
            has = head[14 + width + block * bitmap : 14 + width + (block + 1) * bitmap]
            form.add_block(child, 14 + width, count, page, has)
