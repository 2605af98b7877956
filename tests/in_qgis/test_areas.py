# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tab of areas: from layers and by drawing, their means in the plot, live with the criteria, exported, and back with the project."""

from __future__ import annotations

import csv
import threading
from dataclasses import replace

import numpy as np
import pytest
from core.products_table import PRODUCT_FILES
from in_qgis.test_areaseries import layer_of, square
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsGeometry, QgsPointXY, QgsProject
from qgis.gui import QgsMapToolPan
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest

from smos_ib_explorer.plugin.adapters import area_records, project_state
from smos_ib_explorer.plugin.core.analysis import area_reading
from smos_ib_explorer.plugin.core.analysis.area_table import COLUMNS
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.quality import PROVIDER, PROVIDER_6K, RAW
from smos_ib_explorer.plugin.core.reader import Reader

ROW, COL = 150, 700


def box(row, col, rows=2, cols=2):
    return QgsGeometry.fromRect(square(row, col, rows, cols)).asWkt(3)


@pytest.fixture
def two(explorer, iface):
    """The plugin with two areas of a layer, read."""
    iface.active = layer_of(box(ROW, COL), box(ROW + 4, COL, 3, 3), code=6933)
    add = explorer.dock.areas.findChild(object, "smosibAddLayerAreas")
    wait_for(explorer.areas.series_changed, add.click, lambda others: len(others) == 4)
    return explorer


def plotted(explorer, variable="SM"):
    """Return the means that the plot shows, by the area's name."""
    view = explorer.plot_dock.view
    return {} if view is None else {one.name: one for one in view.others if one.variable.id == variable}


def on_grid(folder, grid):
    """Write an archive of another grid."""
    replace(PRODUCT_FILES["SMOS-IC V2"], grid=grid, orbits=("A",)).write(folder)
    return folder


def kept(explorer, criteria, row=ROW, col=COL, rows=2, cols=2):
    """Return mean and spread of whole cells by the daily maps."""
    opened, found = explorer.session.opened, []
    for granule in opened.archive.granules_of(explorer.session.selection.orbit):
        day = explorer.session.reader.day(granule, opened.recognition, opened.recognition.variable("SM"), criteria)
        values = day.kept[row : row + rows, col : col + cols].astype(float)
        good = values[np.isfinite(values)]
        found.append((good.mean(), good.std()) if good.size else (np.nan, np.nan))
    return np.array(found).T


def test_areas_of_a_layer_come_into_the_plot_with_their_spread(two):
    panel = two.dock.areas
    assert [panel.model.data(panel.model.index(row)) for row in range(2)] == [
        "part 0 · 4 cells · 2,510 km²",
        "part 1 · 9 cells · 5,640 km²",
    ]
    assert not panel.cancel.isVisibleTo(panel)
    assert two.plot_dock.isVisible() and len(two.area_topic.outlines.bands) == 2
    first = plotted(two)["part 0"]
    mean, spread = kept(two, PROVIDER)
    np.testing.assert_allclose(first.values, mean, rtol=1e-6)
    np.testing.assert_allclose(first.high - first.values, spread, rtol=1e-5, atol=1e-9)
    assert "4 cells weighted by their share inside" in first.about and two.plot_dock.canvas.isVisibleTo(two.plot_dock)
    assert plotted(two)["part 1"].colour != first.colour
    assert two.plot_dock.view.title == "SYNTHETIC · part 0, part 1"  # once, though it has two variables
    canvas = two.plot_dock.canvas
    canvas.resize(600, 300)
    canvas.draw()  # the legend is made for the size in which it is drawn
    legend = canvas.figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["part 0", "part 1"]


def test_new_criteria_change_the_curves_without_a_file(two, monkeypatch):
    monkeypatch.setattr(Reader, "values", None)  # whoever reads fails
    for criteria in (PROVIDER_6K, RAW):
        wait_for(two.session.day_ready, lambda criteria=criteria: two.session.change(criteria=criteria))
        assert two.plot_dock.view.criteria == criteria
        np.testing.assert_allclose(plotted(two)["part 0"].values, kept(two, criteria)[0], rtol=1e-6)


