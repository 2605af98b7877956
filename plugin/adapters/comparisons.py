# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The current cell against a station, the other orbit and another archive, under the current criteria. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.analysis.comparison import Reference, compare, series_reference, station_reference
from ..core.analysis.counterparts import Counterpart, other_orbit, same_place
from ..core.analysis.pairing import DayValue
from ..core.analysis.stations import Station
from ..core.corrections import Corrections
from ..core.errors import SmosIbError
from ..core.names import Orbit
from ..core.points import Place
from ..core.quality import QualityCriteria
from ..core.reader import Opened
from ..core.series import TimeSeries
from ..core.variables import Variable
from .compared import Basis, Compared
from .comparison_choice import ComparisonChoice
from .counterpart_records import KIND as READING
from .counterpart_records import CounterpartRecords
from .kept_stations import KeptStation
from .other_archive import KIND as OPENING
from .other_archive import OtherArchive
from .session import Session
from .tasks import Background

STATION_COLOUR, ORBIT_COLOUR, ARCHIVE_COLOUR = "#d55e00", "#009e73", "#cc79a7"
"""Of Okabe and Ito's; they can be told apart on light and on dark paper."""


class Comparisons(QObject):
    """Keeps results in step with cell, criteria and choice. Main thread; archives are opened and records read in tasks."""

    changed = pyqtSignal(object)  # Compared
    others_changed = pyqtSignal(object)  # tuple of OtherSeries, for the plot
    problems_found = pyqtSignal(object)  # tuple of Problem, of the open archive
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
        self.choice = ComparisonChoice()
        self.compared = Compared()
        self._session, self._background = session, background
        self._stations: tuple[Station, ...] = ()
        self._station: Station | None = None  # the chosen one, where it is loaded
        self._opened: Opened | None = None
        self._drawn: tuple[object, ...] = ()
        self._under: tuple[Orbit, QualityCriteria] | None = None  # what the results are of
        self._other = OtherArchive(session.reader, background, corrections, self)
        self._records = CounterpartRecords(session.reader, background, session.stores, self)
        self._other.renewed.connect(self._records.forget)
        self._other.changed.connect(self._other_is)
        self._other.told.connect(self.told)
        self._records.changed.connect(self.update)
        self._records.problems_found.connect(self._tell_problems)
        for part in (self._other, self._records):
            part.advanced.connect(self.advanced)
            part.ended.connect(self._part_ended)
            part.failed.connect(self.failed)

    # What the user wants

    def choose_station(self, station: Station) -> None:
        """Make the cell that a station lies in the current point, and compare the two."""
        opened = self._session.opened
        if opened is None:
            self.told.emit(
                "Choose a folder of daily files first; then a station can be compared with the cell it lies in."
            )
            return
        self._station, self.choice = station, replace(self.choice, station=KeptStation.of(station))
        if opened.recognition.find(station.quantity) is not None:
            self.choice = replace(self.choice, variable=station.quantity)
        cells, variable = self._session.cells, self.choice.variable
        if opened.recognition.find(variable) is not None and variable not in cells.series_variables:
            cells.choose_series_variables((*cells.series_variables, variable))
        cells.add_places([Place(station.lon, station.lat, station.name)])
        self._retry()

    def choose_variable(self, variable: str) -> None:
        """Choose which of the plot's variables is compared."""
        self.choice = replace(self.choice, variable=variable)
        self._retry()

    def choose_day_value(self, day_value: DayValue) -> None:
        """Choose what stands for a station's day."""
        self.choice = replace(self.choice, day_value=day_value)
        self.update()

    def want_orbit(self, wanted: bool) -> None:
        """Compare with the other orbit, or no longer."""
        self.choice = replace(self.choice, with_orbit=wanted)
        self._retry()

    def open_archive(self, folder: Path) -> None:
        """Compare with another archive: look what it is, then read its record of the current cell. Until then the one before stays."""
        self._other.open(folder)

    def close_archive(self) -> None:
        """Compare with no other archive."""
        self._other.close()
        self._other_is()

    def cancel(self) -> None:
        """Stop opening and reading. The choice stays; what is missing is read when it is chosen anew, or another cell is."""
        self._other.cancel()
        self._records.cancel()

    def bring_back(self, choice: ComparisonChoice) -> None:
        """Choose what a project remembers; its archive is opened once the project's own is, its station compared once it is loaded."""
        self.choice = choice
        self._other.remember(choice.archive)
        self._find_station()
        self.update()

    def _retry(self) -> None:
        self._records.retry()
        self.update()

    # What has happened

    def take_stations(self, stations: tuple[Station, ...]) -> None:
        """Go on with these loaded stations: without the chosen one where it is not among them, with it where it comes again."""
        before, self._stations = self._station, stations
        self._find_station()
        if self._station is not before:
            self.update()

    def take_archive(self, opened: Opened | None) -> None:
        """Go over to another archive, or to the same with fewer or more files."""
        before, self._opened = self._opened, opened
        # Where only unusable files were taken out of it, what was read of the others is still true.
        is_new = opened is None or before is None or opened.recognition is not before.recognition
        if is_new:
            self._records.forget()
        if opened is None:
            self.choice, self._station = ComparisonChoice(), None
            self._other.close()
        else:
            self._other.open_remembered(again=is_new)
        self.update()

    def take_choice(self) -> None:
        """Compare anew if another orbit or other criteria were chosen; on another day the results are the same."""
        if self._selected() != self._under:
            self.update()

    def _selected(self) -> tuple[Orbit, QualityCriteria] | None:
        chosen = self._session.selection
        return (chosen.orbit, chosen.criteria) if chosen is not None else None

    def _find_station(self) -> None:
        wanted = self.choice.station
        there = self._stations if wanted is not None else ()
        self._station = next((one for one in there if KeptStation.of(one) == wanted), None)

    def _other_is(self) -> None:
        self.choice = replace(self.choice, archive=self._other.folder)
        self._retry()

    def _part_ended(self) -> None:
        if not any(map(self._background.is_running, (OPENING, READING))):
            self.ended.emit()

    def _tell_problems(self, root: Path, record: TimeSeries) -> None:
        if self._opened is not None and root == self._opened.archive.root:
            self.problems_found.emit(record.problems)
        else:
            self.told.emit(f"{len(record.problems):,} of {record.wanted:,} files of {root.name} could not be read.")

    # Results

    def update(self) -> None:
        """Compare anew, with what is known; what is missing is read in the background."""
        self._under = self._selected()
        wanted: list[Counterpart] = []
        self.compared = self._compare(wanted)
        self._records.read(wanted, self.compared.variable.id if self.compared.variable is not None else "")
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

    def _compare(self, wanted: list[Counterpart]) -> Compared:
        """Return the results; counterparts whose record is not read yet are put among those `wanted`."""
        opened, selection, cells = self._opened, self._session.selection, self._session.cells
        nothing = Compared(self.choice, self._station)
        if opened is None or selection is None:
            return nothing
        variables = tuple(
            one for one in opened.recognition.variables if one.id in cells.series_variables and not one.is_bits
        )
        chosen = next((one for one in variables if one.id == self.choice.variable), next(iter(variables), None))
        has_other_orbit = any(one is not selection.orbit for one in opened.archive.orbits)
        nothing = replace(nothing, variables=variables, variable=chosen, has_other_orbit=has_other_orbit)
        series = cells.series
        if series is None or chosen is None or chosen.id not in series.values:
            return replace(nothing, lacking=self._not_plotted(opened))
        basis = Basis(opened, series, selection.criteria)
        results, lacking = [], [basis.unread, self._other.lacking]
        for make in self._references(basis, chosen, wanted):
            try:
                reference = make()
            except SmosIbError as error:
                lacking.append(str(error))
                continue
            if reference is not None:
                results.append(compare(series, basis.criteria, reference))
        return replace(nothing, basis=basis, results=tuple(results), lacking=tuple(filter(None, lacking)))

    def _references(
        self, basis: Basis, variable: Variable, wanted: list[Counterpart]
    ) -> Iterator[Callable[[], Reference | None]]:
        """Yield what makes each reference: None while it is read, then it is put among those `wanted`. They raise SmosIbError."""
        series, station, other = basis.series, self._station, self._other.opened

        def of(counterpart: Counterpart | None) -> Reference | None:
            record = self._records.get(counterpart, variable.id) if counterpart is not None else None
            if counterpart is not None and record is None:
                wanted.append(counterpart)
            if counterpart is None or record is None:
                return None
            return series_reference(record, variable, basis.criteria, counterpart)

        if station is not None and series.grid.cell_at(station.lon, station.lat) == series.cell:
            yield lambda: station_reference(station, variable, self.choice.day_value, series.orbit, STATION_COLOUR)
        if self.choice.with_orbit:
            yield lambda: of(other_orbit(basis.opened, series, ORBIT_COLOUR))
        if other is not None:
            yield lambda: of(same_place(other, series, variable, ARCHIVE_COLOUR))

    def _not_plotted(self, opened: Opened) -> tuple[str, ...]:
        """Return why there is nothing yet, where the chosen station lies in the current cell."""
        station, point = self._station, self._session.cells.point
        if station is None or point is None:
            return ()
        is_here = opened.recognition.grid.cell_at(station.lon, station.lat) == point.cell
        text = f"{station.label} is compared once its cell's series is read: click it in the list."
        return (text,) if is_here else ()
