# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How a variable has changed over a period, as a GeoTIFF."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
)

from ..adapters.software import software_name
from ..core.analysis.periods import LEAST_IN_MEAN, PeriodLength
from ..core.analysis.trend import MIN_STEPS as FEWEST_STEPS
from ..core.analysis.trend_map import TrendOptions, trend_map
from ..core.origins import of_trend
from .base import QUALITY_HELP, reporting, tr
from .maps import MIN_COUNT, MapAlgorithm

STEP, MIN_STEPS, SEASONAL, P_LIMIT = "STEP", "MIN_STEPS", "SEASONAL", "P_LIMIT"
STEPS = tuple(length.value for length in PeriodLength)


class TrendMap(MapAlgorithm):
    """`smosib:trendmap`."""

    def name(self) -> str:
        return "trendmap"

    def displayName(self) -> str:
        return tr("Trend map of a period")

    def shortHelpString(self) -> str:
        about = tr(
            "Computes the trend of monthly or annual means of the kept values, cell by cell, as a GeoTIFF on EASE-Grid 2.0 with three bands: slope per decade, p, and the number of steps used. "
            "Much of a long record is read: a time-series store makes that several times faster."
        )
        method = tr(
            "The slope is Theil–Sen's, the median of the slopes between all pairs of steps (Sen 1968); p is that of the two-sided Mann–Kendall test with correction for ties and continuity (Mann 1945, Kendall 1975). "
            "Months or years with fewer than MIN_COUNT kept values, or of which the archive lacks more than 7 or 36 days in a row, are left out; the others keep their places in time. Cells with fewer than MIN_STEPS steps are nodata; the third band tells how many they have. "
            "SEASONAL compares only the same calendar months with each other (Hirsch, Slack and Smith 1982). Persistence is not allowed for, which makes p too small; the normal approximation is rough for fewer than ten steps. "
            "With P_LIMIT, 0.05 say, the first band holds only slopes whose p is below it."
        )
        return f"{about}\n\n{method}\n\n{tr(QUALITY_HELP)}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_source(many=False)
        self.add_period()
        self.add_choice(STEP, tr("Trend of the means of each"), STEPS, PeriodLength.MONTH.value)
        self.add_number(MIN_COUNT, tr("Fewest kept values of a month or year"), LEAST_IN_MEAN)
        self.add_number(MIN_STEPS, tr("Fewest months or years of a trend"), FEWEST_STEPS, least=2, advanced=True)
        text = tr("Compare only the same calendar months with each other")
        seasonal = QgsProcessingParameterBoolean(SEASONAL, text, defaultValue=False, optional=True)
        seasonal.setFlags(seasonal.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(seasonal)
        self.addParameter(
            QgsProcessingParameterNumber(
                P_LIMIT,
                tr("Show only slopes whose p is below"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0.0,
                maxValue=1.0,
            )
        )
        self.add_quality()
        self.add_map()

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(feedback) as progress:
            first, last = self.days(parameters, context)
            options = TrendOptions(
                PeriodLength(self.choice(parameters, STEP, STEPS, context)),
                self.parameterAsBool(parameters, SEASONAL, context),
                self.parameterAsInt(parameters, MIN_COUNT, context),
                self.parameterAsInt(parameters, MIN_STEPS, context),
                self.parameterAsDouble(parameters, P_LIMIT, context)
                if parameters.get(P_LIMIT) not in (None, "")
                else None,
            )
            asked = self.asked(parameters, context, progress)
            period = first or asked.span[0], last or asked.span[1]
            asked.within(period)
            made = trend_map(
                asked.granules,
                asked.variable,
                period,
                options,
                asked.criteria,
                asked.read,
                progress,
                asked.store,
            )
            provenance = of_trend(made, asked.opened, software_name())
            return self.write_map(parameters, context, feedback, made, provenance, asked.opened)
