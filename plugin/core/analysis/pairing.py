# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is compared with what: daily values of a station, and pairs of values of the same day. Each rule is told in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ..errors import BadRequest
from ..names import Orbit
from ..quality import QualityCriteria
from ..series import TimeSeries
from ..variables import Variable
from .station import GOOD, Station

Days = NDArray[np.datetime64]
Values = NDArray[np.float64]

OVERPASS_HOUR = {Orbit.ASCENDING: 6, Orbit.DESCENDING: 18}
"""Local solar time at which SMOS crosses the equator, about."""
WITHIN_MINUTES = 180
NEAR_MIDNIGHT = 60
"""Minutes from 0 h UTC within which passes fall on either date: swath and latitude move them by some 40 minutes."""
_DAY = 1440  # minutes

SAME_DAY = "Pairs are of the same calendar day (UTC); differences are this archive minus the reference."


class DayValue(Enum):
    """What stands for a station's day."""

    MEAN = "mean"
    OVERPASS = "overpass"


@dataclass(frozen=True, eq=False)
class DailyValues:
    """A station's values by day: `days` is datetime64[D], ascending, each once. `rule` tells in a sentence how they came about."""

    days: Days
    values: Values
    rule: str


@dataclass(frozen=True, eq=False)
class Pairs:
    """Values of the same days: `satellite` minus `reference` is the bias. `days` is datetime64[D], ascending; no NaN."""

    days: Days
    satellite: Values
    reference: Values


def daily_values(station: Station, day_value: DayValue = DayValue.MEAN, orbit: Orbit = Orbit.UNKNOWN) -> DailyValues:
    """Return one value for each day that has a good one.

    `OVERPASS` takes the good value nearest to the orbit's overpass at the station, at most 3 h away; of two that are as near, the
    earlier. The overpass of a day is the moment of that UTC day at which the local mean solar time (UTC + longitude / 15) is 6 or 18 h.
    Where the orbit has no such hour, or the station's times are of whole days, the mean is taken, and the rule says so.
    """
    times, values = station.times[station.good], station.values[station.good]
    flagged = "" if station.flags is None else f" (flag {GOOD})"
    utc = " (UTC)" if station.tells_hours else ""
    mean_rule = f"A day's value at {station.label} is the mean of its good values{flagged} of that day{utc}"
    why_not = ""
    if orbit not in OVERPASS_HOUR:
        why_not = "the orbit and so the hour of the overpass is not known"
    elif not station.tells_hours:
        why_not = "its times tell no hours"
    if why_not:
        because = "" if day_value is DayValue.MEAN else f", because {why_not}"
        return _means(times, values, f"{mean_rule}{because}.")
    hour = OVERPASS_HOUR[orbit]
    minute = round((hour * 60 - station.lon * 4) % _DAY) % _DAY
    is_near_midnight = min(minute, _DAY - minute) < NEAR_MIDNIGHT
    if day_value is DayValue.MEAN:
        return _means(times, values, f"{mean_rule}.{_AT_AN_END if is_near_midnight else ''}")
    rule = (
        f"A day's value at {station.label} is its good value{flagged} nearest to {hour:02d}:00 local solar time "
        f"({minute // 60:02d}:{minute % 60:02d} UTC of that day), at most {WITHIN_MINUTES // 60} h away."
    )
    return _nearest(times, values, minute, f"{rule}{_A_DAY_APART if is_near_midnight else ''}")


_AT_AN_END = " The overpass there is near 0 h UTC, at the beginning or end of the day."
_A_DAY_APART = (
    " The overpass there is near 0 h UTC: satellite values of a pass shortly before midnight are of the date before, and are paired "
    "with a value of almost 24 h earlier."
)


def _means(times: NDArray[np.datetime64], values: Values, rule: str) -> DailyValues:
    days, starts = np.unique(times.astype("datetime64[D]"), return_index=True)
    if not days.size:
        return DailyValues(days, np.empty(0), rule)
    counts = np.diff(np.append(starts, values.size))
    least, most = counts.min(), counts.max()
    has = f"each day has {most}" if least == most else f"days have {least} to {most} (median {np.median(counts):g})"
    return DailyValues(days, np.add.reduceat(values, starts) / counts, f"{rule} One is enough; {has}.")


def _nearest(times: NDArray[np.datetime64], values: Values, minute: int, rule: str) -> DailyValues:
    minutes = times.astype("datetime64[m]").astype(np.int64)
    if not minutes.size:
        return DailyValues(times.astype("datetime64[D]"), np.empty(0), rule)
    there = np.unique(minutes // _DAY)
    days = np.unique(
        np.concatenate([there - 1, there, there + 1])
    )  # an overpass near midnight has values of the day beside it
    wanted = days * _DAY + minute
    after = np.searchsorted(minutes, wanted)
    before = np.maximum(after - 1, 0)
    after = np.minimum(after, minutes.size - 1)
    is_before = np.abs(minutes[before] - wanted) <= np.abs(minutes[after] - wanted)
    nearest = np.where(is_before, before, after)
    near = np.abs(minutes[nearest] - wanted) <= WITHIN_MINUTES
    return DailyValues(days[near].astype("datetime64[D]"), values[nearest[near]], rule)


def kept_values(series: TimeSeries, variable: Variable, criteria: QualityCriteria) -> tuple[Days, Values]:
    """Return the days on which a cell has a kept value, and these values in float64."""
    kept, _ = series.under(variable, criteria)
    there = np.isfinite(kept)
    return series.dates[there], kept[there].astype(np.float64)


def pairs(days: Days, satellite: Values, reference_days: Days, reference: Values) -> Pairs:
    """Return the values of the days that both have. Days are ascending, each once; values without NaN."""
    common, first, second = np.intersect1d(days, reference_days, assume_unique=True, return_indices=True)
    return Pairs(common, satellite[first], reference[second])


def check_comparable(variable: Variable, units: str, whose: str) -> str:
    """Return a sentence on units that are not told, empty where they are the variable's. Raises BadRequest for other ones."""
    if units == variable.units:
        return ""
    if not units:
        return f"The units of {whose} are not told; they are taken for {variable.units or 'those of ' + variable.id}."
    raise BadRequest(
        f"{whose} is in {units}, and {variable.id} in {variable.units or 'units that its files do not tell'}.",
        "Choose another variable to compare it with.",
    )
