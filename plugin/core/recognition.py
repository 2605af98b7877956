# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an archive's files turned out to be: product, grid, orientation and variables, each with its evidence.

One file is opened to learn it; whatever the user corrects goes before what was recognised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Union

import numpy as np
from numpy.typing import NDArray

from .engine import OpenFile
from .errors import NotInArchive
from .grid import EaseGrid
from .layout import GridArray, grid_arrays, placement_of
from .placement import Placement, place_by_shape
from .products import Product, product_of
from .quality import Float32s
from .values import decode
from .variables import NamedArray, Variable, recognise_roles, variables_of

Mask = NDArray[np.bool_]
LandSource = Callable[[EaseGrid], Union[Mask, None]]
"""Gives a boolean array, (rows, cols) north up, True on land; None where no land map is at hand."""


# SMOS itself measures by aperture synthesis: real files may speak of a synthetic aperture.
_SYNTHETIC = re.compile(r"synthetic(?![ -]aperture)")


@dataclass(frozen=True)
class Orientation:
    """How arrays without coordinates lie: the first line is the southernmost, the first column is at 0° instead of 180° W."""

    south_first: bool
    starts_at_greenwich: bool

    def __str__(self) -> str:
        rows = "south row first" if self.south_first else "north row first"
        return f"{rows}, columns from {'0°' if self.starts_at_greenwich else '180° W'}"


@dataclass(frozen=True)
class Corrections:
    """What the user decided for the whole archive: netCDF names by role id (empty for none), and the orientation of arrays without coordinates."""

    roles: Mapping[str, str] = field(default_factory=dict)
    orientation: Orientation | None = None

    def __bool__(self) -> bool:
        return bool(self.roles) or self.orientation is not None


@dataclass(frozen=True)
class Recognition:
    """What the archive's files are. `evidence` says in a sentence why the map lies as it does.

    `orientation` is set only where the files have no coordinates; `doubtful` then tells that land did not decide it clearly.
    `deviation` is the largest distance of the coordinates from the cell centres in metres.
    """

    product: Product
    grid: EaseGrid
    variables: tuple[Variable, ...]
    evidence: str
    deviation: float | None = None
    orientation: Orientation | None = None
    doubtful: bool = False
    synthetic: bool = False
    corrections: Corrections = field(default_factory=Corrections)

    def variable(self, wanted: str) -> Variable:
        """Return the variable of an id (`SM`) or a netCDF name. Raises NotInArchive with what there is."""
        for variable in self.variables:
            if wanted in (variable.id, variable.netcdf_name):
                return variable
        there = ", ".join(variable.id for variable in self.variables)
        raise NotInArchive(f"There is no variable {wanted!r} in this archive; there is: {there}.")

    def find(self, wanted: str) -> Variable | None:
        """Return the variable of an id, or None."""
        return next((variable for variable in self.variables if variable.id == wanted), None)

    @property
    def scene_flags(self) -> Variable | None:
        """The scene-flag layer, None where the archive has none."""
        return self.find("SF")

    @property
    def rmse(self) -> Variable | None:
        """The TB-RMSE layer, None where the archive has none."""
        return self.find("RMSE")

    @property
    def missing_quality_layers(self) -> tuple[str, ...]:
        """The quality layers that the archive lacks, so that their criterion cannot be applied."""
        return tuple(
            title for title, layer in (("scene flags", self.scene_flags), ("RMSE", self.rmse)) if layer is None
        )


def recognise(file: OpenFile, name: str, corrections: Corrections, land: LandSource) -> Recognition:
    """Learn from one open file (called `name`) what the archive is. Raises GridMismatch with the reason it is none."""
    arrays = grid_arrays(file.variables)
    named = [
        NamedArray(header.name, header.text("long_name"), header.text("units"))
        for header in (array.header for array in arrays.values())
    ]
    variables = variables_of(named, recognise_roles(named, corrections.roles))
    sample = arrays[next((one.netcdf_name for one in variables if one.id in ("SM", "VOD")), variables[0].netcdf_name)]
    placement = placement_of(file, sample)
    about = " ".join(str(value) for value in file.attributes.values() if isinstance(value, str)).lower()
    georeferencing = _georeference(file, sample, placement, corrections.orientation, land)
    return Recognition(
        product=product_of(name, str(file.attributes.get("title", ""))),
        variables=variables,
        synthetic=_SYNTHETIC.search(about) is not None,
        corrections=corrections,
        grid=georeferencing.grid,
        evidence=georeferencing.evidence,
        deviation=georeferencing.deviation,
        orientation=georeferencing.orientation,
        doubtful=georeferencing.doubtful,
    )


