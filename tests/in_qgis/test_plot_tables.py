# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plot hands out: the table of statistics, CSV files, written figures; where legend and text lie; the dragged window."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from in_qgis.plot_views import ALL, BASELINE, KINDS, analysed, kept, long_record, long_view, said
from in_qgis.test_series_canvas import DAYS, FIRST, POINTS, SM, VOD, Watched, names, other_of, view_of
from in_qgis.waiting import let_events_pass, wait_for
from matplotlib.backend_bases import MouseEvent
from matplotlib.figure import Figure
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod, anomalies
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline, climatology
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.plugin.core.analysis.trend import series_trend
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.ui.analysis_export import analysis_table, statistics_table
from smos_ib_explorer.ui.plot_dock import PlotDock
from smos_ib_explorer.ui.series_plot import write_figure

DATES = FIRST + np.arange(DAYS)
HEADER = ["Series", "Variable", "Retrievals", "Kept", "Kept %", "Mean", "SD", "Min", "Max", "Trend/decade", "p"]


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


def row_of(name: str, rmse: float) -> list[str]:
    """Return the row of the table, from the retrievals on, that is expected of the one point's record."""
    values, retrievals = kept(name, rmse=rmse), np.isfinite(kept(name, rmse=100.0)).sum()
    there = values[np.isfinite(values)]
    numbers = there.mean(), there.std(ddof=1), there.min(), there.max()
    trend = series_trend(DATES, values, PeriodLength.MONTH)
    shown = [f"{one:.4g}" for one in (*numbers, trend.slope)]
    return [f"{retrievals:,}", f"{there.size:,}", f"{100 * there.size / retrievals:.1f}", *shown, f"{trend.p:.2g}"]


# The table of statistics


def test_the_statistics_follow_the_criteria_and_are_copied(dock):
    dock.statistics_button.click()
    let_events_pass()
    table = dock.statistics
    for rmse in (8.0, 5.0):
        if rmse != 8.0:
            wait_for(table._soon.timeout, lambda: dock.show_view(view_of(POINTS[0], rmse=5.0)))
        table.clearSelection()
        rows = [line.split("\t") for line in table.as_text().splitlines()]
        assert rows[0] == HEADER
        assert rows[1:] == [["P1", f"{name} (m³ m⁻³)", *row_of(name, rmse)] for name in ("SM", "VOD")]
    table.setFocus()
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "\n".join("\t".join(row) for row in (rows[0], rows[2]))
    dock.analysis.annual.trigger()
    dock.analysis.least.setValue(9)
    wait_for(table._soon.timeout)
    for column in (9, 10):
        tip = table.horizontalHeaderItem(column).toolTip()
        assert "at least 5 annual means (Mann–Kendall p) of at least 9 kept values" in tip
    assert table.item(0, 9).text() == "–", "of two years there is no trend"


def test_large_numbers_are_whole_and_means_of_areas_have_no_retrievals(dock):
    series = long_record()
    large = replace(series, values={"SM": series.values["SM"] * 0 + 245.678, "VOD": series.values["VOD"] * 0 + 1234.5})
    view = replace(view_of(POINTS[0], others=(other_of(SM),)), curves=((POINTS[0], large),))
    dock.show_view(replace(view, criteria=RAW))
    dock.statistics_button.click()
    let_events_pass()
    rows = [line.split("\t") for line in dock.statistics.as_text().splitlines()]
    assert [row[5] for row in rows[1:]] == ["245.7", rows[2][5], "1,234"] and rows[2][:5] == [
        "Sahel",
        "SM (m³ m⁻³)",
        "–",
        "389",
        "–",
    ]
    columns, table = statistics_table(dock.view)
    other = dict(zip(columns, table[1]))
    assert (other["retrievals"], other["kept"], other["kept_percent"]) == (None, 389, None)


