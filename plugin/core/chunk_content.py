# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the chunks of a variable hold as many bytes as they should, before the netCDF library inflates them.

The HDF5 library takes a chunk that inflates to less for whole, and reads memory that is not its own: nonsense on the map, or the end of
the process. One that inflates to more takes what memory there is. What is one deflated chunk is never the library's (stored.py); this
is for the rest, and costs as much as inflating it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import OutOfReach, UnreadableFile
from .hdf5_chunks import Chunks
from .limits import MOST_BYTES

DEFLATE, SHUFFLE, CHECKSUM = 1, 2, 3
_MOST_INFLATED = 2 * MOST_BYTES
"""What the chunks of one reading may hold; those at the edges may hold more than the variable has."""


@dataclass(frozen=True, eq=False)
class StoredChunks:
    """The chunks of a variable that are stored: `plain` bytes each, behind filters; the shape of a chunk, and how many there may be along each dimension."""

    chunks: Chunks
    plain: int
    filters: tuple[int, ...]
    chunk: tuple[int, ...]
    counts: tuple[int, ...]

    def expect_whole(self, name: str, path: Path, start: Sequence[int], count: Sequence[int]) -> None:
        """Raise UnreadableFile unless all chunks that a part of the variable needs are whole: `count` numbers from `start` on, along each dimension."""
        strange = [one for one in self.filters if one not in (DEFLATE, SHUFFLE, CHECKSUM)]
        if strange:
            raise UnreadableFile(
                f"{name} in {path.name} is packed by HDF5's filter {strange[0]}, which is not read here: only deflate is.",
                "nccopy -d4 makes a file of that form.",
            )
        if DEFLATE not in self.filters or 0 in count or 0 in self.counts:
            return
        chunks = self.chunks[self._touched(start, count)]
        if chunks.size * self.plain > _MOST_INFLATED:
            raise UnreadableFile(
                f"{name} in {path.name} cannot be read: its {chunks.size:,} chunks would take {chunks.size * self.plain:,} bytes; "
                f"a file may ask for {_MOST_INFLATED:,}.",
                "The file is damaged, or no daily file.",
            )
        try:
            with path.open("rb", buffering=0) as stream:
                for address, size, mask in chunks[["address", "size", "mask"]].tolist():
                    stream.seek(address)
                    if not self._is_whole(stream.read(size), mask):
                        raise UnreadableFile(
                            f"{name} in {path.name} cannot be read: a chunk of it does not hold the {self.plain:,} bytes that it should.",
                            "The file is damaged.",
                        )
        except OSError as error:
            raise OutOfReach(f"{path.name} cannot be read: {error.strerror or error}.") from None

    def _touched(self, start: Sequence[int], count: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which chunks are needed; those of which the index does not tell their place always are."""
        known = self.chunks["place"] >= 0
        places = np.unravel_index(np.where(known, self.chunks["place"], 0), self.counts)
        touched = np.ones(self.chunks.size, dtype=bool)
        for along, first, length, part in zip(places, start, count, self.chunk):
            touched &= (along >= first // part) & (along <= (first + max(length, 1) - 1) // part)
        return touched | ~known

    def _is_whole(self, stored: bytes, mask: int) -> bool:
        used = [one for number, one in enumerate(self.filters) if not mask >> number & 1]
        most = self.plain + 4 * used.count(CHECKSUM)
        for one in reversed(used):
            if one == CHECKSUM:
                if len(stored) < 4:
                    return False
                stored = stored[:-4]
            elif one == DEFLATE:
                inflater = zlib.decompressobj()
                try:
                    stored = inflater.decompress(stored, most + 1)
                except zlib.error:
                    return False
                if not inflater.eof:
                    return False
        return len(stored) == self.plain
