# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tabs that leave little room beside their titles, so that those of the dock can be read."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QEvent, QObject, QTimer
from qgis.PyQt.QtWidgets import QApplication, QProxyStyle, QStyle, QTabBar

ROOM = 8
"""Pixels beside a title, both sides together; styles have 24 and more, with which six titles do not fit."""
OF_THEME = f"QTabBar::tab {{ padding-left: {ROOM // 2}px; padding-right: {ROOM // 2}px }}"


class _Narrow(QProxyStyle):
    """The style of QGIS but for that room."""

    def pixelMetric(self, metric: Any, option: Any = None, widget: Any = None) -> int:
        if metric == QStyle.PixelMetric.PM_TabBarTabHSpace:
            return ROOM
        return int(super().pixelMetric(metric, option, widget))


class NarrowTabs(QObject):
    """Makes a tab bar's tabs narrow, whether a style draws them or a theme's style sheet, also when that changes. Keep it as long as the bar."""

    def __init__(self, bar: QTabBar) -> None:
        super().__init__(bar)
        self._bar = bar
        self._style = _Narrow()
        self._style.setParent(bar)  # a widget does not own its style
        bar.setStyle(self._style)
        self._fit()
        bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange:
            QTimer.singleShot(0, self._fit)
        return False

    def _fit(self) -> None:
        """Say it in the words of style sheets only where a theme has one: it would take the style's look away."""
        application = QApplication.instance()
        is_themed = application is not None and "QTabBar::tab" in application.styleSheet()
        wanted = OF_THEME if is_themed else ""
        if self._bar.styleSheet() != wanted:
            self._bar.setStyleSheet(wanted)
