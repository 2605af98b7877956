# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tab that shows what was recognised and why, and lets it be corrected, exported and imported."""

from __future__ import annotations

import datetime as dt
import json

import netCDF4
import numpy as np
import pytest
from core.granules import LAYERS, write_day
from in_qgis.waiting import wait_for
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QFileDialog

from smos_ib_explorer.plugin.adapters.copy_as import map_as_python
from smos_ib_explorer.plugin.core.archive import Problem
from smos_ib_explorer.plugin.core.corrections import FROM_CONTENT, Corrections
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.profile import read_profile

DAY = dt.date(2020, 3, 4)


@pytest.fixture
def folder(tmp_path):
    write_day(tmp_path / "archive", DAY, name="SM_04032020.nc")
    write_day(tmp_path / "archive", DAY, name="SM_20200304.nc")
    return tmp_path / "archive"


@pytest.fixture
def panel(open_folder, folder):
    return open_folder(folder).dock.recognition


def choose(box, data):
    box.setCurrentIndex(box.findData(data))
    assert box.currentData() == data


def apply(explorer, panel):
    wait_for(explorer.session.day_ready, panel.apply.click)


def test_every_line_says_what_was_found_and_why(panel):
    texts = {what: label.text() for what, label in panel._why.items()}
    assert "product not recognised" in texts["Product"] and "fits no product's pattern" in texts["Product"]
    assert "EASE-Grid 2.0, 25 km" in texts["Grid"] and "regional cut" in texts["Grid"]
    assert "agree with the cell centres within" in texts["Position"]
    assert "YYYYMMDD" in texts["Dates"] and "orbit not stated" in texts["Orbit"]
    assert "by its name" in panel._role_why["SM"].text() and "nan" in panel._role_why["SM"].text()
    assert panel._role_why["TBH"].text() == ""
    rows = {panel.variables.item(row, 0).text() for row in range(panel.variables.rowCount())}
    assert rows == set(LAYERS)


def test_product_dates_and_orbit_are_corrected_at_once_and_remembered(plugin, panel, folder, open_folder):
    assert plugin.session.opened.archive.dates(Orbit.UNKNOWN) == [DAY]  # DDMMYYYY reads as no date of this century
    choose(panel.product, "smos-ic-v2")
    choose(panel.orbit, "D")
    panel.dates.setEditText("DDMMYYYY")
    apply(plugin, panel)
    opened = plugin.session.opened
    assert opened.archive.orbits == (Orbit.DESCENDING,) and opened.recognition.product.key == "smos-ic-v2"
    assert [one.path.name for one in opened.archive.granules] == ["SM_04032020.nc"]
    assert all("as you chose" in panel._why[what].text() for what in ("Product", "Dates", "Orbit"))
    wanted = Corrections(product="smos-ic-v2", dates="DDMMYYYY", orbit="D")
    assert plugin.settings.corrections(folder) == wanted
    assert panel.corrections() == wanted  # applying once more changes nothing
    plugin.session.close()
    assert open_folder(folder).session.opened.recognition.corrections == wanted
    wait_for(plugin.session.day_ready, panel.reset.click)
    assert not plugin.settings.corrections(folder) and not plugin.session.opened.recognition.corrections


def test_units_and_fill_values_are_corrected_in_the_table(plugin, panel):
    before = plugin.session.shown.day.raw
    table = panel.variables
    row = next(row for row in range(table.rowCount()) if table.item(row, 0).text() == LAYERS[0])
    table.item(row, 1).setText("%")
    table.item(row, 2).setText("0")
    apply(plugin, panel)
    after = plugin.session.shown.day.raw
    np.testing.assert_allclose(after, np.where(before == 0, np.nan, before / 100), rtol=1e-6)
    assert "converted" in panel._role_why["SM"].text() and "as you chose" in panel._role_why["SM"].text()
    assert plugin.session.opened.recognition.corrections == Corrections(units={LAYERS[0]: "%"}, fills={LAYERS[0]: 0.0})
    table.item(row, 1).setText("")
    table.item(row, 2).setText("no number")
    assert table.item(row, 2).text() == ""
    apply(plugin, panel)
    assert not plugin.session.opened.recognition.corrections
    np.testing.assert_array_equal(plugin.session.shown.day.raw, before)


def test_what_fits_no_file_is_said_and_not_remembered(plugin, panel, folder):
    choose(panel.dates, FROM_CONTENT)
    wait_for(plugin.session.failed, panel.apply.click)
    assert "can be used" in plugin.iface.said()
    assert not plugin.settings.corrections(folder)
    assert panel.dates.currentData() == "" and plugin.session.opened.archive.granules
    panel.dates.setEditText("next week")
    wait_for(plugin.session.failed, panel.apply.click)
    assert "does not say how file names write the day" in plugin.iface.said()


def test_a_profile_goes_from_one_folder_to_another(plugin, panel, open_folder, tmp_path, monkeypatch):
    choose(panel.orbit, "A")
    apply(plugin, panel)
    path = tmp_path / "mine.smosib.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *how: (str(tmp_path / "mine"), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *how: (str(path), ""))
    wait_for(plugin.iface.bar.widgetAdded, panel.exports.click)
    assert read_profile(path) == Corrections(orbit="A")
    assert json.loads(path.read_text("utf-8"))["recognised"]["Orbit"] == "ascending (as you chose)"
    write_day(tmp_path / "other", DAY, name="x_20200304.nc")
    open_folder(tmp_path / "other")
    assert plugin.session.opened.archive.orbits == (Orbit.UNKNOWN,)
    wait_for(plugin.session.day_ready, panel.imports.click)
    assert plugin.session.opened.archive.orbits == (Orbit.ASCENDING,)
    path.write_text("{}")
    wait_for(plugin.iface.bar.widgetAdded, panel.imports.click)
    assert "is no profile" in plugin.iface.said()


