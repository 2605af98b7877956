# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by test_time_zones.py in a process of its own: opens a folder and prints every date that a user can see, as JSON."""

from __future__ import annotations

import csv
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import conftest  # noqa: F401  registers the package
from in_qgis.interface import Interface
from in_qgis.waiting import wait_for
from qgis.core import QgsApplication, QgsDateTimeRange, QgsProject
from qgis.gui import QgsTemporalControllerWidget
from qgis.PyQt.QtCore import QDateTime, Qt

from smos_ib_explorer import classFactory
from smos_ib_explorer.plugin.adapters import settings
from smos_ib_explorer.plugin.adapters.compat import has_ranges_per_band, navigation_mode
from smos_ib_explorer.plugin.adapters.temporal_layers import TemporalLayers
from smos_ib_explorer.plugin.adapters.temporal_link import TemporalLink
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.names import parse_day

folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
application = QgsApplication([], True)
application.initQgis()
settings.QgsApplication.qgisSettingsDirPath = staticmethod(lambda: str(scratch))
iface = Interface()
iface.window.show()
controller_panel = QgsTemporalControllerWidget()
controller = controller_panel.temporalController()
iface.canvas.setTemporalController(controller)
explorer = classFactory(iface)
explorer.initGui()
wait_for(explorer.session.day_ready, lambda: explorer.dock.folder_chosen.emit(folder))
explorer.session.change(orbit=explorer.session.opened.archive.orbits[0])
wait_for(explorer.session.cells.series_ended, lambda: explorer.pick_tool.picked.emit(Cell(100, 700), 1.0, 41.0))
wait_for(iface.messageBar().widgetAdded, lambda: explorer.plot_dock.csv_requested.emit(scratch / "series.csv"))


def ends(time: QgsDateTimeRange) -> list[str]:
    return [end.toUTC().toString(Qt.DateFormat.ISODate) for end in (time.begin(), time.end())]


def layer_range() -> list[str]:
    return ends(explorer.live.layer().temporalProperties().fixedTemporalRange())


def temporal_layers() -> list[list[str]]:
    """Return the ranges of the layers that play without the plugin."""
    others = [one for one in QgsProject.instance().mapLayers().values() if one is not explorer.live.layer()]
    if has_ranges_per_band():
        return [ends(time) for one in others for time in one.temporalProperties().fixedRangePerBand().values()]
    return sorted(ends(one.temporalProperties().fixedTemporalRange()) for one in others)


def make_temporal_layers() -> None:
    session = explorer.session
    first, last = session.opened.archive.span(session.selection.orbit).first, session.selection.date
    recipe = replace(session.shown.recipe, date=first, last=last)
    layers = TemporalLayers(explorer.background)

    def read(granule, variable):
        return session.reader.retrievals(granule, session.opened.recognition, variable)

    wait_for(layers.added, lambda: layers.make(session.opened, recipe, scratch / "stack.tif", read))
    layers.close()


def told_by_the_controller() -> list[str]:
    """Play the controller day by day, in frames of its own clock and of UTC, and lead it from the map's days."""
    link, told = TemporalLink(iface.canvas), []
    link.range_moved.connect(lambda first, last: told.append(f"{first}/{last}"))
    link.record = parse_day("2024-08-29"), parse_day("2024-08-31")
    controller.setNavigationMode(navigation_mode("Off"))
    link.linked = True
    led = []
    for day in ("2024-08-31", "2024-08-29", "2024-08-30"):
        link.show(parse_day(day), parse_day(day))
        led.append(ends(controller.dateTimeRangeForFrameNumber(controller.currentFrameNumber()))[0])
    link.linked = False
    for zone in ("Z", ""):
        begin, end = (
            QDateTime.fromString(f"{text}{zone}", Qt.DateFormat.ISODate)
            for text in ("2024-08-29T00:00:00", "2024-08-31T23:59:59")
        )
        controller.setTemporalExtents(QgsDateTimeRange(begin, end))
        controller.setCurrentFrameNumber(2)
        told.clear()
        for frame in (0, 1, 2):
            controller.setCurrentFrameNumber(frame)
        led.append(" ".join(told))
    link.close()
    return led


days = explorer.dock.days
lines = (scratch / "series.csv").read_text("utf-8").splitlines()
table = list(csv.DictReader(line for line in lines if not line.startswith("#")))
panel = explorer.plot_dock.canvas.panels[-1][0]
axis = panel.xaxis
dots = [
    day for line in panel.get_lines() if line.get_label() in {"kept", "rejected"} for day in line.get_xdata(orig=False)
]
seen = {
    "list": [days.data(days.index(row)) for row in range(days.rowCount())],
    "field": explorer.dock.form.smosibDate.date().toString("yyyy-MM-dd"),
    "layer name": explorer.live.layer().name().split(" · ")[2],
    "metadata": explorer.live.layer().metadata().extent().temporalExtents()[0].begin().toString("yyyy-MM-dd"),
    "layer": layer_range(),
    "plot": [axis.get_major_formatter().format_data_short(day)[:10] for day in sorted(dots)],
    "retrieved": [row["date"] for row in table if row["variable"] == "VOD" and row["raw"]],
    "table": sorted({row["date"] for row in table}),
}
make_temporal_layers()
seen["temporal layers"] = temporal_layers()
QgsProject.instance().write(str(scratch / "p.qgs"))
wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(scratch / "p.qgs")))
seen["after a project's round trip"] = layer_range()
seen["temporal layers after a project's round trip"] = temporal_layers()
seen["controller"] = told_by_the_controller()
explorer.unload()
print(json.dumps(seen))
sys.stdout.flush()
os._exit(0)  # QGIS's own tidying up is not what is tested
