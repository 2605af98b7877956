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
from dataclasses import dataclass
from pathlib import Path

from ..archive import Progress
from ..errors import UnreadableFile
from ..variables import ROLE_OF_ID
from .station import OtherQuantity, Station, ordered
from .station_text import MOST_VALUES, Clock, longitude_of, number_of, text_lines

REPORT_EVERY = 20_000
QUANTITIES = {
    "ts": "soil temperature",
    "su": "soil suction",
    "p": "precipitation",
    "ta": "air temperature",
    "sd": "snow depth",
    "sweq": "snow water equivalent",
    "tsf": "surface temperature",
}
"""What ISMN has beside `sm`, by the short name in the file's name."""

_NAMED = re.compile(r"_(sm|" + "|".join(QUANTITIES) + r")_-?\d+\.\d+_-?\d+\.\d+_", re.IGNORECASE)
_DAY = re.compile(r"\d{4}/\d{2}/\d{2}")
_CEOP_COLUMNS = 15
_HINT = "Download it from ISMN again, in the form Header + values or CEOP in separate files."


@dataclass(frozen=True)
class _Head:
    network: str
    name: str
    lat: float
    lon: float
    depth_from: float
    depth_to: float


def read_stm(path: Path, progress: Progress) -> Station:
    """Return the station of one `.stm` file.

    Raises UnreadableFile for what is not one, OtherQuantity for one of something else than soil moisture, and Cancelled.
    """
    named = _NAMED.search(path.name)
    if named and named[1].lower() != "sm":
        quantity = QUANTITIES[named[1].lower()]
        raise OtherQuantity(f"{path.name} holds {quantity}.", "Stations of soil moisture can be compared.")
    lines = (line for line in text_lines(path) if line.strip())
    first = next(lines, "")
    parts = first.split()
    is_ceop = len(parts) >= 14 and all(map(_DAY.fullmatch, (parts[0], parts[2])))
    head = _head_of(parts[4:] if is_ceop else parts, path)
    record = _Record(path, is_ceop, head)
    if is_ceop:
        record.take(first)
    for number, line in enumerate(lines, 1):
        if number % REPORT_EVERY == 0:
            progress(0.5, path.name)
        record.take(line)
    return record.station()


def _head_of(parts: Sequence[str], path: Path) -> _Head:
    """Read CSE, network, station and five numbers: the first five in a row. A station's name may have spaces."""
    for at in range(3, min(len(parts), 12) - 4):
        numbers = [number_of(one) for one in parts[at : at + 5]]
        if None not in numbers and not _DAY.fullmatch(parts[0]):
            lat, lon, _, depth_from, depth_to = (float(one) for one in numbers if one is not None)
            if not (abs(lat) <= 90 and abs(lon) <= 360):  # NaN is neither
                raise UnreadableFile(f"{path.name} puts its station at latitude {lat:g}, longitude {lon:g}.", _HINT)
            return _Head(parts[1], " ".join(parts[2:at]), lat, longitude_of(lon), depth_from, depth_to)
    raise UnreadableFile(f"{path.name} does not begin as ISMN's files do.", _HINT)


class _Record:
    """Gathers the values of a file line by line; lines that cannot be read are counted."""

    def __init__(self, path: Path, is_ceop: bool, head: _Head) -> None:
        self._path, self._is_ceop, self._head = path, is_ceop, head
        self._times: list[int] = []
        self._values: list[float] = []
        self._flags: list[str] = []
        self._clock = Clock()
        self._about: list[str] = []
        self._bad = 0
        self._bad_line = ""

    def take(self, line: str) -> None:
        """Take a line of values. Raises UnreadableFile for one of another station, and beyond what a file may hold."""
        parts = line.split(None, 14 if self._is_ceop else 4)  # the provider's flag may have spaces
        if self._is_ceop and len(parts) == _CEOP_COLUMNS:
            self._check_same(parts[4:12])
            parts = [*parts[:2], *parts[12:]]
        time = self._clock.minute_of(f"{parts[0]} {parts[1]}") if len(parts) >= 4 else None
        value = number_of(parts[2]) if time is not None else None
        if time is None or value is None:
            self._bad += 1
            self._bad_line = self._bad_line or line.strip()[:60]
            return
        if len(self._values) >= MOST_VALUES:
            raise UnreadableFile(f"{self._path.name} holds more than {MOST_VALUES:,} values.", "Split it.")
        self._times.append(time)
        self._values.append(value)
        self._flags.append(parts[3])

    def _check_same(self, about: list[str]) -> None:
        self._about = self._about or about
        if about != self._about:
            raise UnreadableFile(f"{self._path.name} holds several stations or depths.", _HINT)

    def station(self) -> Station:
        """Return what was gathered. Raises UnreadableFile where there is no value."""
        head = self._head
        times, values, flags, notes = ordered(self._times, self._values, self._flags, self._path)
        if self._bad:
            notes = (*notes, f"{self._path.name}: {self._bad:,} lines cannot be read, such as “{self._bad_line}”.")
        role = ROLE_OF_ID["SM"]
        return Station(
            head.network,
            head.name,
            head.lon,
            head.lat,
            head.depth_from,
            head.depth_to,
            role.id,
            role.units,
            times,
            values,
            flags,
            self._path,
            is_ismn=True,
            notes=notes,
        )
