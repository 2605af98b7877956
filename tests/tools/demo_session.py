# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside QGIS for `./dev demo` and `./dev screenshots`: opens the demo archive and, unattended, works like a user.

The environment says what is wanted: see tests/tools/run_demo.sh.
"""

import os
import sys
import traceback
from pathlib import Path

import numpy as np
from qgis.core import QgsApplication, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface, plugins

from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.quality import Rejection

ARCHIVE, OUTPUT = Path(os.environ["SMOSIB_DEMO_FOLDER"]), Path(os.environ["SMOSIB_DEMO_OUTPUT"])
PICTURES = os.environ.get("SMOSIB_SCREENSHOTS")


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


def zoom_to_africa(canvas):
    canvas.setExtent(QgsRectangle(-2.6e6, -1.2e6, 5.2e6, 3.4e6))
    canvas.refresh()


def place_with_rejections(day):
    """Return a kept cell of West Africa beside cells that RMSE rejects: its series will have both; EPSG:6933 metres."""
    rows, cols = slice(180, 290), slice(640, 800)
    bad = (day.rejection[rows, cols] & Rejection.RMSE) != 0
    near = sum(np.roll(bad, shift, axis) for axis in (0, 1) for shift in range(-2, 3)) > 0
    row, col = np.argwhere(near & np.isfinite(day.kept[rows, cols]))[0]
    return day.grid.centre_xy(Cell(int(row) + rows.start, int(col) + cols.start))


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
    zoom_to_africa(canvas)
    settle(1500)
    at = canvas.getCoordinateTransform().transform(*place_with_rejections(explorer.session.shown.day))
    click = lambda: QTest.mouseClick(  # noqa: E731
        canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(int(at.x()), int(at.y()))
    )
    wait(explorer.session.series_ended, click)
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
