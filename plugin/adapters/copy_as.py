# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""*Copy as…*: the shown map, or the series at a point, as a command and as a Python snippet. Values in, text out."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..core import copy_as
from ..core.corrections import Corrections
from ..core.names import Orbit
from ..core.quality import QualityCriteria
from ..core.reader import Opened
from .cell_series import Point
from .day_map import Recipe

# Not resolved: a folder that is linked into QGIS's plugins has its right name only there.
PLUGIN = Path(__file__).absolute().parents[2]
WINDOWS = sys.platform == "win32"


def map_as_command(recipe: Recipe, windows: bool = WINDOWS) -> str:
    """Return the `qgis_process` command that writes the map of a recipe."""
    return copy_as.map_command(
        recipe.folder, recipe.variable, recipe.orbit, recipe.date, recipe.criteria, windows=windows
    )


def map_as_python(recipe: Recipe, opened: Opened, plugin: Path = PLUGIN) -> str:
    """Return the Python text that reads the map of a recipe from the opened archive."""
    return copy_as.map_snippet(
        plugin, recipe.folder, recipe.variable, recipe.orbit, recipe.date, recipe.criteria, _decided(opened)
    )


def series_as_command(
    opened: Opened,
    point: Point,
    variables: Sequence[str],
    orbit: Orbit,
    criteria: QualityCriteria,
    first: dt.date | None = None,
    last: dt.date | None = None,
    windows: bool = WINDOWS,
) -> str:
    """Return the `qgis_process` command that writes the series at a point, for variables by id; no `first` or `last`: the whole record."""
    return copy_as.series_command(
        opened.archive.root, variables, orbit, point.lon, point.lat, criteria, windows, first, last
    )


def series_as_python(
    opened: Opened,
    point: Point,
    variables: Sequence[str],
    orbit: Orbit,
    criteria: QualityCriteria,
    first: dt.date | None = None,
    last: dt.date | None = None,
    plugin: Path = PLUGIN,
) -> str:
    """Return the Python text that reads the series at a point, for variables by id; no `first` or `last`: the whole record."""
    return copy_as.series_snippet(
        plugin, opened.archive.root, variables, orbit, point.cell, criteria, _decided(opened), first, last
    )


def _decided(opened: Opened) -> Corrections:
    """Return what was decided about the archive. Without QGIS there is no map of land that could find the orientation again."""
    return replace(opened.recognition.corrections, orientation=opened.recognition.orientation)
