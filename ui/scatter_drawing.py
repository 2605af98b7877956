# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The scatter view: one variable against another on the same days, coloured by date. It gets the figure and imports no matplotlib."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..plugin.core.analysis.agreement import Agreement, agreement
from ..plugin.core.variables import Variable
from .analysis_drawing import AnalysisDrawing
from .picture import Dots
from .plot_legend import Heading, short_name
from .records import Floats, Record, chosen_record
from .series_drawing import axis_label
from .series_view import SeriesView
from .texts import tr


class Pairs(NamedTuple):
    """Kept values of two records on the same days, and how they agree. `lack` is why there is none."""

    name: str
    x: Floats
    y: Floats
    days: Any
    agreed: Agreement | None
    lack: str = ""


class ScatterDrawing(AnalysisDrawing):
    """A panel for each further variable, over the first one, of the current point. Sums of bits are left out."""

    def _numbers_of(self, view: SeriesView) -> list[Pairs]:
        if len(view.analysed) < 2:
            return [_nothing(tr("Choose a second variable under Variables: the scatter is of two."))]
        first, *others = (chosen_record(view, variable) for variable in view.analysed)
        return [_pairs(first, other) for other in others]

    def _values(self, number: int) -> list[Any]:
        return [self._numbers[number].y]

    def _x_extent(self) -> tuple[float, float] | None:
        every = np.concatenate([pairs.x for pairs in self._numbers])
        return (float(every.min()), float(every.max())) if every.size else None

    def fits(self, view: SeriesView, theme: Any) -> bool:
        """Return whether both axes hold a view's pairs."""
        if not super().fits(view, theme):
            return False
        extent, (low, high) = self._x_extent(), self._full_x
        return extent is None or (low <= extent[0] and extent[1] <= high)

    def _make_panels(self, view: SeriesView) -> list[tuple[Any, Variable]]:
        first, last = view.days
        axes = self._panels_with_bar(len(self._numbers), first.year, last.year + 1)
        return list(zip(axes, view.analysed[1:] or view.variables[:1]))

    def _finish(self, view: SeriesView) -> None:
        panel, extent = self.panels[-1][0], self._x_extent()
        if view.analysed:
            panel.set_xlabel(axis_label(view.analysed[0]), color=self._theme.ink, fontsize=8)
        if extent is not None:
            beside = 0.05 * (extent[1] - extent[0]) or 1e-3
            panel.set_xlim(extent[0] - beside, extent[1] + beside)
        self._full_x = panel.get_xlim()
        self.headings = [Heading(one, self._theme, self._animated) for one, _ in self.panels]

    def _draw(self, number: int, panel: Any, variable: Variable, view: SeriesView) -> None:
        name, x, y, days, agreed, lacking = self._numbers[number]
        if agreed is None:
            self._tell(number, lacking)
            self.headings[number].say()
            return
        when = days.astype("datetime64[D]").astype(np.int64) / 365.2425 + 1970
        self._cloud((number, "dots"), panel, x, y, when, s=9, alpha=0.7)
        several = len(view.curves) + len(view.others) > 1
        related = [f"R {agreed.pearson:.2f}"] if np.isfinite(agreed.pearson) else []
        who = [short_name(name)] if several else []
        self.headings[number].say([" · ".join([*who, f"n {agreed.n:,}", *related])])
        one = view.analysed[0]
        self._dots[number] = [
            Dots(
                x,
                y,
                days,
                lambda index: (
                    f"{name} · {days[index]} · {one.tell(float(x[index]))} · {variable.tell(float(y[index]))}"
                ),
            )
        ]


def _pairs(one: Record | None, other: Record | None) -> Pairs:
    if one is None or other is None:
        return _nothing("")
    days, at, other_at = np.intersect1d(one.days, other.days, assume_unique=True, return_indices=True)
    x, y = one.kept[at], other.kept[other_at]
    both = np.isfinite(x) & np.isfinite(y)
    if not both.any():
        return _nothing(tr("There is no day on which both {} and {} have a kept value.").format(*_ids(one, other)))
    name = one.name if one.name == other.name else f"{one.name} × {other.name}"
    return Pairs(name, x[both], y[both], days[both], agreement(x, y))


def _ids(*every: Record) -> list[str]:
    return [record.variable.id for record in every]


def _nothing(why: str) -> Pairs:
    none = np.empty(0)
    return Pairs("", none, none, none, None, why)
