# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The areas: from polygons of a layer, or drawn ones, to their means in the plot and in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...ui.theme import is_dark
from ..adapters.area_layer import AreaShape, shapes_of_layer
from ..adapters.area_list import AreaList
from ..adapters.area_outline import AreaOutlines
from ..adapters.draw_tool import DrawTool
from ..adapters.exports import export_areas
from ..core.errors import SmosIbError
from ..core.reader import unapplied_to_any
from .house import House
from .series import SeriesWiring


class AreasWiring:
    """The list of areas, their outlines and the tool that draws one. Main thread."""

    def __init__(self, house: House, series: SeriesWiring) -> None:
        self._house, self._series = house, series
        canvas, session = house.iface.mapCanvas(), house.session
        self.areas = AreaList(session.reader, house.background, session.stores, session)
        self.outlines = AreaOutlines(canvas)
        house.undo.callback(self.outlines.clear)
        self.tool = DrawTool(canvas)
        house.undo.callback(self.tool.deleteLater)
        house.undo.callback(self.tool.give_back)

    def wire(self) -> None:
        """Connect the tab *Areas* with the list, the plot and the map."""
        panel = self._house.dock.areas
        areas, tool, session = self.areas, self.tool, self._house.session
        panel.layer_requested.connect(self._add_layer)
        panel.draw_toggled.connect(lambda active: tool.take_over() if active else tool.give_back())
        panel.area_chosen.connect(lambda area: self._house.plot_dock.setUserVisible(True))
        panel.area_chosen.connect(lambda area: areas.show(area, True))
        panel.area_shown.connect(areas.show)
        panel.area_renamed.connect(areas.rename)
        panel.area_removed.connect(areas.remove)
        panel.zoom_requested.connect(self.outlines.zoom_to)
        panel.export_requested.connect(self._export)
        panel.cancel_requested.connect(areas.cancel)
        panel.darkened.connect(areas.redraw)
        areas.redraw(is_dark(panel.palette()))
        tool.drawn.connect(self._drawn)
        tool.missed.connect(self._house.messages.info)
        # With the map, so that a dragged limit asks for no more series than can be drawn.
        session.day_ready.connect(lambda shown: self._take_choice())
        session.opened_changed.connect(lambda opened: self._take_choice())
        self._house.plot_dock.variables_chosen.connect(lambda ids: self._take_choice())
        areas.areas_changed.connect(panel.show_areas)
        areas.areas_changed.connect(self.outlines.show)
        areas.series_changed.connect(lambda others: self._series.show_others("areas", others))
        areas.advanced.connect(panel.show_progress)
        areas.ended.connect(panel.show_ended)
        areas.problems_found.connect(session.exclude)
        areas.told.connect(self._house.messages.info)
        areas.failed.connect(self._house.messages.error)
        self._house.listen(
            self._house.iface.mapCanvas().mapToolSet, lambda new, old=None: panel.show_drawing(new is tool)
        )
        self._house.listen(self._house.iface.mapCanvas().destinationCrsChanged, tool.reproject)
        self._house.listen(self._house.iface.mapCanvas().destinationCrsChanged, self.outlines.redraw)

    def _take_choice(self) -> None:
        """Let the areas follow what is chosen; without an archive there are none."""
        opened, chosen = self._house.session.opened, self._house.session.selection
        if opened is None:
            self.areas.close()
        elif chosen is not None:
            self.areas.take(opened, chosen.orbit, chosen.criteria, self._house.session.cells.series_variables)

    def _add_layer(self) -> None:
        try:
            shapes = shapes_of_layer(self._house.iface.activeLayer())
        except SmosIbError as error:
            self._house.messages.error(error)
            return
        self._add(shapes)

    def _drawn(self, geometry: Any, crs: Any) -> None:
        self._add([AreaShape(0, self.areas.free_name(), geometry, crs)])

    def _add(self, shapes: list[AreaShape]) -> None:
        if self._house.session.opened is None:
            self._house.messages.info("Choose a folder of daily files first; then the means of areas can be read.")
            return
        self._house.plot_dock.setUserVisible(True)
        self.areas.add(shapes)

    def _export(self, path: Path) -> None:
        records, criteria, opened = self.areas.records, self.areas.criteria, self._house.session.opened
        if not records or criteria is None or opened is None:
            self._house.messages.info("There is no series of an area that is shown and wholly read.")
            return
        unapplied = unapplied_to_any(records[0].variables, criteria, opened.recognition)
        self._house.actions.export(
            path, lambda progress, grown: export_areas(path, records, criteria, unapplied, opened)
        )
        if self.areas.unread:
            self._house.messages.warning(
                f"{path.name} leaves out what is not wholly read under the current choice: {', '.join(self.areas.unread)}."
            )
