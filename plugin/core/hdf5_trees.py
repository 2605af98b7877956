# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""HDF5's trees and heaps, followed to their last node and found sound, or Unexpected is raised: for hdf5_check.py.

Each node, block and heap is claimed, so that none is met twice: no circle, and no bytes that mean two things. Sections are those of the
HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterator

from .hdf5_objects import UNDEFINED, Blocks, expect, width_of

_MOST_RECORDS = 1_000_000
_MOST_BLOCKS = 100_000
_LARGEST_HEAP = 1 << 24
_LONGEST_TEXT = 1 << 12  # a name, or where a soft link leads
_CHECKSUM = 4


def old_tree(blocks: Blocks, root: int, kind: int, key: int, half: int) -> Iterator[tuple[int, bytes]]:
    """Yield, for each leaf of a version 1 B-tree (III.A.1), the number of its entries, and these: keys of `key` bytes with a child after each.

    One more key follows. A node has room for 2 × `half` children; all of that is in the file.
    """
    expect(half)
    nodes, level, count = [root], None, 0
    while nodes:
        below: list[int] = []
        for node in nodes:
            blocks.claim(node, 24 + 16 * half + (2 * half + 1) * key)
            signature, node_kind, node_level, used = struct.unpack("<4sBBH", blocks.read(node, 8))
            expect(signature == b"TREE" and node_kind == kind and level in (None, node_level) and used <= 2 * half)
            level, count = node_level, count + used
            expect(count <= _MOST_RECORDS and (used or node == root) and level < 16)
            content = blocks.read(node + 24, used * (key + 8) + key)
            if level:
                starts = range(key, used * (key + 8), key + 8)
                below += [struct.unpack_from("<Q", content, at)[0] for at in starts]
            else:
                yield used, content
        nodes, level = below, (level or 0) - 1


