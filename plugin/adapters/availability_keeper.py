# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counting every day's retrievals in the background, whenever nothing else is to be done. Knows no widget.

A task that waits takes one of the few threads that QGIS has for all tasks. So this one never waits: as soon as other work begins it ends,
after the file that it is reading, and a new one goes on when the others have been done for a moment.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..core.archive import Granule, Progress
from ..core.availability import LandAvailability
from ..core.day import DayRetrievals
from ..core.errors import BadRequest, SmosIbError
from ..core.learning import day_rule
from ..core.names import Orbit
from ..core.quality import QualityCriteria
from ..core.reader import Opened, Reader
from ..core.tally import Tallies, Tally
from ..core.tally_file import load_tallies, save_tallies, tally_path
from ..core.variables import Variable
from .tasks import Background

KIND = "availability"
YIELDS_TO = (
    "archive",
    "check",
    "day",
    "series",
    "prefetch",
    "missing",
    "store",
    "store state",
    "store estimate",
    "difference",
    "temporal",
    "audit",
)
"""The kinds of background work that go first."""
CALM_MS = 400
"""How long nothing else must have been done."""
GROW_S, GROW_SHARE = 0.5, 0.05
"""What was counted is handed over this often, and less often where handing it over would take more than this share of the time."""
REST_S = 0.005
TURN_S = 4.0
"""How long a task counts at most: the end of one that took longer is announced by QGIS 3.22 in its message bar."""
SAVE_EVERY = 300


@dataclass(frozen=True, eq=False)
class Counted:
    """What is known of an archive's variable and orbit. `problems` tell why a day's file cannot be read; `unsaved` days are in no file yet."""

    tallies: Tallies = field(default_factory=Tallies.none)
    problems: Mapping[dt.date, str] = field(default_factory=dict)
    unsaved: int = 0
    is_loaded: bool = False
    is_complete: bool = False


@dataclass(frozen=True, eq=False)
class _Subject:
    """What is counted, and where that is kept."""

    opened: Opened
    variable: Variable
    orbit: Orbit
    path: Path

    @property
    def granules(self) -> list[Granule]:
        return self.opened.archive.granules_of(self.orbit)


class AvailabilityKeeper(QObject):
    """Main thread; reading happens in tasks."""

    changed = pyqtSignal(object)  # Tallies: more days are known; some moments apart, and when all are
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, folder: Path, parent: QObject | None = None) -> None:
        """Keep what is counted in a folder of the cache."""
        super().__init__(parent)
        self._reader, self._background, self.folder = reader, background, folder
        self._subject: _Subject | None = None
        self._counted = Counted()
        self._near = dt.date.min
        self._taken: dict[Granule, Tally] = {}
        self._go = threading.Event()
        self._go.set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)

    @property
    def tallies(self) -> Tallies:
        """What is known so far."""
        return self._counted.tallies

    @property
    def is_complete(self) -> bool:
        """True once every file was counted or found bad."""
        return self._counted.is_complete

    def fill(self, opened: Opened, variable: str, orbit: Orbit, day: dt.date) -> None:
        """Count the days of a variable (its id) and orbit, those near to `day` first. The archive may be another one, or have changed."""
        what = opened.recognition.variable(variable)
        subject = _Subject(opened, what, orbit, tally_path(self.folder, opened, what, orbit))
        same = self._subject is not None and self._subject.path == subject.path
        if same and self._subject is not None and self._subject.opened is opened:
            self.show_day(day)
            return
        self._stop()
        self._near = day
        self._subject = subject
        self._counted = replace(self._counted, problems={}, is_complete=False) if same else Counted()
        if not same:
            self._taken = {}
            self.changed.emit(self.tallies)
        self._timer.start(CALM_MS)

    def show_day(self, day: dt.date) -> None:
        """Go on with the days near to this one."""
        self._near = day

    def take(self, day: DayRetrievals, tally: Tally) -> None:
        """Take the count of a day that was read and counted for something else."""
        subject, counted, granule = self._subject, self._counted, day.granule
        if subject is None or counted.is_complete or granule in self._taken:
            return
        if (day.variable, granule.orbit) != (subject.variable, subject.orbit):
            return
        if (
            subject.opened.archive.root in granule.path.parents
            and np.datetime64(granule.date) not in counted.tallies.days
        ):
            self._taken[granule] = tally

    def pause(self) -> None:
        """Read nothing more until `resume`; the file that is being read comes to its end."""
        self._go.clear()
        self._timer.stop()

    def resume(self) -> None:
        """Go on when nothing else has been done for a moment."""
        self._go.set()
        self._timer.start(CALM_MS)

    def close(self) -> None:
        """Forget the archive; what was not saved is counted again next time."""
        self._stop()
        self._subject, self._counted = None, Counted()
        self._taken = {}

    def availability(self, criteria: QualityCriteria, land_cells: int | None = None) -> LandAvailability | None:
        """Return what is known of each day under some criteria, in some milliseconds; None without an archive."""
        if self._subject is None or self._subject.orbit not in self._subject.opened.archive.orbits:
            return None
        archive, orbit = self._subject.opened.archive, self._subject.orbit
        problems = {**_excluded(self._subject.opened, orbit), **self._counted.problems}
        return LandAvailability.of(archive, orbit, self.tallies, criteria, land_cells, problems)

    def _stop(self) -> None:
        self._timer.stop()
        self._background.cancel(KIND)

    def _others_work(self) -> bool:
        return any(self._background.is_running(kind) for kind in YIELDS_TO)

    def _go_on(self) -> None:
        subject = self._subject
        if subject is None or self._counted.is_complete or not self._go.is_set() or self._background.is_running(KIND):
            return
        if self._others_work():
            self._timer.start(CALM_MS)
            return
        filling = _Filling(self._reader, subject, self._counted, self._taken, lambda: self._near, self._must_end)
        self._background.start(
            KIND, "Looking at what there is on each day", filling.run, self._ended, self._failed, self._is, quiet=True
        )

    def _must_end(self) -> bool:
        return not self._go.is_set() or self._others_work()

    def _is(self, counted: Counted) -> None:
        before, self._counted = self._counted, counted
        more = before.tallies is not counted.tallies or len(before.problems) != len(counted.problems)
        if more or counted.is_complete:
            self.changed.emit(counted.tallies)

    def _ended(self, counted: Counted) -> None:
        self._is(counted)
        if not counted.is_complete:
            self._timer.start(CALM_MS)

    def _failed(self, error: Exception) -> None:
        self.failed.emit(error)


