# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The pictures of an analysis: anomalies, years, scatter. What they draw is what the core computes, and they say whose it is and what lacks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from in_qgis.plot_views import BASELINE, EVER, KINDS, analysed, band_of, kept, line_of, said
from in_qgis.test_series_canvas import DAYS, FIRST, POINTS, RECORDS, SM, VOD, Watched, hover, names, other_of
from matplotlib.colors import to_hex

from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod, anomalies
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline, climatology
from smos_ib_explorer.plugin.core.analysis.days_of_year import day_of_year
from smos_ib_explorer.plugin.core.quality import QualityCriteria
from smos_ib_explorer.plugin.core.variables import ROLES, Variable
from smos_ib_explorer.ui.anomaly_drawing import ABOVE, BELOW
from smos_ib_explorer.ui.plot_analysis import PlotAnalysis, PlotKind
from smos_ib_explorer.ui.theme import CURRENT

DATES = FIRST + np.arange(DAYS)
YEARS = DATES.astype("datetime64[Y]").astype(int) + 1970
FLAGS = next(role for role in ROLES if role.is_bits)
SF, TB = Variable("SF", "SF", "Scene flags", "–", FLAGS), Variable("TBH", "TBH", "TB H", "K")


def with_variables(view, *variables: Variable):
    """Return a view of a record with more variables: flags are bits, TB rises with SM, on no straight line."""
    series = RECORDS[POINTS[0]]
    more = {"SF": np.full(DAYS, 4, np.float32), "TBH": 200 + np.exp(4 * series.values["SM"])}
    values = {one.id: series.values.get(one.id, more.get(one.id)) for one in variables}
    return replace(view, curves=((POINTS[0], replace(series, variables=variables, values=values)),))


# Anomalies


@pytest.mark.parametrize("method", AnomalyMethod)
def test_bars_are_the_anomalies_of_the_core_on_their_days(qgis_app, method):
    canvas = Watched(analysed(PlotAnalysis(PlotKind.ANOMALY, baseline=BASELINE, method=method, window=15)))
    usual = 50 if method is AnomalyMethod.PERCENTILE else 0
    for number, name in ((0, "SM"), (1, "VOD")):
        panel, expected = canvas.panels[number][0], anomalies(DATES, kept(name), BASELINE, method, 15)
        for colour, there in ((ABOVE[0], expected >= usual), (BELOW[0], expected < usual)):
            bars = line_of(canvas, number, colour).get_xydata().reshape(-1, 3, 2)
            assert np.array_equal(bars[:, :2, 0], np.repeat(DATES[there].astype(float)[:, None], 2, axis=1))
            assert (bars[:, 0, 1] == usual).all() and np.isnan(bars[:, 2, 1]).all()
            np.testing.assert_array_equal(bars[:, 1, 1], expected[there])
        told = {AnomalyMethod.DIFFERENCE: "anomaly\n(m³ m⁻³)", AnomalyMethod.PERCENTILE: "percentile\n(%)"}
        assert panel.get_ylabel() == f"{name} {told.get(method, 'z-score')}"
        index = 500
        text = hover(canvas, panel, float(DATES[index].astype(int)), expected[index])
        how = f"{name} {expected[index]:.4g} m³ m⁻³ from usual"
        how = (
            how
            if method is AnomalyMethod.DIFFERENCE
            else f"{told.get(method, 'z-score').split()[0]} {expected[index]:.3g}"
        )
        assert text == f"P1 · {DATES[index]} · {name} {kept(name)[index]:.4g} m³ m⁻³ · {how}"
    if method is AnomalyMethod.PERCENTILE:
        assert canvas.panels[0][0].get_ylim() == (-3, 103)
    assert ABOVE[0] != BELOW[0] and {ABOVE[0], BELOW[0]} == {"#0072b2", "#c05500"}, "blue is more, vermilion less"


def test_anomalies_of_several_are_lines_in_their_colours(qgis_app):
    other = other_of(SM)
    canvas = Watched(analysed(PlotAnalysis(PlotKind.ANOMALY, window=15), *POINTS, others=(other,)))
    records = [(kept("SM", point), DATES, point.shade(dark=False)) for point in POINTS]
    for values, days, colour in [*records, (other.values, other.days, other.colour)]:
        expected = anomalies(days, values, EVER, AnomalyMethod.DIFFERENCE, 15)
        _, dots = (one for one in canvas.panels[0][0].get_lines() if one.get_color() == colour)
        assert np.array_equal(dots.get_xdata(), days[np.isfinite(expected)].astype(float))
        np.testing.assert_array_equal(dots.get_ydata(), expected[np.isfinite(expected)])
        assert dots.get_marker() == ("D" if colour == other.colour else "o")
    assert names(canvas) == ["P1", "Congo", "P2", "Sahel"]


# Years


