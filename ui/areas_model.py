# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept areas for a view: it shows what it is told and says what the user does to a row; it changes nothing itself."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QAbstractListModel, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap

from ..plugin.adapters.kept_area import KeptArea
from . import texts
from .points_model import NOWHERE, SWATCH


class AreasModel(QAbstractListModel):
    """One row an area. Main thread."""

    renamed = pyqtSignal(object, str)  # KeptArea, new name
    shown = pyqtSignal(object, bool)  # KeptArea, whether it is to be shown

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.areas: tuple[KeptArea, ...] = ()
        self.dark = False

    def show(self, areas: tuple[KeptArea, ...]) -> None:
        """Show these areas; rows that stay keep their selection and an open editor."""
        before = self.areas
        if [one.shape.id for one in before] != [one.shape.id for one in areas]:
            self.beginResetModel()
            self.areas = areas
            self.endResetModel()
            return
        self.areas = areas
        for row, (old, new) in enumerate(zip(before, areas)):
            if old is not new:
                self.dataChanged.emit(self.index(row), self.index(row))

    def area_at(self, index: QModelIndex) -> KeptArea | None:
        """Return the area of a row, None beside the rows."""
        return self.areas[index.row()] if index.isValid() and index.row() < len(self.areas) else None

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.areas)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        area = self.area_at(index)
        if area is None:
            return None
        if role == Qt.ItemDataRole.EditRole:
            return area.name
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{area.name} · {texts.size_of_area(area.area)}" if area.area else area.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return texts.tip(f"{area.name} · {texts.size_of_area(area.area)}" if area.area else area.name)
        if role == Qt.ItemDataRole.DecorationRole:
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(area.shade(self.dark)))
            return QIcon(swatch)
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Unchecked if area.hidden else Qt.CheckState.Checked
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        area = self.area_at(index)
        if area is None:
            return False
        if role == Qt.ItemDataRole.CheckStateRole:
            self.shown.emit(area, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip() and str(value) != area.name:
            self.renamed.emit(area, str(value))
            return True
        return False

    def flags(self, index: QModelIndex) -> Any:
        kinds = Qt.ItemFlag
        return kinds.ItemIsEnabled | kinds.ItemIsSelectable | kinds.ItemIsEditable | kinds.ItemIsUserCheckable
