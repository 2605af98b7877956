# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dock: what the folder holds, what to see, with which quality. Shows values and says what the user wants; opens no file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.gui import QgsDockWidget
from qgis.PyQt import uic
from qgis.PyQt.QtCore import QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QMenu,
    QSizePolicy,
    QTreeWidgetItem,
    QWidget,
)

from ..plugin.adapters.day_map import DayMap
from ..plugin.adapters.selection import Selection
from ..plugin.core.grid import EaseGrid
from ..plugin.core.names import Orbit
from ..plugin.core.points import Point
from ..plugin.core.reader import Opened
from . import texts
from .analysis_dialog import AnalysisDialog
from .areas_panel import AreasPanel
from .audit_panel import AuditPanel
from .availability_panel import AvailabilityPanel
from .compare_dialog import CompareDialog
from .days_model import DaysModel
from .fields import with_ending
from .fitting_area import FittingArea
from .narrow_tabs import NarrowTabs
from .points_panel import PointsPanel
from .quality_panel import QualityPanel
from .recognition_panel import RecognitionPanel
from .stations_panel import StationsPanel
from .store_panel import StorePanel
from .temporal_dialog import TemporalDialog
from .texts import tr
from .time_panel import TimePanel

TABS_HEIGHT, TALL_TABS_HEIGHT = 170, 420


