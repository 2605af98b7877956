# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How unusual a day or window was, as a GeoTIFF."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeedback

from ..adapters.software import software_name
from ..core.analysis.anomaly import AnomalyMethod
from ..core.analysis.anomaly_map import AnomalyOptions, anomaly_map
from ..core.analysis.climatology import LEAST, WINDOW, Baseline
from ..core.origins import of_anomaly
from .base import END, QUALITY_HELP, START, reporting, tr
from .maps import MIN_COUNT, MapAlgorithm

BASELINE_START, BASELINE_END, METHOD, WINDOW_DAYS = "BASELINE_START", "BASELINE_END", "METHOD", "WINDOW"
METHODS = tuple(method.value for method in AnomalyMethod)


class AnomalyMap(MapAlgorithm):
    """`smosib:anomalymap`."""

    def name(self) -> str:
        return "anomalymap"

    def displayName(self) -> str:
        return tr("Anomaly map of a day or window")

    def shortHelpString(self) -> str:
        about = tr(
            "Compares a day, or the mean of a window of at most a year, with the same time of the year in a baseline, cell by cell, as a GeoTIFF on EASE-Grid 2.0. "
            "The second band holds the number of baseline values."
        )
        sample = tr(
            "One day (END left out or the same as START) is compared with all kept values of the baseline within WINDOW days centred on that day of the year (29 February is day 60 of 366 in every year). "
            "A longer window is compared with the means of the same calendar days in each year in which all of them lie inside the baseline; a window over New Year belongs to the year it starts in. "
            "Cells with fewer than MIN_COUNT values (years for a longer window) are nodata. A value of the baseline's own years takes part in the comparison."
        )
        methods = tr(
            "METHOD difference is value − mean; zscore is that divided by the standard deviation (n − 1); percentile is 100 × (values below + half of the equal ones) / all. "
            "Anomalies from a climatology are those of pytesmo (Paulik et al. 2014, doi 10.1016/j.jag.2014.01.007), which smooths it where here values are pooled."
        )
        return f"{about}\n\n{sample}\n\n{methods}\n\n{tr(QUALITY_HELP)}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_source(many=False)
        self.add_day(START, tr("Day, or first day of a window, empty for the archive's last"), optional=True)
        self.add_day(END, tr("Last day of a window, empty for one day"), optional=True)
        self.add_day(BASELINE_START, tr("First day of the baseline, empty for the archive's first"), optional=True)
        self.add_day(BASELINE_END, tr("Last day of the baseline, empty for the archive's last"), optional=True)
        self.add_choice(METHOD, tr("Anomaly as"), METHODS, AnomalyMethod.DIFFERENCE.value)
        self.add_number(MIN_COUNT, tr("Fewest values of the baseline (years for a window of several days)"), LEAST)
        text = tr("Days around the day of the year whose values are pooled (odd)")
        self.add_number(WINDOW_DAYS, text, WINDOW, advanced=True)
        self.add_quality()
        self.add_map()

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(feedback) as progress:
            first, last = self.days(parameters, context)
            start, end = self.days(parameters, context, BASELINE_START, BASELINE_END)
            method = AnomalyMethod(self.choice(parameters, METHOD, METHODS, context))
            asked = self.asked(parameters, context, progress)
            first = first or last or asked.span[1]
            made = anomaly_map(
                asked.granules,
                asked.variable,
                (first, last or first),
                AnomalyOptions(
                    Baseline(start or asked.span[0], end or asked.span[1]),
                    method,
                    self.parameterAsInt(parameters, WINDOW_DAYS, context),
                    self.parameterAsInt(parameters, MIN_COUNT, context),
                ),
                asked.criteria,
                asked.read,
                progress,
                asked.store,
            )
            provenance = of_anomaly(made, asked.opened, software_name())
            return self.write_map(parameters, context, feedback, made, provenance, asked.opened)
