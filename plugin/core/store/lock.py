# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""One builder at a time: a lock of the operating system's on a file, which ends with the process that holds it, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadRequest

LOCK_NAME = "building.lock"


def try_to_hold(path: Path) -> int | None:
    """Return a handle that holds a file's lock until `os.close`, None where another has it. Raises OSError, or BadRequest where nothing can be locked."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    held = False
    try:
        held = _lock(handle) and _is_still(path, handle)
    finally:
        if not held:
            os.close(handle)
    return handle if held else None


@contextlib.contextmanager
def only_builder(folder: Path) -> Iterator[None]:
    """Hold a store's lock. Raises BadRequest where another QGIS, or another task of this one, builds the same store."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = try_to_hold(folder / LOCK_NAME)
    except OSError as error:
        raise BadRequest(
            f"The store cannot be written in {folder}: {error.strerror or error}.", "Choose another place."
        ) from error
    if handle is None:
        raise BadRequest(
            f"The store {folder} is being built already, by another QGIS or another task.",
            "Wait until that is done, or cancel it there.",
        )
    try:
        yield
    finally:
        os.close(handle)  # gives the lock back


def _is_still(path: Path, handle: int) -> bool:
    """Return whether the locked file is the one in the folder: who deletes a store takes its lock file away."""
    if os.name == "nt":  # where an open file cannot be deleted
        return True
    try:
        there, ours = path.stat(), os.fstat(handle)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise BadRequest(
                f"The store's folder cannot be locked: {error.strerror or error}.", "Choose another place."
            ) from error
        return True
