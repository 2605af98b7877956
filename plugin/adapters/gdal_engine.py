# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading and writing netCDF with GDAL's multidimensional API: the default inside QGIS, which always brings GDAL.

Works whether the process has GDAL's exceptions switched on or off, because that switch belongs to everybody in QGIS.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import _gdal, gdal, gdal_array

from ..core.engine import (
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
from ..core.errors import BadRequest, UnreadableFile
from ..core.first_look import NOT_A_COORDINATE, Looked, RecentLooks

# By default GDAL keeps the attributes back that it has interpreted itself, such as scale and fill value.
_ALL = ["SHOW_ALL=YES"]


def gdal_reads_netcdf() -> bool:
    """Return whether this GDAL was built with its netCDF driver."""
    driver = gdal.GetDriverByName("netCDF")
    return driver is not None and driver.GetMetadataItem("DCAP_MULTIDIM_RASTER") == "YES"


class _OpenGroup:
    def __init__(self, group: Any, looked: Looked) -> None:
        self._group, self._looked, self._path = group, looked, looked.path
        self.attributes = _attributes(group, [])
        self.groups = tuple(group.GetGroupNames() or ())
        self.variables: dict[str, VariableHeader] = {}
        for name in group.GetMDArrayNames(_ALL) or []:
            # A name that is no UTF-8 comes as bytes or as None, and cannot be asked for.
            array = _quietly(partial(group.OpenMDArray, name)) if isinstance(name, str) else None
            if array is None or not _has_numbers(array.GetDataType()):
                continue
            dimensions = array.GetDimensions() or []
            self.variables[name] = VariableHeader(
                name,
                tuple(dimension.GetName() for dimension in dimensions),
                tuple(int(dimension.GetSize()) for dimension in dimensions),
                _attributes(array, _ALL),
            )
        self._dimensions = {one for header in self.variables.values() for one in header.dimensions}

    def close(self) -> None:
        self._group = None

    def read(self, name: str, at: tuple[int, ...] | None = None) -> Array:
        if at is None:
            return self._part(name, None, None).reshape(self.variables[name].shape)
        return self._part(name, list(at), [1] * len(at)).reshape(())

    def read_run(self, name: str, first: int, count: int) -> Array:
        return self._part(name, [first], [count]).reshape(count)

    def _part(self, name: str, start: list[int] | None, count: list[int] | None) -> Array:
        if name not in self.variables:
            raise no_such_variable(name, self._path, self.variables)
        self._looked.expect_whole(name, self.variables[name].shape, start, count or ())
        numbers = _quietly(lambda: _numbers(self._array(name), start, count))
        if numbers is None:
            reason = gdal.GetLastErrorMsg() or "no reason given"
            raise UnreadableFile(f"{name} in {self._path.name} cannot be read: {reason}.", "The file is damaged.")
        return numbers

    def _array(self, name: str) -> Any:
        """Return the array to read, by way of HDF5 where its name is that of a dimension which is not its first.

        GDAL 3.10 sets the netCDF library's cache, and for that the library opens the variable once more by its name. What HDF5 has under
        that name is the dimension, so that reading fails.
        """
        array = self._group.OpenMDArray(name)
        if name not in self._dimensions or self.variables[name].dimensions[:1] == (name,):
            return array
        return _quietly(lambda: _same_in_hdf5(array, self._path)) or array


class GdalEngine:
    """The engine over GDAL's multidimensional API."""

    name = "GDAL"

    def __init__(self) -> None:
        self._looks = RecentLooks()
        self._be_quiet = hdf5_silencer(_gdal.__file__)

    @contextlib.contextmanager
    def open(self, path: Path) -> Iterator[OpenFile]:
        """Open for reading, holding the lock until the block ends. Raises UnreadableFile, and ChangedFile where it changes meanwhile."""
        looked = self._looks.look(path)
        with NETCDF_LOCK, _quiet_errors():
            self._be_quiet()
            looked = self._looks.again(looked)
            name = _name_for_gdal(looked)
            flags = gdal.OF_MULTIDIM_RASTER | gdal.OF_READONLY
            dataset = _quietly(lambda: gdal.OpenEx(name, flags, allowed_drivers=["netCDF"]))
            group = dataset.GetRootGroup() if dataset is not None else None
            file = None
            try:
                looked.expect_unchanged()
                if group is None:
                    raise UnreadableFile(
                        f"The netCDF library cannot open this file: {gdal.GetLastErrorMsg() or 'no reason given'}."
                    )
                try:
                    file = _OpenGroup(group, looked)
                except HOSTILE as error:
                    raise UnreadableFile(f"The netCDF library cannot read what is in this file: {error}.") from error
                yield file
            finally:
                # An exception keeps this frame alive, and with it the file open: GDAL closes it with its last reference.
                if file is not None:
                    file.close()
                del dataset, group

    def write(self, path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        """Write a netCDF4 file. Raises BadRequest where it cannot be written."""
        with NETCDF_LOCK, _quiet_errors():
            try:
                self._write(path, variables, attributes)
            except (RuntimeError, AttributeError) as error:
                reason = gdal.GetLastErrorMsg() or str(error)
                raise BadRequest(
                    f"{path} cannot be written: {reason}.", "Choose another folder or make room."
                ) from error

    def _write(self, path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        dataset = gdal.GetDriverByName("netCDF").CreateMultiDimensional(str(path), [], ["FORMAT=NC4"])
        group = dataset.GetRootGroup()
        for key, value in attributes.items():
            _set_attribute(group, key, value)
        dimensions: dict[str, Any] = {}
        for new in variables:
            for name, size in zip(new.dimensions, new.data.shape):
                if name not in dimensions:
                    dimensions[name] = group.CreateDimension(name, None, None, size)
            kind = gdal.ExtendedDataType.Create(gdal_array.NumericTypeCodeToGDALTypeCode(new.data.dtype.type))
            block = f"BLOCKSIZE={','.join(map(str, new.chunks))}"
            chunk = ["COMPRESS=DEFLATE", f"ZLEVEL={new.level}", block] if new.chunks else []
            array = group.CreateMDArray(new.name, [dimensions[name] for name in new.dimensions], kind, chunk)
            for key, value in new.attributes.items():
                if key == "_FillValue":
                    array.SetNoDataValueDouble(float(value))  # as the variable's own type, which netCDF demands
                else:
                    _set_attribute(array, key, value)
            if array.Write(np.ascontiguousarray(new.data)) != gdal.CE_None:
                raise RuntimeError(gdal.GetLastErrorMsg())


def _name_for_gdal(looked: Looked) -> str:
    """Return how to call a file. GDAL does not know the classic form of 64-bit data by its first bytes, and reads it when told what it is.

    Absolute: GDAL takes a name that begins with `NETCDF:` for something else.
    """
    name = os.path.abspath(looked.path)
    return f'NETCDF:"{name}"' if looked.signature.startswith(b"CDF\x05") else name


@contextlib.contextmanager
def _quiet_errors() -> Iterator[None]:
    gdal.ErrorReset()
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        yield
    finally:
        gdal.PopErrorHandler()


def _quietly(call: Callable[[], Any]) -> Any:
    """Return what a GDAL call gives, None where it fails, by return value or by exception."""
    try:
        return call()
    except HOSTILE:
        return None


def _has_numbers(kind: Any) -> bool:
    """Return whether a type is one of plain numbers. What GDAL calls numeric, but of no size, is a row of numbers of any length."""
    return bool(kind.GetClass() == gdal.GEDTC_NUMERIC and kind.GetSize())


def _same_in_hdf5(array: Any, path: Path) -> Any:
    """Return an array of a netCDF4 file as GDAL's HDF5 driver has it. Raises what GDAL raises.

    None where it has none like it, where GDAL lacks that driver, and in GDAL 3.6, whose driver does not open what is open already.
    """
    flags = gdal.OF_MULTIDIM_RASTER | gdal.OF_READONLY
    dataset = gdal.OpenEx(os.path.abspath(path), flags, allowed_drivers=["HDF5"])
    same = dataset.GetRootGroup().OpenMDArray(NOT_A_COORDINATE + array.GetName()) if dataset is not None else None
    is_alike = same is not None and _shape_and_type(same) == _shape_and_type(array)
    return same if is_alike else None


def _shape_and_type(array: Any) -> tuple[list[int], int]:
    return [int(one.GetSize()) for one in array.GetDimensions() or []], array.GetDataType().GetNumericDataType()


def _numbers(array: Any, start: list[int] | None, count: list[int] | None) -> Array | None:
    shape = [int(one.GetSize()) for one in array.GetDimensions() or []]
    if 0 in (shape if count is None else count):  # which GDAL does not read
        return np.empty(0, gdal_array.GDALTypeCodeToNumericTypeCode(array.GetDataType().GetNumericDataType()))
    # Not ReadAsArray: where a chunk is damaged and GDAL's exceptions are off, it returns memory that was never written.
    raw = array.Read(start, count) if start and count else array.Read()
    if isinstance(raw, (bytes, bytearray)):
        return np.frombuffer(
            raw, dtype=gdal_array.GDALTypeCodeToNumericTypeCode(array.GetDataType().GetNumericDataType())
        )
    return None if raw is None else np.asarray(raw)


def _attributes(owner: Any, options: list[str]) -> dict[str, Any]:
    return {one.GetName(): plain(_quietly(one.Read)) for one in owner.GetAttributes(options) or []}


def _set_attribute(owner: Any, name: str, value: Any) -> None:
    if isinstance(value, str):
        owner.CreateAttribute(name, [], gdal.ExtendedDataType.CreateString()).Write(value)
        return
    number = np.asarray(value)
    kind = gdal.GDT_Int32 if number.dtype.kind in "iu" else gdal.GDT_Float64
    owner.CreateAttribute(name, [], gdal.ExtendedDataType.Create(kind)).Write(number.item())
