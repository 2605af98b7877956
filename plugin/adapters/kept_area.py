# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A kept area as a value: its polygon, its cells, its colour; and what a plot draws of its series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qgis.core import QgsCoordinateTransformContext

from ..core.analysis.areas import Area, AreaSeries
from ..core.analysis.other_series import OtherSeries
from ..core.archive import Progress
from ..core.errors import BadRequest
from ..core.grid import EaseGrid
from ..core.points import POINT_COLOURS
from ..core.quality import QualityCriteria
from .area_layer import AreaShape, make_area


@dataclass(frozen=True, eq=False)
class KeptArea:
    """A polygon that the user keeps, on the archive's grid once that is known; its colour, and whether it is left out of plot and map."""

    shape: AreaShape
    area: Area | None
    colour: int = 0
    hidden: bool = False
    refused: BadRequest | None = None
    """Why it has no cells in the archive that is open, once that is known."""

    @property
    def name(self) -> str:
        """What the user calls it; no other area of the list has that name."""
        return self.shape.name

    def shade(self, dark: bool) -> str:
        """Return the area's colour as `#rrggbb`, for dark or for light paper."""
        return POINT_COLOURS[self.colour % len(POINT_COLOURS)][dark]


def find_areas(
    shapes: Sequence[AreaShape], grid: EaseGrid, context: QgsCoordinateTransformContext, progress: Progress
) -> Iterator[Area | BadRequest]:
    """Yield the area of each shape, or why it is none."""
    for number, shape in enumerate(shapes):
        progress(number / len(shapes), shape.name)
        try:
            yield make_area(shape, grid, context)
        except BadRequest as error:
            yield error


def drawings(series: AreaSeries, criteria: QualityCriteria, colour: str) -> Iterator[OtherSeries]:
    """Yield a series for each variable under criteria that it tells, with its spread as a band."""
    area = series.area
    about = f"mean of {area.cells.size:,} cells weighted by their share inside ({area.size_km2:,.0f} km²), ± standard deviation between cells"
    for variable in series.variables:
        means = series.under(variable, criteria)
        low, high = means.mean - means.std, means.mean + means.std
        yield OtherSeries(area.name, colour, variable, series.dates, means.mean, about, low, high)


def next_colour(areas: Sequence[KeptArea]) -> int:
    """Return the colour that is used least, the last one first: points begin at the other end."""
    used = Counter(one.colour % len(POINT_COLOURS) for one in areas)
    return min(range(len(POINT_COLOURS)), key=lambda index: (used[index], -index))
