# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs between QGIS 3.22 and 4.x, in one place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsField,
    QgsInterval,
    QgsRasterLayer,
    QgsRasterLayerTemporalProperties,
    QgsTask,
    QgsTemporalNavigationObject,
    QgsUnitTypes,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QMetaType, QPoint, Qt, QTime, QVariant


def fixed_range_mode() -> Any:
    """Return the temporal mode of a raster that stands for one period."""
    modes = getattr(Qgis, "RasterTemporalMode", None)
    return modes.FixedTemporalRange if modes else QgsRasterLayerTemporalProperties.ModeFixedTemporalRange


def has_ranges_per_band() -> bool:
    """Return whether a raster's bands may each stand for a period of their own (QGIS 3.38 and newer)."""
    return hasattr(getattr(Qgis, "RasterTemporalMode", None), "FixedRangePerBand")


def set_days_of_bands(layer: QgsRasterLayer, days: Mapping[int, dt.date]) -> None:
    """Let bands, counted from 1, each stand for a day (QGIS 3.38 and newer)."""
    temporal = layer.temporalProperties()
    temporal.setMode(Qgis.RasterTemporalMode.FixedRangePerBand)
    temporal.setFixedRangePerBand({band: day_range(day) for band, day in days.items()})
    temporal.setIsActive(True)


def task_flags(quiet: bool = False) -> Any:
    """Return the flags of a task that the user may cancel and whose end is no news: the dock tells. A `quiet` one is not listed either."""
    flags = getattr(QgsTask, "Flag", QgsTask)
    wanted = flags.CanCancel
    for name in ("Silent", *(("Hidden",) if quiet else ())):
        wanted = wanted | getattr(flags, name, wanted)
    return wanted


def message_level(name: str) -> Any:
    """Return `Info`, `Success`, `Warning` or `Critical` for the message bar and the log."""
    return getattr(getattr(Qgis, "MessageLevel", Qgis), name)


def mouse_position(event: Any) -> QPoint:
    """Return where a mouse event happened, in the widget's pixels."""
    return event.position().toPoint() if hasattr(event, "position") else event.pos()


def day_range(first: dt.date, last: dt.date | None = None) -> QgsDateTimeRange:
    """Return whole calendar days as QGIS's temporal range. QGIS keeps such ranges in UTC, so no time zone can move them."""
    start = QDateTime.fromString(f"{first.isoformat()}T00:00:00Z", Qt.DateFormat.ISODate)
    end = QDateTime.fromString(f"{(last or first).isoformat()}T23:59:59Z", Qt.DateFormat.ISODate)
    return QgsDateTimeRange(start, end)


def days_of_range(shown: QgsDateTimeRange) -> tuple[dt.date, dt.date] | None:
    """Return first and last calendar day of a temporal range, None for an unlimited one.

    Days are those of the range's own clock, whatever zone it is of: what QGIS shows is what is meant. A range of at most a day is the day it
    begins on; midnight after the last day does not belong to the range unless it says so.
    """
    begin, end = shown.begin(), shown.end()
    if not (begin.isValid() and end.isValid()):
        return None
    first, last = from_qdate(begin.date()), from_qdate(end.date())
    if last - first == dt.timedelta(days=1) and end.time() <= begin.time():
        return first, first
    if end.time().msecsSinceStartOfDay() == 0 and not shown.includeEnd():
        last -= dt.timedelta(days=1)
    return first, max(first, last)


def at_midnight_of(day: dt.date, like: QDateTime) -> QDateTime:
    """Return the beginning of a day by the same clock as another moment."""
    moment = QDateTime(like)
    moment.setDate(to_qdate(day))
    moment.setTime(QTime(0, 0))
    return moment


def navigation_mode(name: str) -> Any:
    """Return `Off`, `Animated` or `FixedRange` of the temporal controller."""
    modes = getattr(Qgis, "TemporalNavigationMode", None)
    if modes is not None:
        return getattr(modes, "Disabled" if name == "Off" else name)
    return getattr(QgsTemporalNavigationObject, "NavigationOff" if name == "Off" else name)


def one_day() -> QgsInterval:
    """Return a day as QGIS's interval, counted in days."""
    units = getattr(Qgis, "TemporalUnit", None)
    return QgsInterval(1, units.Days if units is not None else QgsUnitTypes.TemporalDays)


def to_qdate(day: dt.date) -> QDate:
    """Return Qt's calendar day."""
    return QDate(day.year, day.month, day.day)


def from_qdate(day: QDate) -> dt.date:
    """Return Python's calendar day."""
    return dt.date(day.year(), day.month(), day.day())


def table_field(name: str, kind: str) -> QgsField:
    """Return a table's field; `kind` is `Int`, `LongLong`, `Double` or `QString`."""
    if Qgis.QGIS_VERSION_INT >= 33800:
        return QgsField(name, getattr(QMetaType.Type, kind))
    return QgsField(name, getattr(QVariant, "String" if kind == "QString" else kind))


def no_geometry() -> Any:
    """Return the geometry type of a table."""
    kinds = getattr(Qgis, "WkbType", None)
    return kinds.NoGeometry if kinds is not None and hasattr(kinds, "NoGeometry") else QgsWkbTypes.NoGeometry


def polygon_type() -> Any:
    """Return the kind of geometry that a polygon layer has."""
    kinds = getattr(Qgis, "GeometryType", None)
    return kinds.Polygon if kinds is not None else QgsWkbTypes.PolygonGeometry


def distance_unit(name: str) -> Any:
    """Return `Degrees` or `Meters` as a unit of coordinates."""
    units = getattr(Qgis, "DistanceUnit", None)
    return getattr(units, name) if units is not None else getattr(QgsUnitTypes, f"Distance{name}")
