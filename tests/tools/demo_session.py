# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside QGIS for `./dev demo` and `./dev screenshots`: opens the demo archive and, unattended, works like a user.

The environment says what is wanted: see tests/tools/run_demo.sh.
"""

import datetime as dt
import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface, plugins

from smos_ib_explorer.plugin.adapters.land import Land
from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod
from smos_ib_explorer.plugin.core.analysis.anomaly_map import AnomalyOptions
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline
from smos_ib_explorer.plugin.core.demo import make_demo
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.ui.plot_analysis import Overlay

ARCHIVE, OUTPUT = Path(os.environ["SMOSIB_DEMO_FOLDER"]), Path(os.environ["SMOSIB_DEMO_OUTPUT"])
PICTURES = os.environ.get("SMOSIB_SCREENSHOTS")
# At the edge of invented interference, so that some of its values are rejected.
CELL = Cell(234, 808)


def wait(signal, act=lambda: None, until=lambda *values: True, limit_ms=60_000):
    """Do something and wait for a signal whose values satisfy `until`."""
    loop, came = QEventLoop(), []

    def take(*values):
        if until(*values):
            came.append(values)
            loop.quit()

    signal.connect(take)
    QTimer.singleShot(limit_ms, loop.quit)
    act()
    if not came:
        loop.exec()
    signal.disconnect(take)
    if not came:
        raise TimeoutError("a signal did not come")


def settle(milliseconds=700):
    """Let QGIS draw and lay out."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def zoom_around(canvas, x, y):
    """Show the part of the world in which the cell's outline can be seen."""
    canvas.setExtent(QgsRectangle(x - 2.2e6, y - 1.2e6, x + 2.2e6, y + 1.2e6))
    canvas.refresh()


def attended(explorer):
    explorer.dock.setUserVisible(True)
    explorer.dock.folder_chosen.emit(ARCHIVE)


def unattended(explorer):
    window, canvas = iface.mainWindow(), iface.mapCanvas()
    window.showNormal()
    window.setGeometry(0, 0, 1400, 900)
    explorer.action.trigger()
    field = explorer.dock.form.smosibFolder
    field.setText(str(ARCHIVE))
    wait(explorer.session.day_ready, field.editingFinished.emit)
    settle()  # QGIS takes the project's projection from the first layer, in its own time
    explorer.dock.form.smosibWorld.click()
    settle()
    explorer.dock.form.smosibPick.click()
    settle()
    place = M25KM.centre_xy(CELL)
    zoom_around(canvas, *place)
    settle(1500)
    at = canvas.getCoordinateTransform().transform(*place)
    click = lambda: QTest.mouseClick(  # noqa: E731
        canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(int(at.x()), int(at.y()))
    )
    wait(explorer.session.cells.series_ended, click)
    iface.messageBar().clearWidgets()
    settle(2500)
    iface.messageBar().clearWidgets()
    window.grab().save(str(OUTPUT / "screenshot.png"))
    map_file, table_file = OUTPUT / "map.tif", OUTPUT / "series.csv"
    explorer.dock.ask_map_file = lambda suggestion: map_file
    wait(iface.messageBar().widgetAdded, explorer.dock.form.smosibExportMap.click)
    wait(iface.messageBar().widgetAdded, lambda: explorer.plot_dock.csv_requested.emit(table_file))
    if PICTURES:
        field.setText("smos-ib demo (synthetic)")  # the README shows no folder of the machine that made the picture
        iface.messageBar().clearWidgets()
        settle()
        window.grab().save(str(Path(PICTURES) / "map_and_series.png"))
        explorer.dock.grab().save(str(Path(PICTURES) / "dock.png"))
        explorer.plot_dock.grab().save(str(Path(PICTURES) / "plot.png"))
        picture_of_years(explorer, window)


def picture_of_years(explorer, window):
    """An anomaly map above a record of thirteen years with its climatology; every fifth day, for a part of the world."""
    folder = OUTPUT / "years"
    lon, lat = M25KM.longitudes(), M25KM.latitudes()
    land = Land()(M25KM) & ((lat > -14) & (lat < 38))[:, None] & ((lon > -20) & (lon < 53))[None, :]
    day = dt.date(2012, 1, 3)
    while day < dt.date(2025, 1, 1):
        make_demo(explorer.session.reader.engine, folder, land, day, day, (Orbit.ASCENDING,))
        day += dt.timedelta(days=5)
    wait(explorer.session.day_ready, lambda: explorer.dock.folder_chosen.emit(folder))
    settle()
    analysis = explorer.plot_dock.analysis
    for overlay in (Overlay.CLIMATOLOGY, Overlay.MOVING_MEAN):
        analysis.actions_of[overlay].setChecked(True)
    wait(explorer.session.cells.series_ended, lambda: explorer.session.cells.pick(CELL, *M25KM.centre(CELL)))
    last = explorer.session.shown.recipe.date
    options = AnomalyOptions(Baseline.of_years(2012, 2023), AnomalyMethod.ZSCORE)
    recipe = replace(
        explorer.session.shown.recipe, date=last.replace(month=8, day=1), last=last.replace(month=8), anomaly=options
    )
    wait(explorer.analyst.added, lambda: explorer.analyst.make((recipe,)))
    zoom_around(iface.mapCanvas(), *M25KM.centre_xy(CELL))
    explorer.dock.form.smosibFolder.setText("smos-ib demo (synthetic)")
    settle(2500)
    iface.messageBar().clearWidgets()
    settle()
    window.grab().save(str(Path(PICTURES) / "analysis.png"))


def main():
    explorer = plugins["smos_ib_explorer"]
    if not os.environ.get("SMOSIB_DEMO_UNATTENDED"):
        attended(explorer)
        return
    outcome = 0
    try:
        unattended(explorer)
    except Exception:  # whatever it is, QGIS must end and the command must fail
        traceback.print_exc()
        outcome = 1
        iface.mainWindow().grab().save(str(OUTPUT.parent / "failed.png"))
    sys.stdout.flush()
    QgsProject.instance().setDirty(False)
    if outcome:
        os._exit(outcome)
    QgsApplication.instance().exit(0)


# QGIS shows its window and restores its docks after this script has been read.
QTimer.singleShot(2000, main)
