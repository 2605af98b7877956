# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The analysis in the plot: each picture, its numbers, its exports, the table and the window, with real widgets and mouse."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from in_qgis.test_series_canvas import POINTS, RECORDS, SM, VOD, Watched, assert_as_drawn_anew, other_of, view_of
from in_qgis.waiting import let_events_pass, wait_for
from matplotlib.backend_bases import MouseEvent
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from smos_ib_explorer.plugin.core.analysis.agreement import agreement
from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod, anomalies
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline, climatology
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.ui.analysis_export import analysis_table, statistics_table
from smos_ib_explorer.ui.plot_analysis import Overlay, PlotAnalysis, PlotKind
from smos_ib_explorer.ui.plot_dock import PlotDock
from smos_ib_explorer.ui.records import records
from smos_ib_explorer.ui.series_plot import write_figure

ALL = PlotAnalysis(overlays=frozenset(Overlay))
KINDS = {kind.value: replace(ALL, kind=kind) for kind in PlotKind}
BASELINE = Baseline.of_years(2010, 2011)


def analysed(analysis: PlotAnalysis, *points, rmse: float = 8.0, **more):
    return view_of(*(points or POINTS[:1]), rmse=rmse, analysis=analysis, **more)


@pytest.fixture
def dock(qgis_app):
    shown = PlotDock()
    shown.resize(1000, 420)
    shown.show_view(view_of(POINTS[0]))
    shown.show()
    let_events_pass()
    yield shown
    shown.close()
    shown.deleteLater()


@pytest.mark.parametrize("kind", KINDS)
def test_a_dragged_threshold_moves_every_picture_as_drawing_it_anew_would(qgis_app, kind):
    canvas = Watched(analysed(KINDS[kind]))
    before = canvas.picture
    canvas.counted(lambda: canvas.show_view(analysed(KINDS[kind], rmse=7.9)))
    assert not np.array_equal(canvas.picture, before)
    whole, _ = canvas.counted(lambda: canvas.show_view(analysed(KINDS[kind], rmse=7.8)))
    if kind in ("values", "year"):
        assert whole == 0, "axes of all retrievals stay"
    canvas.show_view(analysed(PlotAnalysis()))
    canvas.counted(lambda: canvas.show_view(analysed(KINDS[kind], rmse=7.8)))
    assert_as_drawn_anew(canvas)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shown", ["others alone", "several and other"])
def test_every_picture_takes_others_and_several_points(qgis_app, kind, shown):
    view = analysed(KINDS[kind], *POINTS, others=(other_of(SM),))
    if shown == "others alone":
        view = replace(view, curves=(), current=None, others=(other_of(SM), other_of(VOD, "Station")))
    canvas = Watched(view)
    canvas.emphasise(POINTS[0])
    canvas.move_day(dt.date(2012, 2, 29))
    let_events_pass()
    assert canvas.drawing.moving()


def test_anomalies_are_those_of_the_core(qgis_app):
    for method in AnomalyMethod:
        analysis = PlotAnalysis(PlotKind.ANOMALY, baseline=BASELINE, method=method)
        canvas = Watched(analysed(analysis))
        (record,) = records(canvas.view, SM)
        expected = anomalies(record.days, record.kept, BASELINE, method, 31)
        (bars,) = canvas.panels[0][0].collections
        tops = np.array([segment[1][1] for segment in bars.get_segments()])
        assert np.allclose(tops, expected[np.isfinite(expected)])
        base = 50 if method is AnomalyMethod.PERCENTILE else 0
        assert all(segment[0][1] == base for segment in bars.get_segments())
        assert method.value.replace("difference", "anomaly")[:7] in canvas.panels[0][0].get_ylabel().replace("-", "")


def test_the_day_of_year_view_has_months_usual_years_and_the_maps_year(qgis_app):
    canvas = Watched(analysed(PlotAnalysis(PlotKind.YEAR, window=15)))
    panel = canvas.panels[0][0]
    assert [label.get_text() for label in canvas.panels[-1][0].get_xticklabels()][::11] == ["Jan", "Dec"]
    (record,) = records(canvas.view, SM)
    usual = climatology(record.days, record.kept, Baseline(dt.date.min, dt.date.max), 15)
    dashed = next(line for line in panel.get_lines() if line.get_linestyle() == "--")
    assert np.allclose(dashed.get_ydata(), usual.mean, equal_nan=True)
    own = panel.get_lines()[-1]
    assert canvas.counted(lambda: canvas.move_day(dt.date(2012, 1, 3))) == (0, 1)
    assert panel.get_lines()[-1] is not own, "another year stands out"
    assert_as_drawn_anew(canvas)


def test_the_scatter_tells_n_and_r_and_asks_for_a_second_variable(qgis_app):
    canvas = Watched(analysed(PlotAnalysis(PlotKind.SCATTER)))
    (x,), (y,) = records(canvas.view, SM), records(canvas.view, VOD)
    agreed = agreement(x.kept, y.kept)
    said = [text.get_text() for text in canvas.panels[0][0].texts]
    assert said == [f"n {agreed.n:,} · R {agreed.pearson:.2f}"]
    alone = replace(RECORDS[POINTS[0]], variables=(SM,))
    canvas.show_view(replace(canvas.view, curves=((POINTS[0], alone),)))
    assert "second variable" in canvas.panels[0][0].texts[0].get_text()


