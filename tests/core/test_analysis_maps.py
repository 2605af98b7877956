# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Medians, anomalies and trends as maps, against dense arrays of the same days and the libraries of the field; from files and from stores."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.conftest import make_engine
from core.cubes import INSIDE, ManyDaysArchive, kept_cube, make_archive
from core.granules import Numbers, every_day, name_of
from core.stores import small_parts

from smos_ib_explorer.plugin.core.analysis import cell_records
from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod, anomalies
from smos_ib_explorer.plugin.core.analysis.anomaly_map import AnomalyGrid, AnomalyOptions, anomaly_map, same_days
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.plugin.core.analysis.trend import series_trend
from smos_ib_explorer.plugin.core.analysis.trend_map import TrendGrid, TrendOptions, trend_map
from smos_ib_explorer.plugin.core.composite import Statistic, composite
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, NotInArchive
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.origins import of_anomaly, of_composite, of_trend
from smos_ib_explorer.plugin.core.quality import PROVIDER

pymannkendall = pytest.importorskip("pymannkendall")
scipy = pytest.importorskip("scipy")
pytest.importorskip("scipy.stats")

# Four years with few days each: a leap day, a New Year, and a month that is missing.
PERIODS = [
    f"{year}-{days.replace('/', f'/{year + over}-')}"
    for year in (2017, 2018, 2019, 2020)
    for days, over in (("02-24/03-04", 0), ("06-10/06-13", 0), ("12-30/01-02", 1))
]
DATES = every_day(*PERIODS)
ALL = (DATES[0], DATES[-1])
YEARS = Baseline(dt.date(2017, 1, 1), dt.date(2021, 12, 31))
DIFFERENCE, ZSCORE, PERCENTILE = AnomalyMethod


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Let blocks and memory be small, so that files go by way of a folder of their own."""
    monkeypatch.setattr(cell_records, "BLOCK_ROWS", 800)
    monkeypatch.setattr(cell_records, "BUDGET", 20_000)
    monkeypatch.setattr(cell_records, "FILES_A_PASS", 1000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(PeriodLength, "longest_gap", 400)  # all have some days
    with small_parts():
        yield tmp_path


@pytest.fixture(scope="module", params=[("netCDF4", "none"), ("GDAL", "all"), ("GDAL", "some")], ids="-".join)
def archive(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> ManyDaysArchive:
    """Sixty-eight days of four years, read by an engine, of which a store holds none, all or some."""
    name, stored = request.param
    return make_archive(make_engine(name), tmp_path_factory.mktemp("days"), PERIODS, stored)


@pytest.fixture(scope="module")
def cube() -> Numbers:
    """What is kept of all days."""
    return kept_cube(DATES)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def anomaly_of(archive: ManyDaysArchive, first: str, last: str, variable: str = "SM", **options: Any) -> AnomalyGrid:
    how = AnomalyOptions(**{"baseline": YEARS, "least": 1, **options})
    archive.read_names.clear()
    return anomaly_map(
        archive.granules, archive.variable(variable), (day(first), day(last)), how, PROVIDER, archive.read,
        store=archive.store,
    )  # fmt: skip


def trend_of(
    archive: ManyDaysArchive, variable: str = "SM", period: tuple[dt.date, dt.date] = ALL, **options: Any
) -> TrendGrid:
    how = TrendOptions(**{"least": 1, **options})
    return trend_map(
        archive.granules, archive.variable(variable), period, how, PROVIDER, archive.read,
        store=archive.store,
    )  # fmt: skip


def among(method: AnomalyMethod, value: Numbers, sample: Numbers, least: int) -> Numbers:
    """Return the anomaly of (rows, cols) among (samples, rows, cols), cell by cell with numpy and scipy."""
    result = np.full(value.shape, np.nan)
    for at in np.ndindex(value.shape):
        known = sample[(slice(None), *at)]
        known = known[np.isfinite(known)]
        if known.size < least or np.isnan(value[at]):
            continue
        if method is DIFFERENCE:
            result[at] = value[at] - known.mean()
        elif method is PERCENTILE:
            result[at] = scipy.stats.percentileofscore(known, value[at], kind="mean")
        elif known.size > 1 and known.std() > 0:
            result[at] = (value[at] - known.mean()) / known.std(ddof=1)
    return result


def assert_close(made: Numbers, truth: Numbers) -> None:
    """Fail unless a map holds these numbers in the cut, and nothing outside of it."""
    np.testing.assert_allclose(made[INSIDE], truth, rtol=2e-6, atol=1e-7)
    assert np.isfinite(made).sum() == np.isfinite(truth).sum() > 8


def test_a_median_is_numpys(archive: ManyDaysArchive, cube: Numbers) -> None:
    made = composite(
        archive.granules, archive.variable(), ALL, Statistic.MEDIAN, PROVIDER, archive.read,
        minimum=9, store=archive.store,
    )  # fmt: skip
    with np.errstate(all="ignore"):
        truth = np.where(np.isfinite(cube).sum(axis=0) >= 9, np.nanmedian(cube, axis=0), np.nan)
    assert_close(made.kept, truth)
    np.testing.assert_array_equal(made.count[INSIDE], np.isfinite(cube).sum(axis=0))
    said = dict(of_composite(made, archive.opened, "software").items())
    assert "no value where that is less than 9" in said["statistic"] and made.counts.kept == np.isfinite(cube).sum()
    assert "too few" in made.explain(Cell(*np.argwhere(np.isnan(made.kept) & (made.count > 0))[0].tolist()))


@pytest.mark.parametrize(
    ("method", "first", "window"),
    [(DIFFERENCE, "2020-02-29", 7), (ZSCORE, "2019-01-01", 5), (PERCENTILE, "2020-02-29", 7)],
)
def test_a_day_is_compared_with_all_values_around_its_day_of_the_year(
    archive: ManyDaysArchive, cube: Numbers, method: AnomalyMethod, first: str, window: int
) -> None:
    made = anomaly_of(archive, first, first, method=method, window=window, least=2)
    leap = [(one.replace(year=2020) - dt.date(2020, 1, 1)).days for one in (*DATES, day(first))]
    chosen = [min(abs(one - leap[-1]), 366 - abs(one - leap[-1])) <= window // 2 for one in leap[:-1]]
    value = cube[DATES.index(day(first))]
    assert_close(made.kept, among(method, value, cube[chosen], 2))
    np.testing.assert_array_equal(made.count[INSIDE], np.isfinite(cube[chosen]).sum(axis=0))
    assert [one.date for one in made.granules] == [one for one, there in zip(DATES, chosen) if there]


@pytest.mark.parametrize("method", [DIFFERENCE, PERCENTILE])
def test_a_map_tells_what_the_record_of_a_cell_does(
    archive: ManyDaysArchive, cube: Numbers, method: AnomalyMethod
) -> None:
    made = anomaly_of(archive, "2020-02-29", "2020-02-29", method=method)
    at = DATES.index(day("2020-02-29"))
    days = np.array(DATES, dtype="datetime64[D]")
    for row, col in np.argwhere(np.isfinite(cube[at]))[::9].tolist():
        record = anomalies(days, cube[:, row, col], YEARS, method, least=1)
        assert made.kept[INSIDE][row, col] == pytest.approx(record[at], rel=1e-6, abs=1e-7, nan_ok=True)


@pytest.mark.parametrize(
    ("method", "first", "last", "same", "least"),
    [
        (ZSCORE, "2019-06-10", "2019-06-13", [(f"{year}-06-10", f"{year}-06-13") for year in range(2017, 2021)], 3),
        (
            DIFFERENCE, "2020-02-26", "2020-02-29",
            [("2017-02-26", "2017-02-28"), ("2018-02-26", "2018-02-28"), ("2019-02-26", "2019-02-28"),
             ("2020-02-26", "2020-02-29")], 2,
        ),
        (
            PERCENTILE, "2019-12-31", "2020-01-01",
            [(f"{year}-12-31", f"{year + 1}-01-01") for year in range(2017, 2021)], 2,
        ),
    ],
)  # fmt: skip
def test_a_window_is_compared_with_the_means_of_the_years(
    archive: ManyDaysArchive,
    cube: Numbers,
    method: AnomalyMethod,
    first: str,
    last: str,
    same: list[tuple[str, str]],
    least: int,
) -> None:
    made = anomaly_of(archive, first, last, method=method, least=least)

    def mean(start: str, end: str) -> Numbers:
        days = cube[[day(start) <= one <= day(end) for one in DATES]]
        counts = np.isfinite(days).sum(axis=0)
        return np.where(counts, np.nansum(days, axis=0) / np.maximum(counts, 1), np.nan)

    years = np.array([mean(*window) for window in same])
    assert_close(made.kept, among(method, mean(first, last), years, least))
    np.testing.assert_array_equal(made.count[INSIDE], np.isfinite(years).sum(axis=0))
    wanted = {one for window in same for one in DATES if day(window[0]) <= one <= day(window[1])}
    assert {one.date for one in made.granules} == wanted


def test_a_year_counts_where_all_of_the_window_lies_in_the_baseline() -> None:
    baseline = Baseline(day("2018-06-11"), day("2020-12-31"))
    june, new_year = (day("2021-06-10"), day("2021-06-13")), (day("2019-12-31"), day("2020-01-01"))
    assert [first.year for first, _ in same_days(june, baseline)] == [2019, 2020]
    assert [first.year for first, _ in same_days(new_year, baseline)] == [2018, 2019]
    assert same_days((day("2020-02-29"), day("2020-03-02")), baseline)[0] == (day("2019-02-28"), day("2019-03-02"))


def test_only_the_days_that_are_needed_are_read(archive: ManyDaysArchive) -> None:
    anomaly_of(archive, "2021-01-02", "2021-01-02", window=1, baseline=Baseline(day("2018-01-01"), day("2019-12-31")))
    needed = {name_of(day(f"{year}-01-02")) for year in (2018, 2019, 2021)}
    assert set(archive.read_names) <= needed
    if archive.store is None:
        assert set(archive.read_names) == needed


def monthly(cube: Numbers, length: PeriodLength) -> Numbers:
    """Return the means of all months or years from the first to the last, (steps, rows, cols)."""
    steps = [
        (one.year - 2017) * 12 + one.month - 2 if length is PeriodLength.MONTH else one.year - 2017 for one in DATES
    ]
    means = []
    for step in range(max(steps) + 1):
        days = cube[np.array(steps) == step]
        counts = np.isfinite(days).sum(axis=0)
        means.append(np.where(counts, np.nansum(days, axis=0) / np.maximum(counts, 1), np.nan))
    return np.array(means)


FEWEST = {"month": 4, "year": 4}


@functools.lru_cache(None)
def trend_truth(length: str, seasonal: bool) -> tuple[Numbers, Numbers, Numbers]:
    """Return the means of the steps, and slope and p of those cells that have enough, by scipy, pymannkendall and plain loops."""
    cube = kept_cube(DATES)
    means = monthly(cube, PeriodLength(length))
    decades, enough = np.arange(len(means)) / (120 if length == "month" else 10), FEWEST[length]
    slope, p = (np.full(cube.shape[1:], np.nan) for _ in range(2))
    for row, col in np.ndindex(slope.shape):
        steps = means[:, row, col]
        there = np.isfinite(steps)
        if there.sum() >= enough and not seasonal:
            slope[row, col] = scipy.stats.theilslopes(steps[there], decades[there])[0]
            p[row, col] = pymannkendall.original_test(steps[there]).p
        elif there.sum() >= enough:
            pairs = [
                (steps[j] - steps[i]) / (decades[j] - decades[i])
                for i in range(there.size) for j in range(i + 1, there.size)
                if (j - i) % 12 == 0 and there[i] and there[j]
            ]  # fmt: skip
            slope[row, col] = np.median(pairs) if pairs else np.nan
            p[row, col] = pymannkendall.seasonal_test(steps, period=12).p if pairs else np.nan
    return means, slope, p


@pytest.mark.parametrize(("length", "seasonal"), [("month", False), ("month", True), ("year", False)])
def test_a_trend_is_that_of_scipy_and_pymannkendall(
    archive: ManyDaysArchive, cube: Numbers, length: str, seasonal: bool
) -> None:
    made = trend_of(archive, length=PeriodLength(length), seasonal=seasonal, min_steps=FEWEST[length])
    means, slope, p = trend_truth(length, seasonal)
    assert_close(made.kept, slope)
    assert_close(made.p, p)
    np.testing.assert_array_equal(made.steps[INSIDE], np.isfinite(means).sum(axis=0))
    at = np.argwhere(np.isfinite(slope))[5].tolist()
    record = series_trend(
        np.array(DATES, dtype="datetime64[D]"), cube[:, at[0], at[1]], PeriodLength(length), seasonal, 1, FEWEST[length]
    )
    assert made.kept[INSIDE][tuple(at)] == np.float32(record.slope)
    assert made.p[INSIDE][tuple(at)] == np.float32(record.p)


def test_means_of_few_values_and_trends_of_few_steps_are_left_out(archive: ManyDaysArchive, cube: Numbers) -> None:
    made = trend_of(archive, least=2, min_steps=6)
    steps = np.array([(one.year - 2017) * 12 + one.month for one in DATES])
    counts = np.array([np.isfinite(cube[steps == step]).sum(axis=0) for step in np.unique(steps)])
    np.testing.assert_array_equal(made.steps[INSIDE], (counts >= 2).sum(axis=0))
    np.testing.assert_array_equal(np.isfinite(made.kept[INSIDE]), (counts >= 2).sum(axis=0) >= 6)
    few = np.argwhere((made.steps > 0) & np.isnan(made.kept))[0]
    assert "too few" in made.explain(Cell(*few.tolist())) and made.explain(Cell(0, 0)) == "no kept value"


def test_a_trend_of_a_part_of_the_record_reads_and_counts_that_alone(archive: ManyDaysArchive, cube: Numbers) -> None:
    period = day("2018-01-02"), day("2020-12-31")
    archive.read_names.clear()
    made = trend_of(archive, period=period, min_steps=3)
    inside = [period[0] <= one <= period[1] for one in DATES]
    names = [name_of(one) for one in np.array(DATES)[inside]]
    assert [one.path.name for one in made.granules] == names and set(archive.read_names) <= set(names)
    assert made.counts.kept == np.isfinite(cube[inside]).sum()
    limited = trend_map(
        [one for one in archive.granules if period[0] <= one.date <= period[1]], archive.variable(), period,
        made.options, PROVIDER, archive.read,
    )  # fmt: skip
    for mine, theirs in zip((made.kept, made.p, made.steps), (limited.kept, limited.p, limited.steps)):
        np.testing.assert_array_equal(mine, theirs)


def test_months_that_the_archive_lacks_a_part_of_are_no_steps(
    archive: ManyDaysArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_steps = trend_of(archive, min_steps=3)
    monkeypatch.setattr(PeriodLength, "longest_gap", 26)
    made = trend_of(archive, min_steps=3)
    # Of February 23 days lack, of June 17; of January and December 29, of March 27.
    assert np.nanmax(all_steps.steps) > 8 >= np.nanmax(made.steps) > 4
    with pytest.raises(BadRequest, match=r"are 8 whole months.*A month counts where the archive lacks no more than 26"):
        trend_of(archive, min_steps=9)


def test_a_store_is_passed_over_where_few_of_its_days_are_wanted(
    archive: ManyDaysArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_records, "FILES_A_PASS", 4)
    few = len(DATES) // 4 - 3

    def read_of(count: int) -> int:
        archive.read_names.clear()
        composite(
            archive.granules[:count], archive.variable(), ALL, Statistic.MEDIAN, PROVIDER, archive.read,
            store=archive.store,
        )  # fmt: skip
        return len(archive.read_names)

    assert read_of(few) == few
    if archive.store is not None and archive.store.standing.is_current:
        assert read_of(len(DATES) // 2) == 1, "of files that are cuts one is read for its window"


def test_a_window_may_begin_before_the_archive_does(archive: ManyDaysArchive, cube: Numbers) -> None:
    made = anomaly_of(archive, "2017-02-20", "2017-02-26", least=1)
    days = cube[[day("2017-02-20") <= one <= day("2017-02-26") for one in DATES]]
    assert len(days) == 3 == made.window_files and made.window_days == 7
    counts = np.isfinite(days).sum(axis=0)
    assert_close(made.value, np.where(counts, np.nansum(days, axis=0) / np.maximum(counts, 1), np.nan))
    assert made.statistics.endswith("3 of 7 days of the window have a file")


def test_only_slopes_below_a_limit_of_p_are_shown_where_one_is_asked_for(archive: ManyDaysArchive) -> None:
    whole, limit = trend_of(archive), 0.4
    made = trend_of(archive, p_limit=limit)
    below = whole.p < limit
    assert 0 < np.count_nonzero(below) < np.count_nonzero(np.isfinite(whole.p)), "the limit divides these cells"
    np.testing.assert_array_equal(made.kept, np.where(below, whole.kept, np.nan).astype(np.float32))
    np.testing.assert_array_equal(made.p, whole.p)
    np.testing.assert_array_equal(made.steps, whole.steps)
    cells = np.count_nonzero(np.isfinite(whole.p))
    assert made.statistics.startswith(f"{np.count_nonzero(below):,} of {cells:,} cells with p < 0.4 · median ")
    assert made.what.endswith("p < 0.4") and made.options.key != whole.options.key
    above = Cell(*np.argwhere(whole.p >= limit)[0].tolist())
    assert made.explain(above).startswith("no trend with p < 0.4 · p 0.")
    assert "only slopes with p < 0.4" in dict(of_trend(made, archive.opened, "software").items())["significance"]


def test_maps_say_what_they_are_and_how_they_were_made(archive: ManyDaysArchive) -> None:
    trend = trend_of(archive, "VOD", seasonal=True)
    assert trend.variable.label == "Vegetation optical depth trend (per decade)" and trend.variable.id == "VOD-trend"
    assert [name for name, _ in trend.further_bands] == ["Mann–Kendall p", "steps"]
    said = dict(of_trend(trend, archive.opened, "software").items())
    assert "Hirsch" in said["method_citation_4"] and "same calendar months" in said["trend"] and "citation_1" in said
    assert (
        said["steps"].startswith("third band: steps used; no trend with fewer than 5")
        and said["period"] == f"{ALL[0]}/{ALL[1]}"
    )
    lower, there = dataclasses.replace(trend, p=trend.p / 10), np.isfinite(trend.p)
    share = np.count_nonzero(lower.p[there] < 0.05) / np.count_nonzero(there)
    assert 0 < share < 1 and f"per decade · {share:.0%} with p < 0.05 · " in lower.statistics
    assert said["units"] == "VOD-trend: per decade; VOD: –" and said["variable"].startswith("VOD-trend = ")
    day_of = anomaly_of(archive, "2020-02-29", "2020-02-29", method=ZSCORE)
    assert day_of.what == "Soil moisture z-score · 2020-02-29 against 2017–2021"
    said = dict(of_anomaly(day_of, archive.opened, "software").items())
    assert said["baseline"] == "2017-01-01/2021-12-31" and "31 days" in said["anomaly"] and said["date"] == "2020-02-29"
    shown = np.argwhere(np.isfinite(day_of.kept))[0].tolist()
    assert " against " in day_of.explain(Cell(*shown)) and "standard deviations" in day_of.explain(Cell(*shown))
    window = anomaly_of(archive, "2020-06-10", "2020-06-12", method=PERCENTILE)
    assert window.variable.label == "Soil moisture percentile (%)" and "years of" in window.explain(Cell(*shown))
    assert "each year" in dict(of_anomaly(window, archive.opened, "software").items())["anomaly"]


def test_what_has_no_meaning_is_refused_in_words(archive: ManyDaysArchive) -> None:
    for ask, said in (
        (lambda: anomaly_of(archive, "2020-02-29", "2020-02-29", "SF"), "no anomaly of scene flags"),
        (lambda: anomaly_of(archive, "2020-03-01", "2020-02-29"), "before it starts"),
        (lambda: anomaly_of(archive, "2019-02-28", "2020-02-28"), "longer than a year"),
        (lambda: anomaly_of(archive, "2020-02-29", "2020-02-29", window=30), "no day in its middle"),
        (lambda: anomaly_of(archive, "2020-02-29", "2020-02-29", window=1, least=2), "has 1 days with a file"),
        (lambda: anomaly_of(archive, "2020-06-10", "2020-06-12", least=5), "has 4 years with files"),
        (lambda: trend_of(archive, "SF"), "no trend of scene flags"),
        (lambda: trend_of(archive, length=PeriodLength.YEAR, seasonal=True), "no seasons"),
        (lambda: trend_of(archive, length=PeriodLength.YEAR, min_steps=6), "there are 5 whole years"),
        (lambda: trend_of(archive, period=(ALL[1], ALL[0])), "before it starts"),
        (lambda: trend_of(archive, p_limit=0.0), "p is to be below 0"),
        (lambda: trend_of(archive, p_limit=1.5), "p is to be below 1.5"),
    ):  # fmt: skip
        with pytest.raises(BadRequest, match=said):
            ask()
    with pytest.raises(NotInArchive, match="no granule from 2020-07-01; the archive has 2017-02-24 to 2021-01-02"):
        anomaly_of(archive, "2020-07-01", "2020-07-01")
    with pytest.raises(NotInArchive, match="no granule from 2001-01-01 to 2009-01-01"):
        trend_of(archive, period=(day("2001-01-01"), day("2009-01-01")))


def test_a_trend_that_is_cancelled_leaves_nothing(archive: ManyDaysArchive, small: Path) -> None:
    def progress(share: float, what: str) -> None:
        if share > 0.9:
            raise Cancelled

    with pytest.raises(Cancelled):
        trend_map(
            archive.granules, archive.variable(), ALL, TrendOptions(), PROVIDER, archive.read, progress, archive.store
        )
    assert not list(small.glob("smosib-*"))
