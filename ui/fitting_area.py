# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A scroll area that knows how high wrapped text is."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QEvent
from qgis.PyQt.QtWidgets import QScrollArea, QStackedWidget


class FittingArea(QScrollArea):
    """Gives the shown pages in it the height that their layouts need at the present width, and scrolls beyond.

    Qt's stacked pages ask for their minimum height without a width, as if wrapped labels had one line, and then squeeze the
    other widgets.
    """

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return bool(super().eventFilter(watched, event))

    def _fit(self) -> None:
        if self.widget() is None:
            return
        for stack in self.widget().findChildren(QStackedWidget, "pages"):
            for number in range(stack.count()):
                page = stack.widget(number)
                shown = page is stack.currentWidget() and page.layout() is not None
                page.setMinimumHeight(page.layout().minimumHeightForWidth(stack.width()) if shown else 0)
