# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an analysis works on: the kept values of each curve and of each other series of a view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..plugin.core.analysis.anomaly import anomalies
from ..plugin.core.analysis.climatology import Climatology, climatology
from ..plugin.core.analysis.other_series import OtherSeries
from ..plugin.core.analysis.periods import PeriodLength, PeriodMeans, period_means
from ..plugin.core.analysis.series_statistics import SeriesStatistics, statistics_of
from ..plugin.core.analysis.trend import SeriesTrend, series_trend
from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .plot_analysis import PlotAnalysis
from .plot_theme import Theme
from .series_view import SeriesView

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Record:
    """One variable of a point, or another series: `kept` values along `days`, NaN where none is kept. `retrievals` is None of other series."""

    name: str
    variable: Variable
    days: NDArray[np.datetime64]
    kept: Floats
    retrievals: int | None
    point: Point | None = None
    other: OtherSeries | None = None

    def colour(self, view: SeriesView, theme: Theme) -> str:
        """Return the colour of its curve."""
        if self.other is not None:
            return self.other.colour
        return theme.curve(self.variable) if self.point is None else theme.colour(view, self.point, self.variable)

    def climatology(self, analysis: PlotAnalysis) -> Climatology:
        """Return what is usual in the chosen baseline."""
        return climatology(self.days, self.kept, analysis.reference, analysis.window)

    def anomalies(self, analysis: PlotAnalysis) -> Floats:
        """Return the anomaly of each day, as chosen."""
        return anomalies(self.days, self.kept, analysis.reference, analysis.method, analysis.window)

    def trend(self, analysis: PlotAnalysis) -> SeriesTrend:
        """Return the trend of the chosen means."""
        return series_trend(self.days, self.kept, analysis.trend_of, analysis.is_seasonal, analysis.least)

    def means(self, length: PeriodLength, analysis: PlotAnalysis) -> PeriodMeans:
        """Return the means of months or years, of as many values as is chosen."""
        return period_means(self.days, self.kept, length, analysis.least)

    def statistics(self, analysis: PlotAnalysis) -> SeriesStatistics:
        """Return counts and statistics, with the trend of the chosen means."""
        return statistics_of(
            self.days,
            self.kept,
            self.retrievals or 0,
            analysis.trend_of,
            analysis.is_seasonal,
            analysis.least,
            is_bits=self.variable.is_bits,
        )


def records(view: SeriesView, variable: Variable) -> list[Record]:
    """Return the records that a variable's panel shows, curves first."""
    found = []
    for point, series in view.curves_of(variable):
        kept = series.under(variable, view.criteria)[0].astype(np.float64)
        retrievals = int(np.isfinite(series.values[variable.id]).sum())
        found.append(Record(point.name, variable, series.dates, kept, retrievals, point))
    for other in view.others_of(variable):
        kept = other.values.astype(np.float64)
        found.append(Record(other.name, variable, other.days, kept, None, other=other))
    return found


def chosen_record(view: SeriesView, variable: Variable) -> Record | None:
    """Return the record of the current point, or the first one: what a picture with room for one alone draws."""
    return next(iter(records(view.drawn, variable)), None)


def trend_text(trend: SeriesTrend, variable: Variable) -> str:
    """Return a trend in words: `+0.012 m³ m⁻³ per decade (p 0.03, n 180 months)`; empty where there is none."""
    if not np.isfinite(trend.slope):
        return ""
    units = f" {variable.units}" if variable.units not in ("", "–", "-") else ""
    return f"{trend.slope:+.2g}{units} per decade ({p_text(trend.p)}, n {trend.steps} {trend.length.value}s)"


def p_text(p: float) -> str:
    """Return a p-value for people."""
    return "p < 0.001" if p < 0.001 else f"p {p:.2g}"
