# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The files behind layers: never trusted by their name alone, made again when they are gone, left to another QGIS that uses them."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from in_qgis.waiting import let_events_pass, wait_for
from osgeo import gdal
from qgis.core import QgsProject

from smos_ib_explorer.plugin.adapters import map_feed
from smos_ib_explorer.plugin.adapters.geotiff import is_whole
from smos_ib_explorer.plugin.adapters.layer_cache import IN_USE_S, LayerCache
from smos_ib_explorer.plugin.adapters.live_files import LiveFiles
from smos_ib_explorer.plugin.adapters.map_making import make_map
from smos_ib_explorer.plugin.core.corrections import Orientation
from smos_ib_explorer.plugin.core.grid import GRIDS
from smos_ib_explorer.plugin.core.products import SMOS_IB
from smos_ib_explorer.plugin.core.quality import PROVIDER, PROVIDER_6K, RAW
from smos_ib_explorer.plugin.core.steps import Step, Unit

DIGEST = "0123456789ab"
BACK, ON = Step(Unit.DAY, False), Step(Unit.DAY, True)


@pytest.fixture
def own_archive(demo_folder, tmp_path) -> Path:
    """The demo archive where a test may spoil it."""
    return Path(shutil.copytree(demo_folder, tmp_path / "archive"))


def live_file(explorer) -> Path:
    return Path(explorer.live.layer().source())


def assert_right(explorer) -> None:
    """Fail unless the live layer's file holds what the session says that it shows."""
    layer, path = explorer.live.layer(), live_file(explorer)
    assert layer.isValid() and path == explorer.session.shown.path
    assert np.array_equal(gdal.Open(str(path)).ReadAsArray(), explorer.session.shown.content.kept, equal_nan=True)


def make(explorer):
    session = explorer.session
    recipe = session.selection.recipe(session.opened.archive.root)
    return make_map(session.reader, session.opened, session.cache, recipe)


# --- Gone or damaged files ---


def test_a_deleted_file_is_made_again_after_the_next_drawing(explorer):
    explorer.dock.form.smosibKeep.click()
    path, layers = live_file(explorer), QgsProject.instance().mapLayers().values()
    path.unlink()
    filled = explorer.live.layer().dataSourceChanged
    wait_for(filled, explorer.iface.canvas.refresh)
    let_events_pass()
    assert_right(explorer)
    assert len(layers) == 2 and all(layer.isValid() for layer in layers)
    path.unlink()
    wait_for(filled, explorer.dock.form.smosibLoad.click)
    assert_right(explorer)


def test_stepping_back_to_a_deleted_file_makes_it_again(explorer):
    newest = live_file(explorer)
    wait_for(explorer.session.day_ready, lambda: explorer.session.step(BACK))
    newest.unlink()
    wait_for(explorer.session.day_ready, lambda: explorer.session.step(ON))
    assert live_file(explorer) == newest
    assert_right(explorer)


def test_what_cannot_be_made_again_is_said_once(open_folder, own_archive):
    explorer = open_folder(own_archive)
    own_archive.rename(own_archive.with_name("away"))
    explorer.session.maps.recent.clear()
    live_file(explorer).unlink()
    wait_for(explorer.keeper.stays_empty, explorer.shown_files.look)
    said = explorer.iface.said()
    assert "is empty: its cached file is gone" in said
    explorer.shown_files.look()
    assert not explorer.background.is_running("missing") and explorer.iface.said() == said


@pytest.mark.parametrize("cut", ["short", "a byte", "zeros", "other"])
def test_a_damaged_file_is_not_trusted_for_its_name(explorer, cut):
    path, day = live_file(explorer), make(explorer)
    assert not day.is_new and is_whole(path)
    whole = path.read_bytes()
    damaged = {"short": whole[:-100_000], "a byte": whole[:-1], "zeros": bytes(len(whole)), "other": b""}[cut]
    if cut == "other":
        other = gdal.Open(str(path), gdal.GA_Update)
        other.GetRasterBand(1).WriteArray(np.zeros((1, 1), np.float32), 700, 100)
        del other
    else:
        path.write_bytes(damaged)
        assert not is_whole(path)
    assert make(explorer).is_new and not make(explorer).is_new
    assert_right(explorer)


