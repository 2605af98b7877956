# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the options page is made of: fields with their names for everyone, pictures of ramps, the table of keys."""

from __future__ import annotations

from typing import Any

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QIcon, QLinearGradient, QPainter, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ..plugin.adapters.options import LIMITS
from .texts import tr
from .time_keys import HINTS


def folder_field(name: str, title: str) -> QgsFileWidget:
    """Return a field for a folder, with a button that browses."""
    field = QgsFileWidget()
    field.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
    field.setDialogTitle(title)
    field.setObjectName(name)
    field.setFocusProxy(field.lineEdit())
    field.setAccessibleName(title)
    field.lineEdit().setAccessibleName(title)
    return field


def number_field(name: str, object_name: str, title: str, suffix: str = "") -> Any:
    """Return a spin box for the option `name`, within its limits."""
    low, high = LIMITS[name]
    box: Any = QDoubleSpinBox(decimals=1, singleStep=0.5) if isinstance(low, float) else QSpinBox()
    box.setRange(low, high)
    box.setSuffix(suffix)
    box.setObjectName(object_name)
    box.setAccessibleName(title)
    return box


def choice_field(name: str, title: str) -> QComboBox:
    """Return a box to choose from."""
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(title)
    return box


def push_button(name: str, text: str) -> QPushButton:
    """Return a button."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAutoDefault(False)  # Enter in a field must not press it
    return button


def note(name: str, text: str = "") -> QLabel:
    """Return a label whose text is wrapped."""
    label = QLabel(text, wordWrap=True)
    label.setObjectName(name)
    return label


def beside(*widgets: QWidget) -> QHBoxLayout:
    """Return a row of widgets; the first takes the room that is left."""
    row = QHBoxLayout()
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 0 if number else 1)
    return row


def ramp_icon(colours: tuple[str, ...], size: QSize) -> QIcon:
    """Return a picture of a colour ramp, from low to high."""
    gradient = QLinearGradient(0, 0, size.width(), 0)
    for number, colour in enumerate(colours):
        gradient.setColorAt(number / (len(colours) - 1), QColor(colour))
    picture = QPixmap(size)
    painter = QPainter(picture)
    painter.fillRect(picture.rect(), QBrush(gradient))
    painter.end()
    return QIcon(picture)


def keys_table() -> QTableWidget:
    """Return the table of the keys and what they do."""
    table = QTableWidget(len(HINTS), 2)
    table.setObjectName("smosibKeys")
    table.setAccessibleName(tr("Keys and what they do"))
    table.setHorizontalHeaderLabels([tr("Key"), tr("What it does")])
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    for row, (key, what) in enumerate(HINTS):
        table.setItem(row, 0, QTableWidgetItem(key))
        table.setItem(row, 1, QTableWidgetItem(tr(what)))
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    height = table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth()
    table.setMinimumHeight(height + sum(table.rowHeight(row) for row in range(len(HINTS))))
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return table
