# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plot's canvas: the cheap ways of drawing give the same picture as drawing it all, and are really taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from in_qgis.waiting import let_events_pass
from matplotlib.backend_bases import MouseEvent
from qgis.PyQt.QtGui import QColor, QPalette
from qgis.PyQt.QtWidgets import QWidget

from smos_ib_explorer.plugin.core.analysis.other_series import OtherSeries
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.points import Place, Point, add_places
from smos_ib_explorer.plugin.core.products import PRODUCTS
from smos_ib_explorer.plugin.core.quality import RAW, QualityCriteria
from smos_ib_explorer.plugin.core.series import TimeSeries
from smos_ib_explorer.plugin.core.variables import Variable
from smos_ib_explorer.ui.curve_points import value_limits
from smos_ib_explorer.ui.series_plot import SeriesCanvas, write_figure
from smos_ib_explorer.ui.series_view import SeriesView

FIRST, DAYS = np.datetime64("2010-01-01"), 900
DAY = dt.date(2011, 3, 1)
SM, VOD = (Variable(one, one, one, "m³ m⁻³") for one in ("SM", "VOD"))


def series_at(cell: Cell, days: int = DAYS) -> TimeSeries:
    """A record with gaps; of fewer days than all it is the newest part, as a reading begins."""
    random = np.random.default_rng(cell.col)
    values = {one: random.random(DAYS).astype(np.float32) for one in ("SM", "VOD")}
    rmse, flags = (10 * random.random(DAYS)).astype(np.float32), np.zeros(DAYS, np.float32)
    for layer in (*values.values(), rmse, flags):
        layer[::3] = np.nan
    newest = slice(DAYS - days, None)
    return TimeSeries(
        M25KM,
        cell,
        Orbit.ASCENDING,
        (SM, VOD),
        (FIRST + np.arange(DAYS))[newest],
        {name: layer[newest] for name, layer in values.items()},
        flags[newest],
        rmse[newest],
        DAYS,
    )


POINTS, _, _ = add_places((), [Place(9.2, 30.0), Place(20.0, -5.0, "Congo"), Place(-60.0, -30.0)], M25KM)
RECORDS = {point: series_at(point.cell) for point in POINTS}


def view_of(*points: Point, rmse: float = 8.0, day: dt.date | None = DAY, **more) -> SeriesView:
    curves = tuple((point, RECORDS[point]) for point in points)
    criteria = QualityCriteria(1, rmse)
    span = FIRST.item(), (FIRST + DAYS - 1).item()
    return SeriesView(curves, criteria, day, False, PRODUCTS[0], current=points[0], period=span, **more)


def other_of(variable: Variable, name: str = "Sahel", scale: float = 0.5, band: bool = True) -> OtherSeries:
    """A series of another sort, with a gap."""
    days = FIRST + np.r_[100:300, 310:500]
    values = scale * np.random.default_rng(7).random(days.size)
    values[5] = np.nan
    ends = (values - 0.1, values + 0.1) if band else (None, None)
    return OtherSeries(name, "#a3497f", variable, days, values, f"Mean of the cells of {name}.", *ends)


class Watched(SeriesCanvas):
    """A shown canvas that counts how often it draws everything, and how often anything."""

    def __init__(self, view: SeriesView, width: int = 700) -> None:
        super().__init__()
        self.whole = self.parts = 0
        self.resize(width, 240)
        self.show()
        self.show_view(view)
        let_events_pass()
        self.mpl_connect("draw_event", lambda event: setattr(self, "whole", self.whole + 1))

    def _draw_marks(self, drawing) -> None:
        self.parts += 1
        super()._draw_marks(drawing)

    def counted(self, act) -> tuple[int, int]:
        """Do something, let it be drawn; return how often everything and how often anything was drawn for it."""
        self.whole = self.parts = 0
        act()
        let_events_pass()
        return self.whole, self.parts

    @property
    def picture(self) -> np.ndarray:
        return np.array(self.buffer_rgba())


@pytest.fixture
def canvas(qgis_app):
    return Watched(view_of(POINTS[0]))


