# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plot dock: the series at the kept points, their progress and their exports."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QAction,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QShortcut,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..plugin.core.errors import BadRequest
from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .analysis_bar import AnalysisBar
from .fields import icon_button, menu_button, with_ending
from .plot_analysis import PlotAnalysis
from .reading_row import ReadingRow
from .series_view import SeriesView
from .statistics_table import StatisticsTable
from .texts import escaped, tip, tr

HOW_TO_GET_MATPLOTLIB = (
    "Plots need the Python package matplotlib, which this QGIS lacks. Maps, statistics and CSV export work without it. "
    "Debian and Ubuntu: apt install python3-matplotlib. OSGeo4W: install python3-matplotlib in its setup. conda: conda install matplotlib."
)


class PlotDock(QgsDockWidget):
    """The dock `smosibPlotDock`."""

    day_clicked = pyqtSignal(object)  # dt.date
    variables_chosen = pyqtSignal(object)  # tuple of ids
    cancel_requested = pyqtSignal()
    csv_requested = pyqtSignal(object)  # Path
    figure_requested = pyqtSignal(object)  # Path
    analysis_csv_requested = pyqtSignal(object)  # Path
    statistics_csv_requested = pyqtSignal(object)  # Path
    window_dragged = pyqtSignal(object, object)  # dt.date, the first and the last day of the window

    def __init__(self, parent: Any = None) -> None:
        super().__init__(tr("Time Series"), parent)
        self.setObjectName("smosibPlotDock")
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.TopDockWidgetArea)
        self._chosen: tuple[str, ...] = ()
        self.view: SeriesView | None = None
        self.canvas: Any = None
        self._fill()
        self.show_view(None)

    def _fill(self) -> None:
        self.place = QLabel()
        self.place.setObjectName("smosibPlace")
        # A long line is cut, and told whole by its tip: the dock must not be widened by it.
        self.place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.variables = menu_button("smosibSeriesVariables", tr("Variables"))
        self.overlay = QAction(tr("Overlay Two Variables"), self)
        self.overlay.setObjectName("smosibOverlay")
        self.overlay.setCheckable(True)
        self.overlay.toggled.connect(self._overlay)
        self.export = menu_button("smosibExport", tr("Export"))
        for text, ending, signal in (
            ("CSV…", "csv", self.csv_requested),
            (tr("Analysis CSV…"), "csv", self.analysis_csv_requested),
            (tr("Statistics CSV…"), "csv", self.statistics_csv_requested),
            ("PNG…", "png", self.figure_requested),
            ("SVG…", "svg", self.figure_requested),
        ):
            action = QAction(text, self)
            action.triggered.connect(lambda checked, ending=ending, signal=signal: self._ask_file(ending, signal))
            self.export.menu().addAction(action)
        self.reading = ReadingRow("smosib", tr("Reading the time series"), 140)
        self.progress, self.cancel = self.reading.bar, self.reading.cancel
        self.cancel.clicked.connect(self.cancel_requested)
        self.rows = QVBoxLayout()
        self.rows.setContentsMargins(4, 2, 4, 2)
        self.rows.setSpacing(2)
        self.statistics_button = QToolButton(objectName="smosibStatisticsButton", text=tr("Statistics"), checkable=True)
        self.statistics_button.setToolTip(tr("Statistics of the kept values, beside the plot"))
        head = QHBoxLayout()
        head.addWidget(self.place, 1)
        for widget in (self.statistics_button, self.variables, self.export):
            head.addWidget(widget)
        self.head = head
        self.rows.addLayout(head)
        self.analysis = AnalysisBar()
        self.analysis.changed.connect(self._analyse)
        self.rows.addWidget(self.analysis)
        self.statistics = StatisticsTable()
        self.statistics.setVisible(False)
        self.statistics_button.toggled.connect(self._show_statistics)
        self.beside = QSplitter(Qt.Orientation.Horizontal)
        self.beside.setChildrenCollapsible(False)
        self.rows.addLayout(self.reading)
        self.hint = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.rows.addWidget(self.hint, 1)
        self.beside.addWidget(self.statistics)
        self.rows.addWidget(self.beside, 1)
        contents = QWidget()
        contents.setLayout(self.rows)
        self.setWidget(contents)

    def show_view(self, view: SeriesView | None) -> None:
        """Plot the series of one point or several as the analysis is chosen, or the hint on how to get one."""
        before = self.view
        if view is not None:
            self.analysis.baseline.show_record(*(day.year for day in view.days))
            view = replace(view, analysis=self.analysis.analysis)
        if view is not None and view == before and self.canvas is not None:
            return  # nothing that is seen has changed
        self.view = view
        self.statistics.show_view(view)
        self.export.setEnabled(view is not None)
        self.export.menu().actions()[0].setEnabled(view is not None and bool(view.curves))  # a table of cells' records
        self.place.setText(f"<b>{escaped(view.title)}</b>" if view else "")
        self.place.setToolTip(tip(view.title) if view else "")
        if view is not None and not self._has_canvas():
            self.hint.setText(HOW_TO_GET_MATPLOTLIB)
        elif view is None:
            self.hint.setText(
                tr(
                    "Choose <i>Extract Time Series</i> in the SMOS-IB Explorer panel, then click on the map; "
                    "or choose one of its points."
                )
            )
        shown = view is not None and self.canvas is not None
        self.hint.setVisible(not shown)
        self._show_beside()
        self.overlay.setEnabled(view is not None and len(view.curves) == 1 and len(view.variables) == 2)
        if self.canvas is not None:
            self.canvas.setVisible(shown)
            self.canvas.show_view(view)

    def show_day(self, day: dt.date | None) -> None:
        """Mark the day that the map shows; nothing else changes."""
        if self.view is not None:
            self.view = replace(self.view, map_day=day)
            if self.canvas is not None:
                self.canvas.move_day(day)

    def emphasise(self, point: Point | None) -> None:
        """Let a point's curves stand out from the others; None ends that."""
        if self.canvas is not None:
            self.canvas.emphasise(point)

    @property
    def overlays(self) -> bool:
        """Whether two variables of one point are wanted in one panel."""
        return self.overlay.isChecked()

    def _analyse(self, analysis: PlotAnalysis) -> None:
        if self.view is not None:
            self.show_view(replace(self.view, analysis=analysis))

    def _show_beside(self) -> None:
        """Show plot and table, or the table alone where there is no matplotlib."""
        wanted = self.statistics_button.isChecked()
        self.beside.setVisible(self.view is not None and (self.canvas is not None or wanted))

    def _show_statistics(self, wanted: bool) -> None:
        self.statistics.setVisible(wanted)
        self._show_beside()
        if wanted and self.beside.count() == 2:
            whole = self.beside.width()
            table = min(self.statistics.wanted_width, whole // 2)
            self.beside.setSizes([whole - table, table])

    def _overlay(self, wanted: bool) -> None:
        if self.view is not None:
            self.show_view(replace(self.view, overlay=wanted))

    def show_variables(self, variables: Sequence[Variable], chosen: Sequence[str]) -> None:
        """Offer the archive's variables for the plot."""
        menu = self.variables.menu()
        menu.clear()
        self._chosen = tuple(chosen)
        for variable in variables:
            action = QAction(variable.label, menu)
            action.setCheckable(True)
            action.setChecked(variable.id in chosen)
            action.setData(variable.id)
            action.toggled.connect(self._variables_toggled)
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction(self.overlay)

    def show_progress(self, share: float, what: str) -> None:
        """Show how far the reading is."""
        self.reading.show_progress(share, what)

    def show_ended(self, why: str) -> None:
        """Show that the reading has ended, and why if it ended early."""
        self.reading.show_ended(why)

    def write_figure(self, path: Path, view: SeriesView) -> None:
        """Write the plot as PNG or SVG, by the file's ending; for any thread. Raises BadRequest where it cannot be written."""
        try:
            from .series_plot import write_figure
        except ImportError as error:
            raise BadRequest(HOW_TO_GET_MATPLOTLIB) from error
        write_figure(path, view)

    @staticmethod
    def load_plotting() -> None:
        """Load matplotlib ahead of the first plot, which takes it up to seconds; for any thread."""
        with contextlib.suppress(ImportError):  # then the dock says how to get it when a plot is wanted
            from . import series_plot  # noqa: F401

    def _has_canvas(self) -> bool:
        """Make the plot when it is first needed; matplotlib takes a second to load and may be missing."""
        if self.canvas is None:
            try:
                from .series_plot import SeriesCanvas
            except ImportError:
                return False
            self.canvas = SeriesCanvas(self)
            self.canvas.setObjectName("smosibPlot")
            self.canvas.setAccessibleName(tr("Plot of the time series"))
            self.canvas.setMinimumHeight(90)
            self.canvas.day_clicked.connect(self.day_clicked)
            self.canvas.span_tool.dragged.connect(self.window_dragged)
            self.beside.insertWidget(0, self.canvas)
            self.beside.setStretchFactor(0, 1)
            self._add_tools(self.canvas.tools)
        return True

    def _add_tools(self, tools: Any) -> None:
        """Add buttons for looking around in the plot, with QGIS's own icons."""
        pan, zoom = (
            icon_button(*about)
            for about in (
                ("smosibPlotPan", "/mActionPan.svg", tr("Move the plot")),
                ("smosibPlotZoom", "/mActionZoomIn.svg", tr("Zoom into the plot")),
            )
        )
        home = icon_button("smosibPlotHome", "/mActionZoomFullExtent.svg", tr("The whole series"))
        home.clicked.connect(tools.home)
        self.window_button = icon_button(
            "smosibPlotWindow", "/mActionSelectRectangle.svg", tr("Drag a window of days; Esc clears it")
        )
        self.window_button.setCheckable(True)
        self.window_button.toggled.connect(self._window_tool)
        for button, other, switch in ((pan, zoom, tools.pan), (zoom, pan, tools.zoom)):
            button.setCheckable(True)
            button.clicked.connect(switch)
            button.clicked.connect(lambda checked, other=other: other.setChecked(False))
            button.clicked.connect(lambda checked: self.window_button.setChecked(False))
        self._exclusive = (pan, tools.pan), (zoom, tools.zoom)
        clear = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.widget())
        clear.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        clear.activated.connect(self.clear_window)
        for position, button in enumerate((home, pan, zoom, self.window_button)):
            self.head.insertWidget(position, button)

    def _window_tool(self, active: bool) -> None:
        for button, switch in self._exclusive if active else ():
            if button.isChecked():
                button.setChecked(False)
                switch()
        self.canvas.span_tool.active = active

    def clear_window(self) -> None:
        """Take the window of days away, and its tool with it."""
        if self.canvas is not None:
            self.canvas.span_tool.clear()
            self.window_button.setChecked(False)

    def _variables_toggled(self) -> None:
        actions = self.variables.menu().actions()
        chosen = tuple(one.data() for one in actions if one.data() is not None and one.isChecked())
        if not chosen:  # a plot needs at least one
            self.sender().setChecked(True)
        elif chosen != self._chosen:
            self._chosen = chosen
            self.variables_chosen.emit(chosen)

    def _ask_file(self, ending: str, signal: Any) -> None:
        view = self.view
        if view is None:
            return
        if view.series is None or view.several:
            where = f"{len(view.curves)}_points" if view.several else "series"
        else:
            where = f"row{view.series.cell.row}_col{view.series.cell.col}"
        suggestion = f"smosib_{where}.{ending}"
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Export the time series"), suggestion, f"{ending.upper()} (*.{ending})"
        )
        if name:
            signal.emit(with_ending(name, f".{ending}"))
