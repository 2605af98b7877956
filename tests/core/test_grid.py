# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""EASE-Grid 2.0 against sources that are independent of this project, and against a projection written out again here."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from core.dialects import grid_named
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.grid import GRIDS, M25KM, Cell, EaseGrid, grid_of_shape
from smos_ib_explorer.plugin.core.projection import lonlat_to_xy, xy_to_lonlat

# grid, row and column (from the north and west, from 0), lon, lat, half of the last decimal given (degrees), source.
REFERENCE_POINTS = [
    ("EASE2_M25km", 0, 0, -179.870317, 83.517136, "NSIDC EASE-Grid 2.0 definition (first cell centre)"),
    ("EASE2_M25km", 583, 0, -179.8703155517578, -83.51713562011719, "CATDS L3 file coordinates"),
    ("EASE2_M25km", 0, 1387, 179.8703155517578, 83.51713562011719, "CATDS L3 file coordinates"),
    ("EASE2_M25km", 425, 1237, 140.9654, -27.17044, "SMOS-IC image (public reader test)"),
    ("EASE2_M25km", 355, 458, -61.08069, -12.55398, "SMOS-IC image (public reader test)"),
    ("EASE2_M25km", 469, 973, 72.4928, -37.35189, "SMOS L4 image (public reader test)"),
    ("EASE2_M25km", 416, 1236, 140.7061, -25.20802, "SMOS L4 image (public reader test)"),
    ("EASE2_M25km", 150, 285, -105.9510086, 28.9435427, "SMOS L2 on EASE2 (public reader test)"),
    ("EASE2_M25km", 179, 762, 17.766571044921875, 22.638275146484375, "CATDS L3 file coordinates"),
    ("EASE2_M36km", 0, 0, -179.813278008299, 83.631975278951, "NSIDC EASE2_M36km coordinate files"),
    ("EASE2_M36km", 50, 528, 17.365144729614258, 48.57916259765625, "public EASE-Grid converter test"),
    ("EASE2_M09km", 1124, 1184, -69.4139, -22.6355, "public EASE-Grid converter test"),
]
# NSIDC's grid parameter definitions: cell (m), columns, rows, upper-left outer corner (m), first centre (degrees).
DEFINITIONS = [
    ("EASE2_M25km", 25025.26, 1388, 584, -17367530.44, 7307375.92, -179.870317, 83.517136),
    ("EASE2_M36km", 36032.220840584, 964, 406, -17367530.4451615, 7314540.8306386, -179.813278, 83.631975),
    ("EASE2_M12.5km", 12512.63, 2776, 1168, -17367530.44, 7307375.92, -179.935158, 83.960887),
    ("EASE2_M09km", 9008.055210146, 3856, 1624, -17367530.4451615, 7314540.8306386, -179.953320, 84.656419),
    ("EASE2_M03km", 3002.6850700487, 11568, 4872, -17367530.4451615, 7314540.8306386, -179.984440, 84.911902),
    ("EASE2_T25km", 25025.26, 1388, 540, -17367530.44, 6756820.20, -179.870317, None),
]
LATITUDE_LIMIT = 84.439790

grids = st.sampled_from(GRIDS)


@st.composite
def grids_and_cells(draw: st.DrawFn) -> tuple[EaseGrid, Cell]:
    grid = draw(grids)
    return grid, Cell(draw(st.integers(0, grid.rows - 1)), draw(st.integers(0, grid.cols - 1)))


def closed_form(lon: float, lat: float) -> tuple[float, float]:
    """Lambert's cylindrical equal-area projection on WGS 84, true at 30° (Snyder 1987, equations 10-13 to 10-15)."""
    a, f = 6378137.0, 1 / 298.257223563
    e2 = f * (2 - f)
    e = math.sqrt(e2)
    k0 = math.cos(math.radians(30)) / math.sqrt(1 - e2 * math.sin(math.radians(30)) ** 2)
    sine = math.sin(math.radians(lat))
    q = (1 - e2) * (sine / (1 - e2 * sine**2) - math.log((1 - e * sine) / (1 + e * sine)) / (2 * e))
    return a * k0 * math.radians(lon), a * q / (2 * k0)


