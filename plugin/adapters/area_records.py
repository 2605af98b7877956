# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The series of the kept areas' means: what is read of them, held and drawn under what is chosen. Knows no widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.area_reading import HELD_BYTES, iterate_areas
from ..core.analysis.areas import Area, AreaSeries
from ..core.analysis.other_series import OtherSeries
from ..core.archive import Progress
from ..core.names import Orbit
from ..core.points import POINT_COLOURS
from ..core.quality import QualityCriteria
from ..core.reader import Opened, Reader
from .kept_area import KeptArea, drawings
from .stores import Stores
from .tasks import Background

REPORT_EVERY_S = 2.0
MOST_AT_ONCE = 300_000
"""Retrievals whose means are made on the main thread, in some 50 ms: a dragged limit is followed. More take a task."""


@dataclass(frozen=True)
class Wish:
    """What all series are to be of. Without a variable nothing is read."""

    orbit: Orbit
    criteria: QualityCriteria
    variables: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Means:
    """The series of one area, and what is drawn of it under the wish."""

    series: AreaSeries
    wish: Wish
    others: tuple[OtherSeries, ...]

    @classmethod
    def of(cls, series: AreaSeries, wish: Wish) -> _Means:
        """Return a series with what is drawn of it, in any colour (in any thread)."""
        return cls(series, wish, tuple(drawings(series, wish.criteria, POINT_COLOURS[0][0])))

    def of_area(self, kept: KeptArea, area: Area, dark: bool) -> _Means:
        """Return the same with the area's name and colour of now."""
        colour = kept.shade(dark)
        if self.series.area is area and all((one.name, one.colour) == (kept.name, colour) for one in self.others):
            return self
        others = tuple(replace(one, name=kept.name, colour=colour) for one in self.others)
        return replace(self, series=replace(self.series, area=area), others=others)


