# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The process in which ./dev fuzz reads damaged files: it may crash, hang or run out of memory.

Called with the engine's name. For each folder that a line of the standard input names, it opens that as an archive, in the ways of the
program, and writes a line of JSON: what came of it, the seconds it took, and the most memory in MB.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import SmosIbError
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.reader import Opened, Reader

REFUSED, READ = "refused", "read"
_MOST_MEMORY = 4 << 30


def make_reader(name: str) -> Reader:
    """Return a reader with an engine, which inflates as the program does with it."""
    if name == "GDAL":
        from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine
        from smos_ib_explorer.plugin.adapters.inflate import fastest_inflate

        return Reader(GdalEngine(), inflate=fastest_inflate())
    from smos_ib_explorer.plugin.core.netcdf4_engine import NetCDF4Engine

    return Reader(NetCDF4Engine())


def read_all(reader: Reader, folder: Path) -> dict[str, Any]:
    """Read a folder's newest day as maps and as series, and each of its variables by itself; return where its arrays lie, and their values by cell."""
    archive = scan(folder)
    for granule in archive.granules:
        _read_plainly(reader.engine, granule.path)
    opened = reader.learn(archive)
    places = {}
    for granule in opened.archive.granules:
        with reader.engine.open(granule.path) as file:
            places = _places(file, opened)
        for variable in opened.recognition.variables:
            try:
                day = reader.retrievals(granule, opened.recognition, variable)
                if variable is opened.recognition.variables[0]:
                    reader.cells(granule, opened.recognition, [variable], [Cell(105, 707)])
                    reader.cells(granule, opened.recognition, [variable], [Cell(105, 707), Cell(106, 708)])
                places["values"][variable.netcdf_name] = dict(zip(map(str, day.cells.tolist()), day.values.tolist()))
            except SmosIbError:
                continue
    return places


def _places(file: Any, opened: Opened) -> dict[str, Any]:
    from smos_ib_explorer.plugin.core.layers import place
    from smos_ib_explorer.plugin.core.layout import grid_arrays

    placement = place(file, next(iter(grid_arrays(file).values())), opened.recognition)
    return {
        "grid": placement.grid.name,
        "rows": placement.rows.tolist(),
        "cols": placement.cols.tolist(),
        "transposed": placement.transposed,
        "values": {},
    }


def _read_plainly(engine: Engine, path: Path) -> None:
    try:
        with engine.open(path) as file:
            for header in file.variables.values():
                for at in (None, (0,) * len(header.shape)) if 0 not in header.shape else (None,):
                    try:
                        file.read(header.name, at)
                    except SmosIbError:
                        continue
    except SmosIbError:
        return


def tried(reader: Reader, folder: Path) -> dict[str, Any]:
    """Return what came of a folder: `refused` with a sentence, `read` with places, or the name and text of another exception."""
    try:
        return {"outcome": READ, "places": read_all(reader, folder)}
    except SmosIbError as error:
        return {"outcome": REFUSED, "said": str(error)[:200]}
    except Exception as error:  # whatever it is, it is a find
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        return {"outcome": type(error).__name__, "said": f"{str(error)[:200]} ({where})"}


def limit_memory() -> None:
    """Let what asks for absurd memory fail, so that the machine is none the worse. Does nothing where there is no such limit."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def peak_mb(reset: bool = False) -> int:
    """Return the most memory of this process since the last reset, 0 where the system does not tell."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


def main() -> None:
    """Read folders until the standard input ends."""
    reader = make_reader(sys.argv[1])
    limit_memory()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for stream in (1, 2):  # the libraries print
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    np.seterr(all="ignore")
    for line in sys.stdin:
        peak_mb(reset=True)
        start = time.perf_counter()
        answer = tried(reader, Path(line.rstrip("\n")))
        answers.write(json.dumps({**answer, "seconds": time.perf_counter() - start, "mb": peak_mb()}) + "\n")


if __name__ == "__main__":
    main()
