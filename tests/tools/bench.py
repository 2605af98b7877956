# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""./dev bench: how fast a cell's record is there, by the plugin and by other software, side by side in one run; how the map follows.

Makes a synthetic record, measures each way in a process of its own, so that memory and libraries do not mix, and prints a table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench_maps import measure_maps
from bench_record import (
    WHOLE_RECORD,
    Record,
    Task,
    drop_caches,
    fill_caches,
    folder_size,
    made_stamp,
    make_record,
    remove,
)
from bench_table import ROWS, Measured, Row, Timing, report

from smos_ib_explorer.plugin.core.grid import Cell

MEAN_FILE = 2.7e6  # bytes, for the estimate of room
LIVE, MAPS = "live", "maps"
NAMES = sorted({LIVE, MAPS, *(row.name for row in ROWS)})
PLUGINS_OWN = {LIVE, MAPS, "build", "store", "direct"}
# What a way reads from: the build that makes it, and the folder in which it is.
MADE_BY = {"store": "build", MAPS: "build", "pynetcf": "img2ts"}
MADE_IN = {"build": "store", "img2ts": "series"}


def main() -> int:
    """Measure what is asked for and print the table."""
    asked, load = _arguments(), os.getloadavg()[0]
    folder = asked.folder.resolve()
    templates = asked.templates or min(asked.days, 120)
    folder.mkdir(parents=True, exist_ok=True)
    room, needed = shutil.disk_usage(folder).free, MEAN_FILE * (asked.days * (1.7 if asked.copies else 0.7) + templates)
    if room < needed:
        print(f"dev: {folder} has {room / 1e9:.1f} GB left; {needed / 1e9:.1f} GB are needed", file=sys.stderr)
        return 1
    record = make_record(folder, asked.days, min(templates, asked.days), asked.copies)
    how = drop_caches([record.folder])
    names = _names(asked)
    live = _measure_live(folder, record) if LIVE in names else None  # first: what it draws must not wait for other work
    measured = list(_Bench(folder, record, asked.cells).run(_rows(names, folder)))
    maps = measure_maps(folder, record, not asked.skip_peers) if MAPS in names else []
    text = report(record, measured, how, asked.cells, load, live, maps)
    print(text)
    (folder / "table.md").write_text(text + "\n", "utf-8")
    (folder / "results.json").write_text(json.dumps([asdict(one) for one in measured], indent=1), "utf-8")
    if not asked.keep:
        for made in (folder / "record", *(folder / name for name in MADE_IN.values())):
            remove(made)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--days", type=int, default=WHOLE_RECORD, help="length of the record (default: %(default)s)")
    parser.add_argument("--cells", type=int, default=15, help="cells that the fast ways are asked for")
    parser.add_argument("--folder", type=Path, default=Path("build/bench"), help="where everything is made")
    parser.add_argument("--only", default="", help=f"some of {','.join(NAMES)}")
    parser.add_argument("--skip-peers", action="store_true", help="the plugin and the netCDF4-python loop only")
    parser.add_argument(
        "--copies", action="store_true", help="real copies in place of hard links: cold input throughout"
    )
    parser.add_argument("--templates", type=int, default=0, help="distinct synthetic days (default: 120)")
    parser.add_argument(
        "--keep", action="store_true", help="leave record and stores, and read from those that are there"
    )
    asked = parser.parse_args()
    unknown = set(filter(None, asked.only.split(","))) - set(NAMES)
    if unknown or asked.days < 1 or not 1 <= asked.cells <= 60:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "--days from 1, --cells from 1 to 60")
    return asked


def _names(asked: argparse.Namespace) -> set[str]:
    names = set(filter(None, asked.only.split(","))) or set(NAMES)
    return names & (PLUGINS_OWN | {"loop"}) if asked.skip_peers else names


def _rows(names: set[str], folder: Path) -> list[Row]:
    """Return the rows to measure, the builds first; what a row reads from must be built, unless it was kept."""
    names = names | {
        build for way, build in MADE_BY.items() if way in names and not made_stamp(folder / MADE_IN[build]).exists()
    }
    return [row for row in ROWS if row.name in names]