@pytest.mark.parametrize(("name", "row", "col", "lon", "lat", "source"), REFERENCE_POINTS)
def test_reference_points(name: str, row: int, col: int, lon: float, lat: float, source: str) -> None:
    grid = grid_named(name)
    assert grid is not None
    assert grid.cell_at(lon, lat) == Cell(row, col)
    # All of them are cell centres, given to four decimals or more.
    assert grid.centre(Cell(row, col)) == (pytest.approx(lon, abs=1e-4), pytest.approx(lat, abs=1e-4))


@pytest.mark.parametrize(("name", "cell", "cols", "rows", "left", "top", "lon", "lat"), DEFINITIONS)
def test_definitions(
    name: str, cell: float, cols: int, rows: int, left: float, top: float, lon: float, lat: float | None
) -> None:
    grid = grid_named(name)
    assert grid is not None
    assert grid.geotransform == (left, cell, 0.0, top, 0.0, -cell)
    assert grid.shape == (rows, cols)
    assert grid.epsg == 6933
    centre = grid.centre(Cell(0, 0))
    assert centre[0] == pytest.approx(lon, abs=2e-6)
    if lat is not None:
        assert centre[1] == pytest.approx(lat, abs=2e-6)


def test_every_grid_is_defined_here() -> None:
    assert [grid.name for grid in GRIDS] == [name for name, *_ in DEFINITIONS]
    assert GRIDS[0] is M25KM


def test_the_tropical_grid_is_a_part_of_the_global_one() -> None:
    tropical = grid_named("EASE2_T25km")
    assert tropical is not None
    for row in (0, 270, 539):
        x, y = tropical.centre_xy(Cell(row, 7))
        assert M25KM.centre_xy(Cell(row + 22, 7)) == (pytest.approx(x, abs=1e-6), pytest.approx(y, abs=1e-6))


def test_outer_edges() -> None:
    west, south, east, north = M25KM.extent
    assert (west, north) == (-17367530.44, 7307375.92)
    assert (east, south) == (pytest.approx(17367530.44, abs=1e-6), pytest.approx(-7307375.92, abs=1e-6))
    assert xy_to_lonlat(0, north)[1] == pytest.approx(LATITUDE_LIMIT, abs=1e-6)
    assert xy_to_lonlat(0, south)[1] == pytest.approx(-LATITUDE_LIMIT, abs=1e-6)
    assert xy_to_lonlat(east, 0)[0] == pytest.approx(180, abs=1e-6)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_corners_and_antimeridian(grid: EaseGrid) -> None:
    last = grid.cols - 1
    equator = grid.cell_at(0.0001, -0.0001)
    assert equator is not None
    assert grid.cell_at(-180.0, -0.0001) == Cell(equator.row, 0)
    assert grid.cell_at(180.0, -0.0001) == Cell(equator.row, last)
    assert grid.cell_at(179.9999, -0.0001) == Cell(equator.row, last)
    assert grid.cell_at(-179.9999, -0.0001) == Cell(equator.row, 0)
    assert grid.cell_at(190.0, -0.0001) == grid.cell_at(-170.0, -0.0001)
    assert grid.cell_at(-190.0, -0.0001) == grid.cell_at(170.0, -0.0001)
    west, south, east, north = grid.extent
    assert grid.cell_at_xy(west, north) == Cell(0, 0)
    assert grid.cell_at_xy(east, north) == Cell(0, last)
    assert grid.cell_at_xy(west, south) == Cell(grid.rows - 1, 0)
    assert grid.cell_at_xy(east, south) == Cell(grid.rows - 1, last)


def test_the_first_and_the_last_column_meet_at_the_antimeridian() -> None:
    longitudes = M25KM.longitudes()
    assert longitudes[0] + 360 - longitudes[-1] == pytest.approx(360 / 1388, abs=2e-7)  # 11 mm
    assert np.ptp(np.diff(longitudes)) < 1e-9
    assert np.diff(longitudes).mean() == pytest.approx(0.25936599, abs=1e-8)


