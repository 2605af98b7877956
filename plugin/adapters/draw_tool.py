# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The map tool that draws an area."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
)
from qgis.gui import QgsMapCanvas, QgsMapTool, QgsRubberBand
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

from .compat import mouse_position, polygon_type

EDGE, FILLING = QColor("#d4006a"), QColor(212, 0, 106, 40)
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class DrawTool(QgsMapTool):
    """Clicks are corners. A right click, a double click or Enter ends the area, Backspace takes the last corner back, Escape all, and
    then gives the previous tool back. Main thread.
    """

    drawn = pyqtSignal(object, object)  # QgsGeometry, and the coordinate reference system that it is in
    missed = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.corners: list[QgsPointXY] = []
        self._canvas = canvas
        self._crs = QgsCoordinateReferenceSystem()  # that the corners are in
        self._previous: Any = None
        self._band: QgsRubberBand | None = None
        self._after_double_click = False
        self.setCursor(Qt.CursorShape.CrossCursor)

    def take_over(self) -> None:
        """Become the canvas's tool, remembering the one before."""
        self._after_double_click = False
        if self._canvas.mapTool() is not self:
            self._previous = self._canvas.mapTool()
            self._canvas.setMapTool(self)
        self._canvas.setFocus()  # so that the keys are heard

    def give_back(self) -> None:
        """Let the previous tool return."""
        self.clear()
        if self._canvas.mapTool() is not self:
            return
        if self._previous is not None and not sip.isdeleted(self._previous):
            self._canvas.setMapTool(self._previous)
        else:
            self._canvas.unsetMapTool(self)

    def deactivate(self) -> None:
        """Take what is half drawn off the map when another tool comes."""
        self.clear()
        super().deactivate()

    def clear(self) -> None:
        """Forget the corners."""
        self.corners.clear()
        if self._band is not None:
            self._canvas.scene().removeItem(self._band)
            self._band = None

    def reproject(self) -> None:
        """Let the corners stay where they are, for a canvas whose projection changed; one that has no place in it takes all away."""
        crs = self._canvas.mapSettings().destinationCrs()
        if self.corners and crs != self._crs:
            to_canvas = QgsCoordinateTransform(self._crs, crs, QgsProject.instance())
            try:
                self.corners = [to_canvas.transform(corner) for corner in self.corners]
                self._crs = crs
                self._draw(None)
            except QgsCsException:
                self.clear()
                self.missed.emit("What was drawn has no place in the map's new projection. Begin again.")

    def canvasReleaseEvent(self, event: Any) -> None:
        """Take a corner, or end at a right click. What a double click releases is no corner more."""
        if self._after_double_click:
            self._after_double_click = False
        elif event.button() == Qt.MouseButton.LeftButton:
            if not self.corners:
                self._crs = self._canvas.mapSettings().destinationCrs()
            self.corners.append(self.toMapCoordinates(mouse_position(event)))
            self._draw(None)
        elif event.button() == Qt.MouseButton.RightButton:
            self._end()

    def canvasDoubleClickEvent(self, event: Any) -> None:
        """End: the first of the two clicks was the last corner."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._after_double_click = True
            self._end()

    def canvasMoveEvent(self, event: Any) -> None:
        """Let the area reach to the mouse."""
        if self.corners:
            self._draw(self.toMapCoordinates(mouse_position(event)))

    def keyPressEvent(self, event: Any) -> None:
        """End, take back, or give the previous tool back."""
        if event.key() in ENTER:
            self._end()
        elif event.key() == Qt.Key.Key_Backspace and self.corners:
            self.corners.pop()
            self._draw(None)
        elif event.key() == Qt.Key.Key_Escape and self.corners:
            self.clear()
        elif event.key() == Qt.Key.Key_Escape:
            self.give_back()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _draw(self, last: QgsPointXY | None) -> None:
        if self._band is None:
            self._band = QgsRubberBand(self._canvas, polygon_type())
            self._band.setStrokeColor(EDGE)
            self._band.setFillColor(FILLING)
            self._band.setWidth(2)
        self._band.reset(polygon_type())
        for corner in [*self.corners, *([] if last is None else [last])]:
            self._band.addPoint(corner)

    def _end(self) -> None:
        corners, crs = list(dict.fromkeys(self.corners)), self._crs
        if len(corners) < 3:
            self.missed.emit("An area needs at least three corners: click them on the map, then right-click to end.")
            return
        self.give_back()
        self.drawn.emit(QgsGeometry.fromPolygonXY([[*corners, corners[0]]]), crs)
