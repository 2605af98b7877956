# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The availability strip with its legend, of all land or of the chosen cell."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QRect, QSignalBlocker, QSize, pyqtSignal
from qgis.PyQt.QtGui import QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ..plugin.core.availability import Availability, State
from .availability_strip import AvailabilityStrip
from .strip_image import swatch
from .texts import tr
from .theme import ink

LAND, CELL = 0, 1


class AvailabilityPanel(QWidget):
    """Shows the cell's record once that is known, unless the user has chosen otherwise."""

    day_requested = pyqtSignal(object)  # datetime.date
    shows_cell_changed = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibAvailability")
        self.strip = AvailabilityStrip(self)
        self.strip.day_requested.connect(self.day_requested)
        self.of = QComboBox(self)
        self.of.setObjectName("smosibStripOf")
        self.of.setAccessibleName(tr("Show the availability of"))
        self.of.addItems([tr("All land"), tr("Chosen cell")])
        self.of.activated.connect(self._choose)
        label = QLabel(tr("Days"), self)
        label.setBuddy(self.of)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.of)
        top.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(3)
        rows.addLayout(top)
        rows.addWidget(self.strip)
        self._legend = _Legend(self)
        rows.addWidget(self._legend)
        self._availabilities: list[Availability | None] = [None, None]
        self._day: dt.date | None = None
        self._chosen: int | None = None
        self._told = LAND
        self._show()

    @property
    def shows_cell(self) -> bool:
        """True while the strip is the chosen cell's."""
        return bool(self.of.currentIndex() == CELL)

    def show_land(self, availability: Availability | None) -> None:
        """Show what there is of all land; None without an archive."""
        self._availabilities[LAND] = availability
        self._show()

    def show_cell(self, availability: Availability | None) -> None:
        """Show what there is at the chosen cell; None while that is not known."""
        self._availabilities[CELL] = availability
        self._show()

    def show_day(self, day: dt.date | None) -> None:
        """Mark the day that the map shows."""
        self._day = day
        self.strip.show_day(day)

    def _choose(self, index: int) -> None:
        self._chosen = index
        self._show()

    def _show(self) -> None:
        has_cell = self._availabilities[CELL] is not None
        self.of.model().item(CELL).setEnabled(has_cell)
        index = CELL if has_cell and self._chosen != LAND else LAND
        if index != self.of.currentIndex():
            with QSignalBlocker(self.of):
                self.of.setCurrentIndex(index)
        if index != self._told:
            self._told = index
            self.shows_cell_changed.emit(index == CELL)
        shown = self._availabilities[index]
        self.strip.show_availability(shown, self._day)
        self._legend.show_states(shown, index == CELL)


class _Legend(QWidget):
    """The colours and their words, in as many lines as the width asks for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._entries: list[tuple[State, str]] = []
        self._is_graded = False
        self.show_states(None, False)

    def show_states(self, availability: Availability | None, of_cell: bool) -> None:
        """Explain the usual states, and the others where there are such days."""
        seen = set() if availability is None else {State(one) for one in np.unique(availability.states).tolist()}
        words = {
            State.KEPT: tr("kept") if of_cell else tr("kept: few to many"),
            State.REJECTED: tr("rejected") if of_cell else tr("all rejected"),
            State.NO_RETRIEVAL: tr("no retrieval"),
            State.NO_FILE: tr("no file"),
            State.NOT_LOOKED: tr("not looked at yet"),
            State.UNREADABLE: tr("unreadable"),
        }
        always = (State.KEPT, State.REJECTED, State.NO_RETRIEVAL, State.NO_FILE)
        entries = [(state, text) for state, text in words.items() if state in seen or state in always]
        if entries == self._entries:
            return
        self._entries, self._is_graded = entries, not of_cell
        self.setAccessibleName(tr("Legend: {}").format(", ".join(text for _, text in self._entries)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(300))

    def minimumSizeHint(self) -> QSize:
        widest = max(self._width(state, words) for state, words in self._entries)
        return QSize(widest, self.fontMetrics().height())

    def heightForWidth(self, width: int) -> int:
        return int(self._places(width)[-1].bottom()) + 1

    def paintEvent(self, event: Any) -> None:
        painter, metrics, scale = QPainter(self), self.fontMetrics(), self.devicePixelRatioF()
        text, frame = ink(self.palette()), self.palette().color(QPalette.ColorRole.Mid)
        for (state, words), place in zip(self._entries, self._places(self.width())):
            side = round(0.7 * metrics.height())
            box = QRect(place.left(), place.top() + (place.height() - side) // 2, self._box(state), side)
            size = round(box.width() * scale), round(box.height() * scale)
            image = swatch(self.palette(), state, *size, self._is_graded)
            painter.drawImage(box, image)
            painter.setPen(QPen(frame))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
            painter.setPen(text)
            painter.drawText(box.right() + 5, place.top() + metrics.ascent(), words)

    def _box(self, state: State) -> int:
        return round((2.2 if state is State.KEPT and self._is_graded else 1) * self.fontMetrics().height())

    def _width(self, state: State, words: str) -> int:
        return self._box(state) + 4 + int(self.fontMetrics().boundingRect(words).width()) + 12

    def _places(self, width: int) -> list[QRect]:
        places, x, y, height = [], 0, 0, self.fontMetrics().height() + 1
        for state, words in self._entries:
            needed = self._width(state, words)
            if x and x + needed - 10 > width:
                x, y = 0, y + height
            places.append(QRect(x, y, needed, height))
            x += needed
        return places
