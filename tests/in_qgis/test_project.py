# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A project saved and opened again: folder, layer with its style, points and thresholds are back."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from in_qgis.waiting import let_events_pass, wait_for
from osgeo import gdal
from qgis.core import QgsProject

from smos_ib_explorer.plugin.adapters.day_map import Recipe
from smos_ib_explorer.plugin.adapters.layer_cache import PLACEHOLDER
from smos_ib_explorer.plugin.adapters.live_layer import RECIPE
from smos_ib_explorer.plugin.adapters.project_state import ProjectState
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.points import Point
from smos_ib_explorer.plugin.core.quality import QualityCriteria

FIRST, SECOND = Cell(270, 720), Cell(100, 700)


@pytest.fixture
def saved(explorer, tmp_path):
    """A project with a choice, a style, two points and a kept layer, saved and closed."""
    session = explorer.session
    session.change(orbit=Orbit.DESCENDING, date=dt.date(2024, 8, 30))
    wait_for(session.day_ready, lambda: session.change(variable="VOD", criteria=QualityCriteria(3, 5.5)))
    explorer.live.layer().renderer().setClassificationMax(0.77)
    explorer.live.layer().setOpacity(0.5)
    wait_for(session.cells.series_ended, lambda: session.cells.pick(FIRST, *M25KM.centre(FIRST)))
    session.cells.pick(SECOND, *M25KM.centre(SECOND))
    session.cells.rename_point(session.cells.points[0], "Sahel 南")
    session.cells.show_point(session.cells.points[0], False)
    explorer.dock.form.smosibKeep.click()
    path = tmp_path / "project.qgz"
    assert QgsProject.instance().write(str(path))
    explorer.kept_values = session.shown.day.kept
    QgsProject.instance().clear()
    assert session.opened is None and not explorer.outlines.bands
    return explorer, path


def test_everything_is_back(saved):
    explorer, path = saved
    (shown,) = wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    chosen = explorer.session.selection
    assert (chosen.variable, chosen.orbit, chosen.date, chosen.criteria) == (
        "VOD",
        Orbit.DESCENDING,
        dt.date(2024, 8, 30),
        QualityCriteria(3, 5.5),
    )
    assert (
        explorer.dock.form.smosibMaxRmse.value() == 5.5
        and explorer.dock.form.smosibQualityPreset.currentText() == "Custom"
    )
    assert [point.cell for point in explorer.session.cells.points] == [FIRST, SECOND]
    assert explorer.session.cells.point.cell == SECOND
    assert explorer.dock.points.model.rowCount() == 2 and len(explorer.outlines.bands) == 1
    assert [(point.name, point.colour, point.hidden) for point in explorer.session.cells.points] == [
        ("Sahel 南", 0, True),
        ("P2", 1, False),
    ]
    layer = explorer.live.layer()
    assert layer.isValid() and layer.opacity() == 0.5 and layer.renderer().classificationMax() == pytest.approx(0.77)
    assert shown.recipe.variable == "VOD" and len(QgsProject.instance().mapLayers()) == 2


def test_layers_whose_cached_files_are_gone_are_made_again(saved):
    explorer, path = saved
    for file in explorer.cache.folder.glob("*.tif"):
        file.unlink()
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    (copy,) = (layer for layer in QgsProject.instance().mapLayers().values() if layer is not explorer.live.layer())
    if explorer.background.is_running("missing"):
        wait_for(copy.repaintRequested)
    for layer in QgsProject.instance().mapLayers().values():
        assert layer.isValid() and Path(layer.source()).exists() and Path(layer.source()).name != PLACEHOLDER
        assert layer.opacity() == 0.5 and layer.renderer().classificationMax() == pytest.approx(0.77)
        assert np.array_equal(gdal.Open(layer.source()).ReadAsArray(), explorer.kept_values, equal_nan=True)


def test_a_project_without_the_plugin_still_draws(saved):
    _, path = saved
    project = QgsProject()
    assert project.read(str(path))
    assert all(layer.isValid() for layer in project.mapLayers().values())


def test_a_folder_that_is_gone_is_said_and_layers_stay(saved, demo_folder):
    explorer, path = saved
    hidden = demo_folder.rename(demo_folder.with_name("elsewhere"))
    try:
        assert QgsProject.instance().read(str(path))
        assert "is not there" in explorer.iface.said()
        assert explorer.live.layer().isValid() and len(explorer.session.cells.points) == 2
        assert QgsProject.instance().write(str(path))
    finally:
        hidden.rename(demo_folder)
    QgsProject.instance().clear()
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    assert explorer.session.selection.variable == "VOD"