def test_a_folder_a_parameter_is_said_to_be_joined(open_folder, tmp_path):
    for name in LAYERS:
        write_day(tmp_path / name, DAY, only=(name,), name="x_20200304.nc")
    explorer = open_folder(tmp_path)
    panel = explorer.dock.recognition
    assert "joined" in panel.files.text() and not panel.files.isHidden()
    assert explorer.session.shown.day.counts.retrievals > 0
    assert {one.id for one in explorer.session.opened.recognition.variables} == {"SM", "VOD", "RMSE", "SF"}
    assert panel.roles["VOD"].currentData() == f"{LAYERS[1]}/{LAYERS[1]}"


def test_text_from_a_file_is_shown_as_text(open_folder, tmp_path):
    path = write_day(tmp_path, DAY)
    with netCDF4.Dataset(path, "a") as file:
        file[LAYERS[0]].units = "<b>m3</b> & <img src=x>"
    panel = open_folder(tmp_path).dock.recognition
    assert "<b>m3</b>" in panel._role_why["SM"].text()
    assert panel._role_why["SM"].textFormat() == Qt.TextFormat.PlainText


def test_corrections_that_fit_no_more_do_not_lock_a_folder(plugin, panel, folder, open_folder, tmp_path):
    wanted = Corrections(dates="DDMMYYYY")
    plugin.settings.remember_corrections(tmp_path / "other", wanted)
    write_day(tmp_path / "other", DAY, name="x_20200304.nc")
    open_folder(tmp_path / "other")
    assert plugin.session.opened.archive.dates(Orbit.UNKNOWN) == [DAY]
    assert "What was corrected for this folder is not applied" in plugin.dock.form.smosibWarnings.text()
    assert plugin.settings.corrections(tmp_path / "other") == wanted  # until the user decides
    wait_for(plugin.session.day_ready, lambda: panel.corrected.emit(Corrections()))
    assert not plugin.settings.corrections(tmp_path / "other")


def test_what_was_decided_survives_an_opening_without_it(plugin, panel, folder):
    choose(panel.orbit, "A")
    apply(plugin, panel)
    wait_for(plugin.session.day_ready, lambda: plugin.session.open_folder(folder, Corrections()))
    assert plugin.settings.corrections(folder) == Corrections(orbit="A")


def test_a_reset_is_remembered_whatever_is_found_meanwhile(plugin, panel, folder):
    bad = write_day(folder, DAY + dt.timedelta(days=1), name="SM_20200305.nc")
    wait_for(plugin.session.day_ready, lambda: plugin._correct(Corrections(orbit="A")))

    def reset() -> None:
        panel.reset.click()
        plugin.session.exclude([Problem(bad, "An audit says that it is damaged.")])

    wait_for(plugin.session.opened_changed, reset, lambda opened: not opened.recognition.corrections)
    assert not plugin.settings.corrections(folder)


def test_a_reset_that_another_folder_overtakes_takes_nothing_from_that(plugin, panel, open_folder, tmp_path):
    write_day(tmp_path / "other", DAY, name="x_20200304.nc")
    wanted = Corrections(dates="DDMMYYYY")  # which does not fit
    plugin.settings.remember_corrections(tmp_path / "other", wanted)
    plugin._correct(Corrections())
    open_folder(tmp_path / "other")
    assert "What was corrected for this folder is not applied" in plugin.dock.form.smosibWarnings.text()
    assert plugin.settings.corrections(tmp_path / "other") == wanted


def test_a_remembered_number_is_shown_and_kept_exactly(plugin, panel, folder):
    fills = {LAYERS[0]: 1.23456789, LAYERS[1]: -9999999.0, "absent": 2147483647.0}
    wait_for(plugin.session.day_ready, lambda: plugin._correct(Corrections(fills=fills)))
    choose(panel.orbit, "D")
    apply(plugin, panel)
    assert plugin.settings.corrections(folder) == Corrections(fills=fills, orbit="D")


def test_a_copied_snippet_has_all_that_was_corrected(plugin, panel):
    wanted = Corrections({"VOD": ""}, fills={LAYERS[0]: 0.0}, units={LAYERS[1]: "K"}, orbit="D", product="smap-ib")
    wait_for(plugin.session.day_ready, lambda: plugin._correct(wanted))
    assert repr(wanted) in map_as_python(plugin.session.shown.recipe, plugin.session.opened)
    plugin.actions.copy_map(False)
    assert "PROFILE" in plugin.iface.said()


def test_a_profile_without_a_folder_is_said(plugin, tmp_path, monkeypatch):
    path = tmp_path / "x.smosib.json"
    path.write_text('{"what": "SMOS-IB Explorer archive profile", "form": 1, "corrections": {"orbit": "A"}}')
    wait_for(plugin.iface.bar.widgetAdded, lambda: plugin.dock.recognition.import_requested.emit(path))
    assert "Choose the folder first" in plugin.iface.said()
