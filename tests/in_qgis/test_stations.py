# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stations in the dock: loaded, on the map, beside the cell they lie in; results against plain numbers, live with the criteria. All data are invented."""

from __future__ import annotations

import contextlib
import csv
import os
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from core.granules import cell, every_day, layers_of, name_of, write_day
from core.station_files import STM_NAME, write_stm, write_text
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsApplication, QgsDataProvider, QgsProject, QgsVectorFileWriter, QgsVectorLayer
from qgis.PyQt.QtCore import QMimeData, QPointF, Qt, QUrl
from qgis.PyQt.QtGui import QDropEvent

from smos_ib_explorer import classFactory
from smos_ib_explorer.plugin.adapters import counterpart_records, other_archive
from smos_ib_explorer.plugin.adapters.comparison_choice import ComparisonChoice
from smos_ib_explorer.plugin.adapters.station_layer import station_layer
from smos_ib_explorer.plugin.core.analysis.pairing import DayValue
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, QualityCriteria

PERIOD = "2020-01-01/2020-02-09"
CELL = cell(5, 7)
LON, LAT = M25KM.centre(CELL)
ALL = QualityCriteria(None, None)
LINES = [(f"{day} {hour}", 0.2 + 0.005 * number + extra, "G") for number, day in enumerate(every_day(PERIOD))
         for hour, extra in (("02:00", 0.0), ("05:00", 0.02))]  # fmt: skip
LINES += [("2020-01-03 12:00", 0.9, "D03")]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("daily files") / "archive"
    write_both_orbits(folder)
    return folder


def write_both_orbits(folder, days=PERIOD, of=lambda day: layers_of(day)["Soil_Moisture"], **how):
    """Write daily files in which the descending orbit has half the soil moisture of the ascending one."""
    for day in every_day(days):
        write_day(folder, day, "A", extra={"Soil_Moisture": of(day)}, **how)
        write_day(folder, day, "D", extra={"Soil_Moisture": of(day) / 2}, **how)


@pytest.fixture
def station_file(tmp_path):
    return write_stm(tmp_path / "stations", LINES, lat=LAT, lon=LON)


@pytest.fixture
def explorer(open_folder, archive):
    return open_folder(archive)


def load(explorer, *paths):
    wait_for(explorer.stations.ended, lambda: explorer.dock.stations.files_chosen.emit(list(paths)))


def choose(explorer, row=0):
    """Click a row of the list, and wait until the cell's series is there."""
    tree = explorer.dock.stations.list
    item = tree.topLevelItem(row)
    tree.setCurrentItem(item)
    wait_for(explorer.session.cells.series_ended, lambda: tree.itemClicked.emit(item, 0), lambda why: is_read(explorer))
    let_events_pass()


def is_read(explorer):
    series = explorer.session.cells.series
    return series is not None and series.is_complete


@pytest.fixture
def chosen(explorer, station_file):
    load(explorer, station_file)
    choose(explorer)
    return explorer


def is_reading(panel):
    """Whether a panel shows that something is read."""
    return panel.reading.bar.isVisibleTo(panel) and panel.reading.cancel.isVisibleTo(panel)


def shown(explorer):
    """What the table shows, by reference and measure."""
    table = explorer.dock.stations.agreement.table
    return {
        table.horizontalHeaderItem(column).toolTip(): {
            table.verticalHeaderItem(row).text(): table.item(row, column).text() for row in range(table.rowCount())
        }
        for column in range(table.columnCount())
    }


def expected(criteria=ALL):
    """Bias and count of the truth against the station's means, with plain numbers."""
    differences = []
    for number, day in enumerate(every_day(PERIOD)):
        layers = {name: layer[5, 7] for name, layer in layers_of(day).items()}
        value = np.float32(layers["Soil_Moisture"])
        quality = criteria.max_rmse is None or layers["RMSE"] <= criteria.max_rmse
        flagged = criteria.max_scene_flag is None or layers["Scene_Flags"] <= criteria.max_scene_flag
        if np.isfinite(value) and 0 <= value <= 1 and quality and flagged:
            differences.append(float(value) - (0.2 + 0.005 * number + 0.01))
    return len(differences), float(np.mean(differences)) if len(differences) > 2 else float("nan")


# --- From a file to the plot ---


