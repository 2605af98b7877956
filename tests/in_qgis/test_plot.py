# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plot dock with a real matplotlib canvas."""

from __future__ import annotations

import csv
import datetime as dt
import threading

import numpy as np
import pytest
from in_qgis.waiting import wait_for
from matplotlib.backend_bases import MouseEvent
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from smos_ib_explorer.plugin.core.errors import Cancelled
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.quality import RAW, QualityCriteria


@pytest.fixture
def plotted(explorer):
    """The series at a cell that has retrievals on all of the three days, or some of them."""
    row, col = np.argwhere(np.isfinite(explorer.session.shown.day.kept))[0]
    cell = Cell(int(row), int(col))
    lon, lat = explorer.session.opened.recognition.grid.centre(cell)
    wait_for(explorer.session.cells.series_ended, lambda: explorer.pick_tool.picked.emit(cell, lon, lat))
    return explorer


def _at(canvas, day: dt.date, name: str, button: int | None = None) -> MouseEvent:
    panel = canvas.panels[0][0]
    x, y = panel.transData.transform((float(np.datetime64(day).astype(int)), np.mean(panel.get_ylim())))
    return MouseEvent(name, canvas, x, y, button)


def test_one_panel_a_variable_on_a_shared_axis(plotted):
    canvas = plotted.plot_dock.canvas
    assert [variable.id for _, variable in canvas.panels] == ["SM", "VOD"]
    assert canvas.panels[0][0].get_shared_x_axes().joined(canvas.panels[0][0], canvas.panels[1][0])
    assert "m³" in canvas.panels[0][0].get_ylabel()
    assert "SYNTHETIC" in plotted.plot_dock.place.text()


def test_kept_values_are_solid_rejected_ones_hollow(plotted):
    wait_for(plotted.session.day_ready, lambda: plotted.session.change(criteria=QualityCriteria(1, 0.5)))
    panel = plotted.plot_dock.canvas.panels[0][0]
    rejected, kept = (
        next(line for line in panel.get_lines() if line.get_label() == label) for label in ("rejected", "kept")
    )
    assert rejected.get_markerfacecolor() == "none" and kept.get_markerfacecolor() != "none"
    assert not np.isfinite(kept.get_ydata()).any() and np.isfinite(rejected.get_ydata()).any()
    wait_for(plotted.session.day_ready, lambda: plotted.session.change(criteria=RAW))
    panel = plotted.plot_dock.canvas.panels[0][0]
    rejected = next(line for line in panel.get_lines() if line.get_label() == "rejected")
    assert not np.isfinite(rejected.get_ydata()).any()


def test_hover_tells_date_value_and_why(plotted):
    wait_for(plotted.session.day_ready, lambda: plotted.session.change(criteria=QualityCriteria(1, 0.5)))
    canvas = plotted.plot_dock.canvas
    (text,) = wait_for(
        canvas.hovered,
        lambda: canvas.callbacks.process(
            "motion_notify_event", _at(canvas, dt.date(2024, 8, 31), "motion_notify_event")
        ),
    )
    assert text.startswith("2024-08-31 · SM 0.") and "RMSE" in text and "> 0.5 K" in text


def test_a_click_in_the_plot_brings_that_day_to_the_map(plotted):
    canvas = plotted.plot_dock.canvas
    (shown,) = wait_for(
        plotted.session.day_ready,
        lambda: canvas.callbacks.process(
            "button_release_event", _at(canvas, dt.date(2024, 8, 29), "button_release_event", 1)
        ),
    )
    assert shown.recipe.date == dt.date(2024, 8, 29)
    marks = [
        line
        for line in canvas.panels[0][0].get_lines()
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]
    ]
    assert marks[-1].get_xdata()[0] == np.datetime64("2024-08-29").astype(int)


