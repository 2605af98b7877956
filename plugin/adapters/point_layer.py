# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Points from a layer and as a layer: places that features mark, and kept points as a GeoPackage with their colours and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr, osr
from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsProject,
    QgsRendererCategory,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

from ..core.errors import BadRequest
from ..core.files import replacing
from ..core.points import Place, Point

MOST_PLACES = 50
"""Taken from a layer at most: more curves than this tell nothing."""

NAME_FIELDS = ("name", "title", "label", "site", "station", "id")
LAYER = "points"
FIELDS = (
    ("name", ogr.OFTString),
    ("lon", ogr.OFTReal),
    ("lat", ogr.OFTReal),
    ("row", ogr.OFTInteger),
    ("col", ogr.OFTInteger),
    ("colour", ogr.OFTString),
)


def places_of_layer(layer: Any) -> list[Place]:
    """Return the places that a point layer's selected features mark, all features if none is selected. Main thread.

    Raises BadRequest for what is no point layer, for more than `MOST_PLACES`, and for places without longitude and latitude.
    """
    if not isinstance(layer, QgsVectorLayer) or layer.geometryType() != _point_type():
        raise BadRequest(
            "No point layer is chosen.",
            "Choose one in QGIS's Layers panel; if you select features, only those are taken.",
        )
    chosen = layer.selectedFeatureCount()
    if chosen > MOST_PLACES:
        raise _too_many(layer, f"{chosen:,} selected features")
    features: Iterable[Any] = layer.getFeatures(QgsFeatureRequest().setLimit(MOST_PLACES + 1))
    if chosen:  # a selection has no order of its own
        features = sorted(layer.getSelectedFeatures(), key=lambda feature: feature.id())
    to_degrees = QgsCoordinateTransform(
        layer.crs(), QgsCoordinateReferenceSystem.fromEpsgId(4326), QgsProject.instance()
    )
    named = _name_field(layer)
    places: list[Place] = []
    for feature in features:
        name = feature.attribute(named) if named >= 0 else None
        for vertex in feature.geometry().vertices():
            places.append(_place(to_degrees, vertex.x(), vertex.y(), name))
            if len(places) > MOST_PLACES:
                raise _too_many(layer, "more")
    if not places:
        raise BadRequest(f"{layer.name()} has no point.", "Choose a layer with at least one.")
    return places


def write_points(path: Path, points: Sequence[Point]) -> None:
    """Write points as a GeoPackage in EPSG:4326, in the list's order; for any thread. Whole or not at all.

    Raises BadRequest where it cannot be written.
    """
    with replacing(path) as part:
        gdal.ErrorReset()
        try:
            _write(part, points)
            written = gdal.OpenEx(str(part), gdal.OF_VECTOR)
            # GDAL does not tell of a disk that was full when it closed the file.
            if written is None or written.GetLayerByName(LAYER).GetFeatureCount() != len(points):
                raise RuntimeError("what was written cannot be read back")
        except (RuntimeError, AttributeError) as error:
            raise OSError(0, gdal.GetLastErrorMsg() or str(error)) from error


def add_points_layer(path: Path) -> QgsVectorLayer | None:
    """Add a written GeoPackage to the project, each point in its colour with its name; None if it cannot be opened. Main thread."""
    layer = QgsVectorLayer(f"{path}|layername={LAYER}", path.stem, "ogr")
    if not layer.isValid():
        return None
    categories = [
        QgsRendererCategory(feature["name"], _symbol(feature["colour"]), str(feature["name"]))
        for feature in layer.getFeatures()
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer("name", categories))
    label_by_name(layer)
    QgsProject.instance().addMapLayer(layer)
    return layer


def label_by_name(layer: QgsVectorLayer) -> None:
    """Write the field `name` beside each feature, with a halo. Main thread."""
    names = QgsPalLayerSettings()
    names.fieldName = "name"
    text = names.format()
    halo = text.buffer()
    halo.setEnabled(True)
    halo.setColor(QColor(255, 255, 255))
    text.setBuffer(halo)
    names.setFormat(text)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(names))
    layer.setLabelsEnabled(True)


def _write(path: Path, points: Iterable[Point]) -> None:
    file = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(4326)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    layer = file.CreateLayer(LAYER, reference, ogr.wkbPoint)
    for name, kind in FIELDS:
        layer.CreateField(ogr.FieldDefn(name, kind))
    layer.StartTransaction()
    for point in points:
        feature = ogr.Feature(layer.GetLayerDefn())
        values = (point.name, point.lon, point.lat, point.cell.row, point.cell.col, point.shade(dark=False))
        for (name, _), value in zip(FIELDS, values):
            feature.SetField(name, value)
        place = ogr.Geometry(ogr.wkbPoint)
        place.AddPoint_2D(point.lon, point.lat)
        feature.SetGeometry(place)
        if layer.CreateFeature(feature):
            raise RuntimeError(gdal.GetLastErrorMsg())
    layer.CommitTransaction()
    file.FlushCache()


def _too_many(layer: QgsVectorLayer, has: str) -> BadRequest:
    return BadRequest(
        f"At most {MOST_PLACES} points are taken from a layer, and {layer.name()} has {has}.",
        f"Select up to {MOST_PLACES} features in it.",
    )


def _place(to_degrees: QgsCoordinateTransform, x: float, y: float, name: Any) -> Place:
    try:
        at = to_degrees.transform(x, y)
    except QgsCsException as error:
        raise BadRequest(f"The point at {x:g}, {y:g} has no longitude and latitude.", str(error)) from error
    # NULL is None in some versions of QGIS and a QVariant in others.
    return Place(at.x(), at.y(), str(name) if isinstance(name, (str, int, float)) else "")


def _name_field(layer: QgsVectorLayer) -> int:
    """Return the number of the field that names features, -1 without one."""
    names = [field.name().lower() for field in layer.fields()]
    return next((names.index(one) for one in NAME_FIELDS if one in names), -1)


def _symbol(colour: str) -> QgsMarkerSymbol:
    return QgsMarkerSymbol.createSimple(
        {"name": "circle", "color": colour, "size": "3", "outline_color": "#ffffff", "outline_width": "0.3"}
    )


def _point_type() -> Any:
    kinds = getattr(Qgis, "GeometryType", None)
    return kinds.Point if kinds is not None else QgsWkbTypes.PointGeometry
