# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept areas in the dock: adding them, what can be done to them, and how far their reading is."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QEvent, QItemSelectionModel, QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..plugin.adapters.kept_area import KeptArea
from .areas_model import AreasModel
from .fields import icon_button, with_ending
from .kept_list import KeptList
from .reading_row import ReadingRow
from .texts import tr
from .theme import is_dark


class AreasPanel(QWidget):
    """The panel `smosibAreasPanel` around the list `smosibAreas`. It says what the user wants; `show_areas` shows what is."""

    layer_requested = pyqtSignal()
    draw_toggled = pyqtSignal(bool)
    area_chosen = pyqtSignal(object)  # KeptArea
    area_shown = pyqtSignal(object, bool)  # KeptArea, whether it is to be shown
    area_renamed = pyqtSignal(object, str)  # KeptArea, new name
    area_removed = pyqtSignal(object)  # KeptArea
    zoom_requested = pyqtSignal(object)  # KeptArea
    export_requested = pyqtSignal(object)  # Path
    cancel_requested = pyqtSignal()
    darkened = pyqtSignal(bool)  # whether colours are to be those for dark paper

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibAreasPanel")
        self._make_list()
        self.said = QLabel(objectName="smosibAreasSaid", wordWrap=True, visible=False)
        self.reading = ReadingRow("smosibAreas", tr("Reading the series of areas"), 100)
        self.remaining, self.cancel = self.reading.remaining, self.reading.cancel
        self.cancel.clicked.connect(self.cancel_requested)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.said)
        rows.addLayout(self.reading)
        rows.addLayout(self._button_row())
        self.show_areas(())

    def _make_list(self) -> None:
        self.model = AreasModel(self)
        self.list = KeptList(
            "smosibAreas",
            self.model,
            (
                ("smosibChooseArea", tr("Show Time Series"), "Return", self.area_chosen.emit),
                ("smosibZoomToArea", tr("Zoom to Area"), "Ctrl+Return", self.zoom_requested.emit),
                ("smosibRenameArea", tr("Rename"), "F2", lambda area: self.list.edit(self.list.currentIndex())),
                ("smosibDeleteArea", tr("Remove Area"), "Del", self.area_removed.emit),
            ),
        )
        self.list.setAccessibleName(tr("Kept areas"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.chosen.connect(self.area_chosen)
        self.model.renamed.connect(self.area_renamed)
        self.model.shown.connect(self.area_shown)

    def _button_row(self) -> QHBoxLayout:
        layer = QPushButton(tr("Add Areas from Layer"), objectName="smosibAddLayerAreas")
        layer.setToolTip(
            tr(
                "The polygons of the layer that is chosen in the Layers panel: its selected features, or all, at most 50"
            )
        )
        layer.clicked.connect(self.layer_requested)
        self.draw = QPushButton(tr("Draw"), objectName="smosibDrawArea", checkable=True)
        self.draw.setToolTip(
            tr(
                "Then click the corners on the map. A right click, a double click or Enter ends the area; Backspace takes a corner back, Escape gives up."
            )
        )
        self.draw.clicked.connect(self.draw_toggled)
        self.zoom = icon_button("smosibZoomArea", "/mActionZoomToSelected.svg", tr("Zoom to the area"))
        self.zoom.clicked.connect(lambda: self.list.with_current(self.zoom_requested.emit))
        self.export = icon_button(
            "smosibExportAreas", "/mActionFileSave.svg", tr("Export the series of the shown areas as CSV")
        )
        self.export.clicked.connect(self._ask_file)
        self.remove = icon_button("smosibRemoveArea", "/symbologyRemove.svg", tr("Remove the area"))
        self.remove.clicked.connect(lambda: self.list.with_current(self.area_removed.emit))
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(layer, 1)
        row.addWidget(self.draw)
        for button in (self.zoom, self.export, self.remove):
            row.addWidget(button)
        return row

    def show_areas(self, areas: tuple[KeptArea, ...]) -> None:
        """List the areas; the keyboard's row stays where it is."""
        row = self.list.currentIndex().row()
        self.model.dark = is_dark(self.palette())
        grown = len(areas) > len(self.model.items)
        self.model.show_items(areas)
        if areas:
            index = self.model.index(len(areas) - 1 if grown else min(max(0, row), len(areas) - 1))
            self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        for widget in (*self.list.acts.values(), self.zoom, self.export, self.remove):
            widget.setEnabled(bool(areas))
        self.said.setText(
            ""
            if areas
            else tr(
                "The mean of all cells in a polygon, each by its share inside, with its spread. Take the polygons of a layer, or draw one."
            )
        )
        self.said.setVisible(not areas)

    def show_drawing(self, active: bool) -> None:
        """Show whether clicks on the map draw an area."""
        with QSignalBlocker(self.draw):
            self.draw.setChecked(active)

    def show_progress(self, share: float, what: str) -> None:
        """Show how far the reading is."""
        self.reading.show_progress(share, what)

    def show_ended(self, why: str) -> None:
        """Show that the reading has ended, and why if it ended early."""
        self.reading.show_ended(why)

    def changeEvent(self, event: Any) -> None:
        """Follow a change from light to dark with the swatches."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "model"):
            self.list.show_dark(is_dark(self.palette()))
            self.darkened.emit(self.model.dark)

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Export the series of the shown areas"), "smosib_areas.csv", "CSV (*.csv)"
        )
        if name:
            self.export_requested.emit(with_ending(name, ".csv"))
