# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The composition root: builds the parts in named steps, then wires them in one block. Everything added to QGIS is undone in reverse."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from ..ui import texts
from ..ui.dock import ExplorerDock
from ..ui.options_page import OptionsFactory, OptionsPage
from ..ui.plot_dock import PlotDock
from ..ui.time_keys import TimeKeys
from .adapters.analyst import Analyst
from .adapters.auditor import Auditor
from .adapters.availability_keeper import AvailabilityKeeper
from .adapters.cell_outline import CellOutlines
from .adapters.cell_tip import CellTip
from .adapters.day_map import DayMap
from .adapters.engines import default_engine
from .adapters.layer_cache import LayerCache
from .adapters.live_files import LiveFiles
from .adapters.live_layer import LiveLayer
from .adapters.map_actions import MapActions
from .adapters.map_view import zoom_to_map
from .adapters.messages import TITLE, Messages
from .adapters.missing_layers import StandIns, files_in_use
from .adapters.options import CurrentOptions, Options
from .adapters.overview import Overview
from .adapters.pick_tool import PickTool
from .adapters.player import Player
from .adapters.project_keeper import ProjectKeeper
from .adapters.project_state import ProjectState
from .adapters.session import Session
from .adapters.settings import Settings, demo_folder
from .adapters.shown_files import ShownFiles
from .adapters.software import ROOT
from .adapters.store_keeper import StoreKeeper, StoreState
from .adapters.tasks import Background
from .adapters.temporal_link import TemporalLink
from .core.corrections import Corrections
from .core.errors import SmosIbError
from .core.names import Orbit
from .core.profile import read_profile, write_profile
from .core.reader import Opened
from .core.steps import Step, Unit
from .wiring.areas import AreasWiring
from .wiring.house import House
from .wiring.series import SeriesWiring
from .wiring.stations import StationsWiring

ONE_DAY_ON = Step(Unit.DAY, True)
LEAD, OVERLAY = "lead controller", "overlay"  # as projects name them


