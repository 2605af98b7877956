# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The links of HDF5 groups, in whichever way they are stored, found sound, or Unexpected is raised: for hdf5_check.py.

Sections are those of the HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Union

from . import hdf5_headers as h
from .hdf5_messages import is_text
from .hdf5_objects import UNDEFINED, Blocks, expect
from .hdf5_trees import FractalHeap, LocalHeap, new_tree, old_tree
from .limits import MOST_NAME, MOST_OBJECTS

Target = Union[int, bytes]
"""The address of an object, or where a soft link leads."""
Links = dict[bytes, Target]
"""The links of a group, by name."""

_HARD, _SOFT = 0, 1


@dataclass(frozen=True)
class Dense:
    """How links or attributes are kept in a heap, with a tree by name and one by their order.

    Of each tree: its type, the size of a record, and where in that the heap ID of `width` bytes stands. `highest` are the bytes of the highest order.
    """

    width: int
    highest: int
    by_name: tuple[int, int, int]
    by_order: tuple[int, int, int]
    shared: int | None = None
    """Where a record tells whether the message is shared with other objects."""


LINKS = Dense(7, 8, (5, 11, 4), (6, 15, 8))
ATTRIBUTES = Dense(8, 2, (8, 17, 0), (9, 13, 0), shared=8)


def links_of(blocks: Blocks, superblock: h.Superblock, found: Sequence[h.Message], is_root: bool) -> Links:
    """Return a group's links, from the messages of its header."""
    links: Links = {}
    for name, target in _links(blocks, superblock, found, is_root):
        expect(0 < len(name) <= MOST_NAME and b"/" not in name and is_text(name) and name not in links)
        links[name] = target
        expect(len(links) <= MOST_OBJECTS)
    return links


def dense(blocks: Blocks, body: bytes, form: Dense) -> Iterator[bytes]:
    """Yield links or attributes that a Link Info or Attribute Info message leads to (IV.A.2.c, IV.A.2.v)."""
    flags = body[1]
    expect(body[0] == 0 and flags < 4)
    at = 2 + (form.highest if flags & 1 else 0)
    heap_address, by_name = struct.unpack_from("<QQ", body, at)
    by_order = struct.unpack_from("<Q", body, at + 16)[0] if flags & 2 else UNDEFINED
    if heap_address == UNDEFINED:
        expect(by_name == UNDEFINED and by_order == UNDEFINED)
        return
    heap = FractalHeap(blocks, heap_address)
    found = _identifiers(blocks, by_name, form, *form.by_name)
    expect(len(set(found)) == len(found))
    if by_order != UNDEFINED:
        expect(sorted(_identifiers(blocks, by_order, form, *form.by_order)) == sorted(found))
    for identifier in found:
        yield heap.read(identifier)


def _identifiers(blocks: Blocks, tree: int, form: Dense, kind: int, size: int, start: int) -> list[bytes]:
    records = new_tree(blocks, tree, kind, size)
    expect(form.shared is None or not any(one[form.shared] & h.SHARED for one in records))
    return [one[start : start + form.width] for one in records]


def _links(
    blocks: Blocks, superblock: h.Superblock, found: Sequence[h.Message], is_root: bool
) -> Iterator[tuple[bytes, Target]]:
    for message in found:
        if message.kind == h.SYMBOL_TABLE:
            tree, heap = struct.unpack_from("<QQ", message.body)
            expect(not is_root or superblock.cached in (None, (tree, heap)))
            yield from _symbols(blocks, superblock, tree, heap)
        elif message.kind == h.LINK:
            yield _link(message.body)
        elif message.kind == h.LINK_INFO:
            for body in dense(blocks, message.body, LINKS):
                yield _link(body)


def _link(body: bytes) -> tuple[bytes, Target]:
    """Return name and target from a Link message (IV.A.2.g)."""
    version, flags = body[0], body[1]
    expect(version == 1 and flags < 0x20)
    kind = body[2] if flags & 8 else _HARD
    at = 2 + (1 if flags & 8 else 0) + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    length = int.from_bytes(body[at : at + width], "little")
    at += width
    name = body[at : at + length]
    expect(length == len(name))
    at += length
    if kind == _HARD:
        return name, struct.unpack_from("<Q", body, at)[0]
    expect(kind == _SOFT)  # else it leads to another file
    size = struct.unpack_from("<H", body, at)[0]
    target = body[at + 2 : at + 2 + size]
    expect(0 < size == len(target))
    return name, target


def _symbols(blocks: Blocks, superblock: h.Superblock, tree: int, heap: int) -> Iterator[tuple[bytes, Target]]:
    """Yield the links in a symbol table: nodes (III.B), and names in a local heap (III.D)."""
    names, room = LocalHeap(blocks, heap), 2 * superblock.half_names
    tables: dict[int, bytes] = {}
    for used, content in old_tree(blocks, tree, 0, 8, superblock.half_links):
        for at in range(used):
            key, node = struct.unpack_from("<QQ", content, 16 * at)
            names.text(key)
            blocks.claim(node, 8 + 40 * room)
            head = blocks.read(node, 8)
            count = struct.unpack_from("<H", head, 6)[0]
            expect(head.startswith(b"SNOD\x01") and count <= room)
            entries = struct.iter_unpack("<QQI4xQQ", blocks.read(node + 8, 40 * count))
            for name, address, kind, *cached in entries:
                expect(kind <= 2)
                if kind == 1:
                    _expect_cached(blocks, address, cached, tables)
                # The third kind is a soft link, and the first half of what is cached where it leads.
                yield names.text(name), names.text(cached[0] & 0xFFFFFFFF) if kind == 2 else address
        names.text(struct.unpack_from("<Q", content, 16 * used)[0])


def _expect_cached(blocks: Blocks, address: int, cached: list[int], tables: dict[int, bytes]) -> None:
    """The library may take a group's symbol table from the entry that leads to the group; so the two have to agree.

    `tables` are those that were looked up before, by the group: many entries may lead to one.
    """
    if address not in tables:
        bodies = [one.body for one in h.header(Blocks.apart(blocks), address) if one.kind == h.SYMBOL_TABLE]
        expect(bodies)
        tables[address] = bodies[0]
    expect(struct.unpack_from("<QQ", tables[address]) == tuple(cached))
