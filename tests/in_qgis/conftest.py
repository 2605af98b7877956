# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests inside QGIS share: the plugin in a window, its profile, and the archives it opens."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_qgis.interface import Interface
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject
from qgis.PyQt.QtCore import QSettings, Qt, QThreadPool

from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine
from smos_ib_explorer.plugin.core.demo import make_demo
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit, parse_day
from smos_ib_explorer.plugin.processing.provider import SmosIbProvider

DEMO_DAYS = ("2024-08-29", "2024-08-31")


@pytest.fixture(autouse=True)
def own_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep settings, cache and demo data of each test in its own folder."""
    profile = tmp_path / "profile"
    monkeypatch.setattr(
        "smos_ib_explorer.plugin.adapters.settings.QgsApplication.qgisSettingsDirPath", lambda: str(profile)
    )
    QSettings().remove("smosib")
    return profile


@pytest.fixture(scope="session", autouse=True)
def threads_of_a_usual_machine(qgis_app: Any) -> None:
    """Let QGIS draw and run tasks in eight threads, whatever the machine: with two, drawing alone can keep all tasks waiting."""
    QThreadPool.globalInstance().setMaxThreadCount(8)


@pytest.fixture
def iface(qgis_app: Any) -> Iterator[Interface]:
    """A shown main window with an empty project."""
    QgsProject.instance().clear()
    interface = Interface()
    interface.window.show()
    yield interface
    interface.window.close()
    interface.window.deleteLater()
    QgsProject.instance().clear()


@pytest.fixture
def plugin(iface: Interface) -> Iterator[Any]:
    """The plugin, started as QGIS starts it."""
    from smos_ib_explorer import classFactory

    explorer = classFactory(iface)
    explorer.initGui()
    # Shown with a test that fails: why a signal did not come.
    iface.messageBar().widgetAdded.connect(lambda item: sys.stderr.write(f"message bar: {iface.said()}\n"))
    yield explorer
    explorer.unload()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three full-size synthetic days of both orbits, on a crude land of two rectangles and an island at the antimeridian.

    They are made once for all processes of a run; each has a copy of its own, for some tests move the folder.
    """
    base = tmp_path_factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo"
    with only_one(made.with_name("demo.lock")):
        write_demo(made)  # days that are there stay
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("démo") / "démo 数据 with spaces"))


@contextlib.contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Wait until no other process is here, and keep others out."""
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # ends with the file, and with the process
        yield


def write_demo(folder: Path, days: tuple[str, str] = DEMO_DAYS) -> None:
    land = np.zeros(M25KM.shape, dtype=bool)
    land[60:300, 600:1000] = True
    land[330:500, 380:520] = True
    land[250:330, :40] = True
    land[250:330, -40:] = True
    first, last = (parse_day(day) for day in days)
    make_demo(GdalEngine(), folder, land, first, last, (Orbit.ASCENDING, Orbit.DESCENDING))


@pytest.fixture
def open_folder(plugin: Any) -> Callable[[Path], Any]:
    """Open a folder through the dock and wait until its newest day is on the map."""

    def opened(folder: Path) -> Any:
        field = plugin.dock.form.smosibFolder
        field.setText(str(folder))
        wait_for(plugin.session.day_ready, field.editingFinished.emit)
        let_events_pass()
        return plugin

    return opened


@pytest.fixture
def explorer(open_folder: Callable[[Path], Any], demo_folder: Path) -> Any:
    """The plugin with the demo archive open and its newest day on the map."""
    return open_folder(demo_folder)


@pytest.fixture
def left_click() -> Callable[[Interface, float, float], None]:
    """Click with the mouse on a place of the map, given in the canvas's own coordinates."""
    from qgis.PyQt.QtCore import QPoint
    from qgis.PyQt.QtTest import QTest

    def click(interface: Interface, x: float, y: float) -> None:
        place = interface.canvas.getCoordinateTransform().transform(x, y)
        at = QPoint(int(place.x()), int(place.y()))
        QTest.mouseClick(interface.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    return click


@pytest.fixture
def run(qgis_app: Any) -> Iterator[Callable[..., tuple[dict, Any, str]]]:
    """Run an algorithm by its name; returns its results, or raises AssertionError with what it said."""
    provider = SmosIbProvider()
    QgsApplication.processingRegistry().addProvider(provider)

    def runner(name: str, **parameters: object) -> tuple[dict, Any, str]:
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"smosib:{name}")
        context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
        found, worked = algorithm.run(parameters, context, feedback)
        assert worked, feedback.textLog()
        return found, context, feedback.textLog()

    yield runner
    QgsApplication.processingRegistry().removeProvider(provider)


@pytest.fixture
def qgis_process(tmp_path: Path) -> Callable[..., str]:
    """Run `qgis_process` with the plugin, in a profile of its own; returns what it said."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("qgis_process is not installed")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "smos_ib_explorer").symlink_to(Path(__file__).resolve().parents[2])
    environment = {
        **os.environ,
        "QGIS_PLUGINPATH": str(tmp_path / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "process profile"),
    }

    def process(*arguments: str) -> str:
        return subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=True, timeout=120
        ).stdout

    process("plugins", "enable", "smos_ib_explorer")
    return process
