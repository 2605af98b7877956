# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""QGIS's temporal controller and the map's days: both ways, in every kind of frame, without an echo."""

from __future__ import annotations

import datetime as dt

import pytest
from qgis.core import QgsDateTimeRange, QgsInterval, QgsProject, QgsTemporalNavigationObject, QgsUnitTypes
from qgis.gui import QgsMapCanvas, QgsTemporalControllerWidget
from qgis.PyQt.QtCore import QDateTime, Qt

from smos_ib_explorer.plugin.adapters.compat import day_range, days_of_range, navigation_mode, one_day
from smos_ib_explorer.plugin.adapters.temporal_link import TemporalLink

RECORD = dt.date(2019, 11, 20), dt.date(2020, 4, 10)
UNITS = ("Hours", "Days", "Weeks", "Months", "Years")


def day(text):
    return dt.date.fromisoformat(text)


def moments(first, last, includes_end=False):
    return QgsDateTimeRange(
        *(QDateTime.fromString(text, Qt.DateFormat.ISODate) for text in (first, last)), True, includes_end
    )


def frames_of(count, unit):
    units = getattr(QgsUnitTypes, f"Temporal{unit}", None)
    return QgsInterval(count, units)


@pytest.fixture
def controller(iface):
    made = QgsTemporalNavigationObject(iface.canvas)
    iface.canvas.setTemporalController(made)
    return made


@pytest.fixture
def link(iface, controller):
    made = TemporalLink(iface.canvas)
    made.record = RECORD
    made.told, made.modes = [], []
    made.range_moved.connect(lambda first, last: made.told.append((first, last)))
    made.navigating_changed.connect(made.modes.append)
    yield made
    made.close()


def animate(controller, frame, first="2020-02-27T00:00:00Z", last="2020-03-05T23:59:59Z"):
    controller.setFrameDuration(frame)
    controller.setTemporalExtents(moments(first, last, True))
    controller.setNavigationMode(navigation_mode("Animated"))


@pytest.mark.parametrize("zone", ["", "Z", "+13:00", "-08:00"])
@pytest.mark.parametrize(
    ("first", "last", "includes_end", "days"),
    [
        ("2020-02-29T00:00:00", "2020-03-01T00:00:00", False, ("2020-02-29", "2020-02-29")),
        ("2020-02-29T00:00:00", "2020-02-29T23:59:59", True, ("2020-02-29", "2020-02-29")),
        ("2020-02-29T06:00:00", "2020-02-29T07:00:00", False, ("2020-02-29", "2020-02-29")),
        ("2020-02-29T23:00:00", "2020-03-01T00:00:00", False, ("2020-02-29", "2020-02-29")),
        ("2020-02-29T06:00:00", "2020-03-01T06:00:00", False, ("2020-02-29", "2020-02-29")),
        ("2020-02-29T00:00:00", "2020-02-29T00:00:00", True, ("2020-02-29", "2020-02-29")),
        ("2020-02-29T00:00:00", "2020-02-29T00:00:00", False, ("2020-02-29", "2020-02-29")),
        ("2020-02-01T00:00:00", "2020-03-01T00:00:00", False, ("2020-02-01", "2020-02-29")),
        ("2020-02-01T00:00:00", "2020-03-01T00:00:00", True, ("2020-02-01", "2020-03-01")),
        ("2020-02-28T12:00:00", "2020-03-01T13:00:00", False, ("2020-02-28", "2020-03-01")),
    ],
)
def test_a_range_is_the_days_of_its_own_clock(first, last, includes_end, days, zone):
    shown = moments(first + zone, last + zone, includes_end)
    assert days_of_range(shown) == tuple(map(day, days))
    assert days_of_range(QgsDateTimeRange(QDateTime(), QDateTime())) is None


def test_the_map_follows_whatever_moves_the_controller(controller, link):
    animate(controller, one_day())
    assert link.told[-1] == (day("2020-02-27"), day("2020-02-27")) and link.navigating and link.modes == [True]
    controller.setCurrentFrameNumber(2)
    controller.next()
    assert link.told[-2:] == [(day("2020-02-29"),) * 2, (day("2020-03-01"),) * 2]
    controller.setFrameDuration(frames_of(1, "Months"))
    assert link.told[-1] == (day("2020-02-27"), day("2020-03-26"))
    controller.setNavigationMode(navigation_mode("FixedRange"))
    controller.setTemporalExtents(moments("2020-03-02T00:00:00Z", "2020-03-04T00:00:00Z"))
    assert link.told[-1] == (day("2020-03-02"), day("2020-03-03"))
    before = list(link.told)
    controller.setNavigationMode(navigation_mode("Off"))
    assert link.told == before and not link.navigating and link.modes == [True, False]


def test_without_a_link_the_map_does_not_move_the_controller(controller, link):
    link.show(day("2020-03-01"), day("2020-03-01"))
    assert not link.navigating
    animate(controller, one_day())
    link.show(day("2020-03-03"), day("2020-03-03"))
    assert controller.currentFrameNumber() == 0


