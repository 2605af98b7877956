# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tab *Stations*: loading station files, choosing one, and below it how the current cell agrees with what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..plugin.core.analysis.stations import ENDINGS, Station
from . import texts
from .agreement_panel import BAR_WIDTH, AgreementPanel
from .fields import icon_button, push_button, side_by_side
from .reading_row import ReadingRow
from .texts import tr

NAME, COUNT = 0, 2  # columns of the list
LIST_HEIGHT = 92  # pixels: three rows


class StationsPanel(QWidget):
    """The panel `smosibStationsPanel`. It says what the user wants; `show_stations` and `show_chosen` show what is."""

    files_chosen = pyqtSignal(object)  # list of Path: files and folders
    station_chosen = pyqtSignal(object)  # Station
    stations_removed = pyqtSignal(object)  # list of Station, and of Path for a file that could not be read
    zoom_requested = pyqtSignal()
    cancel_requested = pyqtSignal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibStationsPanel")
        self.setAcceptDrops(True)
        self.browse_from = ""
        self._chosen_station: Station | None = None
        self._make_list()
        self.reading = ReadingRow("smosibStations", tr("Reading stations"), BAR_WIDTH)
        self.reading.cancel.clicked.connect(self.cancel_requested)
        self.agreement = AgreementPanel()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addLayout(self._files_row())
        rows.addWidget(self.list)
        rows.addLayout(self.reading)
        rows.addWidget(self.agreement)
        rows.addStretch(1)
        self.show_stations((), {})

    # What it is made of

    def _files_row(self) -> QHBoxLayout:
        files = push_button(
            "smosibLoadStations", tr("Load Files…"), tr("ISMN's .stm files, or CSV files with time, value, lat and lon")
        )
        files.clicked.connect(self._ask_files)
        folder = push_button(
            "smosibLoadStationFolder", tr("Load Folder…"), tr("All .stm and .csv files in a folder and below it")
        )
        folder.clicked.connect(self._ask_folder)
        self.zoom = icon_button("smosibZoomStations", "/mActionZoomToLayer.svg", tr("Zoom to the stations"))
        self.zoom.clicked.connect(self.zoom_requested)
        self.remove = icon_button(
            "smosibRemoveStations", "/symbologyRemove.svg", tr("Remove the selected stations from the list")
        )
        self.remove.clicked.connect(self._remove)
        return side_by_side(files, folder, None, self.zoom, self.remove)

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

    # What is shown

    def show_stations(self, stations: tuple[Station, ...], unread: Mapping[Path, str]) -> None:
        """List the loaded stations, and files that could not be read with the reasons."""
        self.list.clear()
        for station in stations:
            name = ", ".join(filter(None, (station.name, station.told_sensor)))
            row = [name, station.depth, f"{station.values.size:,}", station.network]
            self._add_row(station, row, texts.station_about(station))
        for path, reason in unread.items():
            item = self._add_row(path, [tr("not read: {}").format(path.name), "", "", ""], reason)
            font = item.font(NAME)
            font.setItalic(True)
            item.setFont(NAME, font)
        self.zoom.setEnabled(bool(stations))
        self.remove.setEnabled(bool(stations or unread))
        self.show_chosen(self._chosen_station)

    def _add_row(self, what: Station | Path, row: list[str], about: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(row)
        item.setTextAlignment(COUNT, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
        for column in range(len(row)):
            item.setToolTip(column, texts.tip(about))
        item.setData(NAME, Qt.ItemDataRole.UserRole, what)
        self.list.addTopLevelItem(item)
        return item

    def show_chosen(self, station: Station | None) -> None:
        """Mark the station that is compared; the selection is the user's."""
        self._chosen_station = station
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            font = item.font(NAME)
            font.setBold(station is not None and item.data(NAME, Qt.ItemDataRole.UserRole) is station)
            item.setFont(NAME, font)

    # What the user wants

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if len(self.list.selectedItems()) == 1:  # else more are being selected
            self._chosen(item, column)

    def _chosen(self, item: QTreeWidgetItem, column: int) -> None:
        chosen = item.data(NAME, Qt.ItemDataRole.UserRole)
        if isinstance(chosen, Station):
            self.station_chosen.emit(chosen)

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
