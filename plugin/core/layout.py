# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a file's structure: which variables are grids, which are coordinates, and so how its arrays lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .engine import Array, OpenFile, VariableHeader
from .errors import GridMismatch, UnreadableFile
from .grid import grid_of_shape
from .limits import MOST_CELLS
from .placement import Placement, centre_line, place_by_coordinates
from .projection import Floats
from .values import decode_exact
from .variables import NamedArray, recognise_roles

_LAT = re.compile(r"(?:nav_)?lat(?:itude)?s?", re.IGNORECASE)
_LON = re.compile(r"(?:nav_)?lon(?:g|gitude)?s?", re.IGNORECASE)
# CF allows all of these for degrees, and any length for the projection's coordinates.
_DEGREES_NORTH, _DEGREES_EAST = (re.compile(rf"degrees?_?(?:{one})", re.IGNORECASE) for one in ("n|north", "e|east"))
_METRES = {
    **dict.fromkeys(("m", "metre", "meter", "metres", "meters"), 1.0),
    **dict.fromkeys(("km", "kilometre", "kilometer", "kilometres", "kilometers"), 1000.0),
}
_TIME = re.compile(r"times?|days?|dates?|record", re.IGNORECASE)


@dataclass(frozen=True)
class GridArray:
    """A variable with two dimensions that are longer than 1 (or named as latitude and longitude): `axes` are their positions."""

    header: VariableHeader
    axes: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Lengths of the two dimensions, in the file's order."""
        return self.header.shape[self.axes[0]], self.header.shape[self.axes[1]]

    @property
    def dimensions(self) -> tuple[str, str]:
        """Names of the two dimensions, in the file's order."""
        return self.header.dimensions[self.axes[0]], self.header.dimensions[self.axes[1]]

    def index(self, at: tuple[int, int]) -> tuple[int, ...]:
        """Return the index in all of the variable's dimensions."""
        whole = [0] * len(self.header.shape)
        whole[self.axes[0]], whole[self.axes[1]] = at
        return tuple(whole)

    def flat(self, stored: Array) -> Array:
        """Return the stored numbers with the two dimensions only."""
        return stored.reshape(self.shape)


@dataclass(frozen=True)
class Coordinates:
    """The variables that tell latitude and longitude, or y and x of the projection: these in units of `metres`, which is 0 for degrees."""

    lat: VariableHeader
    lon: VariableHeader
    metres: float = 0.0


def coordinates_of(variables: Mapping[str, VariableHeader]) -> Coordinates | None:
    """Return the file's coordinates, known by standard_name, units or name; None where it has none."""
    lat, lon = (
        _coordinate(variables, "latitude", _DEGREES_NORTH, _LAT),
        _coordinate(variables, "longitude", _DEGREES_EAST, _LON),
    )
    if lat and lon:
        return Coordinates(lat, lon)
    y, x = _projected(variables, "projection_y_coordinate"), _projected(variables, "projection_x_coordinate")
    return Coordinates(y, x, _METRES[y.text("units")]) if y and x and y.text("units") == x.text("units") else None


def grid_arrays(file: OpenFile) -> dict[str, GridArray]:
    """Return the variables that lie on the file's grid: all of the one shape that most of them share, whole grids before cuts.

    Raises GridMismatch with what there is where no variable can be one.
    """
    variables = file.variables
    coordinates = coordinates_of(variables)
    own = {coordinates.lat.name, coordinates.lon.name} if coordinates else set()
    flat = {name: _two_axes(header, coordinates) for name, header in variables.items() if name not in own}
    arrays = {name: GridArray(variables[name], axes) for name, axes in flat.items() if axes is not None}
    days = _several_days(variables, coordinates)
    if (_roles(days, variables), len(days)) > (_roles(arrays, variables), len(arrays)):
        name = next(iter(days))
        raise GridMismatch(
            f"The file holds {days[name]:,} days: {name} has {' × '.join(map(str, variables[name].shape))} numbers.",
            "One file per day is needed. Split it, for example with: cdo splitsel,1 FILE.nc day_",
        )
    shapes = Counter(array.shape for array in arrays.values() if grid_of_shape(array.shape))
    if not shapes and coordinates:
        shapes = Counter(array.shape for array in arrays.values() if _meets(array, coordinates))
    if not shapes:
        raise _no_grid(file)
    shape = shapes.most_common(1)[0][0]
    if shape[0] * shape[1] > MOST_CELLS:
        raise GridMismatch(
            f"The file says that its arrays have {shape[0]:,} × {shape[1]:,} cells.", "The file is damaged."
        )
    return {name: array for name, array in arrays.items() if array.shape == shape}


