# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A project whose data folder moved: found beside the project by itself, else asked for once; its layers go with it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from in_qgis.waiting import let_events_pass, wait_for
from osgeo import gdal
from qgis.core import QgsColorRampShader, QgsProject
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog, QPushButton

from smos_ib_explorer.plugin.adapters.layer_cache import PLACEHOLDER
from smos_ib_explorer.plugin.adapters.live_layer import RECIPE, recipe_of
from smos_ib_explorer.plugin.adapters.missing_layers import after_move, layers_from
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import QualityCriteria

DAY, CRITERIA = dt.date(2024, 8, 30), QualityCriteria(3, 5.5)


@pytest.fixture
def archive(demo_folder, tmp_path):
    """The demo archive in a folder of the test's own, without copying its bytes."""
    folder = tmp_path / "work" / "data é 数据"
    shutil.copytree(demo_folder, folder, copy_function=os.link)
    return folder


@pytest.fixture
def saved(open_folder, archive):
    """A project beside its archive with a live layer and a kept one, each with a look of its own; saved and closed."""
    explorer = open_folder(archive)
    session = explorer.session
    session.change(orbit=Orbit.DESCENDING, date=DAY)
    (shown,) = wait_for(session.day_ready, lambda: session.change(variable="VOD", criteria=CRITERIA))
    shader = explorer.live.layer().renderer().shader().rasterShaderFunction()
    own = [QgsColorRampShader.ColorRampItem(value, QColor("#808080")) for value in (0.0, 0.5, 1.0)]
    shader.setColorRampItemList(own)
    explorer.dock.form.smosibKeep.click()
    (kept,) = (layer for layer in QgsProject.instance().mapLayers().values() if layer is not explorer.live.layer())
    kept.setName("my own name")
    kept.setOpacity(0.4)
    path = archive.parent / "project.qgz"
    assert QgsProject.instance().write(str(path))
    QgsProject.instance().clear()
    return explorer, path, shown.day.kept


def _items(layer):
    return layer.renderer().shader().rasterShaderFunction().colorRampItemList()


def _layers():
    return {layer.name(): layer for layer in QgsProject.instance().mapLayers().values()}


def _button(explorer):
    let_events_pass()
    found = explorer.iface.bar.findChildren(QPushButton, "smosibLocate")
    assert len(found) <= 1, "asked once"
    return found[0] if found else None


def _choose(explorer, monkeypatch, folder):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *arguments: str(folder))
    button = _button(explorer)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))


def _is_all_there(folder, values):
    layers = _layers()
    assert len(layers) == 2 and layers["my own name"].opacity() == 0.4
    for layer in layers.values():
        assert layer.isValid() and Path(layer.source()).name != PLACEHOLDER
        assert recipe_of(layer).folder == folder
        assert [item.value for item in _items(layer)] == [0.0, 0.5, 1.0]
        assert np.array_equal(gdal.Open(layer.source()).ReadAsArray(), values, equal_nan=True)


def _wait_for_missing(explorer):
    if explorer.background.is_running("missing"):
        wait_for(_layers()["my own name"].repaintRequested)


@pytest.mark.parametrize("cache_is_gone", [True, False])
def test_it_is_asked_for_and_every_layer_goes_with_it(saved, archive, tmp_path, monkeypatch, cache_is_gone):
    explorer, path, values = saved
    moved = archive.rename(tmp_path / "elsewhere ü")
    if cache_is_gone:
        for file in explorer.cache.folder.glob("*.tif"):
            file.unlink()
    assert QgsProject.instance().read(str(path))
    said = explorer.iface.said()
    assert f"{archive} is not there" in said and ("2 of its layers are empty" in said) is cache_is_gone
    assert not explorer.background.is_running("missing"), "nothing is tried, and nothing is said of each layer"
    assert all(layer.isValid() for layer in _layers().values()) and explorer.session.opened is None
    wait_for(explorer.session.day_ready, lambda: _choose(explorer, monkeypatch, moved))
    _wait_for_missing(explorer)
    chosen = explorer.session.selection
    assert (chosen.variable, chosen.orbit, chosen.date, chosen.criteria) == ("VOD", Orbit.DESCENDING, DAY, CRITERIA)
    _is_all_there(moved, values)
    assert _button(explorer) is None and "is not there" not in explorer.iface.said()
    assert QgsProject.instance().isDirty() and QgsProject.instance().write()
    QgsProject.instance().clear()
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    assert _button(explorer) is None
    _is_all_there(moved, values)


