# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user set in QGIS's options: one value, read from and written to QGIS's settings under `smosib/`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.quality import QualityCriteria
from .settings import cache_folder

AUTOMATIC, GDAL, NETCDF4 = "automatic", "gdal", "netcdf4"
ENGINES = (AUTOMATIC, GDAL, NETCDF4)

LIMITS: dict[str, tuple[float, float]] = {
    "max_scene_flag": (0, 15),
    "max_rmse": (0.1, 50.0),
    "cache_limit_mb": (50, 1_000_000),
    "day_grids_mb": (32, 16_384),
    "frames_per_second": (1, 30),
}
"""Lowest and highest value of each number."""


@dataclass(frozen=True)
class Options:
    """The options as one value. Folders are empty for none, and for the profile's cache; `ramps` holds a ramp's name by role id."""

    default_folder: str = ""
    max_scene_flag: int = 1
    max_rmse: float = 8.0
    cache_folder: str = ""
    cache_limit_mb: int = 1000
    day_grids_mb: int = 256
    engine: str = AUTOMATIC
    ramps: Mapping[str, str] = field(default_factory=dict)
    frames_per_second: int = 10

    @property
    def criteria(self) -> QualityCriteria:
        """The quality control of an archive that is newly opened."""
        return QualityCriteria(self.max_scene_flag, self.max_rmse)

    @property
    def layer_cache(self) -> Path:
        """The folder for the files behind layers."""
        return Path(self.cache_folder) if self.cache_folder else cache_folder()

    @classmethod
    def read(cls) -> Options:
        """Return what the settings hold: numbers within their limits, the default where there is nothing, or nonsense. Any thread."""
        store, found = QgsSettings(), cls()
        for one in fields(cls):
            stored, default = store.value(_key(one.name)), getattr(found, one.name)
            if stored is not None:
                found = replace(found, **{one.name: _understood(one.name, stored, default)})
        return found

    def write(self) -> None:
        """Put the options into the settings."""
        store = QgsSettings()
        for one in fields(self):
            value = getattr(self, one.name)
            store.setValue(_key(one.name), json.dumps(dict(value)) if one.name == "ramps" else value)


class CurrentOptions(QObject):
    """The options of this QGIS, and the news that they have changed. Main thread."""

    changed = pyqtSignal(object)  # Options

    def __init__(self) -> None:
        super().__init__()
        self.value = Options.read()

    def change(self, options: Options) -> None:
        """Write new options and say so; nothing happens where they are the same."""
        if options != self.value:
            self.value = options
            options.write()
            self.changed.emit(options)


def _key(name: str) -> str:
    first, *others = name.split("_")
    return f"smosib/{first}{''.join(map(str.capitalize, others))}"


def _understood(name: str, stored: Any, default: Any) -> Any:
    """Return a stored value in the type of its default, which is returned where that cannot be done."""
    try:
        if name in LIMITS:
            number = float(stored)
            if not math.isfinite(number):
                return default
            low, high = LIMITS[name]
            return type(default)(min(max(number, low), high))
        if name == "ramps":
            return {str(key): str(ramp) for key, ramp in json.loads(str(stored)).items()}
    except (ValueError, TypeError, AttributeError):
        return default
    return default if name == "engine" and stored not in ENGINES else str(stored)
