# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time series at points as a table."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
)

from ..adapters.software import software_name
from ..core.archive import part_of
from ..core.errors import BadRequest
from ..core.grid import Cell, EaseGrid
from ..core.origins import of_series
from ..core.reader import unapplied_to_any
from ..core.series import read_many, series_rows
from ..core.tables import COLUMNS, place_columns, value_columns
from .base import (
    OPENED,
    OUTPUT,
    QUALITY_HELP,
    SmosIbAlgorithm,
    reporting,
    tell_evidence,
    tell_problems,
    tr,
    warn_of_missing_layers,
)
from .dressing import keep_table_provenance
from .table_output import check_table, fields_of, write_table

POINTS = "POINTS"
_KINDS = {
    "point": "LongLong",
    "row": "Int",
    "col": "Int",
    "scene_flag": "Int",
    "date": "QString",
    "orbit": "QString",
    "variable": "QString",
    "rejection": "QString",
}


class PointSeries(SmosIbAlgorithm):
    """`smosib:pointseries`."""

    def name(self) -> str:
        return "pointseries"

    def displayName(self) -> str:
        return tr("Time series at points")

    def shortHelpString(self) -> str:
        about = tr(
            "Extracts the time series of one or several variables at the grid cells in which points lie: one row for each day that has a file, each variable and each point, "
            "with the raw value, the value kept by quality control, scene flag, RMSE and the reasons of a rejection."
        )
        return f"{about}\n\n{tr(QUALITY_HELP)}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_source(many=True)
        self.addParameter(
            QgsProcessingParameterFeatureSource(POINTS, tr("Points"), [QgsProcessing.SourceType.TypeVectorPoint])
        )
        self.add_period()
        self.add_quality()
        self.addParameter(
            QgsProcessingParameterFeatureSink(OUTPUT, tr("Time series"), QgsProcessing.SourceType.TypeVector)
        )

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(feedback) as progress:
            check_table(parameters)
            first, last = self.days(parameters, context)
            reader, opened = self.opened(parameters, context, part_of(progress, 0.0, OPENED))
            variables = self.variables(parameters, opened, context)
            orbit = self.orbit(parameters, opened, context)
            criteria = self.criteria(parameters, context)
            places = self._places(parameters, context, opened.recognition.grid)
            store = self.stores.view(opened)
            cells, reading = [cell for *_, cell in places], part_of(progress, OPENED, 1.0)
            records = read_many(reader, opened, cells, variables, orbit, first, last, reading, store)
            tell_problems(records[0].problems, records[0].dates.size, feedback)

            unapplied = unapplied_to_any(variables, criteria, opened.recognition)
            warn_of_missing_layers(unapplied, feedback)
            tell_evidence(opened, feedback)
            provenance = of_series(records, criteria, unapplied, opened, software_name())
            rows = (
                [*place_columns(point, lon, lat, cell, record.grid), *value_columns(row)]
                for (point, lon, lat, cell), record in zip(places, records)
                for row in series_rows(record, criteria)
            )
            output = write_table(self, parameters, context, fields_of(COLUMNS, _KINDS), rows, feedback)
            keep_table_provenance(output, context, provenance)
        return {OUTPUT: output}

    def _places(
        self, parameters: dict[str, Any], context: QgsProcessingContext, grid: EaseGrid
    ) -> list[tuple[int, float, float, Cell]]:
        """Return feature id, longitude, latitude and cell of every point. Raises BadRequest for one outside the grid."""
        source = self.parameterAsSource(parameters, POINTS, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, POINTS))
        degrees = QgsCoordinateReferenceSystem.fromEpsgId(4326)
        transform = QgsCoordinateTransform(source.sourceCrs(), degrees, context.transformContext())
        places = []
        for feature in source.getFeatures():
            if not feature.hasGeometry():
                raise BadRequest(f"Point {feature.id()} has no geometry.", "Remove it from the layer.")
            for vertex in feature.geometry().vertices():
                try:
                    at = transform.transform(vertex.x(), vertex.y())
                except QgsCsException as error:
                    raise BadRequest(
                        f"Point {feature.id()} at {vertex.x():g}, {vertex.y():g} has no longitude and latitude: {error}"
                    ) from error
                cell = grid.cell_at(at.x(), at.y())
                if cell is None:
                    raise BadRequest(
                        f"Point {feature.id()} at {at.x():.4f}°, {at.y():.4f}° lies outside the grid.",
                        f"{grid.name} {grid.reach}.",
                    )
                places.append((feature.id(), at.x(), at.y(), cell))
        if not places:
            raise BadRequest("The point layer has no point.", "Choose a layer with at least one.")
        return places
