# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page *SMOS-IB Explorer* among QGIS's options: shows them, refuses what cannot be, and writes them when they are applied."""

from __future__ import annotations

import html
import time
from pathlib import Path
from typing import Any

from qgis.gui import QgsOptionsPageWidget, QgsOptionsWidgetFactory, QgsScrollArea
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QGroupBox, QVBoxLayout, QWidget

from ..plugin.adapters.engines import netcdf4_is_there
from ..plugin.adapters.layer_cache import LayerCache
from ..plugin.adapters.missing_layers import files_in_use
from ..plugin.adapters.options import AUTOMATIC, GDAL, LIMITS, NETCDF4, CurrentOptions, Options
from ..plugin.adapters.stores import can_write
from ..plugin.adapters.styles import RAMPS
from ..plugin.adapters.tasks import Background
from ..plugin.core.variables import ROLES
from . import texts
from .option_fields import beside, choice_field, folder_field, keys_table, note, number_field, push_button, ramp_icon
from .texts import tr

TITLE = "SMOS-IB Explorer"

RAMP_TITLES = {
    "moisture": "Brown to blue",
    "vegetation": "Light to dark green",
    "inferno": "Inferno",
    "viridis": "Viridis",
    "cividis": "Cividis",
}


class OptionsPage(QgsOptionsPageWidget):
    """The page `smosibOptions`. Works on a copy; `apply` writes. Main thread; the cache is measured and cleared in tasks."""

    open_requested = pyqtSignal(object)  # Path
    refused = pyqtSignal(str)

    def __init__(
        self, options: CurrentOptions, cache: LayerCache, background: Background, engine: str, parent: Any = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("smosibOptions")
        self._options, self._cache, self._background = options, cache, background
        self.destroyed.connect(lambda: background.cancel("cache"))
        inside = QWidget()
        self._rows = QVBoxLayout(inside)
        self._add_data()
        self._add_quality()
        self._add_reading(engine)
        self._add_look()
        self._add_keys()
        self._rows.addStretch(1)
        area = QgsScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QgsScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self.problem = note("smosibOptionsProblem")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        whole.addWidget(self.problem)
        self._show(options.value)
        self._measure()

    # Building the page

    def _group(self, title: str) -> QFormLayout:
        box = QGroupBox(title)
        form = QFormLayout(box)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._rows.addWidget(box)
        return form

    def _add_data(self) -> None:
        form = self._group(tr("Daily Files"))
        self.default_folder = folder_field("smosibDefaultFolder", tr("Default folder of daily files"))
        self.open_default = push_button("smosibOpenDefaultFolder", tr("Open Now"))
        form.addRow(tr("Default folder"), beside(self.default_folder, self.open_default))
        form.addRow(note("", tr("Browsing for daily files begins here. The folder is not opened by itself.")))
        self.open_default.clicked.connect(lambda: self.open_requested.emit(Path(self.default_folder.filePath())))
        self.default_folder.lineEdit().textChanged.connect(
            lambda text: self.open_default.setEnabled(bool(text.strip()))
        )
        self.default_folder.lineEdit().editingFinished.connect(self._show_problems)

    def _add_quality(self) -> None:
        form = self._group(tr("Quality Control"))
        self.max_scene_flag = number_field("max_scene_flag", "smosibDefaultMaxSceneFlag", tr("Highest scene flag"))
        self.max_rmse = number_field("max_rmse", "smosibDefaultMaxRmse", tr("Highest TB-RMSE in kelvin"), " K")
        form.addRow(tr("Scene flag at most"), self.max_scene_flag)
        form.addRow(tr("TB-RMSE at most"), self.max_rmse)
        form.addRow(note("", tr("For folders that are opened from now on; a project keeps its own thresholds.")))

    def _add_reading(self, engine: str) -> None:
        form = self._group(tr("Reading and Memory"))
        self.engine = choice_field("smosibEngine", tr("Reading engine"))
        self.engine.addItem(tr("Automatic"), AUTOMATIC)
        self.engine.addItem("GDAL", GDAL)
        if netcdf4_is_there() or self._options.value.engine == NETCDF4:
            self.engine.addItem("netCDF4-python", NETCDF4)
        form.addRow(tr("Reading engine"), self.engine)
        now = tr("{} reads now.").format(engine) if engine else tr("None can read now.")
        about = tr("Another choice takes effect when QGIS is started again; Processing takes it with its next run.")
        form.addRow(note("smosibEngineNow", f"{now} {about}"))
        self.day_grids_mb = number_field(
            "day_grids_mb", "smosibDayGridsMemory", tr("Memory for days in megabytes"), " MB"
        )
        form.addRow(tr("Memory for days"), self.day_grids_mb)
        self.cache_folder = folder_field("smosibCacheFolder", tr("Folder for the files behind layers"))
        self.cache_folder.lineEdit().setPlaceholderText(tr("In the profile"))
        self.cache_folder.setToolTip(tr("What is in a former folder stays there"))
        self.cache_folder.lineEdit().editingFinished.connect(self._show_problems)
        form.addRow(tr("Cache of layers"), self.cache_folder)
        self.cache_limit_mb = number_field("cache_limit_mb", "smosibCacheLimit", tr("Cache limit in megabytes"), " MB")
        form.addRow(tr("Cache limit"), self.cache_limit_mb)
        self.clear_cache = push_button("smosibClearCache", tr("Clear"))
        tip = tr(
            "Delete the files that no layer of the open project uses, and that no other QGIS may be showing: it would have used "
            "them in the last ten minutes. They are made again when they are needed."
        )
        self.clear_cache.setToolTip(tip)
        self.clear_cache.clicked.connect(self._clear)
        self.cache_now = note("smosibCacheNow")
        self.cache_now.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form.addRow(beside(self.cache_now, self.clear_cache))

    def _add_look(self) -> None:
        form = self._group(tr("Maps"))
        self.ramps: dict[str, QComboBox] = {}
        for role in (role for role in ROLES if role.ramp in RAMPS):
            box = self.ramps[role.id] = choice_field(f"smosibRamp{role.id}", tr("Colour ramp of {}").format(role.title))
            box.setIconSize(QSize(4 * box.fontMetrics().height(), box.fontMetrics().height()))
            for name, colours in RAMPS.items():
                box.addItem(ramp_icon(colours, box.iconSize()), tr(RAMP_TITLES[name]), name)
            form.addRow(role.title, box)
        form.addRow(note("", tr("All are safe for the colour-blind. Layers that there are already keep their look.")))
        self.frames_per_second = number_field(
            "frames_per_second", "smosibFramesPerSecond", tr("Days shown per second of play"), tr(" days per second")
        )
        form.addRow(tr("Play"), self.frames_per_second)

    def _add_keys(self) -> None:
        form = self._group(tr("Keys"))
        self.keys = keys_table()
        form.addRow(self.keys)

    # What is shown

    def _show(self, options: Options) -> None:
        self.default_folder.setFilePath(options.default_folder)
        self.open_default.setEnabled(bool(options.default_folder))
        self.cache_folder.setFilePath(options.cache_folder)
        for name in LIMITS:
            getattr(self, name).setValue(getattr(options, name))
        self.engine.setCurrentIndex(max(self.engine.findData(options.engine), 0))
        for role in (role for role in ROLES if role.id in self.ramps):
            box = self.ramps[role.id]
            chosen = box.findData(options.ramps.get(role.id, role.ramp))
            box.setCurrentIndex(chosen if chosen >= 0 else box.findData(role.ramp))
        self._show_problems()

    def _measure(self) -> None:
        """Show what the cache holds, once that is known."""
        self.cache_now.setText(tr("Measuring the cache…"))
        self._background.start(
            "cache",
            tr("Measuring the cache of layers"),
            lambda progress, grown: self._cache.usage(),
            lambda usage: self._show_cache("", *usage),
            lambda error: self.cache_now.setText(str(error)),
        )

    def _show_cache(self, said: str, count: int, size: int) -> None:
        text = tr("{} files, {} in {}").format(f"{count:,}", texts.size(size), html.escape(str(self._cache.folder)))
        self.cache_now.setText(f"{said}{text}")
        self.clear_cache.setEnabled(count > 0)

    def _clear(self) -> None:
        keep, asked, cache = files_in_use(), time.time(), self._cache
        self.clear_cache.setEnabled(False)

        def done(result: tuple[int, int, int, int]) -> None:
            gone, freed, *left = result
            said = tr("{} files deleted, {} freed. ").format(f"{gone:,}", texts.size(freed))
            self._show_cache(said + (tr("The open project uses the rest, or it is new: ") if left[0] else ""), *left)

        self._background.start(
            "cache",
            tr("Clearing the cache of layers"),
            lambda progress, grown: (*cache.clear(keep, asked), *cache.usage()),
            done,
            lambda error: self.cache_now.setText(str(error)),
        )

    # What is chosen

    def chosen(self) -> Options:
        """Return what the page shows, with the former value of whatever cannot be."""
        before, folder, cache = self._options.value, self._default_folder(), self._cache_folder()
        ramps = {role.id: self.ramps[role.id].currentData() for role in ROLES if role.id in self.ramps}
        return Options(
            default_folder=before.default_folder if _folder_problem(folder) else folder,
            cache_folder=before.cache_folder if _cache_problem(cache) else cache,
            engine=self.engine.currentData(),
            ramps={key: name for key, name in ramps.items() if name != _usual_ramp(key)},
            **{name: getattr(self, name).value() for name in LIMITS},
        )

    def isValid(self) -> bool:
        """Return whether everything can be (newer QGIS asks before it closes its options)."""
        return not self._show_problems()

    def apply(self) -> None:
        """Write what is chosen; say what is refused."""
        problems = self._show_problems()
        if problems:
            self.refused.emit(" ".join([*problems, tr("The former folder stays.")]))
        self._options.change(self.chosen())

    def _show_problems(self) -> list[str]:
        problems = [*_folder_problem(self._default_folder()), *_cache_problem(self._cache_folder())]
        self.problem.setText("<br>".join(f"⚠ {html.escape(text)}" for text in problems))
        self.problem.setVisible(bool(problems))
        return problems

    def _default_folder(self) -> str:
        return str(self.default_folder.filePath()).strip().strip('"')

    def _cache_folder(self) -> str:
        return str(self.cache_folder.filePath()).strip().strip('"')


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page whenever QGIS's options are opened. `page_made` gets it, for wiring."""

    page_made = pyqtSignal(object)  # OptionsPage

    def __init__(self, options: CurrentOptions, cache: LayerCache, background: Background, icon: QIcon) -> None:
        super().__init__()
        self.setTitle(TITLE)
        self._options, self._cache, self._background, self._icon = options, cache, background, icon
        self.engine = ""
        """The name of the library that reads, empty for none."""

    def icon(self) -> QIcon:
        return self._icon

    def createWidget(self, parent: Any = None) -> OptionsPage:
        page = OptionsPage(self._options, self._cache, self._background, self.engine, parent)
        self.page_made.emit(page)
        return page


def _folder_problem(folder: str) -> list[str]:
    return [] if not folder or Path(folder).is_dir() else [tr("{} is not there.").format(folder)]


def _cache_problem(folder: str) -> list[str]:
    if not folder:
        return []
    if not Path(folder).is_absolute():
        return [tr("{} is no full path.").format(folder)]
    return [] if can_write(Path(folder)) else [tr("{} cannot be written.").format(folder)]


def _usual_ramp(role_id: str) -> str:
    return next(role.ramp for role in ROLES if role.id == role_id)
