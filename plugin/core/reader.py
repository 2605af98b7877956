# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading granules: a day on the grid with quality control, or the values of some cells. Runs in any thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .archive import Archive, Granule, Problem, Progress, no_progress, with_dates, without
from .day import DailyGrid, DayRetrievals
from .engine import Engine
from .errors import SmosIbError, UnreadableFile
from .grid import Cell, EaseGrid
from .hdf5 import ChunkTable
from .layers import Layers, place, read_layers, single_value, wanted_array, whole_chunks
from .layout import grid_arrays
from .products import product_of
from .quality import Float32s, QualityCriteria, unapplied_criteria
from .recognition import Corrections, LandSource, Recognition, recognise
from .stored import ChunkReader, Indices, Inflate, zlib_inflate
from .times import date_in_content, date_of_time_coordinate
from .variables import Variable


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


@dataclass(frozen=True)
class Opened:
    """An archive with what its files are."""

    archive: Archive
    recognition: Recognition
    notes: tuple[str, ...] = field(default=())


MOST_DOUBTFUL = 10
"""Days tried for an orientation that land decides clearly: one swath day may hold too little."""
MOST_LACKING = 3
"""Days tried for one that has scene flags and RMSE: the newest file alone may lack them."""


def _is_complete(recognition: Recognition) -> bool:
    return _shortcomings(recognition) == (False, 0)


def _shortcomings(recognition: Recognition) -> tuple[bool, int]:
    return recognition.doubtful, len(recognition.missing_quality_layers)


def _disagreement(granule: Granule, inside: dt.date | None) -> tuple[str, ...]:
    """Return what to say of a file whose content tells another day than its name."""
    if inside is None or inside == granule.date:
        return ()
    return (f"{granule.path.name} says {inside} inside and {granule.date} in its name; the name is used.",)


def _mixed(archive: Archive) -> tuple[str, ...]:
    """Return what to say of a folder whose file names are of several products."""
    titles = sorted({product_of(granule.path.name).title for granule in archive.granules})
    if len(titles) < 2:
        return ()
    return (f"The folder holds files of several products, which are shown as one: {', '.join(titles)}.",)


