# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Merging parts of a store into tiles: rows of granules that were replaced or removed are left out on the way.

Tiles are many files of about the same number of rows, each of whole blocks of cells. New days become a small part of few files, and
parts are merged when they are of similar size, so that adding days costs time in proportion to them, not to the record.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ahead import ahead
from ..engine import Engine
from ..errors import BadRequest, UnreadableFile
from ..files import move
from ..names import Orbit
from .manifest import FORM, Manifest, Part, TileFile
from .order import CellOrder
from .runs import Run, day_number
from .tiles import Tile, Tiles, tile_file, write_index, write_tile

ROWS_A_FILE = 2**19
SIMILAR = 2
"""A part of tiles is merged with what is new if it is at most this many times as large."""
MOST_DEAD = 0.25
"""A part that holds a larger share of rows nobody asks for any more is written anew."""
WRITERS = 2
"""Only one writes at a time, for the library's lock; meanwhile the other gathers rows, or reads back what it wrote."""


def parts_to_merge(manifest: Manifest, orbit: Orbit) -> list[Part]:
    """Return the parts of one orbit that belong into one: runs, tiles not much larger than them, and tiles with many dead rows."""
    parts = sorted((part for part in manifest.parts if part.orbit == orbit), key=lambda one: one.rows)
    valid = _valid_rows(manifest)
    chosen = [part for part in parts if part.is_run or valid.get(part.name, 0) < (1 - MOST_DEAD) * part.rows]
    rows = sum(part.rows for part in chosen)
    for part in parts:
        if chosen and part not in chosen and part.rows <= SIMILAR * rows:
            chosen.append(part)
            rows += part.rows
    return chosen


def _valid_rows(manifest: Manifest) -> dict[str, int]:
    rows: dict[str, int] = {}
    for one in manifest.granules.values():
        rows[one.part] = rows.get(one.part, 0) + one.rows
    return rows


class DamagedPart(UnreadableFile):
    """A part that cannot be read. What it held has to be read from the daily files again."""

    def __init__(self, name: str, error: UnreadableFile) -> None:
        super().__init__(error.sentence, error.hint)
        self.name = name


