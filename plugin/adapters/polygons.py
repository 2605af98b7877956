# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Polygons of any projection as rings of longitude and latitude: straight, flat, nothing twice, the inside on the left."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsRectangle,
    QgsUnitTypes,
)

from ..core.errors import BadRequest
from ..core.projection import Floats
from .compat import distance_unit, polygon_type

STEP_DEGREES, STEP_M = 0.1, 10_000.0
"""Longest piece of an edge that is moved to the grid as a straight line, which leaves it within 3 m of where it bends to."""
MOST_PIECES = 200_000
"""Of all edges together, whatever the units are; what is longer than this many steps is moved in longer ones."""
MOST_LONGITUDE, MOST_LATITUDE = 540.0, 90.0 + 1e-6
_POLYGON, _MULTI_POLYGON, _TRIANGLE = 3, 6, 17  # as WKB has them


def sound(name: str, given: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> QgsGeometry:
    """Return a polygon's straight, flat, valid form, in which nothing is there twice. Raises BadRequest where it has no area, or no place.

    What its rings go around counts, however often; a hole counts only in its own part.
    """
    geometry = QgsGeometry(given)
    if geometry.isEmpty() or geometry.type() != polygon_type():
        raise BadRequest(f"{name} has no polygon.", "Take it out of the layer, or draw it anew.")
    if not crs.isValid():
        raise BadRequest(
            f"It is not known where {name} lies: there is no coordinate reference system.",
            "Set that of its layer, or that of the project where it was drawn, and add it again.",
        )
    geometry.get().dropZValue()
    geometry.get().dropMValue()
    if _kind(bytes(geometry.asWkb())) not in (_POLYGON, _MULTI_POLYGON, _TRIANGLE):  # those whose rings may be curves
        geometry = QgsGeometry(geometry.constGet().segmentize())
    parts = list(_polygons(bytes(geometry.asWkb())))
    if not all(np.isfinite(ring).all() for rings in parts for ring in rings):
        raise BadRequest(
            f"{name} is no sound polygon: a corner has no coordinates.", "Mend it in QGIS, or draw it anew."
        )
    if _is_in_degrees(crs):
        _check_degrees(name, geometry, crs)
    if not geometry.isGeosValid():
        geometry = _union([_filled_part(rings) for rings in parts if rings])
    if _is_in_degrees(crs) and geometry.boundingBox().width() > 360:
        geometry = _folded(geometry)
    if geometry.isEmpty() or geometry.area() == 0:
        raise BadRequest(f"{name} is no sound polygon: it has no area.", "Mend it in QGIS, or draw it anew.")
    return geometry


def in_degrees(
    name: str, polygon: QgsGeometry, crs: QgsCoordinateReferenceSystem, context: QgsCoordinateTransformContext
) -> list[list[Floats]]:
    """Return the rings of each part of what `sound` returned, as `coverage` wants them. Raises BadRequest where a place has no longitude and latitude."""
    already = _is_in_degrees(crs)
    to_units = QgsUnitTypes.fromUnitToUnitFactor(distance_unit("Meters"), crs.mapUnits())
    step = STEP_DEGREES if crs.isGeographic() else STEP_M * to_units
    dense = polygon.densifyByDistance(max(step, polygon.length() / MOST_PIECES))
    before = list(_polygons(bytes(dense.asWkb())))
    to_degrees = QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem.fromEpsgId(4326), context)
    try:
        dense.transform(to_degrees)
        is_mirrored = not already and _mirrors(to_degrees, polygon.pointOnSurface().asPoint(), step / 100)
    except QgsCsException as error:
        raise BadRequest(f"{name} has no longitude and latitude everywhere.", str(error)) from error
    found = []
    for old_rings, rings in zip(before, _polygons(bytes(dense.asWkb()))):
        for number, (old, ring) in enumerate(zip(old_rings, rings)):
            if not np.isfinite(ring).all():
                raise BadRequest(
                    f"{name} has no longitude and latitude everywhere.", "It reaches beyond its projection."
                )
            if already:  # what goes beyond ±180° is meant so
                ring[:, 0] += 360 * np.round((old[:, 0] - ring[:, 0]) / 360)
            else:
                ring[1:, 0] -= 360 * np.cumsum(np.round(np.diff(ring[:, 0]) / 360))
            has_inside_left = ((_signed_area(old) > 0) != is_mirrored) == (number == 0)
            rings[number] = ring if has_inside_left else ring[::-1]
        found.append(rings)
    return found


