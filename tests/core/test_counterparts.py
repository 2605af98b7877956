# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which record stands against a cell's, and what its reference tells of it. All numbers are invented."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from core.dialects import Dialect, grid_named, truth_on, write_dialect
from core.granules import cell, name_of, write_days

from smos_ib_explorer.plugin.core.analysis.comparison import series_reference
from smos_ib_explorer.plugin.core.analysis.counterparts import other_orbit, same_place
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW
from smos_ib_explorer.plugin.core.reader import Reader
from smos_ib_explorer.plugin.core.series import read_series

CELL = cell(5, 7)
DAYS = "2020-01-01/2020-01-06"
M36KM = grid_named("EASE2_M36km")


@pytest.fixture
def look(engine):
    """Open a folder with each engine."""
    return lambda folder: Reader(engine).learn(scan(folder), Corrections())


@pytest.fixture
def record(engine):
    """Read soil moisture of a cell."""

    def read(archive, orbit=Orbit.ASCENDING, at=CELL):
        return read_series(Reader(engine), archive, at, [archive.recognition.variable("SM")], orbit)

    return read


@pytest.fixture
def reference(record):
    """Read a counterpart's record, and make it a reference."""

    def made(counterpart, variable, criteria=PROVIDER):
        series = record(counterpart.opened, counterpart.orbit, counterpart.cell)
        return series_reference(series, variable, criteria, counterpart)

    return made


@pytest.fixture
def both(look, tmp_path):
    """An archive of both orbits."""
    write_days(tmp_path / "both", DAYS, orbits="AD")
    return look(tmp_path / "both")


def test_the_other_orbit_is_the_one_that_the_series_is_not_of(both, look, record, tmp_path):
    for orbit, other in ((Orbit.ASCENDING, Orbit.DESCENDING), (Orbit.DESCENDING, Orbit.ASCENDING)):
        made = other_orbit(both, record(both, orbit), "#000000")
        assert (made.orbit, made.cell, made.name) == (other, CELL, f"{other.title.capitalize()} orbit")
    write_days(tmp_path / "one", DAYS)
    one = look(tmp_path / "one")
    assert other_orbit(one, record(one), "#000000") is None


@pytest.mark.parametrize("orbit", [Orbit.ASCENDING, Orbit.DESCENDING])
def test_of_another_archive_the_same_orbit_is_taken(both, record, orbit):
    series = record(both, orbit)
    assert same_place(both, series, series.variables[0], "#000000").orbit is orbit


def test_on_another_grid_the_cell_is_the_one_around_the_centre(both, look, record, reference, tmp_path):
    truth, series = truth_on(M36KM), record(both)
    truth[np.isnan(truth) | (truth == 0)] = 0.25
    write_dialect(tmp_path / "coarse" / name_of(dt.date(2020, 1, 1)), Dialect(), M36KM, truth)
    made = same_place(look(tmp_path / "coarse"), series, series.variables[0], "#000000")
    assert made.cell == M36KM.cell_at(*series.grid.centre(CELL)) != CELL
    told = reference(made, series.variables[0], RAW)
    assert told.values.tolist() == [truth[made.cell.row, made.cell.col]]
    assert f"row {made.cell.row}, column {made.cell.col} of EASE2_M36km" in told.rule


def test_what_another_archive_lacks_is_a_sentence(both, look, record, tmp_path):
    series = record(both)
    vod = both.recognition.variable("VOD")
    write_days(tmp_path / "plain", DAYS, without=("Optical_Thickness_Nad",))
    with pytest.raises(BadRequest, match="plain has no VOD"):
        same_place(look(tmp_path / "plain"), series, vod, "#000000")


def test_criteria_without_a_layer_are_named(both, look, record, reference, tmp_path):
    write_days(tmp_path / "plain", DAYS, without=("RMSE", "Scene_Flags"))
    series = record(both)
    made = same_place(look(tmp_path / "plain"), series, series.variables[0], "#000000")
    told = reference(made, series.variables[0])
    assert "under the same criteria except scene flags, RMSE, for which it has no layer." in told.rule
    assert dict(told.sources)["not_applied"] == "scene flags, RMSE"
    with_all = reference(same_place(both, series, series.variables[0], "#000000"), series.variables[0])
    assert with_all.rule.endswith("under the same criteria.") and "not_applied" not in dict(with_all.sources)


def test_files_that_cannot_be_read_are_counted_and_named(both, look, record, reference):
    bad = [file for file in both.archive.root.iterdir() if "3SD_" in file.name][:2]
    for file in bad:
        file.write_bytes(file.read_bytes()[:3000])
    made = other_orbit(look(both.archive.root), record(both), "#000000")
    told = reference(made, both.recognition.variable("SM"))
    assert "2 of its 6 files could not be read." in told.rule
    said = dict(told.sources)
    assert {said[f"unread_{number}"].split(": ")[0] for number in (1, 2)} == {file.name for file in bad}


def test_other_units_are_refused(both, record):
    series = record(both)
    percent = replace(series, variables=(replace(series.variables[0], units="%"),))
    made = other_orbit(both, series, "#000000")
    with pytest.raises(BadRequest, match="Descending orbit is in %, and SM in m³ m⁻³"):
        series_reference(percent, series.variables[0], RAW, made)
