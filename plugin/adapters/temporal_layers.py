# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Temporal layers: written in the background, then added to the project a few at a time, with the look of the live layer."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer, QgsReadWriteContext
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtXml import QDomDocument

from ..core.content import Read
from ..core.reader import Opened
from .compat import set_days_of_bands
from .day_map import Recipe
from .layer_metadata import begin_after_midnight, describe_layer, set_days
from .live_layer import RECIPE, LiveLayer, group, insert_layer
from .styles import apply_default_style
from .tasks import Background
from .temporal_files import DayFile, TemporalStack, make_temporal

KIND = "temporal"
AT_ONCE = 8
"""Layers added before the interface gets its turn: some 5 ms each."""


class TemporalLayers(QObject):
    """Makes temporal layers, one period at a time. Main thread; reading and writing happen in a task."""

    added = pyqtSignal(object)  # TemporalStack: all its layers are in the project
    failed = pyqtSignal(object)  # Exception

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._waiting: deque[DayFile] = deque()
        self._stack: TemporalStack | None = None
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._add_some)
        QgsProject.instance().cleared.connect(self.cancel)

    def close(self) -> None:
        """End."""
        QgsProject.instance().cleared.disconnect(self.cancel)
        self.cancel()

    def cancel(self) -> None:
        """Stop making and adding. Files that are whole already stay."""
        self._background.cancel(KIND)
        self._turn.stop()
        self._waiting.clear()
        self._stack = None

    def make(self, opened: Opened, recipe: Recipe, target: Path, read: Read) -> None:
        """Make layers of the days from the recipe's `date` to its `last`, in a file or folder of that name."""
        self.cancel()
        self._background.start(
            KIND,
            f"Making temporal layers {target.name}",
            lambda progress, grown: make_temporal(opened, recipe, target, read, progress),
            self._add,
            self.failed.emit,
        )

    def _add(self, stack: TemporalStack) -> None:
        if stack.days:
            layer = self._layer(stack, stack.path, stack.title)
            describe_layer(layer, stack.title, stack.provenance)
            set_days_of_bands(layer, stack.days)
            insert_layer(layer, LiveLayer().layer(), 0)
            self.added.emit(stack)
            return
        self._stack = stack
        group().insertGroup(0, stack.name).setExpanded(False)
        self._waiting.extend(stack.files)
        self._turn.start()

    def _add_some(self) -> None:
        stack = self._stack
        parent = group().findGroup(stack.name) if stack is not None else None
        if stack is None or parent is None:  # the user has removed it
            self.cancel()
            return
        layers = []
        for _ in range(min(AT_ONCE, len(self._waiting))):
            one = self._waiting.popleft()
            layer = self._layer(stack, one.path, one.title)
            layer.setCustomProperty(RECIPE, one.recipe.to_json())
            describe_layer(layer, one.title, one.provenance)
            set_days(layer, one.recipe.date, one.recipe.date)
            begin_after_midnight(layer)
            layer.temporalProperties().setIsActive(True)
            layers.append(layer)
        QgsProject.instance().addMapLayers(layers, False)
        for layer in layers:
            parent.addLayer(layer).setExpanded(False)
        if not self._waiting:
            self._turn.stop()
            self._stack = None
            self.added.emit(stack)

    def _layer(self, stack: TemporalStack, path: Path, title: str) -> QgsRasterLayer:
        """Return a layer that looks like the live layer where that shows the same variable, else like the variable."""
        layer, variable = QgsRasterLayer(str(path), title, "gdal"), stack.first.variable
        live = LiveLayer().layer()
        layer.styleManager().renameStyle(layer.styleManager().currentStyle(), variable.id)
        if live is not None and live.styleManager().currentStyle() == variable.id and live.renderer() is not None:
            # As text: a renderer's own copy forgets its limits in some versions.
            text, parts = QDomDocument(), QgsMapLayer.StyleCategory.Symbology | QgsMapLayer.StyleCategory.Rendering
            live.exportNamedStyle(text, QgsReadWriteContext(), parts)
            layer.importNamedStyle(text, parts)
        else:
            apply_default_style(layer, variable, stack.first.kept)
        return layer
