# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dock: what the folder holds, what to see, with which quality. Shows values and says what the user wants; opens no file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.gui import QgsDockWidget
from qgis.PyQt import uic
from qgis.PyQt.QtCore import QEvent, QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QTreeWidgetItem,
    QWidget,
)

from ..plugin.adapters.cell_series import Point
from ..plugin.adapters.compat import from_qdate, to_qdate
from ..plugin.adapters.session import Selection
from ..plugin.core.content import MapContent
from ..plugin.core.grid import EaseGrid
from ..plugin.core.names import Orbit
from ..plugin.core.quality import PROVIDER, PROVIDER_6K, RAW, QualityCriteria
from ..plugin.core.reader import Opened
from . import texts
from .days_model import DaysModel
from .fitting_area import FittingArea
from .recognition_panel import RecognitionPanel
from .store_panel import StorePanel
from .texts import tr

TABS_HEIGHT = 170

PRESETS: tuple[tuple[str, QualityCriteria | None], ...] = (
    ("Provider 8 K", PROVIDER),
    ("Provider 6 K", PROVIDER_6K),
    ("Raw", RAW),
    ("Custom", None),
)


class ExplorerDock(QgsDockWidget):
    """The dock `smosibDock`."""

    folder_chosen = pyqtSignal(object)  # Path
    demo_requested = pyqtSignal()
    rescan_requested = pyqtSignal()
    variable_chosen = pyqtSignal(str)
    orbit_chosen = pyqtSignal(object)  # Orbit
    day_requested = pyqtSignal(object)  # dt.date
    step_requested = pyqtSignal(bool)  # forward
    criteria_chosen = pyqtSignal(object)  # QualityCriteria
    load_requested = pyqtSignal()
    keep_requested = pyqtSignal()
    world_requested = pyqtSignal()
    pick_toggled = pyqtSignal(bool)
    point_chosen = pyqtSignal(object)  # Point
    point_removed = pyqtSignal(object)  # Point
    corrected = pyqtSignal(object)  # Corrections
    export_map_requested = pyqtSignal()
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
        area = self._area = FittingArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(FittingArea.Shape.NoFrame)
        area.setWidget(contents)
        self.setWidget(area)
        contents.layout().setContentsMargins(6, 6, 6, 6)
        form = self.form
        for page in (
            form.emptyPage,
            form.archivePage,
            form.daysTab,
            form.pointsTab,
            form.recognitionTab,
            form.filesTab,
        ):
            page.layout().setContentsMargins(0, 4, 0, 0)
        form.smosibRescan.setIcon(QgsApplication.getThemeIcon("/mActionRefresh.svg"))
        for box in (form.smosibVariable, form.smosibOrbit):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(10)
        for box in (form.smosibMaxSceneFlag, form.smosibMaxRmse):
            box.setKeyboardTracking(False)  # a value counts when it is typed to its end
        form.smosibDate.installEventFilter(self)
        tabs = form.smosibTabs
        tabs.setUsesScrollButtons(False)  # the count of unusable files must not be scrolled away
        tabs.setElideMode(Qt.TextElideMode.ElideRight)
        tabs.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        tabs.setMinimumHeight(TABS_HEIGHT)
        for name, criteria in PRESETS:
            form.smosibQualityPreset.addItem(tr(name), criteria)
        self.days = DaysModel(self)
        form.smosibDays.setModel(self.days)
        self.store = StorePanel(form, self)
        self.recognition = RecognitionPanel()
        form.recognitionTab.layout().addWidget(self.recognition)
        form.smosibProblems.setHeaderLabels([tr("File"), tr("Why it is not used")])
        form.smosibProblems.setWordWrap(True)
        form.smosibProblems.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        area.setMinimumWidth(
            contents.minimumSizeHint().width() + self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        )

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
        form.smosibDate.dateChanged.connect(lambda day: self.day_requested.emit(from_qdate(day)))
        form.smosibPrevious.clicked.connect(lambda: self.step_requested.emit(False))
        form.smosibNext.clicked.connect(lambda: self.step_requested.emit(True))
        form.smosibDays.selectionModel().currentChanged.connect(self._day_clicked)
        form.smosibLoad.clicked.connect(self.load_requested)
        form.smosibKeep.clicked.connect(self.keep_requested)
        form.smosibWorld.clicked.connect(self.world_requested)
        form.smosibPick.toggled.connect(self.pick_toggled)
        form.smosibQualityPreset.currentIndexChanged.connect(self._preset_chosen)
        form.smosibMaxSceneFlag.valueChanged.connect(self._threshold_changed)
        form.smosibMaxRmse.valueChanged.connect(self._threshold_changed)
        for chosen in (form.smosibPoints.itemClicked, form.smosibPoints.itemActivated):
            chosen.connect(lambda item: self.point_chosen.emit(item.data(Qt.ItemDataRole.UserRole)))
        form.smosibRemovePoint.clicked.connect(self._remove_point)
        self.recognition.corrected.connect(self.corrected)
        form.smosibExportMap.clicked.connect(self.export_map_requested)
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
        form.smosibWarnings.setText("<br>".join(f"⚠ {text}" for text in said))
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
            QSignalBlocker(one)
            for one in (form.smosibVariable, form.smosibOrbit, form.smosibDate, form.smosibDays.selectionModel())
        ]
        form.smosibVariable.setCurrentIndex(form.smosibVariable.findData(selection.variable))
        form.smosibOrbit.setCurrentIndex(
            opened.archive.orbits.index(selection.orbit) if selection.orbit in opened.archive.orbits else -1
        )
        self.days.show(opened.archive, selection.orbit)
        span = opened.archive.span(selection.orbit)
        if span:
            form.smosibDate.setDateRange(to_qdate(span.first), to_qdate(span.last))
        form.smosibDate.setDate(to_qdate(selection.date))
        index = self.days.index_of(selection.date)
        form.smosibDays.setCurrentIndex(index)
        if index.isValid():
            form.smosibDays.scrollTo(index)
        form.smosibPrevious.setEnabled(opened.archive.step(selection.date, selection.orbit, False) is not None)
        form.smosibNext.setEnabled(opened.archive.step(selection.date, selection.orbit, True) is not None)
        self._show_criteria(selection.criteria)
        del blockers

    def show_kept(self, shown: MapContent) -> None:
        """Show how much of the map survived quality control."""
        self.form.smosibKept.setText(texts.kept(shown))

    def show_busy(self, what: str) -> None:
        """Show what is going on with the archive; empty when nothing is."""
        self.form.smosibBusy.setText(what)
        self.form.smosibBusy.setVisible(bool(what))

    def show_points(self, grid: EaseGrid | None, points: Iterable[Point], current: Point | None) -> None:
        """List the picked cells."""
        boxes = self.form.smosibPoints
        with QSignalBlocker(boxes):
            boxes.clear()
            for number, point in enumerate(points, 1):
                item = QListWidgetItem(f"P{number} · {texts.place(grid, point.cell)}" if grid else f"P{number}")
                item.setData(Qt.ItemDataRole.UserRole, point)
                boxes.addItem(item)
                if point == current:
                    boxes.setCurrentItem(item)
        self.form.smosibTabs.setTabText(
            self.form.smosibTabs.indexOf(self.form.pointsTab),
            tr("Points ({})").format(boxes.count()) if boxes.count() else tr("Points"),
        )
        self.form.smosibRemovePoint.setEnabled(boxes.count() > 0)

    def show_picking(self, active: bool) -> None:
        """Show whether clicks on the map pick cells."""
        with QSignalBlocker(self.form.smosibPick):
            self.form.smosibPick.setChecked(active)

    def _show_criteria(self, criteria: QualityCriteria) -> None:
        form = self.form
        blockers = [
            QSignalBlocker(one) for one in (form.smosibQualityPreset, form.smosibMaxSceneFlag, form.smosibMaxRmse)
        ]
        known = next((row for row, (_, preset) in enumerate(PRESETS) if preset == criteria), len(PRESETS) - 1)
        form.smosibQualityPreset.setCurrentIndex(known)
        for box, limit in ((form.smosibMaxSceneFlag, criteria.max_scene_flag), (form.smosibMaxRmse, criteria.max_rmse)):
            box.setEnabled(limit is not None)
            if limit is not None and box.value() != limit:
                box.setValue(limit)
        del blockers

    def _show_problems(self, opened: Opened) -> None:
        tree, problems = self.form.smosibProblems, opened.archive.problems
        tree.clear()
        for problem in problems:
            item = QTreeWidgetItem([problem.path.name, problem.reason])
            for column, text in enumerate((str(problem.path), problem.reason)):
                item.setToolTip(column, text)
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
        return Path(name if name.lower().endswith((".tif", ".tiff")) else f"{name}.tif")

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

    def _preset_chosen(self, row: int) -> None:
        criteria = PRESETS[row][1]
        if criteria is None:
            criteria = QualityCriteria(self.form.smosibMaxSceneFlag.value(), self.form.smosibMaxRmse.value())
            for box in (self.form.smosibMaxSceneFlag, self.form.smosibMaxRmse):
                box.setEnabled(True)
        self.criteria_chosen.emit(criteria)

    def _threshold_changed(self) -> None:
        self.criteria_chosen.emit(
            QualityCriteria(self.form.smosibMaxSceneFlag.value(), round(self.form.smosibMaxRmse.value(), 1))
        )

    def _remove_point(self) -> None:
        item = self.form.smosibPoints.currentItem()
        if item is not None:
            self.point_removed.emit(item.data(Qt.ItemDataRole.UserRole))

    def show_folder(self) -> None:
        """Put the open archive's folder back into the field, for another one could not be opened."""
        self.form.smosibFolder.setText(str(self._opened.archive.root) if self._opened else "")

    def eventFilter(self, watched: Any, event: Any) -> bool:
        # The field moves on by itself after the last digit of a part; a dash would move it once more.
        if watched is self.form.smosibDate and event.type() == QEvent.Type.KeyPress and event.text() == "-":
            return True
        return bool(super().eventFilter(watched, event))

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
