# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A scroll area that knows how high wrapped text is."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QEvent
from qgis.PyQt.QtWidgets import QScrollArea, QStackedWidget, QWidget


class FittingArea(QScrollArea):
    """Gives the shown one of the pages in it the height that their layouts need at the present width, and scrolls beyond. It is never narrower than they.

    Qt's stacked pages ask for their minimum height without a width, as if wrapped labels had one line, and then squeeze the
    other widgets.
    """

    def __init__(self, contents: QWidget, pages: QStackedWidget) -> None:
        super().__init__()
        self._pages = pages
        self.setWidget(contents)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return bool(super().eventFilter(watched, event))

    def _fit(self) -> None:
        # Here and not once: style sheets come later than the widgets, and want more room.
        self.setMinimumWidth(self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width())
        for number in range(self._pages.count()):
            page = self._pages.widget(number)
            shown = page is self._pages.currentWidget() and page.layout() is not None
            page.setMinimumHeight(page.layout().minimumHeightForWidth(self._pages.width()) if shown else 0)