def test_latitudes_are_not_regular() -> None:
    latitudes = M25KM.latitudes()
    steps = -np.diff(latitudes)
    assert steps.min() == pytest.approx(0.196, abs=5e-4)
    at_45 = steps[np.argmin(np.abs(latitudes - 45))]
    assert at_45 == pytest.approx(0.274, abs=2e-3)
    assert steps[0] == pytest.approx(steps.max()) == pytest.approx(1.534, abs=5e-4)
    np.testing.assert_allclose(latitudes, -latitudes[::-1], atol=1e-9)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (0.0, 84.43980),
        (0.0, -84.43980),
        (0.0, 90.0),
        (0.0, -90.0),
        (0.0, 91.0),
        (math.nan, 0.0),
        (0.0, math.nan),
        (math.inf, 0.0),
        (-math.inf, 0.0),
        (0.0, math.inf),
        (math.nan, math.nan),
    ],
)
def test_points_outside(lon: float, lat: float) -> None:
    assert M25KM.cell_at(lon, lat) is None
    rows, cols = M25KM.cells_at([lon, 10.0], [lat, 10.0])
    assert (rows[0], cols[0]) == (-1, -1)
    assert rows[1] >= 0 and cols[1] >= 0


@pytest.mark.parametrize("lat", [84.43978, -84.43978])
def test_points_just_inside(lat: float) -> None:
    cell = M25KM.cell_at(12.3, lat)
    assert cell is not None
    assert cell.row == (0 if lat > 0 else 583)


@pytest.mark.parametrize(
    ("x", "y"), [(17367531.0, 0.0), (-17367531.0, 0.0), (0.0, 7307377.0), (math.nan, 0.0), (0.0, math.inf)]
)
def test_metres_outside(x: float, y: float) -> None:
    assert M25KM.cell_at_xy(x, y) is None


def test_many_points_keep_their_shape() -> None:
    rows, cols = M25KM.cells_at(np.zeros((3, 4)), np.full((3, 4), 10.0))
    assert rows.shape == cols.shape == (3, 4)
    assert len({*rows.ravel()}) == len({*cols.ravel()}) == 1


def test_a_cell_is_in_its_grid() -> None:
    assert Cell(583, 1387) in M25KM
    for cell in (Cell(584, 0), Cell(0, 1388), Cell(-1, 0), Cell(0, -1), (0, 0)):
        assert cell not in M25KM


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_the_projection_is_the_closed_form(lon: float, lat: float) -> None:
    x, y = lonlat_to_xy(lon, lat)
    wanted = closed_form(lon, lat)
    if abs(lon) < 180:
        assert float(x) == pytest.approx(wanted[0], abs=1e-3)
    assert float(y) == pytest.approx(wanted[1], abs=1e-3)


@given(grids, st.floats(-179.9999, 179.9999), st.floats(-84.4, 84.4))
def test_the_cell_follows_from_the_closed_form(grid: EaseGrid, lon: float, lat: float) -> None:
    x, y = closed_form(lon, lat)
    col, row = (x - grid.left) / grid.cell, (grid.top - y) / grid.cell
    if min(col % 1, 1 - col % 1, row % 1, 1 - row % 1) < 1e-6:
        return  # within centimetres of an edge
    inside = 0 <= row < grid.rows
    assert grid.cell_at(lon, lat) == (Cell(math.floor(row), math.floor(col)) if inside else None)


@given(grids_and_cells())
def test_the_centre_of_a_cell_is_in_it(place: tuple[EaseGrid, Cell]) -> None:
    grid, cell = place
    assert grid.cell_at(*grid.centre(cell)) == cell
    assert grid.cell_at_xy(*grid.centre_xy(cell)) == cell
    x, y = closed_form(*grid.centre(cell))
    assert grid.centre_xy(cell) == (pytest.approx(x, abs=0.01), pytest.approx(y, abs=0.01))


