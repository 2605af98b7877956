# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept points: by keyboard and mouse, from coordinates and layers, as a layer; several in one plot and one table."""

from __future__ import annotations

import csv
import threading

import numpy as np
import pytest
from in_qgis.waiting import let_events_pass, wait_for
from osgeo import ogr
from qgis.core import QgsFeature, QgsGeometry, QgsPointXY, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QEvent, QMimeData, QPoint, Qt
from qgis.PyQt.QtGui import QColor, QKeySequence
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QAction, QApplication, QLineEdit, QStyle, QStyleOptionViewItem, QToolButton

from smos_ib_explorer.plugin.adapters.point_layer import MOST_PLACES, places_of_layer, write_points
from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.points import Place, Point, add_places
from smos_ib_explorer.plugin.core.reader import Reader
from smos_ib_explorer.plugin.core.steps import Step, Unit
from smos_ib_explorer.ui.points_panel import PointsPanel

PLACES = [Place(9.2, 30.0), Place(20.0, -5.0, "Congo"), Place(-60.0, -30.0)]
POINTS, _, _ = add_places((), PLACES, M25KM)
CELLS = [Cell(100, 700), Cell(110, 720), Cell(120, 740)]


class Said(list):
    """What a panel's signals say, in order."""

    def __init__(self, panel: PointsPanel) -> None:
        super().__init__()
        for name in (
            "point_chosen",
            "point_removed",
            "point_renamed",
            "point_shown",
            "point_moved",
            "zoom_requested",
            "place_typed",
        ):
            getattr(panel, name).connect(lambda *values, name=name: self.append((name, *values)))


@pytest.fixture
def panel(qgis_app):
    made = PointsPanel()
    made.resize(318, 150)
    made.show_points(M25KM, POINTS, POINTS[0])
    made.show()
    made.activateWindow()
    assert QTest.qWaitForWindowActive(made)
    made.list.setFocus()
    return made


@pytest.fixture
def kept(explorer):
    """The plugin with three points, all of them read."""
    for cell in CELLS:
        wait_for(
            explorer.session.cells.series_ended,
            lambda cell=cell: explorer.pick_tool.picked.emit(cell, *M25KM.centre(cell)),
        )
    return explorer


def lines(explorer, label: str = "kept"):
    return [line for line in explorer.plot_dock.canvas.panels[0][0].get_lines() if line.get_label() == label]


# --- The panel ---


