# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered between sessions, in QGIS's settings under `smosib/`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings

from ..core.corrections import Corrections
from ..core.profile import corrections_from_text, corrections_to_text


class Settings:
    """The last folder, and what the user corrected for each folder. One instance a thread."""

    def __init__(self) -> None:
        self._store = QgsSettings()

    @property
    def last_folder(self) -> str:
        """The folder that was opened last, empty if none was."""
        return str(self._store.value("smosib/lastFolder", "") or "")

    @last_folder.setter
    def last_folder(self, folder: str) -> None:
        self._store.setValue("smosib/lastFolder", folder)

    def corrections(self, folder: Path) -> Corrections:
        """Return what the user corrected for a folder, nothing if he never did."""
        return corrections_from_text(str(self._store.value(self._key(folder), "") or ""))

    def remember_corrections(self, folder: Path, corrections: Corrections) -> None:
        """Keep what the user corrected for a folder."""
        if corrections:
            self._store.setValue(self._key(folder), corrections_to_text(corrections))
        else:
            self._store.remove(self._key(folder))

    @staticmethod
    def _key(folder: Path) -> str:
        # Settings keys split at slashes; the folder's own name could not be one.
        return f"smosib/corrections/{hashlib.blake2b(str(folder.resolve()).encode(), digest_size=8).hexdigest()}"


def cache_folder() -> Path:
    """Return where files that can be made again live, in the user's profile."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "cache" / "smosib"


def demo_folder() -> Path:
    """Return where the dock's demo archive lives."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "smosib" / "demo (synthetic)"
