# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Composites, anomalies and trends as Processing runs them, against dense arrays of the same days; with and without a store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.cubes import INSIDE, kept_cube
from core.granules import every_day, name_of, write_days
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
)

from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.plugin.core.grid import M25KM

pymannkendall = pytest.importorskip("pymannkendall")
scipy = pytest.importorskip("scipy")
pytest.importorskip("scipy.stats")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, of cells without a value

Run = Callable[..., tuple[dict[str, Any], Any, str]]
# Three months of three years, a few days each.
PERIODS = [f"{year}-0{month}-10/{year}-0{month}-14" for year in (2018, 2019, 2020) for month in (5, 6, 7)]
DATES = every_day(*PERIODS)


@pytest.fixture(autouse=True)
def sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let five days of a month be enough."""
    monkeypatch.setattr(PeriodLength, "longest_gap", 30)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty-five small days."""
    folder = tmp_path_factory.mktemp("many") / "archive"
    write_days(folder, *PERIODS)
    return folder


@pytest.fixture(scope="module")
def cube() -> np.ndarray:
    """What is kept of them."""
    return kept_cube(DATES)


def bands(path: Path) -> list[np.ndarray]:
    """Return the bands of a GeoTIFF, checking where it lies and that nothing is outside of the cut."""
    data = gdal.Open(str(path))
    assert data.GetGeoTransform() == M25KM.geotransform and data.GetSpatialRef().GetAuthorityCode(None) == "6933"
    whole = [data.GetRasterBand(number).ReadAsArray() for number in range(1, data.RasterCount + 1)]
    assert all(np.count_nonzero(np.nan_to_num(one)) == np.count_nonzero(np.nan_to_num(one[INSIDE])) for one in whole)
    assert np.isnan(data.GetRasterBand(1).GetNoDataValue()) and data.GetRasterBand(1).DataType == gdal.GDT_Float32
    return [one[INSIDE] for one in whole]


def tags(path: Path) -> dict[str, str]:
    """Return a GeoTIFF's metadata."""
    return gdal.Open(str(path)).GetMetadata()


def names(path: Path) -> list[str]:
    """Return what a GeoTIFF calls its bands."""
    data = gdal.Open(str(path))
    return [data.GetRasterBand(number).GetDescription() for number in range(1, data.RasterCount + 1)]


STATISTICS = {
    "mean": np.nanmean,
    "median": np.nanmedian,
    "min": np.nanmin,
    "max": np.nanmax,
    "std": lambda days, axis: np.nanstd(days, axis=axis, ddof=1),
    "count": lambda days, axis: np.isfinite(days).sum(axis=axis),
}


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_composite_has_its_statistic_and_its_count(
    run: Run, archive: Path, cube: np.ndarray, tmp_path: Path, statistic: str
) -> None:
    output = tmp_path / "composite.tif"
    run(
        "composite", FOLDER=str(archive), VARIABLE="SM", START="2019-05-01", END="2019-06-30",
        STATISTIC=statistic, MIN_COUNT=2, OUTPUT=str(output),
    )  # fmt: skip
    days = cube[[one.year == 2019 and one.month < 7 for one in DATES]]
    counts = np.isfinite(days).sum(axis=0)
    kept, count = bands(output)
    np.testing.assert_allclose(kept, np.where(counts >= 2, STATISTICS[statistic](days, axis=0), np.nan), rtol=2e-6)
    np.testing.assert_array_equal(count, counts)
    said = tags(output)
    assert said["PERIOD"] == "2019-05-01/2019-06-30" and said["KEPT_SM"] == str(counts.sum())
    assert "CITATION_3" in said and "SF ≤ 1" in said["QUALITY_CONTROL"] and said["DAYS"].startswith("10 of 61 days")
    units = "days" if statistic == "count" else "m³ m⁻³"
    assert names(output)[0].endswith(f"({units})") and names(output)[1] == "count"


def test_defaults_make_a_mean_of_all_days(run: Run, archive: Path, cube: np.ndarray, tmp_path: Path) -> None:
    run("composite", FOLDER=str(archive), OUTPUT=str(tmp_path / "mean.tif"))
    np.testing.assert_allclose(bands(tmp_path / "mean.tif")[0], np.nanmean(cube, axis=0), rtol=2e-6)


