# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a map can show: a day, a difference, a composite, anomaly or trend of a period. The little that a file, a layer and the dock need of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Protocol

from .archive import Granule
from .day import DayRetrievals
from .grid import Cell, EaseGrid
from .names import Orbit
from .quality import Float32s, QualityCriteria
from .variables import Variable

Read = Callable[[Granule, Variable], DayRetrievals]
"""Gives the retrievals of a granule's variable, from memory or from its file; in any thread. Raises SmosIbError."""


class MapContent(Protocol):
    """Values on the grid with what has to be said of them. `DailyGrid`, `DifferenceGrid` and all `ManyDays` are such."""

    @property
    def grid(self) -> EaseGrid:
        """The grid of the arrays."""

    @property
    def variable(self) -> Variable:
        """What the values are, with title, units and look."""

    @property
    def kept(self) -> Float32s:
        """The values: (rows, cols) float32, row 0 in the north, NaN where there is nothing to show."""

    @property
    def further_bands(self) -> tuple[tuple[str, Float32s], ...]:
        """What a file holds beside `kept`, by name; arrays of the same form."""

    @property
    def window(self) -> tuple[Cell, Cell] | None:
        """North-west and south-east cell of a regional cut; None for a whole grid."""

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        """First and last day that the layer stands for."""

    @property
    def orbit(self) -> Orbit:
        """The orbit."""

    @property
    def criteria(self) -> QualityCriteria:
        """The criteria that were asked for."""

    @property
    def unapplied(self) -> tuple[str, ...]:
        """Criteria that could not be applied, because the archive lacks their layer."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd, for the user to know."""

    @property
    def what(self) -> str:
        """What is shown, for a title: variable and days."""

    @property
    def statistics(self) -> str:
        """How much is shown, as a sentence for the dock."""

    def explain(self, cell: Cell) -> str:
        """Return what one cell shows, or why it shows nothing."""
