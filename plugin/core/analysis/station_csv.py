# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stations from CSV files: a header row, a column of times, one of values, and where the station lies in columns or in `# key: value` lines."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..archive import Progress
from ..errors import BadRequest, UnreadableFile
from ..variables import ROLE_OF_ID, Conversion, conversion_of
from .station import GOOD, Station, ordered
from .station_columns import Columns, find_columns, normal
from .station_text import MOST_VALUES, Clock, longitude_of, minute_of, number_of, text_lines

MOST_STATIONS = 5_000
MOST_SAID = 200  # lines of comments
SAMPLE_ROWS = 50
REPORT_EVERY = 20_000
_LIKELY_PERCENT = 1.5
_COORDINATES = (("lat", "latitude"), ("lon", "longitude", "lng", "long"))
_HOW = "It needs a header row, a column of times such as date or time, and one of values such as soil_moisture."


def read_csv(path: Path, progress: Progress) -> list[Station]:
    """Return the stations of a CSV file, at least one.

    Raises UnreadableFile for what is no table of values by time, BadRequest where something has to be added to it, and Cancelled.
    """
    lines: Iterator[str] = (line for line in text_lines(path) if line.strip())
    said: dict[str, str] = {}
    comment, header = "", ""
    for header in lines:
        if not _is_comment(header, said):
            break
        comment, header = header, ""
    delimiter = max(";\t,", key=header.count)
    if delimiter in comment and minute_of(header.split(delimiter)[0]) is not None:  # the header is a comment
        lines, header = itertools.chain([header], lines), comment.lstrip("# ")
    if not header.count(delimiter):
        raise UnreadableFile(f"{path.name} is no table with columns.", _HOW)
    data = (line for line in lines if not _is_comment(line, said))
    try:
        (titles,) = csv.reader([header], delimiter=delimiter)
        rows = csv.reader(data, delimiter=delimiter)
        sample = list(itertools.islice(rows, SAMPLE_ROWS))
        columns = find_columns(path, titles, sample, said, delimiter != ",")
        table = _Table(path, columns, delimiter != ",", said)
        for number, row in enumerate(itertools.chain(sample, rows), 1):
            if number % REPORT_EVERY == 0:
                progress(0.5, path.name)
            table.take(row)
    except csv.Error as error:
        raise UnreadableFile(f"{path.name} is no table that can be read: {error}.", _HOW) from error
    return table.stations()


def _is_comment(line: str, said: dict[str, str]) -> bool:
    """Return whether a line is a comment, and take note of what it says as `key: value`."""
    text = line.strip().strip('"')
    if not text.startswith("#"):
        return False
    key, colon, value = text.lstrip("# ").partition(":")
    if colon and len(said) < MOST_SAID:
        said.setdefault(normal(key), value.strip().rstrip(",;\t "))
    return True


@dataclass
class _Series:
    """What is gathered of one station."""

    network: str
    name: str
    where: tuple[float, float]  # longitude, latitude
    depths: tuple[float, float]
    times: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


