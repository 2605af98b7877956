# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A day on the grid as a GeoTIFF with the grid's own geotransform."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

from ..core.errors import BadRequest
from ..core.files import replacing
from ..core.grid import EaseGrid
from ..core.quality import Float32s
from ..core.variables import Variable


def write_geotiff(
    path: Path, values: Float32s, grid: EaseGrid, variable: Variable, tags: Iterable[tuple[str, str]]
) -> None:
    """Write (rows, cols) float32 values, north up, NaN as nodata; `tags` become the file's metadata. Whole or not at all.

    Raises BadRequest where the place cannot be written or the disk is full.
    """
    with replacing(path) as part:
        gdal.ErrorReset()
        try:
            _write(part, values, grid, variable, tags)
        except (RuntimeError, AttributeError) as error:
            raise OSError(0, gdal.GetLastErrorMsg() or str(error)) from error
        if not _is_whole(part, values):
            reason = gdal.GetLastErrorMsg() or "what was written cannot be read back"
            raise BadRequest(f"{path} cannot be written: {reason}.", "Choose another folder or make room.")


def _is_whole(path: Path, values: Float32s) -> bool:
    """Read back what was written: GDAL does not tell of a disk that was full when it closed the file."""
    try:
        written = gdal.Open(str(path))
        return written is not None and np.array_equal(written.ReadAsArray(), values, equal_nan=True)
    except (RuntimeError, TypeError, AttributeError):
        return False


def _write(path: Path, values: Float32s, grid: EaseGrid, variable: Variable, tags: Iterable[tuple[str, str]]) -> None:
    options = ["COMPRESS=DEFLATE", "ZLEVEL=1", "PREDICTOR=3"]
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), grid.cols, grid.rows, 1, gdal.GDT_Float32, options)
    if dataset is None:
        raise RuntimeError(gdal.GetLastErrorMsg())
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(grid.epsg)
    dataset.SetProjection(reference.ExportToWkt())
    dataset.SetGeoTransform(grid.geotransform)
    dataset.SetMetadata({key.upper(): text for key, text in tags})
    band = dataset.GetRasterBand(1)
    band.SetNoDataValue(float("nan"))
    band.SetDescription(variable.label)
    band.SetUnitType(variable.units)
    failed = band.WriteArray(np.ascontiguousarray(values, dtype=np.float32))
    dataset.FlushCache()
    if failed:
        raise RuntimeError(gdal.GetLastErrorMsg())