def test_a_series_of_composites_has_a_map_for_each_month_that_has_files(
    run: Run, archive: Path, cube: np.ndarray, tmp_path: Path
) -> None:
    found, _, log = run(
        "compositeseries", FOLDER=str(archive), VARIABLE="SM", START="2019-04-01", END="2019-07-12",
        STATISTIC="max", OUTPUT_FOLDER=str(tmp_path / "maps"),
    )  # fmt: skip
    files = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert files == [f"SM_A_max_2019-0{month}.tif" for month in (5, 6, 7)] and found["FILES"] == 3
    assert "2019-04 has no file and no map" in log
    july = cube[[dt.date(2019, 7, 1) <= one <= dt.date(2019, 7, 12) for one in DATES]]
    np.testing.assert_allclose(bands(tmp_path / "maps" / files[-1])[0], np.nanmax(july, axis=0), rtol=2e-6)
    assert tags(tmp_path / "maps" / files[-1])["PERIOD"] == "2019-07-01/2019-07-12"
    found, _, _ = run("compositeseries", FOLDER=str(archive), STEP="year", OUTPUT_FOLDER=str(tmp_path / "years"))
    assert found["FILES"] == 3 and (tmp_path / "years" / "SM_A_mean_2018.tif").exists()


def test_a_month_of_damaged_files_is_passed_over(run: Run, tmp_path: Path) -> None:
    folder, maps = tmp_path / "archive", tmp_path / "maps"
    write_days(folder, "2020-01-01/2020-01-03", "2020-02-01/2020-02-02", "2020-03-01/2020-03-03")
    for day in (1, 2):
        bad = folder / name_of(dt.date(2020, 2, day))
        bad.write_bytes(bad.read_bytes()[:3000])
    found, _, log = run("compositeseries", FOLDER=str(folder), OUTPUT_FOLDER=str(maps))
    assert sorted(path.name for path in maps.iterdir()) == ["SM_A_mean_2020-01.tif", "SM_A_mean_2020-03.tif"]
    assert found["FILES"] == 2 and "2020-02 has no map" in log
    with pytest.raises(AssertionError, match="None of the 2 files from 2020-02-01 to 2020-02-29 can be read"):
        run("compositeseries", FOLDER=str(folder), OUTPUT_FOLDER=str(maps), START="2020-02-01", END="2020-02-29")


class Cancelling(QgsProcessingFeedback):
    """A feedback that cancels the run at some progress."""

    def __init__(self, at: float) -> None:
        super().__init__()
        self.progressChanged.connect(lambda done: self.cancel() if done >= at else None)


