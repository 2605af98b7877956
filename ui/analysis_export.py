# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plot works out as tables: columns and rows of the analysis and of the statistics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..plugin.core.analysis.analysis_tables import COLUMNS, analysis_rows
from .records import records
from .series_view import SeriesView
from .statistics_table import COLUMNS as STATISTICS_COLUMNS
from .statistics_table import statistics_rows


class AnalysisTable(NamedTuple):
    """The names of columns, and rows in their order, None where there is no number."""

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


def analysis_table(view: SeriesView) -> AnalysisTable:
    """Return a row for each day and variable with a kept value."""
    chosen = view.analysis
    rows = (
        row
        for variable in view.variables
        if not variable.is_bits
        for record in records(view, variable)
        for row in analysis_rows(
            record.name,
            variable.id,
            record.days,
            record.kept,
            chosen.reference,
            chosen.method,
            chosen.window,
            chosen.least,
        )
    )
    return AnalysisTable(COLUMNS, rows)


def statistics_table(view: SeriesView) -> AnalysisTable:
    """Return a row for each series and variable."""
    return AnalysisTable(STATISTICS_COLUMNS, statistics_rows(view))
