# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""From an HDF5 file's first bytes to its named objects, for hdf5.py: addresses, object headers, links, B-trees and heaps.

Sections are those of the HDF5 File Format Specification 3.0. Addresses and lengths take eight bytes in every file accepted. Nothing
read is trusted: no address leaves the file, and all reading together is limited, because damaged addresses can lead in circles.
"""

from __future__ import annotations

import copy
import struct
from collections.abc import Collection, Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_LINK_INFO, _LINK, _CONTINUATION, _SYMBOL_TABLE = 0x02, 0x06, 0x10, 0x11  # message types
UNDEFINED = 2**64 - 1  # as an address
_PAGE = 1 << 14
# What may be spent on one file, in bytes read and asked for; each request and each byte of an object header costs some more.
_BUDGET, _COST_OF_A_READ, _COST_OF_HEADERS = 1 << 26, 512, 16
_MOST_ENTRIES = 1_000_000
_MOST_CHECKED = 5 << 17
"""Bytes under one checksum: eight attributes of 64 kB are the longest that HDF5 writes into an object header, and its other structures are shorter."""


class Unexpected(Exception):
    """The file, or this part of it, does not have the one expected form."""


# What the functions of this module raise, and all that they raise beside OSError; the latter two where a structure is cut short.
NOT_AS_EXPECTED = (Unexpected, struct.error, IndexError)


def expect(condition: object) -> None:
    """Raise Unexpected unless a condition holds."""
    if not condition:
        raise Unexpected


class Blocks:
    """A file's bytes by address. Reads whole pages: metadata lies together, and a remote drive answers few requests faster."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._budget = [_BUDGET]  # one for all that are made `apart`
        self._pages: dict[int, bytes] = {}
        self.claims: dict[int, int] = {}
        """Sizes of the structures met so far, by address."""
        self.checked: list[tuple[int, int, int]] = []
        """Of the structures met so far that have a checksum: their first byte, how many are checked, and where the checksum stands."""
        self.end = stream.seek(0, 2)

    @classmethod
    def apart(cls, other: Blocks) -> Blocks:
        """Return the same bytes and budget, but with claims of their own: for looking at a structure ahead."""
        blocks = copy.copy(other)
        blocks.claims, blocks.checked = {}, []
        return blocks

    def read(self, address: int, size: int) -> bytes:
        """Return `size` bytes. Raises Unexpected where they are not all there, and when too much has been read."""
        expect(size >= 0 and 0 <= address <= self.end - size)
        self.spend(_COST_OF_A_READ + size)
        number, start = divmod(address, _PAGE)
        if start + size <= _PAGE:
            found = self._page(number)[start : start + size]
        else:
            last = (address + size - 1) // _PAGE
            found = b"".join(map(self._page, range(number, last + 1)))[start : start + size]
        expect(len(found) == size)
        return found

    def claim(self, address: int, size: int) -> None:
        """Note that a structure takes these bytes. Raises Unexpected where one begins there already, or where they are not in the file."""
        expect(0 < size <= self.end - address and address not in self.claims)
        self.claims[address] = size

    def note_checksum(self, address: int, size: int, at: int | None = None) -> None:
        """Note that the checksum of `size` bytes follows them, or stands `at` an address among them, where zeros were when it was made.

        Raises Unexpected where so many bytes have none.
        """
        expect(size <= _MOST_CHECKED)
        self.checked.append((address, size, address + size if at is None else at))

    def spend(self, cost: int) -> None:
        """Raise Unexpected when the file's budget is used up."""
        self._budget[0] -= cost
        expect(self._budget[0] >= 0)

    def _page(self, number: int) -> bytes:
        if number not in self._pages:
            self.spend(_PAGE)
            self._stream.seek(number * _PAGE)
            self._pages[number] = self._stream.read(_PAGE)
        return self._pages[number]


def find(blocks: Blocks, names: Collection[str]) -> dict[str, int]:
    """Return the addresses of the object headers of those named objects that the root group has."""
    wanted = {name.encode("utf-8", "surrogatepass"): name for name in names}
    found: dict[str, int] = {}
    for name, address in _links(blocks, _root(blocks)):
        if name in wanted:
            found[wanted[name]] = address
            if len(found) == len(wanted):
                break
    return found


