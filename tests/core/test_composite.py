# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Composites and differences: the numbers of a plain loop over the files, and the words that go with them."""

from __future__ import annotations

import datetime as dt
import math
import statistics
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from core.granules import COLS, ROWS, every_day, layers_of
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import Granule
from smos_ib_explorer.plugin.core.composite import CompositeGrid, Statistic, composite
from smos_ib_explorer.plugin.core.day import DayRetrievals
from smos_ib_explorer.plugin.core.difference import are_comparable, difference
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, UnreadableFile
from smos_ib_explorer.plugin.core.grid import M25KM, Cell, EaseGrid
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.origins import of_composite, of_difference
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, Variable

OpenDays = Callable[..., tuple[Reader, Opened]]
INSIDE = np.ix_(ROWS, COLS)
TINY = EaseGrid("tiny", 1000.0, 3, 2, 0.0, 0.0)
SM = Variable("SM", "Soil_Moisture", "Soil moisture", "m³ m⁻³", ROLE_OF_ID["SM"])
SF = Variable("SF", "Scene_Flags", "Scene flags", "bit flags", ROLE_OF_ID["SF"])
NUMBERS = st.one_of(st.just(math.nan), st.floats(-0.5, 2, width=32))


def kept_by_hand(value: float, flag: float, rmse: float) -> bool:
    """Return whether the provider's criteria keep a soil moisture, told without the code under test."""
    return bool(flag <= 1 and np.float32(rmse) <= 8 and 0 <= value <= 1)


@st.composite
def some_days(draw: st.DrawFn) -> list[DayRetrievals]:
    """Return one to six days on a grid of six cells."""
    days = []
    for number in range(draw(st.integers(1, 6))):
        cells = sorted(draw(st.sets(st.integers(0, 5))))
        values = [draw(st.floats(-0.5, 2, width=32)) for _ in cells]
        flags = [draw(st.sampled_from([0.0, 1.0, 2.0, 8.0, math.nan])) for _ in cells]
        rmse = [draw(st.one_of(st.just(math.nan), st.floats(0, 16, width=32))) for _ in cells]
        day = dt.date(2020, 2, 27) + dt.timedelta(days=number)
        arrays = (np.array(part, dtype=np.float32) for part in (values, flags, rmse))
        granule = Granule(Path(f"{day}.nc"), day, Orbit.ASCENDING, 1, 1)
        days.append(DayRetrievals(TINY, SM, granule, np.array(cells, dtype=np.int32), *arrays))
    return days


BY_HAND: dict[Statistic, Callable[[list[float]], float]] = {
    Statistic.MEAN: lambda kept: math.fsum(kept) / len(kept),
    Statistic.LATEST: lambda kept: kept[-1],
    Statistic.MEDIAN: statistics.median,
    Statistic.MIN: min,
    Statistic.MAX: max,
    Statistic.STD: lambda kept: statistics.stdev(kept) if len(kept) > 1 else math.nan,
    Statistic.COUNT: len,
}


@given(some_days(), st.sampled_from(Statistic), st.integers(1, 3))
def test_a_composite_is_what_a_plain_loop_gives(days: list[DayRetrievals], statistic: Statistic, least: int) -> None:
    by_granule = {day.granule: day for day in days}
    period = days[0].granule.date, days[-1].granule.date
    made = composite(
        list(by_granule), SM, period, statistic, PROVIDER, lambda granule, variable: by_granule[granule], minimum=least
    )
    for flat in range(6):
        kept = []
        for day in days:
            for cell, value, flag, rmse in zip(day.cells, day.values, day.scene_flag, day.rmse):
                if cell == flat and kept_by_hand(value, flag, rmse):
                    kept.append(float(value))
        row, col = divmod(flat, 3)
        assert made.count[row, col] == len(kept)
        expected = BY_HAND[statistic](kept) if len(kept) >= least else math.nan
        exact = 0 if statistic is not Statistic.STD else 1e-6
        np.testing.assert_allclose(made.kept[row, col], np.float32(expected), rtol=exact, atol=1e-9)
    assert made.kept.dtype == made.count.dtype == np.float32 and made.kept.shape == (2, 3)
    assert made.counts.retrievals == sum(day.cells.size for day in days)
    assert made.counts.kept == made.count.sum()
    assert made.variable.units == ("days" if statistic is Statistic.COUNT else SM.units)


