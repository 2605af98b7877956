# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Choosing what to subtract from the shown day: another day, another variable with the same units, or both."""

from __future__ import annotations

import datetime as dt
from typing import Any

from qgis.PyQt.QtCore import QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout

from ..plugin.adapters.compat import from_qdate, to_qdate
from ..plugin.adapters.day_map import Recipe
from ..plugin.core.archive import Archive
from ..plugin.core.difference import are_comparable, check_comparable, difference_title
from ..plugin.core.errors import SmosIbError
from ..plugin.core.names import Orbit
from ..plugin.core.reader import Opened
from ..plugin.core.variables import Variable
from .fields import date_field
from .texts import tr


class CompareDialog(QDialog):
    """The dialog `smosibCompare`. It stays open beside the map and follows it."""

    difference_requested = pyqtSignal(str, object)  # id of the variable and dt.date to subtract

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibCompare")
        self.setWindowTitle(tr("Difference"))
        self._opened: Opened | None = None
        self._recipe: Recipe | None = None
        self.shown = QLabel(wordWrap=True)
        self.shown.setObjectName("smosibCompareShown")
        self.date = date_field("smosibCompareDate", tr("Day to subtract"))
        self.variable = QComboBox()
        self.variable.setObjectName("smosibCompareVariable")
        self.variable.setAccessibleName(tr("Variable to subtract"))
        self.about = QLabel(wordWrap=True)
        self.about.setObjectName("smosibCompareAbout")
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.add = self.buttons.addButton(tr("Add Layer"), QDialogButtonBox.ButtonRole.ActionRole)
        self.add.setObjectName("smosibCompareAdd")
        form = QFormLayout()
        form.addRow(tr("The map"), self.shown)
        form.addRow(tr("minus day"), self.date)
        form.addRow(tr("and variable"), self.variable)
        rows = QVBoxLayout(self)
        rows.addLayout(form)
        rows.addWidget(self.about)
        rows.addStretch(1)
        rows.addWidget(self.buttons)
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        self.add.setDefault(True)
        self.resize(420, 200)
        self.date.dateChanged.connect(lambda day: self._explain())
        self.variable.currentIndexChanged.connect(lambda index: self._explain())
        self.add.clicked.connect(self._request)
        self.buttons.rejected.connect(self.reject)
        self.show_map(None, None)

    def show_map(self, opened: Opened | None, recipe: Recipe | None) -> None:
        """Take what the map shows now as the left side; None while there is no map. What was chosen to subtract stays where it can."""
        was, self._opened, self._recipe = self._recipe, opened, recipe
        left = self._left()
        blockers = QSignalBlocker(self.date), QSignalBlocker(self.variable)
        chosen = self.variable.currentData()
        self.variable.clear()
        if opened is not None and recipe is not None and left is not None:
            self.shown.setText(f"{left.title} · {recipe.date}")
            for variable in opened.recognition.variables:
                if are_comparable(left, variable):
                    self.variable.addItem(variable.label, variable.id)
            same_variable = was is not None and was.variable == recipe.variable
            self.variable.setCurrentIndex(max(self.variable.findData(chosen if same_variable else left.id), 0))
            self._show_days(opened.archive, was, recipe)
        else:
            self.shown.setText(tr("There is no map of one day."))
        del blockers
        self._explain()

    def _left(self) -> Variable | None:
        """Return the variable of the shown day, None where no single day is shown."""
        if self._opened is None or self._recipe is None or self._recipe.last is not None:
            return None
        return self._opened.recognition.find(self._recipe.variable)

    def _show_days(self, archive: Archive, was: Recipe | None, recipe: Recipe) -> None:
        span = archive.span(recipe.orbit)
        if span is None:
            return
        before = from_qdate(self.date.date())
        self.date.setDateRange(to_qdate(span.first), to_qdate(span.last))
        fresh = was is None or (was.folder, was.orbit) != (recipe.folder, recipe.orbit)
        self.date.setDate(to_qdate(default_day(archive, recipe.orbit, recipe.date) if fresh else before))

    def _explain(self) -> None:
        problem, made = self._problem_or_title()
        self.add.setEnabled(not problem)
        self.about.setText(
            problem
            or tr("Makes a layer: {title}. Cells count where both values are kept under {criteria}.").format(
                title=made, criteria=self._recipe.criteria if self._recipe else ""
            )
        )
        for field in (self.date, self.variable):
            field.setEnabled(self._left() is not None)
        self._fit()

    def _fit(self) -> None:
        """Grow to what the wrapped text needs: a window does not do so by itself."""
        self.resize(self.width(), max(self.height(), self.layout().totalHeightForWidth(self.width())))

    def _problem_or_title(self) -> tuple[str, str]:
        """Return why nothing can be made, or the title of what will be."""
        opened, recipe, left = self._opened, self._recipe, self._left()
        if opened is None or recipe is None or left is None:
            return tr("A difference is made of single days: let the map show a day first."), ""
        other = opened.recognition.find(self.variable.currentData() or left.id) or left
        day = from_qdate(self.date.date())
        try:
            check_comparable(left, recipe.date, other, day)
            opened.archive.granule(day, recipe.orbit)
        except SmosIbError as error:
            return str(error), ""
        return "", difference_title(left, recipe.date, other, day)

    def _request(self) -> None:
        self.difference_requested.emit(self.variable.currentData(), from_qdate(self.date.date()))


def default_day(archive: Archive, orbit: Orbit, day: dt.date) -> dt.date:
    """Return what to compare a day with: one year earlier where there is a file, else the previous day that has one."""
    earlier = dt.date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
    if earlier in archive.dates(orbit):
        return earlier
    return archive.step(day, orbit, False) or archive.step(day, orbit, True) or day
