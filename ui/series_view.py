# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plot shows, in one value between the series and the figure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..plugin.core.points import Point
from ..plugin.core.products import SHORT_CITATION, Product
from ..plugin.core.quality import QualityCriteria, tell_fate
from ..plugin.core.series import TimeSeries
from ..plugin.core.variables import Variable
from . import texts

# The satellite sees a place about every other day; a line across more than this many days would invent something.
LONGEST_STEP_DAYS = 3
MOST_NAMED = 6


@dataclass(frozen=True)
class SeriesView:
    """The series of one point or several under some criteria, with the day that the map shows. Equal views look the same.

    `curves` holds at least one point with its series, all of the same variables and orbit. `current` is the point that is drawn
    above the others; it need not be among them. `period` is the first and the last day of the whole record, which a growing series has
    not reached yet; None where only the series tell. `overlay` asks for two variables of one point in one panel.
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

    @property
    def series(self) -> TimeSeries:
        """The series of the current point, or of the first one."""
        return next((series for point, series in self.curves if point == self.current), self.curves[0][1])

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables, one panel each."""
        return self.curves[0][1].variables

    @property
    def several(self) -> bool:
        """True if there is more than one point, told apart by colour."""
        return len(self.curves) > 1

    @property
    def overlaid(self) -> bool:
        """True if both variables of the one point share a panel, the second on an axis at the right."""
        return self.overlay and not self.several and len(self.variables) == 2

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day that the time axis reaches over."""
        if self.period is not None:
            return self.period
        dates = [series.dates for _, series in self.curves if series.dates.size]
        return min(one[0] for one in dates).item(), max(one[-1] for one in dates).item()

    @property
    def title(self) -> str:
        """Where the series is, or which points are shown; synthetic data say so."""
        series = self.series
        place = texts.place(series.grid, series.cell)
        if self.several:
            place = texts.tr("{} points: {}").format(len(self.curves), _some([point.name for point, _ in self.curves]))
        orbit = f" · {series.orbit.title}" if series.orbit.value else ""
        return f"{'SYNTHETIC · ' if self.synthetic else ''}{place}{orbit}"

    @property
    def caption(self) -> str:
        """What a reader of the figure must know: product, period, criteria, counts, the paper; where each of several points is."""
        starts = [series.dates[0] for _, series in self.curves if series.dates.size]
        ends = [series.dates[-1] for _, series in self.curves if series.dates.size]
        period = f"{min(starts)} to {max(ends)}" if starts else "no days"
        lacking = f"; not applied for lack of the layer: {', '.join(self.unapplied)}" if self.unapplied else ""
        counts = ", ".join(f"{variable.id} {self.kept_count(variable):,}" for variable in self.variables)
        cited = f" {SHORT_CITATION}." if self.product.citations else ""
        places = [f"{point.name} {texts.place(series.grid, series.cell)}" for point, series in self.curves]
        where = f" {_some(places)}." if self.several else ""
        return (
            f"{self.product.title}, {period}. Quality control: {self.criteria}{lacking}. Filled: kept ({counts}); open: rejected. "
            f"Lines join kept retrievals at most {LONGEST_STEP_DAYS} days apart.{where}{cited}"
        )

    def kept_count(self, variable: Variable) -> int:
        """Return how many values of a variable are kept, at all points together."""
        return sum(int(np.isfinite(series.under(variable, self.criteria)[0]).sum()) for _, series in self.curves)

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

    def retrievals(self, number: int, variable: Variable, days: tuple[float, float]) -> NDArray[np.intp]:
        """Return the indexes of the `number`-th curve's retrievals, kept or not, between two day numbers (days since 1970-01-01)."""
        series = self.curves[number][1]
        first, last = np.searchsorted(series.dates.astype(np.int64), days)
        return first + np.flatnonzero(np.isfinite(series.values[variable.id][first:last]))

    def nearest_day(self, day: float) -> dt.date | None:
        """Return the day with a granule that is nearest to a day number."""
        dates = [series.dates for _, series in self.curves if series.dates.size]
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