@pytest.mark.parametrize("baseline", [None, BASELINE])
def test_years_lie_over_one_another_with_what_is_usual(qgis_app, baseline):
    canvas = Watched(analysed(PlotAnalysis(PlotKind.YEAR, baseline=baseline, window=15)))
    x, shades = day_of_year(DATES), canvas.drawing._shades.to_rgba
    for number, name in ((0, "SM"), (1, "VOD")):
        panel, values = canvas.panels[number][0], kept(name)
        there, usual = np.isfinite(values), climatology(DATES, values, baseline or EVER, 15)
        np.testing.assert_array_equal(
            band_of(canvas, number), np.column_stack([np.arange(1, 367), usual.low, usual.high])
        )
        dashed = next(line for line in panel.get_lines() if line.get_linestyle() == "--")
        np.testing.assert_array_equal(dashed.get_xydata(), np.column_stack([np.arange(1, 367), usual.mean]))
        (dots,) = (one for one in panel.collections if len(one.get_offsets()) > 1)
        np.testing.assert_array_equal(dots.get_offsets(), np.column_stack([x[there], values[there]]))
        np.testing.assert_array_equal(dots.get_array(), YEARS[there])
        assert dots.get_clim() == (2010, 2012)
        for year in (2010, 2011, 2012):
            colour = CURRENT.name() if year == 2011 else to_hex(shades(year))
            (line,) = (
                one for one in panel.get_lines() if to_hex(one.get_color()) == colour and len(one.get_xdata()) > 2
            )
            mine = there & (year == YEARS)
            is_drawn = np.isfinite(line.get_ydata())
            np.testing.assert_array_equal(line.get_xydata()[is_drawn], np.column_stack([x[mine], values[mine]]))
            assert line.get_marker() == ("o" if year == 2011 else "None")
        assert (
            canvas.drawing.marks[number].get_xdata()[0]
            == day_of_year(np.array(["2011-03-01"], "datetime64[D]"))[0]
            == 61
        )
    text = hover(canvas, canvas.panels[0][0], 121.0, kept("SM")[119])
    assert text.startswith("P1 · 2010-04-30 · SM ")
    starts = [day_of_year(np.array([f"2012-{month:02}-01"], "datetime64[D]"))[0] for month in range(1, 13)]
    axis = canvas.panels[-1][0]
    assert axis.get_xticks().tolist() == starts
    assert [label.get_text()[:3] for label in axis.get_xticklabels()] == [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]


def test_another_year_of_the_map_stands_out_and_another_day_moves_its_mark(qgis_app):
    canvas = Watched(analysed(PlotAnalysis(PlotKind.YEAR)))
    assert said(canvas) == ["2011 in red · dashed: usual"] * 2
    assert canvas.counted(lambda: canvas.move_day(dt.date(2012, 1, 3))) == (0, 1)
    assert said(canvas) == ["2012 in red · dashed: usual"] * 2
    own = max(
        (one for one in canvas.panels[0][0].get_lines() if one.get_color() == CURRENT.name()),
        key=lambda one: len(one.get_xdata()),
    )
    there = np.isfinite(kept("SM")) & (YEARS == 2012)
    assert np.isfinite(own.get_ydata()).sum() == there.sum()
    canvas.counted(lambda: canvas.move_day(dt.date(2012, 12, 31)))
    assert canvas.drawing.marks[0].get_xdata()[0] == 366
    canvas.counted(lambda: canvas.move_day(dt.date(2013, 5, 1)))
    assert said(canvas) == ["no kept value in 2013 · dashed: usual"] * 2


# Scatter


def test_the_scatter_is_of_kept_values_of_one_day(qgis_app):
    canvas = Watched(with_variables(analysed(PlotAnalysis(PlotKind.SCATTER)), SM, SF, VOD, TB))
    there = np.isfinite(kept("SM"))
    x, when = kept("SM")[there], DATES[there].astype(int) / 365.2425 + 1970
    assert [variable.id for _, variable in canvas.panels] == ["VOD", "TBH"], (
        "a panel each, over the first; none of bits"
    )
    warm = canvas.view.curves[0][1].values["TBH"].astype(float)
    for (panel, variable), y in zip(canvas.panels, (kept("VOD"), warm)):
        (dots,) = (one for one in panel.collections if len(one.get_offsets()) > 1)
        np.testing.assert_array_equal(dots.get_offsets(), np.column_stack([x, y[there]]))
        np.testing.assert_array_equal(dots.get_array(), when)
        assert panel.get_ylabel().startswith(variable.id.replace("TBH", "TB H"))
        assert dots.get_clim() == (2010, 2013)
    assert canvas.panels[-1][0].get_xlabel() == "SM (m³ m⁻³)"
    related = [np.corrcoef(x, y[there])[0, 1] for y in (kept("VOD"), warm)]
    assert said(canvas) == [f"n {there.sum():,} · R {one:.2f}" for one in related] and 0.8 < related[1] < 0.95
    at = np.flatnonzero(there)[100]
    text = hover(canvas, canvas.panels[0][0], kept("SM")[at], kept("VOD")[at])
    assert text == f"P1 · {DATES[at]} · SM {kept('SM')[at]:.4g} m³ m⁻³ · VOD {kept('VOD')[at]:.4g} m³ m⁻³"