def _no_grid(file: OpenFile) -> GridMismatch:
    """Return the error for a file without a daily grid at its root."""
    if file.groups:
        return GridMismatch(
            f"The file's grids lie in groups ({', '.join(file.groups[:8])}), and only what lies outside of groups is read.",
            "Copy a group into a file of its own, for example with: ncks -G : -g GROUP FILE.nc NEW.nc",
        )
    empty = next((header for header in file.variables.values() if 0 in header.shape and max(header.shape) > 1), None)
    if empty is not None:
        return GridMismatch(
            f"The file holds no day: {empty.name} has {' × '.join(map(str, empty.shape))} numbers.",
            "Download or write it again.",
        )
    seen = ", ".join(
        f"{name} {' × '.join(map(str, header.shape)) or 'single number'}"
        for name, header in list(file.variables.items())[:8]
    )
    return GridMismatch(
        f"No variable lies on an EASE-Grid 2.0. The file has: {seen or 'no variable'}.",
        "Wanted are 584 × 1388 cells or a cut with coordinates.",
    )


def _several_days(variables: Mapping[str, VariableHeader], coordinates: Coordinates | None) -> dict[str, int]:
    """Return the variables that would lie on a grid but for a dimension of time, with its length."""
    found = {}
    for name, header in variables.items():
        for axis, (dimension, size) in enumerate(zip(header.dimensions, header.shape)):
            if size > 1 and _TIME.fullmatch(dimension):
                dimensions, shape = ([*of[:axis], *of[axis + 1 :]] for of in (header.dimensions, header.shape))
                day = VariableHeader(name, tuple(dimensions), tuple(shape))
                axes = _two_axes(day, coordinates)
                if axes and (grid_of_shape(GridArray(day, axes).shape) or coordinates):
                    found[name] = size
    return found


def _roles(names: Iterable[str], variables: Mapping[str, VariableHeader]) -> int:
    """Return for how many roles there is a variable among these."""
    headers = [variables[name] for name in names]
    return len(recognise_roles(NamedArray(one.name, one.text("long_name"), one.text("units")) for one in headers))


def placement_of(file: OpenFile, array: GridArray, grid: str = "") -> Placement | None:
    """Return where an array lies by the file's coordinates, None where it has none; a cut is one of the named `grid`. Raises GridMismatch."""
    coordinates = coordinates_of(file.variables)
    if coordinates is None:
        return None
    lat, lon = _numbers(file, coordinates.lat), _numbers(file, coordinates.lon)
    if np.isfinite(lat).sum() < min(2, lat.size) or np.isfinite(lon).sum() < min(2, lon.size):
        return None
    transposed = _is_transposed(array, coordinates, lat)
    shape = array.shape[::-1] if transposed else array.shape
    lats = _line(lat, array, 1 if transposed else 0, shape[0], coordinates.lat.name)
    lons = _line(lon, array, 0 if transposed else 1, shape[1], coordinates.lon.name)
    if coordinates.metres:
        lats, lons = lats * coordinates.metres, lons * coordinates.metres
    return place_by_coordinates(shape, lats, lons, transposed, coordinates.metres > 0, grid)


