# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time and quality under the hand: keys, slider, playing, dragging a limit; each with the map that follows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from in_qgis.waiting import let_events_pass, wait_for
from osgeo import gdal
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtGui import QCursor
from qgis.PyQt.QtTest import QTest

from smos_ib_explorer.plugin.adapters.live_files import LiveFiles
from smos_ib_explorer.plugin.core.archive import Problem
from smos_ib_explorer.plugin.core.errors import UnreadableFile
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria
from smos_ib_explorer.plugin.core.steps import Step, Unit

FIRST, MIDDLE, LAST = (dt.date(2024, 8, day) for day in (29, 30, 31))
BACK, ON = Step(Unit.DAY, False), Step(Unit.DAY, True)


@pytest.fixture
def visible(explorer):
    """The plugin with its dock shown and in front, and the maps around the newest day made ahead."""
    explorer.dock.setUserVisible(True)
    explorer.iface.window.activateWindow()
    QTest.qWaitForWindowActive(explorer.iface.window)
    if not explorer.session.maps.feed.is_idle:
        wait_for(explorer.session.maps.feed.settled)
    explorer.dock.form.smosibPlay.setFocus()
    return explorer


def shown(explorer):
    return explorer.session.shown.recipe.date


def press(explorer, widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    """Press a key and wait until the map that it asks for is drawn."""
    wait_for(explorer.session.maps.feed.settled, lambda: QTest.keyClick(widget, key, modifier))
    return shown(explorer)


# --- Keys ---


def test_keys_step_from_day_to_day_and_to_the_ends(visible):
    button = visible.dock.form.smosibPlay
    assert press(visible, button, Qt.Key.Key_Left) == MIDDLE
    assert press(visible, button, Qt.Key.Key_Home) == FIRST
    assert press(visible, button, Qt.Key.Key_Right) == MIDDLE
    assert press(visible, button, Qt.Key.Key_End) == LAST
    assert press(visible, button, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier) == FIRST
    assert press(visible, button, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier) == LAST
    assert visible.dock.form.smosibDate.date().toString("yyyy-MM-dd") == "2024-08-31"


def test_a_widget_keeps_the_keys_that_it_uses_itself(visible):
    form = visible.dock.form
    form.smosibMaxRmse.setFocus()
    QTest.keyClick(form.smosibMaxRmse, Qt.Key.Key_Home)
    QTest.keyClick(form.smosibMaxRmse, Qt.Key.Key_Left)
    form.smosibRmseSlider.setFocus()
    wait_for(visible.session.day_ready, lambda: QTest.keyClick(form.smosibRmseSlider, Qt.Key.Key_Left))
    assert visible.session.selection.criteria.max_rmse == 7.9
    assert visible.session.selection.date == LAST


def test_keys_on_the_map_step_only_while_the_tool_is_active(visible):
    canvas = visible.iface.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    let_events_pass()
    assert visible.session.selection.date == LAST
    visible.dock.form.smosibPick.click()
    assert press(visible, canvas, Qt.Key.Key_Left) == MIDDLE
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.mapTool() is not visible.pick_tool


def test_q_switches_quality_control_off_and_on_as_it_was(visible):
    wait_for(visible.session.day_ready, lambda: visible.session.change(criteria=QualityCriteria(3, 5.5)))
    button = visible.dock.form.smosibPlay
    press(visible, button, Qt.Key.Key_Q)
    assert visible.session.shown.recipe.criteria == RAW
    press(visible, button, Qt.Key.Key_Q)
    assert visible.session.shown.recipe.criteria == QualityCriteria(3, 5.5)


def test_brackets_go_to_the_days_on_which_the_cell_has_a_kept_value(visible):
    QTest.keyClick(visible.dock.form.smosibPlay, Qt.Key.Key_BracketLeft)
    assert "Choose a cell first" in visible.iface.said()
    day = visible.session.shown.day
    flat = int(day.retrievals.cells[np.flatnonzero(day.reasons == 0)[0]])
    cell = Cell(*divmod(flat, day.grid.cols))
    wait_for(visible.session.cells.series_ended, lambda: visible.session.cells.pick(cell, *day.grid.centre(cell)))
    kept = visible.session.cells.series.kept_days("SM", PROVIDER)
    earlier = [one for one in kept if one < LAST]
    assert press(visible, visible.dock.form.smosibPlay, Qt.Key.Key_BracketLeft) == earlier[-1]


# --- Following without waiting ---


def test_the_days_beside_are_made_ahead_and_then_shown_at_once(visible):
    feed = visible.session.maps.feed
    if not _is_ready(visible, MIDDLE):
        wait_for(feed.made, until=lambda made: made.recipe.date == MIDDLE)
    seen = []
    visible.session.day_ready.connect(lambda made: seen.append(made.recipe.date))
    visible.session.step(BACK)
    assert seen == [MIDDLE], "no task, no event in between"
    assert _values(visible) == pytest.approx(visible.session.shown.content.kept, nan_ok=True)


def test_fast_steps_drop_what_is_passed_and_end_where_they_should(visible):
    seen = []
    visible.session.day_ready.connect(lambda made: seen.append(made.recipe.date))

    def hurry():
        for _ in range(10):
            visible.session.step(BACK)
            visible.session.step(BACK)
            visible.session.step(ON)
        visible.session.step(BACK)

    wait_for(visible.session.maps.feed.settled, hurry)
    assert shown(visible) == visible.session.selection.date == FIRST
    assert len(seen) <= 4 and seen[-1] == FIRST
    assert Path(visible.live.layer().source()) == visible.session.shown.path


def test_dragging_the_limit_follows_without_reading_a_file(visible, monkeypatch):
    reads = []
    reader = visible.session.reader
    read = reader.retrievals
    visible.availability.pause()  # it reads with the same reader
    while visible.background.is_running("availability"):
        let_events_pass()
    monkeypatch.setattr(reader, "retrievals", lambda *what: reads.append(what) or read(*what))
    wait_for(visible.session.maps.feed.settled, lambda: visible.session.change(criteria=RAW))
    reads.clear()
    kept = []
    visible.session.day_ready.connect(lambda made: kept.append(made.day.counts.kept))
    visible.dock.form.smosibQualityPreset.setCurrentIndex(0)
    for tenths in range(80, 20, -5):
        wait_for(
            visible.session.maps.feed.settled,
            lambda value=tenths - 5: visible.dock.form.smosibRmseSlider.setValue(value),
        )
    assert kept == sorted(kept, reverse=True) and kept[-1] < kept[0]
    assert not [what for what in reads if what[0].date == LAST]
    assert visible.dock.form.smosibMaxRmse.value() == 2.0
    assert (
        f"{kept[-1] / visible.session.shown.day.counts.retrievals:.0%}".rstrip("%")
        in visible.dock.form.smosibKept.text()
    )


def test_playing_shows_every_day_in_order_and_stops_at_the_end(visible):
    wait_for(visible.session.maps.feed.settled, lambda: visible.session.step(Step(Unit.END, False)))
    seen = []
    visible.session.day_ready.connect(lambda made: seen.append(made.recipe.date))
    visible.player.frames_per_second = 1000
    stopped, slider = visible.player.playing_changed, visible.dock.form.smosibDaySlider
    slider.setFocus()
    wait_for(
        stopped,
        lambda: QTest.keyClick(slider, Qt.Key.Key_Space),
        lambda playing: not playing,
    )
    assert seen == [MIDDLE, LAST]
    assert not visible.dock.form.smosibPlay.isChecked()


def test_the_slider_spans_the_record(visible):
    slider = visible.dock.form.smosibDaySlider
    assert (slider.minimum(), slider.maximum(), slider.value()) == (0, 2, 2)
    wait_for(visible.session.maps.feed.settled, lambda: slider.setValue(0))
    assert shown(visible) == FIRST


# --- Scene flags one by one ---


def test_scene_flags_are_check_boxes_that_agree_with_the_threshold(visible):
    boxes, form = visible.dock.quality.flags, visible.dock.form
    assert {bit: box.isChecked() for bit, box in boxes.items()} == {1: False, 2: True, 4: True, 8: True}
    before = visible.session.shown.day.counts.kept
    wait_for(visible.session.maps.feed.settled, boxes[8].click)
    assert visible.session.selection.criteria == QualityCriteria(15, 8.0, True, 2 | 4)
    assert form.smosibMaxSceneFlag.value() == 15 and form.smosibQualityPreset.currentText() == "Custom"
    assert visible.session.shown.day.counts.kept > before
    wait_for(visible.session.maps.feed.settled, boxes[1].click)
    assert visible.session.selection.criteria.rejected_flags == 1 | 2 | 4
    wait_for(visible.session.maps.feed.settled, lambda: form.smosibMaxSceneFlag.setValue(0))
    assert all(box.isChecked() for box in boxes.values())


# --- Files ---


def test_playing_does_not_fill_the_disk_and_kept_layers_keep_their_files(visible, monkeypatch):
    visible.live_files = LiveFiles(visible.cache, stay=2)
    folder = visible.cache.folder
    wait_for(visible.session.maps.feed.settled, lambda: visible.session.change(criteria=QualityCriteria(1, 7.0)))
    visible.dock.form.smosibKeep.click()
    kept = Path(visible.live.layer().source())
    QgsProject.instance().write(str(folder.parent / "saved.qgs"))
    for tenths in range(60, 40, -2):
        wait_for(
            visible.session.maps.feed.settled,
            lambda limit=tenths / 10: visible.session.change(criteria=QualityCriteria(1, limit)),
        )
    left = [path for path in folder.glob("*.tif") if "2024-08-31" in path.name]
    assert kept in left and Path(visible.live.layer().source()) in left
    assert len(left) <= 5
    assert all(layer.isValid() for layer in QgsProject.instance().mapLayers().values())


def _is_ready(explorer, day):
    return any(recipe.date == day for recipe in explorer.session.maps.feed.at_hand)


def _values(explorer):
    return gdal.Open(explorer.live.layer().source()).ReadAsArray()


# --- Why a cell shows nothing ---


def test_a_tip_says_why_a_cell_is_rejected(visible):
    day, canvas = visible.session.shown.day, visible.iface.canvas
    visible.dock.form.smosibPick.click()
    for wanted, words in ((day.reasons == 4, "rejected: RMSE"), (day.reasons == 0, "· kept")):
        flat = int(day.retrievals.cells[np.flatnonzero(wanted)[0]])
        cell = Cell(*divmod(flat, day.grid.cols))
        x, y = day.grid.centre_xy(cell)
        visible.iface.look_at(6933, x - 90_000, y - 60_000, x + 90_000, y + 60_000)
        place = canvas.getCoordinateTransform().transform(x, y)
        at = QPoint(int(place.x()), int(place.y()))
        QCursor.setPos(canvas.mapToGlobal(at))
        (text,) = wait_for(visible.tip.told, lambda at=at: QTest.mouseMove(canvas.viewport(), at))
        assert words in text and f"SM {day.raw[cell.row, cell.col]:.4g}" in text and "2024-08-31" in text


def test_no_tip_without_the_tool_or_map_tips(visible):
    assert visible._map_for_tip() is None
    visible.iface.map_tips.setChecked(True)
    assert visible._map_for_tip() is None
    visible.iface.active = visible.live.layer()
    assert visible._map_for_tip() is visible.session.shown


# --- What must not go wrong ---


def test_a_folder_that_cannot_be_opened_leaves_the_map_as_free_as_before(visible, tmp_path):
    field = visible.dock.form.smosibFolder
    field.setText(str(tmp_path / "nowhere"))
    wait_for(visible.session.failed, field.editingFinished.emit)
    wait_for(visible.session.maps.feed.settled, lambda: visible.session.step(BACK))
    assert shown(visible) == MIDDLE


def test_a_granule_that_was_found_bad_meanwhile_brings_the_shown_day_back(visible, monkeypatch):
    session = visible.session
    bad = session.opened.archive.granule(FIRST, session.selection.orbit)

    def fails(granule, recognition, variable):
        session.exclude([Problem(bad.path, "It is truncated.")])
        raise UnreadableFile("truncated", "")

    monkeypatch.setattr(session.reader, "retrievals", fails)
    wait_for(session.failed, lambda: session.change(date=FIRST, variable="VOD"))
    assert session.selection.date == shown(visible) == LAST and session.selection.variable == "SM"


def test_a_period_stays_as_it_was_asked_for_and_steps_lead_out_of_it(visible):
    session = visible.session
    begin, end = dt.date(2024, 8, 20), MIDDLE
    wait_for(session.maps.feed.settled, lambda: session.show_range(begin, end))
    assert session.shown.content.period == (begin, end)
    assert not session.show_range(dt.date(2024, 7, 1), dt.date(2024, 7, 10))
    assert session.selection.last == end
    wait_for(session.maps.feed.settled, session.rescan)
    assert session.shown.content.period == (begin, end)
    wait_for(session.maps.feed.settled, lambda: session.step(ON))
    assert shown(visible) == LAST and session.selection.last is None


def test_a_controller_frame_without_a_file_shows_nothing_instead_of_another_day(visible):
    temporal = visible.live.layer().temporalProperties()
    visible.live.set_navigating(True)
    assert not temporal.isActive()
    visible._controller_moved(dt.date(2024, 8, 1), dt.date(2024, 8, 1))
    assert temporal.isActive() and visible.session.selection.date == LAST
    assert "2024-08-01" in visible.dock.form.smosibKept.text()
    wait_for(visible.session.maps.feed.settled, lambda: visible._controller_moved(MIDDLE, MIDDLE))
    assert not temporal.isActive() and shown(visible) == MIDDLE


def test_the_overview_is_told_once_and_then_rests(visible):
    if not visible.availability.is_complete:
        wait_for(visible.availability.changed, until=lambda tallies: visible.availability.is_complete)
    # Where the land is counted later than the days, that is told too.
    wait_for(visible.overview.land_changed, until=lambda land: land is not None and land.land_cells is not None)
    told = []
    visible.overview.land_changed.connect(told.append)
    timer = QTimer()
    timer.setSingleShot(True)
    wait_for(timer.timeout, lambda: timer.start(4 * visible.overview._soon.interval()))
    assert not told


def test_the_retention_curve_keeps_its_arrows_in_the_dock(visible):
    curve = visible.dock.retention
    wait_for(visible.overview.retention_changed)
    curve.setFocus()
    wait_for(visible.session.day_ready, lambda: QTest.keyClick(curve, Qt.Key.Key_Left))
    assert visible.session.selection.criteria.max_rmse == 7.9 and visible.session.selection.date == LAST


def test_a_saved_project_keeps_its_file_while_the_user_goes_on(visible, tmp_path):
    visible.live_files = LiveFiles(visible.cache, stay=1)
    wait_for(visible.session.maps.feed.settled, lambda: visible.session.change(criteria=QualityCriteria(1, 7.5)))
    QgsProject.instance().write(str(tmp_path / "saved.qgs"))
    saved = Path(visible.live.layer().source())
    for limit in (7.0, 7.5, 6.0, 5.0, 4.0):
        wait_for(
            visible.session.maps.feed.settled,
            lambda limit=limit: visible.session.change(criteria=QualityCriteria(1, limit)),
        )
    assert saved.exists()


def test_playing_from_the_newest_day_begins_with_the_oldest(visible):
    seen = []
    visible.session.day_ready.connect(lambda made: seen.append(made.recipe.date))
    visible.player.frames_per_second = 1000
    wait_for(visible.player.playing_changed, visible.dock.form.smosibPlay.click, lambda playing: not playing)
    assert seen == [FIRST, MIDDLE, LAST]
