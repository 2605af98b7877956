# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What *Copy as…* gives is run, by a shell and by Processing, and does what the dock shows."""

from __future__ import annotations

import csv
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from in_qgis.waiting import wait_for
from osgeo import gdal
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

from smos_ib_explorer.plugin.adapters.copy_as import (
    map_as_command,
    map_as_python,
    series_as_command,
    series_as_python,
)
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.quality import QualityCriteria

ROOT = Path(__file__).resolve().parents[2]
CRITERIA = [
    QualityCriteria(None, 6.1),
    QualityCriteria(3, None),
    QualityCriteria(None, None, False),
    QualityCriteria(None, None, False, 4),
    QualityCriteria(15, 8.0, True, 9),
]


@pytest.fixture
def shell(tmp_path):
    """Run a command in a shell as a user does who has the plugin; its working directory is `tmp_path`."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None or os.name != "posix":
        pytest.skip("qgis_process is not installed")
    for folder in ("plugins", "bin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "plugins" / "smos_ib_explorer").symlink_to(ROOT)
    (tmp_path / "bin" / "qgis_process").symlink_to(program)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "QGIS_PLUGINPATH": str(tmp_path / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"),
    }

    def run(command: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout[-800:] + done.stderr[-800:]

    run("qgis_process plugins enable smos_ib_explorer")
    return run


def test_a_copied_command_writes_what_is_shown(explorer, shell, tmp_path):
    session = explorer.session
    criteria = QualityCriteria(None, 6.1, rejected_flags=8)
    (shown,) = wait_for(session.day_ready, lambda: session.change(variable="VOD", criteria=criteria))
    assert 0 < shown.day.counts.kept < shown.day.counts.retrievals
    shell(map_as_command(shown.recipe))
    (written,) = tmp_path.glob("*.tif")
    assert written.name == "VOD_2024-08-31_A.tif"
    assert np.array_equal(gdal.Open(str(written)).ReadAsArray(), shown.day.kept, equal_nan=True)

    cells = session.cells
    at = Cell(*(int(index) for index in np.argwhere(np.isfinite(shown.day.kept))[7]))
    wait_for(cells.series_ended, lambda: explorer.pick_tool.picked.emit(at, *M25KM.centre(at)))
    shell(series_as_command(session.opened, cells.point, cells.series_variables, session.selection.orbit, criteria))
    (table,) = tmp_path.glob("*.csv")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == cells.series.dates.size * len(cells.series_variables)
    assert {(int(row["row"]), int(row["col"])) for row in rows} == {(at.row, at.col)}
    for variable in cells.series.variables:
        kept = [float(row["kept"] or "nan") for row in rows if row["variable"] == variable.id]
        np.testing.assert_array_equal(np.float32(kept), cells.series.under(variable, criteria)[0])


@pytest.mark.parametrize("criteria", CRITERIA, ids=str)
def test_processing_takes_every_criterion(explorer, criteria, tmp_path):
    session = explorer.session
    (shown,) = wait_for(session.day_ready, lambda: session.change(criteria=criteria))
    words = shlex.split(map_as_command(shown.recipe, windows=False))[3:]
    parameters = dict(word[2:].split("=", 1) for word in words) | {"OUTPUT": str(tmp_path / "map.tif")}
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("smosib:dailymap")
    _, worked = algorithm.run(parameters, QgsProcessingContext(), QgsProcessingFeedback())
    assert worked
    assert np.array_equal(gdal.Open(str(tmp_path / "map.tif")).ReadAsArray(), shown.day.kept, equal_nan=True)


def test_the_python_text_names_the_plugin_and_the_archive(explorer):
    session, at = explorer.session, Cell(270, 720)
    wait_for(session.cells.series_ended, lambda: session.cells.pick(at, *M25KM.centre(at)))
    orbit, criteria = session.selection.orbit, session.selection.criteria
    one = map_as_python(session.shown.recipe, session.opened)
    two = series_as_python(session.opened, session.cells.point, ["SM"], orbit, criteria)
    for text in (one, two):
        compile(text, "copied.py", "exec")
        assert repr(str(session.opened.archive.root)) in text and repr(criteria) in text
        named = ROOT.name.isidentifier()  # a clone may be called anything
        assert f"from {ROOT.name if named else 'smos_ib_explorer'}.plugin.core" in text
        assert repr(str(ROOT.parent if named else ROOT)) in text
        assert "Corrections" not in text
    assert "Cell(270, 720)" in two