def new_tree(blocks: Blocks, address: int, kind: int, size: int) -> list[bytes]:
    """Return all records, of `size` bytes each, of a version 2 B-tree (III.A.2), level by level."""
    blocks.claim(address, 34 + _CHECKSUM)
    blocks.note_checksum(address, 34)
    head = blocks.read(address, 38)
    expect(head[:6] == b"BTHD\0" + bytes((kind,)))
    node_size, found, depth, split, merge, root, count, total = struct.unpack_from("<IHHBBQHQ", head, 6)
    expect(found == size and depth < 16 and 64 <= node_size <= _LARGEST_HEAP and total <= _MOST_RECORDS)
    expect(0 < merge < split <= 100 and 2 * merge <= split)
    if root == UNDEFINED:
        expect(not total and not count and not depth)
        return []
    # A pointer holds address, number of records in the child and, above it, in the child's subtree; in as few bytes as can be needed.
    room = in_subtree = (node_size - 10) // size
    rooms, pointers, subtree_width = [room], [0], 0
    for _ in range(depth):
        pointers.append(8 + width_of(room) + subtree_width)
        rooms.append((node_size - 10 - pointers[-1]) // (size + pointers[-1]))
        in_subtree = (rooms[-1] + 1) * in_subtree + rooms[-1]
        subtree_width = width_of(in_subtree)
        expect(rooms[-1] > 0)
    records: list[bytes] = []
    nodes = [(root, count, total)]
    for level in range(depth, -1, -1):
        below = []
        for node, count, whole in nodes:
            blocks.claim(node, node_size)
            expect(count <= rooms[level] and (level or count == whole) and (count or not depth))
            end, pointer = 6 + count * size, pointers[level]
            block = blocks.read(node, end + (count + 1) * pointer)
            blocks.note_checksum(node, len(block) if level else end)
            expect(block[:6] == (b"BTIN\0" if level else b"BTLF\0") + bytes((kind,)))
            records += [block[at : at + size] for at in range(6, end, size)]
            expect(len(records) <= total)
            if level:
                children = list(_children(block, range(end, len(block), pointer), width_of(room), level))
                expect(count + sum(one[2] for one in children) == whole)
                below += children
        nodes = below
    expect(len(records) == total)
    return records


def _children(block: bytes, places: range, width: int, level: int) -> Iterator[tuple[int, int, int]]:
    for at in places:
        count = int.from_bytes(block[at + 8 : at + 8 + width], "little")
        whole = int.from_bytes(block[at + 8 + width : at + places.step], "little") if level > 1 else count
        yield struct.unpack_from("<Q", block, at)[0], count, whole


class LocalHeap:
    """The names of an old group (III.D)."""

    def __init__(self, blocks: Blocks, address: int) -> None:
        blocks.claim(address, 32)
        head = blocks.read(address, 32)
        size, free, place = struct.unpack_from("<3Q", head, 8)
        expect(head[:5] == b"HEAP\0" and 0 < size <= _LARGEST_HEAP and place != address)
        if place == address + 32:
            blocks.claims[address] += size
            expect(size <= blocks.end - place)
        else:
            blocks.claim(place, size)
        self._names = blocks.read(place, size)
        pieces = 0
        while free not in (1, UNDEFINED):  # 1: there is no further free piece
            expect(free % 8 == 0 and free + 16 <= size and pieces <= size // 16)
            following, length = struct.unpack_from("<QQ", self._names, free)
            expect(16 <= length <= size - free)
            free, pieces = following, pieces + 1

    def text(self, offset: int) -> bytes:
        """Return what stands at an offset, up to the zero byte that ends it, which has to be near."""
        end = self._names.find(b"\0", offset, offset + _LONGEST_TEXT)
        expect(end >= 0)
        return self._names[offset:end]


class FractalHeap:
    """The links or attributes of a new object (III.G): in blocks below rows of blocks of doubling size, or, if huge, each by itself."""

    def __init__(self, blocks: Blocks, address: int) -> None:
        blocks.claim(address, 142 + _CHECKSUM)
        blocks.note_checksum(address, 142)
        self._blocks, self._address = blocks, address
        head = blocks.read(address, 142)
        identifier, filter_size, flags, most = struct.unpack_from("<HHBI", head, 5)
        expect(head[:5] == b"FRHP\0" and identifier in (7, 8) and not filter_size and flags <= 3)
        self._is_checked = bool(flags & 2)
        huge = struct.unpack_from("<Q", head, 22)[0]
        form = struct.Struct("<HQQHHQH")
        self._columns, self._first, self._largest, bits, _, root, rows = form.unpack_from(head, 110)
        expect(0 < self._columns <= 1024 and self._columns & (self._columns - 1) == 0 and 0 < bits <= 64)
        for size in (self._first, self._largest):
            expect(size and size & (size - 1) == 0 and size <= _LARGEST_HEAP)
        expect(32 <= self._first <= self._largest < 1 << bits and most <= self._largest)
        self._offset_width, self._length_width = (bits + 7) // 8, min(width_of(self._largest - 1), width_of(most))
        self._identifier = identifier
        expect(1 + self._offset_width + self._length_width <= identifier)
        self._direct: list[tuple[int, int, int]] = []  # offset, address, size
        self._start = 13 + self._offset_width + (_CHECKSUM if self._is_checked else 0)
        if root != UNDEFINED:
            self._follow(root, 0, rows, bits)
        self._begins = [one[0] for one in self._direct]
        self._huge = self._huge_objects(huge) if huge != UNDEFINED else {}

    def read(self, identifier: bytes) -> bytes:
        """Return the object with a heap ID."""
        version, kind = identifier[0] >> 6, identifier[0] >> 4 & 3
        expect(version == 0 and kind <= 2 and len(identifier) == self._identifier)
        if kind == 2:  # tiny: in the ID itself
            size = (identifier[0] & 15) + 1
            expect(size < self._identifier)
            return identifier[1 : 1 + size]
        if kind == 1:
            address, size = self._huge.get(int.from_bytes(identifier[1:], "little"), (0, 0))
            expect(size)
            return self._blocks.read(address, size)
        end = 1 + self._offset_width
        offset = int.from_bytes(identifier[1:end], "little")
        size = int.from_bytes(identifier[end : end + self._length_width], "little")
        # They were found in the order of their offsets.
        number = bisect.bisect_right(self._begins, offset) - 1
        expect(number >= 0)
        begin, address, whole = self._direct[number]
        expect(self._start <= offset - begin < whole and 0 < size <= begin + whole - offset)
        return self._blocks.read(address + offset - begin, size)

    def _follow(self, address: int, begin: int, rows: int, bits: int) -> None:
        expect(len(self._direct) <= _MOST_BLOCKS)
        if not rows:
            expect(begin == 0)
            self._add_direct(address, 0, self._first)
            return
        # The first two rows have blocks of the first size, each further row of twice the size before.
        entries = rows * self._columns
        expect(rows <= bits)
        self._blocks.claim(address, 13 + self._offset_width + 8 * entries + _CHECKSUM)
        head = self._blocks.read(address, 13 + self._offset_width + 8 * entries)
        self._blocks.note_checksum(address, len(head))
        self._expect_head(head, b"FHIB\0", begin)
        children = struct.unpack_from(f"<{entries}Q", head, 13 + self._offset_width)
        for row in range(rows):
            size = self._first << max(row - 1, 0)
            for child in children[row * self._columns : (row + 1) * self._columns]:
                if child != UNDEFINED and size <= self._largest:
                    self._add_direct(child, begin, size)
                elif child != UNDEFINED:
                    below = (size // self._first).bit_length() - self._columns.bit_length() + 1
                    expect(0 < below < rows)
                    self._follow(child, begin, below, bits)
                begin += size

    def _add_direct(self, address: int, begin: int, size: int) -> None:
        self._blocks.claim(address, size)
        self._expect_head(self._blocks.read(address, 13 + self._offset_width), b"FHDB\0", begin)
        if self._is_checked:
            self._blocks.note_checksum(address, size, at=address + self._start - _CHECKSUM)
        self._direct.append((begin, address, size))

    def _expect_head(self, head: bytes, signature: bytes, begin: int) -> None:
        expect(head[:5] == signature and struct.unpack_from("<Q", head, 5)[0] == self._address)
        expect(int.from_bytes(head[13 : 13 + self._offset_width], "little") == begin)

    def _huge_objects(self, tree: int) -> dict[int, tuple[int, int]]:
        records = new_tree(self._blocks, tree, kind=1, size=24)
        found = {}
        for record in records:
            address, size, number = struct.unpack("<3Q", record)
            self._blocks.claim(address, size)
            found[number] = address, size
        return found


class GlobalHeaps:
    """Pieces of any length that numbers and attributes refer to, in collections (III.E)."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._found: dict[int, dict[int, tuple[int, int]]] = {}

    def piece(self, reference: bytes, at: int, size: int) -> bytes:
        """Return the piece that a field of 16 bytes refers to, which tells how many numbers of `size` bytes it has; it has to have as many."""
        count, address, number = struct.unpack_from("<IQI", reference, at)
        if not count:
            return b""
        if address not in self._found:
            self._found[address] = self._collection(address)
        expect(number in self._found[address])
        place, length = self._found[address][number]
        expect(length == count * size)
        return self._blocks.read(place, length)

    def _collection(self, address: int) -> dict[int, tuple[int, int]]:
        head = self._blocks.read(address, 16)
        size = struct.unpack_from("<Q", head, 8)[0]
        expect(head[:5] == b"GCOL\1" and 4096 <= size <= _LARGEST_HEAP)
        self._blocks.claim(address, size)
        content = self._blocks.read(address, size)
        found: dict[int, tuple[int, int]] = {}
        at = 16
        while at + 16 <= size:
            number, length = struct.unpack_from("<H6xQ", content, at)
            if number == 0:  # free space, of which the length counts its own head
                expect(length == size - at)
                break
            expect(number not in found and length <= size - at - 16)
            found[number] = address + at + 16, length
            at += 16 + -(-length // 8) * 8
        return found
