# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stations, the other orbit and another archive: from their files to the comparison with the current cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qgis.core import QgsApplication, QgsProject

from ..adapters.comparisons import Comparisons
from ..adapters.exports import comparison_text, write_text
from ..adapters.station_layer import show_stations, zoom_to_stations
from ..adapters.stations import Stations
from ..core.corrections import Corrections
from .house import House
from .series import SeriesWiring


class StationsWiring:
    """The loaded stations, and what the current cell is compared with. Main thread."""

    def __init__(self, house: House, series: SeriesWiring, corrections: Callable[[Path], Corrections]) -> None:
        self._house, self._series = house, series
        self.stations = Stations(house.background, house.session)
        self.comparisons = Comparisons(house.session, house.background, corrections, house.session)

    def wire(self) -> None:
        """Connect the tab *Stations* with the stations, the comparisons and the plot."""
        panel, stations, project = self._house.dock.stations, self.stations, QgsProject.instance()
        panel.files_chosen.connect(stations.load)
        panel.stations_removed.connect(stations.remove)
        panel.zoom_requested.connect(lambda: zoom_to_stations(self._house.iface.mapCanvas()))
        panel.station_chosen.connect(lambda station: self._house.plot_dock.setUserVisible(True))
        panel.cancel_requested.connect(stations.cancel)
        stations.changed.connect(lambda there: panel.show_stations(there, stations.unread))
        stations.changed.connect(show_stations)
        stations.advanced.connect(panel.reading.show_progress)
        stations.ended.connect(lambda: panel.reading.show_ended(""))
        stations.told.connect(self._house.messages.info)
        stations.warned.connect(self._house.messages.warning)
        stations.failed.connect(self._house.messages.error)
        self._house.listen(project.cleared, stations.close)
        self._house.listen(project.readProject, stations.restore)
        self._house.listen(project.writeProject, stations.remember)
        self._wire_comparisons()

    def _wire_comparisons(self) -> None:
        panel, comparisons, session = self._house.dock.stations.agreement, self.comparisons, self._house.session
        self._house.dock.stations.station_chosen.connect(comparisons.choose_station)
        panel.variable_chosen.connect(comparisons.choose_variable)
        panel.day_value_chosen.connect(comparisons.choose_day_value)
        panel.orbit_wanted.connect(comparisons.want_orbit)
        panel.archive_chosen.connect(comparisons.open_archive)
        panel.archive_closed.connect(comparisons.close_archive)
        panel.cancel_requested.connect(comparisons.cancel)
        panel.copy_requested.connect(self._copy_pairs)
        panel.export_requested.connect(self._export_pairs)
        comparisons.changed.connect(panel.show_compared)
        comparisons.changed.connect(lambda compared: self._house.dock.stations.show_chosen(compared.station))
        comparisons.others_changed.connect(lambda others: self._series.show_others("stations", others))
        comparisons.advanced.connect(panel.reading.show_progress)
        comparisons.ended.connect(lambda: panel.reading.show_ended(""))
        comparisons.problems_found.connect(session.exclude)
        comparisons.told.connect(self._house.messages.info)
        comparisons.failed.connect(self._house.messages.error)
        self.stations.changed.connect(comparisons.take_stations)
        session.opened_changed.connect(comparisons.take_archive)
        session.cells.series_changed.connect(lambda curves: comparisons.update())
        session.day_ready.connect(lambda shown: comparisons.take_choice())  # with the map, as the plot

    def pairs_text(self) -> str | None:
        """Return the shown pairs and results as CSV, None where there are none."""
        made = self.comparisons.compared
        if made.basis is None or not made.results:
            return None
        return comparison_text(made.results, made.basis.series, made.basis.criteria, made.basis.opened)

    def _copy_pairs(self) -> None:
        text = self.pairs_text()
        if text is not None:
            QgsApplication.clipboard().setText(text)
            self._house.messages.success("On the clipboard: pairs and results as CSV.")

    def _export_pairs(self, path: Path) -> None:
        text = self.pairs_text()
        if text is not None:
            self._house.actions.export(path, lambda progress, grown: write_text(path, text))
