# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The International Soil Moisture Network's files, `.stm`, in the two forms in which it gives them out.

*Header + values*: one line with CSE, network, station, latitude, longitude, elevation, depth from, depth to and sensor, then lines with
date, time, value, ISMN's flag and the provider's. *CEOP in separate files*: every line has nominal and actual time, CSE, network, station,
latitude, longitude, elevation, depths, value and both flags. Times are UTC; the nominal time counts. The quantity stands in the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..archive import Progress
from ..errors import UnreadableFile
from ..variables import ROLE_OF_ID, Conversion
from .station import OtherQuantity, Station
from .station_record import Flags, Readings, record_of
from .station_text import MOST_VALUES, longitude_of, number_of, text_lines
from .station_times import Clock

MOISTURE = "sm"
QUANTITIES = {
    "ts": "soil temperature",
    "su": "soil suction",
    "p": "precipitation",
    "ta": "air temperature",
    "sd": "snow depth",
    "sweq": "snow water equivalent",
    "tsf": "surface temperature",
    "tsfq": "a quality flag of surface temperature",
}
"""What ISMN has beside `sm`, by the short name in the file's name."""

_NAMED = re.compile(r"_([a-z]+)_-?(\d+\.\d+)_-?(\d+\.\d+)_(?:(.*)_\d{8}_\d{8}\.)?", re.IGNORECASE | re.ASCII)
_DAY = re.compile(r"\d{4}/\d{2}/\d{2}")
_TIMES = 4
"""Columns of nominal and actual time before the others in CEOP."""
_NUMBERS = 5
"""Latitude, longitude, elevation, depth from and depth to."""
_MOST_WORDS = 20
"""Columns before and with the numbers: a station's name may have spaces."""
_ROUNDED = 0.006
"""Metres by which a depth in a file may differ from that in its name, which has more digits."""
_DEEPEST = 20.0
"""Metres below or above ground in a file whose name tells no depth."""
_HINT = "Download it from ISMN again, in the form Header + values or CEOP in separate files."


@dataclass(frozen=True)
class _Named:
    """What a file's name tells: the short name of the quantity and the sensor, empty if they are not told, and depths in metres."""

    quantity: str
    depths: tuple[float, float] | None
    sensor: str


@dataclass(frozen=True)
class _Head:
    """Where and with what a file measures; `end` is the number of columns up to and with the five numbers."""

    network: str
    name: str
    lat: float
    lon: float
    depths: tuple[float, float]
    sensor: str
    end: int


def named_quantity(path: Path) -> str:
    """Return what the name of one of ISMN's files says that it holds, in lower case such as `sm` or `ts`; empty if it has no such name."""
    return _named(path).quantity


def read_stm(path: Path, progress: Progress) -> Station:
    """Return the station of one `.stm` file; its quantity is not known where the file was renamed.

    Raises UnreadableFile for what is not one, OtherQuantity for one of something else than soil moisture, BadRequest where its values
    cannot be soil moisture, and Cancelled.
    """
    named = _named(path)
    if named.quantity not in (MOISTURE, ""):
        quantity = QUANTITIES.get(named.quantity, f"“{named.quantity}”")
        raise OtherQuantity(f"{path.name} holds {quantity}.", "Stations of soil moisture can be compared.")
    lines = text_lines(path, progress)
    first = next(lines, "")
    parts = first.split()
    is_ceop = len(parts) > _TIMES and all(map(_DAY.fullmatch, (parts[0], parts[2])))
    head = _head_of(parts[_TIMES:] if is_ceop else parts, is_ceop, named, path)
    record = _Record(path, is_ceop, head)
    if is_ceop:
        record.take(first)
    for line in lines:
        record.take(line)
    return record.station(bool(named.quantity))


def _named(path: Path) -> _Named:
    found = _NAMED.search(path.name)
    if found is None:
        return _Named("", None, "")
    return _Named(found[1].lower(), (float(found[2]), float(found[3])), found[4] or "")