def run_cancelled(name: str, at: float, **parameters: Any) -> str:
    """Run an algorithm that is cancelled on the way; return what it says."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"smosib:{name}")
    feedback = Cancelling(at)
    _, worked = algorithm.run(parameters, QgsProcessingContext(), feedback)
    assert not worked
    return feedback.textLog()


def test_a_cancelled_series_keeps_finished_maps_and_says_so(run: Run, archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    log = run_cancelled("compositeseries", 60, FOLDER=str(archive), STEP="year", OUTPUT_FOLDER=str(folder))
    assert "1 finished maps stay, the last one is SM_A_mean_2018.tif" in log
    assert [path.name for path in folder.iterdir()] == ["SM_A_mean_2018.tif"]
    bands(folder / "SM_A_mean_2018.tif")


@pytest.mark.parametrize("name", ["composite", "anomalymap", "trendmap"])
def test_a_cancelled_map_leaves_nothing(run: Run, archive: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / "map.tif"
    assert "nothing was written" in run_cancelled(name, 30, FOLDER=str(archive), OUTPUT=str(output), MIN_COUNT=1)
    assert not list(tmp_path.rglob("*.tif*"))


@pytest.mark.parametrize("method", ["difference", "zscore", "percentile"])
def test_an_anomaly_map_is_that_of_numpy_and_scipy(
    run: Run, archive: Path, cube: np.ndarray, tmp_path: Path, method: str
) -> None:
    output = tmp_path / "anomaly.tif"
    run(
        "anomalymap", FOLDER=str(archive), START="2020-06-12", BASELINE_END="2019-12-31", METHOD=method,
        WINDOW=3, MIN_COUNT=2, OUTPUT=str(output),
    )  # fmt: skip
    value = cube[DATES.index(dt.date(2020, 6, 12))]
    sample = cube[[one.year < 2020 and one.month == 6 and 11 <= one.day <= 13 for one in DATES]]
    truth = np.full(value.shape, np.nan)
    for at in np.ndindex(value.shape):
        known = sample[(slice(None), *at)]
        known = known[np.isfinite(known)]
        if known.size >= 2 and np.isfinite(value[at]):
            truth[at] = {
                "difference": lambda x, y: x - y.mean(),
                "zscore": lambda x, y: (x - y.mean()) / y.std(ddof=1),
                "percentile": lambda x, y: scipy.stats.percentileofscore(y, x, kind="mean"),
            }[method](value[at], known)
    kept, count = bands(output)
    np.testing.assert_allclose(kept, truth, rtol=1e-5, atol=1e-7)
    assert np.isfinite(truth).sum() > 3
    np.testing.assert_array_equal(count, np.isfinite(sample).sum(axis=0))
    said = tags(output)
    assert (
        said["BASELINE"] == "2018-05-10/2019-12-31"
        and "3 days" in said["ANOMALY"]
        and "Paulik" in said["METHOD_CITATION_1"]
    )


@pytest.mark.parametrize("stored", [False, True])
def test_a_trend_map_has_slope_p_and_steps(
    run: Run, archive: Path, cube: np.ndarray, tmp_path: Path, stored: bool
) -> None:
    if stored:
        run("buildstore", FOLDER=str(archive))
    output = tmp_path / "trend.tif"
    run("trendmap", FOLDER=str(archive), VARIABLE="SM", MIN_COUNT=1, MIN_STEPS=4, OUTPUT=str(output))
    steps = np.array([(one.year - 2018) * 12 + one.month - 5 for one in DATES])
    slope, p, used = (np.full(cube.shape[1:], np.nan) for _ in range(3))
    for at in np.ndindex(slope.shape):
        series = cube[(slice(None), *at)]
        there = [step for step in np.unique(steps) if np.isfinite(series[steps == step]).any()]
        means = [np.nanmean(series[steps == step]) for step in there]
        used[at] = len(there)
        if len(there) >= 4:
            slope[at] = scipy.stats.theilslopes(means, np.array(there) / 120)[0]
            p[at] = pymannkendall.original_test(means).p
    for made, truth in zip(bands(output), (slope, p, used)):
        np.testing.assert_allclose(made, truth, rtol=1e-5, atol=1e-6)
    said = tags(output)
    assert "Sen, P. K. (1968)" in said["METHOD_CITATION_1"] and said["STEPS"].startswith(
        "third band: steps used; no trend with fewer than 4"
    )
    assert names(output) == ["Soil moisture trend (m³ m⁻³ per decade)", "Mann–Kendall p", "steps"]
    limit = float(np.nanmedian(p))
    run(
        "trendmap",
        FOLDER=str(archive),
        VARIABLE="SM",
        MIN_COUNT=1,
        MIN_STEPS=4,
        P_LIMIT=limit,
        OUTPUT=str(tmp_path / "below.tif"),
    )
    below = bands(tmp_path / "below.tif")
    np.testing.assert_allclose(below[0], np.where(p < limit, slope, np.nan), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(below[1], p, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("composite", {"START": "2021-01-01", "END": "2021-02-01"}, "no ascending granule from 2021-01-01.*2018-05-10"),
        ("composite", {"START": "2020-02-01", "END": "2019-02-01"}, "must not lie before the start"),
        ("composite", {"STATISTIC": "mode"}, "STATISTIC is 'mode'. Choose one of mean, median"),
        ("composite", {"VARIABLE": "SF"}, "no mean of scene flags"),
        ("composite", {"START": "yesterday"}, "YYYY-MM-DD"),
        ("compositeseries", {"START": "2021-01-01", "END": "2021-02-01"}, "no ascending granule"),
        ("compositeseries", {"STEP": "week"}, "STEP is 'week'"),
        ("anomalymap", {"START": "2020-06-12", "BASELINE_START": "2001-01-01", "BASELINE_END": "2002-01-01"}, "0 days with a file"),
        ("anomalymap", {"START": "2020-06-12", "WINDOW": 4}, "no day in its middle"),
        ("anomalymap", {"START": "2020-08-12"}, "no granule from 2020-08-12"),
        ("anomalymap", {"METHOD": "ratio"}, "METHOD is 'ratio'"),
        ("composite", {"STATISTIC": 1}, "STATISTIC is 1. Choose one of mean"),
        ("composite", {"QUALITY": "bogus"}, "QUALITY is 'bogus'. Choose one of provider, raw"),
        ("trendmap", {"P_LIMIT": "", "MIN_STEPS": 90}, "(?s)^(?!.*p is to be).*90"),
        ("trendmap", {"END": "2018-06-30"}, "there are 2 whole months"),
        ("trendmap", {"STEP": "year", "SEASONAL": True}, "no seasons"),
        ("trendmap", {"P_LIMIT": 0}, "p is to be below 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_said_and_nothing_is_written(
    run: Run, archive: Path, tmp_path: Path, name: str, changed: dict[str, Any], said: str
) -> None:
    asked = {"FOLDER": str(archive), "OUTPUT": str(tmp_path / "o" / "map.tif"), "OUTPUT_FOLDER": str(tmp_path / "o")}
    with pytest.raises(AssertionError, match=said):
        run(name, **{**asked, **changed})
    assert not list(tmp_path.rglob("*.tif*"))


def test_files_that_cannot_be_read_are_said_in_log_and_tags(run: Run, tmp_path: Path) -> None:
    write_days(tmp_path / "archive", "2020-05-01/2020-05-04")
    bad = tmp_path / "archive" / name_of(dt.date(2020, 5, 2))
    bad.write_bytes(bad.read_bytes()[:2000])
    for statistic in ("mean", "median"):
        output = tmp_path / f"{statistic}.tif"
        _, _, log = run("composite", FOLDER=str(tmp_path / "archive"), STATISTIC=statistic, OUTPUT=str(output))
        assert f"left out: {bad.name}" in log and bad.name in tags(output)["NOTE_1"]


@pytest.mark.parametrize(
    ("name", "more", "ends"),
    [
        ("anomalymap", {"METHOD": "percentile"}, (0, 100)),
        ("anomalymap", {}, None),
        ("trendmap", {}, None),
        ("composite", {"STATISTIC": "count"}, (0, int(np.isfinite(kept_cube(DATES)).sum(axis=0).max()))),
    ],
)
def test_a_loaded_map_has_a_look_that_suits_it(
    run: Run, archive: Path, tmp_path: Path, name: str, more: dict[str, Any], ends: tuple[float, float] | None
) -> None:
    output = str(tmp_path / "map.tif")
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"smosib:{name}")
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    details = QgsProcessingContext.LayerDetails("A map", QgsProject.instance(), "OUTPUT")
    context.addLayerToLoadOnCompletion(output, details)
    asked = {"FOLDER": str(archive), "OUTPUT": output, "MIN_COUNT": 1, "START": "2020-06-12", **more}
    if name != "anomalymap":
        del asked["START"]
    found, worked = algorithm.run(asked, context, feedback)
    assert worked, feedback.textLog()
    layer = QgsRasterLayer(found["OUTPUT"], "A map")
    context.layerToLoadOnCompletionDetails(output).postProcessor().postProcessLayer(layer, context, feedback)
    renderer = layer.renderer()
    low, high = renderer.classificationMin(), renderer.classificationMax()
    assert (low, high) == ends if ends else low == -high < 0
    assert layer.metadata().rights() and "kept_SM" in layer.metadata().abstract()
