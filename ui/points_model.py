# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept points for a view."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QMimeData, QModelIndex, Qt, pyqtSignal

from ..plugin.core.grid import Cell, EaseGrid
from ..plugin.core.points import Point
from . import texts
from .kept_list import KeptModel
from .texts import tr

ROW_TYPE = "application/x-smosib-point"


class PointsModel(KeptModel):
    """One row a point, which can be dragged to another place. Main thread."""

    moved = pyqtSignal(object, int)  # Point, row that it is to have

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._grid: EaseGrid | None = None

    def show(self, grid: EaseGrid | None, points: tuple[Point, ...]) -> None:
        """Show these points, which lie on a grid."""
        self._grid = grid
        self.show_items(points)

    def identity(self, point: Point) -> Cell:
        return point.cell

    def text(self, point: Point) -> str:
        return f"{point.name} · {texts.place(self._grid, point.cell)}" if self._grid else point.name

    def flags(self, index: QModelIndex) -> Any:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled  # between rows only
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def headerData(self, section: int, orientation: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return tr("Point") if role == Qt.ItemDataRole.DisplayRole else None

    def supportedDropActions(self) -> Any:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [ROW_TYPE]

    def mimeData(self, indexes: Any) -> QMimeData:
        data = QMimeData()
        data.setData(ROW_TYPE, str(indexes[0].row()).encode())
        return data

    def dropMimeData(self, data: Any, action: Any, row: int, column: int, parent: Any) -> bool:
        """Say where a dragged row is to be. False lets the view take no row away: the list comes anew from its owner."""
        if data.hasFormat(ROW_TYPE):
            start = int(bytes(data.data(ROW_TYPE)))
            end = len(self.items) if row < 0 else row
            if 0 <= start < len(self.items):
                self.moved.emit(self.items[start], end - (end > start))
        return False
