# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The keys that step, play and switch quality control: in the plugin's docks, and on the map while the plugin's tool is active."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qgis.PyQt.QtCore import QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QShortcut,
    QTabBar,
    QWidget,
)

from ..plugin.core.steps import Step, Unit
from .retention_curve import RetentionCurve

PLAY, QUALITY = "play", "quality"

KEYS: dict[str, Step | str] = {
    "Left": Step(Unit.DAY, False),
    "Right": Step(Unit.DAY, True),
    "Shift+Left": Step(Unit.MONTH, False),
    "Shift+Right": Step(Unit.MONTH, True),
    "Ctrl+Left": Step(Unit.YEAR, False),
    "Ctrl+Right": Step(Unit.YEAR, True),
    "[": Step(Unit.KEPT, False),
    "]": Step(Unit.KEPT, True),
    "Home": Step(Unit.END, False),
    "End": Step(Unit.END, True),
    "Space": PLAY,
    "Q": QUALITY,
}

HINTS: tuple[tuple[str, str], ...] = (
    ("← →", "Previous, next day that has a file"),
    ("[ ]", "Previous, next day with a kept value at the chosen cell"),
    ("Shift + ← →", "A month back, forward"),
    ("Ctrl + ← →", "A year back, forward"),
    ("Home, End", "First, last day"),
    ("Space", "Play, pause"),
    ("Q", "Quality control on, off"),
    ("Esc", "Back to the previous map tool"),
)
"""The same for people, with what the map tool's own key does."""

ARROWS = {Qt.Key.Key_Left, Qt.Key.Key_Right}
ENDS = {Qt.Key.Key_Home, Qt.Key.Key_End}
SPACE = {Qt.Key.Key_Space}
TYPED = {Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight, Qt.Key.Key_Q}
OWN_KEYS: tuple[tuple[type[QWidget], set[Any]], ...] = (
    (QLineEdit, ARROWS | ENDS | SPACE | TYPED),
    (QAbstractSpinBox, ARROWS | ENDS | SPACE | TYPED),
    (QAbstractSlider, ARROWS | ENDS),
    (RetentionCurve, ARROWS),
    (QAbstractItemView, ENDS | SPACE | TYPED),
    (QComboBox, ENDS | SPACE | TYPED),
    (QTabBar, ARROWS | ENDS),
    (QAbstractButton, SPACE),
)
"""What a widget does itself with a key goes before stepping."""


class TimeKeys(QObject):
    """Hears the keys of `KEYS` in some docks, and on a canvas while `is_active` says so."""

    step_requested = pyqtSignal(object)  # Step
    play_toggled = pyqtSignal()
    quality_toggled = pyqtSignal()

    def __init__(self, docks: Sequence[QWidget], canvas: QWidget, is_active: Callable[[], bool]) -> None:
        super().__init__()
        self._canvas, self._is_active = canvas, is_active
        self._by_key = {QKeySequence(key).toString(): meaning for key, meaning in KEYS.items()}
        for dock in docks:
            dock.installEventFilter(self)
            for key in self._by_key:
                shortcut = QShortcut(QKeySequence(key), dock)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(lambda key=key: self._act(key))
        canvas.installEventFilter(self)

    def release(self) -> None:
        """Leave the canvas alone."""
        self._canvas.removeEventFilter(self)

    def _act(self, key: str) -> None:
        meaning = self._by_key[key]
        if isinstance(meaning, Step):
            self.step_requested.emit(meaning)
        elif meaning == PLAY:
            self.play_toggled.emit()
        else:
            self.quality_toggled.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and watched is not self._canvas:
            if _has_own_use(QApplication.focusWidget(), event):
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress and watched is self._canvas and self._is_active():
            key = _sequence(event)
            if key in self._by_key:
                self._act(key)
                return True
        return False


def _sequence(event: Any) -> str:
    """Return the name of the key that was pressed; brackets count however the keyboard makes them."""
    if event.text() in ("[", "]"):
        return str(event.text())
    names = {"Ctrl": Qt.KeyboardModifier.ControlModifier, "Shift": Qt.KeyboardModifier.ShiftModifier}
    held = [name for name, modifier in names.items() if event.modifiers() & modifier]
    return QKeySequence("+".join([*held, QKeySequence(event.key()).toString()])).toString()


def _has_own_use(focused: QWidget | None, event: Any) -> bool:
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier and not isinstance(
        focused, (QLineEdit, QAbstractSpinBox)
    ):
        return False
    return any(isinstance(focused, kind) and event.key() in keys for kind, keys in OWN_KEYS)
