# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How the map follows: from a step to the drawn map, playing, and dragging a limit, in a real canvas of 1200 × 600 in EPSG:6933.

Called as a process of its own with a folder of daily files; prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

sys.path.insert(0, str(Path(__file__).parents[1]))

from in_qgis.interface import Interface
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QTimer

from smos_ib_explorer import classFactory
from smos_ib_explorer.plugin.adapters import settings
from smos_ib_explorer.plugin.core.steps import Step, Unit

STEPS, FRAMES, DRAG_S, REST_S = 40, 100, 5.0, 0.3
BACK = Step(Unit.DAY, False)


class OwnProfile:
    """In place of the user's profile, so that nothing of his is read or written."""

    folder = tempfile.mkdtemp(prefix="smosib-bench-")

    @classmethod
    def qgisSettingsDirPath(cls) -> str:
        return cls.folder


def main(folder: str) -> dict[str, Any]:
    """Measure and return seconds, frames a second, and the longest that the event loop was late while dragging."""
    application = QgsApplication([], True)
    application.initQgis()
    settings.QgsApplication = OwnProfile
    interface = Interface()
    interface.window.resize(1700, 1000)
    interface.canvas.setFixedSize(1200, 600)
    interface.window.show()
    plugin = classFactory(interface)
    plugin.initGui()
    plugin.dock.setUserVisible(True)
    field, feed = plugin.dock.form.smosibFolder, plugin.session.maps.feed
    field.setText(folder)
    wait_for(feed.settled, field.editingFinished.emit)
    if plugin.background.is_running("check"):
        plugin.background.cancel("check")
    rest(3.0)
    found = {**stepping(plugin, interface), **playing(plugin), **dragging(plugin)}
    found["memory"] = plugin.session.maps.recent.nbytes
    return found


def stepping(plugin: Any, interface: Interface) -> dict[str, float]:
    """Step back with a rest between; after each step let QGIS alone open and draw a GeoTIFF that is there already, then draw it once more."""
    settled, drawn = plugin.session.maps.feed.settled, interface.canvas.mapCanvasRefreshed
    times: dict[str, list[float]] = {"step": [], "plain": [], "redraw": []}
    for _ in range(STEPS):
        before = plugin.live.layer().source()
        times["step"].append(timed(settled, lambda: plugin.session.step(BACK)))
        layer, name = plugin.live.layer(), plugin.live.layer().name()
        rest(REST_S)

        def plain(path: str = before, layer: Any = layer, name: str = name) -> None:
            layer.setDataSource(path, name, "gdal")
            layer.triggerRepaint()

        times["plain"].append(timed(drawn, plain))
        rest(REST_S)
        times["redraw"].append(timed(drawn, layer.triggerRepaint))
        rest(REST_S)
    # The first ones load what is loaded once.
    return {name: statistics.median(each[2:]) for name, each in times.items()}


def playing(plugin: Any) -> dict[str, float]:
    """Play backwards, as far from the newest day as there are days; return frames a second and the slowest frame."""
    times: list[float] = []
    plugin.session.day_ready.connect(lambda shown: times.append(time.perf_counter()))
    step = plugin.session.step
    plugin.player._step = lambda: len(times) < FRAMES and step(BACK)
    wait_for(plugin.player.playing_changed, plugin.player.play, lambda playing: not playing)
    gaps = [after - before for before, after in zip(times, times[1:])]
    return {"play": len(gaps) / sum(gaps), "slowest": max(gaps), "frames": len(times)}


def dragging(plugin: Any) -> dict[str, float]:
    """Move the limit of the RMSE 60 times a second; return maps a second and how late the event loop was."""
    rest(2.0)
    drawn: list[float] = []
    late: list[float] = []
    plugin.session.maps.feed.ready.connect(lambda shown: drawn.append(time.perf_counter()))
    slider = plugin.dock.form.smosibRmseSlider
    last = [time.perf_counter()]

    def move() -> None:
        now = time.perf_counter()
        late.append(now - last[0] - 0.016)
        last[0] = now
        slider.setValue(80 - len(late) % 60)

    timer = QTimer()
    timer.timeout.connect(move)
    timer.start(16)
    rest(DRAG_S)
    timer.stop()
    return {"drag": len(drawn) / DRAG_S, "late": max(late)}


def timed(signal: Any, act: Any) -> float:
    start = time.perf_counter()
    wait_for(signal, act)
    return time.perf_counter() - start


def rest(seconds: float) -> None:
    timer = QTimer()
    timer.setSingleShot(True)
    wait_for(timer.timeout, lambda: timer.start(int(1000 * seconds)))
    let_events_pass()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])), flush=True)
    os._exit(0)  # without QGIS's long good-bye
