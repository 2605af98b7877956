# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The variables of an archive with their units in the file, and one more number that means no retrieval: both can be corrected."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.PyQt.QtCore import QSignalBlocker, Qt
from qgis.PyQt.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from ..plugin.core.corrections import Corrections
from ..plugin.core.profile import fill_of, fill_text
from ..plugin.core.variables import Variable
from .texts import tr

NAME, UNITS, FILL = range(3)
MOST_ROWS_SHOWN = 8


class VariablesTable(QTableWidget):
    """One row a variable, by its netCDF name. A cell that the user empties goes back to what the file says."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setObjectName("smosibVariables")
        self.setAccessibleName(tr("Variables with their units in the file and further fill values"))
        self.setHorizontalHeaderLabels([tr("Variable"), tr("Units in file"), tr("Also empty")])
        self.horizontalHeaderItem(UNITS).setToolTip(
            tr("What the numbers in the file are in; % for soil moisture and °C for temperatures are converted")
        )
        self.horizontalHeaderItem(FILL).setToolTip(
            tr("One more number that means no retrieval, beside what the file declares")
        )
        self.verticalHeader().hide()
        for column in range(3):
            mode = QHeaderView.ResizeMode.Stretch if column == NAME else QHeaderView.ResizeMode.ResizeToContents
            self.horizontalHeader().setSectionResizeMode(column, mode)
        self._in_file: dict[str, str] = {}
        self._corrected: dict[str, str] = {}
        self._fills: dict[str, float] = {}
        self.itemChanged.connect(self._check)

    def show_variables(self, variables: Sequence[Variable], corrections: Corrections) -> None:
        """Show an archive's variables, and what was corrected of them."""
        blocker = QSignalBlocker(self)
        self._corrected, self._fills = dict(corrections.units), dict(corrections.fills)
        self._in_file = {one.netcdf_name: one.stored_units for one in variables}
        self.setRowCount(len(variables))
        for row, one in enumerate(variables):
            name = QTableWidgetItem(one.netcdf_name)
            name.setFlags(name.flags() & ~Qt.ItemFlag.ItemIsEditable)
            name.setToolTip(one.netcdf_name)
            fill = corrections.fills.get(one.netcdf_name)
            declared = QTableWidgetItem("" if fill is None else fill_text(fill))
            declared.setToolTip(tr("Declared in the file: {}").format(", ".join(one.declared) or tr("nothing")))
            for column, item in ((NAME, name), (UNITS, QTableWidgetItem(one.stored_units)), (FILL, declared)):
                self.setItem(row, column, item)
        height = self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth()
        self.setFixedHeight(
            height + self.verticalHeader().defaultSectionSize() * min(MOST_ROWS_SHOWN, max(1, len(variables)))
        )
        del blocker

    def units(self) -> dict[str, str]:
        """Return the units that the user stated, by netCDF name."""
        stated = dict(self._corrected)
        for row in range(self.rowCount()):
            name, units = self._text(row, NAME), self._text(row, UNITS)
            if not units:
                stated.pop(name, None)
            elif units != self._in_file.get(name, ""):
                stated[name] = units
        return stated

    def fills(self) -> dict[str, float]:
        """Return the further fill values, by netCDF name, also those of variables that are not in the table."""
        found = dict(self._fills)
        for row in range(self.rowCount()):
            name, fill = self._text(row, NAME), fill_of(self._text(row, FILL))
            if fill is None:
                found.pop(name, None)
            else:
                found[name] = fill
        return found

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text().strip() if item is not None else ""

    def _check(self, item: QTableWidgetItem) -> None:
        """Take back what is no number."""
        if item.column() == FILL and item.text().strip() and fill_of(item.text()) is None:
            item.setText("")