def messages(blocks: Blocks, address: int, wanted: Collection[int]) -> dict[int, list[bytes]]:
    """Return the bodies of the wanted types of messages in an object header (IV.A.1), by type and in the order wanted."""
    head = blocks.read(address, 16)
    modern = head.startswith(b"OHDR\x02")
    if modern:
        flags = head[5]
        start = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)  # times, limits for attributes
        width = 1 << (flags & 3)
        size = int.from_bytes(blocks.read(address + start, width), "little")
        start, form = start + width, struct.Struct("<BHBxx" if flags & 4 else "<BHB")
    else:
        expect(head[0] == 1)
        size = struct.unpack_from("<I", head, 8)[0]
        start, form = 16, struct.Struct("<HHBxxx")
    found: dict[int, list[bytes]] = {kind: [] for kind in wanted}
    parts = [(address + start, size)]
    for place, size in parts:
        block, at = blocks.read(place, size), 0
        blocks.spend(_COST_OF_HEADERS * size)
        while at + form.size <= len(block):
            kind, length, flags = form.unpack_from(block, at)
            begin = at + form.size
            at = begin + length
            if kind == _CONTINUATION:
                place, size = struct.unpack_from("<QQ", block, begin)
                if modern:
                    expect(size >= 8 and blocks.read(place, 4) == b"OCHK")
                    place, size = place + 4, size - 8  # without signature and checksum
                parts.append((place, size))
            elif kind in found:
                expect(at <= len(block) and not flags & 2)  # 2: kept elsewhere, shared with other objects
                found[kind].append(block[begin:at])
    return found


def leaves(blocks: Blocks, root: int, kind: int, entry: np.dtype[np.void]) -> NDArray[np.void]:
    """Return the entries (key and child) of all leaves of a version 1 B-tree (III.A.1), in the order of their keys."""
    nodes, level = [root], None
    while True:
        parts, count = [], 0
        for node in nodes:
            signature, node_kind, node_level, used = struct.unpack_from("<4sBBH", blocks.read(node, 24))
            expect(signature == b"TREE" and node_kind == kind and level in (None, node_level))
            level, count = node_level, count + used
            expect(count <= _MOST_ENTRIES)
            parts.append(blocks.read(node + 24, used * entry.itemsize))
        entries = np.frombuffer(b"".join(parts), entry)
        if not level:
            return entries
        nodes, level = entries["child"].tolist(), level - 1


def _root(blocks: Blocks) -> int:
    """Return the address of the root group from the superblock (II.A), and limit the blocks to the length told there."""
    head = blocks.read(0, 48)
    version = head[8]
    expect(head.startswith(b"\x89HDF\r\n\x1a\n") and version <= 3)
    root: int
    if version < 2:
        widths, start = head[13:15], 24 + 4 * version
        base, _, end, driver, _, root = struct.unpack("<6Q", blocks.read(start, 48))
        expect(driver == UNDEFINED)  # else the addresses may be those of several files
    else:
        widths = head[9:11]
        base, _, end, root = struct.unpack_from("<4Q", head, 12)
        expect(head[11] == 0)  # else its writer has not closed it
    expect(widths == b"\x08\x08" and base == 0 and end <= blocks.end)
    blocks.end = end
    return root


def _links(blocks: Blocks, group: int) -> Iterator[tuple[bytes, int]]:
    """Yield name and address of a group's links, in whichever of three ways they are stored."""
    bodies = messages(blocks, group, (_SYMBOL_TABLE, _LINK, _LINK_INFO))
    for body in bodies[_SYMBOL_TABLE]:  # IV.A.2.r
        yield from _symbols(blocks, *struct.unpack_from("<QQ", body))
    for body in bodies[_LINK]:
        yield from _hard_link(body)
    for body in bodies[_LINK_INFO]:  # IV.A.2.c
        expect(body[0] == 0)
        heap_address, index = struct.unpack_from("<QQ", body, 10 if body[1] & 1 else 2)
        if heap_address != UNDEFINED:
            heap = _Heap(blocks, heap_address)
            for record in _link_records(blocks, index):
                yield from _hard_link(heap.read(record[4:]))


