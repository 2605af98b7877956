# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps that many days go into: a composite of 31 days and a trend of the whole record, by the plugin and by xarray, in one run.

Called with what to measure, each is a process of its own; `measure_maps` starts them. The files are in the operating system's cache.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench_record import FIRST_DAY, WHOLE_RECORD, Record, Task, fill_caches
from numpy.typing import NDArray

Grid = NDArray[np.floating]
COMPOSITE_DAYS, MOST_XARRAY_DAYS, FEWEST_STEPS = 31, 365, 2
LAYERS = ("Soil_Moisture", "RMSE", "Scene_Flags")


@dataclass(frozen=True)
class MapRow:
    """One way to a map. `most_days` limits what would take hours."""

    way: str
    map: str
    title: str
    is_peer: bool = False
    most_days: int = WHOLE_RECORD


ROWS = (
    MapRow("xarray-composite", "composite", "xarray, `open_mfdataset`, `where` and `mean`", is_peer=True),
    MapRow("composite", "composite", "**ours**, from the files"),
    MapRow("xarray-trend", "trend", "xarray, `resample` and `apply_ufunc`", is_peer=True, most_days=MOST_XARRAY_DAYS),
    MapRow("trend", "trend", "**ours**, from the files"),
    MapRow("trend-store", "trend", "**ours**, from the store"),
)
TITLES = {"composite": "mean soil moisture of 31 days", "trend": "trend of monthly soil moisture, all days"}


def measure_maps(folder: Path, record: Record, with_peers: bool) -> list[dict[str, Any]]:
    """Measure all ways; return of each its row, days, seconds and peak memory, or why there are none."""
    found = []
    for row in ROWS:
        if row.is_peer and not with_peers:
            continue
        days = min(COMPOSITE_DAYS if row.map == "composite" else row.most_days, record.days)
        print(f"── {TITLES[row.map]}, {row.title}, {days:,} days", end="", file=sys.stderr, flush=True)
        task = {"days": days, "variables": 1, "engine": "GDAL", "store": str(folder / "store"), "series": ""}
        log = folder / "log" / f"{row.way}.txt"
        log.parent.mkdir(exist_ok=True)
        with log.open("w", encoding="utf-8") as errors:
            command = [sys.executable, __file__, json.dumps({"way": row.way, "task": task, "record": asdict(record)})]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
        lines = done.stdout.splitlines()
        one = {"failed": f"see {log.name} in the folder log"} if done.returncode or not lines else json.loads(lines[-1])
        found.append({"row": asdict(row), "days": days, **one})
        print(f": {one}"[:200], file=sys.stderr)
    _compare(found)
    return found


def _compare(found: Sequence[dict[str, Any]]) -> None:
    """Say of a way that its numbers are not those of another one over the same days."""
    for name in TITLES:
        same = [one for one in found if one["row"]["map"] == name and "failed" not in one]
        for one, other in zip(same, same[1:]):
            if one["days"] == other["days"] and not np.allclose(
                one["values"], other["values"], rtol=1e-4, equal_nan=True
            ):
                other["failed"] = f"other numbers than those of {one['row']['title']}"


def maps_table(found: Sequence[dict[str, Any]], whole: int) -> Iterable[str]:
    """Yield the lines of the table; times of fewer days are told for the whole record, in proportion."""
    yield "\nMaps that many days go into, under the provider's criteria, files in the operating system's cache\n"
    yield "| | days | time | against xarray | memory |"
    yield "| --- | --- | --- | --- | --- |"
    for name, title in TITLES.items():
        rows = [one for one in found if one["row"]["map"] == name]
        peer = next((one for one in rows if one["row"]["is_peer"] and "failed" not in one), None)
        for one in rows:
            label = f"{title}: {one['row']['title']}"
            if "failed" in one:
                yield f"| {label} | {one['days']:,} | {one['failed']} | | |"
                continue
            a_day = one["seconds"] / one["days"]
            share = f"{a_day / (peer['seconds'] / peer['days']):.2f}" if peer else ""
            days = min(whole, COMPOSITE_DAYS) if name == "composite" else whole
            more = "" if days == one["days"] else f" (scaled from {one['days']:,})"
            yield f"| {label} | {days:,} | {a_day * days:.1f} s{more} | {share} | {one['memory'] / 1e6:,.0f} MB |"