def test_without_matplotlib_the_statistics_are_seen(qgis_app, monkeypatch):
    dock = PlotDock()
    monkeypatch.setattr(dock, "_has_canvas", lambda: False)
    dock.show()
    dock.show_view(view_of(POINTS[0]))
    assert "matplotlib" in dock.hint.text() and dock.hint.isVisible() and not dock.statistics.isVisible()
    dock.statistics_button.click()
    assert dock.statistics.isVisible() and dock.statistics.rowCount() == 2 and dock.hint.isVisible()
    dock.show_view(None)
    assert not dock.statistics.isVisible()
    dock.close()
    dock.deleteLater()


# CSV files


@pytest.mark.parametrize("method", AnomalyMethod)
def test_rows_of_the_analysis_hold_what_the_plot_shows(method):
    view = analysed(replace(ALL, baseline=BASELINE, method=method, window=15, least=14), others=(other_of(SM),))
    columns, rows = analysis_table(view)
    rows = [dict(zip(columns, row)) for row in rows]
    assert sum(row["series"] == "Sahel" for row in rows) == 389
    values = kept("VOD")
    own = [row for row in rows if row["variable"] == "VOD"]
    there = np.flatnonzero(np.isfinite(values))
    assert [row["date"] for row in own] == DATES[there].astype(str).tolist()
    np.testing.assert_allclose([row["kept"] for row in own], values[there], rtol=1e-5)
    told = np.array([row["anomaly"] for row in own], float)
    np.testing.assert_allclose(told, anomalies(DATES, values, BASELINE, method, 15)[there], rtol=1e-4, atol=1e-9)
    usual = climatology(DATES, values, BASELINE, 15).at(DATES[there])
    np.testing.assert_allclose([row["climatology_mean"] for row in own], usual.mean, rtol=1e-4)
    month = DATES.astype("datetime64[M]")
    counts = {one: np.isfinite(values[month == one]).sum() for one in np.unique(month)}
    few = [one for one, count in counts.items() if count < 14]
    assert 0 < len(few) < 20
    for row, at in zip(own, there):
        mean = None if month[at] in few or month[at] == month[-1] else values[month == month[at]]
        assert (row["month_mean"] is None) == (mean is None)
        assert mean is None or row["month_mean"] == pytest.approx(np.nanmean(mean), rel=1e-4)


def test_the_analysis_is_exported_with_provenance(explorer, tmp_path):
    row, col = np.argwhere(np.isfinite(explorer.session.shown.day.kept))[0]
    cells = explorer.session.cells
    wait_for(cells.series_ended, lambda: explorer.pick_tool.picked.emit(Cell(int(row), int(col)), 10.0, 30.0))
    view = explorer.plot_dock.view
    for name, signal, table in (
        ("analysis", explorer.plot_dock.analysis_csv_requested, analysis_table),
        ("statistics", explorer.plot_dock.statistics_csv_requested, statistics_table),
    ):
        path = tmp_path / f"{name}.csv"
        wait_for(explorer.iface.messageBar().widgetAdded, lambda path=path, signal=signal: signal.emit(path))
        lines = path.read_text("utf-8").splitlines()
        assert any(line.startswith("# baseline: whole record") for line in lines)
        assert any(line.startswith("# quality_control: ") for line in lines)
        columns, rows = table(view)
        found = list(csv.reader(line for line in lines if not line.startswith("# ")))
        assert found[0] == list(columns) and len(found) > 1
        assert [row[:2] for row in found[1:]] == [[str(one) for one in row[:2]] for row in rows]