def _is_in_degrees(crs: QgsCoordinateReferenceSystem) -> bool:
    return bool(crs.isGeographic() and crs.mapUnits() == distance_unit("Degrees"))


def _check_degrees(name: str, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> None:
    """Raise BadRequest for coordinates that are no degrees."""
    box = geometry.boundingBox()
    lon = max(box.xMinimum(), box.xMaximum(), key=abs)
    lat = max(box.yMinimum(), box.yMaximum(), key=abs)
    if abs(lon) > MOST_LONGITUDE or abs(lat) > MOST_LATITUDE:
        raise BadRequest(
            f"{name} reaches to {lon:,.10g}, {lat:,.10g}, which is no longitude and latitude in degrees.",
            f"Its coordinates are said to be in {crs.authid() or crs.description()}: set the coordinate reference system that they are in.",
        )


def _mirrors(to_degrees: QgsCoordinateTransform, at: QgsPointXY, step: float) -> bool:
    """Return whether a projection's axes turn the other way than east and north do, by three places beside one another on the globe."""
    places = [to_degrees.transform(at.x() + x, at.y() + y) for x, y in ((0, 0), (step, 0), (0, step))]
    lon, lat = np.radians([(place.x(), place.y()) for place in places]).T
    on_globe = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return bool(np.linalg.det(on_globe) < 0)


def _filled_part(rings: list[Floats]) -> QgsGeometry:
    """Return what the first ring goes around without what the others go around."""
    outer, holes = _filled(rings[0]), _union([_filled(ring) for ring in rings[1:]])
    return outer if holes.isEmpty() else outer.difference(holes)


def _filled(ring: Floats) -> QgsGeometry:
    """Return what a ring goes around at least once, either way; it may cross itself."""
    line = QgsGeometry.fromPolylineXY([QgsPointXY(x, y) for x, y in ring.tolist()])
    faces = QgsGeometry.polygonize([QgsGeometry.unaryUnion([line])]).asGeometryCollection()
    return _union([face for face in faces if _times_around(ring, face.pointOnSurface().asPoint())])


def _times_around(ring: Floats, point: QgsPointXY) -> int:
    """Return how often a closed ring goes around a point, anticlockwise (the winding number)."""
    (x, y), is_above = (ring - (point.x(), point.y())).T, ring[:, 1] > point.y()
    side = x[:-1] * y[1:] - x[1:] * y[:-1]
    up, down = ~is_above[:-1] & is_above[1:], is_above[:-1] & ~is_above[1:]
    return int(np.count_nonzero(up & (side > 0)) - np.count_nonzero(down & (side < 0)))


def _folded(geometry: QgsGeometry) -> QgsGeometry:
    """Return a polygon in degrees within ±180°, what lies 360° apart once."""
    parts = []
    for turn in (-1, 0, 1):
        part = geometry.intersection(QgsGeometry.fromRect(QgsRectangle(360 * turn - 180, -90, 360 * turn + 180, 90)))
        part.translate(-360 * turn, 0)
        parts.append(part)
    return _union(parts)


def _union(geometries: list[QgsGeometry]) -> QgsGeometry:
    """Return the polygons among geometries as one."""
    pieces = [piece for one in geometries for piece in one.asGeometryCollection() if piece.type() == polygon_type()]
    return QgsGeometry.unaryUnion(pieces) if pieces else QgsGeometry()


def _kind(wkb: bytes) -> int:
    return int(struct.unpack_from("<I", wkb, 1)[0])


def _polygons(wkb: bytes) -> Iterator[list[Floats]]:
    """Yield the rings of each part of a flat polygon or multi-polygon, the outer one first; each (n, 2)."""
    is_multi = _kind(wkb) == _MULTI_POLYGON
    polygons, at = (struct.unpack_from("<I", wkb, 5)[0], 9) if is_multi else (1, 0)
    for _ in range(polygons):
        (rings,) = struct.unpack_from("<I", wkb, at + 5)
        at += 9
        found = []
        for _ in range(rings):
            (points,) = struct.unpack_from("<I", wkb, at)
            found.append(np.frombuffer(wkb, "<f8", 2 * points, at + 4).reshape(-1, 2).copy())
            at += 4 + 16 * points
        yield found


def _signed_area(ring: Floats) -> float:
    """Return twice the area of a closed ring, positive where it is anticlockwise."""
    x, y = (ring - ring[0]).T
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))
