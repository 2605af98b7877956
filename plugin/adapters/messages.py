# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The one place where errors become messages: QGIS's message bar and log, never a pop-up."""

from __future__ import annotations

import html
import traceback
from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtWidgets import QPushButton

from ..core.errors import Cancelled, SmosIbError
from .compat import message_level

TITLE = "SMOS-IB Explorer"


class Messages:
    """Says things to the user in QGIS's message bar, and writes tracebacks of the unexpected into the log. Main thread."""

    def __init__(self, iface: Any) -> None:
        self._bar = iface.messageBar()

    def info(self, text: str) -> None:
        """Say what happened; goes away by itself."""
        self._bar.pushMessage(TITLE, _shown(text), message_level("Info"), 6)

    def success(self, text: str) -> None:
        """Say that something the user asked for is done."""
        self._bar.pushMessage(TITLE, _shown(text), message_level("Success"), 8)

    def warning(self, text: str) -> None:
        """Say what the user should know; stays until it is closed."""
        self._bar.pushMessage(TITLE, _shown(text), message_level("Warning"), 0)

    def ask(self, text: str, label: str, name: str, act: Callable[[], None]) -> Callable[[], None]:
        """Say what the user should know, with a button (object name `name`) for what can be done. Return a function that withdraws it."""
        item = self._bar.createMessage(TITLE, _shown(text))
        button = QPushButton(label, item)
        button.setObjectName(name)
        button.setAccessibleDescription(text)
        button.clicked.connect(lambda checked=False: act())
        item.layout().addWidget(button)
        item.setLevel(message_level("Warning"))
        item.setDuration(0)
        self._bar.pushItem(item)

        def withdraw() -> None:
            if item in self._bar.items():  # else the user has closed it
                self._bar.popWidget(item)

        return withdraw

    def error(self, error: Exception) -> None:
        """Say what went wrong: our own errors as they are, others as unexpected with the traceback in the log."""
        if isinstance(error, Cancelled):
            self.info("Cancelled.")
            return
        if isinstance(error, SmosIbError):
            self.warning(str(error))
            return
        lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        QgsApplication.messageLog().logMessage(lines, TITLE, message_level("Critical"))
        what = f"{type(error).__name__}: {error}"
        self._bar.pushMessage(
            TITLE, _shown(f"Unexpected error. {what} The log has the details."), message_level("Critical"), 0
        )


def _shown(text: str) -> str:
    """The bar shows rich text, and a file's name or content may be in what is said."""
    return html.escape(text, quote=False)
