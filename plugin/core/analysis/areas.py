# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Means over areas: a cell counts by the share of its square that lies inside. The grid is equal-area, so shares are areas.

Of the kept values v of a day, with weights w: mean = Σ w v / Σ w, and spread = the weighted standard deviation sqrt(Σ w (v − mean)² / Σ w).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..archive import Problem
from ..errors import BadRequest
from ..grid import EaseGrid
from ..names import Orbit
from ..projection import Floats
from ..quality import Float32s, QualityCounts, QualityCriteria, apply_quality
from ..recognition import Recognition
from ..series import Days
from ..store.order import CellOrder
from ..variables import Variable
from .coverage import CellNumbers

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Area:
    """A part of a grid. `cells`, (n,) int32 ascending, are grid row × columns + grid column; `weights`, (n,), the share of each inside, 0 to 1."""

    id: int
    name: str
    grid: EaseGrid
    cells: CellNumbers
    weights: Floats

    @property
    def size_km2(self) -> float:
        """The area, as far as the grid covers it."""
        return float(self.weights.sum()) * (self.grid.cell / 1000) ** 2

    @cached_property
    def blocks(self) -> Ints:
        """The number of the 16 × 16 cells' block that each cell lies in, counted within this area from 0, in the order of a store.

        Sums are made block by block and these added in order, so that they are the same to the last bit whatever is read first.
        """
        order = CellOrder(self.grid)
        _, number = np.unique(order.block(order.rank(self.cells)), return_inverse=True)
        return number.astype(np.int32).reshape(-1)


@dataclass(frozen=True, eq=False)
class Retrievals:
    """Where an area's cells have a value of any of some variables, for any criteria: (m,) arrays.

    `days` are numbers of granules, `places` indexes into the area's cells, ascending within a day. `values` is (variables, m) float32, NaN for
    no retrieval; `scene_flag` and `rmse` are None where the archive has no such layer.
    """

    days: Ints
    places: Ints
    values: Float32s
    scene_flag: Float32s | None
    rmse: Float32s | None

    @classmethod
    def none(cls, variables: int, recognition: Recognition) -> Retrievals:
        """Return those of an area without a value."""
        of_flags, of_rmse = recognition.scene_flags, recognition.rmse
        nothing, number = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int32)
        values = np.empty((variables, 0), dtype=np.float32)
        return cls(number, number, values, nothing if of_flags else None, nothing if of_rmse else None)

    @property
    def size_bytes(self) -> int:
        """The memory that they take."""
        layers = (self.days, self.places, self.values, self.scene_flag, self.rmse)
        return sum(layer.nbytes for layer in layers if layer is not None)

    @classmethod
    def together(cls, parts: Sequence[Retrievals]) -> Retrievals:
        """Return some, at least one, as one; of different days, or of different blocks in their order."""
        flags = [part.scene_flag for part in parts if part.scene_flag is not None]
        rmse = [part.rmse for part in parts if part.rmse is not None]
        return cls(
            np.concatenate([part.days for part in parts]),
            np.concatenate([part.places for part in parts]),
            np.concatenate([part.values for part in parts], axis=1),
            np.concatenate(flags) if flags else None,
            np.concatenate(rmse) if rmse else None,
        )


