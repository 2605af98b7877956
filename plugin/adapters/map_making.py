# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""From a recipe to a written map: what each kind of map is read from, how it is computed and where it comes from. For a task.

A new kind of map is one function that returns a `_Made`, and its row in `KINDS`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.analysis.anomaly_map import AnomalyOptions, anomaly_map
from ..core.analysis.trend_map import TrendOptions, trend_map
from ..core.archive import Granule, Progress, no_progress
from ..core.composite import composite
from ..core.content import MapContent, Read
from ..core.difference import check_comparable, difference
from ..core.errors import BadRequest, NotInArchive, VanishedFile
from ..core.fingerprint import check_unchanged
from ..core.origins import of_anomaly, of_composite, of_day, of_difference, of_trend
from ..core.provenance import Provenance
from ..core.reader import Opened, Reader
from ..core.store.store import StoreView
from ..core.variables import Variable
from .day_map import DayMap, Recipe, Side
from .geotiff import holds, write_geotiff
from .layer_cache import LayerCache
from .software import software_name


@dataclass(frozen=True)
class _Source:
    """What maps are made of: an archive, what reads its days, and what a store holds of it."""

    opened: Opened
    read: Read
    store: StoreView | None

    def all_of(self, recipe: Recipe) -> tuple[Sequence[Granule], Variable]:
        """Return all granules of a recipe's orbit, in order of date, and its variable."""
        return self.opened.archive.granules_of(recipe.orbit), self.opened.recognition.variable(recipe.variable)


@dataclass(frozen=True)
class _Made:
    """A map before it is written, and what tells its file from others: granules and variables that went in, and `when`."""

    content: MapContent
    provenance: Provenance
    granules: Sequence[Granule]
    variables: Sequence[Variable]
    when: str


def make_map(
    reader: Reader,
    opened: Opened,
    cache: LayerCache,
    recipe: Recipe,
    progress: Progress = no_progress,
    read: Read | None = None,
    store: StoreView | None = None,
) -> DayMap:
    """Make a map and write it into the cache, unless the same one is there, whole. Raises SmosIbError, or what `progress` raises.

    It is computed in any case: which files could be read, how many retrievals each criterion drops and whether a file in the cache holds the
    right numbers is known only then. `read` gives retrievals from memory where they are there; without it they are read from the files. `store`
    spares reading the files of a long period.
    """
    said, make = next((said, make) for asks, make in KINDS if (said := asks(recipe)) is not None)
    read = read or (lambda granule, variable: reader.retrievals(granule, opened.recognition, variable))
    made = make(recipe, _Source(opened, read, store), said, progress)
    path = cache.path(made.granules, opened.recognition, made.variables, made.when, recipe.criteria)
    is_new = not _is_there(path, made.content, cache)
    if is_new:
        is_new = _write(path, made, cache)
    else:
        _check_unchanged(made.granules)
    return DayMap(path, made.content, made.provenance, recipe, is_new)


def _write(path: Path, made: _Made, cache: LayerCache) -> bool:
    """Write a map into the cache; return False where another QGIS has done so. Raises BadRequest.

    A map that another QGIS has just made is used, not replaced: it may show it already, and would not know that the file is ours now.
    """
    content, tags = made.content, made.provenance.items()

    def write(only_new: bool) -> bool:
        written = write_geotiff(
            path, content.kept, content.grid, content.variable, tags, content.further_bands, False, only_new
        )
        return cache.made(path, written)

    try:
        if write(only_new=not path.exists()):
            return True
        if _is_there(path, content, cache):
            return False
        write(only_new=False)
    except BadRequest:
        if _is_there(path, content, cache):  # Windows lets nobody replace what another QGIS shows
            return False
        raise
    return True


def _is_there(path: Path, content: MapContent, cache: LayerCache) -> bool:
    """Return whether the cache has a map's file, and it is whole: the name alone is no proof after a power failure."""
    return cache.use(path) and holds(path, [content.kept, *(band for _, band in content.further_bands)])


