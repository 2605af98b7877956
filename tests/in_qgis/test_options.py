# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The options: read tolerantly, shown on a page of QGIS's options, written when applied, and followed by the plugin."""

from __future__ import annotations

import dataclasses
import os
import sys
import time

import numpy as np
import pytest
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsProject, QgsRasterLayer, QgsSettings
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QAbstractSpinBox, QComboBox, QPushButton

from smos_ib_explorer.plugin.adapters import geotiff
from smos_ib_explorer.plugin.adapters.engines import default_engine, netcdf4_is_there
from smos_ib_explorer.plugin.adapters.layer_cache import CACHED_NAME, PLACEHOLDER, LayerCache
from smos_ib_explorer.plugin.adapters.missing_layers import files_in_use
from smos_ib_explorer.plugin.adapters.options import LIMITS, NETCDF4, Options
from smos_ib_explorer.plugin.adapters.settings import Settings
from smos_ib_explorer.plugin.adapters.styles import RAMPS
from smos_ib_explorer.plugin.core.errors import SmosIbError
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.quality import PROVIDER, QualityCriteria
from smos_ib_explorer.plugin.core.variables import Variable

OTHER = Options("/a", 4, 6.5, "/b", 200, 512, NETCDF4, {"SM": "viridis"}, 5)


@pytest.fixture
def page(plugin):
    """The page as QGIS makes it."""
    (factory,) = plugin.iface.options_factories
    made = factory.createWidget(plugin.iface.window)
    made.resize(700, 600)
    yield made
    made.deleteLater()


def _files(folder, *names, age_s=1000):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"0" * 1000)
        os.utime(folder / name, (time.time() - age_s,) * 2)
    return [folder / name for name in names]


def test_options_are_written_and_read_as_one_value(qgis_app):
    assert Options.read() == Options()
    assert all(getattr(OTHER, one.name) != getattr(Options(), one.name) for one in dataclasses.fields(Options))
    OTHER.write()
    assert Options.read() == OTHER
    assert QgsSettings().value("smosib/maxSceneFlag") in (4, "4") and Settings().last_folder == ""


@pytest.mark.parametrize(
    ("key", "stored", "name", "meant"),
    [
        ("maxRmse", "nonsense", "max_rmse", 8.0),
        ("maxRmse", "nan", "max_rmse", 8.0),
        ("maxRmse", -3, "max_rmse", LIMITS["max_rmse"][0]),
        ("maxSceneFlag", 99, "max_scene_flag", 15),
        ("cacheLimitMb", "0", "cache_limit_mb", 50),
        ("framesPerSecond", "12.7", "frames_per_second", 12),
        ("engine", "steam", "engine", "automatic"),
        ("ramps", "[]", "ramps", {}),
        ("ramps", "{", "ramps", {}),
    ],
)
def test_what_is_stored_wrongly_does_no_harm(qgis_app, key, stored, name, meant):
    QgsSettings().setValue(f"smosib/{key}", stored)
    assert getattr(Options.read(), name) == meant


def test_the_page_shows_and_applies(plugin, page, tmp_path):
    assert page.objectName() == "smosibOptions" and plugin.iface.options_factories[0].title() == "SMOS-IB Explorer"
    assert not plugin.iface.options_factories[0].icon().isNull()
    assert page.chosen() == Options()
    news = []
    plugin.options.changed.connect(news.append)
    page.apply()
    assert news == []
    page.max_scene_flag.setValue(4)
    page.max_rmse.setValue(6.5)
    page.default_folder.setFilePath(str(tmp_path))
    page.cache_folder.setFilePath(str(tmp_path / "new cache"))
    page.ramps["SM"].setCurrentIndex(page.ramps["SM"].findData("viridis"))
    page.frames_per_second.setValue(99)  # clamped
    assert page.isValid()
    page.apply()
    wanted = dataclasses.replace(
        Options(),
        default_folder=str(tmp_path),
        max_scene_flag=4,
        max_rmse=6.5,
        cache_folder=str(tmp_path / "new cache"),
        ramps={"SM": "viridis"},
        frames_per_second=30,
    )
    assert news == [wanted] and Options.read() == wanted
    assert plugin.dock.browse_from == str(tmp_path) and plugin.cache.folder == tmp_path / "new cache"
    again = plugin.options_factory.createWidget(None)
    assert again.chosen() == wanted
    again.deleteLater()


