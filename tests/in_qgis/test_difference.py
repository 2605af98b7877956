# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Differences as layers: chosen in the dialog, made, drawn around zero, and made again with the project."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from in_qgis.waiting import wait_for
from osgeo import gdal
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from smos_ib_explorer.plugin.adapters.compat import to_qdate
from smos_ib_explorer.plugin.adapters.day_map import Recipe, Side
from smos_ib_explorer.plugin.adapters.layer_cache import PLACEHOLDER
from smos_ib_explorer.plugin.adapters.live_layer import GROUP, add_dated_layer, recipe_of
from smos_ib_explorer.plugin.adapters.map_making import make_map
from smos_ib_explorer.plugin.adapters.styles import symmetric_limit
from smos_ib_explorer.plugin.core.composite import Statistic
from smos_ib_explorer.plugin.core.quality import QualityCriteria
from smos_ib_explorer.ui.compare_dialog import CompareDialog, default_day

DAYS = [dt.date(2024, 8, day) for day in (29, 30, 31)]


def make(explorer, **parts):
    """Make a map from the shown one's recipe with some parts changed."""
    session = explorer.session
    return make_map(session.reader, session.opened, explorer.cache, replace(session.shown.recipe, **parts))


@pytest.fixture
def dialog(explorer):
    dialog = CompareDialog(explorer.iface.mainWindow())
    dialog.show_map(explorer.session.opened, explorer.session.shown.recipe)
    dialog.show()
    yield dialog
    dialog.deleteLater()


def test_the_dialog_asks_for_the_previous_day_and_comparable_variables(explorer, dialog):
    assert dialog.date.date() == to_qdate(DAYS[1])
    assert [dialog.variable.itemData(row) for row in range(dialog.variable.count())] == ["SM"]
    assert "Soil moisture · 2024-08-31 − 2024-08-30" in dialog.about.text()
    dialog.date.setFocus()
    QTest.keyClick(dialog.date, Qt.Key.Key_Down)
    wanted = wait_for(dialog.difference_requested, lambda: QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton))
    assert wanted[0] == "SM" and isinstance(wanted[1], dt.date)
    dialog.date.setDate(to_qdate(DAYS[2]))
    assert not dialog.add.isEnabled() and "minus itself" in dialog.about.text()


def test_the_dialog_follows_the_map(explorer, dialog):
    opened, recipe = explorer.session.opened, explorer.session.shown.recipe
    dialog.show_map(opened, replace(recipe, date=DAYS[0]))
    assert dialog.date.date() == to_qdate(DAYS[1]) and "2024-08-29 − 2024-08-30" in dialog.about.text()
    dialog.show_map(opened, replace(recipe, variable="TBH"))
    assert [dialog.variable.itemData(row) for row in range(dialog.variable.count())] == ["TBH", "TBV", "RMSE"]
    dialog.variable.setCurrentIndex(1)
    dialog.show_map(opened, replace(recipe, variable="TBH", date=DAYS[1]))
    assert dialog.variable.currentData() == "TBV"
    assert "Brightness temperature, H − Brightness temperature, V · 2024-08-30" in dialog.about.text()
    for without_a_day in (replace(recipe, variable="SF"), replace(recipe, date=DAYS[0], last=DAYS[2]), None):
        dialog.show_map(opened, without_a_day)
        assert not dialog.add.isEnabled() and dialog.about.text()


def test_one_year_earlier_is_the_default_where_there_is_a_file():
    from smos_ib_explorer.plugin.core.archive import Archive, Granule
    from smos_ib_explorer.plugin.core.names import Orbit

    def archive(*days):
        granules = (Granule(Path(day), dt.date.fromisoformat(day), Orbit.ASCENDING, 1, 1) for day in days)
        return Archive(Path("a"), tuple(granules))

    found = archive("2019-02-28", "2020-02-27", "2020-02-29", "2020-03-01")
    assert default_day(found, Orbit.ASCENDING, dt.date(2020, 2, 29)) == dt.date(2019, 2, 28)
    assert default_day(found, Orbit.ASCENDING, dt.date(2020, 3, 1)) == dt.date(2020, 2, 29)
    assert default_day(found, Orbit.ASCENDING, dt.date(2019, 2, 28)) == dt.date(2020, 2, 27)


