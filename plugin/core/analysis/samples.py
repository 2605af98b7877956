# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples of unlike size side by side, and where a value stands among the values of the same days of the year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Union

import numpy as np
from numpy.typing import NDArray

from .days_of_year import DAYS, DaysOfYear, is_near

Floats = NDArray[np.float64]
Values = Union[NDArray[np.float32], NDArray[np.float64]]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows of finite values: row r is `values` from `starts[r]` to `starts[r + 1]`. (rows + 1,) and (all values,).

    Statistics are (rows,). Values are taken from the first of their row, so that equal ones have exactly their own mean and no spread.
    """

    starts: Integers
    values: Floats

    @property
    def count(self) -> Integers:
        """How many values each row has."""
        return np.diff(self.starts)

    @cached_property
    def mean(self) -> Floats:
        """The mean, NaN of an empty row."""
        count = self.count
        first = np.full(count.size, np.nan)
        first[count > 0] = self.values[self.starts[:-1][count > 0]]
        with np.errstate(invalid="ignore"):
            mean: Floats = first + self.sums(self._minus(first)) / count
        return mean

    @cached_property
    def std(self) -> Floats:
        """The standard deviation of a sample (ddof=1), NaN of fewer than two values."""
        departures = self._minus(self.mean)
        squares = self.sums(np.square(departures, out=departures))
        with np.errstate(invalid="ignore", divide="ignore"):
            std: Floats = np.where(self.count > 1, np.sqrt(squares / (self.count - 1)), np.nan)
        return std

    def _minus(self, of_row: Floats) -> Floats:
        """Return each value minus a number of its row."""
        along = np.repeat(of_row, self.count)
        return np.subtract(self.values, along, out=along)

    def sums(self, along: Values | NDArray[np.bool_]) -> Floats:
        """Return the sum in each row of an array that runs along `values`, 0 of an empty row."""
        there = self.count > 0
        sums = np.zeros(there.size)
        if there.any():
            sums[there] = np.add.reduceat(along, self.starts[:-1][there], dtype=np.float64)
        return sums

    def sorted_quantile(self, share: float) -> Floats:
        """Return the quantile (0–1) of rows that are ascending, between two values on the line from one to the other; NaN of an empty row."""
        there = self.count > 0
        at = share * (self.count[there] - 1)
        below = np.floor(at).astype(np.int64)
        start = self.starts[:-1][there]
        low = self.values[start + below]
        high = self.values[np.minimum(start + below + 1, self.starts[1:][there] - 1)]
        quantile = np.full(self.count.size, np.nan)
        quantile[there] = low + (at - below) * (high - low)
        return quantile


class Pool:
    """Values pooled by their day of the year: `samples` has 366 ascending rows, each of all values in the window around its day.

    One sorting of the values serves all rows: row by row it is told which of the sorted values lie in the window.
    """

    def __init__(self, days: DaysOfYear, values: Floats, window: int) -> None:
        """Pool finite values, along the days of the year they belong to; `window` is odd."""
        order = np.argsort(values, kind="stable")
        self._values = values[order]
        # An index in the last axis would lay the rows out across one another, and flatnonzero copy them.
        member = np.take(is_near(window), days[order].astype(np.intp) - 1, axis=1, mode="clip")
        self._member = np.flatnonzero(member)
        starts = np.searchsorted(self._member, np.arange(DAYS + 1) * max(values.size, 1))
        before = np.repeat(np.arange(DAYS) * values.size, np.diff(starts))
        self.samples = Samples(starts.astype(np.int64), self._values[self._member - before])

    def ranks(self, days: DaysOfYear, values: Floats) -> tuple[Integers, Integers]:
        """Return how many values of the sample at each day of the year are below a value, and how many equal it. All (n,), values finite."""
        row = days.astype(np.int64) - 1
        below, up_to = (
            np.searchsorted(self._member, row * self._values.size + np.searchsorted(self._values, values, side))
            for side in ("left", "right")
        )
        return below - self.samples.starts[row], up_to - below
