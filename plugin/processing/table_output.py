# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables as OUTPUT of algorithms: their fields, whether they can be written, and writing them whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
)

from ..adapters.compat import no_geometry, table_field
from ..adapters.table_files import remove_table
from ..core.errors import BadRequest, Cancelled
from .base import OUTPUT

ROWS_BETWEEN_LOOKS = 1000
"""Rows of a table that are written between two looks whether the user has cancelled."""


def fields_of(columns: Sequence[str], kinds: Mapping[str, str]) -> QgsFields:
    """Return the fields of a table, by `kinds` where that names a column, else for decimal numbers."""
    fields = QgsFields()
    for name in columns:
        fields.append(table_field(name, kinds.get(name, "Double")))
    return fields


def check_table(parameters: dict[str, Any]) -> None:
    """Raise BadRequest where OUTPUT is a file that cannot be written: before all is read, which may take long."""
    path = _file_of(parameters.get(OUTPUT))
    if path is not None and not (path.parent.is_dir() and not path.is_dir() and _may_write(path)):
        raise BadRequest(f"{path} cannot be written.", "Choose a folder that is there and can be written to.")


def write_table(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    context: Any,
    fields: QgsFields,
    rows: Iterable[Sequence[Any]],
    feedback: QgsProcessingFeedback,
) -> str:
    """Write OUTPUT, a table without geometry, and return where it is. What is cut off, by a full disk or whatever `rows` raises, is removed.

    Raises BadRequest, and Cancelled.
    """
    nowhere, place = QgsCoordinateReferenceSystem(), _file_of(parameters.get(OUTPUT))
    sink, output = algorithm.parameterAsSink(parameters, OUTPUT, context, fields, no_geometry(), nowhere)
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(parameters, OUTPUT))
    is_whole = False
    try:
        is_written = True
        for number, row in enumerate(rows):
            if number % ROWS_BETWEEN_LOOKS == 0 and feedback.isCanceled():
                raise Cancelled
            feature = QgsFeature()
            feature.setAttributes(list(row))
            is_written = is_written and sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert)
        if feedback.isCanceled():
            raise Cancelled
        is_whole = sink.flushBuffer() is not False and is_written
        reason = sink.lastError()
    finally:
        del sink  # closes the file, so that its provenance can be put beside it
        if not is_whole and place is not None:  # else it is a table among others, which stay
            for path in {place, Path(str(output))}:  # QGIS may add an ending to the name
                remove_table(path)
    if not is_whole:
        raise BadRequest(
            f"{output} cannot be written: {reason or 'no reason given'}.", "Make room or choose another place."
        )
    return str(output)


def _file_of(output: Any) -> Path | None:
    """Return the file that an output parameter names; None for a table in memory or in a database."""
    if isinstance(output, QgsProcessingOutputLayerDefinition):
        output = output.sink.staticValue()
    if not isinstance(output, str) or output in ("", QgsProcessing.TEMPORARY_OUTPUT) or re.match(r"\w{2,}:", output):
        return None
    return Path(output)


def _may_write(path: Path) -> bool:
    return os.access(path if path.exists() else path.parent, os.W_OK)