def test_overlays_tell_the_trend_and_the_caption_how(qgis_app):
    canvas = Watched(analysed(replace(ALL, baseline=BASELINE, trend_of=PeriodLength.MONTH, least=2)))
    said = canvas.panels[0][0].texts[0].get_text()
    assert "m³ m⁻³ per decade (p" in said and "months)" in said
    names = [text.get_text() for text in canvas.panels[0][0].get_legend().get_texts()]
    assert "moving mean 31 d" in names and "climatology, 10–90 %" in names
    for what in (
        "2010–2011",
        "± 15 days",
        "Theil–Sen trend of at least 5 monthly means (Mann–Kendall p) of at least 2 kept values",
        "at least 2 kept",
    ):
        assert what in canvas.view.caption


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_is_written_with_its_caption(qgis_app, tmp_path, kind):
    view = analysed(replace(KINDS[kind], baseline=BASELINE))
    path = tmp_path / "figure.svg"
    write_figure(path, view)
    text = path.read_text("utf-8")
    assert "RMSE" in text and (kind == "scatter" or "2010–2011" in text) and f"SM {view.kept_count(SM)}" in text


def test_the_statistics_follow_the_criteria_and_are_copied(dock):
    dock.statistics_button.click()
    let_events_pass()
    table = dock.statistics
    assert table.isVisible() and table.rowCount() == 2
    kept = table.item(0, 3).text()
    dock.show_view(view_of(POINTS[0], rmse=3.0))
    wait_for(table._soon.timeout)
    assert int(table.item(0, 3).text()) < int(kept)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:4] == ["Series", "Variable", "n", "Kept"] and len(lines) in (2, 3)


def test_tables_hold_what_the_plot_shows(qgis_app):
    view = analysed(replace(ALL, baseline=BASELINE), others=(other_of(SM),))
    columns, rows = analysis_table(view)
    rows = [dict(zip(columns, row)) for row in rows]
    (record, other), _ = records(view, SM), records(view, VOD)
    assert sum(row["series"] == "Sahel" for row in rows) == np.isfinite(other.kept).sum()
    own = [row for row in rows if row["variable"] == "SM" and row["series"] == "P1"]
    assert [row["kept"] for row in own] == pytest.approx(record.kept[np.isfinite(record.kept)], rel=1e-6)
    expected = anomalies(record.days, record.kept, BASELINE, AnomalyMethod.DIFFERENCE)
    first = own[0]
    index = int(np.flatnonzero(np.isfinite(record.kept))[0])
    assert first["date"] == str(record.days[index]) and first["anomaly"] == pytest.approx(expected[index], rel=1e-5)
    columns, rows = statistics_table(view)
    assert [row[:2] for row in rows] == [("P1", "SM"), ("Sahel", "SM"), ("P1", "VOD")]


def drag(canvas, start: float, end: float) -> None:
    panel = canvas.panels[0][0]
    height = np.mean(panel.get_ylim())
    for name, day in (("button_press_event", start), ("motion_notify_event", end), ("button_release_event", end)):
        x, y = panel.transData.transform((day, height))
        canvas.callbacks.process(name, MouseEvent(name, canvas, x, y, 1))


def test_a_window_is_dragged_again_and_cleared_and_clicks_still_choose_days(dock):
    canvas, spans, clicked = dock.canvas, [], []
    dock.window_dragged.connect(lambda first, last: spans.append((first, last)))
    dock.day_clicked.connect(clicked.append)
    day = float(np.datetime64("2011-01-01").astype(int))
    canvas.panels[0][0].set_xlim(day - 20, day + 230)  # a day is several pixels wide
    drag(canvas, day, day + 100)
    assert not spans and len(clicked) == 1, "the tool is not active"
    dock.window_button.click()
    drag(canvas, day, day + 100)
    assert spans == [(dt.date(2011, 1, 1), dt.date(2011, 4, 11))] and len(clicked) == 1
    drag(canvas, day + 50, day + 70)
    assert spans[1] == (dt.date(2011, 1, 21), dt.date(2011, 5, 1)), "the whole window"
    drag(canvas, day + 120, day + 200)
    assert spans[2] == (dt.date(2011, 1, 21), dt.date(2011, 7, 20)), "its end alone"
    drag(canvas, day + 5, day + 5)
    assert len(spans) == 3 and len(clicked) == 2, "a click is no drag"
    let_events_pass()
    dock.activateWindow()
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.span_tool.span is None and not dock.window_button.isChecked()


def test_the_analysis_is_exported_with_provenance(explorer, tmp_path):
    from smos_ib_explorer.plugin.core.grid import Cell

    row, col = np.argwhere(np.isfinite(explorer.session.shown.day.kept))[0]
    cells = explorer.session.cells
    wait_for(cells.series_ended, lambda: explorer.pick_tool.picked.emit(Cell(int(row), int(col)), 10.0, 30.0))
    for name, signal in (
        ("analysis", explorer.plot_dock.analysis_csv_requested),
        ("statistics", explorer.plot_dock.statistics_csv_requested),
    ):
        path = tmp_path / f"{name}.csv"
        wait_for(explorer.iface.messageBar().widgetAdded, lambda path=path, signal=signal: signal.emit(path))
        lines = path.read_text("utf-8").splitlines()
        assert any(line.startswith("# baseline: whole record") for line in lines)
        assert any(line.startswith("# quality_control: ") for line in lines)
        assert list(csv.DictReader(line for line in lines if not line.startswith("# ")))
