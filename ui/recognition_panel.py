# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was recognised in an archive and why, and the means to correct it once for all of its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..plugin.core.corrections import FROM_CONTENT, Corrections, Orientation
from ..plugin.core.evidence import of_variable
from ..plugin.core.grid import CUT_FROM
from ..plugin.core.names import Orbit
from ..plugin.core.products import PRODUCTS, UNNAMED
from ..plugin.core.profile import SUFFIX
from ..plugin.core.reader import Opened
from ..plugin.core.variables import ROLES
from .option_fields import choice_field, note, push_button
from .texts import tr
from .variables_table import VariablesTable

ORIENTATIONS: tuple[Orientation | None, ...] = (
    None,
    *(Orientation(south, greenwich) for south in (False, True) for greenwich in (False, True)),
)


class RecognitionPanel(QWidget):
    """What an archive is taken for, a row each with its reason: product, grid, position, dates, orbit; then the roles, units and fill values."""

    corrected = pyqtSignal(object)  # Corrections
    import_requested = pyqtSignal(object)  # Path
    export_requested = pyqtSignal(object)  # Path

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._opened: Opened | None = None
        self.product = choice_field("smosibProduct", tr("Product"))
        self.grid = choice_field("smosibGrid", tr("Grid that a regional cut comes from"))
        self.orientation = choice_field("smosibOrientation", tr("Orientation of files without coordinates"))
        self.dates = choice_field("smosibDates", tr("Where the day of a file is told"))
        self.orbit = choice_field("smosibOrbitOfFiles", tr("Orbit of all files"))
        self.evidence = note("smosibEvidence")
        self._why = {"Product": note("smosibProductWhy"), "Grid": note("smosibGridWhy"), "Position": self.evidence}
        self._why.update({"Dates": note("smosibDatesWhy"), "Orbit": note("smosibOrbitWhy")})
        self.files = note("smosibKinds")
        self.roles: dict[str, QComboBox] = {}
        self._role_why: dict[str, QLabel] = {}
        self.variables = VariablesTable()
        self.apply = push_button("smosibApplyCorrections", tr("Apply Corrections"))
        self.reset = push_button("smosibResetCorrections", tr("Reset"))
        self.imports = push_button("smosibImportProfile", tr("Import Profile…"))
        self.exports = push_button("smosibExportProfile", tr("Export Profile…"))
        for label in (*self._why.values(), self.files):
            label.setTextFormat(Qt.TextFormat.PlainText)  # names and units come from the files
        self._fill_boxes()
        self._lay_out()
        self.apply.clicked.connect(lambda: self.corrected.emit(self.corrections()))
        self.reset.clicked.connect(lambda: self.corrected.emit(Corrections()))
        self.imports.clicked.connect(self._import)
        self.exports.clicked.connect(self._export)

    def _fill_boxes(self) -> None:
        as_recognised = tr("as recognised")
        self.product.addItem(as_recognised, "")
        for product in (*PRODUCTS, UNNAMED):
            self.product.addItem(product.title, product.key)
        self.grid.addItem(as_recognised, "")
        for grid in CUT_FROM:
            self.grid.addItem(grid.title, grid.name)
        for orientation in ORIENTATIONS:
            text = tr("by coordinates or the match with land") if orientation is None else str(orientation)
            self.orientation.addItem(text, orientation)
        self.dates.setEditable(True)
        self.dates.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.dates.addItem(as_recognised, "")
        self.dates.addItem(tr("from inside of the files"), FROM_CONTENT)
        self.dates.setToolTip(
            tr(
                "As recognised, from inside, or how file names write the day: YYYY, MM and DD, or YYYY and DDD, such as DDMMYYYY"
            )
        )
        self.orbit.addItem(as_recognised, None)
        for orbit in Orbit:
            self.orbit.addItem(orbit.title, orbit.value)
        for role in ROLES:
            self.roles[role.id] = choice_field(f"smosibRole{role.id}", tr("netCDF variable of {}").format(role.title))
            self._role_why[role.id] = note(f"smosibRole{role.id}Why")
            self._role_why[role.id].setTextFormat(Qt.TextFormat.PlainText)
        self.reset.setToolTip(tr("Back to what is recognised by itself"))
        self.imports.setToolTip(tr("Takes corrections from a profile file, for this folder"))
        self.exports.setToolTip(tr("Writes the corrections, and what was recognised, to a small file for others"))
        for box in (self.product, self.grid, self.orientation, self.dates, self.orbit, *self.roles.values()):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        boxes = (
            (tr("Product"), self.product, self._why["Product"]),
            (tr("Grid"), self.grid, self._why["Grid"]),
            (tr("Position"), self.orientation, self.evidence),
            (tr("Dates"), self.dates, self._why["Dates"]),
            (tr("Orbit"), self.orbit, self._why["Orbit"]),
            *((role.id, self.roles[role.id], self._role_why[role.id]) for role in ROLES),
        )
        for title, box, why in boxes:
            form.addRow(title, box)
            form.addRow(why)
            form.labelForField(box).setToolTip(box.accessibleName())
        buttons = QGridLayout()
        for number, button in enumerate((self.apply, self.reset, self.imports, self.exports)):
            buttons.addWidget(button, *divmod(number, 2))
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.addWidget(self.files)
        rows.addLayout(form)
        rows.addWidget(self.variables)
        rows.addLayout(buttons)
        rows.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def show_recognition(self, opened: Opened) -> None:
        """Show what an archive is taken for, and why."""
        self._opened, recognition = opened, opened.recognition
        corrections = recognition.corrections
        lines = {one.what: one for one in opened.evidence}
        for what, label in self._why.items():
            label.setText(f"{lines[what].found} · {lines[what].why}" if what in lines else "")
        self.evidence.setText(recognition.evidence)
        files = lines.get("Files of a day")
        self.files.setText(f"{files.what}: {files.found} · {files.why}." if files else "")
        self.files.setVisible(files is not None)
        _choose(self.product, corrections.product)
        _choose(self.grid, corrections.grid)
        self.grid.setEnabled(recognition.is_cut)
        self.orientation.setEnabled(recognition.orientation is not None)
        chosen = corrections.orientation
        self.orientation.setCurrentIndex(ORIENTATIONS.index(chosen) if chosen in ORIENTATIONS else 0)
        self._show_dates(corrections.dates)
        self.orbit.setCurrentIndex(0 if corrections.orbit is None else 1 + list(Orbit).index(Orbit(corrections.orbit)))
        found = {variable.id: variable for variable in recognition.variables if variable.role}
        for role_id, box in self.roles.items():
            box.clear()
            box.addItem(tr("none"), "")
            for variable in recognition.variables:
                box.addItem(variable.netcdf_name, variable.netcdf_name)
            there = found.get(role_id)
            _choose(box, there.netcdf_name if there else "")
            self._role_why[role_id].setText(of_variable(there) if there else "")
            self._role_why[role_id].setVisible(there is not None)
        self.variables.show_variables(recognition.variables, corrections)
        self.reset.setEnabled(bool(corrections))

    def corrections(self) -> Corrections:
        """Return what differs from what was recognised, together with what was corrected before."""
        if self._opened is None:
            return Corrections()
        recognition = self._opened.recognition
        found = {variable.id: variable.netcdf_name for variable in recognition.variables if variable.role}
        roles = dict(recognition.corrections.roles)
        for role_id, box in self.roles.items():
            if box.currentData() != found.get(role_id, ""):
                roles[role_id] = box.currentData()
        return Corrections(
            roles,
            ORIENTATIONS[self.orientation.currentIndex()]
            if self.orientation.isEnabled()
            else recognition.corrections.orientation,
            self.product.currentData(),
            self.grid.currentData(),
            self.variables.units(),
            self.variables.fills(),
            self._chosen_dates(),
            self.orbit.currentData(),
        )

    def _show_dates(self, dates: str) -> None:
        while self.dates.count() > 2:
            self.dates.removeItem(2)
        if dates not in ("", FROM_CONTENT):
            self.dates.addItem(dates, dates)
        _choose(self.dates, dates)

    def _chosen_dates(self) -> str:
        text = self.dates.currentText().strip()
        known = [self.dates.itemText(number) for number in range(self.dates.count())]
        return str(self.dates.itemData(known.index(text))) if text in known else text

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Import a profile"), self._place(), f"{tr('Profile')} (*.json)")
        if name:
            self.import_requested.emit(Path(name))

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Export a profile"), f"{self._place()}{SUFFIX}", f"{tr('Profile')} (*.json)"
        )
        if name:
            self.export_requested.emit(Path(name if name.lower().endswith(".json") else name + SUFFIX))

    def _place(self) -> str:
        return self._opened.archive.root.name if self._opened else ""


def _choose(box: QComboBox, data: Any) -> None:
    box.setCurrentIndex(max(0, box.findData(data)))
