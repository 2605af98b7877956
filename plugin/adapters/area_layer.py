# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Areas from polygons: which cells they touch and by which share, whatever projection they come in."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsGeometry,
    QgsUnitTypes,
    QgsVectorLayer,
)

from ..core.analysis.areas import Area
from ..core.analysis.coverage import coverage
from ..core.archive import Progress, no_progress
from ..core.errors import BadRequest
from ..core.grid import EaseGrid
from ..core.projection import Floats
from .compat import distance_unit, polygon_type

MOST_AREAS = 50
"""Taken from a layer at most: more bands than this tell nothing."""

STEP_DEGREES, STEP_M = 0.1, 10_000.0
"""Longest piece of an edge that is moved to the grid as a straight line, which leaves it within 3 m of where it bends to."""
_MOST_PIECES = 20_000
_MULTI_POLYGON = 6  # as WKB has it


@dataclass(frozen=True)
class AreaShape:
    """A polygon with a name, in the coordinates of `crs`. `id` is the feature's, or a number of its own."""

    id: int
    name: str
    geometry: QgsGeometry
    crs: QgsCoordinateReferenceSystem


def shapes_of_layer(layer: Any) -> list[AreaShape]:
    """Return the polygons of a layer's selected features, of all if none is selected, named by its display expression. Main thread.

    Raises BadRequest for what is no polygon layer, and for more than `MOST_AREAS`.
    """
    if not isinstance(layer, QgsVectorLayer) or layer.geometryType() != polygon_type():
        raise BadRequest(
            "No polygon layer is chosen.",
            "Choose one in QGIS's Layers panel; if you select features, only those are taken. Or draw an area.",
        )
    chosen = layer.selectedFeatureCount()
    there = chosen or len(list(layer.getFeatures(QgsFeatureRequest().setNoAttributes().setLimit(MOST_AREAS + 1))))
    if there > MOST_AREAS:
        has = f"{chosen:,} selected features" if chosen else "more"
        raise BadRequest(
            f"At most {MOST_AREAS} areas are taken from a layer, and {layer.name()} has {has}.",
            f"Select up to {MOST_AREAS} features in it.",
        )
    if not there:
        raise BadRequest(f"{layer.name()} has no polygon.", "Choose a layer with at least one.")
    # A selection has no order of its own.
    features = sorted(layer.selectedFeatures() if chosen else layer.getFeatures(), key=lambda feature: feature.id())
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    named = QgsExpression(layer.displayExpression())
    named.prepare(context)
    return list(_shapes(features, named, context, layer.crs()))


def _shapes(
    features: Iterable[Any], named: QgsExpression, context: QgsExpressionContext, crs: QgsCoordinateReferenceSystem
) -> Iterator[AreaShape]:
    for feature in features:
        context.setFeature(feature)
        name = named.evaluate(context)
        # NULL is None in some versions of QGIS and a QVariant in others.
        text = " ".join(str(name).split()) if isinstance(name, (str, int, float)) else ""
        yield AreaShape(feature.id(), text or f"Area {feature.id()}", feature.geometry(), crs)


def make_areas(
    shapes: Sequence[AreaShape],
    grid: EaseGrid,
    context: QgsCoordinateTransformContext,
    progress: Progress = no_progress,
) -> list[Area]:
    """Return the areas of polygons on a grid, for any thread. Raises BadRequest for one that has no area on the grid."""
    areas = []
    for number, shape in enumerate(shapes):
        progress(number / len(shapes), shape.name)
        areas.append(make_area(shape, grid, context))
    return areas


def make_area(shape: AreaShape, grid: EaseGrid, context: QgsCoordinateTransformContext) -> Area:
    """Return the area of one polygon. Raises BadRequest where it has none, cannot be placed, or lies outside the grid."""
    polygon = _sound(shape)
    rings = _rings_in_degrees(shape, polygon, context)
    cells, weights = coverage(rings, grid)
    if not cells.size:
        raise BadRequest(
            f"{shape.name} lies outside the grid {grid.name}.",
            "The grid reaches from −180° to 180° and to ±84.44° latitude.",
        )
    return Area(shape.id, shape.name, grid, cells, weights)


