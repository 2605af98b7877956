# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the HDF5 library can be given a file: all that it walks through on opening is walked through before, strictly.

The library believes what a file says of itself. A number changed in the right place makes it write beyond its memory, or go in circles:
one in twenty files with such changes ended the process. So whatever is not exactly as the format has it is refused here.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

import numpy as np

from . import hdf5_headers as h
from .chunk_content import StoredChunks
from .hdf5_chunks import Chunks, expect_sound_chunks
from .hdf5_groups import ATTRIBUTES, Links, dense, links_of
from .hdf5_messages import (
    CHUNKED,
    CONTIGUOUS,
    Attribute,
    Dataspace,
    Parts,
    attribute,
    dataspace,
    fill_value,
    filters,
    layout,
)
from .hdf5_objects import NOT_AS_EXPECTED, Blocks, expect
from .hdf5_trees import GlobalHeaps
from .hdf5_types import FLOAT, INTEGER, SEQUENCE, TEXT, Datatype, datatype
from .limits import MOST_ATTRIBUTE_BYTES, MOST_ATTRIBUTES, MOST_DEEP, MOST_NAME, MOST_OBJECTS
from .lookup3 import checksums

_GROUP, _DATASET, _TYPE = "group", "dataset", "type"
_MOST_SOFT_STEPS, _COST_OF_A_STEP = 16, 512


class NotSound(Exception):
    """Something in a file is not as it has to be. The text is a place in it, such as `/Soil_Moisture, attribute units`."""


def sound_variables(stream: BinaryIO) -> dict[str, StoredChunks]:
    """Return how those variables of an HDF5 file's root group are stored that are in chunks. Raises NotSound and OSError.

    Of what variables hold nothing is looked at but its place.
    """
    walk = _Walk(Blocks(stream))
    try:
        walk.through()
    except NOT_AS_EXPECTED:
        raise NotSound(walk.place) from None
    return walk.stored


