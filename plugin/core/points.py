# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The points that a user keeps: places with names and colours, as values, and how a list of them grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .grid import Cell, EaseGrid

POINT_COLOURS: tuple[tuple[str, str], ...] = (
    ("#0072b2", "#56b4e9"),
    ("#c05500", "#ff8a4d"),
    ("#00805c", "#2fc795"),
    ("#a3497f", "#e3a0c8"),
    ("#a67300", "#f0b432"),
    ("#4a4a4a", "#e0e0e0"),
    ("#2a88bf", "#9ad4f5"),
    ("#7d7300", "#f0e442"),
)
"""Okabe and Ito's hues, which the colour-blind tell apart: darker for white paper, lighter for black. After the last the first comes again."""


@dataclass(frozen=True)
class Place:
    """Longitude and latitude in degrees (WGS 84), with a name or none."""

    lon: float
    lat: float
    name: str = ""


@dataclass(frozen=True)
class Point:
    """A kept place: its cell, the longitude and latitude that were asked for, name, colour and whether it is left out of plot and map."""

    cell: Cell
    lon: float
    lat: float
    name: str = ""
    colour: int = 0
    hidden: bool = False

    def shade(self, dark: bool) -> str:
        """Return the point's colour as `#rrggbb`, for dark or for light paper."""
        return POINT_COLOURS[self.colour % len(POINT_COLOURS)][dark]


def new_point(points: Sequence[Point], cell: Cell, place: Place) -> Point:
    """Return a point for a place: named as the place is or with the number after the highest, in the colour that is used least."""
    used = Counter(point.colour % len(POINT_COLOURS) for point in points)
    colour = min(range(len(POINT_COLOURS)), key=lambda index: (used[index], index))
    return Point(cell, place.lon, place.lat, free_name(place.name, points), colour)


class Named(Protocol):
    """A point, or what else is listed by name."""

    @property
    def name(self) -> str:
        """What the user calls it."""


def free_name(wanted: str, points: Iterable[Named]) -> str:
    """Return a name that no point has: the wanted one, with a number if it is taken; `P` and the next number if none is wanted.

    One name for one point: legend and tables tell points apart by it.
    """
    taken = {point.name for point in points}
    name = " ".join(wanted.split())
    if not name:
        numbers = [int(one[1:]) for one in taken if one[:1] == "P" and one[1:].isdecimal()]
        return f"P{max(numbers, default=0) + 1}"
    free, number = name, 2
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


def add_places(
    points: Sequence[Point], places: Iterable[Place], grid: EaseGrid
) -> tuple[tuple[Point, ...], list[Point], int]:
    """Return the list with these places in it, the points that stand for them, and how many places lie outside the grid.

    A place in the cell of a point that is there already adds none: it has the same record.
    """
    grown, meant, outside = list(points), [], 0
    for place in places:
        cell = grid.cell_at(place.lon, place.lat)
        if cell is None:
            outside += 1
            continue
        point = next((one for one in grown if one.cell == cell), None)
        if point is None:
            point = new_point(grown, cell, place)
            grown.append(point)
        if point not in meant:
            meant.append(point)
    return tuple(grown), meant, outside
