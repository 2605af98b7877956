# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What there is on each calendar day: a file or none, retrievals or none, kept ones or only rejected ones; on all land, or at a cell."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .archive import ONE_DAY, Archive
from .errors import NotInArchive
from .names import Orbit
from .quality import Float32s, QualityCriteria, Reasons, tell_fate
from .series import TimeSeries
from .tally import Counts, Tallies
from .variables import Variable

States = NDArray[np.uint8]


class State(enum.IntEnum):
    """What there is on a day. NOT_LOOKED: its file was not read yet."""

    NO_FILE = 0
    UNREADABLE = 1
    NOT_LOOKED = 2
    NO_RETRIEVAL = 3
    REJECTED = 4
    KEPT = 5


@dataclass(frozen=True, eq=False)
class Availability:
    """The days from `first` on, one after the other: (days,) `states` of `State`, and `shares` (0–1) that are kept, 0 where nothing is.

    `problems` tell why a day's file cannot be read.
    """

    first: dt.date
    states: States
    shares: Float32s
    problems: Mapping[dt.date, str]

    @property
    def last(self) -> dt.date:
        """The last day."""
        return self.first + (self.states.size - 1) * ONE_DAY

    def index(self, day: dt.date) -> int | None:
        """Return where a day stands in the arrays, None before the first and after the last."""
        number = (day - self.first).days
        return number if 0 <= number < self.states.size else None

    def describe(self, day: dt.date) -> str:
        """Return what there is on a day in one line, such as `2020-02-29 · 51,203 of 84,210 retrievals kept (21 % of land cells)`."""
        index = self.index(day)
        state = State.NO_FILE if index is None else State(int(self.states[index]))
        if index is None or state is State.NO_FILE:
            return f"{day} · no file"
        if state is State.UNREADABLE:
            return f"{day} · unreadable: {self.problems[day]}"
        return f"{day} · not looked at yet" if state is State.NOT_LOOKED else f"{day} · {self._found(index, state)}"

    def _found(self, index: int, state: State) -> str:
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class LandAvailability(Availability):
    """Of all land: (days,) counts of `retrievals` and of `kept` ones. Shares are of `land_cells`, of the day's retrievals where that is None."""

    retrievals: Counts = field(repr=False)
    kept: Counts = field(repr=False)
    land_cells: int | None = None

    @classmethod
    def of(
        cls,
        archive: Archive,
        orbit: Orbit,
        tallies: Tallies,
        criteria: QualityCriteria,
        land_cells: int | None = None,
        problems: Mapping[dt.date, str] | None = None,
    ) -> LandAvailability:
        """Return the days of an orbit's span under some criteria, as far as they were counted. Raises NotInArchive without a granule."""
        first, states = _days_with_files(archive, orbit, problems or {})
        at = (tallies.days - np.datetime64(first)).astype(np.int64)
        inside = (at >= 0) & (at < states.size)
        inside[inside] = states[at[inside]] == State.NOT_LOOKED
        retrievals, kept = np.zeros((2, states.size), dtype=np.int64)
        retrievals[at[inside]], kept[at[inside]] = tallies.retrievals[inside], tallies.kept(criteria)[inside]
        found = np.where(kept > 0, State.KEPT, np.where(retrievals > 0, State.REJECTED, State.NO_RETRIEVAL))
        states[at[inside]] = found[at[inside]]
        whole = np.maximum(retrievals, 1) if land_cells is None else max(land_cells, 1)
        shares = np.minimum(kept / whole, 1).astype(np.float32)
        return cls(first, states, shares, problems or {}, retrievals, kept, land_cells)

    def _found(self, index: int, state: State) -> str:
        if state is State.NO_RETRIEVAL:
            return "no retrievals"
        if state is State.REJECTED:
            return f"none of {self.retrievals[index]:,} retrievals kept"
        percent = 100 * float(self.shares[index])
        share = f"{percent:.0f} %" if percent >= 1 else f"{percent:.1g} %"
        of = " of land cells" if self.land_cells is not None else ""
        return f"{self.kept[index]:,} of {self.retrievals[index]:,} retrievals kept ({share}{of})"


@dataclass(frozen=True, eq=False)
class CellAvailability(Availability):
    """Of one cell: its series, where each day stands in it ((days,), −1 where it does not), and its reasons under the criteria."""

    series: TimeSeries
    variable: Variable
    criteria: QualityCriteria
    at: Counts = field(repr=False)
    reasons: Reasons = field(repr=False)

    @classmethod
    def of(
        cls, archive: Archive, series: TimeSeries, variable: Variable, criteria: QualityCriteria
    ) -> CellAvailability:
        """Return the days of the span of the series' orbit; `variable` is one of the series. Raises NotInArchive without a granule."""
        paths = {problem.path: problem.reason for problem in series.problems}
        granules = archive.granules_of(series.orbit)
        problems = {one.date: paths[one.path] for one in granules if one.path in paths}
        first, states = _days_with_files(archive, series.orbit, problems)
        days = (series.dates - np.datetime64(first)).astype(np.int64)
        known = np.flatnonzero((days >= 0) & (days < states.size))
        at = np.full(states.size, -1, dtype=np.int64)
        at[days[known]] = known
        kept, reasons = series.under(variable, criteria)
        there = np.where(np.isnan(series.values[variable.id]), State.NO_RETRIEVAL, State.REJECTED)
        states[days[known]] = np.where(np.isnan(kept), there, State.KEPT)[known]
        shares = (states == State.KEPT).astype(np.float32)
        return cls(first, states, shares, problems, series, variable, criteria, at, reasons)

    def _found(self, index: int, state: State) -> str:
        series, at = self.series, int(self.at[index])
        if state is State.NO_RETRIEVAL:
            return "no retrieval"
        flag, rmse = (None if layer is None else float(layer[at]) for layer in (series.scene_flag, series.rmse))
        value = self.variable.tell(float(series.values[self.variable.id][at]))
        return f"{value} · {tell_fate(int(self.reasons[at]), flag, rmse, self.criteria)}"


def _days_with_files(archive: Archive, orbit: Orbit, problems: Mapping[dt.date, str]) -> tuple[dt.date, States]:
    """Return an orbit's first day, and for each day to the last whether there is no file, one that cannot be read, or one not looked at."""
    span = archive.span(orbit)
    if span is None:
        raise NotInArchive(f"The archive has no {orbit.title} granule.")
    states = np.full(span.days, State.NO_FILE, dtype=np.uint8)
    numbers = (archive.day_numbers(orbit) - np.datetime64(span.first)).astype(np.int64)
    states[numbers] = State.NOT_LOOKED
    bad = [(day - span.first).days for day in problems if span.first <= day <= span.last]
    states[bad] = State.UNREADABLE
    return span.first, states
