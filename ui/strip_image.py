# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of an availability strip: a row of pixels' days a year, and the colour of each day. Shape beside colour: no file is hatched."""

from __future__ import annotations

import calendar
import datetime as dt

import numpy as np
from numpy.typing import NDArray
from qgis.PyQt.QtGui import QColor, QImage, QPalette

from ..plugin.core.availability import Availability, State
from .theme import ink, is_dark

DAYS, LEAP_COLUMN = 366, 59
"""Columns of a year, and that of 29 February: it is there in every year, so that the months stand above each other."""
STEPS = 64
"""Shades of kept shares."""
_HATCH = 5

_SHADES = {
    False: {"kept": ("#c3daf0", "#08407e"), State.NOT_LOOKED: "#9a9a9a", State.NO_RETRIEVAL: "#e6e1d3", State.REJECTED: "#e08214"},
    True: {"kept": ("#1f4468", "#9fd2ff"), State.NOT_LOOKED: "#6e6e6e", State.NO_RETRIEVAL: "#4b4739", State.REJECTED: "#e0892b"},
}  # fmt: skip

Pixels = NDArray[np.uint32]


def day_of_column(year: int, column: int) -> dt.date:
    """Return the day that stands in a column (0–365) of a year; 28 February where there is no 29th."""
    missing = not calendar.isleap(year) and column >= LEAP_COLUMN
    return dt.date.fromordinal(dt.date(year, 1, 1).toordinal() + column - missing)


def column_of_day(day: dt.date) -> int:
    """Return the column (0–365) in which a day stands."""
    return day.timetuple().tm_yday - 1 + (not calendar.isleap(day.year) and day.month > 2)


class StripImage:
    """An availability laid out by years, to be drawn at some size. `years` are from the first day's to the last one's."""

    def __init__(self, availability: Availability) -> None:
        first, last = availability.first, availability.last
        self.years = range(first.year, last.year + 1)
        days = np.datetime64(first) + np.arange(availability.states.size)
        years = days.astype("datetime64[Y]").astype(np.int64) + 1970
        columns = (days - days.astype("datetime64[Y]")).astype(np.int64)
        leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
        columns += ~leap & (columns >= LEAP_COLUMN)
        # 0: outside of the record. Then a code for each state, and one for each shade of kept.
        self._codes = np.zeros((len(self.years), DAYS), dtype=np.uint8)
        top = float(availability.shares.max(initial=0)) or 1.0
        shades = State.KEPT + 1 + np.ceil(np.sqrt(availability.shares / top) * (STEPS - 1)).astype(np.int64)
        found = availability.states.astype(np.int64) + 1
        self._codes[years - first.year, columns] = np.where(availability.states == State.KEPT, shades, found)
        common = [not calendar.isleap(year) for year in self.years]
        self._codes[common, LEAP_COLUMN] = self._codes[common, LEAP_COLUMN - 1]

    def columns(self, row: int, width: int) -> NDArray[np.int64]:
        """Return the column shown at each of `width` pixels of a year; where two share a pixel, one without a file is shown."""
        return np.asarray(self._columns(width)[row], dtype=np.int64)

    def _columns(self, width: int) -> NDArray[np.int64]:
        edges = np.arange(width + 1) * DAYS // width
        here, other = edges[:-1], np.maximum(edges[1:] - 1, edges[:-1])
        gap = (self._codes == State.NO_FILE + 1) | (self._codes == State.UNREADABLE + 1)
        return np.where(gap[:, other] & ~gap[:, here], other, here)

    def drawn(self, width: int, tops: NDArray[np.int64], height: int, palette: QPalette) -> QImage:
        """Return the picture, `width` × `height` device pixels; year i takes the lines from `tops[i]` to `tops[i + 1]`, less one."""
        columns = self._columns(width)
        codes = np.take_along_axis(self._codes, columns, axis=1)
        plain, hatched = _colours(palette)
        pixels: Pixels = np.full((height, width), plain[0], dtype=np.uint32)
        x, y = np.arange(width), np.arange(height)
        for row in range(len(self.years)):
            lines = slice(int(tops[row]), max(int(tops[row + 1]) - 1, int(tops[row]) + 1))
            line = y[lines, None]
            stripe = (x + line) % _HATCH == 0
            cross = stripe | ((x - line) % _HATCH == 0) & (codes[row] == State.UNREADABLE + 1)
            pixels[lines] = np.where(cross, hatched[codes[row]], plain[codes[row]])
        image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32)
        return image.copy()  # Qt does not keep the bytes


def swatch(palette: QPalette, state: State, width: int, height: int, graded: bool) -> QImage:
    """Return a piece of a state's colour; of kept all shades if it is `graded`, else the one of a share of 1."""
    plain, hatched = _colours(palette)
    x, y = np.arange(width), np.arange(height)[:, None]
    codes = np.full(width, state + 1)
    if state is State.KEPT:
        codes = State.KEPT + 1 + (x * STEPS // width if graded else np.full(width, STEPS - 1))
    stripes = ((x + y) % _HATCH == 0) | ((x - y) % _HATCH == 0) & (state is State.UNREADABLE)
    pixels = np.where(stripes, hatched[codes], plain[codes]).astype(np.uint32)
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _colours(palette: QPalette) -> tuple[Pixels, Pixels]:
    """Return the colours of the codes, and of the hatching where a code has one."""
    dark = is_dark(palette)
    shades = _SHADES[dark]
    window, text = palette.color(QPalette.ColorRole.Window), ink(palette)
    base = palette.color(QPalette.ColorRole.Base)
    plain = [window.rgb(), base.rgb(), base.rgb()]
    plain += [QColor(shades[one]).rgb() for one in (State.NOT_LOOKED, State.NO_RETRIEVAL, State.REJECTED)]
    low, high = (QColor(one) for one in shades["kept"])
    plain += [_between(low, high, number / (STEPS - 1)).rgb() for number in range(STEPS)]
    hatched = list(plain)
    hatched[State.NO_FILE + 1] = _between(base, text, 0.45).rgb()
    hatched[State.UNREADABLE + 1] = _between(base, text, 0.8).rgb()
    return np.array(plain, dtype=np.uint32), np.array(hatched, dtype=np.uint32)


def _between(low: QColor, high: QColor, share: float) -> QColor:
    parts = ((a + share * (b - a)) for a, b in zip(low.getRgb()[:3], high.getRgb()[:3]))
    return QColor(*(round(part) for part in parts))
