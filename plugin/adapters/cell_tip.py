# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A tip at the mouse: the value of the cell under it, and why it was rejected."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import QgsCsException, QgsPointXY
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QCursor
from qgis.PyQt.QtWidgets import QToolTip

from .day_map import DayMap
from .pick_tool import on_grid

REST_MS = 350


class CellTip(QObject):
    """Shows the tip once the mouse rests on the map, while `wanted` gives the map that is shown. Main thread."""

    told = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas, wanted: Callable[[], DayMap | None]) -> None:
        super().__init__()
        self._canvas, self._wanted = canvas, wanted
        self._place: QgsPointXY | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._tell)

    def moved(self, place: QgsPointXY) -> None:
        """Hear where the mouse is, in the canvas's coordinates."""
        self._place = QgsPointXY(place)
        self._rest.start()

    def stop(self) -> None:
        """Show nothing any more."""
        self._rest.stop()

    def _tell(self) -> None:
        shown = self._wanted()
        if shown is None or self._place is None or not self._canvas.underMouse():
            return
        try:
            at = on_grid(self._canvas, self._place, shown.content.grid)
        except QgsCsException:
            return
        cell = shown.content.grid.cell_at_xy(at.x(), at.y())
        if cell is not None:
            text = shown.content.explain(cell)
            self.told.emit(text)
            QToolTip.showText(QCursor.pos(), text, self._canvas)