def _check_unchanged(granules: Sequence[Granule]) -> None:
    """Raise ChangedFile where a daily file is another one than the map was made of. Where its drive is away, nothing says that it is."""
    for granule in granules:
        with contextlib.suppress(VanishedFile):
            check_unchanged(granule)


def _day(recipe: Recipe, source: _Source, date: dt.date, progress: Progress) -> _Made:
    granule, variable = _side(source.opened, recipe, Side(recipe.variable, date))
    day = source.read(granule, variable).under(recipe.criteria)
    return _Made(day, of_day(day, source.opened, software_name()), (granule,), (variable,), date.isoformat())


def _composite(recipe: Recipe, source: _Source, last: dt.date, progress: Progress) -> _Made:
    opened = source.opened
    granules = opened.archive.granules_of(recipe.orbit, *recipe.days)
    if not granules:
        raise _no_granules(recipe, opened, recipe.days)
    variable = opened.recognition.variable(recipe.variable)
    least = f"_min{recipe.minimum}" if recipe.minimum > 1 else ""
    made = composite(
        granules,
        variable,
        recipe.days,
        recipe.statistic,
        recipe.criteria,
        source.read,
        progress,
        recipe.minimum,
        source.store,
    )
    provenance = of_composite(made, source.opened, software_name())
    return _Made(made, provenance, made.granules, (made.source,), _when(recipe, f"{recipe.statistic.value}{least}"))


def _anomaly(recipe: Recipe, source: _Source, options: AnomalyOptions, progress: Progress) -> _Made:
    made = anomaly_map(
        *source.all_of(recipe), recipe.days, options, recipe.criteria, source.read, progress, source.store
    )
    provenance = of_anomaly(made, source.opened, software_name())
    return _Made(made, provenance, made.granules, (made.source,), _when(recipe, options.key))


def _trend(recipe: Recipe, source: _Source, options: TrendOptions, progress: Progress) -> _Made:
    made = trend_map(*source.all_of(recipe), recipe.days, options, recipe.criteria, source.read, progress, source.store)
    provenance = of_trend(made, source.opened, software_name())
    return _Made(made, provenance, made.granules, (made.source,), _when(recipe, options.key))


def _when(recipe: Recipe, how: str) -> str:
    return f"{recipe.days[0]}_{recipe.days[1]}_{how}"


def _difference(recipe: Recipe, source: _Source, other: Side, progress: Progress) -> _Made:
    opened, one = source.opened, Side(recipe.variable, recipe.date)
    (granule, variable), (other_granule, subtrahend) = sides = [_side(opened, recipe, side) for side in (one, other)]
    check_comparable(variable, one.date, subtrahend, other.date)
    days = []
    for number, side in enumerate(sides):
        progress(number / len(sides), side[0].date.isoformat())
        days.append(source.read(*side).under(recipe.criteria))
    made = difference(*days)
    provenance = of_difference(made, opened, software_name())
    return _Made(made, provenance, (granule, other_granule), (variable, subtrahend), f"{one.date}_minus_{other.date}")


# What a recipe says for this kind of map, None where it is of another kind; the first kind for which it says something is made. All have a date.
KINDS: tuple[tuple[Callable[[Recipe], Any], Callable[[Recipe, _Source, Any, Progress], _Made]], ...] = (
    (lambda recipe: recipe.minus, _difference),
    (lambda recipe: recipe.anomaly, _anomaly),
    (lambda recipe: recipe.trend, _trend),
    (lambda recipe: recipe.last, _composite),
    (lambda recipe: recipe.date, _day),
)


def _side(opened: Opened, recipe: Recipe, side: Side) -> tuple[Granule, Variable]:
    return opened.archive.granule(side.date, recipe.orbit), opened.recognition.variable(side.variable)


def _no_granules(recipe: Recipe, opened: Opened, period: tuple[dt.date, dt.date]) -> NotInArchive:
    span = opened.archive.span(recipe.orbit)
    there = f"the archive has {span}" if span else "the archive has none of that orbit"
    return NotInArchive(
        f"There is no {recipe.orbit.title} granule from {period[0]} to {period[1]} in {opened.archive.root}: {there}."
    )
