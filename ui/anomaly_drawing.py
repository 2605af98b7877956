# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The anomaly view: how unusual each kept value is for its time of the year. It gets the figure and imports no matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin.core.analysis.anomaly import AnomalyMethod
from ..plugin.core.variables import Variable
from .analysis_drawing import AnalysisDrawing
from .curve_points import day_limits, with_gaps
from .picture import Dots
from .records import Floats, Record, records
from .series_drawing import short_title
from .series_view import SeriesView
from .theme import CURRENT

LABELS = {
    AnomalyMethod.DIFFERENCE: "anomaly",
    AnomalyMethod.ZSCORE: "z-score",
    AnomalyMethod.PERCENTILE: "percentile",
}
ABOVE, BELOW = ("#0072b2", "#c05500"), ("#56b4e9", "#ff8a4d")
"""Okabe and Ito's blue and vermilion, more and less than usual: on light and on dark paper."""


class AnomalyDrawing(AnalysisDrawing):
    """One panel a variable on a shared time axis: bars from what is usual where there is one record, else a line each."""

    def _numbers_of(self, view: SeriesView) -> list[list[tuple[Record, Floats]]]:
        return [
            [(record, record.anomalies(view.analysis)) for record in records(view, variable) if not variable.is_bits]
            for variable in view.variables
        ]

    def _values(self, number: int) -> list[Any]:
        return [told for _, told in self._numbers[number]]

    def _make_panels(self, view: SeriesView) -> list[tuple[Any, Variable]]:
        axes = self._figure.subplots(len(view.variables), 1, sharex=True, squeeze=False)[:, 0]
        return list(zip(axes, view.variables))

    def _usual(self) -> float:
        return 50.0 if self._view.analysis.method is AnomalyMethod.PERCENTILE else 0.0

    def _finish(self, view: SeriesView) -> None:
        method = view.analysis.method
        for number, (panel, variable) in enumerate(self.panels):
            if method is AnomalyMethod.DIFFERENCE:
                units = f"\n({variable.units})" if variable.units not in ("", "–", "-") else ""
            else:
                units = "\n(%)" if method is AnomalyMethod.PERCENTILE else ""
            panel.set_ylabel(f"{short_title(variable)} {LABELS[method]}{units}", color=self._theme.ink, fontsize=8)
            panel.axhline(self._usual(), color=self._theme.ink, linewidth=0.8, alpha=0.6)
            if method is AnomalyMethod.PERCENTILE:
                panel.set_ylim(-3, 103)
                self._full_y[number] = (-3.0, 103.0)
            self.marks.append(panel.axvline(0.0, color=CURRENT.name(), linewidth=1.2, animated=self._animated))
        self.days = day_limits(view)
        self.time_axis = self.panels[-1][0]
        self.time_axis.set_xlim(*self.days)

    def _draw(self, number: int, panel: Any, variable: Variable, view: SeriesView) -> None:
        told = self._numbers[number]
        for record, anomaly in told:
            there = np.isfinite(anomaly)
            x, y = record.days[there].astype(np.int64).astype(np.float64), anomaly[there]
            if len(told) == 1:
                colours = np.where(y >= self._usual(), ABOVE[self._theme.dark], BELOW[self._theme.dark])
                if x.size:
                    self._add(panel.vlines(x, self._usual(), y, colors=list(colours), linewidth=1.2))
            else:
                colour = record.colour(view, self._theme)
                self._add(panel.plot(*with_gaps(x, y), "-", linewidth=0.8, alpha=0.5, color=colour)[0])
                shape = "D" if record.other is not None else "o"
                self._add(
                    panel.plot(x, y, shape, markersize=2.2, markeredgewidth=0, color=colour, label=record.name)[0]
                )
            self._dots.setdefault(number, []).append(
                Dots(x, y, record.days[there], _telling(record, record.days[there], y, view.analysis.method))
            )
        if number == 0 and len(told) > 1:
            theme = self._theme
            look = {"facecolor": theme.paper, "edgecolor": theme.grid, "labelcolor": theme.ink}
            self._add(panel.legend(loc="upper left", ncol=6, fontsize=7, framealpha=0.75, **look))


def _telling(record: Record, days: Any, anomaly: Floats, method: AnomalyMethod) -> Any:
    kept = dict(zip(record.days.tolist(), record.kept))

    def tell(index: int) -> str:
        day, variable = days[index].item(), record.variable
        if method is AnomalyMethod.DIFFERENCE:
            how = f"{variable.tell(float(anomaly[index]))} from usual"
        else:
            how = f"{LABELS[method]} {anomaly[index]:.3g}"
        return f"{record.name} · {day} · {variable.tell(float(kept[day]))} · {how}"

    return tell
