# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where time-series stores may be, and which of them holds an archive."""

from __future__ import annotations

import enum
import os
import threading
from pathlib import Path

from qgis.core import QgsProject

from ..core.archive import STORE_SUFFIX
from ..core.engine import Engine
from ..core.errors import UnreadableFile
from ..core.reader import Opened
from ..core.store.folder import is_for_a_store
from ..core.store.store import Store, StoreView
from .settings import cache_folder

MOST_OF_A_NAME = 50


class Place(enum.Enum):
    """A place for a store: beside the archive, in the project's folder, in the profile's cache."""

    BESIDE = "beside"
    PROJECT = "project"
    PROFILE = "profile"


class Stores:
    """Finds the store of an archive, wherever it is, and keeps it open. Any thread, but for what asks for the project: the main thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known: dict[Path, Store] = {}
        self._found: tuple[Opened, StoreView] | None = None
        self._project: Path | None = None

    def note_project(self) -> None:
        """Note where the current project's file is."""
        folder = QgsProject.instance().absolutePath()
        self._project = Path(folder) if folder else None

    def parents(self, archive: Path) -> dict[Place, Path]:
        """Return the folders in which a store of an archive may lie; without a project file there is none of the project's."""
        parents = {Place.BESIDE: archive.parent, Place.PROFILE: cache_folder() / "stores"}
        if self._project is not None:
            parents[Place.PROJECT] = self._project
        return {place: parents[place] for place in Place if place in parents}

    def writable(self, archive: Path) -> dict[Place, Path]:
        """Return those of the places where something can be written."""
        return {place: folder for place, folder in self.parents(archive).items() if can_write(folder)}

    def target(self, opened: Opened, parent: Path) -> Path:
        """Return the store's folder in a place: the one that holds this archive, else a name that no other archive's store has."""
        found = self.view(opened)
        if found is not None and found.is_own and found.store.folder.parent == parent:
            return found.store.folder
        name = opened.archive.root.name[:MOST_OF_A_NAME] or "archive"
        number, folder = 1, parent / f"{name}{STORE_SUFFIX}"
        while folder.exists() and not self._is_free_for(folder, opened):
            number += 1
            folder = parent / f"{name} {number}{STORE_SUFFIX}"
        return folder

    def view(self, opened: Opened) -> StoreView | None:
        """Return the store that holds most of an archive, as it is now; None where there is none. Costs some 20 ms when something is new."""
        with self._lock:
            if self._found is not None:
                of, view = self._found
                if of.archive is opened.archive and of.recognition is opened.recognition and not view.store.changed:
                    return view
            views = [one for folder in self._folders(opened.archive.root) if (one := self._view(folder, opened))]
            best = max(views, key=lambda one: (not one.standing.other_variables, one.standing.current), default=None)
            self._found = None if best is None else (opened, best)
            return best

    def forget(self) -> None:
        """Close the store that is open."""
        with self._lock:
            self._found = None
            self._known.clear()

    def _folders(self, archive: Path) -> list[Path]:
        folders = []
        for parent in dict.fromkeys(self.parents(archive).values()):
            try:
                with os.scandir(parent) as entries:
                    folders += sorted(Path(entry.path) for entry in entries if entry.name.endswith(STORE_SUFFIX))
            except OSError:
                continue
        return folders

    def _view(self, folder: Path, opened: Opened) -> StoreView | None:
        store = self._known.get(folder)
        if store is None or store.changed:
            try:
                store = Store.open(folder, self._engine, store)
            except UnreadableFile:
                store = None
        if store is None:
            self._known.pop(folder, None)
            return None
        self._known[folder] = store
        return store.view(opened)

    def _is_free_for(self, folder: Path, opened: Opened) -> bool:
        """Return whether a store of this archive may be built there: it is empty, broken, or was begun for this very folder."""
        try:
            store = Store.open(folder, self._engine)
        except UnreadableFile:
            return True
        if store is None:
            return folder.is_dir() and is_for_a_store(folder)
        return store.manifest.archive == str(opened.archive.root)


def nearest_folder(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def can_write(folder: Path) -> bool:
    """Return whether something can be written into a folder, or into one that is to be made."""
    return os.access(nearest_folder(folder), os.W_OK | os.X_OK)
