# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A land mask on the grid, from the world map that every QGIS brings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal
from qgis.core import QgsApplication

from ..core.grid import EaseGrid

# Steps a degree of the raster in between: a quarter of the 25 km cell.
FINENESS = 16


def world_map() -> Path:
    """Return the path of QGIS's own world map."""
    return Path(QgsApplication.pkgDataPath()) / "resources" / "data" / "world_map.gpkg"


class Land:
    """Gives land masks, made once a grid and kept. Callable from any thread; a mask takes about a second."""

    def __init__(self) -> None:
        self._masks: dict[str, np.ndarray | None] = {}

    def __call__(self, grid: EaseGrid) -> np.ndarray | None:
        """Return (rows, cols) booleans, north up, True where a cell's centre is on land; None without QGIS's world map."""
        if grid.name not in self._masks:
            self._masks[grid.name] = _rasterised(grid)
        return self._masks[grid.name]


def _rasterised(grid: EaseGrid) -> np.ndarray | None:
    source = gdal.OpenEx(str(world_map()), gdal.OF_VECTOR) if world_map().exists() else None
    if source is None:
        return None
    degrees = gdal.GetDriverByName("MEM").Create("", 360 * FINENESS, 180 * FINENESS, 1, gdal.GDT_Byte)
    degrees.SetGeoTransform((-180, 1 / FINENESS, 0, 90, 0, -1 / FINENESS))
    layer = source.GetLayerByName("countries")
    degrees.SetProjection(layer.GetSpatialRef().ExportToWkt())
    gdal.RasterizeLayer(degrees, [1], layer, burn_values=[1])
    rows = ((90 - grid.latitudes()) * FINENESS).astype(int)
    cols = ((grid.longitudes() + 180) * FINENESS).astype(int)
    return degrees.ReadAsArray()[np.ix_(rows, cols)].astype(bool)
