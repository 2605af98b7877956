# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was recognised in an archive, and the means to correct it once for all of its files."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..plugin.core.corrections import Corrections, Orientation
from ..plugin.core.reader import Opened
from ..plugin.core.recognition import Recognition
from ..plugin.core.variables import ROLES
from .texts import tr

ORIENTATIONS: tuple[Orientation | None, ...] = (
    None,
    *(Orientation(south, greenwich) for south in (False, True) for greenwich in (False, True)),
)


class RecognitionPanel(QWidget):
    """Role → netCDF variable, one row each, and the orientation of files without coordinates."""

    corrected = pyqtSignal(object)  # Corrections

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._recognition: Recognition | None = None
        self.evidence = QLabel(wordWrap=True)
        self.evidence.setObjectName("smosibEvidence")
        self.roles: dict[str, QComboBox] = {}
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        for role in ROLES:
            box = _narrow_box(f"smosibRole{role.id}", tr("netCDF variable of {}").format(role.title))
            self.roles[role.id] = box
            form.addRow(role.id, box)
            form.labelForField(box).setToolTip(role.title)
        self.orientation = _narrow_box("smosibOrientation", tr("Orientation of files without coordinates"))
        for orientation in ORIENTATIONS:
            self.orientation.addItem(
                tr("by the match with land") if orientation is None else str(orientation), orientation
            )
        form.addRow(tr("Orientation"), self.orientation)
        self.apply = QPushButton(tr("Apply Corrections"))
        self.apply.setObjectName("smosibApplyCorrections")
        self.reset = QPushButton(tr("Reset"))
        self.reset.setObjectName("smosibResetCorrections")
        self.reset.setToolTip(tr("Back to what is recognised by itself"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.apply, 1)
        buttons.addWidget(self.reset)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.addWidget(self.evidence)
        rows.addLayout(form)
        rows.addLayout(buttons)
        rows.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.apply.clicked.connect(lambda: self.corrected.emit(self.corrections()))
        self.reset.clicked.connect(lambda: self.corrected.emit(Corrections()))

    def show_recognition(self, opened: Opened) -> None:
        """Show what an archive is taken for."""
        recognition = self._recognition = opened.recognition
        self.evidence.setText(recognition.evidence)
        found = {variable.id: variable.netcdf_name for variable in recognition.variables if variable.role}
        for role_id, box in self.roles.items():
            box.clear()
            box.addItem(tr("none"), "")
            for variable in recognition.variables:
                box.addItem(variable.netcdf_name, variable.netcdf_name)
            box.setCurrentIndex(max(0, box.findData(found.get(role_id, ""))))
        self.orientation.setEnabled(recognition.orientation is not None)
        chosen = recognition.corrections.orientation
        self.orientation.setCurrentIndex(ORIENTATIONS.index(chosen) if chosen in ORIENTATIONS else 0)
        self.reset.setEnabled(bool(recognition.corrections))

    def corrections(self) -> Corrections:
        """Return what differs from what was recognised, together with what was corrected before."""
        if self._recognition is None:
            return Corrections()
        found = {variable.id: variable.netcdf_name for variable in self._recognition.variables if variable.role}
        roles = dict(self._recognition.corrections.roles)
        for role_id, box in self.roles.items():
            if box.currentData() != found.get(role_id, ""):
                roles[role_id] = box.currentData()
        orientation = ORIENTATIONS[self.orientation.currentIndex()] if self.orientation.isEnabled() else None
        return Corrections(roles, orientation)


def _narrow_box(name: str, meaning: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(meaning)
    box.setToolTip(meaning)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box
