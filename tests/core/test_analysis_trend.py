# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Trends are those of pymannkendall and scipy, with ties, gaps and seasons; many cells at once are each cell alone."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.analysis import trend
from smos_ib_explorer.plugin.core.analysis.days_of_year import day_of_year
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength, decades, period_means
from smos_ib_explorer.plugin.core.analysis.trend import Trends, series_trend, trends
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
MONTH, YEAR = PeriodLength
MONTHS = np.arange(200) % 12


def cells(seed: int, steps: int, kept: float = 1.0, count: int = 30, decimals: int = 1) -> np.ndarray:
    """Return cells with trends, seasons, ties for they have few decimals, and gaps."""
    draw = np.random.default_rng(seed)
    value = draw.standard_normal((count, steps)) + np.linspace(-0.05, 0.05, count)[:, None] * np.arange(steps)
    value = np.round(value + np.sin(np.arange(steps) * np.pi / 6), decimals)
    value[draw.random(value.shape) > kept] = np.nan
    return value


def per_step(made: Trends, length: PeriodLength = MONTH) -> np.ndarray:
    """Return slopes per month or year."""
    return made.slope / length.a_decade


@pytest.mark.parametrize("steps, kept", [(36, 1), (36, 0.6), (15, 0.8), (7, 1)])
@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_trends_are_those_of_pymannkendall(steps: int, kept: float, decimals: int) -> None:
    reference = pytest.importorskip("pymannkendall")
    value = cells(steps, steps, kept, decimals=decimals)
    made = trends(value, decades(MONTH, steps), min_steps=3)
    wanted = [reference.original_test(one) for one in value]
    np.testing.assert_array_equal(made.steps, np.isfinite(value).sum(axis=1))
    assert made.steps.min() >= 3
    np.testing.assert_allclose(made.p, [one.p for one in wanted], atol=1e-12)
    np.testing.assert_allclose(per_step(made), [one.slope for one in wanted], atol=1e-12)
    np.testing.assert_allclose(made.intercept, [one.intercept for one in wanted], atol=1e-12)


@pytest.mark.parametrize("steps, kept", [(60, 1), (60, 0.5), (53, 0.7), (26, 1)])
@pytest.mark.parametrize("decimals", [0, 9])
def test_seasonal_trends_are_those_of_pymannkendall(steps: int, kept: float, decimals: int) -> None:
    reference = pytest.importorskip("pymannkendall")
    value = cells(steps, steps, kept, count=12, decimals=decimals)
    made = trends(value, decades(MONTH, steps), MONTHS[:steps] + 1)
    wanted = [reference.seasonal_test(one, 12) for one in value]
    np.testing.assert_allclose(made.p, [one.p for one in wanted], atol=1e-12)
    np.testing.assert_allclose(made.slope / 10, [one.slope for one in wanted], atol=1e-12)  # a season's step is a year
    np.testing.assert_allclose(made.intercept, [one.intercept for one in wanted], atol=1e-12)


@pytest.mark.parametrize("kept", [1, 0.5])
def test_slopes_are_theil_sen_in_uneven_time(kept: float) -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    value = cells(5, 25, kept)
    at = np.sort(np.random.default_rng(8).random(25))
    made = trends(value, at, min_steps=3)
    for row, one in enumerate(value):
        there = np.isfinite(one)
        wanted = scipy_stats.theilslopes(one[there], at[there])
        assert (made.slope[row], made.intercept[row]) == pytest.approx((wanted.slope, wanted.intercept), abs=1e-9)


@pytest.mark.parametrize("seasons", [None, MONTHS[:36]], ids=["all", "seasonal"])
def test_what_is_no_number_is_a_gap(seasons: np.ndarray | None) -> None:
    value = cells(6, 36, 0.8)
    endless = np.where(np.isnan(value), np.inf, value)
    made, wanted = (trends(one, decades(MONTH, 36), seasons) for one in (endless, value))
    for name in ("slope", "intercept", "p", "steps"):
        np.testing.assert_array_equal(getattr(made, name), getattr(wanted, name))


def test_p_is_that_of_the_normal_distribution() -> None:
    norm = pytest.importorskip("scipy.stats").norm
    for steps in range(4, 60):
        rising = trends(np.arange(float(steps))[None], decades(YEAR, steps), min_steps=4)
        score = steps * (steps - 1) / 2
        z = (score - 1) / math.sqrt(score * (2 * steps + 5) / 9)
        assert rising.p[0] == pytest.approx(2 * norm.sf(z), rel=1e-10)


