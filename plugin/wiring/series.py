# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The series: from a click, a point or another source of series to the plot and its exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...ui.analysis_export import AnalysisTable, analysis_table, statistics_table
from ...ui.points_panel import PointsPanel
from ...ui.series_view import SeriesView
from ..adapters.cell_outline import CellOutlines
from ..adapters.exports import export_series, provenance_of
from ..adapters.pick_tool import PickTool
from ..adapters.point_layer import add_points_layer, places_of_layer, write_points
from ..core.analysis.other_series import OtherSeries
from ..core.csv_files import write_csv
from ..core.errors import SmosIbError
from ..core.grid import Cell
from ..core.points import Point
from ..core.reader import unapplied_to_any
from .house import House


class SeriesWiring:
    """Points, their series and the plot. Main thread."""

    def __init__(self, house: House, tool: PickTool, outlines: CellOutlines) -> None:
        self._house, self._tool, self._outlines = house, tool, outlines
        self._others: dict[str, tuple[OtherSeries, ...]] = {}

    def wire(self) -> None:
        """Connect the plot dock, the list of points and the tool with the session's series."""
        plot, session, tool = self._house.plot_dock, self._house.session, self._tool
        plot.variables_chosen.connect(session.cells.choose_series_variables)
        plot.cancel_requested.connect(session.cells.cancel_series)
        plot.csv_requested.connect(self._export_csv)
        plot.figure_requested.connect(self._export_figure)
        plot.analysis_csv_requested.connect(lambda path: self._export_analysis(path, analysis_table))
        plot.statistics_csv_requested.connect(lambda path: self._export_analysis(path, statistics_table))
        tool.picked.connect(self.pick)
        tool.missed.connect(self._house.messages.info)
        self._house.dock.pick_toggled.connect(lambda active: tool.take_over() if active else tool.give_back())
        session.cells.points_changed.connect(self._points_are)
        session.cells.series_changed.connect(lambda curves: self.plot())
        session.cells.series_advanced.connect(plot.show_progress)
        session.cells.series_ended.connect(plot.show_ended)
        self._wire_points(self._house.dock.points)
        canvas = self._house.iface.mapCanvas()
        self._house.listen(canvas.mapToolSet, lambda new, old=None: self._house.dock.show_picking(new is tool))
        self._house.listen(canvas.destinationCrsChanged, self._outlines.redraw)

    def _wire_points(self, panel: PointsPanel) -> None:
        plot, cells = self._house.plot_dock, self._house.session.cells
        for wanted in (panel.point_chosen, panel.place_typed):
            wanted.connect(lambda what: plot.setUserVisible(True))
        panel.point_chosen.connect(cells.choose_point)
        panel.point_removed.connect(cells.remove_point)
        panel.point_renamed.connect(cells.rename_point)
        panel.point_shown.connect(cells.show_point)
        panel.point_moved.connect(cells.move_point)
        panel.point_hovered.connect(plot.emphasise)
        panel.place_typed.connect(lambda place: cells.add_places([place]))
        panel.layer_requested.connect(self._add_layer_points)
        panel.export_requested.connect(self._export_points)
        panel.zoom_requested.connect(self._zoom_to)

    def pick(self, cell: Cell, lon: float, lat: float) -> None:
        """Show the series of a cell that was clicked."""
        if self._house.session.opened is None:
            self._house.messages.info("Choose a folder of daily files first; then a click shows its time series.")
            return
        self._house.plot_dock.setUserVisible(True)
        self._house.session.cells.pick(cell, lon, lat)

    def _points_are(self, points: tuple[Point, ...], current: Point | None) -> None:
        grid = self._house.session.opened.recognition.grid if self._house.session.opened else self._tool.grid
        self._house.dock.show_points(grid, points, current)
        self._outlines.show(grid, points, current)

    def show_others(self, source: str, others: tuple[OtherSeries, ...]) -> None:
        """Plot the series of a source, such as areas or stations, in place of those that it gave before."""
        self._others[source] = others
        self.plot()

    def plot(self) -> None:
        """Show what there is now in the plot dock."""
        self._house.plot_dock.show_view(self.view())

    def view(self) -> SeriesView | None:
        """Return what the plot shows now, None where there is no series."""
        opened, selection, cells = self._house.session.opened, self._house.session.selection, self._house.session.cells
        others = tuple(other for given in self._others.values() for other in given)
        if not (cells.plotted or others) or opened is None or selection is None:
            return None
        recognition, span = opened.recognition, opened.archive.span(selection.orbit)
        variables = cells.plotted[0][1].variables if cells.plotted else tuple(other.variable for other in others)
        return SeriesView(
            cells.plotted,
            selection.criteria,
            self._house.session.shown.recipe.date if self._house.session.shown else None,
            recognition.synthetic,
            recognition.product,
            unapplied_to_any(variables, selection.criteria, recognition),
            cells.point,
            (span.first, span.last) if span else None,
            self._house.plot_dock.overlays,
            others,
        )

    def _zoom_to(self, point: Point) -> None:
        if self._house.session.opened is not None:
            self._outlines.zoom_to(self._house.session.opened.recognition.grid, point.cell)

    def _add_layer_points(self) -> None:
        try:
            places = places_of_layer(self._house.iface.activeLayer())
        except SmosIbError as error:
            self._house.messages.error(error)
            return
        self._house.plot_dock.setUserVisible(True)
        self._house.session.cells.add_places(places)

    def _export_points(self, path: Path) -> None:
        points = self._house.session.cells.points
        self._house.actions.export(
            path, lambda progress, grown: write_points(path, points), lambda: add_points_layer(path)
        )

    def _export_csv(self, path: Path) -> None:
        view, opened = self.view(), self._house.session.opened
        if view is not None and view.curves and opened is not None:
            self._house.actions.export(
                path,
                lambda progress, grown: export_series(path, view.curves, view.criteria, view.unapplied, opened),
            )

    def _export_analysis(self, path: Path, table: Callable[[SeriesView], AnalysisTable]) -> None:
        """Write the analysis of the plot, or its statistics, with where they come from."""
        view, opened = self._house.plot_dock.view, self._house.session.opened
        if view is None or opened is None:
            return

        def write(progress: Any, grown: Any) -> None:
            columns, rows = table(view)
            write_csv(
                path, [*view.about, *provenance_of(view.curves, view.criteria, view.unapplied, opened)], columns, rows
            )

        self._house.actions.export(path, write)

    def _export_figure(self, path: Path) -> None:
        view = self._house.plot_dock.view
        if view is None:
            return
        self._house.actions.export(path, lambda progress, grown: self._house.plot_dock.write_figure(path, view))