# Whose they are, and what lacks


@pytest.mark.parametrize("kind", ["year", "scatter"])
def test_pictures_of_one_record_name_the_current_point_and_count_its_values_alone(qgis_app, kind):
    view = replace(analysed(KINDS[kind], *POINTS, others=(other_of(SM),)), current=POINTS[1])
    canvas = Watched(view)
    values = kept("SM", POINTS[1])
    (dots,) = (one for one in canvas.panels[0][0].collections if len(one.get_offsets()) > 1)
    drawn = dots.get_offsets()[:, 0 if kind == "scatter" else 1]
    np.testing.assert_array_equal(drawn, values[np.isfinite(values)])
    assert said(canvas)[0].startswith("Congo · ")
    assert view.title.startswith("Congo: 20.10° E 5.01° S") and "points" not in view.title
    assert f"Kept values: SM {drawn.size}, VOD {drawn.size}." in view.caption and "Sahel" not in view.caption
    alone = replace(
        view, curves=(), current=None, others=(other_of(SM), other_of(SM, "Chad"), other_of(VOD, "Station"))
    )
    assert alone.title == "Sahel, Station" and "Chad" not in alone.caption
    every = analysed(KINDS["anomaly"], *POINTS)
    assert (
        every.title.startswith("3 points")
        and f"SM {sum(np.isfinite(kept('SM', one)).sum() for one in POINTS):,}" in every.caption
    )


@pytest.mark.parametrize("method", AnomalyMethod)
def test_an_empty_picture_says_what_lacks(qgis_app, method):
    analysis = replace(KINDS["anomaly"], method=method)
    canvas = Watched(analysed(analysis, rmse=1e-4))
    assert said(canvas) == ["No value is kept under the quality criteria."] * 2
    canvas.show_view(analysed(replace(analysis, baseline=Baseline.of_years(2001, 2003))))
    assert said(canvas) == ["No kept value lies in the baseline, 2001–2003."] * 2
    canvas.show_view(analysed(replace(analysis, window=1)))
    assert said(canvas) == ["Fewer than 5 kept values of the baseline lie within ± 0 days of any of its days."] * 2
    canvas.show_view(with_variables(analysed(analysis), SM, SF))
    assert said(canvas) == ["SF is a sum of bits: nothing is usual about it."]
    series = RECORDS[POINTS[0]]
    empty = replace(series, values={name: np.full_like(one, np.nan) for name, one in series.values.items()})
    for kind in ("anomaly", "year", "values"):
        canvas.show_view(replace(analysed(KINDS[kind]), curves=((POINTS[0], empty),)))
        assert set(said(canvas)) >= {"no retrieval at this cell"}


def test_values_that_do_not_differ_have_no_z_score(qgis_app):
    series = RECORDS[POINTS[0]]
    equal = replace(series, values={name: 0 * one for name, one in series.values.items()})
    view = analysed(replace(KINDS["anomaly"], method=AnomalyMethod.ZSCORE))
    canvas = Watched(replace(view, curves=((POINTS[0], equal),)))
    assert said(canvas) == ["The values of the baseline do not differ: there is no z-score."] * 2


def test_years_and_scatter_say_what_lacks(qgis_app):
    canvas = Watched(analysed(replace(KINDS["year"], baseline=Baseline.of_years(2001, 2003))))
    assert said(canvas) == ["2011 in red · No kept value lies in the baseline, 2001–2003."] * 2
    canvas.show_view(analysed(KINDS["scatter"], rmse=1e-4))
    assert said(canvas) == ["There is no day on which both SM and VOD have a kept value."]
    canvas.show_view(with_variables(analysed(KINDS["scatter"]), SM, SF))
    assert said(canvas) == ["Choose a second variable under Variables: the scatter is of two."]


def test_a_panel_without_percentiles_needs_no_new_axes_at_every_step(qgis_app):
    analysis = replace(KINDS["anomaly"], method=AnomalyMethod.PERCENTILE)
    canvas = Watched(with_variables(analysed(analysis), SM, SF))
    bits, none = "SF is a sum of bits: nothing is usual about it.", "No value is kept under the quality criteria."
    for rmse, expected in ((7.5, [bits]), (7.0, [bits]), (1e-4, [none, bits]), (6.0, [bits])):
        view = replace(canvas.view, criteria=QualityCriteria(1, rmse))
        assert canvas.counted(lambda view=view: canvas.show_view(view)) == (0, 1)
        assert said(canvas) == expected
