# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies over the values: climatology, moving mean, monthly and annual means, trend. It gets the panel and imports no matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin.core.analysis.periods import PeriodLength, period_means
from ..plugin.core.analysis.smoothing import moving_mean
from .curve_points import with_gaps
from .plot_analysis import Overlay, overlay_label
from .plot_theme import Theme
from .records import Record, records, trend_text
from .series_view import LONGEST_STEP_DAYS, SeriesView

ENVELOPE_ALPHA = 0.16
MOST_TRENDS = 4
STYLES: dict[Overlay, dict[str, Any]] = {
    Overlay.CLIMATOLOGY: {"linestyle": "--", "linewidth": 1.2},
    Overlay.MOVING_MEAN: {"linestyle": "-", "linewidth": 1.8},
    Overlay.MONTHS: {"linestyle": "-", "linewidth": 0.9, "marker": "s", "markersize": 2.6},
    Overlay.YEARS: {"linestyle": ":", "linewidth": 1.0, "marker": "_", "markersize": 13, "markeredgewidth": 2.2},
    Overlay.TREND: {"linestyle": "-", "linewidth": 1.5, "dashes": (9, 2, 2, 2)},
}


class Overlays:
    """The overlays of one panel; `show` makes them anew, for a view of the same analysis."""

    def __init__(self, panel: Any, theme: Theme, animated: bool) -> None:
        self._panel, self._theme, self._animated = panel, theme, animated
        self._below: list[Any] = []
        self._above: list[Any] = []

    def show(self, view: SeriesView, variable: Any) -> None:
        """Draw what is wanted of a view."""
        for artist in (*self._below, *self._above):
            artist.remove()
        self._below, self._above = [], []
        if not view.analysis.overlays or variable.is_bits:
            return
        said = []
        for record in records(view, variable):
            colour = self._theme.ink if len(view.curves) + len(view.others) == 1 else record.colour(view, self._theme)
            for overlay, act in (
                (Overlay.CLIMATOLOGY, self._climatology),
                (Overlay.MONTHS, self._means),
                (Overlay.YEARS, self._means),
                (Overlay.MOVING_MEAN, self._moving_mean),
            ):
                if overlay in view.analysis.overlays:
                    act(overlay, record, view, colour)
            if Overlay.TREND in view.analysis.overlays:
                said.append(self._trend(record, view, colour))
        self._tell([text for text in said if text])

    def below(self) -> list[Any]:
        """Return what is drawn below the curves."""
        return self._below

    def above(self) -> list[Any]:
        """Return what is drawn above them."""
        return self._above

    def keys(self, view: SeriesView) -> list[tuple[Any, str]]:
        """Return a sample line and a name for the legend, of each overlay."""
        chosen = [one for one in Overlay if one in view.analysis.overlays]
        return [(self._line([], [], one, self._theme.ink), overlay_label(one, view.analysis)) for one in chosen]

    def _line(self, x: Any, y: Any, overlay: Overlay, colour: str) -> Any:
        (line,) = self._panel.plot(x, y, color=colour, animated=self._animated, **STYLES[overlay])
        return line

    def _climatology(self, overlay: Overlay, record: Record, view: SeriesView, colour: str) -> None:
        first, last = view.days
        days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
        usual, x = record.climatology(view.analysis).at(days), days.astype(np.int64)
        self._below.append(
            self._panel.fill_between(
                x, usual.low, usual.high, color=colour, alpha=ENVELOPE_ALPHA, linewidth=0, animated=self._animated
            )
        )
        self._above.append(self._line(x, usual.mean, overlay, colour))

    def _means(self, overlay: Overlay, record: Record, view: SeriesView, colour: str) -> None:
        length = PeriodLength.MONTH if overlay is Overlay.MONTHS else PeriodLength.YEAR
        means = period_means(record.days, record.kept, length, view.analysis.least)
        self._above.append(self._line(means.middles.astype(np.int64), means.means, overlay, colour))

    def _moving_mean(self, overlay: Overlay, record: Record, view: SeriesView, colour: str) -> None:
        window = view.analysis.window
        smooth, there = moving_mean(record.days, record.kept, window), np.isfinite(record.kept)
        days = record.days[there].astype(np.int64).astype(np.float64)
        line = with_gaps(days, smooth[there], longest=max(LONGEST_STEP_DAYS, window // 2))
        self._above.append(self._line(line[0], line[1], overlay, colour))

    def _trend(self, record: Record, view: SeriesView, colour: str) -> str:
        trend = record.trend(view.analysis)
        text = trend_text(trend, record.variable)
        if text:
            ends = record.days[[0, -1]]
            self._above.append(self._line(ends.astype(np.int64), trend.line(ends), Overlay.TREND, colour))
            several = len(view.curves) + len(view.others) > 1
            text = f"{record.name}: {text}" if several else text
        return text

    def _tell(self, said: list[str]) -> None:
        if not said:
            return
        theme = self._theme
        text = self._panel.text(
            0.995,
            0.03,
            "\n".join([*said[:MOST_TRENDS], *(["…"] if len(said) > MOST_TRENDS else [])]),
            transform=self._panel.transAxes,
            ha="right",
            va="bottom",
            fontsize=7.5,
            color=theme.ink,
            bbox={"facecolor": theme.paper, "edgecolor": "none", "alpha": 0.75, "pad": 1.5},
            animated=self._animated,
        )
        self._above.append(text)
