# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the pictures of an analysis have in common: numbers worked out once a view, artists that are made anew over axes that stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..plugin.core.analysis.climatology import LEAST
from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .curve_points import MARGIN, band_outlines
from .overlay_drawing import empty_band
from .picture import Dots
from .plot_legend import Heading, Key, Legend
from .plot_theme import Theme
from .records import Floats, records
from .series_drawing import dress, short_title
from .series_view import SeriesView
from .texts import tr


class AnalysisDrawing:
    """A picture whose numbers are worked out of kept values.

    A kind of picture says what its panels are (`_make_panels`), what its numbers are (`_numbers_of`: one a panel), which values its y axis
    holds (`_values`), and draws them (`_draw`) with `_line`, `_band` and `_cloud`, and `_dots` for the mouse. Under other criteria the axes
    stay while they hold the numbers, and so do the artists, each known by a key.
    """

    def __init__(self, figure: Any, view: SeriesView, theme: Theme, animated: bool = False) -> None:
        figure.clear()
        figure.set_facecolor(theme.paper)
        self._figure, self._theme, self._animated, self._view = figure, theme, animated, view
        self._artists: dict[Any, Any] = {}
        self._moving: dict[Any, Any] = {}
        self._dots: dict[int, list[Dots]] = {}
        self.marks: list[Any] = []
        self.headings: list[Heading] = []
        self.time_axis: Any = None
        self._numbers = self._numbers_of(view)
        self._key = self._key_of(view)
        self.panels: list[tuple[Any, Variable]] = self._make_panels(view)
        self.legend = Legend(figure, theme, self._names())
        self._full_y = [self._limits(number) for number in range(len(self.panels))]
        for (panel, variable), limits in zip(self.panels, self._full_y):
            dress(panel, variable, view, theme, limits)
        self._finish(view)
        self.show(view)

    def fits(self, view: SeriesView, theme: Theme) -> bool:
        """Return whether the axes are right for a view, whose numbers are worked out for it."""
        if theme is not self._theme or self._key_of(view) != self._key:
            return False
        before, self._numbers = self._numbers, self._numbers_of(view)
        if all(self._holds(limits, number) for number, limits in enumerate(self._full_y)):
            return True
        self._numbers = before
        return False

    def show(self, view: SeriesView) -> None:
        """Draw a view's numbers, those that `fits` worked out."""
        self._view = view
        self._moving, self._dots = {}, {}
        for number, (panel, variable) in enumerate(self.panels):
            self._draw(number, panel, variable, view)
        for key in self._artists.keys() - self._moving.keys():
            self._artists.pop(key).remove()
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
        return [*self._moving.values(), *(heading.artist for heading in self.headings)]

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

    def _names(self) -> list[Key]:
        """Return the legend's keys."""
        return []

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
        """Return the ends of a panel's y axis, None where there is nothing to show."""
        extent = self._extent(number)
        if extent is None:
            return None
        low, high = extent
        beside = MARGIN * (high - low) or max(0.05 * abs(high), 1e-3)
        return low - beside, high + beside

    def _holds(self, limits: tuple[float, float] | None, number: int) -> bool:
        """Return whether limits, those of a panel's y axis, hold its numbers."""
        extent = self._extent(number)
        if extent is None or limits is None:
            return extent is None and limits is None
        return limits[0] <= extent[0] and extent[1] <= limits[1]

    def _line(self, key: Any, panel: Any, points: Sequence[Floats], form: str, **look: Any) -> None:
        """Draw a line over x and y, in place of that of the same key."""
        if key not in self._artists:
            (self._artists[key],) = panel.plot([], [], form, animated=self._animated, **look)
        self._artists[key].set_data(*points)
        self._moving[key] = self._artists[key]

    def _band(self, key: Any, panel: Any, x: Floats, low: Floats, high: Floats) -> None:
        """Draw an envelope, in place of that of the same key."""
        if key not in self._artists:
            self._artists[key] = empty_band(panel, self._theme.ink, self._animated)
        self._artists[key].set_verts(band_outlines(x, low, high))
        self._moving[key] = self._artists[key]

    def _cloud(self, key: Any, panel: Any, x: Floats, y: Floats, years: Floats, **look: Any) -> None:
        """Draw dots in the colours of years, in place of those of the same key."""
        if key not in self._artists:
            dots = panel.scatter([], [], c=[], linewidths=0, cmap="viridis", animated=self._animated, **look)
            dots.set_clim(*self._shades.get_clim())
            self._artists[key] = dots
        self._artists[key].set_offsets(np.column_stack([x, y]))
        self._artists[key].set_array(years)
        self._moving[key] = self._artists[key]

    def _tell(self, number: int, text: str) -> None:
        """Say in the middle of a panel why it is empty."""
        key, panel = (number, "lack"), self.panels[number][0]
        if key not in self._artists:
            look = {"ha": "center", "va": "center", "fontsize": 8, "color": self._theme.ink}
            self._artists[key] = panel.text(
                0.5, 0.5, "", transform=panel.transAxes, animated=self._animated, wrap=True, **look
            )
        self._artists[key].set_text(text)
        self._moving[key] = self._artists[key]


def lack(view: SeriesView, variable: Variable) -> str:
    """Return why there is no anomaly, or nothing usual, of any value of a variable; only of a view where that is so."""
    chosen, told = view.analysis, records(view.drawn, variable)
    if variable.is_bits:
        return tr("{} is a sum of bits: nothing is usual about it.").format(short_title(variable))
    if not any(record.retrievals or record.retrievals is None for record in told):
        return tr("no retrieval at this cell")
    if not any(np.isfinite(record.kept).any() for record in told):
        return tr("No value is kept under the quality criteria.")
    if not any((chosen.reference.has(record.days) & np.isfinite(record.kept)).any() for record in told):
        return tr("No kept value lies in the baseline, {}.").format(chosen.baseline_text)
    if any(np.isfinite(record.climatology(chosen).mean).any() for record in told):
        return tr("The values of the baseline do not differ: there is no z-score.")
    return tr("Fewer than {} kept values of the baseline lie within ± {} days of any of its days.").format(
        LEAST, chosen.window // 2
    )


def day_number(day: dt.date) -> float:
    """Return the days since 1970-01-01."""
    return float(np.datetime64(day, "D").astype(np.int64))
