# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Background work: pure core functions in QGIS's task manager, results on the main thread, the latest request of a kind wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress
from ..core.errors import Cancelled
from .compat import task_flags

Work = Callable[[Progress, Callable[[Any], None]], Any]
"""Gets a progress callable, which raises Cancelled, and one for partial results; runs in another thread; returns the result."""

Said = Callable[["CoreTask", str, tuple[Any, ...]], None]
GROWN, ADVANCED = "grown", "advanced"

WAIT_S = 10.0


class CoreTask(QgsTask):
    """Runs one piece of work. What it has to say meanwhile goes to `said`, which is called in the task's thread.

    A task that nobody wants any more is abandoned and not cancelled: QGIS deletes a task that is cancelled while it waits for
    its thread, and the thread may be starting it at that very moment.
    """

    def __init__(
        self, title: str, work: Work, ended: Callable[[CoreTask], None], said: Said, quiet: bool = False
    ) -> None:
        super().__init__(title, task_flags(quiet))
        self._work, self._ended, self._said = work, ended, said
        self._abandoned, self._idle = threading.Event(), threading.Event()
        self._idle.set()
        self.heard: Callable[[str, tuple[Any, ...]], None] = lambda which, values: None
        """Called on the main thread with what the work said."""
        self.result: Any = None
        self.error: Exception | None = None

    def abandon(self) -> None:
        """Let the work end at its next report of progress; it is then over for QGIS too."""
        self._abandoned.set()

    def wait_until_idle(self) -> None:
        """Wait until no thread works for this task (on the main thread, after `abandon`)."""
        self._idle.wait(WAIT_S)

    def run(self) -> bool:
        """Do the work (in a task thread)."""
        self._idle.clear()
        try:
            if not self._abandoned.is_set():
                self.result = self._work(self._progress, self._grow)
        except Cancelled as ended:
            self.error = ended  # not asked for, unless the task was abandoned: then nobody hears of it
            return self._abandoned.is_set()
        except Exception as error:  # the boundary: whatever the work raises is shown by the main thread
            self.error = error
            return False
        finally:
            self._idle.set()
        return True

    def finished(self, result: bool) -> None:
        """Hand over (on the main thread)."""
        self._ended(self)

    def _grow(self, part: Any) -> None:
        if not self._abandoned.is_set():
            self._said(self, GROWN, (part,))

    def _progress(self, share: float, what: str) -> None:
        if self._abandoned.is_set() or self.isCanceled():
            raise Cancelled
        self.setProgress(100 * share)
        self._said(self, ADVANCED, (share, what))


class _Post(QObject):
    """Carries what tasks say to the main thread. It outlives them all: a signal of their own could arrive after QGIS deleted its task."""

    said = pyqtSignal(object, str, object)

    def __init__(self) -> None:
        super().__init__()
        self.said.connect(self._deliver)

    def say(self, task: CoreTask, which: str, values: tuple[Any, ...]) -> None:
        """Say something (in any thread)."""
        self.said.emit(task, which, values)

    def _deliver(self, task: CoreTask, which: str, values: tuple[Any, ...]) -> None:
        task.heard(which, values)


class Background:
    """Starts tasks by kind. A new one of a kind cancels the older, whose results are then never delivered. Main thread."""

    def __init__(self) -> None:
        self._latest: dict[str, CoreTask] = {}
        self._alive: set[CoreTask] = set()
        self._is_closed = False
        self._post = _Post()

    def start(
        self,
        kind: str,
        title: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        grown: Callable[[Any], None] | None = None,
        advanced: Callable[[float, str], None] | None = None,
        quiet: bool = False,
    ) -> None:
        """Run `work` in a task, `quiet` where it is too short to be told of; then `done` or `failed` is called on the main thread, neither if `cancel` was.

        Work that the user ends in QGIS's own list of tasks fails with Cancelled.
        """
        self.cancel(kind)
        if self._is_closed:
            return

        def ended(task: CoreTask) -> None:
            self._alive.discard(task)
            if self._latest.get(kind) is not task:
                return
            del self._latest[kind]
            if task.isCanceled():
                failed(Cancelled())
            elif task.error is not None:
                failed(task.error)
            else:
                done(task.result)

        def heard(which: str, values: tuple[Any, ...]) -> None:
            listener = {GROWN: grown, ADVANCED: advanced}[which]
            if listener is not None and self._latest.get(kind) is task:
                listener(*values)

        task = CoreTask(title, work, ended, self._post.say, quiet)
        task.heard = heard
        self._alive.add(task)
        self._latest[kind] = task
        QgsApplication.taskManager().addTask(task)

    def cancel(self, kind: str) -> bool:
        """Cancel the work of a kind; its results are not delivered. Returns whether there was any."""
        task = self._latest.pop(kind, None)
        if task is None:
            return False
        task.abandon()
        return True

    def is_running(self, kind: str) -> bool:
        """Return whether work of a kind is under way."""
        return kind in self._latest

    def close(self) -> None:
        """Cancel everything, wait until no thread of ours is left, and start nothing any more."""
        self._is_closed = True
        for kind in list(self._latest):
            self.cancel(kind)
        for task in self._alive:
            task.abandon()
            task.wait_until_idle()
        self._alive.clear()
