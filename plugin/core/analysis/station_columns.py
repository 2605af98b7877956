# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which columns of a station's CSV file hold time, value and place. One name in a table below is a new spelling."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import BadRequest
from ..variables import NamedArray, recognise_roles
from .station_text import number_of
from .station_times import is_zone
from .station_units import Title, depth_of, is_units, read_title, split_units

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
    "timestamp_start",
    "zeitstempel",
)
_HOUR_NUMBERS = ("hour", "hours", "hr")
_DATES = ("date", "day", "date_utc", "utc_date", "datum")
_HOURS = ("time", "time_of_day", "hhmm", *_HOUR_NUMBERS, "uhrzeit", "zeit")
_ZONES = ("timezone", "time_zone", "tz", "utc_offset")  # as columns or in comments
_LOCAL = {"timestamp_start": "local standard time"}
"""What flux networks mean by a column of this name, where no time zone is told."""
_VALUES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("SM", ("sm", "soil_moisture", "soilmoisture", "surface_soil_moisture", "ssm", "swc", "vwc", "vsm", "theta", "soil_water_content",
            "volumetric_water_content", "volumetric_soil_moisture", "sm_m3_m3", "sm_m3m_3", "bodenfeuchte")),
    ("VOD", ("vod", "l_vod", "optical_depth", "vegetation_optical_depth", "tau")),
    ("", ("value", "values", "measurement", "observation")),
)  # fmt: skip
_ENDS = re.compile(r"(?:_(?:avg|mean|f_mds|\d{1,2}))+$")
"""What loggers and flux networks put behind a name: the statistic, and numbers of a sensor or replicate."""
_PLACES: dict[str, tuple[str, ...]] = {
    "lat": ("lat", "latitude", "y", "lat_deg", "site_lat", "station_lat", "breite", "breitengrad"),
    "lon": ("lon", "longitude", "lng", "long", "x", "lon_deg", "site_lon", "station_lon", "länge", "laenge", "längengrad"),
    "name": ("station", "station_name", "name", "site", "site_name", "station_id", "site_id", "id", "location"),
    "network": ("network", "network_name"),
    "sensor": ("sensor", "sensor_name", "sensor_id", "probe", "instrument", "replicate", "rep", "plot", "port"),
    "variable": ("variable", "parameter", "quantity", "variable_name", "parameter_name"),
    "units": ("units", "unit"),
    "depth_from": ("depth_from", "depth_top", "upper_depth"),
    "depth_to": ("depth_to", "depth_bottom", "lower_depth"),
    "depth": ("depth", "sensor_depth"),
    "flag": ("flag", "flags", "qflag", "quality_flag", "ismn_flag", "sm_flag", "soil_moisture_flag", "qc", "quality"),
    "elevation": ("elevation", "elev", "altitude", "height"),
    "zone": _ZONES,
}  # fmt: skip
DEPTHS = ("depth_from", "depth_to", "depth")
_IDENTITY = ("network", "name", "lat", "lon", *DEPTHS, "sensor", "variable", "units")


@dataclass(frozen=True)
class Columns:
    """Numbers of columns: `times` are one, or those of date and hour, to be joined; `where` those of `_PLACES` that there are.

    `quantity` is the id of a role, empty if it is not known; `units`, `zone` of the times and `depth` of the values as the file says, or
    empty; `depth_units` those of the numbers in columns of depths; `hours_name` what the column of hours is called.
    """

    times: tuple[int, ...]
    value: int
    quantity: str
    units: str
    where: Mapping[str, int]
    zone: str = ""
    depth: str = ""
    depth_units: Mapping[str, str] | None = None
    hours_name: str = ""
    notes: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[int, ...]:
        """The columns that tell the records of a file apart."""
        return tuple(self.where[one] for one in _IDENTITY if one in self.where)

    def time_text(self, row: Sequence[str]) -> str:
        """Return the time of a row as one text."""
        if len(self.times) == 1:
            return cell(row, self.times[0])
        date, hour = (cell(row, one) for one in self.times)
        if hour.isdecimal():
            if self.hours_name in _HOUR_NUMBERS and len(hour) <= 2:
                hour = f"{hour}:00"
            elif self.hours_name == "hhmm" or len(hour) == 3:
                hour = hour.zfill(4)
        return f"{date} {hour}".strip()


def cell(row: Sequence[str], column: int | None) -> str:
    """Return what stands in a column, empty where the row or the file has none."""
    return row[column].strip() if column is not None and column < len(row) else ""


def units_row(titles: Sequence[Title], row: Sequence[str]) -> list[Title] | None:
    """Return the titles with the units that a row below the header gives them, None if it is a row of values."""
    numbers = [number_of(text) for text in row]
    is_number = (one is not None and not math.isnan(one) for one in numbers)
    has_values = any(is_number) or any(text.strip()[:1].isdecimal() for text in row)
    if has_values or not any(map(is_units, row)):
        return None
    told = ["" if one is not None else text.strip(" []()") for text, one in zip(row, numbers)]
    units = itertools.chain(told, itertools.repeat(""))
    return [replace(title, units=title.units or unit) for title, unit in zip(titles, units)]


