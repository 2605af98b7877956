# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Damage with knowledge of the format: HDF5's checksums are made right again, so that the library believes what was changed.

A mutation is a list of changes, each an offset and bytes; that is enough to make a find again.
"""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_WORD = 0xFFFFFFFF
_CHECKED = re.compile(
    rb"OHDR\x02|OCHK|BTHD|BTIN|BTLF|FRHP|FHDB|FHIB|FAHD|FADB|EAHD|EAIB|EASB|EADB|\x89HDF\r\n\x1a\n[\x02\x03]"
)
_STRUCTURES = (
    b"OHDR",
    b"OCHK",
    b"TREE",
    b"HEAP",
    b"SNOD",
    b"GCOL",
    b"BTHD",
    b"BTLF",
    b"FRHP",
    b"FHDB",
    b"FAHD",
    b"EAHD",
    b"\1\0",
)
_EDGES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 63, 64, 127, 128, 255, 256, 2**15 - 1, 2**15, 2**16 - 1, 2**16)
_FAR_EDGES = (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 8, 2**64 - 2, 2**64 - 1)


def lookup3(data: bytes, start: int = 0) -> int:
    """Return HDF5's checksum of metadata: Bob Jenkins's lookup3, hashlittle (burtleburtle.net/bob/c/lookup3.c, public domain)."""
    left = len(data)
    a = b = c = (0xDEADBEEF + left + start) & _WORD
    at, padded = 0, data + b"\0" * 12
    if not left:
        return c
    while True:
        x, y, z = struct.unpack_from("<3I", padded, at)
        a, b, c = (a + x) & _WORD, (b + y) & _WORD, (c + z) & _WORD
        if left <= 12:
            break
        a, c = ((a - c) & _WORD) ^ _turned(c, 4), (c + b) & _WORD
        b, a = ((b - a) & _WORD) ^ _turned(a, 6), (a + c) & _WORD
        c, b = ((c - b) & _WORD) ^ _turned(b, 8), (b + a) & _WORD
        a, c = ((a - c) & _WORD) ^ _turned(c, 16), (c + b) & _WORD
        b, a = ((b - a) & _WORD) ^ _turned(a, 19), (a + c) & _WORD
        c, b = ((c - b) & _WORD) ^ _turned(b, 4), (b + a) & _WORD
        at, left = at + 12, left - 12
    c = ((c ^ b) - _turned(b, 14)) & _WORD
    a = ((a ^ c) - _turned(c, 11)) & _WORD
    b = ((b ^ a) - _turned(a, 25)) & _WORD
    c = ((c ^ b) - _turned(b, 16)) & _WORD
    a = ((a ^ c) - _turned(c, 4)) & _WORD
    b = ((b ^ a) - _turned(a, 14)) & _WORD
    return ((c ^ b) - _turned(b, 24)) & _WORD


def _turned(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _WORD


@dataclass(frozen=True)
class Block:
    """A checked structure: its first byte, the byte after what is checked, and where the checksum stands (inside, for a heap's block)."""

    start: int
    end: int
    checksum: int

    def sum_of(self, content: bytes) -> int:
        """Return the checksum that the structure should have."""
        part = bytearray(content[self.start : self.end])
        if self.checksum < self.end:
            part[self.checksum - self.start : self.checksum - self.start + 4] = bytes(4)
        return lookup3(bytes(part))


@dataclass(frozen=True)
class Mutation:
    """Changes to a sound file: bytes put at offsets, checksums repaired after that or not, and then its length, if that changes."""

    changes: tuple[tuple[int, bytes], ...] = ()
    repaired: bool = True
    length: int | None = None


@dataclass(frozen=True)
class Seed:
    """A sound file, with what is known of its structure."""

    content: bytes
    blocks: tuple[Block, ...] = field(init=False)
    addresses: tuple[tuple[int, int], ...] = field(init=False)
    """Offsets of numbers that are addresses of structures, and these addresses."""

    def __post_init__(self) -> None:
        is_hdf5 = self.content.startswith(b"\x89HDF")
        object.__setattr__(self, "blocks", tuple(_blocks(self.content)) if is_hdf5 else ())
        object.__setattr__(self, "addresses", tuple(_addresses(self.content)) if is_hdf5 else ())

    def with_changes(self, mutation: Mutation) -> bytes:
        """Return the damaged file."""
        content = bytearray(self.content)
        for offset, new in mutation.changes:
            content[offset : offset + len(new)] = new
        del content[len(self.content) :]
        if mutation.repaired:
            for block in self.blocks:
                if any(
                    offset < block.checksum + 4 and block.start < offset + len(new) for offset, new in mutation.changes
                ):
                    content[block.checksum : block.checksum + 4] = struct.pack("<I", block.sum_of(content))
        if mutation.length is not None:
            content = content[: mutation.length].ljust(mutation.length, b"\0")
        return bytes(content)

    def damaged(self, chance: random.Random) -> Mutation:
        """Return a mutation by chance, mostly of the structure."""
        changes = [self._change(chance) for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3, 5)))]
        length = None
        if chance.random() < 0.03:
            length = chance.randrange(len(self.content) + 100)
        return Mutation(tuple(changes), chance.random() < 0.85, length)

    def _change(self, chance: random.Random) -> tuple[int, bytes]:
        what = chance.random()
        if self.addresses and what < 0.15:
            return chance.choice(self.addresses)[0], struct.pack("<Q", chance.choice(self.addresses)[1])
        if what < 0.5:
            width = chance.choice((1, 1, 2, 4, 8))
            edges = (*_EDGES, *_FAR_EDGES, len(self.content), len(self.content) - 1)
            number = chance.choice(edges) & ((1 << 8 * width) - 1)
            return self._place(chance, width), number.to_bytes(width, "little" if self.blocks else "big")
        if what < 0.85:
            at = self._place(chance, 1)
            old = self.content[at]
            new = (old ^ 1 << chance.randrange(8), chance.randrange(256), old + 1, old - 1)
            return at, bytes((chance.choice(new) & 255,))
        width = chance.choice((4, 8, 16, 24, 40))
        from_there = chance.randrange(len(self.content) - width)
        return self._place(chance, width), self.content[from_there : from_there + width]

    def _place(self, chance: random.Random, width: int) -> int:
        if self.blocks and chance.random() < 0.7:
            block = chance.choice(self.blocks)
            return chance.randrange(block.start, max(block.start + 1, block.end - width))
        return chance.randrange(len(self.content) - width)


