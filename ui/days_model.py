# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The days of an archive as a list, newest first, with the gaps between them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from qgis.PyQt.QtCore import QAbstractListModel, QModelIndex, Qt

from ..plugin.core.archive import Archive, DayRange
from ..plugin.core.names import Orbit
from .texts import tr


class DaysModel(QAbstractListModel):
    """Rows are days with a granule, and ranges of days without one, which cannot be chosen."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Archive | None, Orbit] = (None, Orbit.UNKNOWN)
        self._entries: list[dt.date | DayRange] = []
        self._rows: dict[dt.date, int] = {}

    def show(self, archive: Archive | None, orbit: Orbit) -> None:
        """List the days of one orbit."""
        if self._shown[0] is archive and self._shown[1] is orbit:
            return
        self._shown = archive, orbit
        self.beginResetModel()
        days = archive.dates(orbit) if archive else []
        gaps = archive.missing(orbit) if archive else []
        self._entries = sorted(
            [*days, *gaps], key=lambda one: one.first if isinstance(one, DayRange) else one, reverse=True
        )
        self._rows = {entry: row for row, entry in enumerate(self._entries) if isinstance(entry, dt.date)}
        self.endResetModel()

    def day_at(self, index: QModelIndex) -> dt.date | None:
        """Return the day of a row, None for a gap."""
        entry = self._entries[index.row()] if index.isValid() else None
        return entry if isinstance(entry, dt.date) else None

    def index_of(self, day: dt.date) -> QModelIndex:
        """Return the row of a day, invalid where it has none."""
        return self.index(self._rows[day]) if day in self._rows else QModelIndex()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self._entries)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        entry = self._entries[index.row()]
        if isinstance(entry, DayRange):
            text = tr("no file: {}") if entry.days == 1 else tr("no file: {} ({} days)")
            return text.format(entry, entry.days)
        return entry.isoformat()

    def flags(self, index: QModelIndex) -> Any:
        if self.day_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
