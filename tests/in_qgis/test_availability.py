# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The availability strip and the retention curve, with a real mouse and real keys."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QHelpEvent, QMouseEvent, QPalette
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QComboBox, QToolTip

from smos_ib_explorer.plugin.core.archive import Archive, Granule
from smos_ib_explorer.plugin.core.availability import CellAvailability, LandAvailability, State
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER
from smos_ib_explorer.plugin.core.series import TimeSeries
from smos_ib_explorer.plugin.core.tally import CURVE_LIMITS
from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, Variable
from smos_ib_explorer.ui.availability_panel import AvailabilityPanel
from smos_ib_explorer.ui.availability_strip import AvailabilityStrip
from smos_ib_explorer.ui.retention_curve import RetentionCurve
from smos_ib_explorer.ui.strip_image import StripImage, column_of_day, day_of_column
from smos_ib_explorer.ui.theme import CURRENT

FIRST, LAST = dt.date(2010, 1, 1), dt.date(2024, 12, 31)
LEAP_DAY = dt.date(2020, 2, 29)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def land(first: dt.date = FIRST, last: dt.date = LAST, **days: State) -> LandAvailability:
    """Every day kept by a half, but for some (`d20200229=State.NO_FILE`)."""
    count = (last - first).days + 1
    states, kept = np.full(count, State.KEPT, np.uint8), np.full(count, 50)
    for name, state in days.items():
        states[(dt.date.fromisoformat(f"{name[1:5]}-{name[5:7]}-{name[7:]}") - first).days] = state
    kept[states != State.KEPT] = 0
    return LandAvailability(first, states, (kept / 100).astype(np.float32), {}, np.full(count, 80), kept, 100)


def palette(dark: bool) -> QPalette:
    chosen, roles = QPalette(), QPalette.ColorRole
    for role, light_one, dark_one in (
        (roles.Window, "#efefef", "#2d2d30"),
        (roles.WindowText, "#000000", "#e8e8e8"),
        (roles.Base, "#ffffff", "#1e1e1e"),
        (roles.Text, "#000000", "#e8e8e8"),
    ):
        chosen.setColor(role, QColor(dark_one if dark else light_one))
    return chosen


@pytest.fixture
def shown(qgis_app):
    """Show a widget at some width, and close it after the test."""
    widgets = []

    def show(widget, width=420):
        widgets.append(widget)
        widget.resize(width, widget.sizeHint().height())
        widget.show()
        return widget

    yield show
    for widget in widgets:
        widget.close()
        widget.deleteLater()


@pytest.fixture
def strip(shown) -> AvailabilityStrip:
    widget = AvailabilityStrip()
    widget.show_availability(land(d20200229=State.NO_FILE), dt.date(2020, 3, 31))
    shown(widget)
    widget.asked = []
    widget.day_requested.connect(widget.asked.append)
    return widget


def test_a_click_asks_for_the_day_that_the_tooltip_tells(strip):
    for day in (FIRST, dt.date(2013, 8, 14), dt.date(2021, 3, 1), LAST):
        at = strip.place_of(day)
        QTest.mouseClick(strip, LEFT, NONE, at)
        asked = strip.asked[-1]
        assert abs(asked - day).days <= 1 and asked.year == day.year
        QApplication.sendEvent(strip, QHelpEvent(QEvent.Type.ToolTip, at, strip.mapToGlobal(at)))
        assert QToolTip.text() == f"{asked} · 50 of 80 retrievals kept (50 % of land cells)"
    QTest.mouseClick(strip, LEFT, NONE, QPoint(2, 60))  # on a year's label
    assert len(strip.asked) == 4


def test_a_day_without_a_file_is_found_where_two_share_a_pixel(shown):
    strip = AvailabilityStrip()
    gaps = {f"d2020{month:02d}11": State.NO_FILE for month in range(1, 13)}
    strip.show_availability(land(**gaps), FIRST)
    shown(strip, 300)
    y = strip.place_of(LEAP_DAY).y()
    days = {strip.day_at(QPoint(x, y)) for x in range(strip.width())}
    assert {dt.date(2020, month, 11) for month in range(1, 13)} <= days


