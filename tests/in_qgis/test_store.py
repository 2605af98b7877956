# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The time-series store in the dock and in Processing: offered, built, paused, stopped, updated, used, deleted."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from in_qgis.test_processing import _points
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMessageBox

from smos_ib_explorer.plugin.adapters.stores import Place
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.reader import Reader
from smos_ib_explorer.plugin.core.store.build import BuildResult

INSIDE = Cell(100, 700)


@pytest.fixture
def archive(demo_folder: Path, tmp_path: Path) -> Path:
    """The demo archive in a folder of its own, so that a store beside it is nobody else's."""
    return Path(shutil.copytree(demo_folder, tmp_path / "données" / "smos", copy_function=os.link))


@pytest.fixture
def opened(open_folder, archive):
    """The plugin with that archive open, once it knows that there is no store."""
    explorer = open_folder(archive)
    if explorer.store.state is None:
        wait_for(explorer.store.state_changed, until=lambda state: state is not None)
    return explorer


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def show_details(form) -> None:
    """Open what is below the store's line, as a click on its link does."""
    if not form.smosibStoreDetails.isVisibleTo(form):
        form.smosibStoreLine.linkActivated.emit("store")


def build(explorer) -> None:
    """Build with the mouse, and wait until the dock shows what there is now."""
    form = explorer.dock.form
    show_details(form)
    finished = lambda state: state is not None and not explorer.store.is_building  # noqa: E731
    wait_for(explorer.store.state_changed, lambda: click(form.smosibBuildStore), finished)


def series_at(explorer, cell: Cell):
    cells = explorer.session.cells
    cells._known.clear()
    wait_for(
        cells.series_changed,
        lambda: cells.pick(cell, *M25KM.centre(cell)),
        lambda curves: any(point.cell == cell and series.is_complete for point, series in curves),
    )
    return cells.series


def assert_same(found, expected) -> None:
    assert (found.cell, found.orbit) == (expected.cell, expected.orbit)
    assert np.array_equal(found.dates, expected.dates)
    for name, values in expected.values.items():
        assert found.values[name].tobytes() == values.tobytes()
    assert found.scene_flag.tobytes() == expected.scene_flag.tobytes()
    assert found.rmse.tobytes() == expected.rmse.tobytes()


def no_reading(*arguments, **named):
    raise AssertionError("a daily file was read")


def test_the_dock_offers_a_store_with_an_estimate(opened):
    form = opened.dock.form
    assert "A click reads 3 daily files" in form.smosibStoreLine.text()
    (estimate,) = wait_for(opened.store.estimated, lambda: form.smosibStoreLine.linkActivated.emit("store"))
    assert form.smosibStoreDetails.isVisibleTo(opened.dock) and form.smosibBuildStore.isEnabled()
    assert estimate.granules == 6 and estimate.seconds > 0 and 0 < estimate.size < estimate.while_building
    assert "6 daily files" in form.smosibStoreEstimate.text() and "MB" in form.smosibStoreEstimate.text()
    assert form.smosibStorePlace.currentText().startswith("Beside the archive")


def test_a_built_store_gives_the_series_without_the_files(opened, archive, monkeypatch):
    from_files = series_at(opened, INSIDE)
    build(opened)
    store = archive.parent / "smos.smosib-store"
    assert list(store.glob("tiles-*/*.nc")) and not list(store.glob("run-*"))
    assert "from the store: 6 daily files" in opened.dock.form.smosibStoreLine.text()
    monkeypatch.setattr(Reader, "cells", no_reading)
    assert_same(series_at(opened, INSIDE), from_files)
    assert "The time-series store is ready: 6 granules were added" in opened.iface.said()


def test_thresholds_need_no_other_store(opened, archive, monkeypatch):
    build(opened)
    before = {path: path.stat().st_mtime_ns for path in archive.parent.rglob("*") if path.is_file()}
    monkeypatch.setattr(Reader, "cells", no_reading)
    series_at(opened, INSIDE)
    form = opened.dock.form
    wait_for(opened.session.day_ready, lambda: form.smosibMaxRmse.setValue(3.0))
    kept, _ = opened.session.cells.series.under(
        opened.session.opened.recognition.variable("SM"), opened.session.selection.criteria
    )
    assert np.isfinite(kept).sum() < np.isfinite(opened.session.cells.series.values["SM"]).sum()
    assert before == {path: path.stat().st_mtime_ns for path in archive.parent.rglob("*") if path.is_file()}


