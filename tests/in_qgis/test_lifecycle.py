# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Loading and unloading leaves no trace, with work under way too; each engine works without the other."""

from __future__ import annotations

import sys
import threading

import pytest
from in_qgis.waiting import wait_for
from qgis.core import QgsApplication, QgsPathResolver, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QTimer
from qgis.PyQt.QtWidgets import QAction, QDockWidget

from smos_ib_explorer import classFactory
from smos_ib_explorer.plugin.adapters.tasks import CoreTask
from smos_ib_explorer.plugin.core.grid import Cell


def _traces(iface) -> dict[str, object]:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    project, canvas = QgsProject.instance(), iface.canvas
    return {
        "docks": len(iface.window.findChildren(QDockWidget)),
        "actions": sorted(action.objectName() for action in iface.window.findChildren(QAction)),
        "menu": len(iface.menu.actions()),
        "options": len(iface.options_factories),
        "tools": len(iface.tools.actions()),
        "providers": sorted(provider.id() for provider in QgsApplication.processingRegistry().providers()),
        "listeners": [
            project.receivers(signal) for signal in (project.readProject, project.writeProject, project.cleared)
        ],
        "canvas": [canvas.receivers(signal) for signal in (canvas.mapToolSet, canvas.destinationCrsChanged)],
        "quit": QCoreApplication.instance().receivers(QCoreApplication.instance().aboutToQuit),
        "scene": len(canvas.scene().items()),
        "path": QgsPathResolver().readPath("smosib_gone.tif"),
        "tool": canvas.mapTool(),
        "tasks": QgsApplication.taskManager().countActiveTasks(),
    }


def _one_round(iface, folder) -> None:
    explorer = classFactory(iface)
    explorer.initGui()
    explorer.dock.form.smosibFolder.setText(str(folder))
    wait_for(explorer.session.day_ready, explorer.dock.form.smosibFolder.editingFinished.emit)
    explorer.dock.form.smosibPick.click()
    wait_for(explorer.session.cells.series_ended, lambda: explorer.pick_tool.picked.emit(Cell(100, 700), 1.0, 41.0))
    assert iface.canvas.mapTool() is explorer.pick_tool and explorer.outlines.bands
    explorer.unload()
    QgsProject.instance().clear()
    _until_no_task_is_active()


def _until_no_task_is_active() -> None:
    """QGIS hears of the end of an abandoned task as one of its next events. In QGIS 3.40 no signal tells of one that is not listed."""
    if _our_tasks():
        again = QTimer()
        wait_for(again.timeout, lambda: again.start(10), until=lambda: not _our_tasks())


def _our_tasks() -> list[str]:
    return [one.description() for one in QgsApplication.taskManager().activeTasks() if isinstance(one, CoreTask)]


def test_three_rounds_leave_no_trace(iface, demo_folder):
    before = _traces(iface)
    for _ in range(3):
        _one_round(iface, demo_folder)
        assert _traces(iface) == before


def test_unloading_with_work_under_way_ends_it(iface, demo_folder, monkeypatch):
    entered = threading.Event()

    left = threading.Event()

    def endless(reader, opened, cells, variables, orbit, first, last, progress, store):
        try:
            while True:
                entered.set()
                progress(0.5, "")
        finally:
            left.set()

    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.cell_series.iterate_series", endless)
    explorer = classFactory(iface)
    explorer.initGui()
    explorer.dock.form.smosibFolder.setText(str(demo_folder))
    wait_for(explorer.session.day_ready, explorer.dock.form.smosibFolder.editingFinished.emit)
    explorer.pick_tool.picked.emit(Cell(100, 700), 1.0, 41.0)
    assert entered.wait(30)
    explorer.unload()
    assert left.is_set()
    _until_no_task_is_active()


def test_gdal_alone_is_enough(iface, demo_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    explorer = classFactory(iface)
    explorer.initGui()
    explorer.dock.form.smosibFolder.setText(str(demo_folder))
    wait_for(explorer.session.day_ready, explorer.dock.form.smosibFolder.editingFinished.emit)
    assert explorer.session.reader.engine.name == "GDAL"
    explorer.unload()


def test_netcdf4_serves_where_gdal_lacks_its_driver(iface, demo_folder, monkeypatch):
    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.engines.gdal_reads_netcdf", lambda: False)
    explorer = classFactory(iface)
    explorer.initGui()
    explorer.dock.form.smosibFolder.setText(str(demo_folder))
    wait_for(explorer.session.day_ready, explorer.dock.form.smosibFolder.editingFinished.emit)
    assert explorer.session.reader.engine.name == "netCDF4"
    explorer.unload()


def test_without_any_netcdf_library_the_message_says_what_to_install(iface, monkeypatch):
    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.engines.gdal_reads_netcdf", lambda: False)
    for name in [name for name in sys.modules if name.startswith("netCDF4") or name.endswith("netcdf4_engine")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    explorer = classFactory(iface)
    explorer.initGui()
    assert "netCDF driver" in iface.said() and "netCDF4" in iface.said()
    explorer.unload()


@pytest.mark.parametrize("error", [ZeroDivisionError("surprise"), KeyError("x")])
def test_the_unexpected_is_shown_and_logged(plugin, error):
    received = []
    QgsApplication.messageLog().messageReceived.connect(lambda *what: received.append(what))
    plugin.messages.error(error)
    assert "Unexpected" in plugin.iface.said()
    assert any(type(error).__name__ in str(what[0]) for what in received)
