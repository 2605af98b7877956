# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit in Processing and in the dock: started, stopped, shown, saved, forgotten when the folder changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from core.granules import write_days
from in_qgis.test_processing import ROOT, run  # noqa: F401 (run is a fixture)
from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsVectorLayer

from smos_ib_explorer.plugin.adapters.layer_cache import OWN_NAME
from smos_ib_explorer.plugin.adapters.settings import cache_folder
from smos_ib_explorer.plugin.core.audit_table import COLUMNS
from smos_ib_explorer.plugin.processing.audit import AuditFolder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Small files: a gap of two days, a truncated one and a second one for a day."""
    folder = tmp_path / "archive"
    paths = write_days(folder, "2020-01-01/2020-01-05", "2020-01-08")
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


def test_the_algorithm_gives_a_table_a_page_and_counts(run, archive, tmp_path):  # noqa: F811
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


def test_what_was_found_is_kept_in_the_cache_and_can_be_tidied(run, archive):  # noqa: F811
    run("audit", FOLDER=str(archive), OUTPUT="memory:")
    assert "7 daily files, 0 read in this run" in run("audit", FOLDER=str(archive), OUTPUT="memory:")[2]
    (journal,) = cache_folder().iterdir()
    assert OWN_NAME.fullmatch(journal.name) and OWN_NAME.fullmatch(f".{journal.stem}-0123abcd.part.jsonl")


def test_a_csv_file_has_the_columns_and_its_provenance_beside_it(run, archive, tmp_path):  # noqa: F811
    run("audit", FOLDER=str(archive), OUTPUT=str(tmp_path / "audit.csv"))
    assert (tmp_path / "audit.csv").read_text("utf-8").splitlines()[0] == ",".join(COLUMNS)
    assert "product: " in (tmp_path / "audit.csv.provenance.txt").read_text("utf-8")


def test_a_folder_where_nothing_can_be_read_is_a_result(run, archive):  # noqa: F811
    for path in archive.rglob("*.nc"):
        path.write_bytes(b"<html>")
    found, _, _ = run("audit", FOLDER=str(archive), OUTPUT="memory:")
    assert (found["FILES"], found["ERRORS"]) == (7, 7)


@pytest.mark.parametrize(("folder", "said"), [("/nowhere at all", "not a folder"), ("empty", "no netCDF file")])
def test_a_folder_that_cannot_be_audited_is_an_error(run, tmp_path, folder, said):  # noqa: F811
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


def test_a_cancelled_run_goes_on(run, archive):  # noqa: F811
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
        "PYTHONDONTWRITEBYTECODE": "1",
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