@given(grids_and_cells(), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_any_point_within_the_outline_is_in_the_cell(place: tuple[EaseGrid, Cell], across: float, down: float) -> None:
    grid, cell = place
    outline = grid.outline_xy(cell)
    (west, south), (east, north) = outline.min(axis=0), outline.max(axis=0)
    x, y = west + across * (east - west), north - down * (north - south)
    assert grid.cell_at_xy(x, y) == cell
    assert grid.cell_at(*map(float, xy_to_lonlat(x, y))) == cell


@given(grids_and_cells())
def test_a_metre_from_each_edge(place: tuple[EaseGrid, Cell]) -> None:
    grid, cell = place
    x, y = grid.centre_xy(cell)
    reach = grid.cell / 2
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        inside = grid.cell_at_xy(x + dx * (reach - 1), y + dy * (reach - 1))
        outside = grid.cell_at_xy(x + dx * (reach + 1), y + dy * (reach + 1))
        neighbour = Cell(cell.row - dy, cell.col + dx)
        assert inside == cell
        assert outside == (neighbour if neighbour in grid else None)


@given(grids, st.lists(st.tuples(st.floats(-540, 540), st.floats(-95, 95)), min_size=1, max_size=8))
def test_many_points_at_once_are_the_points_one_by_one(grid: EaseGrid, places: list[tuple[float, float]]) -> None:
    rows, cols = grid.cells_at(*np.array(places).T)
    one_by_one = [grid.cell_at(*place) or Cell(-1, -1) for place in places]
    assert [Cell(int(row), int(col)) for row, col in zip(rows, cols)] == one_by_one
    for cell, (lon, lat) in zip(one_by_one, places):
        if cell.row >= 0:  # the point lies within the outline, on whichever side of the antimeridian it was given
            x, y = lonlat_to_xy(lon, lat)
            (west, south), (east, north) = grid.outline_xy(cell).min(axis=0), grid.outline_xy(cell).max(axis=0)
            assert west - 0.2 <= float(x) <= east + 0.2 and south - 0.2 <= float(y) <= north + 0.2


@given(grids_and_cells(), st.integers(1, 12))
def test_the_outline_is_closed_clockwise_and_the_cell_s_size(place: tuple[EaseGrid, Cell], steps: int) -> None:
    grid, cell = place
    outline = grid.outline_xy(cell, steps)
    assert outline.shape == (4 * steps + 1, 2)
    np.testing.assert_array_equal(outline[0], outline[-1])
    np.testing.assert_allclose(
        outline[0], (grid.left + cell.col * grid.cell, grid.top - cell.row * grid.cell), atol=1e-6
    )
    x, y = (outline - outline[0]).T
    area = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)
    assert area == pytest.approx(-(grid.cell**2), rel=1e-6)
    np.testing.assert_allclose(np.hypot(*np.diff(outline, axis=0).T), grid.cell / steps, rtol=1e-6)


def test_neighbours_share_an_edge() -> None:
    here, east, south = (M25KM.outline_xy(cell) for cell in (Cell(200, 300), Cell(200, 301), Cell(201, 300)))
    assert here[:, 0].max() == pytest.approx(east[:, 0].min(), abs=1e-6)
    assert here[:, 1].min() == pytest.approx(south[:, 1].max(), abs=1e-6)


def test_every_cell_has_the_same_area_on_earth() -> None:
    # Equal area: 626.26 km², here from the band of the ellipsoid between two parallels.
    q = [closed_form(0, float(xy_to_lonlat(0, M25KM.top - row * M25KM.cell)[1]))[1] for row in (0, 1, 291, 292)]
    assert q[0] - q[1] == pytest.approx(q[2] - q[3], rel=1e-6)
    assert M25KM.cell**2 / 1e6 == pytest.approx(626.26, abs=0.01)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_the_shape_tells_the_grid(grid: EaseGrid) -> None:
    assert grid_of_shape(grid.shape) == (grid, False)
    assert grid_of_shape(grid.shape[::-1]) == (grid, True)
    assert grid_of_shape((grid.rows, grid.cols + 1)) is None


# --- Mistakes that others made (ease-grid.md): each gives another cell than the right grid does. ---

AUSTRALIA = (140.9654, -27.17044, Cell(425, 1237))


def test_mistake_a_cell_of_25000_m() -> None:
    wrong = dataclasses.replace(M25KM, cell=25000.0)
    lon, lat, cell = AUSTRALIA
    assert M25KM.cell_at(lon, lat) == cell
    assert wrong.cell_at(lon, lat) != cell
    # 25.26 m more a row: over the whole grid 14.7 km, over its columns 35 km.
    assert M25KM.centre_xy(Cell(583, 0))[1] == pytest.approx(7307375.92 - 583.5 * 25025.26, abs=1e-6)
    assert abs(M25KM.centre_xy(Cell(0, 1387))[0] - wrong.centre_xy(Cell(0, 1387))[0]) == pytest.approx(35048, abs=1)
    assert M25KM.cell_at(179.9, -84.4) == Cell(583, 1387)


