# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dock: what it says of a folder, and that everything wrong is said and nothing stops."""

from __future__ import annotations

import datetime as dt
import shutil

import netCDF4
import numpy as np
import pytest
from in_qgis.waiting import wait_for
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QMimeData, QPointF, Qt, QUrl
from qgis.PyQt.QtGui import QDropEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDateTimeEdit, QWidget

from smos_ib_explorer.plugin.adapters.compat import to_qdate
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER_6K, QualityCriteria
from smos_ib_explorer.plugin.core.steps import Step, Unit

BACK = Step(Unit.DAY, False)

NAMES = [
    "smosibFolder",
    "smosibVariable",
    "smosibOrbit",
    "smosibDate",
    "smosibMaxSceneFlag",
    "smosibMaxRmse",
    "smosibQualityPreset",
    "smosibLoad",
    "smosibPick",
    "smosibKept",
]


@pytest.fixture
def copied(demo_folder, tmp_path):
    """A copy of the demo archive's ascending files to spoil."""
    return shutil.copytree(demo_folder / "ASC", tmp_path / "archive")


def test_the_contracts_widgets_have_their_names_and_say_what_they_are(plugin):
    for name in NAMES:
        widget = plugin.dock.findChild(QWidget, name)
        assert widget is not None, name
        assert widget.accessibleName() or widget.text(), name
    assert plugin.dock.objectName() == "smosibDock" and plugin.plot_dock.objectName() == "smosibPlotDock"
    assert plugin.action.objectName() == "smosibToggle"


def test_the_action_toggles_the_dock(plugin):
    assert not plugin.dock.isVisible()
    plugin.action.trigger()
    assert plugin.dock.isVisible() and plugin.dock.form.pages.currentWidget() is plugin.dock.form.emptyPage
    plugin.action.trigger()
    assert not plugin.dock.isVisible()


def test_the_summary_tells_what_was_found(explorer):
    text = explorer.dock.form.smosibSummary.text()
    for part in (
        "synthetic",
        "3 days, none missing",
        "2024-08-29 → 2024-08-31",
        "ascending",
        "descending",
        "SM (m³ m⁻³)",
        "TBH (K)",
        "584 × 1388",
        " m of the cell",
    ):
        assert part in text
    assert "invented numbers" in explorer.dock.form.smosibWarnings.text()


def test_list_calendar_and_arrows_choose_the_day(explorer):
    form = explorer.dock.form
    assert [explorer.dock.days.data(explorer.dock.days.index(row)) for row in range(3)] == [
        "2024-08-31",
        "2024-08-30",
        "2024-08-29",
    ]
    shown = wait_for(explorer.session.day_ready, form.smosibPrevious.click)[0]
    assert shown.recipe.date == dt.date(2024, 8, 30) and form.smosibDate.date().toString("yyyy-MM-dd") == "2024-08-30"
    shown = wait_for(explorer.session.day_ready, lambda: form.smosibDays.setCurrentIndex(explorer.dock.days.index(2)))[
        0
    ]
    assert shown.recipe.date == dt.date(2024, 8, 29) and not form.smosibPrevious.isEnabled()
    shown = wait_for(explorer.session.day_ready, lambda: form.smosibDate.setDate(form.smosibDate.date().addDays(2)))[0]
    assert shown.recipe.date == dt.date(2024, 8, 31) and not form.smosibNext.isEnabled()


def test_orbits_are_never_mixed(explorer):
    first = explorer.session.shown
    second = wait_for(explorer.session.day_ready, lambda: explorer.dock.form.smosibOrbit.setCurrentIndex(1))[0]
    assert (first.recipe.orbit, second.recipe.orbit) == (Orbit.ASCENDING, Orbit.DESCENDING)
    assert not np.array_equal(first.day.raw, second.day.raw, equal_nan=True)


def test_presets_and_thresholds_speak_of_one_thing(explorer):
    form = explorer.dock.form
    wait_for(explorer.session.day_ready, lambda: form.smosibMaxRmse.setValue(6.0))
    assert (
        explorer.session.selection.criteria == PROVIDER_6K and form.smosibQualityPreset.currentText() == "Provider 6 K"
    )
    wait_for(explorer.session.day_ready, lambda: form.smosibMaxSceneFlag.setValue(9))
    assert (
        explorer.session.selection.criteria == QualityCriteria(9, 6.0)
        and form.smosibQualityPreset.currentText() == "Custom"
    )
    wait_for(explorer.session.day_ready, lambda: form.smosibQualityPreset.setCurrentIndex(2))
    assert not form.smosibMaxRmse.isEnabled() and "no quality control" in form.smosibKept.text()