@dataclass(frozen=True)
class _Georeferencing:
    grid: EaseGrid
    evidence: str
    deviation: float | None = None
    orientation: Orientation | None = None
    doubtful: bool = False


def _georeference(
    file: OpenFile, sample: GridArray, placement: Placement | None, chosen: Orientation | None, land: LandSource
) -> _Georeferencing:
    """Decide where the arrays lie: by coordinates, else as the user chose, else by the match with land."""
    if placement is not None:
        return _Georeferencing(placement.grid, _by_coordinates(placement), placement.deviation)
    if chosen is not None:
        grid = place_by_shape(sample.shape, chosen.south_first, chosen.starts_at_greenwich).grid
        return _Georeferencing(
            grid, f"No coordinates in the file; orientation as you chose: {chosen}.", orientation=chosen
        )
    orientation, evidence, doubtful = orientation_by_land(file, sample, land)
    grid = place_by_shape(sample.shape, orientation.south_first, orientation.starts_at_greenwich).grid
    return _Georeferencing(grid, evidence, orientation=orientation, doubtful=doubtful)


def orientation_by_land(file: OpenFile, array: GridArray, land: LandSource) -> tuple[Orientation, str, bool]:
    """Return the orientation in which the array's retrievals lie on land best, the evidence, and whether it is doubtful.

    The share of the valid cells that are on land decides among four orientations. Without a land map or a retrieval, north row
    first is assumed and called doubtful, so that the user can still open the archive and choose.
    """
    values = decode(array.flat(file.read(array.header.name)), array.header.attributes)
    scores: list[tuple[float, Orientation]] = []
    for orientation in (Orientation(south, greenwich) for south in (False, True) for greenwich in (False, True)):
        placement = place_by_shape(array.shape, orientation.south_first, orientation.starts_at_greenwich)
        mask = land(placement.grid)
        valid = _retrievals(placement.to_grid(values))
        if mask is None or not valid.any():
            assumed = Orientation(south_first=False, starts_at_greenwich=False)
            lacking = (
                "there is no land map to compare with" if mask is None else "there is no retrieval to compare with land"
            )
            evidence = (
                f"No coordinates in the file, and {lacking}: {assumed} is ASSUMED. Check it, or choose the orientation."
            )
            return assumed, evidence, True
        scores.append((float(mask[valid].mean()), orientation))
    scores.sort(key=lambda one: one[0], reverse=True)
    (best, orientation), (second, _) = scores[:2]
    doubtful = best < 0.7 or best - second < 0.1
    shares = f"{best:.0%} of the valid cells on land, {second:.0%} otherwise"
    evidence = f"No coordinates in the file; by the match with land: {orientation} ({shares})."
    return (
        orientation,
        f"{evidence} This is doubtful: check it, or choose the orientation." if doubtful else evidence,
        doubtful,
    )


def _retrievals(values: Float32s) -> Mask:
    """Cells that hold something: not NaN and, where most of the globe is filled with zeros, not zero."""
    valid = np.isfinite(values)
    return valid & (values != 0) if valid.mean() > 0.6 else valid


def distance_text(metres: float) -> str:
    """Return a distance in metres for people: `0.74 m`, `13,004 m`, and no less than `0.01 m`."""
    metres = max(metres, 0.01)
    return f"{metres:.2g} m" if metres < 100 else f"{metres:,.0f} m"


def _by_coordinates(placement: Placement) -> str:
    order = "south row first" if placement.south_first else "north row first"
    part = ""
    if placement.is_regional:
        first, last = placement.window
        part = f"; a cut of rows {first.row}–{last.row}, columns {first.col}–{last.col}"
    turned = ", transposed" if placement.transposed else ""
    return f"Placed by the file's coordinates, which agree with the cell centres within {distance_text(placement.deviation or 0.0)} ({order}{turned}){part}."
