# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The figure of a time series. The only file that imports matplotlib; import it inside a function, for QGIS may lack it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import dates as mdates
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import QToolTip

from ..plugin.core.files import replacing
from ..plugin.core.variables import Variable
from .series_view import LONGEST_STEP_DAYS, SeriesView

try:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg, NavigationToolbar2QT
except ImportError:  # before matplotlib 3.5, which knows no Qt 6 either
    from matplotlib.backends.backend_qt5agg import FigureCanvasQTAgg, NavigationToolbar2QT

MAP_DAY_COLOUR = "#d4006a"
SHORT_TITLES = {"SM": "SM", "VOD": "VOD", "TBH": "TB H", "TBV": "TB V"}
HOVER_PIXELS = 12


@dataclass(frozen=True)
class Theme:
    """Colours of paper and ink, and of the curves by variable id."""

    paper: str
    ink: str
    grid: str
    curves: Mapping[str, str]
    other_curve: str
    rejected_alpha: float

    def curve(self, variable: Variable) -> str:
        """Return the colour of a variable's points."""
        return self.curves.get(variable.id, self.other_curve)


# Okabe and Ito's hues, which the colour-blind tell apart; darker on white, lighter on black.
LIGHT = Theme(
    "#ffffff",
    "#202020",
    "#d9d9d9",
    {
        "SM": "#0072b2",
        "VOD": "#00805c",
        "TBH": "#8c3f70",
        "TBV": "#b0628f",
        "TB": "#8c3f70",
        "RMSE": "#b84c00",
        "SF": "#8a6200",
    },
    "#4a6a8a",
    0.55,
)
DARK = Theme(
    "#1e1e1e",
    "#dddddd",
    "#4a4a4a",
    {
        "SM": "#56b4e9",
        "VOD": "#3ccf9f",
        "TBH": "#e3a0c8",
        "TBV": "#f0c3de",
        "TB": "#e3a0c8",
        "RMSE": "#ff9a52",
        "SF": "#f0c040",
    },
    "#a8c0d8",
    0.85,
)


def draw_series(figure: Figure, view: SeriesView, theme: Theme, captioned: bool = False) -> list[tuple[Any, Variable]]:
    """Draw a view into an empty figure, one panel a variable on a shared time axis; return the panels."""
    figure.clear()
    figure.set_facecolor(theme.paper)
    panels = figure.subplots(len(view.series.variables), 1, sharex=True, squeeze=False)[:, 0]
    for panel, variable in zip(panels, view.series.variables):
        _draw_panel(panel, view, variable, theme)
    _show_whole_record(panels[-1], view.series.dates)
    locator = mdates.AutoDateLocator(tz=dt.timezone.utc)
    panels[-1].xaxis.set_major_locator(locator)
    panels[-1].xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, tz=dt.timezone.utc))
    panels[-1].xaxis.get_offset_text().set_color(theme.ink)
    if captioned:
        figure.suptitle(view.title, color=theme.ink, fontsize=11, y=1 - 0.08 / figure.get_figheight(), va="top")
        figure.text(0.01, 0.01, view.caption, color=theme.ink, fontsize=7, wrap=True)
    height = figure.get_figheight()  # inches, for title and caption keep their height whatever the number of panels
    _fit(figure, (0, 0.25 / height, 1, 1 - 0.3 / height) if captioned else (0, 0, 1, 1))
    return list(zip(panels, view.series.variables))


LEAST_DAYS = 4
"""Shown beside a record at least: over fewer days the axis would count hours."""


def _show_whole_record(panel: Any, days: Any) -> None:
    """Let the time axis reach over all days that have a file, also where a cell has no retrieval on most of them."""
    first, last = mdates.date2num(days[[0, -1]])
    beside = max(0.01 * (last - first), LEAST_DAYS)
    panel.set_xlim(first - beside, last + beside)


def _fit(figure: Figure, box: tuple[float, float, float, float]) -> None:
    """Let the panels fill a part of the figure: left, bottom, right, top as shares."""
    margins = {"pad": 0.6, "h_pad": 0.3, "rect": box}
    if hasattr(figure, "set_layout_engine"):
        figure.set_layout_engine("tight", **margins)
    else:  # before matplotlib 3.6
        figure.set_tight_layout(margins)


