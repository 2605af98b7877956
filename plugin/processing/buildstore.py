# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The time-series store of an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
)

from ..adapters.software import software_name
from ..adapters.stores import Stores
from ..core.errors import BadRequest
from ..core.reader import Opened
from ..core.store.build import build_store
from .base import SmosIbAlgorithm, reporting, tr

STORE_PARENT, STORE, ADDED, TOTAL = "STORE_PARENT", "STORE", "ADDED", "TOTAL"


class BuildStore(SmosIbAlgorithm):
    """`smosib:buildstore`."""

    def name(self) -> str:
        return "buildstore"

    def displayName(self) -> str:
        return tr("Build the time-series store")

    def shortHelpString(self) -> str:
        return tr(
            "Turns the daily files of a folder into a time-series store, from which the whole record of a cell is read in milliseconds: raw values with scene flags and RMSE, "
            "as plain CF netCDF files. Thresholds are applied on reading and never need a new store. Where a store is there already, only new and changed files are read. "
            "The dock and the other algorithms find it by themselves beside the archive, in the project's folder and in the profile's cache, not elsewhere. "
            "A run that was cancelled or that failed goes on where it stopped."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_folder()
        folder = QgsProcessingParameterFile.Behavior.Folder
        text = tr(
            "Folder to put the store into (empty: where it is, else beside the archive, else in the profile's cache)"
        )
        self.addParameter(QgsProcessingParameterFile(STORE_PARENT, text, behavior=folder, optional=True))
        self.addOutput(QgsProcessingOutputFolder(STORE, tr("The store's folder")))
        self.addOutput(QgsProcessingOutputNumber(ADDED, tr("Daily files added or replaced")))
        self.addOutput(QgsProcessingOutputNumber(TOTAL, tr("Daily files in the store")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(
            feedback, tr("Cancelled; what is finished stays, and the next run goes on from there.")
        ) as progress:
            reader, opened = self.opened(parameters, context, progress)
            chosen = self.parameterAsFile(parameters, STORE_PARENT, context)
            folder = self.stores.target(opened, Path(chosen)) if chosen else _usual_folder(self.stores, opened)
            feedback.pushInfo(f"{folder}")
            result = build_store(reader, opened, folder, software_name(), progress)
            for name in result.unreadable:
                feedback.reportError(tr("{} could not be read.").format(name))
            feedback.pushInfo(str(result))
        return {STORE: str(folder), ADDED: result.added, TOTAL: result.total}


def _usual_folder(stores: Stores, opened: Opened) -> Path:
    """Return where the archive's store is, else the first place where one can be. Raises BadRequest."""
    there = stores.view(opened)
    if there is not None and there.is_own:
        return there.store.folder
    for parent in stores.writable(opened.archive.root).values():
        return stores.target(opened, parent)
    raise BadRequest("There is no place for a store that can be written.", f"Name a folder as {STORE_PARENT}.")
