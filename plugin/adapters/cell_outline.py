# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The true outlines of kept points' cells on the map canvas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand, QgsVertexMarker
from qgis.PyQt.QtGui import QColor

from ..core.grid import Cell, EaseGrid
from ..core.points import Point
from .compat import polygon_type

CURRENT, HALO = QColor("#d4006a"), QColor(255, 255, 255, 160)
ROOM = 12
"""How many times as wide as a cell the map is after zooming to it."""


class CellOutlines:
    """Draws cells as polygons with their edges densified, in whatever projection the canvas has. Main thread."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._bands: list[QgsRubberBand] = []
        self._markers: list[QgsVertexMarker] = []
        self._shown: tuple[EaseGrid | None, tuple[Point, ...], Point | None] = (None, (), None)

    def show(self, grid: EaseGrid | None, points: Iterable[Point], current: Point | None) -> None:
        """Draw the cells of the points that are not hidden, in their colours, the current one stronger."""
        shown = grid, tuple(point for point in points if not point.hidden), current
        if shown != self._shown:
            self._shown = shown
            self.redraw()

    def redraw(self) -> None:
        """Draw again, for a canvas whose projection changed."""
        self.clear()
        grid, points, current = self._shown
        if grid is not None:
            for point in points:
                self._draw(grid, point, point == current)

    def clear(self) -> None:
        """Take everything off the canvas."""
        for item in (*self._bands, *self._markers):
            self._canvas.scene().removeItem(item)
        self._bands.clear()
        self._markers.clear()

    @property
    def bands(self) -> tuple[Any, ...]:
        """The rubber bands on the canvas."""
        return tuple(self._bands)

    def zoom_to(self, grid: EaseGrid, cell: Cell) -> None:
        """Show a cell in the middle of the map, with its neighbours."""
        ring = self._ring(grid, cell)
        if ring is not None:
            box = ring.boundingBox()
            box.scale(ROOM)
            self._canvas.setExtent(box)
            self._canvas.refresh()

    def _ring(self, grid: EaseGrid, cell: Cell) -> QgsGeometry | None:
        """Return a cell's outline in the canvas's projection, None where that has no place for it."""
        ring = QgsGeometry.fromPolygonXY([[QgsPointXY(x, y) for x, y in grid.outline_xy(cell)]])
        source = QgsCoordinateReferenceSystem.fromEpsgId(grid.epsg)
        transform = QgsCoordinateTransform(source, self._canvas.mapSettings().destinationCrs(), QgsProject.instance())
        try:
            ring.transform(transform)
        except QgsCsException:
            return None
        return ring

    def _draw(self, grid: EaseGrid, point: Point, strong: bool) -> None:
        ring = self._ring(grid, point.cell)
        if ring is None:
            return
        band = QgsRubberBand(self._canvas, polygon_type())
        colour = QColor(point.shade(dark=False))
        band.setStrokeColor(colour)
        band.setSecondaryStrokeColor(HALO)  # a map may have any colour below
        filling = QColor(colour)
        filling.setAlpha(50 if strong else 0)
        band.setFillColor(filling)
        band.setWidth(3 if strong else 2)
        band.setToGeometry(ring, None)
        self._bands.append(band)
        if strong:
            # On a map of the world a cell is smaller than a pixel: the circle tells where to look.
            marker = QgsVertexMarker(self._canvas)
            marker.setIconType(QgsVertexMarker.IconType.ICON_CIRCLE)
            marker.setIconSize(14)
            marker.setPenWidth(2)
            marker.setColor(CURRENT)
            marker.setCenter(ring.centroid().asPoint())
            self._markers.append(marker)
