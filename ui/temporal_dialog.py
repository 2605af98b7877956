# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Choosing the period that becomes temporal layers, and where their file or files go."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)

from ..plugin.adapters.compat import from_qdate, has_ranges_per_band, to_qdate
from ..plugin.adapters.day_map import Recipe
from ..plugin.adapters.temporal_files import default_folder, default_target, granules_for
from ..plugin.core.archive import DayRange
from ..plugin.core.errors import SmosIbError
from ..plugin.core.reader import Opened
from .fields import date_field
from .texts import tr

DAYS = 30
"""Length of the period that is offered first."""


class TemporalDialog(QDialog):
    """The dialog `smosibTemporal`. It stays open beside the map."""

    layers_requested = pyqtSignal(object, object)  # Recipe with `date` and `last`, and Path of the new file or folder

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setObjectName("smosibTemporal")
        self.setWindowTitle(tr("Make Temporal Layers"))
        self._opened: Opened | None = None
        self._recipe: Recipe | None = None
        self._offered = ""
        self._offered_period: tuple[dt.date, dt.date] | None = None
        self.shown = QLabel(wordWrap=True)
        self.shown.setObjectName("smosibTemporalShown")
        self.first = date_field("smosibTemporalFirst", tr("First day"))
        self.last = date_field("smosibTemporalLast", tr("Last day"))
        self.target = QLineEdit()
        self.target.setObjectName("smosibTemporalTarget")
        self.target.setAccessibleName(tr("File or folder of the new layers"))
        self.browse = QPushButton(tr("Browse…"))
        self.browse.setObjectName("smosibTemporalBrowse")
        self.about = QLabel(wordWrap=True)
        self.about.setObjectName("smosibTemporalAbout")
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.make = self.buttons.addButton(tr("Make Layers"), QDialogButtonBox.ButtonRole.ActionRole)
        self.make.setObjectName("smosibTemporalMake")
        self._lay_out()
        self.first.dateChanged.connect(lambda day: self._period_changed())
        self.last.dateChanged.connect(lambda day: self._period_changed())
        self.target.textChanged.connect(lambda text: self._explain())
        self.browse.clicked.connect(self._browse)
        self.make.clicked.connect(self._request)
        self.buttons.rejected.connect(self.reject)
        self.show_map(None, None)

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.addWidget(self.target, 1)
        place.addWidget(self.browse)
        form = QFormLayout()
        form.addRow(tr("First day"), self.first)
        form.addRow(tr("Last day"), self.last)
        form.addRow(tr("Into file") if has_ranges_per_band() else tr("Into folder"), place)
        rows = QVBoxLayout(self)
        rows.addWidget(self.shown)
        rows.addLayout(form)
        rows.addWidget(self.about)
        rows.addStretch(1)
        rows.addWidget(self.buttons)
        for other in (self.browse, self.buttons.button(QDialogButtonBox.StandardButton.Close)):
            other.setAutoDefault(False)
        self.make.setDefault(True)
        self.resize(520, 260)

    def show_map(self, opened: Opened | None, recipe: Recipe | None) -> None:
        """Offer the month up to the day, or the period, that the map shows; None while there is no map. A period that was chosen stays."""
        was, self._opened, self._recipe = self._recipe, opened, recipe
        variable = opened.recognition.find(recipe.variable) if opened and recipe else None
        span = opened.archive.span(recipe.orbit) if opened and recipe else None
        for field in (self.first, self.last, self.target, self.browse):
            field.setEnabled(span is not None)
        if variable is not None and recipe is not None and span is not None:
            self.shown.setText(f"{variable.title} · {recipe.orbit.title} · {recipe.criteria}")
            same = was is not None and (was.folder, was.orbit) == (recipe.folder, recipe.orbit)
            if not (same and self._period() != self._offered_period):
                self._offer(recipe, span)
            self._period_changed()
        else:
            self.shown.setText(tr("There is no map yet."))
        self._explain()

    def _offer(self, recipe: Recipe, span: DayRange) -> None:
        last = recipe.last or recipe.date
        first = recipe.date if recipe.last else max(span.first, last - dt.timedelta(days=DAYS - 1))
        for field, day in ((self.first, first), (self.last, last)):
            field.setDateRange(to_qdate(span.first), to_qdate(span.last))
            field.setDate(to_qdate(day))
        self._offered_period = self._period()
        self._period_changed()

    def _period(self) -> tuple[dt.date, dt.date]:
        return from_qdate(self.first.date()), from_qdate(self.last.date())

    def _wanted(self) -> Recipe | None:
        if self._recipe is None:
            return None
        first, last = self._period()
        return replace(self._recipe, date=first, last=last, minus=None)

    def _period_changed(self) -> None:
        """Let the name follow the period, unless the user has written one."""
        wanted = self._wanted()
        if wanted is not None and self.target.text() in ("", self._offered):
            folder = Path(self._offered).parent if self._offered else default_folder()
            self._offered = str(default_target(folder, wanted))
            self.target.setText(self._offered)
        self._explain()

    def _explain(self) -> None:
        problem, text = self._problem_or_text()
        self.make.setEnabled(not problem)
        self.about.setText(problem or text)
        self._fit()

    def _fit(self) -> None:
        """Grow to what the wrapped text needs: a window does not do so by itself."""
        self.resize(self.width(), max(self.height(), self.layout().totalHeightForWidth(self.width())))

    def _problem_or_text(self) -> tuple[str, str]:
        """Return why nothing can be made, or what will be."""
        wanted, target = self._wanted(), self.target.text().strip()
        if wanted is None or self._opened is None:
            return tr("Open a folder of daily files first."), ""
        try:
            count = len(granules_for(self._opened.archive, wanted))
        except SmosIbError as error:
            return str(error), ""
        if not Path(target).is_absolute():
            return tr("Choose where the layers go."), ""
        if Path(target).exists():
            return tr("{} is there already. Choose another name.").format(target), ""
        days = DayRange(wanted.date, wanted.last or wanted.date).days
        counted = tr("{count} of {days} days have a file.").format(count=f"{count:,}", days=f"{days:,}")
        if has_ranges_per_band():
            return "", counted + " " + tr("They become the bands of one file, which the Temporal Controller plays.")
        made = tr("Each becomes a file and a layer of its own, in one group, which the Temporal Controller plays.")
        return "", f"{counted} {made}"

    def _browse(self) -> None:
        title = tr("File of the Temporal Layers") if has_ranges_per_band() else tr("Folder of the Temporal Layers")
        kinds = tr("GeoTIFF (*.tif)") if has_ranges_per_band() else ""
        chosen, _ = QFileDialog.getSaveFileName(self, title, self.target.text(), kinds)
        if chosen:
            is_bare = has_ranges_per_band() and not Path(chosen).suffix
            self.target.setText(f"{chosen}.tif" if is_bare else chosen)

    def _request(self) -> None:
        wanted = self._wanted()
        if wanted is not None:
            self.layers_requested.emit(wanted, Path(self.target.text().strip()))
            self.accept()
