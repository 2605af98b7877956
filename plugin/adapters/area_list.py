# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kept areas, and the series of their means. Knows no widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.area_reading import iterate_areas
from ..core.analysis.areas import Area, AreaSeries
from ..core.analysis.other_series import OtherSeries
from ..core.archive import Progress
from ..core.errors import BadRequest
from ..core.names import Orbit
from ..core.points import POINT_COLOURS, free_name
from ..core.quality import QualityCriteria
from ..core.reader import Opened, Reader
from .area_layer import AreaShape
from .kept_area import KeptArea, drawings, find_areas, next_colour
from .stores import Stores
from .tasks import Background

REPORT_EVERY_S = 2.0
MOST_AT_ONCE = 300_000
"""Retrievals whose means are made on the main thread, in some 50 ms: a dragged limit is followed. More take a task."""


@dataclass(frozen=True)
class _Wish:
    """What all series are to be of."""

    orbit: Orbit
    criteria: QualityCriteria
    variables: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Means:
    """The series of one area, and what is drawn of it under the wish."""

    series: AreaSeries
    wish: _Wish
    others: tuple[OtherSeries, ...]


class AreaList(QObject):
    """The list of kept areas and their series. Main thread; cells are found and series read in tasks, and the latest request wins.

    An area is *wanted* once the user has added or shown it: without a store reading takes minutes. All that are missing are read together.
    """

    areas_changed = pyqtSignal(object)  # tuple of KeptArea
    series_changed = pyqtSignal(object)  # tuple of OtherSeries: those of shown areas under the criteria in force
    advanced = pyqtSignal(float, str)
    ended = pyqtSignal(str)  # empty, or why it ended early
    problems_found = pyqtSignal(object)  # tuple of Problem
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.areas: tuple[KeptArea, ...] = ()
        self.dark = False
        self._reader, self._background, self._stores = reader, background, stores
        self._opened: Opened | None = None
        self._wish: _Wish | None = None
        self._known: dict[int, _Means] = {}
        self._wanted: set[int] = set()
        self._reading: tuple[tuple[int, ...], _Wish] | None = None
        self._told: tuple[OtherSeries, ...] = ()
        self._new: tuple[KeptArea, ...] = ()  # to be listed once their cells are known
        self._last_number = 0

    # What is shown

    @property
    def records(self) -> tuple[AreaSeries, ...]:
        """The complete series of shown areas under the criteria in force, in the order of the list."""
        return tuple(means.series for means in self._current() if means.series.is_complete)

    def _current(self) -> list[_Means]:
        known = (self._known.get(one.shape.id) for one in self.areas if not one.hidden)
        return [means for means in known if means is not None and means.wish == self._wish]

    # The archive and what is chosen of it

    def take(self, opened: Opened | None, orbit: Orbit, criteria: QualityCriteria, variables: Sequence[str]) -> None:
        """Go over to what is chosen now; only what is not known of that is read. Without an archive the list is emptied."""
        if opened is None:
            self.close()
            return
        if self._opened is None or opened.recognition is not self._opened.recognition:
            self._known.clear()
            self._background.cancel("areas")
        self._opened = opened
        self._wish = _Wish(orbit, criteria, tuple(variables))
        if self._not_on_grid() and not self._background.is_running("area cells"):
            self._place()
        self._read_wanted()

    def close(self) -> None:
        """Forget everything."""
        for kind in ("areas", "area cells"):
            self._background.cancel(kind)
        self._opened, self._wish = None, None
        self._known.clear()
        self._wanted.clear()
        self._new = ()
        self._set(())
        self.ended.emit("")

    # The list

    def free_name(self) -> str:
        """Return a name for an area that was drawn."""
        taken = {one.name for one in (*self.areas, *self._new)}
        return next(name for number in count(1) if (name := f"Area {number}") not in taken)

    def add(self, shapes: Sequence[AreaShape]) -> None:
        """Add areas and read them; `failed` tells of what is none, which is left out."""
        listed = [*self.areas, *self._new]
        for shape in shapes:
            self._last_number += 1
            named = replace(shape, id=self._last_number, name=free_name(shape.name, listed))
            listed.append(KeptArea(named, None, next_colour(listed)))
        self._new = tuple(listed[len(self.areas) :])
        self._place()

    def bring_back(self, areas: Sequence[KeptArea]) -> None:
        """Set the list anew, with areas that may be on no grid yet; their series are read when they are asked for."""
        self._known.clear()
        self._wanted.clear()
        kept = []
        for one in areas:
            self._last_number += 1
            kept.append(replace(one, shape=replace(one.shape, id=self._last_number), area=None))
        self._set(tuple(kept))
        self._place()

    def show(self, area: KeptArea, shown: bool) -> None:
        """Show an area's band and outline, or hide them; what is not known of a shown one is read."""
        if shown:
            self._wanted.add(area.shape.id)
        self._change(area, replace(area, hidden=not shown))
        self._read_wanted()

    def rename(self, area: KeptArea, name: str) -> None:
        """Give an area another name; an empty one changes nothing, a name that is taken gets a number."""
        others = [one for one in self.areas if one is not area]
        if name.strip() and area in self.areas:
            self._known.pop(area.shape.id, None)
            named = replace(area.shape, name=free_name(name, others))
            self._change(area, replace(area, shape=named, area=area.area and replace(area.area, name=named.name)))
            self._read_wanted()

    def remove(self, area: KeptArea) -> None:
        """Take an area out of the list."""
        self._known.pop(area.shape.id, None)
        self._wanted.discard(area.shape.id)
        self._set(tuple(one for one in self.areas if one is not area))
        self._read_wanted()

    def read_shown(self) -> None:
        """Read the series of all areas that are shown; where a store makes that cheap."""
        self._wanted |= {one.shape.id for one in self.areas if not one.hidden}
        self._read_wanted()

    def cancel(self) -> None:
        """Stop finding cells and reading; what has not been read is read when it is asked for again."""
        was_placing = self._background.cancel("area cells")
        self._new = ()
        if self._background.cancel("areas") or was_placing:
            self._wanted -= set(self._reading[0] if self._reading else ())
            self.ended.emit("Cancelled.")

    def redraw(self, dark: bool) -> None:
        """Take the colours for dark or for light paper."""
        if dark != self.dark:
            self.dark = dark
            shades = {one.shape.id: one.shade(dark) for one in self.areas}
            for number, means in self._known.items():
                others = tuple(replace(other, colour=shades.get(number, other.colour)) for other in means.others)
                self._known[number] = replace(means, others=others)
            self._tell()

    def _change(self, area: KeptArea, changed: KeptArea) -> None:
        self._set(tuple(changed if one is area else one for one in self.areas))

    def _set(self, areas: tuple[KeptArea, ...]) -> None:
        self.areas = areas
        self.areas_changed.emit(areas)
        self._tell()

    def _tell(self) -> None:
        """Tell what is to be drawn, unless it is what was told last."""
        others = tuple(other for means in self._current() for other in means.others)
        if len(others) != len(self._told) or any(one is not same for one, same in zip(others, self._told)):
            self._told = others
            self.series_changed.emit(others)

    # Finding the cells

    def _not_on_grid(self) -> list[KeptArea]:
        grid = self._opened.recognition.grid if self._opened is not None else None
        return [one for one in self.areas if one.area is None or one.area.grid != grid]

    def _place(self) -> None:
        """Find the cells of areas that are not on the archive's grid, and list the new ones among them."""
        opened, areas = self._opened, [*self._not_on_grid(), *self._new]
        if opened is None or not areas:
            return
        grid, context = opened.recognition.grid, QgsProject.instance().transformContext()
        self.advanced.emit(0.0, "")

        def work(progress: Progress, grown: Callable[[Any], None]) -> list[Area | BadRequest]:
            return list(find_areas([one.shape for one in areas], grid, context, progress))

        def done(found: list[Area | BadRequest]) -> None:
            self.ended.emit("")
            self._list({one.shape.id: what for one, what in zip(areas, found)})
            self._read_wanted()

        def failed(error: Exception) -> None:
            self._new = ()
            self.ended.emit("")
            self.failed.emit(error)

        self._background.start(
            "area cells", "Finding the cells of areas", work, done, failed, advanced=self.advanced.emit
        )

    def _list(self, found: dict[int, Area | BadRequest]) -> None:
        """Give areas their cells, list the new ones, and leave out what is no area on this grid."""
        listed = []
        for one in (*self.areas, *self._new):
            what = found.get(one.shape.id, one.area)
            if not isinstance(what, BadRequest):
                listed.append(replace(one, area=what and replace(what, name=one.name)))
        self._wanted |= {one.shape.id for one in self._new}
        self._new = ()
        self._set(tuple(listed))
        errors = [what for what in found.values() if isinstance(what, BadRequest)]
        if len(errors) > 1:
            self.failed.emit(BadRequest(f"{len(errors)} areas are left out. {errors[0].sentence}", errors[0].hint))
        elif errors:
            self.failed.emit(errors[0])

    # Reading

    def _missing(self) -> list[KeptArea]:
        """Return wanted, shown areas whose series is not known whole under what is wished."""
        return [
            one
            for one in self.areas
            if one.area is not None
            and one.shape.id in self._wanted
            and not one.hidden
            and not ((known := self._known.get(one.shape.id)) and known.wish == self._wish and known.series.is_complete)
        ]

    def _read_wanted(self) -> None:
        """Make what is wanted and not known; this supersedes what is being made, unless it is the same."""
        wish, opened = self._wish, self._opened
        if wish is None or opened is None:
            return
        held = [(one, series) for one in self._missing() if (series := self._held(one, wish)) is not None]
        if sum(series.held.days.size for _, series in held if series.held is not None) <= MOST_AT_ONCE:
            for one, series in held:
                self._known[one.shape.id] = self._drawn(series, wish)
            held = []
        self._tell()
        missing = self._missing()
        request = tuple(one.shape.id for one in missing), wish
        if missing and request == self._reading and self._background.is_running("areas"):
            return
        was_reading = self._background.cancel("areas")
        self._reading = request
        if missing:
            self._start(opened, wish, [series for _, series in held], missing)
        elif was_reading:
            self.ended.emit("")

    def _held(self, area: KeptArea, wish: _Wish) -> AreaSeries | None:
        """Return the series of an area if it tells what is wished without being read again."""
        known = self._known.get(area.shape.id)
        if known is None or not known.series.is_complete:
            return None
        same = (known.wish.orbit, known.wish.variables) == (wish.orbit, wish.variables)
        return known.series if same and known.series.tells(wish.criteria) else None

    def _start(self, opened: Opened, wish: _Wish, held: Sequence[AreaSeries], missing: Sequence[KeptArea]) -> None:
        variables = [opened.recognition.variable(one) for one in wish.variables]
        is_held = {series.area.id for series in held}
        areas = [one.area for one in missing if one.area is not None and one.shape.id not in is_held]
        self.advanced.emit(0.0, "")

        def work(progress: Progress, grown: Callable[[Any], None]) -> list[_Means]:
            made = []
            for series in held:
                progress(0.0, series.area.name)
                made.append(self._drawn(series, wish))
            if not areas:
                return made
            grown(list(made))
            store, last = self._stores.view(opened), time.monotonic()
            records: list[AreaSeries] = []
            for records in iterate_areas(
                self._reader, opened, areas, variables, wish.orbit, wish.criteria, None, None, progress, store
            ):
                if not records[0].is_complete and time.monotonic() - last >= REPORT_EVERY_S:
                    grown([self._drawn(series, wish) for series in records])
                    last = time.monotonic()
            return [*made, *(self._drawn(series, wish) for series in records)]

        def done(made: list[_Means]) -> None:
            self._take(made)
            self.ended.emit("")
            self.problems_found.emit(made[-1].series.problems)

        def failed(error: Exception) -> None:
            self._wanted -= {one.shape.id for one in missing}
            self.ended.emit(str(error) or "Cancelled")
            self.failed.emit(error)

        title = f"Area means of {missing[0].name}" if len(missing) == 1 else f"Means of {len(missing)} areas"
        self._background.start("areas", title, work, done, failed, self._take, self.advanced.emit)

    def _take(self, made: Sequence[_Means]) -> None:
        for means in made:
            self._known[means.series.area.id] = means
        self._tell()

    def _drawn(self, series: AreaSeries, wish: _Wish) -> _Means:
        """Return a series with what is drawn of it (in any thread)."""
        kept = next((one for one in self.areas if one.shape.id == series.area.id), None)
        colour = kept.shade(self.dark) if kept is not None else POINT_COLOURS[0][self.dark]
        return _Means(series, wish, tuple(drawings(series, wish.criteria, colour)))
