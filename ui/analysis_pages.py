# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The options of each kind of analysis map, and the recipe that they make. A new kind is one page here, in `AnalysisDialog.pages`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qgis.PyQt.QtCore import QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from ..plugin.adapters.compat import from_qdate, to_qdate
from ..plugin.adapters.day_map import Recipe
from ..plugin.core.analysis.anomaly import AnomalyMethod
from ..plugin.core.analysis.anomaly_map import AnomalyOptions, check_anomaly
from ..plugin.core.analysis.climatology import Baseline
from ..plugin.core.analysis.periods import LEAST_IN_MEAN, PeriodLength
from ..plugin.core.analysis.trend_map import SIGNIFICANT, TrendOptions, check_trend
from ..plugin.core.archive import DayRange
from ..plugin.core.composite import Statistic, check_statistic
from ..plugin.core.errors import BadRequest
from ..plugin.core.reader import Opened
from ..plugin.core.variables import Variable
from .fields import date_field
from .texts import tr

STATISTICS = {
    Statistic.MEAN: "Mean",
    Statistic.MEDIAN: "Median",
    Statistic.MIN: "Minimum",
    Statistic.MAX: "Maximum",
    Statistic.STD: "Standard deviation",
    Statistic.COUNT: "Count of kept days",
    Statistic.LATEST: "Latest value",
}
METHODS = {
    AnomalyMethod.DIFFERENCE: "Difference from the mean",
    AnomalyMethod.ZSCORE: "z-score",
    AnomalyMethod.PERCENTILE: "Percentile",
}
LENGTHS = {PeriodLength.MONTH: "month", PeriodLength.YEAR: "year"}
MOST = 9999
MOST_LAYERS = 240
"""Months of twenty years. Each layer keeps a file of the cache open."""

BYTES_OF_CELL = 8
"""Of a composite's file: value and count."""


class AnalysisPage(QWidget):
    """Options of one kind of map."""

    title = ""
    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)

    def show_span(self, span: DayRange, is_other: bool) -> None:
        """Take the days of a record: another one, or the same with other days. `changed` is not said."""

    def recipe(self, period: Recipe) -> Recipe:
        """Return the recipe of the map of a period."""
        raise NotImplementedError

    def explain(self, opened: Opened, variable: Variable, wanted: Recipe) -> str:
        """Return a sentence on what is made. Raises BadRequest where it cannot be."""
        raise NotImplementedError

    def recipes(self, opened: Opened, wanted: Recipe) -> tuple[Recipe, ...]:
        """Return the recipes of the layers that a recipe of the whole period means: itself, or one for each of its months or years."""
        return (wanted,)

    def _choice(self, name: str, label: str, titles: dict[Any, str]) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        for value, title in titles.items():
            box.addItem(tr(title), value)
        box.currentIndexChanged.connect(lambda index: self.changed.emit())
        self.form.addRow(label, box)
        return box

    def _number(self, name: str, label: str, value: int, tip: str, least: int = 1, step: int = 1) -> QSpinBox:
        field = QSpinBox()
        field.setObjectName(name)
        field.setRange(least, MOST)
        field.setSingleStep(step)
        field.setValue(value)
        field.setToolTip(tip)
        field.valueChanged.connect(lambda number: self.changed.emit())
        self.form.addRow(label, field)
        return field


class CompositePage(AnalysisPage):
    """A period as one map."""

    title = "Composite"

    def __init__(self) -> None:
        super().__init__()
        self.statistic = self._choice("smosibCompositeStatistic", tr("showing its"), STATISTICS)
        tip = tr("Cells with fewer kept days in the period show nothing")
        self.minimum = self._number("smosibCompositeMinimum", tr("from at least"), 1, tip)
        self.minimum.setSuffix(tr(" kept days"))

    def recipe(self, period: Recipe) -> Recipe:
        return replace(period, statistic=self.statistic.currentData(), minimum=self.minimum.value())

    def explain(self, opened: Opened, variable: Variable, wanted: Recipe) -> str:
        check_statistic(variable, wanted.statistic)
        return tr("{what} of each cell's kept values from {first} to {last}.").format(
            what=self.statistic.currentText(), first=wanted.date, last=wanted.last
        )


class RowPage(CompositePage):
    """A composite of each month or year that has a file."""

    title = "Row of composites"

    def __init__(self) -> None:
        super().__init__()
        self.of_each = self._choice("smosibRowLength", tr("for each"), LENGTHS)

    def explain(self, opened: Opened, variable: Variable, wanted: Recipe) -> str:
        said = super().explain(opened, variable, wanted)
        count = len(self.recipes(opened, wanted))
        if count > MOST_LAYERS:
            raise BadRequest(
                f"That would be {count:,} layers.",
                f"Choose a shorter period, of {MOST_LAYERS} at most, or run smosib:compositeseries, which writes files.",
            )
        size = count * opened.recognition.grid.rows * opened.recognition.grid.cols * BYTES_OF_CELL / 1e6
        layers = tr("A layer for each {}: {:,}, of {:,.0f} MB in all; the first one is shown.").format(
            self.of_each.currentText(), count, size
        )
        return f"{said} {layers}"

    def recipes(self, opened: Opened, wanted: Recipe) -> tuple[Recipe, ...]:
        return tuple(
            replace(wanted, date=start, last=end)
            for start, end in self.of_each.currentData().parts(*wanted.days)
            if opened.archive.granules_of(wanted.orbit, start, end)
        )