@pytest.mark.parametrize(("where", "name"), [(area_records, "MOST_AT_ONCE"), (area_reading, "MOST_CELLS_HELD")])
def test_what_takes_longer_follows_in_a_task_and_is_not_shown_stale(explorer, iface, monkeypatch, where, name):
    monkeypatch.setattr(where, name, 0)
    iface.active = layer_of(box(ROW, COL), code=6933)
    wait_for(explorer.areas.series_changed, explorer.dock.areas.layer_requested.emit, bool)
    told = []
    explorer.areas.series_changed.connect(told.append)
    wait_for(explorer.areas.series_changed, lambda: explorer.session.change(criteria=RAW), bool)
    assert [len(others) for others in told] == [0, 2]
    np.testing.assert_allclose(plotted(explorer)["part 0"].values, kept(explorer, RAW)[0], rtol=1e-6)


def test_hide_show_rename_and_remove(two, monkeypatch):
    panel, model = two.dock.areas, two.dock.areas.model
    model.setData(model.index(0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert list(plotted(two)) == ["part 1"] and len(two.area_topic.outlines.bands) == 1
    model.setData(model.index(0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert list(plotted(two)) == ["part 0", "part 1"]
    monkeypatch.setattr(Reader, "values", None)  # a name needs no reading
    model.setData(model.index(1), "part 0", Qt.ItemDataRole.EditRole)
    assert [area.name for area in two.areas.areas] == ["part 0", "part 0 (2)"]
    assert list(plotted(two)) == ["part 0", "part 0 (2)"]
    assert [record.area.name for record in two.areas.records] == ["part 0", "part 0 (2)"]
    panel.list.setCurrentIndex(model.index(0))
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert list(plotted(two)) == ["part 0 (2)"] and model.rowCount() == 1
    panel.remove.click()
    assert two.plot_dock.view is None
    assert not two.area_topic.outlines.bands


def test_zooming_shows_the_area(two, iface):
    iface.look_at(4326, -180, -90, 180, 90)
    assert len(two.area_topic.outlines.bands) == 2
    two.dock.areas.list.setCurrentIndex(two.dock.areas.model.index(0))
    two.dock.areas.zoom.click()
    shown = iface.canvas.extent()
    assert shown.width() < 5 and shown.contains(QgsPointXY(*M25KM.centre(M25KM.cell_at(1.55, shown.center().y()))))


def test_the_other_orbit_and_other_variables_are_read(two):
    wait_for(
        two.areas.series_changed,
        lambda: two.plot_dock.variables_chosen.emit(("SM",)),
        lambda others: len(others) == 2,
    )
    before = plotted(two)["part 0"].values
    wait_for(two.areas.series_changed, lambda: two.session.change(orbit=two.session.opened.archive.orbits[1]), bool)
    assert not np.array_equal(plotted(two)["part 0"].values, before, equal_nan=True)


def test_an_area_is_drawn_with_the_mouse(explorer, iface, left_click):
    x0, y0 = square(ROW, COL).center().x(), square(ROW, COL).center().y()
    iface.look_at(6933, x0 - 2e5, y0 - 2e5, x0 + 3e5, y0 + 2e5)
    before = QgsMapToolPan(iface.canvas)
    iface.canvas.setMapTool(before)
    explorer.dock.areas.draw.click()
    assert iface.canvas.mapTool() is explorer.area_topic.tool and explorer.dock.areas.draw.isChecked()
    for x, y in ((0, 0), (1e5, 0), (1e5, -1e5), (-1e5, -1e5)):
        left_click(iface, x0 + x, y0 + y)
    QTest.keyClick(iface.canvas, Qt.Key.Key_Backspace)
    assert len(explorer.area_topic.tool.corners) == 3
    at = iface.canvas.getCoordinateTransform().transform(x0, y0 - 1e5)
    where, none = QPoint(int(at.x()), int(at.y())), Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(iface.canvas.viewport(), where)
    wait_for(
        explorer.areas.series_changed,
        lambda: QTest.mouseClick(iface.canvas.viewport(), Qt.MouseButton.RightButton, none, where),
        bool,
    )
    assert iface.canvas.mapTool() is before and not explorer.dock.areas.draw.isChecked()
    (drawn,) = explorer.areas.areas
    assert drawn.name == "Area 1" and drawn.area.size_km2 == pytest.approx(1e4 / 2, rel=0.05)
    assert list(plotted(explorer)) == ["Area 1"]


def test_double_click_enter_and_escape_of_the_drawing_tool(explorer, iface, left_click):
    drawn = []
    tool, view, none = explorer.area_topic.tool, iface.canvas.viewport(), Qt.KeyboardModifier.NoModifier
    tool.drawn.disconnect()
    tool.drawn.connect(lambda geometry, crs: drawn.append(geometry))
    iface.look_at(4326, 0, 0, 20, 20)
    places = [QPoint(100, 100), QPoint(300, 100), QPoint(300, 300)]
    for end in ("double", "enter"):
        tool.take_over()
        for place in places[: 2 if end == "double" else 3]:
            QTest.mouseClick(view, Qt.MouseButton.LeftButton, none, place)
        if end == "double":
            QTest.mouseClick(view, Qt.MouseButton.LeftButton, none, places[2])
            QTest.mouseDClick(view, Qt.MouseButton.LeftButton, none, places[2])
        else:
            QTest.keyClick(iface.canvas, Qt.Key.Key_Return)
        assert iface.canvas.mapTool() is not tool and not tool.corners
    assert len(drawn) == 2 and drawn[0].equals(drawn[1]) and drawn[0].area() > 0
    tool.take_over()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, none, places[0])
    QTest.keyClick(iface.canvas, Qt.Key.Key_Return)
    assert "three corners" in iface.said() and len(tool.corners) == 1
    QTest.keyClick(iface.canvas, Qt.Key.Key_Escape)
    assert not tool.corners and iface.canvas.mapTool() is tool
    QTest.keyClick(iface.canvas, Qt.Key.Key_Escape)
    assert iface.canvas.mapTool() is not tool and len(drawn) == 2


def test_what_is_no_area_is_left_out_with_a_sentence(explorer, iface):
    iface.active = layer_of("Polygon ((0 86, 5 86, 5 88, 0 88, 0 86))", "Polygon ((1 40, 2 40, 2 41, 1 40))")
    wait_for(explorer.areas.series_changed, explorer.dock.areas.layer_requested.emit, bool)
    assert [area.name for area in explorer.areas.areas] == ["part 1"]
    assert "part 0 lies outside the grid" in iface.said()
    iface.active = None
    explorer.dock.areas.layer_requested.emit()
    assert "No polygon layer is chosen" in iface.said()


@pytest.mark.parametrize(("grid", "cells"), [("EASE2_M36km", 25), ("EASE2_M25km", 36)])
def test_another_archive_s_cells_are_found_and_it_is_read(grid, cells, explorer, iface, tmp_path, open_folder):
    iface.active = layer_of(box(115, 270, 6, 6), code=6933)
    wait_for(explorer.areas.series_changed, explorer.dock.areas.layer_requested.emit, bool)
    told = []
    explorer.areas.series_changed.connect(lambda others: told.append([one.about[:16] for one in others]))
    folder = on_grid(tmp_path / "other", grid)
    wait_for(explorer.areas.series_changed, lambda: open_folder(folder), bool)
    assert [about for about in told if about] == [[f"mean of {cells} cells"] * 2]  # never those of the archive before
    session, (area,) = explorer.session, explorer.areas.areas
    truth = []
    for granule in session.opened.archive.granules_of(session.selection.orbit):
        recognition = session.opened.recognition
        day = session.reader.day(granule, recognition, recognition.variable("SM"), session.selection.criteria)
        values = day.kept.ravel()[area.area.cells].astype(float)
        good = np.isfinite(values)
        truth.append(np.average(values[good], weights=area.area.weights[good]) if good.any() else np.nan)
    assert np.isfinite(truth).any()
    assert area.area.grid == session.opened.recognition.grid
    np.testing.assert_allclose(plotted(explorer)["part 0"].values, truth, rtol=1e-6)


def test_an_area_beyond_another_archive_s_grid_stays_in_the_list(explorer, iface, tmp_path, open_folder, demo_folder):
    iface.active = layer_of("Polygon ((14 78, 20 78, 20 79.5, 14 79.5, 14 78))")
    wait_for(explorer.areas.series_changed, explorer.dock.areas.layer_requested.emit, bool)
    before = plotted(explorer)["part 0"].values
    folder = on_grid(tmp_path / "67", "EASE2_T25km")
    wait_for(explorer.areas.failed, lambda: open_folder(folder))
    assert "stays in the list" in iface.said() and "±67." in iface.said()
    model = explorer.dock.areas.model
    assert model.data(model.index(0)) == "part 0 · no cells in this archive" and plotted(explorer) == {}
    wait_for(explorer.areas.series_changed, lambda: open_folder(demo_folder), bool)
    np.testing.assert_array_equal(plotted(explorer)["part 0"].values, before)


def test_scene_flags_have_no_mean(two, iface):
    wait_for(
        two.areas.series_changed,
        lambda: two.plot_dock.variables_chosen.emit(("SM", "SF")),
        lambda others: len(others) == 2,
    )
    assert not plotted(two, "SF") and "no mean of SF" in iface.said()


def test_what_is_held_of_all_areas_stays_within_the_budget(explorer, iface, monkeypatch):
    def add(row):
        iface.active = layer_of(box(row, COL), code=6933)
        wait_for(explorer.areas.series_changed, explorer.dock.areas.layer_requested.emit, bool)

    add(ROW)
    (first,) = explorer.areas.records
    assert first.held_bytes > 0
    monkeypatch.setattr(area_records, "HELD_BYTES", first.held_bytes + 4 * 3 * 6 * 4 - 1)
    add(ROW + 4)
    assert [record.held is not None for record in explorer.areas.records] == [True, False]


def test_a_change_of_the_projection_moves_no_corner(explorer, iface, left_click):
    drawn = []
    explorer.area_topic.tool.drawn.disconnect()
    explorer.area_topic.tool.drawn.connect(lambda geometry, crs: drawn.append((geometry, crs.authid())))
    iface.look_at(4326, 0, 0, 20, 20)
    explorer.dock.areas.draw.click()
    for x, y in ((5, 5), (10, 5), (10, 10)):
        left_click(iface, x, y)
    iface.look_at(6933, 0, 0, 2e6, 2e6)
    QTest.keyClick(iface.canvas, Qt.Key.Key_Return)
    ((geometry, crs),) = drawn
    assert crs == "EPSG:6933" and geometry.area() / 1e6 == pytest.approx(555 * 553 / 2, rel=0.05)


def test_reading_can_be_cancelled_and_asked_for_again(explorer, iface, monkeypatch):
    may_go, whole = threading.Event(), Reader.values

    def waiting(self, *how):
        may_go.wait(60)
        return whole(self, *how)

    monkeypatch.setattr(Reader, "values", waiting)
    iface.active = layer_of(box(ROW, COL), code=6933)
    wait_for(explorer.areas.areas_changed, explorer.dock.areas.layer_requested.emit, lambda areas: bool(areas))
    panel = explorer.dock.areas
    assert panel.cancel.isVisibleTo(panel)
    panel.cancel.click()
    assert panel.remaining.text() == "Cancelled." and not panel.cancel.isVisibleTo(panel)
    may_go.set()
    wait_for(explorer.areas.series_changed, lambda: panel.area_chosen.emit(explorer.areas.areas[0]), bool)
    assert list(plotted(explorer)) == ["part 0"]


def test_a_growing_series_is_plotted_and_not_exported(explorer, iface, monkeypatch):
    may_go, whole = threading.Event(), Reader.values
    newest = explorer.session.selection.date

    def waiting(self, granule, *how):
        if granule.date != newest:
            may_go.wait(60)
        return whole(self, granule, *how)

    monkeypatch.setattr(Reader, "values", waiting)
    monkeypatch.setattr(area_records, "REPORT_EVERY_S", 0)
    for name in ("BATCH", "REPORT"):
        monkeypatch.setattr(area_reading, name, 1)
    iface.active = layer_of(box(ROW, COL), code=6933)
    wait_for(explorer.areas.series_changed, explorer.dock.areas.layer_requested.emit, bool)
    assert plotted(explorer)["part 0"].days.size == 1
    assert not explorer.areas.records and explorer.areas.unread == ("part 0",)
    wait_for(explorer.areas.ended, may_go.set)
    assert plotted(explorer)["part 0"].days.size == 3 and len(explorer.areas.records) == 1


def test_the_export_says_where_it_comes_from(two, iface, tmp_path):
    path = tmp_path / "areas.csv"
    two.dock.areas.model.setData(two.dock.areas.model.index(1), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    wait_for(iface.bar.widgetAdded, lambda: two.dock.areas.export_requested.emit(path))
    lines = path.read_text("utf-8").splitlines()
    about = [line for line in lines if line.startswith("# ")]
    for said in ("# areas: part 0: 4 cells, 2,505 km²", "# weights: share of each cell", "# quality_control: SF ≤ 1"):
        assert any(line.startswith(said) for line in about)
    assert sum(line.startswith("# citation_") for line in about) == 3
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 3 * 2 and {row["area"] for row in rows} == {"part 0"}
    mean, _ = kept(two, PROVIDER)
    told = [float(row["mean"]) if row["mean"] else np.nan for row in rows if row["variable"] == "SM"]
    np.testing.assert_allclose(told, mean, rtol=1e-6)


def test_the_export_holds_what_is_plotted_and_names_what_is_left_out(two, iface, tmp_path, monkeypatch):
    may_go, whole = threading.Event(), Reader.values
    monkeypatch.setattr(Reader, "values", lambda self, *how: (may_go.wait(60), whole(self, *how))[1])
    iface.active = layer_of(box(ROW + 9, COL), code=6933)
    wait_for(two.areas.areas_changed, two.dock.areas.layer_requested.emit, lambda areas: len(areas) == 3)
    before, path = two.session.selection.criteria, tmp_path / "areas.csv"
    two.session.change(criteria=RAW)  # the areas follow with the map
    assert two.areas.criteria == before
    wait_for(iface.bar.widgetAdded, lambda: two.dock.areas.export_requested.emit(path))
    assert "leaves out" in iface.said() and "part 0 (2)" in iface.said()
    may_go.set()
    wait_for(two.areas.ended)


def test_areas_come_back_with_the_project(two, iface, tmp_path, monkeypatch):
    two.areas.show(two.areas.areas[1], False)
    before = [(area.name, area.colour, area.hidden, area.area.weights.tolist()) for area in two.areas.areas]
    path = tmp_path / "project.qgz"
    assert QgsProject.instance().write(str(path))
    QgsProject.instance().clear()
    assert not two.areas.areas and not two.area_topic.outlines.bands and two.plot_dock.view is None
    wait_for(
        two.areas.areas_changed,
        lambda: QgsProject.instance().read(str(path)),
        lambda areas: bool(areas) and all(area.area is not None for area in areas),
    )
    after = [(area.name, area.colour, area.hidden, area.area.weights.tolist()) for area in two.areas.areas]
    assert after == before and len(two.area_topic.outlines.bands) == 1
    let_events_pass()
    assert plotted(two) == {}  # read when it is asked for
    wait_for(two.areas.series_changed, lambda: two.dock.areas.area_chosen.emit(two.areas.areas[0]), bool)
    assert list(plotted(two)) == ["part 0"]
    monkeypatch.setattr(project_state, "MOST_OF_AREAS", 130)
    iface.messageBar().clearWidgets()
    assert QgsProject.instance().write(str(path))
    (said,) = [item.text() for item in iface.messageBar().items()]
    assert "does not keep the areas part 1:" in said
