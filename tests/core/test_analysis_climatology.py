# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A climatology is the plain statistics of the values around a day of the year; an anomaly is where a value stands among them."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod, anomalies, anomalies_among
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline, Climatology, climatology
from smos_ib_explorer.plugin.core.analysis.days_of_year import day_of_year, is_near
from smos_ib_explorer.plugin.core.analysis.samples import Samples
from smos_ib_explorer.plugin.core.errors import BadRequest

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
ALWAYS = Baseline.of_years(1990, 2050)
DECADE = Baseline.of_years(2012, 2020)
DIFFERENCE, ZSCORE, PERCENTILE = AnomalyMethod
ARRAYS = ("mean", "std", "low", "high")


def days(first: str, *values: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a record day by day."""
    return np.datetime64(first) + np.arange(len(values)), np.array(values, dtype=np.float32)


def record(seed: int = 0, years: int = 12, kept: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Return some years with a season, gaps, and ties, for values have two decimals."""
    draw = np.random.default_rng(seed)
    on = np.arange(np.datetime64("2010-01-01"), np.datetime64(f"{2010 + years}-01-01"))
    value = np.round(0.2 + 0.1 * np.sin(np.arange(on.size) / 58) + 0.05 * draw.standard_normal(on.size), 2)
    value[draw.random(on.size) > kept] = np.nan
    return on, value.astype(np.float32)


def usual(made: Climatology, day: int) -> list[float]:
    """Return count, mean, spread and percentiles at a day of the year, 1…366."""
    return [float(one[day - 1]) for one in (made.count, made.mean, made.std, made.low, made.high)]


@st.composite
def records(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Return a short record of three winters, with leap days, gaps and ties."""
    numbers = st.one_of(st.just(math.nan), st.integers(-4, 4).map(float), st.floats(-8, 8, width=32))
    value = draw(st.lists(numbers, min_size=1, max_size=60))
    starts = [np.datetime64(draw(st.sampled_from(["2011-12-20", "2012-02-20", "2015-02-25"])))]
    on = np.unique(
        np.concatenate([start + np.arange(len(value)) * draw(st.sampled_from([1, 3, 30])) for start in starts])
    )
    return on, np.array(value[: on.size], dtype=np.float32)


def test_a_date_has_one_number_in_all_years() -> None:
    told = [
        "2019-01-01",
        "2019-02-28",
        "2019-03-01",
        "2019-12-31",
        "2020-02-28",
        "2020-02-29",
        "2020-03-01",
        "2020-12-31",
    ]
    numbers = day_of_year(np.array(told, "datetime64[D]"))
    assert numbers.tolist() == [1, 59, 61, 366, 59, 60, 61, 366] and numbers.dtype == np.int16
    assert day_of_year(np.array(["1900-03-01", "2000-02-29", "1968-12-31"], "datetime64[D]")).tolist() == [61, 60, 366]
    assert day_of_year(np.array([], "datetime64[D]")).shape == (0,)


def test_every_day_of_a_leap_year_is_counted_on() -> None:
    year = np.arange(np.datetime64("2024-01-01"), np.datetime64("2025-01-01"))
    np.testing.assert_array_equal(day_of_year(year), np.arange(1, 367))


@pytest.mark.parametrize("window", [1, 3, 31, 365, 367])
def test_the_calendar_is_a_circle(window: int) -> None:
    wanted = [[min((a - b) % 366, (b - a) % 366) <= (window - 1) / 2 for b in range(366)] for a in range(366)]
    np.testing.assert_array_equal(is_near(window), wanted)


@pytest.mark.parametrize("window", [1, 5, 31, 181, 731])
def test_a_climatology_is_plain_pooling(window: int) -> None:
    pandas = pytest.importorskip("pandas")
    on, value = record()
    made = climatology(on, value, DECADE, window, least=3)
    table = pandas.Series(value.astype(float), on)["2012-01-01":"2020-12-31"].dropna()
    leap = pandas.to_datetime("2000-" + table.index.strftime("%m-%d")).dayofyear.to_numpy()
    for day in (1, 2, 15, 59, 60, 61, 180, 352, 366):
        apart = np.abs(leap - day)
        sample = table[np.minimum(apart, 366 - apart) <= window // 2]
        wanted = [sample.mean(), sample.std(), sample.quantile(0.1), sample.quantile(0.9)]
        wanted = wanted if len(sample) >= 3 else [math.nan] * 4
        np.testing.assert_allclose(usual(made, day), [len(sample), *wanted], rtol=1e-12)


def test_29_february_is_a_day_of_its_own() -> None:
    on = np.array(["2019-02-28", "2020-02-28", "2020-02-29", "2020-03-01", "2021-03-01"], "datetime64[D]")
    made = climatology(on, np.array([1, 2, 4, 8, 16.0]), ALWAYS, 1, least=1)
    assert [usual(made, day)[:2] for day in (59, 60, 61)] == [[2, 1.5], [1, 4], [2, 12]]
    made = climatology(on, np.array([1, 2, 4, 8, 16.0]), ALWAYS, 3, least=1)
    assert [usual(made, day)[0] for day in (58, 59, 60, 61, 62)] == [2, 3, 5, 3, 2]


def test_a_window_reaches_over_new_year() -> None:
    on, value = days("2018-12-29", 1, 2, 4, 8, 16, 32)  # to 3 January
    made = climatology(on, value, ALWAYS, 5, least=1)
    assert usual(made, 366)[:2] == [5, (1 + 2 + 4 + 8 + 16) / 5]
    assert usual(made, 1)[:2] == [5, (2 + 4 + 8 + 16 + 32) / 5]
    assert usual(made, 6)[0] == 0 and math.isnan(usual(made, 6)[1])


def test_only_kept_values_of_the_baseline_count() -> None:
    on, value = days("2019-06-01", 1, math.nan, 3, 5, 7)
    made = climatology(on, value, Baseline(dt.date(2019, 6, 2), dt.date(2019, 6, 4)), 31, least=2)
    assert usual(made, 154)[:4] == [2, 4, math.sqrt(2), 3.2]
    assert np.isnan(climatology(on, value, ALWAYS, 31, least=5).mean).all()
    assert climatology(on, value, ALWAYS, 31, least=5).count.max() == 4
    assert climatology(on, value, DECADE, 31, least=4).mean[153] == 4


def test_equal_values_have_no_spread_and_no_zscore() -> None:
    on, value = days("2019-06-01", *[0.1] * 9)
    made = climatology(on, value, ALWAYS)
    exact = float(np.float32(0.1))
    assert usual(made, 154) == [9, exact, 0, exact, exact]
    assert anomalies(on, value, ALWAYS, DIFFERENCE).tolist() == [0] * 9
    assert np.isnan(anomalies(on, value, ALWAYS, ZSCORE)).all()
    assert anomalies(on, value, ALWAYS, PERCENTILE).tolist() == [50] * 9


def test_one_value_and_no_value() -> None:
    on, value = days("2019-06-01", 3)
    one = climatology(on, value, ALWAYS, least=1)
    assert usual(one, 153)[:2] == [1, 3] and math.isnan(usual(one, 153)[2])
    assert anomalies(on, value, ALWAYS, DIFFERENCE, least=1).tolist() == [0]
    assert np.isnan(anomalies(on, value, ALWAYS, ZSCORE, least=1)).all()
    assert np.isnan(anomalies(on, value, ALWAYS, DIFFERENCE)).all()
    for nothing in (days("2019-06-01"), days("2019-06-01", math.nan, math.nan)):
        assert not climatology(*nothing, ALWAYS).count.any() and np.isnan(climatology(*nothing, ALWAYS).low).all()
        for method in AnomalyMethod:
            told = anomalies(*nothing, ALWAYS, method, least=1)
            assert told.shape == nothing[1].shape and np.isnan(told).all()


def test_what_is_usual_follows_the_days_asked_for() -> None:
    on, value = record(1)
    made = climatology(on, value, DECADE)
    asked = np.array(["2031-02-28", "2032-02-29", "2031-03-01"], "datetime64[D]")
    at = made.at(asked)
    for name in ("count", *ARRAYS):
        np.testing.assert_array_equal(getattr(at, name), getattr(made, name)[[58, 59, 60]])


@pytest.mark.parametrize("window, least", [(0, 5), (30, 5), (-1, 5), (31, 0)])
def test_what_cannot_be_asked_for_is_said(window: int, least: int) -> None:
    on, value = record(years=1)
    with pytest.raises(BadRequest, match=r"possible|middle"):
        climatology(on, value, DECADE, window, least)
    with pytest.raises(BadRequest, match=r"possible|middle"):
        anomalies(on, value, DECADE, DIFFERENCE, window, least)


def test_a_baseline_says_its_years() -> None:
    assert str(DECADE) == "2012–2020" and str(Baseline.of_years(2012, 2012)) == "2012"
    assert str(Baseline(dt.date(2012, 6, 1), dt.date(2013, 5, 31))) == "2012-06-01 to 2013-05-31"
    with pytest.raises(BadRequest, match="ends on 2012-12-31, before it starts on 2013-01-01"):
        Baseline.of_years(2013, 2012)


def test_anomalies_are_told_against_the_pooled_sample() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    on, value = record(2)
    told = {method: anomalies(on, value, DECADE, method) for method in AnomalyMethod}
    number = day_of_year(on).astype(int)
    pooled = DECADE.has(on) & np.isfinite(value)
    for at in np.flatnonzero(np.isfinite(value))[::97]:
        apart = np.abs(number - number[at])
        sample = value[pooled & (np.minimum(apart, 366 - apart) <= 15)].astype(float)
        difference = value[at] - sample.mean()
        assert told[DIFFERENCE][at] == pytest.approx(difference, abs=1e-12)
        assert told[ZSCORE][at] == pytest.approx(difference / sample.std(ddof=1), abs=1e-10)
        assert told[PERCENTILE][at] == pytest.approx(scipy_stats.percentileofscore(sample, value[at], "mean"), abs=1e-9)
    for one in told.values():
        np.testing.assert_array_equal(np.isnan(one), np.isnan(value))


def test_the_percentile_of_ties_and_of_values_beyond_the_sample() -> None:
    on, value = days("2019-06-01", 1, 2, 2, 2, 5, 0, 9, 2)
    baseline = Baseline(dt.date(2019, 6, 1), dt.date(2019, 6, 5))
    assert anomalies(on, value, baseline, PERCENTILE).tolist() == [10, 50, 50, 50, 90, 0, 100, 50]


def test_cells_of_a_map_have_the_anomalies_of_their_records() -> None:
    cells = [record(seed, years=6, kept=kept) for seed, kept in enumerate((0.4, 0.9, 0.02, 0.0, 0.4))]
    day, baseline = np.datetime64("2014-06-20"), Baseline.of_years(2010, 2014)
    at = int(np.flatnonzero(cells[0][0] == day)[0])
    for _, value in cells[:4]:
        value[at] = 0.25
    samples, counts = [], []
    for on, value in cells:
        apart = np.abs(day_of_year(on).astype(int) - int(day_of_year(on[at : at + 1])[0]))
        samples.append(value[(apart <= 15) & baseline.has(on) & np.isfinite(value)])
        counts.append(samples[-1].size)
    pooled = Samples(np.cumsum([0, *counts]), np.concatenate(samples).astype(float))
    for method in AnomalyMethod:
        wanted = [anomalies(on, value, baseline, method)[at] for on, value in cells]
        told = anomalies_among(np.array([value[at] for _, value in cells]), pooled, method)
        np.testing.assert_allclose(told, wanted, rtol=1e-9)
    assert np.isfinite(wanted[:2]).all() and math.isnan(wanted[3])


def test_rows_of_samples_may_be_empty() -> None:
    empty = Samples(np.array([0, 0, 2, 2, 3, 3]), np.array([1.0, 3.0, 5.0]))
    np.testing.assert_array_equal(empty.mean, [math.nan, 2, math.nan, 5, math.nan])
    np.testing.assert_array_equal(empty.std, [math.nan, math.sqrt(2), math.nan, math.nan, math.nan])
    assert anomalies_among(np.full(5, 2.0), empty, PERCENTILE, least=1)[[1, 3]].tolist() == [50, 0]
    none = Samples(np.zeros(3, dtype=int), np.empty(0))
    for method in AnomalyMethod:
        assert np.isnan(anomalies_among(np.ones(2), none, method)).all()


@given(records(), st.sampled_from([1, 3, 31]), st.floats(-20, 20), st.sampled_from([0.25, 2.0, 8.0]))
@settings(max_examples=40, deadline=None)
def test_a_climatology_follows_shift_and_scale(
    made: tuple[np.ndarray, np.ndarray], window: int, shift: float, scale: float
) -> None:
    on, value = made
    plain, moved = (climatology(on, one, ALWAYS, window, least=1) for one in (value, value * scale + shift))
    np.testing.assert_array_equal(plain.count, moved.count)
    for name in ARRAYS:
        wanted = getattr(plain, name) * scale + (0 if name == "std" else shift)
        np.testing.assert_allclose(getattr(moved, name), wanted, atol=1e-4)
    there = plain.count > 0
    assert (plain.low <= plain.high)[there].all()


@given(records(), st.sampled_from([1, 31]))
@settings(max_examples=40, deadline=None)
def test_percentiles_stay_within_their_scale_and_follow_the_order(
    made: tuple[np.ndarray, np.ndarray], window: int
) -> None:
    on, value = made
    told = anomalies(on, value, ALWAYS, PERCENTILE, window, least=1)
    np.testing.assert_array_equal(np.isnan(told), np.isnan(value))
    kept = np.isfinite(value)
    assert ((told[kept] > 0) & (told[kept] < 100)).all()  # each is of the baseline: half of itself is below it
    bent = anomalies(on, np.cbrt(value.astype(float)), ALWAYS, PERCENTILE, window, least=1)
    np.testing.assert_array_equal(told, bent)


@given(records())
@settings(max_examples=30, deadline=None)
def test_a_rejected_value_counts_nowhere(made: tuple[np.ndarray, np.ndarray]) -> None:
    on, value = made
    kept = np.isfinite(value)
    for method in AnomalyMethod:
        told = anomalies(on, value, ALWAYS, method, least=2)
        np.testing.assert_array_equal(told[kept], anomalies(on[kept], value[kept], ALWAYS, method, least=2))