def test_a_difference_layer_is_drawn_around_zero_and_says_what_it_is(explorer):
    newer, older = (make(explorer, date=day).content.kept for day in (DAYS[2], DAYS[1]))
    layer = add_dated_layer(make(explorer, minus=Side("SM", DAYS[1])))
    values = gdal.Open(layer.source()).ReadAsArray()
    assert np.array_equal(values, newer - older, equal_nan=True) and np.isfinite(values).any()
    assert "Soil moisture · 2024-08-31 − 2024-08-30" in layer.name() and "RMSE ≤ 8 K" in layer.name()
    renderer = layer.renderer()
    assert renderer.classificationMax() == -renderer.classificationMin() == symmetric_limit(values)
    items = renderer.shader().rasterShaderFunction().colorRampItemList()
    middle = items[len(items) // 2]
    assert middle.value == 0 and middle.color.lightness() > max(one.color.lightness() for one in (items[0], items[-1]))
    assert renderer.shader().rasterShaderFunction().legendSettings().suffix() == " m³ m⁻³"
    root = QgsProject.instance().layerTreeRoot()
    ids = [node.layerId() for node in root.findGroup(GROUP).findLayers()]
    assert ids.index(layer.id()) < ids.index(explorer.live.layer().id()), "what was asked for can be seen"
    later = add_dated_layer(make(explorer, minus=Side("SM", DAYS[0])))
    ids = [node.layerId() for node in root.findGroup(GROUP).findLayers()]
    assert ids[:3] == [later.id(), layer.id(), explorer.live.layer().id()], "nor does an older one hide it"
    time = layer.temporalProperties().fixedTemporalRange()
    assert time.begin().toString(Qt.DateFormat.ISODate) == "2024-08-31T00:00:00Z"
    assert "minuend" in layer.metadata().abstract() and "2024-08-30" in layer.metadata().abstract()
    live = explorer.live.layer()
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(date=DAYS[1]))
    assert explorer.live.layer() is live and "2024-08-31" in layer.name(), "it stays as it is"


def test_of_our_maps_the_one_asked_for_last_is_seen(explorer):
    root, live = QgsProject.instance().layerTreeRoot(), explorer.live.layer()

    def seen():
        return [node.layerId() for node in root.findGroup(GROUP).findLayers() if node.isVisible()]

    first = add_dated_layer(make(explorer, minus=Side("SM", DAYS[0])))
    assert seen() == [first.id()], "what shows through its gaps would be taken for part of it"
    second = add_dated_layer(make(explorer, minus=Side("SM", DAYS[1])))
    assert seen() == [second.id()]
    wait_for(explorer.session.day_ready, explorer.session.show_day)
    assert seen() == [second.id()], "the same day again is no wish to see it"
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(date=DAYS[1]))
    assert seen() == [live.id()]
    root.findLayer(second.id()).setItemVisibilityChecked(True)
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(date=DAYS[2]))
    assert set(seen()) == {live.id(), second.id()}, "from then on it is the user's choice"
    third = add_dated_layer(make(explorer, minus=Side("SM", DAYS[0])))
    assert seen() == [third.id()]
    explorer.dock.form.smosibLoad.click()
    assert seen() == [live.id()]
    for variable in ("VOD", "SM"):  # each has a look of its own by now
        wait_for(explorer.session.day_ready, lambda wanted=variable: explorer.session.change(variable=wanted))
    add_dated_layer(make(explorer, minus=Side("SM", DAYS[0])))
    assert live.id() not in seen()
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(variable="VOD"))
    assert seen() == [live.id()]
    first_node = root.findLayer(first.id())
    first_node.setItemVisibilityChecked(True)
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(variable="SM"))
    assert set(seen()) == {live.id(), first.id()}, "nothing stale hides what the user shows"


@pytest.mark.parametrize("values", [[], [np.nan], [0.0, 0.0], [0.12, -0.07], [950.0], [1e-7, -3e-7]])
def test_a_ramp_around_zero_always_has_a_width(values):
    limit = symmetric_limit(np.array(values, dtype=np.float32))
    assert limit > 0
    if np.nansum(np.abs(values)):
        assert np.nanmax(np.abs(values)) * 0.98 <= limit * 1.0001 <= 2.5 * np.nanmax(np.abs(values))


def test_differences_and_composites_come_back_when_their_cached_files_are_gone(explorer, tmp_path):
    for parts in (
        {"minus": Side("SM", DAYS[0]), "criteria": QualityCriteria(1, 8.0, True, 8)},
        {"date": DAYS[0], "last": DAYS[2], "statistic": Statistic.LATEST},
    ):
        add_dated_layer(make(explorer, **parts))
    before = {one.name(): gdal.Open(one.source()).ReadAsArray() for one in QgsProject.instance().mapLayers().values()}
    path = tmp_path / "p.qgz"
    assert QgsProject.instance().write(str(path))
    QgsProject.instance().clear()
    for file in explorer.cache.folder.glob("*.tif"):
        file.unlink()
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    for layer in QgsProject.instance().mapLayers().values():
        if Path(layer.source()).name == PLACEHOLDER:
            wait_for(layer.repaintRequested)
        assert np.array_equal(gdal.Open(layer.source()).ReadAsArray(), before[layer.name()], equal_nan=True)
    assert {(recipe_of(one).minus is not None, recipe_of(one).last) for one in QgsProject.instance().mapLayers().values()} == {
        (False, None), (True, None), (False, DAYS[2])
    }  # fmt: skip
    other = QgsProject()
    assert other.read(str(path)) and all(layer.isValid() for layer in other.mapLayers().values())


