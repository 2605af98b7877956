# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The row of the plot dock that says what is worked out of the series."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QWidget

from ..plugin.core.analysis.anomaly import AnomalyMethod
from ..plugin.core.analysis.climatology import WINDOW, Baseline
from ..plugin.core.analysis.periods import LEAST_IN_MEAN, PeriodLength
from .fields import menu_button
from .plot_analysis import Overlay, PlotAnalysis, PlotKind, overlay_title
from .texts import tr


class AnalysisBar(QWidget):
    """View, overlays, method, baseline and window as a `PlotAnalysis`; `changed` tells of each new one."""

    changed = pyqtSignal(object)  # PlotAnalysis

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._told = PlotAnalysis()
        self._make_choices()
        self._make_overlays()
        self._make_numbers()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.baseline_label, self.window_label = QLabel(tr("Baseline")), QLabel(tr("Window"))
        self.baseline_label.setBuddy(self.first)
        self.window_label.setBuddy(self.window_days)
        for widget in (
            self.kind,
            self.overlays,
            self.method,
            self.baseline_label,
            self.first,
            self.last,
            self.window_label,
            self.window_days,
            self.least,
        ):
            row.addWidget(widget)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._show_what_matters()

    def _make_choices(self) -> None:
        self.kind = _choice("smosibAnalysisView", tr("What the plot shows"))
        for kind, title in (
            (PlotKind.VALUES, tr("Values")),
            (PlotKind.ANOMALY, tr("Anomaly")),
            (PlotKind.YEAR, tr("Day of year")),
            (PlotKind.SCATTER, tr("Scatter")),
        ):
            self.kind.addItem(title, kind.value)
        self.method = _choice("smosibAnalysisMethod", tr("How an anomaly is told"))
        for method, title in (
            (AnomalyMethod.DIFFERENCE, tr("Difference")),
            (AnomalyMethod.ZSCORE, tr("Z-score")),
            (AnomalyMethod.PERCENTILE, tr("Percentile")),
        ):
            self.method.addItem(title, method.value)
        for box in (self.kind, self.method):
            box.currentIndexChanged.connect(self._changed)

    def _make_overlays(self) -> None:
        self.overlays = menu_button("smosibAnalysisOverlays", tr("Show"))
        self.overlays.setAccessibleName(tr("What is drawn over the values"))
        self.overlays.setToolTip(tr("What is drawn over the values"))
        menu = self.overlays.menu()
        self.actions_of = {
            overlay: self._switch(overlay_title(overlay), f"smosibOverlay_{overlay.value}") for overlay in Overlay
        }
        menu.addSeparator()
        self.annual = self._switch(tr("Trend of Annual Means"), "smosibTrendAnnual")
        self.seasonal = self._switch(tr("Trend by Calendar Month (Seasonal Kendall)"), "smosibTrendSeasonal")

    def _switch(self, title: str, name: str) -> QAction:
        action = QAction(title, self)
        action.setObjectName(name)
        action.setCheckable(True)
        action.toggled.connect(self._changed)
        self.overlays.menu().addAction(action)
        return action

    def _make_numbers(self) -> None:
        self.first = _number("smosibAnalysisBaselineFirst", tr("First year of the baseline"), 1900, 2200)
        self.last = _number("smosibAnalysisBaselineLast", tr("Last year of the baseline"), 1900, 2200)
        self.last.setPrefix("– ")
        self.window_days = _number("smosibAnalysisWindow", tr("Days of climatology and moving mean"), 1, 365)
        self.window_days.setSingleStep(2)
        self.window_days.setSuffix(tr(" d"))
        self.window_days.setValue(WINDOW)
        self.least = _number("smosibAnalysisLeast", tr("Fewest kept values of a monthly or annual mean"), 1, 366)
        self.least.setPrefix("n ≥ ")
        self.least.setValue(LEAST_IN_MEAN)
        for field in (self.first, self.last, self.window_days, self.least):
            field.valueChanged.connect(self._changed)

    def show_years(self, first: int, last: int) -> None:
        """Offer the years of a record for the baseline; a baseline of the whole record stays that."""
        low, high = self.first.minimum(), self.first.maximum()
        if (low, high) == (first, last):
            return
        whole_start, whole_end = self.first.value() == low, self.last.value() == high
        for field, at_end, end in ((self.first, whole_start, first), (self.last, whole_end, last)):
            field.blockSignals(True)
            field.setRange(first, last)
            if at_end or (low, high) == (1900, 2200):
                field.setValue(end)
            field.blockSignals(False)
        self._changed()

    @property
    def analysis(self) -> PlotAnalysis:
        """What is chosen."""
        first, last = sorted((self.first.value(), self.last.value()))
        whole = (first, last) == (self.first.minimum(), self.last.maximum())
        return PlotAnalysis(
            PlotKind(self.kind.currentData()),
            frozenset(overlay for overlay, action in self.actions_of.items() if action.isChecked()),
            None if whole else Baseline.of_years(first, last),
            self.window_days.value() | 1,
            AnomalyMethod(self.method.currentData()),
            self.least.value(),
            PeriodLength.YEAR if self.annual.isChecked() else PeriodLength.MONTH,
            self.seasonal.isChecked(),
        )

    def _changed(self, *_: Any) -> None:
        self._show_what_matters()
        now = self.analysis
        if now != self._told:
            self._told = now
            self.changed.emit(now)

    def _show_what_matters(self) -> None:
        """Hide what has no effect on the chosen picture."""
        now = self.analysis
        values = now.kind is PlotKind.VALUES
        usual = now.kind in (PlotKind.ANOMALY, PlotKind.YEAR) or (values and Overlay.CLIMATOLOGY in now.overlays)
        self.overlays.setVisible(values)
        self.method.setVisible(now.kind is PlotKind.ANOMALY)
        for widget in (self.baseline_label, self.first, self.last):
            widget.setVisible(usual)
        windowed = usual or (values and Overlay.MOVING_MEAN in now.overlays)
        for widget in (self.window_label, self.window_days):
            widget.setVisible(windowed)
        of_periods = {Overlay.MONTHS, Overlay.YEARS, Overlay.TREND} & now.overlays
        self.least.setVisible(values and bool(of_periods))
        self.seasonal.setEnabled(not self.annual.isChecked())

    # What a project remembers

    @property
    def switches(self) -> dict[str, bool]:
        """The choices that are on or off, by name."""
        now = self.analysis
        on = {f"overlay {one.value}": one in now.overlays for one in Overlay}
        on.update({f"view {one.value}": one is now.kind for one in PlotKind})
        on.update({f"anomaly {one.value}": one is now.method for one in AnomalyMethod})
        return {**on, "trend annual": self.annual.isChecked(), "trend seasonal": self.seasonal.isChecked()}

    def restore(self, switches: Any) -> None:
        """Take the choices that a project remembers; what it does not know is as at first."""
        for overlay, action in self.actions_of.items():
            action.setChecked(switches.get(f"overlay {overlay.value}", False))
        for box, name in ((self.kind, "view"), (self.method, "anomaly")):
            on = [number for number in range(box.count()) if switches.get(f"{name} {box.itemData(number)}", False)]
            box.setCurrentIndex(on[0] if on else 0)
        self.annual.setChecked(switches.get("trend annual", False))
        self.seasonal.setChecked(switches.get("trend seasonal", False))


def _choice(name: str, accessible: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(accessible)
    box.setToolTip(accessible)
    return box


def _number(name: str, accessible: str, low: int, high: int) -> QSpinBox:
    field = QSpinBox()
    field.setObjectName(name)
    field.setAccessibleName(accessible)
    field.setToolTip(accessible)
    field.setRange(low, high)
    field.setKeyboardTracking(False)
    return field
