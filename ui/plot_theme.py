# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The colours of the plot, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .plot_analysis import Overlay
from .series_view import SeriesView


@dataclass(frozen=True)
class Theme:
    """Colours of paper and ink, of the curves (by variable id where there is one point, by point where there are several), and of overlays."""

    dark: bool
    paper: str
    ink: str
    grid: str
    curves: Mapping[str, str]
    other_curve: str
    rejected_alpha: float
    overlays: Mapping[Overlay, str]

    def curve(self, variable: Variable) -> str:
        """Return the colour of a variable's points."""
        return self.curves.get(variable.id, self.other_curve)

    def colour(self, view: SeriesView, point: Point, variable: Variable) -> str:
        """Return the colour of a variable at a point."""
        return point.shade(self.dark) if view.several else self.curve(variable)


# Okabe and Ito's hues, which the colour-blind tell apart; darker on white, lighter on black. Those of overlays were chosen to be told from
# each other and from the dots of SM and VOD by the colour-blind too.
LIGHT = Theme(
    False,
    "#ffffff",
    "#202020",
    "#d9d9d9",
    {
        "SM": "#0072b2",
        "VOD": "#00805c",
        "TBH": "#8c3f70",
        "TBV": "#b0628f",
        "TB": "#8c3f70",
        "RMSE": "#b84c00",
        "SF": "#8a6200",
    },
    "#4a6a8a",
    0.55,
    {
        Overlay.CLIMATOLOGY: "#202020",
        Overlay.MOVING_MEAN: "#f07800",
        Overlay.MONTHS: "#a852ff",
        Overlay.YEARS: "#7a3d00",
        Overlay.TREND: "#1d1da5",
    },
)
DARK = Theme(
    True,
    "#1e1e1e",
    "#dddddd",
    "#4a4a4a",
    {
        "SM": "#56b4e9",
        "VOD": "#3ccf9f",
        "TBH": "#e3a0c8",
        "TBV": "#f0c3de",
        "TB": "#e3a0c8",
        "RMSE": "#ff9a52",
        "SF": "#f0c040",
    },
    "#a8c0d8",
    0.85,
    {
        Overlay.CLIMATOLOGY: "#ffffff",
        Overlay.MOVING_MEAN: "#ffc20a",
        Overlay.MONTHS: "#c860ff",
        Overlay.YEARS: "#f04a10",
        Overlay.TREND: "#b2ff99",
    },
)
