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
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import LacksVariable

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
        """Return an attribute as text in one line, empty if it is missing; what no label has room for is cut off."""
        return tidy(str(self.attributes.get(attribute, "")))


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

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups at the file's root. What lies in them is not looked at."""
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


HOSTILE = (OSError, RuntimeError, MemoryError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What the libraries' Python sides raise at files that are not as they expect, beside each other: text that is no UTF-8 (a ValueError), a type
that is None, a size that is too large."""

_LONGEST_TEXT = 300


def tidy(text: str) -> str:
    """Return text from a file as a label can show it: in one line of visible characters, cut off where it gets absurdly long."""
    shown = "".join(one if one.isprintable() else " " for one in text[: _LONGEST_TEXT + 1])
    return shown if len(shown) <= _LONGEST_TEXT else shown[:-2] + "…"


def plain(value: Any) -> Any:
    """Return an attribute's value as a plain number, string or list, the same for both engines."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str) and not value.isprintable():
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # GDAL's way with other encodings
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return plain(value[0]) if len(value) == 1 else [plain(one) for one in value]
    return value


def no_such_variable(name: str, path: Path, there: Mapping[str, VariableHeader]) -> LacksVariable:
    """Return the error for a variable that a file does not have."""
    return LacksVariable(f"{path.name} has no variable {name}; it has {', '.join(there) or 'none'}.")
