# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Building, updating and deleting the open archive's time-series store, in the background. Knows no widget."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.archive import Progress
from ..core.errors import Cancelled
from ..core.reader import Opened, Reader
from ..core.store.build import BuildResult, build_store
from ..core.store.estimate import Estimate, estimate_build
from ..core.store.folder import remove_store
from ..core.store.store import Standing, StoreView
from .software import software_name
from .stores import Place, Stores, nearest_folder
from .tasks import Background

LOOK_S = 0.1
"""How often a paused build looks whether it should go on."""


@dataclass(frozen=True)
class StoreState:
    """What there is of a store: its folder, None where there is none or it is another archive's, and how it stands to this archive.

    `granules` is how many there are, `a_click` how many of them a series reads without a store. `places` are where a store could be built,
    with the free bytes there.
    """

    granules: int
    a_click: int
    folder: Path | None = None
    standing: Standing | None = None
    size: int = 0
    places: tuple[tuple[Place, Path, int], ...] = ()


class StoreKeeper(QObject):
    """Main thread; the work is done in tasks."""

    state_changed = pyqtSignal(object)  # StoreState or None
    estimated = pyqtSignal(object)  # Estimate
    advanced = pyqtSignal(float, str, float)  # share, what is being done, seconds left (negative: not known)
    ended = pyqtSignal()  # a build ended, however it did
    told = pyqtSignal(str)
    failed = pyqtSignal(object)  # Exception

    def __init__(self, reader: Reader, background: Background, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: StoreState | None = None
        self._reader, self._background, self._stores = reader, background, stores
        self._opened: Opened | None = None
        self._run = threading.Event()
        self._stop = threading.Event()
        self._began = self._paused_at = 0.0

    @property
    def is_building(self) -> bool:
        """True while a build is under way, paused or not."""
        return self._background.is_running("store")

    @property
    def is_paused(self) -> bool:
        """True while a build waits."""
        return self.is_building and not self._run.is_set()

    def take_archive(self, opened: Opened | None) -> None:
        """Look which store the archive has; for another archive that waits for `look_first`. A build of another archive ends."""
        other = self._opened is None or opened is None or self._opened.archive.root != opened.archive.root
        self._opened = opened
        if other:
            self.cancel()
            for kind in ("store state", "store estimate"):
                self._background.cancel(kind)
            self._is(None)
        else:
            self.look()

    def look_first(self) -> None:
        """Look which store the archive has, unless that is known: after the first map, which must not wait for it."""
        if self.state is None and not self._background.is_running("store state"):
            self.look()

    def look(self) -> None:
        """Look again what there is, in the background."""
        opened = self._opened
        if opened is None:
            return
        self._stores.note_project()
        self._background.start(
            "store state",
            "Looking for the time-series store",
            lambda progress, grown: self._look(opened),
            self._is,
            self.failed.emit,
        )

    def estimate(self) -> None:
        """Say what building will take, from a few granules read in the background."""
        opened = self._opened
        if opened is None or self.is_building:
            return

        def work(progress: Progress, grown: Any) -> Estimate:
            view = self._stores.view(opened)
            granules = opened.archive.granules if view is None else view.to_build()
            return estimate_build(self._reader, opened, granules, progress)

        self._background.start(
            "store estimate", "Estimating the time-series store", work, self.estimated.emit, self.failed.emit
        )

    def build(self, parent: Path) -> None:
        """Build the store in a place, or bring it up to date."""
        opened = self._opened
        if opened is None or self.is_building:
            return
        self._stop.clear()
        self._run.set()
        self._began = time.monotonic()

        def work(progress: Progress, grown: Any) -> BuildResult | None:
            def steady(share: float, what: str) -> None:
                progress(share, what)
                while not self._run.wait(LOOK_S):
                    progress(share, what)
                if self._stop.is_set():
                    raise Cancelled

            try:
                folder = self._stores.target(opened, parent)
                return build_store(self._reader, opened, folder, software_name(), steady)
            except Cancelled:
                return None

        self._background.start(
            "store",
            f"Time-series store of {opened.archive.root.name}",
            work,
            self._built,
            self._failed,
            advanced=self._advanced,
        )
        self.advanced.emit(0.0, "", -1.0)

    def pause(self) -> None:
        """Let a build wait, or go on."""
        if not self.is_building:
            return
        if self.is_paused:
            self._began += time.monotonic() - self._paused_at
            self._run.set()
        else:
            self._run.clear()
            self._paused_at = time.monotonic()

    def cancel(self) -> None:
        """Stop a build; what it has finished stays and is used."""
        self._stop.set()
        self._run.set()

    def remove(self) -> None:
        """Delete the store."""
        folder = self.state.folder if self.state else None
        if folder is None or self.is_building:
            return

        def work(progress: Progress, grown: Any) -> None:
            self._stores.forget()
            remove_store(folder)

        self._background.start(
            "store",
            "Deleting the time-series store",
            work,
            lambda result: self._removed(folder),
            self._failed,
        )

    def _look(self, opened: Opened) -> StoreState:
        """Return what there is (in a task)."""
        view = self._stores.view(opened)
        places = tuple(
            (place, folder, _free(folder)) for place, folder in self._stores.writable(opened.archive.root).items()
        )
        archive = opened.archive
        counts = len(archive.granules), max(len(archive.dates(orbit)) for orbit in archive.orbits)
        if view is None:
            return StoreState(*counts, places=places)
        folder = view.store.folder if view.is_own else None
        return StoreState(*counts, folder, view.standing, _size(view), places)

    def _is(self, state: StoreState | None) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _advanced(self, share: float, what: str) -> None:
        spent = time.monotonic() - self._began
        # The first granules tell little.
        self.advanced.emit(share, what, spent / share * (1 - share) if share > 0.01 and spent > 3 else -1.0)

    def _built(self, result: BuildResult | None) -> None:
        self.ended.emit()
        self.told.emit(
            "The time-series store was stopped; what is finished is used, and building goes on from there."
            if result is None
            else f"The time-series store is ready: {result}"
        )
        self.look()

    def _failed(self, error: Exception) -> None:
        self.ended.emit()
        self.failed.emit(error)
        self.look()

    def _removed(self, folder: Path) -> None:
        self.ended.emit()
        self.told.emit(f"The time-series store {folder.name} was deleted.")
        self.look()


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(nearest_folder(folder)).free
    except OSError:
        return 0


def _size(view: StoreView) -> int:
    size = 0
    for path in view.store.folder.rglob("*"):
        try:
            size += path.stat().st_size
        except OSError:
            continue
    return size
