# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept points in the dock: what can be done to them, by mouse and by keyboard."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QEvent, QItemSelectionModel, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ..plugin.core.errors import BadRequest
from ..plugin.core.grid import EaseGrid
from ..plugin.core.points import Point
from ..plugin.core.typed_place import read_place
from .fields import icon_button, with_ending
from .kept_list import KeptList
from .points_model import PointsModel
from .texts import tr
from .theme import is_dark


class PointsPanel(QWidget):
    """The panel `smosibPointsPanel` around the list `smosibPoints`. It says what the user wants; `show_points` shows what is."""

    point_chosen = pyqtSignal(object)  # Point
    point_removed = pyqtSignal(object)  # Point
    point_renamed = pyqtSignal(object, str)  # Point, new name
    point_shown = pyqtSignal(object, bool)  # Point, whether it is to be shown
    point_moved = pyqtSignal(object, int)  # Point, row that it is to have
    point_hovered = pyqtSignal(object)  # Point or None
    zoom_requested = pyqtSignal(object)  # Point
    place_typed = pyqtSignal(object)  # Place
    layer_requested = pyqtSignal()
    export_requested = pyqtSignal(object)  # Path

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibPointsPanel")
        self._grid: EaseGrid | None = None
        self._current: Point | None = None
        self._make_list()
        self._make_row()
        self.said = QLabel(objectName="smosibPointsSaid", wordWrap=True, visible=False)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.said)
        rows.addLayout(self._row)
        self.show_points(None, (), None)

    def _make_list(self) -> None:
        self.model = PointsModel(self)
        self.list = KeptList(
            "smosibPoints",
            self.model,
            (
                ("smosibChoosePoint", tr("Show Time Series"), "Return", self.point_chosen.emit),
                ("smosibZoomToPoint", tr("Zoom to Point"), "Ctrl+Return", self.zoom_requested.emit),
                ("smosibRenamePoint", tr("Rename"), "F2", lambda point: self.list.edit(self.list.currentIndex())),
                ("smosibMovePointUp", tr("Move Up"), "Alt+Up", lambda point: self._move(point, -1)),
                ("smosibMovePointDown", tr("Move Down"), "Alt+Down", lambda point: self._move(point, 1)),
                ("smosibDeletePoint", tr("Remove Point"), "Del", self.point_removed.emit),
            ),
        )
        self.list.setAccessibleName(tr("Kept points"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setMouseTracking(True)
        for watched in (self.list.viewport(), self.list):
            watched.installEventFilter(self)
        self.list.entered.connect(lambda index: self.point_hovered.emit(self.model.item_at(index)))
        self.list.viewportEntered.connect(lambda: self.point_hovered.emit(None))
        self.list.chosen.connect(self.point_chosen)
        self.model.renamed.connect(self.point_renamed)
        self.model.shown.connect(self.point_shown)
        self.model.moved.connect(self.point_moved)

    def _make_row(self) -> None:
        """Make what lies below the list: a field for coordinates and a few buttons."""
        self.typed = QLineEdit(objectName="smosibTypedPlace")
        self.typed.setPlaceholderText(tr("lon, lat"))
        self.typed.setAccessibleName(tr("Longitude and latitude of a new point"))
        self.typed.setToolTip(
            tr("A new point, such as 9.21, 30.07 or 30.07 N 9.21 E or 9°12'36\"E 30°4'12\"N. Enter adds it.")
        )
        self.typed.returnPressed.connect(self._add_typed)
        self.typed.textEdited.connect(lambda text: self._say(""))
        add = icon_button("smosibAddPoint", "/symbologyAdd.svg", tr("Add a point at the typed coordinates"))
        add.clicked.connect(self._add_typed)
        layer = icon_button(
            "smosibAddLayerPoints",
            "/mActionAddLayer.svg",
            tr("Add the points of the layer that is chosen in the Layers panel: its selected features, or all"),
        )
        layer.clicked.connect(self.layer_requested)
        self.zoom = icon_button("smosibZoomPoint", "/mActionZoomToSelected.svg", tr("Zoom to the point"))
        self.zoom.clicked.connect(lambda: self.list.with_current(self.zoom_requested.emit))
        self.export = icon_button("smosibExportPoints", "/mActionFileSave.svg", tr("Export the points as a layer"))
        self.export.clicked.connect(self._ask_file)
        self.remove = icon_button("smosibRemovePoint", "/symbologyRemove.svg", tr("Remove the point"))
        self.remove.clicked.connect(lambda: self.list.with_current(self.point_removed.emit))
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        self._row.addWidget(self.typed, 1)
        for button in (add, layer, self.zoom, self.export, self.remove):
            self._row.addWidget(button)

    def show_points(self, grid: EaseGrid | None, points: tuple[Point, ...], current: Point | None) -> None:
        """List the points and mark the current one. The keyboard's row stays where it is unless another point became current."""
        self._grid = grid
        row, cursor = self.list.currentIndex().row(), self.model.item_at(self.list.currentIndex())
        if current is not None and (self._current is None or current.cell != self._current.cell):
            cursor = current
        self._current = current
        self.model.dark = is_dark(self.palette())
        self.model.show(grid, points)
        if points:
            cells = [point.cell for point in points]
            row = cells.index(cursor.cell) if cursor is not None and cursor.cell in cells else max(0, row)
            index = self.model.index(min(row, len(points) - 1))
            if index != self.list.currentIndex():
                self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        for widget in (*self.list.acts.values(), self.zoom, self.export, self.remove):
            widget.setEnabled(bool(points))

    def changeEvent(self, event: Any) -> None:
        """Follow a change from light to dark with the swatches."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "model"):
            self.list.show_dark(is_dark(self.palette()))

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Say that the mouse has left the list."""
        if event.type() == QEvent.Type.Leave:
            self.point_hovered.emit(None)
        return bool(super().eventFilter(watched, event))

    def _move(self, point: Point, by: int) -> None:
        to = self.model.items.index(point) + by
        if 0 <= to < len(self.model.items):
            self.point_moved.emit(point, to)

    def _add_typed(self) -> None:
        try:
            place = read_place(self.typed.text())
            if self._grid is not None and self._grid.cell_at(place.lon, place.lat) is None:
                raise BadRequest(f"{place.lat:g}° latitude lies outside the grid, which ends at ±84.44°.")
        except BadRequest as error:
            self._say(error.sentence, error.hint)
            return
        self._say("")
        self.typed.clear()
        self.place_typed.emit(place)

    def _say(self, text: str, hint: str = "") -> None:
        self.said.setText(text)
        self.said.setToolTip(hint)
        self.said.setVisible(bool(text))

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Export the points"), "smosib_points.gpkg", "GeoPackage (*.gpkg)"
        )
        if name:
            self.export_requested.emit(with_ending(name, ".gpkg"))
