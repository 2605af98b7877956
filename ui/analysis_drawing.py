# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the pictures of an analysis have in common: numbers worked out once a view, artists that are made anew over axes that stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .curve_points import MARGIN
from .picture import Dots
from .plot_theme import Theme
from .series_drawing import dress
from .series_view import SeriesView
from .texts import tr


class AnalysisDrawing:
    """A picture whose numbers are worked out of kept values.

    A kind of picture says what its panels are (`_make_panels`), what its numbers are (`_numbers_of`: one a panel), which values its y axis
    holds (`_values`), and draws them (`_draw`) with `_add`, and `_dots` for the mouse. Under other criteria the axes stay while they hold the numbers.
    """

    def __init__(self, figure: Any, view: SeriesView, theme: Theme, animated: bool = False) -> None:
        figure.clear()
        figure.set_facecolor(theme.paper)
        self._figure, self._theme, self._animated, self._view = figure, theme, animated, view
        self._moving: list[Any] = []
        self._dots: dict[int, list[Dots]] = {}
        self.marks: list[Any] = []
        self.time_axis: Any = None
        self._numbers = self._numbers_of(view)
        self._key = self._key_of(view)
        self.panels: list[tuple[Any, Variable]] = self._make_panels(view)
        for number, (panel, variable) in enumerate(self.panels):
            dress(panel, variable, view, theme, self._limits(number))
        self._finish(view)
        self.show(view)

    def fits(self, view: SeriesView, theme: Theme) -> bool:
        """Return whether the axes are right for a view, whose numbers are worked out for it."""
        if theme is not self._theme or self._key_of(view) != self._key:
            return False
        before, self._numbers = self._numbers, self._numbers_of(view)
        for number in range(len(self.panels)):
            extent, (low, high) = self._extent(number), self._full_y[number]
            if (extent is None) != (low > high) or (extent is not None and not low <= extent[0] <= extent[1] <= high):
                self._numbers = before
                return False
        return True

    def show(self, view: SeriesView) -> None:
        """Draw a view's numbers, those that `fits` worked out."""
        self._view = view
        for artist in self._moving:
            artist.remove()
        self._moving, self._dots = [], {}
        for number, (panel, variable) in enumerate(self.panels):
            self._draw(number, panel, variable, view)
        self.move_day(view.map_day)

    def move_day(self, day: dt.date | None) -> None:
        """Put the mark on a day, where the picture has one."""
        for mark in self.marks:
            mark.set_visible(day is not None)
            if day is not None:
                mark.set_xdata([self._x_of(day)] * 2)

    def emphasise(self, point: Point | None) -> None:
        """Change nothing: what is compared is not hidden."""

    def moving(self) -> list[Any]:
        """Return what moves but the marks."""
        return self._moving

    def dots(self, number: int) -> Sequence[Dots]:
        """Return what the mouse can find in a panel."""
        return self._dots.get(number, [])

    # What a kind of picture says

    def _numbers_of(self, view: SeriesView) -> list[Any]:
        raise NotImplementedError

    def _make_panels(self, view: SeriesView) -> list[tuple[Any, Variable]]:
        raise NotImplementedError

    def _values(self, number: int) -> list[Any]:
        """Return the arrays that a panel's y axis has to hold."""
        raise NotImplementedError

    def _draw(self, number: int, panel: Any, variable: Variable, view: SeriesView) -> None:
        raise NotImplementedError

    def _finish(self, view: SeriesView) -> None:
        """Give the axes what is not of all pictures."""

    def _x_of(self, day: dt.date) -> float:
        return day_number(day)

    # What all share

    def _key_of(self, view: SeriesView) -> tuple[Any, ...]:
        points = tuple((point.cell, point.name, point.colour) for point, _ in view.curves)
        others = tuple((other.name, other.colour, other.variable) for other in view.others)
        orbit = view.series.orbit if view.series is not None else None
        return points, others, view.variables, orbit, view.analysis, view.current, view.days

    def _panels_with_bar(self, count: int, first: float, last: float) -> list[Any]:
        """Return panels above each other, on a shared x axis, with a bar of viridis's colours for years beside them all.

        Nothing is seen of the dots in `_shades`: they lend their colours to the bar and to lines.
        """
        places = self._figure.add_gridspec(count, 2, width_ratios=(60, 1))
        panels: list[Any] = []
        for number in range(count):
            panels.append(self._figure.add_subplot(places[number, 0], sharex=panels[0] if panels else None))
            if number < count - 1:
                panels[-1].tick_params(labelbottom=False)
        self._shades = panels[0].scatter([], [], c=[], cmap="viridis", vmin=first, vmax=last)
        # Not a colorbar of matplotlib's, which tight layouts do not take.
        bar = self._figure.add_subplot(places[:, 1])
        shades, ink = np.linspace(1, 0, 256)[:, None], self._theme.ink
        bar.imshow(shades, cmap="viridis", extent=(0, 1, first, last), aspect="auto")
        bar.set_xticks([])
        bar.yaxis.tick_right()
        bar.yaxis.set_label_position("right")
        bar.set_ylabel(tr("year"), color=ink, fontsize=8)
        bar.tick_params(colors=ink, labelsize=8)
        bar.yaxis.get_major_locator().set_params(integer=True)
        return panels

    def _extent(self, number: int) -> tuple[float, float] | None:
        found = [one[np.isfinite(one)] for one in self._values(number)]
        found = [one for one in found if one.size]
        return (min(float(one.min()) for one in found), max(float(one.max()) for one in found)) if found else None

    def _limits(self, number: int) -> tuple[float, float] | None:
        extent = self._extent(number)
        limits = None
        if extent is not None:
            low, high = extent
            beside = MARGIN * (high - low) or max(0.05 * abs(high), 1e-3)
            limits = low - beside, high + beside
        if number == 0:
            self._full_y: list[tuple[float, float]] = []
        self._full_y.append(limits or (1.0, 0.0))
        return limits

    def _add(self, artist: Any) -> Any:
        """Keep an artist as one that moves."""
        artist.set_animated(self._animated)
        self._moving.append(artist)
        return artist

    def _say(self, panel: Any, text: str) -> None:
        """Put a line into a panel's corner."""
        theme = self._theme
        box = {"facecolor": theme.paper, "edgecolor": "none", "alpha": 0.75, "pad": 1.5}
        self._add(
            panel.text(
                0.995,
                0.97,
                text,
                transform=panel.transAxes,
                ha="right",
                va="top",
                fontsize=8,
                color=theme.ink,
                bbox=box,
            )
        )


def day_number(day: dt.date) -> float:
    """Return the days since 1970-01-01."""
    return float(np.datetime64(day, "D").astype(np.int64))
