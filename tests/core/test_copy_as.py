# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is copied as text does the same elsewhere: commands name everything, snippets run without QGIS and give the same numbers."""

from __future__ import annotations

import datetime as dt
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from core.conftest import make_engine
from core.granules import cell, write_days
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.copy_as import map_command, map_snippet, series_command, series_snippet
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.series import read_series

ROOT = Path(__file__).resolve().parents[2]
DAY = dt.date(2015, 5, 6)
FOLDER = Path('/data/L\'été 数据 "q" $HOME `x` \\ end')
CRITERIA = [
    PROVIDER,
    RAW,
    QualityCriteria(None, 6.1),
    QualityCriteria(3, None),
    QualityCriteria(None, None),
    QualityCriteria(15, 8.0, True, 4),
    QualityCriteria(None, None, False, 9),
    QualityCriteria(2, 7.5, False),
]


def options(command: str) -> dict[str, str]:
    """Return what a POSIX shell hands to the program."""
    program, run, _, *words = shlex.split(command)
    assert (program, run) == ("qgis_process", "run") and all(word.startswith("--") for word in words)
    return dict(word[2:].split("=", 1) for word in words)


def as_windows_splits(line: str) -> list[str]:
    """Split a line as Windows' C library does, by its documented rules."""
    words, word, quoted, slashes = [], "", False, 0
    for letter in f"{line} ":
        if letter == "\\":
            slashes += 1
            continue
        if letter == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
        else:
            word += "\\" * slashes
            if letter == " " and not quoted:
                words.append(word)
                word = ""
            else:
                word += letter
        slashes = 0
    return words


@pytest.fixture
def days(tmp_path: Path) -> tuple[Path, Opened, Reader]:
    folder = tmp_path / 'L\'été "数据" and spaces'
    write_days(folder, "2015-05-04/2015-05-06", orbits="AD")
    reader = Reader(make_engine("netCDF4"))
    return folder, reader.learn(scan(folder)), reader


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin's folder as QGIS has it: under its own name, in a folder with a space."""
    (tmp_path / "my plugins").mkdir()
    path = tmp_path / "my plugins" / "smos_ib_explorer"
    path.symlink_to(ROOT)
    return path


