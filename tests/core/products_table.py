# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The products of the family, each written as its files look: names, folders, variables, attributes, orientation, packing.

Two days, and both orbits where a product has them. The numbers follow from day, orbit and place: two patches of land, the rest of the globe
is empty, so that whole grids are written fast.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.dialects import WRONG_GEOTRANSFORM, Numbers, degrees, grid_named

from smos_ib_explorer.plugin.core.engine import NETCDF_LOCK
from smos_ib_explorer.plugin.core.grid import EaseGrid

DAYS = (dt.date(2018, 1, 1), dt.date(2018, 1, 2))
FILL = -32768


@dataclass(frozen=True)
class Column:
    """A variable of a product: its type in the file, attributes, and `role` if it is one. `scale` where it is packed."""

    name: str
    role: str = ""
    kind: str = "f8"
    scale: float = 0.0
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProductFiles:
    """How a product's files look, and what they must be taken for.

    `files` are forms of names with the variables in them; {d} stands for the date, {o} for A or D. `folder` says it in words: ASC, DES.
    """

    key: str
    files: Mapping[str, tuple[Column, ...]]
    roles: tuple[str, ...]
    cites: bool
    grid: str = "EASE2_M25km"
    orbits: tuple[str, ...] = ("A", "D")
    south_first: bool = False
    transposed: bool = False
    greenwich: bool = False
    coordinates: str = "1d"
    crs: bool = False
    date_form: str = "YYYYMMDD"
    orbit_told: str = ""
    kinds: tuple[str, ...] = ()

    def write(self, root: Path) -> None:
        """Write all files of the two days."""
        for day in DAYS:
            for orbit in self.orbits:
                for form, columns in self.files.items():
                    name = form.format(
                        d=day,
                        o=orbit,
                        folder={"A": "ASC", "D": "DES"}.get(orbit, ""),
                        half={"A": "A", "D": "P"}.get(orbit, ""),
                    )
                    self._write_file(root / name, day, orbit, columns)

    def _write_file(self, path: Path, day: dt.date, orbit: str, columns: tuple[Column, ...]) -> None:
        netcdf = pytest.importorskip("netCDF4")
        path.parent.mkdir(parents=True, exist_ok=True)
        grid = grid_named(self.grid)
        lines, cols = np.arange(grid.rows), np.arange(grid.cols)
        lines = lines[::-1] if self.south_first else lines
        cols = np.roll(cols, grid.cols // 2) if self.greenwich else cols
        lats, lons = degrees(grid.left + (cols + 0.5) * grid.cell, grid.top - (lines + 0.5) * grid.cell)
        with NETCDF_LOCK, netcdf.Dataset(path, "w") as file:
            dimensions = {"lat": lats, "lon": lons % 360 if self.greenwich else lons}
            file.createDimension("one", 1)
            for name, line in dimensions.items():
                file.createDimension(name, line.size)
                if self.coordinates != "none":
                    where = (name, "one") if self.coordinates == "column" else (name,)
                    variable = file.createVariable(name, "f8", where)
                    variable[:] = line[:, None] if self.coordinates == "column" else line
                    if self.coordinates == "1d":
                        variable.units = {"lat": "degrees_north", "lon": "degrees_east"}[name]
            for column in columns:
                values = values_of(column.role, grid, day, orbit, column.name)[np.ix_(lines, cols)]
                self._write_column(file, column, values.T if self.transposed else values)
            if self.crs:
                crs = file.createVariable("crs", "i4", ())
                crs.grid_mapping_name, crs.GeoTransform = "lambert_cylindrical_equal_area", WRONG_GEOTRANSFORM

    def _write_column(self, file: Any, column: Column, values: Numbers) -> None:
        fill = FILL if column.kind == "i2" else np.nan
        where = ("lon", "lat") if self.transposed else ("lat", "lon")
        variable = file.createVariable(column.name, column.kind, where, fill_value=fill, zlib=True, complevel=1)
        variable.set_auto_maskandscale(False)
        variable.setncatts(dict(column.attributes))
        if column.scale:
            variable.scale_factor, variable.add_offset = column.scale, 0.0
            values = values / column.scale
        if self.crs:
            variable.grid_mapping = "crs"
        variable[:] = np.where(np.isnan(values), fill, values)


def values_of(role: str, grid: EaseGrid, day: dt.date, orbit: str, name: str = "") -> Numbers:
    """Return what a product holds on a day: (rows, cols) float64, north row first, NaN off the two patches."""
    whole = np.full(grid.shape, np.nan)
    for rows, cols in patches(grid):
        row, col = np.ogrid[rows, cols]
        mixed = row * 37 + col * 101 + day.day * 7919 + (53 if orbit == "D" else 0)
        whole[rows, cols] = {
            "SM": lambda mixed=mixed: (mixed % 5987) * 2.0**-13,
            "VOD": lambda mixed=mixed: (mixed % 4001) * 2.0**-11,
            "RMSE": lambda mixed=mixed: (mixed % 6599 + 400) * 2.0**-9,
            "SF": lambda mixed=mixed: np.array([0.0, 1, 2, 4, 8, 0, 5])[mixed % 7],
            "TBH": lambda mixed=mixed: 180 + mixed % 90 * 1.0,
            "TBV": lambda mixed=mixed: 200 + mixed % 90 * 1.0,
            "": lambda mixed=mixed: np.full(mixed.shape, (day - dt.date(2000, 1, 1)).days if name == "Days" else 1.0),
        }[role]()
    return whole


def patches(grid: EaseGrid) -> list[tuple[slice, slice]]:
    """Return the rows and columns of the two patches, which lie on the continents of `land_mask`, and unlike each other on the globe."""
    rows, cols = grid.shape
    return [
        (slice(rows * 100 // 584, rows * 130 // 584), slice(cols * 150 // 1388, cols * 400 // 1388)),
        (slice(rows * 320 // 584, rows * 340 // 584), slice(cols * 340 // 1388, cols * 470 // 1388)),
    ]


_SM = Column("Soil_Moisture", "SM", attributes={"units": "m3/m3", "long_name": "Retrieved soil moisture value"})
_VOD = Column("Optical_Thickness_Nad", "VOD", attributes={"long_name": "Retrieved nadir optical thickness"})
_RMSE = Column("RMSE", "RMSE", attributes={"units": "K", "long_name": "RMSE TBmeas. TB modeled"})
_SF = Column("Scene_Flags", "SF")
_TBS = (
    Column("BT_H_IC_Fitted", "TBH", "f4", attributes={"units": "K"}),
    Column("BT_V_IC_Fitted", "TBV", "f4", attributes={"units": "K"}),
)
_ERRORS = Column("Soil_Moisture_StdError", kind="f4"), Column("Optical_Thickness_Nad_StdError", kind="f4")
_SF_FROM = "_{d:%Y%m%d}T000000_{d:%Y%m%d}T235959_"

PRODUCT_FILES: dict[str, ProductFiles] = {
    "SMOS-IC V105": ProductFiles(
        "smos-ic-v105",
        {
            "{folder}/{d.year}/SM_RE06_MIR_CDF3S{o}" + _SF_FROM + "105_001_8.DBL.nc": (
                _SM,
                _ERRORS[0],
                _RMSE,
                _SF,
                Column("Processing_Flags", kind="f4"),
                Column("Quality_Flag", kind="f4", attributes={"long_name": "0 ok, 1 not recommended, 2 missing"}),
                Column("Soil_Temperature_Level1", kind="f4", attributes={"units": "K"}),
                Column("Days", kind="f4"),
                Column("UTC_Seconds", kind="f4"),
            )
        },
        ("SM", "RMSE", "SF"),
        cites=False,
        south_first=True,
        orbit_told="CDF3S{o} in the file name",
    ),
    "SMOS-IC V2": ProductFiles(
        "smos-ic-v2",
        {
            "{folder}/{d.year}/SM_RE07_MIR_CDF3S{o}" + _SF_FROM + "200_001_8.DBL.nc": (
                _SM,
                _VOD,
                *_ERRORS,
                _RMSE,
                _SF,
                *_TBS,
            )
        },
        ("SM", "VOD", "TBH", "TBV", "RMSE", "SF"),
        cites=True,
        crs=True,
        orbit_told="CDF3S{o} in the file name",
    ),
    "SMAP-IB": ProductFiles(
        "smap-ib",
        {
            "SM/IB_SM_CDF3{half}M_{d:%Y%m%d}_V1.0.nc": (_SM, _RMSE, _SF),
            "VOD/IB_VOD_CDF3{half}M_{d:%Y%m%d}_V1.0.nc": (_VOD,),
        },
        ("SM", "VOD", "RMSE", "SF"),
        cites=False,
        grid="EASE2_M36km",
        orbit_told="CDF3{half}M in the file name",
        kinds=("SM", "VOD"),
    ),
    "CATDS L3": ProductFiles(
        "catds-l3",
        {
            "SM_OPER_MIR_CLF31{o}" + _SF_FROM + "300_002_7.DBL.nc": (
                Column("Soil_Moisture", "SM", "i2", 2.0**-13, {"units": "m3.m-3"}),
                Column("Soil_Moisture_Dqx", "", "i2", 2.0**-13, {"units": "m3.m-3"}),
                Column("Rfi_Prob", "", "i2", 2.0**-10),
                Column("Chi_2", "", "i2", 2.0**-10),
            )
        },
        ("SM",),
        cites=False,
        south_first=True,
        orbit_told="CLF31{o} in the file name",
    ),
    "MATLAB's way": ProductFiles(
        "ease2-daily",
        {"L3_{d:%Y%j}.nc": (Column("sm", "SM"), Column("vod", "VOD"), Column("rmse", "RMSE"), Column("sf", "SF"))},
        ("SM", "VOD", "RMSE", "SF"),
        cites=True,
        orbits=("",),
        transposed=True,
        greenwich=True,
        coordinates="column",
        date_form="YYYYDDD",
    ),
    "MATLAB's way, without coordinates": ProductFiles(
        "ease2-daily",
        {"{d:%Y}{d:%j}.nc": (Column("SM", "SM"), Column("TB_RMSE", "RMSE"), Column("SF", "SF"))},
        ("SM", "RMSE", "SF"),
        cites=True,
        orbits=("",),
        transposed=True,
        greenwich=True,
        coordinates="none",
        date_form="YYYYDDD",
    ),
    "SMOS-IB, most likely": ProductFiles(
        "smos-ib",
        {"{d.year}/SMOS_IB_{d:%Y%m%d}.nc": (_SM, _VOD, Column("TB_H", "TBH"), Column("TB_V", "TBV"), _RMSE, _SF)},
        ("SM", "VOD", "TBH", "TBV", "RMSE", "SF"),
        cites=True,
        orbits=("",),
    ),
    "SMOS-IB, a folder a parameter": ProductFiles(
        "smos-ib",
        {
            "SM/{folder}/SMOS-IB_SM_{d:%Y-%m-%d}.nc": (Column("SM", "SM"),),
            "VOD/{folder}/SMOS-IB_VOD_{d:%Y-%m-%d}.nc": (Column("VOD", "VOD"),),
            "RMSE/{folder}/SMOS-IB_RMSE_{d:%Y-%m-%d}.nc": (Column("RMSE", "RMSE"),),
            "Scene_Flags/{folder}/SMOS-IB_SF_{d:%Y-%m-%d}.nc": (Column("Scene_Flags", "SF"),),
        },
        ("SM", "VOD", "RMSE", "SF"),
        cites=True,
        south_first=True,
        date_form="YYYY-MM-DD",
        orbit_told="{folder} in the folder name",
        kinds=("SM", "VOD", "RMSE", "Scene_Flags"),
    ),
}