def test_a_standard_deviation_keeps_its_digits_beside_large_values() -> None:
    values = np.float32([280.1, 280.2, 280.1, 280.3] * 500)
    made = composite_of_one_cell(values, Statistic.STD)
    assert made.kept[1, 1] == pytest.approx(statistics.stdev(map(float, values)), rel=1e-6)
    beside = np.nextafter(values[0], np.float32(300))
    made = composite_of_one_cell(np.array([values[0], beside] * 1000), Statistic.STD)
    assert made.kept[1, 1] == pytest.approx(float(beside - values[0]) / 2 * math.sqrt(2000 / 1999), rel=1e-6)
    same = composite_of_one_cell(np.full(400, 280.1, dtype=np.float32), Statistic.STD)
    assert same.kept[1, 1] == 0 and same.variable.label == "Soil moisture standard deviation (m³ m⁻³)"


def test_a_mean_of_many_days_is_exact() -> None:
    values = np.float32([0.1 + 0.8 * (number % 7) / 7 for number in range(3000)])
    made = composite_of_one_cell(values, Statistic.MEAN)
    assert made.kept[1, 1] == np.float32(math.fsum(map(float, values)) / 3000)


def composite_of_one_cell(values: np.ndarray, statistic: Statistic) -> CompositeGrid:
    """Return a composite of days on each of which one cell has a value."""
    granules = [
        Granule(Path(f"{n}.nc"), dt.date(2012, 1, 1) + dt.timedelta(n), Orbit.ASCENDING, 1, 1)
        for n in range(values.size)
    ]
    at = dict(zip(granules, values))
    zero = np.zeros(1, dtype=np.float32)

    def read(granule: Granule, variable: Variable) -> DayRetrievals:
        return DayRetrievals(TINY, SM, granule, np.array([4], dtype=np.int32), at[granule] + zero, zero, zero)

    return composite(granules, SM, (granules[0].date, granules[-1].date), statistic, RAW, read)


def composite_of(
    reader: Reader, opened: Opened, variable: str, statistic: Statistic, criteria: QualityCriteria = PROVIDER
) -> CompositeGrid:
    """Return the composite of all that an archive holds."""
    granules = opened.archive.granules
    return composite(
        granules,
        opened.recognition.variable(variable),
        (granules[0].date, granules[-1].date),
        statistic,
        criteria,
        lambda granule, one: reader.retrievals(granule, opened.recognition, one),
    )


def test_a_composite_of_files(open_days: OpenDays) -> None:
    reader, opened = open_days("2020-02-27/2020-03-02")
    made = composite_of(reader, opened, "RMSE", Statistic.MEAN)
    layers = np.array([layers_of(day)["RMSE"] for day in every_day("2020-02-27/2020-03-02")]).astype(np.float32)
    np.testing.assert_allclose(made.kept[INSIDE], np.nanmean(layers, axis=0), rtol=1e-6)
    np.testing.assert_array_equal(made.count[INSIDE], np.isfinite(layers).sum(axis=0))
    assert np.isnan(made.kept).sum() == np.isnan(made.kept[INSIDE]).sum() + M25KM.rows * M25KM.cols - 180
    assert made.window == (Cell(100, 700), Cell(111, 714)) and made.further_bands == (("count", made.count),)
    assert made.what == "TB-RMSE · mean of 2020-02-27 → 2020-03-02"
    said = dict(of_composite(made, opened, "software").items())
    assert said["period"] == "2020-02-27/2020-03-02" and said["days"].startswith("5 of 5 days")
    assert said["statistic"].startswith("mean of the kept values") and said["source_files"].startswith("5 files")
    assert int(said["retrievals_RMSE"]) == np.isfinite(layers).sum()


def test_scene_flags_have_a_latest_value_and_no_mean(open_days: OpenDays) -> None:
    reader, opened = open_days("2020-02-27/2020-02-28")
    latest = composite_of(reader, opened, "SF", Statistic.LATEST).kept[INSIDE]
    first, second = (layers_of(day)["Scene_Flags"] for day in every_day("2020-02-27/2020-02-28"))
    np.testing.assert_array_equal(latest, np.where(np.isnan(second), first, second).astype(np.float32))
    with pytest.raises(BadRequest, match="no mean of scene flags: their values are sums of bits"):
        composite_of(reader, opened, "SF", Statistic.MEAN)
    with pytest.raises(BadRequest, match="no median of scene flags"):
        composite_of(reader, opened, "SF", Statistic.MEDIAN)
    count = composite_of(reader, opened, "SF", Statistic.COUNT)
    assert count.variable.id == "SF-count" and not count.variable.quality_controlled
    there = np.isfinite(first).astype(int) + np.isfinite(second)
    np.testing.assert_array_equal(count.kept[INSIDE], np.where(there, there, np.nan))
    assert count.explain(Cell(0, 0)).endswith("no kept value")


