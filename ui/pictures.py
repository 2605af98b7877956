# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of the kinds of picture."""

from __future__ import annotations

from typing import Any, Callable

from .anomaly_drawing import AnomalyDrawing
from .picture import Picture
from .plot_analysis import PlotKind
from .scatter_drawing import ScatterDrawing
from .series_drawing import Drawing
from .year_drawing import YearDrawing

PICTURES: dict[PlotKind, Callable[..., Any]] = {
    PlotKind.VALUES: Drawing,
    PlotKind.ANOMALY: AnomalyDrawing,
    PlotKind.YEAR: YearDrawing,
    PlotKind.SCATTER: ScatterDrawing,
}
"""Each is called with figure, view, theme and whether what moves is drawn by the caller, and gives a `Picture`."""

__all__ = ["PICTURES", "Picture"]
