# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting on signals, never on the clock."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QEventLoop, QTimer

TIME_LIMIT_MS = 60_000


def let_events_pass() -> None:
    """Let everything happen that Qt has been asked to do next."""
    timer = QTimer()
    timer.setSingleShot(True)
    wait_for(timer.timeout, lambda: timer.start(0))


def wait_for(
    signal: Any, act: Callable[[], Any] = lambda: None, until: Callable[..., bool] = lambda *values: True
) -> tuple[Any, ...]:
    """Do something, then wait for a signal whose values satisfy `until`; return these values."""
    loop = QEventLoop()
    received: list[tuple[Any, ...]] = []

    def take(*values: Any) -> None:
        if not received and until(*values):
            received.append(values)
            loop.quit()

    signal.connect(take)
    try:
        act()
        if not received:
            QTimer.singleShot(TIME_LIMIT_MS, loop.quit)
            loop.exec()
    finally:
        signal.disconnect(take)
    if not received:
        faulthandler.dump_traceback(sys.__stderr__)  # what the threads are doing instead
    assert received, f"the signal did not come within {TIME_LIMIT_MS / 1000:.0f} s"
    return received[0]
