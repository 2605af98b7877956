# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Quality control in the dock: presets, limits as sliders and numbers, scene flags one by one, and how much is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qgis.PyQt.QtCore import QObject, QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QLabel

from ..plugin.adapters.overview import Retention
from ..plugin.core.quality import (
    PROVIDER,
    PROVIDER_6K,
    RAW,
    SCENE_FLAG_BITS,
    SCENE_FLAG_NAMES,
    QualityCriteria,
)
from .retention_curve import RetentionCurve
from .texts import tr

PRESETS: tuple[tuple[str, QualityCriteria | None], ...] = (
    ("Provider 8 K", PROVIDER),
    ("Provider 6 K", PROVIDER_6K),
    ("Raw", RAW),
    ("Custom", None),
)
ALL_FLAGS = sum(SCENE_FLAG_BITS)


class QualityPanel(QObject):
    """Fills the quality widgets of the dock's form and says which criteria the user wants, while he drags."""

    criteria_chosen = pyqtSignal(object)  # QualityCriteria

    def __init__(self, form: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._form = form
        self._criteria = self._last_applied = PROVIDER
        for name, criteria in PRESETS:
            form.smosibQualityPreset.addItem(tr(name), criteria)
        for box in (form.smosibMaxSceneFlag, form.smosibMaxRmse):
            box.setKeyboardTracking(False)  # a value counts when it is typed to its end
        self.flags = {bit: self._flag_box(bit) for bit in SCENE_FLAG_BITS}
        form.flagGrid.addWidget(QLabel(tr("Reject scenes with")), 0, 0, 1, 2)
        for number, box in enumerate(self.flags.values()):
            form.flagGrid.addWidget(box, 1 + number // 2, number % 2)
        self.curve = RetentionCurve()
        form.qualityLayout.addWidget(self.curve)
        form.smosibQualityPreset.currentIndexChanged.connect(self._preset_chosen)
        form.smosibRmseSlider.valueChanged.connect(lambda tenths: self.choose_rmse(tenths / 10))
        form.smosibMaxRmse.valueChanged.connect(self.choose_rmse)
        for one in (form.smosibFlagSlider, form.smosibMaxSceneFlag):
            one.valueChanged.connect(lambda flag: self._choose(replace(self._criteria, max_scene_flag=flag)))

    def _flag_box(self, bit: int) -> QCheckBox:
        box = QCheckBox(SCENE_FLAG_NAMES[bit])
        box.setObjectName(f"smosibRejectFlag{bit}")
        box.setToolTip(
            tr("{}: {}. Rejects every scene that has this flag, whatever the threshold.").format(
                bit, SCENE_FLAG_BITS[bit]
            )
        )
        box.clicked.connect(lambda on, bit=bit: self._flag_clicked(bit, on))
        return box

    def show_criteria(self, criteria: QualityCriteria) -> None:
        """Show criteria, without saying that the user chose them."""
        form, self._criteria = self._form, criteria
        if not criteria.is_raw:
            self._last_applied = criteria
        limits = (
            (criteria.max_scene_flag, (form.smosibMaxSceneFlag, form.smosibFlagSlider), 1),
            (criteria.max_rmse, (form.smosibMaxRmse, form.smosibRmseSlider), 10),
        )
        with QSignalBlocker(form.smosibQualityPreset):
            known = next((row for row, (_, preset) in enumerate(PRESETS) if preset == criteria), len(PRESETS) - 1)
            form.smosibQualityPreset.setCurrentIndex(known)
        for limit, (box, slider), steps in limits:
            blockers = QSignalBlocker(box), QSignalBlocker(slider)
            box.setEnabled(not criteria.is_raw)
            slider.setEnabled(not criteria.is_raw)
            if limit is None and not criteria.is_raw:
                limit = box.maximum()  # not limited at all
            if limit is not None:
                if box.value() != limit:
                    box.setValue(limit)
                slider.setValue(round(steps * limit))
            del blockers
        for bit, box in self.flags.items():
            box.setChecked(bool(_rejected_flags(criteria) & bit))

    def show_kept(self, text: str) -> None:
        """Show how much survived."""
        self._form.smosibKept.setText(text)

    def show_retention(self, retention: Retention | None) -> None:
        """Show how much each RMSE limit keeps; None without a map of one day or a series."""
        self.curve.setVisible(retention is not None)
        if retention is None:
            return
        if retention.why_not:
            self.curve.show_sentence(tr(retention.why_not))
            return
        title = tr("This cell's record") if retention.of_cell else tr("This day")
        self.curve.show_curve(retention.shares, retention.limits, retention.limit, title)

    def toggle(self) -> None:
        """Switch quality control off, or on again as it was."""
        self._choose(self._last_applied if self._criteria.is_raw else RAW)

    def choose_rmse(self, limit: float) -> None:
        """Choose another limit of the RMSE in K."""
        self._choose(replace(self._criteria, max_rmse=round(limit, 1)))

    def _choose(self, criteria: QualityCriteria) -> None:
        if criteria != self._criteria:
            self.show_criteria(criteria)
            self.criteria_chosen.emit(criteria)

    def _preset_chosen(self, row: int) -> None:
        # «Custom» begins with what applied last, ready to be changed.
        self._choose(PRESETS[row][1] or self._last_applied)

    def _flag_clicked(self, bit: int, on: bool) -> None:
        rejected = _rejected_flags(self._criteria)
        if on:
            self._choose(replace(self._criteria, rejected_flags=self._criteria.rejected_flags | bit))
        elif self._criteria.rejected_flags & bit and not _implied(self._criteria) & bit:
            self._choose(replace(self._criteria, rejected_flags=self._criteria.rejected_flags & ~bit))
        else:  # the threshold rejects it: from now on each flag for itself
            self._choose(replace(self._criteria, max_scene_flag=ALL_FLAGS, rejected_flags=rejected & ~bit))


def _rejected_flags(criteria: QualityCriteria) -> int:
    """Return the bits that reject a scene whatever else it has: chosen ones, and those beyond the threshold."""
    return criteria.rejected_flags | _implied(criteria)


def _implied(criteria: QualityCriteria) -> int:
    limit = criteria.max_scene_flag
    return 0 if limit is None else sum(bit for bit in SCENE_FLAG_BITS if bit > limit)
