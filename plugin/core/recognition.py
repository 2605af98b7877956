# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an archive's files turned out to be: product, grid, orientation and variables, each with its evidence.

One file is opened to learn it; whatever the user corrects goes before what was recognised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

import numpy as np
from numpy.typing import NDArray

from .corrections import Corrections, Orientation
from .engine import OpenFile
from .errors import GridMismatch, NotInArchive
from .grid import EaseGrid
from .layout import GridArray, grid_arrays, placement_of
from .placement import Placement, place_by_shape
from .products import Product, product_and_reason
from .quality import Float32s
from .values import declared_fills, decode
from .variables import NamedArray, Variable, recognise_roles, variables_of

Mask = NDArray[np.bool_]
LandSource = Callable[[EaseGrid], Union[Mask, None]]
"""Gives a boolean array, (rows, cols) north up, True on land; None where no land map is at hand."""


# SMOS itself measures by aperture synthesis: real files may speak of a synthetic aperture.
_SYNTHETIC = re.compile(r"synthetic(?![ -]aperture)")


@dataclass(frozen=True)
class Recognition:
    """What the archive's files are. `evidence` says in a sentence why the map lies as it does.

    `orientation` is set only where files have no coordinates; `doubtful` then tells that land did not decide it clearly.
    `deviation` is the largest distance of the coordinates from the cell centres in metres. `product_why` says why it is taken for that product.
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
    product_why: str = ""
    is_cut: bool = False
    """True where the files hold a part of the grid only."""

    def variable(self, wanted: str) -> Variable:
        """Return the variable of an id (`SM`) or a netCDF name. Raises NotInArchive with what there is."""
        found = self.find(wanted) or next((one for one in self.variables if one.netcdf_name == wanted), None)
        if found is not None:
            return found
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


@dataclass(frozen=True)
class Source:
    """An open file of the granule that an archive is learnt from: its name, and its kind where a day lies in several files."""

    file: OpenFile
    name: str
    kind: str = ""


def recognise(sources: Sequence[Source], corrections: Corrections, land: LandSource) -> Recognition:
    """Learn from the open files of one granule what the archive is. Raises GridMismatch with the reason it is none."""
    arrays = [grid_arrays(source.file) for source in sources]
    named = [one for source, there in zip(sources, arrays) for one in named_arrays(there, source.kind)]
    roles = recognise_roles(named, corrections.roles)
    variables = variables_of(named, roles, corrections.units, corrections.fills)
    about = " ".join(
        str(value) for source in sources for value in source.file.attributes.values() if isinstance(value, str)
    ).lower()
    places = [
        _georeference(source.file, *_sample(there, source.kind, variables), corrections, land)
        for source, there in zip(sources, arrays)
    ]
    first = places[0]
    for source, place in zip(sources, places):
        if place.grid != first.grid:
            raise GridMismatch(
                f"{source.name} is on {place.grid.title}, while {sources[0].name} is on {first.grid.title}."
            )
    guessed = next((place for place in places if place.orientation is not None), first)
    product, why = product_and_reason(
        sources[0].name, str(sources[0].file.attributes.get("title", "")), corrections.product
    )
    return Recognition(
        product=product,
        product_why=why,
        variables=variables,
        synthetic=_SYNTHETIC.search(about) is not None,
        corrections=corrections,
        grid=first.grid,
        evidence=_evidence(sources, places),
        deviation=max((place.deviation for place in places if place.deviation is not None), default=None),
        orientation=guessed.orientation,
        doubtful=any(place.doubtful for place in places),
        is_cut=first.is_cut,
    )


def named_arrays(arrays: Mapping[str, GridArray], kind: str = "") -> list[NamedArray]:
    """Return what recognition looks at of a file's grid arrays; `kind` is the file's."""
    return [
        NamedArray(
            f"{kind}/{name}" if kind else name,
            array.header.text("long_name"),
            array.header.text("units"),
            tuple(f"{fill:g}" for fill in declared_fills(array.header.attributes)),
            kind if len(arrays) == 1 else "",
        )
        for name, array in arrays.items()
    ]


def _sample(
    arrays: Mapping[str, GridArray], kind: str, variables: Sequence[Variable]
) -> tuple[GridArray, tuple[float, ...]]:
    """Return the array of a file whose valid cells tell most of where land is, and what the user said means no retrieval there."""
    there = [one for one in variables if one.kind == kind]
    best = next((one for one in there if one.id in ("SM", "VOD")), there[0])
    return arrays[best.stored_name], best.fills


@dataclass(frozen=True)
class _Georeferencing:
    grid: EaseGrid
    evidence: str
    deviation: float | None = None
    orientation: Orientation | None = None
    doubtful: bool = False
    is_cut: bool = False


def _evidence(sources: Sequence[Source], places: Sequence[_Georeferencing]) -> str:
    """Return the evidence of all files, each sentence once, with the kinds of file where they differ."""
    told = list(dict.fromkeys(place.evidence for place in places))
    if len(told) == 1:
        return told[0]
    return " ".join(f"{source.kind}: {place.evidence}" for source, place in zip(sources, places))


def _georeference(
    file: OpenFile, sample: GridArray, fills: tuple[float, ...], corrections: Corrections, land: LandSource
) -> _Georeferencing:
    """Decide where the arrays lie: by coordinates, else as the user chose, else by the match with land."""
    placement = placement_of(file, sample, corrections.grid)
    if placement is not None:
        return _Georeferencing(
            placement.grid, _by_coordinates(placement), placement.deviation, is_cut=placement.is_regional
        )
    chosen = corrections.orientation
    if chosen is not None:
        grid = place_by_shape(sample.shape, chosen.south_first, chosen.starts_at_greenwich).grid
        return _Georeferencing(
            grid, f"No coordinates in the file; orientation as you chose: {chosen}.", orientation=chosen
        )
    orientation, evidence, doubtful = orientation_by_land(file, sample, land, fills)
    grid = place_by_shape(sample.shape, orientation.south_first, orientation.starts_at_greenwich).grid
    return _Georeferencing(grid, evidence, orientation=orientation, doubtful=doubtful)


def orientation_by_land(
    file: OpenFile, array: GridArray, land: LandSource, fills: tuple[float, ...] = ()
) -> tuple[Orientation, str, bool]:
    """Return the orientation in which the array's retrievals lie on land best, the evidence, and whether it is doubtful.

    The share of the valid cells that are on land decides among four orientations. Without a land map or a retrieval, north row
    first is assumed and called doubtful, so that the user can still open the archive and choose.
    """
    values = decode(array.flat(file.read(array.header.name)), array.header.attributes, fills)
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
