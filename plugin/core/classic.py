# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a classic netCDF file has to be: the library reads a truncated one without an error and makes up zeros.

Source: netCDF File Format Specifications, The NetCDF Classic Format, with its 64-bit offset and 64-bit data variants.
"""

from __future__ import annotations

import math
from typing import BinaryIO

from .errors import UnreadableFile

_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}


def classic_length(stream: BinaryIO) -> int:
    """Return the bytes up to the last number that the header promises. Raises UnreadableFile where the header itself is cut or damaged."""
    stream.seek(0)
    header = _Header(stream)
    record_count = header.count()
    sizes = [header.dimension() for _ in range(header.list_of(_DIMENSIONS))]
    header.pass_attributes()
    variables = [header.variable(sizes) for _ in range(header.list_of(_VARIABLES))]
    records = [(begin, size) for is_record, begin, size in variables if is_record]
    ends = [begin + size for is_record, begin, size in variables if not is_record]
    if records and record_count:
        stride = records[0][1] if len(records) == 1 else sum(_padded(size) for _, size in records)
        ends += [begin + (record_count - 1) * stride + size for begin, size in records]
    return max(ends, default=stream.tell())


class _Header:
    """The header, read from front to back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        version = self._bytes(4)[3]
        self._count_width = 8 if version == 5 else 4
        self._offset_width = 4 if version == 1 else 8

    def count(self) -> int:
        number = self._number(self._count_width)
        # All ones: a writer that did not know how many records would follow.
        return 0 if number == 256**self._count_width - 1 else number

    def list_of(self, tag: int) -> int:
        found, number = self._number(4), self.count()
        if found not in (0, tag) or (found == 0 and number):
            raise _damaged()
        return number

    def dimension(self) -> int:
        self._pass_name()
        return self.count()

    def pass_attributes(self) -> None:
        for _ in range(self.list_of(_ATTRIBUTES)):
            self._pass_name()
            size = self._type_size()
            self._bytes(_padded(self.count() * size))

    def variable(self, sizes: list[int]) -> tuple[bool, int, int]:
        """Return whether the variable grows along the record dimension, its first byte, and its bytes (of one record)."""
        self._pass_name()
        numbers = [self.count() for _ in range(self.count())]
        if any(number >= len(sizes) for number in numbers):
            raise _damaged()
        self.pass_attributes()
        size = self._type_size()
        self.count()
        begin = self._number(self._offset_width)
        lengths = [sizes[number] for number in numbers]
        is_record = bool(lengths) and lengths[0] == 0
        return is_record, begin, size * math.prod(lengths[1:] if is_record else lengths)

    def _pass_name(self) -> None:
        self._bytes(_padded(self.count()))

    def _type_size(self) -> int:
        number = self._number(4)
        if number not in _TYPE_SIZES:
            raise _damaged()
        return _TYPE_SIZES[number]

    def _number(self, width: int) -> int:
        return int.from_bytes(self._bytes(width), "big")

    def _bytes(self, number: int) -> bytes:
        # No name or attribute is this long; a damaged count must not take all memory.
        found = self._stream.read(number) if number < 1 << 26 else b""
        if len(found) < number:
            raise _damaged()
        return found


def _padded(size: int) -> int:
    return -(-size // 4) * 4


def _damaged() -> UnreadableFile:
    return UnreadableFile("The file is damaged or truncated at its very beginning.", "Download it again.")