def test_a_wrong_folder_is_said_and_changes_nothing(saved, archive, demo_folder, tmp_path, monkeypatch):
    explorer, path, _ = saved
    archive.rename(tmp_path / "elsewhere")
    other, empty = tmp_path / "other", tmp_path / "empty"
    other.mkdir()
    empty.mkdir()
    for file in demo_folder.rglob("*CDF3SA_20240829T*.nc"):
        os.link(file, other / file.name)
    QgsProject.instance().read(str(path))
    before = {name: (layer.source(), layer.customProperty(RECIPE)) for name, layer in _layers().items()}
    for folder, words in ((other, "none of the days that this project shows"), (empty, "no netCDF file")):
        wait_for(explorer.iface.bar.widgetAdded, lambda folder=folder: _choose(explorer, monkeypatch, folder))
        assert words in explorer.iface.said() and str(folder) in explorer.iface.said()
        assert before == {name: (layer.source(), layer.customProperty(RECIPE)) for name, layer in _layers().items()}
        assert explorer.session.opened is None and _button(explorer) is not None
    let_events_pass()
    explorer.iface.bar.clearWidgets()
    QgsProject.instance().read(str(path))
    wait_for(explorer.iface.bar.widgetAdded, lambda: explorer.dock.folder_chosen.emit(empty))
    while explorer.background.is_running("archive"):
        let_events_pass()
    assert explorer.iface.said().count("no netCDF file") == 1
    # Opened in the dock it is opened as it is, and the project's folder is still asked for.
    wait_for(explorer.session.day_ready, lambda: explorer.dock.folder_chosen.emit(other))
    assert explorer.session.opened.archive.root == other and _button(explorer) is not None
    assert _layers()["my own name"].customProperty(RECIPE) == before["my own name"][1]


def test_it_is_found_beside_the_project_without_asking(saved, archive, tmp_path):
    explorer, path, values = saved
    archive.parent.rename(tmp_path / "new place")
    for file in explorer.cache.folder.glob("*.tif"):
        file.unlink()
    path = tmp_path / "new place" / path.name
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    _wait_for_missing(explorer)
    assert _button(explorer) is None and "were found in" in explorer.iface.said()
    _is_all_there(path.parent / archive.name, values)


def test_another_archive_beside_the_project_is_not_taken(saved, archive, demo_folder, tmp_path):
    explorer, path, _ = saved
    archive.rename(tmp_path / "elsewhere")
    archive.parent.rename(tmp_path / "new place")
    other = tmp_path / "new place" / archive.name
    other.mkdir()
    for file in demo_folder.rglob("*CDF3SA_20240829T*.nc"):
        os.link(file, other / file.name)
    wait_for(
        explorer.iface.bar.widgetAdded, lambda: QgsProject.instance().read(str(tmp_path / "new place" / path.name))
    )
    assert _button(explorer) is not None and "were found" not in explorer.iface.said()


def test_the_question_goes_with_its_project_and_with_the_plugin(saved, archive, tmp_path):
    explorer, path, _ = saved
    archive.rename(tmp_path / "elsewhere")
    QgsProject.instance().read(str(path))
    explorer.iface.bar.clearWidgets()  # the user closes it
    let_events_pass()
    for leave in (QgsProject.instance().clear, explorer.unload):
        QgsProject.instance().read(str(path))
        assert _button(explorer) is not None
        leave()
        assert _button(explorer) is None


def test_layers_of_a_folder_below_go_with_it(saved, archive):
    explorer, path, _ = saved
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    layer = _layers()["my own name"]
    recipe = recipe_of(layer)
    below = after_move(recipe, archive, archive / "Ascending")
    layer.setCustomProperty(RECIPE, below.to_json())
    assert [one.name() for one, _ in layers_from(archive / "Ascending")] == ["my own name"]
    assert len(layers_from(archive)) == 2 and layers_from(archive.with_name("data é 数据 2")) == []
    assert after_move(below, archive, Path("/new")).folder == Path("/new/Ascending")
    assert after_move(recipe, archive, Path("/new")).folder == Path("/new")
