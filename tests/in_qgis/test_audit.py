# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit in Processing and in the dock: started, stopped, shown, saved, forgotten when the folder changes."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from core.granules import name_of, write_day, write_days
from in_qgis.test_processing import ROOT
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog

from smos_ib_explorer.plugin.adapters.layer_cache import OWN_NAME
from smos_ib_explorer.plugin.adapters.settings import cache_folder
from smos_ib_explorer.plugin.core.audit_file import FileReader
from smos_ib_explorer.plugin.core.audit_table import COLUMNS
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.findings import Finding, Kind
from smos_ib_explorer.plugin.core.hdf5 import locate_chunks
from smos_ib_explorer.plugin.processing.audit import AuditFolder
from smos_ib_explorer.ui.audit_panel import MOST_ROWS


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Small files: a gap of two days, a truncated one and a second one for a day."""
    folder = tmp_path / "archive"
    paths = write_days(folder, "2020-01-01/2020-01-05", "2020-01-08", compressed=True)
    paths[2].write_bytes(paths[2].read_bytes()[:-50])
    (folder / "more").mkdir()
    shutil.copy2(paths[0], folder / "more" / paths[0].name.replace("_7.", "_8."))
    return folder


WANTED = [
    ("warning", "missing_days", "2020-01-06", "2020-01-07"),
    ("error", "truncated", "2020-01-03", "2020-01-03"),
    ("warning", "duplicate", "2020-01-01", "2020-01-01"),
]


# --- Processing ---


def test_the_algorithm_gives_a_table_a_page_and_counts(run, archive, tmp_path):
    page = tmp_path / "report.html"
    found, context, log = run("audit", FOLDER=str(archive), OUTPUT="memory:", HTML=str(page))
    assert (found["FILES"], found["ERRORS"], found["WARNINGS"], found["HTML"]) == (7, 1, 2, str(page))
    table = context.getMapLayer(found["OUTPUT"])
    assert tuple(field.name() for field in table.fields()) == COLUMNS
    rows = [feature.attributes() for feature in table.getFeatures()]
    assert [tuple(row[:4]) for row in rows] == WANTED
    assert rows[1][6] == (archive / rows[1][5]).stat().st_size and "bytes are there" in rows[1][7]
    assert "audited: " in table.metadata().abstract() and "citation_3" in table.metadata().abstract()
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>") and "Truncated files" in page.read_text("utf-8")
    assert "7 daily files, 7 read in this run: 1 error, 2 warnings." in log and "bytes are there" in log


def test_what_was_found_is_kept_in_the_cache_and_can_be_tidied(run, archive):
    run("audit", FOLDER=str(archive), OUTPUT="memory:")
    assert "7 daily files, 0 read in this run" in run("audit", FOLDER=str(archive), OUTPUT="memory:")[2]
    (journal,) = cache_folder().iterdir()
    assert OWN_NAME.fullmatch(journal.name) and OWN_NAME.fullmatch(f".{journal.stem}-0123abcd.part.jsonl")


def test_a_csv_file_has_the_columns_and_its_provenance_beside_it(run, archive, tmp_path):
    run("audit", FOLDER=str(archive), OUTPUT=str(tmp_path / "audit.csv"))
    assert (tmp_path / "audit.csv").read_text("utf-8").splitlines()[0] == ",".join(COLUMNS)
    assert "product: " in (tmp_path / "audit.csv.provenance.txt").read_text("utf-8")


def test_a_folder_where_nothing_can_be_read_is_a_result(run, archive):
    for path in archive.rglob("*.nc"):
        path.write_bytes(b"<html>")
    found, _, _ = run("audit", FOLDER=str(archive), OUTPUT="memory:")
    assert (found["FILES"], found["ERRORS"]) == (7, 7)


@pytest.mark.parametrize(("folder", "said"), [("/nowhere at all", "not a folder"), ("empty", "no netCDF file")])
def test_a_folder_that_cannot_be_audited_is_an_error(run, tmp_path, folder, said):
    (tmp_path / "empty").mkdir()
    with pytest.raises(AssertionError, match=said):
        run("audit", FOLDER=str(tmp_path / folder), OUTPUT="memory:", HTML=str(tmp_path / "out.html"))
    assert not (tmp_path / "out.html").exists()


class Cancelling(QgsProcessingFeedback):
    """The user cancels after some files."""

    def __init__(self, files: int) -> None:
        super().__init__()
        self._left = files

    def isCanceled(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_cancelled_run_goes_on(run, archive):
    context, feedback = QgsProcessingContext(), Cancelling(4)
    asked = {"FOLDER": str(archive), "OUTPUT": "memory:"}
    _, worked = AuditFolder().create().run(asked, context, feedback)
    assert not worked and "goes on from there" in feedback.textLog()
    log = run("audit", **asked)[2]
    assert "7 daily files, 7 read" not in log and "0 read in this run" not in log and "1 error, 2 warnings" in log


def test_qgis_process_audits(archive, tmp_path):
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("qgis_process is not installed")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "smos_ib_explorer").symlink_to(ROOT)
    profile = tmp_path / "qgis profile"
    (profile / "profiles" / "default" / "QGIS").mkdir(parents=True)
    environment = {
        **os.environ,
        "QGIS_PLUGINPATH": str(tmp_path / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
    }
    for name in ("QGIS3.ini", "QGIS4.ini"):
        (profile / "profiles" / "default" / "QGIS" / name).write_text("[PythonPlugins]\nsmos_ib_explorer=true\n")
    table, page = tmp_path / "audit.csv", tmp_path / "audit.html"
    asked = [f"--FOLDER={archive}", f"--OUTPUT={table}", f"--HTML={page}"]
    told = subprocess.run(
        [program, "--json", "run", "smosib:audit", *asked],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    results = json.loads(told[told.index("{") :])["results"]
    assert (results["FILES"], results["ERRORS"], results["WARNINGS"]) == (7, 1, 2)
    assert QgsVectorLayer(str(table), "audit").featureCount() == 3 and page.is_file()


# --- The dock ---


@pytest.fixture
def opened(open_folder, archive):
    """The plugin with that archive open, its tab of files in front."""
    explorer = open_folder(archive)
    explorer.dock.setUserVisible(True)
    explorer.dock.form.smosibTabs.setCurrentWidget(explorer.dock.form.filesTab)
    let_events_pass()
    return explorer


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def audit(explorer) -> None:
    """Audit with the mouse, and wait until the findings are shown."""
    wait_for(explorer.auditor.changed, lambda: click(explorer.dock.audit.start), lambda found: found is not None)


def listed(explorer) -> dict[str, list[tuple[str, str]]]:
    """Return day and file of what is listed, by the text of its group."""
    tree = explorer.dock.audit.findings
    groups = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return {
        group.text(0): [(row.text(0), row.text(3)) for row in (group.child(at) for at in range(group.childCount()))]
        for group in groups
    }


def test_the_dock_audits_and_lists_by_severity(opened, archive):
    panel, problems = opened.dock.audit, opened.dock.form.smosibProblems
    assert problems.isVisible() and not panel.findings.isVisible() and not panel.save.isVisible()
    audit(opened)
    names = [name_of(dt.date(2020, 1, day)) for day in (1, 3)]
    assert listed(opened) == {
        "1 error": [("2020-01-03 A", names[1])],
        "2 warnings": [("2020-01-01 A", names[0]), ("2020-01-06 … A", "")],
    }
    assert panel.summary.text() == "7 files read whole · 1 error · 2 warnings · 2 days are missing"
    assert panel.findings.isVisible() and panel.save.isVisible() and not problems.isVisible()
    row = panel.findings.topLevelItem(0).child(0)
    assert row.toolTip(3) == str(archive / names[1]) and "bytes are there" in row.toolTip(1)
    assert panel.findings.topLevelItem(1).child(1).toolTip(0) == "2020-01-06 → 2020-01-07, ascending"


def test_a_damaged_file_that_was_found_leaves_the_archive(opened, archive):
    path = archive / name_of(dt.date(2020, 1, 2))
    whole = bytearray(path.read_bytes())
    table = locate_chunks(path, ["Soil_Moisture"])["Soil_Moisture"]
    middle = int(table.offsets[0] + table.sizes[0] // 2)
    whole[middle : middle + 8] = bytes(255 - byte for byte in whole[middle : middle + 8])
    path.write_bytes(whole)
    wait_for(opened.session.told, opened.session.rescan)
    assert path in [one.path for one in opened.session.opened.archive.granules]
    audit(opened)
    assert path not in [one.path for one in opened.session.opened.archive.granules]
    assert path in [one.path for one in opened.session.opened.archive.problems]
    assert "2 errors" in listed(opened) and opened.auditor.audit is not None


def test_sorting_keeps_the_groups_in_their_order(opened):
    audit(opened)
    tree = opened.dock.audit.findings
    tree.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert list(listed(opened)) == ["1 error", "2 warnings"]
    assert [day for day, _ in listed(opened)["2 warnings"]] == ["2020-01-06 … A", "2020-01-01 A"]
    tree.sortByColumn(2, Qt.SortOrder.AscendingOrder)  # no size comes before any
    assert [day for day, _ in listed(opened)["2 warnings"]] == ["2020-01-06 … A", "2020-01-01 A"]


def test_a_finding_leads_to_its_day(opened):
    audit(opened)
    tree = opened.dock.audit.findings
    row = tree.topLevelItem(1).child(0)
    wait_for(opened.session.day_ready, lambda: tree.itemActivated.emit(row, 0))
    assert opened.session.selection.date == dt.date(2020, 1, 1)


@pytest.mark.parametrize(
    ("kind", "typed", "name"), [("html", "report", "report.html"), ("csv", "table.csv", "table.csv")]
)
def test_the_report_is_saved_as_page_or_csv(opened, tmp_path, monkeypatch, kind, typed, name):
    audit(opened)

    def chosen(parent, title, suggestion, filters):
        assert suggestion == "audit of archive.html"
        return str(tmp_path / typed), next(one for one in filters.split(";;") if kind in one)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    wait_for(opened.iface.bar.widgetAdded, lambda: click(opened.dock.audit.save))
    assert f"Written: {tmp_path / name}" in opened.iface.said()
    text = (tmp_path / name).read_text("utf-8")
    if kind == "csv":
        rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("# ")))
        assert [(row["severity"], row["kind"], row["first_date"], row["last_date"]) for row in rows] == WANTED
    else:
        assert "Truncated files (1)" in text


def test_the_report_is_of_what_was_shown_when_it_was_asked_for(opened, tmp_path):
    audit(opened)
    work, path = opened.auditor.writing(tmp_path / "table.csv"), tmp_path / "table.csv"
    opened.auditor.take_archive(None)
    work(lambda share, what: None, None)
    assert "truncated" in path.read_text("utf-8")
    with pytest.raises(BadRequest, match="nothing to save"):
        opened.auditor.writing(path)(lambda share, what: None, None)


@pytest.fixture
def held(monkeypatch):
    """Let files be read only after `held.go` is set; `held.entered` tells that one is asked for."""

    class Held:
        entered, go = threading.Event(), threading.Event()

    look = FileReader.look

    def waiting(self, root, granule):
        Held.entered.set()
        assert Held.go.wait(30)
        return look(self, root, granule)

    monkeypatch.setattr(FileReader, "look", waiting)
    yield Held
    Held.go.set()


def test_an_audit_can_be_stopped_and_goes_on(opened, held):
    panel = opened.dock.audit
    click(panel.start)
    assert held.entered.wait(30) and panel.halt.isVisible() and panel.progress.isVisible()
    assert not panel.start.isVisible() and panel.summary.text() == "Reading every file once…"
    wait_for(opened.auditor.stopped, lambda: click(panel.halt))
    assert panel.summary.text() == "Stopped. The next audit goes on from there." and panel.start.isVisible()
    assert not panel.halt.isVisible() and opened.auditor.audit is None
    held.go.set()
    audit(opened)
    assert "1 error" in listed(opened)


def test_a_rescan_keeps_what_was_found_unless_something_changed(opened, archive):
    audit(opened)
    wait_for(opened.session.told, opened.session.rescan)
    assert "1 error" in listed(opened)
    write_day(archive, dt.date(2020, 1, 6))
    wait_for(opened.session.told, opened.session.rescan, lambda text: "Rescan" in text)
    assert listed(opened) == {} and opened.auditor.audit is None
    assert opened.dock.form.smosibProblems.isVisible() and not opened.dock.audit.save.isVisible()
    audit(opened)
    assert opened.auditor.audit.read == 1


def test_a_correction_and_another_archive_clear_what_was_found(opened, open_folder, demo_folder):
    audit(opened)
    wait_for(opened.auditor.changed, lambda: opened.session.correct(Corrections({"RMSE": ""})))
    audit(opened)
    assert any("None of the" in one.detail for one in opened.auditor.audit.findings)
    open_folder(demo_folder)
    assert listed(opened) == {}
    audit(opened)
    assert opened.dock.audit.summary.text() == "6 files read whole · nothing is wrong · no day is missing"
    assert opened.dock.form.smosibProblems.isVisible()


def test_another_archive_ends_an_audit(opened, held, open_folder, demo_folder):
    click(opened.dock.audit.start)
    assert held.entered.wait(30)
    open_folder(demo_folder)
    assert not opened.auditor.is_running and opened.dock.audit.start.isVisible()


def test_thousands_of_findings_are_listed_in_part(plugin):
    panel = plugin.dock.audit
    many = tuple(Finding(Kind.DUPLICATE, "A second file.", f"{number}.nc", number) for number in range(2500))
    panel._fill(many)
    ((title, rows),) = listed(plugin).items()
    assert title == "2,500 warnings" and len(rows) == MOST_ROWS + 1
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        for column in range(4):
            panel.findings.sortByColumn(column, order)
            assert listed(plugin)[title][-1] == ("…", "")
    last = panel.findings.topLevelItem(0).child(MOST_ROWS)
    assert last.text(1) == "2,200 more are not listed here; a saved report has them all"
    panel._activated(last, 0)  # leads nowhere
