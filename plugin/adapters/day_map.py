# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A map as a file with everything that its layer needs to know, and the few words it can be made again from."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.analysis.anomaly import AnomalyMethod
from ..core.analysis.anomaly_map import AnomalyOptions
from ..core.analysis.climatology import Baseline
from ..core.analysis.periods import PeriodLength
from ..core.analysis.trend_map import TrendOptions
from ..core.composite import Statistic
from ..core.content import MapContent
from ..core.day import DailyGrid
from ..core.errors import SmosIbError
from ..core.names import Orbit, parse_day
from ..core.projection import Floats
from ..core.provenance import Provenance
from ..core.quality import QualityCriteria

NOT_UNDERSTOOD = (SmosIbError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading a text of a project may raise that was edited, or comes from somebody else."""


@dataclass(frozen=True)
class Side:
    """What is subtracted in a difference: a variable's id and a day."""

    variable: str
    date: dt.date


@dataclass(frozen=True)
class Recipe:
    """What a map shows, in few words: enough to make it again from the archive.

    With `last` it is a composite of the days from `date` to `last`, of the cells with at least `minimum` kept days; with `anomaly` that
    period's (or day's) anomaly, with `trend` its trend; with `minus` a difference; with none of these a day.
    """

    folder: Path
    variable: str
    orbit: Orbit
    date: dt.date
    criteria: QualityCriteria
    last: dt.date | None = None
    statistic: Statistic = Statistic.MEAN
    minus: Side | None = None
    minimum: int = 1
    anomaly: AnomalyOptions | None = None
    trend: TrendOptions | None = None

    @property
    def period(self) -> tuple[str, dt.date, dt.date | None]:
        """Variable, first and last day: what decides which files are read."""
        return self.variable, self.date, self.last

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day, which are one where no `last` is told."""
        return self.date, self.last or self.date

    @property
    def is_long(self) -> bool:
        """True if making the map may read many files."""
        return self.last is not None

    def to_json(self) -> str:
        """Return the recipe as text for a layer's custom property."""
        parts: dict[str, Any] = {
            "folder": str(self.folder),
            "variable": self.variable,
            "orbit": self.orbit.value,
            "date": self.date.isoformat(),
            "criteria": criteria_to_list(self.criteria),
        }
        if self.last is not None:
            parts["last"] = self.last.isoformat()
        if self.last is not None or self.statistic is not Statistic.MEAN:
            parts["statistic"] = self.statistic.value
        if self.minus is not None:
            parts["minus"] = [self.minus.variable, self.minus.date.isoformat()]
        if self.minimum != 1:
            parts["minimum"] = self.minimum
        if self.anomaly is not None:
            parts["anomaly"] = _anomaly_to_list(self.anomaly)
        if self.trend is not None:
            parts["trend"] = _trend_to_list(self.trend)
        return json.dumps(parts)

    @classmethod
    def from_json(cls, text: str) -> Recipe | None:
        """Return the recipe of such a text, None where it is none. What a later version added is passed over."""
        try:
            parts = json.loads(text)
            minus = parts.get("minus")
            return cls(
                Path(parts["folder"]),
                str(parts["variable"]),
                Orbit(parts["orbit"]),
                _day(parts["date"]),
                criteria_from_list(parts["criteria"]),
                _day(parts["last"]) if parts.get("last") is not None else None,
                Statistic(parts.get("statistic", Statistic.MEAN.value)),
                None if minus is None else Side(str(minus[0]), _day(minus[1])),
                int(parts.get("minimum", 1)),
                _anomaly_from_list(parts["anomaly"]) if parts.get("anomaly") is not None else None,
                _trend_from_list(parts["trend"]) if parts.get("trend") is not None else None,
            )
        except NOT_UNDERSTOOD:
            return None


@dataclass(frozen=True, eq=False)
class DayMap:
    """A written map: its file, what it shows, where that comes from and the recipe."""

    path: Path
    content: MapContent
    provenance: Provenance
    recipe: Recipe
    is_new: bool = False
    """True if the file was not there before."""

    @property
    def day(self) -> DailyGrid:
        """The grid of a daily map, with its counts and reasons. Raises TypeError for any other map."""
        if not isinstance(self.content, DailyGrid):
            raise TypeError(f"{self.content.what} is not one day")
        return self.content

    @property
    def title(self) -> str:
        """The layer's name: what it shows, orbit and quality control; synthetic data say so."""
        return titled(self.content.what, self.content, self.provenance.synthetic)

    @property
    def outline(self) -> Floats | None:
        """The corners of a regional cut, north-west and south-east, in EPSG:6933 metres (2, 2); None for a whole grid."""
        if self.content.window is None:
            return None
        first, last = self.content.window
        return np.array([self.content.grid.outline_xy(first, 1)[0], self.content.grid.outline_xy(last, 1)[2]])


def titled(what: str, shown: MapContent, synthetic: bool) -> str:
    """Return a layer's name: what it shows, with the orbit and quality control of `shown`; synthetic data say so."""
    orbit = f" · {shown.orbit.title}" if shown.orbit is not Orbit.UNKNOWN else ""
    without_flags = "scene flags" in shown.unapplied
    applied = replace(
        shown.criteria,
        max_scene_flag=None if without_flags else shown.criteria.max_scene_flag,
        rejected_flags=0 if without_flags else shown.criteria.rejected_flags,
        max_rmse=None if "RMSE" in shown.unapplied else shown.criteria.max_rmse,
    )
    quality = f" · {applied}" if shown.variable.quality_controlled else ""
    lacking = f" · WITHOUT {' and '.join(shown.unapplied)} control" if shown.unapplied else ""
    return f"{'SYNTHETIC · ' if synthetic else ''}{what}{orbit}{lacking}{quality}"


def criteria_to_list(criteria: QualityCriteria) -> list[float | int | bool | None]:
    """Return criteria as JSON can hold them. Versions before single scene flags read the first three."""
    parts: list[float | int | bool | None] = [criteria.max_scene_flag, criteria.max_rmse, criteria.valid_ranges]
    return [*parts, criteria.rejected_flags] if criteria.rejected_flags else parts


def criteria_from_list(parts: list[float | int | bool | None]) -> QualityCriteria:
    """Return the criteria of such a list. Raises ValueError or TypeError where it is none."""
    flag, rmse, ranges, bits = parts if len(parts) == 4 else (*parts, 0)
    return QualityCriteria(
        None if flag is None else int(flag), None if rmse is None else float(rmse), bool(ranges), int(bits or 0)
    )


def _anomaly_to_list(options: AnomalyOptions) -> list[str | int]:
    days = (options.baseline.first.isoformat(), options.baseline.last.isoformat())
    return [*days, options.method.value, options.window, options.least]


def _anomaly_from_list(parts: list[Any]) -> AnomalyOptions:
    first, last, method, window, least = parts
    return AnomalyOptions(Baseline(_day(first), _day(last)), AnomalyMethod(method), int(window), int(least))


def _trend_to_list(options: TrendOptions) -> list[str | int | bool | float | None]:
    return [options.length.value, options.seasonal, options.least, options.min_steps, options.p_limit]


def _trend_from_list(parts: list[Any]) -> TrendOptions:
    length, seasonal, least, min_steps, p_limit = parts
    limit = None if p_limit is None else float(p_limit)
    return TrendOptions(PeriodLength(length), bool(seasonal), int(least), int(min_steps), limit)


def _day(text: Any) -> dt.date:
    day = parse_day(text)
    if day is None:
        raise ValueError(f"{text!r} is no day")
    return day