def _blocks(content: bytes) -> Iterator[Block]:
    for found in _CHECKED.finditer(content):
        start = found.start()
        for end, checksum in _ends(content, start, found[0]):
            block = Block(start, start + end, start + checksum)
            told = content[block.checksum : block.checksum + 4]
            if block.end <= len(content) and told == struct.pack("<I", block.sum_of(content)):
                yield block
                break


def _ends(content: bytes, start: int, signature: bytes) -> Iterator[tuple[int, int]]:
    """Yield where what is checked may end and its checksum may stand, from the structure's first byte."""
    ends: list[int] | range = range(6, 2100)
    if signature.startswith(b"\x89"):
        ends = [44]
    elif signature.startswith(b"OHDR"):
        flags = content[start + 5]
        size = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        ends = [size + width + int.from_bytes(content[start + size : start + size + width], "little")]
    elif signature == b"OCHK":
        told = re.finditer(re.escape(struct.pack("<Q", start)), content)
        ends = [struct.unpack_from("<Q", content, one.end())[0] - 4 for one in told if one.end() + 8 <= len(content)]
        ends = [end for end in ends if 4 < end < 1 << 16]
    elif signature == b"FHDB":
        yield from ((size, 13 + width) for size in (512, 1024, 2048, 4096) for width in (4, 5, 3, 8))
        return
    yield from ((end, end) for end in ends)


def _addresses(content: bytes) -> Iterator[tuple[int, int]]:
    for offset in range(8, len(content) - 8):
        address = struct.unpack_from("<Q", content, offset)[0]
        if 8 < address < len(content) and content.startswith(_STRUCTURES, address):
            yield offset, address
