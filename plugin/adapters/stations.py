# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The stations that the user has loaded: reading their files in the background, and what a project remembers of them. Knows no widget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.stations import LoadedStations, Station, load_stations
from ..core.archive import Progress
from .project_state import SCOPE
from .tasks import Background

KIND = "stations"
ENTRY = "stations"
"""The project entry that holds the paths of the files."""
MOST_SAID = 3


class Stations(QObject):
    """The list of stations. Main thread; files are read in a task."""

    changed = pyqtSignal(object)  # tuple of Station
    advanced = pyqtSignal(float, str)
    ended = pyqtSignal()
    told = pyqtSignal(str)
    warned = pyqtSignal(str)
    failed = pyqtSignal(object)  # Exception

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stations: tuple[Station, ...] = ()
        self._background = background

    def load(self, paths: Sequence[Path], remembered: bool = False) -> None:
        """Read files and folders, `remembered` where the project has them already; what was loaded from the same files before is replaced."""
        wanted = tuple(paths)
        self.advanced.emit(0.0, "")

        def work(progress: Progress, grown: Any) -> LoadedStations:
            return load_stations(wanted, progress)

        def failed(error: Exception) -> None:
            self.ended.emit()
            self.failed.emit(error)

        def done(loaded: LoadedStations) -> None:
            self._take(loaded)
            if not remembered:
                QgsProject.instance().setDirty(True)

        self._background.start(KIND, "Reading stations", work, done, failed, advanced=self.advanced.emit)

    def cancel(self) -> None:
        """Stop reading; the list stays as it was."""
        if self._background.cancel(KIND):
            self.ended.emit()

    def remove(self, stations: Sequence[Station]) -> None:
        """Take stations out of the list."""
        self._are(tuple(one for one in self.stations if one not in stations))
        QgsProject.instance().setDirty(True)

    def close(self) -> None:
        """Forget all; for a new project."""
        self._background.cancel(KIND)
        self.ended.emit()
        self.stations = ()
        self.changed.emit(())

    def _take(self, loaded: LoadedStations) -> None:
        self.ended.emit()
        files = {one.source for one in loaded.stations}
        self._are((*(one for one in self.stations if one.source not in files), *loaded.stations))
        notes = list(dict.fromkeys(note for one in loaded.stations for note in one.notes))
        notes += [f"{one.path.name} is not used: {one.reason}" for one in loaded.problems]
        if notes:
            more = f" And {len(notes) - MOST_SAID:,} more." if len(notes) > MOST_SAID else ""
            self.warned.emit(" ".join(notes[:MOST_SAID]) + more)
        if loaded.others:
            self.told.emit(f"{loaded.others:,} station files of other quantities than soil moisture were left out.")

    def _are(self, stations: tuple[Station, ...]) -> None:
        self.stations = stations
        self.changed.emit(stations)

    # The project

    def remember(self, document: Any = None) -> None:
        """Put the files' paths into the project that is being written, as the project keeps paths."""
        project = QgsProject.instance()
        files = list(dict.fromkeys(one.source for one in self.stations))
        if files:
            resolver = project.pathResolver()
            project.writeEntry(SCOPE, ENTRY, json.dumps([resolver.writePath(str(path)) for path in files]))
        else:
            project.removeEntry(SCOPE, ENTRY)

    def restore(self, document: Any = None) -> None:
        """Load the files that the project that was just read remembers."""
        project = QgsProject.instance()
        text, found = project.readEntry(SCOPE, ENTRY, "")
        try:
            names = json.loads(text) if found else []
            resolver = project.pathResolver()
            paths = [Path(resolver.readPath(name)) for name in names if isinstance(name, str)]
        except (ValueError, TypeError):
            return  # somebody else's text: there is nothing to bring back
        if paths:
            self.load(paths, remembered=True)
