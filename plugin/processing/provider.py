# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Processing provider. A new algorithm is one file and one line here."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..adapters.software import ROOT, software_name
from .anomalymap import AnomalyMap
from .areaseries import AreaSeriesTable
from .audit import AuditFolder
from .buildstore import BuildStore
from .composite import Composite, CompositeSeries
from .dailymap import DailyMap
from .demoarchive import DemoArchive
from .pointseries import PointSeries
from .trendmap import TrendMap

MAPS = (DailyMap, Composite, CompositeSeries, AnomalyMap, TrendMap)
ALGORITHMS = (*MAPS, PointSeries, AreaSeriesTable, BuildStore, AuditFolder, DemoArchive)


class SmosIbProvider(QgsProcessingProvider):
    """Provider `smosib`."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[Any] = []

    def keep(self, dresser: Any) -> None:
        """Keep what QGIS will call to dress a layer, until it is not `wanted` any more. Any thread."""
        self._kept = [*(one for one in self._kept if one.wanted), dresser]

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