def _coordinate(
    variables: Mapping[str, VariableHeader], standard: str, units: re.Pattern[str], name: re.Pattern[str]
) -> VariableHeader | None:
    fitting = [header for header in variables.values() if header.text("standard_name") == standard]
    fitting += [header for header in variables.values() if name.fullmatch(header.name)]
    fitting += [header for header in variables.values() if units.fullmatch(header.text("units"))]
    return next(
        (header for header in fitting if 0 < sum(size > 1 for size in header.shape) <= 2 or header.shape == (1,)), None
    )


def _projected(variables: Mapping[str, VariableHeader], standard: str) -> VariableHeader | None:
    letter = standard[11]
    for header in variables.values():
        is_it = header.text("standard_name") == standard or header.name.lower() == letter
        if is_it and len(header.shape) == 1 and header.text("units") in _METRES:
            return header
    return None


def _two_axes(header: VariableHeader, coordinates: Coordinates | None) -> tuple[int, int] | None:
    if 0 in header.shape:
        return None
    long = [axis for axis, size in enumerate(header.shape) if size > 1]
    if coordinates and len(coordinates.lat.shape) == len(coordinates.lon.shape) == 1:
        named = [
            header.dimensions.index(one.dimensions[0])
            for one in (coordinates.lat, coordinates.lon)
            if one.dimensions[0] in header.dimensions
        ]
        if len(set(named)) == 2 and set(long) <= set(named):
            return min(named), max(named)
    return (long[0], long[1]) if len(long) == 2 else None


def _meets(array: GridArray, coordinates: Coordinates) -> bool:
    lat, lon = _long_shape(coordinates.lat), _long_shape(coordinates.lon)
    if len(lat) == 2:
        return lat == lon and array.shape in (lat, lat[::-1])
    ends = (lat[0] if lat else 1, lon[0] if lon else 1)
    return array.shape in (ends, ends[::-1])


def _long_shape(header: VariableHeader) -> tuple[int, ...]:
    return tuple(size for size in header.shape if size > 1)


def _is_transposed(array: GridArray, coordinates: Coordinates, lat: Floats) -> bool:
    """Longitude is the first axis: by the names of dimensions, else by a whole grid's shape, else by the coordinates themselves."""
    for coordinate, axis_if_transposed in ((coordinates.lat, 1), (coordinates.lon, 0)):
        named = [
            name
            for name, size in zip(coordinate.dimensions, coordinate.shape)
            if size > 1 or len(coordinate.shape) == 1
        ]
        if len(named) == 1 and named[0] in array.dimensions:
            return array.dimensions.index(named[0]) == axis_if_transposed
    known = grid_of_shape(array.shape)
    if known:
        return known[1]
    lengths = _long_shape(coordinates.lat), _long_shape(coordinates.lon)
    if len(lengths[0]) == 2:
        flat = lat.reshape(lengths[0])
        along, across = (
            np.nanmax(np.abs(np.diff(flat, axis=0)), initial=0),
            np.nanmax(np.abs(np.diff(flat, axis=1)), initial=0),
        )
        return bool(across > along) == (flat.shape == array.shape)
    return array.shape != tuple(one[0] if one else 1 for one in lengths)


def _numbers(file: OpenFile, header: VariableHeader) -> Floats:
    if np.prod(header.shape, dtype=float) > MOST_CELLS:
        raise UnreadableFile(
            f"The coordinate {header.name} is too large: {' × '.join(map(str, header.shape))}.", "The file is damaged."
        )
    return decode_exact(file.read(header.name), header.attributes)


def _line(numbers: Floats, array: GridArray, axis: int, length: int, name: str) -> Floats:
    """Return one coordinate a line along the array's `axis`, from 1-D, n × 1 or 2-D coordinates."""
    flat = numbers.reshape([size for size in numbers.shape if size > 1] or [1])
    if flat.ndim == 2 and flat.shape == array.shape:
        return centre_line(flat, axis)
    if flat.ndim == 2 and flat.shape == array.shape[::-1]:
        return centre_line(flat.T, axis)
    if flat.shape != (length,):
        raise GridMismatch(
            f"{name} has {' × '.join(map(str, numbers.shape))} numbers for {length} lines of the grid.",
            "The file's coordinates do not belong to its arrays.",
        )
    return flat