def test_the_kept_label_counts_every_criterion(explorer):
    text, counts = explorer.dock.form.smosibKept.text(), explorer.session.shown.day.counts
    assert f"{counts.retrievals:,}" in text and "scene flag −" in text and "RMSE −" in text


def test_missing_quality_layers_are_said_loudly(open_folder, copied):
    for path in copied.rglob("*.nc"):
        with netCDF4.Dataset(path, "a") as file:
            file.renameVariable("RMSE", "Something_Else")
            file["Something_Else"].long_name = "no longer known"
    explorer = open_folder(copied)
    assert (
        "no RMSE layer" in explorer.dock.form.smosibWarnings.text()
        and "CANNOT" in explorer.dock.form.smosibWarnings.text()
    )
    assert "NOT applied for lack of the layer: RMSE" in explorer.dock.form.smosibKept.text()
    assert "WITHOUT RMSE" in explorer.live.layer().name()


def test_a_wrong_recognition_is_corrected_once_for_the_folder(open_folder, copied, plugin):
    for path in copied.rglob("*.nc"):
        with netCDF4.Dataset(path, "a") as file:
            file.renameVariable("RMSE", "Misfit")
            file["Misfit"].long_name = "how well it fits"
    explorer = open_folder(copied)
    panel = explorer.dock.recognition
    assert panel.roles["RMSE"].currentData() == ""
    panel.roles["RMSE"].setCurrentIndex(panel.roles["RMSE"].findData("Misfit"))
    wait_for(explorer.session.day_ready, panel.apply.click)
    assert explorer.session.opened.recognition.rmse.netcdf_name == "Misfit"
    assert not explorer.session.shown.day.unapplied
    assert plugin.settings.corrections(copied).roles == {"RMSE": "Misfit"}
    wait_for(explorer.session.day_ready, panel.reset.click)
    assert explorer.session.opened.recognition.rmse is None


def test_files_without_coordinates_lie_by_land_and_can_be_turned(open_folder, tmp_path):
    from smos_ib_explorer.plugin.adapters.land import Land
    from smos_ib_explorer.plugin.core.grid import M25KM

    land = Land()(M25KM)
    with netCDF4.Dataset(tmp_path / "x_20200101.nc", "w") as file:
        file.createDimension("a", 584)
        file.createDimension("b", 1388)
        file.createVariable("Soil_Moisture", "f8", ("a", "b"), zlib=True)[:] = np.where(land, 0.2, np.nan)[::-1]
    explorer = open_folder(tmp_path)
    assert "match with land" in explorer.dock.form.smosibWarnings.text()
    assert np.array_equal(np.isfinite(explorer.session.shown.day.raw), land)
    panel = explorer.dock.recognition
    assert panel.orientation.isEnabled()
    panel.orientation.setCurrentIndex(1)
    wait_for(explorer.session.day_ready, panel.apply.click)
    assert np.array_equal(np.isfinite(explorer.session.shown.day.raw), land[::-1])
    assert "as you chose" in explorer.dock.form.smosibWarnings.text()


def test_bad_files_are_listed_and_the_rest_works(open_folder, copied, plugin):
    good = sorted(copied.rglob("*.nc"))
    bad = good[0].parent
    (bad / "SM_20240901.nc").write_bytes(good[0].read_bytes()[:200_000])
    (bad / "SM_20240902.nc").write_bytes(b"")
    (bad / "SM_20240903.nc").write_text("<!DOCTYPE html><html>please log in</html>")
    (bad / "no date in its name.nc").write_bytes(b"")
    shutil.copy(good[0], bad / f"a second {good[0].name}")
    plugin.dock.form.smosibFolder.setText(str(copied))
    wait_for(plugin.session.opened_changed, plugin.dock.form.smosibFolder.editingFinished.emit)
    tree = plugin.dock.form.smosibProblems
    reasons = {
        tree.topLevelItem(row).text(0): tree.topLevelItem(row).text(1) for row in range(tree.topLevelItemCount())
    }
    assert "truncated" in reasons["SM_20240901.nc"] and "empty" in reasons["SM_20240902.nc"]
    assert "web page" in reasons["SM_20240903.nc"] and "empty" in reasons["no date in its name.nc"]
    assert any("second file" in reason for reason in reasons.values())
    wait_for(plugin.session.day_ready)
    assert plugin.session.shown.recipe.date == dt.date(2024, 8, 31)
    tabs = plugin.dock.form.smosibTabs
    assert "Files (5)" in tabs.tabText(tabs.indexOf(plugin.dock.form.filesTab))


