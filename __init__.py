# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""SMOS-IB Explorer: the QGIS plugin's entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .plugin.main import SmosIbExplorer


def classFactory(iface: QgisInterface) -> SmosIbExplorer:
    """Return the plugin; QGIS calls this once when it loads the folder."""
    # Imported here so that the package, and with it plugin/core, can be imported without QGIS.
    from .plugin.main import SmosIbExplorer

    return SmosIbExplorer(iface)
