# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How far a reading is: a text with the remaining time, a bar, and a button that stops it."""

from __future__ import annotations

import time

from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy

from .texts import duration, tr


class ReadingRow(QHBoxLayout):
    """The row; `prefix` begins the object names of its parts: …Remaining, …Progress, …Cancel. All are hidden until something is read."""

    def __init__(self, prefix: str, accessible: str, width: int) -> None:
        """`width` is the most that the bar takes, in pixels."""
        super().__init__()
        self._started = 0.0
        self.remaining = QLabel(objectName=f"{prefix}Remaining")
        # A passing text must not widen the dock.
        self.remaining.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar(objectName=f"{prefix}Progress", maximum=1000, textVisible=False)
        self.bar.setAccessibleName(accessible)
        self.bar.setMaximumWidth(width)
        self.cancel = QPushButton(tr("Cancel"), objectName=f"{prefix}Cancel")
        self.addWidget(self.remaining, 1)
        self.addWidget(self.bar)
        self.addWidget(self.cancel)
        self.show_ended("")

    def show_progress(self, share: float, what: str) -> None:
        """Show how far the reading is, and the remaining time once it can be told."""
        if share <= 0 or self.cancel.isHidden():
            self._started = time.monotonic()
        self.bar.setValue(int(1000 * share))
        for widget in (self.bar, self.cancel, self.remaining):
            widget.setVisible(True)
        passed = time.monotonic() - self._started
        rest = duration(passed / share * (1 - share)) if share > 0 and passed > 1 else ""
        left = f" · {tr('{} left').format(rest)}" if rest else ""
        self.remaining.setText(f"{tr('reading')} {what}{left}" if what else tr("reading"))

    def show_ended(self, why: str) -> None:
        """Show that the reading has ended, and why if it ended early."""
        self.bar.setVisible(False)
        self.cancel.setVisible(False)
        self.remaining.setText(why)
        self.remaining.setVisible(bool(why))