def find_columns(
    path: Path,
    header: Sequence[str],
    titles: Sequence[Title],
    sample: Sequence[Sequence[str]],
    said: Mapping[str, str],
    decimal_comma: bool,
) -> Columns:
    """Return the columns of a file by its header, its first rows and its comments. Raises BadRequest where no time or value can be told."""
    names = [one.name for one in titles]
    times = _times(names)
    if not times:
        raise BadRequest(
            f"{path.name} has no column of times: its header has {_some(header)}.",
            "Call one of them date, time, datetime or timestamp.",
        )
    lengths = [split_units(one) for one in names]
    bare = [one for one, _ in lengths]
    where = {
        role: column
        for role, known in _PLACES.items()
        if (column := _first_of(known, bare if role in DEPTHS else names)) is not None
    }
    taken = {*times, *where.values()}
    free = [number for number, name in enumerate(names) if number not in taken and name]
    value, quantity, others = _value(path, header, titles, free, sample, decimal_comma)
    if not quantity and "variable" not in where:
        quantity = quantity_of(said.get("quantity", "") or said.get("variable", ""), said.get("units", ""))
    unused = _some([header[one].strip() for one in others])
    zones = [zone for one in times if is_zone(zone := titles[one].units)] + [said.get(key, "") for key in _ZONES]
    zones += [_LOCAL.get(names[one], "") for one in times]
    return Columns(
        times,
        value,
        quantity,
        titles[value].units or said.get("units", "") or said.get("unit", ""),
        where,
        next(filter(None, zones), ""),
        titles[value].depth,
        {one: titles[where[one]].units or lengths[where[one]][1] for one in DEPTHS if one in where},
        names[times[-1]],
        (f"{path.name}: the column {header[value].strip()} is used; not {unused}.",) if others else (),
    )


def _first_of(known: Sequence[str], names: Sequence[str]) -> int | None:
    return next((names.index(one) for one in known if one in names), None)


def _times(names: Sequence[str]) -> tuple[int, ...]:
    whole, date, hour = (_first_of(known, names) for known in (_TIMES, _DATES, _HOURS))
    if whole is not None:
        return (whole,)
    return tuple(one for one in (date, hour) if one is not None)


def _value(
    path: Path,
    header: Sequence[str],
    titles: Sequence[Title],
    free: Sequence[int],
    sample: Sequence[Sequence[str]],
    decimal_comma: bool,
) -> tuple[int, str, list[int]]:
    """Return the column of values, its quantity, and other columns that could have been meant."""
    named = [
        (rank, one, role)
        for one in free
        for rank, (role, known) in enumerate(_VALUES)
        if _is_of(titles[one].name, known)
    ]
    named = named or [(0, one, role) for one in free if (role := quantity_of(titles[one].name, titles[one].units))]
    best = [(one, role) for rank, one, role in named if rank == min(named)[0]]
    depths = [depth_of(titles[one].depth)[0] for one, _ in best]
    if len(set(depths)) == len(best) > 1 and not any(map(math.isnan, depths)):
        best = [best[depths.index(min(depths))]]  # L-band sees the uppermost soil
    if len(best) == 1:
        return (*best[0], [one for _, one, _ in named if one != best[0][0]])
    candidates = [one for one, _ in best] or [one for one in free if _is_numeric(one, sample, decimal_comma)]
    if not best and len(candidates) == 1:
        return candidates[0], "", []
    what = f"several that may hold the value: {_some([header[one] for one in candidates])}"
    none = f"none that holds numbers: its header has {_some(header)}"
    raise BadRequest(
        f"Of the columns of {path.name} there are {what}."
        if candidates
        else f"Of the columns of {path.name} there is {none}.",
        "Call the one that is meant value, or soil_moisture.",
    )


def quantity_of(text: str, units: str) -> str:
    """Return the role that a title in words or in the manner of netCDF names tells, with units and depth or not; empty for none."""
    title = read_title(text)
    told = next((role for role, known in _VALUES if _is_of(title.name, known)), "")
    found = recognise_roles([NamedArray(title.name, units=units or title.units)]) if title.name and not told else {}
    return told or next((one for one in found if one not in ("RMSE", "SF")), "")


def _is_of(name: str, known: Sequence[str]) -> bool:
    return name in known or _ENDS.sub("", name) in known


def _is_numeric(column: int, sample: Sequence[Sequence[str]], decimal_comma: bool) -> bool:
    numbers = [number_of(row[column], decimal_comma) for row in sample if column < len(row)]
    return None not in numbers and any(one is not None and not math.isnan(one) for one in numbers)


def _some(titles: Sequence[str]) -> str:
    told = [title.strip()[:30] for title in titles[:8]]
    return ", ".join(told) + (" …" if len(titles) > 8 else "")
