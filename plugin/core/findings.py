# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an audit can find in a folder. One line in `Kind` is a new kind of finding."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .archive import DayRange
from .names import Orbit


class Severity(enum.Enum):
    """How bad a finding is: a file or day that cannot be used, one to be careful with, or one that is worth a look."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Its place in a list: the worst is 0."""
        return tuple(Severity).index(self)


class Kind(enum.Enum):
    """A kind of finding: its key in tables, how bad it is, and the heading of a list of them. In the order of reports."""

    MISSING_DAYS = "missing_days", Severity.WARNING, "Gaps of days without a file"
    FOLDER = "unreadable_folder", Severity.ERROR, "Folders that cannot be read"
    NO_FILE = "no_file", Severity.ERROR, "No ordinary files"
    EMPTY = "empty", Severity.ERROR, "Empty files"
    TRUNCATED = "truncated", Severity.ERROR, "Truncated files"
    UNREADABLE = "unreadable", Severity.ERROR, "Unreadable files"
    DAMAGED = "damaged", Severity.ERROR, "Files with damaged layers"
    OTHER_GRID = "other_grid", Severity.ERROR, "Files on another grid"
    NO_COORDINATES = "no_coordinates", Severity.ERROR, "Files without coordinates"
    LEFT_OUT = "left_out", Severity.ERROR, "Files that cannot be used beside the others"
    UNDATED = "undated", Severity.ERROR, "Files without a date"
    NO_SCENE_FLAGS = "no_scene_flags", Severity.WARNING, "Days without scene flags"
    NO_RMSE = "no_rmse", Severity.WARNING, "Days without RMSE"
    LACKS_VARIABLE = "lacks_variable", Severity.WARNING, "Days that lack variables"
    DUPLICATE = "duplicate", Severity.WARNING, "Second files for a day"
    DATE_DISAGREES = "date_disagrees", Severity.WARNING, "Files that say another day inside"
    OTHER_PRODUCT = "other_product", Severity.WARNING, "Files of another product"
    OTHER_EXTENT = "other_extent", Severity.WARNING, "Files that cover another part of the grid"
    CHANGED = "changed_while_read", Severity.WARNING, "Files that changed while they were read"
    ODD_SIZE = "odd_size", Severity.NOTE, "Files of an unusual size"

    def __init__(self, key: str, severity: Severity, title: str) -> None:
        self.key, self.severity, self.title = key, severity, title

    @classmethod
    def of(cls, key: str) -> Kind:
        """Return the kind of a key. Raises KeyError."""
        return {kind.key: kind for kind in cls}[key]


UNUSABLE = frozenset(
    (
        Kind.NO_FILE,
        Kind.EMPTY,
        Kind.TRUNCATED,
        Kind.UNREADABLE,
        Kind.DAMAGED,
        Kind.OTHER_GRID,
        Kind.NO_COORDINATES,
        Kind.LEFT_OUT,
    )
)
"""Kinds that keep a file from being used."""


@dataclass(frozen=True)
class Finding:
    """One thing found. `file` is relative to the folder, with slashes; empty where the finding is of the whole folder.

    `days` are those concerned, None where no day is; `detail` is a sentence.
    """

    kind: Kind
    detail: str
    file: str = ""
    size: int | None = None
    days: DayRange | None = None
    orbit: Orbit = Orbit.UNKNOWN

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.kind.severity


def printable(text: str) -> str:
    """Return a text that every encoding takes: bytes of a file name that are no UTF-8 are written as escapes, and control characters too."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in whole)