def run_without_qgis(text: str, folder: Path) -> list[str]:
    """Run the text as a file of its own, where nothing of QGIS can be imported; return the lines that it prints."""
    blocked = (
        "import sys\nfor name in ('qgis', 'osgeo', 'PyQt5', 'PyQt6', 'matplotlib'):\n    sys.modules[name] = None\n"
    )
    path = folder / "copied.py"
    path.write_text(blocked + text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", str(path)], capture_output=True, text=True, timeout=120, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr[-800:]
    return done.stdout.splitlines()


@pytest.mark.parametrize("criteria", CRITERIA, ids=repr)
def test_a_maps_command_names_all_that_is_shown(criteria: QualityCriteria) -> None:
    given_options = options(map_command(FOLDER, "SM", Orbit.DESCENDING, DAY, criteria, windows=False))
    assert given_options["FOLDER"] == str(FOLDER) and given_options["OUTPUT"] == "SM_2015-05-06_D.tif"
    assert (given_options["VARIABLE"], given_options["ORBIT"], given_options["DATE"]) == ("SM", "D", "2015-05-06")
    if criteria.is_raw:
        assert given_options["QUALITY"] == "raw" and "MAX_RMSE" not in given_options
        return
    assert given_options["QUALITY"] == "provider"
    flag, rmse = int(given_options["MAX_SCENE_FLAG"]), float(given_options["MAX_RMSE"])
    assert (None if flag < 0 else flag, None if rmse < 0 else rmse) == (criteria.max_scene_flag, criteria.max_rmse)
    assert int(given_options.get("REJECTED_FLAGS", 0)) == criteria.rejected_flags
    assert given_options.get("VALID_RANGES", "true") == ("true" if criteria.valid_ranges else "false")


def test_what_is_not_chosen_is_not_named() -> None:
    command = series_command(FOLDER, ["SM", "VOD"], Orbit.UNKNOWN, -9.21, -30.07, PROVIDER, windows=False)
    assert not {"ORBIT", "START", "END", "REJECTED_FLAGS", "VALID_RANGES"} & options(command).keys()
    first = series_command(FOLDER, ["SM"], Orbit.ASCENDING, 1, 2, PROVIDER, windows=False, first=DAY)
    assert options(first)["START"] == "2015-05-06" and "END" not in options(first)


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/"), min_size=1))
def test_any_folder_survives_each_shell(name: str) -> None:
    folder = Path("/data") / name
    command = map_command(folder, name, Orbit.ASCENDING, DAY, PROVIDER, windows=False)
    assert options(command)["FOLDER"] == str(folder) and options(command)["VARIABLE"] == name
    words = as_windows_splits(map_command(folder, name, Orbit.ASCENDING, DAY, PROVIDER, windows=True))
    assert f"--FOLDER={folder}" in words and f"--VARIABLE={name}" in words and len(words) == 11


def test_on_windows_a_folder_may_end_in_a_backslash() -> None:
    assert as_windows_splits('a "b \\" c\\\\" d\\e') == ["a", 'b " c\\', "d\\e"], "the test's own splitting"
    for name in ("C:\\", "C:\\data of mine\\", "C:\\data"):
        word = map_command(Path(name), "SM", Orbit.ASCENDING, DAY, PROVIDER, windows=True)
        assert as_windows_splits(word)[3] == f"--FOLDER={name}"


@pytest.mark.parametrize("criteria", CRITERIA, ids=repr)
def test_a_maps_snippet_runs_and_counts_what_the_map_shows(
    criteria: QualityCriteria, days: tuple[Path, Opened, Reader], plugin: Path, tmp_path: Path
) -> None:
    folder, opened, reader = days
    text = map_snippet(plugin, folder, "VOD", Orbit.DESCENDING, DAY, criteria, Corrections())
    assert len(text.splitlines()) <= 25 and max(map(len, text.splitlines())) < 200
    day = reader.day(
        opened.archive.granule(DAY, Orbit.DESCENDING), opened.recognition, opened.recognition.variable("VOD"), criteria
    )
    told = run_without_qgis(text, tmp_path)
    assert told[-1] == f"{day.counts.kept} of {day.counts.retrievals} retrievals kept"
    assert "2015-05-06" in told[0] and str(criteria) in told[0]


def test_a_series_snippet_runs_and_prints_the_series(
    days: tuple[Path, Opened, Reader], plugin: Path, tmp_path: Path
) -> None:
    folder, opened, reader = days
    criteria, at, first = QualityCriteria(None, 9.5, True, 8), cell(3, 4), dt.date(2015, 5, 5)
    text = series_snippet(plugin, folder, ["SM", "VOD"], Orbit.ASCENDING, at, criteria, Corrections(), first)
    assert len(text.splitlines()) <= 25
    variables = [opened.recognition.variable(one) for one in ("SM", "VOD")]
    series = read_series(reader, opened, at, variables, Orbit.ASCENDING, first)
    kept = sum(int(np.isfinite(series.under(one, criteria)[0]).sum()) for one in variables)
    retrievals = sum(int(np.isfinite(series.values[one.id]).sum()) for one in variables)
    told = run_without_qgis(text, tmp_path)
    assert told[-1] == f"{kept} of {retrievals} kept" and len(told) == 2 * 2 + 1
    assert told[0].startswith(f"2015-05-05,SM,{series.values['SM'][0]},")


def test_corrections_are_part_of_a_snippet(days: tuple[Path, Opened, Reader], plugin: Path, tmp_path: Path) -> None:
    folder, _, reader = days
    corrections = Corrections({"SM": "Optical_Thickness_Nad", "VOD": "Soil_Moisture"})
    opened = reader.learn(scan(folder), corrections)
    day = reader.day(
        opened.archive.granule(DAY, Orbit.ASCENDING), opened.recognition, opened.recognition.variable("SM"), PROVIDER
    )
    assert day.variable.netcdf_name == "Optical_Thickness_Nad"
    told = run_without_qgis(map_snippet(plugin, folder, "SM", Orbit.ASCENDING, DAY, PROVIDER, corrections), tmp_path)
    assert told[-1].startswith(f"{day.counts.kept} of")


def test_a_snippet_runs_from_a_folder_that_python_cannot_spell(
    days: tuple[Path, Opened, Reader], plugin: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "a clone, é"
    odd.symlink_to(plugin, target_is_directory=True)
    text = map_snippet(odd, days[0], "SM", Orbit.ASCENDING, DAY, PROVIDER, Corrections())
    assert run_without_qgis(text, tmp_path)[-1].endswith("retrievals kept")


def test_the_place_of_a_series_command_lies_in_its_cell() -> None:
    for row, col in ((0, 0), (583, 1387), (145, 729)):
        lon, lat = M25KM.centre(Cell(row, col))
        place = options(series_command(FOLDER, ["SM"], Orbit.ASCENDING, lon, lat, PROVIDER, windows=False))["POINTS"]
        x, y, crs = place[place.index("(") + 1 : place.index(")")].split(",")
        assert int(crs) == 4326 and M25KM.cell_at(float(x), float(y)) == Cell(row, col)
