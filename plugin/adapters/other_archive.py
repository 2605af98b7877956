# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The other archive that a cell is compared with: opened in the background, and remembered where it is gone. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress, scan
from ..core.corrections import Corrections
from ..core.errors import Cancelled, SmosIbError
from ..core.reader import Opened, Reader
from .tasks import Background

KIND = "comparison archive"


class OtherArchive(QObject):
    """Main thread. `folder` is the chosen one, `opened` what is open of it; `lacking` tells in a sentence why nothing is."""

    changed = pyqtSignal()
    renewed = pyqtSignal(object)  # root of the archive that was opened: its files may be other ones than before
    advanced = pyqtSignal(float, str)
    ended = pyqtSignal()
    told = pyqtSignal(str)
    failed = pyqtSignal(object)  # Exception

    def __init__(
        self,
        reader: Reader,
        background: Background,
        corrections: Callable[[Path], Corrections],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder: Path | None = None
        self.opened: Opened | None = None
        self.lacking = ""
        self._reader, self._background, self._corrections = reader, background, corrections

    def open(self, folder: Path) -> None:
        """Go over to a folder that the user chose; until it is open, and where it cannot be opened, the one before stays."""

        def failed(error: Exception) -> None:
            self.ended.emit()
            self.failed.emit(error)
            self.open_remembered(again=False)  # where its opening made way for this one

        self._start(folder, failed)

    def remember(self, folder: Path | None) -> None:
        """Go over to the folder that a project remembers, without opening it."""
        self.close()
        self.folder = folder

    def open_remembered(self, again: bool) -> None:
        """Open the folder where it is not open; `again` also where it is, or where that has failed. One that is gone stays, for it may come again."""
        folder = self.folder
        if folder is None or self._background.is_running(KIND):
            return
        if (self.opened is not None or self.lacking) and not again:
            return
        self.opened = None  # its files may have changed, so nothing more is read of it as it was

        def failed(error: Exception) -> None:
            self.lacking = f"{folder.name} is not compared with: {str(error) or 'opening it was cancelled.'}"
            self.ended.emit()
            if isinstance(error, (SmosIbError, Cancelled)):
                self.told.emit(f"{self.lacking} The project goes on remembering it.")
            else:
                self.failed.emit(error)
            self.changed.emit()

        self._start(folder, failed)

    def cancel(self) -> None:
        """Stop opening."""
        if self._background.cancel(KIND):
            if self.folder is not None and self.opened is None:
                self.lacking = f"{self.folder.name}: opening was cancelled. Choose it anew to compare with it."
            self.ended.emit()
            self.changed.emit()

    def close(self) -> None:
        """Have no other archive."""
        self.folder, self.opened, self.lacking = None, None, ""
        if self._background.cancel(KIND):
            self.ended.emit()

    def _start(self, folder: Path, failed: Callable[[Exception], None]) -> None:
        reader, corrections = self._reader, self._corrections(folder)
        self.advanced.emit(0.0, folder.name)

        def work(progress: Progress, grown: Any) -> Opened:
            return reader.learn(scan(folder, progress), corrections, progress)

        def done(opened: Opened) -> None:
            self.folder, self.opened, self.lacking = folder, opened, ""
            self.renewed.emit(opened.archive.root)
            self.ended.emit()
            self.changed.emit()

        self._background.start(KIND, f"Opening {folder.name}", work, done, failed, advanced=self.advanced.emit)
