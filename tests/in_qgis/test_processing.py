# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Processing algorithms, as the toolbox and qgis_process run them, against the core's own answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsVectorLayer,
)

from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.tables import COLUMNS

ROOT = Path(__file__).resolve().parents[2]


def _points(*places: tuple[float, float], crs: str = "EPSG:4326") -> QgsVectorLayer:
    layer = QgsVectorLayer(f"Point?crs={crs}", "points", "memory")
    for lon, lat in places:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(lon, lat)))
        layer.dataProvider().addFeature(feature)
    return layer


def _stored(folder: Path, day: str, orbit: str, name: str) -> np.ndarray:
    """What a demo file holds, turned by hand: these files have their southernmost row first."""
    (path,) = folder.rglob(f"*CDF3S{orbit}_{day.replace('-', '')}T*.nc")
    with netCDF4.Dataset(path) as file:
        return np.ma.filled(file[name][:], np.nan)[::-1]


def test_a_daily_map_is_the_file_under_quality_control(run, demo_folder, tmp_path):
    output = tmp_path / "map.tif"
    run("dailymap", FOLDER=str(demo_folder), VARIABLE="SM", ORBIT="A", DATE="2024-08-30", OUTPUT=str(output))
    sm, flags, rmse = (
        _stored(demo_folder, "2024-08-30", "A", name) for name in ("Soil_Moisture", "Scene_Flags", "RMSE")
    )
    with np.errstate(invalid="ignore"):
        truth = np.where((flags <= 1) & (rmse <= 8) & (sm >= 0) & (sm <= 1), sm, np.nan).astype(np.float32)
    data = gdal.Open(str(output))
    assert np.array_equal(data.ReadAsArray(), truth, equal_nan=True)
    assert data.GetGeoTransform() == M25KM.geotransform
    assert data.GetSpatialRef().GetAuthorityCode(None) == "6933"
    assert np.isnan(data.GetRasterBand(1).GetNoDataValue()) and data.GetRasterBand(1).DataType == gdal.GDT_Float32
    assert data.GetMetadata()["KEPT_SM"] == str(np.isfinite(truth).sum())


def test_raw_and_custom_thresholds(run, demo_folder, tmp_path):
    run(
        "dailymap",
        FOLDER=str(demo_folder),
        VARIABLE="VOD",
        ORBIT="D",
        DATE="2024-08-29",
        QUALITY="raw",
        OUTPUT=str(tmp_path / "raw.tif"),
    )
    vod, rmse = (_stored(demo_folder, "2024-08-29", "D", name) for name in ("Optical_Thickness_Nad", "RMSE"))
    assert np.array_equal(gdal.Open(str(tmp_path / "raw.tif")).ReadAsArray(), vod.astype(np.float32), equal_nan=True)
    run(
        "dailymap",
        FOLDER=str(demo_folder),
        VARIABLE="VOD",
        ORBIT="D",
        DATE="2024-08-29",
        MAX_SCENE_FLAG=15,
        MAX_RMSE=3.1,
        OUTPUT=str(tmp_path / "own.tif"),
    )
    kept = np.isfinite(gdal.Open(str(tmp_path / "own.tif")).ReadAsArray())
    assert np.array_equal(kept, np.float32(rmse) <= np.float32(3.1))


