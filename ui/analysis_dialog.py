# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Choosing a composite, a row of composites, an anomaly or a trend of the shown variable, and following how it is made."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from qgis.PyQt.QtCore import QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
)

from ..plugin.adapters.compat import from_qdate, to_qdate
from ..plugin.adapters.day_map import Recipe
from ..plugin.core.archive import DayRange
from ..plugin.core.errors import SmosIbError
from ..plugin.core.reader import Opened
from .analysis_pages import AnalysisPage, AnomalyPage, CompositePage, RowPage, TrendPage
from .fields import date_field
from .texts import tr

PERIODS = ("Days of my choice", "Whole record", "Year of the map", "Month of the map", "31 days around the map")
OWN, WHOLE, YEAR, MONTH, AROUND = range(len(PERIODS))


class AnalysisDialog(QDialog):
    """The dialog `smosibAnalysisMaps`. It stays open beside the map and follows it."""

    maps_requested = pyqtSignal(object)  # tuple of Recipe
    stop_requested = pyqtSignal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibAnalysisMaps")
        self.setWindowTitle(tr("Composite, Anomaly, Trend"))
        self._opened: Opened | None = None
        self._recipe: Recipe | None = None
        self._offered: DayRange | None = None
        self.shown = QLabel(wordWrap=True)
        self.shown.setObjectName("smosibAnalysisShown")
        self.kind = _choice("smosibAnalysisKind", tr("Kind of map"))
        self.period = _choice("smosibAnalysisPeriod", tr("Period"))
        self.period.addItems([tr(one) for one in PERIODS])
        self.first = date_field("smosibAnalysisFirst", tr("First day"))
        self.last = date_field("smosibAnalysisLast", tr("Last day"))
        self.pages: tuple[AnalysisPage, ...] = (CompositePage(), RowPage(), AnomalyPage(), TrendPage())
        self.stack = QStackedWidget()
        for page in self.pages:
            self.kind.addItem(tr(page.title))
            self.stack.addWidget(page)
            page.changed.connect(self._explain)
        self.about = QLabel(wordWrap=True)
        self.about.setObjectName("smosibAnalysisAbout")
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self._make_foot()
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._kind_changed)
        self.period.activated.connect(lambda index: self._period_chosen())
        for field in (self.first, self.last):
            field.dateChanged.connect(lambda day: self._days_changed())
        self.show_ended("")
        self.show_map(None, None)

    def _make_foot(self) -> None:
        self.progress = QProgressBar(objectName="smosibAnalysisProgress", maximum=1000, textVisible=False)
        self.state = QLabel(objectName="smosibAnalysisState", wordWrap=True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.stop = QPushButton(tr("Stop"), objectName="smosibAnalysisStop")
        self.stop.clicked.connect(self.stop_requested)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.make = self.buttons.addButton(tr("Add Layer"), QDialogButtonBox.ButtonRole.ActionRole)
        self.make.setObjectName("smosibAnalysisMake")
        self.make.clicked.connect(self._request)
        self.buttons.rejected.connect(self.reject)
        for other in (self.stop, self.buttons.button(QDialogButtonBox.StandardButton.Close)):
            other.setAutoDefault(False)
        self.make.setDefault(True)

    def _lay_out(self) -> None:
        days = QHBoxLayout()
        days.addWidget(self.first, 1)
        days.addWidget(QLabel(tr("to")))
        days.addWidget(self.last, 1)
        form = QFormLayout()
        form.addRow(tr("Make a"), self.kind)
        form.addRow(tr("of the period"), self.period)
        form.addRow("", days)
        under_way = QHBoxLayout()
        under_way.addWidget(self.state, 1)
        under_way.addWidget(self.progress)
        under_way.addWidget(self.stop)
        rows = QVBoxLayout(self)
        rows.addWidget(self.shown)
        rows.addLayout(form)
        rows.addWidget(self.stack)
        rows.addWidget(self.about)
        rows.addStretch(1)
        rows.addLayout(under_way)
        rows.addWidget(self.buttons)
        self.resize(480, 420)

    # What is shown

    def show_map(self, opened: Opened | None, recipe: Recipe | None) -> None:
        """Take the variable, orbit and criteria of the map; None while there is no map. Days that were chosen stay where they can."""
        was, self._opened, self._recipe = self._recipe, opened, recipe
        variable = opened.recognition.find(recipe.variable) if opened and recipe else None
        span = opened.archive.span(recipe.orbit) if opened and recipe else None
        for field in (self.kind, self.period, self.first, self.last, self.stack):
            field.setEnabled(span is not None)
        if variable is not None and recipe is not None and span is not None:
            orbit = f"{recipe.orbit.title} · " if recipe.orbit.value else ""
            self.shown.setText(f"{variable.title} · {orbit}{recipe.criteria}")
            is_other = was is None or (was.folder, was.orbit) != (recipe.folder, recipe.orbit)
            if is_other or span != self._offered:
                self._offer_record(span, is_other)
            elif self.period.currentIndex() not in (OWN, WHOLE):
                self._offer_period()
        else:
            self.shown.setText(tr("There is no map yet."))
        self._explain()

    def take_archive(self, opened: Opened | None) -> None:
        """Take an archive as it is now: with other days after a rescan, or another one, which has no map yet."""
        is_same = opened is not None and self._recipe is not None and opened.archive.root == self._recipe.folder
        self.show_map(opened, self._recipe if is_same else None)

    def choose_period(self, first: dt.date, last: dt.date) -> None:
        """Take the days that were dragged in the plot, each within the record."""
        self._set_days(first, last)
        self.period.setCurrentIndex(OWN)
        self._explain()

    def show_progress(self, share: float, what: str) -> None:
        """Show how far the map is."""
        self.progress.setValue(int(1000 * share))
        self.state.setText(what or tr("reading"))
        for widget in (self.progress, self.stop):
            widget.setVisible(True)
        self.make.setEnabled(False)

    def show_ended(self, what: str) -> None:
        """Show what there is now, or why there is nothing."""
        for widget in (self.progress, self.stop):
            widget.setVisible(False)
        self.state.setText(what)
        self._explain()

    def _offer_record(self, span: DayRange, is_other: bool) -> None:
        """Offer the days of a record. Of another one than before nothing is chosen yet: what suits the kind of map is."""
        self._offered = span
        for field in (self.first, self.last):
            with QSignalBlocker(field):
                field.setDateRange(to_qdate(span.first), to_qdate(span.last))
        for page in self.pages:
            page.show_span(span, is_other)
        if is_other:
            self.period.setCurrentIndex(WHOLE if isinstance(self.page, (RowPage, TrendPage)) else MONTH)
        self._offer_period()

    def _offer_period(self) -> None:
        recipe, span = self._recipe, self._span()
        if recipe is None or span is None:
            return
        day, chosen = recipe.last or recipe.date, self.period.currentIndex()
        if chosen == WHOLE:
            self._set_days(span.first, span.last)
        elif chosen == YEAR:
            self._set_days(dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))
        elif chosen == MONTH:
            after = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
            self._set_days(day.replace(day=1), after - dt.timedelta(days=1))
        elif chosen == AROUND:
            self._set_days(day - dt.timedelta(days=15), day + dt.timedelta(days=15))

    def _period_chosen(self) -> None:
        self._offer_period()
        self._explain()

    def _set_days(self, first: dt.date, last: dt.date) -> None:
        for field, day in ((self.first, first), (self.last, last)):
            with QSignalBlocker(field):  # it keeps to the record by itself
                field.setDate(max(min(to_qdate(day), field.maximumDate()), field.minimumDate()))

    def _days_changed(self) -> None:
        self.period.setCurrentIndex(OWN)
        self._explain()

    def _kind_changed(self, index: int) -> None:
        self.stack.setCurrentIndex(index)
        chosen, page = self.period.currentIndex(), self.pages[index]
        if isinstance(page, (RowPage, TrendPage)) and chosen not in (OWN, WHOLE):  # a trend of a month is none
            self.period.setCurrentIndex(WHOLE)
        elif isinstance(page, AnomalyPage) and chosen == WHOLE:  # it is of a year at most
            self.period.setCurrentIndex(MONTH)
        self._offer_period()
        self._explain()

    def _span(self) -> DayRange | None:
        return self._opened.archive.span(self._recipe.orbit) if self._opened and self._recipe else None

    # What is wanted

    @property
    def page(self) -> AnalysisPage:
        """The chosen kind of map."""
        return self.pages[max(self.kind.currentIndex(), 0)]

    def _wanted(self) -> Recipe | None:
        if self._recipe is None:
            return None
        first, last = from_qdate(self.first.date()), from_qdate(self.last.date())
        bare = Recipe(self._recipe.folder, self._recipe.variable, self._recipe.orbit, first, self._recipe.criteria)
        return self.page.recipe(replace(bare, last=last))

    def _explain(self) -> None:
        problem, text = self._problem_or_text()
        self.make.setEnabled(not problem and self.stop.isHidden())
        self.make.setText(tr("Add Layers") if isinstance(self.page, RowPage) else tr("Add Layer"))
        self.about.setText(problem or text)
        self._fit()

    def _fit(self) -> None:
        """Grow to what the wrapped text needs: a window does not do so by itself."""
        self.resize(self.width(), max(self.height(), self.layout().totalHeightForWidth(self.width())))

    def _problem_or_text(self) -> tuple[str, str]:
        """Return why nothing can be made, or what will be."""
        opened = self._opened
        try:
            wanted = self._wanted()
            if wanted is None or opened is None or wanted.last is None:
                return tr("Open a folder of daily files first."), ""
            variable = opened.recognition.find(wanted.variable)
            if variable is None:
                return tr("The archive has no {}.").format(wanted.variable), ""
            if wanted.date > wanted.last:
                return tr("The first day lies after the last one."), ""
            said = self.page.explain(opened, variable, wanted)
        except SmosIbError as error:
            return str(error), ""
        count = len(opened.archive.granules_of(wanted.orbit, *wanted.days))
        days = DayRange(*wanted.days).days
        if not count:
            return tr("No day from {} to {} has a file.").format(wanted.date, wanted.last), ""
        counted = tr("{count} of {days} days have a file.").format(count=f"{count:,}", days=f"{days:,}")
        return "", f"{said} {counted}"

    def _request(self) -> None:
        self._explain()
        wanted = self._wanted() if self.make.isEnabled() else None
        if wanted is not None and self._opened is not None:
            self.maps_requested.emit(self.page.recipes(self._opened, wanted))


def _choice(name: str, accessible: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(accessible)
    return box
