# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user does with what is shown: keeps, subtracts, stacks, exports or copies it. Each says in the message bar what it did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject

from ..core.errors import BadRequest
from ..core.points import Point
from ..core.products import SMOS_IB
from . import copy_as
from .day_map import DayMap, Side
from .exports import export_map
from .live_layer import LiveLayer, add_dated_layer
from .map_making import make_map
from .map_view import add_world_outlines
from .messages import Messages
from .session import Session
from .tasks import Background
from .temporal_layers import KIND as TEMPORAL
from .temporal_layers import TemporalLayers


class MapActions(QObject):
    """Acts on the session's map and current point. Main thread; reading and writing happen in tasks."""

    def __init__(self, session: Session, live: LiveLayer, background: Background, messages: Messages) -> None:
        super().__init__()
        self._session, self._live, self._background, self._messages = session, live, background, messages
        self.temporal = TemporalLayers(background, self)
        self.temporal.added.connect(
            lambda stack: messages.success(f"Temporal layers are in the project: {stack.name}.")
        )
        self.temporal.failed.connect(messages.error)

    def keep(self) -> None:
        """Leave a copy of the live layer as a layer of its own."""
        kept = self._live.keep()
        if kept is not None:
            self._messages.info(f"Kept as a layer of its own: {kept.name()}.")

    def subtract(self, variable: str, date: dt.date) -> None:
        """Add what the map shows minus another day or variable as a layer of its own."""
        session, opened, shown = self._session, self._session.opened, self._shown()
        if shown is None or opened is None:
            return
        recipe = replace(shown.recipe, minus=Side(variable, date))

        def done(made: DayMap) -> None:
            self._messages.info(f"Added: {add_dated_layer(made).name()}.")

        self._background.start(
            "difference",
            f"Difference from {date}",
            lambda progress, grown: make_map(
                session.reader, opened, session.cache, recipe, progress, session.maps.reads(opened)
            ),
            done,
            self._messages.error,
        )

    def stack(self, recipe: Any, target: Path) -> None:
        """Make temporal layers of a recipe's period."""
        opened = self._session.opened
        if self._background.is_running(TEMPORAL):
            self._messages.info(
                "Temporal layers are being made already. QGIS's task list shows how far they are, and can stop them."
            )
        elif opened is not None:
            self._messages.info(f"Making temporal layers: {target.name}. QGIS's task list shows how far they are.")
            self.temporal.make(opened, recipe, target, self._session.maps.reads(opened, keep=False))

    def add_world(self) -> None:
        """Add the country outlines that QGIS brings."""
        if add_world_outlines() is None:
            self._messages.info("QGIS's world map is missing from this installation.")

    def export_map(self, path: Path) -> None:
        """Write what the map shows as a GeoTIFF."""
        shown = self._session.shown
        if shown is not None:
            self.export(path, lambda progress, grown: export_map(path, shown))

    def export(self, path: Path, work: Any, then: Callable[[], Any] = lambda: None) -> None:
        """Let a task write a file, then say so."""

        def done(result: Any) -> None:
            then()
            self._messages.success(f"Written: {path}")

        self._background.start(f"export {path}", f"Writing {path.name}", work, done, self._messages.error)

    def copy_map(self, as_python: bool) -> None:
        """Put the shown day on the clipboard, as a command or as Python text."""
        shown, opened = self._shown(), self._session.opened
        if shown is None or opened is None:
            return
        if shown.recipe.last is not None:
            self._messages.error(
                BadRequest("The map shows a period.", "Go to a single day: a day's map can be copied as a command.")
            )
            return
        text = copy_as.map_as_python(shown.recipe, opened) if as_python else copy_as.map_as_command(shown.recipe)
        self._to_clipboard(text, f"the map of {shown.recipe.date}", as_python)

    def copy_series(self, as_python: bool) -> None:
        """Put the current point's series on the clipboard, as a command or as Python text."""
        opened, chosen, cells = self._session.opened, self._session.selection, self._session.cells
        point: Point | None = cells.point
        if opened is None or chosen is None:
            return
        if point is None:
            self._messages.error(
                BadRequest("No cell is chosen.", "Extract a time series, or choose one of the points.")
            )
            return
        make = copy_as.series_as_python if as_python else copy_as.series_as_command
        text = make(opened, point, cells.series_variables, chosen.orbit, chosen.criteria)
        self._to_clipboard(text, f"the series of {point.name}", as_python)

    def copy_citations(self) -> None:
        """Put the product's citations on the clipboard."""
        product = self._session.opened.recognition.product if self._session.opened else SMOS_IB
        if product.citations:
            QgsApplication.clipboard().setText("\n".join(product.citations))
            self._messages.success(f"{len(product.citations)} citations are on the clipboard.")
        else:
            self._messages.info(f"{product.title} is not SMOS-IB: please cite it as its provider asks.")

    def _shown(self) -> DayMap | None:
        """Return the map of the open archive; None, with a sentence, while the map is still another one's."""
        shown, opened = self._session.shown, self._session.opened
        if shown is None or opened is None or shown.recipe.folder != opened.archive.root:
            self._messages.info("There is no map of this folder yet.")
            return None
        return shown

    def _to_clipboard(self, text: str, what: str, as_python: bool) -> None:
        QgsApplication.clipboard().setText(text)
        kind = "as Python text, which needs no QGIS" if as_python else "as a qgis_process command"
        opened = self._session.opened
        corrected = not as_python and opened is not None and bool(opened.recognition.corrections)
        elsewhere = " On another machine, name an exported profile of this folder as PROFILE." if corrected else ""
        self._messages.success(f"On the clipboard: {what}, {kind}.{elsewhere}")
