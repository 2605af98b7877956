# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading and writing with netCDF4-python, for notebooks, tests and scripts. The only file that uses it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from .engine import (
    HOSTILE,
    NETCDF_LOCK,
    Array,
    Attributes,
    NewVariable,
    OpenFile,
    VariableHeader,
    hdf5_silencer,
    no_such_variable,
    plain,
)
from .errors import BadRequest, UnreadableFile
from .first_look import Looked, RecentLooks


class _OpenDataset:
    def __init__(self, dataset: netCDF4.Dataset, looked: Looked) -> None:
        dataset.set_auto_maskandscale(False)
        self._dataset, self._looked, self._path = dataset, looked, looked.path
        self.attributes = _attributes(dataset)
        self.groups = tuple(dataset.groups)
        self.variables = {
            name: VariableHeader(
                name,
                tuple(variable.dimensions),
                tuple(int(size) for size in variable.shape),
                _attributes(variable),
            )
            for name, variable in dataset.variables.items()
            if getattr(variable.dtype, "kind", "text") in "iuf" and not isinstance(variable.datatype, netCDF4.VLType)
        }

    def read(self, name: str, at: tuple[int, ...] | None = None) -> Array:
        part = self._part(name, at, (1,) * len(at or ()))
        return part if at is None else part.reshape(())

    def read_run(self, name: str, first: int, count: int) -> Array:
        return self._part(name, (first,), (count,))

    def _part(self, name: str, start: tuple[int, ...] | None, count: tuple[int, ...]) -> Array:
        if name not in self.variables:
            raise no_such_variable(name, self._path, self.variables)
        self._looked.expect_whole(name, self.variables[name].shape, start, count)
        try:
            key = ... if start is None else tuple(slice(one, one + size) for one, size in zip(start, count))
            return np.asarray(self._dataset.variables[name][key])
        except HOSTILE as error:
            raise UnreadableFile(
                f"{name} in {self._path.name} cannot be read: {error}.", "The file is damaged."
            ) from error


class NetCDF4Engine:
    """The engine over netCDF4-python."""

    name = "netCDF4"

    def __init__(self) -> None:
        self._looks = RecentLooks()
        self._be_quiet = hdf5_silencer(netCDF4._netCDF4.__file__)

    @contextlib.contextmanager
    def open(self, path: Path) -> Iterator[OpenFile]:
        """Open for reading, holding the lock until the block ends. Raises UnreadableFile, and ChangedFile where it changes meanwhile."""
        looked = self._looks.look(path)
        with NETCDF_LOCK:
            self._be_quiet()
            looked = self._looks.again(looked)
            with contextlib.ExitStack() as stack:
                try:
                    # Absolute: the library takes what begins with a scheme for an address in the net.
                    dataset = netCDF4.Dataset(os.path.abspath(path))
                    stack.enter_context(contextlib.closing(dataset))
                    looked.expect_unchanged()
                    file = _OpenDataset(dataset, looked)
                except HOSTILE as error:
                    looked.expect_unchanged()
                    reason = getattr(error, "strerror", None) or error
                    raise UnreadableFile(f"The netCDF library cannot open this file: {reason}.") from error
                yield file

    def write(self, path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        """Write a netCDF4 file. Raises BadRequest where it cannot be written."""
        try:
            with NETCDF_LOCK, contextlib.closing(netCDF4.Dataset(str(path), "w", format="NETCDF4")) as dataset:
                _fill(dataset, variables, attributes)
        except RuntimeError as error:  # what the library makes of a full disk
            raise BadRequest(f"{path} cannot be written: {error}.", "Choose another folder or make room.") from error


def _attributes(owner: Any) -> dict[str, Any]:
    return {name: _attribute(owner, name) for name in owner.ncattrs()}


def _attribute(owner: Any, name: str) -> Any:
    try:
        return plain(owner.getncattr(name))
    except UnicodeDecodeError as error:  # text in another encoding than UTF-8
        return plain(error.object)


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
