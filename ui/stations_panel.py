# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tab *Stations*: loading station files, choosing one, and how the current cell agrees with it, the other orbit and another archive."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..plugin.adapters.comparisons import Compared
from ..plugin.core.analysis.pairing import SAME_DAY, DayValue
from ..plugin.core.analysis.stations import ENDINGS, Station
from . import texts
from .agreement_table import AgreementTable
from .fields import icon_button, with_ending
from .texts import tr

NAME, COUNT = 0, 2  # columns of the list
LIST_HEIGHT = 92  # pixels: three rows


class StationsPanel(QWidget):
    """The panel `smosibStationsPanel`. It says what the user wants; `show_stations` and `show_compared` show what is."""

    files_chosen = pyqtSignal(object)  # list of Path: files and folders
    station_chosen = pyqtSignal(object)  # Station
    stations_removed = pyqtSignal(object)  # list of Station
    zoom_requested = pyqtSignal()
    variable_chosen = pyqtSignal(str)
    day_value_chosen = pyqtSignal(object)  # DayValue
    orbit_wanted = pyqtSignal(bool)
    archive_chosen = pyqtSignal(object)  # Path
    archive_closed = pyqtSignal()
    copy_requested = pyqtSignal()
    export_requested = pyqtSignal(object)  # Path
    cancel_requested = pyqtSignal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibStationsPanel")
        self.setAcceptDrops(True)
        self.browse_from = ""
        self._make_list()
        self.table = AgreementTable()
        self.rule = QLabel(objectName="smosibPairingRule", wordWrap=True)
        self.rule.setTextFormat(Qt.TextFormat.PlainText)
        self.rule.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.rule.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        for row in (self._files_row(), self.list, self._progress_row(), self._choice_row(), self._others_row()):
            rows.addLayout(row) if isinstance(row, QHBoxLayout) else rows.addWidget(row)
        rows.addWidget(self.table)
        rows.addWidget(self.rule)
        rows.addLayout(self._export_row())
        rows.addStretch(1)
        self.show_stations(())
        self.show_compared(Compared())
        self.show_ended()

    # What it is made of

    def _files_row(self) -> QHBoxLayout:
        files = _button(
            "smosibLoadStations", tr("Load Files…"), tr("ISMN's .stm files, or CSV files with time, value, lat and lon")
        )
        files.clicked.connect(self._ask_files)
        folder = _button(
            "smosibLoadStationFolder", tr("Load Folder…"), tr("All .stm and .csv files in a folder and below it")
        )
        folder.clicked.connect(self._ask_folder)
        self.zoom = icon_button("smosibZoomStations", "/mActionZoomToLayer.svg", tr("Zoom to the stations"))
        self.zoom.clicked.connect(self.zoom_requested)
        self.remove = icon_button(
            "smosibRemoveStations", "/symbologyRemove.svg", tr("Remove the selected stations from the list")
        )
        self.remove.clicked.connect(self._remove)
        return _row(files, folder, None, self.zoom, self.remove)

    def _make_list(self) -> None:
        self.list = QTreeWidget(objectName="smosibStations")
        self.list.setAccessibleName(tr("Loaded stations"))
        self.list.setHeaderLabels([tr("Station"), tr("Depth"), tr("Values"), tr("Network")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setFixedHeight(LIST_HEIGHT)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setResizeContentsPrecision(100)
        for column in range(self.list.columnCount()):
            kind = QHeaderView.ResizeMode.Stretch if column == NAME else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, kind)
        self.list.itemActivated.connect(self._chosen)
        self.list.itemClicked.connect(self._clicked)

    def _progress_row(self) -> QHBoxLayout:
        self.progress = QProgressBar(objectName="smosibStationsProgress")
        self.progress.setAccessibleName(tr("Progress of reading"))
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.halt = _button("smosibStationsCancel", tr("Cancel"), tr("Stops reading"))
        self.halt.clicked.connect(self.cancel_requested)
        row = _row(self.progress, self.halt)
        row.setStretch(0, 1)
        return row

    def _choice_row(self) -> QHBoxLayout:
        self.variable = QComboBox(objectName="smosibStationVariable")
        self.variable.setToolTip(tr("Which of the plot's variables is compared"))
        self.variable.currentIndexChanged.connect(lambda at: self.variable_chosen.emit(self.variable.itemData(at)))
        self.day_value = QComboBox(objectName="smosibStationDayValue")
        self.day_value.setToolTip(tr("What stands for a day of the station"))
        self.day_value.addItem(tr("Mean of the day"), DayValue.MEAN)
        self.day_value.addItem(tr("Nearest to the overpass, ± 3 h"), DayValue.OVERPASS)
        self.day_value.currentIndexChanged.connect(lambda at: self.day_value_chosen.emit(self.day_value.itemData(at)))
        for box in (self.variable, self.day_value):
            box.setAccessibleName(box.toolTip())
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.variable.setMinimumContentsLength(4)
        self.day_value.setMinimumContentsLength(10)
        row = _row(self.variable, self.day_value)
        row.setStretch(1, 1)
        return row

    def _others_row(self) -> QHBoxLayout:
        self.orbit = QCheckBox(tr("Other Orbit"), objectName="smosibOtherOrbit")
        self.orbit.setToolTip(tr("Compares with the archive's other orbit, day by day"))
        self.orbit.toggled.connect(self.orbit_wanted)
        self.archive = _button(
            "smosibOtherArchive",
            tr("Another Archive…"),
            tr("Compares with the same place in another folder of daily files"),
        )
        self.archive.clicked.connect(self._ask_archive)
        self.no_archive = icon_button(
            "smosibNoArchive", "/mActionRemove.svg", tr("Compare with the other archive no longer")
        )
        self.no_archive.clicked.connect(self.archive_closed)
        return _row(self.orbit, None, self.archive, self.no_archive)

    def _export_row(self) -> QHBoxLayout:
        self.copy = _button(
            "smosibCopyPairs", tr("Copy CSV"), tr("Puts pairs and results, with where they come from, on the clipboard")
        )
        self.copy.clicked.connect(self.copy_requested)
        self.export = _button(
            "smosibExportPairs", tr("Export CSV…"), tr("Writes pairs and results, with where they come from")
        )
        self.export.clicked.connect(self._ask_csv)
        return _row(self.copy, self.export, None)

    # What is shown

    def show_stations(self, stations: tuple[Station, ...]) -> None:
        """List the loaded stations."""
        self.list.clear()
        for station in stations:
            texts_of = [station.name, station.depth, f"{station.values.size:,}", station.network]
            item = QTreeWidgetItem(texts_of)
            item.setTextAlignment(COUNT, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
            tip = texts.tip(texts.station_about(station))
            for column in range(len(texts_of)):
                item.setToolTip(column, tip)
            item.setData(NAME, Qt.ItemDataRole.UserRole, station)
            self.list.addTopLevelItem(item)
        for widget in (self.zoom, self.remove):
            widget.setEnabled(bool(stations))

    def show_compared(self, compared: Compared) -> None:
        """Show results, the pairing rules, and what can be chosen."""
        with QSignalBlocker(self.variable), QSignalBlocker(self.orbit):
            self.orbit.setChecked(compared.with_orbit)
            self.variable.clear()
            for variable in compared.variables:
                self.variable.addItem(variable.id, variable.id)
            self.variable.setCurrentIndex(self.variable.findData(compared.variable.id) if compared.variable else -1)
        self.variable.setEnabled(len(compared.variables) > 1)
        self.orbit.setVisible(compared.has_other_orbit)
        self.no_archive.setVisible(compared.archive is not None)
        name = compared.archive.name if compared.archive is not None else ""
        self.archive.setToolTip(
            texts.tip(tr("Compared with {}").format(name))
            if name
            else tr("Compares with the same place in another folder of daily files")
        )
        self.table.show_comparisons(compared.results)
        self.table.setVisible(bool(compared.results))
        said = [one.reference.rule for one in compared.results] + [SAME_DAY] * bool(compared.results)
        nothing = tr("Load station files and choose one: the cell it lies in is plotted with it, and compared.")
        self.rule.setText("\n".join((*said, *compared.lacking)) or nothing)
        for button in (self.copy, self.export):
            button.setEnabled(any(one.pairs.days.size for one in compared.results))

    def show_progress(self, share: float, what: str) -> None:
        """Show how far reading is."""
        self.progress.setValue(round(1000 * share) if math.isfinite(share) else 0)
        self.progress.setToolTip(texts.tip(what))
        for widget in (self.progress, self.halt):
            widget.setVisible(True)

    def show_ended(self) -> None:
        """Show that nothing is read."""
        for widget in (self.progress, self.halt):
            widget.setVisible(False)

    # What the user wants

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if len(self.list.selectedItems()) == 1:  # else more are being selected
            self._chosen(item, column)

    def _chosen(self, item: QTreeWidgetItem, column: int) -> None:
        self.station_chosen.emit(item.data(NAME, Qt.ItemDataRole.UserRole))

    def _remove(self) -> None:
        chosen = [item.data(NAME, Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()]
        if chosen:
            self.stations_removed.emit(chosen)

    def _ask_files(self) -> None:
        kinds = tr("Station files") + " (" + " ".join(f"*{ending}" for ending in ENDINGS) + ")"
        names, _ = QFileDialog.getOpenFileNames(
            self, tr("Station files"), self.browse_from, f"{kinds};;{tr('All files')} (*)"
        )
        if names:
            self._load([Path(name) for name in names])

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of station files"), self.browse_from)
        if folder:
            self._load([Path(folder)])

    def _load(self, paths: list[Path]) -> None:
        self.browse_from = str(paths[0].parent)
        self.files_chosen.emit(paths)

    def _ask_archive(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of another archive's daily files"), self.browse_from)
        if folder:
            self.archive_chosen.emit(Path(folder))

    def _ask_csv(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, tr("Export pairs and results"), "pairs.csv", "CSV (*.csv)")
        if name:
            self.export_requested.emit(with_ending(name, ".csv"))

    def dragEnterEvent(self, event: Any) -> None:
        """Take station files and folders; whatever else is dropped is somebody else's."""
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        """Load what is dropped."""
        paths = _dropped(event)
        if paths:
            event.acceptProposedAction()
            self._load(paths)


def _dropped(event: Any) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in ENDINGS or path.is_dir()]


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Return widgets side by side; None is room between them."""
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addStretch(1) if widget is None else row.addWidget(widget)
    return row


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    return button
