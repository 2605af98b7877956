# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The years of the baseline in the plot dock: what the user wants, and how much of it the shown record has."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QWidget

from ..plugin.core.analysis.climatology import Baseline
from .fields import number_field
from .texts import tr

Years = Optional[tuple[int, int]]
EARLIEST, LATEST = 1900, 2200


class BaselineFields(QWidget):
    """Two years and what is to be said of them; `changed` tells that the user wants others.

    `wish` is what the user wants, None for the whole record, whatever that is: it outlives the record that is shown, and the fields reach
    over both, so that no year is changed by showing another record.
    """

    changed = pyqtSignal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.wish: Years = None
        self._record = EARLIEST, LATEST
        self.first = number_field("smosibAnalysisBaselineFirst", tr("First year of the baseline"), EARLIEST, LATEST)
        self.last = number_field("smosibAnalysisBaselineLast", tr("Last year of the baseline"), EARLIEST, LATEST)
        self.last.setPrefix("– ")
        self.note = QLabel(objectName="smosibAnalysisBaselineNote")
        label = QLabel(tr("Baseline"))
        label.setBuddy(self.first)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (label, self.first, self.last, self.note):
            row.addWidget(widget)
        for field in (self.first, self.last):
            field.valueChanged.connect(self._edited)
        self._show()

    @property
    def baseline(self) -> Baseline | None:
        """What is wanted as days; None is the whole record."""
        return Baseline.of_years(*self.wish) if self.wish is not None else None

    def show_record(self, first: int, last: int) -> None:
        """Offer the years of a record; what is wanted stays."""
        if (first, last) != self._record:
            self._record = first, last
            self._show()

    def want(self, wish: Years) -> None:
        """Want other years, None for the whole record; `changed` does not tell of it."""
        self.wish = wish
        self._show()

    def _edited(self) -> None:
        first, last = sorted((self.first.value(), self.last.value()))
        self.wish = None if (first, last) == self._record else (first, last)
        self._say()
        self.changed.emit()

    def _show(self) -> None:
        years = self.wish or self._record
        low, high = min(years[0], self._record[0]), max(years[1], self._record[1])
        for field, year in zip((self.first, self.last), years):
            field.blockSignals(True)
            field.setRange(low, high)
            field.setValue(year)
            field.blockSignals(False)
        self._say()

    def _say(self) -> None:
        """Tell which part of the wanted years the record has, where it has not all."""
        (first, last), (begin, end) = self.wish or self._record, self._record
        low, high = max(first, begin), min(last, end)
        if (low, high) == (first, last):
            self.note.clear()
        elif low > high:
            self.note.setText(tr("not in the record, {}").format(_years(begin, end)))
        else:
            self.note.setText(tr("{} in the record").format(_years(low, high)))
        self.note.setVisible(bool(self.note.text()))


def _years(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}–{last}"
