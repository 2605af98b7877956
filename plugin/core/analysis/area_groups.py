# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the series of any number of areas in bounded memory: in groups, one after another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from ..archive import Progress, no_progress, one_of
from ..names import Orbit
from ..quality import QualityCriteria
from ..reader import Opened, Reader
from ..series import needed_granules
from ..store.store import StoreView
from ..variables import Variable
from .area_reading import BATCH, area_series
from .areas import Area, AreaSeries

GROUP_BYTES = 200_000_000
"""What the sums of a group may take; with the next one and all that comes and goes it is three times that."""
_A_DAY = 120
"""Bytes that the sums and means of a day take while they are made, for each area and variable (measured)."""


def area_series_in_groups(
    reader: Reader,
    opened: Opened,
    areas: Sequence[Area],
    variables: Sequence[Variable],
    orbit: Orbit,
    criteria: QualityCriteria,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Progress = no_progress,
    store: StoreView | None = None,
    most: int = GROUP_BYTES,
) -> Iterator[list[AreaSeries]]:
    """Yield what `area_series` returns, nothing held, of as many areas at once as fit into `most` bytes; at least one.

    Each group takes a pass over the files, or the store. Raises NotInArchive without a granule in the period.
    """
    groups = list(in_groups(areas, len(needed_granules(opened.archive, orbit, first, last)), len(variables), most))
    for number, group in enumerate(groups):
        share = one_of(progress, number, len(groups))
        yield area_series(reader, opened, group, variables, orbit, criteria, first, last, share, store, hold=0)


def in_groups(areas: Sequence[Area], granules: int, variables: int, most: int) -> Iterator[list[Area]]:
    """Yield the areas in their order, as many together as take at most `most` bytes; at least one."""
    group: list[Area] = []
    taken = 0
    for area in areas:
        layers = variables + 4  # with scene flags, RMSE, day and place
        size = granules * variables * _A_DAY + BATCH * area.cells.size * layers * 4
        if group and taken + size > most:
            yield group
            group, taken = [], 0
        group.append(area)
        taken += size
    if group:
        yield group
