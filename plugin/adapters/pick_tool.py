# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The map tool that picks a grid cell."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsPointXY,
    QgsProject,
)
from qgis.gui import QgsMapCanvas, QgsMapTool
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt, pyqtSignal

from ..core.grid import M25KM, EaseGrid
from ..core.projection import xy_to_lonlat
from .compat import mouse_position


def on_grid(canvas: QgsMapCanvas, place: QgsPointXY, grid: EaseGrid) -> QgsPointXY:
    """Return a place on the canvas in the grid's coordinates. Raises QgsCsException where it has none."""
    crs = QgsCoordinateReferenceSystem.fromEpsgId(grid.epsg)
    return QgsCoordinateTransform(canvas.mapSettings().destinationCrs(), crs, QgsProject.instance()).transform(place)


class PickTool(QgsMapTool):
    """Turns a click into a cell of the current grid. Escape gives the previous tool back. Main thread."""

    picked = pyqtSignal(object, float, float)  # Cell, longitude and latitude of the click in degrees
    missed = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.grid: EaseGrid = M25KM
        self._canvas = canvas
        self._previous: Any = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def take_over(self) -> None:
        """Become the canvas's tool, remembering the one before."""
        if self._canvas.mapTool() is not self:
            self._previous = self._canvas.mapTool()
            self._canvas.setMapTool(self)
        self._canvas.setFocus()  # so that Escape is heard

    def give_back(self) -> None:
        """Let the previous tool return."""
        if self._canvas.mapTool() is not self:
            return
        if self._previous is not None and not sip.isdeleted(self._previous):
            self._canvas.setMapTool(self._previous)
        else:
            self._canvas.unsetMapTool(self)

    def canvasReleaseEvent(self, event: Any) -> None:
        """Emit the cell under a left click, or why there is none."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        try:
            at = on_grid(self._canvas, self.toMapCoordinates(mouse_position(event)), self.grid)
        except QgsCsException:
            self.missed.emit("This place has no longitude and latitude.")
            return
        cell = self.grid.cell_at_xy(at.x(), at.y())
        if cell is None:
            self.missed.emit(f"This point lies outside the grid {self.grid.name}, which {self.grid.reach}.")
            return
        lon, lat = xy_to_lonlat(at.x(), at.y())
        self.picked.emit(cell, float(lon), float(lat))

    def keyPressEvent(self, event: Any) -> None:
        """Give the previous tool back on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.give_back()
            event.accept()
        else:
            super().keyPressEvent(event)
