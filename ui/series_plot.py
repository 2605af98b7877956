# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The figure of time series. The only file that imports matplotlib; import it inside a function, for QGIS may lack it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import dates as mdates
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from qgis.PyQt.QtCore import QEvent, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import QToolTip

from ..plugin.core.files import replacing
from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .curve_points import curve_points, day_limits, value_limits
from .plot_theme import DARK, LIGHT, Theme
from .series_view import SeriesView
from .texts import tr

try:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg, NavigationToolbar2QT
except ImportError:  # before matplotlib 3.5, which knows no Qt 6 either
    from matplotlib.backends.backend_qt5agg import FigureCanvasQTAgg, NavigationToolbar2QT

MAP_DAY_COLOUR = "#d4006a"
SHORT_TITLES = {"SM": "SM", "VOD": "VOD", "TBH": "TB H", "TBV": "TB V"}
HOVER_PIXELS = 12
FADED = 0.2
MOST_IN_LEGEND = 12
LINE_ALPHA = 0.5


class Drawing:
    """A view drawn into a figure: one panel a variable on a shared time axis, or two axes in one panel.

    What moves (curves, legend and the mark of the map's day) is told apart from paper, axes and grid: with `animated` the figure
    leaves the drawing of it to whoever keeps the rest as a picture.
    """

    def __init__(self, figure: Figure, view: SeriesView, theme: Theme, animated: bool = False) -> None:
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
        self._lines = [[self._empty_lines(panel) for _ in view.curves] for panel in axes]
        for (panel, variable), limits in zip(self.panels, self.limits):
            _dress(panel, variable, view, theme, limits)
        for panel in axes[count:]:
            _dress_right(panel, axes[0], theme, view.variables)
        self.marks = [
            panel.axvline(0.0, color=MAP_DAY_COLOUR, linewidth=1.2, animated=animated) for panel in axes[:count]
        ]
        self.days = day_limits(view)
        _count_days(axes[count - 1], self.days, theme)
        self._legend = self._make_legend(axes[0]) if view.several else None
        self._key = self._key_of(view)
        self.show(view)

    def fits(self, view: SeriesView, theme: Theme) -> bool:
        """Return whether a view can be shown by moving what moves: paper, axes and limits are right for it."""
        if theme is not self._theme or self._key_of(view) != self._key:
            return False
        if all(new is old for (_, new), (_, old) in zip(view.curves, self._view.curves)):
            return True  # other thresholds, another day: limits are those of all retrievals
        growing = not all(series.is_complete for _, series in view.curves)
        first, last = day_limits(view)
        if not (self.days[0] <= first and last <= self.days[1]):
            return False
        for limits, variable in zip(self.limits, view.variables):
            now = value_limits(view, variable)
            within = limits is not None and now is not None and limits[0] <= now[0] and now[1] <= limits[1]
            if now != limits and not (growing and within):
                return False
        return True

    def _key_of(self, view: SeriesView) -> tuple[Any, ...]:
        points = tuple((point.cell, point.name, point.colour) for point, _ in view.curves)
        return points, view.variables, view.overlaid, view.series.orbit

    def show(self, view: SeriesView) -> None:
        """Put a view's numbers, which fit, into what moves."""
        self._view = view
        size = 4.5 if view.series.dates.size < 800 else 2.4 if view.several else 3.0
        for (_, variable), curves in zip(self.panels, self._lines):
            for (point, series), lines in zip(view.curves, curves):
                numbers = curve_points(series, variable, view.criteria)
                colour = self._theme.colour(view, point, variable)
                for line, data in zip(lines, (numbers.line, numbers.rejected, numbers.kept)):
                    line.set_data(*data)
                    line.set_color(colour)
                    line.set_markersize(size)
        self.emphasise(self._emphasised)
        self.move_day(view.map_day)

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
        for curves in self._lines:
            for (one, _), lines in zip(self._view.curves, curves):
                share = FADED if there and one != point else 1.0
                for line, alpha in zip(lines, (LINE_ALPHA, self._theme.rejected_alpha, 1.0)):
                    line.set_alpha(alpha * share)

    def moving(self) -> Iterator[Any]:
        """Yield what moves but the marks, in the order of drawing: the current and the emphasised point lie above the others."""
        above = [self._view.current, self._emphasised]
        order = sorted(
            range(len(self._view.curves)),
            key=lambda number: above.index(point) if (point := self._view.curves[number][0]) in above else -1,
        )
        for curves in self._lines:
            for number in order:
                yield from curves[number]
        if self._legend is not None:
            yield self._legend

    def _empty_lines(self, panel: Any) -> tuple[Any, Any, Any]:
        """Add a line, hollow dots for what is rejected and solid ones for what is kept."""
        (line,) = panel.plot([], [], "-", linewidth=0.8, animated=self._animated)
        (rejected,) = panel.plot(
            [], [], "o", markerfacecolor="none", markeredgewidth=0.7, label="rejected", animated=self._animated
        )
        (kept,) = panel.plot([], [], "o", markeredgewidth=0, label="kept", animated=self._animated)
        return line, rejected, kept

    def _make_legend(self, panel: Any) -> Any:
        theme, points = self._theme, [point for point, _ in self._view.curves]
        named = points if len(points) <= MOST_IN_LEGEND else points[: MOST_IN_LEGEND - 1]
        keys = [
            Line2D([], [], linestyle="none", marker="o", markersize=5, color=one.shade(theme.dark)) for one in named
        ]
        names = [one.name for one in named]
        if len(named) < len(points):
            keys.append(Line2D([], [], linestyle="none"))
            names.append(tr("and {} more").format(len(points) - len(named)))
        legend = panel.legend(
            keys,
            names,
            loc="upper left",
            ncol=6,
            fontsize=7,
            framealpha=0.75,
            facecolor=theme.paper,
            edgecolor=theme.grid,
            labelcolor=theme.ink,
            borderpad=0.3,
            borderaxespad=0.3,
            handletextpad=0.1,
            columnspacing=0.8,
        )
        legend.set_animated(self._animated)
        return legend


