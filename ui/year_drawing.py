# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The day-of-year view: one year over the other, as colours, with what is usual behind. It gets the figure and imports no matplotlib."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from ..plugin.core.analysis.climatology import Climatology
from ..plugin.core.analysis.days_of_year import day_of_year
from ..plugin.core.audit_calendar import MONTHS
from ..plugin.core.variables import Variable
from .analysis_drawing import AnalysisDrawing, lack
from .curve_points import with_gaps
from .picture import Dots
from .plot_legend import Heading, short_name
from .records import Record, chosen_record
from .series_view import SeriesView
from .texts import tr
from .theme import CURRENT

STARTS = (1, 32, 61, 92, 122, 153, 183, 214, 245, 275, 306, 336)
"""The first day of each month, counted as in a leap year."""


class YearDrawing(AnalysisDrawing):
    """One panel a variable over the days of a year, of the current point: a line a year in viridis's colours, the map's year above all."""

    def _numbers_of(self, view: SeriesView) -> list[tuple[Record, Climatology] | None]:
        chosen = [None if variable.is_bits else chosen_record(view, variable) for variable in view.variables]
        return [None if one is None else (one, one.climatology(view.analysis)) for one in chosen]

    def _values(self, number: int) -> list[Any]:
        numbers = self._numbers[number]
        return [] if numbers is None else [numbers[0].kept, numbers[1].low, numbers[1].high]

    def _make_panels(self, view: SeriesView) -> list[tuple[Any, Variable]]:
        first, last = (day.year for day in view.days)
        axes = self._panels_with_bar(len(view.variables), first, max(last, first + 1))
        years = np.arange(first, last + 1)
        self._colours = dict(zip(years.tolist(), map(tuple, self._shades.to_rgba(years))))
        return list(zip(axes, view.variables))

    def _finish(self, view: SeriesView) -> None:
        for panel, _ in self.panels:
            self.headings.append(Heading(panel, self._theme, self._animated))
            self.marks.append(panel.axvline(0.0, color=CURRENT.name(), linewidth=1.0, animated=self._animated))
            panel.set_xticks(STARTS)
            panel.set_xticklabels(MONTHS, ha="left")
        self.panels[-1][0].set_xlim(0, 367)

    def _x_of(self, day: dt.date) -> float:
        return float(day_of_year(np.array([day], "datetime64[D]"))[0])

    def _draw(self, number: int, panel: Any, variable: Variable, view: SeriesView) -> None:
        if self._extent(number) is None:
            self._tell(number, lack(view, variable))
        if self._numbers[number] is None:
            return
        record, usual = self._numbers[number]
        every, there = np.arange(1.0, 367.0), np.isfinite(record.kept)
        self._band((number, "band"), panel, every, usual.low, usual.high)
        days, values = record.days[there], record.kept[there]
        x, years = day_of_year(days).astype(np.float64), days.astype("datetime64[Y]").astype(int) + 1970
        self._cloud((number, "dots"), panel, x, values, years, s=4)
        for year in np.unique(years[years != view.map_year]).tolist():
            look = {"linewidth": 0.6, "alpha": 0.6, "color": self._colours[year]}
            self._line((number, year), panel, with_gaps(x[years == year], values[years == year]), "-", **look)
        self._line((number, "usual"), panel, (every, usual.mean), "--", linewidth=1.4, color=self._theme.ink)
        mine = years == view.map_year
        look = {"linewidth": 1.6, "markersize": 2.6, "color": CURRENT.name()}
        self._line((number, "own"), panel, with_gaps(x[mine], values[mine]), "-o", **look)
        self._dots[number] = [
            Dots(
                x, values, days, lambda index: f"{record.name} · {days[index]} · {variable.tell(float(values[index]))}"
            )
        ]
        self._head(number, record, usual, bool(mine.any()), view)

    def _head(self, number: int, record: Record, usual: Climatology, is_there: bool, view: SeriesView) -> None:
        """Say whose values a panel shows, and what red and dashes are."""
        several = len(view.curves) + len(view.others) > 1
        own = tr("{} in red") if is_there else tr("no kept value in {}")
        dashed = tr("dashed: usual") if np.isfinite(usual.mean).any() else lack(view, record.variable)
        who = [short_name(record.name)] if several else []
        self.headings[number].say([" · ".join([*who, own.format(view.map_year), dashed])])
