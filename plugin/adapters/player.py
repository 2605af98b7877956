# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Playing: one step after the other, at a steady pace that never runs ahead of the drawing."""

from __future__ import annotations

import time
from collections.abc import Callable

from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal

FRAMES_PER_SECOND = 10.0


class Player(QObject):
    """Calls `step` again and again, which returns False at the end of the record. Main thread.

    The next step is due a frame's time after the last one was due, but only once `drawn` was called; lost time is not made up for.
    """

    playing_changed = pyqtSignal(bool)

    def __init__(self, step: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.frames_per_second = FRAMES_PER_SECOND
        self._step = step
        self._next = 0.0
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setTimerType(Qt.TimerType.PreciseTimer)
        self._due.timeout.connect(self._go)
        self.is_playing = False

    def toggle(self) -> None:
        """Play, or stop."""
        self.stop() if self.is_playing else self.play()

    def play(self) -> None:
        """Begin to play."""
        if not self.is_playing:
            self.is_playing = True
            self.playing_changed.emit(True)
            self._go()

    def stop(self) -> None:
        """Stop playing."""
        self._due.stop()
        if self.is_playing:
            self.is_playing = False
            self.playing_changed.emit(False)

    def drawn(self) -> None:
        """Hear that the last step can be seen."""
        if self.is_playing:
            self._due.start(max(0, round(1000 * (self._next - time.monotonic()))))

    def _go(self) -> None:
        now, frame = time.monotonic(), 1 / self.frames_per_second
        self._next = (self._next if now - self._next < frame else now) + frame
        if not self._step():
            self.stop()
