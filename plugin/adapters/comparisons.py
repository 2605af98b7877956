# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The current cell against a station, the other orbit and another archive, under the current criteria. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.comparison import Comparison, Reference, compare, series_reference, station_reference
from ..core.analysis.pairing import DayValue
from ..core.analysis.stations import Station
from ..core.archive import Progress, scan
from ..core.corrections import Corrections
from ..core.errors import BadRequest, SmosIbError
from ..core.grid import Cell
from ..core.names import Orbit
from ..core.points import Place
from ..core.quality import QualityCriteria
from ..core.reader import Opened
from ..core.series import TimeSeries, read_series
from ..core.variables import Variable
from .session import Session
from .tasks import Background

READING, OPENING = "comparison", "comparison archive"
STATION_COLOUR, ORBIT_COLOUR, ARCHIVE_COLOUR = "#d55e00", "#009e73", "#cc79a7"
"""Of Okabe and Ito's; they can be told apart on light and on dark paper."""


@dataclass(frozen=True)
class _Wanted:
    """A record that is read for a comparison."""

    root: Path
    cell: Cell
    orbit: Orbit
    variable: str


@dataclass(frozen=True, eq=False)
class Compared:
    """All results of the moment: of which variables one can choose, the chosen one, the comparisons, and why others are missing."""

    variables: tuple[Variable, ...] = ()
    variable: Variable | None = None
    results: tuple[Comparison, ...] = ()
    lacking: tuple[str, ...] = ()
    has_other_orbit: bool = False
    with_orbit: bool = False
    archive: Path | None = None


