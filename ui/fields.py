# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Buttons, fields and rows that several panels make alike: named, with a tip, and told to screen readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDateEdit, QHBoxLayout, QMenu, QPushButton, QSpinBox, QToolButton, QWidget


def icon_button(name: str, icon: str, meaning: str) -> QToolButton:
    """Return a flat button with one of QGIS's own icons, by the icon's name."""
    button = QToolButton()
    button.setObjectName(name)
    button.setIcon(QgsApplication.getThemeIcon(icon))
    button.setToolTip(meaning)
    button.setAccessibleName(meaning)
    button.setAutoRaise(True)
    return button


def push_button(name: str, text: str, tip: str) -> QPushButton:
    """Return a button with a text."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    return button


def side_by_side(*widgets: QWidget | None) -> QHBoxLayout:
    """Return widgets beside each other; None is room between them."""
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addStretch(1) if widget is None else row.addWidget(widget)
    return row


def menu_button(name: str, text: str) -> QToolButton:
    """Return a button that opens a menu, which is empty."""
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))
    return button


def date_field(name: str, accessible: str) -> QDateEdit:
    """Return a field for a calendar day."""
    field = QDateEdit()
    field.setObjectName(name)
    field.setAccessibleName(accessible)
    field.setDisplayFormat("yyyy-MM-dd")
    field.setCalendarPopup(True)
    return field


def number_field(name: str, meaning: str, low: int, high: int) -> QSpinBox:
    """Return a field for a whole number, which tells of it when it is typed whole."""
    field = QSpinBox()
    field.setObjectName(name)
    field.setAccessibleName(meaning)
    field.setToolTip(meaning)
    field.setRange(low, high)
    field.setKeyboardTracking(False)
    return field


def with_ending(name: str, *endings: str) -> Path:
    """Return a chosen file name as a path; where it has none of the endings, such as `.csv`, it gets the first."""
    return Path(name if name.lower().endswith(endings) else f"{name}{endings[0]}")


def keys_of(event: Any) -> str:
    """Return a key with its modifiers as `QKeySequence` writes it; Enter on the keypad is Return."""
    names = {Qt.Key.Key_Return: "Return", Qt.Key.Key_Enter: "Return", Qt.Key.Key_Delete: "Del", Qt.Key.Key_F2: "F2"}
    names.update({Qt.Key.Key_Up: "Up", Qt.Key.Key_Down: "Down"})
    modifiers = ((Qt.KeyboardModifier.ControlModifier, "Ctrl+"), (Qt.KeyboardModifier.AltModifier, "Alt+"))
    pressed = "".join(text for modifier, text in modifiers if event.modifiers() & modifier)
    return pressed + names.get(event.key(), "")
