# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The live layer: one raster in the layer tree whose content follows the dock, while its look, name and place are the user's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from qgis.core import QgsLayerTreeGroup, QgsLayerTreeLayer, QgsProject, QgsRasterLayer, QgsSingleBandPseudoColorRenderer

from .day_map import DayMap, Recipe
from .layer_metadata import describe_layer, set_days
from .styles import apply_default_style

GROUP = "SMOS-IB Explorer"
RECIPE = "smosib/recipe"
LIVE = "smosib/live"
OWN_NAME = "smosib/name"
ASIDE = "smosib/aside"
"""On the live layer: what it shows while another map is shown in its place."""


class LiveLayer:
    """Finds, makes and updates the live layer of the current project. Main thread only."""

    record: tuple[dt.date, dt.date] | None = None
    """First and last day of the archive. QGIS takes the range of its temporal controller from the first layer that it sees."""
    navigating = False
    """Whether the temporal controller moves the map: its filter would hide the layer until the layer has followed."""

    def set_navigating(self, navigating: bool) -> None:
        """Take note that the temporal controller begins or ends to move the map."""
        self.navigating = navigating
        layer = self.layer()
        if layer is not None:
            self._filter_by_day(layer)

    def layer(self) -> QgsRasterLayer | None:
        """Return the project's live layer, None where the user has none (any more)."""
        for layer in QgsProject.instance().mapLayers().values():
            # By its id: a copy that the user makes of it is his own.
            if isinstance(layer, QgsRasterLayer) and layer.customProperty(LIVE) == layer.id():
                return layer
        return None

    def show(self, shown: DayMap) -> None:
        """Put a map into the live layer, making it if there is none."""
        layer = self.layer()
        if layer is None:
            self._add(shown)
        elif shown.is_new or not _shows(layer, shown):
            point_layer_to(layer, shown)
        if layer is not None:
            self._filter_by_day(layer)
            if layer.customProperty(ASIDE, layer.customProperty(RECIPE)) != layer.customProperty(RECIPE):
                self.bring_back()

    def bring_back(self) -> None:
        """Show the layer again where another map has been shown in its place."""
        layer = self.layer()
        node = QgsProject.instance().layerTreeRoot().findLayer(layer.id()) if layer is not None else None
        if layer is None or node is None or layer.customProperty(ASIDE) is None:
            return
        layer.removeCustomProperty(ASIDE)
        if not node.itemVisibilityChecked():
            _show_alone(layer)

    def keep(self) -> QgsRasterLayer | None:
        """Leave a copy of the live layer in the project, right below it; return it, None where there is no live layer."""
        layer = self.layer()
        if layer is None:
            return None
        copy = layer.clone()
        if isinstance(layer.renderer(), QgsSingleBandPseudoColorRenderer):  # whose range QGIS does not clone
            copy.renderer().setClassificationMin(layer.renderer().classificationMin())
            copy.renderer().setClassificationMax(layer.renderer().classificationMax())
        copy.removeCustomProperty(LIVE)
        copy.removeCustomProperty(ASIDE)
        copy.temporalProperties().setIsActive(True)
        insert_layer(copy, layer, 1)
        return copy

    def _add(self, shown: DayMap) -> None:
        layer = new_layer(shown)
        layer.setCustomProperty(LIVE, layer.id())
        project = QgsProject.instance()
        set_days(layer, *(self.record or shown.content.period))
        project.addMapLayer(layer, False)
        set_days(layer, *shown.content.period)
        self._filter_by_day(layer)
        group().insertLayer(0, layer)

    def _filter_by_day(self, layer: QgsRasterLayer) -> None:
        temporal = layer.temporalProperties()
        if temporal.isActive() is self.navigating:
            temporal.setIsActive(not self.navigating)


def group() -> QgsLayerTreeGroup:
    """Return the plugin's group in the layer tree, made at the top where it is missing."""
    root = QgsProject.instance().layerTreeRoot()
    return root.findGroup(GROUP) or root.insertGroup(0, GROUP)


def add_dated_layer(shown: DayMap) -> QgsRasterLayer:
    """Add a map as `add_dated_layers` does, and return its layer. Main thread."""
    layer = new_layer(shown)
    add_dated_layers([layer])
    return layer


def add_dated_layers(layers: Sequence[QgsRasterLayer]) -> None:
    """Add layers of maps, which stay as they are, above the live layer and all maps beside it, the first on top and shown. Main thread."""
    if not layers:
        return
    live = LiveLayer().layer()
    maps = _maps_beside(live)
    neighbour, below = maps[0].layer() if maps else live, 0
    for layer in layers:
        insert_layer(layer, neighbour, below)
        neighbour, below = layer, 1
    _show_alone(layers[0])
    if live is not None:
        live.setCustomProperty(ASIDE, live.customProperty(RECIPE))


