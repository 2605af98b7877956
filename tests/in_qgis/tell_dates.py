# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by test_time_zones.py in a process of its own: opens a folder and prints every date that a user can see, as JSON."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import conftest  # noqa: F401  registers the package
from in_qgis.conftest import Interface
from in_qgis.waiting import wait_for
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt

from smos_ib_explorer import classFactory
from smos_ib_explorer.plugin.adapters import settings
from smos_ib_explorer.plugin.core.grid import Cell

folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
application = QgsApplication([], True)
application.initQgis()
settings.QgsApplication.qgisSettingsDirPath = staticmethod(lambda: str(scratch))
iface = Interface()
iface.window.show()
explorer = classFactory(iface)
explorer.initGui()
wait_for(explorer.session.day_ready, lambda: explorer.dock.folder_chosen.emit(folder))
explorer.session.change(orbit=explorer.session.opened.archive.orbits[0])
wait_for(explorer.session.cells.series_ended, lambda: explorer.pick_tool.picked.emit(Cell(100, 700), 1.0, 41.0))
wait_for(iface.messageBar().widgetAdded, lambda: explorer.plot_dock.csv_requested.emit(scratch / "series.csv"))


def layer_range() -> list[str]:
    time = explorer.live.layer().temporalProperties().fixedTemporalRange()
    return [end.toUTC().toString(Qt.DateFormat.ISODate) for end in (time.begin(), time.end())]


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
QgsProject.instance().write(str(scratch / "p.qgs"))
wait_for(explorer.session.day_ready, lambda: QgsProject.instance().read(str(scratch / "p.qgs")))
seen["after a project's round trip"] = layer_range()
explorer.unload()
print(json.dumps(seen))
sys.stdout.flush()
os._exit(0)  # QGIS's own tidying up is not what is tested
