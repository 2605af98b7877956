# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The availability strip: a row a year, a column a day; click or step to go to a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qgis.PyQt.QtCore import QEvent, QLocale, QPoint, QRect, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QFont, QFontMetrics, QImage, QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..plugin.adapters.compat import mouse_position
from ..plugin.core.archive import ONE_DAY
from ..plugin.core.availability import Availability
from ..plugin.core.steps import months_away
from .strip_image import DAYS, StripImage, column_of_day, day_of_column
from .texts import tr
from .theme import CURRENT, ink

MOST_ROWS = 16
"""With more years, rows get lower and the strip no higher."""
FEWEST_ROWS = 5
"""With fewer years rows get higher, up to three times, so that a mouse can hit them."""


class AvailabilityStrip(QWidget):
    """Shows an availability and asks for days. The keys: arrows for days and years, Page Up and Down for months, Home and End."""

    day_requested = pyqtSignal(object)  # datetime.date: of the record, whether it has a file or not

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibStrip")
        self.setAccessibleName(tr("Availability of the days: a row a year, a column a day"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._availability: Availability | None = None
        self._rows: StripImage | None = None
        self._day: dt.date | None = None
        self._image: QImage | None = None

    def show_availability(self, availability: Availability | None, day: dt.date | None) -> None:
        """Show what there is, None for nothing, and mark a day."""
        years = self._rows.years if self._rows is not None else None
        self._availability = availability
        self._rows = StripImage(availability) if availability is not None and availability.states.size else None
        self._image = None
        if (self._rows.years if self._rows is not None else None) != years:
            self.updateGeometry()
        self.show_day(day)

    def show_day(self, day: dt.date | None) -> None:
        """Mark a day."""
        self._day = day
        said = self._availability.describe(day) if self._availability is not None and day is not None else ""
        self.setAccessibleDescription(said)
        self.update()

    # Geometry, in the widget's own pixels

    def sizeHint(self) -> QSize:
        row, count = self._row_height(), len(self._rows.years) if self._rows is not None else 1
        return QSize(self._label_width() + DAYS, self._months_height() + round(row * count) + 3)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._label_width() + DAYS // 2, self.sizeHint().height())

    def _row_height(self) -> float:
        usual = max(7.0, 0.55 * self.fontMetrics().height())
        count = len(self._rows.years) if self._rows is not None else 1
        if count > MOST_ROWS:
            return usual * MOST_ROWS / count
        return min(3.0, max(1.0, FEWEST_ROWS / count)) * usual

    def _small_font(self) -> QFont:
        font = QFont(self.font())
        if font.pointSizeF() > 0:  # else it is given in pixels
            font.setPointSizeF(max(0.8 * font.pointSizeF(), 6.0))
        return font

    def _label_width(self) -> int:
        return int(QFontMetrics(self._small_font()).boundingRect("2088").width()) + 8

    def _months_height(self) -> int:
        return int(QFontMetrics(self._small_font()).height()) + 2

    def _field(self) -> QRect:
        """Return where the days are."""
        left, top = self._label_width(), self._months_height()
        rows = len(self._rows.years) if self._rows is not None else 1
        return QRect(left, top, max(self.width() - left - 2, 1), round(self._row_height() * rows))

    def _tops(self, scale: float) -> NDArray[np.int64]:
        """Return the line on which each year begins, and one more, in pixels of which `scale` are one of the widget's."""
        count = len(self._rows.years) if self._rows is not None else 1
        return np.rint(np.arange(count + 1) * self._row_height() * scale).astype(np.int64)

    def day_at(self, place: QPoint) -> dt.date | None:
        """Return the day that is shown at a place of the widget, None outside of the years."""
        field = self._field()
        if self._rows is None or not field.contains(place):
            return None
        row = int(np.searchsorted(self._tops(1.0), place.y() - field.top(), side="right")) - 1
        scale = self.devicePixelRatioF()
        width = round(field.width() * scale)
        pixel = min(int((place.x() - field.left() + 0.5) * scale), width - 1)
        if not 0 <= row < len(self._rows.years):
            return None
        return day_of_column(self._rows.years[row], int(self._rows.columns(row, width)[pixel]))

    def place_of(self, day: dt.date) -> QPoint | None:
        """Return where a day is shown, None outside of the years."""
        if self._rows is None or day.year not in self._rows.years:
            return None
        field, tops, row = self._field(), self._tops(1.0), day.year - self._rows.years[0]
        x = field.left() + int((column_of_day(day) + 0.5) * field.width() / DAYS)
        return QPoint(x, field.top() + int(tops[row] + tops[row + 1]) // 2)

    # Painting

    def paintEvent(self, event: Any) -> None:
        painter = QPainter(self)
        if self._rows is not None:
            field = self._field()
            painter.drawImage(field, self._picture(field))
            painter.setFont(self._small_font())
            painter.setPen(ink(self.palette()))
            self._paint_labels(painter, field)
            self._paint_day(painter, field)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _picture(self, field: QRect) -> QImage:
        scale = self.devicePixelRatioF()
        size = QSize(round(field.width() * scale), round(field.height() * scale))
        if (self._image is None or self._image.size() != size) and self._rows is not None:
            self._image = self._rows.drawn(size.width(), self._tops(scale), size.height(), self.palette())
        return self._image if self._image is not None else QImage()

    def _paint_labels(self, painter: QPainter, field: QRect) -> None:
        metrics, locale = painter.fontMetrics(), QLocale()
        names = [locale.standaloneMonthName(month, QLocale.FormatType.ShortFormat) for month in range(1, 13)]
        if max(metrics.boundingRect(name).width() for name in names) > field.width() / 12 - 4:
            names = [name[:1] if name[:1].isalpha() else str(month) for month, name in enumerate(names, 1)]
        for month, name in enumerate(names, 1):
            left = field.left() + column_of_day(dt.date(2020, month, 1)) * field.width() / DAYS
            middle = left + 15 * field.width() / DAYS
            painter.drawText(round(middle - metrics.boundingRect(name).width() / 2), metrics.ascent() + 1, name)
            painter.drawLine(round(left), field.top() - 4, round(left), field.top() - 1)
        tops, years = self._tops(1.0), self._rows.years if self._rows is not None else range(0)
        every = next(n for n in (1, 2, 5, 10, 20, 50) if n == 50 or n * self._row_height() >= 0.8 * metrics.height())
        for row, year in enumerate(years):
            if year % every == 0 or len(years) == 1:
                middle = field.top() + int(tops[row] + tops[row + 1]) // 2
                painter.drawText(3, middle + metrics.ascent() // 2 - 1, str(year))

    def _paint_day(self, painter: QPainter, field: QRect) -> None:
        place = self.place_of(self._day) if self._day is not None else None
        if place is None or self._day is None or self._rows is None:
            return
        tops, row = self._tops(1.0), self._day.year - self._rows.years[0]
        top, height = field.top() + int(tops[row]), int(tops[row + 1] - tops[row])
        box = QRect(place.x() - 3, top - 2, 6, height + 2)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), 4))
        painter.drawRect(box)
        painter.setPen(QPen(CURRENT, 2))
        painter.drawRect(box)

    def changeEvent(self, event: Any) -> None:
        kinds = QEvent.Type
        if event.type() in (kinds.PaletteChange, kinds.FontChange, kinds.StyleChange, kinds.LocaleChange):
            self._image = None
            self.updateGeometry()
            self.update()
        super().changeEvent(event)

    # Mouse and keys

    def event(self, event: Any) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            day = self.day_at(event.pos())
            if day is None or self._availability is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self._availability.describe(day), self)
            return True
        return bool(super().event(event))

    def mousePressEvent(self, event: Any) -> None:
        day = self.day_at(mouse_position(event))
        if event.button() == Qt.MouseButton.LeftButton and day is not None:
            self._ask(day)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: Any) -> None:
        day, availability, keys = self._day, self._availability, Qt.Key
        steps = {
            keys.Key_Left: lambda one: one - ONE_DAY,
            keys.Key_Right: lambda one: one + ONE_DAY,
            keys.Key_Up: lambda one: months_away(one, -12),
            keys.Key_Down: lambda one: months_away(one, 12),
            keys.Key_PageUp: lambda one: months_away(one, -1),
            keys.Key_PageDown: lambda one: months_away(one, 1),
            keys.Key_Home: lambda one: availability.first if availability is not None else one,
            keys.Key_End: lambda one: availability.last if availability is not None else one,
        }
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if day is None or availability is None or not plain or event.key() not in steps:
            super().keyPressEvent(event)
            return
        self._ask(steps[event.key()](day))

    def _ask(self, day: dt.date) -> None:
        """Ask for a day, or for the end of the record that it lies beyond."""
        if self._availability is not None and self._rows is not None:
            self.day_requested.emit(min(max(day, self._availability.first), self._availability.last))
