# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The one place where errors become messages: QGIS's message bar and log, never a pop-up."""

from __future__ import annotations

import traceback
from typing import Any

from qgis.core import QgsApplication

from ..core.errors import Cancelled, SmosIbError
from .compat import message_level

TITLE = "SMOS-IB Explorer"


class Messages:
    """Says things to the user in QGIS's message bar, and writes tracebacks of the unexpected into the log. Main thread."""

    def __init__(self, iface: Any) -> None:
        self._bar = iface.messageBar()

    def info(self, text: str) -> None:
        """Say what happened; goes away by itself."""
        self._bar.pushMessage(TITLE, text, message_level("Info"), 6)

    def success(self, text: str) -> None:
        """Say that something the user asked for is done."""
        self._bar.pushMessage(TITLE, text, message_level("Success"), 8)

    def warning(self, text: str) -> None:
        """Say what the user should know; stays until it is closed."""
        self._bar.pushMessage(TITLE, text, message_level("Warning"), 0)

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
        self._bar.pushMessage(TITLE, f"Unexpected error. {what} The log has the details.", message_level("Critical"), 0)