@pytest.mark.parametrize(
    ("key", "day", "wanted"),
    [
        ("Left", dt.date(2020, 3, 1), LEAP_DAY),
        ("Right", dt.date(2019, 12, 31), dt.date(2020, 1, 1)),
        ("Up", LEAP_DAY, dt.date(2019, 2, 28)),
        ("Down", dt.date(2020, 6, 5), dt.date(2021, 6, 5)),
        ("PageUp", dt.date(2020, 3, 31), LEAP_DAY),
        ("PageDown", dt.date(2019, 12, 31), dt.date(2020, 1, 31)),
        ("PageDown", dt.date(2019, 11, 30), dt.date(2019, 12, 30)),
        ("Home", LEAP_DAY, FIRST),
        ("End", LEAP_DAY, LAST),
        ("Left", FIRST, FIRST),
        ("Down", dt.date(2024, 5, 5), LAST),
    ],
)
def test_the_keys_step(strip, key, day, wanted):
    strip.show_day(day)
    strip.setFocus()
    QTest.keyClick(strip, getattr(Qt.Key, f"Key_{key}"))
    assert strip.asked == [wanted]


def test_tab_reaches_it_and_the_day_is_told(strip):
    assert strip.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    strip.show_day(LEAP_DAY)
    assert strip.accessibleDescription() == "2020-02-29 · no file" and strip.accessibleName()
    QTest.keyClick(strip, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert not strip.asked


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_each_state_looks_different_and_the_day_is_marked(shown, dark):
    states = (State.NOT_LOOKED, State.NO_RETRIEVAL, State.REJECTED, State.KEPT)
    strip = AvailabilityStrip()
    strip.setPalette(palette(dark))
    strip.show_availability(land(**{f"d2020{month:02d}15": one for month, one in enumerate(states, 1)}), LAST)
    shown(strip, 2 * 366 + 100)
    image = strip.grab().toImage()

    def colour(day: dt.date) -> QColor:
        place = strip.place_of(day) * strip.devicePixelRatioF()
        return image.pixelColor(place)

    colours = [colour(dt.date(2020, month, 15)) for month in range(1, 5)]
    grey = sorted(one.lightness() for one in colours)
    assert len({one.name() for one in colours}) == 4 and min(np.diff(grey)) >= 8
    edge = strip.place_of(LAST) - QPoint(3, 0)
    assert image.pixelColor(edge * strip.devicePixelRatioF()).name() == CURRENT.name()


@pytest.mark.parametrize(
    ("first", "last"), [(LEAP_DAY, LEAP_DAY), (FIRST, FIRST), (dt.date(1979, 6, 1), LAST), (dt.date(2024, 2, 1), LAST)]
)
def test_any_span_fits(shown, first, last):
    strip = AvailabilityStrip()
    strip.show_availability(land(first, last), last)
    shown(strip, 300)
    usual = AvailabilityStrip()
    usual.show_availability(land(), LAST)
    assert strip.sizeHint().height() <= usual.sizeHint().height() + 12
    assert strip.grab().height() and strip.day_at(strip.place_of(last)).year == last.year
    strip.show_availability(None, None)
    assert strip.grab().height() and strip.day_at(QPoint(100, 25)) is None


@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 12, 31)))
def test_each_day_has_its_column(day):
    assert day_of_column(day.year, column_of_day(day)) == day
    assert column_of_day(day) == column_of_day(day.replace(year=2000))
    image = StripImage(land(day, day))
    assert (image.years, np.count_nonzero(image._codes[0, column_of_day(day)])) == (range(day.year, day.year + 1), 1)


