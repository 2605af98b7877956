# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit of a folder as a table and a page."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFields,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
)

from ..adapters.compat import table_field
from ..adapters.engines import default_engine, make_reader
from ..adapters.inflate import fastest_inflate
from ..adapters.land import Land
from ..adapters.options import Options
from ..adapters.software import software_name
from ..core.audit import audit
from ..core.audit_report import write_audit_html
from ..core.audit_table import COLUMNS, audit_items, audit_rows, outcome
from ..core.findings import Severity
from .base import OUTPUT, SmosIbAlgorithm, reporting, tr
from .dressing import keep_items
from .table_output import check_table, write_table

HTML, FILES, ERRORS, WARNINGS = "HTML", "FILES", "ERRORS", "WARNINGS"


class AuditFolder(SmosIbAlgorithm):
    """`smosib:audit`."""

    def name(self) -> str:
        return "audit"

    def displayName(self) -> str:
        return tr("Audit a folder")

    def shortHelpString(self) -> str:
        return tr(
            "Reads every daily file of a folder once and whole, and lists what is wrong: missing days as ranges, second files for a day, files that are empty, truncated, unreadable "
            "or damaged in one of their layers, files on another grid or of another product, days without scene flags, RMSE or a variable that most days have, dates that disagree with "
            "the file's name, and sizes out of family. A file that cannot be read is a result and no error.\n\n"
            "What is found is kept in the cache of layers: a run that was cancelled goes on where it stopped, and another run reads only new and changed files."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_folder()
        self.addParameter(
            QgsProcessingParameterFeatureSink(OUTPUT, tr("Findings"), QgsProcessing.SourceType.TypeVector)
        )
        files = tr("HTML files (*.html)")
        self.addParameter(QgsProcessingParameterFileDestination(HTML, tr("Report"), files, optional=True))
        self.addOutput(QgsProcessingOutputNumber(FILES, tr("Daily files")))
        self.addOutput(QgsProcessingOutputNumber(ERRORS, tr("Errors")))
        self.addOutput(QgsProcessingOutputNumber(WARNINGS, tr("Warnings")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        with reporting(
            feedback, tr("Cancelled; what was found is kept, and the next run goes on from there.")
        ) as progress:
            check_table(parameters)
            folder = self.folder(parameters, context)
            reader, corrections = make_reader(default_engine(), Land()), self.corrections(parameters, folder, context)
            found = audit(reader, folder, corrections, Options.read().layer_cache, fastest_inflate(), progress)
            page = self.parameterAsFileOutput(parameters, HTML, context)
            if page:
                write_audit_html(Path(page), found, software_name(), dt.date.today())
            output = write_table(self, parameters, context, _fields(), audit_rows(found), feedback)
            keep_items(output, context, audit_items(found, software_name(), dt.date.today()))
            for finding in found.findings:
                if finding.severity is Severity.ERROR:
                    feedback.reportError(f"{finding.file}: {finding.detail}")
            feedback.pushInfo(
                tr("{} daily files, {} read in this run: {}.").format(len(found.files), found.read, outcome(found))
            )
        results = {OUTPUT: output, FILES: len(found.files), ERRORS: found.count(Severity.ERROR)}
        return {**results, WARNINGS: found.count(Severity.WARNING), **({HTML: page} if page else {})}


def _fields() -> QgsFields:
    fields = QgsFields()
    for name in COLUMNS:
        fields.append(table_field(name, "Double" if name == "size" else "QString"))
    return fields
