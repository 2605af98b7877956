# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a project keeps of stations: their files, and which stations of these the user took out. Paths are written as the project writes paths."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProject

from ..core.analysis.station import Station
from .project_state import SCOPE

ENTRY = "stations"
"""The project entry: a list of files, each as its path, or as path and stations that were taken out."""

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
        return cls(station.source, (station.network, station.label, station.quantity, place))

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


def write_files(project: QgsProject, files: Files) -> None:
    """Put the files into the project."""
    if not files:
        project.removeEntry(SCOPE, ENTRY)
        return
    write = project.pathResolver().writePath
    kept = [
        [write(str(path)), sorted(list(one.marks) for one in without)] if without else write(str(path))
        for path, without in files.items()
    ]
    project.writeEntry(SCOPE, ENTRY, json.dumps(kept))


def read_files(project: QgsProject) -> dict[Path, frozenset[KeptStation]]:
    """Return the files that a project holds; none where it holds nonsense."""
    text, found = project.readEntry(SCOPE, ENTRY, "")
    read = project.pathResolver().readPath
    try:
        files = {}
        for one in json.loads(text) if found else []:
            name, without = (one, []) if isinstance(one, str) else one
            path = Path(read(name))
            files[path] = frozenset(KeptStation(path, tuple(map(str, marks))) for marks in without)
        return files
    except (ValueError, TypeError):
        return {}