def _day_number(day: dt.date) -> float:
    return float(np.datetime64(day, "D").astype(np.int64))


def _dress(panel: Any, variable: Variable, view: SeriesView, theme: Theme, limits: tuple[float, float] | None) -> None:
    """Give a panel its limits, label, grid and colours."""
    if limits is None:
        panel.text(
            0.5, 0.5, "no retrieval at this cell", transform=panel.transAxes, ha="center", va="center", color=theme.ink
        )
    else:
        panel.set_ylim(*limits)
    between = "\n" if len(view.variables) < 4 else " "
    units = f"{between}({variable.units})" if variable.units not in ("", "–", "-") else ""
    panel.set_ylabel(f"{SHORT_TITLES.get(variable.id, variable.id)}{units}", color=theme.ink, fontsize=8)
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


def _count_days(panel: Any, days: tuple[float, float], theme: Theme) -> None:
    """Let the time axis, which all panels share, tell calendar days."""
    panel.set_xlim(*days)
    locator = mdates.AutoDateLocator(tz=dt.timezone.utc)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, tz=dt.timezone.utc))
    panel.xaxis.get_offset_text().set_color(theme.ink)


def _fit(figure: Figure, box: tuple[float, float, float, float]) -> None:
    """Let the panels fill a part of the figure: left, bottom, right, top as shares."""
    margins = {"pad": 0.6, "h_pad": 0.3, "rect": box}
    if hasattr(figure, "set_layout_engine"):
        figure.set_layout_engine("tight", **margins)
    else:  # before matplotlib 3.6
        figure.set_tight_layout(margins)


