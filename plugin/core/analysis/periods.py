# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Means of calendar months and years: of one record, and of many cells at once. Periods are calendar periods in UTC, as the days are."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Union

import numpy as np
from numpy.typing import NDArray

from .climatology import need_least
from .days_of_year import Days
from .samples import Floats, Integers, Samples, Values

Whole = Union[NDArray[np.int32], NDArray[np.int64]]
LEAST_IN_MEAN = 3
"""The fewest values of a period's mean, where nobody says otherwise."""


class PeriodLength(enum.Enum):
    """How long a period is."""

    MONTH = "month"
    YEAR = "year"

    @property
    def a_decade(self) -> int:
        """How many periods are a decade."""
        return 120 if self is PeriodLength.MONTH else 10

    def numbers(self, days: Days) -> Integers:
        """Return the period that each day lies in, counted from the first of 1970."""
        unit = "datetime64[M]" if self is PeriodLength.MONTH else "datetime64[Y]"
        numbers: Integers = days.astype(unit).astype(np.int64)
        return numbers

    def first_days(self, numbers: Integers) -> Days:
        """Return the first day of each period, from its number."""
        unit = "datetime64[M]" if self is PeriodLength.MONTH else "datetime64[Y]"
        first: Days = numbers.astype(unit).astype("datetime64[D]")
        return first

    def starts(self, first: dt.date, last: dt.date) -> Days:
        """Return the first day of each period from that of one day to that of another, both included; none where `last` is before `first`."""
        low, high = self.numbers(np.array([first, last], "datetime64[D]"))
        return self.first_days(np.arange(low, high + 1))

    def parts(self, first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
        """Return first and last day of each month or year from one day to another, cut to these; none where `last` is before `first`."""
        starts: list[dt.date] = [one.item() for one in self.starts(first, last)]
        ends = [*(one - dt.timedelta(days=1) for one in starts[1:]), last]
        return [(max(start, first), end) for start, end in zip(starts, ends)]

    @property
    def longest_gap(self) -> int:
        """How many days in a row a record may lack of a period: a quarter of a month, a tenth of a year. Three winter months are no year."""
        return 7 if self is PeriodLength.MONTH else 36

    def covered(self, starts: Days, days: Days) -> NDArray[np.bool_]:
        """Return of which of some consecutive periods, by their first days, a record has days throughout: gaps within `longest_gap`.

        `days` are those that the record has, with or without a value, in any order, none of them NaT.
        """
        after = self.first_days(self.numbers(starts[-1:]) + 1)
        edges = np.append(starts, after).astype(np.int64)
        own = np.unique(days).astype("datetime64[D]").astype(np.int64)
        own = own[(own >= edges[0]) & (own < edges[-1])]
        points = np.concatenate([edges - 0.5, own])  # an edge lies between two days
        order = np.argsort(points, kind="stable")
        steps, is_own = np.diff(points[order]), order >= edges.size
        lacking = steps - (is_own[1:].astype(np.float64) + is_own[:-1]) / 2
        covered: NDArray[np.bool_] = np.maximum.reduceat(lacking, np.flatnonzero(~is_own)[:-1]) <= self.longest_gap
        return covered

    def positions(self, days: Days) -> Floats:
        """Return where days lie in time, in periods since the first of 1970, whose middle is 0: the middle of each period is a whole number."""
        numbers = self.numbers(days)
        start, end = self.first_days(numbers), self.first_days(numbers + 1)
        share = ((days - start).astype(np.int64) + 0.5) / (end - start).astype(np.int64)
        positions: Floats = numbers + share - 0.5
        return positions


def decades(length: PeriodLength, steps: int) -> Floats:
    """Return how many decades each of so many steps lies after the first, (steps,): i / 120 for months, i / 10 for years."""
    return np.arange(steps) / length.a_decade


def calendar_months(starts: Days) -> Integers:
    """Return the calendar month of each day, 1…12: the seasons of monthly steps."""
    months: Integers = starts.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return months


@dataclass(frozen=True, eq=False)
class PeriodMeans:
    """The means of consecutive calendar periods, in the values' units; arrays are (steps,). `starts` is datetime64[D], each period's first day.

    `means` is NaN where fewer than the least number of values is kept, or the record lacks a long part of the period; `counts` and `sums` are
    told in any case.
    """

    length: PeriodLength
    starts: Days
    means: Floats
    counts: Integers
    sums: Floats

    @property
    def middles(self) -> Days:
        """The day in the middle of each period, where its mean is drawn."""
        end = self.length.first_days(self.length.numbers(self.starts) + 1)
        middles: Days = self.starts + (end - self.starts) // 2
        return middles


def period_means(
    days: Days,
    values: Values,
    length: PeriodLength,
    least: int = 1,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> PeriodMeans:
    """Return the means of all periods from that of `first` to that of `last` (None: the earliest and the latest of the days).

    Values run along datetime64[D], in any order; NaN counts nowhere, nor does a day before `first` or after `last`. The days, with or
    without a value, tell which parts of a period the record lacks. Values count as float32, whose sums are exact: equal means stay equal in whatever order their values come.
    Raises BadRequest of a `least` below 1.
    """
    need_least(least)
    if first is None:
        first = days.min().item() if days.size else dt.date.max
    if last is None:
        last = days.max().item() if days.size else dt.date.min
    starts = length.starts(first, last)
    chosen = np.isfinite(values) & (days >= np.datetime64(first)) & (days <= np.datetime64(last))
    order = np.argsort(days[chosen], kind="stable")
    number = length.numbers(days[chosen][order])
    bounds = np.searchsorted(number, length.numbers(starts))
    samples = Samples(np.append(bounds, number.size), values[chosen][order].astype(np.float32).astype(np.float64))
    sums, counts, means = samples.sums(samples.values), samples.count, np.full(starts.size, np.nan)
    if days.size and starts.size:
        inside = days[(days >= np.datetime64(first)) & (days <= np.datetime64(last))]
        means = np.where(length.covered(starts, inside), means_of(sums, counts, least), np.nan)
    return PeriodMeans(length, starts, means, counts, sums)


def cell_period_sums(
    cell_starts: Whole,
    days: Whole | Days,
    values: Values,
    length: PeriodLength,
    first: dt.date,
    last: dt.date,
) -> tuple[Floats, Integers]:
    """Return sum and count of the values of each cell in each period from that of `first` to that of `last`, (cells, steps) twice.

    Cell i has the values from `cell_starts[i]` to `cell_starts[i + 1]`, (cells + 1,); `days` along them are datetime64[D] or whole days since
    1970-01-01. NaN and days before `first` or after `last` count nowhere. Takes 16 bytes a cell and step, and 40 a value: give it blocks.
    """
    steps, cells = length.starts(first, last).size, cell_starts.size - 1
    number = days.astype("datetime64[D]").astype(np.int64)
    low, high = (int(one) for one in np.array([first, last], "datetime64[D]").astype(np.int64))
    inside = (number >= low) & (number <= high) & np.isfinite(values)
    calendar = length.numbers(np.arange(low, high + 1).astype("datetime64[D]"))
    step = calendar[number[inside] - low] - calendar[0] if steps else number[inside]
    at = np.repeat(np.arange(cells) * steps, np.diff(cell_starts))[inside] + step
    sums = np.bincount(at, values[inside], cells * steps).astype(np.float64, copy=False)
    counts = np.bincount(at, minlength=cells * steps).astype(np.int64, copy=False)
    return sums.reshape(cells, steps), counts.reshape(cells, steps)


def means_of(sums: Floats, counts: Integers, least: int = 1) -> Floats:
    """Return sums / counts, NaN where a count is below `least` (of at least 1)."""
    need_least(least)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts >= least, sums / counts, np.nan)