def test_mistake_the_first_centre_taken_for_the_corner() -> None:
    x, y = lonlat_to_xy(-179.870317, 83.517136)
    left, _, _, top, _, _ = M25KM.geotransform
    assert (float(x) - left, top - float(y)) == (pytest.approx(12512.63, abs=0.2), pytest.approx(12512.63, abs=0.2))
    wrong = dataclasses.replace(M25KM, left=float(x), top=float(y))
    assert wrong.cell_at(*M25KM.centre(Cell(300, 300))) != M25KM.cell_at(*M25KM.centre(Cell(300, 301)))
    assert M25KM.cell_at_xy(left + 1, top - 1) == Cell(0, 0)
    assert wrong.cell_at_xy(left + 1, top - 1) is None


def test_mistake_regular_latitudes() -> None:
    centres = np.linspace(83.517136, -83.517136, 584)
    assert np.abs(M25KM.latitudes() - centres).max() == pytest.approx(14.4, abs=0.1)
    cell = M25KM.cell_at(10.0, 45.0)
    assert cell is not None
    assert abs(cell.row - int(np.argmin(np.abs(centres - 45.0)))) > 40


def test_mistake_the_sphere_of_the_old_ease_grid() -> None:
    # EPSG:3410: a sphere of 6,371,228 m.
    radius, k0 = 6371228.0, math.cos(math.radians(30))
    old = (radius * k0 * math.radians(140.9654), radius * math.sin(math.radians(-27.17044)) / k0)
    x, y = map(float, lonlat_to_xy(140.9654, -27.17044))
    assert (abs(x - old[0]), abs(y - old[1])) == (pytest.approx(26_000, abs=500), pytest.approx(18_500, abs=500))
    assert M25KM.cell_at_xy(*old) != M25KM.cell_at(140.9654, -27.17044)


def test_mistake_the_old_cell_of_25067_m() -> None:
    wrong = dataclasses.replace(M25KM, cell=25067.525)
    off = wrong.centre_xy(Cell(0, 1387))[0] - M25KM.centre_xy(Cell(0, 1387))[0]
    assert off == pytest.approx(58_600, abs=100)


def test_mistake_the_cell_before_the_correction_of_2014() -> None:
    # 25025.2600081 m brings the left edge back as longitude +180: with 25025.26 m it stays inside of ±180.
    west, _, east, _ = M25KM.extent
    lon, _ = xy_to_lonlat([west, east], [0.0, 0.0])
    assert -180 < lon[0] < -179.9999 and 179.9999 < lon[1] < 180
    assert M25KM.cell == 25025.26


def test_the_last_row_and_column_are_where_they_belong() -> None:
    lon, lat = M25KM.centre(Cell(583, 1387))
    assert (lon, lat) == (pytest.approx(179.870317, abs=1e-6), pytest.approx(-83.517136, abs=1e-6))
    assert M25KM.cell_at(lon, lat) == Cell(583, 1387)
    assert M25KM.cell_at(lon + 0.12, lat - 0.7) == Cell(583, 1387)


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=20),
)
def test_the_projection_is_the_one_of_pyproj(places: list[tuple[float, float]]) -> None:
    pyproj = pytest.importorskip("pyproj")
    reference = pyproj.Proj("+proj=cea +lat_ts=30 +lon_0=0 +x_0=0 +y_0=0 +ellps=WGS84 +units=m")
    lon, lat = np.array(places).T
    x, y = lonlat_to_xy(lon, lat)
    expected_x, expected_y = reference(lon, lat)
    assert np.allclose(x, expected_x, rtol=0, atol=1e-6)
    assert np.allclose(y, expected_y, rtol=0, atol=1e-6)
    back_lon, back_lat = xy_to_lonlat(x, y)
    assert np.allclose(back_lon, lon, rtol=0, atol=1e-9)
    on_the_grid = np.abs(lat) < 85  # a pole is one line of the projection, where a metre is worth many digits
    assert np.allclose(back_lat[on_the_grid], lat[on_the_grid], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("lon", "lat"), [(math.nan, 0), (0, math.nan), (math.inf, 0), (0, 90.001), (0, -100)])
def test_no_place_on_earth_is_infinitely_far(lon: float, lat: float) -> None:
    assert np.isinf(lonlat_to_xy(lon, lat)).all()
    assert np.isinf(xy_to_lonlat(1.8e7, 0)).all() and np.isinf(xy_to_lonlat(0, 7.4e6)).all()
