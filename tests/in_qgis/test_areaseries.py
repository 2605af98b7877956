# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Polygons as areas, against QGIS's own geometry; and `smosib:areaseries` against means that numpy makes of the files."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
from typing import ClassVar

import netCDF4
import numpy as np
import pytest
from core.granules import COLS, ROWS, name_of, write_days
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)

from smos_ib_explorer.plugin.adapters.area_layer import MOST_AREAS, AreaShape, make_area, shapes_of_layer
from smos_ib_explorer.plugin.core.analysis import area_groups
from smos_ib_explorer.plugin.core.analysis.area_table import COLUMNS
from smos_ib_explorer.plugin.core.archive import no_progress
from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.grid import GRIDS, M25KM, Cell
from smos_ib_explorer.plugin.core.reader import Reader
from smos_ib_explorer.plugin.processing import areaseries
from smos_ib_explorer.plugin.processing.areaseries import AreaSeriesTable

CONTEXT = QgsCoordinateTransformContext()


def crs(code):
    return QgsCoordinateReferenceSystem(f"EPSG:{code}")


def area(wkt, code=4326, name="here", grid=M25KM):
    there = crs(code) if isinstance(code, int) else QgsCoordinateReferenceSystem(code)
    return make_area(AreaShape(1, name, QgsGeometry.fromWkt(wkt), there), grid, CONTEXT)


def square(row, col, rows=1, cols=1):
    """Return the rectangle of some cells in EPSG:6933."""
    west, north = M25KM.left + col * M25KM.cell, M25KM.top - row * M25KM.cell
    return QgsRectangle(west, north - rows * M25KM.cell, west + cols * M25KM.cell, north)


def layer_of(*wkts, code=4326, fields="&field=name:string"):
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:{code}{fields}", "polygons", "memory")
    for number, wkt in enumerate(wkts):
        feature = QgsFeature(layer.fields())
        if fields:
            feature.setAttributes([f"part {number}"])
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeature(feature)
    return layer


def test_weights_are_the_intersections_that_qgis_makes(qgis_app):
    wkt = (
        "MultiPolygon (((2.1 43.2, 9.7 44.1, 8.2 47.9, 4.4 46.2, 2.1 43.2),(5 45, 6 45.5, 6.5 44.8, 5 45)),"
        "((11 50, 11.4 50, 11.2 50.3, 11 50)))"
    )
    found = area(wkt)
    truth = QgsGeometry.fromWkt(wkt).densifyByDistance(0.02)
    truth.transform(QgsCoordinateTransform(crs(4326), crs(6933), CONTEXT))
    weights = {}
    rows = found.cells // M25KM.cols
    for row in range(rows.min() - 1, rows.max() + 2):
        for col in range(690, 745):
            part = QgsGeometry.fromRect(square(row, col)).intersection(truth).area() / M25KM.cell**2
            if part > 1e-5:
                weights[row * M25KM.cols + col] = part
    assert len(weights) > 250 and sum(weight == pytest.approx(1) for weight in weights.values()) > 150
    assert found.cells[found.weights > 1e-5].tolist() == sorted(weights)
    for cell, weight in zip(found.cells.tolist(), found.weights):
        assert weight == pytest.approx(weights.get(cell, 0), abs=2e-4)
    assert found.size_km2 == pytest.approx(truth.area() / 1e6, rel=1e-5)


def test_cells_of_the_grid_are_exact(qgis_app):
    found = area(QgsGeometry.fromRect(square(100, 700, 3, 2)).asWkt(3), 6933)
    assert found.cells.tolist() == [row * 1388 + col for row in (100, 101, 102) for col in (700, 701)]
    assert found.weights.tolist() == [1.0] * 6
    west = square(100, 700)
    half = QgsRectangle(west.xMinimum(), west.yMinimum(), west.center().x(), west.yMaximum())
    assert area(QgsGeometry.fromRect(half).asWkt(3), 6933).weights == pytest.approx([0.5], abs=1e-6)


