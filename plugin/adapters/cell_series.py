# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kept points, and the time series at them. Knows no widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress
from ..core.errors import BadRequest
from ..core.grid import Cell
from ..core.names import Orbit
from ..core.points import Place, Point, add_places, free_name, new_point
from ..core.reader import Opened, Reader
from ..core.series import TimeSeries, iterate_series
from .stores import Stores
from .tasks import Background

Curve = tuple[Point, TimeSeries]
REPORT_EVERY_S = 0.1


class CellSeries(QObject):
    """The list of kept points, the series of those that were asked for, and which point is the current one. Main thread; reading happens in a task.

    What is read is kept for as long as the archive is open. A point is *wanted* once the user has chosen, added or shown it: only such
    points are read, for without a store that takes minutes; all that are missing are read together, which costs as much as one.
    """

    points_changed = pyqtSignal(object, object)  # tuple of Point, the current Point or None
    series_changed = pyqtSignal(object)  # tuple of Curve: (Point, TimeSeries), as `plotted`
    series_advanced = pyqtSignal(float, str)
    series_ended = pyqtSignal(str)  # empty, or why it ended early
    problems_found = pyqtSignal(object)  # tuple of Problem
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.points: tuple[Point, ...] = ()
        self.point: Point | None = None
        self.series_variables: tuple[str, ...] = ()
        self._reader, self._background, self._stores = reader, background, stores
        self._opened: Opened | None = None
        self._orbit: Orbit | None = None
        self._known: dict[tuple[Cell, Orbit, tuple[str, ...]], TimeSeries] = {}
        self._wanted: set[Cell] = set()
        self._reading: tuple[tuple[Cell, ...], Orbit | None, tuple[str, ...]] = (), None, ()

    # What is known

    @property
    def series(self) -> TimeSeries | None:
        """The series of the current point as far as it is read, None without one."""
        return self.series_of(self.point.cell) if self.point is not None else None

    def series_of(self, cell: Cell) -> TimeSeries | None:
        """Return the series at a cell, of the chosen orbit and variables, as far as it is read; None if nothing is."""
        return self._known.get((cell, self._orbit, self.series_variables)) if self._orbit is not None else None

    @property
    def plotted(self) -> tuple[Curve, ...]:
        """The points that are not hidden and have a series, in the order of the list, each with its series."""
        known = ((point, self.series_of(point.cell)) for point in self.points if not point.hidden)
        return tuple((point, series) for point, series in known if series is not None and series.dates.size)

    # The archive

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
            self._wanted = {now.cell for before, now in there_now.items() if before.cell in self._wanted}
            self.set_points(tuple(there_now.values()), there_now.get(self.point) if self.point else None)

    def update_archive(self, opened: Opened) -> None:
        """Take the same archive with fewer granules, without touching what was read."""
        self._opened = opened

    def take_orbit(self, orbit: Orbit) -> None:
        """Go over to an orbit; what was plotted is read again, for the orbits are two series."""
        before, was_plotted = self._orbit, bool(self.plotted) or self._background.is_running("series")
        self._orbit = orbit
        if before is not None and before != orbit and was_plotted:
            self.read_point()

    def close(self) -> None:
        """Forget everything."""
        self._opened, self._orbit = None, None
        self._known.clear()
        self._wanted.clear()
        self._forget_series()
        self.set_points((), None)

    def _forget_series(self) -> None:
        """Stop reading, and tell what is left to plot."""
        self._background.cancel("series")
        self._tell()
        self.series_ended.emit("")

    # The points

    def pick(self, cell: Cell, lon: float, lat: float) -> None:
        """Make a cell the current point, keep it in the list and read its series."""
        known = next((point for point in self.points if point.cell == cell), None)
        point = known or new_point(self.points, cell, Place(lon, lat))
        if known is None:
            self.points = (*self.points, point)
        self.choose_point(point)

    def add_places(self, places: Iterable[Place]) -> None:
        """Add a point for each place, choose the first of them and read them all; `failed` tells of places outside the grid."""
        if self._opened is None:
            return
        grid = self._opened.recognition.grid
        points, meant, outside = add_places(self.points, places, grid)
        if outside:
            several = f"{outside} of the places lie" if outside + len(meant) > 1 else "This place lies"
            self.failed.emit(BadRequest(f"{several} outside the grid {grid.name}.", f"It {grid.reach}."))
        if meant:
            self.points = tuple(replace(point, hidden=False) if point in meant else point for point in points)
            cells = {point.cell for point in meant}
            self._wanted |= cells
            self.choose_point(next(point for point in self.points if point.cell in cells))

    def choose_point(self, point: Point) -> None:
        """Make a kept point the current one, show it if it was hidden, and read its series."""
        shown = replace(point, hidden=False)
        self._wanted.add(shown.cell)
        self.set_points(tuple(shown if one == point else one for one in self.points), shown)
        self._read_wanted()

    def remove_point(self, point: Point) -> None:
        """Take a point out of the list."""
        left = tuple(one for one in self.points if one != point)
        self._wanted.discard(point.cell)
        if self._reading[0] == (point.cell,):
            self._forget_series()
        self.set_points(left, self.point if self.point in left else None)

    def rename_point(self, point: Point, name: str) -> None:
        """Give a point another name; an empty one changes nothing, a name that is taken gets a number."""
        others = [one for one in self.points if one != point]
        if name.strip() and point in self.points:
            self._change(point, replace(point, name=free_name(name, others)))

    def show_point(self, point: Point, shown: bool) -> None:
        """Show a point's curve and outline, or hide them; what is not known of a shown one is read."""
        self._change(point, replace(point, hidden=not shown))
        if shown:
            self._wanted.add(point.cell)
            self._read_wanted()

    def move_point(self, point: Point, to: int) -> None:
        """Put a point where it will be the `to`-th of the list, counted from 0."""
        others = [one for one in self.points if one != point]
        if point in self.points:
            at = max(0, min(to, len(others)))
            self.set_points((*others[:at], point, *others[at:]), self.point)

    def set_points(self, points: tuple[Point, ...], current: Point | None) -> None:
        """Set the list of points and the current one, without reading anything."""
        self.points, self.point = points, current
        self.points_changed.emit(points, current)
        self._tell()

    def _change(self, point: Point, changed: Point) -> None:
        self.set_points(
            tuple(changed if one == point else one for one in self.points),
            changed if self.point == point else self.point,
        )

    # Reading

    def choose_series_variables(self, ids: Sequence[str]) -> None:
        """Choose the variables of the plot; what was plotted is read again."""
        if ids and tuple(ids) != self.series_variables:
            self.series_variables = tuple(ids)
            self._tell()
            self.read_point()

    def read_point(self) -> None:
        """Read the series at the current point in the background, newest first, with those of the other wanted points."""
        if self.point is not None:
            self._wanted.add(self.point.cell)
        self._read_wanted()

    def read_unread_points(self) -> None:
        """Read the series of all points that are shown, unless they are there or under way; where a store makes that cheap."""
        self._wanted |= {point.cell for point in self.points if not point.hidden}
        if self._missing():
            self._read_wanted()

    def cancel_series(self) -> None:
        """Stop reading; what has been read stays, what has not is read when it is chosen again."""
        if self._background.cancel("series"):
            cells = self._reading[0]
            parts = [series for cell in cells if (series := self.series_of(cell)) is not None]
            read = max((series.dates.size for series in parts), default=0)
            self._wanted -= set(cells)
            self.series_ended.emit(f"Cancelled: {read:,} days were read.")

    def _missing(self) -> tuple[Cell, ...]:
        """Return the cells of wanted, shown points whose series is not known whole."""
        cells = dict.fromkeys(point.cell for point in self.points if point.cell in self._wanted and not point.hidden)
        return tuple(cell for cell in cells if not ((known := self.series_of(cell)) is not None and known.is_complete))

    def _read_wanted(self) -> None:
        """Read what is wanted and not known, together; this supersedes what is being read, unless it is the same."""
        opened, orbit = self._opened, self._orbit
        if opened is None or orbit is None:
            return
        missing = self._missing()
        request = missing, orbit, self.series_variables
        if missing and request == self._reading and self._background.is_running("series"):
            return
        self._background.cancel("series")
        self._reading = request
        if not missing:
            self._tell()
            self.series_ended.emit("")
            return
        self.series_advanced.emit(0.0, "")
        self._start_reading(opened, orbit, missing)

    def _start_reading(self, opened: Opened, orbit: Orbit, missing: tuple[Cell, ...]) -> None:
        variables = [opened.recognition.variable(one) for one in self.series_variables]

        def work(progress: Progress, grown: Callable[[Any], None]) -> list[TimeSeries]:
            store = self._stores.view(opened)
            report, records = _now_and_then(grown), []
            for records in iterate_series(self._reader, opened, missing, variables, orbit, None, None, progress, store):
                if not records[0].is_complete:
                    report(records)
            return records

        def done(records: list[TimeSeries]) -> None:
            self._take(records)
            self.series_ended.emit("")
            self.problems_found.emit(records[0].problems)

        def failed(error: Exception) -> None:
            self._wanted -= set(missing)
            self.series_ended.emit(str(error) or "Cancelled")
            self.failed.emit(error)

        where = f"at row {missing[0].row}, column {missing[0].col}" if len(missing) == 1 else f"at {len(missing)} cells"
        self._background.start(
            "series", f"Time series {where}", work, done, failed, self._take, self.series_advanced.emit
        )

    def _take(self, records: Sequence[TimeSeries]) -> None:
        """Take what is read so far; a curve never shrinks because its reading began anew."""
        for series in records:
            before = self.series_of(series.cell)
            if before is None or series.is_complete or series.dates.size >= before.dates.size:
                self._known[series.cell, series.orbit, self.series_variables] = series
        self._tell()

    def _tell(self) -> None:
        self.series_changed.emit(self.plotted)


def _now_and_then(grown: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a report of growing records that leaves out those which come too soon after another: no queue forms on the main thread."""
    last = -REPORT_EVERY_S

    def report(records: Any) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_EVERY_S:
            last = time.monotonic()
            grown(records)

    return report
