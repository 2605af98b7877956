# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by test_leaves_alone.py in a process of its own: uses all of the plugin on a folder, and prints as JSON what it made and which connections it tried."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import conftest  # noqa: F401  registers the package
from in_qgis.interface import Interface
from in_qgis.waiting import wait_for
from qgis.core import QgsApplication, QgsNetworkAccessManager, QgsProcessingContext, QgsProcessingFeedback, QgsProject

from smos_ib_explorer import classFactory
from smos_ib_explorer.plugin.adapters import settings
from smos_ib_explorer.plugin.core.composite import Statistic
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.quality import QualityCriteria
from smos_ib_explorer.plugin.core.steps import Step, Unit

folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
NO_FOLDERS = (
    "http://127.0.0.1:9/daily",
    "/vsicurl/http://127.0.0.1:9/daily",
    "/vsizip//vsicurl/http://127.0.0.1:9/daily.zip",
    f'NETCDF:"{folder}"',
    "ftp://127.0.0.1:9/daily",
)
CELL = Cell(100, 700)
attempts: list[str] = []
sys.addaudithook(lambda event, what: attempts.append(event) if event.startswith(("socket.", "urllib.")) else None)
application = QgsApplication([], True)
application.initQgis()
settings.QgsApplication.qgisSettingsDirPath = staticmethod(lambda: str(scratch / "profile"))
QgsNetworkAccessManager.instance().requestAboutToBeCreated.connect(
    lambda request: attempts.append(request.request().url().toString())
)
iface = Interface()
iface.window.show()
explorer = classFactory(iface)
explorer.initGui()
session, plot = explorer.session, explorer.plot_dock


def written(name: str, signal) -> None:
    """Let the dock write a file, and wait until it has said so."""
    path = scratch / name
    wait_for(iface.messageBar().widgetAdded, lambda: signal.emit(path), lambda item: path.name in iface.said())


def look_around() -> None:
    wait_for(session.day_ready, lambda: explorer.keeper.open(folder))
    for change in (
        lambda: session.step(Step(Unit.DAY, False)),
        lambda: session.change(criteria=QualityCriteria(1, 6.0)),
        lambda: session.change(variable="VOD"),
        lambda: session.change(last=session.selection.date + dt.timedelta(1), statistic=Statistic.MEAN),
        lambda: session.change(last=None, variable="SM"),
        session.rescan,
    ):
        wait_for(session.day_ready, change)
    wait_for(session.cells.series_ended, lambda: explorer.pick_tool.picked.emit(CELL, 1.0, 41.0))
    explorer.dock.form.smosibKeep.click()
    shown = session.shown.recipe
    wait_for(
        iface.messageBar().widgetAdded,
        lambda: explorer.actions.subtract("SM", shown.date - dt.timedelta(1)),
        lambda item: "Added" in iface.said(),
    )
    days = replace(shown, date=shown.date - dt.timedelta(1), last=shown.date)
    wait_for(explorer.actions.temporal.added, lambda: explorer.actions.stack(days, scratch / "days.tif"))


def write_things() -> None:
    written("map.tif", explorer.dock.export_map_requested)
    written("series.csv", plot.csv_requested)
    written("series.png", plot.figure_requested)
    written("points.gpkg", explorer.dock.points.export_requested)
    wait_for(explorer.store.ended, lambda: explorer.store.build(settings.cache_folder() / "stores"))
    if not explorer.availability.is_complete:
        wait_for(explorer.availability.changed, until=lambda tallies: explorer.availability.is_complete)
    project = str(scratch / "project.qgz")
    QgsProject.instance().write(project)
    QgsProject.instance().clear()
    wait_for(session.day_ready, lambda: QgsProject.instance().read(project))


def process() -> None:
    points = str(scratch / "points.gpkg")
    day = {"FOLDER": str(folder), "ORBIT": "A"}
    for name, parameters in {
        "dailymap": {**day, "VARIABLE": "SM", "DATE": "2024-08-31", "OUTPUT": str(scratch / "processed.tif")},
        "pointseries": {**day, "VARIABLES": "SM", "POINTS": points, "OUTPUT": str(scratch / "processed.csv")},
        "buildstore": {"FOLDER": str(folder), "STORE_PARENT": str(scratch)},
    }.items():
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"smosib:{name}")
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        found, fine = algorithm.run(parameters, context, QgsProcessingFeedback())
        if not fine:
            raise RuntimeError(f"{name} failed: {found}")


def refuse() -> list[str]:
    field, told = explorer.dock.form.smosibFolder, []
    session.failed.connect(lambda error: told.append(str(error)))
    for text in NO_FOLDERS:
        field.setText(text)
        wait_for(session.failed, field.editingFinished.emit)
    return told


look_around()
write_things()
process()
answers = refuse()
explorer.unload()
QgsProject.instance().clear()
print(json.dumps({"attempts": attempts, "refused": answers, "asked": NO_FOLDERS}))
sys.stdout.flush()
os._exit(0)  # QGIS's own tidying up is not what is tested