class DaySums:
    """For each of some days: weight, mean and sum of squares of what is kept of a variable, and how many cells. Grows by `add`."""

    def __init__(self, days: int) -> None:
        self.weight, self._mean, self._squares = np.zeros(days), np.zeros(days), np.zeros(days)
        self.cells = np.zeros(days, dtype=np.int32)
        self.counts = QualityCounts(0, 0, 0, 0, 0)

    def add(
        self, found: Retrievals, number: int, variable: Variable, criteria: QualityCriteria, area: Area, blocks: Ints
    ) -> None:
        """Add what is kept of the `number`-th variable. `blocks` are those of the area's cells, all of one or in ascending order of adding."""
        kept, reason = apply_quality(
            found.values[number],
            found.scene_flag,
            found.rmse,
            criteria,
            variable.valid_range,
            variable.quality_controlled,
        )
        self.counts += QualityCounts.of(reason)
        is_kept = reason == 0
        day, place, value = found.days[is_kept], found.places[is_kept], kept[is_kept].astype(np.float64)
        if not day.size:
            return
        first, block = int(day.min()), blocks[place]
        lowest = int(block.min())
        days, wide = int(day.max()) - first + 1, int(block.max()) - lowest + 1
        key, size = (day - first).astype(np.intp) * wide + (block - lowest), days * wide
        weight = area.weights[place]
        total = _by_key(key, weight, size)
        mean = _by_key(key, weight * value, size) / np.where(total > 0, total, 1)
        squares = _by_key(key, weight * (value - mean[key]) ** 2, size)
        cells = np.bincount(key, minlength=size)
        for one in range(wide):
            part = slice(one, None, wide)
            self._merge(slice(first, first + days), total[part], mean[part], squares[part], cells[part])

    def _merge(self, days: slice, weight: Floats, mean: Floats, squares: Floats, cells: NDArray[np.intp]) -> None:
        """Add to some days. Chan, Golub and LeVeque (1979): the spread of two samples together, from those of each."""
        before = self.weight[days]
        both = before + weight
        share = weight / np.where(both > 0, both, 1)
        away = mean - self._mean[days]
        self._squares[days] += squares + away**2 * before * share
        self._mean[days] += away * share
        self.weight[days] = both
        self.cells[days] += cells.astype(np.int32)

    def means(self, days: NDArray[np.intp]) -> AreaMeans:
        """Return the result for some days, by their numbers."""
        weight = self.weight[days]
        is_there = weight > 0
        spread = np.sqrt(self._squares[days] / np.where(is_there, weight, 1))
        return AreaMeans(
            np.where(is_there, self._mean[days], np.nan),
            np.where(is_there, spread, np.nan),
            self.cells[days],
            weight,
            self.counts,
        )


def check_means(variables: Sequence[Variable]) -> None:
    """Raise BadRequest for a variable whose values have no mean."""
    for variable in variables:
        if variable.is_bits:
            raise BadRequest(
                f"There is no mean of {variable.title.lower()}: their values are sums of bits.",
                "Choose other variables.",
            )


def _by_key(key: NDArray[np.intp], values: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(key, values, size), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class AreaMeans:
    """One variable of an area under some criteria, day by day: (n,) arrays along the series' `dates`, `mean` and `std` NaN where nothing is kept.

    `kept_cells` counts cells with a kept value, `kept_weight` is the sum of their shares: 1 is a whole cell.
    """

    mean: Floats
    std: Floats
    kept_cells: Ints
    kept_weight: Floats
    counts: QualityCounts
    """Retrievals of all cells and days together."""

    def counts_only(self) -> AreaMeans:
        """Return the same without days."""
        nothing = np.empty(0)
        return AreaMeans(nothing, nothing, np.empty(0, dtype=np.int32), nothing, self.counts)

    def from_cells(self, least: int) -> tuple[Floats, Floats]:
        """Return mean and spread, NaN on days with fewer than `least` kept cells."""
        enough = self.kept_cells >= least
        return np.where(enough, self.mean, np.nan), np.where(enough, self.std, np.nan)


@dataclass(frozen=True, eq=False)
class AreaSeries:
    """The record of one area and orbit. `dates` is datetime64[D], ascending, one a granule that was read; `wanted` counts all granules.

    Where `held` is there, any criteria need no further reading; else only those in `known`, by variable id and criteria.
    """

    area: Area
    orbit: Orbit
    variables: tuple[Variable, ...]
    dates: Days
    numbers: NDArray[np.intp]
    """The granule of each date, counted from the period's first."""
    wanted: int
    known: Mapping[tuple[str, QualityCriteria], AreaMeans]
    held: Retrievals | None = None
    problems: tuple[Problem, ...] = ()
    """Granules that could not be read; they are not among `dates`."""
    notes: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        """True once every granule was read or found bad."""
        return self.dates.size + len(self.problems) >= self.wanted

    @property
    def held_bytes(self) -> int:
        """The memory that `held` takes."""
        return self.held.size_bytes if self.held is not None else 0

    def counts_only(self) -> AreaSeries:
        """Return what provenance needs, without means: of many areas it takes little memory."""
        return replace(self, known={key: means.counts_only() for key, means in self.known.items()}, held=None)

    def tells(self, criteria: QualityCriteria) -> bool:
        """Return whether the means under these criteria need no further reading."""
        return self.held is not None or all((one.id, criteria) in self.known for one in self.variables)

    def under(self, variable: Variable, criteria: QualityCriteria) -> AreaMeans:
        """Return one variable's means under criteria that the series `tells`. Raises KeyError under others."""
        if self.held is None:
            return self.known[variable.id, criteria]
        sums = DaySums(self.wanted)
        sums.add(self.held, self.variables.index(variable), variable, criteria, self.area, self.area.blocks)
        return sums.means(self.numbers)