class SmosIbExplorer:
    """The plugin, as QGIS sees it."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self._undo = ExitStack()
        self._provider: Any = None
        self._seen_folder: Path | None = None

    # What QGIS calls

    def initProcessing(self) -> None:
        """Add the Processing provider; qgis_process calls only this."""
        from .processing.provider import SmosIbProvider

        self._provider = SmosIbProvider()
        registry = QgsApplication.processingRegistry()
        registry.addProvider(self._provider)
        self._undo.callback(registry.removeProvider, self._provider)

    def initGui(self) -> None:
        """Add the plugin to QGIS."""
        self.initProcessing()
        self.messages = Messages(self.iface)
        self._make_options()
        try:
            engine = default_engine()
        except SmosIbError as error:
            self.messages.error(error)
            return
        self._make_model(engine)
        self._make_map_parts()
        self._make_docks()
        self._make_topics()
        self._make_keys()
        self._make_action()
        self._wire()
        self._wire_project()
        self._options_are(self.options.value)
        self.stations.restore()  # of a project that is open already, when the plugin is loaded anew

    def unload(self) -> None:
        """Take the plugin out of QGIS without a trace."""
        self._undo.close()

    # Building the parts

    def _make_options(self) -> None:
        self.settings, self.options = Settings(), CurrentOptions()
        self._undo.callback(self.options.deleteLater)
        self.cache = LayerCache(self.options.value.layer_cache)
        self.background = Background()
        self._undo.callback(self.background.close)
        icon = QIcon(str(ROOT / "resources" / "icon.svg"))
        self.options_factory = OptionsFactory(self.options, self.cache, self.background, icon)
        self._undo.callback(self.options_factory.deleteLater)
        self.options_factory.page_made.connect(self._options_page_is)
        self.iface.registerOptionsWidgetFactory(self.options_factory)
        self._undo.callback(self.iface.unregisterOptionsWidgetFactory, self.options_factory)

    def _make_model(self, engine: Any) -> None:
        self.options_factory.engine = engine.name
        self.live_files = LiveFiles(self.cache)
        self.session = Session(engine, self.background, self.cache, self.iface.mapCanvas().isDrawing)
        self.player = Player(lambda: self.session.step(ONE_DAY_ON), self.session)
        self._undo.callback(self.session.deleteLater)
        self.availability = AvailabilityKeeper(self.session.reader, self.background, self.cache.folder, self.session)
        self._undo.callback(self.availability.close)
        self.overview = Overview(self.session, self.availability, self.background)
        self.store = StoreKeeper(self.session.reader, self.background, self.session.stores)
        self._undo.callback(self.store.deleteLater)
        self.auditor = Auditor(self.session.reader, self.background, self.cache.folder, self.session)
        window = self.iface.mainWindow()
        self.keeper = ProjectKeeper(self.session, self.settings, self.cache, self.background, self.messages, window)
        self._undo.callback(self.keeper.deleteLater)
        self._undo.callback(self.keeper.withdraw)

    def _make_map_parts(self) -> None:
        canvas = self.iface.mapCanvas()
        self.live = LiveLayer()
        self.shown_files = ShownFiles(self.cache)
        self._undo.callback(self.shown_files.deleteLater)
        self.outlines = CellOutlines(canvas)
        self._undo.callback(self.outlines.clear)
        self.pick_tool = PickTool(canvas)
        self._undo.callback(self.pick_tool.deleteLater)
        self._undo.callback(self.pick_tool.give_back)
        self.actions = MapActions(self.session, self.live, self.background, self.messages)
        self._undo.callback(self.actions.deleteLater)
        self._undo.callback(self.actions.temporal.close)
        self.analyst = Analyst(self.session, self.background)
        self._undo.callback(self.analyst.deleteLater)
        self.link = TemporalLink(canvas)
        self._undo.callback(self.link.deleteLater)
        self._undo.callback(self.link.close)
        self.tip = CellTip(canvas, self._map_for_tip)
        self._undo.callback(self.tip.deleteLater)
        self._undo.callback(self.tip.stop)
        self.stand_ins = StandIns(self.cache.folder)
        self._undo.callback(self.stand_ins.remove)

    def _make_docks(self) -> None:
        self.dock = ExplorerDock(self.iface.mainWindow())
        self._add_dock(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.plot_dock = PlotDock(self.iface.mainWindow())
        self._add_dock(Qt.DockWidgetArea.BottomDockWidgetArea, self.plot_dock)

    def _add_dock(self, area: Any, dock: Any) -> None:
        self.iface.addDockWidget(area, dock)
        self._undo.callback(dock.deleteLater)
        self._undo.callback(self.iface.removeDockWidget, dock)
        dock.hide()

    def _make_topics(self) -> None:
        house = House(
            self.iface,
            self._undo,
            self.messages,
            self.background,
            self.session,
            self.actions,
            self.dock,
            self.plot_dock,
        )
        self.series = SeriesWiring(house, self.pick_tool, self.outlines)
        self.area_topic = AreasWiring(house, self.series)
        self.station_topic = StationsWiring(house, self.series, self.settings.corrections)
        self.areas, self.stations = self.area_topic.areas, self.station_topic.stations
        self.comparisons = self.station_topic.comparisons

    def _make_keys(self) -> None:
        canvas = self.iface.mapCanvas()
        self.keys = TimeKeys([self.dock, self.plot_dock], canvas, lambda: canvas.mapTool() is self.pick_tool)
        self._undo.callback(self.keys.deleteLater)
        self._undo.callback(self.keys.release)

    def _make_action(self) -> None:
        self.action = QAction(QIcon(str(ROOT / "resources" / "icon.svg")), TITLE, self.iface.mainWindow())
        self.action.setObjectName("smosibToggle")
        self.action.setCheckable(True)
        self.action.setToolTip("SMOS-IB Explorer: L-band soil moisture, VOD and brightness temperature")
        self._undo.callback(self.action.deleteLater)
        self.dock.setToggleVisibilityAction(self.action)
        self.iface.addToolBarIcon(self.action)
        self._undo.callback(self.iface.removeToolBarIcon, self.action)
        menu = self.iface.pluginMenu()
        menu.addAction(self.action)
        self._undo.callback(menu.removeAction, self.action)

    # Who hears whom

    def _wire(self) -> None:
        dock, plot, session = self.dock, self.plot_dock, self.session
        keys, player, feed, actions = self.keys, self.player, self.session.maps.feed, self.actions
        # what the user wants
        dock.folder_chosen.connect(self.keeper.open)
        dock.demo_requested.connect(lambda: session.open_demo(demo_folder()))
        dock.rescan_requested.connect(session.rescan)
        dock.variable_chosen.connect(lambda variable: session.change(variable=variable))
        dock.orbit_chosen.connect(lambda orbit: session.change(orbit=orbit))
        dock.day_requested.connect(self._go_to)
        dock.quality.criteria_chosen.connect(lambda criteria: session.change(criteria=criteria))
        dock.time.statistic_chosen.connect(lambda statistic: session.change(statistic=statistic))
        for source in (dock.time, keys):
            source.step_requested.connect(self._step)
            source.play_toggled.connect(self._play)
        keys.quality_toggled.connect(dock.quality.toggle)
        dock.load_requested.connect(self._show_and_zoom)
        dock.keep_requested.connect(actions.keep)
        dock.world_requested.connect(actions.add_world)
        dock.corrected.connect(self._correct)
        dock.recognition.import_requested.connect(self._import_profile)
        dock.recognition.export_requested.connect(self._export_profile)
        dock.export_map_requested.connect(actions.export_map)
        dock.citations_requested.connect(actions.copy_citations)
        dock.map_copy_requested.connect(actions.copy_map)
        dock.series_copy_requested.connect(actions.copy_series)
        dock.difference.difference_requested.connect(actions.subtract)
        dock.temporal.layers_requested.connect(actions.stack)
        plot.day_clicked.connect(self._go_to)
        dock.store.estimate_wanted.connect(self.store.estimate)
        dock.store.build_requested.connect(self.store.build)
        dock.store.pause_requested.connect(self.store.pause)
        dock.store.cancel_requested.connect(self.store.cancel)
        dock.store.delete_requested.connect(self.store.remove)
        for topic in (self.series, self.area_topic, self.station_topic):
            topic.wire()
        self._wire_overview()
        self._wire_audit()
        self._wire_analysis()
        self._wire_controller()
        # what has happened
        session.opened_changed.connect(self._archive_is)
        session.corrected.connect(self._remember)
        session.selection_changed.connect(dock.show_selection)
        session.day_ready.connect(self._show_day)
        feed.settled.connect(player.drawn)
        feed.made.connect(lambda made: self.live_files.made(made.path) if made.is_new else None)
        player.playing_changed.connect(dock.time.show_playing)
        session.opened_changed.connect(lambda opened: player.stop())
        session.failed.connect(lambda error: player.stop())
        session.opened_changed.connect(self.store.take_archive)
        self.store.state_changed.connect(self._store_is)
        self.store.estimated.connect(dock.store.show_estimate)
        self.store.advanced.connect(dock.store.show_progress)
        self.store.ended.connect(dock.store.show_ended)
        self.store.told.connect(self.messages.info)
        self.store.failed.connect(self.messages.error)
        session.busy.connect(dock.show_busy)
        session.failed.connect(self.messages.error)
        session.failed.connect(lambda error: dock.show_folder())
        session.told.connect(self.messages.info)
        self._listen(self.iface.mapCanvas().mapCanvasRefreshed, feed.drawn)
        self._listen(self.iface.mapCanvas().mapCanvasRefreshed, self.shown_files.look)
        self.shown_files.gone.connect(self.keeper.make_again)
        self.keeper.stays_empty.connect(self.shown_files.give_up)
        self._listen(self.iface.mapCanvas().xyCoordinates, self.tip.moved)
        self._listen(QCoreApplication.instance().aboutToQuit, self.background.close)

        self.options.changed.connect(self._options_are)

    def _wire_overview(self) -> None:
        dock, overview = self.dock, self.overview
        dock.availability.day_requested.connect(self._go_to)
        dock.availability.shows_cell_changed.connect(overview.tell_of_cell)
        dock.retention.limit_chosen.connect(dock.quality.choose_rmse)
        overview.land_changed.connect(dock.availability.show_land)
        overview.cell_changed.connect(dock.availability.show_cell)
        overview.retention_changed.connect(dock.quality.show_retention)
        self.player.playing_changed.connect(overview.rest)
        self.availability.failed.connect(self.messages.error)

    def _wire_audit(self) -> None:
        panel, auditor = self.dock.audit, self.auditor
        panel.audit_requested.connect(auditor.start)
        panel.stop_requested.connect(auditor.stop)
        panel.save_requested.connect(lambda path: self.actions.export(path, auditor.writing(path)))
        panel.day_requested.connect(self._go_to_finding)
        self.session.opened_changed.connect(auditor.take_archive)
        auditor.advanced.connect(panel.show_progress)
        auditor.changed.connect(panel.show_audit)
        auditor.stopped.connect(panel.show_stopped)
        auditor.found_unusable.connect(self.session.exclude)
        auditor.failed.connect(self.messages.error)

    def _wire_analysis(self) -> None:
        dialog, analyst = self.dock.analysis, self.analyst
        dialog.maps_requested.connect(analyst.make)
        dialog.stop_requested.connect(analyst.stop)
        self.plot_dock.window_dragged.connect(self.dock.offer_window)
        analyst.advanced.connect(dialog.show_progress)
        analyst.ended.connect(dialog.show_ended)
        analyst.added.connect(self.messages.info)
        analyst.warned.connect(self.messages.warning)
        analyst.failed.connect(self.messages.error)
        self.session.opened_changed.connect(dialog.take_archive)
        self.session.opened_changed.connect(analyst.take_archive)

    def _wire_controller(self) -> None:
        link, session = self.link, self.session
        link.range_moved.connect(self._controller_moved)
        link.navigating_changed.connect(self.live.set_navigating)
        self.live.set_navigating(link.navigating)
        self.dock.form.smosibLinkTime.setEnabled(link.available)
        # With the choice and not with the drawn map, which comes later and would pull a playing controller back.
        session.selection_changed.connect(lambda chosen: link.show(chosen.date, chosen.last or chosen.date))
        self.dock.time.link_toggled.connect(self._link)

    def _controller_moved(self, first: dt.date, last: dt.date) -> None:
        """Follow QGIS's controller; where there is no file its own filter hides the layer, which is of another day."""
        self.player.stop()
        there = self.session.show_range(first, last)
        self.live.set_navigating(there)
        if not there and self.session.opened is not None:
            self.dock.quality.show_kept(texts.no_file(first, last))

    def _link(self, linked: bool) -> None:
        self.link.linked = linked

    def _wire_project(self) -> None:
        project = QgsProject.instance()
        self._listen(project.cleared, self.session.close)
        self._listen(project.cleared, self.keeper.withdraw)
        self._listen(project.cleared, lambda: self.plot_dock.analysis.restore({}))
        self._listen(project.readProject, lambda document=None: self.shown_files.freshen())
        self._listen(project.readProject, self.keeper.restore)
        self._listen(project.writeProject, self.keeper.remember)
        self._listen(project.writeProject, lambda document=None: self.live_files.hold())
        self._listen(project.projectSaved, self.store.look)  # its folder may hold a store now
        self.keeper.areas = lambda: self.areas.areas
        self.keeper.comparison = lambda: self.comparisons.choice
        self.keeper.switches = lambda: {
            LEAD: self.link.linked,
            OVERLAY: self.plot_dock.overlays,
            **self.plot_dock.analysis.switches,
        }
        self.keeper.restoring.connect(self._restore)

    def _restore(self, state: ProjectState) -> None:
        self.dock.setUserVisible(True)
        self.plot_dock.overlay.setChecked(bool(state.switches.get(OVERLAY, False)))
        self.areas.bring_back(state.areas)
        self.comparisons.bring_back(state.comparison)
        self.plot_dock.analysis.restore(state.switches)
        self.link.linked = bool(state.switches.get(LEAD, False))
        self.dock.time.show_linked(self.link.linked)

    def _listen(self, signal: Any, slot: Any) -> None:
        """Connect to a signal that outlives the plugin."""
        signal.connect(slot)
        self._undo.callback(signal.disconnect, slot)

    # Options

    def _options_page_is(self, page: OptionsPage) -> None:
        page.refused.connect(self.messages.warning)
        if hasattr(self, "keeper"):  # else there is no engine to open anything with
            page.open_requested.connect(self.keeper.open)

    def _options_are(self, options: Options) -> None:
        self.cache.folder = self.stand_ins.folder = options.layer_cache
        self.availability.folder = self.auditor.folder = options.layer_cache
        self.session.default_criteria = options.criteria
        self.session.maps.recent.budget = options.day_grids_mb * 1_000_000
        self.player.frames_per_second = options.frames_per_second
        self.dock.browse_from = options.default_folder or self.settings.last_folder
        limit, keep = options.cache_limit_mb * 1_000_000, files_in_use()
        self.background.start(
            "prune",
            "Tidying the layer cache",
            lambda progress, grown: self.cache.prune(limit, keep),
            lambda removed: None,
            self.messages.error,
        )

    # Opening

    def _archive_is(self, opened: Opened | None) -> None:
        self.dock.show_opened(opened)
        if opened is None:
            self._seen_folder = None
            return
        if self.plot_dock.canvas is None:
            self._load_plotting()
        if self.session.selection is not None:
            self.dock.show_selection(self.session.selection)
        self.settings.last_folder = self.dock.browse_from = str(opened.archive.root)
        # Now that they are known to fit. What came without any, from an older project say, does not take away what was decided.
        if opened.recognition.corrections:
            self._remember(opened)
        self.pick_tool.grid = opened.recognition.grid
        days = [granule.date for granule in opened.archive.granules]
        self.live.record = self.link.record = min(days), max(days)
        self.plot_dock.show_variables(opened.recognition.variables, self.session.cells.series_variables)

    def _load_plotting(self) -> None:
        self.background.start(
            "plotting",
            "Loading matplotlib",
            lambda progress, grown: self.plot_dock.load_plotting(),
            lambda result: None,
            self.messages.error,
        )

    def _import_profile(self, path: Path) -> None:
        self.background.start(
            "profile",
            "Reading a profile",
            lambda progress, grown: read_profile(path),
            self._correct,
            self.messages.error,
        )

    def _correct(self, corrections: Corrections) -> None:
        """Take what the user corrected; it is remembered once it is known to fit."""
        if self.session.opened is None:
            self.messages.info("Choose the folder first; then a profile can be imported for it.")
            return
        self.session.correct(corrections)

    def _remember(self, opened: Opened) -> None:
        self.settings.remember_corrections(opened.archive.root, opened.recognition.corrections)

    def _export_profile(self, path: Path) -> None:
        opened = self.session.opened
        if opened is not None:
            self.actions.export(
                path, lambda progress, grown: write_profile(path, opened.recognition.corrections, opened)
            )

    # The map

    def _step(self, step: Step) -> None:
        self.player.stop()
        if not self.session.step(step) and step.unit is Unit.KEPT and self.session.cells.series is None:
            self.messages.info("Choose a cell first: [ and ] go to the days on which it has a kept value.")

    def _play(self) -> None:
        """Play or stop; from the newest day, which one sees first, there is only the beginning to go to."""
        opened, chosen = self.session.opened, self.session.selection
        at_end = opened and chosen and not ONE_DAY_ON.of(opened.archive, chosen.orbit, chosen.last or chosen.date)
        if at_end and not self.player.is_playing:
            self.session.step(Step(Unit.END, False))
        self.player.toggle()

    def _go_to(self, day: dt.date) -> None:
        self.session.change(date=day, last=None)

    def _go_to_finding(self, day: dt.date, orbit: Orbit) -> None:
        opened = self.session.opened
        if opened is not None and orbit in opened.archive.orbits:
            self.session.change(date=day, orbit=orbit, last=None)
        else:
            self._go_to(day)

    def _show_day(self, shown: DayMap) -> None:
        self.live.show(shown)
        if self._seen_folder != shown.recipe.folder:
            self._seen_folder = shown.recipe.folder
            # After QGIS itself has zoomed to a project's first layer, which it does as its next event.
            canvas = self.iface.mapCanvas()
            QTimer.singleShot(0, lambda: zoom_to_map(canvas, shown))
        self.dock.quality.show_kept(texts.kept(shown.content))
        self.dock.show_map(self.session.opened, shown)
        self.store.look_first()
        plotted = self.plot_dock.view
        if plotted is not None and plotted.criteria != shown.recipe.criteria:
            self.series.plot()  # with the map, so that a dragged limit asks for no more plots than can be drawn
        else:
            self.plot_dock.show_day(shown.recipe.date)

    def _map_for_tip(self) -> DayMap | None:
        """Return the map that tips tell of: while the tool is active, or QGIS's map tips are on and the layer is the active one."""
        if self.iface.mapCanvas().mapTool() is self.pick_tool:
            return self.session.shown
        layer = self.live.layer()
        wanted = self.iface.actionMapTips().isChecked() and layer is not None and self.iface.activeLayer() is layer
        return self.session.shown if wanted else None

    def _show_and_zoom(self) -> None:
        shown = self.session.shown
        if shown is not None:
            if self.cache.use(shown.path):
                self.live.show(shown)
            else:
                self.session.show_day()  # makes the file again
            self.live.bring_back()
            zoom_to_map(self.iface.mapCanvas(), shown)

    # The store

    def _store_is(self, state: StoreState | None) -> None:
        self.dock.store.show_state(state)
        if state is not None and state.standing is not None and state.standing.is_current:
            self.session.cells.read_unread_points()  # a reopened project has some: now they cost nothing
            self.areas.read_shown()
