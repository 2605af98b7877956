# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A map on the grid as a GeoTIFF with the grid's own geotransform."""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, osr

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
    only_new: bool = False,
) -> int:
    """Write (rows, cols) float32 values, north up, NaN as nodata; `tags` become the file's metadata. Whole or not at all.

    Return the file's modification time (ns), as it was before anybody else could see the file.

    `further_bands` are named arrays of the same form. A `small` file is deflated; another one is written several times faster. With
    `only_new` a file that somebody else has put there meanwhile stays.
    Raises BadRequest where the place cannot be written or the disk is full.
    """
    bands = [values, *(band for _, band in further_bands)]
    labels = [(variable.label, variable.units), *((name, "") for name, _ in further_bands)]
    with replacing(path, only_new=only_new) as part:
        with _failing_as_full_disk():
            dataset = _create(part, grid, len(bands), DEFLATED if small else ())
            dataset.SetMetadata({key.upper(): text for key, text in tags})
            for number, (band, (name, units)) in enumerate(zip(bands, labels), 1):
                _write_band(dataset, number, band, name, units)
            dataset.FlushCache()
            del dataset
        _check(part, bands)
        # By our own clock: that of a file system stands still for some ms, in which another QGIS may write the same map.
        now = time.time_ns()
        os.utime(part, ns=(now, now))
        return part.stat().st_mtime_ns


def is_whole(path: Path) -> bool:
    """Return whether a GeoTIFF can be opened and is as long as it says: what a power failure cut off is not. Reads its beginning only."""
    try:
        length, written = path.stat().st_size, gdal.Open(str(path))
        return written is not None and all(
            _end_of_last_block(written.GetRasterBand(number)) <= length for number in range(1, written.RasterCount + 1)
        )
    except (OSError, RuntimeError, AttributeError):
        return False


def holds(path: Path, bands: Sequence[Float32s | int]) -> bool:
    """Return whether a file is whole and has just these bands, arrays or their checksums. Some milliseconds for a map of the cache."""
    try:
        written = gdal.Open(str(path))
        return (
            written is not None
            and written.RasterCount == len(bands)
            and all(_is_same(written.GetRasterBand(number).ReadAsArray(), band) for number, band in enumerate(bands, 1))
        )
    except (RuntimeError, TypeError, AttributeError):
        return False


def write_stack(
    path: Path,
    grid: EaseGrid,
    units: str,
    bands: Iterable[tuple[str, Float32s]],
    count: int,
    tags: Callable[[], Iterable[tuple[str, str]]],
) -> None:
    """Write `count` named (rows, cols) float32 arrays as the bands of one deflated file, one after the other. Whole or not at all.

    `tags` is called after the last one. Raises BadRequest as `write_geotiff` does, and what `bands` raises.
    """
    with replacing(path) as part:
        dataset = None
        try:
            with _failing_as_full_disk():
                dataset = _create(part, grid, count, (*DEFLATED, "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER"))
            written = []
            for number, (name, values) in enumerate(bands, 1):
                with _failing_as_full_disk():
                    _write_band(dataset, number, values, name, units)
                written.append(_checksum(values))
            with _failing_as_full_disk():
                dataset.SetMetadata({key.upper(): text for key, text in tags()})
                dataset.FlushCache()
        finally:
            dataset = None  # closes the file, so that Windows lets it be renamed or removed
        _check(part, written)


@contextlib.contextmanager
def _failing_as_full_disk() -> Iterator[None]:
    """Turn GDAL's errors into OSError."""
    gdal.ErrorReset()
    try:
        yield
    except (RuntimeError, AttributeError) as error:
        raise OSError(0, gdal.GetLastErrorMsg() or str(error)) from error


def _check(part: Path, bands: Sequence[Float32s | int]) -> None:
    """Read back what was written: GDAL does not tell of a disk that was full when it closed the file. Raises OSError."""
    if not holds(part, bands):
        raise OSError(0, "what was written is not whole, as on a full disk")


def _is_same(read: Float32s, written: Float32s | int) -> bool:
    """Compare an array with the one that was written, or with its checksum."""
    if isinstance(written, int):
        return _checksum(read) == written
    bits = np.ascontiguousarray(written, dtype=np.float32).view(np.int32)  # several times faster than looking for NaNs
    return read.dtype == np.float32 and np.array_equal(read.view(np.int32), bits)


def _checksum(values: Float32s) -> int:
    return zlib.crc32(values.tobytes())


def _create(path: Path, grid: EaseGrid, bands: int, options: Sequence[str]) -> Any:
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), grid.cols, grid.rows, bands, gdal.GDT_Float32, list(options)
    )
    if dataset is None:
        raise RuntimeError(gdal.GetLastErrorMsg())
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(grid.epsg)
    dataset.SetProjection(reference.ExportToWkt())
    dataset.SetGeoTransform(grid.geotransform)
    for number in range(1, bands + 1):
        dataset.GetRasterBand(number).SetNoDataValue(float("nan"))
    return dataset


def _write_band(dataset: Any, number: int, values: Float32s, name: str, units: str) -> None:
    band = dataset.GetRasterBand(number)
    band.SetDescription(name)
    band.SetUnitType(units)
    if band.WriteArray(np.ascontiguousarray(values, dtype=np.float32)):
        raise RuntimeError(gdal.GetLastErrorMsg())


def _end_of_last_block(band: Any) -> int:
    """Return where a band's last block ends in its file; a block of nothing but nodata may have no place."""
    width, height = band.GetBlockSize()
    name = f"{(band.XSize - 1) // width}_{(band.YSize - 1) // height}"
    offset, size = (band.GetMetadataItem(f"BLOCK_{what}_{name}", "TIFF") for what in ("OFFSET", "SIZE"))
    return int(offset or 0) + int(size or 0)
