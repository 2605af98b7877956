# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which columns of a station's CSV file hold time, value and place. One name in a table below is a new spelling."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadRequest
from ..variables import NamedArray, recognise_roles
from .station_text import number_of

_TIMES = (
    "datetime",
    "date_time",
    "timestamp",
    "time_stamp",
    "utc_time",
    "time_utc",
    "utc",
    "datetime_utc",
    "timestamp_utc",
)
_DATES, _HOURS = ("date", "day", "date_utc", "utc_date"), ("time", "hour", "time_of_day", "hhmm")
_VALUES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("SM", ("sm", "soil_moisture", "soilmoisture", "surface_soil_moisture", "ssm", "swc", "vwc", "vsm", "theta",
            "soil_water_content", "volumetric_water_content", "volumetric_soil_moisture", "sm_m3_m3", "sm_m3m_3")),
    ("VOD", ("vod", "l_vod", "optical_depth", "vegetation_optical_depth", "tau")),
    ("", ("value", "values", "measurement", "observation")),
)  # fmt: skip
_PLACES: dict[str, tuple[str, ...]] = {
    "lat": ("lat", "latitude", "y", "lat_deg", "site_lat", "station_lat"),
    "lon": ("lon", "longitude", "lng", "long", "x", "lon_deg", "site_lon", "station_lon"),
    "name": ("station", "station_name", "name", "site", "site_name", "station_id", "site_id", "id", "location"),
    "network": ("network", "network_name"),
    "depth_from": ("depth_from", "depth_top", "upper_depth"),
    "depth_to": ("depth_to", "depth_bottom", "lower_depth"),
    "depth": ("depth", "sensor_depth"),
    "flag": ("flag", "flags", "qflag", "quality_flag", "ismn_flag", "sm_flag", "soil_moisture_flag", "qc", "quality"),
    "elevation": ("elevation", "elev", "altitude", "height"),
}  # fmt: skip
_UNITS = re.compile(r"(.*?)[\s_]*[\[(]([^\])]*)[\])]\s*")


@dataclass(frozen=True)
class Columns:
    """Numbers of columns, None for what a file does not have. `times` are one column, or those of date and hour, to be joined.

    `quantity` is the id of a role, empty if it is not known; `units` as the file says, or empty.
    """

    times: tuple[int, ...]
    value: int
    quantity: str
    units: str
    lat: int | None = None
    lon: int | None = None
    name: int | None = None
    network: int | None = None
    depth_from: int | None = None
    depth_to: int | None = None
    depth: int | None = None
    flag: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[int, ...]:
        """The columns that tell the stations of a file apart."""
        told = (self.network, self.name, self.lat, self.lon, self.depth_from, self.depth_to, self.depth)
        return tuple(one for one in told if one is not None)


def normal(title: str) -> str:
    """Return a column's title or a comment's key in lower case, with one underscore for all that is no letter or digit."""
    return re.sub(r"[^0-9a-z]+", "_", title.lower()).strip("_")


def find_columns(
    path: Path, titles: Sequence[str], sample: Sequence[Sequence[str]], said: Mapping[str, str], decimal_comma: bool
) -> Columns:
    """Return the columns of a file by its header, its first rows and its comments. Raises BadRequest where no time or value can be told."""
    names, units = [], []
    for title in titles:
        found = _UNITS.fullmatch(title.strip())
        names.append(normal(found[1] if found else title.replace("%", "")))
        units.append(found[2].strip() if found else "%" if "%" in title else "")
    times = _times(names)
    if not times:
        raise BadRequest(
            f"{path.name} has no column of times: its header has {_some(titles)}.",
            "Call one of them date, time, datetime or timestamp.",
        )
    places = {role: next((names.index(one) for one in known if one in names), None) for role, known in _PLACES.items()}
    taken = {*times, *(one for one in places.values() if one is not None)}
    free = [number for number, name in enumerate(names) if number not in taken and name]
    value, quantity, others = _value(path, titles, names, units, free, sample, decimal_comma)
    quantity = quantity or _quantity(said.get("quantity", "") or said.get("variable", ""), said.get("units", ""))
    notes: tuple[str, ...] = ()
    if others:
        unused = _some([titles[one].strip() for one in others])
        notes = (f"{path.name}: the column {titles[value].strip()} is used; not {unused}.",)
    del places["elevation"]
    unit = units[value] or said.get("units", "") or said.get("unit", "")
    return Columns(times, value, quantity, unit, **places, notes=notes)


def _times(names: Sequence[str]) -> tuple[int, ...]:
    whole, date, hour = (
        next((names.index(one) for one in known if one in names), None) for known in (_TIMES, _DATES, _HOURS)
    )
    if whole is not None:
        return (whole,)
    return tuple(one for one in (date, hour) if one is not None)


def _value(
    path: Path,
    titles: Sequence[str],
    names: Sequence[str],
    units: Sequence[str],
    free: Sequence[int],
    sample: Sequence[Sequence[str]],
    decimal_comma: bool,
) -> tuple[int, str, list[int]]:
    """Return the column of values, its quantity, and other columns that could have been meant."""
    named = [(rank, one, role) for one in free for rank, (role, known) in enumerate(_VALUES) if names[one] in known]
    named = named or [(0, one, role) for one in free if (role := _quantity(titles[one], units[one]))]
    best = [(one, role) for rank, one, role in named if rank == min(named)[0]]
    if len(best) == 1:
        return (*best[0], [one for _, one, _ in named if one != best[0][0]])
    candidates = [one for one, _ in best] or [one for one in free if _is_numeric(one, sample, decimal_comma)]
    if not best and len(candidates) == 1:
        return candidates[0], "", []
    what = f"several that may hold the value: {_some([titles[one] for one in candidates])}"
    none = f"none that holds numbers: its header has {_some(titles)}"
    raise BadRequest(
        f"Of the columns of {path.name} there are {what}."
        if candidates
        else f"Of the columns of {path.name} there is {none}.",
        "Call the one that is meant value, or soil_moisture.",
    )


def _quantity(title: str, units: str) -> str:
    """Return the role that a title in words or in the manner of netCDF names tells, empty for none."""
    name = normal(title)
    told = next((role for role, known in _VALUES if name in known), "")
    found = recognise_roles([NamedArray(name, units=units)]) if name and not told else {}
    return told or next((one for one in found if one not in ("RMSE", "SF")), "")


def _is_numeric(column: int, sample: Sequence[Sequence[str]], decimal_comma: bool) -> bool:
    numbers = [number_of(row[column], decimal_comma) for row in sample if column < len(row)]
    return None not in numbers and any(one is not None and not math.isnan(one) for one in numbers)


def _some(titles: Sequence[str]) -> str:
    told = [title.strip()[:30] for title in titles[:8]]
    return ", ".join(told) + (" …" if len(titles) > 8 else "")
