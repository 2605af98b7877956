# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The analysis in the plot: what lies over the values is what core and pandas compute; each picture follows the criteria."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from in_qgis.plot_views import (
    ALL,
    BASELINE,
    KINDS,
    analysed,
    band_of,
    drawn,
    kept,
    long_record,
    long_view,
    overlay_of,
    said,
)
from in_qgis.test_series_canvas import DAYS, FIRST, POINTS, SM, VOD, Watched, assert_as_drawn_anew, names, other_of
from in_qgis.waiting import let_events_pass
from matplotlib.colors import to_rgba

from smos_ib_explorer.plugin.core.analysis.climatology import climatology
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.plugin.core.analysis.trend import series_trend
from smos_ib_explorer.plugin.core.quality import QualityCriteria
from smos_ib_explorer.ui.overlay_drawing import STYLES
from smos_ib_explorer.ui.plot_analysis import Overlay, PlotAnalysis
from smos_ib_explorer.ui.plot_theme import DARK, LIGHT

DATES = FIRST + np.arange(DAYS)
CHOSEN = replace(ALL, baseline=BASELINE, window=15, least=14)
"""Not as usual in anything, so that nothing can be ignored: some months have fewer kept values."""


@pytest.fixture
def canvas(qgis_app):
    return Watched(analysed(CHOSEN))


@pytest.mark.parametrize(("number", "name"), [(0, "SM"), (1, "VOD")])
def test_climatology_and_envelope_are_those_of_the_core(canvas, number, name):
    usual = climatology(DATES, kept(name), BASELINE, 15).at(DATES)
    line = overlay_of(canvas, number, Overlay.CLIMATOLOGY)
    assert line.get_linestyle() == "--" and np.array_equal(line.get_xdata(), DATES.astype(float))
    np.testing.assert_array_equal(line.get_ydata(), usual.mean)
    np.testing.assert_array_equal(band_of(canvas, number), np.column_stack([DATES.astype(int), usual.low, usual.high]))


@pytest.mark.parametrize(("number", "name"), [(0, "SM"), (1, "VOD")])
def test_means_are_those_of_pandas(canvas, number, name):
    pandas = pytest.importorskip("pandas")
    record = pandas.Series(kept(name), index=pandas.DatetimeIndex(DATES))
    whole = {
        "MS": (30, 15),
        "YS": (3, 182),
    }  # months and years that the record covers wholly, and the middle of the first
    for overlay, each in ((Overlay.MONTHS, "MS"), (Overlay.YEARS, "YS")):
        line = overlay_of(canvas, number, overlay)
        expected = record.resample(each).mean().where(record.resample(each).count() >= 14)
        expected.iloc[-1] = np.nan  # the record does not reach over it
        np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-6)
        assert line.get_xdata()[0] == FIRST.astype(int) + whole[each][1] and len(line.get_xdata()) == whole[each][0]
    assert 0 < np.isnan(overlay_of(canvas, number, Overlay.MONTHS).get_ydata()).sum() < 20
    line, there = overlay_of(canvas, number, Overlay.MOVING_MEAN), record.notna().to_numpy()
    rolling = record.rolling(15, center=True, min_periods=3).mean()[there]
    is_drawn = np.isfinite(line.get_ydata())
    assert np.array_equal(line.get_xdata()[is_drawn], DATES[there][rolling.notna()].astype(float))
    np.testing.assert_allclose(line.get_ydata()[is_drawn], rolling.dropna(), rtol=1e-9)


def test_a_moving_mean_does_not_reach_over_a_gap(qgis_app):
    record = long_record()
    record.rmse[1000:1030] = 9.0
    view = replace(long_view(replace(CHOSEN, window=31)), curves=((POINTS[0], record),))
    line = overlay_of(Watched(view), 0, Overlay.MOVING_MEAN)
    gap = np.flatnonzero(np.isnan(line.get_ydata()))
    assert line.get_xdata()[gap[0] - 1] == record.dates[999].astype(int)
    assert line.get_xdata()[gap[-1] + 1] == record.dates[1030].astype(int)


