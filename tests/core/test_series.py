# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A time series is what the daily maps say at a cell, day by day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from core.granules import cell, layers_of, name_of, write_days

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import Cancelled, NotInArchive
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria, rejection_text
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.series import BATCH, TimeSeries, read_many, read_series, series_rows

A, D = Orbit.ASCENDING, Orbit.DESCENDING
CELLS = [cell(0, 0), cell(11, 14), cell(4, 9)]
# 50 days with a gap, so that a series grows in three steps.
PERIODS = ("2015-12-01/2015-12-20", "2016-01-05/2016-02-03")
CORRUPT = dt.date(2016, 1, 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty ascending days and three descending ones."""
    root = tmp_path_factory.mktemp("série 水")
    write_days(root / "ASC", *PERIODS)
    write_days(root / "DES", "2016-01-05/2016-01-07", orbits="D")
    return root


@pytest.fixture
def opened(folder: Path, engine: Engine) -> tuple[Reader, Opened]:
    """The archive, opened with each engine."""
    reader = Reader(engine)
    return reader, reader.learn(scan(folder))


def variables(archive: Opened, *names: str) -> list:
    return [archive.recognition.variable(name) for name in names]


@pytest.mark.parametrize("criteria", [PROVIDER, RAW, QualityCriteria(0, 6.3)], ids=str)
def test_a_series_is_the_maps_day_by_day(criteria: QualityCriteria, opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    wanted = variables(archive, "SM", "VOD", "RMSE", "SF")
    granules = archive.archive.granules_of(A)[:25]
    record = read_many(reader, archive, CELLS, wanted, A, last=granules[-1].date)
    for variable in wanted:
        days = [reader.day(granule, archive.recognition, variable, criteria) for granule in granules]
        for place, series in zip(CELLS, record):
            at = place.row, place.col
            kept, reason = series.under(variable, criteria)
            np.testing.assert_array_equal(series.values[variable.id], np.array([day.raw[at] for day in days]))
            np.testing.assert_array_equal(kept, np.array([day.kept[at] for day in days]))
            np.testing.assert_array_equal(reason, np.array([day.rejection[at] for day in days]))


def test_a_series_is_what_was_written(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    series = read_series(reader, archive, cell(4, 9), variables(archive, "SM"), A)
    assert series.dates.dtype == np.dtype("datetime64[D]")
    assert series.dates.size == series.wanted == 50 and series.is_complete
    assert (np.diff(series.dates) > np.timedelta64(0, "D")).all()
    assert str(series.dates[0]) == "2015-12-01" and str(series.dates[-1]) == "2016-02-03"
    assert series.scene_flag is not None and series.rmse is not None
    for index, day in enumerate(series.dates.astype(dt.date)):
        layers = layers_of(day)
        wanted = [np.float32(layers[name][4, 9]) for name in ("Soil_Moisture", "Scene_Flags", "RMSE")]
        np.testing.assert_array_equal(
            [series.values["SM"][index], series.scene_flag[index], series.rmse[index]], wanted
        )


def test_the_orbits_are_two_series(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    series = read_series(reader, archive, CELLS[0], variables(archive, "SM"), D)
    assert series.dates.size == 3 and series.orbit is D


def test_a_series_grows_from_the_newest_day(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    growing: list[TimeSeries] = []
    shares: list[float] = []
    complete = read_series(
        reader,
        archive,
        CELLS[0],
        variables(archive, "SM"),
        A,
        progress=lambda share, what: shares.append(share),
        grown=growing.append,
    )
    assert [one.dates.size for one in growing] == [BATCH, 2 * BATCH]
    assert not any(one.is_complete for one in growing)
    for one in growing:
        np.testing.assert_array_equal(one.dates, complete.dates[-one.dates.size :])
        np.testing.assert_array_equal(one.values["SM"], complete.values["SM"][-one.dates.size :])
    assert shares[0] == 0.0 and shares[-1] == 1.0 and shares == sorted(shares)


def test_what_was_handed_out_does_not_change_afterwards(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    copies = []
    read_series(
        reader,
        archive,
        CELLS[0],
        variables(archive, "SM"),
        A,
        grown=lambda one: copies.append((one, one.values["SM"].copy(), one.dates.copy())),
    )
    for one, values, dates in copies:
        np.testing.assert_array_equal(one.values["SM"], values)
        np.testing.assert_array_equal(one.dates, dates)


def test_cancelling(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    told: list[str] = []

    def stop_at_the_third(share: float, what: str) -> None:
        told.append(what)
        if len(told) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_series(reader, archive, CELLS[0], variables(archive, "SM"), A, progress=stop_at_the_third)
    assert told == ["2016-02-03", "2016-02-02", "2016-02-01"]
    # Nothing is left locked or open: the same archive reads on.
    assert read_series(reader, archive, CELLS[0], variables(archive, "SM"), D).is_complete


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2015-12-20", "2016-01-05", 2),
        ("2016-01-05", "2016-01-05", 1),
        ("2015-12-21", "2016-01-06", 2),
        ("2016-02-01", None, 3),
        (None, "2015-12-02", 2),
        ("1990-01-01", "2030-01-01", 50),
    ],
)
def test_periods(first: str | None, last: str | None, days: int, opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    period = [dt.date.fromisoformat(text) if text else None for text in (first, last)]
    assert read_series(reader, archive, CELLS[0], variables(archive, "SM"), A, *period).dates.size == days


def test_an_empty_period_says_what_there_is(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    gap = dt.date(2015, 12, 24), dt.date(2015, 12, 31)
    with pytest.raises(
        NotInArchive, match="no granule between 2015-12-24 and 2015-12-31: the archive has 2015-12-01 → 2016-02-03"
    ):
        read_series(reader, archive, CELLS[0], variables(archive, "SM"), A, *gap)
    with pytest.raises(NotInArchive, match=r"no orbit|orbit not stated"):
        read_many(reader, archive, CELLS, variables(archive, "SM"), Orbit.UNKNOWN)


def test_many_cells_are_the_same_as_each_alone(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    wanted = variables(archive, "SM", "VOD")
    first = dt.date(2016, 1, 20)
    places = [*CELLS, Cell(0, 0)]
    for place, series in zip(places, read_many(reader, archive, places, wanted, A, first)):
        alone = read_series(reader, archive, place, wanted, A, first)
        assert series.cell == alone.cell == place
        np.testing.assert_array_equal(series.dates, alone.dates)
        for name in ("SM", "VOD"):
            np.testing.assert_array_equal(series.values[name], alone.values[name])
        np.testing.assert_array_equal(series.scene_flag, alone.scene_flag)
        np.testing.assert_array_equal(series.rmse, alone.rmse)


def test_a_cell_outside_of_the_files_has_no_retrieval(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    series = read_series(reader, archive, Cell(0, 0), variables(archive, "SM"), D)
    assert np.isnan(series.values["SM"]).all()
    _, reason = series.under(series.variables[0], PROVIDER)
    assert {rejection_text(int(one)) for one in reason} == {"no_retrieval"}


def test_a_corrupt_file_in_the_middle_is_listed_and_the_rest_works(engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path, "2016-01-08/2016-01-12")
    bad = tmp_path / name_of(CORRUPT)
    reader = Reader(engine)
    archive = reader.learn(scan(tmp_path))
    before = read_series(reader, archive, CELLS[1], variables(archive, "SM"), A)
    bad.write_bytes(bad.read_bytes()[:4000])
    after = read_series(reader, archive, CELLS[1], variables(archive, "SM"), A)
    assert [problem.path for problem in after.problems] == [bad]
    assert "has changed" in after.problems[0].reason and not after.problems[0].damaged
    archive = reader.learn(scan(tmp_path))
    after = read_series(reader, archive, CELLS[1], variables(archive, "SM"), A)
    assert [problem.path for problem in after.problems] == [bad]
    assert "truncated" in after.problems[0].reason and after.problems[0].damaged
    assert after.is_complete and after.wanted == 5
    others = before.dates != np.datetime64(CORRUPT)
    np.testing.assert_array_equal(after.dates, before.dates[others])
    np.testing.assert_array_equal(after.values["SM"], before.values["SM"][others])
    np.testing.assert_array_equal(after.rmse, before.rmse[others])


def test_files_that_went_away_are_listed(engine: Engine, tmp_path: Path) -> None:
    paths = write_days(tmp_path, "2016-01-08/2016-01-12")
    reader = Reader(engine)
    archive = reader.learn(scan(tmp_path))
    for path in paths:
        path.unlink()
    series = read_series(reader, archive, CELLS[1], variables(archive, "SM"), A)
    assert series.dates.size == 0 and len(series.problems) == 5 and series.is_complete
    assert list(series_rows(series, PROVIDER)) == []


def test_an_archive_without_quality_layers(engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path, "2016-01-08/2016-01-09", without=("RMSE", "Scene_Flags"))
    reader = Reader(engine)
    archive = reader.learn(scan(tmp_path))
    series = read_series(reader, archive, CELLS[2], variables(archive, "SM"), A)
    assert series.rmse is None and series.scene_flag is None
    rows = list(series_rows(series, PROVIDER))
    assert all(np.isnan([row.rmse, row.scene_flag]).all() for row in rows)


def test_the_rows_of_a_table(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    wanted = variables(archive, "SM", "VOD")
    series = read_series(reader, archive, CELLS[2], wanted, A, first=dt.date(2016, 1, 20))
    rows = list(series_rows(series, PROVIDER))
    assert len(rows) == 2 * series.dates.size
    assert [row.variable.id for row in rows[:2]] == ["SM", "VOD"]
    assert [row.date for row in rows] == sorted(row.date for row in rows)
    for row in rows:
        layers = layers_of(row.date)
        name = {"SM": "Soil_Moisture", "VOD": "Optical_Thickness_Nad"}[row.variable.id]
        # The shortest decimal of the float32 is the number that was written, with three digits.
        np.testing.assert_array_equal(row.raw, layers[name][4, 9])
        np.testing.assert_array_equal(row.rmse, layers["RMSE"][4, 9])
        np.testing.assert_array_equal(row.kept, row.raw if row.rejection == "" else np.nan)
        assert (row.rejection == "no_retrieval") == np.isnan(row.raw)
        assert type(row.date) is dt.date and row.orbit is A
