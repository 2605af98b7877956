# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The figure of time series. The only file that imports matplotlib; import it inside a function, for QGIS may lack it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import dates as mdates
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from qgis.PyQt.QtCore import QEvent, QSize, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import QToolTip

from ..plugin.core.files import replacing
from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .picture import Dots, Picture
from .pictures import PICTURES
from .plot_analysis import PlotKind
from .plot_theme import DARK, LIGHT, Theme
from .series_view import SeriesView
from .theme import is_dark
from .window_tool import WindowTool

try:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg, NavigationToolbar2QT
except ImportError:  # before matplotlib 3.5, which knows no Qt 6 either
    from matplotlib.backends.backend_qt5agg import FigureCanvasQTAgg, NavigationToolbar2QT

HOVER_PIXELS = 12
LEAST_PIXELS = 40
USUAL_SIZE = 640, 220
BEFORE_LAYOUT = {"left": 0.125, "bottom": 0.11, "right": 0.9, "top": 0.88, "wspace": 0.2, "hspace": 0.2}
"""Where panels lie before they are laid out: that starts at the same places always, so that equal views give equal pictures."""


def _draw(figure: Figure, view: SeriesView, theme: Theme, animated: bool = False) -> Picture:
    """Draw a view into a figure, with calendar days on the time axis where it has one."""
    drawing: Picture = PICTURES[view.analysis.kind](figure, view, theme, animated)
    if drawing.time_axis is not None:
        axis, locator = drawing.time_axis.xaxis, mdates.AutoDateLocator(tz=dt.timezone.utc)
        axis.set_major_locator(locator)
        axis.set_major_formatter(mdates.ConciseDateFormatter(locator, tz=dt.timezone.utc))
        axis.get_offset_text().set_color(theme.ink)
    return drawing


def _lay_out(figure: Figure, drawing: Picture, bottom: float = 0.0, top: float = 1.0) -> None:
    """Put a picture's legend, and its panels below, between two shares of the figure's height."""
    box = 0, bottom, 1, top - drawing.legend.fit(top)
    figure.subplots_adjust(**BEFORE_LAYOUT)
    for _ in range(2):  # panels of another size may have other ticks, with longer labels
        figure.tight_layout(pad=0.6, h_pad=0.3, rect=box)
    for heading in drawing.headings:
        heading.fit()


