# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Views with an analysis, and what a picture of one draws, for the tests of the plot."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
from in_qgis.test_series_canvas import POINTS, RECORDS, Watched, view_of
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from smos_ib_explorer.plugin.core.analysis.climatology import Baseline
from smos_ib_explorer.plugin.core.points import Point
from smos_ib_explorer.plugin.core.series import TimeSeries
from smos_ib_explorer.ui.plot_analysis import Overlay, PlotAnalysis, PlotKind
from smos_ib_explorer.ui.series_view import SeriesView

RMSE = 8.0
ALL = PlotAnalysis(overlays=frozenset(Overlay))
KINDS = {kind.value: replace(ALL, kind=kind) for kind in PlotKind}
BASELINE = Baseline.of_years(2010, 2011)
EVER = Baseline(dt.date.min, dt.date.max)
LONG_DAYS = np.datetime64("2010-01-01") + np.arange(3287)
"""Nine whole years."""


def analysed(analysis: PlotAnalysis, *points: Point, rmse: float = RMSE, **more: Any) -> SeriesView:
    return view_of(*(points or POINTS[:1]), rmse=rmse, analysis=analysis, **more)


def kept(name: str, point: Point = POINTS[0], rmse: float = RMSE) -> np.ndarray:
    """Return the values of a point's record that are kept, along its days: those of a good fit, for no flag is set."""
    series = RECORDS[point]
    with np.errstate(invalid="ignore"):
        return np.where(series.rmse <= rmse, series.values[name].astype(np.float64), np.nan)


def long_record(until: str = "2020-01-01") -> TimeSeries:
    """Return nine years that rise, with a season; all are kept under 8 K, later than `until` none."""
    days = LONG_DAYS
    random, season = np.random.default_rng(3), np.sin(days.astype(np.int64) / 58)
    values = 0.3 + 0.1 * season + 2e-5 * np.arange(days.size) + 0.02 * random.standard_normal(days.size)
    rmse = np.where(days < np.datetime64(until), 1.0, 9.0).astype(np.float32)
    layers = {"SM": values.astype(np.float32), "VOD": (1 - values).astype(np.float32)}
    some = RECORDS[POINTS[0]]
    return replace(some, dates=days, values=layers, rmse=rmse, scene_flag=np.zeros_like(rmse))


def long_view(analysis: PlotAnalysis, until: str = "2020-01-01", **more: Any) -> SeriesView:
    view = analysed(analysis, **more)
    return replace(view, curves=((POINTS[0], long_record(until)),), period=(LONG_DAYS[0].item(), LONG_DAYS[-1].item()))


def line_of(canvas: Watched, number: int, colour: str) -> Line2D:
    """Return the one line of a colour in a panel."""
    (line,) = (one for one in canvas.panels[number][0].get_lines() if one.get_color() == colour)
    return line


def overlay_of(canvas: Watched, number: int, overlay: Overlay) -> Line2D:
    return line_of(canvas, number, canvas.theme().overlays[overlay])


def band_of(canvas: Watched, number: int) -> np.ndarray:
    """Return the corners of the one band in a panel, which has no gap, as columns: x, low, high."""
    (band,) = (one for one in canvas.panels[number][0].collections if isinstance(one, PolyCollection))
    (outline,) = band.get_paths()
    corners = outline.vertices[:-1]  # the last one closes it
    there, back = corners[: len(corners) // 2], corners[: len(corners) // 2 - 1 : -1]
    assert np.array_equal(there[:, 0], back[:, 0])
    return np.column_stack([there, back[:, 1]])


def said(canvas: Watched) -> list[str]:
    """Return what is said in and above the panels, top first."""
    return [text.get_text() for panel, _ in canvas.panels for text in panel.texts if text.get_text()]


def drawn(canvas: Watched) -> list[tuple[Any, ...]]:
    """Return all that moves in a picture, in the order of drawing, as values that can be compared."""
    found: list[tuple[Any, ...]] = []
    for artist in [*canvas.drawing.moving(), *canvas.drawing.marks]:
        if isinstance(artist, Line2D):
            told = (to_hex(artist.get_color()), artist.get_marker(), artist.get_alpha(), artist.get_xydata().tobytes())
        elif isinstance(artist, PathCollection):
            told = (artist.get_offsets().tobytes(), np.asarray(artist.get_array()).tobytes(), artist.get_clim())
        elif isinstance(artist, PolyCollection):
            told = tuple(path.vertices.tobytes() for path in artist.get_paths())
        else:
            told = (artist.get_text(),)
        found.append((type(artist).__name__, artist.axes.get_subplotspec().rowspan, *told))
    return found