def test_a_project_of_somebody_else_is_left_alone(explorer, tmp_path):
    other = QgsProject()
    other.write(str(tmp_path / "other.qgz"))
    assert QgsProject.instance().read(str(tmp_path / "other.qgz"))
    assert explorer.session.opened is None and not QgsProject.instance().mapLayers()
    QgsProject.instance().write()
    assert QgsProject.instance().readEntry("smosib", "state", "none")[0] == "none"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"choice": "{}", "points": 7}', "nonsense", '{"choice": null}'])
def test_nonsense_in_a_project_is_no_state(plugin, text):
    QgsProject.instance().writeEntry("smosib", "state", text)
    assert ProjectState.read(QgsProject.instance()) is None


def test_points_of_the_first_version_get_names_and_colours(plugin, demo_folder):
    choice = Recipe(demo_folder, "SM", Orbit.ASCENDING, dt.date(2024, 8, 31), QualityCriteria())
    old = {"choice": choice.to_json(), "corrections": {}, "points": [[1, 2, 3.0, 4.0], [5, 6, 7.0, 8.0]]}
    text = json.dumps({**old, "current": 1, "series": ["SM"]})
    QgsProject.instance().writeEntry("smosib", "state", text)
    state = ProjectState.read(QgsProject.instance())
    assert state.points == (Point(Cell(1, 2), 3.0, 4.0, "P1", 0), Point(Cell(5, 6), 7.0, 8.0, "P2", 1))


def test_what_is_broken_in_a_state_does_not_take_the_rest_with_it(plugin, demo_folder):
    choice = Recipe(demo_folder, "SM", Orbit.ASCENDING, dt.date(2024, 8, 31), QualityCriteria())
    parts = {
        "choice": choice.to_json(),
        "corrections": 3,
        "points": [[1, 2, 3.0, 4.0], [1e999, 2, 3.0, 4.0], 7, [5, 6, 7.0, 8.0]],
        "current": 3,
        "series": 5,
        "switches": [1],
        "areas": [
            ["a", "nonsense", "EPSG:4326", 0, False],
            ["b", "POLYGON((0 0, 9 0, 9 9, 0 0))", "EPSG:4326", 1, True],
        ],
    }
    QgsProject.instance().writeEntry("smosib", "state", json.dumps(parts))
    state = ProjectState.read(QgsProject.instance())
    assert state.choice == choice and [area.shape.name for area in state.areas] == ["b"]
    assert [point.cell for point in state.points] == [Cell(1, 2), Cell(5, 6)] and state.current == 1
    assert (state.series_variables, dict(state.switches), state.unread) == ((), {}, 3)
    wait_for(plugin.session.day_ready, lambda: plugin.keeper.restore())
    assert "3 points or areas" in plugin.iface.said()


def test_a_layer_with_a_broken_recipe_does_not_keep_a_project_from_opening(saved):
    explorer, path = saved
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    recipe = json.loads(explorer.live.layer().customProperty(RECIPE))
    broken = {**recipe, "anomaly": ["2024-08-31", "2024-08-29", "difference", 31, 5]}
    explorer.live.layer().setCustomProperty(RECIPE, json.dumps(broken))
    explorer.actions.keep()
    QgsProject.instance().write(str(path))
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))


def test_only_files_of_the_plugins_cache_get_a_stand_in(plugin, tmp_path):
    from qgis.core import QgsPathResolver

    cache = plugin.cache.folder
    ours = str(cache / "smosib_smos-ib_A_SM_2020-01-01_raw_0123456789ab.tif")
    assert QgsPathResolver().readPath(ours) == str(cache / PLACEHOLDER)
    for other in (tmp_path / "SM_2020-01-01_A.tif", tmp_path / Path(ours).name, cache / "smosib_own.tif"):
        assert QgsPathResolver().readPath(str(other)) == str(other)


def test_opening_a_project_does_not_change_it(saved):
    explorer, path = saved
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    let_events_pass()
    assert not QgsProject.instance().isDirty()


def test_what_a_project_chose_is_kept_for_the_folder_that_is_chosen_instead(saved, demo_folder):
    explorer, path = saved
    moved = demo_folder.rename(demo_folder.with_name("moved"))
    try:
        QgsProject.instance().read(str(path))
        wait_for(explorer.session.day_ready, lambda: explorer.dock.folder_chosen.emit(moved))
        chosen = explorer.session.selection
        assert (chosen.variable, chosen.criteria) == ("VOD", QualityCriteria(3, 5.5))
    finally:
        moved.rename(demo_folder)