def _maps_beside(layer: QgsRasterLayer | None) -> list[QgsLayerTreeLayer]:
    """Return our maps in the group of a layer, that one too, uppermost first."""
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id()) if layer is not None else None
    beside = node.parent().children() if node is not None else []
    there = [one for one in beside if isinstance(one, QgsLayerTreeLayer) and one.layer() is not None]
    return [one for one in there if one.layer().customProperty(RECIPE)]


def _show_alone(layer: QgsRasterLayer) -> None:
    """Hide the other ones of our maps: seen through the gaps of a map, another one with similar colours would be taken for part of it."""
    for one in _maps_beside(layer):
        one.setItemVisibilityChecked(one.layerId() == layer.id())


def new_layer(shown: DayMap) -> QgsRasterLayer:
    """Return a layer of a map with its default look, its days and metadata. It is in no project yet. Main thread."""
    layer = QgsRasterLayer(str(shown.path), shown.title, "gdal")
    layer.setCustomProperty(OWN_NAME, shown.title)
    layer.styleManager().renameStyle(layer.styleManager().currentStyle(), shown.content.variable.id)
    apply_default_style(layer, shown.content.variable, shown.content.kept)
    describe(layer, shown)
    layer.temporalProperties().setIsActive(True)
    return layer


def insert_layer(layer: QgsRasterLayer, neighbour: QgsRasterLayer | None, below: int) -> None:
    """Add a layer to the project next to another one, or at the top of the plugin's group; `below` is 1 for below it, 0 for above."""
    node = QgsProject.instance().layerTreeRoot().findLayer(neighbour.id()) if neighbour is not None else None
    QgsProject.instance().addMapLayer(layer, False)
    parent = node.parent() if node is not None else group()
    parent.insertLayer(parent.children().index(node) + below if node is not None else 0, layer)


def _shows(layer: QgsRasterLayer, shown: DayMap) -> bool:
    """Return whether a layer shows a map already, as after opening a project."""
    is_its_file = layer.isValid() and layer.source() == str(shown.path)
    return is_its_file and layer.customProperty(RECIPE) == shown.recipe.to_json()


def point_layer_to(layer: QgsRasterLayer, shown: DayMap) -> None:
    """Give a layer another file, keeping its look; another variable gets the look it had last, or its default."""
    layer.setDataSource(str(shown.path), layer.name(), "gdal")
    switch_style(layer, shown)
    if layer.name() == layer.customProperty(OWN_NAME):
        layer.setName(shown.title)
        layer.setCustomProperty(OWN_NAME, shown.title)
    describe(layer, shown)
    layer.triggerRepaint()


def switch_style(layer: QgsRasterLayer, shown: DayMap) -> None:
    """Let each variable keep its own look, as one of the layer's named styles."""
    styles, wanted = layer.styleManager(), shown.content.variable.id
    if styles.currentStyle() == wanted:
        return
    kept = _identity(layer)
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
    was_expanded = node is not None and node.isExpanded()
    if wanted in styles.styles():
        styles.setCurrentStyle(wanted)
    else:
        styles.addStyleFromLayer(wanted)
        styles.setCurrentStyle(wanted)
        apply_default_style(layer, shown.content.variable, shown.content.kept)
        layer.emitStyleChanged()
    for key, value in kept:
        if value is None:
            layer.removeCustomProperty(key)  # of the time when this look was seen last
        else:
            layer.setCustomProperty(key, value)
    if node is not None:
        node.setExpanded(was_expanded)  # QGIS folds long legends, and leaves them folded


def describe(layer: QgsRasterLayer, shown: DayMap) -> None:
    """Write down on the layer what it shows: recipe, day and metadata."""
    layer.setCustomProperty(RECIPE, shown.recipe.to_json())
    set_days(layer, *shown.content.period)
    describe_layer(layer, shown.title, shown.provenance)


def recipe_of(layer: Any) -> Recipe | None:
    """Return the recipe of a layer of ours, None for any other."""
    text = layer.customProperty(RECIPE) if layer is not None else None
    return Recipe.from_json(text) if isinstance(text, str) else None


def _identity(layer: QgsRasterLayer) -> list[tuple[str, Any]]:
    return [(key, layer.customProperty(key)) for key in (LIVE, OWN_NAME, RECIPE, ASIDE)]