def _sound(shape: AreaShape) -> QgsGeometry:
    """Return a polygon's straight, flat, valid form, in which nothing overlaps. Raises BadRequest where it has no area."""
    geometry = QgsGeometry(shape.geometry)
    if geometry.isEmpty() or geometry.type() != polygon_type():
        raise BadRequest(f"{shape.name} has no polygon.", "Take it out of the layer, or draw it anew.")
    if not shape.crs.isValid():
        raise BadRequest(
            f"It is not known where {shape.name} lies: its layer has no coordinate reference system.",
            "Set the layer's coordinate reference system.",
        )
    if geometry.constGet().hasCurvedSegments():
        geometry = QgsGeometry(geometry.constGet().segmentize())
    if not geometry.isGeosValid():
        parts = [part.makeValid() for part in geometry.asGeometryCollection()]
        pieces = [piece for part in parts for piece in part.asGeometryCollection() if piece.type() == polygon_type()]
        geometry = QgsGeometry.unaryUnion(pieces) if pieces else QgsGeometry()
    if geometry.isEmpty() or geometry.area() == 0:
        raise BadRequest(f"{shape.name} is no sound polygon: it has no area.", "Mend it in QGIS, or draw it anew.")
    geometry.get().dropZValue()
    geometry.get().dropMValue()
    return geometry


def _rings_in_degrees(shape: AreaShape, polygon: QgsGeometry, context: QgsCoordinateTransformContext) -> list[Floats]:
    """Return the rings as `coverage` wants them. Raises BadRequest where a place has no longitude and latitude."""
    in_degrees = shape.crs.isGeographic() and shape.crs.mapUnits() == distance_unit("Degrees")
    dense = polygon.densifyByDistance(STEP_DEGREES if in_degrees else _step(shape.crs, polygon))
    before = list(_rings(bytes(dense.asWkb())))
    world = QgsCoordinateReferenceSystem.fromEpsgId(4326)
    try:
        dense.transform(QgsCoordinateTransform(shape.crs, world, context))
    except QgsCsException as error:
        raise BadRequest(f"{shape.name} has no longitude and latitude everywhere.", str(error)) from error
    rings = []
    for (is_outer, old), (_, ring) in zip(before, _rings(bytes(dense.asWkb()))):
        if not np.isfinite(ring).all():
            raise BadRequest(
                f"{shape.name} has no longitude and latitude everywhere.", "It reaches beyond its projection."
            )
        if in_degrees:  # what goes beyond ±180° is meant so
            ring[:, 0] += 360 * np.round((old[:, 0] - ring[:, 0]) / 360)
        else:
            ring[1:, 0] -= 360 * np.cumsum(np.round(np.diff(ring[:, 0]) / 360))
        rings.append(ring if (_signed_area(old) > 0) == is_outer else ring[::-1])
    return rings


def _step(crs: QgsCoordinateReferenceSystem, polygon: QgsGeometry) -> float:
    """Return the longest piece of an edge, in the projection's units."""
    step = STEP_M * QgsUnitTypes.fromUnitToUnitFactor(distance_unit("Meters"), crs.mapUnits())
    box = polygon.boundingBox()
    return max(step, (box.width() + box.height()) / _MOST_PIECES)  # whatever the units are, no more than can be handled


def _rings(wkb: bytes) -> Iterator[tuple[bool, Floats]]:
    """Yield whether each ring of a flat polygon or multi-polygon is an outer one, and its points, (n, 2)."""
    kind, count = struct.unpack_from("<II", wkb, 1)
    polygons, at = (count, 9) if kind == _MULTI_POLYGON else (1, 0)
    for _ in range(polygons):
        (rings,) = struct.unpack_from("<I", wkb, at + 5)
        at += 9
        for number in range(rings):
            (points,) = struct.unpack_from("<I", wkb, at)
            yield number == 0, np.frombuffer(wkb, "<f8", 2 * points, at + 4).reshape(-1, 2).copy()
            at += 4 + 16 * points


def _signed_area(ring: Floats) -> float:
    """Return twice the area of a closed ring, positive where it is anticlockwise."""
    x, y = (ring - ring[0]).T
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))