def no_land(grid: EaseGrid) -> None:
    """Return no land map: orientation must then come from coordinates or from the user."""


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
        """Open the newest granule that can be read and learn what the archive is; date granules whose names tell no date.

        Granules that turn out to be bad on the way are listed as problems. Raises the newest one's error where none can be read.
        """
        archive = self._dated(archive, progress)
        problems: list[Problem] = []
        first_error: SmosIbError | None = None
        incomplete: list[tuple[Recognition, tuple[str, ...]]] = []
        for number, granule in enumerate(reversed(archive.granules)):
            progress(number / len(archive.granules), f"reading {granule.path.name}")
            try:
                learnt = self._learn_from(granule, corrections or Corrections())
            except SmosIbError as error:
                first_error = first_error or error
                problems.append(Problem.of(granule.path, error))
                continue
            incomplete.append(learnt)
            if _is_complete(learnt[0]) or len(incomplete) >= (MOST_DOUBTFUL if learnt[0].doubtful else MOST_LACKING):
                break
        if incomplete:
            recognition, notes = min(incomplete, key=lambda one: _shortcomings(one[0]))
            return Opened(without(archive, problems), recognition, (*notes, *_mixed(archive)))
        left = without(archive, problems)
        if problems and left.granules:  # second files took the place of those that are damaged
            return self.learn(left, corrections, progress)
        if first_error:
            raise first_error
        reasons = "; ".join(f"{problem.path.name}: {problem.reason}" for problem in archive.problems[:3])
        raise UnreadableFile(f"No file in {archive.root} can be used.", reasons)

    def _learn_from(self, granule: Granule, corrections: Corrections) -> tuple[Recognition, tuple[str, ...]]:
        with self.engine.open(granule.path) as file:
            recognition = recognise(file, granule.path.name, corrections, self._land)
            inside = date_in_content(file)
        return recognition, _disagreement(granule, inside)

    def day(
        self, granule: Granule, recognition: Recognition, variable: Variable, criteria: QualityCriteria
    ) -> DailyGrid:
        """Read one variable of a granule onto the whole grid, under quality control. Raises UnreadableFile or GridMismatch."""
        return self.retrievals(granule, recognition, variable).under(criteria)

    def retrievals(self, granule: Granule, recognition: Recognition, variable: Variable) -> DayRetrievals:
        """Read where one variable of a granule has a value, with the quality layers there. Raises UnreadableFile or GridMismatch."""
        found, notes = self._layers(granule, recognition, _with_quality([variable], recognition))
        at, values = found.layers[variable.netcdf_name].retrievals()
        cells = found.placement.cells_of(at).astype(np.int32)
        order = (
            slice(None) if (cells[1:] > cells[:-1]).all() else np.argsort(cells, kind="stable")
        )  # runs of a row each

        def there(layer: Variable | None) -> Float32s | None:
            return None if layer is None else found.layers[layer.netcdf_name].take(at)[order]

        return DayRetrievals(
            recognition.grid,
            variable,
            granule,
            cells[order],
            values[order],
            there(recognition.scene_flags),
            there(recognition.rmse),
            found.placement.window if found.placement.is_regional else None,
            notes,
        )

    def cells(
        self, granule: Granule, recognition: Recognition, variables: Sequence[Variable], cells: Sequence[Cell]
    ) -> CellValues:
        """Read the values of some cells on one day. Raises UnreadableFile or GridMismatch.

        A chunk is inflated once for all cells. Where the netCDF library reads, one cell is read by itself.
        """
        wanted = _with_quality(variables, recognition)
        chunks = whole_chunks(granule.path, wanted)
        if len(cells) == 1 and not chunks:
            return self._one_cell(granule, recognition, variables, wanted, cells[0])
        found, notes = self._layers(granule, recognition, wanted, chunks=chunks)
        at = [found.placement.index_of(cell) for cell in cells]
        read = {name: layer.at(at) for name, layer in found.layers.items()}
        return _cell_values(read, variables, recognition, notes)

    def values(self, granule: Granule, recognition: Recognition, variables: Sequence[Variable]) -> GranuleValues:
        """Read where a granule holds any of the variables, and their values there. Raises UnreadableFile or GridMismatch."""
        found, notes = self._layers(granule, recognition, variables, may_lack=True)
        parts = {
            number: found.layers[one.netcdf_name].retrievals()
            for number, one in enumerate(variables)
            if one.netcdf_name in found.layers
        }
        at = _union([at for at, _ in parts.values()], found.size)
        values = np.full((at.size, len(variables)), np.nan, dtype=np.float32)
        for number, (there, what) in parts.items():
            values[slice(None) if there.size == at.size else np.searchsorted(at, there), number] = what
        lacking = tuple(one.netcdf_name for one in variables if one.netcdf_name not in found.layers)
        return GranuleValues(found.placement.cells_of(at), values, lacking, found.has if lacking else (), notes)

    def _one_cell(
        self,
        granule: Granule,
        recognition: Recognition,
        variables: Sequence[Variable],
        wanted: Sequence[Variable],
        cell: Cell,
    ) -> CellValues:
        with self.engine.open(granule.path) as file:
            arrays = grid_arrays(file.variables)
            at = place(file, arrays, recognition, variables[0]).index_of(cell)
            notes = _disagreement(granule, date_of_time_coordinate(file))
            read = {
                one.netcdf_name: single_value(file, wanted_array(arrays, one, granule.path), one, at) for one in wanted
            }
        return _cell_values(read, variables, recognition, notes)

    def _layers(
        self,
        granule: Granule,
        recognition: Recognition,
        wanted: Sequence[Variable],
        may_lack: bool = False,
        chunks: Mapping[str, ChunkTable] | None = None,
    ) -> tuple[Layers, tuple[str, ...]]:
        layers = read_layers(self.engine, self._chunks, granule.path, recognition, wanted, may_lack, chunks)
        return layers, _disagreement(granule, layers.date_inside)

    def _dated(self, archive: Archive, progress: Progress) -> Archive:
        """Give dates to the granules whose names tell none, by opening them."""
        if not archive.undated:
            return archive
        dated: list[Granule] = []
        problems: list[Problem] = []
        for number, granule in enumerate(archive.undated):
            progress(number / len(archive.undated), f"looking for a date inside {granule.path.name}")
            reason = "There is no date in the file's name, nor in the file."
            try:
                with self.engine.open(granule.path) as file:
                    date = date_in_content(file)
            except SmosIbError as error:
                date, reason = None, str(error)
            if date is None:
                problems.append(Problem(granule.path, reason))
            else:
                dated.append(Granule(granule.path, date, granule.orbit, granule.size, granule.modified))
        return with_dates(archive, dated, problems)


def unapplied_to_any(
    variables: Sequence[Variable], criteria: QualityCriteria, recognition: Recognition
) -> tuple[str, ...]:
    """Return the criteria that cannot be applied to one or more of the variables, each once."""
    there = recognition.scene_flags is not None, recognition.rmse is not None
    said = [unapplied_criteria(criteria, *there, one.quality_controlled) for one in variables]
    return tuple(dict.fromkeys(name for names in said for name in names))


def _with_quality(variables: Sequence[Variable], recognition: Recognition) -> list[Variable]:
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


def _union(parts: Sequence[Indices], size: int) -> Indices:
    """Return the indices that are in any of the parts, in order. Mostly the parts are all the same."""
    first = parts[0] if parts else np.empty(0, dtype=np.intp)
    if all(np.array_equal(first, other) for other in parts[1:]):
        return first
    any_of = np.zeros(size, dtype=bool)
    for part in parts:
        any_of[part] = True
    return np.flatnonzero(any_of)