def test_new_days_are_noticed_and_added(opened, archive, monkeypatch):
    hidden = sorted(archive.rglob("*20240831T*"))
    kept = [path.rename(archive.parent / path.name) for path in hidden]
    wait_for(opened.session.opened_changed, opened.session.rescan)
    build(opened)
    for path, was in zip(kept, hidden):
        path.rename(was)
    wait_for(opened.store.state_changed, opened.session.rescan, lambda state: state is not None and state.granules == 6)
    form = opened.dock.form
    assert "for 4 of 6 daily files" in form.smosibStoreLine.text()
    assert form.smosibBuildStore.text() == "Update the Store" and not form.smosibStorePlace.isVisibleTo(opened.dock)
    expected = series_at(opened, INSIDE)
    read = []
    monkeypatch.setattr(Reader, "values", _counting(Reader.values, read))
    build(opened)
    assert {path.name for path in read} == {path.name for path in hidden}  # some of them twice: for the estimate too
    monkeypatch.setattr(Reader, "cells", no_reading)
    assert_same(series_at(opened, INSIDE), expected)


def _counting(values, read):
    def counted(self, granule, *rest):
        read.append(granule.path)
        return values(self, granule, *rest)

    return counted


class HeldBuild:
    """Stands for build_store: reports progress until it is let go."""

    def __init__(self) -> None:
        self.reports, self.go, self.begun = 0, threading.Event(), threading.Event()

    def __call__(self, reader, opened, folder, software, progress) -> BuildResult:
        while not self.go.is_set():
            progress(0.25, "2024-08-31")
            self.reports += 1
            self.begun.set()
        return BuildResult(1, 0, 1)


@pytest.fixture
def held(opened, monkeypatch):
    build = HeldBuild()
    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.store_keeper.build_store", build)
    show_details(opened.dock.form)
    click(opened.dock.form.smosibBuildStore)
    assert build.begun.wait(30)
    let_events_pass()
    yield build
    build.go.set()


def test_a_build_shows_its_progress_and_can_wait(opened, held):
    form = opened.dock.form
    assert form.storeProgressRow.isVisibleTo(opened.dock) and form.smosibStoreProgress.value() == 250
    assert not form.smosibBuildStore.isEnabled()
    click(form.smosibStorePause)
    assert opened.store.is_paused
    wait_for(opened.store.advanced)  # the report that was on its way
    reports = held.reports
    for _ in range(3):
        wait_for(opened.store.advanced)
    assert held.reports <= reports + 1 and "paused" in form.smosibStoreLine.text()
    click(form.smosibStorePause)
    wait_for(opened.store.advanced, until=lambda *report: held.reports > reports + 3)
    wait_for(opened.store.ended, held.go.set)
    assert not form.storeProgressRow.isVisibleTo(opened.dock)


@pytest.mark.parametrize("paused", [False, True])
def test_a_build_can_be_stopped_and_the_dock_says_what_is_left(opened, held, paused):
    form = opened.dock.form
    if paused:
        click(form.smosibStorePause)
    wait_for(opened.store.ended, lambda: click(form.smosibStoreCancel))
    assert not opened.store.is_building and "goes on from there" in opened.iface.said()
    let_events_pass()
    assert form.smosibBuildStore.isEnabled()


def test_unloading_ends_a_paused_build(opened, held):
    click(opened.dock.form.smosibStorePause)
    opened.unload()
    assert not held.go.is_set()  # it ended because nobody wants it any more


