# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stores of small archives: built in many small parts, and compared with what the daily files say."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.granules import COLS, ROWS, Numbers

from smos_ib_explorer.plugin.core.archive import STORE_SUFFIX, Granule, Progress, no_progress, scan
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.engine import Attributes, Engine, NewVariable, OpenFile
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.reader import CellValues, GranuleValues, Opened, Reader
from smos_ib_explorer.plugin.core.series import TimeSeries, read_many
from smos_ib_explorer.plugin.core.store import build, merge, order, tiles
from smos_ib_explorer.plugin.core.store.build import BuildResult, build_store
from smos_ib_explorer.plugin.core.store.manifest import Manifest, read_manifest
from smos_ib_explorer.plugin.core.store.store import Store, StoreView
from smos_ib_explorer.plugin.core.variables import Variable

EVERY_CELL = [Cell(int(row), int(col)) for row in ROWS for col in COLS]
SOME_CELLS = [*EVERY_CELL[::37], EVERY_CELL[-1], Cell(0, 0)]
SOFTWARE = "SMOS-IB Explorer under test"


@contextlib.contextmanager
def small_parts() -> Iterator[None]:
    """Make everything a store is cut into so small that a few small files fill many: runs, tiles, chunks, blocks of cells."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "RUN_BYTES", 20_000)
        patch.setattr(merge, "ROWS_A_FILE", 500)
        patch.setattr(tiles, "CHUNK", 64)
        patch.setattr(order, "BLOCK", 6)
        yield


class WatchedReader(Reader):
    """A reader that notes the names of the files that it reads for a series, and of those for a store."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.for_series: list[str] = []
        self.for_store: list[str] = []

    def cells(self, granule: Granule, *how: Any) -> CellValues:
        self.for_series.append(granule.path.name)
        return super().cells(granule, *how)

    def values(self, granule: Granule, *how: Any) -> GranuleValues:
        self.for_store.append(granule.path.name)
        return super().values(granule, *how)


class WatchedEngine:
    """An engine that notes the names of the files that it opens and of those that it writes."""

    def __init__(self, engine: Engine) -> None:
        self.name, self._engine = engine.name, engine
        self.opened: list[str] = []
        self.written: list[str] = []

    def open(self, path: Path) -> contextlib.AbstractContextManager[OpenFile]:
        self.opened.append(path.name)
        return self._engine.open(path)

    def write(self, path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        self._engine.write(path, variables, attributes)
        self.written.append(path.name)


@dataclass
class StoredArchive:
    """An archive in a folder, and the folder of its store."""

    engine: Engine
    root: Path
    folder: Path
    corrections: Corrections | None = None
    reader: WatchedReader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = WatchedReader(self.engine)

    @classmethod
    def at(cls, engine: Engine, root: Path, **how: Any) -> StoredArchive:
        """Return the archive in a folder; its store lies inside of it."""
        return cls(engine, root, root / f"record{STORE_SUFFIX}", **how)

    def by(self, engine: Engine) -> StoredArchive:
        """Return the same archive and store, for another engine."""
        return StoredArchive(engine, self.root, self.folder, self.corrections)

    def opened(self) -> Opened:
        """Scan the folder as it is now."""
        return self.reader.learn(scan(self.root), self.corrections)

    def build(self, progress: Progress = no_progress, opened: Opened | None = None) -> BuildResult:
        """Build the store, or go on with it, for the folder as it is now."""
        self.reader.for_store.clear()
        return build_store(self.reader, opened or self.opened(), self.folder, SOFTWARE, progress)

    @property
    def manifest(self) -> Manifest:
        """The store's manifest."""
        found = read_manifest(self.folder)
        assert found is not None
        return found

    def view(self, opened: Opened) -> StoreView | None:
        """Return what the store holds of the archive, None where there is no store or nothing in it is of use."""
        store = Store.open(self.folder, self.engine)
        return store.view(opened) if store else None

    def answers(self, opened: Opened, cells: Sequence[Cell] = SOME_CELLS) -> list[TimeSeries]:
        """Return the records of all variables and orbits, read from the daily files."""
        return self._read(opened, cells, None)

    def check(self, expected: list[TimeSeries] | None = None, cells: Sequence[Cell] = SOME_CELLS) -> set[str]:
        """Compare what is read with the store, if there is one, with the daily files (`expected`, if that is known).

        Return the names of the files that had to be read.
        """
        opened = self.opened()
        expected = self.answers(opened, cells) if expected is None else expected
        self.reader.for_series.clear()
        assert_same(self._read(opened, cells, self.view(opened)), expected)
        return set(self.reader.for_series)

    def _read(self, opened: Opened, cells: Sequence[Cell], view: StoreView | None) -> list[TimeSeries]:
        return [
            series
            for orbit in opened.archive.orbits
            for series in read_many(self.reader, opened, cells, opened.recognition.variables, orbit, store=view)
        ]


def assert_same(some: Sequence[TimeSeries], others: Sequence[TimeSeries]) -> None:
    """Fail unless the series are the same in every bit and every word."""
    assert len(some) == len(others)
    for one, other in zip(some, others):
        for name in ("grid", "cell", "orbit", "variables", "wanted", "problems", "notes"):
            assert getattr(one, name) == getattr(other, name)
        assert one.dates.dtype == other.dates.dtype and one.dates.tolist() == other.dates.tolist()
        assert list(one.values) == list(other.values)
        for name, values in one.values.items():
            assert bits(values) == bits(other.values[name]), f"{name} at {one.cell}"
        assert bits(one.scene_flag) == bits(other.scene_flag)
        assert bits(one.rmse) == bits(other.rmse)


def bits(values: Numbers | None) -> tuple[str, tuple[int, ...], bytes]:
    """Return type, shape and bytes of an array; every NaN is the same."""
    if values is None:
        return "none", (), b""
    return str(values.dtype), values.shape, np.where(np.isnan(values), values.dtype.type(np.nan), values).tobytes()


def of(opened: Opened, *names: str) -> list[Variable]:
    """Return variables of an archive by their ids."""
    return [opened.recognition.variable(name) for name in names]


def flip(path: Path, place: int, count: int = 1) -> None:
    """Turn all bits of some bytes of a file; size and time of the file stay as they are."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.seek(place)
        turned = bytes(255 - byte for byte in stream.read(count))
        stream.seek(place)
        stream.write(turned)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def in_child(work: Callable[[], object]) -> int:
    """Do some work in a child process that has a copy of everything; return its exit status, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)  # without what pytest does at the end of a process
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