def assert_as_drawn_anew(canvas: Watched) -> None:
    fresh = Watched(canvas.view, canvas.width())
    assert np.array_equal(canvas.picture, fresh.picture)


def names(canvas) -> list[str]:
    """Return what the legend names."""
    return [text.get_text() for legend in canvas.figure.legends for text in legend.get_texts()]


def limits(canvas) -> list[tuple[float, ...]]:
    return [(*panel.get_xlim(), *panel.get_ylim()) for panel, _ in canvas.panels]


@pytest.mark.parametrize("points", [POINTS[:1], POINTS], ids=["one point", "three points"])
def test_a_dragged_threshold_moves_curves_only_and_limits_stay(qgis_app, points):
    canvas = Watched(view_of(*points))
    before, picture = limits(canvas), canvas.picture

    def drag() -> None:
        for rmse in (7.5, 7.0, 6.5, 3.0):
            canvas.show_view(view_of(*points, rmse=rmse))

    assert canvas.counted(drag) == (0, 1)
    assert limits(canvas) == before and not np.array_equal(canvas.picture, picture)
    assert_as_drawn_anew(canvas)
    assert canvas.counted(lambda: canvas.show_view(replace(canvas.view, criteria=RAW))) == (0, 1)
    assert_as_drawn_anew(canvas)


def test_another_day_moves_the_mark_only(canvas, monkeypatch):
    monkeypatch.setattr(canvas, "_draw_curves", lambda drawing: pytest.fail("curves were drawn"))
    assert canvas.counted(lambda: canvas.move_day(dt.date(2012, 1, 1))) == (0, 1)
    monkeypatch.undo()
    assert canvas.view.map_day == dt.date(2012, 1, 1)
    assert_as_drawn_anew(canvas)
    canvas.counted(lambda: canvas.move_day(None))
    assert_as_drawn_anew(canvas)


def test_nothing_is_drawn_for_the_same_view(canvas):
    assert canvas.counted(lambda: canvas.show_view(view_of(POINTS[0]))) == (0, 0)
    assert canvas.counted(lambda: canvas.move_day(DAY)) == (0, 0)


def test_after_another_size_the_kept_picture_is_right(canvas):
    canvas.parts = 0
    canvas.resize(500, 240)
    canvas._render()
    assert canvas.parts == 0, "nothing is drawn over a picture of another size"
    assert canvas.counted(lambda: canvas.show_view(view_of(POINTS[0], rmse=4.0))) == (1, 1)
    assert canvas.picture.shape[:2] == (240, 500)
    assert canvas.counted(lambda: canvas.show_view(view_of(POINTS[0], rmse=5.0))) == (0, 1)
    assert_as_drawn_anew(canvas)


def test_a_zoom_stays_under_another_threshold_and_another_point_and_home_ends_it(canvas):
    canvas.tools.push_current()
    canvas.panels[0][0].set_xlim(14900, 15000)
    canvas.tools.push_current()
    canvas.counted(canvas.draw_idle)
    zoomed = canvas.picture
    assert canvas.counted(lambda: canvas.show_view(view_of(POINTS[0], rmse=4.0))) == (0, 1)
    canvas.counted(lambda: canvas.show_view(view_of(POINTS[0])))
    assert np.array_equal(canvas.picture, zoomed)
    canvas.counted(lambda: canvas.show_view(view_of(*POINTS[:2])))
    assert canvas.panels[0][0].get_xlim() == (14900, 15000)
    canvas.counted(canvas.tools.home)
    assert canvas.panels[0][0].get_xlim() == canvas.drawing.days
    assert_as_drawn_anew(canvas)
    canvas.panels[0][0].set_xlim(14900, 15000)
    canvas.counted(lambda: canvas.show_view(view_of(POINTS[2])))
    assert canvas.panels[0][0].get_xlim() == canvas.drawing.days, "another place is seen whole"