def _head_of(parts: Sequence[str], is_ceop: bool, named: _Named, path: Path) -> _Head:
    """Read CSE, network, station, five numbers, and in CEOP a sixth that is the value. Names of stations and sensors may be numbers or have some."""
    numbers = [number_of(one) for one in parts[:_MOST_WORDS]]
    after = 1 if is_ceop else 0
    fitting = [
        at
        for at in range(3, len(numbers) - _NUMBERS - after + 1)
        if None not in numbers[at : at + _NUMBERS + after] and not _DAY.fullmatch(parts[0])
    ]
    if not fitting:
        raise UnreadableFile(f"{path.name} does not begin as ISMN's files do.", _HINT)
    heads = [_head_at(parts, numbers, at) for at in fitting]
    placed = [one for one in heads if abs(one.lat) <= 90 and abs(one.lon) <= 360]  # NaN is neither
    if not placed:
        where = f"latitude {heads[0].lat:g}, longitude {heads[0].lon:g}"
        raise UnreadableFile(f"{path.name} puts its station at {where}.", _HINT)
    plausible = [
        one for one in placed if (_agree(one.depths, named.depths) if named.depths else _are_depths(*one.depths))
    ]
    if not plausible:
        what = "other depths than its name" if named.depths else "no depths that can be meant"
        raise UnreadableFile(f"{path.name} tells {what}.", _HINT)
    if len(plausible) > 1:
        places = " or ".join(f"latitude {one.lat:g}, longitude {one.lon:g}" for one in plausible[:2])
        raise UnreadableFile(
            f"{path.name} may put its station at {places}.", "Give it the name back that ISMN gave it."
        )
    (head,) = plausible
    return replace(head, sensor=named.sensor if is_ceop else named.sensor or " ".join(parts[head.end :]))


def _head_at(parts: Sequence[str], numbers: Sequence[float | None], at: int) -> _Head:
    end = at + _NUMBERS
    lat, lon, _, upper, lower = (float(one) for one in numbers[at:end] if one is not None)
    return _Head(parts[1], " ".join(parts[2:at]), lat, longitude_of(lon), (upper, lower), "", end)


def _are_depths(upper: float, lower: float) -> bool:
    return abs(upper) <= abs(lower) <= _DEEPEST or -_DEEPEST <= upper <= lower <= 0  # NaN is neither


def _agree(depths: tuple[float, float], named: tuple[float, float]) -> bool:
    """Return whether depths are those of the file's name, which has no sign for heights."""
    return all(abs(abs(one) - abs(other)) <= _ROUNDED for one, other in zip(depths, named))


class _Record:
    """Gathers the values of a file line by line; lines that cannot be read are counted."""

    def __init__(self, path: Path, is_ceop: bool, head: _Head) -> None:
        self._path, self._head = path, head
        self._first, self._last = (_TIMES, _TIMES + head.end) if is_ceop else (2, 2)  # columns that tell of the station
        self._read, self._flags, self._clock = Readings(), Flags(), Clock(path)
        self._about: list[str] = []
        self._bad = 0
        self._bad_line = ""

    def take(self, line: str) -> None:
        """Take a line of values. Raises UnreadableFile for one of another station, and beyond what a file may hold."""
        last = self._last
        parts = line.split(None, last + 2)  # the provider's flag may have spaces
        time = self._clock.read(f"{parts[0]} {parts[1]}") if len(parts) >= last + 2 else None
        if time is not None:
            self._check_same(parts[self._first : last])
        value = number_of(parts[last]) if time is not None else None
        if time is None or value is None:
            self._bad += 1
            self._bad_line = self._bad_line or line.strip()[:60]
            return
        if len(self._read.values) >= MOST_VALUES:
            raise UnreadableFile(f"{self._path.name} holds more than {MOST_VALUES:,} values.", "Split it.")
        self._read.add(time, value, self._flags.code(parts[last + 1]))

    def _check_same(self, about: list[str]) -> None:
        self._about = self._about or about
        if about != self._about:
            raise UnreadableFile(f"{self._path.name} holds several stations or depths.", _HINT)

    def station(self, is_moisture: bool) -> Station:
        """Return what was gathered. Raises UnreadableFile where there is no value."""
        head, role = self._head, ROLE_OF_ID["SM"] if is_moisture else None
        record = record_of(self._path.name, self._read, self._clock, self._flags, role, Conversion())
        notes = record.notes
        if role is None:
            notes = (*notes, f"{self._path.name}: its name does not tell what it measures, as ISMN's do.")
        if self._bad:
            notes = (*notes, f"{self._path.name}: {self._bad:,} lines cannot be read, such as “{self._bad_line}”.")
        return Station(
            head.network, head.name, head.lon, head.lat, *head.depths, role.id if role else "", role.units if role else "",
            record.times, record.values, record.flags, self._path, is_ismn=True, notes=notes, sensor=head.sensor,
        )  # fmt: skip
