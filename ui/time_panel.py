# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time in the dock: the date, the slider over the whole record, stepping, playing, and the tie to QGIS's Temporal Controller."""

from __future__ import annotations

import bisect
import datetime as dt
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QEvent, QObject, QPoint, QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import QToolTip

from ..plugin.adapters.compat import from_qdate, to_qdate
from ..plugin.adapters.selection import Selection
from ..plugin.core.archive import Archive
from ..plugin.core.composite import Statistic
from ..plugin.core.steps import Step, Unit
from .texts import tr

A_MONTH = 30
STATISTICS = {Statistic.MEAN: "Mean", Statistic.LATEST: "Latest value"}


class TimePanel(QObject):
    """Fills the time widgets of the dock's form and says what the user wants."""

    day_requested = pyqtSignal(object)  # dt.date
    step_requested = pyqtSignal(object)  # Step
    play_toggled = pyqtSignal()
    link_toggled = pyqtSignal(bool)
    statistic_chosen = pyqtSignal(object)  # Statistic

    def __init__(self, form: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._form = form
        self._days: list[dt.date] = []
        form.smosibDaySlider.setPageStep(A_MONTH)
        form.smosibPlay.setIcon(QgsApplication.getThemeIcon("/mActionPlay.svg"))
        for statistic, title in STATISTICS.items():
            form.smosibStatistic.addItem(tr(title), statistic)
        form.smosibDate.installEventFilter(self)
        form.smosibDate.dateChanged.connect(lambda day: self.day_requested.emit(from_qdate(day)))
        for button, forward, icon in (
            (form.smosibPrevious, False, "/mActionArrowLeft.svg"),
            (form.smosibNext, True, "/mActionArrowRight.svg"),
        ):
            button.setIcon(QgsApplication.getThemeIcon(icon))
            button.setAutoRepeat(True)
            step = Step(Unit.DAY, forward)
            button.clicked.connect(lambda checked=False, step=step: self.step_requested.emit(step))
        form.smosibDaySlider.valueChanged.connect(self._slid)
        form.smosibPlay.clicked.connect(lambda checked: self.play_toggled.emit())
        form.smosibLinkTime.toggled.connect(self.link_toggled)
        form.smosibStatistic.currentIndexChanged.connect(
            lambda index: self.statistic_chosen.emit(form.smosibStatistic.itemData(index))
        )

    def show_selection(self, archive: Archive, selection: Selection) -> None:
        """Show the chosen day, without saying that the user chose it."""
        form, days = self._form, archive.dates(selection.orbit)
        blockers = [QSignalBlocker(one) for one in (form.smosibDate, form.smosibDaySlider, form.smosibStatistic)]
        if days is not self._days:
            self._days = days
            form.smosibDate.setDateRange(to_qdate(days[0]), to_qdate(days[-1]))
            form.smosibDaySlider.setRange(0, len(days) - 1)
        form.smosibDate.setDate(to_qdate(selection.date))
        form.smosibDaySlider.setValue(bisect.bisect_left(days, selection.date))
        form.smosibDaySlider.setToolTip(tr("{} to {}").format(days[0], days[-1]))
        form.smosibPrevious.setEnabled(selection.date > days[0])
        form.smosibNext.setEnabled(selection.date < days[-1])
        form.smosibStatistic.setCurrentIndex(form.smosibStatistic.findData(selection.statistic))
        del blockers

    def show_playing(self, playing: bool) -> None:
        """Show whether the days are playing."""
        button = self._form.smosibPlay
        button.setChecked(playing)
        button.setIcon(QgsApplication.getThemeIcon("/temporal_navigation/pause.svg" if playing else "/mActionPlay.svg"))
        button.setAccessibleName(tr("Stop playing") if playing else tr("Play"))

    def show_linked(self, linked: bool) -> None:
        """Show whether the dock moves the Temporal Controller."""
        with QSignalBlocker(self._form.smosibLinkTime):
            self._form.smosibLinkTime.setChecked(linked)

    def _slid(self, index: int) -> None:
        slider = self._form.smosibDaySlider
        if index >= len(self._days):
            return
        day = self._days[index]
        if slider.isSliderDown():
            share = index / max(len(self._days) - 1, 1)
            QToolTip.showText(slider.mapToGlobal(QPoint(int(share * slider.width()), -2)), day.isoformat(), slider)
        self.day_requested.emit(day)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The field moves on by itself after the last digit of a part; a dash would move it once more.
        return bool(event.type() == QEvent.Type.KeyPress and event.text() == "-")  # type: ignore[attr-defined]
