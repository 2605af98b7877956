# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user has chosen to see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from ..core.composite import Statistic
from ..core.names import Orbit
from ..core.quality import PROVIDER, QualityCriteria
from .day_map import Recipe


@dataclass(frozen=True)
class Selection:
    """A day, or the period from `date` to `last` as a composite, of one variable and orbit under some criteria."""

    variable: str
    orbit: Orbit
    date: dt.date
    criteria: QualityCriteria = PROVIDER
    last: dt.date | None = None
    statistic: Statistic = Statistic.MEAN

    def recipe(self, folder: Path) -> Recipe:
        """Return the recipe of the map that shows this of an archive."""
        return Recipe(folder, self.variable, self.orbit, self.date, self.criteria, self.last, self.statistic)

    @classmethod
    def of(cls, recipe: Recipe) -> Selection:
        """Return what a recipe chose."""
        return cls(recipe.variable, recipe.orbit, recipe.date, recipe.criteria, recipe.last, recipe.statistic)
