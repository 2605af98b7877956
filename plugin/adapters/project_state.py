# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a project file remembers: folder, choice, corrections and points, under the scope `smosib`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from qgis.core import QgsProject

from ..core.grid import Cell
from ..core.recognition import Corrections
from .cell_series import Point
from .day_map import Recipe
from .settings import corrections_from_json, corrections_to_json

SCOPE, KEY = "smosib", "state"


@dataclass(frozen=True)
class ProjectState:
    """One session, as a project keeps it. `choice` holds folder, variable, orbit, day and thresholds."""

    choice: Recipe
    corrections: Corrections = field(default_factory=Corrections)
    points: tuple[Point, ...] = ()
    current: int = -1
    series_variables: tuple[str, ...] = ()

    def write(self, project: QgsProject) -> None:
        """Put the state into the project."""
        text = json.dumps(
            {
                "choice": self.choice.to_json(),
                "corrections": corrections_to_json(self.corrections),
                "points": [[point.cell.row, point.cell.col, point.lon, point.lat] for point in self.points],
                "current": self.current,
                "series": list(self.series_variables),
            }
        )
        project.writeEntry(SCOPE, KEY, text)

    @classmethod
    def read(cls, project: QgsProject) -> ProjectState | None:
        """Return the state that a project holds, None for one that knows nothing of this plugin or holds nonsense."""
        text, found = project.readEntry(SCOPE, KEY, "")
        if not found:
            return None
        try:
            parts = json.loads(text)
            choice = Recipe.from_json(parts["choice"])
            points = tuple(
                Point(Cell(int(row), int(col)), float(lon), float(lat)) for row, col, lon, lat in parts["points"]
            )
            if choice is None:
                return None
            return cls(
                choice,
                corrections_from_json(parts["corrections"]),
                points,
                int(parts["current"]),
                tuple(map(str, parts["series"])),
            )
        except (ValueError, KeyError, TypeError):
            return None
