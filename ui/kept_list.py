# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A list of what the user keeps, points or areas: a name, a colour and a box a row, with what can be done to a row by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qgis.PyQt.QtCore import QAbstractListModel, QEvent, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QKeySequence, QPixmap
from qgis.PyQt.QtWidgets import QAbstractItemView, QAction, QListView

from .fields import keys_of

SWATCH = 12
NOWHERE = QModelIndex()


class KeptModel(QAbstractListModel):
    """One row an item that has `name`, `hidden` and `shade(dark)`. It shows what it is told and says what the user does to a row. Main thread."""

    renamed = pyqtSignal(object, str)  # item, new name
    shown = pyqtSignal(object, bool)  # item, whether it is to be shown

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.items: tuple[Any, ...] = ()
        self.dark = False

    def identity(self, item: Any) -> Any:
        """Return what stays of an item while its name and look change."""
        raise NotImplementedError

    def text(self, item: Any) -> str:
        """Return what a row says."""
        raise NotImplementedError

    def tip(self, item: Any) -> str:
        """Return what a row's tip says."""
        return self.text(item)

    def show_items(self, items: tuple[Any, ...]) -> None:
        """Show these items; rows that stay keep their selection and an open editor."""
        before = self.items
        if [self.identity(one) for one in before] != [self.identity(one) for one in items]:
            self.beginResetModel()
            self.items = items
            self.endResetModel()
            return
        self.items = items
        for row, (old, new) in enumerate(zip(before, items)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))

    def item_at(self, index: QModelIndex) -> Any:
        """Return the item of a row, None beside the rows."""
        return self.items[index.row()] if index.isValid() and index.row() < len(self.items) else None

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self.item_at(index)
        if item is None:
            return None
        if role == Qt.ItemDataRole.EditRole:
            return item.name
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(item)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(item)
        if role == Qt.ItemDataRole.DecorationRole:
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(item.shade(self.dark)))
            return QIcon(swatch)
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Unchecked if item.hidden else Qt.CheckState.Checked
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        item = self.item_at(index)
        if item is None:
            return False
        if role == Qt.ItemDataRole.CheckStateRole:
            self.shown.emit(item, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip() and str(value) != item.name:
            self.renamed.emit(item, str(value))
            return True
        return False

    def flags(self, index: QModelIndex) -> Any:
        kinds = Qt.ItemFlag
        return kinds.ItemIsEnabled | kinds.ItemIsSelectable | kinds.ItemIsEditable | kinds.ItemIsUserCheckable


class KeptList(QListView):
    """The view of such a model. `acts` are object name, text, keys and what is done to the current item; the context menu tells their keys."""

    chosen = pyqtSignal(object)  # the item of a row that was clicked, beside its box

    def __init__(self, name: str, model: KeptModel, acts: Sequence[tuple[str, str, str, Callable[[Any], Any]]]) -> None:
        super().__init__(objectName=name)
        self.kept, self._checked = model, False
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.pressed.connect(self._pressed)
        self.clicked.connect(self._clicked)
        model.shown.connect(self._box_clicked)
        self.acts = {keys: self._action(name, text, keys, act) for name, text, keys, act in acts}

    def with_current(self, act: Callable[[Any], Any]) -> None:
        """Do something to the current item, if there is one."""
        item = self.kept.item_at(self.currentIndex())
        if item is not None:
            act(item)

    def show_dark(self, dark: bool) -> None:
        """Take the swatches for dark or for light paper."""
        self.kept.dark = dark
        self.viewport().update()

    def event(self, event: Any) -> bool:
        """Keep the list's keys from shortcuts of QGIS, which has its own for some of them."""
        kinds = QEvent.Type
        if event.type() in (kinds.ShortcutOverride, kinds.KeyPress) and self.hasFocus():
            action = self.acts.get(keys_of(event))
            if event.type() == kinds.ShortcutOverride and (action or event.key() == Qt.Key.Key_Space):
                event.accept()
                return True
            if event.type() == kinds.KeyPress and action:
                action.trigger()
                return True
        return bool(super().event(event))

    def _action(self, name: str, text: str, keys: str, act: Callable[[Any], Any]) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda checked=False: self.with_current(act))
        self.addAction(action)
        return action

    def _pressed(self, index: QModelIndex) -> None:
        self._checked = False

    def _box_clicked(self, item: Any, shown: bool) -> None:
        self._checked = True

    def _clicked(self, index: QModelIndex) -> None:
        item = self.kept.item_at(index)
        if item is not None and not self._checked:  # a click on the box only shows or hides
            self.chosen.emit(item)