def test_a_point_series_has_the_contracts_columns_and_every_day(run, demo_folder):
    kept = np.isfinite(_stored(demo_folder, "2024-08-31", "A", "Soil_Moisture"))
    row, col = (int(index) for index in np.argwhere(kept)[len(np.argwhere(kept)) // 2])
    lon, lat = M25KM.centre(Cell(row, col))
    found, context, _ = run(
        "pointseries",
        FOLDER=str(demo_folder),
        VARIABLES="SM, RMSE",
        ORBIT="A",
        POINTS=_points((lon + 0.05, lat), (lon, lat)),
        OUTPUT="memory:",
    )
    table = context.getMapLayer(found["OUTPUT"])
    assert tuple(field.name() for field in table.fields()) == COLUMNS
    rows = [feature.attributes() for feature in table.getFeatures()]
    assert len(rows) == 2 * 3 * 2
    named = [dict(zip(COLUMNS, attributes)) for attributes in rows]
    assert [one["date"] for one in named if one["variable"] == "SM" and one["point"] == 1] == [
        "2024-08-29",
        "2024-08-30",
        "2024-08-31",
    ]
    last = next(one for one in named if one["date"] == "2024-08-31" and one["variable"] == "SM")
    assert (last["row"], last["col"], last["orbit"]) == (row, col, "A")
    assert last["lon"] == pytest.approx(lon + 0.05) and last["cell_lon"] == pytest.approx(lon, abs=1e-6)
    assert np.float32(last["raw"]) == np.float32(_stored(demo_folder, "2024-08-31", "A", "Soil_Moisture")[row, col])


def test_points_in_another_projection_fall_into_the_same_cells(run, demo_folder):
    x, y = M25KM.centre_xy(Cell(270, 720))
    found, context, _ = run(
        "pointseries",
        FOLDER=str(demo_folder),
        VARIABLES="SM",
        ORBIT="D",
        START="2024-08-30",
        END="2024-08-30",
        POINTS=_points((x, y), crs="EPSG:6933"),
        OUTPUT="memory:",
    )
    (feature,) = context.getMapLayer(found["OUTPUT"]).getFeatures()
    assert (feature["row"], feature["col"], feature["date"]) == (270, 720, "2024-08-30")


def test_a_table_in_a_file_has_its_provenance_beside_it(run, demo_folder, tmp_path):
    run(
        "pointseries",
        FOLDER=str(demo_folder),
        VARIABLES="SM",
        ORBIT="A",
        POINTS=_points((7, 7)),
        OUTPUT=str(tmp_path / "series.csv"),
    )
    assert (tmp_path / "series.csv").read_text("utf-8").splitlines()[0] == ",".join(COLUMNS)
    about = (tmp_path / "series.csv.provenance.txt").read_text("utf-8")
    assert "Synthetic" in about and "citation_3" in about and "SF ≤ 1" in about


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DATE": "2024-09-30"}, "the nearest is 2024-08-31"),
        ({"DATE": "30.08.2024"}, "YYYY-MM-DD"),
        ({"DATE": ""}, "DATE was not given"),
        ({"VARIABLE": "SNOW"}, "there is: SM, VOD, TBH, TBV, RMSE, SF"),
        ({"ORBIT": ""}, "ascending and descending"),
        ({"ORBIT": "X"}, "Orbits are A"),
        ({"FOLDER": "/nowhere at all"}, "not a folder"),
    ],
)
def test_a_request_that_cannot_be_met_says_what_there_is_and_writes_nothing(run, demo_folder, tmp_path, changed, said):
    asked = {
        "FOLDER": str(demo_folder),
        "VARIABLE": "SM",
        "ORBIT": "A",
        "DATE": "2024-08-30",
        "OUTPUT": str(tmp_path / "out" / "map.tif"),
        **changed,
    }
    with pytest.raises(AssertionError, match=said):
        run("dailymap", **asked)
    assert not list(tmp_path.rglob("*.tif")) and not list(tmp_path.rglob("*.part*"))


def test_points_outside_the_grid_and_empty_layers_are_refused(run, demo_folder, tmp_path):
    asked = {"FOLDER": str(demo_folder), "VARIABLES": "SM", "ORBIT": "A", "OUTPUT": str(tmp_path / "out.csv")}
    with pytest.raises(AssertionError, match="outside the grid"):
        run("pointseries", POINTS=_points((7, 7), (0, 88)), **asked)
    with pytest.raises(AssertionError, match="no point"):
        run("pointseries", POINTS=_points(), **asked)
    assert not (tmp_path / "out.csv").exists()


def test_an_archive_without_rmse_warns(run, demo_folder, tmp_path):
    folder = shutil.copytree(demo_folder / "ASC", tmp_path / "archive")
    for path in folder.rglob("*.nc"):
        with netCDF4.Dataset(path, "a") as file:
            file.renameVariable("RMSE", "Else")
            file["Else"].long_name = ""
    _, _, log = run("dailymap", FOLDER=str(folder), VARIABLE="SM", DATE="2024-08-30", OUTPUT=str(tmp_path / "m.tif"))
    assert "no RMSE layer" in log and "NOT applied" in log
    assert "RMSE" in gdal.Open(str(tmp_path / "m.tif")).GetMetadata()["QUALITY_CONTROL"].split("NOT APPLIED")[1]


def test_the_demo_archive_says_in_every_file_that_it_is_synthetic(run, tmp_path):
    found, _, _ = run("demoarchive", START="2020-02-29", END="2020-02-29", OUTPUT_FOLDER=str(tmp_path))
    files = list(tmp_path.rglob("*.nc"))
    assert len(files) == found["FILES"] == 2
    for path in files:
        with netCDF4.Dataset(path) as file:
            assert (
                "SYNTHETIC" in file.title
                and file["Soil_Moisture"].dtype == np.float64
                and file["Soil_Moisture"].filters()["zlib"]
            )
            assert file["Soil_Moisture"].shape == (584, 1388)


def test_qgis_process_runs_the_algorithms(demo_folder, tmp_path, qgis_process):
    output = tmp_path / "map.tif"
    told = qgis_process(
        "--json",
        "run",
        "smosib:dailymap",
        f"--FOLDER={demo_folder}",
        "--VARIABLE=SM",
        "--ORBIT=A",
        "--DATE=2024-08-30",
        f"--OUTPUT={output}",
    )
    assert json.loads(told[told.index("{") :])["results"]["OUTPUT"] == str(output)
    assert gdal.Open(str(output)).GetGeoTransform() == M25KM.geotransform


def test_a_table_in_memory_carries_its_provenance(run, demo_folder):
    found, context, _ = run(
        "pointseries",
        FOLDER=str(demo_folder),
        VARIABLES="SM",
        ORBIT="A",
        POINTS=_points((7, 7), (8, 8)),
        OUTPUT="memory:",
    )
    about = context.getMapLayer(found["OUTPUT"]).metadata()
    assert "cell: 2 cells" in about.abstract() and len(about.rights()) == 4