def test_a_day_that_cannot_be_read_is_listed_and_dock_and_map_stay_together(explorer, open_folder, copied):
    explorer = open_folder(copied)
    victim = explorer.session.opened.archive.granule(dt.date(2024, 8, 30), Orbit.ASCENDING).path
    damaged = bytearray(victim.read_bytes())
    damaged[2000 : len(damaged) - 100] = bytes(len(damaged) - 2100)
    victim.write_bytes(damaged)
    wait_for(explorer.session.failed, lambda: explorer.session.step(BACK))
    assert explorer.session.selection.date == explorer.session.shown.recipe.date == dt.date(2024, 8, 31)
    assert explorer.dock.form.smosibDate.date().toString("yyyy-MM-dd") == "2024-08-31"
    assert explorer.dock.form.smosibProblems.topLevelItemCount() == 1
    assert explorer.session.opened.archive.step(dt.date(2024, 8, 31), Orbit.ASCENDING, False) == dt.date(2024, 8, 29)


def test_a_rescan_notices_new_and_removed_files(open_folder, copied):
    explorer = open_folder(copied)
    files = sorted(copied.rglob("*.nc"))
    files[0].rename(files[0].with_name(files[0].name.replace("20240829", "20240902")))
    (said,) = wait_for(explorer.session.told, explorer.dock.form.smosibRescan.click)
    assert "1 new, 0 changed, 1 removed" in said
    assert explorer.session.opened.archive.span(Orbit.ASCENDING).last == dt.date(2024, 9, 2)
    assert "3 of 4 days" in explorer.dock.form.smosibSummary.text()
    assert any("no file" in str(explorer.dock.days.data(explorer.dock.days.index(row))) for row in range(4))


@pytest.mark.parametrize("what", ["nowhere", "empty"])
def test_a_folder_without_files_says_what_to_do(plugin, tmp_path, what):
    (tmp_path / "empty").mkdir()
    plugin.dock.form.smosibFolder.setText(str(tmp_path / what))
    wait_for(plugin.session.failed, plugin.dock.form.smosibFolder.editingFinished.emit)
    assert ("not a folder" if what == "nowhere" else "no netCDF file") in plugin.iface.said()
    assert plugin.session.opened is None