def test_a_composites_file_has_its_count_as_second_band(explorer):
    shown = make(explorer, date=DAYS[0], last=DAYS[2])
    bands = gdal.Open(str(shown.path)).ReadAsArray()
    days = np.array([make(explorer, date=day).content.kept for day in DAYS])
    assert np.array_equal(bands[1], np.isfinite(days).sum(axis=0)) and bands[1].max() > 1
    assert np.array_equal(np.isnan(bands[0]), bands[1] == 0)
    assert gdal.Open(str(shown.path)).GetRasterBand(2).GetDescription() == "count"
    assert "mean of 2024-08-29 → 2024-08-31" in shown.title and shown.content.statistics.startswith("Mean of 3 days")
    with pytest.raises(TypeError):
        _ = shown.day


def test_a_cached_file_is_named_by_all_that_makes_it(explorer):
    parts = [
        {},
        {"criteria": QualityCriteria(1, 8.0, True, 8)},
        {"criteria": QualityCriteria(1, 8.00000001)},
        {"date": DAYS[0], "last": DAYS[2]},
        {"date": DAYS[0], "last": DAYS[2], "statistic": Statistic.LATEST},
        {"date": DAYS[1], "last": DAYS[2]},
        {"minus": Side("SM", DAYS[0])},
        {"minus": Side("SM", DAYS[1])},
        {"date": DAYS[0], "minus": Side("SM", DAYS[2])},
    ]
    paths = [make(explorer, **one).path for one in parts]
    assert len(set(paths)) == len(parts) and paths == [make(explorer, **one).path for one in parts]


def test_a_composites_file_is_named_by_every_file_that_went_in(explorer):
    opened, cache = explorer.session.opened, explorer.cache
    granules = opened.archive.granules_of(explorer.session.selection.orbit)
    others = [
        granules[:2],
        [granules[0], replace(granules[1], modified=1), granules[2]],
        [*granules[:2], replace(granules[2], size=1)],
    ]
    variables = [opened.recognition.variable("SM")]
    paths = [cache.path(one, opened.recognition, variables, "when", QualityCriteria()) for one in (granules, *others)]
    assert len(set(paths)) == 4


@pytest.mark.parametrize(
    "more", ["", ', "last": "2020-03-01"', ', "last": "2020-03-01", "statistic": "latest"', ', "minus": ["VOD", "2020-02-28"]']
)  # fmt: skip
def test_recipes_survive_as_text(more):
    text = f'{{"folder": "/a", "variable": "SM", "orbit": "A", "date": "2020-02-29", "criteria": [1, 8.0, true]{more}}}'
    recipe = Recipe.from_json(text)
    assert recipe is not None and Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_json(text.replace("true]", "true, 8]")).criteria.rejected_flags == 8
    assert Recipe.from_json(text[:-1] + ', "of a later version": [1]}') == recipe
    flagged = replace(recipe, criteria=QualityCriteria(None, 6.0, False, 12))
    assert Recipe.from_json(flagged.to_json()) == flagged


@pytest.mark.parametrize(
    "change",
    [
        ('"2020-02-29"', '"2020-02-30"'),
        ('"2020-02-29"', "7"),
        ("[1, 8.0, true]", "[1, 8.0]"),
        ("[1, 8.0, true]", "[1, 8.0, true, 0, 0]"),
        ("[1, 8.0, true]", "7"),
        ("}", ', "last": 5}'),
        ("}", ', "last": "2020-03-01", "statistic": "mode"}'),
        ("}", ', "minus": ["SM"]}'),
        ("}", ', "minus": 3}'),
        ("}", ', "minimum": 1e999}'),
        ("}", ', "anomaly": ["2020-02-29", "2020-02-27", "difference", 31, 5]}'),
        ("[1, 8.0, true]", "[" * 9999),
        ("{", "[{"),
    ],
)
def test_nonsense_is_no_recipe(change):
    text = '{"folder": "/a", "variable": "SM", "orbit": "A", "date": "2020-02-29", "criteria": [1, 8.0, true]}'
    assert Recipe.from_json(text) is not None and Recipe.from_json(text.replace(*change)) is None
