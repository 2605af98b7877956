# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The maps that follow the user's hand: made in the background, handed out as fast as they can be drawn, the next ones made ahead."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..core.archive import Progress
from .day_map import DayMap, Recipe
from .tasks import Background

READY_MAPS = 16
"""Maps of a day kept at hand, each of 1–3 MB beside the budget of `RecentDays`. Periods, of 7 MB, are made again from their files."""
AT_HAND_S = 10.0
"""A map at hand is handed out at once for so long; then a task looks whether its daily file and its own are still what they were."""
LONG_S = 1.0
"""A period that takes longer gives way to another one; a shorter one is shown on the way."""
LOOK_AGAIN_MS = 200
SETTLED_MS = 250

Make = Callable[[Recipe, Progress], DayMap]


class MapFeed(QObject):
    """Hands out the map that was asked for last. Main thread; maps are made in tasks by `make`.

    A map is handed out only after the one before was drawn: more would cancel the drawing again and again, and nothing would be seen. What is
    asked for meanwhile replaces what was asked for before. Maps that are made already are handed out at once.
    """

    ready = pyqtSignal(object)  # DayMap
    failed = pyqtSignal(object, object)  # Recipe, Exception
    settled = pyqtSignal()  # what was asked for last is drawn
    made = pyqtSignal(object)  # DayMap: of the day asked for, or ahead; perhaps never handed out

    def __init__(
        self,
        background: Background,
        is_drawing: Callable[[], bool],
        use: Callable[[Path], bool] = Path.exists,
        parent: QObject | None = None,
    ) -> None:
        """`use` takes note that a map's file is used, and returns whether it is there."""
        super().__init__(parent)
        self._background, self._is_drawing, self._use = background, is_drawing, use
        self._make: Make | None = None
        self._ready: OrderedDict[Recipe, tuple[DayMap, float]] = OrderedDict()  # and until when it is at hand
        self._wanted: Recipe | None = None
        self._in_hand: Recipe | None = None
        self._is_stale = self._waits_for_drawing = False
        self._begun = 0.0
        self._ahead: deque[Recipe] = deque()
        self._patience = _single_shot(self, self._look_again)
        self._settle = _single_shot(self, self._start_ahead)

    @property
    def is_idle(self) -> bool:
        """True when the map that was asked for last has been drawn."""
        return self._wanted is None and not self._waits_for_drawing

    @property
    def at_hand(self) -> tuple[Recipe, ...]:
        """The maps that would be handed out at once."""
        now = time.monotonic()
        return tuple(recipe for recipe, (_, until) in list(self._ready.items()) if now < until)

    def use(self, make: Make | None) -> None:
        """Forget all maps and make new ones in this way: another archive is open, or other files are in it."""
        for kind in ("day", "prefetch"):
            self._background.cancel(kind)
        self._settle.stop()
        self._ready.clear()
        self._ahead.clear()
        self._make, self._wanted, self._in_hand, self._is_stale = make, None, None, False

    def want(self, recipe: Recipe, ahead: Iterable[Recipe] = (), travelling: bool = False) -> None:
        """Ask for a map; then, as soon as there is time, let those be made that may be wanted next, the likeliest first.

        `travelling` is True for a step that will probably be followed by another one like it; else there is time only after a moment's rest.
        """
        self._wanted = recipe
        self._ahead = deque(ahead)
        self._settle.setInterval(0 if travelling else SETTLED_MS)
        self._settle.stop()
        self._go_on()

    def drawn(self) -> None:
        """Hear that the canvas has drawn."""
        if self._waits_for_drawing:
            self._waits_for_drawing = False
            self._patience.stop()
            self._go_on()
            if self.is_idle:
                self._settle.start()  # not before: reading would take the processor from the drawing
                self.settled.emit()

    def _go_on(self) -> None:
        if self._wanted is None or self._waits_for_drawing:
            return
        made, until = self._ready.get(self._wanted, (None, 0.0))
        if made is not None and time.monotonic() < until and self._use(made.path):
            self._hand_out(made)
        elif self._in_hand is None or self._gives_way(self._in_hand, self._wanted):
            self._start(self._wanted)

    def _gives_way(self, made: Recipe, wanted: Recipe) -> bool:
        """Return whether what is being made is to be left; mostly it is soon there, and something to see on the way."""
        return made.is_long and made.period != wanted.period and time.monotonic() - self._begun > LONG_S

    def _start(self, recipe: Recipe) -> None:
        make = self._make
        if make is None:
            return
        self._in_hand, self._is_stale = recipe, False
        self._begun = time.monotonic()

        def done(made: DayMap) -> None:
            self._in_hand = None
            self._keep(made)
            if self._wanted is not None and not self._is_stale:
                self._hand_out(made)  # perhaps only on the way to what is wanted now
            self._go_on()

        def failed(error: Exception) -> None:
            self._in_hand = None
            if self._wanted == recipe:
                self._wanted = None
                self.failed.emit(recipe, error)
            else:
                self._go_on()

        self._background.start(
            "day",
            f"Reading {recipe.date}",
            lambda progress, grown: make(recipe, progress),
            done,
            failed,
            quiet=not recipe.is_long,
        )

    def _hand_out(self, made: DayMap) -> None:
        if made.recipe == self._wanted:
            self._wanted = None
        if made.recipe in self._ready:
            self._ready.move_to_end(made.recipe)
        self._is_stale, self._waits_for_drawing = True, True
        self._patience.start(LOOK_AGAIN_MS)
        self.ready.emit(made)

    def _keep(self, made: DayMap) -> None:
        if not made.recipe.is_long:
            self._ready[made.recipe] = made, time.monotonic() + AT_HAND_S
            self._ready.move_to_end(made.recipe)
            while len(self._ready) > READY_MAPS:
                self._ready.popitem(last=False)
        self.made.emit(made)

    def _look_again(self) -> None:
        """Go on although no drawing was heard of: a layer that is switched off, or out of sight, is not drawn."""
        if self._is_drawing():
            self._patience.start(LOOK_AGAIN_MS)
        else:
            self.drawn()

    def _start_ahead(self) -> None:
        make = self._make
        if make is None or not self._ahead or self._background.is_running("prefetch"):
            return

        def work(progress: Progress, grown: Any) -> None:
            while (recipe := self._next_ahead()) is not None:
                progress(0.0, recipe.date.isoformat())
                grown(make(recipe, progress))

        self._background.start(
            "prefetch",
            "Reading ahead",
            work,
            lambda result: None,
            lambda error: None,  # shown when that day is asked for
            grown=self._keep,
            quiet=True,
        )

    def _next_ahead(self) -> Recipe | None:
        """Return what to make ahead next, None when all is there; for the task."""
        queue = self._ahead  # another step may put another one in its place
        while queue:
            try:
                recipe = queue.popleft()
            except IndexError:
                return None
            if recipe not in self.at_hand:
                return recipe
        return None


def _single_shot(parent: QObject, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(slot)
    return timer
