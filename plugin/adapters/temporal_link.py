# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""QGIS's temporal controller and the map: what it moves to is told as calendar days, and if linked it follows the map's days."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator

from qgis.core import QgsDateTimeRange, QgsTemporalNavigationObject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .compat import at_midnight_of, day_range, days_of_range, navigation_mode, one_day

Days = tuple[dt.date, dt.date]
"""First and last calendar day, both included."""


class TemporalLink(QObject):
    """The controller of a canvas, which may have none: then nothing happens. Main thread.

    While the controller navigates the map always follows it; the controller follows the map only while `linked`. A move that the link itself
    makes is not told, and what the map shows because the controller moved does not move the controller again.
    """

    range_moved = pyqtSignal(object, object)  # dt.date, dt.date: first and last day, both included
    navigating_changed = pyqtSignal(bool)

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.record: Days | None = None
        """First and last day of the archive: what the controller can move over once it is set up or led beyond its range."""
        self._shown: Days | None = None
        self._linked = self._busy = False
        controller = canvas.temporalController()
        self._controller = controller if isinstance(controller, QgsTemporalNavigationObject) else None
        self._navigating = self.navigating
        if self._controller is not None:
            # Said after every change of mode too. The signal that only says those cannot be connected in Python before QGIS 3.36.
            self._controller.updateTemporalRange.connect(self._moved)

    def close(self) -> None:
        """Listen no more."""
        if self._controller is not None:
            self._controller.updateTemporalRange.disconnect(self._moved)
            self._controller = None

    @property
    def available(self) -> bool:
        """Whether there is a controller."""
        return self._controller is not None

    @property
    def navigating(self) -> bool:
        """Whether the controller moves the map: it is animated, or shows a fixed range."""
        return self._is_in("Animated") or self._is_in("FixedRange")

    @property
    def linked(self) -> bool:
        """Whether the controller follows the map."""
        return self._linked

    @linked.setter
    def linked(self, linked: bool) -> None:
        self._linked = linked
        if linked and self._shown is not None:
            self.show(*self._shown)

    def show(self, first: dt.date, last: dt.date) -> None:
        """Take note of what the map shows; if linked, move the controller there. One that is off is set up in days over the record."""
        self._shown = first, last
        controller = self._controller
        if not self._linked or self._busy or controller is None:
            return
        with self._own_move():
            if not self.navigating:
                controller.setFrameDuration(one_day())
                controller.setTemporalExtents(day_range(*(self.record or self._shown)))
                controller.setNavigationMode(navigation_mode("Animated"))
            if self._is_in("FixedRange"):
                if days_of_range(controller.temporalExtents()) != self._shown:
                    controller.setTemporalExtents(day_range(first, last))
            else:
                self._show_frame(controller, first)
        self._tell_mode()

    def _show_frame(self, controller: QgsTemporalNavigationObject, day: dt.date) -> None:
        """Go to the first frame that holds a day, unless the present one does."""
        frame = controller.dateTimeRangeForFrameNumber(controller.currentFrameNumber())
        if days_of_range(frame) == self._shown or (_holds(frame, day) and not controller.temporalRangeCumulative()):
            return
        extents = days_of_range(controller.temporalExtents())
        if extents is None or not extents[0] <= day <= extents[1]:
            whole = [*(extents or ()), *(self.record or ()), day]
            controller.setTemporalExtents(day_range(min(whole), max(whole)))
        moment = max(at_midnight_of(day, controller.temporalExtents().begin()), controller.temporalExtents().begin())
        best = controller.findBestFrameNumberForFrameStart(moment)
        near = [frame for frame in (best - 1, best, best + 1) if 0 <= frame < controller.totalFrameCount()]
        holding = (frame for frame in near if _holds(controller.dateTimeRangeForFrameNumber(frame), day))
        controller.setCurrentFrameNumber(next(holding, best))

    def _moved(self, shown: QgsDateTimeRange) -> None:
        if self._busy:
            return
        self._tell_mode()
        days = days_of_range(shown) if self._navigating else None
        if days is not None and days != self._shown:
            self._shown = days
            with self._own_move():
                self.range_moved.emit(*days)

    def _tell_mode(self) -> None:
        if self._navigating != self.navigating:
            self._navigating = self.navigating
            self.navigating_changed.emit(self._navigating)

    def _is_in(self, mode: str) -> bool:
        return self._controller is not None and self._controller.navigationMode() == navigation_mode(mode)

    @contextlib.contextmanager
    def _own_move(self) -> Iterator[None]:
        """What happens meanwhile is no news in either direction."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False


def _holds(frame: QgsDateTimeRange, day: dt.date) -> bool:
    days = days_of_range(frame)
    return days is not None and days[0] <= day <= days[1]
