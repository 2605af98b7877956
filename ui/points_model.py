# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept points for a view: it shows what it is told and says what the user does to a row; it changes nothing itself."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QAbstractListModel, QMimeData, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap

from ..plugin.core.grid import EaseGrid
from ..plugin.core.points import Point
from . import texts
from .texts import tr

ROW_TYPE = "application/x-smosib-point"
SWATCH = 12
NOWHERE = QModelIndex()


class PointsModel(QAbstractListModel):
    """One row a point. Main thread."""

    renamed = pyqtSignal(object, str)  # Point, new name
    shown = pyqtSignal(object, bool)  # Point, whether it is to be shown
    moved = pyqtSignal(object, int)  # Point, row that it is to have

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.points: tuple[Point, ...] = ()
        self.dark = False
        self._grid: EaseGrid | None = None

    def show(self, grid: EaseGrid | None, points: tuple[Point, ...]) -> None:
        """Show these points; rows that stay keep their selection and an open editor."""
        before, self._grid = self.points, grid
        if [one.cell for one in before] != [one.cell for one in points]:
            self.beginResetModel()
            self.points = points
            self.endResetModel()
            return
        self.points = points
        for row, (old, new) in enumerate(zip(before, points)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))

    def point_at(self, index: QModelIndex) -> Point | None:
        """Return the point of a row, None beside the rows."""
        return self.points[index.row()] if index.isValid() and index.row() < len(self.points) else None

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.points)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        point = self.point_at(index)
        if point is None:
            return None
        if role == Qt.ItemDataRole.EditRole:
            return point.name
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return f"{point.name} · {texts.place(self._grid, point.cell)}" if self._grid else point.name
        if role == Qt.ItemDataRole.DecorationRole:
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(point.shade(self.dark)))
            return QIcon(swatch)
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Unchecked if point.hidden else Qt.CheckState.Checked
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        point = self.point_at(index)
        if point is None:
            return False
        if role == Qt.ItemDataRole.CheckStateRole:
            self.shown.emit(point, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip() and str(value) != point.name:
            self.renamed.emit(point, str(value))
            return True
        return False

    def flags(self, index: QModelIndex) -> Any:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled  # between rows only
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemIsUserCheckable
            | Qt.ItemFlag.ItemIsDragEnabled
        )

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
            end = len(self.points) if row < 0 else row
            if 0 <= start < len(self.points):
                self.moved.emit(self.points[start], end - (end > start))
        return False
