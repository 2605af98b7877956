# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading granules: a day on the grid with quality control, or the values of some cells. Runs in any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .archive import Archive, Granule, Progress, no_progress
from .corrections import Corrections
from .day import DailyGrid, DayRetrievals
from .engine import Engine
from .fingerprint import unchanged
from .grid import Cell, EaseGrid
from .layers import (
    Chunks,
    Layer,
    Layers,
    Places,
    by_file,
    errors_of,
    read_layers,
    single_value,
    wanted_array,
    whole_chunks,
)
from .layout import grid_arrays
from .learning import Opened as Opened
from .learning import disagreement, learn
from .quality import Float32s, QualityCriteria, unapplied_criteria
from .recognition import LandSource, Recognition
from .stored import ChunkReader, Indices, Inflate, zlib_inflate
from .times import date_of_time_coordinate
from .variables import Variable


def no_land(grid: EaseGrid) -> None:
    """Return no land map: orientation must then come from coordinates or from the user."""


@dataclass(frozen=True, eq=False)
class CellValues:
    """Values of some cells on one day: by variable id and for the quality layers, each (cells,) float32, NaN for no retrieval."""

    values: Mapping[str, Float32s]
    scene_flag: Float32s | None
    rmse: Float32s | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class GranuleValues:
    """All that a granule holds where it holds anything, for a store.

    `cells`, (n,), are grid row × columns + grid column, in the file's order; `values`, (n, variables) float32, NaN for no retrieval. `lacking`
    are the netCDF names of variables that this file lacks, `has` those of its grid variables: empty unless something is lacking.
    """

    cells: Indices
    values: Float32s
    lacking: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Reader:
    """Reads the granules of archives with one engine. Holds no file open, and no state but the land map's source and memory to read into.

    What lies in the file as one deflated chunk is read without the engine, by `inflate`: several times faster, and in any thread.
    """

    def __init__(self, engine: Engine, land: LandSource = no_land, inflate: Inflate = zlib_inflate) -> None:
        self.engine = engine
        self._land = land
        self._chunks = ChunkReader(inflate)

    def learn(
        self, archive: Archive, corrections: Corrections | None = None, progress: Progress = no_progress
    ) -> Opened:
        """Learn what the archive is from its newest granule that can be read (see learning.py). Raises that one's error where none can be."""
        return learn(self.engine, self._land, archive, corrections or Corrections(), progress)

    def day(
        self, granule: Granule, recognition: Recognition, variable: Variable, criteria: QualityCriteria
    ) -> DailyGrid:
        """Read one variable of a granule onto the whole grid, under quality control. Raises UnreadableFile or GridMismatch."""
        return self.retrievals(granule, recognition, variable).under(criteria)

    def retrievals(self, granule: Granule, recognition: Recognition, variable: Variable) -> DayRetrievals:
        """Read where one variable of a granule has a value, with the quality layers there. Raises UnreadableFile, GridMismatch or ChangedFile."""
        with unchanged(granule):
            return self._retrievals(granule, recognition, variable)

    def _retrievals(self, granule: Granule, recognition: Recognition, variable: Variable) -> DayRetrievals:
        found, notes = self._layers(granule, recognition, with_quality([variable], recognition))
        layer = found.layers[variable.netcdf_name]
        at, values = layer.retrievals()
        cells = layer.placement.cells_of(at).astype(np.int32)
        order = (
            slice(None) if (cells[1:] > cells[:-1]).all() else np.argsort(cells, kind="stable")
        )  # runs of a row each

        def there(quality: Variable | None) -> Float32s | None:
            return None if quality is None else found.layers[quality.netcdf_name].take_from(layer, at)[order]

        return DayRetrievals(
            recognition.grid,
            variable,
            granule,
            cells[order],
            values[order],
            there(recognition.scene_flags),
            there(recognition.rmse),
            layer.placement.window if layer.placement.is_regional else None,
            notes,
        )

    def cells(
        self, granule: Granule, recognition: Recognition, variables: Sequence[Variable], cells: Sequence[Cell]
    ) -> CellValues:
        """Read the values of some cells on one day. Raises UnreadableFile, GridMismatch or ChangedFile.

        A chunk is inflated once for all cells. Where the netCDF library reads, one cell is read by itself.
        """
        with unchanged(granule):
            return self._cells(granule, recognition, variables, cells)

    def _cells(
        self, granule: Granule, recognition: Recognition, variables: Sequence[Variable], cells: Sequence[Cell]
    ) -> CellValues:
        wanted = with_quality(variables, recognition)
        chunks = whole_chunks(granule, wanted)
        if len(cells) == 1 and not any(chunks.values()):
            return self._one_cell(granule, recognition, variables, wanted, cells[0])
        found, notes = self._layers(granule, recognition, wanted, chunks=chunks)
        read = {name: layer.of_cells(cells) for name, layer in found.layers.items()}
        return _cell_values(read, variables, recognition, notes)

    def values(self, granule: Granule, recognition: Recognition, variables: Sequence[Variable]) -> GranuleValues:
        """Read where a granule holds any of the variables, and their values there. Raises UnreadableFile, GridMismatch or ChangedFile."""
        with unchanged(granule):
            return self._values(granule, recognition, variables)

    def _values(self, granule: Granule, recognition: Recognition, variables: Sequence[Variable]) -> GranuleValues:
        found, notes = self._layers(granule, recognition, variables, may_lack=True)
        placement = found.placement
        parts: dict[int, tuple[Indices, Float32s]] = {}
        for number, one in enumerate(variables):
            layer = found.layers.get(one.netcdf_name)
            if layer is not None:
                parts[number] = layer.retrievals() if placement else _by_cell(layer)
        size = placement.rows.size * placement.cols.size if placement else recognition.grid.rows * recognition.grid.cols
        at = _union([at for at, _ in parts.values()], size)
        values = np.full((at.size, len(variables)), np.nan, dtype=np.float32)
        for number, (there, what) in parts.items():
            values[slice(None) if there.size == at.size else np.searchsorted(at, there), number] = what
        lacking = tuple(one.netcdf_name for one in variables if one.netcdf_name not in found.layers)
        cells = placement.cells_of(at) if placement else at
        return GranuleValues(cells, values, lacking, found.has if lacking else (), notes)

    def _one_cell(
        self,
        granule: Granule,
        recognition: Recognition,
        variables: Sequence[Variable],
        wanted: Sequence[Variable],
        cell: Cell,
    ) -> CellValues:
        read: dict[str, Float32s] = {}
        notes: tuple[str, ...] = ()
        for file, of_file in by_file(granule, wanted):
            with errors_of(file.path), self.engine.open(file.path) as opened:
                arrays = grid_arrays(opened)
                places = Places(opened, arrays, recognition)
                notes += disagreement(file, date_of_time_coordinate(opened))
                for one in of_file:
                    array = wanted_array(arrays, one, file.path)
                    read[one.netcdf_name] = single_value(opened, array, one, places.of(array).index_of(cell))
        return _cell_values(read, variables, recognition, notes)

    def _layers(
        self,
        granule: Granule,
        recognition: Recognition,
        wanted: Sequence[Variable],
        may_lack: bool = False,
        chunks: Chunks | None = None,
    ) -> tuple[Layers, tuple[str, ...]]:
        layers = read_layers(self.engine, self._chunks, granule, recognition, wanted, may_lack, chunks)
        return layers, tuple(note for file, inside in layers.dates_inside for note in disagreement(file, inside))


