# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Statistics of ragged records: the values of several cells side by side, cell by cell; `starts`, (cells + 1,), says where each begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Starts = NDArray[np.int64]


def cell_of_rows(starts: Starts) -> NDArray[np.int64]:
    """Return the number of the cell that each value belongs to, (values,)."""
    return np.repeat(np.arange(starts.size - 1), np.diff(starts))


def medians(starts: Starts, values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the median of each cell's values (no NaN), (cells,) float64; of an even number the mean of the middle two, NaN of none."""
    counts = np.diff(starts)
    result = np.full(counts.size, np.nan)
    there = counts > 0
    if there.any():
        ordered = values[np.lexsort((values, cell_of_rows(starts)))].astype(np.float64)
        first = starts[:-1][there]
        low, high = first + (counts[there] - 1) // 2, first + counts[there] // 2
        result[there] = (ordered[low] + ordered[high]) / 2
    return result
