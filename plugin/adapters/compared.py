# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of comparing the current cell, as one value: with what was asked for, and with what they are of."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.analysis.comparison import Comparison
from ..core.analysis.station import Station
from ..core.quality import QualityCriteria
from ..core.reader import Opened
from ..core.series import TimeSeries
from ..core.variables import Variable
from .comparison_choice import ComparisonChoice


@dataclass(frozen=True, eq=False)
class Basis:
    """What results are of: the cell's record as far as it was read, and the criteria."""

    opened: Opened
    series: TimeSeries
    criteria: QualityCriteria

    @property
    def unread(self) -> str:
        """A sentence on what is not read of the cell's record, empty where all is."""
        if self.series.is_complete:
            return ""
        read, wanted = self.series.dates.size, self.series.wanted
        return f"Only {read:,} of {wanted:,} days of the cell are read so far; these results are of them."


@dataclass(frozen=True, eq=False)
class Compared:
    """All results of the moment: the choice, of which variables one can choose, the chosen one, the comparisons, and what they lack, in sentences."""

    choice: ComparisonChoice = field(default_factory=ComparisonChoice)
    station: Station | None = None
    variables: tuple[Variable, ...] = ()
    variable: Variable | None = None
    has_other_orbit: bool = False
    basis: Basis | None = None
    results: tuple[Comparison, ...] = ()
    lacking: tuple[str, ...] = ()
