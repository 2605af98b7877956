# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time series of area means as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from qgis.core import (
    QgsFeatureRequest,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
)

from ..adapters.area_layer import AreaShape, make_areas
from ..adapters.software import software_name
from ..core.analysis.area_groups import area_series_in_groups
from ..core.analysis.area_table import COLUMNS, area_rows
from ..core.analysis.areas import AreaSeries, check_means
from ..core.archive import part_of
from ..core.errors import BadRequest
from ..core.origins import of_areas
from ..core.quality import QualityCriteria
from ..core.reader import unapplied_to_any
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

AREAS, MIN_COUNT = "AREAS", "MIN_COUNT"
PLACED = 0.2
"""Share of the progress of a run that has found the areas' cells."""
_KINDS = {
    "area": "LongLong",
    "date": "QString",
    "orbit": "QString",
    "variable": "QString",
    "kept_cells": "Int",
    "area_cells": "Int",
}


class AreaSeriesTable(SmosIbAlgorithm):
    """`smosib:areaseries`."""

    def name(self) -> str:
        return "areaseries"

    def displayName(self) -> str:
        return tr("Time series of areas")

    def shortHelpString(self) -> str:
        about = tr(
            "Means of one or several variables over polygons: one row for each day that has a file, each variable and each area. A cell counts by the share w of its "
            "EPSG:6933 square inside the polygon; the grid is equal-area, so shares are areas. Of the kept values v, mean = Σ w v / Σ w and std = sqrt(Σ w (v − mean)² / Σ w); "
            "kept_cells are the cells with a kept value, weight is the sum of their shares, area_cells are all cells that the polygon touches. "
            "Mean and std are empty with fewer than MIN_COUNT kept cells. Overlapping parts of a polygon count once, and so does what a ring that crosses itself goes around. What lies beyond the grid is left out. "
            "Scene flags, which are sums of bits, have no mean. Of very many areas some are read and written after the others, so that they fit into memory."
        )
        return f"{about}\n\n{tr(QUALITY_HELP)}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_source(many=True)
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterFeatureSource(AREAS, tr("Areas"), polygons))
        self.add_period()
        number = QgsProcessingParameterNumber
        text = tr("Fewest kept cells for a mean")
        self.addParameter(number(MIN_COUNT, text, number.Type.Integer, 1, minValue=1))
        self.add_quality()
        self.addParameter(
            QgsProcessingParameterFeatureSink(OUTPUT, tr("Area series"), QgsProcessing.SourceType.TypeVector)
        )

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(feedback) as progress:
            check_table(parameters)
            first, last = self.days(parameters, context)
            reader, opened = self.opened(parameters, context, part_of(progress, 0.0, OPENED))
            variables = self.variables(parameters, opened, context)
            check_means(variables)
            orbit = self.orbit(parameters, opened, context)
            criteria = self.criteria(parameters, context)
            least = self.parameterAsInt(parameters, MIN_COUNT, context)
            shapes = self._shapes(parameters, context)
            placing, reading = part_of(progress, OPENED, PLACED), part_of(progress, PLACED, 1.0)
            areas = make_areas(shapes, opened.recognition.grid, context.transformContext(), placing)
            store = self.stores.view(opened)
            groups = area_series_in_groups(
                reader, opened, areas, variables, orbit, criteria, first, last, reading, store
            )
            begun = next(groups)
            tell_problems(begun[0].problems, begun[0].dates.size, feedback)
            unapplied = unapplied_to_any(variables, criteria, opened.recognition)
            warn_of_missing_layers(unapplied, feedback)
            tell_evidence(opened, feedback)
            written: list[AreaSeries] = []
            rows = _rows(chain([begun], groups), criteria, least, written)
            output = write_table(self, parameters, context, fields_of(COLUMNS, _KINDS), rows, feedback)
            provenance = of_areas(written, criteria, least, unapplied, opened, software_name())
            keep_table_provenance(output, context, provenance)
        return {OUTPUT: output}

    def _shapes(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[AreaShape]:
        """Return the polygons by their feature ids. Raises BadRequest where there is none."""
        source = self.parameterAsSource(parameters, AREAS, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, AREAS))
        as_they_are = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks  # they will be made valid
        shapes = [
            AreaShape(feature.id(), tr("Area {}").format(feature.id()), feature.geometry(), source.sourceCrs())
            for feature in source.getFeatures(QgsFeatureRequest(), as_they_are)
        ]
        if not shapes:
            raise BadRequest("The polygon layer has no polygon.", "Choose a layer with at least one.")
        return shapes


def _rows(
    groups: Iterable[Sequence[AreaSeries]], criteria: QualityCriteria, least: int, written: list[AreaSeries]
) -> Iterator[list[Any]]:
    """Yield the rows of groups of areas, each read when it is its turn; of what is done only the counts are kept, in `written`."""
    for records in groups:
        for record in records:
            for row in area_rows(record, criteria, least):
                yield [record.area.id, *row]
        written.extend(record.counts_only() for record in records)