class AreaRecords(QObject):
    """The series of the areas of a list, by their ids. Main thread; they are read in tasks, and the latest request wins.

    An area is *wanted* once the user has added or shown it: without a store reading takes minutes. All that are missing are read together.
    """

    changed = pyqtSignal(object)  # tuple of OtherSeries: those of shown areas under the wish
    advanced = pyqtSignal(float, str)
    ended = pyqtSignal(str)  # empty, or why it ended early
    problems_found = pyqtSignal(object)  # tuple of Problem
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._background, self._stores = reader, background, stores
        self.wish: Wish | None = None
        self._opened: Opened | None = None
        self._areas: tuple[KeptArea, ...] = ()
        self._dark = False
        self._known: dict[int, _Means] = {}
        self._wanted: set[int] = set()
        self._reading: tuple[tuple[int, ...], Wish] | None = None
        self._told: tuple[OtherSeries, ...] = ()

    @property
    def complete(self) -> tuple[AreaSeries, ...]:
        """The series of shown areas that are wholly read under the wish, in the order of the list."""
        return tuple(means.series for means in self._current() if means.series.is_complete)

    def _current(self) -> list[_Means]:
        known = (self._known.get(one.shape.id) for one in self._areas if not one.hidden)
        return [means for means in known if means is not None and means.wish == self.wish]

    def take(self, opened: Opened, wish: Wish) -> None:
        """Go over to what is chosen now; `read` reads what is not known of that."""
        if self._opened is None or opened.recognition is not self._opened.recognition:
            self._known.clear()
            self._background.cancel("areas")
        self._opened, self.wish = opened, wish

    def close(self) -> None:
        """Forget everything."""
        self._background.cancel("areas")
        self._opened, self.wish = None, None
        self.follow((), self._dark)

    def follow(self, areas: tuple[KeptArea, ...], dark: bool) -> None:
        """Go over to another list, other names, other colours. What is known of other cells than an area has now is forgotten."""
        self._areas, self._dark = areas, dark
        self._wanted &= {one.shape.id for one in areas}
        known, self._known = self._known, {}
        self._keep(known.values())

    def _keep(self, made: Iterable[_Means]) -> None:
        """Keep series of areas that are on the list, and tell."""
        listed = {one.shape.id: one for one in self._areas}
        for means in made:
            kept = listed.get(means.series.area.id)
            if kept is not None and kept.area is not None and kept.area.grid == means.series.area.grid:
                self._known[kept.shape.id] = means.of_area(kept, kept.area, self._dark)
        self._tell()

    def _tell(self) -> None:
        """Tell what is to be drawn, unless it is what was told last."""
        others = tuple(other for means in self._current() for other in means.others)
        if len(others) != len(self._told) or any(one is not same for one, same in zip(others, self._told)):
            self._told = others
            self.changed.emit(others)

    # Reading

    def want(self, ids: Iterable[int]) -> None:
        """Read these areas, as far as they are shown."""
        self._wanted.update(ids)
        self.read()

    def cancel(self) -> bool:
        """Stop reading; what has not been read is read when it is wanted again. Return whether anything was being read."""
        was_reading = self._background.cancel("areas")
        if was_reading and self._reading:
            self._wanted -= set(self._reading[0])
        return was_reading

    def _missing(self, wish: Wish) -> list[KeptArea]:
        """Return wanted, shown areas whose series is not known whole under the wish."""
        return [
            one
            for one in self._areas
            if one.area is not None
            and one.shape.id in self._wanted
            and not one.hidden
            and wish.variables
            and not ((known := self._known.get(one.shape.id)) and known.wish == wish and known.series.is_complete)
        ]

    def read(self) -> None:
        """Make what is wanted and not known; this supersedes what is being made, unless it is the same."""
        wish, opened = self.wish, self._opened
        if wish is None or opened is None:
            return
        held = [series for one in self._missing(wish) if (series := self._held(one, wish)) is not None]
        if sum(series.held.days.size for series in held if series.held is not None) <= MOST_AT_ONCE:
            self._keep([_Means.of(series, wish) for series in held])
            held = []
        else:
            self._tell()
        missing = self._missing(wish)
        request = tuple(one.shape.id for one in missing), wish
        if missing and request == self._reading and self._background.is_running("areas"):
            return
        was_reading = self._background.cancel("areas")
        self._reading = request
        if missing:
            self._start(opened, wish, held, missing)
        elif was_reading:
            self.ended.emit("")

    def _held(self, area: KeptArea, wish: Wish) -> AreaSeries | None:
        """Return the series of an area if it tells what is wished without being read again."""
        known = self._known.get(area.shape.id)
        if known is None or not known.series.is_complete:
            return None
        same = (known.wish.orbit, known.wish.variables) == (wish.orbit, wish.variables)
        return known.series if same and known.series.tells(wish.criteria) else None

    def _start(self, opened: Opened, wish: Wish, held: Sequence[AreaSeries], missing: Sequence[KeptArea]) -> None:
        variables = [opened.recognition.variable(one) for one in wish.variables]
        is_held = {series.area.id for series in held}
        areas = [one.area for one in missing if one.area is not None and one.shape.id not in is_held]
        read_anew = {area.id for area in areas}
        room = HELD_BYTES - sum(one.series.held_bytes for number, one in self._known.items() if number not in read_anew)
        self.advanced.emit(0.0, "")

        def work(progress: Progress, grown: Callable[[Any], None]) -> list[_Means]:
            made = []
            for series in held:
                progress(0.0, series.area.name)
                made.append(_Means.of(series, wish))
            if not areas:
                return made
            grown(list(made))
            store, last = self._stores.view(opened), time.monotonic()
            records: list[AreaSeries] = []
            for records in iterate_areas(
                self._reader, opened, areas, variables, wish.orbit, wish.criteria, None, None, progress, store, room
            ):
                if not records[0].is_complete and time.monotonic() - last >= REPORT_EVERY_S:
                    grown([_Means.of(series, wish) for series in records])
                    last = time.monotonic()
            return [*made, *(_Means.of(series, wish) for series in records)]

        def done(made: list[_Means]) -> None:
            self._keep(made)
            self.ended.emit("")
            self.problems_found.emit(made[-1].series.problems)

        def failed(error: Exception) -> None:
            self._wanted -= {one.shape.id for one in missing}
            self.ended.emit(str(error) or "Cancelled")
            self.failed.emit(error)

        title = f"Area means of {missing[0].name}" if len(missing) == 1 else f"Means of {len(missing)} areas"
        self._background.start("areas", title, work, done, failed, self._keep, self.advanced.emit)
