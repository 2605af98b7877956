# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""One day minus another, or one variable minus another: kept values cell by cell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .day import DailyGrid
from .errors import BadRequest
from .grid import Cell, EaseGrid
from .many_days import AROUND_ZERO
from .names import Orbit
from .quality import Float32s, QualityCriteria
from .variables import Role, Variable


@dataclass(frozen=True, eq=False)
class DifferenceGrid:
    """`first` minus `second`, two daily grids of one orbit under the same criteria. NaN where either is not kept."""

    first: DailyGrid
    second: DailyGrid

    @cached_property
    def kept(self) -> Float32s:
        """The difference: (rows, cols) float32, row 0 in the north."""
        difference: Float32s = self.first.kept - self.second.kept
        return difference

    @property
    def grid(self) -> EaseGrid:
        """The grid of the arrays."""
        return self.first.grid

    @cached_property
    def variable(self) -> Variable:
        """The difference as a variable of its own: its id names both sides, its units are theirs."""
        one, other = self.first.variable, self.second.variable
        id, title = f"{one.id}-minus-{other.id}", _sides(one.title, other.title)
        role = Role(id, title, one.units, (), ramp=AROUND_ZERO, quality_controlled=self._controlled)
        return Variable(id, _sides(one.netcdf_name, other.netcdf_name), f"{title} difference", one.units, role)

    @property
    def _controlled(self) -> bool:
        return self.first.variable.quality_controlled or self.second.variable.quality_controlled

    @property
    def further_bands(self) -> tuple[tuple[str, Float32s], ...]:
        """What a file holds beside `kept`: nothing."""
        return ()

    @property
    def window(self) -> tuple[Cell, Cell] | None:
        """North-west and south-east cell of a regional cut; None for a whole grid."""
        return self.first.window

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        """The day of the first side, twice: that is when the layer shows in a time-aware map."""
        return self.first.period

    @property
    def orbit(self) -> Orbit:
        """The orbit."""
        return self.first.orbit

    @property
    def criteria(self) -> QualityCriteria:
        """The criteria of both sides."""
        return self.first.criteria

    @property
    def unapplied(self) -> tuple[str, ...]:
        """Criteria that could not be applied to one of the sides."""
        return tuple(dict.fromkeys((*self.first.unapplied, *self.second.unapplied)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about the files."""
        return tuple(dict.fromkeys((*self.first.notes, *self.second.notes)))

    @property
    def what(self) -> str:
        """What the grid shows, for a title: what both sides have in common is said once."""
        return difference_title(self.first.variable, self.first.date, self.second.variable, self.second.date)

    @property
    def statistics(self) -> str:
        """How much is shown, as a sentence."""
        there = self.kept[np.isfinite(self.kept)]
        if not there.size:
            return "No cell is kept on both sides"
        units = f" {self.variable.units}" if self.variable.units else ""
        return f"{there.size:,} cells kept on both sides · median difference {np.median(there):+.3g}{units}"

    def explain(self, cell: Cell) -> str:
        """Return both sides of one cell, each with its fate."""
        return f"{self.first.explain(cell)} − {self.second.explain(cell)}"


def difference_title(one: Variable, day: dt.date, other: Variable, other_day: dt.date) -> str:
    """Return a difference in words, such as `Soil moisture · 2020-02-29 − 2020-02-28`."""
    if one == other or day == other_day:
        return f"{_sides(one.title, other.title)} · {_sides(str(day), str(other_day))}"
    return f"{one.title} {day} − {other.title} {other_day}"


def difference(first: DailyGrid, second: DailyGrid) -> DifferenceGrid:
    """Return one daily grid minus another of the same orbit and criteria. Raises BadRequest where that has no meaning."""
    check_comparable(first.variable, first.date, second.variable, second.date)
    return DifferenceGrid(first, second)


def check_comparable(one: Variable, day: dt.date, other: Variable, other_day: dt.date) -> None:
    """Raise BadRequest where the difference of two variables on two days has no meaning."""
    if one == other and day == other_day:
        raise BadRequest(f"{one.title} of {day} minus itself is nothing.", "Choose another day or another variable.")
    for variable in (one, other):
        if variable.is_bits:
            raise BadRequest(
                f"There is no difference of {variable.title.lower()}: their values are sums of bits.",
                "Choose another variable.",
            )
    if not are_comparable(one, other):
        raise BadRequest(
            f"{other.label} cannot be subtracted from {one.label}: their units differ or are not stated.",
            "Choose two variables with the same units.",
        )


def are_comparable(one: Variable, other: Variable) -> bool:
    """Return whether a difference of two variables has a meaning: no bits, and the same units, which are stated."""
    same_units = one == other or (one.units == other.units and bool(one.units))
    return same_units and not one.is_bits and not other.is_bits


def _sides(one: str, other: str) -> str:
    return one if one == other else f"{one} − {other}"
