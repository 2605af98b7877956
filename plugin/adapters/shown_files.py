# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The cached files that layers show: kept from another QGIS that tidies the same cache, and noticed when they are gone all the same."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .day_map import Recipe
from .layer_cache import CACHED_NAME, IN_USE_S, LayerCache
from .live_layer import recipe_of

FRESHEN_MS = IN_USE_S * 1000 // 3


class ShownFiles(QObject):
    """Looks after the files behind the project's layers. Main thread."""

    gone = pyqtSignal(object)  # list of (layer id, Recipe): what these layers show has to be made again

    def __init__(self, cache: LayerCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = cache
        self._given_up: set[tuple[str, str]] = set()  # layers' ids and files
        self._timer = QTimer(self)
        self._timer.setInterval(FRESHEN_MS)
        self._timer.timeout.connect(self.freshen)
        self._timer.start()

    def freshen(self) -> None:
        """Take note that the files are used."""
        for layer in _cached_layers():
            self._cache.use(Path(layer.source()))
        self.look()

    def look(self) -> None:
        """Say which layers have lost their file, as after each drawing: some microseconds for each layer."""
        lost = [layer for layer in _cached_layers() if not (layer.isValid() and Path(layer.source()).exists())]
        recipes = [(one.id(), recipe_of(one)) for one in lost if (one.id(), one.source()) not in self._given_up]
        found: list[tuple[str, Recipe]] = [(layer_id, recipe) for layer_id, recipe in recipes if recipe is not None]
        if found:
            self.gone.emit(found)

    def give_up(self, layer_id: str) -> None:
        """Say no more that a layer has lost the file that it has now: that cannot be made again."""
        layer = QgsProject.instance().mapLayer(layer_id)
        if layer is not None:
            self._given_up.add((layer_id, layer.source()))


def _cached_layers() -> list[QgsRasterLayer]:
    """Return the project's layers whose file lies in a cache, by its name."""
    return [
        layer
        for layer in QgsProject.instance().mapLayers().values()
        if isinstance(layer, QgsRasterLayer) and CACHED_NAME.fullmatch(Path(layer.source()).name)
    ]