def test_a_growing_series_needs_no_new_axes_while_they_hold_it(qgis_app):
    point = POINTS[0]
    some = view_of(point)

    def part(days: int) -> SeriesView:
        return replace(some, curves=((point, series_at(point.cell, days)),))

    canvas = Watched(part(300))
    held = [days for days in range(310, DAYS, 10) if value_limits(part(days), SM) == value_limits(part(300), SM)][:3]
    inside = [days for days in held if value_limits(part(days), VOD) == value_limits(part(300), VOD)]
    assert inside
    for days in inside:
        assert canvas.counted(lambda days=days: canvas.show_view(part(days))) == (0, 1)
    canvas.counted(lambda: canvas.show_view(some))
    assert_as_drawn_anew(canvas)


def test_limits_follow_values_that_lie_outside(qgis_app):
    point, some = POINTS[0], view_of(POINTS[0])
    early = series_at(point.cell, 300)
    quiet = replace(early, values={**early.values, "SM": early.values["SM"] * np.float32(0.1)})
    canvas = Watched(replace(some, curves=((point, quiet),)))
    whole, _ = canvas.counted(lambda: canvas.show_view(replace(some, curves=((point, series_at(point.cell, 400)),))))
    assert whole == 1
    assert_as_drawn_anew(canvas)


def test_a_change_to_dark_is_followed(canvas):
    around, dark = QWidget(), QPalette()
    canvas.setParent(around)
    around.show()
    canvas.show()
    dark.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    assert canvas.counted(lambda: around.setPalette(dark)) == (1, 1)
    assert canvas.theme().dark and canvas.picture[0, 0, 0] < 60
    canvas.counted(lambda: canvas.show_view(view_of(POINTS[0], rmse=5.0)))
    assert canvas.picture[0, 0, 0] < 60


def test_several_points_have_their_colours_a_legend_and_shapes_for_the_fate(qgis_app):
    canvas = Watched(view_of(*POINTS, rmse=5.0))
    panel = canvas.panels[0][0]
    kept = [line for line in panel.get_lines() if line.get_label() == "kept"]
    rejected = [line for line in panel.get_lines() if line.get_label() == "rejected"]
    assert [line.get_color() for line in kept] == [point.shade(dark=False) for point in POINTS]
    assert all(line.get_markerfacecolor() == "none" and line.get_xdata().size for line in rejected)
    assert names(canvas) == ["P1", "Congo", "P2"]
    canvas.show_view(view_of(POINTS[0]))
    assert not names(canvas)
    assert canvas.panels[0][0].get_lines()[2].get_color() == canvas.theme().curve(SM)


def test_an_emphasised_point_stands_out(qgis_app):
    canvas = Watched(view_of(*POINTS))
    before = canvas.picture
    assert canvas.counted(lambda: canvas.emphasise(POINTS[1])) == (0, 1)
    kept = [line for line in canvas.panels[1][0].get_lines() if line.get_label() == "kept"]
    assert kept[1].get_alpha() == 1 and kept[0].get_alpha() == kept[2].get_alpha() < 0.5
    canvas.counted(lambda: canvas.emphasise(None))
    assert np.array_equal(canvas.picture, before)


def hover(canvas, panel, day: float, value: float) -> str:
    x, y = panel.transData.transform((day, value))
    return canvas._text_under(MouseEvent("motion_notify_event", canvas, x, y))


def test_hover_tells_of_the_curve_under_the_mouse(qgis_app):
    canvas = Watched(view_of(*POINTS, rmse=5.0))
    panel = canvas.panels[0][0]
    for point in POINTS:
        series = RECORDS[point]
        index = 401
        text = hover(canvas, panel, float(series.dates[index].astype(int)), float(series.values["SM"][index]))
        assert text.startswith(f"{point.name} · {series.dates[index]} · SM {series.values['SM'][index]:.4g} m³ m⁻³ · ")
        assert ("rejected: RMSE" in text) == bool(series.rmse[index] > 5.0)