def test_a_station_is_listed_on_the_map_and_beside_its_cell(chosen):
    panel, item = chosen.dock.stations, chosen.dock.stations.list.topLevelItem(0)
    assert [item.text(column) for column in range(4)] == ["Inv-1", "0–0.05 m", "81", "NET"]
    layer = station_layer()
    (feature,) = layer.getFeatures()
    assert (feature["name"], feature["values"], feature["good"]) == ("Inv-1", 81, 80)
    assert feature.geometry().asPoint().x() == pytest.approx(LON, abs=1e-5)
    assert (chosen.session.cells.point.cell, chosen.session.cells.point.name) == (CELL, "Inv-1")
    (other,) = chosen.plot_dock.view.others
    assert (other.name, other.variable.id, other.days.size) == ("Inv-1, 0–0.05 m", "SM", 40)
    np.testing.assert_allclose(other.values, [0.21 + 0.005 * number for number in range(40)])
    assert "mean of its good values (flag G) of that day (UTC)" in panel.agreement.rule.text()
    assert "same calendar day" in panel.agreement.rule.text()


def test_results_are_plain_numbers_and_follow_the_criteria(chosen):
    for criteria in (chosen.session.selection.criteria, QualityCriteria(1, 12.0), ALL):
        if criteria != chosen.session.selection.criteria:
            wait_for(chosen.session.day_ready, lambda criteria=criteria: chosen.session.change(criteria=criteria))
        count, bias = expected(criteria)
        found = shown(chosen)["Inv-1, 0–0.05 m"]
        assert found["n"] == str(count)
        assert found["Bias"] == f"{bias:.3f}".replace("-", "−")


def test_another_day_on_the_map_compares_nothing_anew(chosen):
    told = []
    chosen.comparisons.changed.connect(told.append)
    before = chosen.comparisons.compared
    wait_for(chosen.session.day_ready, lambda: chosen.session.change(date=every_day(PERIOD)[3]))
    assert chosen.comparisons.compared is before and not told
    wait_for(chosen.session.day_ready, lambda: chosen.session.change(criteria=QualityCriteria(1, 4.0)))
    assert told and chosen.comparisons.compared is not before
    chosen.comparisons.changed.disconnect(told.append)


def test_the_value_nearest_to_the_overpass_is_a_choice(chosen):
    panel = chosen.dock.stations
    panel.agreement.day_value.setCurrentIndex(panel.agreement.day_value.findData(DayValue.OVERPASS))
    (other,) = chosen.plot_dock.view.others  # 6:00 local solar time is about 5:20 UTC there
    np.testing.assert_allclose(other.values, [0.22 + 0.005 * number for number in range(40)])
    assert "nearest to 06:00 local solar time" in panel.agreement.rule.text()


def test_another_cell_has_no_station(chosen):
    far = cell(1, 1)
    wait_for(chosen.session.cells.series_ended, lambda: chosen.pick_tool.picked.emit(far, *M25KM.centre(far)))
    assert shown(chosen) == {} and chosen.plot_dock.view.others == ()
    assert "Load station files and choose one" in chosen.dock.stations.agreement.rule.text()
    choose(chosen)
    assert list(shown(chosen)) == ["Inv-1, 0–0.05 m"]


def test_the_variable_is_the_stations_and_can_be_chosen(explorer, tmp_path):
    rows = [f"{day},{0.4 + 0.01 * number}" for number, day in enumerate(every_day(PERIOD))]
    path = write_text(tmp_path, f"# lat: {LAT}", f"# lon: {LON}", "date,vod", *rows, name="vod.csv")
    explorer.session.cells.choose_series_variables(("SM",))
    load(explorer, path)
    choose(explorer)
    assert explorer.session.cells.series_variables == ("SM", "VOD")
    assert explorer.plot_dock.view.others[0].variable.id == "VOD"
    panel = explorer.dock.stations
    panel.agreement.variable.setCurrentIndex(panel.agreement.variable.findData("SM"))
    assert shown(explorer) == {}
    assert "vod measures VOD, not SM" in panel.agreement.rule.text()


def test_without_a_folder_a_station_is_listed_and_a_sentence_says_what_to_do(plugin, iface, station_file):
    load(plugin, station_file)
    tree = plugin.dock.stations.list
    tree.setCurrentItem(tree.topLevelItem(0))
    tree.itemClicked.emit(tree.topLevelItem(0), 0)
    assert "Choose a folder of daily files first" in iface.said()


