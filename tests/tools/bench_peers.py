# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways to the series of one cell by other software, and the build of TUW's repurpose.

A way is set up once and then asked for cells. Libraries are imported where they are used: each measurement runs in a process of its
own, with nothing else in it. The files have their south row first.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_record import VARIABLES, Click, Record, Task, Values, land_of

from smos_ib_explorer.plugin.core.grid import M25KM, Cell


def netcdf4_loop(task: Task) -> Click:
    import netCDF4

    paths = task.paths

    def click(cell: Cell) -> Sequence[Values]:
        values = np.empty((len(task.names), len(paths)), dtype=np.float32)
        for number, path in enumerate(paths):
            dataset = netCDF4.Dataset(path)
            for index, name in enumerate(task.names):
                values[index, number] = np.ma.filled(dataset.variables[name][_from_south(cell), cell.col], np.nan)
            dataset.close()
        return list(values)

    return click


def gdal_loop(task: Task) -> Click:
    from osgeo import gdal

    gdal.UseExceptions()
    paths = task.paths

    def click(cell: Cell) -> Sequence[Values]:
        values = np.empty((len(task.names), len(paths)), dtype=np.float32)
        for number, path in enumerate(paths):
            group = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
            for index, name in enumerate(task.names):
                array = group.OpenMDArray(name)
                values[index, number] = array.ReadAsArray([_from_south(cell), cell.col], [1, 1]).item()
        return list(values)

    return click


def gdal_vrt(task: Task) -> Click:
    from osgeo import gdal

    gdal.UseExceptions()
    layers = [f'NETCDF:"{path}":{task.names[0]}' for path in task.paths]

    def click(cell: Cell) -> Sequence[Values]:
        stack = gdal.BuildVRT("/vsimem/stack.vrt", layers, separate=True)
        return [stack.ReadAsArray(cell.col, cell.row, 1, 1).reshape(-1).astype(np.float32)]

    return click


def xarray_stack(task: Task) -> Click:
    import xarray

    paths = task.paths

    def click(cell: Cell) -> Sequence[Values]:
        lon, lat = M25KM.centre(cell)
        # The options that spare xarray from comparing the coordinates of all files.
        with xarray.open_mfdataset(
            paths,
            combine="nested",
            concat_dim="time",
            coords="minimal",
            compat="override",
            join="override",
            chunks={},
            parallel=False,
            engine="netcdf4",
        ) as stack:
            series = stack[list(task.names)].sel(lat=lat, lon=lon, method="nearest").load()
            return [series[name].values.astype(np.float32) for name in task.names]

    return click


def pynetcf_series(task: Task) -> Click:
    from pygeogrids.netcdf import load_grid
    from pynetcf.time_series import GriddedNcOrthoMultiTs

    grid = load_grid(str(Path(task.series) / "grid.nc"))

    def click(cell: Cell) -> Sequence[Values]:
        with GriddedNcOrthoMultiTs(task.series, grid=grid, parameters=list(task.names)) as series:
            frame = series.read(cell.row * M25KM.cols + cell.col)
        return [frame[name].to_numpy(np.float32) for name in task.names]

    return click


class _Images:
    """The reader of daily images that repurpose asks for: land cells, in the order of its grid."""

    def __init__(self, record: Record, paths: Sequence[str]) -> None:
        from pygeogrids.grids import BasicGrid

        land = land_of(record)
        lon, lat = np.meshgrid(M25KM.longitudes(), M25KM.latitudes())
        self._land = land.ravel()
        self.grid = BasicGrid(
            lon[land], lat[land], gpis=np.flatnonzero(self._land), geodatum="WGS84", setup_kdTree=False
        ).to_cell_grid(5.0, 5.0)
        self._path = {_date_in(path): path for path in paths}

    def tstamps_for_daterange(self, start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
        return [day for day in self._path if start <= day <= end]

    def read(self, timestamp: dt.datetime, **_: Any) -> Any:
        import netCDF4
        from pygeobase.object_base import Image

        with netCDF4.Dataset(self._path[timestamp]) as dataset:
            dataset.set_auto_mask(False)
            data = {name: dataset.variables[name][::-1].ravel()[self._land] for name in VARIABLES}
        return Image(self.grid.activearrlon, self.grid.activearrlat, data, {}, timestamp)


def build_img2ts(task: Task) -> Callable[[], None]:
    from repurpose.img2ts import Img2Ts

    images = _Images(task.record, task.paths)
    Path(task.series).mkdir(parents=True)
    days = images.tstamps_for_daterange(dt.datetime.min, dt.datetime.max)
    return Img2Ts(images, task.series, days[0], days[-1], imgbuffer=100, ts_dtypes=np.float32, zlib=True).calc


def _from_south(cell: Cell) -> int:
    return M25KM.rows - 1 - cell.row


def _date_in(path: str) -> dt.datetime:
    return dt.datetime.strptime(re.search(r"_(\d{8})T", path)[1], "%Y%m%d")


CLICKS: dict[str, Callable[[Task], Click]] = {
    "loop": netcdf4_loop,
    "gdal": gdal_loop,
    "vrt": gdal_vrt,
    "xarray": xarray_stack,
    "pynetcf": pynetcf_series,
}
BUILDS: dict[str, Callable[[Task], Callable[[], None]]] = {"img2ts": build_img2ts}
