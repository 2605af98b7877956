# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of archives of tests/core/conformance.py through Processing and through the dock, against the same truth."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from core.conformance import ARCHIVES, DAY, Archive
from core.dialects import Numbers, degrees, grid_named
from core.products_table import DAYS, PRODUCT_FILES, values_of
from in_qgis.waiting import let_events_pass, wait_for
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRaster,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor

from smos_ib_explorer.plugin.core.grid import Cell, EaseGrid

# Without coordinates the true land decides where an array lies, and these continents are invented.
PLACED = [one for one in ARCHIVES if one.dialect.coordinates != "none"]
REASONS = {1: "no_retrieval", 2: "scene_flag", 4: "rmse", 8: "range"}


@pytest.mark.parametrize("archive", PLACED[::5], ids=str)
def test_a_daily_map_is_the_truth(archive: Archive, run, tmp_path: Path) -> None:
    archive.write(tmp_path / "archive")
    for number, role in enumerate(("SM", "VOD")):
        orbit = archive.orbits[number % len(archive.orbits)]
        output = tmp_path / f"{role}.tif"
        asked = {"FOLDER": str(tmp_path / "archive"), "VARIABLE": role, "ORBIT": orbit.strip(), "DATE": "2015-05-05"}
        run("dailymap", **asked, OUTPUT=str(output))
        truth = kept(archive, role, orbit)
        data = gdal.Open(str(output))
        grid = archive.grid
        assert data.GetGeoTransform() == (grid.left, grid.cell, 0.0, grid.top, 0.0, -grid.cell)
        assert data.GetSpatialRef().GetAuthorityCode(None) == "6933"
        np.testing.assert_array_equal(data.ReadAsArray(), truth)
        assert math.isnan(data.GetRasterBand(1).GetNoDataValue())
        about = data.GetMetadata()
        assert about[f"KEPT_{role}"] == str(int(np.isfinite(truth).sum()))
        assert about["QUALITY_CONTROL"].startswith("SF ≤ 1, RMSE ≤ 8 K, valid range")
        assert "2015-05-05" in str(about.values())


@pytest.mark.parametrize("archive", PLACED[2::9], ids=str)
def test_a_point_series_is_the_truth(archive: Archive, run, tmp_path: Path) -> None:
    archive.write(tmp_path)
    cells, orbit = telling_cells(archive), archive.orbits[-1]
    points = QgsVectorLayer("Point?crs=EPSG:4326", "points", "memory")
    for cell in cells:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*place_of(archive.grid, cell))))
        points.dataProvider().addFeature(feature)
    asked = {"FOLDER": str(tmp_path), "VARIABLES": "SM,VOD", "ORBIT": orbit.strip(), "POINTS": points}
    found, context, _ = run("pointseries", **asked, OUTPUT="memory:")
    table = context.getMapLayer(found["OUTPUT"])
    rows = {(one["row"], one["col"], one["variable"]): one for one in table.getFeatures()}
    assert set(rows) == {(cell.row, cell.col, role) for cell in cells for role in ("SM", "VOD")}
    truth = archive.truth(orbit)
    for (row, col, role), one in rows.items():
        reason = int(archive.reasons(role, orbit)[row, col])
        assert one["date"] == f"{DAY[:4]}-{DAY[4:6]}-{DAY[6:]}"
        raw = truth[role][row, col]
        same(one["raw"], raw)
        same(one["kept"], raw if reason == 0 else np.float32(np.nan))
        assert (one["rejection"] or "") == "+".join(word for bit, word in REASONS.items() if reason & bit)
        assert (one["cell_lon"], one["cell_lat"]) == pytest.approx(place_of(archive.grid, Cell(row, col)), abs=1e-6)


@pytest.mark.parametrize("archive", PLACED[4::16], ids=str)
def test_the_live_layer_is_the_truth_everywhere(archive: Archive, open_folder, tmp_path: Path) -> None:
    archive.write(tmp_path / "archive")
    layer = open_folder(tmp_path / "archive").live.layer()
    orbit = archive.orbits[0]
    truth, grid = kept(archive, "SM", orbit), archive.grid
    check_extent(layer, grid)
    to_grid = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateReferenceSystem("EPSG:6933"), QgsProject.instance()
    )
    corners = [Cell(row, col) for row in (0, grid.rows - 1) for col in (0, grid.cols - 1)]
    for cell in (*telling_cells(archive), *corners):
        in_metres = QgsPointXY(grid.left + (cell.col + 0.5) * grid.cell, grid.top - (cell.row + 0.5) * grid.cell)
        for place in (in_metres, to_grid.transform(QgsPointXY(*place_of(grid, cell)))):
            value, there = layer.dataProvider().sample(place, 1)
            told = layer.dataProvider().identify(place, QgsRaster.IdentifyFormat.IdentifyFormatValue).results()[1]
            wanted = truth[cell.row, cell.col]
            assert there == bool(np.isfinite(wanted))
            assert (told is not None) == there
            if there:
                assert np.float32(value) == wanted == np.float32(told)


