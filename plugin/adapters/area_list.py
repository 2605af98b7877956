# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept areas, and their cells on the archive's grid. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.areas import Area, AreaSeries
from ..core.archive import Progress
from ..core.errors import BadRequest
from ..core.grid import EaseGrid
from ..core.names import Orbit
from ..core.points import free_name
from ..core.quality import QualityCriteria
from ..core.reader import Opened, Reader
from .area_layer import AreaShape
from .area_records import AreaRecords, Wish
from .kept_area import KeptArea, find_areas, next_colour
from .stores import Stores
from .tasks import Background


class AreaList(QObject):
    """The list of kept areas and, by `AreaRecords`, their series. Main thread; cells are found in a task.

    The cells of an area are always those on the grid of the archive that is open. An area that has none there stays in the list.
    """

    areas_changed = pyqtSignal(object)  # tuple of KeptArea
    series_changed = pyqtSignal(object)  # tuple of OtherSeries: those of shown areas under the criteria in force
    advanced = pyqtSignal(float, str)
    ended = pyqtSignal(str)  # empty, or why it ended early
    told = pyqtSignal(str)
    problems_found = pyqtSignal(object)  # tuple of Problem
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.areas: tuple[KeptArea, ...] = ()
        self.dark = False
        self._background = background
        self._series = AreaRecords(reader, background, stores, self)
        self._series.changed.connect(self.series_changed)
        for name in ("advanced", "ended", "problems_found", "failed"):
            getattr(self._series, name).connect(getattr(self, name))
        self._grid: EaseGrid | None = None
        self._new: tuple[KeptArea, ...] = ()  # to be listed once their cells are known
        self._bits: tuple[str, ...] = ()  # chosen variables that have no mean
        self._last_number = 0

    # What is shown

    @property
    def records(self) -> tuple[AreaSeries, ...]:
        """The complete series of shown areas under `criteria`, in the order of the list."""
        return self._series.complete

    @property
    def criteria(self) -> QualityCriteria | None:
        """The criteria that the series are of, None without an archive."""
        return self._series.wish.criteria if self._series.wish is not None else None

    @property
    def unread(self) -> tuple[str, ...]:
        """The names of shown areas that are not among the `records`."""
        there = {record.area.id for record in self.records}
        return tuple(one.name for one in self.areas if not one.hidden and one.shape.id not in there)

    # The archive and what is chosen of it

    def take(self, opened: Opened | None, orbit: Orbit, criteria: QualityCriteria, variables: Sequence[str]) -> None:
        """Go over to what is chosen now; only what is not known of that is read. Without an archive the list is emptied."""
        if opened is None:
            self.close()
            return
        there = [one for name in variables if (one := opened.recognition.find(name)) is not None]
        bits = tuple(one.id for one in there if one.is_bits)
        self._series.take(opened, Wish(orbit, criteria, tuple(one.id for one in there if not one.is_bits)))
        if opened.recognition.grid != self._grid:
            self._grid = opened.recognition.grid
            self._background.cancel("area cells")
            self._set(tuple(replace(one, area=None, refused=None) for one in self.areas))
        if bits != self._bits:
            self._bits = bits
            self._tell_of_bits()
        if not self._background.is_running("area cells"):
            self._place()
        self._series.read()

    def _tell_of_bits(self) -> None:
        if self._bits and self.areas:
            self.told.emit(f"Areas show no mean of {', '.join(self._bits)}: the values are sums of bits.")

    def close(self) -> None:
        """Forget everything."""
        self._background.cancel("area cells")
        self._grid, self._new, self._bits = None, (), ()
        self._series.close()
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
        kept = []
        for one in areas:
            self._last_number += 1
            kept.append(replace(one, shape=replace(one.shape, id=self._last_number), area=None, refused=None))
        self._set(tuple(kept))
        self._place()

    def show(self, area: KeptArea, shown: bool) -> None:
        """Show an area's band and outline, or hide them; what is not known of a shown one is read."""
        self._change(area, replace(area, hidden=not shown))
        if shown and area.refused is not None:
            self.failed.emit(area.refused)
        self._series.want([area.shape.id] if shown else [])

    def rename(self, area: KeptArea, name: str) -> None:
        """Give an area another name; an empty one changes nothing, a name that is taken gets a number."""
        others = [one for one in self.areas if one is not area]
        if name.strip() and area in self.areas:
            named = replace(area.shape, name=free_name(name, others))
            self._change(area, replace(area, shape=named, area=area.area and replace(area.area, name=named.name)))

    def remove(self, area: KeptArea) -> None:
        """Take an area out of the list."""
        self._set(tuple(one for one in self.areas if one is not area))
        self._series.read()

    def read_shown(self) -> None:
        """Read the series of all areas that are shown; where a store makes that cheap."""
        self._series.want(one.shape.id for one in self.areas if not one.hidden)

    def cancel(self) -> None:
        """Stop finding cells and reading; what has not been read is read when it is asked for again."""
        was_placing = self._background.cancel("area cells")
        self._new = ()
        if self._series.cancel() or was_placing:
            self.ended.emit("Cancelled.")

    def redraw(self, dark: bool) -> None:
        """Take the colours for dark or for light paper."""
        if dark != self.dark:
            self.dark = dark
            self._series.follow(self.areas, dark)

    def _change(self, area: KeptArea, changed: KeptArea) -> None:
        self._set(tuple(changed if one is area else one for one in self.areas))

    def _set(self, areas: tuple[KeptArea, ...]) -> None:
        self.areas = areas
        self.areas_changed.emit(areas)
        self._series.follow(areas, self.dark)

    # Finding the cells

    def _place(self) -> None:
        """Find the cells of areas that are not on the archive's grid yet, and list the new ones among them."""
        grid = self._grid
        areas = [*(one for one in self.areas if one.area is None and one.refused is None), *self._new]
        if grid is None or not areas:
            return
        context = QgsProject.instance().transformContext()
        self.advanced.emit(0.0, "")

        def work(progress: Progress, grown: Callable[[Any], None]) -> list[Area | BadRequest]:
            return list(find_areas([one.shape for one in areas], grid, context, progress))

        def done(found: list[Area | BadRequest]) -> None:
            self.ended.emit("")
            self._list({one.shape.id: what for one, what in zip(areas, found)})

        def failed(error: Exception) -> None:
            self._new = ()
            self.ended.emit("")
            self.failed.emit(error)

        self._background.start(
            "area cells", "Finding the cells of areas", work, done, failed, advanced=self.advanced.emit
        )

    def _list(self, found: dict[int, Area | BadRequest]) -> None:
        """Give areas their cells and list the new ones; of these what is no area on this grid is left out. Read what is wanted."""
        new, self._new = self._new, ()
        placed = [_placed(one, found.get(one.shape.id)) for one in (*self.areas, *new)]
        is_new = {one.shape.id for one in new}
        out = [one.refused for one in placed if one.shape.id in is_new and one.refused is not None]
        stay = [one.refused for one in placed if one.shape.id in found.keys() - is_new and one.refused is not None]
        self._set(tuple(one for one in placed if one.refused is None or one.shape.id not in is_new))
        for errors, several, single in (
            (out, "areas are left out.", ""),
            (stay, "areas have no cells in this archive and stay in the list.", " It stays in the list."),
        ):
            if errors:
                before, after = (f"{len(errors)} {several} ", "") if len(errors) > 1 else ("", single)
                self.failed.emit(BadRequest(f"{before}{errors[0].sentence}{after}", errors[0].hint))
        if new:
            self._tell_of_bits()
        self._series.want(is_new)


def _placed(kept: KeptArea, found: Area | BadRequest | None) -> KeptArea:
    """Return an area with what was found of it: its cells, or why it has none."""
    if found is None:
        return kept
    if isinstance(found, BadRequest):
        return replace(kept, refused=found)
    return replace(kept, area=replace(found, name=kept.name))
