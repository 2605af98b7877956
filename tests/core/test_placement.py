# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever part of the grid an array holds, whichever way it lies: its places and the grid's cells lead to each other."""

from __future__ import annotations

import numpy as np
from core.dialects import degrees
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.placement import Placement, place_by_coordinates


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    """Any window of the 25 km grid, also across the antimeridian, in any direction, transposed or not."""
    north, west = draw(st.integers(0, M25KM.rows - 1)), draw(st.integers(0, M25KM.cols - 1))
    rows = np.arange(north, draw(st.integers(north, min(north + 30, M25KM.rows - 1))) + 1)
    cols = np.arange(west, west + draw(st.integers(1, 40))) % M25KM.cols
    rows, cols = (line[:: draw(st.sampled_from([1, -1]))] for line in (rows, cols))
    return Placement(M25KM, rows, cols, draw(st.booleans()), None)


@given(placements(), st.data())
def test_places_and_cells_are_each_others_inverse(placement: Placement, data: st.DataObject) -> None:
    places = np.arange(placement.rows.size * placement.cols.size)
    cells = placement.cells_of(places)
    np.testing.assert_array_equal(placement.places_of(cells), places)
    assert np.unique(cells).size == cells.size
    shape = placement.rows.size, placement.cols.size
    shape = shape[::-1] if placement.transposed else shape
    some = data.draw(st.integers(0, places.size - 1))
    assert placement.index_of(Cell(*map(int, divmod(int(cells[some]), M25KM.cols)))) == np.unravel_index(some, shape)


@given(placements())
def test_the_whole_map_has_each_number_in_the_cell_of_its_place(placement: Placement) -> None:
    numbers = np.arange(placement.rows.size * placement.cols.size, dtype=np.float32)
    shape = (placement.rows.size, placement.cols.size)
    whole = placement.to_grid(numbers.reshape(shape[::-1] if placement.transposed else shape))
    np.testing.assert_array_equal(whole.flat[placement.cells_of(numbers.astype(np.intp))], numbers)
    assert np.isfinite(whole).sum() == numbers.size
    north_west, south_east = placement.window
    rows, cols = np.nonzero(np.isfinite(whole))
    assert (north_west.row, south_east.row) == (rows.min(), rows.max())
    assert (north_west.col, south_east.col) == (cols.min(), cols.max())


@given(placements(), st.lists(st.integers(0, M25KM.rows * M25KM.cols - 1), max_size=20))
def test_a_cell_outside_has_no_place(placement: Placement, cells: list[int]) -> None:
    found = placement.places_of(np.array(cells, dtype=np.intp))
    for cell, place in zip(cells, found):
        row, col = divmod(cell, M25KM.cols)
        assert (place >= 0) == (row in placement.rows and col in placement.cols)
        assert (placement.index_of(Cell(row, col)) is None) == (place < 0)


@given(placements(), st.booleans(), st.floats(-0.02, 0.02))
def test_the_coordinates_of_a_window_lead_back_to_it(wanted: Placement, to_360: bool, off: float) -> None:
    if min(wanted.rows.size, wanted.cols.size) < 2:
        return  # a single line does not tell its direction
    x = M25KM.left + (wanted.cols + 0.5 + off) * M25KM.cell
    y = M25KM.top - (wanted.rows + 0.5 + off) * M25KM.cell
    lats, lons = degrees(x, y)
    found = place_by_coordinates(
        (wanted.rows.size, wanted.cols.size),
        lats,
        lons % 360 if to_360 else lons,
        wanted.transposed,
        cut_from=M25KM.name,
    )
    assert found.lies_like(wanted) and wanted.lies_like(found)
    assert found.deviation is not None and abs(found.deviation - abs(off) * M25KM.cell) < 0.1


@given(placements(), placements())
def test_what_lies_alike_has_the_same_cells_in_the_same_places(one: Placement, other: Placement) -> None:
    places = [np.arange(each.rows.size * each.cols.size) for each in (one, other)]
    cells = [each.cells_of(place) for each, place in zip((one, other), places)]
    if one.lies_like(other):
        np.testing.assert_array_equal(*cells)
    elif one.transposed == other.transposed and one.rows.size == other.rows.size and one.cols.size == other.cols.size:
        assert not np.array_equal(*cells)
