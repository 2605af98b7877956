# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the user's QGIS theme is dark, and a colour for text on it. For what is painted here and not by Qt."""

from __future__ import annotations

from qgis.PyQt.QtGui import QColor, QPalette

CURRENT = QColor("#d4006a")
"""Marks what is chosen now: the day of the map, the limit in force."""
LIGHT_INK, DARK_INK = QColor("#dddddd"), QColor("#202020")


def is_dark(palette: QPalette) -> bool:
    """Return whether fields are dark. A theme made of style sheets says so only of these, and leaves text black, on black."""
    return bool(palette.color(QPalette.ColorRole.Base).lightness() < 128)


def ink(palette: QPalette) -> QColor:
    """Return the palette's colour of text, or one that can be read where that cannot."""
    text, dark = palette.color(QPalette.ColorRole.WindowText), is_dark(palette)
    if dark == (text.lightness() > 128):
        return text
    return LIGHT_INK if dark else DARK_INK
