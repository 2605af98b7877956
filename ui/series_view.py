# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plot shows, in one value between the series and the figure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..plugin.core.analysis.other_series import OtherSeries
from ..plugin.core.points import Point
from ..plugin.core.products import SHORT_CITATION, Product
from ..plugin.core.quality import QualityCriteria, tell_fate
from ..plugin.core.series import TimeSeries
from ..plugin.core.variables import Variable
from . import texts
from .plot_analysis import VALUES, PlotAnalysis, PlotKind

# The satellite sees a place about every other day; a line across more than this many days would invent something.
LONGEST_STEP_DAYS = 3
MOST_NAMED = 6
ONE_RECORD = (PlotKind.YEAR, PlotKind.SCATTER)
"""The kinds of picture that draw one record of a variable alone."""


@dataclass(frozen=True)
class SeriesView:
    """The series of one point or several under some criteria, with the day that the map shows. Equal views look the same.

    `curves` holds points with their series, all of the same variables and orbit. `current` is the point that is drawn above the others;
    it need not be among them. `period` is the first and the last day of the whole record, which a growing series has not reached yet;
    None where only the series tell. `overlay` asks for two variables of one point in one panel. `others` are series of no cell, such as an
    area's mean or a station, each drawn in the panel of its variable; there are curves, or others, or both.
    """

    curves: tuple[tuple[Point, TimeSeries], ...]
    criteria: QualityCriteria
    map_day: dt.date | None
    synthetic: bool
    product: Product
    unapplied: tuple[str, ...] = ()
    current: Point | None = None
    period: tuple[dt.date, dt.date] | None = None
    overlay: bool = False
    others: tuple[OtherSeries, ...] = ()
    analysis: PlotAnalysis = VALUES

    @property
    def series(self) -> TimeSeries | None:
        """The series of the current point, or of the first one; None where there are only others."""
        first = self.curves[0][1] if self.curves else None
        return next((series for point, series in self.curves if point == self.current), first)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables, one panel each: those of the curves, then what only others have."""
        own = self.curves[0][1].variables if self.curves else ()
        every = {one.id: one for one in (*(other.variable for other in self.others), *own)}
        return (*own, *(every[one] for one in every if one not in {variable.id for variable in own}))

    def curves_of(self, variable: Variable) -> tuple[tuple[Point, TimeSeries], ...]:
        """Return the curves that a variable's panel shows: all, or none where only others have the variable."""
        return self.curves if self.curves and variable.id in self.curves[0][1].values else ()

    def others_of(self, variable: Variable) -> tuple[OtherSeries, ...]:
        """Return the other series that a variable's panel shows."""
        return tuple(other for other in self.others if other.variable.id == variable.id)

    @property
    def several(self) -> bool:
        """True if there is more than one point, told apart by colour."""
        return len(self.curves) > 1

    @property
    def is_one_curve(self) -> bool:
        """True if each panel has one record alone, so that colours need not tell records apart."""
        return len(self.curves) + len(self.others) == 1 and not self.overlaid

    @property
    def drawn(self) -> SeriesView:
        """What the picture draws of it: of the kinds with room for one record alone that of the current point, or the first one."""
        if self.analysis.kind not in ONE_RECORD or len(self.curves) + len(self.others) < 2:
            return self
        current = [one for one in self.curves if one[0] == self.current]
        lacking = [variable.id for variable in self.variables if not self.curves_of(variable)]
        others = [next(other for other in self.others if other.variable.id == one) for one in lacking]
        return replace(self, curves=tuple(current or self.curves)[:1], others=tuple(others))

    @property
    def analysed(self) -> tuple[Variable, ...]:
        """The variables that can be averaged and compared, unlike sums of bits."""
        return tuple(variable for variable in self.variables if not variable.is_bits)

    @property
    def overlaid(self) -> bool:
        """True if both variables of the one point share a panel, the second on an axis at the right."""
        return (
            self.overlay
            and self.analysis.kind is PlotKind.VALUES
            and len(self.curves) == 1
            and len(self.variables) == 2
        )

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day that the time axis reaches over: those of the curves; where there are none, all that others have too."""
        dates = [series.dates for _, series in self.curves if series.dates.size]
        dates = dates or [other.days for other in self.others if other.days.size]
        ends = [(one[0].item(), one[-1].item()) for one in dates]
        if self.period is not None:
            ends = [self.period] if self.curves or not ends else [self.period, *ends]
        return min(first for first, _ in ends), max(last for _, last in ends)

    @property
    def map_year(self) -> int:
        """The year of the map's day; the last one where it shows none."""
        return (self.map_day or self.days[1]).year

    @property
    def title(self) -> str:
        """Where the series is, or which points are drawn, or the names of others; synthetic data say so."""
        drawn = self.drawn
        series = drawn.series
        if series is None:
            place = _some(list(dict.fromkeys(other.name for other in drawn.others)))
        elif drawn.several:
            place = texts.tr("{} points: {}").format(len(self.curves), _some([point.name for point, _ in self.curves]))
        else:
            place = texts.place(series.grid, series.cell)
            place = f"{drawn.curves[0][0].name}: {place}" if self.several else place
        orbit = f" · {series.orbit.title}" if series is not None and series.orbit.value else ""
        return f"{'SYNTHETIC · ' if self.synthetic else ''}{place}{orbit}"

    @property
    def caption(self) -> str:
        """What a reader of the figure must know: product, period, criteria, counts, the paper; where each of several points is."""
        drawn = self.drawn
        ends = [(one[0], one[-1]) for one in drawn._all_days()]
        period = f"{min(ends)[0]} to {max(last for _, last in ends)}" if ends else "no days"
        lacking = f"; not applied for lack of the layer: {', '.join(self.unapplied)}" if self.unapplied else ""
        about = f" {self.analysis.about}" if self.analysis.about else ""
        cited = f" {SHORT_CITATION}." if self.product.citations else ""
        return (
            f"{self.product.title}, {period}. Quality control: {self.criteria}{lacking}.{drawn._about_curves()}"
            f"{drawn._about_others()}{about}{cited}"
        )

    @property
    def about(self) -> list[tuple[str, str]]:
        """How the analysis was computed, as keys and texts for a table."""
        chosen = self.analysis
        trend = "seasonal Kendall" if chosen.is_seasonal else "Mann–Kendall"
        return [
            *((f"series_{number}", f"{one.name}: {one.about}") for number, one in enumerate(self.others, 1)),
            ("baseline", chosen.baseline_text),
            ("window_days", str(chosen.window)),
            (
                "climatology",
                "all kept values of the baseline in the window around the day of the year; low and high: 10 and 90 %",
            ),
            ("anomaly", chosen.method.value),
            ("least_values", f"{chosen.least} of a monthly or annual mean"),
            ("trend", f"Theil–Sen of {chosen.trend_of.value}ly means, {trend} p"),
        ]

    def _all_days(self) -> list[NDArray[np.datetime64]]:
        every = [*(series.dates for _, series in self.curves), *(other.days for other in self.others)]
        return [days for days in every if days.size]

    def _about_curves(self) -> str:
        if not self.curves:
            return ""
        every = self.variables if self.analysis.kind is PlotKind.VALUES else self.analysed
        variables = [variable for variable in every if self.curves_of(variable)]
        counts = ", ".join(f"{variable.id} {self.kept_count(variable):,}" for variable in variables)
        places = [f"{point.name} {texts.place(series.grid, series.cell)}" for point, series in self.curves]
        where = f" {_some(places)}." if self.several else ""
        if self.analysis.kind is not PlotKind.VALUES:
            return f" Kept values: {counts}.{where}"
        return (
            f" Filled: kept ({counts}); open: rejected. "
            f"Lines join kept retrievals at most {LONGEST_STEP_DAYS} days apart.{where}"
        )

    def _about_others(self) -> str:
        counts: dict[tuple[str, str], dict[str, str]] = {}
        for other in self.others:
            count = f"{int(np.isfinite(other.values).sum()):,}"
            counts.setdefault((other.name, other.about), {})[other.variable.id] = count
        said = [
            f" {name} (n {', '.join(f'{one} {n}' for one, n in told.items()) if len(told) > 1 else ''.join(told.values())}): {about}"
            for (name, about), told in counts.items()
        ]
        return "".join(one if one.endswith(".") else f"{one}." for one in said)

    def kept_count(self, variable: Variable) -> int:
        """Return how many values of a variable are kept, at all points together."""
        return sum(
            int(np.isfinite(series.under(variable, self.criteria)[0]).sum()) for _, series in self.curves_of(variable)
        )

    def explain(self, number: int, variable: Variable, index: int) -> str:
        """Return date, value and fate of one day of the `number`-th curve, as the plot's hover text; with the name of one of several points."""
        point, series = self.curves[number]
        _, reason = series.under(variable, self.criteria)
        value = series.values[variable.id][index]
        who = f"{point.name} · " if self.several else ""
        if not np.isfinite(value):
            return f"{who}{series.dates[index]} · no retrieval"
        flag = None if series.scene_flag is None else float(series.scene_flag[index])
        rmse = None if series.rmse is None else float(series.rmse[index])
        fate = tell_fate(int(reason[index]), flag, rmse, self.criteria)
        return f"{who}{series.dates[index]} · {variable.tell(float(value))} · {fate}"

    def explain_other(self, other: OtherSeries, index: int) -> str:
        """Return name, date and value of one day of another series, its band and what it is, as the plot's hover text."""
        band = ""
        if other.low is not None and other.high is not None and np.isfinite(other.low[index] + other.high[index]):
            band = f" ({other.low[index]:.4g} – {other.high[index]:.4g})"
        return f"{other.name} · {other.days[index]} · {other.variable.tell(float(other.values[index]))}{band} · {other.about}"

    def nearest_day(self, day: float) -> dt.date | None:
        """Return the day with a granule that is nearest to a day number; where there are no curves, the nearest day of the others."""
        dates = [series.dates for _, series in self.curves if series.dates.size]
        dates = dates or self._all_days()
        if not dates:
            return None
        every = np.concatenate(dates)
        return every[int(np.argmin(np.abs(every.astype(np.int64) - day)))].item()


def _some(names: list[str]) -> str:
    """Return names in a row, the first of very many."""
    left = len(names) - MOST_NAMED
    if left <= 1:
        return ", ".join(names)
    return ", ".join([*names[:MOST_NAMED], texts.tr("and {} more").format(left)])
