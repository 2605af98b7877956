# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Monthly and annual means are pandas' resampled ones, and moving means its rolling ones, with gaps and over leap days."""

from __future__ import annotations

import datetime as dt
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.analysis.periods import (
    PeriodLength,
    calendar_months,
    cell_period_sums,
    decades,
    means_of,
    period_means,
)
from smos_ib_explorer.plugin.core.analysis.smoothing import moving_mean
from smos_ib_explorer.plugin.core.errors import BadRequest

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
MONTH, YEAR = PeriodLength


def record(seed: int, size: int = 1500, kept: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Return some years from the middle of a month, one day in five without a granule, with gaps of many months."""
    draw = np.random.default_rng(seed)
    on = (np.datetime64("2011-11-17") + np.arange(size))[draw.random(size) < 0.8]
    value = draw.random(on.size).astype(np.float32)
    value[draw.random(on.size) > kept] = np.nan
    value[on.size // 3 : on.size // 3 + 100] = np.nan
    return on, value


@pytest.mark.parametrize("length, rule", [(MONTH, "MS"), (YEAR, "YS")])
@pytest.mark.parametrize("least", [1, 6])
def test_means_of_periods_are_pandas_resampled(length: PeriodLength, rule: str, least: int) -> None:
    pandas = pytest.importorskip("pandas")
    on, value = record(0)
    made = period_means(on, value, length, least)
    wanted = pandas.Series(value.astype(float), on).resample(rule)
    np.testing.assert_array_equal(made.starts, wanted.mean().index.to_numpy().astype("datetime64[D]"))
    np.testing.assert_array_equal(made.counts, wanted.count())
    means = wanted.mean().where(wanted.count() >= least).to_numpy()
    means[0] = (
        math.nan
    )  # the record begins in the middle of November 2011; it ends before Christmas 2015, which is near enough
    np.testing.assert_allclose(made.means, means, rtol=1e-13)
    np.testing.assert_allclose(made.sums, wanted.sum(), rtol=1e-13)
    assert np.isnan(made.means).any() or length is YEAR  # the long gap


def test_a_period_is_a_calendar_month_or_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PeriodLength, "longest_gap", 400)
    on = np.array(["2019-12-31", "2020-02-29", "2020-01-01", "2020-02-01", "2019-12-01"], "datetime64[D]")
    value = np.array([1.0, 2, 4, 8, math.nan])
    made = period_means(on, value, MONTH)
    assert [str(one) for one in made.starts] == ["2019-12-01", "2020-01-01", "2020-02-01"]
    assert made.means.tolist() == [1, 4, 5] and made.counts.tolist() == [1, 1, 2] and made.sums.tolist() == [1, 4, 10]
    assert [str(one) for one in made.middles] == ["2019-12-16", "2020-01-16", "2020-02-15"]
    on = np.append(on, np.array(["2020-12-30"], "datetime64[D]"))
    made = period_means(on, np.append(value, math.nan), YEAR, least=2)
    assert [str(one) for one in made.starts] == ["2019-01-01", "2020-01-01"]
    np.testing.assert_array_equal(made.means, [math.nan, 14 / 3])
    assert made.counts.tolist() == [1, 3]


def test_a_part_of_a_period_has_no_mean() -> None:
    on = np.arange(np.datetime64("2019-01-20"), np.datetime64("2022-11-15"))
    made = period_means(on, np.ones(on.size), YEAR)
    assert np.isfinite(made.means).tolist() == [True, True, True, False], "19 days lack at its start, 47 at its end"
    assert made.counts.tolist() == [346, 366, 365, 318]
    made = period_means(on, np.ones(on.size), MONTH)
    assert np.flatnonzero(np.isnan(made.means)).tolist() == [0, 46] and made.counts[[0, 46]].tolist() == [12, 14]
    at = period_means(on, np.ones(on.size), MONTH, first=dt.date(2020, 1, 8), last=dt.date(2020, 3, 23))
    assert np.isfinite(at.means).tolist() == [True, True, False], "7, 0 and 8 days lack"


@given(st.sets(st.integers(0, 1095), max_size=300), st.sampled_from(PeriodLength))
def test_a_period_is_covered_where_no_stretch_without_a_day_is_too_long(
    present: set[int], length: PeriodLength
) -> None:
    start = np.datetime64("2019-12-01")
    starts = length.starts(dt.date(2019, 12, 1), dt.date(2022, 11, 30))
    days = np.array([start + one for one in present], dtype="datetime64[D]")
    there = set(days.astype(object).tolist())
    wanted = []
    for first in starts.tolist():
        after = dt.date(first.year + 1, 1, 1) if length is YEAR else (first + dt.timedelta(31)).replace(day=1)
        longest = stretch = 0
        while first < after:
            stretch = 0 if first in there else stretch + 1
            longest, first = max(longest, stretch), first + dt.timedelta(1)
        wanted.append(longest <= {MONTH: 7, YEAR: 36}[length])
    assert length.covered(starts, days).tolist() == wanted


def test_gaps_inside_a_record_count_as_those_at_its_ends() -> None:
    on = np.arange(np.datetime64("2014-01-01"), np.datetime64("2020-01-01"))
    on = on[(on < np.datetime64("2016-04-01")) | (on >= np.datetime64("2016-12-31"))]
    assert np.isfinite(period_means(on, np.ones(on.size), YEAR).means).tolist() == [True, True, False, True, True, True]


@given(st.lists(st.integers(0, 40), min_size=2, max_size=25), st.randoms(use_true_random=False))
def test_equal_means_are_equal_in_whatever_order_values_come(numbers: list[int], draw: random.Random) -> None:
    january = np.arange(np.datetime64("2021-01-01"), np.datetime64("2021-02-01"))
    march = january + 59
    value = np.full((2, 31), math.nan, np.float32)
    value[0, : len(numbers)] = np.array(numbers, np.float32) * np.float32(0.01)
    value[1] = draw.sample(value[0].tolist(), 31)
    means = period_means(np.append(january, march), value.ravel(), MONTH).means
    assert means[0] == means[2]


def test_a_span_may_be_longer_or_shorter_than_the_record() -> None:
    on = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-04-01"))
    value = np.ones(on.size, dtype=np.float32)
    made = period_means(on, value, MONTH, first=dt.date(2020, 2, 20), last=dt.date(2020, 5, 2))
    assert [str(one) for one in made.starts] == ["2020-02-01", "2020-03-01", "2020-04-01", "2020-05-01"]
    assert made.counts.tolist() == [10, 31, 0, 0]
    np.testing.assert_array_equal(made.means, [math.nan, 1, math.nan, math.nan])
    assert period_means(on, value, MONTH, first=dt.date(2020, 3, 1), last=dt.date(2020, 2, 1)).starts.size == 0


def test_equal_values_have_equal_means_whatever_their_number() -> None:
    on = np.arange(np.datetime64("2015-01-01"), np.datetime64("2018-01-01"))
    made = period_means(on, np.full(on.size, 0.1), MONTH)
    assert set(made.means) == {float(np.float32(0.1))} and set(made.counts) == {28, 29, 30, 31}


def test_without_values_there_is_nothing_to_tell() -> None:
    none = np.array([], "datetime64[D]")
    for length in PeriodLength:
        assert period_means(none, np.array([]), length).starts.size == 0
    made = period_means(none, np.array([]), MONTH, first=dt.date(2020, 1, 1), last=dt.date(2020, 2, 1))
    assert made.counts.tolist() == [0, 0] and np.isnan(made.means).all()
    with pytest.raises(BadRequest, match="at least 0 values"):
        period_means(none, np.array([]), MONTH, least=0)


def test_steps_lie_in_decades_and_months() -> None:
    starts = MONTH.starts(dt.date(2019, 11, 30), dt.date(2020, 2, 1))
    assert [str(one) for one in starts] == ["2019-11-01", "2019-12-01", "2020-01-01", "2020-02-01"]
    assert calendar_months(starts).tolist() == [11, 12, 1, 2]
    assert decades(MONTH, 121)[[0, 60, 120]].tolist() == [0, 0.5, 1] and decades(YEAR, 16)[[5, 15]].tolist() == [
        0.5,
        1.5,
    ]
    middle = np.array(["1970-01-16", "1971-01-16", "1969-12-16"], "datetime64[D]")
    assert MONTH.positions(middle).tolist() == [0, 12, -1]
    assert YEAR.positions(np.array(["1970-07-02", "1975-07-02"], "datetime64[D]")).tolist() == [0, 5]


@pytest.mark.parametrize("length", PeriodLength)
@pytest.mark.parametrize("as_numbers", [True, False])
def test_many_cells_at_once_are_their_records(length: PeriodLength, as_numbers: bool) -> None:
    records = [record(seed, kept=kept) for seed, kept in enumerate((0.3, 0.9, 0.0, 0.02))]
    records.insert(1, (np.array([], "datetime64[D]"), np.array([], np.float32)))
    on, value = (np.concatenate(part) for part in zip(*records))
    starts = np.cumsum([0, *(one.size for one, _ in records)])
    first, last = dt.date(2012, 3, 4), dt.date(2015, 2, 3)
    given_days = on.astype(np.int32) if as_numbers else on
    sums, counts = cell_period_sums(starts, given_days, value, length, first, last)
    for row, (days, values) in enumerate(records):
        wanted = period_means(days, values, length, 3, first, last)
        np.testing.assert_array_equal(counts[row], wanted.counts)
        inside = days[(days >= np.datetime64(first)) & (days <= np.datetime64(last))]
        covered = length.covered(wanted.starts, inside) if inside.size else False
        means = np.where(covered, means_of(sums, counts, 3)[row], np.nan)
        np.testing.assert_array_equal(means, wanted.means)
    assert counts.sum(axis=1)[1] == 0 and counts.sum() > 500


def test_no_cell_and_no_period() -> None:
    nothing = np.array([0]), np.array([], np.int32), np.array([], np.float32)
    assert cell_period_sums(*nothing, MONTH, dt.date(2020, 1, 1), dt.date(2020, 3, 1))[0].shape == (0, 3)
    one = np.array([0, 2]), np.array([1, 2], np.int32), np.array([1, 2], np.float32)
    assert cell_period_sums(*one, MONTH, dt.date(2020, 1, 1), dt.date(2019, 1, 1))[1].shape == (1, 0)


@pytest.mark.parametrize("window, least", [(1, 1), (5, 2), (31, 3), (31, 12), (365, 1)])
def test_a_moving_mean_is_pandas_rolling(window: int, least: int) -> None:
    pandas = pytest.importorskip("pandas")
    on, value = record(3)
    daily = pandas.Series(value.astype(float), on).resample("D").asfreq()
    wanted = daily.rolling(window, min_periods=least, center=True).mean().reindex(on).where(np.isfinite(value))
    np.testing.assert_allclose(moving_mean(on, value, window, least), wanted, rtol=1e-11)


def test_a_moving_mean_by_hand() -> None:
    on = np.array(["2020-02-27", "2020-02-28", "2020-02-29", "2020-03-01", "2020-03-09"], "datetime64[D]")
    value = np.array([1, 2, math.nan, 6, 9.0])
    np.testing.assert_array_equal(moving_mean(on, value, 5, 2), [1.5, 3, math.nan, 4, math.nan])
    np.testing.assert_array_equal(moving_mean(on, value, 1, 1), value)
    assert moving_mean(on, np.full(5, 0.1), 5, 1).tolist() == [0.1] * 5
    assert moving_mean(on[:0], value[:0]).shape == (0,) and np.isnan(moving_mean(on, np.full(5, math.nan), 5, 1)).all()
    for window, least in ((4, 1), (0, 1), (5, 0)):
        with pytest.raises(BadRequest, match=r"middle|possible"):
            moving_mean(on, value, window, least)


@given(st.lists(st.one_of(st.just(math.nan), st.floats(-9, 9, width=32)), max_size=40), st.sampled_from([1, 3, 9]))
@settings(max_examples=50, deadline=None)
def test_a_moving_mean_lies_among_its_values(values: list[float], window: int) -> None:
    value = np.array(values, dtype=np.float32)
    on = np.datetime64("2020-02-20") + np.arange(value.size)
    made = moving_mean(on, value, window, 1)
    kept = np.isfinite(value)
    np.testing.assert_array_equal(np.isfinite(made), kept)
    np.testing.assert_array_equal(made[kept], moving_mean(on[kept], value[kept], window, 1))
    for at in np.flatnonzero(kept):
        near = value[max(at - window // 2, 0) : at + window // 2 + 1].astype(float)
        assert np.nanmin(near) - 1e-12 <= made[at] <= np.nanmax(near) + 1e-12
