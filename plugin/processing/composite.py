# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A statistic of a period as a GeoTIFF, or of each month or year of it as one each."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFolderDestination,
)

from ..adapters.software import software_name
from ..core.analysis.periods import PeriodLength
from ..core.archive import one_of
from ..core.composite import CompositeGrid, Statistic, check_statistic, composite
from ..core.errors import NotInArchive, UnreadableFile
from ..core.origins import of_composite
from .base import QUALITY_HELP, reporting, tr
from .maps import MIN_COUNT, Asked, MapAlgorithm, tell_map, write_map_file

STATISTIC, STEP, OUTPUT_FOLDER, FILES = "STATISTIC", "STEP", "OUTPUT_FOLDER", "FILES"
STATISTICS = ("mean", "median", "min", "max", "std", "count", "latest")
STEPS = tuple(length.value for length in PeriodLength)

STATISTIC_HELP = (
    "Each day's values go through quality control first; what is kept of a cell on all days is combined: mean, median (of an even number the mean of the middle two), "
    "minimum, maximum, standard deviation (of a sample, divided by n − 1), count, or the latest value. The second band holds the number of kept days. Cells with fewer than MIN_COUNT are "
    "nodata in the first. Of scene flags, which are sums of bits, there are only the count and the latest value. Files that cannot be read are left out and said."
)


class Composite(MapAlgorithm):
    """`smosib:composite`."""

    def name(self) -> str:
        return "composite"

    def displayName(self) -> str:
        return tr("Composite map of a period")

    def shortHelpString(self) -> str:
        about = tr(
            "Combines all days of a period, the first and the last included, into one map of one variable and orbit, as a GeoTIFF on EASE-Grid 2.0 with two bands."
        )
        return f"{about}\n\n{tr(STATISTIC_HELP)}\n\n{tr(QUALITY_HELP)}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        _add_parameters(self)
        self.add_map()

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(feedback) as progress:
            first, last = self.days(parameters, context)
            statistic = Statistic(self.choice(parameters, STATISTIC, STATISTICS, context))
            asked = self.asked(parameters, context, progress)
            period = first or asked.span[0], last or asked.span[1]
            least = self.parameterAsInt(parameters, MIN_COUNT, context)
            made = _composite(asked, period, statistic, least, progress)
            provenance = of_composite(made, asked.opened, software_name())
            return self.write_map(parameters, context, feedback, made, provenance, asked.opened)


class CompositeSeries(MapAlgorithm):
    """`smosib:compositeseries`."""

    def name(self) -> str:
        return "compositeseries"

    def displayName(self) -> str:
        return tr("Monthly or annual composite maps")

    def shortHelpString(self) -> str:
        about = tr(
            "Combines the days of each calendar month or year from START to END into one map each, as GeoTIFFs named by variable, orbit, statistic and month or year, such as SM_A_mean_2020-02.tif. "
            "The first and the last one hold only the days from START and up to END. Months or years without a file, or without one that can be read, are passed over and said. Files of the same name are replaced. A run that is cancelled leaves the "
            "maps that are finished."
        )
        return f"{about}\n\n{tr(STATISTIC_HELP)}\n\n{tr(QUALITY_HELP)}"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        _add_parameters(self)
        self.add_choice(STEP, tr("A map for each"), STEPS, "month")
        self.addParameter(QgsProcessingParameterFolderDestination(OUTPUT_FOLDER, tr("Folder of the maps")))
        self.addOutput(QgsProcessingOutputNumber(FILES, tr("Number of maps")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        written: list[str] = []
        unreadable: UnreadableFile | None = None
        with reporting(feedback, lambda: _cancelled(written)) as progress:
            first, last = self.days(parameters, context)
            statistic = Statistic(self.choice(parameters, STATISTIC, STATISTICS, context))
            length = PeriodLength(self.choice(parameters, STEP, STEPS, context))
            folder = Path(self.parameterAsString(parameters, OUTPUT_FOLDER, context))
            asked = self.asked(parameters, context, progress)
            least = self.parameterAsInt(parameters, MIN_COUNT, context)
            check_statistic(asked.variable, statistic, least)
            whole = first or asked.span[0], last or asked.span[1]
            asked.within(whole)
            form = "%Y-%m" if length is PeriodLength.MONTH else "%Y"
            steps = length.parts(*whole)
            for number, period in enumerate(steps):
                name = f"{period[0]:{form}}"
                progress(number / len(steps), name)
                try:
                    made = _composite(asked, period, statistic, least, one_of(progress, number, len(steps)))
                except NotInArchive:
                    feedback.pushWarning(tr("{} has no file and no map.").format(name))
                    continue
                except UnreadableFile as error:
                    unreadable = error
                    feedback.reportError(tr("{} has no map.").format(name) + f" {error}")
                    continue
                path = folder / _file_name(asked, statistic, name)
                write_map_file(path, made, of_composite(made, asked.opened, software_name()))
                written.append(path.name)
                tell_map(made, feedback)
            if unreadable is not None and not written:
                raise unreadable
        return {OUTPUT_FOLDER: str(folder), FILES: len(written)}


def _add_parameters(algorithm: MapAlgorithm) -> None:
    """Add the parameters of both algorithms."""
    algorithm.add_source(many=False)
    algorithm.add_period()
    algorithm.add_choice(STATISTIC, tr("Statistic of the kept values"), STATISTICS, "mean")
    algorithm.add_number(MIN_COUNT, tr("Fewest kept days of a cell"), 1)
    algorithm.add_quality()


def _composite(
    asked: Asked, period: tuple[dt.date, dt.date], statistic: Statistic, least: int, progress: Any
) -> CompositeGrid:
    return composite(
        asked.within(period),
        asked.variable,
        period,
        statistic,
        asked.criteria,
        asked.read,
        progress,
        minimum=least,
        store=asked.store,
    )


def _file_name(asked: Asked, statistic: Statistic, step: str) -> str:
    variable = re.sub(r"[^\w.-]", "_", asked.variable.id)
    return "_".join(filter(None, (variable, asked.orbit.value, statistic.value, step))) + ".tif"


def _cancelled(written: list[str]) -> str:
    if not written:
        return tr("Cancelled; nothing was written.")
    return tr("Cancelled; {} finished maps stay, the last one is {}.").format(len(written), written[-1])
