# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Inflating faster than zlib, and with the checksum checked: with libdeflate, or else with GDAL, which is built with it more often than not.

GDAL gets the stream dressed as the one strip of a TIFF in memory. It does not look at the checksum, so that is done here.
"""

from __future__ import annotations

import struct
import threading
import zlib

from osgeo import gdal

from ..core.stored import Inflate, zlib_inflate
from .libdeflate import find_libdeflate

# Below this, dressing costs more than it saves.
WORTH_IT_BYTES = 200_000
ROWS = 8
_LONG, _SHORT = 4, 3
_ADOBE_DEFLATE = 8


def fastest_inflate() -> Inflate:
    """Return the fastest way to inflate that there is here."""
    way = find_libdeflate()
    if way is None:
        return gdal_inflate

    def inflate(deflated: bytes, into: bytearray) -> None:
        """Inflate a zlib stream into memory of exactly the length of what it holds. Raises UnreadableFile."""
        if not into or not way(deflated, into):
            zlib_inflate(deflated, into)  # says why

    return inflate


def gdal_inflate(deflated: bytes, into: bytearray) -> None:
    """Inflate a zlib stream into memory of exactly the length of what it holds. Raises UnreadableFile."""
    if len(into) < WORTH_IT_BYTES or len(into) % ROWS or not deflated:
        zlib_inflate(deflated, into)
        return
    name = f"/vsimem/smosib_inflate_{threading.get_ident()}.tif"
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        gdal.FileFromMemBuffer(name, _as_tiff(deflated, len(into)))
        whole = _read(name, into)
    finally:
        gdal.Unlink(name)
        gdal.PopErrorHandler()
    # GDAL does not look at a stream's checksum (RFC 1950, its last four bytes): damaged numbers would pass for measured ones.
    if not whole or zlib.adler32(into) != int.from_bytes(deflated[-4:], "big"):
        # zlib says why, or succeeds where this GDAL is built without what the dressing needs
        zlib_inflate(deflated, into)


def _read(name: str, into: bytearray) -> bool:
    try:
        dataset = gdal.OpenEx(name, gdal.OF_RASTER, allowed_drivers=["GTiff"])
        if dataset is None:
            return False
        # The error state tells of a damaged stream even where the bytes before the damage were given.
        gdal.ErrorReset()
        # As a block: what goes through GDAL's block cache asks for aligned memory, of which glibc before 2.38 never finds an old piece again.
        read = dataset.GetRasterBand(1).ReadBlock(0, 0, buf_obj=into)
        return read is not None and gdal.GetLastErrorType() < gdal.CE_Failure
    except RuntimeError:
        return False


def _as_tiff(strip: bytes, length: int) -> bytes:
    """Return a TIFF of ROWS × length / ROWS bytes whose one strip is the zlib stream (TIFF 6.0, sections 2 and 8; Adobe's Deflate)."""
    start = 8
    padding = len(strip) % 2
    tags = (
        (256, _LONG, length // ROWS),  # width
        (257, _LONG, ROWS),  # height
        (258, _SHORT, 8),  # bits a sample
        (259, _SHORT, _ADOBE_DEFLATE),
        (262, _SHORT, 1),  # black is zero
        (273, _LONG, start),  # strip offset
        (277, _SHORT, 1),  # samples a pixel
        (278, _LONG, ROWS),  # rows a strip
        (279, _LONG, len(strip)),
    )
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    header = struct.pack("<2sHI", b"II", 42, start + len(strip) + padding)
    return b"".join((header, strip, b"\0" * padding, struct.pack("<H", len(tags)), directory, b"\0" * 4))
