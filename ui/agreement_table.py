# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How a cell agrees with references, as a small table: a column a reference, a row a measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from ..plugin.core.analysis.comparison import Comparison
from .texts import tip, tr

SWATCH = 10  # pixels


class AgreementTable(QTableWidget):
    """The table `smosibAgreement`. It is as high as its rows."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(6, 0, parent)
        self.setObjectName("smosibAgreement")
        self.setAccessibleName(tr("How the cell agrees with what it is compared with"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalHeaderLabels([tr("n"), tr("Bias"), tr("RMSD"), tr("ubRMSD"), tr("Pearson R"), tr("Spearman R")])
        tips = (
            tr("Days on which both have a value"),
            tr("Mean of this archive minus the reference"),
            tr("Root of the mean squared difference"),
            tr("The same without the bias: √(RMSD² − bias²)"),
            tr("Linear correlation"),
            tr("Correlation of ranks"),
        )
        for row, text in enumerate(tips):
            self.verticalHeaderItem(row).setToolTip(text)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_comparisons(self, comparisons: Sequence[Comparison]) -> None:
        """Show results side by side; numbers that there are none of are dashes."""
        self.setColumnCount(len(comparisons))
        for column, one in enumerate(comparisons):
            found, units = one.agreement, one.reference.variable.units
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(one.reference.colour))
            title = QTableWidgetItem(QIcon(swatch), one.reference.name)
            title.setToolTip(tip(one.reference.name))
            self.setHorizontalHeaderItem(column, title)
            numbers = [found.bias, found.rmsd, found.ubrmsd, found.pearson, found.spearman]
            for row, text in enumerate((f"{found.n:,}", *map(_number, numbers))):
                item = QTableWidgetItem(text)
                item.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                item.setToolTip(units if 1 <= row <= 3 else "")
                self.setItem(row, column, item)
        height = self.horizontalHeader().sizeHint().height() + 6 * self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(height + 2 * self.frameWidth() + 2)


def _number(number: float) -> str:
    return "–" if math.isnan(number) else f"{number:.3f}".replace("-", "−")