def test_other_variables_are_read_when_they_are_chosen(plotted):
    actions = {action.data(): action for action in plotted.plot_dock.variables.menu().actions()}
    wait_for(plotted.session.cells.series_ended, lambda: actions["RMSE"].setChecked(True))
    assert [variable.id for _, variable in plotted.plot_dock.canvas.panels] == ["SM", "VOD", "RMSE"]


def test_the_csv_has_provenance_and_the_contracts_columns(plotted, tmp_path):
    target = tmp_path / "series.csv"
    wait_for(plotted.iface.messageBar().widgetAdded, lambda: plotted.plot_dock.csv_requested.emit(target))
    lines = target.read_text("utf-8").splitlines()
    about = [line for line in lines if line.startswith("# ")]
    rows = list(csv.DictReader(line for line in lines if not line.startswith("# ")))
    assert any("Synthetic" in line for line in about) and any(line.startswith("# citation_3") for line in about)
    assert [row["date"] for row in rows if row["variable"] == "SM"] == ["2024-08-29", "2024-08-30", "2024-08-31"]
    assert float(rows[-2]["raw"]) == pytest.approx(plotted.session.cells.series.values["SM"][-1])


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_plot_is_written_as_png_and_svg(plotted, tmp_path, ending, start):
    target = tmp_path / f"plot.{ending}"
    wait_for(plotted.iface.messageBar().widgetAdded, lambda: plotted.plot_dock.figure_requested.emit(target))
    assert target.read_bytes().startswith(start)
    assert [path.name for path in tmp_path.glob("*plot*")] == [target.name]


def test_cancel_stops_the_reading_and_says_so(explorer, monkeypatch):
    entered, leave = threading.Event(), threading.Event()

    def slow(reader, opened, cells, variables, orbit, first, last, progress, store):
        entered.set()
        while True:  # only the cancelling of the task ends this reading
            leave.wait(0.01)
            progress(0.1, "2024-08-31")

    monkeypatch.setattr("smos_ib_explorer.plugin.adapters.cell_series.iterate_series", slow)
    explorer.pick_tool.picked.emit(Cell(100, 700), 0.0, 0.0)
    assert entered.wait(30)
    assert explorer.plot_dock.cancel.isVisibleTo(explorer.plot_dock)
    (why,) = wait_for(explorer.session.cells.series_ended, explorer.plot_dock.cancel.click)
    assert "Cancelled" in why and not explorer.plot_dock.progress.isVisibleTo(explorer.plot_dock)


def test_without_matplotlib_the_dock_says_how_to_get_it(explorer, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "smos_ib_explorer.ui.series_plot", None)
    wait_for(explorer.session.cells.series_ended, lambda: explorer.pick_tool.picked.emit(Cell(100, 700), 1.0, 40.0))
    assert "matplotlib" in explorer.plot_dock.hint.text() and explorer.session.cells.series.is_complete


def test_a_progress_callable_of_a_cancelled_task_raises(explorer):
    from smos_ib_explorer.plugin.adapters.tasks import CoreTask

    task = CoreTask("cancelled", lambda progress, grown: progress(0.5, ""), lambda task: None, lambda *said: None)
    task.abandon()
    with pytest.raises(Cancelled):
        task._progress(0.5, "")


def test_another_orbit_is_another_series(plotted):
    before = plotted.session.cells.series
    wait_for(plotted.session.cells.series_ended, lambda: plotted.dock.form.smosibOrbit.setCurrentIndex(1))
    after = plotted.session.cells.series
    assert (before.orbit.value, after.orbit.value) == ("A", "D") and after.is_complete


def test_a_point_chosen_from_the_list_opens_the_plot(plotted):
    plotted.plot_dock.close()
    points = plotted.dock.points.list
    plotted.dock.form.smosibTabs.setCurrentWidget(plotted.dock.form.pointsTab)
    plotted.dock.setUserVisible(True)
    points.setFocus()
    wait_for(plotted.session.cells.series_ended, lambda: QTest.keyClick(points, Qt.Key.Key_Return))
    assert plotted.plot_dock.isVisible() and plotted.plot_dock.view is not None