class _Walk:
    def __init__(self, blocks: Blocks) -> None:
        self.place = "its beginning"
        self.stored: dict[str, StoredChunks] = {}
        self._blocks, self._heaps = blocks, GlobalHeaps(blocks)
        self._super = h.Superblock(0)
        self._objects: dict[int, str] = {}
        self._types: dict[int, Datatype] = {}
        self._parts = Parts()
        self._links: dict[int, Links] = {}  # by group, by name: an address or a soft link
        self._scales: set[int] = set()
        self._dimension_ids: dict[int, int] = {}  # by object
        self._used_ids: set[int] = set()
        self._references: list[tuple[str, int]] = []
        self._attributes = self._attribute_bytes = 0
        self._data: list[tuple[int, int]] = []
        self._chunks: list[Chunks] = []
        self._committed = partial(_committed, self)

    def through(self) -> None:
        """Raise one of NOT_AS_EXPECTED at what is not sound; `place` then tells where."""
        self._super = h.superblock(self._blocks)
        waiting = [("/", self._super.root, 0)]
        while waiting:
            path, address, depth = waiting.pop()
            self.place = path
            if address in self._objects:
                # A second name. One for a group would make a circle, or a tree without end.
                expect(self._objects[address] != _GROUP)
                continue
            expect(depth <= MOST_DEEP and len(self._objects) < MOST_OBJECTS)
            for name, target in self._object(address, path, depth).items():
                if isinstance(target, int):
                    waiting.append((f"{path.rstrip('/')}/{_shown(name)}", target, depth + 1))
        for path, address in self._references:
            # The netCDF library frees memory twice where a variable's scale turns out to be none.
            self.place = path
            expect(address in self._scales)
        self.place = "its dimensions"
        of_scales = [number for address, number in self._dimension_ids.items() if address in self._scales]
        expect(len(set(of_scales)) == len(of_scales) and self._used_ids <= set(of_scales) <= set(range(MOST_OBJECTS)))
        self._follow_soft_links()
        self.place = "its inner addresses"
        self._expect_disjoint()
        self._expect_checksums()

    def _object(self, address: int, path: str, depth: int) -> Links:
        """Look at one object; return its links, by name."""
        found = h.header(self._blocks, address)
        one = {message.kind: message for message in found}
        if h.SYMBOL_TABLE in one or h.LINK_INFO in one:
            self._objects[address] = _GROUP
            expect(not {h.SPACE, h.TYPE, h.LAYOUT} & one.keys())
            self._links[address] = links = links_of(self._blocks, self._super, found, is_root=depth == 0)
        else:
            expect(depth > 0)
            links = {}
            if h.LAYOUT in one:
                self._objects[address] = _DATASET
                kind, space = self._dataset(one, path)
            else:
                self._objects[address] = _TYPE
                expect(h.TYPE in one and h.SPACE not in one and not one[h.TYPE].flags & h.SHARED)
                kind, space = self._type(one[h.TYPE]), Dataspace((), (), 1)
        for body in self._attribute_bodies(found):
            self.place = f"{path}, an attribute"
            told = self._attribute(body, address, path, *((kind, space) if self._objects[address] == _DATASET else ()))
            if told.name == b"CLASS" and told.data.rstrip(b"\0") == b"DIMENSION_SCALE":
                self._scales.add(address)
        return links

    # Datasets

    def _dataset(self, one: dict[int, h.Message], path: str) -> tuple[Datatype, Dataspace]:
        expect(h.SPACE in one and h.TYPE in one)
        space, kind = dataspace(one[h.SPACE].body), self._type(one[h.TYPE])
        expect(not any(one[part].flags & h.SHARED for part in (h.SPACE, h.FILL, h.FILTERS) if part in one))
        for part in (h.OLD_FILL, h.FILL):
            if part in one:
                value = fill_value(one[part].body, part == h.OLD_FILL, kind.size)
                self._follow_heap(kind, value, self.place)
        used = filters(one[h.FILTERS].body, kind.size) if h.FILTERS in one else ()
        where = layout(one[h.LAYOUT].body)
        size = kind.size * space.cells
        if where.kind == CHUNKED:
            expect(len(where.chunk) == len(space.shape) + 1 and where.chunk[-1] == kind.size and space.cells >= 0)
            chunks = expect_sound_chunks(self._blocks, where, space.shape, space.most, used, self._super.half_chunks)
            self._chunks.append(chunks)
            counts = tuple(-(-length // part) for length, part in zip(space.shape, where.chunk))
            self.stored[path[1:]] = StoredChunks(chunks, math.prod(where.chunk), used, where.chunk[:-1], counts)
        else:
            expect(not used)
            expect(where.size == size or (where.kind == CONTIGUOUS and where.address is None))
            if where.address is not None and size:
                expect(size <= self._blocks.end - where.address)
                self._data.append((where.address, size))
        return kind, space

    def _type(self, message: h.Message) -> Datatype:
        return self._committed(message.body) if message.flags & h.SHARED else self._parts.type_of(message.body)

    def type_at(self, address: int) -> Datatype:
        """Return the type that is an object by itself."""
        if address not in self._types:
            bodies = [one for one in h.header(Blocks.apart(self._blocks), address) if one.kind == h.TYPE]
            expect(len(bodies) == 1 and not bodies[0].flags & h.SHARED)
            self._types[address] = datatype(bodies[0].body)[0]
        return self._types[address]

    # Attributes

    def _attribute_bodies(self, found: list[h.Message]) -> Iterator[bytes]:
        for message in found:
            if message.kind == h.ATTRIBUTE:
                expect(not message.flags & h.SHARED)
                yield message.body
            elif message.kind == h.ATTRIBUTE_INFO:
                yield from dense(self._blocks, message.body, ATTRIBUTES)

    def _attribute(
        self, body: bytes, address: int, path: str, kind: Datatype | None = None, space: Dataspace | None = None
    ) -> Attribute:
        one = attribute(body, self._parts, self._committed)
        self.place = f"{path}, attribute {_shown(one.name)}"
        self._attributes += 1
        self._attribute_bytes += len(one.data)
        expect(self._attributes <= MOST_ATTRIBUTES and self._attribute_bytes <= MOST_ATTRIBUTE_BYTES)
        expect(_fits_netcdf(one, kind, space))
        if one.name in (b"_Netcdf4Dimid", b"_Netcdf4Coordinates"):
            numbers = struct.unpack(f"<{one.space.cells}I", one.data)
            self._used_ids.update(numbers)
            if one.name == b"_Netcdf4Dimid":
                self._dimension_ids[address] = numbers[0]
        if one.name != b"REFERENCE_LIST":  # which the library passes over
            self._follow_heap(one.type, one.data, self.place)
        return one

    def _follow_heap(self, kind: Datatype, data: bytes, path: str, depth: int = 0) -> None:
        """Look at all that numbers of a type refer to: pieces in the global heap, and objects."""
        if not (kind.heap or kind.references) or not data:
            return
        expect(depth < MOST_DEEP and len(data) % kind.size == 0)
        for start in range(0, len(data), kind.size):
            for field in kind.heap:
                piece = self._heaps.piece(data, start + field.offset, field.base.size)
                self._attribute_bytes += len(piece)
                expect(self._attribute_bytes <= MOST_ATTRIBUTE_BYTES)
                self._follow_heap(field.base, piece, path, depth + 1)
            for offset in kind.references:
                self._references.append((path, struct.unpack_from("<Q", data, start + offset)[0]))

    # The whole

    def _follow_soft_links(self) -> None:
        """Each soft link has to lead to a variable: one to nothing is refused by the library, one to a group can be a circle."""
        for group, links in self._links.items():
            for name, target in links.items():
                if isinstance(target, bytes):
                    self.place = f"the link {_shown(name)}"
                    expect(self._objects.get(self._resolve(group, target)) == _DATASET)

    def _resolve(self, group: int, target: bytes, steps: int = 0) -> int:
        expect(steps < _MOST_SOFT_STEPS)
        at = self._super.root if target.startswith(b"/") else group
        for part in target.split(b"/"):
            self._blocks.spend(_COST_OF_A_STEP)  # links of several parts that are links double with each step
            if part not in (b"", b"."):
                found = self._links.get(at, {}).get(part, b"")
                expect(found)
                at = self._resolve(at, found, steps + 1) if isinstance(found, bytes) else found
        return at

    def _expect_disjoint(self) -> None:
        """No byte of the file may belong to two structures."""
        claims = [np.array([*self._blocks.claims.items(), *self._data], np.uint64).reshape(-1, 2)]
        claims += [np.stack((one["address"], one["size"]), axis=1) for one in self._chunks]
        starts, sizes = np.concatenate(claims).T
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], starts[order] + sizes[order]
        expect((starts[1:] >= ends[:-1]).all())

    def _expect_checksums(self) -> None:
        """The library notices a wrong one too, but then frees memory twice in some places."""
        told, parts = [], []
        for address, size, at in self._blocks.checked:
            part = self._blocks.read(address, size)
            told.append(struct.unpack("<I", self._blocks.read(at, 4))[0])
            start = at - address
            parts.append(part if start == size else part[:start] + bytes(4) + part[start + 4 :])
        for (address, _, _), one, other in zip(self._blocks.checked, checksums(parts), told):
            self.place = f"byte {address:,} (its checksum)"
            expect(one == other)


def _committed(walk: _Walk, body: bytes) -> Datatype:
    """Return the type that a shared message refers to (IV.A.2, "Shared Message")."""
    version, kind = body[0], body[1]
    expect(1 <= version <= 3 and (version < 3 or kind == 2))  # not in a heap of shared messages
    return walk.type_at(struct.unpack_from("<Q", body, 8 if version == 1 else 2)[0])


def _fits_netcdf(one: Attribute, kind: Datatype | None, space: Dataspace | None) -> bool:
    """Return whether an attribute that the netCDF library reads for itself fits into the memory that it has ready."""
    if one.name == b"_Netcdf4Dimid":
        return _is_int(one) and one.space.cells == 1
    if one.name == b"_Netcdf4Coordinates":
        return _is_int(one) and space is not None and one.space.cells == len(space.shape)
    if one.name == b"DIMENSION_LIST":
        is_list = one.type.kind == SEQUENCE and one.type.heap[0].base.references == (0,)
        return is_list and space is not None and one.space.cells == len(space.shape)
    if one.name == b"_FillValue" and kind is not None:
        # NCO packs doubles to 16 bits and leaves the fill value a double. The library copies as many bytes as the variable's numbers have.
        is_number = one.type.kind in (INTEGER, FLOAT) and kind.kind in (INTEGER, FLOAT)
        fits = one.type.size >= kind.size if is_number else (one.type.kind, one.type.size) == (kind.kind, kind.size)
        return (one.space.cells == 1 and fits) or kind.kind in (TEXT, SEQUENCE)
    if one.name in (b"CLASS", b"NAME"):
        return one.space.cells <= 1 and one.type.kind == TEXT and one.type.size <= MOST_NAME
    return one.name == b"REFERENCE_LIST" or not one.type.has_references


def _is_int(one: Attribute) -> bool:
    return one.type.kind == INTEGER and one.type.size == 4 and not one.type.is_big_endian


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")
