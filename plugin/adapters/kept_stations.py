# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a project keeps of stations: their files, and which stations of these the user took out. Paths are written as the project writes paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProject

from ..core.analysis.station import Station

Files = Mapping[Path, frozenset["KeptStation"]]
"""The files in the order in which they were loaded, each with its stations that were taken out."""


@dataclass(frozen=True)
class KeptStation:
    """Enough of a station to know it again when its file is read anew."""

    file: Path
    marks: tuple[str, ...]

    @classmethod
    def of(cls, station: Station) -> KeptStation:
        """Return what is kept of a station."""
        place = f"{station.lon:.5f} {station.lat:.5f}"
        return cls(
            station.source, (station.network, station.name, station.depth, station.sensor, station.quantity, place)
        )

    def to_json(self, project: QgsProject) -> list[str]:
        """Return it as JSON values."""
        return [project.pathResolver().writePath(str(self.file)), *self.marks]

    @classmethod
    def from_json(cls, project: QgsProject, file: Any, *marks: Any) -> KeptStation:
        """Return what `to_json` wrote."""
        return cls(Path(project.pathResolver().readPath(str(file))), tuple(map(str, marks)))


def taken_out(stations: Iterable[Station]) -> frozenset[KeptStation]:
    """Return what is kept of stations that leave the list."""
    return frozenset(map(KeptStation.of, stations))


def files_to_json(project: QgsProject, files: Files) -> list[Any]:
    """Return files as JSON values: each its path, or path and stations that were taken out."""
    write = project.pathResolver().writePath
    return [
        [write(str(path)), sorted(list(one.marks) for one in without)] if without else write(str(path))
        for path, without in files.items()
    ]


def files_from_json(project: QgsProject, kept: Any) -> dict[Path, frozenset[KeptStation]]:
    """Return what `files_to_json` wrote; none where it is nonsense."""
    read = project.pathResolver().readPath
    try:
        files = {}
        for one in kept:
            name, without = (one, []) if isinstance(one, str) else one
            path = Path(read(name))
            files[path] = frozenset(KeptStation(path, tuple(map(str, marks))) for marks in without)
        return files
    except (ValueError, TypeError):
        return {}
