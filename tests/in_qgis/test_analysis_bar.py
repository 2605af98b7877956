# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The row of the plot dock that chooses the analysis: what it shows, what it tells, and what a project remembers of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from in_qgis.test_series_canvas import POINTS, view_of
from in_qgis.waiting import let_events_pass, wait_for
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.ui.analysis_bar import AnalysisBar
from smos_ib_explorer.ui.plot_analysis import VALUES, Overlay, PlotAnalysis, PlotKind
from smos_ib_explorer.ui.plot_dock import PlotDock

CHOSEN = PlotAnalysis(
    PlotKind.ANOMALY,
    frozenset({Overlay.MONTHS, Overlay.TREND}),
    Baseline.of_years(2011, 2013),
    61,
    AnomalyMethod.PERCENTILE,
    9,
    PeriodLength.YEAR,
    True,
)


def record_of(first: int, last: int):
    return replace(view_of(POINTS[0]), period=(dt.date(first, 1, 1), dt.date(last, 12, 31)))


def choose(bar: AnalysisBar) -> None:
    """Choose `CHOSEN` with the widgets."""
    bar.kind.setCurrentIndex(bar.kind.findData("anomaly"))
    bar.method.setCurrentIndex(bar.method.findData("percentile"))
    for overlay in CHOSEN.overlays:
        bar.actions_of[overlay].trigger()
    bar.seasonal.trigger()
    bar.annual.trigger()
    bar.baseline.first.setValue(2011)
    bar.baseline.last.setValue(2013)
    bar.window_days.setValue(60)
    bar.least.setValue(9)


@pytest.fixture
def dock(qgis_app):
    shown = PlotDock()
    shown.resize(1000, 420)
    shown.show_view(record_of(2010, 2024))
    shown.show()
    let_events_pass()
    yield shown
    shown.close()
    shown.deleteLater()


def test_each_choice_is_told_and_drawn_and_remembered(dock):
    bar, told = dock.analysis, []
    bar.changed.connect(told.append)
    choose(bar)
    assert dock.view.analysis == dock.canvas.view.analysis == bar.analysis == CHOSEN
    assert len(told) == 10, "one for each choice"
    switches = bar.switches
    bar.restore({})
    assert bar.analysis == told[-1] == VALUES and len(told) == 11, "one for all"
    other = AnalysisBar()
    other.restore(switches)
    assert other.analysis == CHOSEN and other.switches == switches


def test_only_what_matters_is_offered(dock):
    bar = dock.analysis

    def offered() -> set[str]:
        every = (bar.overlays, bar.method, bar.baseline, bar.window_days, bar.least)
        return {one.objectName() or "baseline" for one in every if one.isVisible()}

    assert offered() == {"smosibAnalysisOverlays"}
    for overlay, more in (
        (Overlay.CLIMATOLOGY, {"baseline", "smosibAnalysisWindow"}),
        (Overlay.MOVING_MEAN, {"smosibAnalysisWindow"}),
        *((one, {"smosibAnalysisLeast"}) for one in (Overlay.MONTHS, Overlay.YEARS, Overlay.TREND)),
    ):
        bar.actions_of[overlay].trigger()
        assert offered() == {"smosibAnalysisOverlays", *more}
        bar.actions_of[overlay].trigger()
    usual = {"baseline", "smosibAnalysisWindow"}
    for expected in ({"smosibAnalysisMethod", *usual}, usual, set()):
        QTest.keyClick(bar.kind, Qt.Key.Key_Down)
        assert offered() == expected
    fields = bar.kind, bar.overlays, bar.method, bar.baseline.first, bar.baseline.last, bar.window_days, bar.least
    assert all(one.accessibleName() and one.objectName().startswith("smosibAnalysis") for one in fields)


def test_the_baseline_that_is_wanted_outlives_other_records(dock):
    bar = dock.analysis
    fields, note = bar.baseline, bar.baseline.note
    bar.kind.setCurrentIndex(bar.kind.findData("anomaly"))
    assert (fields.first.value(), fields.last.value(), bar.analysis.baseline) == (2010, 2024, None)
    dock.show_view(record_of(2005, 2024))
    assert (fields.first.value(), bar.analysis.baseline) == (2005, None), "the whole record, whatever that is"
    fields.last.setValue(2013)
    fields.first.setValue(2011)
    for record, said in (
        ((2016, 2024), "not in the record, 2016–2024"),
        ((2012, 2024), "2012–2013 in the record"),
        ((2013, 2013), "2013 in the record"),
        ((2010, 2024), ""),
    ):
        dock.show_view(record_of(*record))
        assert dock.view.analysis.baseline == Baseline.of_years(2011, 2013)
        assert (fields.first.value(), fields.last.value(), note.text()) == (2011, 2013, said)
        assert note.isVisible() == bool(said)
    fields.first.setValue(2014)
    assert bar.analysis.baseline == Baseline.of_years(2013, 2014), "the years may be the wrong way round"
    fields.first.setValue(2010)
    fields.last.setValue(2024)
    assert bar.analysis.baseline is None


def test_a_project_remembers_the_analysis_and_a_new_one_begins_with_values(explorer, tmp_path):
    project, bar = QgsProject.instance(), explorer.plot_dock.analysis
    choose(bar)
    assert project.write(str(tmp_path / "with.qgs"))
    project.clear()
    assert bar.analysis == VALUES
    assert project.write(str(tmp_path / "without.qgs"))
    wait_for(explorer.session.day_ready, lambda: project.read(str(tmp_path / "with.qgs")))
    assert bar.analysis == CHOSEN
    project.read(str(tmp_path / "without.qgs"))
    assert bar.analysis == VALUES


def test_numbers_of_a_project_that_cannot_be_are_as_at_first(qgis_app):
    bar = AnalysisBar()
    for switches in (
        {"window days": 10**30, "least values": -1, "baseline first": 2014, "baseline last": 2012},
        {"window days": 0, "baseline first": -5, "baseline last": 10**12},
        {"baseline last": 2012},
    ):
        bar.restore(switches)
        assert bar.analysis == VALUES
