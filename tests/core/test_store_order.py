# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The order of cells in a store: every cell has one rank, and the cells of a block follow one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.grid import GRIDS, M25KM, EaseGrid
from smos_ib_explorer.plugin.core.store.order import BLOCK, CellOrder

# The finer grids are the same in kind, and have up to 56 million cells.
WHOLE = [grid for grid in GRIDS if grid.rows * grid.cols < 1_000_000]


def invented(rows: int, cols: int) -> EaseGrid:
    return EaseGrid("invented", 25_000.0, cols, rows, 0.0, 0.0)


ANY_GRID = st.builds(invented, st.integers(1, 70), st.integers(1, 70))


def assert_is_an_order_of_blocks(grid: EaseGrid) -> None:
    order = CellOrder(grid)
    cells = np.arange(grid.rows * grid.cols)
    ranks = order.rank(cells)
    np.testing.assert_array_equal(np.sort(ranks), cells)
    np.testing.assert_array_equal(order.index(ranks), cells)

    row, col = np.divmod(order.index(cells), grid.cols)
    block_of_rank = row // BLOCK * grid.cols + col // BLOCK
    begins = np.flatnonzero(np.diff(block_of_rank)) + 1
    blocks = -(-grid.rows // BLOCK) * -(-grid.cols // BLOCK)
    assert begins.size + 1 == blocks == np.unique(block_of_rank).size

    number = order.block(cells)
    np.testing.assert_array_equal(np.flatnonzero(np.diff(number) != 0) + 1, begins)
    assert (np.diff(number) >= 0).all()


@pytest.mark.parametrize("grid", WHOLE, ids=lambda grid: grid.name)
def test_the_cells_of_every_grid(grid: EaseGrid) -> None:
    assert_is_an_order_of_blocks(grid)


@given(ANY_GRID)
def test_the_cells_of_grids_that_are_no_multiple_of_a_block(grid: EaseGrid) -> None:
    assert_is_an_order_of_blocks(grid)


@given(ANY_GRID, st.data())
def test_cells_of_a_block_lie_by_row_and_column(grid: EaseGrid, data: st.DataObject) -> None:
    row, col = data.draw(st.integers(0, grid.rows - 1)), data.draw(st.integers(0, grid.cols - 1))
    rows = np.arange(row - row % BLOCK, min(row - row % BLOCK + BLOCK, grid.rows))
    cols = np.arange(col - col % BLOCK, min(col - col % BLOCK + BLOCK, grid.cols))
    ranks = CellOrder(grid).rank((rows[:, None] * grid.cols + cols).reshape(-1))
    np.testing.assert_array_equal(np.diff(ranks), 1)


def test_one_cell_alone_has_the_rank_that_it_has_among_others() -> None:
    order = CellOrder(M25KM)
    some = np.array([0, 17, 1387, 1388, 583 * 1388 + 1387, 400_000])
    for cell, rank in zip(some, order.rank(some)):
        assert order.rank(np.array([cell])) == rank
        assert order.index(np.array([rank])) == cell


def test_ranks_from_small_integers_do_not_overflow() -> None:
    order = CellOrder(max(GRIDS, key=lambda grid: grid.rows * grid.cols))
    last = order.grid.rows * order.grid.cols - 1
    assert order.rank(np.array([last], dtype=np.int32)) == last == order.index(np.array([last], dtype=np.int32))