def _excluded(opened: Opened, orbit: Orbit) -> dict[dt.date, str]:
    """Return why the damaged files are not used, by the day that their names tell as the user reads them."""
    archive, corrections = opened.archive, opened.recognition.corrections
    tells_day = day_rule(corrections)
    problems = ((tells_day(one.path.name), one) for one in archive.problems if one.damaged)
    return {day: one.reason for day, one in problems if day and not archive.granules_of(orbit, day, day)}


class _Filling:
    """Counts day by day until all are known or it must end (in a task)."""

    def __init__(
        self,
        reader: Reader,
        subject: _Subject,
        counted: Counted,
        taken: dict[Granule, Tally],
        near: Callable[[], dt.date],
        must_end: Callable[[], bool],
    ) -> None:
        self._reader, self._subject, self._taken = reader, subject, taken
        self._near, self._must_end = near, must_end
        self._tallies, self._problems = counted.tallies, dict(counted.problems)
        self._unsaved, self._is_loaded = counted.unsaved, counted.is_loaded
        self._new: dict[Granule, Tally] = {}
        self._cost, self._may_save = 0.0, True

    def run(self, progress: Progress, grown: Callable[[Any], None]) -> Counted:
        granules = self._subject.granules
        if not self._is_loaded:
            self._tallies, self._is_loaded = load_tallies(self._subject.path), True
        self._tallies = self._tallies.only(self._tallies.current(granules))
        numbers = np.array([one.date.toordinal() for one in granules])
        left = ~np.isin(np.array([one.date for one in granules], "datetime64[D]"), self._tallies.days)
        left &= [one.date not in self._problems for one in granules]
        grown(self._so_far(False))
        begun = said = time.monotonic()
        while left.any() and not self._must_end() and time.monotonic() - begun < TURN_S:
            progress(1 - left.mean(), "")
            at = int(np.argmin(np.where(left, np.abs(numbers - self._near().toordinal()), np.inf)))
            self._count(granules[at])
            left[at] = False
            if time.monotonic() - said >= max(GROW_S, self._cost / GROW_SHARE):
                self._join()
                grown(self._so_far(False))
                said = time.monotonic()
            if self._may_save and self._unsaved + len(self._new) >= SAVE_EVERY:
                self._save()
            time.sleep(REST_S)  # for the interface, and for whoever waits for the netCDF library
        self._join()
        if not left.any() and self._unsaved and self._may_save:
            self._save()
        return self._so_far(not left.any())

    def _count(self, granule: Granule) -> None:
        tally = self._taken.pop(granule, None)
        if tally is None:
            try:
                subject = self._subject
                tally = Tally.of_day(self._reader.retrievals(granule, subject.opened.recognition, subject.variable))
            except SmosIbError as error:
                self._problems[granule.date] = str(error)
                return
        self._new[granule] = tally

    def _join(self) -> None:
        if not self._new:
            return
        began = time.monotonic()
        self._tallies = self._tallies.with_days(self._new)
        self._unsaved += len(self._new)
        self._new = {}
        self._cost = time.monotonic() - began

    def _save(self) -> None:
        self._join()
        try:
            save_tallies(self._subject.path, self._tallies)
        except BadRequest:
            self._may_save = False  # no room: nothing depends on it, and another try would take time for each file
            return
        self._unsaved = 0

    def _so_far(self, is_complete: bool) -> Counted:
        return Counted(self._tallies, dict(self._problems), self._unsaved, self._is_loaded, is_complete)