class ExplorerDock(QgsDockWidget):
    """The dock `smosibDock`."""

    folder_chosen = pyqtSignal(object)  # Path
    demo_requested = pyqtSignal()
    rescan_requested = pyqtSignal()
    variable_chosen = pyqtSignal(str)
    orbit_chosen = pyqtSignal(object)  # Orbit
    day_requested = pyqtSignal(object)  # dt.date
    load_requested = pyqtSignal()
    keep_requested = pyqtSignal()
    world_requested = pyqtSignal()
    pick_toggled = pyqtSignal(bool)
    corrected = pyqtSignal(object)  # Corrections
    export_map_requested = pyqtSignal(object)  # Path
    map_copy_requested = pyqtSignal(bool)  # as Python text, else as a command
    series_copy_requested = pyqtSignal(bool)
    citations_requested = pyqtSignal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__("SMOS-IB Explorer", parent)
        self.setObjectName("smosibDock")
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.setAcceptDrops(True)
        self._opened: Opened | None = None
        self.browse_from = ""
        self._fill()
        self._connect()
        self.show_opened(None)

    def _fill(self) -> None:
        contents = QWidget()
        self.form = uic.loadUi(str(Path(__file__).with_name("dock.ui")), contents)
        # What a low window cannot show scrolls.
        area = self._area = FittingArea(contents, self.form.pages)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(FittingArea.Shape.NoFrame)
        self.setWidget(area)
        contents.layout().setContentsMargins(6, 6, 6, 6)
        form = self.form
        for page in (
            form.emptyPage,
            form.archivePage,
            form.daysTab,
            form.pointsTab,
            form.areasTab,
            form.stationsTab,
            form.recognitionTab,
            form.filesTab,
        ):
            page.layout().setContentsMargins(0, 4, 0, 0)
        form.smosibRescan.setIcon(QgsApplication.getThemeIcon("/mActionRefresh.svg"))
        for box in (form.smosibVariable, form.smosibOrbit, form.smosibStatistic):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(10)
        tabs = form.smosibTabs
        tabs.setUsesScrollButtons(False)  # the count of unusable files must not be scrolled away
        tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self._narrow = NarrowTabs(tabs.tabBar())
        tabs.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        tabs.setMinimumHeight(TABS_HEIGHT)
        tabs.currentChanged.connect(self._fit_tabs)
        # Passing text, such as a file's name, must not push the map aside.
        form.smosibBusy.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.time = TimePanel(form, self)
        self.quality = QualityPanel(form, self)
        self.days = DaysModel(self)
        form.smosibDays.setModel(self.days)
        self.availability = AvailabilityPanel()
        form.availabilityPlace.addWidget(self.availability)
        self.retention = self.quality.curve
        self.difference, self.temporal, self.analysis = CompareDialog(self), TemporalDialog(self), AnalysisDialog(self)
        self._shown: DayMap | None = None
        self._fill_more()
        self.store = StorePanel(form, self)
        self.points = PointsPanel()
        form.pointsTab.layout().addWidget(self.points)
        self.areas = AreasPanel()
        form.areasTab.layout().addWidget(self.areas)
        self.stations = StationsPanel()
        form.stationsTab.layout().addWidget(self.stations)
        self.recognition = RecognitionPanel()
        form.recognitionTab.layout().addWidget(self.recognition)
        self.audit = AuditPanel()
        form.filesTab.layout().insertWidget(0, self.audit)
        self.audit.has_findings.connect(form.smosibProblems.setHidden)  # they are among the findings
        form.smosibProblems.setHeaderLabels([tr("File"), tr("Why it is not used")])
        form.smosibProblems.setWordWrap(True)
        form.smosibProblems.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._order_tabs()

    def _fit_tabs(self, number: int) -> None:
        """Give a tab that is long the room to be read; the dock scrolls."""
        tabs = self.form.smosibTabs
        is_long = tabs.widget(number) in (self.form.stationsTab, self.form.recognitionTab, self.form.filesTab)
        tabs.setMinimumHeight(TALL_TABS_HEIGHT if is_long else TABS_HEIGHT)

    def _order_tabs(self) -> None:
        """Let the Tab key pass what is put into the form here where it is seen."""
        form = self.form
        for chain in (
            (form.smosibRescan, self.availability.of, self.availability.strip, form.smosibVariable),
            (form.smosibMaxSceneFlag, *self.quality.flags.values(), self.quality.curve, form.smosibLoad),
        ):
            for before, after in zip(chain, chain[1:]):
                QWidget.setTabOrder(before, after)

    def _fill_more(self) -> None:
        menu = QMenu(self.form.smosibMore)
        for name, text, act in (
            ("smosibAnalysis", tr("Composite, Anomaly, Trend…"), lambda: self._show_dialog(self.analysis)),
            ("smosibDifference", tr("Difference…"), lambda: self._show_dialog(self.difference)),
            ("smosibTemporalLayers", tr("Make Temporal Layers…"), lambda: self._show_dialog(self.temporal)),
            (
                "smosibCopyMapCommand",
                tr("Copy Map as qgis_process Command"),
                lambda: self.map_copy_requested.emit(False),
            ),
            ("smosibCopyMapPython", tr("Copy Map as Python"), lambda: self.map_copy_requested.emit(True)),
            (
                "smosibCopySeriesCommand",
                tr("Copy Series as qgis_process Command"),
                lambda: self.series_copy_requested.emit(False),
            ),
            ("smosibCopySeriesPython", tr("Copy Series as Python"), lambda: self.series_copy_requested.emit(True)),
        ):
            action = menu.addAction(text)
            action.setObjectName(name)
            action.triggered.connect(lambda checked, act=act: act())
        self.form.smosibMore.setMenu(menu)

    def _connect(self) -> None:
        form = self.form
        form.smosibFolder.editingFinished.connect(self._folder_typed)
        for button in (form.smosibBrowse, form.smosibChoose):
            button.clicked.connect(self._browse)
        form.smosibDemo.clicked.connect(self.demo_requested)
        form.smosibRescan.clicked.connect(self.rescan_requested)
        form.smosibVariable.currentIndexChanged.connect(
            lambda index: self.variable_chosen.emit(form.smosibVariable.itemData(index)) if index >= 0 else None
        )
        form.smosibOrbit.currentIndexChanged.connect(
            lambda index: self.orbit_chosen.emit(form.smosibOrbit.itemData(index)) if index >= 0 else None
        )
        self.time.day_requested.connect(self.day_requested)
        form.smosibDays.selectionModel().currentChanged.connect(self._day_clicked)
        form.smosibLoad.clicked.connect(self.load_requested)
        form.smosibKeep.clicked.connect(self.keep_requested)
        form.smosibWorld.clicked.connect(self.world_requested)
        form.smosibPick.toggled.connect(self.pick_toggled)
        self.recognition.corrected.connect(self.corrected)
        form.smosibExportMap.clicked.connect(self._export_map)
        form.smosibCopyCitations.clicked.connect(self.citations_requested)

    # What is shown

    def show_opened(self, opened: Opened | None) -> None:
        """Show what an archive holds, or the empty state."""
        form, self._opened = self.form, opened
        form.smosibRescan.setEnabled(opened is not None)
        form.pages.setCurrentWidget(form.archivePage if opened else form.emptyPage)
        if opened is None:
            form.smosibFolder.clear()
            self._area.verticalScrollBar().setValue(0)
            self.days.show(None, Orbit.UNKNOWN)
            return
        form.smosibFolder.setText(str(opened.archive.root))
        form.smosibSummary.setText(texts.summary(opened))
        said = texts.warnings(opened)
        form.smosibWarnings.setText("<br>".join(f"⚠ {texts.escaped(text)}" for text in said))
        form.smosibWarnings.setVisible(bool(said))
        with QSignalBlocker(form.smosibVariable), QSignalBlocker(form.smosibOrbit):
            form.smosibVariable.clear()
            for variable in opened.recognition.variables:
                form.smosibVariable.addItem(variable.label, variable.id)
                form.smosibVariable.setItemData(
                    form.smosibVariable.count() - 1, f"netCDF: {variable.netcdf_name}", Qt.ItemDataRole.ToolTipRole
                )
            form.smosibOrbit.clear()
            for orbit in opened.archive.orbits:
                form.smosibOrbit.addItem(orbit.title, orbit)
        two = len(opened.archive.orbits) > 1
        form.smosibOrbit.setVisible(two)
        form.orbitLabel.setVisible(two)
        self.recognition.show_recognition(opened)
        self._show_problems(opened)

    def show_selection(self, selection: Selection) -> None:
        """Show what is chosen, without saying that the user chose it."""
        form, opened = self.form, self._opened
        if opened is None:
            return
        blockers = [
            QSignalBlocker(one) for one in (form.smosibVariable, form.smosibOrbit, form.smosibDays.selectionModel())
        ]
        form.smosibVariable.setCurrentIndex(form.smosibVariable.findData(selection.variable))
        form.smosibOrbit.setCurrentIndex(
            opened.archive.orbits.index(selection.orbit) if selection.orbit in opened.archive.orbits else -1
        )
        self.days.show(opened.archive, selection.orbit)
        index = self.days.index_of(selection.date)
        form.smosibDays.setCurrentIndex(index)
        if index.isValid():
            form.smosibDays.scrollTo(index)
        self.time.show_selection(opened.archive, selection)
        self.quality.show_criteria(selection.criteria)
        del blockers

    def show_map(self, opened: Opened | None, shown: DayMap) -> None:
        """Take note of what the map shows, for what can be made of it."""
        self._shown = shown
        self.availability.show_day(shown.recipe.date)
        for dialog in (self.difference, self.temporal, self.analysis):
            if dialog.isVisible():
                dialog.show_map(opened, shown.recipe)

    def show_busy(self, what: str) -> None:
        """Show what is going on with the archive; empty when nothing is."""
        self.form.smosibBusy.setText(what)
        self.form.smosibBusy.setVisible(bool(what))

    def show_points(self, grid: EaseGrid | None, points: tuple[Point, ...], current: Point | None) -> None:
        """List the kept points."""
        self.points.show_points(grid, points, current)
        self.form.smosibTabs.setTabText(
            self.form.smosibTabs.indexOf(self.form.pointsTab),
            tr("Points ({})").format(len(points)) if points else tr("Points"),
        )

    def show_picking(self, active: bool) -> None:
        """Show whether clicks on the map pick cells."""
        with QSignalBlocker(self.form.smosibPick):
            self.form.smosibPick.setChecked(active)

    def _show_problems(self, opened: Opened) -> None:
        tree, problems = self.form.smosibProblems, opened.archive.problems
        tree.clear()
        for problem in problems:
            item = QTreeWidgetItem([problem.path.name, problem.reason])
            for column, text in enumerate((str(problem.path), problem.reason)):
                item.setToolTip(column, texts.tip(text))
            tree.addTopLevelItem(item)
        title = tr("Files ({})").format(len(problems)) if problems else tr("Files")
        tab = self.form.smosibTabs.indexOf(self.form.filesTab)
        self.form.smosibTabs.setTabText(tab, title)
        self.form.smosibTabs.setTabToolTip(
            tab,
            tr("{} files are not used").format(len(problems))
            if problems
            else tr("Every file can be used, as far as is known"),
        )
        self.form.smosibTabs.tabBar().setTabTextColor(tab, QColor("#c1440e") if problems else QColor())

    # What the user wants

    def ask_map_file(self, suggestion: str) -> Path | None:
        """Ask where to write the map; None if the user thinks better of it."""
        name, _ = QFileDialog.getSaveFileName(self, tr("Export the map"), suggestion, "GeoTIFF (*.tif)")
        if not name:
            return None
        return with_ending(name, ".tif", ".tiff")

    def _export_map(self) -> None:
        if self._shown is None:
            return
        recipe = self._shown.recipe
        parts = recipe.variable, str(recipe.date), str(recipe.last or ""), recipe.orbit.value
        path = self.ask_map_file("_".join(filter(None, parts)) + ".tif")
        if path is not None:
            self.export_map_requested.emit(path)

    def _show_dialog(self, dialog: Any) -> None:
        """Open a dialog, or bring it to the front, with what the map shows."""
        dialog.show_map(self._opened, self._shown.recipe if self._shown and self._opened else None)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def offer_window(self, first: dt.date, last: dt.date) -> None:
        """Open the dialog of composites with the days that were dragged in the plot."""
        self._show_dialog(self.analysis)
        self.analysis.choose_period(first, last)

    def _folder_typed(self) -> None:
        text = self.form.smosibFolder.text().strip().strip('"')
        if text and (self._opened is None or Path(text) != self._opened.archive.root):
            self.folder_chosen.emit(Path(text).expanduser())

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of daily files"), self.browse_from)
        if folder:
            self.folder_chosen.emit(Path(folder))

    def _day_clicked(self, index: Any, before: Any) -> None:
        day = self.days.day_at(index)
        if day is not None:
            self.day_requested.emit(day)

    def show_folder(self) -> None:
        """Put the open archive's folder and recognition back, for another folder, or what was corrected, could not be opened."""
        self.form.smosibFolder.setText(str(self._opened.archive.root) if self._opened else "")
        if self._opened is not None:
            self.recognition.show_recognition(self._opened)

    def dragEnterEvent(self, event: Any) -> None:
        if _dropped_folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        folder = _dropped_folder(event)
        if folder is not None:
            self.folder_chosen.emit(folder)
            event.acceptProposedAction()


def _dropped_folder(event: Any) -> Path | None:
    """Return the folder that is dragged, or the one that holds the dragged file."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if not paths:
        return None
    return paths[0] if paths[0].is_dir() else paths[0].parent
