# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What one file may ask for. It is compared with what the file's headers promise, before the netCDF library or this program reads on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from .errors import UnreadableFile

MOST_CELLS = 11568 * 4872
"""A grid of 3 km has 56 million cells; nothing of this family is larger, and a mutated header must not take all memory."""

MOST_BYTES = 8 * MOST_CELLS
"""What one variable, or one chunk of it, may take in memory: 451 MB."""

MOST_ATTRIBUTE_BYTES = 1 << 24
"""What all attributes of a file may take together."""

MOST_NAME = 256
"""Bytes of a name; the netCDF library has room for no more (netcdf.h, NC_MAX_NAME)."""

MOST_OBJECTS, MOST_ATTRIBUTES = 5_000, 10_000
"""Groups, variables and types of a file; attributes of them all. Daily files have ten and a hundred."""

MOST_DEEP = 32
"""Groups in groups, and types in types."""

MOST_DIMENSIONS = 32
"""Of one variable; numpy and HDF5 have no more."""


def expect_to_fit(name: str, shape: Sequence[int], path: Path) -> None:
    """Raise UnreadableFile where a variable is larger than any grid that is known here."""
    cells = math.prod(shape)
    if cells > MOST_CELLS:
        raise UnreadableFile(
            f"{name} in {path.name} is said to have {' × '.join(map(str, shape))} numbers, which would take {8 * cells:,} bytes; "
            f"a file may ask for {MOST_BYTES:,}.",
            "The file is damaged, or no daily file.",
        )