def test_a_layer_that_was_made_permanent_is_the_users_own(explorer, station_file, tmp_path):
    load(explorer, station_file)
    layer, path = station_layer(), str(tmp_path / "mine.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, QgsProject.instance().transformContext(), options)
    layer.setDataSource(path, layer.name(), "ogr", QgsDataProvider.ProviderOptions())  # as Make Permanent does
    load(explorer, write_text(tmp_path, f"# lat: {LAT}", f"# lon: {LON}", "date,sm", "2020-01-01,0.2"))
    assert sorted(one["name"] for one in station_layer().getFeatures()) == ["Inv-1", "station"]
    explorer.stations.remove(explorer.stations.stations)
    assert station_layer() is not layer and station_layer().featureCount() == 0
    assert [one["name"] for one in QgsVectorLayer(path, "mine", "ogr").getFeatures()] == ["Inv-1"]


def test_a_field_that_a_user_took_away_shifts_no_other(explorer, station_file):
    load(explorer, station_file)
    layer = station_layer()
    layer.dataProvider().deleteAttributes([layer.fields().lookupField("network")])
    layer.updateFields()
    load(explorer, station_file)
    (feature,) = layer.getFeatures()
    assert (feature["name"], feature["depth_to"], feature["good"]) == ("Inv-1", 0.05, 80)


# --- Other references ---


def keep_all(explorer):
    """Keep all that is in the valid range."""
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(criteria=ALL))


def with_orbit(explorer):
    """Compare with the other orbit, and return the result."""
    panel = explorer.dock.stations.agreement
    wait_for(explorer.comparisons.ended, lambda: panel.orbit.setChecked(True))
    return explorer.comparisons.compared.results[-1]


def with_archive(explorer, folder):
    """Compare with another archive, and return the result."""
    act = lambda: explorer.dock.stations.agreement.archive_chosen.emit(folder)  # noqa: E731
    wait_for(
        explorer.comparisons.changed,
        act,
        lambda compared: folder.name in [one.reference.name for one in compared.results],
    )
    return explorer.comparisons.compared.results[-1]


def at_cell(day, row=5, col=7):
    """Soil moisture as it is written, where it is in the valid range; else NaN."""
    value = layers_of(day)["Soil_Moisture"][row, col]
    return value if 0 <= value <= 1 else np.nan


def test_the_other_orbit_is_compared_on_the_same_days(chosen):
    panel = chosen.dock.stations.agreement
    assert panel.orbit.isVisibleTo(panel)
    keep_all(chosen)
    result = with_orbit(chosen)
    found = shown(chosen)
    assert list(found) == ["Inv-1, 0–0.05 m", "Descending orbit"]
    kept = {day: at_cell(day) for day in every_day(PERIOD) if np.isfinite(at_cell(day))}
    assert result.pairs.days.tolist() == list(kept)
    np.testing.assert_allclose(result.pairs.satellite, list(kept.values()), rtol=1e-6)
    np.testing.assert_allclose(result.pairs.reference, [value / 2 for value in kept.values()], rtol=1e-6)
    assert [other.name for other in chosen.plot_dock.view.others] == list(found)
    panel.orbit.setChecked(False)
    assert list(shown(chosen)) == ["Inv-1, 0–0.05 m"]


def test_on_the_descending_orbit_the_other_one_and_the_overpass_are_others(chosen):
    panel = chosen.dock.stations.agreement
    panel.day_value.setCurrentIndex(panel.day_value.findData(DayValue.OVERPASS))
    keep_all(chosen)
    wait_for(chosen.session.cells.series_ended, lambda: chosen.session.change(orbit=Orbit.DESCENDING))
    result = with_orbit(chosen)
    assert result.reference.name == "Ascending orbit"
    np.testing.assert_allclose(result.pairs.reference, 2 * result.pairs.satellite, rtol=1e-6)
    assert "nearest to 18:00 local solar time" in panel.rule.text()


def test_another_archive_is_read_at_the_same_place(chosen, tmp_path):
    other, days = tmp_path / "other archive", "2020-01-20/2020-01-31"
    write_both_orbits(other, days, lambda day: layers_of(day)["Soil_Moisture"] / 4)
    keep_all(chosen)
    result = with_archive(chosen, other)
    assert result.reference.name == "other archive"
    kept = {day: at_cell(day) for day in every_day(days) if np.isfinite(at_cell(day))}
    assert result.pairs.days.tolist() == list(kept)
    np.testing.assert_allclose(result.pairs.reference, [value / 4 for value in kept.values()], rtol=1e-6)
    panel = chosen.dock.stations.agreement
    assert "in other archive, ascending at row 105, column 707" in panel.rule.text()
    assert panel.no_archive.isVisibleTo(panel)
    panel.no_archive.click()
    assert len(chosen.comparisons.compared.results) == 1 and not panel.no_archive.isVisibleTo(panel)


def test_another_archive_that_lacks_files_and_layers_says_so(chosen, iface, tmp_path):
    other = tmp_path / "other archive"
    write_both_orbits(other, without=("RMSE",))
    for path in sorted(other.glob("*3SA_*"))[5:20]:
        path.write_bytes(path.read_bytes()[:3000])
    result = with_archive(chosen, other)
    assert result.agreement.n
    assert "15 of 40 files of other archive could not be read." in iface.said()
    rule = chosen.dock.stations.agreement.rule.text()
    assert "15 of its 40 files could not be read." in rule
    assert "under the same criteria except RMSE, for which it has no layer" in rule
    text = chosen.station_topic.pairs_text()
    assert "# reference_2_not_applied: RMSE" in text and "# reference_2_unread_15: SM_OPER" in text


