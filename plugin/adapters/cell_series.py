# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The picked cells, and the time series at the current one. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress
from ..core.grid import Cell
from ..core.names import Orbit
from ..core.reader import Opened, Reader
from ..core.series import TimeSeries, read_series
from .stores import Stores
from .tasks import Background


@dataclass(frozen=True)
class Point:
    """A picked place: its cell, and longitude and latitude of the click in degrees."""

    cell: Cell
    lon: float
    lat: float


class CellSeries(QObject):
    """The list of picked cells and the series of the current one. Main thread; reading happens in a task."""

    points_changed = pyqtSignal(object, object)  # tuple of Point, the current Point or None
    series_changed = pyqtSignal(object)  # TimeSeries or None
    series_advanced = pyqtSignal(float, str)
    series_ended = pyqtSignal(str)  # empty, or why it ended early
    problems_found = pyqtSignal(object)  # tuple of Problem
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.points: tuple[Point, ...] = ()
        self.point: Point | None = None
        self.series: TimeSeries | None = None
        self.series_variables: tuple[str, ...] = ()
        self._reader, self._background, self._stores = reader, background, stores
        self._opened: Opened | None = None
        self._orbit: Orbit | None = None
        self._known: dict[tuple[Cell, Orbit, tuple[str, ...]], TimeSeries] = {}

    def take_archive(self, opened: Opened) -> None:
        """Go over to another archive: its cells under the same places, and no series of the archive before."""
        another_grid = self._opened is None or self._opened.recognition.grid != opened.recognition.grid
        self._opened = opened
        self._known.clear()
        self._forget_series()
        there = [variable.id for variable in opened.recognition.variables]
        kept = tuple(one for one in self.series_variables if one in there)
        self.series_variables = kept or tuple(one for one in ("SM", "VOD") if one in there) or (there[0],)
        if another_grid and self.points:
            grid = opened.recognition.grid
            moved = {point: grid.cell_at(point.lon, point.lat) for point in self.points}
            there_now = {point: replace(point, cell=cell) for point, cell in moved.items() if cell is not None}
            self.set_points(tuple(there_now.values()), there_now.get(self.point) if self.point else None)

    def update_archive(self, opened: Opened) -> None:
        """Take the same archive with fewer granules, without touching what was read."""
        self._opened = opened

    def take_orbit(self, orbit: Orbit) -> None:
        """Go over to an orbit; a plotted series is read again, for the orbits are two series."""
        before, self._orbit = self._orbit, orbit
        wanted = self.series is not None or self._background.is_running("series")
        if before is not None and before != orbit and wanted:
            self.read_point()

    def close(self) -> None:
        """Forget everything."""
        self._opened, self._orbit = None, None
        self._known.clear()
        self.set_points((), None)

    def _forget_series(self) -> None:
        """Take a series off the plot, whether it is complete or still being read."""
        self._background.cancel("series")
        self.series = None
        self.series_changed.emit(None)
        self.series_ended.emit("")

    def pick(self, cell: Cell, lon: float, lat: float) -> None:
        """Make a cell the current point, keep it in the list and read its series."""
        known = next((point for point in self.points if point.cell == cell), None)
        point = known or Point(cell, lon, lat)
        self.set_points(self.points if known else (*self.points, point), point)
        self.read_point()

    def choose_point(self, point: Point) -> None:
        """Make a kept point the current one and read its series."""
        self.set_points(self.points, point)
        self.read_point()

    def remove_point(self, point: Point) -> None:
        """Take a point out of the list."""
        left = tuple(one for one in self.points if one != point)
        self.set_points(left, self.point if self.point in left else None)

    def set_points(self, points: tuple[Point, ...], current: Point | None) -> None:
        """Set the list of points and the current one, without reading anything."""
        if current is None:
            self._forget_series()
        self.points, self.point = points, current
        self.points_changed.emit(points, current)

    def choose_series_variables(self, ids: Sequence[str]) -> None:
        """Choose the variables of the plot; the current point is read again."""
        if ids and tuple(ids) != self.series_variables:
            self.series_variables = tuple(ids)
            if self.point is not None:
                self.read_point()

    def read_point(self) -> None:
        """Read the series at the current point in the background, newest first; a later request supersedes this one."""
        opened, orbit, point = self._opened, self._orbit, self.point
        if opened is None or orbit is None or point is None:
            return
        key = point.cell, orbit, self.series_variables
        self._background.cancel("series")
        if key in self._known:
            self._series_is(self._known[key])
            self.series_ended.emit("")
            return
        variables = [opened.recognition.variable(one) for one in self.series_variables]

        def work(progress: Progress, grown: Any) -> TimeSeries:
            store = self._stores.view(opened)
            return read_series(
                self._reader, opened, point.cell, variables, orbit, progress=progress, grown=grown, store=store
            )

        def done(series: TimeSeries) -> None:
            self._known[key] = series
            self._series_is(series)
            self.series_ended.emit("")
            self.problems_found.emit(series.problems)

        def failed(error: Exception) -> None:
            self.series_ended.emit(str(error) or "Cancelled")
            self.failed.emit(error)

        self.series = None
        self.series_changed.emit(None)
        self.series_advanced.emit(0.0, "")
        self._background.start(
            "series",
            f"Time series at row {point.cell.row}, column {point.cell.col}",
            work,
            done,
            failed,
            self._series_is,
            self.series_advanced.emit,
        )

    def read_unread_point(self) -> None:
        """Read the series of the current point unless that is there, or under way."""
        if self.point is not None and self.series is None and not self._background.is_running("series"):
            self.read_point()

    def cancel_series(self) -> None:
        """Stop reading; what has been read stays."""
        if self._background.cancel("series"):
            read = self.series.dates.size if self.series is not None else 0
            self.series_ended.emit(f"Cancelled: {read:,} days were read.")

    def _series_is(self, series: TimeSeries) -> None:
        self.series = series
        self.series_changed.emit(series)
