# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the maps of the open archive come from: days in memory, or their files; handed out by a `MapFeed`."""

from __future__ import annotations

from collections.abc import Callable

from qgis.PyQt.QtCore import QObject

from ..core.archive import Progress
from ..core.content import Read
from ..core.errors import Cancelled
from ..core.reader import Opened, Reader
from ..core.recent import RecentDays
from .day_map import DayMap, Recipe
from .layer_cache import LayerCache
from .map_feed import MapFeed
from .map_making import make_map
from .tasks import Background

KEPT_DAYS = 62
"""Days of a period that stay in memory, for another threshold then needs no file. Those of a longer one would push out all others."""


class MapSource:
    """Makes the maps of `opened`, the archive as it is now. `recent` are the days in memory, `feed` hands the maps out."""

    def __init__(
        self, reader: Reader, background: Background, cache: LayerCache, is_drawing: Callable[[], bool], parent: QObject
    ) -> None:
        self.opened: Opened | None = None
        self.recent = RecentDays(reader)
        self.feed = MapFeed(background, is_drawing, cache.use, parent)
        self._reader, self._cache = reader, cache

    def take(self, opened: Opened | None) -> None:
        """Go over to an archive, or to none."""
        self.opened = opened
        self.feed.use(self._make if opened else None)
        if opened is None:
            self.recent.clear()

    def reads(self, opened: Opened, keep: bool = True) -> Read:
        """Return what reads days of an archive, from memory where they are there; for any thread. It is to `keep` what the map may show next."""
        return lambda granule, variable: self.recent.read(granule, opened.recognition, variable, keep)

    def _make(self, recipe: Recipe, progress: Progress) -> DayMap:
        """Make a map (in a task)."""
        opened = self.opened
        if opened is None:
            raise Cancelled
        first, last = recipe.days
        read = self.reads(opened, (last - first).days < KEPT_DAYS)
        return make_map(self._reader, opened, self._cache, recipe, progress, read)