def test_unusable_files_of_the_other_orbit_leave_the_archive(open_folder, tmp_path):
    write_both_orbits(tmp_path / "archive", "2020-01-01/2020-01-09")
    explorer = open_folder(tmp_path / "archive")
    wait_for(explorer.session.cells.series_ended, lambda: explorer.session.cells.pick(CELL, LON, LAT))
    bad = tmp_path / "archive" / name_of(every_day("2020-01-04")[0], "D")
    content = bytearray(bad.read_bytes())
    stat = bad.stat()
    content[2000:] = bytes(len(content) - 2000)
    bad.write_bytes(content)
    os.utime(bad, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # damaged without a sign of it
    with_orbit(explorer)
    assert [problem.path for problem in explorer.session.opened.archive.problems] == [bad]
    assert "1 of its 9 files could not be read." in explorer.dock.stations.agreement.rule.text()


def test_a_folder_that_is_no_archive_is_a_sentence(chosen, iface, tmp_path):
    wait_for(
        chosen.comparisons.failed, lambda: chosen.dock.stations.agreement.archive_chosen.emit(tmp_path / "nothing")
    )
    assert "nothing" in iface.said()
    assert len(shown(chosen)) == 1 and not is_reading(chosen.dock.stations.agreement)


def test_a_folder_that_is_no_archive_does_not_keep_the_remembered_one_from_opening(explorer, archive, tmp_path):
    other = explorer.comparisons._other
    other.remember(archive)
    other.open_remembered(again=True)
    wait_for(other.changed, lambda: other.open(tmp_path / "nothing"))
    assert other.opened.archive.root == other.folder == archive and not other.lacking


def test_reading_another_record_can_be_cancelled_and_asked_for_anew(chosen, tmp_path):
    panel = chosen.dock.stations.agreement
    other = tmp_path / "other archive"
    write_both_orbits(other, "2020-01-01/2020-01-09")
    with_archive(chosen, other)
    panel.orbit.setChecked(True)
    assert is_reading(panel) and not is_reading(chosen.dock.stations)
    wait_for(chosen.comparisons.ended, panel.reading.cancel.click)
    assert list(shown(chosen)) == ["Inv-1, 0–0.05 m", "other archive"]
    assert panel.orbit.isChecked() and "Descending orbit: reading was cancelled. Choose it anew" in panel.rule.text()
    chosen.session.cells.set_points(chosen.session.cells.points, chosen.session.cells.point)
    assert not chosen.background.is_running("comparison")
    panel.orbit.setChecked(False)
    with_orbit(chosen)
    assert list(shown(chosen)) == ["Inv-1, 0–0.05 m", "Descending orbit", "other archive"]


def test_stations_and_records_are_read_and_cancelled_apart(chosen, station_file):
    panel = chosen.dock.stations
    panel.agreement.orbit.setChecked(True)
    panel.files_chosen.emit([station_file])
    assert is_reading(panel) and is_reading(panel.agreement)
    panel.reading.cancel.click()
    assert not is_reading(panel) and is_reading(panel.agreement)
    wait_for(chosen.comparisons.ended)
    assert not is_reading(panel.agreement) and "Descending orbit" in shown(chosen)


def test_progress_is_shown_until_both_archive_and_records_are_read(chosen, archive, monkeypatch):
    panel, go_on, real = chosen.dock.stations.agreement, threading.Event(), other_archive.scan

    def slow(*values):
        go_on.wait(60)
        return real(*values)

    monkeypatch.setattr(other_archive, "scan", slow)
    panel.archive_chosen.emit(archive)
    wait_for(chosen.comparisons._records.changed, lambda: panel.orbit.setChecked(True))
    assert "Descending orbit" in shown(chosen) and is_reading(panel)
    wait_for(chosen.comparisons.changed, go_on.set, lambda compared: len(compared.results) == 3)
    assert not is_reading(panel)


def test_an_archive_that_is_opened_while_the_own_one_closes_is_forgotten(chosen, tmp_path, archive, open_folder):
    chosen.dock.stations.agreement.archive_chosen.emit(archive)
    QgsProject.instance().clear()
    let_tasks_end(chosen)
    open_folder(archive)
    choose_cell(chosen)
    assert chosen.comparisons.choice.archive is None and shown(chosen) == {}
    assert not is_reading(chosen.dock.stations.agreement)


def let_tasks_end(explorer):
    """Wait for what is under way, whether somebody still wants it or not."""
    alive = explorer.background._alive
    assert alive
    deadline = time.monotonic() + 60
    while alive:  # no signal tells of the end of a task that QGIS deletes with it
        let_events_pass()
        assert time.monotonic() < deadline, f"{len(alive)} tasks did not end"


def choose_cell(explorer):
    wait_for(explorer.session.cells.series_ended, lambda: explorer.session.cells.pick(CELL, LON, LAT))
    let_events_pass()


@pytest.fixture
def changing(open_folder, tmp_path):
    """An archive of its own at a cell, and what writes other numbers into it."""
    folder = tmp_path / "archive"
    write_both_orbits(folder, "2020-01-01/2020-01-09")
    explorer = open_folder(folder)
    choose_cell(explorer)
    keep_all(explorer)
    return explorer, lambda: write_both_orbits(
        folder, "2020-01-01/2020-01-09", lambda day: layers_of(day)["Soil_Moisture"] / 8
    )


def test_changed_files_are_read_again(changing):
    explorer, change = changing
    before = with_orbit(explorer).reference.values
    change()
    wait_for(explorer.comparisons.changed, explorer.session.rescan, has_orbit_at(before / 8))


@pytest.mark.parametrize("how", ["chosen anew", "closed and chosen", "rescan"])
def test_changed_files_of_another_archive_are_read_again(changing, tmp_path, iface, how):
    explorer, other, days = changing[0], tmp_path / "other archive", "2020-01-01/2020-01-09"
    write_both_orbits(other, days)
    before = with_archive(explorer, other).reference.values
    write_both_orbits(other, days, lambda day: layers_of(day)["Soil_Moisture"] / 8)
    panel = explorer.dock.stations.agreement
    if how == "closed and chosen":
        panel.no_archive.click()
    act = explorer.session.rescan if how == "rescan" else lambda: panel.archive_chosen.emit(other)
    wait_for(explorer.comparisons.changed, act, has_orbit_at(before / 8))
    assert "could not be read" not in iface.said()


def has_orbit_at(values):
    return lambda compared: (
        len(compared.results) == 1
        and compared.results[0].reference.values.size == values.size
        and np.allclose(compared.results[0].reference.values, values, rtol=1e-5)
    )


def test_what_is_read_while_the_files_change_is_not_taken(changing, monkeypatch):
    explorer, change = changing
    before = with_orbit(explorer).reference.values
    explorer.dock.stations.agreement.orbit.setChecked(False)
    explorer.comparisons._records.forget()
    go_on, held, real = threading.Event(), threading.Event(), counterpart_records.read_series

    def slow(*values, **how):
        record = real(*values, **how)
        if not held.is_set():
            held.set()
            go_on.wait(60)
        return record

    monkeypatch.setattr(counterpart_records, "read_series", slow)
    explorer.dock.stations.agreement.orbit.setChecked(True)
    assert held.wait(60)
    change()
    wait_for(explorer.session.opened_changed, explorer.session.rescan)
    taken = []
    explorer.comparisons.changed.connect(taken.append)
    wait_for(explorer.comparisons.changed, go_on.set, has_orbit_at(before / 8))
    assert not any(map(has_orbit_at(before), taken))
    explorer.comparisons.changed.disconnect(taken.append)


def test_records_that_were_used_last_are_kept(changing, monkeypatch):
    explorer, _ = changing
    monkeypatch.setattr(counterpart_records, "MOST_KEPT", 2)
    with_orbit(explorer)
    for at in (cell(2, 1), CELL, cell(2, 2)):
        pick = lambda at=at: explorer.session.cells.pick(at, *M25KM.centre(at))  # noqa: E731
        wait_for(
            explorer.comparisons.changed,
            pick,
            lambda compared, at=at: [one for one in compared.results if f"column {at.col}" in one.rule],
        )
    assert [key.cell for key in explorer.comparisons._records._known] == [CELL, cell(2, 2)]


def test_results_of_a_part_of_the_record_say_so(chosen):
    cells = chosen.session.cells
    whole = cells.series
    part = replace(whole, dates=whole.dates[-10:], scene_flag=whole.scene_flag[-10:], rmse=whole.rmse[-10:],
                   values={name: values[-10:] for name, values in whole.values.items()})  # fmt: skip
    cells._known.clear()
    cells._take([part])
    said = "Only 10 of 40 days of the cell are read so far; these results are of them."
    assert said in chosen.dock.stations.agreement.rule.text() and len(shown(chosen)) == 1
    cells._take([whole])
    assert said not in chosen.dock.stations.agreement.rule.text()


# --- Taking away ---


def test_the_csv_is_of_what_is_shown(chosen):
    before = chosen.station_topic.pairs_text()
    chosen.session.change(criteria=ALL)
    assert chosen.station_topic.pairs_text() == before  # results follow with the map
    wait_for(chosen.session.day_ready)
    after = chosen.station_topic.pairs_text()
    assert after != before
    for text, criteria in ((before, PROVIDER), (after, ALL)):
        assert f"# quality_control: {criteria}" in text and f"_result: n {expected(criteria)[0]}, " in text


def test_the_csv_cites_the_network_of_its_files_alone(explorer, tmp_path):
    load(
        explorer,
        write_text(tmp_path, f"# lat: {LAT}", f"# lon: {LON}", "date,sm", *(f"{day},0.2" for day in every_day(PERIOD))),
    )
    choose(explorer)
    assert "Dorigo" not in explorer.station_topic.pairs_text()


def test_pairs_and_results_as_csv_with_where_they_come_from(chosen, tmp_path):
    path = tmp_path / "pairs.csv"
    wait_for(chosen.messages._bar.widgetAdded, lambda: chosen.dock.stations.agreement.export_requested.emit(path))
    text = path.read_text(encoding="utf-8")
    said = dict(line[2:].split(": ", 1) for line in text.splitlines() if line.startswith("# "))
    assert said["reference_1_file"] == STM_NAME
    assert "80 good (flag G of ISMN)" in said["reference_1_values"]
    assert "flag G" in said["reference_1_pairing"] and "same calendar day" in said["reference_1_pairing"]
    assert "Dorigo" in said["reference_1_citation_1"]
    assert said["quality_control"] and said["source_folder"].endswith("archive")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    count, bias = expected(chosen.session.selection.criteria)
    assert len(rows) == count
    assert said["reference_1_result"].startswith(f"n {count}, bias")
    for row in rows:
        assert float(row["satellite"]) - float(row["reference_value"]) == pytest.approx(
            float(row["difference"]), abs=2e-6
        )
    assert np.mean([float(row["difference"]) for row in rows]) == pytest.approx(bias, abs=1e-6)
    chosen.dock.stations.agreement.copy.click()
    assert QgsApplication.clipboard().text() == text


def saved(tmp_path):
    """Save the project, and return its path."""
    path = tmp_path / "p.qgz"
    assert QgsProject.instance().write(str(path))
    return str(path)


def names(explorer):
    return [one.name for one in explorer.stations.stations]


def reopened(explorer, path):
    """Open a project, wait until its stations are read, and return their names."""
    QgsProject.instance().clear()
    wait_for(explorer.stations.ended, lambda: QgsProject.instance().read(path))
    return names(explorer)


def test_a_project_remembers_the_files_and_fills_its_layer_again(chosen, tmp_path):
    path = saved(tmp_path)
    QgsProject.instance().clear()
    assert names(chosen) == [] and chosen.dock.stations.list.topLevelItemCount() == 0
    assert reopened(chosen, path) == ["Inv-1"]
    assert station_layer().featureCount() == 1
    assert not QgsProject.instance().isDirty()


def test_a_project_that_moves_with_its_files_finds_them(chosen, tmp_path, station_file):
    saved(tmp_path)
    QgsProject.instance().clear()
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in (tmp_path / "p.qgz", station_file.parent):
        path.rename(moved / path.name)
    assert reopened(chosen, str(moved / "p.qgz")) == ["Inv-1"]
    assert chosen.dock.stations.list.topLevelItem(0).font(0).bold()  # it is still the chosen one


def test_files_that_cannot_be_read_now_stay_remembered(chosen, tmp_path, station_file):
    load(chosen, write_text(tmp_path, f"# lat: {LAT}", f"# lon: {LON}", "date,sm", "2020-01-01,0.2"))
    path, away = saved(tmp_path), station_file.with_suffix(".away")
    station_file.rename(away)
    assert reopened(chosen, path) == ["station"]
    saved(tmp_path)
    away.rename(station_file)
    assert reopened(chosen, path) == ["Inv-1", "station"]


def test_files_that_cannot_be_read_have_rows_and_can_be_forgotten(chosen, tmp_path, station_file, iface):
    second = write_stm(tmp_path / "second", LINES, lat=LAT, lon=LON)
    load(chosen, second)
    path, panel = saved(tmp_path), chosen.dock.stations
    station_file.unlink()
    second.write_text("x")
    assert reopened(chosen, path) == []
    assert rows(panel) == [[f"not read: {STM_NAME}", "", "", ""]] * 2
    tips = [panel.list.topLevelItem(row).toolTip(0) for row in range(2)]
    assert "is not there" in tips[0] and "does not begin as" in tips[1]
    assert "is not there" in iface.said()
    panel.list.itemActivated.emit(panel.list.topLevelItem(0), 0)  # chooses nothing
    panel.list.topLevelItem(0).setSelected(True)
    panel.remove.click()
    assert len(rows(panel)) == 1 and QgsProject.instance().isDirty()
    write_stm(second.parent, LINES, lat=LAT, lon=LON)
    load(chosen, second)
    assert reopened(chosen, saved(tmp_path)) == ["Inv-1"] and len(rows(panel)) == 1


def rows(panel):
    """What the list shows."""
    items = [panel.list.topLevelItem(row) for row in range(panel.list.topLevelItemCount())]
    return [[item.text(column) for column in range(4)] for item in items]


def test_sensors_that_are_loaded_one_after_the_other_are_told_apart(explorer, tmp_path):
    for one in "AB":
        name = STM_NAME.replace("Invented-Probe", f"Probe-{one}")
        load(explorer, write_stm(tmp_path, LINES, name=name, lat=LAT, lon=LON))
    assert [row[0] for row in rows(explorer.dock.stations)] == ["Inv-1, Probe-A", "Inv-1, Probe-B"]
    choose(explorer)
    assert list(shown(explorer)) == ["Inv-1, 0–0.05 m, Probe-A"]
    explorer.stations.remove(explorer.stations.stations[1:])
    assert rows(explorer.dock.stations)[0][0] == "Inv-1" and list(shown(explorer)) == ["Inv-1, 0–0.05 m"]
    assert explorer.dock.stations.list.topLevelItem(0).font(0).bold()


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_project_saved_before_its_files_are_read_keeps_them(chosen, tmp_path, cancelled):
    path = saved(tmp_path)
    QgsProject.instance().clear()
    QgsProject.instance().read(path)
    if cancelled:
        chosen.stations.cancel()
        assert rows(chosen.dock.stations) == [[f"not read: {STM_NAME}", "", "", ""]]
    assert names(chosen) == []
    saved(tmp_path)
    assert reopened(chosen, path) == ["Inv-1"]


@pytest.fixture
def all_chosen(chosen, tmp_path):
    """A station, the other orbit and another archive chosen, in a saved project that is closed; with its path and that of the archive."""
    other = tmp_path / "other archive"
    write_both_orbits(other, "2020-01-01/2020-01-09")
    panel = chosen.dock.stations.agreement
    panel.day_value.setCurrentIndex(panel.day_value.findData(DayValue.OVERPASS))
    with_orbit(chosen)
    with_archive(chosen, other)
    path = saved(tmp_path)
    QgsProject.instance().clear()
    assert chosen.comparisons.choice == ComparisonChoice() and not panel.orbit.isChecked()
    assert panel.day_value.currentData() is DayValue.MEAN
    return chosen, path, other


def test_what_was_chosen_comes_back_with_the_project(all_chosen):
    explorer, path, _ = all_chosen
    panel = explorer.dock.stations
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(path))
    if not explorer.stations.stations:
        wait_for(explorer.stations.changed, until=bool)
    assert panel.list.topLevelItem(0).font(0).bold()
    assert "Inv-1, 0–0.05 m is compared once its cell's series is read" in panel.agreement.rule.text()
    click = lambda: explorer.session.cells.choose_point(explorer.session.cells.point)  # noqa: E731
    wait_for(explorer.comparisons.changed, click, lambda compared: len(compared.results) == 3)
    assert list(shown(explorer)) == ["Inv-1, 0–0.05 m", "Descending orbit", "other archive"]
    assert panel.agreement.orbit.isChecked() and panel.agreement.day_value.currentData() is DayValue.OVERPASS