def test_overlapping_parts_count_once_and_broken_rings_are_mended(qgis_app):
    one = area("Polygon ((10 40, 12 40, 12 42, 10 42, 10 40))")
    twice = area("MultiPolygon (((10 40, 11.5 40, 11.5 42, 10 42, 10 40)),((11 40, 12 40, 12 42, 11 42, 11 40)))")
    assert twice.cells.tolist() == one.cells.tolist() and twice.weights == pytest.approx(one.weights, abs=1e-9)
    clockwise = area("Polygon ((10 40, 10 42, 12 42, 12 40, 10 40))")
    assert clockwise.weights == pytest.approx(one.weights, abs=1e-9)
    with_height = area("PolygonZM ((10 40 5 1, 12 40 5 1, 12 42 5 1, 10 42 5 1, 10 40 5 1))")
    assert with_height.weights == pytest.approx(one.weights, abs=1e-12)
    bow_tie = area("Polygon ((10 40, 12 42, 12 40, 10 42, 10 40))")
    assert bow_tie.size_km2 == pytest.approx(one.size_km2 / 2, rel=0.01)
    curved = area("CurvePolygon (CircularString (10 40, 11 41, 12 40, 11 39, 10 40))")
    assert curved.size_km2 == pytest.approx(np.pi * 111.2 * 111.2 * np.cos(np.radians(40)), rel=0.01)
    straight = area("MultiSurface (CurvePolygon ((10 40, 12 40, 12 42, 10 42, 10 40)))")
    assert straight.weights == pytest.approx(one.weights, abs=1e-12)


def test_what_a_ring_goes_around_twice_counts_once(qgis_app):
    star = area("Polygon ((0 10, 5.88 -8.09, -9.51 3.09, 9.51 3.09, -5.88 -8.09, 0 10))")
    tips = "0 10, -2.245 3.09, -9.51 3.09, -3.633 -1.18, -5.878 -8.09, 0 -3.82, 5.878 -8.09, 3.633 -1.18, 9.51 3.09, 2.245 3.09, 0 10"
    assert star.size_km2 == pytest.approx(area(f"Polygon (({tips}))").size_km2, rel=0.001)
    # A ring that touches itself goes around what is outside, not around the hole that it makes.
    with_hole = area("Polygon ((0 0, 4 0, 4 4, 2 4, 3 2, 1 2, 2 4, 0 4, 0 0))")
    apart = area("Polygon ((0 0, 4 0, 4 4, 0 4, 0 0),(2 3.999, 3 2, 1 2, 2 3.999))")
    assert with_hole.size_km2 == pytest.approx(apart.size_km2, rel=0.001)


@pytest.mark.parametrize("code", [2065, 5513])  # Krovak's, with axes to the south and the west
def test_a_projection_may_be_a_mirror(code, qgis_app):
    there = QgsGeometry.fromWkt(
        "Polygon ((14 49, 16 49, 16 50, 14 50, 14 49),(15 49.3, 15.2 49.3, 15.2 49.5, 15 49.3))"
    )
    expected, there = area(there.asWkt()), there.densifyByDistance(0.02)
    there.transform(QgsCoordinateTransform(crs(4326), crs(code), CONTEXT))
    assert area(there.asWkt(4), code).size_km2 == pytest.approx(expected.size_km2, rel=1e-4)


def test_degrees_may_be_grads_from_paris(qgis_app):
    expected = area("Polygon ((2 45, 4 45, 4 46, 2 46, 2 45))")
    paris = QgsGeometry.fromWkt("Polygon ((2 45, 4 45, 4 46, 2 46, 2 45))")
    paris.transform(QgsCoordinateTransform(crs(4326), crs(4807), CONTEXT))
    assert area(paris.asWkt(9), 4807).size_km2 == pytest.approx(expected.size_km2, rel=1e-5)


