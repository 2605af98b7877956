# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the map looks."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFillSymbol,
    QgsProject,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas

from .day_map import DayMap
from .land import world_map
from .live_layer import group


def zoom_to_map(canvas: QgsMapCanvas, shown: DayMap) -> None:
    """Show what a map covers: the whole grid, or a regional cut. A project without other layers takes the grid's projection."""
    project, grid = QgsProject.instance(), shown.content.grid
    crs = QgsCoordinateReferenceSystem.fromEpsgId(grid.epsg)
    if project.count() <= 1:
        project.setCrs(crs)
        canvas.setDestinationCrs(crs)
    corners = shown.outline
    west, south, east, north = (
        grid.extent if corners is None else (corners[0][0], corners[1][1], corners[1][0], corners[0][1])
    )
    box = QgsRectangle(west, south, east, north)
    transform = QgsCoordinateTransform(crs, canvas.mapSettings().destinationCrs(), project)
    try:
        box = transform.transformBoundingBox(box)
    except QgsCsException:
        return  # the map's projection does not reach this far; its view stays
    box.scale(1.05)
    canvas.setExtent(box)
    canvas.refresh()


def add_world_outlines() -> QgsVectorLayer | None:
    """Add the country outlines of QGIS's own world map above the plugin's layers; None where this QGIS has no such map."""
    layer = QgsVectorLayer(f"{world_map()}|layername=countries", "Country outlines", "ogr")
    if not layer.isValid():
        return None
    # Mid-grey stands out on light maps as on dark ones.
    symbol = QgsFillSymbol.createSimple({"style": "no", "outline_color": "#6e6e6e", "outline_width": "0.15"})
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    layer.setReadOnly(True)
    QgsProject.instance().addMapLayer(layer, False)
    group().insertLayer(0, layer)
    return layer
