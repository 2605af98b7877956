# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeps the session in the project file, and brings it back with its layers when the project is opened.

A folder that has moved is found by itself where it lies as before relative to the project's file. Otherwise a message asks for it, once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ..core.archive import Progress, scan
from ..core.corrections import Corrections
from ..core.errors import Cancelled, SmosIbError
from .comparison_choice import ComparisonChoice
from .day_map import DayMap, Recipe
from .kept_area import KeptArea
from .layer_cache import LayerCache
from .live_layer import RECIPE
from .messages import Messages
from .missing_layers import after_move, fill, layers_from, layers_to_make, lies_in, make_missing
from .project_state import SCOPE, ProjectState
from .session import Selection, Session
from .settings import Settings
from .stores import nearest_folder
from .tasks import Background

RELATIVE_FOLDER = "relativeFolder"
"""The project entry that holds the way from the project's folder to the archive."""


class _OtherArchive(SmosIbError):
    """A folder that holds something else than the project shows."""


class ProjectKeeper(QObject):
    """Reads and writes the session's state when QGIS reads and writes a project. Main thread."""

    restoring = pyqtSignal(object)  # ProjectState
    stays_empty = pyqtSignal(str)  # id of a layer that cannot be made again

    def __init__(
        self,
        session: Session,
        settings: Settings,
        cache: LayerCache,
        background: Background,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__()
        self._session, self._settings, self._cache = session, settings, cache
        self._background, self._messages, self._window = background, messages, window
        self.switches: Callable[[], Mapping[str, int]] = dict
        """Gives what is on or off in the docks, and numbers chosen there, to be remembered."""
        self.areas: Callable[[], tuple[KeptArea, ...]] = tuple
        """Gives the kept areas, to be remembered."""
        self.comparison: Callable[[], ComparisonChoice] = ComparisonChoice
        """Gives what the current cell is compared with, to be remembered."""
        self._waiting: ProjectState | None = None  # of a project whose folder is not there
        self._withdraw_question: Callable[[], None] = _nothing

    def remember(self, document: Any = None) -> None:
        """Put the session's state into the project that is being written."""
        session = self._session
        if session.opened is None or session.selection is None:
            return  # what an opened project holds stays, even where its folder is not reachable now
        choice = session.selection.recipe(session.opened.archive.root)
        current = session.cells.points.index(session.cells.point) if session.cells.point in session.cells.points else -1
        corrections = session.opened.recognition.corrections
        state = ProjectState(
            choice,
            corrections,
            session.cells.points,
            current,
            session.cells.series_variables,
            dict(self.switches()),
            self.areas(),
            self.comparison(),
        )
        left_out = state.write(QgsProject.instance())
        if left_out:
            names = ", ".join(left_out)
            self._messages.warning(
                tr(
                    "The project does not keep the areas {}: their outlines are too detailed. Add them again later."
                ).format(names)
            )
        _write_relative(choice.folder)

    def restore(self, document: Any = None) -> None:
        """Bring back what the project that was just read remembers."""
        self.withdraw()
        state = ProjectState.read(QgsProject.instance())
        if state is None:
            self._make_missing_layers({})
            return
        if state.unread:
            self._messages.warning(
                tr("{} points or areas of this project cannot be understood and are left out.").format(state.unread)
            )
        self.restoring.emit(state)
        session, folder = self._session, state.choice.folder
        session.cells.series_variables = state.series_variables
        session.cells.set_points(
            state.points, state.points[state.current] if 0 <= state.current < len(state.points) else None
        )
        if folder.is_dir():
            if state.corrections:
                self._settings.remember_corrections(folder, state.corrections)  # for Processing, which knows no project
            self._make_missing_layers({folder: state.corrections})
            session.open_folder(folder, state.corrections, Selection.of(state.choice))
            return
        self._make_missing_layers({}, waiting=folder)
        self._waiting, beside = state, _at_same_place()
        if beside is None:
            self._ask(state)
        else:
            self._try(state, beside, lambda error: self._ask(state), self._found_beside)

    def open(self, folder: Path) -> None:
        """Open a folder that the user chose: where the project's own is gone, as the place to which that has moved, if it has its days."""
        state = self._waiting

        def open_plainly() -> None:
            self._session.open_folder(folder, self._settings.corrections(folder))

        def refused(error: Exception) -> None:
            if isinstance(error, (_OtherArchive, Cancelled)):
                self._messages.error(error)
            if not isinstance(error, Cancelled):
                open_plainly()  # what else is wrong will be said on opening

        if state is None:
            open_plainly()
        else:
            self._try(state, folder, refused)

    def withdraw(self) -> None:
        """Ask no longer where the project's folder is."""
        self._waiting = None
        self._background.cancel("locate")
        self._withdraw_question()
        self._withdraw_question = _nothing

    # A folder that is gone

    def _ask(self, state: ProjectState) -> None:
        text = tr("This project's folder {} is not there. Its layers stay as they were.").format(state.choice.folder)
        empty = sum(lies_in(recipe, state.choice.folder) for _, recipe in layers_to_make())
        if empty:
            text = tr("This project's folder {} is not there. {} of its layers are empty until it is found.").format(
                state.choice.folder, empty
            )
        self._withdraw_question = self._messages.ask(text, tr("Locate…"), "smosibLocate", self._locate)

    def _locate(self) -> None:
        state = self._waiting
        if state is None:
            return
        chosen = QFileDialog.getExistingDirectory(
            self._window, tr("Where the daily files are now"), str(nearest_folder(state.choice.folder))
        )
        if chosen and self._waiting is state:
            self._try(state, Path(chosen), self._messages.error)

    def _try(
        self,
        state: ProjectState,
        folder: Path,
        refused: Callable[[Exception], None],
        moved: Callable[[Path], None] = lambda folder: None,
    ) -> None:
        """Look in the background whether a folder holds what the project shows; then go over to it, or call `refused` with the reason."""
        reader = self._session.reader
        recipes = [state.choice, *(recipe for _, recipe in layers_from(state.choice.folder))]

        def work(progress: Progress, grown: Any) -> None:
            archive = scan(folder, progress)
            opened = reader.learn(archive, state.corrections, progress)
            days = {(granule.date, granule.orbit) for granule in opened.archive.granules}
            if not any((recipe.date, recipe.orbit) in days for recipe in recipes):
                raise _OtherArchive(
                    f"{folder} holds none of the days that this project shows, such as {state.choice.date}.",
                    "The project's layers were not changed.",
                )
            if opened.recognition.find(state.choice.variable) is None:
                raise _OtherArchive(
                    f"{folder} has no {state.choice.variable}, which this project shows.",
                    "The project's layers were not changed.",
                )

        def done(result: None) -> None:
            self._move(state, folder)
            moved(folder)

        self._background.start("locate", f"Looking into {folder.name}", work, done, refused)

    def _found_beside(self, folder: Path) -> None:
        self._messages.info(
            tr("The daily files were found in {}, where they lie beside the project as before.").format(folder)
        )

    def _move(self, state: ProjectState, folder: Path) -> None:
        """Go over to the folder in which the project's daily files are now."""
        self.withdraw()
        for layer, recipe in layers_from(state.choice.folder):
            layer.setCustomProperty(RECIPE, after_move(recipe, state.choice.folder, folder).to_json())
        QgsProject.instance().setDirty(True)
        if state.corrections:
            self._settings.remember_corrections(folder, state.corrections)
        self._make_missing_layers({folder: state.corrections})
        self._session.open_folder(folder, state.corrections, Selection.of(state.choice))

    # Layers whose cached file is gone

    def _make_missing_layers(self, of_project: Mapping[Path, Corrections], waiting: Path | None = None) -> None:
        """Make missing layers again, but not those from the folder that is asked for."""
        missing = [
            (layer.id(), recipe)
            for layer, recipe in layers_to_make()
            if waiting is None or not lies_in(recipe, waiting)
        ]
        if missing:
            self._make_again(missing, of_project)

    def make_again(self, missing: Sequence[tuple[str, Recipe]]) -> None:
        """Make again what layers (by their id) show and have lost, unless this is being done."""
        if not self._background.is_running("missing"):
            self._make_again(missing, {})

    def _make_again(self, missing: Sequence[tuple[str, Recipe]], of_project: Mapping[Path, Corrections]) -> None:
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
                fill(layer, shown)
                if not layer.isValid():
                    self.stays_empty.emit(layer_id)
            elif layer is not None:
                self.stays_empty.emit(layer_id)
                self._messages.warning(
                    f"The layer {layer.name()} is empty: its cached file is gone, and it cannot be made again. {reason}"
                )


def _write_relative(folder: Path) -> None:
    """Keep the way from the project's folder to the archive; there is none between two drives."""
    project = QgsProject.instance()
    try:
        way = os.path.relpath(folder, project.absolutePath()) if project.absolutePath() else ""
    except ValueError:
        way = ""
    project.writeEntry(SCOPE, RELATIVE_FOLDER, Path(way).as_posix() if way else "")


def _at_same_place() -> Path | None:
    """Return the folder that lies as the archive did relative to the project's file, None where there is none."""
    project = QgsProject.instance()
    way, _ = project.readEntry(SCOPE, RELATIVE_FOLDER, "")
    if not way or not project.absolutePath():
        return None
    folder = Path(os.path.normpath(Path(project.absolutePath()) / way))
    return folder if folder.is_dir() else None


def _nothing() -> None:
    """Have no question to withdraw."""


def tr(text: str) -> str:
    """Return the text in the user's language."""
    return QCoreApplication.translate("SmosIb", text)