@pytest.mark.parametrize("seasonal", [False, True])
@pytest.mark.parametrize("length", PeriodLength)
def test_the_trend_is_of_the_chosen_means_and_reaches_over_them_alone(qgis_app, length, seasonal):
    chosen = replace(CHOSEN, least=31, trend_of=length, seasonal=seasonal)
    canvas = Watched(long_view(chosen, until="2016-12-15"))
    record = long_record("2016-12-15")
    values = np.where(record.rmse <= 8, record.values["SM"], np.nan)
    trend = series_trend(record.dates, values, length, seasonal and length is PeriodLength.MONTH, 31)
    assert trend.steps == (48 if length is PeriodLength.MONTH else 7), "months of 31 days until then; years"
    ends = np.array(["2010-01-16", "2016-10-16"] if length is PeriodLength.MONTH else ["2010-07-02", "2016-07-02"])
    line = overlay_of(canvas, 0, Overlay.TREND)
    assert np.array_equal(line.get_xdata(), ends.astype("datetime64[D]").astype(float))
    np.testing.assert_allclose(line.get_ydata(), trend.line(ends.astype("datetime64[D]")))
    p = "p < 0.001" if trend.p < 0.001 else f"p {trend.p:.2g}"
    assert said(canvas)[0] == f"{trend.slope:+.2g} m³ m⁻³ per decade ({p}, n {trend.steps} {length.value}s)"
    too_few = replace(long_view(chosen), criteria=QualityCriteria(1, 0.5))
    canvas.show_view(too_few)
    assert not said(canvas) and not overlay_of(canvas, 0, Overlay.TREND).get_xdata().size


def test_trends_of_several_are_told_with_their_names_as_far_as_there_is_room(qgis_app):
    canvas = Watched(analysed(CHOSEN, *POINTS), width=1200)
    trends = [series_trend(DATES, kept("VOD", point), PeriodLength.MONTH, False, 14) for point in POINTS]
    parts = said(canvas)[1].split(": ")[1].split(" · ")
    assert [part.split(" (")[0] for part in parts] == [
        f"{point.name} {trend.slope:+.2g}" for point, trend in zip(POINTS, trends)
    ]
    assert said(canvas)[1].startswith("m³ m⁻³ per decade: P1 ")
    canvas.counted(lambda: canvas.resize(340, 240))
    assert said(canvas)[1] == f"m³ m⁻³ per decade: {parts[0]} · and 2 more"


def test_the_trends_of_two_axes_in_one_panel_do_not_cover_each_other(qgis_app):
    canvas = Watched(long_view(CHOSEN, overlay=True))
    (lines,) = said(canvas)
    assert [line[:6] for line in lines.split("\n")] == ["SM: +0", "VOD: -"]
    for number, variable in enumerate((SM, VOD)):
        colours = {line.get_color() for line in canvas.panels[number][0].get_lines()} - {
            canvas.drawing.marks[0].get_color()
        }
        assert colours == {canvas.theme().curve(variable)}


def test_overlays_of_several_have_the_colours_of_their_records_over_paler_dots(qgis_app):
    canvas = Watched(analysed(CHOSEN, *POINTS, others=(other_of(SM),)))
    for number, records in ((0, 4), (1, 3)):
        panel = canvas.panels[number][0]
        width = STYLES[Overlay.CLIMATOLOGY]["linewidth"]
        dashed = [line for line in panel.get_lines() if line.get_linestyle() == "--" and line.get_linewidth() == width]
        colours = [*(point.shade(dark=False) for point in POINTS), "#a3497f"][:records]
        assert [line.get_color() for line in dashed] == colours
        means = [climatology(DATES, kept(("SM", "VOD")[number], point), BASELINE, 15) for point in POINTS]
        for line, usual in zip(dashed, means):
            np.testing.assert_array_equal(line.get_ydata(), usual.at(DATES).mean)
        bands = [band.get_facecolor()[0][:3].tolist() for band in panel.collections]
        assert [list(to_rgba(colour)[:3]) in bands for colour in colours] == [True] * records
        dots = [line for line in panel.get_lines() if line.get_label() == "kept"]
        assert all(line.get_alpha() < 0.5 for line in dots)
    assert names(canvas)[:5] == ["P1", "Congo", "P2", "Sahel", "climatology, 10–90 %"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_overlays_are_told_apart_by_the_colour_blind_too(theme):
    """Distances in CIELAB, also as dichromats see: matrices of Machado, Oliveira & Fernandes 2009, severity 1."""
    seen = [
        np.eye(3),
        np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
        np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]),
        np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
    ]

    def lab(colour: str, matrix) -> np.ndarray:
        code = np.array(to_rgba(colour)[:3])
        linear = matrix @ np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
        rgb_to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
        xyz = np.array(rgb_to_xyz) @ linear.clip(0, 1) / [0.9505, 1, 1.089]
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    overlays = list(theme.overlays.values())
    others = [theme.curves["SM"], theme.curves["VOD"], theme.paper]
    for number, one in enumerate(overlays):
        for other in [*overlays[:number], *others]:
            apart = min(np.linalg.norm(lab(one, matrix) - lab(other, matrix)) for matrix in seen)
            assert apart > 20, (one, other)


