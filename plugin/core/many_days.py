# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps that many days went into: what was taken of their files, and what any such map can be asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from .archive import Granule, Problem
from .day import DailyGrid
from .errors import SmosIbError, UnreadableFile
from .grid import Cell, EaseGrid
from .names import Orbit
from .quality import Float32s, QualityCounts, QualityCriteria
from .variables import Role, Variable

AROUND_ZERO, AROUND_FIFTY, COUNT, SPREAD = "difference", "percentile", "count", "spread"
"""The looks of what is computed: diverging around zero, diverging from 0 to 100, from zero up, between the values that there are."""
MOST_NOTES = 20
"""Files of one kind that a map's notes name."""


def derived(source: Variable, suffix: str, title: str, units: str, ramp: str) -> Variable:
    """Return what is computed of a variable as a variable of its own, so that its name, units and look are right."""
    id, title = f"{source.id}-{suffix}", f"{source.title} {title}"
    role = Role(id, title, units, (), ramp=ramp, quality_controlled=source.quality_controlled)
    return Variable(id, source.netcdf_name, title, units, role)


@dataclass(frozen=True, eq=False)
class Taken:
    """What went into a map of many days. `granules` were used, `problems` are those that could not be; both in order of date."""

    grid: EaseGrid
    counts: QualityCounts
    """Retrievals of all days together."""
    granules: tuple[Granule, ...]
    problems: tuple[Problem, ...]
    window: tuple[Cell, Cell] | None
    unapplied: tuple[str, ...]
    notes: tuple[str, ...]
    """What is odd about files that were used."""


class Taking:
    """Collects what is taken of some granules of one orbit, in any order."""

    def __init__(self) -> None:
        self.grid: EaseGrid | None = None
        self._counts = QualityCounts(0, 0, 0, 0, 0)
        self._used: list[tuple[Granule, tuple[str, ...]]] = []
        self._bad: list[tuple[Granule, Problem]] = []
        self._windows: list[tuple[Cell, Cell] | None] = []
        self._unapplied: list[str] = []

    def add_day(self, day: DailyGrid) -> None:
        """Take in a day that was read from its file."""
        self.add_layout(day.grid, day.window, day.unapplied)
        self.add_counts(day.counts)
        self.add_granule(day.granule, day.notes)

    def add_layout(self, grid: EaseGrid, window: tuple[Cell, Cell] | None, unapplied: Sequence[str]) -> None:
        """Note where values lie, and which criteria could not be applied to them."""
        self.grid = grid
        self._windows.append(window)
        self._unapplied += unapplied

    def add_counts(self, counts: QualityCounts) -> None:
        """Count retrievals."""
        self._counts += counts

    def add_granule(self, granule: Granule, notes: Sequence[str]) -> None:
        """Note that a granule was used."""
        self._used.append((granule, tuple(notes)))

    def add_problem(self, granule: Granule, problem: Problem) -> None:
        """Note that a granule could not be used."""
        self._bad.append((granule, problem))

    def add_error(self, granule: Granule, error: SmosIbError) -> None:
        """Note why a granule could not be read."""
        self.add_problem(granule, Problem.of(granule.path, error))

    def finish(self, period: tuple[dt.date, dt.date]) -> Taken:
        """Return all of it. Raises UnreadableFile where no granule could be used."""
        used = sorted(self._used, key=lambda one: one[0].date)
        bad = [problem for _, problem in sorted(self._bad, key=lambda one: one[0].date)]
        if self.grid is None or not used:
            reason = bad[0].reason if bad else ""
            raise UnreadableFile(f"None of the {len(bad):,} files from {period[0]} to {period[1]} can be read.", reason)
        return Taken(
            self.grid,
            self._counts,
            tuple(granule for granule, _ in used),
            tuple(bad),
            _around(self._windows),
            tuple(dict.fromkeys(self._unapplied)),
            tuple(note for _, notes in used for note in notes),
        )


@dataclass(frozen=True, eq=False)
class ManyDays:
    """A map that many days of one orbit went into. `kept` is (rows, cols) float32, row 0 in the north, NaN where there is nothing to show."""

    kept: Float32s
    source: Variable
    """The variable that was read."""
    period: tuple[dt.date, dt.date]
    """First and last day that the map stands for."""
    orbit: Orbit
    criteria: QualityCriteria
    taken: Taken

    @property
    def grid(self) -> EaseGrid:
        """The grid of the arrays."""
        return self.taken.grid

    @property
    def variable(self) -> Variable:
        """What the values are: here the variable that was read."""
        return self.source

    @property
    def counts(self) -> QualityCounts:
        """Retrievals of all days together."""
        return self.taken.counts

    @property
    def granules(self) -> tuple[Granule, ...]:
        """The granules that were used, in order of date."""
        return self.taken.granules

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The granules that could not be used."""
        return self.taken.problems

    @property
    def window(self) -> tuple[Cell, Cell] | None:
        """North-west and south-east cell of a regional cut; None for a whole grid."""
        return self.taken.window

    @property
    def unapplied(self) -> tuple[str, ...]:
        """Criteria that could not be applied, because the archive lacks their layer."""
        return self.taken.unapplied

    @property
    def notes(self) -> tuple[str, ...]:
        """The files that are left out, and what is odd about others: the first of each, and how many more there are."""
        left_out = tuple(f"left out: {one.path.name}: {one.reason}" for one in self.problems)
        return (*_first(left_out, "files that are left out"), *_first(self.taken.notes, "notes on files"))


def _first(notes: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Return the first notes, with one that tells how many more there are."""
    more = len(notes) - MOST_NOTES
    return notes if more <= 0 else (*notes[:MOST_NOTES], f"and {more:,} more {what}; an audit of the folder lists all")


def _around(windows: Sequence[tuple[Cell, Cell] | None]) -> tuple[Cell, Cell] | None:
    """Return the window that holds all of some; None is the whole grid."""
    corners = [corner for window in windows if window is not None for corner in window]
    if len(corners) < 2 * len(windows):
        return None
    rows, cols = [one.row for one in corners], [one.col for one in corners]
    return Cell(min(rows), min(cols)), Cell(max(rows), max(cols))