def unapplied_to_any(
    variables: Sequence[Variable], criteria: QualityCriteria, recognition: Recognition
) -> tuple[str, ...]:
    """Return the criteria that cannot be applied to one or more of the variables, each once."""
    there = recognition.scene_flags is not None, recognition.rmse is not None
    said = [unapplied_criteria(criteria, *there, one.quality_controlled) for one in variables]
    return tuple(dict.fromkeys(name for names in said for name in names))


def with_quality(variables: Sequence[Variable], recognition: Recognition) -> list[Variable]:
    """Return variables with the quality layers after them, each once."""
    wanted = [*variables]
    for layer in (recognition.scene_flags, recognition.rmse):
        if layer is not None and layer not in wanted:
            wanted.append(layer)
    return wanted


def _layer(read: Mapping[str, Float32s], layer: Variable | None) -> Float32s | None:
    return read[layer.netcdf_name] if layer else None


def _cell_values(
    read: Mapping[str, Float32s], variables: Sequence[Variable], recognition: Recognition, notes: tuple[str, ...]
) -> CellValues:
    return CellValues(
        {one.id: read[one.netcdf_name] for one in variables},
        _layer(read, recognition.scene_flags),
        _layer(read, recognition.rmse),
        notes,
    )


def _by_cell(layer: Layer) -> tuple[Indices, Float32s]:
    """Return a layer's retrievals by cell, as grid row × columns + grid column, in order."""
    at, values = layer.retrievals()
    cells = layer.placement.cells_of(at)
    order = np.argsort(cells)
    return cells[order], values[order]


def _union(parts: Sequence[Indices], size: int) -> Indices:
    """Return the indices that are in any of the parts, in order. Mostly the parts are all the same."""
    first = parts[0] if parts else np.empty(0, dtype=np.intp)
    if all(np.array_equal(first, other) for other in parts[1:]):
        return first
    any_of = np.zeros(size, dtype=bool)
    for part in parts:
        any_of[part] = True
    return np.flatnonzero(any_of)
