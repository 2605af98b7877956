# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The stations that the user has loaded: reading their files in the background, and what a project remembers of them. Knows no widget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.stations import LoadedStations, Station, load_stations, told_apart
from ..core.archive import Progress
from .kept_stations import KeptStation, files_from_json, files_to_json, taken_out
from .project_state import SCOPE
from .tasks import Background

KIND = "stations"
ENTRY = "stations"
"""The project entry that holds the files."""
MOST_SAID = 3


@dataclass(frozen=True)
class _Request:
    """Files and folders to read: `is_new` unless the project has them already."""

    paths: tuple[Path, ...]
    is_new: bool


class Stations(QObject):
    """The list of stations. Main thread; files are read in a task, what is asked for meanwhile after it.

    A project's files are remembered from the moment it is read, whether they can be read or not; they are forgotten once the user
    has taken their stations out of the list, and with the project.
    """

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
        self._files: dict[Path, frozenset[KeptStation]] = {}
        self._reasons: dict[Path, str] = {}  # why files could not be read
        self._waiting: list[_Request] = []

    @property
    def unread(self) -> dict[Path, str]:
        """The remembered files of which no station is in the list, each with the reason in a sentence."""
        there = {one.source for one in self.stations}
        return {
            path: self._reasons.get(path, "It was not read, or holds no station.")
            for path in self._files
            if path not in there
        }

    def load(self, paths: Sequence[Path]) -> None:
        """Read files and folders that the user chose; what was loaded from the same files before is replaced."""
        self._ask(_Request(tuple(paths), is_new=True))

    def cancel(self) -> None:
        """Stop reading; the list stays as it was, and what the project remembers too."""
        self._waiting.clear()
        if self._background.cancel(KIND):
            self.ended.emit()
            self._are(self.stations)

    def remove(self, rows: Sequence[Station | Path]) -> None:
        """Take stations out of the list, and files that could not be read; a file that has no other station is forgotten."""
        stations = [one for one in rows if isinstance(one, Station)]
        for one in rows:
            if isinstance(one, Path):
                self._files.pop(one, None)
        left = tuple(one for one in self.stations if one not in stations)
        files = {one.source for one in left}
        for path in {one.source for one in stations}:
            if path in files:
                self._files[path] |= taken_out(one for one in stations if one.source == path)
            else:
                self._files.pop(path, None)
        self._are(left)
        self._keep()

    def close(self) -> None:
        """Forget all; for a new project."""
        self.cancel()
        self._files.clear()
        self._reasons.clear()
        self._are(())

    # Reading

    def _ask(self, request: _Request) -> None:
        self._waiting.append(request)
        if not self._background.is_running(KIND):
            self._read_next()

    def _read_next(self) -> None:
        if not self._waiting:
            self.ended.emit()
            return
        request = self._waiting.pop(0)
        self.advanced.emit(0.0, "")

        def work(progress: Progress, grown: Any) -> LoadedStations:
            return load_stations(request.paths, progress, need_any=request.is_new)

        def failed(error: Exception) -> None:
            self.failed.emit(error)
            self._are(self.stations)
            self._read_next()

        def done(loaded: LoadedStations) -> None:
            self._take(loaded, request.is_new)
            self._read_next()

        self._background.start(KIND, "Reading stations", work, done, failed, advanced=self.advanced.emit)

    def _take(self, loaded: LoadedStations, is_new: bool) -> None:
        files = dict.fromkeys(one.source for one in loaded.stations)
        self._reasons.update({one.path: one.reason for one in loaded.problems})
        if is_new:
            self._files.update(dict.fromkeys(files, frozenset()))
        found = tuple(one for one in loaded.stations if KeptStation.of(one) not in self._files.get(one.source, ()))
        self._are((*(one for one in self.stations if one.source not in files), *found))
        if is_new:
            self._keep()
        notes = list(dict.fromkeys(note for one in found for note in one.notes))
        notes += [f"{one.path.name} is not used: {one.reason}" for one in loaded.problems]
        if notes:
            more = f" And {len(notes) - MOST_SAID:,} more." if len(notes) > MOST_SAID else ""
            self.warned.emit(" ".join(notes[:MOST_SAID]) + more)
        if loaded.others:
            self.told.emit(f"{loaded.others:,} station files of other quantities than soil moisture were left out.")

    def _are(self, stations: tuple[Station, ...]) -> None:
        self.stations = told_apart(stations)
        self.changed.emit(self.stations)

    # The project

    def _keep(self) -> None:
        """Put a change by the user into the project; it has then to be saved."""
        self.remember()
        QgsProject.instance().setDirty(True)

    def remember(self, document: Any = None) -> None:
        """Put the files into the project, anew when it is written: it may go to another folder, and paths be relative."""
        project = QgsProject.instance()
        if self._files:
            project.writeEntry(SCOPE, ENTRY, json.dumps(files_to_json(project, self._files)))
        else:
            project.removeEntry(SCOPE, ENTRY)

    def restore(self, document: Any = None) -> None:
        """Load the files that the project remembers."""
        project = QgsProject.instance()
        text, _ = project.readEntry(SCOPE, ENTRY, "[]")
        try:
            self._files = files_from_json(project, json.loads(text))
        except ValueError:
            self._files = {}  # somebody else's text: there is nothing to bring back
        if self._files:
            self._ask(_Request(tuple(self._files), is_new=False))
