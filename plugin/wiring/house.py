# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What each topic of the composition root is given to be wired with the rest."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ...ui.dock import ExplorerDock
from ...ui.plot_dock import PlotDock
from ..adapters.map_actions import MapActions
from ..adapters.messages import Messages
from ..adapters.session import Session
from ..adapters.tasks import Background


@dataclass(frozen=True)
class House:
    """The parts that all topics share. What is added to QGIS pushes its undo on `undo`."""

    iface: Any
    undo: ExitStack
    messages: Messages
    background: Background
    session: Session
    actions: MapActions
    dock: ExplorerDock
    plot_dock: PlotDock

    def listen(self, signal: Any, slot: Any) -> None:
        """Connect to a signal that outlives the plugin."""
        signal.connect(slot)
        self.undo.callback(signal.disconnect, slot)
