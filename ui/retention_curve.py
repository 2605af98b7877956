# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The retention curve: the share of retrievals that is kept at each RMSE limit, with the current limit on it; drag to set another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qgis.PyQt.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF, QTextOption
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..plugin.adapters.compat import mouse_position
from .texts import tr
from .theme import CURRENT, ink

STEP_K = 0.1
MARKED_K = (6, 8)
"""The limits that the provider names."""


class RetentionCurve(QWidget):
    """Shows a curve, or a sentence why there is none. The left and right keys move the limit by 0.1 K."""

    limit_chosen = pyqtSignal(float)  # K, one decimal

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibRetention")
        self.setAccessibleName(tr("Share of retrievals kept at each RMSE limit"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shares: NDArray[np.float64] = np.empty(0)
        self._limits: NDArray[np.float64] = np.empty(0)
        self._limit: float | None = None
        self._title, self._sentence = "", ""
        self.show_sentence("")

    def show_curve(
        self, shares: NDArray[np.float64], limits: NDArray[np.float64], limit: float | None, title: str
    ) -> None:
        """Show the shares (0–1) kept at the limits (K, ascending), both (n,), and the current limit, None for none; `title` says whose."""
        if not np.isfinite(shares).all():
            self.show_sentence(tr("{}: no retrievals.").format(title))
            return
        self._shares, self._limits, self._limit, self._title = shares, limits, limit, title
        self._sentence = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self._tell()

    def show_sentence(self, sentence: str) -> None:
        """Show a sentence in place of a curve: why there is none."""
        self._shares, self._limit, self._sentence = np.empty(0), None, sentence
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.unsetCursor()
        self._tell()

    @property
    def words(self) -> str:
        """What the curve says at the current limit, such as `61 % at 8 K`."""
        if not self._shares.size:
            return self._sentence
        if self._limit is None:
            return tr("no RMSE limit")
        share = 100 * float(self._shares[self._index(self._limit)])
        shown = f"{share:.1f}" if 0 < share < 1 or 99 < share < 100 else f"{share:.0f}"
        if self._limit > self._limits[-1]:
            return tr("over {} % at {} K").format(shown, f"{self._limit:g}")
        return tr("{} % at {} K").format(shown, f"{self._limit:g}")

    def sizeHint(self) -> QSize:
        line = int(self.fontMetrics().height())
        return QSize(12 * line, 2 * line + 50)

    def minimumSizeHint(self) -> QSize:
        return QSize(9 * int(self.fontMetrics().height()), self.sizeHint().height())

    def _index(self, limit: float) -> int:
        """Return the place of the limit, or of the next lower one."""
        return max(int(np.searchsorted(self._limits, limit + STEP_K / 2)) - 1, 0)

    def _tell(self) -> None:
        self.setAccessibleDescription(f"{self._title}: {self.words}" if self._shares.size else self._sentence)
        self.update()

    def _field(self) -> QRect:
        line = int(self.fontMetrics().height())
        return QRect(3, line + 4, max(self.width() - 6, 1), max(self.height() - 2 * line - 8, 1))

    def _x(self, limit: float) -> float:
        field, span = self._field(), float(self._limits[-1] - self._limits[0])
        return field.left() + (min(limit, float(self._limits[-1])) - float(self._limits[0])) / span * field.width()

    # Painting

    def paintEvent(self, event: Any) -> None:
        painter, palette, roles = QPainter(self), self.palette(), QPalette.ColorRole
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(ink(palette))
        if not self._shares.size:
            where = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)  # and wrapped
            painter.drawText(QRectF(self.rect().adjusted(3, 0, -3, 0)), self._sentence, where)
            return
        field, metrics = self._field(), self.fontMetrics()
        room = field.width() - metrics.boundingRect(self.words).width() - 12
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(field.left(), metrics.ascent() + 1, title)
        painter.drawText(field.right() - metrics.boundingRect(self.words).width(), metrics.ascent() + 1, self.words)
        painter.fillRect(field, palette.color(roles.Base))
        self._paint_curve(painter, field)
        self._paint_ticks(painter, field)
        if self._limit is not None:
            x = self._x(self._limit)
            painter.setPen(QPen(CURRENT, 2))
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom() + 1))
        focus = self.hasFocus()
        painter.setPen(QPen(palette.color(roles.Highlight if focus else roles.Mid), 2 if focus else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(field))

    def _paint_curve(self, painter: QPainter, field: QRect) -> None:
        line = ink(self.palette())
        points = [
            QPointF(self._x(float(limit)), field.bottom() - float(share) * (field.height() - 3))
            for limit, share in zip(self._limits, self._shares)
        ]
        area = QPolygonF([*points, QPointF(points[-1].x(), field.bottom()), QPointF(points[0].x(), field.bottom())])
        fill = QColor(line)
        fill.setAlphaF(0.18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(area)
        painter.setPen(QPen(line, 1.5))
        painter.drawPolyline(QPolygonF(points))

    def _paint_ticks(self, painter: QPainter, field: QRect) -> None:
        metrics = self.fontMetrics()
        first, last = round(float(self._limits[0])), round(float(self._limits[-1]))
        faint = QColor(ink(self.palette()))
        faint.setAlphaF(0.35)
        for limit in (first, *MARKED_K, last):
            x = self._x(limit)
            if limit in MARKED_K:
                painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            words = f"{limit} K" if limit == last else f"{limit}"
            width = metrics.boundingRect(words).width()
            left = min(max(x - width / 2, field.left()), field.right() - width)
            painter.setPen(ink(self.palette()))
            painter.drawText(QPointF(left, field.bottom() + 2 + metrics.ascent()), words)

    # Mouse and keys

    def mousePressEvent(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._shares.size:
            self._choose_at(mouse_position(event).x())
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: Any) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._shares.size:
            self._choose_at(mouse_position(event).x())

    def keyPressEvent(self, event: Any) -> None:
        step = {Qt.Key.Key_Left: -STEP_K, Qt.Key.Key_Right: STEP_K}.get(event.key())
        if step is None or not self._shares.size or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        self._choose((float(self._limits[-1]) if self._limit is None else self._limit) + step)

    def _choose_at(self, x: int) -> None:
        field, span = self._field(), float(self._limits[-1] - self._limits[0])
        self._choose(float(self._limits[0]) + (x - field.left()) / field.width() * span)

    def _choose(self, limit: float) -> None:
        """Take a limit over at once, so that the line follows the hand, and say so; the curve stays as it is."""
        limit = round(min(max(limit, float(self._limits[0])), float(self._limits[-1])), 1)
        if limit != self._limit:
            self._limit = limit
            self._tell()
            self.limit_chosen.emit(limit)
