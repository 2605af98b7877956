# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plot shows, in one value between the series and the figure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from ..plugin.core.products import SHORT_CITATION, Product
from ..plugin.core.quality import QualityCriteria, explain_rejection
from ..plugin.core.series import TimeSeries
from ..plugin.core.variables import Variable
from . import texts

# The satellite sees a place about every other day; a line across more than this many days would invent something.
LONGEST_STEP_DAYS = 3


@dataclass(frozen=True, eq=False)
class SeriesView:
    """A series under some criteria, with the day that the map shows."""

    series: TimeSeries
    criteria: QualityCriteria
    map_day: dt.date | None
    synthetic: bool
    product: Product
    unapplied: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Where the series is; synthetic data say so."""
        orbit = f" · {self.series.orbit.title}" if self.series.orbit.value else ""
        return f"{'SYNTHETIC · ' if self.synthetic else ''}{texts.place(self.series.grid, self.series.cell)}{orbit}"

    @property
    def caption(self) -> str:
        """What a reader of the figure must know: product, period, criteria, counts, the paper."""
        days = self.series.dates
        period = f"{days[0]} to {days[-1]}" if days.size else "no days"
        lacking = f"; not applied for lack of the layer: {', '.join(self.unapplied)}" if self.unapplied else ""
        counts = ", ".join(f"{variable.id} {self.kept_count(variable):,}" for variable in self.series.variables)
        cited = f" {SHORT_CITATION}." if self.product.citations else ""
        return (
            f"{self.product.title}, {period}. Quality control: {self.criteria}{lacking}. Filled: kept ({counts}); open: rejected. "
            f"Lines join kept retrievals at most {LONGEST_STEP_DAYS} days apart.{cited}"
        )

    def kept_count(self, variable: Variable) -> int:
        """Return how many values of a variable are kept."""
        return int(np.isfinite(self.series.under(variable, self.criteria)[0]).sum())

    def explain(self, variable: Variable, index: int) -> str:
        """Return date, value and fate of one day, as the plot's hover text."""
        series = self.series
        _, reason = series.under(variable, self.criteria)
        value = series.values[variable.id][index]
        if not np.isfinite(value):
            return f"{series.dates[index]} · no retrieval"
        flag = None if series.scene_flag is None else float(series.scene_flag[index])
        rmse = None if series.rmse is None else float(series.rmse[index])
        why = explain_rejection(int(reason[index]), flag, rmse, self.criteria)
        units = f" {variable.units}" if variable.units not in ("", "–") else ""
        return f"{series.dates[index]} · {variable.id} {value:.4g}{units} · {f'rejected: {why}' if why else 'kept'}"

    def nearest(self, day: float, variable: Variable) -> int | None:
        """Return the index of the retrieval nearest to a day number (days since 1970-01-01), None where there is none."""
        known = np.flatnonzero(np.isfinite(self.series.values[variable.id]))
        if not known.size:
            return None
        numbers = self.series.dates[known].astype(np.int64)
        return int(known[np.argmin(np.abs(numbers - day))])

    def nearest_day(self, day: float) -> dt.date | None:
        """Return the day with a granule that is nearest to a day number."""
        if not self.series.dates.size:
            return None
        numbers = self.series.dates.astype(np.int64)
        return self.series.dates[int(np.argmin(np.abs(numbers - day)))].item()
