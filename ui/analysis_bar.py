# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The row of the plot dock that says what is worked out of the series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ..plugin.core.analysis.anomaly import AnomalyMethod
from ..plugin.core.analysis.periods import PeriodLength
from .baseline_fields import EARLIEST, LATEST, BaselineFields
from .fields import menu_button, number_field
from .plot_analysis import VALUES, Overlay, PlotAnalysis, PlotKind, overlay_title
from .texts import tr


class AnalysisBar(QWidget):
    """View, overlays, method, baseline and window as a `PlotAnalysis`; `changed` tells of each new one."""

    changed = pyqtSignal(object)  # PlotAnalysis

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._told, self._is_restoring = VALUES, False
        self._make_choices()
        self._make_overlays()
        self._make_numbers()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.window_label = QLabel(tr("Window"))
        self.window_label.setBuddy(self.window_days)
        for widget in (
            self.kind,
            self.overlays,
            self.method,
            self.baseline,
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
        self.baseline = BaselineFields()
        self.baseline.changed.connect(self._changed)
        self.window_days = number_field("smosibAnalysisWindow", tr("Days of climatology and moving mean"), 1, 365)
        self.window_days.setSingleStep(2)
        self.window_days.setSuffix(tr(" d"))
        self.window_days.setValue(VALUES.window)
        self.least = number_field("smosibAnalysisLeast", tr("Fewest kept values of a monthly or annual mean"), 1, 366)
        self.least.setPrefix("n ≥ ")
        self.least.setValue(VALUES.least)
        for field in (self.window_days, self.least):
            field.valueChanged.connect(self._changed)

    @property
    def analysis(self) -> PlotAnalysis:
        """What is chosen."""
        return PlotAnalysis(
            PlotKind(self.kind.currentData()),
            frozenset(overlay for overlay, action in self.actions_of.items() if action.isChecked()),
            self.baseline.baseline,
            self.window_days.value() | 1,
            AnomalyMethod(self.method.currentData()),
            self.least.value(),
            PeriodLength.YEAR if self.annual.isChecked() else PeriodLength.MONTH,
            self.seasonal.isChecked(),
        )

    def _changed(self, *_: Any) -> None:
        if self._is_restoring:
            return
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
        self.baseline.setVisible(usual)
        windowed = usual or (values and Overlay.MOVING_MEAN in now.overlays)
        for widget in (self.window_label, self.window_days):
            widget.setVisible(windowed)
        of_periods = {Overlay.MONTHS, Overlay.YEARS, Overlay.TREND} & now.overlays
        self.least.setVisible(values and bool(of_periods))
        self.seasonal.setEnabled(not self.annual.isChecked())

    # What a project remembers

    @property
    def switches(self) -> dict[str, int]:
        """The choices that are on or off, and the numbers, by name; no years where the baseline is the whole record."""
        now, wish = self.analysis, self.baseline.wish
        on: dict[str, int] = {f"overlay {one.value}": one in now.overlays for one in Overlay}
        on.update({f"view {one.value}": one is now.kind for one in PlotKind})
        on.update({f"anomaly {one.value}": one is now.method for one in AnomalyMethod})
        on.update({"trend annual": self.annual.isChecked(), "trend seasonal": self.seasonal.isChecked()})
        years = {"baseline first": wish[0], "baseline last": wish[1]} if wish is not None else {}
        return {**on, **years, "window days": now.window, "least values": now.least}

    def restore(self, switches: Mapping[str, int]) -> None:
        """Take the choices that a project remembers; what it does not know is as at first."""
        self._is_restoring = True
        for overlay, action in self.actions_of.items():
            action.setChecked(bool(switches.get(f"overlay {overlay.value}", False)))
        for box, name in ((self.kind, "view"), (self.method, "anomaly")):
            on = [number for number in range(box.count()) if switches.get(f"{name} {box.itemData(number)}", False)]
            box.setCurrentIndex(on[0] if on else 0)
        self.annual.setChecked(bool(switches.get("trend annual", False)))
        self.seasonal.setChecked(bool(switches.get("trend seasonal", False)))
        for field, name, usual in (
            (self.window_days, "window days", VALUES.window),
            (self.least, "least values", VALUES.least),
        ):
            number = switches.get(name, usual)
            field.setValue(number if field.minimum() <= number <= field.maximum() else usual)
        first, last = (switches.get(f"baseline {one}", 0) for one in ("first", "last"))
        self.baseline.want((first, last) if EARLIEST <= first <= last <= LATEST else None)
        self._is_restoring = False
        self._changed()


def _choice(name: str, accessible: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(accessible)
    box.setToolTip(accessible)
    return box
