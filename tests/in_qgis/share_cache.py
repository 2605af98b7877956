# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run twice at the same time by test_two_instances.py: steps through days on a cache that another one uses, prunes and clears too.

Ten minutes are shortened to a second, so that what is not used goes indeed. It goes on until each road was taken. Prints what it did as JSON; what a map's file lacked goes to `wrong`.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import conftest  # noqa: F401  registers the package

from smos_ib_explorer.plugin.adapters import layer_cache
from smos_ib_explorer.plugin.adapters.day_map import DayMap, Recipe
from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine
from smos_ib_explorer.plugin.adapters.geotiff import holds
from smos_ib_explorer.plugin.adapters.layer_cache import LayerCache
from smos_ib_explorer.plugin.adapters.map_making import make_map
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.quality import QualityCriteria
from smos_ib_explorer.plugin.core.reader import Reader
from smos_ib_explorer.plugin.core.recent import RecentDays

LIMIT, STAY, TURN_S, LOOK_S = 7_000_000, 3, 0.01, 0.8
layer_cache.IN_USE_S, layer_cache._YOUNG_S = 1.0, 0.3
FRESHEN_S = 0.3


def recipes(folder: Path, granules) -> list[Recipe]:
    limits = (4.0, 6.0, 8.0)
    return [
        Recipe(folder, "SM", one.orbit, one.date, QualityCriteria(1, limit)) for one in granules for limit in limits
    ]


def show(cache: LayerCache, shown: DayMap, used: float, until: float, wrong: list[str]) -> None:
    """Show a map for a while: its file, `used` at that time at the earliest, must be there and right at every moment."""
    while True:
        is_right, now = holds(shown.path, [shown.content.kept]), time.monotonic()
        is_promised = now - used < layer_cache.IN_USE_S - layer_cache._YOUNG_S  # else the machine was too busy for it
        if not is_right and is_promised:
            wrong.append(f"{shown.path.name} {'is damaged' if shown.path.exists() else 'is gone'}")
        if not is_right or now > until:
            return
        if now - used > FRESHEN_S:
            cache.use(shown.path)
            used = now
        time.sleep(0.01)


def _is_enough(done: dict[str, int], gone: float, seconds: float) -> bool:
    """Return whether the time is over, and each road was taken; or else ten times that."""
    roads = (done["made"], done["found"], done["discarded"], done["pruned"] + done["cleared"])
    return gone > (seconds if all(roads) else 10 * seconds)


def run(folder: Path, cache: LayerCache, seed: int, seconds: float) -> dict[str, object]:
    reader = Reader(GdalEngine())
    opened = reader.learn(scan(folder))
    recent, chance = RecentDays(reader), random.Random(seed)
    wanted, live, wrong = recipes(folder, opened.archive.granules), deque[Path](), list[str]()
    done = {"made": 0, "found": 0, "pruned": 0, "cleared": 0, "discarded": 0}
    for granule in opened.archive.granules:
        recent.read(granule, opened.recognition, opened.recognition.variable("SM"))
    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.monotonic()
    while not _is_enough(done, time.monotonic() - begin, seconds):
        used = time.monotonic()
        shown = make_map(
            reader,
            opened,
            cache,
            chance.choice(wanted),
            read=lambda granule, variable: recent.read(granule, opened.recognition, variable),
        )
        done["made" if shown.is_new else "found"] += 1
        if shown.is_new:
            live.append(shown.path)
        until = time.monotonic() + (LOOK_S if chance.random() < 0.03 else TURN_S)
        show(cache, shown, used, until, wrong)
        while len(live) > STAY:
            old = live.popleft()
            if old != shown.path:
                cache.discard(old)
                done["discarded"] += not old.exists()
        if chance.random() < 0.2:
            done["pruned"] += cache.prune(LIMIT, [shown.path])
        if chance.random() < 0.1:
            done["cleared"] += cache.clear([shown.path], time.time())[0]
    return {**done, "wrong": wrong}


print(json.dumps(run(Path(sys.argv[1]), LayerCache(Path(sys.argv[2])), int(sys.argv[3]), float(sys.argv[4]))))
