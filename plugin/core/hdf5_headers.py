# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""An HDF5 file's superblock and object headers, read whole and found sound, or Unexpected is raised: for hdf5_check.py.

Unlike hdf5_objects.messages, which looks for some messages, this accounts for every byte of a header, as the library does when it
reads one. Sections are those of the HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .hdf5_objects import UNDEFINED, Blocks, expect

NIL, SPACE, LINK_INFO, TYPE, OLD_FILL, FILL, LINK, EXTERNAL_FILES, LAYOUT = range(9)
GROUP_INFO, FILTERS, ATTRIBUTE, COMMENT, _OLD_TIME, _SHARED_TABLE, _CONTINUATION, SYMBOL_TABLE = range(10, 18)
_TIME, _TREE_CONSTANTS, _DRIVER, ATTRIBUTE_INFO, _REFERENCE_COUNT, _FREE_SPACE, _CACHE_IMAGE = range(18, 25)
_HARMLESS = {GROUP_INFO, COMMENT, _OLD_TIME, _TIME, _TREE_CONSTANTS, _REFERENCE_COUNT, _FREE_SPACE}
KNOWN = _HARMLESS | {
    SPACE,
    LINK_INFO,
    TYPE,
    OLD_FILL,
    FILL,
    LINK,
    LAYOUT,
    FILTERS,
    ATTRIBUTE,
    SYMBOL_TABLE,
    ATTRIBUTE_INFO,
}
SEVERAL = {LINK, ATTRIBUTE}
_MAY_BE_SHARED = {SPACE, TYPE, FILL, FILTERS, ATTRIBUTE}
SHARED = 2
_MOST_PARTS, _LARGEST_HEADER = 10_000, 1 << 24
_CHECKSUM = 4
_COST_OF_A_BYTE = 16  # beside that of reading it; most of it is what a message costs


@dataclass(frozen=True)
class Superblock:
    """Where the root group is, and halves of the room in the nodes of old trees: of links, of chunks; of a node of names."""

    root: int
    half_links: int = 16
    half_chunks: int = 32
    half_names: int = 4
    cached: tuple[int, int] | None = None
    """The symbol table of an old root group, which the library takes from here."""


@dataclass(frozen=True)
class Message:
    """A message of an object header: its type, its flags, its bytes."""

    kind: int
    flags: int
    body: bytes


def superblock(blocks: Blocks) -> Superblock:
    """Return what the superblock tells (II.A), and limit the blocks to the length told there."""
    head = blocks.read(0, min(100, blocks.end))
    version = head[8]
    expect(head.startswith(b"\x89HDF\r\n\x1a\n") and version <= 3)
    if version >= 2:
        blocks.claim(0, 44 + _CHECKSUM)
        blocks.note_checksum(0, 44)
        base, extension, end, root = struct.unpack_from("<4Q", head, 12)
        expect(head[9:11] == b"\x08\x08" and head[11] == 0 and base == 0 and end <= blocks.end)
        blocks.end = end
        found = Superblock(root)
        return found if extension == UNDEFINED else _extended(blocks, extension, found)
    half_names, half_links = struct.unpack_from("<HH", head, 16)
    half_chunks = struct.unpack_from("<H", head, 24)[0] if version else 32
    start = 24 + 4 * version
    base, _, end, driver, _, root, kind = struct.unpack_from("<6QI", head, start)
    expect(head[9:11] == b"\0\0" and head[12:15] == b"\0\x08\x08" and driver == UNDEFINED)
    expect(base == 0 and end <= blocks.end and half_names and half_links and half_chunks and kind <= 1)
    blocks.end = end
    blocks.claim(0, start + 72)
    cached = struct.unpack_from("<QQ", head, start + 56) if kind else None
    return Superblock(root, half_links, half_chunks, half_names, cached)