def cell_availability() -> CellAvailability:
    archive = Archive(
        Path("archive"), tuple(Granule(Path(f"{one}"), one, Orbit.ASCENDING, 1, 1) for one in (FIRST, LAST))
    )
    variable = Variable("SM", "SM", "Soil moisture", "m³ m⁻³", ROLE_OF_ID["SM"])
    values = {"SM": np.array([0.2, 0.3], np.float32)}
    rmse = np.array([3, 9.2], np.float32)
    dates = np.array([FIRST, LAST], "datetime64[D]")
    series = TimeSeries(M25KM, Cell(1, 1), Orbit.ASCENDING, (variable,), dates, values, None, rmse, 2)
    return CellAvailability.of(archive, series, variable, PROVIDER)


def test_it_goes_over_to_the_cell_unless_the_user_has_chosen(shown):
    panel = shown(AvailabilityPanel(), 300)
    panel.show_land(land())
    panel.show_day(LAST)
    boxes = panel.findChild(QComboBox, "smosibStripOf")
    assert not boxes.model().item(1).isEnabled() and not panel.shows_cell
    panel.show_cell(cell_availability())
    assert panel.shows_cell and boxes.currentText() == "Chosen cell"
    assert panel.strip.accessibleDescription() == "2024-12-31 · SM 0.3 m³ m⁻³ · rejected: RMSE 9.2 K > 8 K"
    boxes.setFocus()
    QTest.keyClick(boxes, Qt.Key.Key_Up)
    assert not panel.shows_cell and "50 of 80" in panel.strip.accessibleDescription()
    panel.show_cell(cell_availability())
    assert not panel.shows_cell
    QTest.keyClick(boxes, Qt.Key.Key_Down)
    assert panel.shows_cell
    panel.show_cell(None)
    assert not panel.shows_cell


@pytest.fixture
def curve(shown) -> RetentionCurve:
    widget = RetentionCurve()
    widget.show_curve(np.minimum(CURVE_LIMITS / 10, 0.61), CURVE_LIMITS, 8.0, "This day")
    shown(widget, 300)
    widget.chosen = []
    widget.limit_chosen.connect(widget.chosen.append)
    return widget


def test_the_curve_tells_the_share_at_the_limit(curve):
    assert curve.words == "61 % at 8 K"
    assert curve.accessibleDescription() == "This day: 61 % at 8 K"
    for limit, words in (
        (0.5, "5 % at 0.5 K"),
        (6.1, "61 % at 6.1 K"),
        (0.60000001, "6 % at 0.6 K"),
        (None, "no RMSE limit"),
    ):
        curve.show_curve(np.minimum(CURVE_LIMITS / 10, 0.61), CURVE_LIMITS, limit, "This day")
        assert curve.words == words


def test_the_limit_is_dragged_and_stepped(curve):
    field = curve._field()
    QTest.mousePress(curve, LEFT, NONE, QPoint(field.left() + field.width() // 2, field.center().y()))
    for x in (field.left() + field.width() // 4, field.right() + 50):
        place = QPointF(x, field.center().y())
        move = QMouseEvent(QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton, LEFT, NONE)
        QApplication.sendEvent(curve, move)
    assert curve.chosen == [pytest.approx(10.0, abs=0.1), pytest.approx(5.0, abs=0.1), 20.0]
    curve.chosen.clear()
    curve.show_curve(CURVE_LIMITS / 20, CURVE_LIMITS, 8.0, "This day")
    curve.setFocus()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right):
        QTest.keyClick(curve, key)
    assert curve.chosen == [7.9, 7.8, 7.9] and curve.words.endswith("at 7.9 K")


def test_a_sentence_stands_where_there_is_no_curve(curve):
    curve.show_sentence("The archive has no RMSE layer.")
    assert curve.accessibleDescription() == "The archive has no RMSE layer." and curve.grab().height()
    QTest.mouseClick(curve, LEFT, NONE, QPoint(50, 40))
    QTest.keyClick(curve, Qt.Key.Key_Left)
    curve.show_curve(np.full(CURVE_LIMITS.size, np.nan), CURVE_LIMITS, 8.0, "This day")
    assert curve.words == "This day: no retrievals." and not curve.chosen
