# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A first look at a file, before the netCDF library gets it: whatever could end QGIS's process or hang it is refused with a sentence.

The libraries believe what a file says of itself, and QGIS cannot read in a process of its own (on Windows and macOS, Python's own
program is QGIS). So the structure that they walk through on opening is walked through here, in Python, where nothing but an exception
can happen. The numbers themselves are not looked at.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .chunk_content import StoredChunks
from .classic import classic_length
from .errors import OutOfReach, TruncatedFile, UnreadableFile, VanishedFile, changed
from .hdf5_check import NotSound, sound_variables
from .limits import expect_to_fit

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CLASSIC_SIGNATURES = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_AGAIN = "Download it again."
NOT_A_COORDINATE = "_nc4_non_coord_"
"""What the netCDF library puts before a variable's name in HDF5 where a dimension has that name and is not the variable's first."""
MOST_RECENT, YOUNG_S = 16, 3.0
# What numbers that nobody thought of can make of the looking itself.
_BEYOND_EXPECTATION = (MemoryError, OverflowError, ValueError, RecursionError)


@dataclass(frozen=True)
class Looked:
    """A file that may be given to the netCDF library, its first eight bytes, and how its variables are stored that are in chunks."""

    path: Path
    signature: bytes
    chunked: Mapping[str, StoredChunks]
    key: tuple[int, ...]
    """Which file it was, how long, and how old."""

    def expect_unchanged(self) -> None:
        """Raise ChangedFile where another file is there now, or the same one was written to."""
        if _key_there(self.path) != self.key:
            raise changed(self.path)

    def expect_whole(self, name: str, shape: Sequence[int], start: Sequence[int] | None, count: Sequence[int]) -> None:
        """Raise UnreadableFile where the library must not read a variable of this shape: all of it, or `count` numbers from `start` on."""
        if start is None:
            expect_to_fit(name, shape, self.path)
        for stored in (name, NOT_A_COORDINATE + name):
            if stored in self.chunked:
                self.chunked[stored].expect_whole(
                    name, self.path, [0] * len(shape) if start is None else start, shape if start is None else count
                )


def look_first(path: Path) -> Looked:
    """Raise UnreadableFile with the reason if a file is no whole and sound netCDF file, VanishedFile if it is gone. Any thread; no lock.

    Reads the headers, in an ordinary daily file some 50 kB. HDF5 notes its own length in the superblock (HDF5 File Format Specification 3.0,
    section II.A), so a download that broke off is known without reading further.
    """
    return _looked(path, sound_variables)


def glance(path: Path) -> None:
    """Raise what `look_first` does where a file's first bytes and its length tell already. Reads 64 bytes, of a classic file its header.

    For thousands of files that nobody is about to read.
    """
    _looked(path, lambda stream: {})


def _looked(path: Path, look: Callable[[BinaryIO], dict[str, StoredChunks]]) -> Looked:
    """Return a file that is what it seems by its first bytes and length, and, if it is HDF5, by a further `look`."""
    try:
        _expect_name(path)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # to open a pipe would wait for its writer
            raise UnreadableFile("This is no ordinary file.")
        with path.open("rb", buffering=0) as stream:
            head = stream.read(64)
            is_classic = _expect_whole(stream, head)
            return Looked(path, head[:8], {} if is_classic else look(stream), _key(status))
    except FileNotFoundError:
        raise VanishedFile(f"{path.name} is no longer there.", "Rescan the folder, or reconnect its drive.") from None
    except PermissionError:
        raise OutOfReach("No permission to read this file.", "Ask its owner, or change its permissions.") from None
    except OSError as error:
        raise OutOfReach(f"The file cannot be read: {error.strerror or error}.") from None
    except NotSound as error:
        raise _not_sound(str(error)) from None
    except _BEYOND_EXPECTATION:
        raise _not_sound("itself") from None


def _not_sound(place: str) -> UnreadableFile:
    return UnreadableFile(
        f"The file is damaged, or of a form that no daily file has: what it says of {place} is not as it has to be.",
        "It is kept away from the netCDF library, which might not survive it. Download it again.",
    )


class RecentLooks:
    """Looks at files as `look_first` does, but not again at one of the last few that has not changed since. Any thread.

    A file that was written a moment ago is looked at each time: it may change again without a later time of modification.
    """

    def __init__(self) -> None:
        self._looked: dict[tuple[int, ...], Looked] = {}

    def look(self, path: Path) -> Looked:
        """Return what `look_first` does, and raise what it raises."""
        known = self._looked.get(_key_there(path))
        if known is not None and known.path == path:
            return known
        looked = look_first(path)
        if time.time() - max(looked.key[-2:]) / 1e9 > YOUNG_S:
            for oldest in list(self._looked)[: max(0, len(self._looked) + 1 - MOST_RECENT)]:
                self._looked.pop(oldest, None)
            self._looked[looked.key] = looked
        return looked

    def again(self, looked: Looked) -> Looked:
        """Return a look at what is there now. For whoever had to wait for the lock: a file may have been replaced meanwhile."""
        return looked if _key_there(looked.path) == looked.key else self.look(looked.path)


def _key_there(path: Path) -> tuple[int, ...]:
    try:
        return _key(path.stat())
    except (OSError, ValueError):  # which the look will tell better
        return ()


def _key(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _expect_name(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UnreadableFile(
            "The name of this file or of its folder is no text in UTF-8, so that no netCDF library can open it.",
            "Rename it.",
        ) from None


def _expect_whole(stream: BinaryIO, head: bytes) -> bool:
    """Raise UnreadableFile unless a file begins like netCDF and is as long as it says; return whether it is a classic one."""
    size = os.fstat(stream.fileno()).st_size
    if not head:
        raise UnreadableFile("The file is empty.", _AGAIN)
    is_classic = head.startswith(_CLASSIC_SIGNATURES)
    if not is_classic and not head.startswith(_HDF5_SIGNATURE):
        raise UnreadableFile(f"This is no netCDF file{_seems(head)}.", _AGAIN)
    whole = classic_length(stream) if is_classic else _hdf5_length(head)
    if whole is not None and size < whole:
        raise TruncatedFile(f"The file is truncated: {size:,} of {whole:,} bytes are there.", _AGAIN)
    return is_classic


def _hdf5_length(head: bytes) -> int | None:
    version = head[8] if len(head) > 8 else 255
    if version in (0, 1):
        width, start = head[13] if len(head) > 13 else 0, 24 + 4 * version
        start += 2 * width  # base address, then free-space address, then end of file
    elif version in (2, 3):
        width = head[9] if len(head) > 9 else 0
        start = 12 + 2 * width  # base address, then superblock extension address, then end of file
    else:
        return None
    if width not in (4, 8) or len(head) < start + width:
        raise UnreadableFile("The file is damaged at its very beginning.", _AGAIN)
    return int.from_bytes(head[start : start + width], "little")


def _seems(head: bytes) -> str:
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return " but a web page, perhaps an error message or a log-in form saved under this name"
    if start.startswith(b"pk\x03\x04"):
        return " but a ZIP archive; unpack it first"
    if start.startswith(b"\x1f\x8b"):
        return " but a gzip archive; unpack it first"
    return ""
