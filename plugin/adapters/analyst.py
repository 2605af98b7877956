# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Composites, anomalies and trends of the open archive as layers of their own, made in the background. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import groupby

from qgis.core import QgsRasterLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress, one_of
from ..core.errors import BadRequest, Cancelled, SmosIbError
from ..core.reader import Opened
from .day_map import DayMap, Recipe
from .live_layer import add_dated_layers, new_layer
from .map_making import make_map
from .session import Session
from .tasks import Background

KIND = "analysis"
TOLD_PERIODS = 3

LeftOut = list[tuple[Recipe, SmosIbError]]


@dataclass(frozen=True, eq=False)
class _Order:
    """What is being made, and of which archive. `layers` are those made so far: they hold no arrays, and are in no project yet."""

    opened: Opened
    recipes: tuple[Recipe, ...]
    layers: list[QgsRasterLayer] = field(default_factory=list)


class Analyst(QObject):
    """Makes one map, or one row of maps, at a time; a new request stops the one before. Main thread; the work is a task."""

    advanced = pyqtSignal(float, str)
    ended = pyqtSignal(str)  # what there is now, and why it is not all that was asked for
    added = pyqtSignal(str)  # the same, where all is well
    warned = pyqtSignal(str)  # the same, where the user did not expect it
    failed = pyqtSignal(object)  # Exception

    def __init__(self, session: Session, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._background = session, background
        self._order: _Order | None = None

    def make(self, recipes: tuple[Recipe, ...]) -> None:
        """Make maps and add them as layers of their own above the live layer, the first on top.

        Of a row the maps that cannot be made are left out, with the reason; what stands in the way of all of them, such as a full disk, ends it.
        """
        self.stop()
        opened = self._session.opened
        if opened is None or not recipes:
            return
        order = self._order = _Order(opened, recipes)
        self.advanced.emit(0.0, "")
        self._background.start(
            KIND,
            f"Analysis of {recipes[0].variable}",
            lambda progress, grown: self._make_all(order, progress, grown),
            self._done,
            self._failed,
            grown=lambda made: order.layers.append(new_layer(made)),
            advanced=self.advanced.emit,
        )

    def stop(self) -> None:
        """Stop what is under way. What a row has already is added."""
        if self._background.cancel(KIND):
            self._end("Stopped.")

    def take_archive(self, opened: Opened | None) -> None:
        """Hear of the archive as it is now.

        The work goes on where it lost damaged files, which are left out and listed in any case, or has new ones. Else it stops, and says why.
        """
        order = self._order
        why = _what_changed(order.opened, opened) if order is not None else ""
        if order is None or not why or not self._background.cancel(KIND):
            return
        if opened is None:
            order.layers.clear()  # the project that they were for is closed
        self._end(f"The analysis was stopped, for {why}.", is_warning=True)

    def _make_all(self, order: _Order, progress: Progress, grown: Callable[[DayMap], None]) -> LeftOut:
        """Make maps, handing out each as it is there: a whole record's would not fit into memory (in a task)."""
        session, recipes = self._session, order.recipes
        read, store = session.maps.reads(order.opened, keep=False), session.stores.view(order.opened)
        left_out: LeftOut = []
        for number, recipe in enumerate(recipes):
            part = one_of(progress, number, len(recipes))
            try:
                grown(make_map(session.reader, order.opened, session.cache, recipe, part, read, store))
            except BadRequest as error:
                left_out += [(one, error) for one in recipes[number:]]
                break
            except SmosIbError as error:
                left_out.append((recipe, error))
        if len(left_out) == len(recipes):
            raise left_out[0][1]
        return left_out

    def _done(self, left_out: LeftOut) -> None:
        self._end(_list(left_out), is_warning=bool(left_out))

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self._end("Stopped.")
        else:
            self._end(str(error))
            self.failed.emit(error)

    def _end(self, said: str, is_warning: bool = False) -> None:
        """Add what was made, and tell of it after what else there is to say."""
        order, self._order = self._order, None
        if order is None:
            return
        made, wanted = len(order.layers), len(order.recipes)
        add_dated_layers(order.layers)
        counted = f"{made:,} layers" if made == wanted else f"{made:,} of {wanted:,} layers"
        what = "Nothing was added." if not made else f"Added: {order.layers[0].name() if wanted == 1 else counted}."
        told = f"{said} {what}".strip()
        self.ended.emit(told)
        if is_warning:
            self.warned.emit(told)
        elif made:
            self.added.emit(told)


def _what_changed(before: Opened, now: Opened | None) -> str:
    """Return what became of an archive so that no map of it should be added any more, empty where nothing did."""
    if now is None:
        return "the folder was closed"
    if now.archive.root != before.archive.root:
        return "another folder was opened"
    was = before.recognition
    told = replace(now.recognition, evidence=was.evidence, deviation=was.deviation, product_why=was.product_why)
    if told != was:
        return "the folder is read in another way now"
    changes = now.archive.changes_since(before.archive)
    return "files of the folder were changed or removed" if changes.changed or changes.removed else ""


def _list(left_out: LeftOut) -> str:
    """Return what was left out and why, each reason once for the periods that follow each other; empty for nothing."""
    told = []
    for reason, periods in groupby(left_out, lambda one: one[1].sentence):
        recipes = [recipe for recipe, _ in periods]
        told.append(f"{recipes[0].days[0]} to {recipes[-1].days[1]} ({reason})")
    more = f"; and {len(told) - TOLD_PERIODS:,} more" if len(told) > TOLD_PERIODS else ""
    return f"Left out: {'; '.join(told[:TOLD_PERIODS])}{more}." if told else ""
