# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The order of a grid's cells in a store: block by block, so that neighbours lie side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..grid import EaseGrid

BLOCK = 16
"""Rows and columns of a block: 400 km on the 25 km grid."""

Ints = NDArray[Any]


@dataclass(frozen=True)
class CellOrder:
    """Numbers cells 0, 1, 2 … (their *rank*): blocks of 16 × 16 cells by row and column, in each block its cells by row and column.

    Blocks at the southern and eastern edge are smaller. A cell is given as grid row × columns + grid column (its *index*).
    """

    grid: EaseGrid

    def rank(self, index: Ints) -> Ints:
        """Return the ranks of cells."""
        row, col = np.divmod(np.asarray(index, dtype=np.int64), self.grid.cols)
        top, left = row - row % BLOCK, col - col % BLOCK
        height, width = np.minimum(BLOCK, self.grid.rows - top), np.minimum(BLOCK, self.grid.cols - left)
        return np.asarray(top * self.grid.cols + left * height + (row - top) * width + col - left)

    def index(self, rank: Ints) -> Ints:
        """Return the cells of ranks."""
        rank = np.asarray(rank, dtype=np.int64)
        strip = BLOCK * self.grid.cols
        top = rank // strip * BLOCK
        height = np.minimum(BLOCK, self.grid.rows - top)
        left = (rank - top * self.grid.cols) // (height * BLOCK) * BLOCK
        width = np.minimum(BLOCK, self.grid.cols - left)
        within = rank - top * self.grid.cols - left * height
        return np.asarray((top + within // width) * self.grid.cols + left + within % width)

    def block(self, rank: Ints) -> Ints:
        """Return a number for each rank that is the same within a block and grows from block to block."""
        row, col = np.divmod(self.index(rank), self.grid.cols)
        return np.asarray(row // BLOCK * (self.grid.cols // BLOCK + 1) + col // BLOCK)