def test_keys_do_everything(panel):
    said = Said(panel)
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    QTest.keyClick(panel.list, Qt.Key.Key_Space)
    QTest.keyClick(panel.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(panel.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    congo = POINTS[1]
    assert said == [
        ("point_chosen", congo),
        ("point_shown", congo, False),
        ("point_moved", congo, 0),
        ("point_moved", congo, 2),
        ("point_removed", congo),
    ]


def test_shortcuts_of_qgis_do_not_take_the_lists_keys(panel):
    said, taken = Said(panel), []
    for keys in ("Delete", "Space", "Return", "Ctrl+Return"):
        action = QAction(panel)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda checked, keys=keys: taken.append(keys))
        panel.addAction(action)
    QTest.keyClick(panel.list, Qt.Key.Key_Space)
    QTest.keyClick(panel.list, Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert [what for what, *_ in said] == ["point_shown", "zoom_requested", "point_removed"] and not taken
    panel.typed.setFocus()
    QTest.keyClick(panel.typed, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert len(said) == 3


def test_a_name_is_edited_in_place(panel):
    said = Said(panel)
    QTest.keyClick(panel.list, Qt.Key.Key_F2)
    editor = panel.list.findChild(QLineEdit)
    assert editor.text() == "P1"
    QTest.keyClicks(editor, "Sahel")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    let_events_pass()
    assert said == [("point_renamed", POINTS[0], "Sahel")]


def box_of(panel, row: int) -> QPoint:
    option = QStyleOptionViewItem()
    option.initFrom(panel.list)
    option.rect = panel.list.visualRect(panel.model.index(row))
    option.features = QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
    return (
        panel.list.style().subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, panel.list).center()
    )


def test_a_click_on_the_box_shows_or_hides_and_beside_it_chooses(panel):
    said = Said(panel)
    for where in (box_of(panel, 1), box_of(panel, 1) + QPoint(60, 0)):
        QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert said == [("point_shown", POINTS[1], False), ("point_chosen", POINTS[1])]


@pytest.mark.parametrize(("start", "gap", "to"), [(0, 3, 2), (0, 1, 0), (2, 0, 0), (1, -1, 2)])
def test_a_row_is_dragged_to_another_place(panel, start, gap, to):
    said, model = Said(panel), panel.model
    data = model.mimeData([model.index(start)])
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, gap, 0, model.index(-1))
    assert said == [("point_moved", POINTS[start], to)] and model.rowCount() == 3
    assert not model.dropMimeData(QMimeData(), Qt.DropAction.MoveAction, 0, 0, model.index(-1)) and len(said) == 1


def test_the_keyboards_row_stays_with_its_point(panel):
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    panel.show_points(M25KM, (POINTS[1], POINTS[0], POINTS[2]), POINTS[0])
    assert panel.list.currentIndex().row() == 0
    panel.show_points(M25KM, (POINTS[0], POINTS[2]), POINTS[0])
    assert panel.list.currentIndex().row() == 0
    panel.show_points(M25KM, (POINTS[0], POINTS[2]), POINTS[2])
    assert panel.list.currentIndex().row() == 1


def test_typed_coordinates_and_what_is_wrong_with_them(panel):
    said = Said(panel)
    panel.typed.setFocus()
    for text, sentence in (("Sahel", "“Sahel” is no longitude"), ("9, 89", "outside the grid"), ("", "No coordinates")):
        panel.typed.setText(text)
        QTest.keyClick(panel.typed, Qt.Key.Key_Return)
        assert sentence in panel.said.text() and panel.said.isVisible()
    QTest.keyClicks(panel.typed, "30.07N, 9.21E")
    assert not panel.said.isVisible()
    QTest.keyClick(panel.typed, Qt.Key.Key_Return)
    assert said == [("place_typed", Place(9.21, 30.07))] and panel.typed.text() == ""


def test_a_hovered_row_is_told_and_leaving_ends_it(panel):
    heard = []
    panel.point_hovered.connect(heard.append)
    panel.list.entered.emit(panel.model.index(2))
    QApplication.sendEvent(panel.list.viewport(), QEvent(QEvent.Type.Leave))
    assert heard == [POINTS[2], None]


def test_every_button_has_a_name_and_a_tip_and_the_panel_fits_a_narrow_dock(panel):
    for button in panel.findChildren(QToolButton):
        assert button.objectName().startswith("smosib") and button.accessibleName() and button.toolTip()
    assert panel.minimumSizeHint().width() <= 318
    assert panel.typed.width() >= 120 and panel.list.height() >= 60


# --- Several points in the session ---


def test_picked_points_are_plotted_together_each_read_once(kept, monkeypatch):
    def no_reading(*arguments, **named):
        raise AssertionError("a daily file was read")

    monkeypatch.setattr(Reader, "cells", no_reading)
    cells, panel = kept.session.cells, kept.dock.points
    assert [series.cell for _, series in cells.plotted] == CELLS and len(lines(kept)) == 3
    assert [point.name for point in cells.points] == ["P1", "P2", "P3"]
    assert "3 points: P1, P2, P3" in kept.plot_dock.place.text()
    panel.point_shown.emit(cells.points[1], False)
    assert len(lines(kept)) == 2 and len(kept.outlines.bands) == 2
    assert cells.series_of(CELLS[1]) is not None and cells.series.cell == CELLS[2]
    panel.point_chosen.emit(cells.points[1])
    assert len(lines(kept)) == 3 and not cells.point.hidden
    panel.point_removed.emit(cells.points[1])
    assert [point.name for point in cells.points] == ["P1", "P3"] and cells.series is None and len(lines(kept)) == 2
    panel.point_renamed.emit(cells.points[0], "P3")
    panel.point_moved.emit(cells.points[0], 1)
    assert [point.name for point in cells.points] == ["P3", "P3 (2)"]


def test_a_hovered_row_emphasises_its_curve(kept):
    panel = kept.dock.points
    panel.list.entered.emit(panel.model.index(1))
    assert [line.get_alpha() == 1 for line in lines(kept)] == [False, True, False]
    QApplication.sendEvent(panel.list.viewport(), QEvent(QEvent.Type.Leave))
    assert all(line.get_alpha() == 1 for line in lines(kept))


def test_what_is_missing_is_read_together_and_what_was_not_asked_for_never(explorer, monkeypatch):
    asked = []
    real = Reader.cells
    monkeypatch.setattr(
        Reader,
        "cells",
        lambda self, granule, about, variables, cells: (
            asked.append(tuple(cells)) or real(self, granule, about, variables, cells)
        ),
    )
    cells = explorer.session.cells
    points = tuple(Point(cell, *M25KM.centre(cell), f"P{number}") for number, cell in enumerate(CELLS))
    cells.set_points(points, points[0])
    let_events_pass()
    assert not asked, "a restored list reads nothing"
    wait_for(cells.series_ended, lambda: explorer.dock.points.point_chosen.emit(points[1]))
    assert set(asked) == {(CELLS[1],)}
    asked.clear()
    wait_for(cells.series_ended, cells.read_unread_points)
    assert set(asked) == {(CELLS[0], CELLS[2])} and len(asked) == 3 and len(cells.plotted) == 3
    asked.clear()
    cells.read_unread_points()
    cells.choose_point(cells.points[0])
    assert not asked and not explorer.background.is_running("series")
    wait_for(cells.series_ended, lambda: explorer.dock.form.smosibOrbit.setCurrentIndex(1))
    assert set(asked) == {tuple(CELLS)}


def test_choosing_again_what_is_being_read_does_not_begin_anew(explorer, monkeypatch):
    entered, go, starts = threading.Event(), threading.Event(), []
    real = Reader.cells

    def slow(self, granule, about, variables, cells):
        starts.append(granule)
        entered.set()
        go.wait(30)
        return real(self, granule, about, variables, cells)

    monkeypatch.setattr(Reader, "cells", slow)
    explorer.pick_tool.picked.emit(CELLS[0], *M25KM.centre(CELLS[0]))
    assert entered.wait(30)
    explorer.session.cells.choose_point(explorer.session.cells.point)
    wait_for(explorer.session.cells.series_ended, go.set)
    assert len(starts) == 3


def test_a_growing_series_is_plotted_and_stays_when_it_is_cancelled(explorer, monkeypatch):
    go, real = threading.Event(), Reader.cells
    newest = max(explorer.session.opened.archive.dates(explorer.session.selection.orbit))

    def slow(self, granule, about, variables, cells):
        if granule.date != newest:
            go.wait(30)
        return real(self, granule, about, variables, cells)

    monkeypatch.setattr(Reader, "cells", slow)
    monkeypatch.setattr("smos_ib_explorer.plugin.core.series.BATCH", 1)
    cells, plot = explorer.session.cells, explorer.plot_dock
    wait_for(
        cells.series_changed,
        lambda: explorer.pick_tool.picked.emit(CELLS[0], *M25KM.centre(CELLS[0])),
        lambda curves: any(series.dates.size == 1 for _, series in curves),
    )
    assert plot.view.series.dates.size == 1 and plot.cancel.isVisibleTo(plot)
    assert plot.view.days[0] < plot.view.series.dates[0].item(), "the axis waits for the whole record"
    (why,) = wait_for(cells.series_ended, plot.cancel.click)
    assert why == "Cancelled: 1 days were read." and plot.view.series.dates.size == 1
    go.set()
    wait_for(cells.series_ended, cells.read_unread_points)
    assert plot.view.series.is_complete and plot.view.series.dates.size == 3


def test_a_threshold_is_drawn_once_and_a_day_only_marked(kept, monkeypatch):
    def drag_to(rmse: float) -> None:
        wait_for(kept.session.day_ready, lambda: kept.dock.form.smosibMaxRmse.setValue(rmse))
        let_events_pass()

    drag_to(5.0)  # the dock's first line on what is kept may take room from the plot
    let_events_pass()
    canvas, drawn = kept.plot_dock.canvas, []
    for name in ("draw", "_draw_curves", "_draw_marks"):
        real = getattr(canvas, name)
        monkeypatch.setattr(canvas, name, lambda *about, name=name, real=real: drawn.append(name) or real(*about))
    drag_to(4.9)
    assert drawn == ["_draw_curves", "_draw_marks"]
    drawn.clear()
    wait_for(kept.session.day_ready, lambda: kept.session.step(Step(Unit.DAY, False)))
    let_events_pass()
    assert drawn == ["_draw_marks"] and canvas.view.map_day == kept.session.selection.date


def test_the_csv_of_several_points_names_them(kept, tmp_path):
    kept.dock.points.point_renamed.emit(kept.session.cells.points[1], "Süd, west")
    target = tmp_path / "series.csv"
    wait_for(kept.iface.messageBar().widgetAdded, lambda: kept.plot_dock.csv_requested.emit(target))
    text = target.read_text("utf-8").splitlines()
    about = dict(line[2:].split(": ", 1) for line in text if line.startswith("# "))
    rows = list(csv.DictReader(line for line in text if not line.startswith("# ")))
    assert {(row["point"], int(row["row"]), int(row["col"])) for row in rows} == {
        (name, cell.row, cell.col) for name, cell in zip(("P1", "Süd, west", "P3"), CELLS)
    }
    assert about["cell"] == "3 cells" and len(rows) == 3 * 3 * 2
    assert int(about["kept_SM"]) == sum(row["variable"] == "SM" and row["rejection"] == "" for row in rows)


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_figure_of_several_points_is_written(kept, tmp_path, ending, start):
    target = tmp_path / f"plot.{ending}"
    wait_for(kept.iface.messageBar().widgetAdded, lambda: kept.plot_dock.figure_requested.emit(target))
    written = target.read_bytes()
    assert written.startswith(start)
    if ending == "svg":  # the curves are in it, though the canvas leaves them out of what it keeps
        assert written.count(kept.session.cells.points[1].shade(dark=False).encode()) > 2


def test_overlay_is_offered_for_two_variables_of_one_point(kept):
    overlay = kept.plot_dock.overlay
    assert overlay.objectName() == "smosibOverlay" and not overlay.isEnabled()
    for point in kept.session.cells.points[:2]:
        kept.dock.points.point_shown.emit(point, False)
    hidden = kept.session.cells.points[0]
    assert overlay.isEnabled()
    overlay.trigger()
    (left, _), (right, _) = kept.plot_dock.canvas.panels
    assert left.bbox.bounds == right.bbox.bounds
    kept.dock.points.point_shown.emit(hidden, True)
    assert (
        not overlay.isEnabled()
        and kept.plot_dock.canvas.panels[0][0].bbox.bounds != kept.plot_dock.canvas.panels[1][0].bbox.bounds
    )
    kept.dock.points.point_shown.emit(kept.session.cells.points[0], False)
    assert kept.plot_dock.view.overlaid, "the choice is remembered"


def test_zoom_shows_the_cell(kept):
    kept.iface.look_at(6933, -1.7e7, -7e6, 1.7e7, 7e6)
    point = kept.session.cells.points[1]
    kept.dock.points.zoom_requested.emit(point)
    extent, (x, y) = kept.iface.canvas.extent(), M25KM.centre_xy(point.cell)
    assert extent.contains(QgsPointXY(x, y)) and extent.width() < 3e6


# --- Layers ---


def layer_of(crs: str, places, field: str = "Name") -> QgsVectorLayer:
    layer = QgsVectorLayer(f"Point?crs={crs}&field={field}:string", "sites", "memory")
    features = []
    for x, y, name in places:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(x, y)))
        feature.setAttribute(0, name)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