class SeriesCanvas(FigureCanvasQTAgg):
    """The plot on the screen: hover tells, a click names a day.

    What does not move is kept as a picture, over which curves and marks are drawn anew: a new threshold needs no new layout, a new
    day only its mark. Whatever else redraws the figure (another size, zoom, theme) makes the picture again.
    """

    day_clicked = pyqtSignal(object)  # dt.date
    hovered = pyqtSignal(str)

    view: SeriesView | None = None
    drawing: Drawing | None = None  # Qt calls changeEvent before the constructor ends

    def __init__(self, parent: Any = None) -> None:
        super().__init__(Figure())
        self._paper: Any = None  # paper, axes and grid
        self._under_marks: Any = None  # the same with curves
        self._size: tuple[float, float] = 0.0, 0.0
        self._curves_are_old = False
        self._automatic: tuple[float, float] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._render)
        self.setParent(parent)
        self.setPalette(QPalette())  # matplotlib makes it white, whatever the theme
        self.mpl_connect("draw_event", self._drawn)
        self.mpl_connect("motion_notify_event", self._moved)
        self.mpl_connect("button_release_event", self._clicked)
        # Matplotlib's own tools do the work, but their icons do not follow QGIS's themes: the plot dock has buttons for them.
        self.tools = NavigationToolbar2QT(self, parent, coordinates=False)
        self.tools.hide()

    @property
    def panels(self) -> list[tuple[Any, Variable]]:
        """The axes on the screen, each with its variable."""
        return self.drawing.panels if self.drawing is not None else []

    def show_view(self, view: SeriesView | None) -> None:
        """Show a view in the cheapest way that is right; the user's zoom stays while any of the places stays."""
        if view == self.view:
            return
        before, self.view = self.view, view
        if view is None:
            self.drawing, self._automatic = None, None
            self.figure.clear()
            self.figure.set_facecolor(self.theme().paper)
            self.draw_idle()
        elif self.drawing is not None and self.drawing.fits(view, self.theme()):
            self.drawing.show(view)
            self._render_soon(curves=True)
        else:
            self._build(before, view)

    def move_day(self, day: dt.date | None) -> None:
        """Mark a day as the one that the map shows; nothing else is drawn."""
        if self.view is None or self.drawing is None or day == self.view.map_day:
            return
        self.view = replace(self.view, map_day=day)
        self.drawing.move_day(day)
        self._render_soon()

    def emphasise(self, point: Point | None) -> None:
        """Let the curves of all other points fade; None ends that."""
        if self.drawing is not None:
            self.drawing.emphasise(point)
            self._render_soon(curves=True)

    def theme(self) -> Theme:
        """Return dark or light colours, as the user's QGIS theme is."""
        # Only the lightness: a theme made of style sheets leaves text black in the palette, on black.
        return DARK if self.palette().color(QPalette.ColorRole.Base).lightness() < 128 else LIGHT

    def changeEvent(self, event: Any) -> None:
        """Follow a change from light to dark."""
        super().changeEvent(event)
        if event.type() != QEvent.Type.PaletteChange or self.view is None or self.drawing is None:
            return
        if not self.drawing.fits(self.view, self.theme()):
            self._build(self.view, self.view)

    def _build(self, before: SeriesView | None, view: SeriesView) -> None:
        """Draw a view from nothing."""
        zoomed = self._zoomed() if before is not None and _share_a_place(before, view) else None
        self.drawing = Drawing(self.figure, view, self.theme(), animated=True)
        _fit(self.figure, (0, 0, 1, 1))
        self._automatic = self.panels[0][0].get_xlim()
        self.tools.update()
        if zoomed is not None:
            self.tools.push_current()
            self.panels[0][0].set_xlim(zoomed)
        self.draw_idle()

    def _zoomed(self) -> tuple[float, float] | None:
        now = self.panels[0][0].get_xlim() if self.panels else None
        return now if now is not None and now != self._automatic else None

    def _render_soon(self, curves: bool = False) -> None:
        """Draw what moves when Qt has time: of several requests only the last is drawn."""
        self._curves_are_old = self._curves_are_old or curves
        if not self._soon.isActive():
            self._soon.start(0)

    def _render(self) -> None:
        if self.drawing is None:
            return
        if self._paper is None or self._size != tuple(self.figure.bbox.size):
            self.draw_idle()
            return
        if self._curves_are_old:
            self.restore_region(self._paper)
            self._draw_curves(self.drawing)
        else:
            self.restore_region(self._under_marks)
        self._draw_marks(self.drawing)
        self.update()

    def _drawn(self, event: Any) -> None:
        """Keep the figure that was just drawn without what moves, then draw that."""
        self._paper = None
        self._soon.stop()  # what it was to draw is drawn now
        if self.drawing is not None:
            self._size = tuple(self.figure.bbox.size)
            self._paper = self.copy_from_bbox(self.figure.bbox)
            self._draw_curves(self.drawing)
            self._draw_marks(self.drawing)

    def _draw_curves(self, drawing: Drawing) -> None:
        for artist in drawing.moving():
            artist.draw(self.get_renderer())
        self._curves_are_old = False
        self._under_marks = self.copy_from_bbox(self.figure.bbox)

    def _draw_marks(self, drawing: Drawing) -> None:
        for mark in drawing.marks:
            mark.draw(self.get_renderer())

    def _moved(self, event: Any) -> None:
        text = self._text_under(event)
        self.hovered.emit(text)
        if text and event.guiEvent is not None:
            place = (
                event.guiEvent.globalPosition().toPoint()
                if hasattr(event.guiEvent, "globalPosition")
                else event.guiEvent.globalPos()
            )
            QToolTip.showText(place, text, self)
        else:
            QToolTip.hideText()

    def _text_under(self, event: Any) -> str:
        found = self._under(event)
        return self.view.explain(*found) if found is not None and self.view is not None else ""

    def _under(self, event: Any) -> tuple[int, Variable, int] | None:
        """Return the retrieval nearest to the mouse, kept or not: number of its curve, variable, index. None if none is near in time."""
        best, found = np.inf, None
        for panel, variable in self.panels:
            if self.view is None or not panel.bbox.contains(event.x, event.y):
                continue
            to_days = panel.transData.inverted()
            days = tuple(to_days.transform((event.x + aside, event.y))[0] for aside in (-HOVER_PIXELS, HOVER_PIXELS))
            for number, (_, series) in enumerate(self.view.curves):
                near = self.view.retrievals(number, variable, days)
                there = np.column_stack([series.dates[near].astype(np.int64), series.values[variable.id][near]])
                away = np.hypot(*(panel.transData.transform(there) - (event.x, event.y)).T) if near.size else near
                if near.size and away.min() < best:
                    best, found = away.min(), (number, variable, int(near[away.argmin()]))
        return found

    def _clicked(self, event: Any) -> None:
        if event.button != 1 or event.inaxes is None or self.view is None or str(self.tools.mode):
            return  # while zooming or panning a click means something else
        found = self._under(event)
        if found is not None:  # what the tip tells of
            day = self.view.curves[found[0]][1].dates[found[2]].item()
        else:
            day = self.view.nearest_day(event.xdata)
        if day is not None:
            self.day_clicked.emit(day)


