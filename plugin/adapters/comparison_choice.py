# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the current cell is to be compared with, as the user chose it and as a project keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsProject

from ..core.analysis.pairing import DayValue
from .kept_stations import KeptStation


@dataclass(frozen=True)
class ComparisonChoice:
    """A station, a variable's id, what stands for a station's day, the other orbit or not, the folder of another archive."""

    station: KeptStation | None = None
    variable: str = "SM"
    day_value: DayValue = DayValue.MEAN
    with_orbit: bool = False
    archive: Path | None = None

    def to_json(self, project: QgsProject) -> dict[str, Any]:
        """Return it as JSON values; paths as the project writes them."""
        return {
            "station": self.station.to_json(project) if self.station is not None else None,
            "variable": self.variable,
            "day_value": self.day_value.value,
            "with_orbit": self.with_orbit,
            "archive": project.pathResolver().writePath(str(self.archive)) if self.archive is not None else "",
        }

    @classmethod
    def from_json(cls, project: QgsProject, kept: Any) -> ComparisonChoice:
        """Return what `to_json` wrote; what a project does not hold, or what is nonsense, is as at the beginning."""
        kept = kept if isinstance(kept, dict) else {}
        station, variable, day_value, archive = map(kept.get, ("station", "variable", "day_value", "archive"))
        return cls(
            KeptStation.from_json(project, *station) if isinstance(station, list) and station else None,
            variable if isinstance(variable, str) else cls.variable,
            next((one for one in DayValue if one.value == day_value), cls.day_value),
            kept.get("with_orbit") is True,
            Path(project.pathResolver().readPath(archive)) if isinstance(archive, str) and archive else None,
        )