def _ours(task: Task, store: bool, make: str) -> Callable[[], Grid]:
    from bench_own import opened_for

    from smos_ib_explorer.plugin.core.analysis.trend_map import TrendOptions, trend_map
    from smos_ib_explorer.plugin.core.composite import Statistic, composite
    from smos_ib_explorer.plugin.core.names import Orbit
    from smos_ib_explorer.plugin.core.quality import PROVIDER
    from smos_ib_explorer.plugin.core.store.store import Store

    reader, opened = opened_for(task)
    granules = opened.archive.granules_of(Orbit.ASCENDING, last=task.last)
    period, variable = (granules[0].date, granules[-1].date), opened.recognition.variable("SM")
    held = Store.open(Path(task.store), reader.engine) if store else None
    view = held.view(opened) if held else None

    def read(granule: Any, one: Any) -> Any:
        return reader.retrievals(granule, opened.recognition, one)

    if make == "composite":
        return lambda: composite(granules, variable, period, Statistic.MEAN, PROVIDER, read).kept
    options = TrendOptions(min_steps=FEWEST_STEPS)
    return lambda: trend_map(granules, variable, period, options, PROVIDER, read, store=view).kept


def _xarray_kept(task: Task) -> Any:
    import xarray

    stack = xarray.open_mfdataset(
        task.paths,
        combine="nested",
        concat_dim="time",
        coords="minimal",
        compat="override",
        join="override",
        chunks={},
        parallel=False,
        engine="netcdf4",
    )[list(LAYERS)]
    days = [np.datetime64(FIRST_DAY + dt.timedelta(days=number), "ns") for number in range(len(task.paths))]
    stack = stack.assign_coords(time=days)
    sm = stack["Soil_Moisture"].astype(np.float32)
    return sm.where((stack["Scene_Flags"] <= 1) & (stack["RMSE"] <= 8) & (sm >= 0) & (sm <= 1))


def _xarray_composite(task: Task) -> Callable[[], Grid]:
    return lambda: _xarray_kept(task).mean("time").values[::-1]


def _xarray_trend(task: Task) -> Callable[[], Grid]:
    import xarray

    def run() -> Grid:
        monthly = _xarray_kept(task).resample(time="MS").mean().chunk({"time": -1})
        slope = xarray.apply_ufunc(
            _theil_sen, monthly, input_core_dims=[["time"]], dask="parallelized", output_dtypes=[float]
        )
        return slope.values[::-1]

    return run


def _theil_sen(values: Grid) -> Grid:
    """Return the slope per decade of (…, months), by numpy over all pairs, where there are enough months."""
    first, second = np.triu_indices(values.shape[-1], 1)
    there = np.isfinite(values).sum(axis=-1) >= FEWEST_STEPS
    result = np.full(values.shape[:-1], np.nan)
    some = values[there].astype(np.float64)
    for at in range(0, len(some), 500):
        part = some[at : at + 500]
        some[at : at + 500, 0] = np.nanmedian((part[:, second] - part[:, first]) / ((second - first) / 120), axis=1)
    result[there] = some[:, 0]
    return result


WAYS: dict[str, Callable[[Task], Callable[[], Grid]]] = {
    "composite": lambda task: _ours(task, False, "composite"),
    "trend": lambda task: _ours(task, False, "trend"),
    "trend-store": lambda task: _ours(task, True, "trend"),
    "xarray-composite": _xarray_composite,
    "xarray-trend": _xarray_trend,
}


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Do one measurement, in this process; return seconds, peak memory in bytes, and the map at some cells."""
    task = Task(record=Record(**job["record"]), **job["task"])
    run = WAYS[job["way"]](task)
    fill_caches(task.paths)
    start = time.perf_counter()
    made = run()
    seconds = time.perf_counter() - start
    values = [float(made[row, col]) for row, col in task.record.cells]
    peak = next(line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM:"))
    return {"seconds": seconds, "memory": int(peak.split()[1]) * 1024, "values": values}


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
