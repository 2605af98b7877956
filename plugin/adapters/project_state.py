# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a project file remembers: folder, choice, corrections, points, areas and comparison, under the scope `smosib`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsProject

from ..core.corrections import Corrections
from ..core.grid import Cell
from ..core.points import POINT_COLOURS, Point
from ..core.profile import corrections_from_text, corrections_to_text
from .area_layer import AreaShape
from .comparison_choice import ComparisonChoice
from .day_map import NOT_UNDERSTOOD, Recipe
from .kept_area import KeptArea

SCOPE, KEY = "smosib", "state"
MOST_OF_AREAS = 2_000_000
"""Characters that the outlines of areas may take in a project: one very detailed country, or fifty plain ones."""
DEGREE_DIGITS, METRE_DIGITS = 7, 2  # a centimetre


@dataclass(frozen=True)
class ProjectState:
    """One session, as a project keeps it. `choice` holds folder, variable, orbit, day and thresholds."""

    choice: Recipe
    corrections: Corrections = field(default_factory=Corrections)
    points: tuple[Point, ...] = ()
    current: int = -1
    series_variables: tuple[str, ...] = ()
    switches: Mapping[str, int] = field(default_factory=dict)
    """What is on or off in the docks, and whole numbers that are chosen there, by name."""
    areas: tuple[KeptArea, ...] = ()
    """Read from a project they are on no grid yet."""
    comparison: ComparisonChoice = field(default_factory=ComparisonChoice)
    unread: int = 0
    """Points and areas of a project that could not be understood."""

    def write(self, project: QgsProject) -> tuple[str, ...]:
        """Put the state into the project. Return the names of areas whose outlines would make its file too large."""
        areas = _areas_to_json(self.areas)
        text = json.dumps(
            {
                "choice": self.choice.to_json(),
                "corrections": corrections_to_text(self.corrections),
                "points": [_point_to_json(point) for point in self.points],
                "current": self.current,
                "series": list(self.series_variables),
                "switches": dict(self.switches),
                "areas": areas,
                "comparison": self.comparison.to_json(project),
            }
        )
        project.writeEntry(SCOPE, KEY, text)
        kept = {name for name, *_ in areas}
        return tuple(area.name for area in self.areas if area.name not in kept)

    @classmethod
    def read(cls, project: QgsProject) -> ProjectState | None:
        """Return the state that a project holds, None for one that knows nothing of this plugin or holds nonsense."""
        text, found = project.readEntry(SCOPE, KEY, "")
        if not found:
            return None
        try:
            parts = json.loads(text)
            choice = Recipe.from_json(parts["choice"])
        except NOT_UNDERSTOOD:
            return None
        if choice is None:
            return None
        points = _each(_point_from_json, parts.get("points"))
        areas = _each(_area_from_json, parts.get("areas"))
        series, switches = parts.get("series"), parts.get("switches")
        return cls(
            choice,
            corrections_from_text(parts.get("corrections", "")),
            tuple(point for point in points if point is not None),
            _place_of(parts.get("current"), points),
            tuple(map(str, series)) if isinstance(series, list) else (),
            _numbers(switches) if isinstance(switches, dict) else {},
            tuple(area for area in areas if area is not None),
            ComparisonChoice.from_json(project, parts.get("comparison")),
            points.count(None) + areas.count(None),
        )


def _each(make: Callable[..., Any], parts: Any) -> list[Any]:
    """Return what `make` makes of each part and its number, None of one that cannot be understood; nothing of what is no list."""
    made: list[Any] = []
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        try:
            made.append(make(number, *part))
        except NOT_UNDERSTOOD:
            made.append(None)
    return made


def _numbers(switches: Mapping[Any, Any]) -> dict[str, int]:
    """Return what is on or off, or a whole number, by name; nothing else was written."""
    return {str(name): on for name, on in switches.items() if isinstance(on, int)}


def _place_of(current: Any, points: Sequence[Point | None]) -> int:
    """Return where the `current` of all points is among those that were understood, -1 where it is not."""
    there = isinstance(current, int) and 0 <= current < len(points) and points[current] is not None
    return len([point for point in points[:current] if point is not None]) if there else -1


def _point_to_json(point: Point) -> list[Any]:
    return [point.cell.row, point.cell.col, point.lon, point.lat, point.name, point.colour, point.hidden]


def _point_from_json(
    number: int, row: Any, col: Any, lon: Any, lat: Any, name: Any = "", colour: Any = None, hidden: Any = False
) -> Point:
    """Return the `number`-th point. Projects of the first version know only cell and place. Raises TypeError or ValueError."""
    return Point(
        Cell(int(row), int(col)),
        float(lon),
        float(lat),
        str(name) or f"P{number + 1}",
        (number if colour is None else int(colour)) % len(POINT_COLOURS),
        bool(hidden),
    )


def _areas_to_json(areas: Sequence[KeptArea]) -> list[list[Any]]:
    """Return the areas that leave the project's file small: very detailed ones have to be added anew."""
    written, left = [], MOST_OF_AREAS
    for area in areas:
        crs = area.shape.crs
        digits = DEGREE_DIGITS if crs.isGeographic() else METRE_DIGITS
        wkt = area.shape.geometry.asWkt(digits)
        if len(wkt) <= left:
            left -= len(wkt)
            written.append([area.name, wkt, crs.authid() or crs.toWkt(), area.colour, area.hidden])
    return written


def _area_from_json(number: int, name: Any, wkt: Any, crs: Any, colour: Any, hidden: Any) -> KeptArea:
    """Return an area that is on no grid yet. Raises TypeError or ValueError."""
    geometry = QgsGeometry.fromWkt(str(wkt))
    if geometry.isNull():
        raise ValueError(name)
    shape = AreaShape(0, str(name), geometry, QgsCoordinateReferenceSystem(str(crs)))
    return KeptArea(shape, None, int(colour) % len(POINT_COLOURS), bool(hidden))
