# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A small daily file in every form that netCDF and HDF5 know, to be damaged: `./dev fuzz` and test_hostile.py begin with these.

All hold the layers of core.granules on the same cut of the 25 km grid; so what is read from a damaged one can be compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.dialects import degrees
from core.granules import COLS, ROWS, layers_of

from smos_ib_explorer.plugin.core.grid import M25KM

DAY = dt.date(2015, 5, 6)
OLD, NEW, NEWEST = ("earliest", "v108"), ("v108", "v108"), ("v110", "v110")


def _lines() -> dict[str, np.ndarray]:
    lats, lons = degrees(M25KM.left + (COLS + 0.5) * M25KM.cell, M25KM.top - (ROWS + 0.5) * M25KM.cell)
    return {"lat": lats[::-1], "lon": lons}


def write_netcdf(path: Path, kind: str = "NETCDF4", record: bool = False, packed: bool = False, **how: Any) -> None:
    """Write a file with netCDF4-python, of a `kind`; a `record` dimension comes first, numbers are `packed` as 16 bits."""
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(path, "w", format=kind) as file:
        file.setncatts({"title": "a day", "Conventions": "CF-1.6"})
        dimensions = ("time", "lat", "lon") if record else ("lat", "lon")
        if record:
            file.createDimension("time", None)
            time = file.createVariable("time", "f8", ("time",))
            time.units = "days since 2015-05-06"
            time[0] = 0
        for name, line in _lines().items():
            file.createDimension(name, line.size)
            variable = file.createVariable(name, "f8", (name,))
            variable.setncatts(
                {"units": "degrees_north" if name == "lat" else "degrees_east", "valid_range": [-180.0, 180.0]}
            )
            variable[:] = line
        for name, values in layers_of(DAY).items():
            variable = file.createVariable(name, "i2" if packed else "f8", dimensions, fill_value=-999, **how)
            variable.set_auto_maskandscale(False)
            variable.long_name = name
            if packed:
                variable.scale_factor = 0.001
            whole = np.where(np.isnan(values), -999, values * 1000 if packed else values)[::-1]
            variable[...] = whole[None] if record else whole


def write_hdf5(path: Path, libver: tuple[str, str], **how: Any) -> None:
    """Write a file with h5py in the form of some versions of HDF5, with dimension scales as netCDF has them."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs.update({"title": "a day", "fixed": np.bytes_("text"), "numbers": np.arange(5)})
        for name, line in _lines().items():
            file[name] = line
            file[name].make_scale(name)
        for name, values in layers_of(DAY).items():
            dataset = file.create_dataset(name, data=np.where(np.isnan(values), -999, values)[::-1], **how)
            dataset.dims[0].attach_scale(file["lat"])
            dataset.dims[1].attach_scale(file["lon"])
            dataset.attrs.update({"units": "K", "_FillValue": -999.0})
        file.create_group("sub").create_dataset("inner", data=np.arange(5))


def _rich(path: Path) -> None:
    """Add what the netCDF4 model knows beyond variables: groups, types, text of any length, many attributes and variables."""
    netcdf = pytest.importorskip("netCDF4")
    write_netcdf(path, zlib=True)
    with netcdf.Dataset(path, "a") as file:
        for owner in (file, file["RMSE"]):
            owner.setncatts({f"a{number}": "x" * number for number in range(12)})
        group = file.createGroup("sub")
        group.createDimension("k", 3)
        group.createVariable("inner", "i4", ("k",))[:] = 1
        group.createGroup("deeper").note = "text"
        point = file.createCompoundType(np.dtype([("x", "f4"), ("y", "i2", (2,))]), "point")
        file.createVariable("points", point, ("lat",))
        kind = file.createEnumType(np.uint8, "kind", {"a": 0, "b": 1})
        file.createVariable("kinds", kind, ("lat",), fill_value=0)[:] = 1
        ragged = file.createVariable("ragged", file.createVLType(np.int32, "row"), ("lat",))
        ragged[0] = np.arange(3, dtype="i4")
        names = file.createVariable("names", str, ("lat",))
        names[0] = "hello"
        names.comment = ["one", "two"]
        for number in range(9):
            file.createVariable(f"more{number}", "i2", ("lon",))[:] = number


def _old_rich(path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    write_hdf5(path, OLD, chunks=(4, 5), compression="gzip")
    with h5py.File(path, "a", libver=OLD) as file:
        for number in range(20):
            file[f"v{number}"] = np.arange(3) + number
            file["RMSE"].attrs[f"k{number}"] = "v" * number
        file["compound"] = np.zeros(3, dtype=[("a", "f4"), ("b", "S5"), ("c", "i2", (2,))])
        file["enum"] = np.zeros(3, dtype=h5py.enum_dtype({"RED": 0, "BLUE": 1}))
        file.create_dataset("text", data=["ab", "cd"], dtype=h5py.string_dtype())
        numbers = np.arange(60)
        for name, how in FILTERS.items():
            file.create_dataset(name, data=numbers, chunks=(10,), **how)


FILTERS = {
    "checked": {"shuffle": True, "compression": "gzip", "fletcher32": True},
    "scaled": {"scaleoffset": 0},
}


def _indexes(path: Path) -> None:
    """Add a dataset for each index of chunks that HDF5 has known since 1.10."""
    h5py = pytest.importorskip("h5py")
    write_hdf5(path, NEWEST, chunks=(4, 5), compression="gzip", shuffle=True)
    with h5py.File(path, "a", libver=NEWEST) as file:
        numbers = np.arange(40.0).reshape(8, 5)
        for name, how in INDEXES.items():
            file.create_dataset(name, data=numbers, chunks=(1, 5), **how)
        file.create_dataset("long", data=np.arange(3000.0), chunks=(2,), maxshape=(None,), compression="gzip")


INDEXES: dict[str, dict[str, Any]] = {
    "extensible": {"maxshape": (None, 5)},
    "tree": {"maxshape": (None, None)},
    "implicit": {},
    "fixed": {"compression": "gzip"},
}

SEEDS: dict[str, Callable[[Path], None]] = {
    "netcdf4": write_netcdf,
    "netcdf4 deflated": lambda path: write_netcdf(path, zlib=True, chunksizes=(12, 15)),
    "netcdf4 tiles": lambda path: write_netcdf(path, zlib=True, chunksizes=(5, 4), fletcher32=True),
    "netcdf4 classic model": lambda path: write_netcdf(path, "NETCDF4_CLASSIC", zlib=True),
    "netcdf4 record": lambda path: write_netcdf(path, record=True, packed=True, zlib=True),
    "netcdf4 rich": _rich,
    "classic": lambda path: write_netcdf(path, "NETCDF3_CLASSIC"),
    "classic record": lambda path: write_netcdf(path, "NETCDF3_CLASSIC", record=True, packed=True),
    "64-bit offset": lambda path: write_netcdf(path, "NETCDF3_64BIT_OFFSET"),
    "64-bit data": lambda path: write_netcdf(path, "NETCDF3_64BIT_DATA", record=True),
    "hdf5 old": lambda path: write_hdf5(path, OLD, chunks=(4, 5), compression="gzip"),
    "hdf5 old contiguous": lambda path: write_hdf5(path, OLD),
    "hdf5 old rich": _old_rich,
    "hdf5 1.8": lambda path: write_hdf5(path, NEW, chunks=(12, 15), compression="gzip", shuffle=True),
    "hdf5 1.10": lambda path: write_hdf5(path, NEWEST, chunks=(12, 15), compression="gzip"),
    "hdf5 1.10 indexes": _indexes,
}
"""Writers of sound files, by what they are."""