def test_a_project_s_folder_is_a_place_once_there_is_a_project_file(opened, tmp_path):
    places = [place for place, _, _ in opened.store.state.places]
    assert places == [Place.BESIDE, Place.PROFILE]
    folder = tmp_path / "projects"
    folder.mkdir()
    wait_for(opened.store.state_changed, lambda: QgsProject.instance().write(str(folder / "drought.qgz")))
    form = opened.dock.form
    form.smosibStorePlace.setCurrentIndex(form.smosibStorePlace.findData(str(folder)))
    build(opened)
    assert (folder / "smos.smosib-store" / "manifest.json").exists()
    assert opened.store.state.folder == folder / "smos.smosib-store"


def test_an_archive_that_cannot_be_written_beside_has_the_profile(opened, archive, monkeypatch, own_profile):
    real = os.access
    monkeypatch.setattr(
        "smos_ib_explorer.plugin.adapters.stores.os.access",
        lambda path, mode: Path(path) != archive.parent and real(path, mode),
    )
    wait_for(opened.store.state_changed, opened.store.look)
    assert [place for place, _, _ in opened.store.state.places] == [Place.PROFILE]
    build(opened)
    assert opened.store.state.folder.parent == own_profile / "cache" / "smosib" / "stores"


@pytest.mark.parametrize(("answer", "left"), [("Yes", False), ("No", True)])
def test_deleting_asks_first_and_leaves_the_archive_alone(opened, archive, monkeypatch, answer, left):
    build(opened)
    store, files = opened.store.state.folder, sorted(archive.rglob("*.nc"))
    chosen = getattr(QMessageBox.StandardButton, answer)
    monkeypatch.setattr(QMessageBox, "question", lambda *arguments: chosen)
    click(opened.dock.form.smosibDeleteStore)
    if not left:
        wait_for(opened.store.state_changed, until=lambda state: state.folder is None)
    assert store.exists() is left and sorted(archive.rglob("*.nc")) == files


def test_a_failed_build_says_why_and_can_be_tried_again(opened, archive):
    (archive.parent / "smos.smosib-store").write_text("in the way")
    form = opened.dock.form
    show_details(form)
    wait_for(opened.store.ended, lambda: click(form.smosibBuildStore))
    assert "smos.smosib-store" in opened.iface.said() and form.smosibBuildStore.isEnabled()


def test_processing_builds_and_uses_the_same_store(run, archive, tmp_path, monkeypatch):
    points = _points((2.0, 40.0), (-60.0, -20.0))
    asked = {"FOLDER": str(archive), "VARIABLES": "SM,TBH", "ORBIT": "A", "POINTS": points}
    run("pointseries", **asked, OUTPUT=str(tmp_path / "files.csv"))
    found, _, _ = run("buildstore", FOLDER=str(archive))
    assert (found["ADDED"], found["TOTAL"]) == (6, 6)
    assert Path(found["STORE"]) == archive.parent / "smos.smosib-store"
    found, _, _ = run("buildstore", FOLDER=str(archive))
    assert (found["ADDED"], found["TOTAL"]) == (0, 6)
    monkeypatch.setattr(Reader, "cells", no_reading)
    run("pointseries", **asked, OUTPUT=str(tmp_path / "store.csv"))
    assert (tmp_path / "store.csv").read_bytes() == (tmp_path / "files.csv").read_bytes()


def test_processing_puts_the_store_where_it_is_told(run, archive, tmp_path):
    found, _, _ = run("buildstore", FOLDER=str(archive), STORE_PARENT=str(tmp_path / "elsewhere"))
    assert (tmp_path / "elsewhere" / "smos.smosib-store" / "manifest.json").exists() and found["TOTAL"] == 6


def test_a_reopened_project_shows_its_point_at_once(opened, tmp_path, monkeypatch):
    build(opened)
    expected = series_at(opened, INSIDE)
    path = str(tmp_path / "drought.qgz")
    QgsProject.instance().write(path)
    QgsProject.instance().clear()
    monkeypatch.setattr(Reader, "cells", no_reading)
    wait_for(
        opened.session.cells.series_changed,
        lambda: QgsProject.instance().read(path),
        lambda curves: any(series.is_complete for _, series in curves),
    )
    assert_same(opened.session.cells.series, expected)
