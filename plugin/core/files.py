# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from .errors import BadRequest

TRIES, PAUSE_S = 10, 0.1


def move(part: Path, path: Path) -> None:
    """Rename a file or folder, over an older file of that name. Raises OSError.

    Windows refuses while a reader or a virus scanner has one of the two open, which is mostly over in a moment.
    """
    for left in range(TRIES if os.name == "nt" else 1, 0, -1):
        try:
            os.replace(part, path)
            return
        except PermissionError:
            if left == 1:
                raise
            time.sleep(PAUSE_S)


def make_durable(path: Path) -> None:
    """Let a file that was written reach the disk, so that it is whole after a power failure too. Raises OSError."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextlib.contextmanager
def replacing(path: Path, durable: bool = False, only_new: bool = False) -> Iterator[Path]:
    """Give a temporary name beside `path`; when the block ends well it becomes `path`, else it is removed.

    `durable` waits until it is on the disk. With `only_new` a file that somebody else has put there meanwhile stays. Raises BadRequest where the folder cannot be written or the disk is full; an older file of that name is then untouched.
    """
    part = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if durable:
            make_durable(part)
        if not (only_new and path.exists()):
            move(part, path)
    except OSError as error:
        raise BadRequest(
            f"{path} cannot be written: {error.strerror or error}.", "Choose another folder or make room."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