def test_impossible_folders_are_refused_with_words(plugin, page, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    page.default_folder.setFilePath(str(tmp_path / "gone"))
    page.cache_folder.setFilePath("relative")
    page.max_rmse.setValue(5)
    assert not page.isValid() and "is not there" in page.problem.text() and "no full path" in page.problem.text()
    page.apply()
    assert "gone is not there" in plugin.iface.said() and Options.read() == dataclasses.replace(Options(), max_rmse=5.0)
    page.cache_folder.setFilePath(str(blocker))
    assert "cannot be written" in " ".join(page._show_problems())


def test_everything_is_named_and_reached_by_keyboard(page):
    for kind in (QAbstractSpinBox, QComboBox, QPushButton, QgsFileWidget):
        for widget in page.findChildren(kind):
            if widget.objectName().startswith(("qt_", "mFile")) or isinstance(widget.parent(), QgsFileWidget):
                continue
            assert widget.objectName().startswith("smosib"), widget
            assert widget.accessibleName() or widget.text(), widget.objectName()
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy(), widget.objectName()
    said = " ".join(page.keys.item(row, 0).text() for row in range(page.keys.rowCount()))
    assert all(key in said for key in ("←", "[ ]", "Shift", "Ctrl", "Home", "Space", "Q", "Esc"))


def test_new_archives_start_with_the_default_thresholds_and_projects_with_theirs(plugin, open_folder, demo_folder):
    plugin.options.change(dataclasses.replace(Options(), max_scene_flag=0, max_rmse=4.5))
    explorer = open_folder(demo_folder)
    assert explorer.session.selection.criteria == QualityCriteria(0, 4.5) != PROVIDER
    explorer.session.change(criteria=QualityCriteria(2, 9.0))
    wait_for(explorer.session.told, explorer.session.rescan)
    assert explorer.session.selection.criteria == QualityCriteria(2, 9.0)


def test_a_new_layer_gets_the_chosen_ramp(plugin, open_folder, demo_folder):
    plugin.options.change(dataclasses.replace(Options(), ramps={"SM": "cividis", "VOD": "no such ramp"}))
    explorer = open_folder(demo_folder)

    def colours():
        items = explorer.live.layer().renderer().shader().rasterShaderFunction().colorRampItemList()
        return tuple(item.color.name() for item in items)

    assert colours() == RAMPS["cividis"]
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(variable="VOD"))
    assert colours() == RAMPS["vegetation"]


def test_the_default_folder_is_opened_only_on_request(plugin, demo_folder):
    plugin.options.change(dataclasses.replace(Options(), default_folder=str(demo_folder)))
    page = plugin.options_factory.createWidget(plugin.iface.window)
    let_events_pass()
    assert plugin.session.opened is None and plugin.dock.browse_from == str(demo_folder)
    wait_for(plugin.session.day_ready, page.open_default.click)
    assert plugin.session.opened.archive.root == demo_folder
    page.deleteLater()


