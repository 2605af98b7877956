# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by test_killed.py in a process of its own with a folder and a seed, which forks writers and kills them at random moments; prints what was wrong after it.

What is written follows from a number, so that each file can be checked for being whole by itself.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import conftest  # noqa: F401  registers the package

from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine
from smos_ib_explorer.plugin.adapters.geotiff import holds, write_geotiff, write_stack
from smos_ib_explorer.plugin.adapters.layer_cache import LayerCache
from smos_ib_explorer.plugin.core.archive import Granule, scan
from smos_ib_explorer.plugin.core.demo import make_demo
from smos_ib_explorer.plugin.core.first_look import look_first
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.tally import Tallies, Tally
from smos_ib_explorer.plugin.core.tally_file import load_tallies, save_tallies
from smos_ib_explorer.plugin.core.variables import Variable

FIRST = dt.date(2024, 8, 30)
SM = Variable("SM", "SM", "SM", "")
LAND = np.zeros(M25KM.shape, dtype=bool)
LAND[100:300, 600:1000] = True
folder, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
cache, exports, demo = LayerCache(folder / "cache"), folder / "exports", folder / "demo"


def values(number: int) -> np.ndarray:
    return np.full(M25KM.shape, number, dtype=np.float32)


def tallies(days: int) -> Tallies:
    found = Tally(np.arange(200, dtype=np.uint16), np.arange(1, 201, dtype=np.uint32))
    one = {FIRST + dt.timedelta(day): found for day in range(days)}
    return Tallies.none().with_days({Granule(Path("x"), day, Orbit.ASCENDING, 1, 1): one[day] for day in one})


def write_maps() -> None:
    for number in range(1000):
        name = f"smosib_{number % 7}_{number % 7:012x}.tif"
        write_geotiff(cache.folder / name, values(number % 7), M25KM, SM, [("day", "x" * 5000)], small=False)


def write_exports() -> None:
    for number in range(1000):
        write_stack(exports / f"{number % 5}.tif", M25KM, "", [("a", values(number % 5))] * 3, 3, lambda: [])


def write_tallies() -> None:
    for number in range(1000):
        save_tallies(cache.folder / f"smosib_tallies_{number % 3:016x}.bin", tallies(1000 + number % 3))


def write_demo() -> None:
    for number in range(1000):
        day = FIRST + dt.timedelta(number)
        make_demo(GdalEngine(), demo, LAND, day, day, (Orbit.ASCENDING,))


def killed(work: Callable[[], None], longest_s: float) -> bool:
    """Let a child work, kill it at some moment, and return whether that was before it had finished."""
    begun, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(say, b"!")
            work()
        finally:
            os._exit(0)
    os.read(begun, 1)
    for end in (begun, say):
        os.close(end)
    time.sleep(chance.uniform(0, longest_s))
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def wrong() -> Iterator[str]:
    """Yield what a later start would trust and should not."""
    for path in cache.folder.glob("[!.]*.tif"):
        if not holds(path, [values(int(path.name.split("_")[1]))]):
            yield f"{path.name} is not whole"
    for path in cache.folder.glob("[!.]*.bin"):
        if load_tallies(path).days.size != 1000 + int(path.stem.split("_")[2], 16):
            yield f"{path.name} is not whole"
    for path in exports.glob("[!.]*"):
        if not holds(path, [values(int(path.stem))] * 3):
            yield f"{path.name} is not whole"
    if demo.exists() and any(demo.rglob("[!.]*.nc")):
        for granule in scan(demo).granules:
            look_first(granule.path)


def left_over() -> list[str]:
    return [path.name for path in folder.rglob(".*") if path.is_file()]


for one in (cache.folder, exports):
    one.mkdir(parents=True)
told: dict[str, list[str] | int] = {"wrong": [], "killed": 0, "left": 0, "written": 0}
for work, longest_s, kills in (
    (write_maps, 0.15, 8),
    (write_exports, 0.15, 6),
    (write_tallies, 0.1, 6),
    (write_demo, 1.0, 3),
):
    for _ in range(kills):
        told["killed"] += killed(work, longest_s)
    told["wrong"] += wrong()
told["left"] = len(left_over())
told["written"] = sum(1 for path in folder.rglob("[!.]*") if path.is_file())
for path in cache.folder.glob(".*"):
    os.utime(path, (1, 1))
cache.prune()
(day,) = make_demo(GdalEngine(), demo, LAND, FIRST, FIRST, (Orbit.ASCENDING,))
os.truncate(day, day.stat().st_size - 1)  # as a power failure may leave it
make_demo(GdalEngine(), demo, LAND, FIRST, FIRST, (Orbit.ASCENDING,))
told["wrong"] += [*wrong(), *(f"{path.name} is left in the cache" for path in cache.folder.glob(".*"))]
print(json.dumps(told))