def test_a_dropped_folder_opens(plugin, demo_folder):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(demo_folder))])
    event = (
        QDropEvent(
            QPointF(5, 5).toPoint(),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        if not hasattr(QDropEvent, "position")
        else QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    wait_for(plugin.session.day_ready, lambda: plugin.dock.dropEvent(event))
    assert plugin.session.opened.archive.root == demo_folder


def test_the_citations_go_to_the_clipboard(explorer):
    explorer.dock.form.smosibCopyCitations.click()
    assert (
        QgsApplication.clipboard().text().count("\n") == 2 and "essd-18-4047-2026" in QgsApplication.clipboard().text()
    )


def test_the_real_catds_day_opens_through_the_dock(open_folder, tmp_path):
    from pathlib import Path

    name = "SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc"
    source = Path(__file__).resolve().parents[3] / "shared" / "data" / name
    if not source.exists():
        pytest.skip("the shared data are not there")
    shutil.copy(source, tmp_path)
    explorer = open_folder(tmp_path)
    day = explorer.session.shown.day
    assert (day.date, day.orbit, day.counts.retrievals) == (dt.date(2015, 5, 6), Orbit.ASCENDING, 3563)
    rows, cols = np.nonzero(np.isfinite(day.raw))
    assert rows.min() >= 34 and rows.max() <= 134 and cols.min() >= 699 and cols.max() <= 849
    canvas, layer = explorer.iface.canvas, explorer.live.layer()
    assert canvas.extent().width() < layer.extent().width() / 4
    assert "no scene flags and no RMSE layer" in explorer.dock.form.smosibWarnings.text()
    from smos_ib_explorer.plugin.adapters.land import Land

    assert Land()(day.grid)[np.isfinite(day.raw)].mean() > 0.9


def _days(explorer):
    return len(explorer.session.opened.archive.granules)


def test_another_folder_takes_the_old_series_off_the_plot(explorer, copied):
    wait_for(explorer.session.cells.series_ended, lambda: explorer.pick_tool.picked.emit(Cell(100, 700), 1.0, 41.0))
    assert explorer.plot_dock.view is not None
    wait_for(explorer.session.day_ready, lambda: explorer.dock.folder_chosen.emit(copied))
    assert explorer.session.cells.series is None and explorer.plot_dock.view is None
    assert not explorer.plot_dock.cancel.isVisibleTo(explorer.plot_dock)
    assert len(explorer.session.cells.points) == 1


def test_a_cache_that_cannot_be_written_costs_no_day(explorer, monkeypatch, tmp_path):
    (tmp_path / "in the way").write_text("")
    monkeypatch.setattr(explorer.cache, "folder", tmp_path / "in the way")
    before = _days(explorer)
    wait_for(explorer.session.failed, lambda: explorer.session.step(BACK))
    assert _days(explorer) == before and explorer.session.selection.date == explorer.session.shown.recipe.date
    assert "cannot be written" in explorer.iface.said()


def test_a_folder_that_vanishes_costs_no_day(open_folder, copied):
    explorer = open_folder(copied)
    copied.rename(copied.with_name("elsewhere"))
    wait_for(explorer.session.failed, lambda: explorer.session.step(BACK))
    assert _days(explorer) == 3 and "no longer there" in explorer.iface.said()


def test_ending_the_reading_in_qgis_own_list_of_tasks_leaves_nothing_hanging(explorer, monkeypatch):
    def endless(reader, opened, cells, variables, orbit, first, last, progress, store):
        while True:
            progress(0.5, "")

    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.cell_series.iterate_series", endless)
    wait_for(
        explorer.session.cells.series_advanced,
        lambda: explorer.pick_tool.picked.emit(Cell(100, 700), 1.0, 41.0),
        lambda share, what: share > 0,
    )
    (task,) = (task for task in QgsApplication.taskManager().activeTasks() if "row 100" in task.description())
    wait_for(explorer.session.cells.series_ended, task.cancel)
    assert not explorer.plot_dock.progress.isVisibleTo(explorer.plot_dock)


def test_a_copy_of_the_live_layer_is_the_users_own(explorer):
    live = explorer.live.layer()
    copy = live.clone()
    QgsProject.instance().addMapLayer(copy)
    source = copy.source()
    wait_for(explorer.session.day_ready, lambda: explorer.session.step(BACK))
    assert explorer.live.layer() is live and copy.source() == source != live.source()


def test_a_date_inside_that_is_not_the_names_is_told(open_folder, copied):
    for path in copied.rglob("*.nc"):
        with netCDF4.Dataset(path, "a") as file:
            time = file.createVariable("time", "f8", ())
            time.units = "days since 2024-01-01"
            time[...] = 0
    explorer = open_folder(copied)
    assert "says 2024-01-01 inside" in explorer.dock.form.smosibKept.text()
    assert "says 2024-01-01 inside" in dict(explorer.session.shown.provenance.items())["note_1"]


def _type(box, text):
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)


def test_a_threshold_is_typed_to_its_end(explorer):
    box = explorer.dock.form.smosibMaxRmse
    _type(box, "12.5")
    wait_for(explorer.session.day_ready, lambda: QTest.keyClick(box, Qt.Key.Key_Return))
    assert box.value() == 12.5 and explorer.session.selection.criteria == QualityCriteria(1, 12.5)


def test_a_date_is_typed_with_or_without_dashes(explorer):
    field = explorer.dock.form.smosibDate
    for text in ("2024-08-29", "20240830"):
        field.setFocus()
        field.setSelectedSection(QDateTimeEdit.Section.YearSection)
        QTest.keyClicks(field, text)
        wait_for(explorer.session.day_ready, lambda: QTest.keyClick(field, Qt.Key.Key_Return))
        assert explorer.session.shown.recipe.date.strftime("%Y%m%d") == text.replace("-", "")


def test_a_day_without_a_file_becomes_the_nearest_and_is_told(open_folder, copied):
    for path in sorted(copied.rglob("*.nc"))[:2]:
        path.rename(path.with_name(path.name.replace("202408", "202407")))  # 29 and 30 July
    explorer = open_folder(copied)
    field = explorer.dock.form.smosibDate
    field.setDate(to_qdate(dt.date(2024, 8, 20)))
    assert (
        field.date() == to_qdate(dt.date(2024, 8, 31))
        and "for 2024-08-20; 2024-08-31 is the nearest" in explorer.iface.said()
    )
    field.setCurrentSection(QDateTimeEdit.Section.DaySection)
    (shown,) = wait_for(explorer.session.day_ready, field.stepDown)
    assert shown.recipe.date == dt.date(2024, 7, 30)


def test_a_folder_that_cannot_be_opened_leaves_the_field_as_it_was(explorer, demo_folder):
    field = explorer.dock.form.smosibFolder
    field.setText("/nowhere at all")
    wait_for(explorer.session.failed, field.editingFinished.emit)
    assert field.text() == str(demo_folder)
