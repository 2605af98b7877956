# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers whose cached file is gone: opened with an empty stand-in, then made again from the archive.

Without the stand-in QGIS would stop a project's opening with its dialog of unavailable layers, before any plugin is asked. With it the
layer keeps its look and place, and its content follows from a task.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from qgis.core import QgsPathResolver, QgsProject, QgsRasterLayer

from ..core.archive import Progress, scan
from ..core.errors import BadRequest, SmosIbError
from ..core.grid import M25KM
from ..core.reader import Opened, Reader
from ..core.recognition import Corrections
from ..core.variables import Variable
from .day_map import DayMap, Recipe
from .geotiff import write_geotiff
from .layer_cache import CACHED_NAME, PLACEHOLDER, LayerCache
from .live_layer import recipe_of
from .map_making import make_map


class StandIns:
    """Gives QGIS an empty raster for cached files that are gone, while it is installed. Main thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PLACEHOLDER
        self._token = QgsPathResolver.setPathPreprocessor(self._stand_in)

    def remove(self) -> None:
        """Stop doing so."""
        QgsPathResolver.removePathPreprocessor(self._token)

    def _stand_in(self, path: str) -> str:
        *folders, name = path.replace("\\", "/").split("/")
        if folders[-2:] != list(self._path.parts[-3:-1]) or not (name == PLACEHOLDER or CACHED_NAME.fullmatch(name)):
            return path
        project = QgsProject.instance().absolutePath()
        if name != PLACEHOLDER and (Path(path) if Path(path).is_absolute() else Path(project) / path).exists():
            return path
        with contextlib.suppress(SmosIbError):  # then QGIS treats the layer like any other whose file is gone
            if not self._path.exists():
                empty = np.full(M25KM.shape, np.nan, dtype=np.float32)
                write_geotiff(self._path, empty, M25KM, Variable("empty", "", "empty", ""), [])
            return str(self._path)
        return path


def make_missing(
    reader: Reader,
    corrections: Mapping[Path, Corrections],
    cache: LayerCache,
    missing: Sequence[tuple[str, Recipe]],
    progress: Progress,
) -> list[tuple[str, DayMap | None, str]]:
    """Make maps again, by layer id; return each with its map, or None and the reason. For a task."""
    opened: dict[Path, Opened] = {}
    made: list[tuple[str, DayMap | None, str]] = []
    for number, (layer_id, recipe) in enumerate(missing):
        progress(number / len(missing), recipe.date.isoformat())
        try:
            if recipe.folder not in opened:
                opened[recipe.folder] = reader.learn(scan(recipe.folder), corrections[recipe.folder])
            if opened[recipe.folder].recognition.doubtful:
                raise BadRequest(opened[recipe.folder].recognition.evidence, "Open the folder and choose it.")
            made.append((layer_id, make_map(reader, opened[recipe.folder], cache, recipe), ""))
        except SmosIbError as error:
            made.append((layer_id, None, str(error)))
    return made


def layers_to_make() -> list[tuple[QgsRasterLayer, Recipe]]:
    """Return the project's layers of ours that have no content, with the recipe to make it."""
    found = []
    for layer in QgsProject.instance().mapLayers().values():
        recipe = recipe_of(layer)
        if (
            recipe is not None
            and isinstance(layer, QgsRasterLayer)
            and (Path(layer.source()).name == PLACEHOLDER or not Path(layer.source()).exists())
        ):
            found.append((layer, recipe))
    return found
