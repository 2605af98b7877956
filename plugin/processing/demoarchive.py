# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The synthetic demo archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFolderDestination,
)

from ..adapters.engines import default_engine
from ..adapters.land import Land
from ..core.demo import make_demo
from ..core.errors import BadRequest
from ..core.grid import M25KM
from .base import END, START, SmosIbAlgorithm, reporting, tr

OUTPUT_FOLDER, FILES = "OUTPUT_FOLDER", "FILES"


class DemoArchive(SmosIbAlgorithm):
    """`smosib:demoarchive`."""

    def name(self) -> str:
        return "demoarchive"

    def displayName(self) -> str:
        return tr("Make a synthetic demo archive")

    def shortHelpString(self) -> str:
        return tr(
            "Writes daily files in the product's form with invented numbers, ascending and descending, for trying the software. Every file says that it is synthetic. About 6 MB a day."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_day(START, tr("First day"))
        self.add_day(END, tr("Last day"))
        self.addParameter(QgsProcessingParameterFolderDestination(OUTPUT_FOLDER, tr("Folder")))
        self.addOutput(QgsProcessingOutputNumber(FILES, tr("Number of files")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(feedback) as progress:
            first, last = self.needed_day(parameters, START, context), self.needed_day(parameters, END, context)
            folder = self.parameterAsString(parameters, OUTPUT_FOLDER, context)
            land = Land()(M25KM)
            if land is None:
                raise BadRequest(
                    "QGIS's world map is missing from this installation.", "Reinstall QGIS with its resources."
                )
            paths = make_demo(default_engine(), Path(folder), land, first, last, progress=progress)
        return {OUTPUT_FOLDER: folder, FILES: len(paths)}
