# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the algorithms share whose maps many days go into: the archive, the period, and how a map becomes a GeoTIFF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from ..adapters.geotiff import write_geotiff
from ..core.archive import Granule, Progress
from ..core.content import MapContent, Read
from ..core.errors import NotInArchive
from ..core.names import Orbit
from ..core.provenance import Provenance
from ..core.quality import QualityCriteria
from ..core.reader import Opened
from ..core.store.store import StoreView
from ..core.variables import Variable
from .base import (
    OUTPUT,
    VARIABLE,
    SmosIbAlgorithm,
    tell_evidence,
    tr,
    warn_of_missing_layers,
)
from .dressing import dress_raster

MIN_COUNT = "MIN_COUNT"


@dataclass(frozen=True)
class Asked:
    """What every such algorithm is asked for. `granules` are all of the orbit, in order of date."""

    opened: Opened
    variable: Variable
    orbit: Orbit
    granules: Sequence[Granule]
    criteria: QualityCriteria
    read: Read
    store: StoreView | None

    @property
    def span(self) -> tuple[dt.date, dt.date]:
        """First and last day of the orbit."""
        return self.granules[0].date, self.granules[-1].date

    def within(self, period: tuple[dt.date, dt.date]) -> list[Granule]:
        """Return the granules of a period. Raises NotInArchive without one."""
        found = self.opened.archive.granules_of(self.orbit, *period)
        if not found:
            first, last = self.span
            raise NotInArchive(
                f"There is no {self.orbit.title} granule from {period[0]} to {period[1]} in {self.opened.archive.root}: "
                f"the archive has {len(self.granules):,} days, {first} → {last}."
            )
        return found


class MapAlgorithm(SmosIbAlgorithm):
    """Base of the algorithms whose maps many days go into."""

    def add_choice(self, name: str, text: str, choices: Sequence[str], default: str) -> None:
        """Add a choice of words."""
        enum = QgsProcessingParameterEnum(name, text, list(choices), defaultValue=default, usesStaticStrings=True)
        self.addParameter(enum)

    def add_number(self, name: str, text: str, default: int, least: int = 1, advanced: bool = False) -> None:
        """Add a whole number, which may be left out."""
        kind = QgsProcessingParameterNumber.Type.Integer
        number = QgsProcessingParameterNumber(name, text, kind, default, optional=True, minValue=least)
        if advanced:
            number.setFlags(number.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(number)

    def add_map(self) -> None:
        """Add OUTPUT, a GeoTIFF."""
        self.addParameter(QgsProcessingParameterRasterDestination(OUTPUT, tr("Map")))

    def asked(self, parameters: dict[str, Any], context: Any, progress: Progress) -> Asked:
        """Open the archive. Raises SmosIbError."""
        reader, opened = self.opened(parameters, context, progress)
        recognition = opened.recognition
        orbit = self.orbit(parameters, opened, context)
        return Asked(
            opened,
            recognition.variable(self.parameterAsString(parameters, VARIABLE, context).strip()),
            orbit,
            opened.archive.granules_of(orbit),
            self.criteria(parameters, context),
            lambda granule, variable: reader.retrievals(granule, recognition, variable),
            self.stores.view(opened),
        )

    def write_map(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        made: MapContent,
        provenance: Provenance,
        opened: Opened,
    ) -> dict[str, Any]:
        """Write OUTPUT, say what it holds, and let it look right where it is loaded. Raises BadRequest."""
        output = self.parameterAsOutputLayer(parameters, OUTPUT, context)
        write_map_file(Path(output), made, provenance)
        tell_map(made, feedback)
        tell_evidence(opened, feedback)
        dress_raster(self, context, output, made, provenance)
        return {OUTPUT: output}


def write_map_file(path: Path, made: MapContent, provenance: Provenance) -> None:
    """Write a map as a GeoTIFF with all its bands. Whole or not at all; raises BadRequest."""
    write_geotiff(path, made.kept, made.grid, made.variable, provenance.items(), made.further_bands)


def tell_map(made: MapContent, feedback: QgsProcessingFeedback) -> None:
    """Say what a map holds, which files are left out, and loudly which criteria could not be applied."""
    warn_of_missing_layers(made.unapplied, feedback)
    for note in made.notes:
        feedback.pushWarning(note)
    feedback.pushInfo(f"{made.what}: {made.statistics}")