def test_linking_sets_up_a_controller_that_is_off(controller, link):
    link.show(day("2020-02-29"), day("2020-02-29"))
    link.linked = True
    assert link.navigating and link.modes == [True] and link.told == []
    assert days_of_range(controller.temporalExtents()) == RECORD
    assert controller.totalFrameCount() == (RECORD[1] - RECORD[0]).days + 1
    frame = controller.dateTimeRangeForFrameNumber(controller.currentFrameNumber())
    assert days_of_range(frame) == (day("2020-02-29"),) * 2
    assert frame.begin().toString(Qt.DateFormat.ISODate) == "2020-02-29T00:00:00Z"


@pytest.mark.parametrize("zone", ["", "Z", "+13:00", "-08:00"])
@pytest.mark.parametrize("clock", ["00:00:00", "06:00:00"])
@pytest.mark.parametrize("unit", UNITS)
def test_a_linked_controller_goes_to_the_frame_that_holds_the_day(controller, link, unit, clock, zone):
    animate(
        controller,
        frames_of(6 if unit == "Hours" else 1, unit),
        f"2020-01-15T{clock}{zone}",
        f"2020-03-20T23:59:59{zone}",
    )
    link.linked = True
    link.told.clear()
    for number in range(0, 65, 4):
        wanted = day("2020-01-15") + dt.timedelta(days=number)
        link.show(wanted, wanted)
        first, last = days_of_range(controller.dateTimeRangeForFrameNumber(controller.currentFrameNumber()))
        assert first <= wanted <= last
    assert link.told == [], "its own moves are no news"
    link.show(RECORD[1], RECORD[1])
    first, last = days_of_range(controller.dateTimeRangeForFrameNumber(controller.currentFrameNumber()))
    assert first <= RECORD[1] <= last, "the range grows to hold the day"


def test_irregular_frames(controller, link):
    ranges = [moments(f"{first}T00:00:00Z", f"{last}T00:00:00Z") for first, last in (
        ("2020-01-01", "2020-01-09"), ("2020-01-09", "2020-02-14"), ("2020-02-14", "2020-02-15"))]  # fmt: skip
    controller.setAvailableTemporalRanges(ranges)
    animate(controller, frames_of(1, "IrregularStep"), "2020-01-01T00:00:00Z", "2020-02-15T00:00:00Z")
    link.linked = True
    link.show(day("2020-02-13"), day("2020-02-13"))
    assert controller.currentFrameNumber() == 1
    link.show(day("2020-02-14"), day("2020-02-14"))
    assert controller.currentFrameNumber() == 2
    controller.setAvailableTemporalRanges([])
    link.show(day("2020-01-02"), day("2020-01-02"))


def test_a_fixed_range_becomes_what_the_map_shows(controller, link):
    controller.setTemporalExtents(day_range(*RECORD))
    controller.setNavigationMode(navigation_mode("FixedRange"))
    link.linked = True
    link.told.clear()
    for days in ((day("2020-02-29"),) * 2, (day("2020-02-01"), day("2020-02-29"))):
        link.show(*days)
        assert days_of_range(controller.temporalExtents()) == days
    assert link.told == []


def test_what_follows_from_the_controller_does_not_move_it_back(controller, link):
    """A day without a file: the map shows the nearest one, and the controller plays on."""
    animate(controller, one_day())
    link.linked = True
    link.range_moved.connect(lambda first, last: link.show(day("2020-02-27"), day("2020-02-27")))
    controller.setCurrentFrameNumber(3)
    assert controller.currentFrameNumber() == 3
    controller.next()
    assert controller.currentFrameNumber() == 4 and link.told[-1] == (day("2020-03-02"),) * 2


def test_cumulative_frames(controller, link):
    animate(controller, one_day())
    controller.setTemporalRangeCumulative(True)
    controller.setCurrentFrameNumber(3)
    assert link.told[-1] == (day("2020-02-27"), day("2020-03-01"))
    link.linked = True
    link.show(day("2020-02-28"), day("2020-02-28"))
    assert controller.currentFrameNumber() == 1


def test_a_canvas_without_a_controller(qgis_app):
    link = TemporalLink(QgsMapCanvas())
    link.linked = True
    link.show(*RECORD)
    assert not link.navigating and not link.available
    link.close()


def test_the_live_layer_is_not_hidden_while_the_controller_navigates(explorer):
    layer = explorer.live.layer()
    explorer.live.set_navigating(True)
    assert not layer.temporalProperties().isActive()
    explorer.live.show(explorer.session.shown)
    assert not layer.temporalProperties().isActive()
    assert explorer.live.keep().temporalProperties().isActive()
    explorer.live.set_navigating(False)
    assert layer.temporalProperties().isActive()


def test_the_controllers_panel_takes_the_whole_record_from_the_first_layer(explorer):
    shown = explorer.session.shown
    QgsProject.instance().clear()
    panel = QgsTemporalControllerWidget()
    explorer.live.record = RECORD
    explorer.live.show(shown)
    assert days_of_range(panel.temporalController().temporalExtents()) == RECORD
    assert days_of_range(explorer.live.layer().temporalProperties().fixedTemporalRange()) == (day("2024-08-31"),) * 2
    panel.deleteLater()