@pytest.mark.parametrize(
    "kept", [None, [], "x", {"station": 1, "day_value": [], "archive": 3, "variable": None}, {"station": []}]
)
def test_a_choice_that_is_nonsense_is_none(qgis_app, kept):
    assert ComparisonChoice.from_json(QgsProject.instance(), kept) == ComparisonChoice()


def test_another_archive_that_is_gone_is_a_sentence_and_stays_remembered(all_chosen, iface, tmp_path):
    explorer, path, other = all_chosen
    other.rename(other.with_name("away"))
    wait_for(explorer.comparisons.told, lambda: QgsProject.instance().read(path))
    assert "other archive is not compared with" in iface.said() and "goes on remembering it" in iface.said()
    choose_cell(explorer)
    panel = explorer.dock.stations.agreement
    assert "other archive is not compared with" in panel.rule.text() and panel.no_archive.isVisibleTo(panel)
    wait_for(explorer.session.told, explorer.session.rescan)
    saved(tmp_path)
    QgsProject.instance().clear()
    other.with_name("away").rename(other)
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(path))
    pick = lambda: explorer.session.cells.pick(CELL, LON, LAT)  # noqa: E731
    wait_for(explorer.comparisons.changed, pick, lambda compared: "other archive" in shown(explorer))
    panel.no_archive.click()
    saved(tmp_path)
    QgsProject.instance().clear()
    wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(path))
    assert explorer.comparisons.choice.archive is None and explorer.comparisons.choice.with_orbit