def _hard_link(body: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield name and address from a Link message (IV.A.2.g) if the link is hard."""
    version, flags = body[0], body[1]
    expect(version == 1)
    start = 2 + (1 if flags & 8 else 0) + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    length = int.from_bytes(body[start : start + width], "little")
    name = body[start + width : start + width + length]
    expect(len(name) == length)
    if not (flags & 8 and body[2]):
        yield name, struct.unpack_from("<Q", body, start + width + length)[0]


def _symbols(blocks: Blocks, tree: int, heap: int) -> Iterator[tuple[bytes, int]]:
    """Yield name and address of the links in a symbol table: nodes (III.B), and names in a local heap (III.D).

    The address of a soft link is undefined, so that nothing can be read there.
    """
    head = blocks.read(heap, 32)
    expect(head.startswith(b"HEAP\0"))
    size, _, place = struct.unpack_from("<3Q", head, 8)
    names = blocks.read(place, size)
    for node in leaves(blocks, tree, 0, np.dtype([("key", "<u8"), ("child", "<u8")]))["child"].tolist():
        head = blocks.read(node, 8)
        expect(head.startswith(b"SNOD\x01"))
        count = struct.unpack_from("<H", head, 6)[0]
        for name, address in struct.iter_unpack("<QQ24x", blocks.read(node + 8, 40 * count)):
            end = names.find(b"\0", name)
            expect(end >= 0)
            yield names[name:end], address


def _link_records(blocks: Blocks, address: int) -> Iterator[bytes]:
    """Yield the records, each a hash and a heap ID, of a version 2 B-tree of links (III.A.2), level by level."""
    kind, size = 5, 11
    head = blocks.read(address, 38)
    expect(head.startswith(b"BTHD\0\x05"))
    node_size, record_size, depth, root, count = struct.unpack_from("<IHHxxQH", head, 6)
    expect(record_size == size and depth < 16)
    # A pointer holds address, number of records in the child and, above it, in the child's subtree; in as few bytes as can be needed.
    most = in_subtree = (node_size - 10) // size
    pointers, subtree_width = [0], 0
    for _ in range(depth):
        pointers.append(8 + width_of(most) + subtree_width)
        in_node = (node_size - 10 - pointers[-1]) // (size + pointers[-1])
        in_subtree = (in_node + 1) * in_subtree + in_node
        subtree_width = width_of(in_subtree)
    nodes = [(root, count)]
    for level in range(depth, -1, -1):
        below = []
        for node, count in nodes:
            end, pointer = 6 + count * size, pointers[level]
            block = blocks.read(node, end + (count + 1) * pointer)
            expect(block[:6] == (b"BTIN\0" if level else b"BTLF\0") + bytes((kind,)))
            yield from (block[at : at + size] for at in range(6, end, size))
            for at in range(end, len(block), pointer) if level else ():
                child = struct.unpack_from("<Q", block, at)[0]
                below.append((child, int.from_bytes(block[at + 8 : at + 8 + width_of(most)], "little")))
        nodes = below


def width_of(number: int) -> int:
    """Return how many bytes a number takes."""
    return (number.bit_length() + 7) // 8


class _Heap:
    """A fractal heap's managed objects, in direct blocks below rows of blocks of doubling size (III.G)."""

    def __init__(self, blocks: Blocks, address: int) -> None:
        self._blocks = blocks
        head = blocks.read(address, 142)
        expect(head.startswith(b"FRHP\0") and head[7:9] == b"\0\0")  # no filters
        most = struct.unpack_from("<I", head, 10)[0]
        form = struct.Struct("<HQQHxxQH")
        self._columns, self._first, self._largest, bits, self._root, self._rows = form.unpack_from(head, 110)
        expect(self._columns and 0 < self._first <= self._largest and bits <= 64)
        self._offset_width, self._length_width = (bits + 7) // 8, min(width_of(self._largest - 1), width_of(most))

    def read(self, identifier: bytes) -> bytes:
        """Return the object with a heap ID."""
        expect(identifier[0] == 0)  # version 0, managed
        end = 1 + self._offset_width
        offset = int.from_bytes(identifier[1:end], "little")
        size = int.from_bytes(identifier[end : end + self._length_width], "little")
        block, begin, is_indirect = self._root, 0, self._rows > 0
        while is_indirect:
            expect(self._blocks.read(block, 5) == b"FHIB\0")
            # The first two rows have blocks of the first size, each further row of twice the size before.
            row, row_size = 0, self._first
            while offset >= begin + self._columns * row_size:
                begin += self._columns * row_size
                row_size <<= row > 0
                row += 1
            column = (offset - begin) // row_size
            entry = block + 13 + self._offset_width + 8 * (row * self._columns + column)
            block = struct.unpack("<Q", self._blocks.read(entry, 8))[0]
            begin += column * row_size
            is_indirect = row_size > self._largest
        expect(self._blocks.read(block, 5) == b"FHDB\0")
        return self._blocks.read(block + offset - begin, size)
