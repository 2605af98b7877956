# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Auditing the open archive's folder in the background, and writing what was found. Knows no widget."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress
from ..core.audit import Audit, audit
from ..core.audit_report import write_audit_html
from ..core.audit_table import write_audit_csv
from ..core.errors import BadRequest, Cancelled
from ..core.reader import Opened, Reader
from .inflate import fastest_inflate
from .software import software_name
from .tasks import Background

KIND = "audit"


class Auditor(QObject):
    """Main thread; the audit is a task. Its journal is in `folder`, a folder of the cache."""

    changed = pyqtSignal(object)  # Audit, or None where there is none any more
    advanced = pyqtSignal(float, str, float)  # share, what was read, seconds left (negative: not known)
    stopped = pyqtSignal(bool)  # an audit ended early; whether the next one goes on from there
    found_unusable = pyqtSignal(object)  # list[Problem]: files that the archive still offers
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.audit: Audit | None = None
        self._reader, self._background = reader, background
        self._opened: Opened | None = None
        self._when = dt.date.min
        self._began, self._first = 0.0, -1.0

    @property
    def is_running(self) -> bool:
        """True while an audit is under way."""
        return self._background.is_running(KIND)

    def take_archive(self, opened: Opened | None) -> None:
        """Look at another archive, or the same anew: what was found holds on only where neither a file nor a correction has changed."""
        before, self._opened = self._opened, opened
        if before is not None and opened is not None and _is_same(before, opened):
            return
        was_running = self._background.cancel(KIND)
        self._is(None)
        if was_running:
            self.stopped.emit(opened is not None and before is not None and opened.archive.root == before.archive.root)

    def start(self) -> None:
        """Audit the archive's folder."""
        opened = self._opened
        if opened is None or self.is_running:
            return
        root, corrections, cache = opened.archive.root, opened.recognition.corrections, self.folder
        self._began, self._first = time.monotonic(), -1.0

        def work(progress: Progress, grown: Any) -> Audit:
            return audit(self._reader, root, corrections, cache, fastest_inflate(), progress)

        self._background.start(
            KIND, f"Audit of {root.name}", work, self._done, self._ended_badly, advanced=self._advanced
        )
        self.advanced.emit(0.0, "", -1.0)

    def stop(self) -> None:
        """Stop; what was found so far is kept for the next audit."""
        if self._background.cancel(KIND):
            self.stopped.emit(True)

    def writing(self, path: Path) -> Callable[[Progress, Any], None]:
        """Return what a task does to write what is found at this moment, as CSV or as a page by the name's ending; it raises BadRequest where it cannot."""
        found, software, when = self.audit, software_name(), self._when
        write = write_audit_csv if path.suffix.lower() == ".csv" else write_audit_html

        def work(progress: Progress, grown: Any) -> None:
            if found is None:
                raise BadRequest("There is nothing to save: what was found holds no longer.", "Audit the folder again.")
            write(path, found, software, when)

        return work

    def _done(self, found: Audit) -> None:
        self._when = dt.date.today()
        self._is(found)
        offered = {file.path for one in self._opened.archive.granules for file in one.files} if self._opened else set()
        unusable = [one for one in found.unusable if one.path in offered]
        if unusable:
            self.found_unusable.emit(unusable)

    def _ended_badly(self, error: Exception) -> None:
        self.stopped.emit(isinstance(error, Cancelled))
        self.failed.emit(error)

    def _is(self, found: Audit | None) -> None:
        self.audit = found
        self.changed.emit(found)

    def _advanced(self, share: float, what: str) -> None:
        if self._first < 0 < share:  # what was found before takes no time and tells nothing of what is left
            self._first, self._began = share, time.monotonic()
        spent, done = time.monotonic() - self._began, share - self._first
        self.advanced.emit(share, what, spent / done * (1 - share) if spent > 3 and done > 0.005 else -1.0)


def _is_same(before: Opened, now: Opened) -> bool:
    return (
        before.archive.root == now.archive.root
        and before.archive.fingerprints == now.archive.fingerprints
        and before.recognition.corrections == now.recognition.corrections
    )
