# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The outlines of kept areas on the map canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import QgsCoordinateTransform, QgsCsException, QgsGeometry, QgsProject
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtGui import QColor

from .area_layer import AreaShape
from .cell_outline import HALO
from .compat import polygon_type
from .kept_area import KeptArea

MARGIN = 1.1


class AreaOutlines:
    """Draws polygons in their colours, in whatever projection the canvas has. Main thread."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._shown: tuple[KeptArea, ...] = ()
        self._bands: list[QgsRubberBand] = []

    @property
    def bands(self) -> tuple[Any, ...]:
        """The rubber bands on the canvas."""
        return tuple(self._bands)

    def show(self, areas: Sequence[KeptArea]) -> None:
        """Draw the areas that are not hidden."""
        self._shown = tuple(area for area in areas if not area.hidden)
        self.redraw()

    def redraw(self) -> None:
        """Draw again, for a canvas whose projection changed."""
        self.clear()
        for area in self._shown:
            outline = self._outline(area.shape)
            if outline is not None:
                band = QgsRubberBand(self._canvas, polygon_type())
                band.setStrokeColor(QColor(area.shade(dark=False)))
                band.setSecondaryStrokeColor(HALO)  # a map may have any colour below
                band.setFillColor(QColor(0, 0, 0, 0))
                band.setWidth(2)
                band.setToGeometry(outline, None)
                self._bands.append(band)

    def clear(self) -> None:
        """Take everything off the canvas."""
        for band in self._bands:
            self._canvas.scene().removeItem(band)
        self._bands.clear()

    def zoom_to(self, area: KeptArea) -> None:
        """Show an area in the middle of the map."""
        outline = self._outline(area.shape)
        if outline is not None:
            box = outline.boundingBox()
            box.scale(MARGIN)
            self._canvas.setExtent(box)
            self._canvas.refresh()

    def _outline(self, shape: AreaShape) -> QgsGeometry | None:
        """Return a polygon in the canvas's projection, None where that has no place for it."""
        outline = QgsGeometry(shape.geometry)
        transform = QgsCoordinateTransform(
            shape.crs, self._canvas.mapSettings().destinationCrs(), QgsProject.instance()
        )
        try:
            outline.transform(transform)
        except QgsCsException:
            return None
        return outline
