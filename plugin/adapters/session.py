# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The session: which archive is open and what the map shows of it. Starts the background work; knows no widget."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import ONE_DAY, Problem, Progress, scan
from ..core.assembly import without
from ..core.composite import Statistic
from ..core.corrections import Corrections
from ..core.demo import make_demo
from ..core.engine import Engine
from ..core.errors import BadRequest, ChangedFile, SmosIbError
from ..core.first_look import glance
from ..core.grid import M25KM
from ..core.names import Orbit
from ..core.quality import PROVIDER
from ..core.reader import Opened
from ..core.steps import Step, Unit
from .cell_series import CellSeries
from .day_map import DayMap, Recipe
from .engines import make_reader
from .land import Land
from .layer_cache import LayerCache
from .map_source import MapSource
from .selection import Selection
from .stores import Stores
from .tasks import Background

DEMO_LAST = dt.date(2024, 8, 31)
DEMO_DAYS = 60
DAYS_AHEAD = 6
"""Made ahead in the direction of travel: more than half a second of playing."""


class Session(QObject):
    """The opened archive and the selection; `cells` are the picked cells. Main thread; reading happens in tasks."""

    opened_changed = pyqtSignal(object)  # Opened, or None
    corrected = pyqtSignal(object)  # Opened, read as the user just decided
    selection_changed = pyqtSignal(object)  # Selection
    day_ready = pyqtSignal(object)  # DayMap
    busy = pyqtSignal(str)  # what is going on with the archive, empty when nothing is
    failed = pyqtSignal(object)  # Exception
    told = pyqtSignal(str)

    def __init__(
        self,
        engine: Engine,
        background: Background,
        cache: LayerCache,
        is_drawing: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.land = Land()
        self.reader = make_reader(engine, self.land)
        self.stores = Stores(engine)
        self.opened: Opened | None = None
        self.selection: Selection | None = None
        self.shown: DayMap | None = None
        self.default_criteria = PROVIDER
        self._engine, self._background, self.cache = engine, background, cache
        self._travelling: Step | None = None
        self._changed: Path | None = None
        self.maps = MapSource(self.reader, background, cache, is_drawing, self)
        self.maps.feed.ready.connect(self._map_is_ready)
        self.maps.feed.failed.connect(self._map_failed)
        self.cells = CellSeries(self.reader, background, self.stores, self)
        self.cells.failed.connect(self.failed)
        self.cells.problems_found.connect(self.exclude)

    # The archive

    def open_folder(
        self, folder: Path, corrections: Corrections, wanted: Selection | None = None, must_fit: bool = False
    ) -> None:
        """Catalogue a folder and learn what it is, in the background; then show its newest day, or what is `wanted`.

        Where it cannot be read with what was corrected for it once, it is without, and that is said; unless the corrections `must_fit`.
        """

        def work(progress: Progress, grown: Any) -> Opened:
            archive = scan(folder, progress)
            try:
                return self.reader.learn(archive, corrections, progress)
            except SmosIbError as error:
                if must_fit or not corrections:
                    raise
                opened = self.reader.learn(archive, Corrections(), progress)
                note = f"What was corrected for this folder is not applied, for with it: {error}"
                return replace(opened, notes=(note, *opened.notes))

        def done(opened: Opened) -> None:
            if must_fit:
                self.corrected.emit(opened)
            self._take(opened)
            self._choose_first(opened, wanted)
            self._check_files(opened)

        self._archive_task(f"Opening {folder.name}", work, done)

    def rescan(self) -> None:
        """Look at the folder again: new, changed and removed files."""
        before = self.opened
        if before is None:
            return

        def work(progress: Progress, grown: Any) -> Opened:
            return self.reader.learn(scan(before.archive.root, progress), before.recognition.corrections, progress)

        def done(opened: Opened) -> None:
            changes = opened.archive.changes_since(before.archive)
            was_plotted, chosen = self.cells.series is not None, self.selection
            self._take(opened)
            self._choose_first(opened, chosen)
            if was_plotted:
                self.cells.read_point()
            self._check_files(opened)
            self.told.emit(f"Rescan of {opened.archive.root.name}: {changes if changes else 'nothing has changed'}.")

        self._archive_task(f"Rescanning {before.archive.root.name}", work, done)

    def correct(self, corrections: Corrections) -> None:
        """Recognise the archive again with what the user corrected."""
        if self.opened is not None:
            self.open_folder(self.opened.archive.root, corrections, self.selection, must_fit=True)

    def open_demo(self, folder: Path) -> None:
        """Make the synthetic archive where it is missing, then open it."""

        def work(progress: Progress, grown: Any) -> Opened:
            mask = self.land(M25KM)
            if mask is None:
                raise BadRequest(
                    "The demo needs QGIS's world map, which this installation lacks.",
                    "Choose a folder of daily files instead.",
                )
            make_demo(self._engine, folder, mask, DEMO_LAST - (DEMO_DAYS - 1) * ONE_DAY, DEMO_LAST, progress=progress)
            return self.reader.learn(scan(folder, progress), Corrections(), progress)

        def done(opened: Opened) -> None:
            self._take(opened)
            self._choose_first(opened, None)

        self._archive_task("Making the synthetic demo archive", work, done)

    def close(self) -> None:
        """Forget everything; for a new project."""
        for kind in ("archive", "check", "missing"):
            self._background.cancel(kind)
        self.maps.take(None)
        self.opened, self.selection, self.shown = None, None, None
        self.cells.close()
        self.busy.emit("")
        self.opened_changed.emit(None)

    def _archive_task(self, title: str, work: Any, done: Any) -> None:
        self.busy.emit(title)
        self._background.cancel("check")

        def ended(result: Any) -> None:
            self.busy.emit("")
            done(result)

        def failed(error: Exception) -> None:
            self.busy.emit("")
            self.failed.emit(error)

        self._background.start(
            "archive",
            title,
            work,
            ended,
            failed,
            advanced=lambda share, what: self.busy.emit(f"{title} · {share:.0%} {what}"),
        )

    def _take(self, opened: Opened) -> None:
        self.opened, self.selection = opened, None  # what was chosen may not be there any more
        self.maps.take(opened)
        self.cells.take_archive(opened)
        self.opened_changed.emit(opened)

    def _choose_first(self, opened: Opened, wanted: Selection | None) -> None:
        """Choose what was wanted as far as it is there, else the newest day of the first orbit and variable."""
        archive, criteria = opened.archive, wanted.criteria if wanted else self.default_criteria
        newest = max(archive.granules, key=lambda one: (one.date, one.orbit is Orbit.ASCENDING))
        orbit = wanted.orbit if wanted and wanted.orbit in archive.orbits else newest.orbit
        variable = (
            wanted.variable
            if wanted and opened.recognition.find(wanted.variable)
            else opened.recognition.variables[0].id
        )
        self.selection = None
        if wanted and wanted.last and archive.granules_of(orbit, wanted.date, wanted.last):
            self.select(replace(wanted, variable=variable, orbit=orbit))
            return
        date = (archive.nearest(wanted.date, orbit) if wanted else None) or newest.date
        if wanted and date != wanted.date:
            self.told.emit(f"{wanted.date} has no file that can be used any more; {date} is shown, the nearest day.")
        self.select(
            Selection(variable, orbit, date, criteria, statistic=wanted.statistic if wanted else Statistic.MEAN)
        )

    def _check_files(self, opened: Opened) -> None:
        """Look at the first bytes of every file in the background, so that broken downloads are listed before they are needed."""

        def work(progress: Progress, grown: Any) -> list[Problem]:
            problems = []
            files = [file for granule in opened.archive.granules for file in granule.files]
            for number, file in enumerate(files):
                progress(number / len(files), file.path.name)
                try:
                    glance(file.path)
                except SmosIbError as error:
                    problems.append(Problem.of(file.path, error))
            return problems

        self._background.start("check", "Checking the daily files", work, self.exclude, self.failed.emit)

    def exclude(self, problems: Sequence[Problem]) -> None:
        """Take unusable granules out of the archive and list them."""
        damaged = [problem for problem in problems if problem.damaged]
        if self.opened is None or not damaged:
            return
        archive = without(self.opened.archive, damaged)
        if archive.granules:
            self.opened = self.maps.opened = replace(self.opened, archive=archive)
            self.cells.update_archive(self.opened)
            self.opened_changed.emit(self.opened)

    # The map

    def select(self, selection: Selection) -> None:
        """Choose what the map shows; it follows in the background."""
        if self.opened is None or selection == self.selection:
            return
        self.selection = selection
        self.selection_changed.emit(selection)
        self.show_day()
        self.cells.take_orbit(selection.orbit)

    def change(self, **parts: Any) -> None:
        """Choose anew in part, by the fields of `Selection`. A day without a granule becomes the nearest one; a period stays as it is."""
        if self.opened is None or self.selection is None:
            return
        chosen = replace(self.selection, **parts)
        day = chosen.date if chosen.last else self._day_with_file(chosen) or chosen.date
        self.select(replace(chosen, date=day))
        if day != chosen.date:  # the dock shows the day that was asked for
            self.selection_changed.emit(self.selection)
            orbit = "" if chosen.orbit is Orbit.UNKNOWN else f" of the {chosen.orbit.title} orbit"
            self.told.emit(f"There is no file{orbit} for {chosen.date}; {day} is the nearest day that has one.")

    def _day_with_file(self, chosen: Selection) -> dt.date | None:
        """Return the day itself, or the nearest one; a step of one day into a gap crosses it."""
        if self.opened is None or self.selection is None:
            return None
        archive, step = self.opened.archive, chosen.date - self.selection.date
        nearest = archive.nearest(chosen.date, chosen.orbit)
        if nearest != chosen.date and abs(step) == ONE_DAY:
            return archive.step(chosen.date, chosen.orbit, forward=step > dt.timedelta(0)) or nearest
        return nearest

    def show_range(self, first: dt.date, last: dt.date) -> bool:
        """Show a day, or a longer period as a composite; return False, and change nothing, where no day of it has a granule."""
        if self.opened is None or self.selection is None:
            return False
        if not self.opened.archive.granules_of(self.selection.orbit, first, last):
            return False
        self.change(date=first, last=last if last > first else None)
        return True

    def step(self, step: Step) -> bool:
        """Go a step through time, to a day that has a granule; return False where there is none that way."""
        if self.opened is None or self.selection is None:
            return False
        begin = self.selection.last if step.forward and self.selection.last else self.selection.date
        day = self._beyond(begin, step)
        if day is None:
            return False
        self._travelling = step
        self.change(date=day, last=None)
        self._travelling = None
        return True

    def _beyond(self, day: dt.date, step: Step) -> dt.date | None:
        opened, selection = self.opened, self.selection
        if opened is None or selection is None:
            return None
        series = self.cells.series if step.unit is Unit.KEPT else None
        kept = series.kept_days(selection.variable, selection.criteria) if series is not None else ()
        return step.of(opened.archive, selection.orbit, day, kept)

    def show_day(self) -> None:
        """Let the map be made and `day_ready` be said. A later request supersedes this one."""
        opened, selection = self.opened, self.selection
        if opened is None or selection is None:
            return
        root, step = opened.archive.root, self._travelling
        steps = [step] if step else [Step(Unit.DAY, True), Step(Unit.DAY, False)]
        days = [] if selection.last else [day for one in steps for day in self._days_along(one)]
        ahead = [replace(selection, date=day).recipe(root) for day in days]
        self.maps.feed.want(selection.recipe(root), ahead, step is not None)

    def _days_along(self, step: Step) -> list[dt.date]:
        days: list[dt.date] = []
        day = self.selection.date if self.selection else None
        while day is not None and len(days) < DAYS_AHEAD:
            day = self._beyond(day, step)
            days += [day] if day else []
        return days

    def _map_is_ready(self, shown: DayMap) -> None:
        self.shown, self._changed = shown, None
        self.day_ready.emit(shown)

    def _map_failed(self, recipe: Recipe, error: Exception) -> None:
        if self.opened is None:
            return
        if isinstance(error, ChangedFile) and error.path != self._changed:
            self._changed = error.path  # once: a file that is being written changes again and again
            self.told.emit(f"{error.sentence} The folder is looked at again.")
            self.rescan()
            return
        self.failed.emit(error)
        self._step_back(recipe, error)

    def _step_back(self, recipe: Recipe, error: Exception) -> None:
        """Return to what the map still shows, so that map and dock never differ; a damaged granule leaves the archive."""
        if self.opened is None:
            return
        if self.shown is not None and self.shown.recipe.folder == self.opened.archive.root:
            self.selection = Selection.of(self.shown.recipe)
        if isinstance(error, SmosIbError) and recipe.last is None:
            granules = self.opened.archive.granules_of(
                recipe.orbit, recipe.date, recipe.date
            )  # unless found bad meanwhile
            self.exclude([Problem.of(granule.path, error) for granule in granules])
        if self.selection is not None:
            self.selection_changed.emit(self.selection)
