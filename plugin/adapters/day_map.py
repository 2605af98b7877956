# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A day's map as a file with everything that its layer needs to know. Made in a task, used on the main thread."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..core.day import DailyGrid
from ..core.names import Orbit, parse_day
from ..core.projection import Floats
from ..core.provenance import Provenance, of_day
from ..core.quality import QualityCriteria
from ..core.reader import Opened, Reader
from .geotiff import write_geotiff
from .layer_cache import LayerCache
from .software import software_name


@dataclass(frozen=True)
class Recipe:
    """What a map shows, in few words: enough to make it again from the archive."""

    folder: Path
    variable: str
    orbit: Orbit
    date: dt.date
    criteria: QualityCriteria

    def to_json(self) -> str:
        """Return the recipe as text for a layer's custom property."""
        return json.dumps(
            {
                "folder": str(self.folder),
                "variable": self.variable,
                "orbit": self.orbit.value,
                "date": self.date.isoformat(),
                "criteria": criteria_to_list(self.criteria),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Recipe | None:
        """Return the recipe of such a text, None where it is none."""
        try:
            parts = json.loads(text)
            date = parse_day(parts["date"])
            orbit, criteria = Orbit(parts["orbit"]), criteria_from_list(parts["criteria"])
            return cls(Path(parts["folder"]), str(parts["variable"]), orbit, date, criteria) if date else None
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, eq=False)
class DayMap:
    """A written map: its file, the grid with counts, where it comes from and the recipe."""

    path: Path
    day: DailyGrid
    provenance: Provenance
    recipe: Recipe

    @property
    def title(self) -> str:
        """The layer's name: variable, day, orbit and quality control; synthetic data say so."""
        day = self.day
        orbit = f" · {day.orbit.title}" if day.orbit is not Orbit.UNKNOWN else ""
        applied = replace(
            day.criteria,
            max_scene_flag=None if "scene flags" in day.unapplied else day.criteria.max_scene_flag,
            max_rmse=None if "RMSE" in day.unapplied else day.criteria.max_rmse,
        )
        quality = f" · {applied}" if day.variable.quality_controlled else ""
        lacking = f" · WITHOUT {' and '.join(day.unapplied)} control" if day.unapplied else ""
        return f"{'SYNTHETIC · ' if self.provenance.synthetic else ''}{day.variable.title} · {day.date}{orbit}{lacking}{quality}"

    @property
    def outline(self) -> Floats | None:
        """The corners of a regional cut, north-west and south-east, in EPSG:6933 metres (2, 2); None for a whole grid."""
        if self.day.window is None:
            return None
        first, last = self.day.window
        return np.array([self.day.grid.outline_xy(first, 1)[0], self.day.grid.outline_xy(last, 1)[2]])


def make_day_map(reader: Reader, opened: Opened, cache: LayerCache, recipe: Recipe) -> DayMap:
    """Read a day, apply quality control and write the map into the cache, unless the same one is there. Raises SmosIbError."""
    variable = opened.recognition.variable(recipe.variable)
    granule = opened.archive.granule(recipe.date, recipe.orbit)
    day = reader.day(granule, opened.recognition, variable, recipe.criteria)
    provenance = of_day(day, opened, software_name())
    path = cache.path(granule, opened.recognition, variable, recipe.criteria)
    try:
        os.utime(path)  # the cache drops what was used longest ago
    except OSError:
        write_geotiff(path, day.kept, day.grid, variable, provenance.items())
    return DayMap(path, day, provenance, recipe)


def criteria_to_list(criteria: QualityCriteria) -> list[float | int | bool | None]:
    """Return criteria as JSON can hold them."""
    return [criteria.max_scene_flag, criteria.max_rmse, criteria.valid_ranges]


def criteria_from_list(parts: list[float | int | bool | None]) -> QualityCriteria:
    """Return the criteria of such a list. Raises ValueError or TypeError where it is none."""
    flag, rmse, ranges = parts
    return QualityCriteria(None if flag is None else int(flag), None if rmse is None else float(rmse), bool(ranges))
