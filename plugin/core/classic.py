# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The header of a classic netCDF file, read to its end and found sound, and so how long the file has to be.

The library reads a truncated file without an error and makes up zeros; at counts that it believes it runs out of memory, or hangs.
Source: netCDF File Format Specifications, The NetCDF Classic Format, with its 64-bit offset and 64-bit data variants.
"""

from __future__ import annotations

import math
from typing import BinaryIO

from .errors import UnreadableFile
from .limits import MOST_ATTRIBUTE_BYTES, MOST_ATTRIBUTES, MOST_DIMENSIONS, MOST_NAME, MOST_OBJECTS

_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
_TYPES_OF_OLD = 6  # in all but the 64-bit data variant
_PAGE = 1 << 14


def classic_length(stream: BinaryIO) -> int:
    """Return the bytes up to the last number that the header promises. Raises UnreadableFile where the header itself is cut or damaged."""
    stream.seek(0)
    header = _Header(stream)
    record_count = header.count()
    sizes = [header.dimension() for _ in range(header.list_of(_DIMENSIONS, MOST_OBJECTS))]
    header.pass_attributes()
    variables = [header.variable(sizes) for _ in range(header.list_of(_VARIABLES, MOST_OBJECTS))]
    if sizes.count(0) > 1 or any(begin < header.at for _, begin, size in variables if size):
        raise _damaged()
    records = [(begin, size) for is_record, begin, size in variables if is_record]
    ends = [begin + size for is_record, begin, size in variables if not is_record]
    if records and record_count:
        stride = records[0][1] if len(records) == 1 else sum(_padded(size) for _, size in records)
        ends += [begin + (record_count - 1) * stride + size for begin, size in records]
        _expect_apart([(begin, _padded(size)) for begin, size in records])
    elif record_count >= 1 << 32:
        raise _damaged()
    _expect_apart([(begin, size) for is_record, begin, size in variables if not is_record])
    return max(ends, default=header.at)


def _expect_apart(places: list[tuple[int, int]]) -> None:
    """Raise UnreadableFile where two variables lie upon each other. The last bytes of a record may be those that pad it."""
    places = sorted(place for place in places if place[1])
    if any(begin + size > following for (begin, size), (following, _) in zip(places, places[1:])):
        raise _damaged()


class _Header:
    """The header, read from front to back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._page, self._page_at = stream, b"", 0
        self.at = 0
        """Bytes read so far."""
        self._attributes = self._attribute_bytes = 0
        version = self._bytes(4)[3]
        self._count_width = 8 if version == 5 else 4
        self._offset_width = 4 if version == 1 else 8
        self._types = _TYPE_SIZES if version == 5 else {one: _TYPE_SIZES[one] for one in range(1, _TYPES_OF_OLD + 1)}

    def count(self) -> int:
        number = self._number(self._count_width)
        # All ones: a writer that did not know how many records would follow.
        return 0 if number == 256**self._count_width - 1 else number

    def list_of(self, tag: int, most: int) -> int:
        found, number = self._number(4), self.count()
        if found not in (0, tag) or (found == 0 and number) or number > most:
            raise _damaged()
        return number

    def dimension(self) -> int:
        self._pass_name()
        return self._number(self._count_width)

    def pass_attributes(self) -> None:
        for _ in range(self.list_of(_ATTRIBUTES, MOST_ATTRIBUTES)):
            self._pass_name()
            size = self._type_size() * self.count()
            self._attributes += 1
            self._attribute_bytes += size
            if self._attributes > MOST_ATTRIBUTES or self._attribute_bytes > MOST_ATTRIBUTE_BYTES:
                raise _damaged()
            self._bytes(_padded(size))

    def variable(self, sizes: list[int]) -> tuple[bool, int, int]:
        """Return whether the variable grows along the record dimension, its first byte, and its bytes (of one record)."""
        self._pass_name()
        rank = self.count()
        if rank > MOST_DIMENSIONS:
            raise _damaged()
        numbers = [self._number(self._count_width) for _ in range(rank)]
        if any(number >= len(sizes) for number in numbers):
            raise _damaged()
        self.pass_attributes()
        size = self._type_size()
        self.count()
        begin = self._number(self._offset_width)
        lengths = [sizes[number] for number in numbers]
        is_record = bool(lengths) and lengths[0] == 0
        if 0 in lengths[1:]:  # only the first dimension may be the one of the records
            raise _damaged()
        return is_record, begin, size * math.prod(lengths[1:] if is_record else lengths)

    def _pass_name(self) -> None:
        length = self.count()
        if not 0 < length <= MOST_NAME:
            raise _damaged()
        name = self._bytes(_padded(length))[:length]
        if b"\0" in name or b"/" in name:
            raise _damaged()
        if not _is_text(name):
            raise UnreadableFile(
                "A name of a dimension, variable or attribute in this file is no text in UTF-8, which netCDF demands.",
                "Write it again with names in UTF-8; or if it was downloaded, it is damaged: download it again.",
            )

    def _type_size(self) -> int:
        number = self._number(4)
        if number not in self._types:
            raise _damaged()
        return self._types[number]

    def _number(self, width: int) -> int:
        return int.from_bytes(self._bytes(width), "big")

    def _bytes(self, number: int) -> bytes:
        # No name or attribute is longer; a damaged count must not take all memory.
        start = self.at - self._page_at
        if start + number > len(self._page) and number <= MOST_ATTRIBUTE_BYTES:
            self._stream.seek(self.at)
            self._page, self._page_at, start = self._stream.read(max(_PAGE, number)), self.at, 0
        found = self._page[start : start + number]
        if len(found) < number:
            raise _damaged()
        self.at += number
        return found


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _padded(size: int) -> int:
    return -(-size // 4) * 4


def _damaged() -> UnreadableFile:
    return UnreadableFile("The file is damaged or truncated at its very beginning.", "Download it again.")
