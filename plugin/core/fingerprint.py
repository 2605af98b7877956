# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a granule's files are still those that were catalogued."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .archive import Granule
from .errors import SmosIbError, VanishedFile, changed


@contextmanager
def unchanged(granule: Granule) -> Iterator[None]:
    """Let a block read a granule that is, before and after, the one that was catalogued. Raises ChangedFile or VanishedFile.

    A file that grows while it is read is not damaged, whatever the reading made of it.
    """
    check_unchanged(granule)
    try:
        yield
    except SmosIbError:
        check_unchanged(granule)
        raise
    check_unchanged(granule)


def check_unchanged(granule: Granule) -> None:
    """Raise ChangedFile where a granule's file is not the one that was catalogued, VanishedFile where it is gone. Opens no file."""
    for one in granule.files:
        try:
            is_same = is_as_catalogued(one)
        except FileNotFoundError:
            raise VanishedFile(
                f"{one.path.name} is no longer there.", "Rescan the folder, or reconnect its drive."
            ) from None
        except OSError as error:
            raise VanishedFile(
                f"{one.path.name} cannot be reached: {error.strerror or error}.", "Reconnect its drive."
            ) from None
        if not is_same:
            raise changed(one.path)


def is_as_catalogued(file: Granule) -> bool:
    """Return whether a granule of one file still has the size and modification time that it was catalogued with. Raises OSError."""
    status = file.path.stat()
    return (status.st_size, status.st_mtime_ns) == (file.size, file.modified)
