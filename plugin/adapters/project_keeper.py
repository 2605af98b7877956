# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeps the session in the project file, and brings it back with its layers when the project is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.recognition import Corrections
from .day_map import DayMap, Recipe
from .layer_cache import LayerCache
from .live_layer import point_layer_to
from .messages import Messages
from .missing_layers import layers_to_make, make_missing
from .project_state import ProjectState
from .session import Selection, Session
from .settings import Settings
from .tasks import Background


class ProjectKeeper(QObject):
    """Reads and writes the session's state when QGIS reads and writes a project. Main thread."""

    restoring = pyqtSignal()

    def __init__(
        self, session: Session, settings: Settings, cache: LayerCache, background: Background, messages: Messages
    ) -> None:
        super().__init__()
        self._session, self._settings, self._cache = session, settings, cache
        self._background, self._messages = background, messages
        self._waiting: ProjectState | None = None

    def remember(self, document: Any = None) -> None:
        """Put the session's state into the project that is being written."""
        session = self._session
        if session.opened is None or session.selection is None:
            return  # what an opened project holds stays, even where its folder is not reachable now
        chosen = session.selection
        choice = Recipe(session.opened.archive.root, chosen.variable, chosen.orbit, chosen.date, chosen.criteria)
        current = session.cells.points.index(session.cells.point) if session.cells.point in session.cells.points else -1
        corrections = session.opened.recognition.corrections
        state = ProjectState(choice, corrections, session.cells.points, current, session.cells.series_variables)
        state.write(QgsProject.instance())

    def restore(self, document: Any = None) -> None:
        """Bring back what the project that was just read remembers."""
        state = ProjectState.read(QgsProject.instance())
        self._make_missing_layers({state.choice.folder: state.corrections} if state else {})
        self._waiting = None
        if state is None:
            return
        self.restoring.emit()
        session, choice = self._session, state.choice
        session.cells.series_variables = state.series_variables
        session.cells.set_points(
            state.points, state.points[state.current] if 0 <= state.current < len(state.points) else None
        )
        if choice.folder.is_dir():
            session.open_folder(choice.folder, state.corrections, _wanted(state))
        else:
            self._waiting = state
            self._messages.warning(
                f"This project's folder {choice.folder} is not there. Choose where the daily files are now; "
                "its layers stay as they were."
            )

    def take_waiting(self) -> tuple[Corrections | None, Selection | None]:
        """Return, once, what a project chose whose folder was not there: it is for the folder that is opened instead."""
        state, self._waiting = self._waiting, None
        return (state.corrections, _wanted(state)) if state else (None, None)

    def _make_missing_layers(self, of_project: Mapping[Path, Corrections]) -> None:
        missing = [(layer.id(), recipe) for layer, recipe in layers_to_make()]
        if not missing:
            return
        reader, cache = self._session.reader, self._cache
        corrections = {recipe.folder: self._settings.corrections(recipe.folder) for _, recipe in missing}
        corrections.update(of_project)
        self._background.start(
            "missing",
            "Making missing layers again",
            lambda progress, grown: make_missing(reader, corrections, cache, missing, progress),
            self._fill,
            self._messages.error,
        )

    def _fill(self, made: list[tuple[str, DayMap | None, str]]) -> None:
        for layer_id, shown, reason in made:
            layer = QgsProject.instance().mapLayer(layer_id)
            if layer is not None and shown is not None:
                point_layer_to(layer, shown)
            elif layer is not None:
                self._messages.warning(
                    f"The layer {layer.name()} is empty: its cached file is gone, and it cannot be made again. {reason}"
                )


def _wanted(state: ProjectState) -> Selection:
    choice = state.choice
    return Selection(choice.variable, choice.orbit, choice.date, choice.criteria)
