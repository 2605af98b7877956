# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The folder of a store: what belongs into it, tidying it up, and deleting it with nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from ..archive import STORE_SUFFIX
from ..errors import BadRequest
from .description import README_NAME
from .lock import LOCK_NAME, only_builder
from .manifest import MANIFEST_NAME


def remove_store(folder: Path) -> None:
    """Delete a store and nothing else. Raises BadRequest where the folder is not one, or is being built."""
    if not (folder / MANIFEST_NAME).exists():
        raise BadRequest(f"{folder} is no time-series store.", "Nothing was deleted.")
    with only_builder(folder):
        remove_file(folder / MANIFEST_NAME)  # first: without it nothing else counts
        tidy(folder, set(), all_merged=True)
        remove_file(folder / README_NAME)
        with contextlib.suppress(OSError):
            (folder / LOCK_NAME).unlink()
    with contextlib.suppress(OSError):
        (folder / LOCK_NAME).unlink(missing_ok=True)  # Windows keeps it while it is open
        folder.rmdir()


def remove_file(path: Path) -> None:
    """Delete a file if it is there. Raises BadRequest where that is not allowed."""
    try:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadRequest(f"{path} cannot be deleted: {error.strerror or error}.") from error


def check_place(folder: Path, archive: Path) -> None:
    """Raise BadRequest where a store must not be built: among other files, or where a scan of the archive would take its files for daily ones."""
    if archive in folder.parents and not folder.name.endswith(STORE_SUFFIX):
        raise BadRequest(
            f"{folder} lies inside of the archive.", f"There, the name of a store has to end in {STORE_SUFFIX}."
        )
    if folder.exists() and not folder.is_dir():
        raise BadRequest(f"{folder} is a file.", "Choose another place for the store.")
    if folder.is_dir() and not is_for_a_store(folder):
        raise BadRequest(f"{folder} holds other files.", "Choose an empty folder, or one that does not exist yet.")


def is_for_a_store(folder: Path) -> bool:
    """Return whether a folder is a store's, whatever a file manager put beside it, or holds only what one has left. Raises BadRequest."""
    names = names_in(folder)
    if MANIFEST_NAME in names or LOCK_NAME in names:
        return True
    return all(name == README_NAME or _OURS.fullmatch(name) for name in names)


def names_in(folder: Path) -> list[str]:
    """Return the names of what lies in a folder. Raises BadRequest where it cannot be read."""
    try:
        return os.listdir(folder)
    except OSError as error:
        raise BadRequest(f"The store in {folder} cannot be read: {error.strerror or error}.") from error


PART = re.compile(r"(run|tiles)-\d{4,}-[0-9a-f]{8}")
_UNFINISHED_RUN = re.compile(r"\.run-\d{4,}-[0-9a-f]{8}\.part")
_UNFINISHED_TILES = re.compile(r"\.tiles-\d{4,}-[0-9a-f]{8}\.part")
_UNFINISHED_FILE = re.compile(r"\.(manifest|README)-[0-9a-f]{8}\.part\.(json|txt)")
_OURS = re.compile("|".join(one.pattern for one in (PART, _UNFINISHED_RUN, _UNFINISHED_TILES, _UNFINISHED_FILE)))


def tidy(folder: Path, named: set[str], all_merged: bool = False) -> None:
    """Delete the parts that the manifest does not name, and what a killed build has left. What another program still has open goes next time.

    A merge that was interrupted may go on, and is left alone unless `all_merged`.
    """
    for name in names_in(folder):
        path = folder / name
        if name in named or (_UNFINISHED_TILES.fullmatch(name) and not all_merged):
            continue
        if _UNFINISHED_FILE.fullmatch(name):
            with contextlib.suppress(OSError):
                path.unlink()
        elif _OURS.fullmatch(name):
            shutil.rmtree(path, ignore_errors=True)
