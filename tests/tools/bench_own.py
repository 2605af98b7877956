# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin's own ways to the series of one cell, and the build of its store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench_record import Click, Task, Values

from smos_ib_explorer.plugin.adapters.inflate import fastest_inflate
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.reader import Opened, Reader, no_land
from smos_ib_explorer.plugin.core.series import TimeSeries, read_series
from smos_ib_explorer.plugin.core.store.build import build_store
from smos_ib_explorer.plugin.core.store.store import Store


def direct(task: Task) -> Click:
    reader, opened = opened_for(task)
    return lambda cell: _of(_read(task, reader, opened, cell))


def store(task: Task) -> Click:
    reader, opened = opened_for(task)
    view = Store.open(Path(task.store), reader.engine).view(opened)
    return lambda cell: _of(_read(task, reader, opened, cell, store=view))


def store_opening(task: Task) -> Click:
    reader, opened = opened_for(task)

    def click(cell: Cell) -> Sequence[Values]:
        view = Store.open(Path(task.store), reader.engine).view(opened)
        return _of(_read(task, reader, opened, cell, store=view))

    return click


def build(task: Task) -> Callable[[], None]:
    reader, opened = opened_for(task)

    def run() -> None:
        build_store(reader, opened, Path(task.store), "./dev bench")

    return run


def opened_for(task: Task) -> tuple[Reader, Opened]:
    reader = Reader(_engine(task.engine), no_land, inflate=fastest_inflate())
    return reader, reader.learn(scan(Path(task.record.folder)))


def _engine(name: str) -> Engine:
    if name == "netCDF4":
        from smos_ib_explorer.plugin.core.netcdf4_engine import NetCDF4Engine

        return NetCDF4Engine()
    from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine

    return GdalEngine()


def _read(task: Task, reader: Reader, opened: Opened, cell: Cell, **how: Any) -> TimeSeries:
    by_name = {one.netcdf_name: one for one in opened.recognition.variables}
    variables = [by_name[name] for name in task.names]
    return read_series(reader, opened, cell, variables, Orbit.ASCENDING, last=task.last, **how)


def _of(series: TimeSeries) -> Sequence[Values]:
    return [series.values[one.id] for one in series.variables]


CLICKS: dict[str, Callable[[Task], Click]] = {"direct": direct, "store": store, "store-opening": store_opening}
BUILDS: dict[str, Callable[[Task], Callable[[], None]]] = {"build": build}
