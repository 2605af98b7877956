# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Inflating with libdeflate itself, where it is in the process or can be loaded: GDAL's TIFF driver is mostly linked with it.

It checks a stream's checksum as fast as it inflates, which GDAL does not do at all. Its functions keep no state; ctypes lets other threads
work meanwhile. What is called is libdeflate.h's public interface, the same since version 1.0.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

NAMES = ("libdeflate.so.0", "libdeflate.0.dylib", "libdeflate.dylib", "libdeflate.dll", "deflate.dll")
_SUCCESS = 0

TryInflate = Callable[[bytes, bytearray], bool]
"""Inflates a zlib stream into memory of exactly its length; returns whether it did, and its checksum is right. Any thread."""


def find_libdeflate() -> TryInflate | None:
    """Return libdeflate's way to inflate, None where there is no such library."""
    for name in NAMES:
        try:
            return _way_of(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None


def _way_of(library: Any) -> TryInflate:
    make, free, inflate = (
        library.libdeflate_alloc_decompressor,
        library.libdeflate_free_decompressor,
        library.libdeflate_zlib_decompress,
    )
    make.restype, make.argtypes = ctypes.c_void_p, []
    free.restype, free.argtypes = None, [ctypes.c_void_p]
    inflate.restype = ctypes.c_int
    inflate.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_void_p,  # where to say how much it was: null, for it has to be exactly what there is room for
    ]

    def way(deflated: bytes, into: bytearray) -> bool:
        decompressor = make()
        if not decompressor:
            return False
        try:
            memory = (ctypes.c_char * len(into)).from_buffer(into)
            return bool(inflate(decompressor, deflated, len(deflated), memory, len(into), None) == _SUCCESS)
        finally:
            free(decompressor)

    return way
