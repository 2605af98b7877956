# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How the current cell agrees with a station, the other orbit and another archive: the choices, the table, the pairing rules, and the CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..plugin.adapters.compared import Compared
from ..plugin.core.analysis.pairing import SAME_DAY, DayValue
from . import texts
from .agreement_table import AgreementTable
from .fields import icon_button, push_button, side_by_side, with_ending
from .reading_row import ReadingRow
from .texts import tr

BAR_WIDTH = 100  # pixels


class AgreementPanel(QWidget):
    """The panel `smosibAgreementPanel`. It says what the user wants; `show_compared` shows what is."""

    variable_chosen = pyqtSignal(str)
    day_value_chosen = pyqtSignal(object)  # DayValue
    orbit_wanted = pyqtSignal(bool)
    archive_chosen = pyqtSignal(object)  # Path
    archive_closed = pyqtSignal()
    copy_requested = pyqtSignal()
    export_requested = pyqtSignal(object)  # Path
    cancel_requested = pyqtSignal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibAgreementPanel")
        self.browse_from = ""
        self.reading = ReadingRow("smosibComparison", tr("Reading what the cell is compared with"), BAR_WIDTH)
        self.reading.cancel.clicked.connect(self.cancel_requested)
        self.table = AgreementTable()
        self.rule = QLabel(objectName="smosibPairingRule", wordWrap=True)
        self.rule.setTextFormat(Qt.TextFormat.PlainText)
        self.rule.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.rule.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        for row in (self._choice_row(), self._others_row(), self.reading):
            rows.addLayout(row)
        rows.addWidget(self.table)
        rows.addWidget(self.rule)
        rows.addLayout(self._export_row())
        self.show_compared(Compared())

    def _choice_row(self) -> QHBoxLayout:
        self.variable = QComboBox(objectName="smosibStationVariable")
        self.variable.setToolTip(tr("Which of the plot's variables is compared"))
        self.variable.currentIndexChanged.connect(lambda at: self.variable_chosen.emit(self.variable.itemData(at)))
        self.day_value = QComboBox(objectName="smosibStationDayValue")
        self.day_value.setToolTip(tr("What stands for a day of the station"))
        self.day_value.addItem(tr("Mean of the day"), DayValue.MEAN)
        self.day_value.addItem(tr("Nearest to the overpass, ± 3 h"), DayValue.OVERPASS)
        self.day_value.currentIndexChanged.connect(lambda at: self.day_value_chosen.emit(self.day_value.itemData(at)))
        for box in (self.variable, self.day_value):
            box.setAccessibleName(box.toolTip())
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.variable.setMinimumContentsLength(4)
        self.day_value.setMinimumContentsLength(10)
        row = side_by_side(self.variable, self.day_value)
        row.setStretch(1, 1)
        return row

    def _others_row(self) -> QHBoxLayout:
        self.orbit = QCheckBox(tr("Other Orbit"), objectName="smosibOtherOrbit")
        self.orbit.setToolTip(tr("Compares with the archive's other orbit, day by day"))
        self.orbit.toggled.connect(self.orbit_wanted)
        self.archive_tip = tr("Compares with the same place in another folder of daily files")
        self.archive = push_button("smosibOtherArchive", tr("Another Archive…"), self.archive_tip)
        self.archive.clicked.connect(self._ask_archive)
        self.no_archive = icon_button(
            "smosibNoArchive", "/mActionRemove.svg", tr("Compare with the other archive no longer")
        )
        self.no_archive.clicked.connect(self.archive_closed)
        return side_by_side(self.orbit, None, self.archive, self.no_archive)

    def _export_row(self) -> QHBoxLayout:
        self.copy = push_button(
            "smosibCopyPairs", tr("Copy CSV"), tr("Puts pairs and results, with where they come from, on the clipboard")
        )
        self.copy.clicked.connect(self.copy_requested)
        self.export = push_button(
            "smosibExportPairs", tr("Export CSV…"), tr("Writes pairs and results, with where they come from")
        )
        self.export.clicked.connect(self._ask_csv)
        return side_by_side(self.copy, self.export, None)

    def show_compared(self, compared: Compared) -> None:
        """Show results, the pairing rules, and what can be chosen."""
        choice = compared.choice
        with QSignalBlocker(self.variable), QSignalBlocker(self.orbit), QSignalBlocker(self.day_value):
            self.orbit.setChecked(choice.with_orbit)
            self.day_value.setCurrentIndex(self.day_value.findData(choice.day_value))
            self.variable.clear()
            for variable in compared.variables:
                self.variable.addItem(variable.id, variable.id)
            self.variable.setCurrentIndex(self.variable.findData(compared.variable.id) if compared.variable else -1)
        self.variable.setEnabled(len(compared.variables) > 1)
        self.orbit.setVisible(compared.has_other_orbit)
        self.no_archive.setVisible(choice.archive is not None)
        name = choice.archive.name if choice.archive is not None else ""
        self.archive.setToolTip(texts.tip(tr("Compared with {}").format(name)) if name else self.archive_tip)
        self.table.show_comparisons(compared.results)
        self.table.setVisible(bool(compared.results))
        said = [one.reference.rule for one in compared.results] + [SAME_DAY] * bool(compared.results)
        nothing = tr("Load station files and choose one: the cell it lies in is plotted with it, and compared.")
        self.rule.setText("\n".join((*said, *compared.lacking)) or nothing)
        for button in (self.copy, self.export):
            button.setEnabled(any(one.pairs.days.size for one in compared.results))

    # What the user wants

    def _ask_archive(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of another archive's daily files"), self.browse_from)
        if folder:
            self.archive_chosen.emit(Path(folder))

    def _ask_csv(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, tr("Export pairs and results"), "pairs.csv", "CSV (*.csv)")
        if name:
            self.export_requested.emit(with_ending(name, ".csv"))
