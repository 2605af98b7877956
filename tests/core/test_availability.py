# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What there is on each calendar day, in states and in words; and the file that keeps what was counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from core.granules import cell, layers_of
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import Archive, Granule, Problem
from smos_ib_explorer.plugin.core.availability import CellAvailability, LandAvailability, State
from smos_ib_explorer.plugin.core.errors import NotInArchive
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria
from smos_ib_explorer.plugin.core.series import TimeSeries, read_series
from smos_ib_explorer.plugin.core.tally import Tallies, Tally
from smos_ib_explorer.plugin.core.tally_file import load_tallies, save_tallies, tally_path
from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, Variable

A = Orbit.ASCENDING
SM = Variable("SM", "SM", "Soil moisture", "m³ m⁻³", ROLE_OF_ID["SM"])
FIRST = dt.date(2020, 2, 27)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def granule(number: int) -> Granule:
    return Granule(Path(f"{number}.nc"), day(number), A, 100 + number, 10**18)


def tally(*rmse: float) -> Tally:
    values = np.full(len(rmse), 0.2, np.float32)
    return Tally.of(values, np.zeros_like(values), np.array(rmse, np.float32), SM)


ARCHIVE = Archive(Path("archive"), tuple(granule(number) for number in (0, 1, 2, 4, 5, 6)))
TALLIES = Tallies.none().with_days(
    {
        granule(0): tally(5, 5, 9, 9, 9),
        granule(1): tally(9, 9),
        granule(2): tally(),
        granule(3): tally(1),
        granule(9): tally(1),
    }
)


def test_each_day_of_the_land_has_its_state_and_its_sentence() -> None:
    land = LandAvailability.of(ARCHIVE, A, TALLIES, PROVIDER, 10, {day(5): "It is truncated."})
    assert (land.first, land.last) == (day(0), day(6))
    assert [State(one).name for one in land.states] == [
        *("KEPT", "REJECTED", "NO_RETRIEVAL", "NO_FILE", "NOT_LOOKED", "UNREADABLE", "NOT_LOOKED")
    ]
    np.testing.assert_allclose(land.shares, [0.2, 0, 0, 0, 0, 0, 0])
    assert [land.describe(day(number)) for number in range(-1, 8)] == [
        "2020-02-26 · no file",
        "2020-02-27 · 2 of 5 retrievals kept (20 % of land cells)",
        "2020-02-28 · none of 2 retrievals kept",
        "2020-02-29 · no retrievals",
        "2020-03-01 · no file",
        "2020-03-02 · not looked at yet",
        "2020-03-03 · unreadable: It is truncated.",
        "2020-03-04 · not looked at yet",
        "2020-03-05 · no file",
    ]


def test_without_a_land_mask_the_share_is_of_the_days_retrievals() -> None:
    land = LandAvailability.of(ARCHIVE, A, TALLIES, PROVIDER)
    assert land.describe(day(0)) == "2020-02-27 · 2 of 5 retrievals kept (40 %)"
    assert LandAvailability.of(ARCHIVE, A, TALLIES, RAW).shares[:2].tolist() == [1, 1]
    few = Tallies.none().with_days({granule(0): tally(5, *[9] * 999)})
    assert LandAvailability.of(ARCHIVE, A, few, PROVIDER).describe(day(0)).endswith("kept (0.1 %)")


def test_a_cell_tells_why_a_day_is_rejected() -> None:
    dates = np.array([day(number) for number in (0, 1, 2, 6)], dtype="datetime64[D]")
    layers = {"SM": np.array([0.184, 0.2, np.nan, 0.3], np.float32)}
    flags, rmse = np.array([0, 8, 0, 0], np.float32), np.array([3, 3, 3, 9.2], np.float32)
    problem = Problem(granule(5).path, "It is truncated.")
    series = TimeSeries(M25KM, Cell(1, 1), A, (SM,), dates, layers, flags, rmse, 6, (problem,))
    found = CellAvailability.of(ARCHIVE, series, SM, PROVIDER)
    assert [found.describe(day(number)) for number in range(7)] == [
        "2020-02-27 · SM 0.184 m³ m⁻³ · kept",
        "2020-02-28 · SM 0.2 m³ m⁻³ · rejected: scene flag 8 (frozen)",
        "2020-02-29 · no retrieval",
        "2020-03-01 · no file",
        "2020-03-02 · not looked at yet",
        "2020-03-03 · unreadable: It is truncated.",
        "2020-03-04 · SM 0.3 m³ m⁻³ · rejected: RMSE 9.2 K > 8 K",
    ]
    assert found.shares.tolist() == [1, 0, 0, 0, 0, 0, 0]
    without = replace(series, scene_flag=None, rmse=None)
    assert CellAvailability.of(ARCHIVE, without, SM, PROVIDER).shares.tolist() == [1, 1, 0, 0, 0, 0, 1]


def test_an_orbit_without_granules_has_no_days() -> None:
    with pytest.raises(NotInArchive):
        LandAvailability.of(ARCHIVE, Orbit.DESCENDING, TALLIES, PROVIDER)


def test_a_day_and_a_record_are_counted_as_they_are_read(open_days: Callable) -> None:
    reader, opened = open_days("2020-02-27/2020-03-01")
    variable, where = opened.recognition.variable("SM"), cell(3, 4)
    criteria = QualityCriteria(4, 9.3, True, 1)
    days = {one: reader.retrievals(one, opened.recognition, variable) for one in opened.archive.granules}
    tallies = Tallies.none().with_days({one: Tally.of_day(read) for one, read in days.items()})
    assert tallies.kept(criteria).tolist() == [one.under(criteria).counts.kept for one in days.values()]
    assert 0 < tallies.kept(criteria)[0] < tallies.retrievals[0] < layers_of(FIRST)["RMSE"].size
    series = read_series(reader, opened, where, [variable], A)
    kept, _ = series.under(variable, criteria)
    assert Tally.of_series(series, variable).kept(criteria) == np.isfinite(kept).sum()


def test_what_was_counted_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tallies.bin"
    for tallies in (TALLIES, Tallies.none()):
        save_tallies(path, tallies)
        again = load_tallies(path)
        for criteria in (PROVIDER, RAW):
            assert again.kept(criteria).tolist() == tallies.kept(criteria).tolist()
        assert again.current([granule(0), granule(2)]).tolist() == tallies.current([granule(0), granule(2)]).tolist()
    assert [one.name for one in path.parent.iterdir()] == ["tallies.bin"]


@given(st.data())
def test_a_damaged_file_counts_as_none(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.bin"
    save_tallies(path, TALLIES)
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        whole = whole[:at]
    else:
        whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    assert load_tallies(path).kept(PROVIDER).tolist() in ([], TALLIES.kept(PROVIDER).tolist())
    path.unlink()
    assert load_tallies(path).days.size == 0


def test_another_recognition_has_another_file(open_days: Callable, tmp_path: Path) -> None:
    _, opened = open_days("2020-02-27")
    variables = opened.recognition.variables
    path = tally_path(tmp_path, opened, variables[0], A)
    other = replace(opened, recognition=replace(opened.recognition, variables=variables[1:]))
    others = [(opened, variables[1], A), (opened, variables[0], Orbit.DESCENDING), (other, variables[0], A)]
    assert tally_path(tmp_path, opened, variables[0], A) == path
    assert path not in [tally_path(tmp_path, *one) for one in others]