class _Table:
    """Gathers rows by station; rows that cannot be read are counted."""

    def __init__(self, path: Path, columns: Columns, decimal_comma: bool, said: Mapping[str, str]) -> None:
        self._path, self._columns, self._comma, self._said = path, columns, decimal_comma, said
        self._series: dict[tuple[str, ...], _Series] = {}
        self._clock = Clock()
        self._count = 0
        self._bad: dict[str, list[str]] = {"times": [], "values": []}
        self._counts = {"times": 0, "values": 0}

    def take(self, row: Sequence[str]) -> None:
        """Take a row. Raises BadRequest where its station has no place, UnreadableFile beyond what a file may hold."""
        columns = self._columns
        time_text = " ".join(_cell(row, one) for one in columns.times).strip()
        time = self._clock.minute_of(time_text)
        value_text = _cell(row, columns.value)
        value = number_of(value_text, self._comma)
        if time is None or value is None:
            what, text = ("times", time_text) if time is None else ("values", value_text)
            self._counts[what] += 1
            if self._counts[what] == 1:
                self._bad[what].append(text[:40])
            return
        self._count += 1
        if self._count > MOST_VALUES:
            raise UnreadableFile(f"{self._path.name} holds more than {MOST_VALUES:,} values.", "Split it.")
        series = self._series_of(row)
        series.times.append(time)
        series.values.append(value)
        if columns.flag is not None:
            series.flags.append(_cell(row, columns.flag))

    def _series_of(self, row: Sequence[str]) -> _Series:
        columns = self._columns
        key = tuple(_cell(row, one) for one in columns.identity)
        known = self._series.get(key)
        if known is None:
            if len(self._series) >= MOST_STATIONS:
                raise UnreadableFile(f"{self._path.name} holds more than {MOST_STATIONS:,} stations.", "Split it.")
            known = self._series[key] = self._new_series(row)
        return known

    def _new_series(self, row: Sequence[str]) -> _Series:
        columns, said = self._columns, self._said
        name = _cell(row, columns.name) or said.get("station") or said.get("name") or self._path.stem
        lat, lon = (
            self._number(_cell(row, column) or next((said[key] for key in keys if key in said), ""))
            for column, keys in zip((columns.lat, columns.lon), _COORDINATES)
        )
        if math.isnan(lat) or math.isnan(lon):
            raise BadRequest(
                f"{self._path.name} does not tell where the station {name} lies.",
                "Add the lines “# lat: 30.07” and “# lon: 9.21”, in degrees, above its header, or columns lat and lon.",
            )
        if abs(lat) > 90 or abs(lon) > 360:
            raise BadRequest(
                f"{self._path.name} puts the station {name} at latitude {lat:g}, longitude {lon:g}.",
                "Give latitude and longitude in degrees.",
            )
        upper, lower = (
            self._number(_cell(row, column) or said.get(key, ""))
            for column, key in ((columns.depth_from, "depth_from"), (columns.depth_to, "depth_to"))
        )
        if math.isnan(upper):
            upper = self._number(_cell(row, columns.depth) or said.get("depth", ""))
        network = _cell(row, columns.network) or said.get("network", "")
        return _Series(network, name, (longitude_of(lon), lat), (upper, lower))

    def _number(self, text: str) -> float:
        """Return the number that a text tells, NaN for none."""
        for comma in (self._comma, True):
            number = number_of(text.rstrip("° mM"), comma)
            if number is not None:
                return number
        return math.nan

    def stations(self) -> list[Station]:
        """Return what was gathered. Raises UnreadableFile where there is no value."""
        if not self._series:
            said = next((f", such as “{one[0]}”" for one in self._bad.values() if one and one[0]), "")
            what = "times" if self._counts["times"] else "values"
            raise UnreadableFile(
                f"{self._path.name} holds no {what} that can be read{said}.",
                "Times are read as YYYY-MM-DD or YYYY/MM/DD, with hours as HH:MM or without; values are numbers.",
            )
        notes = tuple(self._notes())
        made = [self._station(one, notes) for one in self._series.values() if any(map(math.isfinite, one.values))]
        if not made:
            ordered([], [], None, self._path)  # says that there is no value
        return made

    def _notes(self) -> Iterator[str]:
        yield from self._columns.notes
        for what in ("times", "values"):
            if self._counts[what]:
                no = "no time" if what == "times" else "no number"
                such = self._bad[what][0]
                yield f"{self._path.name}: {self._counts[what]:,} rows have {no} that can be read, such as “{such}”."

    def _station(self, series: _Series, notes: tuple[str, ...]) -> Station:
        flags: Sequence[str] | None = series.flags if GOOD in series.flags else None
        times, values, texts, twice = ordered(series.times, series.values, flags, self._path)
        notes = (*notes, *twice)
        if series.flags and flags is None and any(series.flags):
            notes = (*notes, f"{self._path.name}: its flags are not ISMN's, where {GOOD} is good; they are not used.")
        role = ROLE_OF_ID.get(self._columns.quantity)
        units = self._columns.units
        conversion = conversion_of(role or ROLE_OF_ID["SM"], units)
        if conversion != Conversion():
            values, units = values * conversion.scale + conversion.offset, (role or ROLE_OF_ID["SM"]).units
        elif role is not None:
            if role.id == "SM" and not units and float(values.max()) > _LIKELY_PERCENT:
                notes = (
                    *notes,
                    f"{self._path.name}: values of up to {values.max():g} are no m³ m⁻³. If they are percent, add the line “# units: %”.",
                )
            units = role.units if same_units(units, role.units) else units
        lon, lat = series.where
        return Station(
            series.network, series.name, lon, lat, *series.depths, role.id if role else "", units, times, values,
            texts, self._path, notes=notes,
        )  # fmt: skip


_SPELLINGS = ("m3m-3", "m3/m3", "m^3/m^3", "m3.m-3", "m3*m-3", "m^3m^-3", "cm3/cm3", "cm3cm-3", "cm^3/cm^3", "v/v", "vol/vol", "m³/m³", "m³m⁻³", "cm³/cm³", "cm³cm⁻³")  # fmt: skip
_NO_UNITS = ("-", "–", "1", "dimensionless", "none")


def same_units(said: str, units: str) -> bool:
    """Return whether units that a file says, in one of many spellings, are those of a role."""
    text = "".join(said.lower().split())
    if text == "".join(units.lower().split()):
        return True
    if units == ROLE_OF_ID["SM"].units:
        return text in _SPELLINGS
    return units in _NO_UNITS and text in (*_NO_UNITS, "")


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""
