# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How netCDF files are read and written, whichever library does it.

An engine gives the numbers as they are stored: no scaling, no masking, no flipping. Everything that interprets them is this
project's own code (values.py, placement.py), so both engines give the same arrays.

No netCDF library is safe in several threads, nor are two of them beside each other: they crash, or return wrong numbers without an
error. Therefore every open-read-close and every write of either engine holds the one lock below.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .classic import classic_length
from .errors import LacksVariable, TruncatedFile, UnreadableFile, VanishedFile

NETCDF_LOCK = threading.RLock()

Array = NDArray[Any]
Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class VariableHeader:
    """A netCDF variable without its numbers. `attributes` hold plain Python numbers, strings or lists of them."""

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    attributes: Attributes = field(default_factory=dict)

    def text(self, attribute: str) -> str:
        """Return an attribute as text, empty if it is missing."""
        return str(self.attributes.get(attribute, ""))


class OpenFile(Protocol):
    """An open netCDF file. Valid only inside the engine's `open` block, in the thread that opened it."""

    @property
    def variables(self) -> Mapping[str, VariableHeader]:
        """The variables that hold numbers, by name."""
        ...

    @property
    def attributes(self) -> Attributes:
        """The file's global attributes."""
        ...

    def read(self, name: str, at: tuple[int, ...] | None = None) -> Array:
        """Return a variable's stored numbers, whole, or the single one at an index in all dimensions (0-d)."""
        ...

    def read_run(self, name: str, first: int, count: int) -> Array:
        """Return `count` of the stored numbers of a variable of one dimension, from index `first`: (count,)."""
        ...


@dataclass(frozen=True)
class NewVariable:
    """A variable to write: its numbers and attributes; `_FillValue` among them is declared as the fill value.

    It is shuffled and deflated at `level`, in one chunk, or in chunks of at most `chunk` numbers along its one dimension.
    """

    name: str
    dimensions: tuple[str, ...]
    data: Array
    attributes: Attributes = field(default_factory=dict)
    level: int = 4
    chunk: int | None = None

    @property
    def chunks(self) -> tuple[int, ...]:
        """The shape of a chunk; empty for a single number, which has none."""
        return tuple(min(size, self.chunk or size) for size in self.data.shape)


class Engine(Protocol):
    """A netCDF library behind the few calls that are needed."""

    name: str

    def open(self, path: Path) -> AbstractContextManager[OpenFile]:
        """Open for reading, holding the lock until the block ends. Raises UnreadableFile."""
        ...

    def write(self, path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        """Write a netCDF4 file. The caller makes it appear atomically (`replacing`)."""
        ...


def hdf5_silencer(library: str) -> Callable[[], Any]:
    """Return what keeps HDF5 from printing in the calling thread; `library` is a file that is linked with it.

    The netCDF library asks for attributes that a file need not have, and HDF5 prints some 200 lines about that for each file in every thread but
    the one that used it first: more than a million lines for one record. Does nothing where HDF5 cannot be reached.
    """
    try:
        silence = ctypes.CDLL(library).H5Eset_auto2
    except (AttributeError, OSError):
        return lambda: None
    silence.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
    return partial(silence, 0, None, None)  # the default error stack of the thread, no function, no data


_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CLASSIC_SIGNATURE = b"CDF"


def look_first(path: Path) -> None:
    """Raise UnreadableFile with the reason if a file cannot be a whole netCDF file. Reads 64 bytes, of a classic file its header.

    A damaged file is best kept away from the netCDF library. HDF5 notes its own length in the superblock (HDF5 File Format
    Specification 3.0, section II.A), so a download that broke off is known without reading further.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
            size = os.fstat(stream.fileno()).st_size
            is_classic = head.startswith(_CLASSIC_SIGNATURE) and head[3:4] in (b"\x01", b"\x02", b"\x05")
            whole = classic_length(stream) if is_classic else None
    except FileNotFoundError:
        raise VanishedFile(f"{path.name} is no longer there.", "Rescan the folder, or reconnect its drive.") from None
    except PermissionError:
        raise UnreadableFile("No permission to read this file.", "Ask its owner, or change its permissions.") from None
    except OSError as error:
        raise UnreadableFile(f"The file cannot be read: {error.strerror or error}.") from None
    if not head:
        raise UnreadableFile("The file is empty.", "Download it again.")
    if not is_classic and not head.startswith(_HDF5_SIGNATURE):
        raise UnreadableFile(f"This is no netCDF file{_seems(head)}.", "Download it again.")
    whole = whole if is_classic else _hdf5_length(head)
    if whole is not None and size < whole:
        raise TruncatedFile(f"The file is truncated: {size:,} of {whole:,} bytes are there.", "Download it again.")


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
        raise UnreadableFile("The file is damaged at its very beginning.", "Download it again.")
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


def plain(value: Any) -> Any:
    """Return an attribute's value as a plain number, string or list, the same for both engines."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return plain(value[0]) if len(value) == 1 else [plain(one) for one in value]
    return value


def no_such_variable(name: str, path: Path, there: Mapping[str, VariableHeader]) -> LacksVariable:
    """Return the error for a variable that a file does not have."""
    return LacksVariable(f"{path.name} has no variable {name}; it has {', '.join(there) or 'none'}.")
