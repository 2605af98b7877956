# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The share of each cell inside a polygon, against cases by hand and against counting points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.analysis import coverage as module
from smos_ib_explorer.plugin.core.analysis.coverage import coverage
from smos_ib_explorer.plugin.core.grid import GRIDS, M25KM, EaseGrid
from smos_ib_explorer.plugin.core.projection import xy_to_lonlat


def ring(*places: tuple[float, float], grid: EaseGrid = M25KM) -> np.ndarray:
    """Return a ring through places given as column and row, anticlockwise or clockwise as they are."""
    col, row = np.array(places, dtype=float).T
    _, lat = xy_to_lonlat(np.full(row.size, 0.0), grid.top - row * grid.cell)
    return np.column_stack([col / grid.cols * 360 - 180, lat])


def box(west: float, north: float, east: float, south: float) -> np.ndarray:
    """Return a rectangle, anticlockwise."""
    return ring((west, north), (west, south), (east, south), (east, north))


def shares(
    *rings: np.ndarray, others: Sequence[Sequence[np.ndarray]] = (), grid: EaseGrid = M25KM
) -> dict[tuple[int, int], float]:
    """Return the shares of a polygon and others by column and row."""
    cells, weights = coverage([rings, *others], grid)
    assert cells.dtype == np.int32 and (np.diff(cells) > 0).all()
    assert ((weights > 0) & (weights <= 1)).all()
    return {(int(cell % grid.cols), int(cell // grid.cols)): float(weight) for cell, weight in zip(cells, weights)}


def test_whole_half_and_quarter_cells() -> None:
    assert shares(box(700, 100, 702, 101)) == {(700, 100): 1.0, (701, 100): 1.0}
    found = shares(box(700.5, 100.5, 702, 102))
    assert found == pytest.approx({(700, 100): 0.25, (701, 100): 0.5, (700, 101): 0.5, (701, 101): 1.0}, abs=1e-7)


def test_a_triangle_a_hole_and_two_parts() -> None:
    triangle = ring((700, 100), (700, 102), (702, 102))
    assert shares(triangle) == pytest.approx({(700, 100): 0.5, (700, 101): 1.0, (701, 101): 0.5}, abs=1e-6)
    hole = box(700.25, 101.25, 700.75, 101.75)[::-1]
    assert shares(triangle, hole)[700, 101] == pytest.approx(0.75, abs=1e-7)
    assert shares(box(10, 10, 11, 11), box(1300, 500, 1301, 501)) == {(10, 10): 1.0, (1300, 500): 1.0}


def test_a_polygon_much_smaller_than_a_cell_is_there_whole() -> None:
    assert shares(box(700.5, 100.5, 700.501, 100.502)) == pytest.approx({(700, 100): 2e-6}, rel=1e-5)
    across = shares(box(699.9999, 100.5, 700.0001, 100.5001))
    assert across == pytest.approx({(699, 100): 1e-8, (700, 100): 1e-8}, rel=1e-3)
    assert shares(ring((700, 100), (701, 101))) == {} == shares(ring((3.5, 7), (3.5, 9), (3.5, 8)))


def test_across_the_antimeridian_either_way_on() -> None:
    there = {(col, 100): 1.0 for col in (1386, 1387, 0, 1)}
    assert shares(box(1386, 100, 1390, 101)) == there
    assert shares(box(-2, 100, 2, 101)) == there
    half = shares(box(1387.5, 100, 1388.5, 101))
    assert half == pytest.approx({(1387, 100): 0.5, (0, 100): 0.5}, abs=1e-6)


def test_around_a_pole_and_around_the_world() -> None:
    east = np.linspace(0, 1388, 200) + 300.3
    cap = [(col, 3.5) for col in east]
    found = shares(ring(*cap))
    assert len(found) == 4 * 1388 and sum(found.values()) == pytest.approx(3.5 * 1388)
    assert found[17, 0] == 1.0 and found[300, 3] == pytest.approx(0.5, abs=1e-5)
    south = shares(ring(*[(col, 580.5) for col in east[::-1]]))
    assert sum(south.values()) == pytest.approx(3.5 * 1388) and {row for _, row in south} == {580, 581, 582, 583}
    belt = shares(ring(*[(col, 3.5) for col in east]), ring(*[(col, 1.5) for col in east[::-1]]))
    assert {row for _, row in belt} == {1, 2, 3} and belt[5, 2] == 1.0
    assert len(shares(np.array([[-180.0, -90], [180, -90], [180, 90], [-180, 90]]))) == 584 * 1388


def test_both_poles_in_two_polygons_or_in_one() -> None:
    east = np.linspace(0, 1388, 200) + 300.3
    north, south = ring(*[(col, 3.5) for col in east]), ring(*[(col, 580.5) for col in east[::-1]])
    found = shares(north, others=[[south]])
    assert {row for _, row in found} == {0, 1, 2, 3, 580, 581, 582, 583}
    assert sum(found.values()) == pytest.approx(7 * 1388) and found == shares(south, others=[[north]])
    all_but_a_cell = shares(box(700, 100, 701, 101)[::-1])
    assert len(all_but_a_cell) == 584 * 1388 - 1 and (700, 100) not in all_but_a_cell


def test_no_more_than_its_part_of_the_grid_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    count = np.bincount
    monkeypatch.setattr(np, "bincount", lambda *how: (sizes.append(how[2]), count(*how))[1])
    shares(box(700.5, 100.5, 702, 102))
    assert len(sizes) == 2 and max(sizes) <= 9, "with the cells that begin at its edges, which rounding may reach"


def test_what_lies_beyond_the_grid_is_left_out() -> None:
    top = np.array([[0.0, 84.0], [10, 84], [10, 90], [0, 90]])
    found = shares(top)
    assert {row for _, row in found} == {0} and found[700, 0] < 1
    assert shares(np.array([[0.0, 86.0], [10, 86], [10, 89], [0, 89]])) == {}


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_every_grid_and_every_strip_of_it(grid: EaseGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    places = ring((3.5, 7.5), (3.5, 21.5), (25.5, 21.5), (25.5, 7.5), grid=grid)
    whole = shares(places, grid=grid)
    assert sum(whole.values()) == pytest.approx(22 * 14)
    monkeypatch.setattr(module, "_BAND_CELLS", 3 * grid.cols)
    assert shares(places, grid=grid) == whole


@settings(max_examples=25)
@given(
    corners=st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=3, max_size=9, unique=True),
    at=st.sampled_from([(700, 300), (1385, 5), (0, 579)]),
)
@example(corners=[(0, 0), (0, 5), (5, 5), (5, 0)], at=(700, 300))
def test_a_star_is_as_counting_points_finds(corners: list[tuple[float, float]], at: tuple[int, int]) -> None:
    places = np.array(corners)
    middle = places.mean(axis=0)
    angle = np.arctan2(*(places - middle).T)
    places = places[np.argsort(angle, kind="stable")]  # rows count southwards: this is anticlockwise on the map
    found = shares(ring(*(places + at)))
    x, y = np.meshgrid(*[(np.arange(300) + 0.5) / 60] * 2)
    inside = np.zeros(x.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(places, np.roll(places, -1, axis=0)):
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    counted = inside.reshape(5, 60, 5, 60).mean(axis=(1, 3))
    for row in range(5):
        for col in range(5):
            assert found.get(((col + at[0]) % 1388, row + at[1]), 0.0) == pytest.approx(counted[row, col], abs=0.06)
    # And exactly, all together (the shoelace formula).
    x, y = places.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert sum(found.values()) == pytest.approx(area, abs=1e-5)