@contextlib.contextmanager
def started(iface):
    """The plugin from its loading to its unloading."""
    explorer = classFactory(iface)
    explorer.initGui()
    try:
        yield explorer
    finally:
        explorer.unload()


def test_a_plugin_that_is_loaded_anew_has_the_stations_of_the_open_project(iface, station_file, tmp_path):
    with started(iface) as explorer:
        load(explorer, station_file)  # and saves nothing
    with started(iface) as explorer:
        path = saved(tmp_path)  # while they are read
    with started(iface) as explorer:
        assert reopened(explorer, path) == ["Inv-1"]


def test_a_removed_station_does_not_come_back_with_the_others_of_its_file(explorer, tmp_path):
    rows = [f"{name},{LAT + 3 * number},{LON},2020-01-01,0.2" for number, name in enumerate("ABC")]
    file = write_text(tmp_path, "station,lat,lon,date,sm", *rows)
    load(explorer, file)
    explorer.stations.remove(explorer.stations.stations[1:2])
    assert reopened(explorer, saved(tmp_path)) == ["A", "C"]
    load(explorer, file)
    assert names(explorer) == ["A", "B", "C"]  # asked for anew
    explorer.stations.remove(explorer.stations.stations)
    path = saved(tmp_path)
    QgsProject.instance().clear()
    QgsProject.instance().read(path)
    assert not explorer.background.is_running("stations")