def test_two_variables_of_one_point_share_a_panel_when_asked(qgis_app):
    canvas = Watched(view_of(POINTS[0], overlay=True))
    (left, _), (right, _) = canvas.panels
    assert left.bbox.bounds == right.bbox.bounds and right.yaxis.get_label_position() == "right"
    assert right.yaxis.label.get_color() == canvas.theme().curve(VOD) != left.yaxis.label.get_color()
    series = RECORDS[POINTS[0]]
    day = float(series.dates[401].astype(int))
    assert " VOD " in hover(canvas, right, day, float(series.values["VOD"][401]))
    assert " SM " in hover(canvas, left, day, float(series.values["SM"][401]))
    assert canvas.counted(lambda: canvas.show_view(view_of(POINTS[0], overlay=True, rmse=4.0))) == (0, 1)
    assert_as_drawn_anew(canvas)
    canvas.show_view(view_of(*POINTS, overlay=True))
    assert canvas.panels[0][0].bbox.bounds != canvas.panels[1][0].bbox.bounds


def test_another_series_lies_in_the_panel_of_its_variable_with_band_gaps_legend_and_hover(qgis_app):
    other = other_of(VOD)
    canvas = Watched(view_of(POINTS[0], others=(other,)))
    (above, _), (below, _) = canvas.panels
    assert not above.collections and len(below.collections) == 1
    assert names(canvas) == ["P1", "Sahel"]
    line, marks = (one for one in below.get_lines() if one.get_color() == other.colour)
    assert marks.get_marker() != "o" and len(marks.get_xdata()) == other.days.size - 1
    assert np.isnan(line.get_ydata()).sum() == 1, "the line has a gap"
    day = float(other.days[50].astype(int))
    text = hover(canvas, below, day, float(other.values[50]))
    assert text.startswith(f"Sahel · {other.days[50]} · VOD {other.values[50]:.4g} m³ m⁻³ (") and other.about in text
    assert "Sahel (n 389): Mean of the cells of Sahel." in canvas.view.caption
    assert canvas.counted(lambda: canvas.show_view(replace(canvas.view, criteria=RAW))) == (0, 1)
    assert_as_drawn_anew(canvas)


def test_another_series_under_other_criteria_moves_without_new_axes(qgis_app):
    canvas = Watched(view_of(POINTS[0], others=(other_of(SM),)))
    moved = replace(canvas.view, criteria=RAW, others=(other_of(SM, scale=0.4),))
    before = limits(canvas)
    assert canvas.counted(lambda: canvas.show_view(moved)) == (0, 1)
    marks = next(line for line in canvas.panels[0][0].get_lines() if line.get_marker() == "D")
    assert np.nanmax(marks.get_ydata()) < 0.4 and limits(canvas) == before
    outside = replace(canvas.view, others=(other_of(SM, scale=3.0),))
    assert canvas.counted(lambda: canvas.show_view(outside))[0] == 1
    assert canvas.counted(lambda: canvas.show_view(replace(outside, others=())))[0] == 1
    assert not names(canvas)


def test_others_need_no_curves(qgis_app, tmp_path):
    others = other_of(SM), other_of(VOD, "Station", band=False)
    view = replace(view_of(POINTS[0]), curves=(), current=None, period=None, others=others)
    canvas = Watched(view)
    assert view.title == "Sahel, Station" and view.variables == (SM, VOD)
    assert view.days == (others[0].days[0].item(), others[0].days[-1].item())
    clicked = []
    canvas.day_clicked.connect(clicked.append)
    panel = canvas.panels[1][0]
    x, y = panel.transData.transform((float(others[1].days[20].astype(int)), others[1].values[20]))
    canvas._clicked(MouseEvent("button_release_event", canvas, x, y, 1))
    assert clicked == [others[1].days[20].item()]
    canvas.emphasise(POINTS[0])
    write_figure(tmp_path / "others.svg", view)
    assert "Mean of the cells of Station" in (tmp_path / "others.svg").read_text("utf-8")


def test_a_variable_that_only_others_have_gets_a_panel(qgis_app):
    soil = Variable("soil", "soil", "Soil moisture at 5 cm", "m³ m⁻³")
    canvas = Watched(view_of(*POINTS[:2], others=(other_of(soil),)))
    assert [variable.id for _, variable in canvas.panels] == ["SM", "VOD", "soil"]
    assert len(canvas.panels[2][0].get_lines()) == 3, "its line, its marks and the day's mark"
    assert_as_drawn_anew(canvas)