def test_edges_are_straight_in_their_own_projection(qgis_app):
    wide = QgsGeometry.fromWkt(
        "Polygon ((-2000000 -3000000, 2000000 -3000000, 2000000 -2500000, -2000000 -2500000, -2000000 -3000000))"
    )
    found, dense = area(wide.asWkt(), 3413), area(wide.densifyByDistance(2_000).asWkt(3), 3413)
    assert found.cells[found.weights > 1e-3].tolist() == dense.cells[dense.weights > 1e-3].tolist()
    assert found.size_km2 == pytest.approx(dense.size_km2, rel=1e-5)


def test_what_lies_360_degrees_apart_counts_once(qgis_app):
    once = area("Polygon ((179 0, 179.1 0, 179.1 0.1, 179 0.1, 179 0))")
    parts = "((179 0, 179.1 0, 179.1 0.1, 179 0.1, 179 0)),((-181 0, -180.9 0, -180.9 0.1, -181 0.1, -181 0))"
    assert area(f"MultiPolygon ({parts})").weights == pytest.approx(once.weights, abs=1e-9)
    belt = area("Polygon ((-180 10, 180 10, 180 10.1, -180 10.1, -180 10))")
    twice = area("Polygon ((-360 10, 360 10, 360 10.1, -360 10.1, -360 10))")
    assert twice.weights == pytest.approx(belt.weights, abs=1e-9)


def test_both_poles_in_a_projection_that_shows_them(qgis_app):
    both, half = "PROJ:+proj=aeqd +lat_0=0 +lon_0=0 +ellps=WGS84", 10_001_000
    north, south = (QgsGeometry.fromPointXY(QgsPointXY(0, y)).buffer(2_000_000, 60) for y in (half, -half))
    found = area(QgsGeometry.collectGeometry([north, south]).asWkt(), both)
    alone = [area(one.asWkt(), both).size_km2 for one in (north, south)]
    assert found.size_km2 == pytest.approx(sum(alone), rel=1e-9) and min(alone) > 5e6
    disc = QgsGeometry.fromPointXY(QgsPointXY(0, 0)).buffer(15_000_000, 60)
    whole = M25KM.rows * M25KM.cols * (M25KM.cell / 1000) ** 2
    there = area(disc.asWkt(), both)
    assert 0.8 * whole < there.size_km2 < 0.9 * whole
    assert M25KM.cell_at(0, 0).row * M25KM.cols + M25KM.cell_at(0, 0).col in there.cells
    assert M25KM.cell_at(179.9, 0).row * M25KM.cols + M25KM.cell_at(179.9, 0).col not in there.cells


def test_one_place_in_five_projections_is_one_area(qgis_app):
    fiji = QgsGeometry.fromWkt("Polygon ((177 -19, 183 -19, 183 -15.5, 177 -15.5, 177 -19))")
    whole = area(fiji.asWkt())
    assert whole.cells.min() % 1388 == 0 and whole.cells.max() % 1388 == 1387
    moved = QgsGeometry(fiji)
    moved.translate(-360, 0)
    assert area(moved.asWkt()).weights == pytest.approx(whole.weights, abs=1e-9)
    for code in (3832, 3460, 3031, 3395):  # Pacific Mercator, Fiji, south polar, and a Mercator that ends there
        there = fiji.densifyByDistance(0.05)
        if code == 3395:
            there = QgsGeometry.unaryUnion([_clipped(there, 0), _clipped(there, -360)])
        there.transform(QgsCoordinateTransform(crs(4326), crs(code), CONTEXT))
        found = area(there.asWkt(4), code)
        assert found.cells[found.weights > 1e-4].tolist() == whole.cells[whole.weights > 1e-4].tolist()
        assert found.size_km2 == pytest.approx(whole.size_km2, rel=1e-4), code


def _clipped(geometry, by):
    moved = QgsGeometry(geometry)
    moved.translate(by, 0)
    return moved.intersection(QgsGeometry.fromRect(QgsRectangle(-180, -90, 180, 90)))