def test_files_asked_for_while_others_are_read_are_read_after_them(explorer, station_file, tmp_path):
    explorer.dock.stations.files_chosen.emit([station_file])
    load(explorer, write_text(tmp_path, f"# lat: {LAT}", f"# lon: {LON}", "date,sm", "2020-01-01,0.2"))
    assert names(explorer) == ["Inv-1", "station"]


def test_a_new_project_gets_no_station_of_the_one_before(explorer, station_file):
    explorer.dock.stations.files_chosen.emit([station_file])
    QgsProject.instance().clear()
    let_tasks_end(explorer)
    assert names(explorer) == []


def test_removed_stations_leave_list_layer_and_plot(chosen):
    panel = chosen.dock.stations
    panel.list.topLevelItem(0).setSelected(True)
    panel.remove.click()
    assert panel.list.topLevelItemCount() == 0 and station_layer().featureCount() == 0
    assert chosen.plot_dock.view.others == () and shown(chosen) == {}


# --- Files ---


def test_dropped_files_and_folders_are_loaded(explorer, station_file, tmp_path):
    write_text(tmp_path / "more", f"# lat: {LAT}", f"# lon: {LON}", "date,sm", "2020-01-01,0.2", "2020-01-02,abc")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (station_file, tmp_path / "more", tmp_path / "x.tif")])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    wait_for(explorer.stations.ended, lambda: explorer.dock.stations.dropEvent(event))
    assert [one.name for one in explorer.stations.stations] == ["Inv-1", "station"]
    assert "1 rows have no number" in explorer.iface.said()
    load(explorer, station_file)  # again: not twice
    assert len(explorer.stations.stations) == 2


def test_a_file_that_cannot_be_read_is_a_sentence(explorer, iface, tmp_path):
    load(explorer, write_text(tmp_path, "date,sm", "2020-01-01,0.2", name="plot <b>.csv"))
    assert "plot &lt;b&gt;.csv does not tell where the station" in iface.said()
    assert not is_reading(explorer.dock.stations)


def test_a_station_without_a_good_value_is_told_with_dashes(explorer, tmp_path):
    lines = [(time, value, "D01") for time, value, _ in LINES]
    load(explorer, write_stm(tmp_path, lines, lat=LAT, lon=LON))
    choose(explorer)
    assert shown(explorer)["Inv-1, 0–0.05 m"] == {
        "n": "0", "Bias": "–", "RMSD": "–", "ubRMSD": "–", "Pearson R": "–", "Spearman R": "–"
    }  # fmt: skip


def test_a_station_outside_the_grid_is_a_sentence(explorer, iface, tmp_path):
    load(explorer, write_stm(tmp_path, LINES, lat=89.0, lon=LON))
    tree = explorer.dock.stations.list
    tree.itemActivated.emit(tree.topLevelItem(0), 0)
    assert "lies outside the grid" in iface.said()
