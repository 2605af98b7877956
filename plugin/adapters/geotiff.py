# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A map on the grid as a GeoTIFF with the grid's own geotransform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

from ..core.errors import BadRequest
from ..core.files import replacing
from ..core.grid import EaseGrid
from ..core.quality import Float32s
from ..core.variables import Variable

DEFLATED = ("COMPRESS=DEFLATE", "ZLEVEL=1", "PREDICTOR=3")


def write_geotiff(
    path: Path,
    values: Float32s,
    grid: EaseGrid,
    variable: Variable,
    tags: Iterable[tuple[str, str]],
    further_bands: Sequence[tuple[str, Float32s]] = (),
    small: bool = True,
) -> None:
    """Write (rows, cols) float32 values, north up, NaN as nodata; `tags` become the file's metadata. Whole or not at all.

    `further_bands` are named arrays of the same form. A `small` file is deflated; another one is written several times faster.
    Raises BadRequest where the place cannot be written or the disk is full.
    """
    bands = [values, *(band for _, band in further_bands)]
    labels = [(variable.label, variable.units), *((name, "") for name, _ in further_bands)]
    with replacing(path) as part:
        gdal.ErrorReset()
        try:
            _write(part, bands, labels, grid, tags, DEFLATED if small else [])
        except (RuntimeError, AttributeError) as error:
            raise OSError(0, gdal.GetLastErrorMsg() or str(error)) from error
        if not _is_whole(part, bands):
            reason = gdal.GetLastErrorMsg() or "what was written cannot be read back"
            raise BadRequest(f"{path} cannot be written: {reason}.", "Choose another folder or make room.")


def _is_whole(path: Path, bands: Sequence[Float32s]) -> bool:
    """Read back what was written: GDAL does not tell of a disk that was full when it closed the file."""
    try:
        written = gdal.Open(str(path))
        return written is not None and all(
            np.array_equal(written.GetRasterBand(number).ReadAsArray(), values, equal_nan=True)
            for number, values in enumerate(bands, 1)
        )
    except (RuntimeError, TypeError, AttributeError):
        return False


def _write(
    path: Path,
    bands: Sequence[Float32s],
    labels: Sequence[tuple[str, str]],
    grid: EaseGrid,
    tags: Iterable[tuple[str, str]],
    options: Sequence[str],
) -> None:
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), grid.cols, grid.rows, len(bands), gdal.GDT_Float32, list(options)
    )
    if dataset is None:
        raise RuntimeError(gdal.GetLastErrorMsg())
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(grid.epsg)
    dataset.SetProjection(reference.ExportToWkt())
    dataset.SetGeoTransform(grid.geotransform)
    dataset.SetMetadata({key.upper(): text for key, text in tags})
    failed = 0
    for number, (values, (name, units)) in enumerate(zip(bands, labels), 1):
        band = dataset.GetRasterBand(number)
        band.SetNoDataValue(float("nan"))
        band.SetDescription(name)
        band.SetUnitType(units)
        failed = failed or band.WriteArray(np.ascontiguousarray(values, dtype=np.float32))
    dataset.FlushCache()
    if failed:
        raise RuntimeError(gdal.GetLastErrorMsg())
