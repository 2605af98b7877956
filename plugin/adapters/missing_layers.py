# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers whose cached file is gone: opened with an empty stand-in, then made again from the archive.

Without the stand-in QGIS would stop a project's opening with its dialog of unavailable layers, before any plugin is asked. With it the
layer keeps its look and place, and its content follows from a task.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from qgis.core import QgsPathResolver, QgsProject, QgsRasterLayer

from ..core.archive import Progress, scan
from ..core.corrections import Corrections
from ..core.errors import BadRequest, SmosIbError
from ..core.grid import M25KM
from ..core.reader import Opened, Reader
from ..core.variables import Variable
from .day_map import DayMap, Recipe
from .geotiff import is_whole, write_geotiff
from .layer_cache import CACHED_NAME, PLACEHOLDER, LayerCache
from .live_layer import describe, recipe_of
from .map_making import make_map
from .settings import cache_folder


class StandIns:
    """Gives QGIS an empty raster for cached files that are gone or cut off, while it is installed. `folder` is the cache's. Main thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._token = QgsPathResolver.setPathPreprocessor(self._stand_in)

    def remove(self) -> None:
        """Stop doing so."""
        QgsPathResolver.removePathPreprocessor(self._token)

    def _stand_in(self, path: str) -> str:
        *folders, name = path.replace("\\", "/").split("/")
        if not (name == PLACEHOLDER or CACHED_NAME.fullmatch(name)):
            return path
        file = Path(os.path.normpath(Path(QgsProject.instance().absolutePath()) / path))
        # The end of the profile's folder is enough: projects come from other machines too.
        if file.parent not in (self.folder, cache_folder()) and folders[-2:] != list(cache_folder().parts[-2:]):
            return path
        if name != PLACEHOLDER and is_whole(file):
            return path
        stand_in = self.folder / PLACEHOLDER
        with contextlib.suppress(SmosIbError):  # then QGIS treats the layer like any other whose file is gone
            if not is_whole(stand_in):
                empty = np.full(M25KM.shape, np.nan, dtype=np.float32)
                write_geotiff(stand_in, empty, M25KM, Variable("empty", "", "empty", ""), [])
            return str(stand_in)
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
            made.append((layer_id, make_map(reader, opened[recipe.folder], cache, recipe, progress), ""))
        except SmosIbError as error:
            made.append((layer_id, None, str(error)))
    return made


def fill(layer: QgsRasterLayer, shown: DayMap) -> None:
    """Give a layer that was made again its file. Its look is not touched: it shows what it showed before. Main thread."""
    layer.setDataSource(str(shown.path), layer.name(), "gdal")
    describe(layer, shown)
    layer.triggerRepaint()


def layers_to_make() -> list[tuple[QgsRasterLayer, Recipe]]:
    """Return the project's layers of ours that have no content, with the recipe to make it."""
    return [
        (layer, recipe)
        for layer, recipe in _our_layers()
        if Path(layer.source()).name == PLACEHOLDER or not Path(layer.source()).exists()
    ]


def layers_from(folder: Path) -> list[tuple[QgsRasterLayer, Recipe]]:
    """Return the project's layers of ours whose daily files lie in a folder or below it."""
    return [(layer, recipe) for layer, recipe in _our_layers() if lies_in(recipe, folder)]


def lies_in(recipe: Recipe, folder: Path) -> bool:
    """Return whether a recipe's archive is a folder or lies below it."""
    return folder == recipe.folder or folder in recipe.folder.parents


def after_move(recipe: Recipe, old: Path, new: Path) -> Recipe:
    """Return the recipe of a map whose archive went with the folder `old` to `new`."""
    return replace(recipe, folder=new / recipe.folder.relative_to(old))


def files_in_use() -> frozenset[Path]:
    """Return the files behind the project's layers. Main thread."""
    layers = QgsProject.instance().mapLayers().values()
    return frozenset(Path(layer.source().split("|")[0]) for layer in layers if layer.source())


def _our_layers() -> list[tuple[QgsRasterLayer, Recipe]]:
    found = [(layer, recipe_of(layer)) for layer in QgsProject.instance().mapLayers().values()]
    return [(layer, recipe) for layer, recipe in found if recipe is not None and isinstance(layer, QgsRasterLayer)]