def _share_a_place(one: SeriesView, other: SeriesView) -> bool:
    cells = {point.cell for point, _ in one.curves}
    return one.series.orbit == other.series.orbit and any(point.cell in cells for point, _ in other.curves)


CAPTION_LINE = 190
"""Letters of a caption on a line."""


def write_figure(path: Path, view: SeriesView) -> None:
    """Write the plot as PNG or SVG, by the file's ending, on white with title and caption. Whole or not at all.

    Raises BadRequest where it cannot be written.
    """
    panels = 1 if view.overlaid else len(view.variables)
    below = 0.13 * -(-len(view.caption) // CAPTION_LINE)
    height = 0.95 + below + (2.6 if view.overlaid else 1.7) * panels
    figure = Figure(figsize=(10, height))
    FigureCanvasAgg(figure)
    Drawing(figure, view, LIGHT)
    figure.suptitle(view.title, color=LIGHT.ink, fontsize=11, y=1 - 0.08 / height, va="top")
    figure.text(0.01, 0.01, view.caption, color=LIGHT.ink, fontsize=7, wrap=True)
    _fit(figure, (0, below / height, 1, 1 - 0.3 / height))
    with replacing(path) as part:
        figure.savefig(part, dpi=200, metadata={"Title": view.title, "Description": view.caption})