def _measure_live(folder: Path, record: Record) -> dict[str, Any]:
    """Let the map follow the hand in a QGIS of its own; return what `bench_live.py` says, or why there is nothing."""
    print("── the map in a canvas", end="", file=sys.stderr, flush=True)
    log = folder / "log" / "live.txt"
    log.parent.mkdir(exist_ok=True)
    with log.open("w", encoding="utf-8") as errors:
        command = [sys.executable, str(Path(__file__).with_name("bench_live.py")), record.folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
    lines = done.stdout.splitlines()
    found = {"failed": f"see {log.name} in the folder log"} if done.returncode or not lines else json.loads(lines[-1])
    print(f": {found}", file=sys.stderr)
    return found


class _Bench:
    """Runs the measurements one after the other, each in a process of its own."""

    def __init__(self, folder: Path, record: Record, cells: int) -> None:
        self._folder, self._record, self._cells = folder, record, cells
        self._reference: list[float | None] = []

    def run(self, rows: list[Row]) -> Iterator[Measured]:
        for row in rows:
            yield self._build(row) if row.is_build else self._click(row)

    def _build(self, row: Row) -> Measured:
        days = min(self._record.days, row.most_days)
        target = self._folder / MADE_IN[row.name]
        remove(target)
        cold = self._record.copies
        found = self._measure(row, days, cold)
        if "failed" in found:
            return Measured(row, failed=found["failed"])
        made_stamp(target).touch()
        timing = Timing(found["seconds"][0], days, self._record.days)
        size = folder_size(str(target))
        read = self._record.size * days / self._record.days
        return replace(
            Measured(row, memory=found["memory"], size=size * self._record.days // days, share=size / read),
            **{"cold" if cold else "warm": timing},
        )

    def _click(self, row: Row) -> Measured:
        measured = Measured(row)
        for cold in (True, False):
            days = min(self._record.days, row.most_days)
            # Hard links are cold only the first time that their file is read; copies are many to be read twice.
            if not row.instant and cold != self._record.copies:
                days = min(days, self._record.templates)
            found = self._measure(row, days, cold)
            if "failed" in found:
                return replace(measured, failed=found["failed"])
            timing = Timing(statistics.median(found["seconds"]), days, self._record.days, scalable=not row.instant)
            measured = replace(measured, memory=found["memory"], **{"cold" if cold else "warm": timing})
            if not self._same(found["values"]):
                measured = replace(measured, failed="other values than the loop's")
        return measured

    def _same(self, values: list[float | None]) -> bool:
        """Return whether the values are those of the first way that was measured, as far as both go."""
        known = self._reference
        if len(values) > len(known):
            self._reference = values
        return all(one == other for one, other in zip(values, known))

    def _measure(self, row: Row, days: int, cold: bool) -> dict[str, Any]:
        title = f"{row.title}, {row.variables} variable(s), {'cold' if cold else 'warm'}, {days:,} days"
        print(f"── {title}", end="", file=sys.stderr, flush=True)
        job = {
            "way": row.way,
            "task": {
                "days": days,
                "variables": row.variables,
                "engine": row.engine,
                "store": str(self._folder / "store"),
                "series": str(self._folder / "series"),
            },
            "record": asdict(self._record),
            "cells": self._record.cells[: self._cells if row.instant else 1],
            "cold": cold,
            "instant": row.instant,
        }
        log = self._folder / "log" / f"{row.way}-{row.engine}-{row.variables}-{'cold' if cold else 'warm'}.txt"
        log.parent.mkdir(exist_ok=True)
        with log.open("w", encoding="utf-8") as errors:
            command = [sys.executable, __file__, "--measure", json.dumps(job)]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
        lines = done.stdout.splitlines()
        if done.returncode or not lines:
            found = {"failed": f"ended with status {done.returncode}; see {log.name} in the folder log"}
        else:
            found = json.loads(lines[-1])
        print(f": {found.get('failed') or ', '.join(f'{one:.4g}' for one in found['seconds'])} s", file=sys.stderr)
        return found


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Do one measurement, in this process; return seconds, peak memory in bytes and the first cell's first values."""
    # Neither is loaded beside the other.
    if job["way"] in {"build", "direct", "store", "store-opening"}:
        from bench_own import BUILDS, CLICKS
    else:
        from bench_peers import BUILDS, CLICKS
    task = Task(record=Record(**job["record"]), **job["task"])
    cells = [Cell(*cell) for cell in job["cells"]]
    folders = [task.record.folder, task.store, task.series]
    values: list[float | None] = []
    seconds = []
    if job["way"] in BUILDS:
        build = BUILDS[job["way"]](task)
        drop_caches(folders) if job["cold"] else fill_caches(task.paths)
        start = time.perf_counter()
        build()
        os.sync()
        seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "memory": _peak_memory()}
    click = CLICKS[job["way"]](task)
    if not job["cold"]:
        if job["instant"]:
            # Through another object: the operating system is to know these cells, the one that is measured not.
            other = CLICKS[job["way"]](task)
            for cell in cells:
                other(cell)
        else:
            fill_caches(task.paths)
    for cell in cells:
        if job["cold"]:
            drop_caches(folders)
        start = time.perf_counter()
        found = click(cell)
        seconds.append(time.perf_counter() - start)
        values = values or [None if value != value else value for value in found[0].tolist()]
    return {"seconds": seconds, "memory": _peak_memory(), "values": values}


def _limit_memory() -> None:
    """Let this process fail before it brings the machine down."""
    limit = int(0.6 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _peak_memory() -> int:
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        _limit_memory()
        try:
            outcome = measure(json.loads(sys.argv[2]))
        except Exception as error:  # reported in the table, with the others going on
            import traceback

            traceback.print_exc()
            outcome = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(outcome))
        sys.exit(0)
    sys.exit(main())