def test_a_polygon_around_a_pole(qgis_app):
    circle = QgsGeometry.fromWkt("Point (0 0)").buffer(1_500_000, 60)
    for code, row in ((3413, 0), (3031, 583)):
        found = area(circle.asWkt(), code)
        assert (found.cells // 1388 == row).sum() == 1388 and found.weights.min() > 0
        assert found.weights[found.cells // 1388 == row].tolist() == [1.0] * 1388
        rows = np.unique(found.cells // 1388)
        assert rows.size < 40 and abs(rows - row).max() == rows.size - 1
    ring = circle.difference(QgsGeometry.fromWkt("Point (0 0)").buffer(1_000_000, 60))
    assert (area(ring.asWkt(), 3413).cells // 1388).min() == 2  # 81° north


@pytest.mark.parametrize(
    ("wkt", "code", "said"),
    [
        ("Polygon ((0 86, 5 86, 5 88, 0 88, 0 86))", 4326, "Here lies outside the grid"),
        ("Polygon ((0 0, 1 1, 2 2, 0 0))", 4326, "no area"),
        ("Polygon EMPTY", 4326, "has no polygon"),
        ("LineString (0 0, 1 1)", 4326, "has no polygon"),
        ("Polygon ((0 0, 1 0, 1 1, 0 0))", 999999, "Set that of its layer, or that of the project"),
        (
            "Polygon ((-300000 -300000, 300000 -300000, 300000 300000, -300000 -300000))",
            4326,
            "is no longitude and lat",
        ),
        (
            "Polygon ((14 49, 16 49, 16 500, 14 500, 14 49))",
            4326,
            "reaches to 16, 500, .* set the coordinate reference",
        ),
        ("Polygon ((0 0, 9e9 0, 9e9 9e9, 0 0))", 32632, "no longitude and latitude"),
    ],
)
def test_what_is_no_area_is_refused_with_a_sentence(wkt, code, said, qgis_app):
    with pytest.raises(BadRequest, match=said):
        area(wkt, code, "Here")


def test_a_corner_without_coordinates_is_refused_with_a_sentence(qgis_app):
    geometry = QgsGeometry.fromPolygonXY([[QgsPointXY(0, 0), QgsPointXY(1, 0), QgsPointXY(float("nan"), 1)]])
    with pytest.raises(BadRequest, match="a corner has no coordinates"):
        make_area(AreaShape(1, "here", geometry, crs(4326)), M25KM, CONTEXT)


def test_the_hint_tells_where_the_grid_ends(qgis_app):
    with pytest.raises(BadRequest, match=r"to ±67\.06° latitude"):
        area("Polygon ((0 80, 1 80, 1 81, 0 80))", grid=GRIDS[-1])


def test_shapes_of_a_layer_have_its_names_and_follow_the_selection(qgis_app):
    boxes = [f"Polygon (({x} 0, {x + 1} 0, {x + 1} 1, {x} 0))" for x in range(4)]
    layer = layer_of(*boxes)
    assert [shape.name for shape in shapes_of_layer(layer)] == [f"part {number}" for number in range(4)]
    layer.setDisplayExpression("'no ' || upper(name)")
    layer.selectByIds([4, 2])
    assert [(shape.id, shape.name) for shape in shapes_of_layer(layer)] == [(2, "no PART 1"), (4, "no PART 3")]
    layer.setDisplayExpression("NULL")
    assert [shape.name for shape in shapes_of_layer(layer)] == ["Area 2", "Area 4"]
    many = layer_of(*boxes[:1] * (MOST_AREAS + 1))
    for wrong, said in ((many, "At most 50"), (layer_of(), "no polygon"), (None, "No polygon layer")):
        with pytest.raises(BadRequest, match=said):
            shapes_of_layer(wrong)
    many.selectByIds([7])
    assert len(shapes_of_layer(many)) == 1


# --- The algorithm ---


def _kept(folder, day, name="Soil_Moisture", highest=1.0):
    (path,) = folder.rglob(f"*CDF3SA_{day.replace('-', '')}T*.nc")
    with netCDF4.Dataset(path) as file:
        value, flags, rmse = (np.ma.filled(file[one][:], np.nan)[::-1] for one in (name, "Scene_Flags", "RMSE"))
    with np.errstate(invalid="ignore"):
        return np.where((flags <= 1) & (rmse <= 8) & (value >= 0) & (value <= highest), value, np.nan).astype("f4")


def test_the_algorithm_is_the_weighted_mean_of_the_maps(run, demo_folder, tmp_path):
    cells = [Cell(row, col) for row in (150, 151) for col in (700, 701, 702)]
    box = square(150, 700, 2, 3)
    half = QgsRectangle(box.xMinimum() + M25KM.cell / 2, box.yMinimum(), box.xMaximum(), box.yMaximum())
    outside = QgsGeometry.fromRect(square(300, 10))
    layer = layer_of(QgsGeometry.fromRect(half).asWkt(3), outside.asWkt(3), code=6933)
    output = tmp_path / "table.csv"
    run(
        "areaseries",
        FOLDER=str(demo_folder),
        VARIABLES="SM,VOD",
        ORBIT="A",
        AREAS=layer,
        START="2024-08-30",
        MIN_COUNT=4,
        OUTPUT=str(output),
    )
    table = QgsVectorLayer(str(output), "table", "ogr")
    assert tuple(field.name() for field in table.fields()) == COLUMNS
    rows = [dict(zip(COLUMNS, feature.attributes())) for feature in table.getFeatures()]
    assert [(str(row["area"]), row["date"], row["variable"]) for row in rows] == [
        (area, day, name) for area in ("1", "2") for day in ("2024-08-30", "2024-08-31") for name in ("SM", "VOD")
    ]
    told = 0
    for row in rows[:4]:
        name, highest = ("Soil_Moisture", 1) if row["variable"] == "SM" else ("Optical_Thickness_Nad", 2)
        kept = _kept(demo_folder, row["date"], name, highest)
        values = np.array([kept[cell.row, cell.col] for cell in cells], dtype=float)
        weights = np.array([0.5, 1, 1] * 2)
        good = np.isfinite(values)
        assert int(row["kept_cells"]) == good.sum() and int(row["area_cells"]) == 6 and row["orbit"] == "A"
        assert float(row["weight"]) == pytest.approx(weights[good].sum(), abs=1e-6)
        if good.sum() < 4:
            assert not row["mean"] and not row["std"]
            continue
        told += 1
        mean = np.average(values[good], weights=weights[good])
        assert float(row["mean"]) == pytest.approx(mean, rel=1e-6)
        spread = np.sqrt(np.average((values[good] - mean) ** 2, weights=weights[good]))
        assert float(row["std"]) == pytest.approx(spread, rel=1e-5)
    assert told
    beside = (tmp_path / "table.csv.provenance.txt").read_text("utf-8")
    for said in (
        "equal-area",
        "Area 1: 6 cells",
        "fewer than 4 kept cells",
        "RMSE ≤ 8 K",
        "citation_3",
        "note: Synthetic",
    ):
        assert said in beside


def test_the_algorithm_refuses_without_leaving_anything(run, demo_folder, tmp_path):
    output = tmp_path / "table.csv"
    asked = {"FOLDER": str(demo_folder), "ORBIT": "A", "OUTPUT": str(output)}
    north = layer_of("Polygon ((0 86, 5 86, 5 88, 0 88, 0 86))")
    for wrong, said in (
        ({"AREAS": north}, "Area 1 lies outside the grid"),
        ({"AREAS": layer_of()}, "no polygon"),
        ({"AREAS": north, "START": "2024-09-01", "END": "2024-08-01"}, "must not lie before"),
        ({"AREAS": layer_of("Polygon ((0 0, 1 0, 1 1, 0 0))"), "START": "2031-01-01"}, "no granule between"),
    ):
        with pytest.raises(AssertionError, match=said):
            run("areaseries", **asked, **wrong)
    assert list(tmp_path.glob("table*")) == []


def test_a_table_in_memory_tells_where_it_comes_from(run, demo_folder):
    bow_tie = layer_of("Polygon ((10 20, 12 22, 12 20, 10 22, 10 20))")
    found, context, _ = run("areaseries", FOLDER=str(demo_folder), ORBIT="D", AREAS=bow_tie, OUTPUT="memory:")
    table = context.getMapLayer(found["OUTPUT"])
    assert table.featureCount() == 3 * 2
    about = table.metadata().abstract()
    assert "equal-area" in about and "quality_control: SF ≤ 1" in about and len(table.metadata().rights()) == 4


def test_selected_features_and_unsound_ones_are_taken(qgis_app, run, demo_folder, tmp_path):
    bow_tie = "Polygon ((10 20, 12 22, 12 20, 10 22, 10 20))"
    layer = layer_of("Polygon ((0 0, 1 0, 1 1, 0 0))", bow_tie)
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([2])
    wanted = {
        "FOLDER": str(demo_folder),
        "ORBIT": "A",
        "VARIABLES": "SM",
        "AREAS": QgsProcessingFeatureSourceDefinition(layer.id(), selectedFeaturesOnly=True),
        "OUTPUT": str(tmp_path / "table.csv"),
    }
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    context.setInvalidGeometryCheck(
        QgsFeatureRequest.InvalidGeometryCheck.GeometryAbortOnInvalid
    )  # as the toolbox has it
    feedback = QgsProcessingFeedback()
    _, worked = AreaSeriesTable().create().run(wanted, context, feedback)
    assert worked, feedback.textLog()
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    assert [row["area"] for row in rows] == ["2"] * 3


def test_what_was_left_out_and_not_applied_is_said(run, tmp_path):
    folder = tmp_path / "archive"
    write_days(folder, "2020-01-01/2020-01-05", without=("RMSE", "Scene_Flags"))
    bad = folder / name_of(dt.date(2020, 1, 2))
    bad.write_bytes(bad.read_bytes()[:4000])
    inside = layer_of(QgsGeometry.fromRect(square(ROWS[0], COLS[0], 3, 3)).asWkt(3), code=6933)
    wanted = {"FOLDER": str(folder), "VARIABLES": "SM", "AREAS": inside, "OUTPUT": str(tmp_path / "table.csv")}
    _, _, told = run("areaseries", **wanted)
    assert f"{bad.name}: " in told and "criterion was NOT applied" in told
    with pytest.raises(AssertionError, match="None of the files in this period can be read"):
        run("areaseries", **wanted, START="2020-01-02", END="2020-01-02")


def test_what_has_no_mean_or_no_place_is_refused_before_reading(run, demo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(Reader, "values", None)  # whoever reads fails
    here = layer_of("Polygon ((10 20, 12 20, 12 22, 10 20))")
    asked = {"FOLDER": str(demo_folder), "ORBIT": "A", "AREAS": here}
    for wrong, said in (
        ({"VARIABLES": "SM,SF", "OUTPUT": "memory:"}, "no mean of scene flags: their values are sums of bits"),
        ({"OUTPUT": str(tmp_path / "nowhere" / "table.csv")}, "nowhere/table.csv cannot be written"),
        ({"OUTPUT": str(tmp_path)}, "cannot be written"),
        ({"QUALITY": "bogus", "OUTPUT": "memory:"}, "QUALITY is 'bogus'. Choose one of provider, raw"),
        ({"QUALITY": 1, "OUTPUT": "memory:"}, "QUALITY is 1"),
    ):
        with pytest.raises(AssertionError, match=said):
            run("areaseries", **asked, **wrong)


def test_large_ids_and_groups_of_areas(run, demo_folder, tmp_path, monkeypatch):
    here = '{"type": "Polygon", "coordinates": [[[10, 20], [12, 20], [12, 22], [10, 20]]]}'
    features = (
        f'{{"type": "Feature", "id": {one}, "properties": {{}}, "geometry": {here}}}' for one in (7, 3_000_000_000)
    )
    (tmp_path / "a.geojson").write_text(f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}')
    asked = {"FOLDER": str(demo_folder), "ORBIT": "A", "VARIABLES": "SM", "AREAS": str(tmp_path / "a.geojson")}
    tables = []
    for name in ("once", "groups"):
        run("areaseries", **asked, OUTPUT=str(tmp_path / f"{name}.csv"))
        beside = (tmp_path / f"{name}.csv.provenance.txt").read_text("utf-8")
        tables.append(
            ((tmp_path / f"{name}.csv").read_text(), [one for one in beside.splitlines() if "time" not in one])
        )
        monkeypatch.setattr(area_groups.area_series_in_groups, "__defaults__", (None, None, no_progress, None, 1))
    assert tables[0] == tables[1] and tables[0][0].count("3000000000") == 3


@pytest.mark.parametrize("name", ["table.csv", "table.shp", "table.dbf", "table.tab", "table.gpkg"])
@pytest.mark.parametrize("error", [MemoryError, None])
def test_what_ends_a_table_half_way_leaves_nothing(error, name, qgis_app, demo_folder, tmp_path, monkeypatch):
    feedback, whole = QgsProcessingFeedback(), areaseries.area_rows

    def rows(*how):
        for number, row in enumerate(whole(*how)):
            if number == 2:
                feedback.cancel()
                if error is not None:
                    raise error
            yield row

    monkeypatch.setattr(areaseries, "area_rows", rows)
    wanted = {
        "FOLDER": str(demo_folder),
        "ORBIT": "A",
        "AREAS": layer_of("Polygon ((10 20, 12 20, 12 22, 10 20))"),
        "OUTPUT": str(tmp_path / name),
    }
    with contextlib.suppress(MemoryError):
        _, worked = AreaSeriesTable().create().run(wanted, QgsProcessingContext(), feedback)
        assert not worked and (error or "Cancelled; nothing was written" in feedback.textLog())
    assert list(tmp_path.glob("table*")) == []


def test_progress_only_grows(qgis_app, demo_folder):
    class Noting(QgsProcessingFeedback):
        """A feedback that keeps what it is told."""

        told: ClassVar[list[float]] = []

        def setProgress(self, share):
            self.told.append(share)

    feedback = Noting()
    here = layer_of("Polygon ((10 20, 12 20, 12 22, 10 20))")
    wanted = {"FOLDER": str(demo_folder), "ORBIT": "A", "AREAS": here, "OUTPUT": "memory:"}
    _, worked = AreaSeriesTable().create().run(wanted, QgsProcessingContext(), feedback)
    assert worked and feedback.told == sorted(feedback.told) and feedback.told[-1] == 100


def test_qgis_process_makes_the_table(demo_folder, tmp_path, qgis_process):
    here = '{"type": "Polygon", "coordinates": [[[10, 20], [12, 20], [12, 22], [10, 20]]]}'
    (tmp_path / "a.geojson").write_text(here)
    output = tmp_path / "table.csv"
    qgis_process(
        "run",
        "smosib:areaseries",
        f"--FOLDER={demo_folder}",
        "--ORBIT=A",
        f"--AREAS={tmp_path / 'a.geojson'}",
        f"--OUTPUT={output}",
    )
    assert len(list(csv.DictReader(output.open()))) == 3 * 2


def test_a_cancelled_run_writes_nothing(qgis_app, demo_folder, tmp_path):
    class Stopped(QgsProcessingFeedback):
        """A feedback whose user stops the run once it reads."""

        def setProgress(self, share):
            if share > 30:
                self.cancel()

    wanted = {
        "FOLDER": str(demo_folder),
        "ORBIT": "A",
        "AREAS": layer_of("Polygon ((10 20, 12 20, 12 22, 10 20))"),
        "OUTPUT": str(tmp_path / "table.csv"),
    }
    feedback = Stopped()
    _, worked = AreaSeriesTable().create().run(wanted, QgsProcessingContext(), feedback)
    assert not worked and "Cancelled; nothing was written" in feedback.textLog()
    assert list(tmp_path.glob("table*")) == []
