# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A day of one variable as a GeoTIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingParameterRasterDestination

from ..adapters.geotiff import write_geotiff
from ..adapters.software import software_name
from ..core.origins import of_day
from .base import (
    DATE,
    OUTPUT,
    QUALITY_HELP,
    VARIABLE,
    SmosIbAlgorithm,
    reporting,
    tell_evidence,
    tr,
    warn_of_missing_layers,
)
from .dressing import dress_raster


class DailyMap(SmosIbAlgorithm):
    """`smosib:dailymap`."""

    def name(self) -> str:
        return "dailymap"

    def displayName(self) -> str:
        return tr("Daily map")

    def shortHelpString(self) -> str:
        about = tr(
            "Reads one variable of one day from a folder of SMOS-IB daily files and writes it as a GeoTIFF on EASE-Grid 2.0: float32, north up, NaN as nodata."
        )
        return f"{about}\n\n{tr(QUALITY_HELP)}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_source(many=False)
        self.add_day(DATE, tr("Day"))
        self.add_quality()
        self.addParameter(QgsProcessingParameterRasterDestination(OUTPUT, tr("Map")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(feedback) as progress:
            date = self.needed_day(parameters, DATE, context)
            reader, opened = self.opened(parameters, context, progress)
            variable = opened.recognition.variable(self.parameterAsString(parameters, VARIABLE, context).strip())
            orbit = self.orbit(parameters, opened, context)
            granule = opened.archive.granule(date, orbit)
            day = reader.day(granule, opened.recognition, variable, self.criteria(parameters, context))
            provenance = of_day(day, opened, software_name())
            output = self.parameterAsOutputLayer(parameters, OUTPUT, context)
            write_geotiff(Path(output), day.kept, day.grid, variable, provenance.items())
            warn_of_missing_layers(day.unapplied, feedback)
            feedback.pushInfo(str(day.counts))
            tell_evidence(opened, feedback)
            dress_raster(self, context, output, day, provenance)
        return {OUTPUT: output}
