# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real main window with a real canvas around the plugin. What QGIS's interface object does not have, this one has not either."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRectangle
from qgis.gui import QgsLayerTreeMapCanvasBridge, QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtWidgets import QAction, QMainWindow, QMenu, QToolBar, QVBoxLayout, QWidget


class Interface:
    """The part of QGIS's interface that the plugin uses, with real widgets behind it."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        centre = QWidget()
        rows = QVBoxLayout(centre)
        self.bar = QgsMessageBar(centre)
        self.canvas = QgsMapCanvas(centre)
        rows.addWidget(self.bar)
        rows.addWidget(self.canvas, 1)
        self.window.setCentralWidget(centre)
        self.tools = QToolBar("Plugins", self.window)
        self.window.addToolBar(self.tools)
        self.menu = QMenu("Plugins", self.window)
        self.map_tips = QAction("Show Map Tips", self.window, checkable=True)
        self.active: Any = None
        self.window.resize(1400, 900)
        self.options_factories: list[Any] = []
        self.bridge = QgsLayerTreeMapCanvasBridge(QgsProject.instance().layerTreeRoot(), self.canvas, self.canvas)

    def mainWindow(self) -> QMainWindow:
        return self.window

    def mapCanvas(self) -> QgsMapCanvas:
        return self.canvas

    def messageBar(self) -> QgsMessageBar:
        return self.bar

    def pluginMenu(self) -> QMenu:
        return self.menu

    def addToolBarIcon(self, action: Any) -> None:
        self.tools.addAction(action)

    def removeToolBarIcon(self, action: Any) -> None:
        self.tools.removeAction(action)

    def actionMapTips(self) -> QAction:
        return self.map_tips

    def activeLayer(self) -> Any:
        return self.active

    def addDockWidget(self, area: Any, dock: Any) -> None:
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock: Any) -> None:
        self.window.removeDockWidget(dock)

    def registerOptionsWidgetFactory(self, factory: Any) -> None:
        self.options_factories.append(factory)

    def unregisterOptionsWidgetFactory(self, factory: Any) -> None:
        self.options_factories.remove(factory)

    def said(self) -> str:
        """What the message bar says, all of it."""
        return " | ".join(item.text() for item in self.bar.items())

    def look_at(self, crs: int, west: float, south: float, east: float, north: float) -> None:
        """Show a part of the world."""
        self.canvas.setDestinationCrs(QgsCoordinateReferenceSystem.fromEpsgId(crs))
        self.canvas.setExtent(QgsRectangle(west, south, east, north))
