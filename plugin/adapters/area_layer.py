# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Areas from polygons: which cells they touch and by which share, whatever projection they come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsGeometry,
    QgsVectorLayer,
)

from ..core.analysis.areas import Area
from ..core.analysis.coverage import coverage
from ..core.archive import Progress, no_progress
from ..core.errors import BadRequest
from ..core.grid import EaseGrid
from .compat import polygon_type
from .polygons import in_degrees, sound

MOST_AREAS = 50
"""Taken from a layer at most: more bands than this tell nothing."""


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
    polygon = sound(shape.name, shape.geometry, shape.crs)
    cells, weights = coverage(in_degrees(shape.name, polygon, shape.crs, context), grid)
    if not cells.size:
        raise BadRequest(f"{shape.name} lies outside the grid {grid.name}.", f"The grid {grid.reach}.")
    return Area(shape.id, shape.name, grid, cells, weights)
