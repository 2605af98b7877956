# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Processing provider. A new algorithm is one file and one line here."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..adapters.software import ROOT, software_name
from .audit import AuditFolder
from .buildstore import BuildStore
from .dailymap import DailyMap
from .demoarchive import DemoArchive
from .pointseries import PointSeries

ALGORITHMS = (DailyMap, PointSeries, BuildStore, AuditFolder, DemoArchive)


class SmosIbProvider(QgsProcessingProvider):
    """Provider `smosib`."""

    def id(self) -> str:
        return "smosib"

    def name(self) -> str:
        return "SMOS-IB Explorer"

    def longName(self) -> str:
        return software_name()

    def icon(self) -> QIcon:
        return QIcon(str(ROOT / "resources" / "icon.svg"))

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        return ["tif"]

    def loadAlgorithms(self) -> None:
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
