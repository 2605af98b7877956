# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The true outlines of picked cells on the map canvas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand, QgsVertexMarker
from qgis.PyQt.QtGui import QColor

from ..core.grid import Cell, EaseGrid

CURRENT, OTHERS = QColor("#d4006a"), QColor("#7a2b52")


class CellOutlines:
    """Draws cells as polygons with their edges densified, in whatever projection the canvas has. Main thread."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._bands: list[QgsRubberBand] = []
        self._markers: list[QgsVertexMarker] = []
        self._cells: tuple[EaseGrid | None, tuple[Cell, ...], Cell | None] = (None, (), None)

    def show(self, grid: EaseGrid | None, cells: Iterable[Cell], current: Cell | None) -> None:
        """Draw these cells, the current one stronger."""
        self._cells = grid, tuple(cells), current
        self.redraw()

    def redraw(self) -> None:
        """Draw again, for a canvas whose projection changed."""
        self.clear()
        grid, cells, current = self._cells
        if grid is not None:
            for cell in cells:
                self._draw(grid, cell, cell == current)

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

    def _draw(self, grid: EaseGrid, cell: Cell, strong: bool) -> None:
        ring = QgsGeometry.fromPolygonXY([[QgsPointXY(x, y) for x, y in grid.outline_xy(cell)]])
        source = QgsCoordinateReferenceSystem.fromEpsgId(grid.epsg)
        transform = QgsCoordinateTransform(source, self._canvas.mapSettings().destinationCrs(), QgsProject.instance())
        try:
            ring.transform(transform)
        except QgsCsException:
            return  # the cell has no place in this projection
        band = QgsRubberBand(self._canvas, _polygon_type())
        colour = CURRENT if strong else OTHERS
        band.setStrokeColor(colour)
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
            marker.setColor(colour)
            marker.setCenter(ring.centroid().asPoint())
            self._markers.append(marker)


def _polygon_type() -> Any:
    kinds = getattr(Qgis, "GeometryType", None)
    return kinds.Polygon if kinds is not None else QgsWkbTypes.PolygonGeometry