def test_a_file_that_cannot_be_read_is_left_out_and_said(open_days: OpenDays) -> None:
    reader, opened = open_days("2020-02-27/2020-03-01")
    bad = opened.archive.granules[1].path
    bad.write_bytes(bad.read_bytes()[:2000])
    made = composite_of(reader, opened, "SM", Statistic.LATEST, RAW)
    assert [problem.path for problem in made.problems] == [bad] and len(made.granules) == 3
    said = dict(of_composite(made, opened, "software").items())
    assert bad.name in said["note_1"] and said["days"].startswith("3 of 4 days") and bad.name in made.notes[0]
    for granule in opened.archive.granules:
        granule.path.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(UnreadableFile, match="None of the 4 files from 2020-02-27 to 2020-03-01"):
        composite_of(reader, opened, "SM", Statistic.LATEST)


def test_a_composite_can_be_abandoned_and_leaves_no_thread(open_days: OpenDays) -> None:
    reader, opened = open_days("2020-02-01/2020-02-29")
    before, read = threading.active_count(), []

    def progress(share: float, what: str) -> None:
        if share > 0:
            raise Cancelled

    def counted(granule: Granule, variable: Variable) -> DayRetrievals:
        read.append(granule)
        return reader.retrievals(granule, opened.recognition, variable)

    granules = opened.archive.granules
    with pytest.raises(Cancelled):
        composite(
            granules, opened.recognition.variable("SM"), (granules[0].date, granules[-1].date), Statistic.MEAN,
            PROVIDER, counted, progress,
        )  # fmt: skip
    assert len(read) < len(granules) and threading.active_count() == before


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=6, max_size=6))
def test_a_difference_is_that_of_kept_values(pairs: list[tuple[float, float]]) -> None:
    days = []
    for side in (0, 1):
        there = [flat for flat in range(6) if not math.isnan(pairs[flat][side])]
        values = np.array([pairs[flat][side] for flat in there], dtype=np.float32)
        granule = Granule(Path(f"{side}.nc"), dt.date(2020, 2, 29 - side), Orbit.ASCENDING, 1, 1)
        cells = np.array(there, dtype=np.int32)
        days.append(DayRetrievals(TINY, SM, granule, cells, values, values * 0, values * 0).under(PROVIDER))
    made = difference(*days)
    for flat, (one, other) in enumerate(pairs):
        row, col = divmod(flat, 3)
        if 0 <= one <= 1 and 0 <= other <= 1:
            assert made.kept[row, col] == np.float32(one) - np.float32(other)
        else:
            assert np.isnan(made.kept[row, col])


def test_a_difference_names_both_sides(open_days: OpenDays) -> None:
    reader, opened = open_days("2020-02-28/2020-02-29")
    recognition, (older, newer) = opened.recognition, opened.archive.granules
    sm, vod = recognition.variable("SM"), recognition.variable("VOD")
    made = difference(reader.day(newer, recognition, sm, PROVIDER), reader.day(older, recognition, sm, PROVIDER))
    assert made.what == "Soil moisture · 2020-02-29 − 2020-02-28" and made.variable.units == "m³ m⁻³"
    assert made.period == (newer.date, newer.date)
    said = dict(of_difference(made, opened, "software").items())
    assert said["period"] == "2020-02-28/2020-02-29"
    assert newer.path.name in said["minuend"] and older.path.name in said["subtrahend"]
    assert "kept" in said["subtrahend"] and said["source_files"] == f"{newer.path.name}, {older.path.name}"
    with pytest.raises(BadRequest, match="units differ"):
        difference(reader.day(newer, recognition, sm, PROVIDER), reader.day(newer, recognition, vod, PROVIDER))
    with pytest.raises(BadRequest, match="minus itself"):
        difference(reader.day(newer, recognition, sm, PROVIDER), reader.day(newer, recognition, sm, PROVIDER))
    flags = recognition.variable("SF")
    with pytest.raises(BadRequest, match="sums of bits"):
        difference(reader.day(newer, recognition, flags, RAW), reader.day(older, recognition, flags, RAW))


def test_only_stated_and_equal_units_compare() -> None:
    tb_h = Variable("TBH", "a", "TB, H", "K")
    assert are_comparable(tb_h, Variable("TBV", "b", "TB, V", "K")) and are_comparable(SM, SM)
    assert not are_comparable(tb_h, SM) and not are_comparable(SF, SF)
    other = Variable("x", "x", "x", "")
    assert are_comparable(other, other) and not are_comparable(other, Variable("y", "y", "y", ""))
