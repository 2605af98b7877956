# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Clicks on a real canvas: the right cell in any projection, its true outline, its series."""

from __future__ import annotations

import numpy as np
import pytest
from in_qgis.waiting import wait_for
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject
from qgis.gui import QgsMapToolPan
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from smos_ib_explorer.plugin.adapters.cell_outline import CURRENT
from smos_ib_explorer.plugin.core.grid import M25KM, Cell

VIEWS = {6933: (0, 0, 3e6, 2e6), 4326: (0, 0, 30, 20), 3857: (0, 0, 3e6, 2e6)}


def _on_map(cell: Cell, crs: int) -> tuple[float, float]:
    to = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem.fromEpsgId(6933),
        QgsCoordinateReferenceSystem.fromEpsgId(crs),
        QgsProject.instance(),
    )
    place = to.transform(*M25KM.centre_xy(cell))
    return place.x(), place.y()


@pytest.mark.parametrize("crs", VIEWS)
def test_a_click_picks_the_cell_under_it_in_any_projection(explorer, iface, left_click, crs):
    iface.look_at(crs, *VIEWS[crs])
    explorer.dock.form.smosibPick.click()
    wanted = Cell(270, 720)
    wait_for(explorer.session.cells.series_ended, lambda: left_click(iface, *_on_map(wanted, crs)))
    assert explorer.session.cells.point.cell == wanted
    assert explorer.session.cells.series.is_complete


@pytest.mark.parametrize(("x", "cell"), [(-17360000.0, Cell(291, 0)), (17360000.0, Cell(291, 1387))])
def test_the_cells_at_the_antimeridian(explorer, iface, left_click, x, cell):
    iface.look_at(6933, x - 60000, -40000, x + 60000, 40000)
    explorer.dock.form.smosibPick.click()
    wait_for(explorer.session.cells.points_changed, lambda: left_click(iface, x, 5000))
    assert explorer.session.cells.point.cell == cell


@pytest.mark.parametrize("place", [(0.0, 7.4e6), (1.75e7, 0.0), (0.0, -7.4e6), (-1.75e7, 0.0)])
def test_a_click_outside_the_grid_says_so(explorer, iface, left_click, place):
    iface.look_at(6933, -2e7, -8e6, 2e7, 8e6)
    explorer.dock.form.smosibPick.click()
    left_click(iface, *place)
    assert explorer.session.cells.point is None
    assert "outside the grid" in iface.said()


@pytest.mark.parametrize("crs", VIEWS)
def test_the_outline_is_the_cells_true_outline(explorer, iface, left_click, crs):
    iface.look_at(crs, *VIEWS[crs])
    explorer.dock.form.smosibPick.click()
    cell = Cell(270, 720)
    wait_for(explorer.session.cells.points_changed, lambda: left_click(iface, *_on_map(cell, crs)))
    (band,) = explorer.outlines.bands
    back = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem.fromEpsgId(crs),
        QgsCoordinateReferenceSystem.fromEpsgId(6933),
        QgsProject.instance(),
    )
    shape = band.asGeometry()
    shape.transform(back)
    box = shape.boundingBox()
    x, y = M25KM.centre_xy(cell)
    half = M25KM.cell / 2
    assert np.allclose(
        [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
        [x - half, y - half, x + half, y + half],
        atol=0.01,
    )


def test_the_outline_follows_a_change_of_projection(explorer, iface, left_click):
    iface.look_at(6933, *VIEWS[6933])
    explorer.dock.form.smosibPick.click()
    wait_for(explorer.session.cells.points_changed, lambda: left_click(iface, *_on_map(Cell(270, 720), 6933)))
    iface.look_at(4326, *VIEWS[4326])
    (band,) = explorer.outlines.bands
    assert band.asGeometry().boundingBox().xMaximum() < 180


def test_escape_gives_the_previous_tool_back(explorer, iface):
    before = QgsMapToolPan(iface.canvas)
    iface.canvas.setMapTool(before)
    explorer.dock.form.smosibPick.click()
    assert iface.canvas.mapTool() is explorer.pick_tool
    QTest.keyClick(iface.canvas, Qt.Key.Key_Escape)
    assert iface.canvas.mapTool() is before
    assert not explorer.dock.form.smosibPick.isChecked()


def test_another_tool_unpresses_the_button(explorer, iface):
    explorer.dock.form.smosibPick.click()
    other = QgsMapToolPan(iface.canvas)
    iface.canvas.setMapTool(other)
    assert not explorer.dock.form.smosibPick.isChecked()


def test_a_second_click_supersedes_the_first(explorer, iface, left_click):
    iface.look_at(6933, *VIEWS[6933])
    explorer.dock.form.smosibPick.click()
    first, second = Cell(270, 720), Cell(262, 740)
    left_click(iface, *_on_map(first, 6933))
    wait_for(explorer.session.cells.series_ended, lambda: left_click(iface, *_on_map(second, 6933)))
    assert explorer.session.cells.series.cell == second
    assert [point.cell for point in explorer.session.cells.points] == [first, second]


def test_a_click_before_any_folder_tells_what_to_do(plugin, iface, left_click):
    iface.look_at(6933, *VIEWS[6933])
    plugin.pick_tool.take_over()
    left_click(iface, 1e6, 1e6)
    assert "Choose a folder" in iface.said()


def test_a_picked_cell_can_be_seen_on_a_map_of_the_world(explorer, iface, left_click):
    iface.look_at(6933, -1.75e7, -7.4e6, 1.75e7, 7.4e6)
    explorer.dock.form.smosibPick.click()
    wait_for(explorer.session.cells.points_changed, lambda: left_click(iface, 1e6, 1e6))
    picture = iface.canvas.grab().toImage()
    pink = sum(picture.pixelColor(x, y) == CURRENT for x in range(picture.width()) for y in range(picture.height()))
    assert pink > 20
