# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Agreement and statistics are those of scipy and numpy, of what is there and kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.analysis.agreement import agreement
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.plugin.core.analysis.series_statistics import statistics_of
from smos_ib_explorer.plugin.core.analysis.trend import series_trend
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria
from smos_ib_explorer.plugin.core.series import TimeSeries
from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, Variable

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
SM = Variable("SM", "Soil_Moisture", "Soil moisture", "m³ m⁻³", ROLE_OF_ID["SM"])
SF = Variable("SF", "Scene_Flags", "Scene flags", "bit flags", ROLE_OF_ID["SF"])


@pytest.mark.parametrize("decimals", [1, 9])
@pytest.mark.parametrize("size", [3, 4, 60])
def test_agreement_is_that_of_scipy(size: int, decimals: int) -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    draw = np.random.default_rng(size)
    y = np.round(draw.random(size), decimals)
    x = np.round(y + 0.1 + 0.3 * draw.standard_normal(size), decimals)
    made = agreement(np.append(x, [math.nan, 1, math.nan]), np.append(y, [1, math.nan, math.nan]))
    assert made.n == size
    wanted = [np.mean(x - y), np.sqrt(np.mean((x - y) ** 2)), np.std(x - y)]
    wanted += [scipy_stats.pearsonr(x, y).statistic, scipy_stats.spearmanr(x, y).statistic]
    told = [made.bias, made.rmsd, made.ubrmsd, made.pearson, made.spearman]
    np.testing.assert_allclose(told, wanted, rtol=1e-10)
    assert made.ubrmsd**2 == pytest.approx(made.rmsd**2 - made.bias**2)


def test_agreement_by_hand() -> None:
    made = agreement(np.array([1, 2, 4, 4.0], np.float32), np.array([1, 1, 1, 3.0]))
    assert (made.n, made.bias, made.rmsd) == (4, 1.25, math.sqrt(11 / 4))
    assert made.ubrmsd == pytest.approx(math.sqrt(11 / 4 - 25 / 16))
    # Ranks 1 2 3.5 3.5 and 2 2 2 4, minus 2.5: the sums of products are 1.5, 4.5 and 3, of values minus their means 2.5, 6.75 and 3.
    assert made.spearman == pytest.approx((0.75 + 0.25 - 0.5 + 1.5) / math.sqrt(4.5 * 3))
    assert made.pearson == pytest.approx(2.5 / math.sqrt(6.75 * 3))


def test_few_pairs_and_no_spread() -> None:
    two = agreement(np.array([1, 2, math.nan]), np.array([1, 3, 3.0]))
    assert two.n == 2 and np.isnan([two.bias, two.rmsd, two.ubrmsd, two.pearson, two.spearman]).all()
    assert agreement(np.array([]), np.array([])).n == 0
    flat = agreement(np.full(7, 0.1), np.arange(7.0))
    assert flat.bias == pytest.approx(-2.9) and math.isnan(flat.pearson) and math.isnan(flat.spearman)
    same = agreement(np.arange(7.0), np.arange(7.0))
    assert (same.bias, same.rmsd, same.ubrmsd, same.pearson, same.spearman) == (0, 0, 0, 1, 1)
    shifted = agreement(np.arange(7.0) + 1, np.arange(7.0))
    assert (shifted.bias, shifted.rmsd, shifted.ubrmsd) == (1, 1, 0)


PAIRS = st.lists(st.tuples(*[st.one_of(st.just(math.nan), st.integers(-9, 9).map(float))] * 2), min_size=3, max_size=30)


@given(PAIRS, st.sampled_from([0.5, 2.0]), st.integers(-9, 9))
@settings(max_examples=60, deadline=None)
def test_agreement_follows_shift_scale_and_order(pairs: list, scale: float, shift: int) -> None:
    x, y = np.array(pairs).T
    plain, moved, bent, turned = (
        agreement(*one) for one in ((x, y), (x * scale + shift, y * scale), (np.exp(x), y), (y, x))
    )
    assert moved.ubrmsd == pytest.approx(plain.ubrmsd * scale, nan_ok=True)
    assert moved.bias == pytest.approx(plain.bias * scale + shift, nan_ok=True)
    assert moved.pearson == pytest.approx(plain.pearson, nan_ok=True)
    assert bent.spearman == pytest.approx(plain.spearman, nan_ok=True)
    assert (turned.n, -turned.bias) == pytest.approx((plain.n, plain.bias), nan_ok=True)
    assert math.isnan(plain.pearson) or -1 <= plain.pearson <= 1


def some_series() -> TimeSeries:
    """Return nine years of a cell: every fifth day without retrieval, some rejected by flag, RMSE or range."""
    on = np.arange(np.datetime64("2012-01-01"), np.datetime64("2021-01-01"))
    draw = np.random.default_rng(4)
    value = (0.3 + 0.01 * np.arange(on.size) / 365 + 0.05 * draw.standard_normal(on.size)).astype(np.float32)
    value[::5], value[3] = math.nan, 1.5
    flag = draw.choice(np.array([0, 1, 2], np.float32), on.size)
    rmse = draw.uniform(0, 12, on.size).astype(np.float32)
    values = {"SM": value, "SF": flag}
    return TimeSeries(M25KM, Cell(3, 4), Orbit.ASCENDING, (SM, SF), on, values, flag, rmse, on.size)


@pytest.mark.parametrize("criteria", [PROVIDER, RAW], ids=str)
def test_statistics_are_of_kept_values(criteria: QualityCriteria) -> None:
    series = some_series()
    kept, _ = series.under(SM, criteria)
    told = statistics_of(series.dates, kept, 12)
    value = kept[~np.isnan(kept)].astype(float)
    assert (told.retrievals, told.kept) == (12, value.size)
    wanted = [value.mean(), value.std(ddof=1), value.min(), value.max(), np.median(value)]
    assert [told.mean, told.std, told.minimum, told.maximum, told.median] == pytest.approx(wanted)
    assert told.trend == series_trend(series.dates, kept, PeriodLength.MONTH)
    assert told.trend.slope == pytest.approx(0.1, abs=0.02)
    assert (told.maximum > 1) == (criteria is RAW)
    annual = statistics_of(series.dates, kept, 12, PeriodLength.YEAR, least=20).trend
    assert annual == series_trend(series.dates, kept, PeriodLength.YEAR, least=20) and annual.steps == 9


def test_bits_have_no_mean_and_nothing_no_statistics() -> None:
    series = some_series()
    flags = statistics_of(series.dates, series.values["SF"], series.dates.size, is_bits=True)
    assert (flags.retrievals, flags.kept) == (series.dates.size, series.dates.size)
    assert np.isnan([flags.mean, flags.median, flags.maximum, flags.trend.slope]).all()
    none = statistics_of(series.dates[:0], series.values["SM"][:0], 0)
    assert (none.retrievals, none.kept, none.trend.steps) == (0, 0, 0) and np.isnan([none.mean, none.std]).all()
    one = statistics_of(series.dates[:1], np.array([0.5]), 3)
    assert (one.retrievals, one.kept, one.mean, one.median) == (3, 1, 0.5, 0.5) and math.isnan(one.std)
