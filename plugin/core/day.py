# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""One day of one variable: its retrievals, independent of any criteria, and the grid that quality control makes of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .archive import Granule
from .grid import Cell, EaseGrid
from .names import Orbit
from .quality import (
    Float32s,
    QualityCounts,
    QualityCriteria,
    Reasons,
    Rejection,
    apply_quality,
    tell_fate,
    unapplied_criteria,
)
from .variables import Variable

Cells = NDArray[np.int32]
"""Cells as grid row × columns + grid column."""


@dataclass(frozen=True, eq=False)
class DayRetrievals:
    """Where a variable has a value on one day, and the quality layers there: all that any criteria need.

    `cells`, (n,) ascending; `values`, `scene_flag` and `rmse` (K), (n,) float32 along it. `values` has no NaN; a quality layer is NaN where it
    is missing, and None where the archive has no such layer.
    """

    grid: EaseGrid
    variable: Variable
    granule: Granule
    cells: Cells
    values: Float32s
    scene_flag: Float32s | None
    rmse: Float32s | None
    window: tuple[Cell, Cell] | None = None
    """North-west and south-east cell of a regional cut; None for a whole grid."""
    notes: tuple[str, ...] = ()
    """What is odd about the file, for the user to know."""

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        arrays = (self.cells, self.values, self.scene_flag, self.rmse)
        return sum(array.nbytes for array in arrays if array is not None)

    def under(self, criteria: QualityCriteria) -> DailyGrid:
        """Return the day under some criteria."""
        variable = self.variable
        kept, reason = apply_quality(
            self.values, self.scene_flag, self.rmse, criteria, variable.valid_range, variable.quality_controlled
        )
        return DailyGrid(self, criteria, kept, reason)

    def index_of(self, cell: Cell) -> int | None:
        """Return where a cell stands in the arrays, None where it has no retrieval."""
        flat = cell.row * self.grid.cols + cell.col
        index = int(np.searchsorted(self.cells, flat))
        return index if index < self.cells.size and self.cells[index] == flat else None


@dataclass(frozen=True, eq=False)
class DailyGrid:
    """A day under some criteria. `kept_values` (NaN where rejected) and `reasons` (bits of `Rejection`) run along the day's retrievals.

    `raw`, `kept` and `rejection` are the same on the whole grid: (rows, cols), row 0 in the north, float32 with NaN for no retrieval; `kept` is
    NaN also where quality control rejected.
    """

    retrievals: DayRetrievals
    criteria: QualityCriteria
    kept_values: Float32s
    reasons: Reasons

    @property
    def grid(self) -> EaseGrid:
        """The grid of the arrays."""
        return self.retrievals.grid

    @property
    def variable(self) -> Variable:
        """The variable of the values."""
        return self.retrievals.variable

    @property
    def granule(self) -> Granule:
        """The daily file."""
        return self.retrievals.granule

    @property
    def date(self) -> dt.date:
        """The day."""
        return self.granule.date

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        """First and last day: the day, twice."""
        return self.date, self.date

    @property
    def orbit(self) -> Orbit:
        """The orbit."""
        return self.granule.orbit

    @property
    def what(self) -> str:
        """What the grid shows, for a title."""
        return f"{self.variable.title} · {self.date}"

    @property
    def statistics(self) -> str:
        """How much of the day is shown, as a sentence."""
        if not self.variable.quality_controlled:
            return (
                f"{self.counts.retrievals:,} values, shown as they are: quality control does not apply to "
                f"{self.variable.title}."
            )
        if self.criteria.is_raw and self.counts.retrievals:
            return f"Raw: all {self.counts.retrievals:,} retrievals shown, no quality control."
        return str(self.counts)

    @property
    def further_bands(self) -> tuple[tuple[str, Float32s], ...]:
        """What a file holds beside `kept`: nothing."""
        return ()

    @property
    def window(self) -> tuple[Cell, Cell] | None:
        """North-west and south-east cell of a regional cut; None for a whole grid."""
        return self.retrievals.window

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about the file."""
        return self.retrievals.notes

    @property
    def unapplied(self) -> tuple[str, ...]:
        """Criteria that were asked for and could not be applied, because the archive lacks their layer."""
        day = self.retrievals
        return unapplied_criteria(
            self.criteria, day.scene_flag is not None, day.rmse is not None, self.variable.quality_controlled
        )

    @property
    def raw(self) -> Float32s:
        """Every retrieval."""
        return self._spread(self.retrievals.values, np.nan)

    @property
    def kept(self) -> Float32s:
        """The retrievals that are kept."""
        return self._spread(self.kept_values, np.nan)

    @property
    def rejection(self) -> Reasons:
        """Why a cell shows nothing."""
        return self._spread(self.reasons, int(Rejection.NO_RETRIEVAL))

    @cached_property
    def counts(self) -> QualityCounts:
        """How many retrievals there are, are kept, and are dropped by each criterion."""
        return QualityCounts.of(self.reasons)

    def explain(self, cell: Cell) -> str:
        """Return date, value and fate of one cell, such as `2020-02-29 · SM 0.184 m³ m⁻³ · rejected: RMSE 9.2 K > 8 K`."""
        index = self.retrievals.index_of(cell)
        if index is None:
            return f"{self.date} · no retrieval"
        day = self.retrievals
        flag = None if day.scene_flag is None else float(day.scene_flag[index])
        rmse = None if day.rmse is None else float(day.rmse[index])
        fate = tell_fate(int(self.reasons[index]), flag, rmse, self.criteria)
        return f"{self.date} · {self.variable.tell(float(day.values[index]))} · {fate}"

    def _spread(self, values: NDArray[Any], empty: float) -> NDArray[Any]:
        whole = np.full(self.grid.rows * self.grid.cols, empty, dtype=values.dtype)
        whole[self.retrievals.cells] = values
        return whole.reshape(self.grid.shape)