def test_small_cases_by_hand() -> None:
    rows = np.array([[1, 2, 4, 7, 11], [5, 5, 5, 5, 5], [1, 1, 2, 2, 9], [9, 1, math.nan, 1, 1], [math.nan] * 5])
    made = trends(rows, np.arange(5.0), min_steps=4)
    # Slopes of the first are 1 1.5 2 2 2.5 2.5 3 3 3.5 4, of the fourth −8 −8/3 −2 0 0 0. S of the first is 10, Var S 5·4·15 / 18.
    np.testing.assert_allclose(made.slope, [2.5, 0, 0.75, -1, math.nan])
    assert made.p[0] == pytest.approx(math.erfc(9 / math.sqrt(300 / 18) / math.sqrt(2)))
    assert made.p[1] == 1
    # Two pairs of equal values: S = 8, Var S = (300 − 2 · 2·1·9) / 18.
    assert made.p[2] == pytest.approx(math.erfc(7 / math.sqrt(264 / 18) / math.sqrt(2)))
    assert made.steps.tolist() == [5, 5, 5, 4, 0] and math.isnan(made.p[4])


def test_too_few_steps_have_no_trend() -> None:
    value = cells(1, 10, 0.5)
    made = trends(value, decades(YEAR, 10), min_steps=6)
    few = np.isfinite(value).sum(axis=1) < 6
    assert few.any() and not few.all()
    for one in (made.slope, made.p, made.intercept):
        np.testing.assert_array_equal(np.isnan(one), few)
    np.testing.assert_array_equal(made.steps, np.isfinite(value).sum(axis=1))
    with pytest.raises(BadRequest, match="no trend of 1 steps"):
        trends(value, decades(YEAR, 10), min_steps=1)


def test_no_two_steps_of_a_season_have_no_trend() -> None:
    made = trends(np.arange(12.0)[None], decades(MONTH, 12), MONTHS[:12])
    assert made.steps.tolist() == [12] and np.isnan([made.slope, made.p, made.intercept]).all()


def test_no_cell_and_no_step() -> None:
    for shape in ((0, 7), (3, 0), (0, 0)):
        for seasons in (None, MONTHS[: shape[1]]):
            made = trends(np.empty(shape), decades(MONTH, shape[1]), seasons)
            assert made.slope.shape == made.steps.shape == shape[:1] and np.isnan(made.p).all()