class SeriesCanvas(FigureCanvasQTAgg):
    """The plot on the screen: hover tells, a click names a day.

    What does not move is kept as a picture, over which curves and marks are drawn anew: a new threshold needs no new layout, a new
    day only its mark. Whatever else redraws the figure (another size, zoom, theme) makes the picture again.
    """

    day_clicked = pyqtSignal(object)  # dt.date
    hovered = pyqtSignal(str)

    view: SeriesView | None = None
    drawing: Picture | None = None  # Qt calls changeEvent before the constructor ends

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
        self.span_tool = WindowTool(self)

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
        view = replace(self.view, map_day=day)
        if view.analysis.kind is PlotKind.YEAR and view.map_year != self.view.map_year:
            self.show_view(view)  # another year stands out
            return
        self.view = view
        self.drawing.move_day(day)
        self._render_soon()

    def emphasise(self, point: Point | None) -> None:
        """Let the curves of all other points fade; None ends that."""
        if self.drawing is not None:
            self.drawing.emphasise(point)
            self._render_soon(curves=True)

    def redraw_marks(self) -> None:
        """Draw marks and window anew, nothing else."""
        self._render_soon()

    def draw(self) -> None:
        """Draw, unless there is no room: matplotlib fails to lay out a figure without a size. What makes room draws again."""
        if min(self.width(), self.height()) >= LEAST_PIXELS:
            if self.drawing is not None:
                _lay_out(self.figure, self.drawing)
            super().draw()

    def sizeHint(self) -> QSize:
        """Return a size that leaves room for the map; matplotlib would ask for that of a printed figure."""
        return QSize(*USUAL_SIZE)

    def theme(self) -> Theme:
        """Return dark or light colours, as the user's QGIS theme is."""
        return DARK if is_dark(self.palette()) else LIGHT

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
        self.drawing = _draw(self.figure, view, self.theme(), animated=True)
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

    def _draw_curves(self, drawing: Picture) -> None:
        for artist in drawing.moving():
            artist.draw(self.get_renderer())
        self._curves_are_old = False
        self._under_marks = self.copy_from_bbox(self.figure.bbox)

    def _draw_marks(self, drawing: Picture) -> None:
        for mark in drawing.marks:
            mark.draw(self.get_renderer())
        for mark in self.span_tool.marks(drawing):
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
        return found[0].tell(found[1]) if found is not None else ""

    def _under(self, event: Any) -> tuple[Dots, int] | None:
        """Return the value nearest to the mouse, kept or not, and its index. None if none is near along x."""
        best, found = np.inf, None
        for number, (panel, _) in enumerate(self.panels):
            if self.drawing is None or not panel.bbox.contains(event.x, event.y):
                continue
            to_panel = panel.transData.inverted()
            low, high = (to_panel.transform((event.x + aside, event.y))[0] for aside in (-HOVER_PIXELS, HOVER_PIXELS))
            for dots in self.drawing.dots(number):
                near = np.flatnonzero((dots.x >= low) & (dots.x <= high) & np.isfinite(dots.y))
                there = np.column_stack([dots.x[near], dots.y[near]])
                away = np.hypot(*(panel.transData.transform(there) - (event.x, event.y)).T) if near.size else near
                if near.size and away.min() < best:
                    best, found = away.min(), (dots, int(near[away.argmin()]))
        return found

    def _clicked(self, event: Any) -> None:
        if (
            event.button != 1
            or event.inaxes is None
            or self.view is None
            or str(self.tools.mode)
            or self.span_tool.is_dragging
        ):
            return  # while zooming, panning or dragging a window a click means something else
        found = self._under(event)  # what the tip tells of
        day = None
        if found is not None:
            day = found[0].days[found[1]].item()
        elif self.drawing is not None and self.drawing.time_axis is not None:
            day = self.view.nearest_day(event.xdata)
        if day is not None:
            self.day_clicked.emit(day)


def _share_a_place(one: SeriesView, other: SeriesView) -> bool:
    if one.analysis.kind is not other.analysis.kind:
        return False
    if one.series is None or other.series is None:
        return one.series is other.series and {each.name for each in one.others} == {each.name for each in other.others}
    cells = {point.cell for point, _ in one.curves}
    return one.series.orbit == other.series.orbit and any(point.cell in cells for point, _ in other.curves)


def _height(view: SeriesView) -> float:
    """Return the height of a written view's panels in inches."""
    if view.analysis.kind is PlotKind.SCATTER:
        return max(5.0, 3.0 * (len(view.analysed) - 1))
    panel = 2.4 if view.analysis.kind is PlotKind.YEAR else 1.7
    return 2.6 if view.overlaid else panel * len(view.variables)


CAPTION_LINE = 190
"""Letters of a caption on a line."""


def write_figure(path: Path, view: SeriesView) -> None:
    """Write the plot as PNG or SVG, by the file's ending, on white with title and caption. Whole or not at all.

    Raises BadRequest where it cannot be written.
    """
    below = 0.13 * -(-len(view.caption) // CAPTION_LINE)
    height = 0.95 + below + _height(view)
    figure = Figure(figsize=(10, height))
    FigureCanvasAgg(figure)
    drawing = _draw(figure, view, LIGHT)
    title = figure.suptitle(view.title, color=LIGHT.ink, fontsize=11, y=1 - 0.08 / height, va="top")
    title.set_in_layout(False)  # its room is given below
    figure.text(0.01, 0.01, view.caption, color=LIGHT.ink, fontsize=7, wrap=True)
    _lay_out(figure, drawing, below / height, 1 - 0.3 / height)
    with replacing(path) as part:
        figure.savefig(part, dpi=200, metadata={"Title": view.title, "Description": view.caption})
