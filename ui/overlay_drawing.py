# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies over the values: climatology, moving mean, monthly and annual means, trend. It gets the panel and imports no matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin.core.analysis.periods import PeriodLength
from ..plugin.core.analysis.smoothing import moving_mean
from ..plugin.core.analysis.trend import SeriesTrend
from ..plugin.core.variables import Variable
from .curve_points import band_outlines, with_gaps
from .plot_analysis import Overlay, overlay_label
from .plot_legend import Key, detached, short_name
from .plot_theme import Theme
from .records import Record, p_text, records, trend_text
from .series_view import LONGEST_STEP_DAYS, SeriesView

ENVELOPE_ALPHA = 0.16
STYLES: dict[Overlay, dict[str, Any]] = {
    Overlay.CLIMATOLOGY: {"linestyle": "--", "linewidth": 1.2},
    Overlay.MOVING_MEAN: {"linestyle": "-", "linewidth": 1.8},
    Overlay.MONTHS: {"linestyle": "-", "linewidth": 0.9, "marker": "s", "markersize": 2.6},
    Overlay.YEARS: {"linestyle": ":", "linewidth": 1.0, "marker": "_", "markersize": 13, "markeredgewidth": 2.2},
    Overlay.TREND: {"linestyle": "-", "linewidth": 1.5, "dashes": (5, 1.5, 1, 1.5)},
}
LENGTHS = {Overlay.MONTHS: PeriodLength.MONTH, Overlay.YEARS: PeriodLength.YEAR}


class Overlays:
    """The overlays of one panel, for views of the same analysis and the same records; `show` puts a view's numbers into them."""

    def __init__(self, panel: Any, variable: Variable, theme: Theme, animated: bool) -> None:
        self._panel, self._variable, self._theme, self._animated = panel, variable, theme, animated
        self._bands: dict[int, Any] = {}
        self._lines: dict[tuple[int, Overlay], Any] = {}
        self.trends: list[str] = []
        """What is to be said of the trends, in parts."""

    def show(self, view: SeriesView) -> None:
        """Draw what is wanted of a view."""
        self.trends = []
        if self._variable.is_bits:
            return
        told: list[tuple[Record, SeriesTrend]] = []
        for number, record in enumerate(records(view, self._variable)):
            if Overlay.CLIMATOLOGY in view.analysis.overlays:
                self._climatology(number, record, view)
            for overlay in (Overlay.MONTHS, Overlay.YEARS):
                if overlay in view.analysis.overlays:
                    means = record.means(LENGTHS[overlay], view.analysis)
                    self._line(number, overlay, record, view, means.middles, means.means)
            if Overlay.MOVING_MEAN in view.analysis.overlays:
                self._moving_mean(number, record, view)
            if Overlay.TREND in view.analysis.overlays:
                told.append((record, self._trend(number, record, view)))
        self.trends = _parts([one for one in told if np.isfinite(one[1].slope)], view)

    def below(self) -> list[Any]:
        """Return what is drawn below the curves."""
        return list(self._bands.values())

    def above(self) -> list[Any]:
        """Return what is drawn above them."""
        return list(self._lines.values())

    def _line(self, number: int, overlay: Overlay, record: Record, view: SeriesView, x: Any, y: Any) -> None:
        line = self._lines.get((number, overlay))
        if line is None:
            colour = _colour(overlay, record, view, self._theme)
            (line,) = self._panel.plot([], [], color=colour, animated=self._animated, **STYLES[overlay])
            self._lines[number, overlay] = line
        line.set_data(x.astype(np.float64), y)

    def _climatology(self, number: int, record: Record, view: SeriesView) -> None:
        first, last = view.days
        days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
        usual = record.climatology(view.analysis).at(days)
        if number not in self._bands:
            colour = _colour(Overlay.CLIMATOLOGY, record, view, self._theme)
            self._bands[number] = empty_band(self._panel, colour, self._animated)
        self._bands[number].set_verts(band_outlines(days.astype(np.float64), usual.low, usual.high))
        self._line(number, Overlay.CLIMATOLOGY, record, view, days, usual.mean)

    def _moving_mean(self, number: int, record: Record, view: SeriesView) -> None:
        window = view.analysis.window
        smooth, there = moving_mean(record.days, record.kept, window), np.isfinite(record.kept)
        days = record.days[there].astype(np.float64)
        x, y = with_gaps(days, smooth[there], longest=max(LONGEST_STEP_DAYS, window // 2))
        self._line(number, Overlay.MOVING_MEAN, record, view, x, y)

    def _trend(self, number: int, record: Record, view: SeriesView) -> SeriesTrend:
        """Draw the trend from the first to the last of its means: it tells of nothing beyond."""
        trend, means = record.trend(view.analysis), record.means(view.analysis.trend_of, view.analysis)
        there = means.middles[np.isfinite(means.means)]
        ends = there[[0, -1]] if np.isfinite(trend.slope) else there[:0]
        self._line(number, Overlay.TREND, record, view, ends, trend.line(ends))
        return trend


def overlay_keys(panel: Any, view: SeriesView, theme: Theme) -> list[Key]:
    """Return a sample line and a name for the legend, of each overlay: in ink where its colours are those of curves."""
    chosen = [one for one in Overlay if one in view.analysis.overlays]
    colours = [theme.overlays[one] if view.is_one_curve else theme.ink for one in chosen]
    return [
        (detached(panel, color=colour, **STYLES[one]), overlay_label(one, view.analysis))
        for one, colour in zip(chosen, colours)
    ]


def empty_band(panel: Any, colour: str, animated: bool) -> Any:
    """Return a band whose outlines are yet to be set."""
    return panel.fill_between([], [], [], color=colour, alpha=ENVELOPE_ALPHA, linewidth=0, animated=animated)


def _colour(overlay: Overlay, record: Record, view: SeriesView, theme: Theme) -> str:
    """Return an overlay's own colour where a panel has one record alone, else that of the record's curve."""
    return theme.overlays[overlay] if view.is_one_curve else record.colour(view, theme)


def _parts(told: list[tuple[Record, SeriesTrend]], view: SeriesView) -> list[str]:
    """Return what is said of trends: of one record all, of several slope and p, their units once."""
    if len(view.curves) + len(view.others) == 1:
        return [trend_text(trend, record.variable) for record, trend in told]
    parts = [f"{short_name(record.name)} {trend.slope:+.2g} ({p_text(trend.p)})" for record, trend in told]
    if parts:
        units = told[0][0].variable.units
        parts[0] = f"{f'{units} ' if units not in ('', '–', '-') else ''}per decade: {parts[0]}"
    return parts
