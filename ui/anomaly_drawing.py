# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The anomaly view: how unusual each kept value is for its time of the year. It gets the figure and imports no matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin.core.analysis.anomaly import AnomalyMethod
from ..plugin.core.variables import Variable
from .analysis_drawing import AnalysisDrawing, lack
from .curve_points import day_limits, with_gaps
from .other_drawing import MARKER
from .picture import Dots
from .plot_legend import Key, dot_key
from .records import Floats, Record, records
from .series_drawing import short_title
from .series_view import SeriesView
from .theme import CURRENT

LABELS = {
    AnomalyMethod.DIFFERENCE: "anomaly",
    AnomalyMethod.ZSCORE: "z-score",
    AnomalyMethod.PERCENTILE: "percentile",
}
ABOVE, BELOW = ("#0072b2", "#56b4e9"), ("#c05500", "#ff8a4d")
"""Okabe and Ito's blue and vermilion, more and less than usual: on light and on dark paper."""

PERCENTILES = -3.0, 103.0
"""The ends of an axis of percentiles."""


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
        return 50.0 if self._is_percentile else 0.0

    def _limits(self, number: int) -> tuple[float, float] | None:
        return PERCENTILES if self._is_percentile else super()._limits(number)

    def _holds(self, limits: tuple[float, float] | None, number: int) -> bool:
        return self._is_percentile or super()._holds(limits, number)

    @property
    def _is_percentile(self) -> bool:
        return self._view.analysis.method is AnomalyMethod.PERCENTILE

    def _names(self) -> list[Key]:
        view, panel = self._view, self.panels[0][0]
        if len(view.curves) + len(view.others) < 2:
            return []
        every = [record for variable in view.variables for record in records(view, variable)]
        first = {record.name: record for record in reversed(every)}  # an area has a record of each variable
        named = sorted(first.values(), key=every.index)
        return [(dot_key(panel, _shape(one), one.colour(view, self._theme)), one.name) for one in named]

    def _finish(self, view: SeriesView) -> None:
        method = view.analysis.method
        for panel, variable in self.panels:
            if method is AnomalyMethod.DIFFERENCE:
                units = f"\n({variable.units})" if variable.units not in ("", "–", "-") else ""
            else:
                units = "\n(%)" if method is AnomalyMethod.PERCENTILE else ""
            panel.set_ylabel(f"{short_title(variable)} {LABELS[method]}{units}", color=self._theme.ink, fontsize=8)
            panel.axhline(self._usual(), color=self._theme.ink, linewidth=0.8, alpha=0.6)
            self.marks.append(panel.axvline(0.0, color=CURRENT.name(), linewidth=1.2, animated=self._animated))
        self.days = day_limits(view)
        self.time_axis = self.panels[-1][0]
        self.time_axis.set_xlim(*self.days)

    def _draw(self, number: int, panel: Any, variable: Variable, view: SeriesView) -> None:
        told, self._dots[number] = self._numbers[number], []
        for which, (record, anomaly) in enumerate(told):
            there = np.isfinite(anomaly)
            days, y = record.days[there], anomaly[there]
            x = days.astype(np.float64)
            if len(told) == 1:
                self._bars(number, panel, x, y)
            else:
                colour = record.colour(view, self._theme)
                line = {"linewidth": 0.8, "alpha": 0.5, "color": colour}
                dots = {"markersize": 2.2, "markeredgewidth": 0, "linestyle": "", "color": colour}
                self._line((number, which, "line"), panel, with_gaps(x, y), "-", **line)
                self._line((number, which, "dots"), panel, (x, y), _shape(record), **dots)
            self._dots[number].append(Dots(x, y, days, _telling(record, days, y, view.analysis.method)))
        if self._extent(number) is None:
            self._tell(number, lack(view, variable))

    def _bars(self, number: int, panel: Any, x: Floats, y: Floats) -> None:
        """Draw a bar a value: all of one colour are one line with gaps, which is drawn much faster."""
        usual, is_above = self._usual(), y >= self._usual()
        for name, colours, there in (("above", ABOVE, is_above), ("below", BELOW, ~is_above)):
            ends = np.full((3, np.count_nonzero(there)), np.nan)
            ends[0], ends[1] = usual, y[there]
            look = {"color": colours[self._theme.dark], "linewidth": 1.2, "solid_capstyle": "butt"}
            self._line((number, name), panel, (np.repeat(x[there], 3), ends.T.ravel()), "-", **look)


def _shape(record: Record) -> str:
    return MARKER if record.other is not None else "o"


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