# Written figures; where legend and text lie


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a figure; return what was in it when it was."""

    def write(view, ending: str = "svg") -> Figure:
        figures, save = [], Figure.savefig
        monkeypatch.setattr(
            Figure, "savefig", lambda self, *given, **more: (figures.append(self), save(self, *given, **more))
        )
        write_figure(tmp_path / f"figure.{ending}", view)
        return figures[0]

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_is_written_as_it_is_drawn_with_title_and_caption(written, kind):
    view = analysed(replace(KINDS[kind], baseline=BASELINE))
    figure, canvas = written(view), Watched(view)
    assert [text.get_text() for text in figure.texts] == [view.title, view.caption]
    assert f"SM {view.kept_count(SM)}" in view.caption and "RMSE ≤ 8 K" in view.caption
    panels = [panel for panel, _ in canvas.panels]
    for shown, panel in zip(panels, figure.axes):
        for one, other in zip(shown.get_lines(), panel.get_lines()):
            np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())
        for one, other in zip(shown.collections, panel.collections):
            np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())
        assert [text.get_text() for text in shown.texts] == [text.get_text() for text in panel.texts]
    assert len(figure.axes) >= len(panels)


def assert_nothing_is_hidden(figure: Figure, inside: bool = False) -> None:
    """Assert that legend and texts lie in the figure, above the panels; `inside`: texts say in them what lacks."""
    renderer, whole = figure.canvas.get_renderer(), figure.bbox
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        assert box.x0 >= 0 and box.x1 <= whole.x1 and box.y1 <= whole.y1
        assert box.y0 >= max(panel.bbox.y1 for panel in figure.axes)
        for text in legend.get_texts():
            assert text.get_window_extent(renderer).x1 <= whole.x1
    for panel in figure.axes:
        for text in panel.texts:
            box = text.get_window_extent(renderer)
            assert not text.get_text() or (box.x0 >= 0 and box.x1 <= whole.x1 and (inside or box.y0 >= panel.bbox.y1))
            assert not text.get_text() or all(
                not legend.get_window_extent(renderer).overlaps(box) for legend in figure.legends
            )


LONG = "A station with a very long name at the northern shore of a lake, which its owner gave it in the spring"
SHOWN = {
    "one point": lambda: long_view(ALL),
    "two axes": lambda: long_view(ALL, overlay=True),
    "several": lambda: analysed(ALL, *POINTS, others=(other_of(SM, LONG),)),
    "very many": lambda: analysed(ALL, others=tuple(other_of(VOD, f"Area {number}") for number in range(30))),
}


@pytest.mark.parametrize("shown", SHOWN)
def test_legend_and_trends_lie_beside_the_data_at_any_size(written, shown):
    view = SHOWN[shown]()
    canvas = Watched(view)
    rows = []
    for size in ((1400, 400), (700, 320), (380, 250), (1400, 400)):
        canvas.counted(lambda size=size: canvas.resize(*size))
        assert_nothing_is_hidden(canvas.figure)
        rows.append(len({round(text.get_window_extent().y0) for text in canvas.figure.legends[0].get_texts()}))
        assert canvas.panels[0][0].bbox.height > 40
    assert rows[0] == rows[3] <= rows[1] <= rows[2] and rows[0] < rows[2]
    if shown != "very many":
        assert rows[0] == 1, "as many columns as fit"
    assert {"trend", "moving mean 31 d"} <= set(names(canvas))
    assert ("and 19 more" in names(canvas)) == (shown == "very many")
    assert_nothing_is_hidden(written(view))


@pytest.mark.parametrize("kind", KINDS)
def test_headings_stay_in_a_narrow_figure_with_long_names(qgis_app, kind):
    others = tuple(other_of(variable, f"{number} {LONG}") for variable in (SM, VOD) for number in range(2))
    view = replace(analysed(replace(KINDS[kind], baseline=Baseline.of_years(2001, 2003)), others=others), curves=())
    canvas = Watched(replace(view, current=None), width=340)
    assert_nothing_is_hidden(canvas.figure, inside=kind == "anomaly")
    assert kind == "anomaly" or "…" in said(canvas)[0]


# The window


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
    for artist in canvas.span_tool.marks(canvas.drawing):
        assert artist.get_extents().transformed(artist.axes.transData.inverted()).intervalx.tolist() == pytest.approx(
            [day - 0.5, day + 100.5]
        )
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


def test_two_axes_in_one_panel_have_one_window(qgis_app):
    canvas = Watched(analysed(ALL, overlay=True))
    canvas.span_tool.active = True
    day = float(np.datetime64("2011-01-01").astype(int))
    drag(canvas, day, day + 100)
    assert len(canvas.span_tool.marks(canvas.drawing)) == 1
