# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stations from files: from CSV files and ISMN's `.stm` files, one or a folder of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..archive import Problem, Progress, no_progress
from ..errors import BadRequest, SmosIbError
from .station import ISMN_CITATIONS, OtherQuantity, Station
from .station_csv import read_csv
from .station_stm import MOISTURE, named_quantity, read_stm

__all__ = [
    "ISMN_CITATIONS",
    "LoadedStations",
    "OtherQuantity",
    "Station",
    "load_stations",
    "read_stations",
    "told_apart",
]

ENDINGS = (".stm", ".csv", ".tsv", ".txt")
FOLDER_ENDINGS = (".stm", ".csv")
PACKED_ENDINGS = (".zip", ".gz", ".tar", ".7z", ".rar")
MOST_FILES = 2_000
"""Station files of a folder with all below it, without those whose names tell another quantity."""
MOST_FOLDERS = 20_000
MOST_LOADED = 30_000_000
"""Values at once: more than 200 sensors, each with 15 years of hours."""
_NO_VALUES = ("_static_variables.csv",)  # what ISMN puts beside its data files
_NO_FOLDERS = ("python_metadata",)


@dataclass(frozen=True)
class LoadedStations:
    """The stations of some files, and the files that could not be read; `others` counts files of other quantities, which were left out."""

    stations: tuple[Station, ...]
    problems: tuple[Problem, ...]
    others: int = 0


def read_stations(path: Path, progress: Progress = no_progress) -> list[Station]:
    """Return the stations of one file, at least one: `.stm` as ISMN's, every other as CSV.

    Raises UnreadableFile for what holds no station's values, BadRequest where something has to be done to the file, and Cancelled.
    """
    progress(0.0, path.name)
    if path.suffix.lower() in PACKED_ENDINGS:
        raise BadRequest(f"{path.name} is packed.", "Unpack it first, and choose the folder or the files in it.")
    return [read_stm(path, progress)] if path.suffix.lower() == ".stm" else read_csv(path, progress)


def load_stations(paths: Sequence[Path], progress: Progress = no_progress, need_any: bool = True) -> LoadedStations:
    """Read files, and the station files in folders and below. What cannot be read is listed, and the rest goes on.

    Raises BadRequest where a folder holds no station file or too many, and with `need_any` what `read_stations` raises if nothing at all
    can be read.
    """
    stations: list[Station] = []
    problems: list[Problem] = []
    errors: list[SmosIbError] = []
    found = [_station_files(path) for path in paths]
    files = list(dict.fromkeys(file for one, _ in found for file in one))
    others = sum(count for _, count in found)
    for number, file in enumerate(files):
        share = number / len(files)

        def report(within: float, what: str, share: float = share) -> None:
            progress(share + within / len(files), what)

        try:
            stations += read_stations(file, report)
            if sum(one.values.size for one in stations) > MOST_LOADED:
                break
        except SmosIbError as error:
            errors.append(error)
            others += isinstance(error, OtherQuantity)
            if not isinstance(error, OtherQuantity) or len(files) == 1:
                problems.append(Problem.of(file, error))
    if sum(one.values.size for one in stations) > MOST_LOADED:
        raise BadRequest(
            f"The files hold more than {MOST_LOADED:,} values.",
            "Choose fewer of them: those of the soil's surface, say, for L-band sees the top 5 cm or so.",
        )
    if errors and not stations and need_any:
        raise next((one for one in errors if not isinstance(one, OtherQuantity)), errors[0])
    return LoadedStations(told_apart(stations), tuple(problems), others)


def told_apart(stations: Sequence[Station]) -> tuple[Station, ...]:
    """Return stations of which those know that they have a twin which do; the same where it stays as it was.

    Twins are two sensors of one name, place and depth: their labels tell the sensor.
    """
    places = [(one.network, one.name, one.lon, one.lat, one.depth, one.quantity) for one in stations]
    how_many = Counter(places)
    has_twin = [how_many[place] > 1 for place in places]
    return tuple(one if one.has_twin is has else replace(one, has_twin=has) for one, has in zip(stations, has_twin))


def _station_files(path: Path) -> tuple[list[Path], int]:
    """Return a file itself, or the station files in a folder and below, in order of name; and how many others hold another quantity by name.

    Raises BadRequest for a folder of none or too many.
    """
    if not path.is_dir():
        return [path], 0
    found: list[Path] = []
    others, packed = 0, ""
    for number, (folder, below, names) in enumerate(os.walk(path)):  # does not follow links, so it ends
        below[:] = sorted(one for one in below if one not in _NO_FOLDERS and not one.startswith("."))
        for name in sorted(names):
            packed = packed or (name if name.lower().endswith(PACKED_ENDINGS) else "")
            if not name.lower().endswith(FOLDER_ENDINGS) or name.lower().endswith(_NO_VALUES):
                continue
            file = Path(folder, name)
            is_other = file.suffix.lower() == ".stm" and named_quantity(file) not in (MOISTURE, "")
            others += is_other
            found += [] if is_other else [file]
        if len(found) > MOST_FILES or number > MOST_FOLDERS:
            raise BadRequest(
                f"{path.name} holds more than {MOST_FILES:,} station files.",
                "Choose the folder of one network, or files.",
            )
    if not found:
        raise _nothing_in(path, others, packed)
    return found, others


def _nothing_in(path: Path, others: int, packed: str) -> BadRequest:
    if others:
        return OtherQuantity(
            f"{path.name} holds {others:,} station files, none of soil moisture.",
            "Stations of soil moisture can be compared.",
        )
    if packed:
        return BadRequest(f"{path.name} holds no station file, but {packed}, which is packed.", "Unpack it first.")
    return BadRequest(
        f"{path.name} holds no station file.", "Station files are CSV files, and ISMN's files with the ending .stm."
    )