@pytest.mark.parametrize("seasons", [None, MONTHS[:30]], ids=["all", "seasonal"])
def test_blocks_are_what_is_computed_at_once(seasons: np.ndarray | None, monkeypatch: pytest.MonkeyPatch) -> None:
    value = cells(3, 30, 0.8, count=90).astype(np.float32)
    before = value.copy()
    at_once = trends(value, decades(MONTH, 30), seasons)
    np.testing.assert_array_equal(value, before)
    monkeypatch.setattr(trend, "_BLOCK", 900)
    shares: list[float] = []
    made = trends(value, decades(MONTH, 30), seasons, progress=lambda share, _: shares.append(share))
    for name in ("slope", "intercept", "p", "steps"):
        np.testing.assert_array_equal(getattr(made, name), getattr(at_once, name))
    assert shares[0] == 0 and len(shares) > 2 and sorted(shares) == shares and shares[-1] < 1

    def cancel(share: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        trends(value, decades(MONTH, 30), seasons, progress=cancel)


ROWS = st.lists(st.one_of(st.just(math.nan), st.integers(-6, 6).map(float)), min_size=6, max_size=24)


@given(ROWS, st.booleans(), st.sampled_from([0.5, 2.0, -4.0]), st.integers(-9, 9))
@settings(max_examples=60, deadline=None)
def test_trends_follow_shift_and_scale(row: list[float], seasonal: bool, scale: float, shift: int) -> None:
    value, seasons = np.array([row]), np.arange(len(row)) % 3 if seasonal else None
    plain, moved = (trends(one, decades(YEAR, len(row)), seasons, 2) for one in (value, value * scale + shift))
    np.testing.assert_allclose(moved.slope, plain.slope * scale, atol=1e-12)
    np.testing.assert_allclose(moved.intercept, plain.intercept * scale + shift, atol=1e-12)
    np.testing.assert_array_equal(moved.p, plain.p)
    assert ((plain.p > 0) & (plain.p <= 1) | np.isnan(plain.p)).all()


@given(ROWS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_p_depends_on_the_order_alone(row: list[float], seasonal: bool) -> None:
    value, seasons = np.array([row]), np.arange(len(row)) % 3 if seasonal else None
    at = decades(YEAR, len(row))
    plain, bent = (trends(one, at, seasons, 2) for one in (value, np.exp(value)))
    np.testing.assert_array_equal(plain.p, bent.p)
    there = np.isfinite(value[0])
    packed = trends(value[:, there], at[there], None if seasons is None else seasons[there], 2)
    for name in ("slope", "intercept", "p", "steps"):
        np.testing.assert_allclose(getattr(packed, name), getattr(plain, name), atol=1e-12)


def rising(first: str = "2010-01-15", last: str = "2020-03-01", a_year: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Return a record that rises evenly, every third day, with a gap of some months."""
    on = np.arange(np.datetime64(first), np.datetime64(last), 3)
    on = on[(on < np.datetime64("2013-05-01")) | (on > np.datetime64("2013-09-10"))]
    return on, 0.1 + a_year * (on - np.datetime64("2010-01-01")).astype(float) / 365.25


@pytest.mark.parametrize("length", PeriodLength)
def test_the_trend_of_a_record_is_that_of_its_means(length: PeriodLength) -> None:
    on, value = rising()
    value[1] = math.nan
    found = series_trend(on, value, length, least=5)
    means = period_means(on, value, length, 5)
    wanted = trends(means.means[None], decades(length, means.starts.size))
    assert (found.slope, found.intercept, found.p) == (wanted.slope[0], wanted.intercept[0], wanted.p[0])
    assert found.steps == np.isfinite(means.means).sum() and found.first == means.starts[0].item()
    assert found.slope == pytest.approx(0.2, rel=0.02) and found.p < 1e-3
    np.testing.assert_allclose(found.line(on)[20:-20], value[20:-20], atol=0.02)


def test_a_line_goes_through_the_middle_of_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PeriodLength, "longest_gap", 400)
    on, value = (
        np.array(["2019-01-01", "2019-01-16", "2019-02-14", "2019-02-15", "2019-04-15", "2019-04-30"], "datetime64[D]"),
        np.array([math.nan, 1, 2, 2, 4, math.nan]),
    )
    found = series_trend(on, value, MONTH, least=1, min_steps=3)
    assert found.slope == pytest.approx(120) and found.steps == 3 and found.intercept == pytest.approx(1)
    assert found.line(np.array(["2019-01-16", "2019-05-16"], "datetime64[D]")) == pytest.approx([1, 5])
    assert found.line(np.array(["2019-02-14", "2019-02-15"], "datetime64[D]")).mean() == pytest.approx(2)


def test_seasons_of_a_record_are_calendar_months() -> None:
    on, value = rising("2011-06-15")
    value += np.sin(day_of_year(on) * np.pi / 183)
    found = series_trend(on, value, MONTH, seasonal=True, least=2)
    means = period_means(on, value, MONTH, 2)
    wanted = trends(means.means[None], decades(MONTH, means.starts.size), (np.arange(means.starts.size) + 5) % 12)
    assert (found.slope, found.p, found.seasonal) == (wanted.slope[0], wanted.p[0], True)
    assert found.slope == pytest.approx(0.2, rel=0.05) and found.p < 1e-6
    with pytest.raises(BadRequest, match="no seasons"):
        series_trend(on, value, YEAR, seasonal=True)


def test_a_record_without_values_has_no_trend() -> None:
    none = np.array([], "datetime64[D]")
    found = series_trend(none, np.array([]), MONTH)
    assert found.steps == 0 and math.isnan(found.slope) and found.first is None
    on, value = rising()
    assert np.isnan(found.line(on)).all()
    found = series_trend(on, np.full(on.size, math.nan), YEAR)
    assert found.steps == 0 and math.isnan(found.p) and np.isnan(found.line(on)).all()
    limited = series_trend(on, value, YEAR, first=dt.date(2012, 1, 1), last=dt.date(2017, 12, 31))
    assert limited.steps == 5 and limited.first == dt.date(2012, 1, 1), "of 2013 too much lacks"
