# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The records of daily files that a cell is compared with: read in the background, and those used last kept. Knows no widget."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.counterparts import Counterpart
from ..core.archive import Progress, one_of
from ..core.errors import BadRequest, Cancelled, SmosIbError
from ..core.grid import Cell
from ..core.names import Orbit
from ..core.reader import Reader
from ..core.series import TimeSeries, read_series
from .stores import Stores
from .tasks import Background

KIND = "comparison"
MOST_KEPT = 32
"""Records; one of fifteen years takes about 0.1 MB."""


@dataclass(frozen=True)
class _Key:
    """What is read of a counterpart."""

    root: Path
    cell: Cell
    orbit: Orbit
    variable: str

    @classmethod
    def of(cls, counterpart: Counterpart, variable: str) -> _Key:
        return cls(counterpart.opened.archive.root, counterpart.cell, counterpart.orbit, variable)


class CounterpartRecords(QObject):
    """Main thread; records are read in a task. One that could not be read is not tried again before `retry`."""

    changed = pyqtSignal()
    problems_found = pyqtSignal(object, object)  # root of the archive, TimeSeries with problems
    advanced = pyqtSignal(float, str)
    ended = pyqtSignal()
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._background, self._stores = reader, background, stores
        self._known: OrderedDict[_Key, TimeSeries | str] = OrderedDict()
        self._reading: dict[_Key, Counterpart] = {}

    def get(self, counterpart: Counterpart, variable: str) -> TimeSeries | None:
        """Return the record of a variable, None if it is not read yet. Raises BadRequest where it could not be read."""
        key = _Key.of(counterpart, variable)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
        if isinstance(known, str):
            raise BadRequest(known)
        return known

    def read(self, wanted: Sequence[Counterpart], variable: str) -> None:
        """Read records in the background, unless just these are being read; what else is being read is wanted no longer."""
        reading = {_Key.of(one, variable): one for one in wanted}
        if reading.keys() == self._reading.keys() and self._background.is_running(KIND):
            return
        was_running = self._background.cancel(KIND)
        self._reading = reading
        if reading:
            self.advanced.emit(0.0, "")
            self._start(reading)
        elif was_running:
            self.ended.emit()

    def cancel(self) -> None:
        """Stop reading; what is missing then counts as not to be read."""
        if self._background.cancel(KIND):
            self._give_up("was cancelled")
            self.ended.emit()
            self.changed.emit()

    def retry(self) -> None:
        """Let what could not be read be read again when it is wanted."""
        for key in [key for key, known in self._known.items() if isinstance(known, str)]:
            del self._known[key]

    def forget(self, root: Path | None = None) -> None:
        """Forget the records of the archive in a folder, or all; what is being read is read anew when it is wanted."""
        for key in [key for key in self._known if root in (None, key.root)]:
            del self._known[key]
        self._reading = {}

    def _start(self, wanted: dict[_Key, Counterpart]) -> None:
        reader, stores = self._reader, self._stores

        def work(progress: Progress, grown: Any) -> dict[_Key, TimeSeries | str]:
            found: dict[_Key, TimeSeries | str] = {}
            for number, (key, one) in enumerate(wanted.items()):
                report = one_of(progress, number, len(wanted))
                variables = [one.opened.recognition.variable(key.variable)]
                try:
                    store = stores.view(one.opened)
                    found[key] = read_series(
                        reader, one.opened, key.cell, variables, key.orbit, progress=report, store=store
                    )
                except SmosIbError as error:
                    found[key] = str(error)
            return found

        def failed(error: Exception) -> None:
            self._give_up("was cancelled" if isinstance(error, Cancelled) else "failed")
            self.ended.emit()
            self.failed.emit(error)
            self.changed.emit()

        title = "Reading what the cell is compared with"
        self._background.start(KIND, title, work, self._take, failed, advanced=self.advanced.emit)

    def _take(self, found: dict[_Key, TimeSeries | str]) -> None:
        self._keep(found)
        self.ended.emit()
        for key, record in found.items():
            if isinstance(record, TimeSeries) and record.problems:
                self.problems_found.emit(key.root, record)
        self.changed.emit()

    def _give_up(self, why: str) -> None:
        hint = "Choose it anew to read it, or another cell."
        self._keep({key: f"{one.name}: reading {why}. {hint}" for key, one in self._reading.items()})

    def _keep(self, found: dict[_Key, TimeSeries | str]) -> None:
        self._known.update(found)
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