class AnomalyPage(AnalysisPage):
    """A day or a period against a baseline."""

    title = "Anomaly"

    def __init__(self) -> None:
        super().__init__()
        self.method = self._choice("smosibAnomalyMethod", tr("as"), METHODS)
        self.first = date_field("smosibBaselineFirst", tr("First day of the baseline"))
        self.last = date_field("smosibBaselineLast", tr("Last day of the baseline"))
        days = QHBoxLayout()
        days.addWidget(self.first, 1)
        days.addWidget(QLabel(tr("to")))
        days.addWidget(self.last, 1)
        self.form.addRow(tr("against the baseline"), days)
        for field in (self.first, self.last):
            field.dateChanged.connect(lambda day: self.changed.emit())
        tip = tr("A single day is compared with the baseline's values of so many days around its day of the year")
        self.window = self._number("smosibAnomalyWindow", tr("within"), 31, tip, step=2)
        self.window.setSuffix(tr(" days of the year"))
        self.window.setMaximum(365)
        tip = tr("Fewest baseline values for a single day, fewest baseline years for a longer period")
        self.least = self._number("smosibAnomalyMinimum", tr("from at least"), 5, tip)

    def show_span(self, span: DayRange, is_other: bool) -> None:
        """Offer the days as the baseline: all of another record, and what was all of it before goes on being so."""
        whole = self.first.minimumDate(), self.last.maximumDate()
        is_whole = is_other or (self.first.date(), self.last.date()) == whole
        for field, day in ((self.first, span.first), (self.last, span.last)):
            with QSignalBlocker(field):  # between the two the baseline might end before it starts
                field.setDateRange(to_qdate(span.first), to_qdate(span.last))
                if is_whole:
                    field.setDate(to_qdate(day))

    def recipe(self, period: Recipe) -> Recipe:
        self.window.setEnabled(period.date == period.last)
        baseline = Baseline(from_qdate(self.first.date()), from_qdate(self.last.date()))
        window = self.window.value() | 1
        return replace(period, anomaly=AnomalyOptions(baseline, self.method.currentData(), window, self.least.value()))

    def explain(self, opened: Opened, variable: Variable, wanted: Recipe) -> str:
        if wanted.anomaly is not None:
            check_anomaly(opened.archive.granules_of(wanted.orbit), variable, wanted.days, wanted.anomaly)
        if wanted.date == wanted.last:
            return tr(
                "The day's value against all kept values of the baseline within ± {days} days of that day of the year."
            ).format(days=self.window.value() // 2)
        return tr("The period's mean against the means of the same days in each year of the baseline.")


class TrendPage(AnalysisPage):
    """Theil–Sen slopes."""

    title = "Trend"

    def __init__(self) -> None:
        super().__init__()
        self.step = self._choice("smosibTrendStep", tr("of the means of each"), dict(reversed(LENGTHS.items())))
        self.seasonal = QCheckBox(tr("Compare each month only with itself in other years"))
        self.seasonal.setObjectName("smosibTrendSeasonal")
        self.seasonal.setToolTip(tr("Seasonal Kendall test and slope, after Hirsch, Slack and Smith 1982"))
        self.seasonal.toggled.connect(lambda wanted: self.changed.emit())
        self.form.addRow("", self.seasonal)
        tip = tr("A month or year with fewer kept days counts as missing")
        self.least = self._number("smosibTrendMinimum", tr("of at least"), LEAST_IN_MEAN, tip)
        self.least.setSuffix(tr(" kept days"))
        tip = tr("Cells with fewer months or years show nothing")
        self.steps = self._number("smosibTrendSteps", tr("and at least"), 5, tip, least=3)
        self.steps.setSuffix(tr(" months or years"))
        self.only = QCheckBox(tr("Only where p <"))
        self.only.setObjectName("smosibTrendOnly")
        self.only.setToolTip(tr("Show a slope only where its p is below this; the second band holds p of all cells"))
        self.limit = QDoubleSpinBox(decimals=3, minimum=0.001, maximum=1.0, singleStep=0.01, value=SIGNIFICANT)
        self.limit.setObjectName("smosibTrendLimit")
        self.limit.setAccessibleName(tr("Limit of p"))
        self.limit.setEnabled(False)
        self.only.toggled.connect(self.limit.setEnabled)
        for signal in (self.only.toggled, self.limit.valueChanged):
            signal.connect(lambda wanted: self.changed.emit())
        self.form.addRow(self.only, self.limit)

    def recipe(self, period: Recipe) -> Recipe:
        length = self.step.currentData()
        monthly = length is PeriodLength.MONTH
        self.seasonal.setEnabled(monthly)
        seasonal = monthly and self.seasonal.isChecked()
        limit = self.limit.value() if self.only.isChecked() else None
        return replace(period, trend=TrendOptions(length, seasonal, self.least.value(), self.steps.value(), limit))

    def explain(self, opened: Opened, variable: Variable, wanted: Recipe) -> str:
        if wanted.trend is not None:
            check_trend(opened.archive.granules_of(wanted.orbit), variable, wanted.days, wanted.trend)
        return tr("Theil–Sen slope per decade; further bands: p-value of the Mann–Kendall test, number of steps.")