def header(blocks: Blocks, address: int, largest: int = _LARGEST_HEADER) -> list[Message]:
    """Return all messages of an object header (IV.A.1) but the empty ones, of which there may be very many."""
    head = blocks.read(address, min(64, max(blocks.end - address, 0)))
    found = list(_new_header(blocks, address, head) if head.startswith(b"OHDR") else _old_header(blocks, address, head))
    seen = set()
    for one in found:
        expect(one.kind in KNOWN and one.kind not in seen)
        expect(not one.flags & SHARED or one.kind in _MAY_BE_SHARED)
        if one.kind not in SEVERAL:
            seen.add(one.kind)
    return found


def _new_header(blocks: Blocks, address: int, head: bytes) -> Iterator[Message]:
    flags = head[5]
    expect(head[4] == 2 and flags < 0x40)
    start = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)  # times, limits for attributes
    width = 1 << (flags & 3)
    size = int.from_bytes(head[start : start + width], "little")
    if flags & 0x10:
        most, least = struct.unpack_from("<HH", head, start - 4)
        expect(most >= least)
    start += width
    form = struct.Struct("<BHBxx" if flags & 4 else "<BHB")
    expect(size <= _LARGEST_HEADER)
    blocks.claim(address, start + size + _CHECKSUM)
    blocks.note_checksum(address, start + size)
    parts = [(address + start, size)]
    for place, length in parts:
        expect(len(parts) <= _MOST_PARTS)
        blocks.spend(_COST_OF_A_BYTE * length)
        block, at = blocks.read(place, length), 0
        while at + form.size <= length:
            kind, size, more = form.unpack_from(block, at)
            at += form.size + size
            expect(at <= length)
            body = block[at - size : at]
            if kind == _CONTINUATION:
                expect(size == 16)
                place, size = struct.unpack("<QQ", body)
                expect(8 <= size <= _LARGEST_HEADER and blocks.read(place, 4) == b"OCHK")
                blocks.claim(place, size)
                blocks.note_checksum(place, size - _CHECKSUM)
                parts.append((place + 4, size - 4 - _CHECKSUM))
            elif kind == NIL:
                expect(not more & SHARED)
            else:
                yield Message(kind, more, body)


def _old_header(blocks: Blocks, address: int, head: bytes) -> Iterator[Message]:
    version, count, _, size = struct.unpack_from("<BxHII", head)
    expect(version == 1 and head[1] == 0 and size <= _LARGEST_HEADER and size % 8 == 0)
    blocks.claim(address, 16 + size)
    parts, seen = [(address + 16, size)], 0
    for place, length in parts:
        expect(len(parts) <= _MOST_PARTS)
        blocks.spend(_COST_OF_A_BYTE * length)
        block, at = blocks.read(place, length), 0
        while at < length:
            kind, size, more = struct.unpack_from("<HHB", block, at)
            at, seen = at + 8 + size, seen + 1
            expect(size % 8 == 0 and at <= length)
            body = block[at - size : at]
            if kind == _CONTINUATION:
                place, size = struct.unpack_from("<QQ", body)
                expect(8 <= size <= _LARGEST_HEADER and size % 8 == 0)
                blocks.claim(place, size)
                parts.append((place, size))
            elif kind == NIL:
                expect(not more & SHARED)
            else:
                yield Message(kind, more, body)
    expect(seen == count)


def _extended(blocks: Blocks, address: int, found: Superblock) -> Superblock:
    """Return the superblock with the constants that its extension tells (II.A, IV.A.2.t); nothing else may be in there."""
    for message in header(blocks, address):
        expect(message.kind in _HARMLESS)
        if message.kind == _TREE_CONSTANTS:
            version, chunks, links, names = struct.unpack_from("<BHHH", message.body)
            expect(version == 0 and chunks and links and names)
            found = Superblock(found.root, links, chunks, names)
        elif message.kind == _FREE_SPACE:  # IV.A.2.x; where there is free space is looked up for writing only
            version, strategy, is_kept, _, page = struct.unpack_from("<BBBQQ", message.body)
            expect(version <= 1 and strategy <= 3 and is_kept <= 1 and 512 <= page <= 1 << 30)
    return found