def test_a_layers_points_come_with_their_names_from_any_projection(qgis_app):
    x, y = M25KM.centre_xy(CELLS[0])
    (place,) = places_of_layer(layer_of("EPSG:6933", [(x, y, "Gobabeb")]))
    assert place.name == "Gobabeb" and np.allclose((place.lon, place.lat), M25KM.centre(CELLS[0]))
    (nameless,) = places_of_layer(layer_of("EPSG:4326", [(1, 2, None)]))
    assert nameless == Place(1.0, 2.0, "")
    assert places_of_layer(layer_of("EPSG:4326", [(1, 2, "x")], "depth"))[0].name == ""


def test_only_selected_features_are_taken_if_some_are_and_not_too_many(qgis_app):
    layer = layer_of("EPSG:4326", [(lon, 10, str(lon)) for lon in range(MOST_PLACES + 1)])
    with pytest.raises(BadRequest, match=f"At most {MOST_PLACES} points"):
        places_of_layer(layer)
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][3:5])
    assert [place.name for place in places_of_layer(layer)] == ["3", "4"]
    polygons = QgsVectorLayer("Polygon?crs=EPSG:4326", "areas", "memory")
    for other in (None, polygons, layer_of("EPSG:4326", [])):
        with pytest.raises(BadRequest):
            places_of_layer(other)


