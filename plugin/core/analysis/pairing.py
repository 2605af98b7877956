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
    mean_rule = f"A day's value at {station.label} is the mean of its good values{flagged} of that day (UTC)"
    if day_value is DayValue.MEAN:
        return _means(times, values, f"{mean_rule}.")
    if orbit not in OVERPASS_HOUR:
        return _means(times, values, f"{mean_rule}, because the orbit and so the hour of the overpass is not known.")
    if not station.tells_hours:
        return _means(times, values, f"{mean_rule}, because its times tell no hours.")
    hour = OVERPASS_HOUR[orbit]
    minute = round((hour * 60 - station.lon * 4) % _DAY) % _DAY
    rule = (
        f"A day's value at {station.label} is its good value{flagged} nearest to {hour:02d}:00 local solar time "
        f"({minute // 60:02d}:{minute % 60:02d} UTC of that day), at most {WITHIN_MINUTES // 60} h away."
    )
    return _nearest(times, values, minute, rule)


def _means(times: NDArray[np.datetime64], values: Values, rule: str) -> DailyValues:
    days, starts = np.unique(times.astype("datetime64[D]"), return_index=True)
    if not days.size:
        return DailyValues(days, np.empty(0), rule)
    counts = np.diff(np.append(starts, values.size))
    return DailyValues(days, np.add.reduceat(values, starts) / counts, rule)


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
