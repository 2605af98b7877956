# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The time-series store in the dock: a line that says where series come from, details below it to start a build, and its progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, QSignalBlocker, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QMessageBox

from ..plugin.adapters.store_keeper import StoreState
from ..plugin.core.store.estimate import Estimate
from . import texts
from .texts import tr


class StorePanel(QObject):
    """Fills the store's widgets of the dock's form and says what the user wants."""

    estimate_wanted = pyqtSignal()
    build_requested = pyqtSignal(object)  # Path: the folder to put the store into
    pause_requested = pyqtSignal()
    cancel_requested = pyqtSignal()
    delete_requested = pyqtSignal()

    def __init__(self, form: Any, parent: Any) -> None:
        super().__init__(parent)
        self._form, self._window = form, parent
        self._state: StoreState | None = None
        self._estimate: Estimate | None = None
        self._building = self._is_open = False
        self._progress = ""
        form.smosibStoreProgress.setTextVisible(False)  # a dark theme's would not be readable; the line says it
        form.smosibStorePlace.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        form.smosibStorePlace.setMinimumContentsLength(10)
        form.smosibStoreLine.linkActivated.connect(lambda link: self._show_details(not self._is_open))
        form.smosibStorePlace.currentIndexChanged.connect(lambda index: self._show_estimate())
        form.smosibBuildStore.clicked.connect(self._build)
        form.smosibDeleteStore.clicked.connect(self._delete)
        form.smosibStorePause.clicked.connect(self.pause_requested)
        form.smosibStoreCancel.clicked.connect(self.cancel_requested)
        self.show_state(None)

    def show_state(self, state: StoreState | None) -> None:
        """Show what there is of a store; None while that is not known."""
        form, before, self._state = self._form, self._state, state
        if state is None or before is None or state.folder != before.folder or state.standing != before.standing:
            self._estimate = None
        self._show_line()
        form.smosibStoreAbout.setText(texts.store_about(state) if state else "")
        with QSignalBlocker(form.smosibStorePlace):
            chosen = form.smosibStorePlace.currentData()
            form.smosibStorePlace.clear()
            for place, folder, free in state.places if state else ():
                form.smosibStorePlace.addItem(texts.store_place(place, free), str(folder))
            form.smosibStorePlace.setCurrentIndex(max(form.smosibStorePlace.findData(chosen), 0))
        self._show_buttons()
        self._ask_estimate()

    def show_estimate(self, estimate: Estimate) -> None:
        """Show what building takes."""
        self._estimate = estimate
        self._show_estimate()

    def show_progress(self, share: float, what: str, seconds_left: float) -> None:
        """Show how far a build is; `seconds_left` is negative while it is not known."""
        if not self._building:
            self._building, self._is_open = True, False
            self._form.smosibStorePause.setChecked(False)
            self._show_buttons()
        bar = self._form.smosibStoreProgress
        bar.setValue(round(1000 * share))
        bar.setToolTip(what)
        self._progress = texts.store_progress(share, seconds_left, self._form.smosibStorePause.isChecked())
        self._show_line()

    def show_ended(self) -> None:
        """Show that no build is under way any more."""
        self._building = False
        self._show_line()
        self._show_buttons()

    def _show_line(self) -> None:
        line = self._form.smosibStoreLine
        line.setText(
            texts.store_line(self._state, self._progress if self._building else None, self._is_open)
            if self._state
            else ""
        )
        line.setVisible(self._state is not None)
        self._form.smosibStoreDetails.setVisible(self._is_open and self._state is not None)
        self._form.storeProgressRow.setVisible(self._building)

    def _show_buttons(self) -> None:
        form, state = self._form, self._state
        there = state is not None and state.folder is not None
        standing = state.standing if state is not None else None
        done = there and standing is not None and standing.is_current and not standing.unreadable
        form.smosibStorePlace.setVisible(state is not None and not there)
        form.smosibBuildStore.setText(tr("Update the Store") if there else tr("Build the Time-Series Store"))
        form.smosibBuildStore.setVisible(state is not None and not done)
        can = bool(state and (state.folder or state.places)) and not self._building
        form.smosibBuildStore.setEnabled(can)
        form.smosibDeleteStore.setVisible(there)
        form.smosibDeleteStore.setEnabled(not self._building)
        self._show_estimate()

    def _show_estimate(self) -> None:
        label, state = self._form.smosibStoreEstimate, self._state
        needed = state is not None and not (state.standing and state.standing.is_current) and not self._building
        label.setVisible(needed)
        if not needed or state is None:
            return
        free = next((free for _, folder, free in state.places if folder == self._parent()), None)
        label.setText(texts.store_estimate(self._estimate, free) if state.places else tr("No place can be written."))

    def _ask_estimate(self) -> None:
        """Ask for an estimate when it can be seen and is not known."""
        state = self._state
        needed = state is not None and not (state.standing and state.standing.is_current)
        if self._is_open and needed and not self._building and self._estimate is None:
            self.estimate_wanted.emit()

    def _show_details(self, wanted: bool) -> None:
        self._is_open = wanted
        self._show_line()
        if wanted:
            self._ask_estimate()
            self._form.smosibBuildStore.setFocus()

    def _parent(self) -> Path | None:
        """Return the folder that holds the store, or is to hold it."""
        if self._state is not None and self._state.folder is not None:
            return self._state.folder.parent
        chosen = self._form.smosibStorePlace.currentData()
        return Path(chosen) if chosen else None

    def _build(self) -> None:
        parent = self._parent()
        if parent is not None:
            self.build_requested.emit(parent)

    def _delete(self) -> None:
        if self._state is None or self._state.folder is None:
            return
        buttons = QMessageBox.StandardButton
        question = tr("Delete {}? It can be built again from the daily files.").format(self._state.folder)
        answer = QMessageBox.question(
            self._window, tr("Delete the Time-Series Store"), question, buttons.Yes | buttons.No
        )
        if answer == buttons.Yes:
            self._form.smosibBuildStore.setEnabled(False)
            self._form.smosibDeleteStore.setEnabled(False)
            self.delete_requested.emit()
