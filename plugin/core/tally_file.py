# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tallies of an archive's variable and orbit in one file of the cache, so that the next session need not read the days again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import replacing
from .names import Orbit
from .reader import Opened
from .tally import Tallies
from .variables import Variable

# Counted up when the meaning of a code or of what is stored changes.
FORM = 2
_DIGEST = 16
_LEVEL = 3
# Days since 1970, size, modification time, number of codes; then codes and counts.
_KINDS = ("<i8", "<i8", "<i8", "<i8", "<u2", "<u4")


def tally_path(folder: Path, opened: Opened, variable: Variable, orbit: Orbit) -> Path:
    """Return the file in a cache folder. Another recognition of the same archive may give other numbers, and has another file."""
    recognition = opened.recognition
    how = recognition.variables, recognition.orientation, recognition.grid
    source = (FORM, str(opened.archive.root), variable, orbit.value, *how)
    digest = hashlib.blake2b(repr(source).encode(), digest_size=8).hexdigest()
    return folder / f"smosib_tallies_{digest}.bin"


def save_tallies(path: Path, tallies: Tallies) -> None:
    """Write the file as a whole. Raises BadRequest where the disk is full or the folder cannot be written."""
    arrays: tuple[NDArray[Any], ...] = (
        tallies.days,
        tallies.sizes,
        tallies.modified,
        np.diff(tallies.starts),
        tallies.codes,
        np.diff(tallies.sums),
    )
    sizes = np.array([tallies.days.size, tallies.codes.size])
    content = b"".join(array.astype(kind).tobytes() for array, kind in zip((sizes, *arrays), ("<i8", *_KINDS)))
    packed = zlib.compress(content, _LEVEL)
    with replacing(path) as part:
        part.write_bytes(_digest(packed) + packed)


def load_tallies(path: Path) -> Tallies:
    """Return what was saved; no day where there is no file, or it is damaged."""
    try:
        whole = path.read_bytes()
    except OSError:
        return Tallies.none()
    with contextlib.suppress(OSError):
        os.utime(path)  # the cache drops what was used longest ago
    digest, packed = whole[:_DIGEST], whole[_DIGEST:]
    if digest != _digest(packed):
        return Tallies.none()
    content, at = zlib.decompress(packed), 16
    days, codes = np.frombuffer(content, "<i8", 2)
    arrays = []
    for kind, size in zip(_KINDS, (days, days, days, days, codes, codes)):
        arrays.append(np.frombuffer(content, kind, size, at))
        at += arrays[-1].nbytes
    ends = np.cumsum(arrays[3])[:-1]
    return Tallies.joined(
        list(arrays[0].astype("datetime64[D]")),
        *(one.tolist() for one in arrays[1:3]),
        *(np.split(one, ends) if days else [] for one in arrays[4:]),
    )


def _digest(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=_DIGEST).digest()