@dataclass(frozen=True, eq=False)
class _Source:
    """A part to merge, and the days of its valid rows; None where all are."""

    name: str
    part: Run | Tiles
    days: NDArray[Any] | None

    def between(self, first: int, last: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return rank and row of the valid rows of some cells. Raises DamagedPart."""
        try:
            ranks, rows = self.part.between(first, last)
        except UnreadableFile as error:
            raise DamagedPart(self.name, error) from None
        if self.days is None:
            return ranks, rows
        valid = np.isin(rows[:, 0], self.days)
        return ranks[valid], rows[valid]


def merge(
    engine: Engine,
    folder: Path,
    manifest: Manifest,
    parts: Sequence[Part],
    number: int,
    about: Mapping[str, Any],
    progress: Callable[[float], None],
) -> Part | None:
    """Write the valid rows of some parts as tiles; return the new part, None where there are none.

    Its name tells what went into it, after its `number`. Files that an interrupted merge of the same parts has left are compared and kept.
    `progress` gets the share done and may raise Cancelled. Raises BadRequest, DamagedPart.
    """
    sources = [_source(engine, folder, manifest, part) for part in parts]
    name = f"tiles-{number:04d}-{_plan(manifest, parts)}"
    unfinished = _unfinished_folder(folder / name)
    ranges = _ranges(sources, CellOrder(manifest.grid))
    make = partial(_make_tile, engine, unfinished, sources, manifest, about)
    files: list[TileFile] = []
    cells, counts, chunks = [], [], []
    rows = 0
    with contextlib.closing(ahead(make, ranges, WRITERS, WRITERS + 1)) as made:
        for number, (_, result) in enumerate(made):
            progress(number / len(ranges))
            tile, path, places = result()
            if tile is None:
                continue
            files.append(tile_file(path.name, tile, manifest.grid, rows))
            rows += len(tile.rows)
            cells.append(tile.ranks)
            counts.append(tile.counts)
            chunks.append(places)
    if files:
        write_index(unfinished, np.concatenate(cells), np.concatenate(counts), chunks)
    try:
        if files:
            move(unfinished, folder / name)
        else:
            unfinished.rmdir()
    except OSError as error:
        raise BadRequest(f"{folder / name} cannot be written: {error.strerror or error}.") from error
    return Part(name, parts[0].orbit, rows, tuple(files)) if files else None


def _plan(manifest: Manifest, parts: Sequence[Part]) -> str:
    """Return a few digits that are the same only for the same rows."""
    names = sorted(part.name for part in parts)
    granules = sorted((one.path, one.modified) for one in manifest.granules.values() if one.part in names)
    form = (FORM, ROWS_A_FILE, manifest.variables)
    return hashlib.blake2b(repr((names, granules, form)).encode("utf-8", "replace"), digest_size=4).hexdigest()


def _unfinished_folder(final: Path) -> Path:
    """Return the folder in which a merge is under way, with the files that an interrupted one has finished."""
    folder = final.with_name(f".{final.name}.part")
    try:
        folder.mkdir(exist_ok=True)
        # Nobody else writes here, so what is called a part was left by a process that was killed.
        for left_over in folder.glob(".*.part.*"):
            left_over.unlink()
    except OSError as error:
        raise BadRequest(
            f"{folder} cannot be written: {error.strerror or error}.", "Make room or choose another place."
        ) from error
    return folder


def _source(engine: Engine, folder: Path, manifest: Manifest, part: Part) -> _Source:
    granules = [one for one in manifest.granules.values() if one.part == part.name]
    all_valid = sum(one.rows for one in granules) == part.rows
    days = None if all_valid else np.array([day_number(one.date) for one in granules], dtype=np.float32)
    try:
        return _Source(part.name, open_part(engine, folder, manifest, part), days)
    except UnreadableFile as error:
        raise DamagedPart(part.name, error) from None


def open_part(engine: Engine, folder: Path, manifest: Manifest, part: Part) -> Run | Tiles:
    """Open a part of the store in `folder`. Raises UnreadableFile where it is not there or not whole, as far as can be seen at once."""
    if part.is_run:
        return Run(folder / part.name, part, 1 + len(manifest.variables))
    return Tiles(folder / part.name, part, manifest.variables, engine)


def _ranges(sources: Sequence[_Source], order: CellOrder) -> list[tuple[int, int]]:
    """Return from which rank to before which each file reaches: whole blocks, about ROWS_A_FILE rows."""
    rows = np.zeros(order.grid.rows * order.grid.cols, dtype=np.int64)
    for source in sources:
        rows[source.part.cells] += np.diff(source.part.starts)
    ranks = np.flatnonzero(rows)
    if not ranks.size:
        return []
    block_starts = np.flatnonzero(np.diff(order.block(ranks), prepend=-1))
    in_block = np.add.reduceat(rows[ranks], block_starts)
    ranges, first, size = [], int(ranks[0]), 0
    for start, count in zip(ranks[block_starts].tolist(), in_block.tolist()):
        if size and size + count > ROWS_A_FILE:
            ranges.append((first, start))
            first, size = start, 0
        size += count
    return [*ranges, (first, int(ranks[-1]) + 1)]


def _make_tile(
    engine: Engine,
    folder: Path,
    sources: Sequence[_Source],
    manifest: Manifest,
    about: Mapping[str, Any],
    reach: tuple[int, int],
) -> tuple[Tile | None, Path, NDArray[np.int64]]:
    """Gather the rows of some cells and write their file; in a thread."""
    gathered = [source.between(*reach) for source in sources]
    ranks = np.concatenate([one for one, _ in gathered])
    if not ranks.size:
        return None, folder, np.zeros((0, 0, 2), dtype=np.int64)
    tile = Tile.of(ranks, np.concatenate([rows for _, rows in gathered]))
    row, col = divmod(int(CellOrder(manifest.grid).index(tile.ranks[:1])[0]), manifest.grid.cols)
    path = folder / f"cells_from_r{row:04d}_c{col:04d}.nc"
    return tile, path, write_tile(engine, path, tile, manifest.grid, manifest.variables, about)