@pytest.mark.parametrize("name", ["SMOS-IC V105", "SMAP-IB", "CATDS L3", "MATLAB's way"])
def test_a_product_is_drawn_where_it_has_retrievals(name: str, open_folder, tmp_path: Path) -> None:
    files = PRODUCT_FILES[name]
    files.write(tmp_path / "archive")
    explorer = open_folder(tmp_path / "archive")
    wait_for(explorer.session.day_ready, lambda: explorer.dock.form.smosibQualityPreset.setCurrentIndex(2))
    let_events_pass()
    layer, grid = explorer.live.layer(), grid_named(files.grid)
    orbit = explorer.session.shown.recipe.orbit.value
    assert explorer.session.shown.recipe.date == DAYS[-1]
    check_extent(layer, grid)
    truth = values_of("SM", grid, DAYS[-1], orbit)
    drawn = picture(layer, grid.cols, grid.rows)
    low, high = np.unravel_index([np.nanargmin(truth), np.nanargmax(truth)], truth.shape), np.isfinite(truth)
    (dry_row, wet_row), (dry_col, wet_col) = low
    step = 5
    found = [
        [QColor(drawn.pixelColor(col, row)).alpha() > 0 for col in range(0, grid.cols, step)]
        for row in range(0, grid.rows, step)
    ]
    assert (np.array(found) == high[::step, ::step]).all()
    assert drawn.pixelColor(int(dry_col), int(dry_row)) != drawn.pixelColor(int(wet_col), int(wet_row))


def kept(archive: Archive, role: str, orbit: str) -> Numbers:
    """What the provider's criteria keep, (rows, cols) float32."""
    return np.where(archive.reasons(role, orbit) == 0, archive.truth(orbit)[role], np.float32(np.nan))


def telling_cells(archive: Archive) -> list[Cell]:
    """Corners and edges of what the files hold, some cells inside, and the neighbours of the corners outside."""
    rows, cols = archive.window.rows.tolist(), archive.window.cols.tolist()
    cells = [Cell(row, col) for row in (rows[0], rows[-1]) for col in (cols[0], cols[-1], cols[len(cols) // 2])]
    cells += [Cell(rows[(number * 5) % len(rows)], cols[(number * 17) % len(cols)]) for number in range(1, 12)]
    beside = [(rows[0] - 1, cols[0]), (rows[-1] + 1, cols[-1]), (rows[0], (cols[0] - 1) % archive.grid.cols)]
    cells += [Cell(*one) for one in beside if Cell(*one) in archive.grid]
    return list(dict.fromkeys(cells))


def place_of(grid: EaseGrid, cell: Cell) -> tuple[float, float]:
    """Longitude and latitude of a cell's centre by the tests' own projection."""
    x, y = grid.left + (cell.col + 0.5) * grid.cell, grid.top - (cell.row + 0.5) * grid.cell
    lats, lons = degrees(np.array([x]), np.array([y]))
    return float(lons[0]), float(lats[0])


def same(written: object, wanted: np.float32) -> None:
    """A table writes the shortest number that means the same float32, and NULL for none."""
    assert np.float32(written) == wanted if isinstance(written, (int, float)) else np.isnan(wanted)


def check_extent(layer, grid: EaseGrid) -> None:
    box = layer.extent()
    edges = (box.xMinimum(), box.yMaximum(), box.xMaximum(), box.yMinimum())
    wanted = (grid.left, grid.top, grid.left + grid.cols * grid.cell, grid.top - grid.rows * grid.cell)
    assert edges == pytest.approx(wanted, abs=0.001)
    assert layer.crs().authid() == "EPSG:6933" and (layer.width(), layer.height()) == (grid.cols, grid.rows)


def picture(layer, width: int, height: int):
    """The layer drawn alone, a pixel a cell."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(width, height))
    settings.setBackgroundColor(QColor(Qt.GlobalColor.transparent))
    job = QgsMapRendererParallelJob(settings)
    wait_for(job.finished, job.start)
    return job.renderedImage()
