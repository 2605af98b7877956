# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is usual at a day of the year: mean, spread and percentiles of the kept values around it, in the years of a baseline.

All values of the window's days in all baseline years are one sample, so each counts once, and the mean and the envelope tell of the same
values. pytesmo's `calc_climatology` (Paulik et al. 2014, https://doi.org/10.1016/j.jag.2014.01.007) instead smooths twice with moving
averages, of the days and of the mean of each day of the year, so its climatology is alike, not equal, and has no spread.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BadRequest
from .days_of_year import Days, day_of_year
from .samples import Floats, Integers, Pool, Values

WINDOW = 31
"""Days around a day of the year whose values are pooled, unless told."""
LEAST = 5
"""Values that a climatology needs at a day of the year, unless told."""


@dataclass(frozen=True)
class Baseline:
    """The days that tell what is usual, from `first` to `last`, both included. Raises BadRequest where they are the wrong way round."""

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadRequest(
                f"The baseline ends on {self.last}, before it starts on {self.first}.",
                "Exchange its first and last day.",
            )

    @classmethod
    def of_years(cls, first: int, last: int) -> Baseline:
        """Return the baseline of whole years, both included."""
        return cls(dt.date(first, 1, 1), dt.date(last, 12, 31))

    def has(self, days: Days) -> NDArray[np.bool_]:
        """Return which of the days belong to it."""
        return (days >= np.datetime64(self.first)) & (days <= np.datetime64(self.last))

    def __str__(self) -> str:
        is_whole = (self.first.month, self.first.day, self.last.month, self.last.day) == (1, 1, 12, 31)
        ends = (self.first.year, self.last.year) if is_whole else (self.first, self.last)
        return f"{ends[0]}" if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}" if is_whole else f"{ends[0]} to {ends[1]}"


@dataclass(frozen=True, eq=False)
class Normals:
    """What is usual at some days, in the variable's units; arrays of one shape. NaN where `count` is too small.

    `std` is that of a sample (ddof=1), NaN of one value; `low` and `high` are the 10th and the 90th percentile (linear between two values).
    """

    count: Integers
    mean: Floats
    std: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Climatology:
    """What is usual at each day of the year. Arrays are (366,), first the 1st of January, as in `Normals`; 29 February has index 59.

    `count` is told also where it is below `least` and the rest is NaN.
    """

    baseline: Baseline
    window: int
    least: int
    count: Integers
    mean: Floats
    std: Floats
    low: Floats
    high: Floats

    def at(self, days: Days) -> Normals:
        """Return what is usual at each of some days, datetime64[D] of any year."""
        at = day_of_year(days).astype(np.intp) - 1
        return Normals(self.count[at], self.mean[at], self.std[at], self.low[at], self.high[at])


def climatology(
    days: Days, values: Values, baseline: Baseline, window: int = WINDOW, least: int = LEAST
) -> Climatology:
    """Return the climatology of a record: values along datetime64[D], in any order, NaN for no kept value, which counts nowhere.

    `window` is odd: the sample of a day of the year has the values of all days of the baseline at most (window − 1) / 2 days of the year
    away, over New Year too. Raises BadRequest where it is even or `least` is below 1.
    """
    samples = pool_of(days, values, baseline, window, least).samples
    enough = samples.count >= least
    mean, std, low, high = (
        np.where(enough, one, np.nan)
        for one in (samples.mean, samples.std, samples.sorted_quantile(0.1), samples.sorted_quantile(0.9))
    )
    return Climatology(baseline, window, least, samples.count, mean, std, low, high)


def pool_of(days: Days, values: Values, baseline: Baseline, window: int, least: int) -> Pool:
    """Return the kept values of the baseline by their day of the year. Raises BadRequest of an even window and a `least` below 1."""
    need_window(window)
    need_least(least)
    chosen = baseline.has(days) & np.isfinite(values)
    return Pool(day_of_year(days[chosen]), values[chosen].astype(np.float64), window)


def need_window(window: int) -> None:
    """Raise BadRequest unless a window has a middle day."""
    if window < 1 or window % 2 == 0:
        raise BadRequest(
            f"A window of {window} days has no day in its middle.", "Give an odd number of days, such as 31."
        )


def need_least(least: int) -> None:
    """Raise BadRequest unless at least one value is asked for."""
    if least < 1:
        raise BadRequest(f"A result of at least {least} values is not possible.", "Ask for at least one value.")
