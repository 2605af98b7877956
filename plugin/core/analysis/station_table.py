# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of a station's CSV file, gathered by station and sensor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import BadRequest, SmosIbError, UnreadableFile
from ..variables import ROLE_OF_ID, Conversion
from .station import GOOD, OtherQuantity, Station
from .station_columns import DEPTHS, Columns, cell, quantity_of
from .station_record import Flags, Readings, record_of
from .station_text import MOST_VALUES, longitude_of, number_of
from .station_times import TIMES_READ, Clock
from .station_units import conversion_from, depth_of, read_title, same_units

MOST_STATIONS = 5_000
_COORDINATES = (("lat", "latitude"), ("lon", "longitude", "lng", "long"))


@dataclass
class _Series:
    """What is gathered of one sensor."""

    network: str
    name: str
    sensor: str
    where: tuple[float, float]  # longitude, latitude
    depths: tuple[float, float]
    quantity: str
    units: str
    read: Readings = field(default_factory=Readings)


class Table:
    """Gathers rows by station; rows that cannot be read are counted, stations that cannot be used are named."""

    def __init__(self, path: Path, columns: Columns, decimal_comma: bool, said: Mapping[str, str]) -> None:
        self._path, self._columns, self._comma, self._said = path, columns, decimal_comma, said
        self._series: dict[tuple[str, ...], _Series | None] = {}
        self._clock = Clock(path, columns.zone)
        self._flags = Flags()
        self._count = 0
        self._bad: dict[str, list[str]] = {"times": [], "values": []}
        self._counts = {"times": 0, "values": 0}
        self._errors: list[SmosIbError] = []
        self._odd_depth = ""

    def take(self, row: Sequence[str]) -> None:
        """Take a row. Raises UnreadableFile beyond what a file may hold."""
        columns = self._columns
        time_text = columns.time_text(row)
        time = self._clock.read(time_text, cell(row, columns.where.get("zone")))
        value_text = cell(row, columns.value)
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
        if series is not None:
            flag = "" if math.isnan(value) else cell(row, columns.where.get("flag"))  # without a value it tells nothing
            series.read.add(time, value, self._flags.code(flag))

    def _series_of(self, row: Sequence[str]) -> _Series | None:
        key = tuple([cell(row, one) for one in self._columns.identity])
        if key not in self._series:
            if len(self._series) >= MOST_STATIONS:
                raise UnreadableFile(f"{self._path.name} holds more than {MOST_STATIONS:,} stations.", "Split it.")
            try:
                self._series[key] = self._new_series(row)
            except SmosIbError as error:
                self._errors.append(error)
                self._series[key] = None
        return self._series[key]

    def _new_series(self, row: Sequence[str]) -> _Series:
        where, said = self._columns.where, self._said
        name = cell(row, where.get("name")) or said.get("station") or said.get("name") or self._path.stem
        variable = cell(row, where.get("variable"))
        units = cell(row, where.get("units")) or read_title(variable).units or self._columns.units
        quantity = self._columns.quantity or quantity_of(variable, units)
        if variable and not quantity:
            raise OtherQuantity(
                f"{self._path.name} holds {variable[:30]} of the station {name}.",
                "Soil moisture and VOD can be compared.",
            )
        return _Series(
            cell(row, where.get("network")) or said.get("network", ""),
            name,
            cell(row, where.get("sensor")) or said.get("sensor", ""),
            self._place(row, name),
            self._depths(row),
            quantity,
            units,
        )

    def _place(self, row: Sequence[str], name: str) -> tuple[float, float]:
        lat, lon = (
            self._number(
                cell(row, self._columns.where.get(keys[0]))
                or next((self._said[key] for key in keys if key in self._said), "")
            )
            for keys in _COORDINATES
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
        return longitude_of(lon), lat

    def _depths(self, row: Sequence[str]) -> tuple[float, float]:
        """Return the depths that columns, or else the title of the values, or else comments tell, in metres."""
        found = {}
        for role in DEPTHS:
            text = cell(row, self._columns.where.get(role))
            units = (self._columns.depth_units or {}).get(role, "")
            if not text and role == "depth":
                text, units = (
                    read_title(cell(row, self._columns.where.get("variable"))).depth or self._columns.depth,
                    "",
                )
            for unit in ("", "cm", "mm", "m"):
                key = f"{role}_{unit}".rstrip("_")
                if not text and key in self._said:
                    text, units = self._said[key], unit
            found[role] = depth_of(text, units)
            number = number_of(text)
            if math.isnan(found[role][0]) and (number is None or math.isfinite(number)):
                self._odd_depth = self._odd_depth or text[:30]
        upper, lower = found["depth_from"][0], found["depth_to"][0]
        return found["depth"] if math.isnan(upper) else (upper, lower)

    def _number(self, text: str) -> float:
        """Return the number that a text tells, NaN for none."""
        for comma in (self._comma, True):
            number = number_of(text.rstrip("° "), comma)
            if number is not None:
                return number
        return math.nan

    def stations(self) -> list[Station]:
        """Return what was gathered. Raises UnreadableFile where there is no value, and why no station can be used if none can."""
        if not self._series:
            said = next((f", such as “{one[0]}”" for one in self._bad.values() if one and one[0]), "")
            what = "times" if self._counts["times"] else "values"
            raise UnreadableFile(
                f"{self._path.name} holds no {what} that can be read{said}.", f"{TIMES_READ} Values are numbers."
            )
        made = []
        for one in filter(None, self._series.values()):
            try:
                made.append(self._station(one))
            except SmosIbError as error:
                self._errors.append(error)
        if not made:
            raise next((one for one in self._errors if not isinstance(one, OtherQuantity)), self._errors[0])
        notes = tuple(self._notes())
        return [replace(one, notes=(*notes, *one.notes)) for one in made]

    def _notes(self) -> Iterator[str]:
        yield from self._columns.notes
        for what in ("times", "values"):
            if self._counts[what]:
                no = "no time" if what == "times" else "no number"
                such = self._bad[what][0]
                yield f"{self._path.name}: {self._counts[what]:,} rows have {no} that can be read, such as “{such}”."
        if self._flags.odd:
            taken = "they count as a doubt" if self._flags.are_ismns else "no flag of the file is used"
            yield f"{self._path.name}: flags such as “{self._flags.odd}” are not ISMN's, where {GOOD} is good; {taken}."
        if self._errors:
            more = f" And {len(self._errors) - 1:,} more." if len(self._errors) > 1 else ""
            yield f"Left out: {self._errors[0].sentence}{more}"
        if self._odd_depth:
            yield f"{self._path.name}: the depth “{self._odd_depth}” is not understood; give it with its units, such as 5 cm."

    def _station(self, series: _Series) -> Station:
        role = ROLE_OF_ID.get(series.quantity)
        likely = role or ROLE_OF_ID["SM"]
        conversion = conversion_from(likely, series.units)
        is_likely = conversion != Conversion() or same_units(series.units, likely.units)
        ranged = likely if is_likely or (role is not None and not series.units) else None
        flags = self._flags if self._flags.are_ismns else None
        whose = f"{self._path.name}, {series.name}" if len(self._series) > 1 else self._path.name
        told = conversion if series.units else None
        record = record_of(whose, series.read, self._clock, flags, ranged, told)
        lon, lat = series.where
        return Station(
            series.network, series.name, lon, lat, *series.depths, series.quantity, likely.units if is_likely else series.units,
            record.times, record.values, record.flags, self._path, notes=record.notes, sensor=series.sensor,
        )  # fmt: skip
