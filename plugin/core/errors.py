# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong, said for the person who has to act on it."""

from __future__ import annotations

from pathlib import Path


class SmosIbError(Exception):
    """A problem that the user can understand: one sentence, and a hint on what to do about it."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(f"{sentence} {hint}".strip())
        self.sentence = sentence
        self.hint = hint
        self.path: Path | None = None
        """The file that it is about, where that is known."""


class UnreadableFile(SmosIbError):
    """A file that is damaged, is something else than it seems, or lacks what was asked for."""


class TruncatedFile(UnreadableFile):
    """A file that is shorter than it says of itself, as downloads are that broke off."""


class OutOfReach(UnreadableFile):
    """A file that cannot be read now, and may be sound: no permission, a drive that fails, too many open files."""


class VanishedFile(SmosIbError):
    """A file that was catalogued and is not there now: moved, deleted, or on a drive that is gone. Not a damaged one."""


class ChangedFile(SmosIbError):
    """A file that is another one than was catalogued: replaced, or still being written."""


def changed(path: Path) -> ChangedFile:
    """Return what to raise where a file is another one than before."""
    error = ChangedFile(f"{path.name} has changed since the folder was looked at.", "Rescan the folder.")
    error.path = path
    return error


class LacksVariable(SmosIbError):
    """A sound file that lacks a variable which other files of its archive have."""


class GridMismatch(SmosIbError):
    """A file whose arrays or coordinates do not belong to an EASE-Grid 2.0 that is known here."""


class NotInArchive(SmosIbError):
    """A date, an orbit or a variable that the archive does not have."""


class BadRequest(SmosIbError):
    """A request that cannot be understood: a malformed date, a threshold that is no number, a missing folder."""


class Cancelled(Exception):
    """Raised by a progress callable to stop the work at once; nothing half-done is left behind."""
