# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A span of days dragged in the plot, shown until it is cleared, and dragged again as a whole or by one end. Imports no matplotlib."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .picture import Picture
from .theme import CURRENT

GRAB_PIXELS = 6
CLICK_PIXELS = 3


class WindowTool(QObject):
    """The window of a canvas; while `active`, dragging with the left button makes or moves it. Days are whole, both ends included."""

    dragged = pyqtSignal(object, object)  # first and last day, dt.date
    cleared = pyqtSignal()

    def __init__(self, canvas: Any) -> None:
        super().__init__(canvas)
        self.active = False
        self.span: tuple[float, float] | None = None
        self._canvas = canvas
        self._grip: _Grip | None = None
        self._drawn: tuple[Any, list[Any]] = None, []
        canvas.mpl_connect("button_press_event", self._press)
        canvas.mpl_connect("motion_notify_event", self._move)
        canvas.mpl_connect("button_release_event", self._release)

    def clear(self) -> None:
        """Show no window any more."""
        if self.span is not None:
            self.span, self._grip = None, None
            self._canvas.redraw_marks()
            self.cleared.emit()

    def marks(self, drawing: Picture) -> list[Any]:
        """Return the artists of the window in a picture; none where there is no window or no time axis."""
        if self.span is None or drawing.time_axis is None:
            return []
        if self._drawn[0] is not drawing:
            panels = [mark.axes for mark in drawing.marks]  # two axes may share a place
            spans = [
                panel.axvspan(0, 1, color=CURRENT.name(), alpha=0.18, linewidth=0, animated=True) for panel in panels
            ]
            self._drawn = drawing, spans
        first, last = self.span
        for artist in self._drawn[1]:
            low, high = first - 0.5, last + 0.5
            if hasattr(artist, "set_bounds"):  # a rectangle, from matplotlib 3.9 on
                artist.set_bounds(low, 0, high - low, 1)
            else:
                artist.set_xy([[low, 0], [low, 1], [high, 1], [high, 0]])
        return self._drawn[1]

    def _day(self, event: Any) -> float | None:
        """Return the day number under the mouse, also beside the panels; None where the picture has no time axis."""
        drawing = self._canvas.drawing
        if drawing is None or drawing.time_axis is None:
            return None
        return float(drawing.time_axis.transData.inverted().transform((event.x, event.y))[0])

    @property
    def is_dragging(self) -> bool:
        """Whether the mouse is dragging, and not merely pressed."""
        return self._grip is not None and self._grip.moved

    def _press(self, event: Any) -> None:
        day = self._day(event)
        if not self.active or event.button != 1 or event.inaxes is None or day is None:
            return
        beside = (
            self._canvas.drawing.time_axis.transData.inverted().transform((event.x + GRAB_PIXELS, event.y))[0] - day
        )
        self._grip = _Grip(event.x, float(np.round(day)))
        if self.span is not None:
            first, last = self.span
            if abs(day - first) <= beside:
                self._grip.stays = last
            elif abs(day - last) <= beside:
                self._grip.stays = first
            elif first < day < last:
                self._grip.whole = first - day, last - first

    def _move(self, event: Any) -> None:
        day, grip = self._day(event), self._grip
        if grip is None or day is None:
            return
        grip.moved = grip.moved or abs(event.x - grip.pressed) > CLICK_PIXELS
        if not grip.moved:
            return
        if grip.whole is not None:
            first = float(np.round(day + grip.whole[0]))
            self.span = first, first + grip.whole[1]
        else:
            first, last = sorted((grip.stays, float(np.round(day))))
            self.span = first, last
        self._canvas.redraw_marks()

    def _release(self, event: Any) -> None:
        if self._grip is None or event.button != 1:
            return
        self._move(event)
        moved, self._grip = self._grip.moved, None
        if moved and self.span is not None:
            self.dragged.emit(*(_date(day) for day in self.span))


@dataclass
class _Grip:
    """How the mouse holds the window, from pressing to releasing it: at one end while the other `stays`, or the `whole`: offset and length."""

    pressed: float
    stays: float
    whole: tuple[float, float] | None = None
    moved: bool = False


def _date(day: float) -> dt.date:
    date: dt.date = np.datetime64(int(day), "D").item()
    return date
