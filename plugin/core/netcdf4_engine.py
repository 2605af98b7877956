# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading and writing with netCDF4-python, for notebooks, tests and scripts. The only file that uses it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from .engine import (
    NETCDF_LOCK,
    Array,
    Attributes,
    NewVariable,
    OpenFile,
    VariableHeader,
    hdf5_silencer,
    look_first,
    no_such_variable,
    plain,
)
from .errors import BadRequest, UnreadableFile


class _OpenDataset:
    def __init__(self, dataset: netCDF4.Dataset, path: Path) -> None:
        dataset.set_auto_maskandscale(False)
        self._dataset, self._path = dataset, path
        self.attributes = {name: plain(dataset.getncattr(name)) for name in dataset.ncattrs()}
        self.variables = {
            name: VariableHeader(
                name,
                tuple(variable.dimensions),
                tuple(int(size) for size in variable.shape),
                {key: plain(variable.getncattr(key)) for key in variable.ncattrs()},
            )
            for name, variable in dataset.variables.items()
            if getattr(variable.dtype, "kind", "text") in "iuf"
        }

    def read(self, name: str, at: tuple[int, ...] | None = None) -> Array:
        return self._part(name, ... if at is None else at)

    def read_run(self, name: str, first: int, count: int) -> Array:
        return self._part(name, slice(first, first + count))

    def _part(self, name: str, key: Any) -> Array:
        if name not in self.variables:
            raise no_such_variable(name, self._path, self.variables)
        try:
            return np.asarray(self._dataset.variables[name][key])
        except (RuntimeError, OSError) as error:
            raise UnreadableFile(
                f"{name} in {self._path.name} cannot be read: {error}.", "The file is damaged."
            ) from error


class NetCDF4Engine:
    """The engine over netCDF4-python."""

    name = "netCDF4"

    def __init__(self) -> None:
        self._be_quiet = hdf5_silencer(netCDF4._netCDF4.__file__)

    @contextlib.contextmanager
    def open(self, path: Path) -> Iterator[OpenFile]:
        """Open for reading, holding the lock until the block ends. Raises UnreadableFile."""
        look_first(path)
        with NETCDF_LOCK:
            self._be_quiet()
            try:
                dataset = netCDF4.Dataset(str(path))
            except (OSError, RuntimeError, UnicodeError) as error:
                reason = getattr(error, "strerror", None) or error
                raise UnreadableFile(f"The netCDF library cannot open this file: {reason}.") from error
            with contextlib.closing(dataset):
                yield _OpenDataset(dataset, path)

    def write(self, path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        """Write a netCDF4 file. Raises BadRequest where it cannot be written."""
        try:
            with NETCDF_LOCK, contextlib.closing(netCDF4.Dataset(str(path), "w", format="NETCDF4")) as dataset:
                _fill(dataset, variables, attributes)
        except RuntimeError as error:  # what the library makes of a full disk
            raise BadRequest(f"{path} cannot be written: {error}.", "Choose another folder or make room.") from error


def _fill(dataset: netCDF4.Dataset, variables: list[NewVariable], attributes: Attributes) -> None:
    dataset.setncatts(dict(attributes))
    for new in variables:
        for dimension, size in zip(new.dimensions, new.data.shape):
            if dimension not in dataset.dimensions:
                dataset.createDimension(dimension, size)
        chunk = {"zlib": True, "complevel": new.level, "shuffle": True, "chunksizes": new.chunks} if new.chunks else {}
        fill = new.attributes.get("_FillValue")
        variable = dataset.createVariable(new.name, new.data.dtype, new.dimensions, fill_value=fill, **chunk)
        variable.set_auto_maskandscale(False)
        variable.setncatts({key: value for key, value in new.attributes.items() if key != "_FillValue"})
        variable[...] = new.data
