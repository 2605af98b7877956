# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What there is on each day and how much the RMSE limit keeps, of all land or of the chosen cell, as the choice and the criteria are now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..core.availability import CellAvailability
from ..core.day import DailyGrid
from ..core.grid import EaseGrid
from ..core.series import TimeSeries
from ..core.tally import CURVE_LIMITS, Tally
from ..core.variables import Variable
from .availability_keeper import AvailabilityKeeper
from .day_map import DayMap
from .session import Session
from .tasks import Background

SOON_MS = 120
"""After the last change: a dragged limit or a playing map asks for a new overview faster than it can be read."""


@dataclass(frozen=True, eq=False)
class Retention:
    """Shares (0–1) kept at `limits` (K), both (n,), under the other criteria; `limit` is the current one, None for none.

    `of_cell` tells whose: a cell's record, or one day. Without an RMSE that decides, `why_not` says so and the arrays are empty.
    """

    of_cell: bool
    limit: float | None
    shares: NDArray[np.float64]
    limits: NDArray[np.float64]
    why_not: str = ""


class Overview(QObject):
    """Follows the session, and tells when it has not changed for a moment. Main thread; days are counted by the keeper's tasks."""

    land_changed = pyqtSignal(object)  # LandAvailability or None
    cell_changed = pyqtSignal(object)  # CellAvailability or None
    retention_changed = pyqtSignal(object)  # Retention or None

    def __init__(self, session: Session, keeper: AvailabilityKeeper, background: Background) -> None:
        super().__init__(session)
        self._session, self._keeper, self._background = session, keeper, background
        self._land_cells: dict[str, int | None] = {}
        self._of_cell = False
        self._counted: tuple[object, Tally] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._tell)
        for changed in (session.opened_changed, session.day_ready, session.cells.series_changed, keeper.changed):
            changed.connect(lambda news: self._soon.start())

    def tell_of_cell(self, of_cell: bool) -> None:
        """Let the retention be that of the chosen cell's record, or of the day."""
        if of_cell != self._of_cell:
            self._of_cell = of_cell
            self._soon.start()

    def rest(self, resting: bool) -> None:
        """Count no days for a while: what the user does now needs the processor."""
        self._keeper.pause() if resting else self._keeper.resume()

    def _tell(self) -> None:
        opened, chosen, shown = self._session.opened, self._session.selection, self._session.shown
        if opened is None or chosen is None or shown is None:
            self._keeper.close()
            for changed in (self.land_changed, self.cell_changed, self.retention_changed):
                changed.emit(None)
            return
        if not self._background.is_running("day"):
            self._keeper.fill(opened, chosen.variable, chosen.orbit, chosen.date)
        grid = opened.recognition.grid
        self._count_land(grid)
        series = self._session.cells.series
        variable = _of_series(series, chosen.variable)
        land = self._land_cells.get(grid.name) if shown.content.window is None else None  # a regional cut has its own
        self.land_changed.emit(self._keeper.availability(chosen.criteria, land))
        self.cell_changed.emit(
            CellAvailability.of(opened.archive, series, variable, chosen.criteria) if series and variable else None
        )
        self.retention_changed.emit(self._retention(shown, series, variable))

    def _retention(self, shown: DayMap, series: TimeSeries | None, variable: Variable | None) -> Retention | None:
        chosen = self._session.selection
        if self._of_cell and series is not None and variable is not None:
            tally, controlled, has_rmse = Tally.of_series(series, variable), variable.quality_controlled, series.rmse
        elif isinstance(shown.content, DailyGrid):
            day = shown.content.retrievals
            tally, controlled, has_rmse = self._tally_of(shown.content), day.variable.quality_controlled, day.rmse
        else:
            return None
        if chosen is None:
            return None
        why_not = "" if controlled else "Quality control does not apply to this variable."
        if has_rmse is None:
            why_not = "This archive has no RMSE layer."
        shares = np.empty(0) if why_not else tally.retention(chosen.criteria)
        return Retention(self._of_cell and series is not None, chosen.criteria.max_rmse, shares, CURVE_LIMITS, why_not)

    def _tally_of(self, day: DailyGrid) -> Tally:
        """Count a day once, whatever the criteria; the strip then knows it too."""
        if self._counted is None or self._counted[0] is not day.retrievals:
            tally = Tally.of_day(day.retrievals)
            self._counted = day.retrievals, tally
            self._keeper.take(day.retrievals, tally)
        return self._counted[1]

    def _count_land(self, grid: EaseGrid) -> None:
        """Count the land cells of a grid, once: shares are of them, or of the day's retrievals where there is no world map."""
        if grid.name in self._land_cells or self._background.is_running("land"):
            return

        def done(mask: NDArray[np.bool_] | None) -> None:
            self._land_cells[grid.name] = None if mask is None else int(mask.sum())
            self._soon.start()

        land, failed = self._session.land, self._session.failed.emit
        self._background.start(
            "land", "Counting land cells", lambda progress, grown: land(grid), done, failed, quiet=True
        )


def _of_series(series: TimeSeries | None, wanted: str) -> Variable | None:
    """Return the shown variable, or the first one of a series that does not hold it."""
    if series is None:
        return None
    return next((one for one in series.variables if one.id == wanted), series.variables[0])