@pytest.mark.parametrize("shown", ["one point", "several and other", "others alone"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_follows_the_criteria_as_one_that_is_made_anew(qgis_app, kind, shown):
    def view(rmse: float):
        points = POINTS[:1] if shown == "one point" else POINTS
        more = (
            () if shown == "one point" else (other_of(SM, scale=rmse / 16), other_of(VOD, "Station", scale=rmse / 16))
        )
        made = analysed(KINDS[kind], *points, rmse=rmse, others=more)
        return replace(made, curves=(), current=None) if shown == "others alone" else made

    canvas = Watched(view(8.0))
    artists = [len(panel.get_children()) for panel, _ in canvas.panels]
    before = drawn(canvas)
    for rmse in (7.9, 7.0, 7.8, 5.0):
        canvas.counted(lambda rmse=rmse: canvas.show_view(view(rmse)))
        fresh = Watched(view(rmse))
        assert drawn(canvas) == drawn(fresh) and names(canvas) == names(fresh)
        assert drawn(canvas) != before, "it is of the criteria"
        before = drawn(canvas)
        if shown == "one point" and kind == "values":
            assert_as_drawn_anew(canvas)
    assert [len(panel.get_children()) for panel, _ in canvas.panels] == artists, "nothing stays behind"
    canvas.counted(lambda: canvas.move_day(dt.date(2011, 12, 31)))
    assert drawn(canvas) == drawn(Watched(replace(view(5.0), map_day=dt.date(2011, 12, 31))))
    canvas.emphasise(POINTS[0])
    let_events_pass()


@pytest.mark.parametrize("kind", KINDS)
def test_axes_stay_as_long_as_they_hold_the_numbers(qgis_app, kind):
    def whole(rmse: float) -> int:
        return canvas.counted(lambda: canvas.show_view(analysed(KINDS[kind], rmse=rmse)))[0]

    canvas = Watched(analysed(KINDS[kind]))
    assert [whole(rmse) for rmse in (7.9, 7.8, 7.7)] == [0, 0, 0]
    assert whole(2.0) == 0
    canvas = Watched(analysed(KINDS[kind], rmse=0.1))
    assert whole(100.0) == (0 if kind == "values" else 1)
    for number, (panel, _) in enumerate(canvas.panels):
        for dots in canvas.drawing.dots(number):
            for values, (low, high) in ((dots.x, panel.get_xlim()), (dots.y, panel.get_ylim())):
                assert low < np.nanmin(values) and np.nanmax(values) < high


def test_captions_tell_how_the_numbers_are_made():
    said_of = {
        kind: analysed(replace(analysis, baseline=BASELINE, least=9)).caption for kind, analysis in KINDS.items()
    }
    alone = analysed(PlotAnalysis(overlays=frozenset({Overlay.TREND}), least=9, trend_of=PeriodLength.YEAR)).caption
    for what in (
        "2010–2011",
        "± 15 days",
        "moving mean of 31 days",
        "monthly means of at least 9",
        "5 monthly means (Mann–Kendall p)",
    ):
        assert what in said_of["values"]
    assert "5 annual means (Mann–Kendall p) of at least 9 kept values" in alone and "climatology" not in alone
    assert "Anomaly: value − climatological mean; " in said_of["anomaly"] and "2010–2011" in said_of["anomaly"]
    assert "Years as colours" in said_of["year"] and "R: Pearson" in said_of["scatter"]
