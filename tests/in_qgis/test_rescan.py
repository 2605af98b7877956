# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Days that come, change and go while QGIS is open: everything that is built from the archive notices."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from core.granules import LAYERS, cell, layers_of, write_day, write_days
from in_qgis.waiting import wait_for

from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit

A = Orbit.ASCENDING
FIRST, LAST, NEW = dt.date(2020, 1, 1), dt.date(2020, 1, 10), dt.date(2020, 1, 14)


@pytest.fixture
def folder(tmp_path):
    write_days(tmp_path / "archive", f"{FIRST}/{LAST}")
    return tmp_path / "archive"


@pytest.fixture
def explorer(open_folder, folder):
    return open_folder(folder)


def test_new_days_reach_the_list_the_slider_the_strip_the_controller_and_the_series(explorer, folder):
    place = cell(3, 3)
    wait_for(
        explorer.session.cells.series_ended,
        lambda: explorer.series.pick(place, *M25KM.centre(place)),
    )
    assert explorer.session.cells.series.dates.size == 10
    write_days(folder, f"2020-01-12/{NEW}")
    wait_for(
        explorer.session.cells.series_ended,
        explorer.dock.form.smosibRescan.click,
        lambda *said: explorer.session.cells.series is not None and explorer.session.cells.series.dates.size == 13,
    )
    archive = explorer.session.opened.archive
    assert len(archive.dates(A)) == 13
    assert explorer.session.cells.series.dates.size == 13
    assert explorer.dock.days.rowCount() >= 13
    form = explorer.dock.form
    assert form.smosibDate.maximumDate().toPyDate() == NEW and form.smosibDaySlider.maximum() == 12
    assert explorer.live.record[1] == explorer.link.record[1] == NEW
    assert "13 of 14 days" in form.smosibSummary.text()
    assert any("2020-01-11" in str(one) for one in archive.missing(A))


def test_the_shown_day_stays_and_a_changed_file_is_shown_anew(explorer, folder):
    wait_for(explorer.session.day_ready, lambda: explorer._go_to(FIRST))
    before = explorer.session.shown.day.raw
    write_day(folder, FIRST, extra={LAYERS[0]: layers_of(FIRST)[LAYERS[0]] / 2})
    wait_for(explorer.session.day_ready, explorer.dock.form.smosibRescan.click)
    assert explorer.session.selection.date == FIRST
    np.testing.assert_allclose(explorer.session.shown.day.raw, before / 2, rtol=1e-6)


def test_a_day_that_went_is_replaced_by_the_nearest_and_said(explorer, folder):
    wait_for(explorer.session.day_ready, lambda: explorer._go_to(FIRST))
    next(folder.glob("*20200101T*")).unlink()
    wait_for(explorer.session.day_ready, explorer.dock.form.smosibRescan.click)
    assert explorer.session.shown.recipe.date == dt.date(2020, 1, 2)
    assert "2020-01-01 has no file that can be used any more" in explorer.iface.said()


def test_a_file_that_never_stops_changing_is_given_up(explorer, folder, monkeypatch):
    growing = next(folder.glob("*20200105T*"))
    really_open = explorer.session.reader.engine.open

    def opened(path):
        if path == growing:
            with path.open("ab") as stream:
                stream.write(b"more")
        return really_open(path)

    monkeypatch.setattr(explorer.session.reader.engine, "open", opened)
    (error,) = wait_for(explorer.session.failed, lambda: explorer._go_to(dt.date(2020, 1, 5)))
    assert "has changed" in str(error)
    assert explorer.session.selection.date == LAST  # what the map still shows


def test_a_file_that_was_replaced_behind_our_back_is_read_anew(open_folder, folder, monkeypatch):
    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.map_feed.AT_HAND_S", 0.0)
    explorer = open_folder(folder)
    for day in (FIRST, LAST):
        wait_for(explorer.session.day_ready, lambda day=day: explorer._go_to(day))
    before = explorer.session.shown.day.raw
    write_day(folder, LAST, extra={LAYERS[0]: layers_of(LAST)[LAYERS[0]] / 4})
    wait_for(explorer.session.day_ready, lambda: explorer._go_to(FIRST))
    wait_for(explorer.session.day_ready, lambda: explorer._go_to(LAST))
    np.testing.assert_allclose(explorer.session.shown.day.raw, before / 4, rtol=1e-6)
    assert "has changed since the folder was looked at. The folder is looked at again." in explorer.iface.said()
