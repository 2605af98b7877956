# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A view as panels, curves, legend and marks of a figure, and what of them moves. It gets the figure and imports no matplotlib."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .curve_points import curve_points, day_limits, value_extent, value_limits
from .other_drawing import MARKER, OtherLines
from .overlay_drawing import Overlays, overlay_keys
from .picture import Dots
from .plot_analysis import Overlay
from .plot_legend import Heading, Key, Legend, dot_key
from .plot_theme import Theme
from .series_view import SeriesView
from .texts import tr
from .theme import CURRENT

SHORT_TITLES = {"SM": "SM", "VOD": "VOD", "TBH": "TB H", "TBV": "TB V"}
FADED = 0.2
UNDER_OVERLAYS = 0.35
"""The strength of dots under overlays of the same colour."""
LINE_ALPHA = 0.5


class Drawing:
    """A view drawn into a figure: one panel a variable on a shared time axis, or two axes in one panel.

    What moves (curves, legend and the mark of the map's day) is told apart from paper, axes and grid: with `animated` the figure
    leaves the drawing of it to whoever keeps the rest as a picture.
    """

    def __init__(self, figure: Any, view: SeriesView, theme: Theme, animated: bool = False) -> None:
        figure.clear()
        figure.set_facecolor(theme.paper)
        self._theme, self._animated, self._view = theme, animated, view
        self._emphasised: Point | None = None
        count = 1 if view.overlaid else len(view.variables)
        axes = list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])
        if view.overlaid:
            axes.append(axes[0].twinx())
        self.panels: list[tuple[Any, Variable]] = list(zip(axes, view.variables))
        self.limits = [value_limits(view, variable) for variable in view.variables]
        self._lines = [
            [self._empty_lines(panel, theme.colour(view, point, variable)) for point, _ in view.curves_of(variable)]
            for panel, variable in self.panels
        ]
        self._others = [
            [OtherLines(panel, other, animated) for other in view.others_of(variable)]
            for panel, variable in self.panels
        ]
        self._overlays = [Overlays(panel, variable, theme, animated) for panel, variable in self.panels]
        for (panel, variable), limits in zip(self.panels, self.limits):
            dress(
                panel, variable, view, theme, limits, tr("no retrieval at this cell") if view.curves else tr("no value")
            )
        for panel in axes[count:]:
            _dress_right(panel, axes[0], theme, view.variables)
        self.marks = [
            panel.axvline(0.0, color=CURRENT.name(), linewidth=1.2, animated=animated) for panel in axes[:count]
        ]
        self.days = day_limits(view)
        self.time_axis = axes[count - 1]
        self.time_axis.set_xlim(*self.days)
        self.legend = self._make_legend(figure)
        told = Overlay.TREND in view.analysis.overlays
        self.headings = [Heading(panel, theme, animated, len(axes) // count) for panel in axes[:count]] if told else []
        self._key = self._key_of(view)
        self.show(view)

    def fits(self, view: SeriesView, theme: Theme) -> bool:
        """Return whether a view can be shown by moving what moves: paper, axes and limits are right for it."""
        if theme is not self._theme or self._key_of(view) != self._key:
            return False
        same_curves = all(new is old for (_, new), (_, old) in zip(view.curves, self._view.curves))
        if same_curves and view.others == self._view.others:
            return True  # other thresholds, another day: limits are those of all retrievals
        growing = not all(series.is_complete for _, series in view.curves)
        first, last = day_limits(view)
        if not (self.days[0] <= first and last <= self.days[1]):
            return False
        for limits, variable in zip(self.limits, view.variables):
            # Others change with the thresholds: the axes stay as long as they hold them.
            now = value_extent(view, variable) if same_curves else value_limits(view, variable)
            within = limits is not None and now is not None and limits[0] <= now[0] and now[1] <= limits[1]
            if now != limits and not (within and (growing or same_curves)):
                return False
        return True

    def _key_of(self, view: SeriesView) -> tuple[Any, ...]:
        points = tuple((point.cell, point.name, point.colour) for point, _ in view.curves)
        others = tuple((other.name, other.colour, other.variable) for other in view.others)
        return view.analysis, points, view.variables, view.overlaid, view.series and view.series.orbit, others

    def show(self, view: SeriesView) -> None:
        """Put a view's numbers, which fit, into what moves."""
        self._view = view
        size = 4.5 if view.series is None or view.series.dates.size < 800 else 2.4 if view.several else 3.0
        for (_, variable), curves, others, overlays in zip(self.panels, self._lines, self._others, self._overlays):
            overlays.show(view)
            for other, drawn in zip(view.others_of(variable), others):
                drawn.show(other)
            for (_, series), lines in zip(view.curves, curves):
                numbers = curve_points(series, variable, view.criteria)
                for line, data in zip(lines, (numbers.line, numbers.rejected, numbers.kept)):
                    line.set_data(*data)
                    line.set_markersize(size)
        self._tell_trends()
        self.emphasise(self._emphasised)
        self.move_day(view.map_day)

    def _tell_trends(self) -> None:
        if self._view.overlaid and self.headings:
            named = zip(self.panels, self._overlays)
            lines = [
                [f"{short_title(variable)}: {part}" for part in overlays.trends] for (_, variable), overlays in named
            ]
            self.headings[0].say(*lines)
            return
        for heading, overlays in zip(self.headings, self._overlays):
            heading.say(overlays.trends)

    def move_day(self, day: dt.date | None) -> None:
        """Put the mark on a day."""
        for mark in self.marks:
            mark.set_visible(day is not None)
            if day is not None:
                mark.set_xdata([_day_number(day)] * 2)

    def emphasise(self, point: Point | None) -> None:
        """Let all curves fade but a point's; None: none fades, nor where the point has no curve."""
        self._emphasised = point
        there = any(one == point for one, _ in self._view.curves)
        usual = UNDER_OVERLAYS if self._view.analysis.overlays and not self._view.is_one_curve else 1.0
        for curves in self._lines:
            for (one, _), lines in zip(self._view.curves, curves):
                share = FADED if there and one != point else usual
                for line, alpha in zip(lines, (LINE_ALPHA, self._theme.rejected_alpha, 1.0)):
                    line.set_alpha(alpha * share)
        for others in self._others:
            for drawn in others:
                drawn.fade(FADED if there else usual)

    def moving(self) -> Iterator[Any]:
        """Yield what moves but the marks, in the order of drawing: the current and the emphasised point lie above the others."""
        above = [self._view.current, self._emphasised]
        order = sorted(
            range(len(self._view.curves)),
            key=lambda number: above.index(point) if (point := self._view.curves[number][0]) in above else -1,
        )
        for curves, others, overlays in zip(self._lines, self._others, self._overlays):
            yield from overlays.below()
            for drawn in others:
                yield from drawn.below()
            for number in order if curves else ():
                yield from curves[number]
            for drawn in others:
                yield from drawn.above()
            yield from overlays.above()
        for heading in self.headings:
            yield heading.artist

    def dots(self, number: int) -> list[Dots]:
        """Return what the mouse can find in a panel: retrievals, kept or not, and others' values."""
        view, variable = self._view, self.panels[number][1]
        found = [
            Dots(
                series.dates.astype(np.int64),
                series.values[variable.id],
                series.dates,
                partial(view.explain, which, variable),
            )
            for which, (_, series) in enumerate(view.curves_of(variable))
        ]
        for other in view.others_of(variable):
            found.append(
                Dots(other.days.astype(np.int64), other.values, other.days, partial(view.explain_other, other))
            )
        return found

    def _empty_lines(self, panel: Any, colour: str) -> tuple[Any, Any, Any]:
        """Add a line, hollow dots for what is rejected and solid ones for what is kept."""
        (line,) = panel.plot([], [], "-", linewidth=0.8, animated=self._animated, color=colour)
        (rejected,) = panel.plot(
            [],
            [],
            "o",
            markerfacecolor="none",
            markeredgewidth=0.7,
            label="rejected",
            animated=self._animated,
            color=colour,
        )
        (kept,) = panel.plot([], [], "o", markeredgewidth=0, label="kept", animated=self._animated, color=colour)
        return line, rejected, kept

    def _make_legend(self, figure: Any) -> Legend:
        """Make the legend, which names records where there are several. An area has a series in each variable's panel, and one name."""
        view, theme, (panel, variable) = self._view, self._theme, self.panels[0]
        names: list[Key] = []
        if view.several or view.others:
            for point, _ in view.curves:
                names.append((dot_key(panel, "o", theme.colour(view, point, variable)), point.name))
            for name, colour in {other.name: other.colour for other in view.others}.items():
                names.append((dot_key(panel, MARKER, colour), name))
        return Legend(figure, theme, names, overlay_keys(panel, view, theme))


def _day_number(day: dt.date) -> float:
    return float(np.datetime64(day, "D").astype(np.int64))


def short_title(variable: Variable) -> str:
    """Return a variable's name for an axis."""
    return SHORT_TITLES.get(variable.id, variable.id)


def axis_label(variable: Variable, between: str = " ") -> str:
    """Return a variable's name with its units, for an axis."""
    units = f"{between}({variable.units})" if variable.units not in ("", "–", "-") else ""
    return f"{short_title(variable)}{units}"


def dress(
    panel: Any, variable: Variable, view: SeriesView, theme: Theme, limits: tuple[float, float] | None, lack: str = ""
) -> None:
    """Give a panel its limits, label, grid and colours; where there is nothing to show, say what lacks."""
    if limits is None:
        panel.text(0.5, 0.5, lack, transform=panel.transAxes, ha="center", va="center", color=theme.ink)
    else:
        panel.set_ylim(*limits)
    between = "\n" if len(view.variables) < 4 else " "
    panel.set_ylabel(axis_label(variable, between), color=theme.ink, fontsize=8)
    panel.set_facecolor(theme.paper)
    panel.tick_params(colors=theme.ink, labelsize=8)
    panel.grid(True, color=theme.grid, linewidth=0.5)
    for spine in panel.spines.values():
        spine.set_color(theme.grid)


def _dress_right(panel: Any, left: Any, theme: Theme, variables: tuple[Variable, ...]) -> None:
    """Tell the two axes of one panel apart by the colours of their curves; one grid is enough."""
    panel.grid(False)
    for axes, variable in zip((left, panel), variables):
        axes.yaxis.label.set_color(theme.curve(variable))
        axes.tick_params(axis="y", colors=theme.curve(variable))