def test_clearing_spares_what_is_in_use_and_what_is_not_ours(explorer):
    folder = explorer.cache.folder
    (live,) = files_in_use()
    digest = "0123456789ab"
    ours = _files(folder, f"smosib_a_{digest}.tif", f"smosib_b_{digest}.tif.aux.xml", f".smosib_c_{digest}.x.part.tif")
    os.utime(ours[2], (1, 1))
    ours += _files(folder, PLACEHOLDER)
    theirs = _files(folder, "smosib_mine.tif", "other.tif", "smosib_stores.txt", f"smosib_x_{digest}.tiff")
    theirs += _files(folder / "stores", f"smosib_d_{digest}.tif")
    young = _files(folder, f".smosib_writing_{digest}.y.part.tif")
    page = explorer.options_factory.createWidget(explorer.iface.window)
    while explorer.background.is_running("cache"):
        let_events_pass()
    assert "6 files" in page.cache_now.text() and str(folder) in page.cache_now.text()
    os.utime(live, (1, 1))
    QTest.mouseClick(page.clear_cache, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    assert not page.clear_cache.isEnabled()
    while explorer.background.is_running("cache"):
        let_events_pass()
    assert "4 files deleted, 4 kB freed" in page.cache_now.text(), page.cache_now.text()
    assert not any(path.exists() for path in ours)
    assert live.exists() and all(path.exists() for path in [*theirs, *young])
    assert explorer.live.layer().isValid()
    page.deleteLater()


def test_pruning_spares_what_is_in_use(tmp_path):
    old, used = _files(tmp_path, "smosib_a_0123456789ab.tif", "smosib_b_0123456789ab.tif", age_s=2000)
    (newer,) = _files(tmp_path, "smosib_c_0123456789ab.tif")
    (just_used,) = _files(tmp_path, "smosib_d_0123456789ab.tif", age_s=500)
    (theirs,) = _files(tmp_path, "smosib_own.tif", age_s=10_000)
    cache = LayerCache(tmp_path)
    assert cache.usage() == (4, 4000)
    assert cache.prune(3000, {used}) == 1 and not old.exists() and newer.exists()
    assert cache.prune(0, {used}) == 1 and not newer.exists()
    assert used.exists() and just_used.exists() and theirs.exists()
    assert LayerCache(tmp_path / "nowhere").usage() == (0, 0)


def test_a_map_that_another_qgis_wrote_in_the_same_moment_stays(tmp_path, monkeypatch):
    path, values = tmp_path / "smosib_a_0123456789ab.tif", np.zeros(M25KM.shape, dtype=np.float32)
    caches, moments = (LayerCache(tmp_path), LayerCache(tmp_path)), iter([10**18 + 1, 10**18 + 2])
    monkeypatch.setattr(geotiff.time, "time_ns", lambda: next(moments))
    for cache in caches:
        cache.made(path, geotiff.write_geotiff(path, values, M25KM, Variable("x", "x", "x", ""), [], small=False))
    monkeypatch.undo()
    caches[0].discard(path)
    assert path.exists(), "it is the other one's"
    caches[1].discard(path)
    assert not path.exists()


@pytest.mark.parametrize("tidy", [lambda cache: cache.prune(0), lambda cache: cache.clear((), time.time())[0]])
def test_a_file_that_is_used_while_the_folder_is_looked_at_stays(tmp_path, monkeypatch, tidy):
    cache, other = LayerCache(tmp_path), LayerCache(tmp_path)
    path = tmp_path / "smosib_SMOS-IB_A_SM_2020-01-01_raw_0123456789ab.tif"
    path.write_bytes(b"a map")
    os.utime(path, (1.0, 1.0))
    look = LayerCache._own_files

    def look_and_be_overtaken(self):
        found = look(self)
        assert other.use(path)
        return found

    monkeypatch.setattr(LayerCache, "_own_files", look_and_be_overtaken)
    assert tidy(cache) == 0 and path.exists()
    monkeypatch.undo()
    os.utime(path, (1.0, 1.0))
    assert tidy(cache) == 1 and not path.exists()


def test_measuring_ends_with_the_page(plugin):
    page = plugin.options_factory.createWidget(None)
    assert plugin.background.is_running("cache")
    page.deleteLater()
    QCoreApplication.sendPostedEvents(page, QEvent.Type.DeferredDelete)
    assert not plugin.background.is_running("cache")


def test_another_cache_folder_is_used_and_comes_back_with_a_project(plugin, open_folder, demo_folder, tmp_path):
    cache = tmp_path / "big disk" / "cache"
    plugin.options.change(dataclasses.replace(Options(), cache_folder=str(cache)))
    explorer = open_folder(demo_folder)
    source = explorer.live.layer().source()
    assert CACHED_NAME.fullmatch(os.path.basename(source)) and os.path.dirname(source) == str(cache)
    path = tmp_path / "big disk" / "project.qgz"
    assert QgsProject.instance().write(str(path))
    QgsProject.instance().clear()
    os.unlink(source)
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(path)))
    layer = explorer.live.layer()
    assert layer.isValid() and isinstance(layer, QgsRasterLayer) and os.path.exists(source)


def test_the_engine_is_the_chosen_one_or_an_error_that_says_so(qgis_app, monkeypatch):
    pytest.importorskip("netCDF4")
    assert default_engine().name == "GDAL" and netcdf4_is_there()
    Options(engine=NETCDF4).write()
    assert default_engine().name == "netCDF4"
    for name in [name for name in sys.modules if name.endswith("netcdf4_engine")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    assert not netcdf4_is_there()
    with pytest.raises(SmosIbError, match="options ask for netCDF4"):
        default_engine()
    Options(engine="gdal").write()
    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.engines.gdal_reads_netcdf", lambda: False)
    with pytest.raises(SmosIbError, match="options ask for GDAL"):
        default_engine()


def test_without_the_chosen_engine_the_page_is_there_to_choose_another(iface, monkeypatch):
    from smos_ib_explorer import classFactory

    Options(engine="gdal").write()
    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.engines.gdal_reads_netcdf", lambda: False)
    explorer = classFactory(iface)
    explorer.initGui()
    assert "options ask for GDAL" in iface.said()
    page = iface.options_factories[0].createWidget(None)
    page.engine.setCurrentIndex(0)
    page.apply()
    page.deleteLater()
    explorer.unload()
    assert Options.read().engine == "automatic" and iface.options_factories == []