def _draw_panel(panel: Any, view: SeriesView, variable: Variable, theme: Theme) -> None:
    colour = theme.curve(variable)
    kept, reason = view.series.under(variable, view.criteria)
    raw = view.series.values[variable.id]
    rejected = np.where((reason != 0) & np.isfinite(raw), raw, np.nan)
    days = view.series.dates
    size = 4.5 if days.size < 800 else 3.0
    _draw_line(panel, days, kept, colour)
    panel.plot(
        days,
        rejected,
        "o",
        markersize=size,
        markerfacecolor="none",
        markeredgecolor=colour,
        markeredgewidth=0.7,
        alpha=theme.rejected_alpha,
        label="rejected",
    )
    panel.plot(days, kept, "o", markersize=size, color=colour, markeredgewidth=0, label="kept")
    if view.map_day is not None:
        panel.axvline(np.datetime64(view.map_day), color=MAP_DAY_COLOUR, linewidth=1.2)
    if not np.isfinite(raw).any():
        panel.text(
            0.5, 0.5, "no retrieval at this cell", transform=panel.transAxes, ha="center", va="center", color=theme.ink
        )
    between = "\n" if len(view.series.variables) < 4 else " "
    units = f"{between}({variable.units})" if variable.units not in ("", "–", "-") else ""
    panel.set_ylabel(f"{SHORT_TITLES.get(variable.id, variable.id)}{units}", color=theme.ink, fontsize=8)
    panel.set_facecolor(theme.paper)
    panel.tick_params(colors=theme.ink, labelsize=8)
    panel.grid(True, color=theme.grid, linewidth=0.5)
    for spine in panel.spines.values():
        spine.set_color(theme.grid)
    panel.margins(x=0.01, y=0.12)


def _draw_line(panel: Any, days: Any, kept: Any, colour: str) -> None:
    """Join kept values that lie close in time; a longer gap stays open."""
    there = np.isfinite(kept)
    when, what = days[there], kept[there].astype(float)
    if when.size < 2:
        return
    breaks = np.flatnonzero(np.diff(when).astype(np.int64) > LONGEST_STEP_DAYS) + 1
    panel.plot(
        np.insert(when, breaks, when[breaks]),
        np.insert(what, breaks, np.nan),
        "-",
        color=colour,
        linewidth=0.8,
        alpha=0.5,
    )


class SeriesCanvas(FigureCanvasQTAgg):
    """The plot on the screen: hover tells, a click names a day."""

    day_clicked = pyqtSignal(object)  # dt.date
    hovered = pyqtSignal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(Figure())
        self.setParent(parent)
        self.view: SeriesView | None = None
        self.panels: list[tuple[Any, Variable]] = []
        self._place: Any = None
        self._automatic: tuple[float, float] | None = None
        self.mpl_connect("motion_notify_event", self._moved)
        self.mpl_connect("button_release_event", self._clicked)
        # Matplotlib's own tools do the work, but their icons do not follow QGIS's themes: the plot dock has buttons for them.
        self.tools = NavigationToolbar2QT(self, parent, coordinates=False)
        self.tools.hide()

    def show_view(self, view: SeriesView | None) -> None:
        """Draw a view, keeping the user's zoom while the place stays the same."""
        zoomed = self._zoomed() if view is not None and self._place == (view.series.cell, view.series.orbit) else None
        self.view = view
        if view is None or not view.series.dates.size:
            self.figure.clear()
            self.figure.set_facecolor(self.theme().paper)
            self.panels, self._place, self._automatic = [], None, None
        else:
            self.panels = draw_series(self.figure, view, self.theme())
            self._place = view.series.cell, view.series.orbit
            self._automatic = self.panels[0][0].get_xlim()
            self.tools.update()
            if zoomed is not None:
                self.tools.push_current()
                self.panels[0][0].set_xlim(zoomed)
        self.draw_idle()

    def theme(self) -> Theme:
        """Return dark or light colours, as the user's QGIS theme is."""
        # Only the lightness: a theme made of style sheets leaves text black in the palette, on black.
        return DARK if self.palette().color(QPalette.ColorRole.Base).lightness() < 128 else LIGHT

    def _zoomed(self) -> tuple[float, float] | None:
        now = self.panels[0][0].get_xlim() if self.panels else None
        return now if now is not None and now != self._automatic else None

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
        for panel, variable in self.panels:
            if event.inaxes is panel and self.view is not None:
                index = self.view.nearest(event.xdata, variable)
                if index is None:
                    return ""
                day = float(self.view.series.dates[index].astype(np.int64))
                pixels = panel.transData.transform([(day, 0.0), (event.xdata, 0.0)])[:, 0]
                return self.view.explain(variable, index) if abs(pixels[0] - pixels[1]) <= HOVER_PIXELS else ""
        return ""

    def _clicked(self, event: Any) -> None:
        if event.button != 1 or event.inaxes is None or self.view is None or str(self.tools.mode):
            return  # while zooming or panning a click means something else
        day = self.view.nearest_day(event.xdata)
        if day is not None:
            self.day_clicked.emit(day)


def write_figure(path: Path, view: SeriesView) -> None:
    """Write the plot as PNG or SVG, by the file's ending, on white with title and caption. Whole or not at all.

    Raises BadRequest where it cannot be written.
    """
    figure = Figure(figsize=(10, 1.2 + 1.7 * len(view.series.variables)))
    FigureCanvasAgg(figure)
    draw_series(figure, view, LIGHT, captioned=True)
    with replacing(path) as part:
        figure.savefig(part, dpi=200, metadata={"Title": view.title, "Description": view.caption})
