# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Composites, anomalies and trends of the open archive as layers of their own, made in the background. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress
from ..core.errors import Cancelled
from .day_map import DayMap, Recipe
from .live_layer import add_dated_layer
from .map_making import make_map
from .session import Session
from .tasks import Background

KIND = "analysis"


class Analyst(QObject):
    """Makes one map, or one row of maps, at a time; a new request stops the one before. Main thread; the work is a task."""

    advanced = pyqtSignal(float, str)
    ended = pyqtSignal(str)  # what there is now, or why there is nothing
    added = pyqtSignal(str)
    failed = pyqtSignal(object)  # Exception

    def __init__(self, session: Session, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._background = session, background

    def make(self, recipes: tuple[Recipe, ...]) -> None:
        """Make maps and add each as a layer of its own above the live layer, the first on top."""
        session, opened = self._session, self._session.opened
        if opened is None or not recipes:
            return

        def work(progress: Progress, grown: Callable[[Any], None]) -> list[DayMap]:
            read, store = session.maps.reads(opened), session.stores.view(opened)
            made = []
            for number, recipe in enumerate(recipes):

                def part(share: float, what: str, at: int = number) -> None:
                    progress((at + share) / len(recipes), what)

                made.append(make_map(session.reader, opened, session.cache, recipe, part, read, store))
            return made

        def done(made: list[DayMap]) -> None:
            names = [add_dated_layer(one).name() for one in reversed(made)]
            told = f"Added: {names[-1]}." if len(names) == 1 else f"Added: {len(names):,} layers."
            self.ended.emit(told)
            self.added.emit(told)

        self._start(recipes[0], work, done)

    def stop(self) -> None:
        """Stop what is under way; nothing is added."""
        if self._background.cancel(KIND):
            self.ended.emit("Stopped; nothing was added.")

    def _start(self, recipe: Recipe, work: Any, done: Callable[[Any], None]) -> None:
        def failed(error: Exception) -> None:
            self.ended.emit("Stopped; nothing was added." if isinstance(error, Cancelled) else str(error))
            if not isinstance(error, Cancelled):
                self.failed.emit(error)

        self.advanced.emit(0.0, "")
        self._background.start(KIND, f"Analysis of {recipe.variable}", work, done, failed, advanced=self.advanced.emit)