# --- Changed daily files and readings ---


def test_a_name_tells_everything_that_makes_the_numbers(explorer):
    opened, cache = explorer.session.opened, explorer.cache
    recognition, granules = opened.recognition, opened.archive.granules[:2]
    variables = recognition.variables
    moved = replace(granules[1], path=granules[1].path.with_name("other.nc"))
    same = granules, recognition, [recognition.variable("SM")], "when", PROVIDER
    others = [
        ([granules[0]], *same[1:]),
        ([granules[0], replace(granules[1], size=1)], *same[1:]),
        ([granules[0], replace(granules[1], modified=1)], *same[1:]),
        ([granules[0], moved], *same[1:]),
        (granules, replace(recognition, variables=recognition.variables[::-1]), *same[2:]),
        (granules, replace(recognition, orientation=Orientation(True, False)), *same[2:]),
        (granules, replace(recognition, grid=GRIDS[-1]), *same[2:]),
        (granules, replace(recognition, variables=tuple(replace(one, fills=(-1.0,)) for one in variables)), *same[2:]),
        (granules, replace(recognition, product=SMOS_IB), *same[2:]),
        (granules, recognition, [recognition.variable("VOD")], *same[3:]),
        (*same[:3], "another time", PROVIDER),
        (*same[:4], PROVIDER_6K),
        (*same[:4], RAW),
    ]
    names = {cache.path(*one) for one in (same, *others)}
    assert len(names) == 1 + len(others) and cache.path(*same) in names


def test_a_changed_daily_file_is_not_shown_from_a_copy(open_folder, own_archive, monkeypatch):
    monkeypatch.setattr(map_feed, "AT_HAND_S", 0.0)
    explorer = open_folder(own_archive)
    newest = explorer.session.shown.day.granule.path
    wait_for(explorer.session.day_ready, lambda: explorer.session.step(BACK))
    os.utime(newest, ns=(1, 1))
    wait_for(explorer.session.day_ready, lambda: explorer.session.step(ON))
    said = f"{newest.name} has changed since the folder was looked at. The folder is looked at again."
    assert said in explorer.iface.said()
    assert explorer.session.shown.day.granule.path == newest
    assert len(explorer.session.opened.archive.granules) == 6  # it is not damaged
    assert_right(explorer)


# --- Several QGIS ---


def cached(folder: Path, *names: str, age_s: float = 2 * IN_USE_S) -> list[Path]:
    paths = [folder / f"smosib_{name}_{DIGEST}.tif" for name in names]
    for path in paths:
        path.write_bytes(b"0" * 1000)
        os.utime(path, (time.time() - age_s,) * 2)
    return paths


def test_live_files_go_unless_another_qgis_has_used_them(qgis_app, tmp_path):
    ours, theirs = LayerCache(tmp_path), LayerCache(tmp_path)
    live = LiveFiles(ours, stay=1)
    paths = cached(tmp_path, *"abcd", age_s=1)
    for path in paths:
        ours.made(path, path.stat().st_mtime_ns)
    ours.use(paths[0])  # ours alone, and young: nothing that another QGIS could see
    theirs.use(paths[1])
    for path in paths:
        live.made(path)
    assert [path.exists() for path in paths] == [False, True, False, True]


def test_what_another_qgis_shows_survives_tidying_and_clearing(qgis_app, tmp_path):
    ours, theirs = LayerCache(tmp_path), LayerCache(tmp_path)
    shown, unused, mine = cached(tmp_path, *"abc")
    assert theirs.use(shown)
    os.utime(mine)
    ours.made(mine, mine.stat().st_mtime_ns)
    assert ours.prune(0) == 1 and shown.exists() and mine.exists() and not unused.exists()
    assert ours.clear((), time.time() + 1) == (1, 1000) and shown.exists() and not mine.exists()
    assert not theirs.use(mine)


def test_what_layers_show_stays_in_use_while_they_are_in_the_project(explorer):
    path = live_file(explorer)
    os.utime(path, (1, 1))
    wait_for(explorer.shown_files._timer.timeout, lambda: explorer.shown_files._timer.start(1))
    assert time.time() - path.stat().st_mtime < 60
    assert explorer.cache.prune(0) == 0 and path.exists()
