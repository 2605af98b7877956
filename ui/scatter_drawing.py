# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The scatter view: one variable against another on the same days, coloured by date. It gets the figure and imports no matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin.core.analysis.agreement import agreement
from ..plugin.core.variables import Variable
from .analysis_drawing import AnalysisDrawing
from .picture import Dots
from .records import Floats, chosen_record
from .series_drawing import axis_label
from .series_view import SeriesView
from .texts import tr


class ScatterDrawing(AnalysisDrawing):
    """One panel: the second variable over the first, of the current point."""

    def _numbers_of(self, view: SeriesView) -> list[Any]:
        if len(view.variables) < 2:
            return [None]
        one, other = (chosen_record(view, variable) for variable in view.variables[:2])
        if one is None or other is None:
            return [None]
        days, at, other_at = np.intersect1d(one.days, other.days, assume_unique=True, return_indices=True)
        x, y = one.kept[at], other.kept[other_at]
        both = np.isfinite(x) & np.isfinite(y)
        name = one.name if one.name == other.name else f"{one.name} × {other.name}"
        return [(name, x[both], y[both], days[both], agreement(x, y))]

    def _values(self, number: int) -> list[Any]:
        return [] if self._numbers[0] is None else [self._numbers[0][2]]

    def _x_extent(self) -> Floats:
        return np.empty(0) if self._numbers[0] is None else self._numbers[0][1]

    def fits(self, view: SeriesView, theme: Any) -> bool:
        """Return whether both axes hold a view's pairs."""
        if not super().fits(view, theme):
            return False
        x, (low, high) = self._x_extent(), self._full_x
        return not x.size or bool(low <= x.min() and x.max() <= high)

    def _limits(self, number: int) -> tuple[float, float] | None:
        limits = super()._limits(number)
        return (0.0, 1.0) if len(self._view.variables) < 2 else limits

    def _make_panels(self, view: SeriesView) -> list[tuple[Any, Variable]]:
        first, last = view.days
        (panel,) = self._panels_with_bar(1, first.year, last.year + 1)
        return [(panel, view.variables[min(1, len(view.variables) - 1)])]

    def _finish(self, view: SeriesView) -> None:
        panel, x = self.panels[0][0], self._x_extent()
        panel.set_xlabel(axis_label(view.variables[0]), color=self._theme.ink, fontsize=8)
        if x.size:
            beside = 0.05 * float(np.ptp(x)) or 1e-3
            panel.set_xlim(float(x.min()) - beside, float(x.max()) + beside)
        self._full_x = panel.get_xlim()

    def _draw(self, number: int, panel: Any, variable: Variable, view: SeriesView) -> None:
        if len(view.variables) < 2:
            self._say(panel, tr("Choose a second variable under Variables: the scatter is of two."))
        if self._numbers[0] is None:
            return
        name, x, y, days, agreed = self._numbers[0]
        when = days.astype("datetime64[D]").astype(np.int64) / 365.2425 + 1970
        dots = panel.scatter(x, y, c=when, s=9, alpha=0.7, linewidths=0, cmap="viridis")
        dots.set_clim(*self._shades.get_clim())
        self._add(dots)
        who = f"{name} · " if len(view.curves) + len(view.others) > 1 else ""
        related = f" · R {agreed.pearson:.2f}" if np.isfinite(agreed.pearson) else ""
        self._say(panel, f"{who}n {agreed.n:,}{related}")
        one, other = view.variables[:2]
        self._dots[0] = [
            Dots(
                x,
                y,
                days,
                lambda index: f"{name} · {days[index]} · {one.tell(float(x[index]))} · {other.tell(float(y[index]))}",
            )
        ]
