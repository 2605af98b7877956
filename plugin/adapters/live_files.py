# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that playing and dragging leave behind: a play of fifteen years would fill the disk with 18 GB."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from .layer_cache import LayerCache
from .missing_layers import files_in_use

STAY = 40
"""Files of 3.2 MB; more than are made ahead or kept at hand."""


class LiveFiles:
    """Deletes the files that this session made for the live layer, but the last `stay`. Main thread.

    What a layer of the project shows stays, and so does what one showed when the project was saved, and what another QGIS has used.
    """

    def __init__(self, cache: LayerCache, stay: int = STAY) -> None:
        self._cache, self._stay = cache, stay
        self._made: OrderedDict[Path, None] = OrderedDict()
        self._held: set[Path] = set()

    def made(self, path: Path) -> None:
        """Hear of a file that this session has written."""
        if path not in self._held:
            self._made[path] = None
            self._made.move_to_end(path)
        excess = len(self._made) - self._stay
        if excess <= 0:
            return
        shown = files_in_use()
        for old in [one for one in self._made if one not in shown][:excess]:
            del self._made[old]
            self._cache.discard(old)  # Windows keeps a file that is being read; it goes when the cache is tidied

    def hold(self) -> None:
        """Let everything stay that a layer shows now, for the project is being saved."""
        self._held |= files_in_use()
        for path in self._held:
            self._made.pop(path, None)