class Comparisons(QObject):
    """Keeps results in step with cell, criteria and choice. Main thread; records are read in a task and kept while the archive is open."""

    changed = pyqtSignal(object)  # Compared
    others_changed = pyqtSignal(object)  # tuple of OtherSeries, for the plot
    advanced = pyqtSignal(float, str)
    ended = pyqtSignal()
    told = pyqtSignal(str)
    failed = pyqtSignal(object)  # Exception

    def __init__(
        self,
        session: Session,
        background: Background,
        corrections: Callable[[Path], Corrections],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.station: Station | None = None
        self.day_value = DayValue.MEAN
        self.compared = Compared()
        self._session, self._background, self._corrections = session, background, corrections
        self._variable = "SM"
        self._with_orbit = False
        self._other: Opened | None = None
        self._known: dict[_Wanted, TimeSeries | str] = {}
        self._drawn: tuple[object, ...] = ()
        self._reading: tuple[_Wanted, ...] = ()
        self._under: tuple[Orbit, QualityCriteria] | None = None  # what the results are of

    # What the user wants

    def choose_station(self, station: Station) -> None:
        """Make the cell that a station lies in the current point, and compare the two."""
        opened = self._session.opened
        if opened is None:
            self.told.emit(
                "Choose a folder of daily files first; then a station can be compared with the cell it lies in."
            )
            return
        self.station = station
        if opened.recognition.find(station.quantity) is not None:
            self._variable = station.quantity
        cells = self._session.cells
        if opened.recognition.find(self._variable) is not None and self._variable not in cells.series_variables:
            cells.choose_series_variables((*cells.series_variables, self._variable))
        cells.add_places([Place(station.lon, station.lat, station.name)])
        self.update()

    def keep_stations(self, stations: tuple[Station, ...]) -> None:
        """Go on without the chosen station where it is no longer in the list."""
        if self.station is not None and self.station not in stations:
            self.station = None
            self.update()

    def choose_variable(self, variable: str) -> None:
        """Choose which of the plot's variables is compared."""
        self._variable = variable
        self.update()

    def choose_day_value(self, day_value: DayValue) -> None:
        """Choose what stands for a station's day."""
        self.day_value = day_value
        self.update()

    def want_orbit(self, wanted: bool) -> None:
        """Compare with the other orbit, or no longer."""
        self._with_orbit = wanted
        self.update()

    def open_archive(self, folder: Path) -> None:
        """Compare with another archive: look what it is, then read its record of the current cell."""
        reader, corrections = self._session.reader, self._corrections(folder)
        self.advanced.emit(0.0, folder.name)

        def work(progress: Progress, grown: Any) -> Opened:
            return reader.learn(scan(folder, progress), corrections, progress)

        self._background.start(
            OPENING, f"Opening {folder.name}", work, self._take_archive, self._ended_badly, advanced=self.advanced.emit
        )

    def close_archive(self) -> None:
        """Compare with no other archive."""
        self._background.cancel(OPENING)
        self._other = None
        self.update()

    def cancel(self) -> None:
        """Stop reading; what is missing is read when it is wanted again."""
        stopped = [self._background.cancel(kind) for kind in (OPENING, READING)]
        if any(stopped):
            self._with_orbit, self._other = False, None
            self.ended.emit()
            self.update()

    # What has happened

    def take_archive(self, opened: Opened | None) -> None:
        """Go over to another archive, or to the same with fewer or more files."""
        self._known.clear()
        self._background.cancel(READING)
        self.ended.emit()
        if opened is None:
            self.station, self._other, self._with_orbit = None, None, False
        self.update()

    def _take_archive(self, other: Opened) -> None:
        self.ended.emit()
        self._other = other
        self.update()

    def _ended_badly(self, error: Exception) -> None:
        self.ended.emit()
        self.failed.emit(error)
        self.update()

    def take_choice(self) -> None:
        """Compare anew if another orbit or other criteria were chosen; on another day the results are the same."""
        if self._choice() != self._under:
            self.update()

    def _choice(self) -> tuple[Orbit, QualityCriteria] | None:
        chosen = self._session.selection
        return (chosen.orbit, chosen.criteria) if chosen is not None else None

    # Results

    def update(self) -> None:
        """Compare anew, with what is known; what is missing is read in the background."""
        self._under = self._choice()
        self.compared = self._compare()
        self.changed.emit(self.compared)
        references = [one.reference for one in self.compared.results]
        drawn = tuple(
            part
            for one in references
            for part in (one.name, one.rule, one.variable, one.days.size, one.values.tobytes())
        )
        if drawn != self._drawn:
            self._drawn = drawn
            self.others_changed.emit(tuple(one.other_series for one in references))

    def _compare(self) -> Compared:
        session, series = self._session, self._session.cells.series
        opened, selection = session.opened, session.selection
        if opened is None or selection is None:
            return Compared()
        orbits = [one for one in opened.archive.orbits if one is not selection.orbit]
        archive = self._other.archive.root if self._other is not None else None
        variables = tuple(
            one for one in opened.recognition.variables if one.id in session.cells.series_variables and not one.is_bits
        )
        chosen = next((one for one in variables if one.id == self._variable), variables[0] if variables else None)
        if series is None or chosen is None or chosen.id not in series.values:
            return Compared(variables, chosen, (), (), bool(orbits), self._with_orbit, archive)
        lacking: list[str] = []
        wanted: list[tuple[Opened, _Wanted]] = []
        results = []
        for make in self._references(opened, series, chosen, wanted):
            try:
                reference = make()
            except SmosIbError as error:
                lacking.append(str(error))
                continue
            if reference is not None:
                results.append(compare(series, selection.criteria, reference))
        self._read(wanted)
        return Compared(variables, chosen, tuple(results), tuple(lacking), bool(orbits), self._with_orbit, archive)

    def _references(
        self, opened: Opened, series: TimeSeries, variable: Variable, wanted: list[tuple[Opened, _Wanted]]
    ) -> Iterator[Callable[[], Reference | None]]:
        """Yield what makes each reference: None while it is read, then it is put among those `wanted`. They raise SmosIbError."""
        station = self.station
        if station is not None and series.grid.cell_at(station.lon, station.lat) == series.cell:
            yield lambda: station_reference(station, variable, self.day_value, series.orbit, STATION_COLOUR)
        other = next((one for one in opened.archive.orbits if one is not series.orbit), None)
        if self._with_orbit and other is not None:
            title = f"{other.title.capitalize()} orbit"
            yield lambda: self._of_series(
                opened, series.cell, other, variable, title, f"the {other.title} orbit", ORBIT_COLOUR, wanted
            )
        if self._other is not None:
            yield lambda: self._of_archive(series, variable, wanted)

    def _of_archive(
        self, series: TimeSeries, variable: Variable, wanted: list[tuple[Opened, _Wanted]]
    ) -> Reference | None:
        other = self._other
        if other is None:
            return None
        name, orbits = other.archive.root.name, other.archive.orbits
        if other.recognition.find(variable.id) is None:
            raise BadRequest(f"{name} has no {variable.id}.", "Choose another variable to compare.")
        if series.orbit not in orbits and len(orbits) > 1:
            raise BadRequest(f"{name} has two orbits, and this archive does not tell its own.", "")
        orbit = series.orbit if series.orbit in orbits else orbits[0]
        cell = other.recognition.grid.cell_at(*series.grid.centre(series.cell))
        if cell is None:
            raise BadRequest(f"The cell lies outside the grid of {name}.", "")
        what = f"{other.recognition.product.title} in {name}, {orbit.title}"
        made = self._of_series(other, cell, orbit, variable, name, what, ARCHIVE_COLOUR, wanted)
        if made is None:
            return None
        sources = (*made.sources, ("folder", str(other.archive.root)))
        return replace(made, sources=sources, citations=other.recognition.product.citations)

    def _of_series(
        self,
        opened: Opened,
        cell: Cell,
        orbit: Orbit,
        variable: Variable,
        name: str,
        what: str,
        colour: str,
        wanted: list[tuple[Opened, _Wanted]],
    ) -> Reference | None:
        selection = self._session.selection
        key = _Wanted(opened.archive.root, cell, orbit, variable.id)
        known = self._known.get(key)
        if isinstance(known, str):
            raise BadRequest(known)
        if known is None or selection is None:
            wanted.append((opened, key))
            return None
        return series_reference(known, variable, selection.criteria, name, what, colour)

    # Reading

    def _read(self, wanted: list[tuple[Opened, _Wanted]]) -> None:
        """Read records in the background, unless they are being read."""
        keys = tuple(key for _, key in wanted)
        if not keys:
            if self._background.cancel(READING):
                self.ended.emit()
            return
        if self._background.is_running(READING) and keys == self._reading:
            return
        self._reading = keys
        reader, stores = self._session.reader, self._session.stores

        def work(progress: Progress, grown: Any) -> dict[_Wanted, TimeSeries | str]:
            found: dict[_Wanted, TimeSeries | str] = {}
            for number, (opened, key) in enumerate(wanted):

                def report(share: float, what: str, number: int = number) -> None:
                    progress((number + share) / len(wanted), what)

                variables = [opened.recognition.variable(key.variable)]
                try:
                    found[key] = read_series(
                        reader, opened, key.cell, variables, key.orbit, progress=report, store=stores.view(opened)
                    )
                except SmosIbError as error:
                    found[key] = str(error)
            return found

        def done(found: dict[_Wanted, TimeSeries | str]) -> None:
            self._known.update(found)
            self.ended.emit()
            self.update()

        def failed(error: Exception) -> None:
            self._with_orbit, self._other = False, None  # else it would be read again at once
            self._ended_badly(error)

        self.advanced.emit(0.0, "")
        self._background.start(
            READING, "Reading what the cell is compared with", work, done, failed, advanced=self.advanced.emit
        )
