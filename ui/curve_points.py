# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The numbers that a figure draws: dots, lines with gaps, and limits of the value axis. Knows no figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..plugin.core.quality import QualityCriteria
from ..plugin.core.series import TimeSeries
from ..plugin.core.variables import Variable
from .series_view import LONGEST_STEP_DAYS, SeriesView

Floats = NDArray[np.float64]
MARGIN = 0.12


@dataclass(frozen=True, eq=False)
class CurvePoints:
    """One variable at one point: (days, values) of what is kept, of what is rejected, and of the line. Days count from 1970-01-01; NaN breaks a line."""

    kept: tuple[Floats, Floats]
    rejected: tuple[Floats, Floats]
    line: tuple[Floats, Floats]


def curve_points(series: TimeSeries, variable: Variable, criteria: QualityCriteria) -> CurvePoints:
    """Return what is drawn of a variable under some criteria."""
    kept, reason = series.under(variable, criteria)
    raw = series.values[variable.id]
    days = series.dates.astype(np.int64).astype(np.float64)
    there = np.isfinite(kept)
    hollow = (reason != 0) & np.isfinite(raw)
    when, what = days[there], kept[there].astype(np.float64)
    line = with_gaps(when, what)
    return CurvePoints((when, what), (days[hollow], raw[hollow].astype(np.float64)), (line[0], line[1]))


def with_gaps(days: Floats, *along: Floats, longest: float = LONGEST_STEP_DAYS) -> list[Floats]:
    """Return days and arrays along them with NaN put where a line would join what lies too far apart."""
    breaks = np.flatnonzero(np.diff(days) > longest) + 1
    return [np.insert(days, breaks, days[breaks]), *(np.insert(one, breaks, np.nan) for one in along)]


def band_outlines(days: Floats, low: Floats, high: Floats) -> list[Floats]:
    """Return a band as closed outlines, (corners, 2) each, one for each run of days on which both of its ends are numbers."""
    there = np.isfinite(low) & np.isfinite(high)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    outlines = []
    for first, end in zip(edges[::2], edges[1::2]):
        run = slice(first, end)
        there_and_back = np.concatenate([days[run], days[run][::-1]]), np.concatenate([low[run], high[run][::-1]])
        outlines.append(np.column_stack(there_and_back))
    return outlines


def value_extent(view: SeriesView, variable: Variable) -> tuple[float, float] | None:
    """Return the lowest and the highest of what a variable's panel shows, kept or not, and of others. None without any value."""
    low, high = np.inf, -np.inf
    every: list[NDArray[Any]] = [series.values[variable.id] for _, series in view.curves_of(variable)]
    for other in view.others_of(variable):
        every += [one for one in (other.values, other.low, other.high) if one is not None]
    for one in every:
        there = one[np.isfinite(one)]
        if there.size:
            low, high = min(low, float(there.min())), max(high, float(there.max()))
    return None if low > high else (low, high)


def value_limits(view: SeriesView, variable: Variable) -> tuple[float, float] | None:
    """Return the ends of a variable's axis: all retrievals, kept or not, so that thresholds do not move it, and others. None without any."""
    extent = value_extent(view, variable)
    if extent is None:
        return None
    low, high = extent
    beside = MARGIN * (high - low) or max(0.05 * abs(high), 1e-3)
    return low - beside, high + beside


LEAST_DAYS = 4
"""Shown beside a record at least: over fewer days the axis would count hours."""


def day_limits(view: SeriesView) -> tuple[float, float]:
    """Return the ends of the time axis: all days that have a file, also where a cell has no retrieval on most of them."""
    first, last = (float(np.datetime64(day, "D").astype(np.int64)) for day in view.days)
    beside = max(0.01 * (last - first), LEAST_DAYS)
    return first - beside, last + beside
