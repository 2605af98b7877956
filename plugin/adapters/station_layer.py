# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The loaded stations as one point layer of the project. Its features live in memory: a project remembers the files, and fills it again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsMarkerSymbol,
    QgsPointXY,
    QgsProject,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)

from ..core.analysis.station import Station
from .point_layer import label_by_name

IS_STATIONS = "smosib/stations"
"""The custom property that marks the layer."""
COLOUR = "#d55e00"
_FIELDS = (
    "field=name:string&field=network:string&field=depth_from:double&field=depth_to:double&field=quantity:string"
    "&field=values:integer&field=good:integer&field=first:date&field=last:date&field=file:string"
)


def station_layer() -> QgsVectorLayer | None:
    """Return the project's layer of stations, None without one. One that QGIS made permanent is the user's own: it lives in a file now."""
    layers = QgsProject.instance().mapLayers().values()
    return next((one for one in layers if one.customProperty(IS_STATIONS) and _in_memory(one)), None)


def show_stations(stations: Sequence[Station]) -> None:
    """Let the layer hold these stations; it is made where there is none, unless there is nothing to show. Main thread."""
    layer = station_layer()
    if layer is None:
        if not stations:
            return
        layer = _new_layer()
        QgsProject.instance().addMapLayer(layer)
    provider = layer.dataProvider()
    provider.truncate()
    provider.addFeatures([_feature(layer, one) for one in stations])
    layer.updateExtents()
    layer.triggerRepaint()


def zoom_to_stations(canvas: Any) -> None:
    """Show the part of the world in which the stations lie, with some room around."""
    layer = station_layer()
    if layer is not None and layer.featureCount():
        extent = canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent())
        extent.grow(max(0.1 * max(extent.width(), extent.height()), 4 * canvas.mapUnitsPerPixel()))
        canvas.setExtent(extent)
        canvas.refresh()


def _in_memory(layer: Any) -> bool:
    return isinstance(layer, QgsVectorLayer) and layer.dataProvider() is not None and layer.providerType() == "memory"


def _new_layer() -> QgsVectorLayer:
    layer = QgsVectorLayer(f"Point?crs=EPSG:4326&{_FIELDS}", "Stations", "memory")
    layer.setCustomProperty(IS_STATIONS, True)
    layer.setCustomProperty("skipMemoryLayersCheck", 1)  # nothing is lost with it
    symbol = QgsMarkerSymbol.createSimple(
        {"name": "triangle", "color": COLOUR, "size": "3.4", "outline_color": "#ffffff", "outline_width": "0.3"}
    )
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    label_by_name(layer)
    return layer


def _feature(layer: QgsVectorLayer, station: Station) -> QgsFeature:
    feature = QgsFeature(layer.fields())
    first, last = (str(day) for day in station.days)
    told = {
        "name": station.name,
        "network": station.network,
        "depth_from": _number(station.depth_from),
        "depth_to": _number(station.depth_to),
        "quantity": station.quantity,
        "values": int(station.values.size),
        "good": int(station.good.sum()),
        "first": first,
        "last": last,
        "file": station.source.name,
    }
    for field, value in told.items():
        at = layer.fields().lookupField(field)  # a user may have taken fields away
        if at >= 0:
            feature.setAttribute(at, value)
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(station.lon, station.lat)))
    return feature


def _number(number: float) -> float | None:
    return None if math.isnan(number) else number
