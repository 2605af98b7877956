# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of statistics beside the plot: a line for each series and variable, of kept values under the current criteria."""

from __future__ import annotations

from typing import Any

import numpy as np
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QAbstractItemView, QApplication, QTableWidget, QTableWidgetItem

from .records import Record, records
from .series_view import SeriesView
from .texts import tr

_COUNTS = ("series", "variable", "units", "retrievals", "kept", "kept_percent")
SHOWN = (
    "series",
    "variable",
    "retrievals",
    "kept",
    "kept_percent",
    "mean",
    "sd",
    "min",
    "max",
    "trend_per_decade",
    "p",
)
"""The columns of the table; units stand beside the variable."""
COLUMNS = (*_COUNTS, "mean", "sd", "min", "max", "trend_per_decade", "p", "trend_n")


def statistics_rows(view: SeriesView) -> list[tuple[Any, ...]]:
    """Return the table's numbers, in the order of `COLUMNS`, None where there is none."""
    every = [record for variable in view.variables for record in records(view, variable)]
    return [_row(record, view) for record in every]


def _row(record: Record, view: SeriesView) -> tuple[Any, ...]:
    found = record.statistics(view.analysis)
    share = 100 * found.kept / record.retrievals if record.retrievals else np.nan
    numbers = (share, found.mean, found.std, found.minimum, found.maximum, found.trend.slope, found.trend.p)
    return (
        record.name,
        record.variable.id,
        record.variable.units,
        record.retrievals,
        found.kept,
        *(float(f"{one:.6g}") if np.isfinite(one) else None for one in numbers),
        found.trend.steps,
    )


class StatisticsTable(QTableWidget):
    """The table `smosibStatistics`. It is worked out when it can be seen, and soon after the plot, not with it."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibStatistics")
        self.setAccessibleName(tr("Statistics of the kept values"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        titles = (
            tr("Series"),
            tr("Variable"),
            tr("Retrievals"),
            tr("Kept"),
            tr("Kept %"),
            tr("Mean"),
            tr("SD"),
            tr("Min"),
            tr("Max"),
            tr("Trend/decade"),
            "p",
        )
        self.setColumnCount(len(titles))
        self.setHorizontalHeaderLabels(titles)
        self._view: SeriesView | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._fill)

    def show_view(self, view: SeriesView | None) -> None:
        """Show the statistics of a view when there is time."""
        self._view = view
        if self.isVisible() and not self._soon.isActive():
            self._soon.start(30)

    def showEvent(self, event: Any) -> None:
        """Fill the table that is seen now."""
        super().showEvent(event)
        self._fill()

    def keyPressEvent(self, event: Any) -> None:
        """Copy what is selected, or all, as text with tabs, for a spreadsheet."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.as_text())
        else:
            super().keyPressEvent(event)

    def as_text(self) -> str:
        """Return the selected lines, or all, with the header; columns are parted by tabs."""
        chosen = sorted({index.row() for index in self.selectedIndexes()}) or range(self.rowCount())
        columns = range(self.columnCount())
        lines = [[self.horizontalHeaderItem(column).text() for column in columns]]
        lines += [[self.item(row, column).text() for column in columns] for row in chosen]
        return "\n".join("\t".join(line) for line in lines)

    @property
    def wanted_width(self) -> int:
        """The width at which all columns are seen."""
        return self.horizontalHeader().length() + 2 * self.frameWidth() + 2

    def _fill(self) -> None:
        self._say_how()
        rows = statistics_rows(self._view) if self._view is not None else []
        self.setRowCount(len(rows))
        for at, (name, variable, units, retrievals, kept, *numbers, _) in enumerate(rows):
            share, *others, p = numbers
            label = f"{variable} ({units})" if units not in ("", "–", "-") else variable
            texts = [
                name,
                label,
                "–" if retrievals is None else f"{retrievals:,}",
                f"{kept:,}",
                "–" if share is None else f"{share:.1f}",
                *map(_text, others),
            ]
            texts.append("" if p is None else "< 0.001" if p < 0.001 else f"{p:.2g}")
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(at, column, item)
        self.resizeColumnsToContents()

    def _say_how(self) -> None:
        """Let the headers tell what is counted, and how trend and p are computed, which other pictures have no controls for."""
        how = self._view.analysis.trend_text if self._view is not None else ""
        columns = {
            "retrievals": tr("Retrievals before quality control; a mean of an area or a station has none"),
            "kept": tr("Kept values: all other columns are of them"),
            "trend_per_decade": how,
            "p": how,
        }
        for name, text in columns.items():
            self.horizontalHeaderItem(SHOWN.index(name)).setToolTip(text)


def _text(number: float | None) -> str:
    """Return four digits of a number, of a large one all before the point."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"