def test_the_points_of_the_chosen_layer_are_added_and_read(explorer, iface):
    x, y = M25KM.centre(CELLS[0])
    iface.active = layer_of("EPSG:4326", [(x, y, "one"), (*M25KM.centre(CELLS[1]), "two"), (0, 89, "pole")])
    button = explorer.dock.points.findChild(QToolButton, "smosibAddLayerPoints")
    wait_for(explorer.session.cells.series_ended, button.click)
    assert [point.name for point in explorer.session.cells.points] == ["one", "two"]
    assert len(explorer.session.cells.plotted) == 2 and "1 of the places lie outside the grid" in iface.said()
    iface.active = None
    button.click()
    assert "No point layer is chosen" in iface.said()


def test_points_are_written_as_a_layer_that_lasts(kept, tmp_path):
    path = tmp_path / "poïnts.gpkg"
    kept.dock.points.point_renamed.emit(kept.session.cells.points[0], "Sahel")
    wait_for(kept.iface.messageBar().widgetAdded, lambda: kept.dock.points.export_requested.emit(path))
    (layer,) = (one for one in QgsProject.instance().mapLayers().values() if isinstance(one, QgsVectorLayer))
    assert [field.name() for field in layer.fields()][1:] == ["name", "lon", "lat", "row", "col", "colour"]
    for feature, point in zip(layer.getFeatures(), kept.session.cells.points):
        at = feature.geometry().asPoint()
        assert (feature["name"], feature["row"], feature["col"]) == (point.name, point.cell.row, point.cell.col)
        assert (at.x(), at.y()) == (pytest.approx(point.lon), pytest.approx(point.lat))
    assert layer.crs().authid() == "EPSG:4326" and layer.labelsEnabled()
    colours = [category.symbol().color() for category in layer.renderer().categories()]
    assert colours == [QColor(point.shade(dark=False)) for point in kept.session.cells.points]
    project = tmp_path / "project.qgz"
    QgsProject.instance().write(str(project))
    again = QgsProject()
    assert again.read(str(project)) and all(one.isValid() for one in again.mapLayers().values())
    assert [one.name for one in tmp_path.glob("*poï*")] == [path.name]


def test_points_that_cannot_be_written_leave_nothing(tmp_path, monkeypatch):
    path = tmp_path / "points.gpkg"
    path.write_text("older")
    monkeypatch.setattr(ogr.Geometry, "AddPoint_2D", lambda *values: (_ for _ in ()).throw(RuntimeError("full")))
    with pytest.raises(BadRequest, match="cannot be written"):
        write_points(path, POINTS)
    assert [one.name for one in tmp_path.iterdir()] == ["points.gpkg"] and path.read_text() == "older"
