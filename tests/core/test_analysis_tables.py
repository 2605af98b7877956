# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The columns of the analysis table are pandas' numbers, row by row."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from smos_ib_explorer.plugin.core.analysis.analysis_tables import COLUMNS, analysis_rows
from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline

pandas = pytest.importorskip("pandas")
WINDOW, LEAST = 31, 4


def test_each_row_has_the_numbers_of_its_day_month_and_year() -> None:
    draw = np.random.default_rng(0)
    on = np.arange(np.datetime64("2010-03-15"), np.datetime64("2014-02-10"))
    on = on[draw.random(on.size) < 0.8]
    kept = draw.random(on.size).astype(np.float32)
    kept[draw.random(on.size) < 0.5] = np.nan
    baseline = Baseline(dt.date(2011, 1, 1), dt.date(2013, 12, 31))
    rows = list(analysis_rows("P1", "SM", on, kept, baseline, AnomalyMethod.DIFFERENCE, WINDOW, LEAST))
    table = pandas.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[3:], float))
    there = np.isfinite(kept)
    assert table["date"].tolist() == [str(day) for day in on[there]] and set(table["series"]) == {"P1"}
    record = pandas.Series(kept.astype(float), on)
    truth = pandas.DataFrame({"kept": record})
    inside = (on >= np.datetime64(baseline.first)) & (on <= np.datetime64(baseline.last)) & there
    day_of_year = _days_of_366(on)
    near = np.abs((day_of_year[:, None] - day_of_year[None, inside] + 183) % 366 - 183) <= WINDOW // 2
    pools = [kept[inside][row].astype(float) for row in near]
    truth["climatology_mean"] = [pool.mean() for pool in pools]
    truth["climatology_low"], truth["climatology_high"] = (
        [np.percentile(pool, share) for pool in pools] for share in (10, 90)
    )
    truth["climatology_count"] = [pool.size for pool in pools]
    truth["anomaly"] = record - truth["climatology_mean"]
    daily = record.resample("D").asfreq()
    truth["moving_mean"] = daily.rolling(WINDOW, center=True, min_periods=3).mean().reindex(on)
    for name, rule, period in (("month", "MS", "M"), ("year", "YS", "Y")):
        means, counts = record.resample(rule).mean(), record.resample(rule).count()
        means = means.where(counts >= LEAST)
        means.iloc[[0, -1]] = np.nan  # the record begins and ends in the middle of a month and a year
        of_day = record.index.to_period(period).to_timestamp()
        truth[f"{name}_mean"], truth[f"{name}_count"] = (one.reindex(of_day).to_numpy() for one in (means, counts))
    truth = truth[there]
    for column in COLUMNS[3:]:
        np.testing.assert_allclose(table[column], truth[column], rtol=2e-6, atol=1e-7, err_msg=column)
        assert np.isfinite(table[column]).sum() > 300, column


def _days_of_366(on: np.ndarray) -> np.ndarray:
    """Return the day of a leap year that each day has by its month and day."""
    return np.array([dt.date(2012, one.month, one.day).timetuple().tm_yday for one in on.tolist()])
