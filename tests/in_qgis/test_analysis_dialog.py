# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Composites, anomalies and trends as layers: chosen in the dialog, made, drawn, and made again with the project."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from in_qgis.conftest import write_demo
from in_qgis.waiting import wait_for
from osgeo import gdal
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from smos_ib_explorer.plugin.adapters.compat import from_qdate
from smos_ib_explorer.plugin.adapters.day_map import Recipe
from smos_ib_explorer.plugin.adapters.live_layer import add_dated_layer, recipe_of
from smos_ib_explorer.plugin.adapters.map_making import make_map
from smos_ib_explorer.plugin.adapters.missing_layers import make_missing
from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod
from smos_ib_explorer.plugin.core.analysis.anomaly_map import AnomalyOptions
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.plugin.core.analysis.trend_map import TrendOptions
from smos_ib_explorer.plugin.core.archive import ONE_DAY
from smos_ib_explorer.plugin.core.composite import Statistic
from smos_ib_explorer.ui.analysis_dialog import AROUND, MONTH, OWN, WHOLE, YEAR

FIRST, LAST = dt.date(2024, 8, 29), dt.date(2024, 8, 31)
COMPOSITE, ROW, ANOMALY, TREND = range(4)


@pytest.fixture
def dialog(explorer):
    explorer.dock.form.smosibMore.menu().actions()[0].trigger()
    dialog = explorer.dock.analysis
    assert dialog.isVisible()
    yield dialog
    dialog.close()


@pytest.fixture
def next_day(demo_folder):
    """What writes the files of one more day, in another month; they are gone after the test."""
    before = set(demo_folder.rglob("*.nc"))
    yield lambda: write_demo(demo_folder, ("2024-09-01", "2024-09-01"))
    for path in set(demo_folder.rglob("*.nc")) - before:
        path.unlink()


def dense(explorer):
    """Return the kept values of the three days, (days, rows, cols)."""
    session = explorer.session
    recipes = [replace(session.shown.recipe, date=FIRST + dt.timedelta(days=number)) for number in range(3)]
    return np.stack([make_map(session.reader, session.opened, explorer.cache, one).content.kept for one in recipes])


def added(explorer, dialog):
    """Press the button; return the newest layer of the project."""
    before = set(QgsProject.instance().mapLayers())
    wait_for(explorer.analyst.added, lambda: QTest.mouseClick(dialog.make, Qt.MouseButton.LeftButton))
    return [layer for key, layer in QgsProject.instance().mapLayers().items() if key not in before]


def band(layer, number=1):
    file = gdal.Open(layer.source())  # a band does not keep its file
    return file.GetRasterBand(number).ReadAsArray()


def record(explorer, first, last):
    """Return the open archive as if it had a file for each day from one to another; these cannot be read."""
    opened = explorer.session.opened
    granule, days = opened.archive.granules_of(explorer.session.shown.recipe.orbit)[0], (last - first).days + 1
    granules = tuple(replace(granule, date=first + number * ONE_DAY) for number in range(days))
    return replace(opened, archive=replace(opened.archive, granules=granules))


def choose_period(dialog, index):
    dialog.period.setCurrentIndex(index)
    dialog.period.activated.emit(index)


def chosen_days(dialog):
    return from_qdate(dialog.first.date()), from_qdate(dialog.last.date())


def test_the_dialog_offers_the_month_of_the_map_within_the_record(explorer, dialog):
    assert dialog.period.currentIndex() == MONTH
    assert (from_qdate(dialog.first.date()), from_qdate(dialog.last.date())) == (FIRST, LAST)
    assert "3 of 3 days have a file" in dialog.about.text() and "Soil moisture" in dialog.shown.text()
    dialog.kind.setCurrentIndex(TREND)
    assert dialog.period.currentIndex() == WHOLE, "a trend of a month is none"
    dialog.kind.setCurrentIndex(ANOMALY)
    assert dialog.period.currentIndex() == MONTH, "an anomaly is of a year at most"
    dialog.kind.setCurrentIndex(COMPOSITE)
    dialog.first.setDate(dialog.first.date().addDays(2))
    assert dialog.period.currentIndex() == OWN and "1 of 1 days" in dialog.about.text()
    dialog.last.setDate(dialog.last.date().addDays(-2))
    assert not dialog.make.isEnabled() and "lies after" in dialog.about.text()


def test_days_around_the_maps_day_follow_the_map(explorer, dialog):
    long, recipe = record(explorer, dt.date(2014, 3, 9), dt.date(2024, 8, 31)), explorer.session.shown.recipe
    for day, chosen, days in (
        (dt.date(2016, 2, 9), YEAR, (dt.date(2016, 1, 1), dt.date(2016, 12, 31))),
        (dt.date(2016, 2, 9), MONTH, (dt.date(2016, 2, 1), dt.date(2016, 2, 29))),
        (dt.date(2016, 2, 9), AROUND, (dt.date(2016, 1, 25), dt.date(2016, 2, 24))),
        (dt.date(2014, 3, 12), AROUND, (dt.date(2014, 3, 9), dt.date(2014, 3, 27))),
    ):
        dialog.show_map(long, replace(recipe, date=day))
        choose_period(dialog, chosen)
        assert chosen_days(dialog) == days
    dialog.show_map(long, replace(recipe, date=dt.date(2019, 7, 1)))
    assert chosen_days(dialog) == (dt.date(2019, 6, 16), dt.date(2019, 7, 16)), "the map went on"


def test_a_rescan_offers_the_new_days(explorer, dialog, next_day):
    choose_period(dialog, WHOLE)
    dialog.pages[ANOMALY].first.setDate(dialog.pages[ANOMALY].last.date())
    next_day()
    wait_for(explorer.session.opened_changed, explorer.session.rescan)
    assert chosen_days(dialog) == (FIRST, LAST + ONE_DAY) and "4 of 4 days" in dialog.about.text()
    baseline = dialog.pages[ANOMALY]
    assert from_qdate(baseline.first.date()) == from_qdate(baseline.last.date()) == LAST, "what was chosen stays"
    assert from_qdate(baseline.last.maximumDate()) == LAST + ONE_DAY


def test_a_baseline_the_wrong_way_round_is_said_and_cannot_be_asked_for(explorer, dialog):
    asked = []
    dialog.maps_requested.connect(asked.append)
    dialog.kind.setCurrentIndex(ANOMALY)
    page = dialog.pages[ANOMALY]
    page.last.setDate(page.first.date())
    page.first.setDate(page.first.date().addDays(1))
    dialog.show_map(explorer.session.opened, explorer.session.shown.recipe)
    assert not dialog.make.isEnabled() and "before it starts" in dialog.about.text()
    dialog.make.setEnabled(True)
    dialog.make.click()
    assert not asked and not dialog.make.isEnabled()


def test_another_record_is_offered_whole_as_the_baseline(explorer, dialog):
    dialog.kind.setCurrentIndex(ANOMALY)
    later = record(explorer, dt.date(2030, 1, 1), dt.date(2031, 12, 31))
    dialog.show_map(later, replace(explorer.session.shown.recipe, folder=Path("other"), date=dt.date(2031, 5, 5)))
    page = dialog.pages[ANOMALY]
    assert (from_qdate(page.first.date()), from_qdate(page.last.date())) == (dt.date(2030, 1, 1), dt.date(2031, 12, 31))
    assert chosen_days(dialog) == (dt.date(2031, 5, 1), dt.date(2031, 5, 31))


def test_a_median_composite_becomes_a_layer(explorer, dialog):
    dialog.pages[COMPOSITE].statistic.setCurrentIndex(1)
    dialog.pages[COMPOSITE].minimum.setValue(2)
    (layer,) = added(explorer, dialog)
    days = dense(explorer)
    count = np.isfinite(days).sum(axis=0)
    with np.errstate(all="ignore"):
        truth = np.where(count >= 2, np.nanmedian(days, axis=0), np.nan)
    assert np.allclose(band(layer), truth, equal_nan=True) and np.isfinite(truth).any()
    assert np.array_equal(band(layer, 2), count)
    assert "median" in layer.name().lower() and "RMSE ≤ 8 K" in layer.name()
    assert recipe_of(layer).minimum == 2 and recipe_of(layer).statistic is Statistic.MEDIAN
    assert dialog.state.text().startswith("Added") and dialog.make.isEnabled() and dialog.stop.isHidden()


def test_an_anomaly_of_a_day_against_the_others(explorer, dialog):
    dialog.kind.setCurrentIndex(ANOMALY)
    dialog.first.setDate(dialog.last.date())
    page = dialog.pages[ANOMALY]
    page.least.setValue(2)
    assert page.window.isEnabled() and "± 15 days" in dialog.about.text()
    (layer,) = added(explorer, dialog)
    days = dense(explorer).astype(np.float64)
    count = np.isfinite(days).sum(axis=0)
    with np.errstate(all="ignore"):
        truth = np.where(count >= 2, days[-1] - np.nanmean(days, axis=0), np.nan)
    assert np.allclose(band(layer), truth, equal_nan=True, atol=1e-6) and np.isfinite(truth).any()
    renderer = layer.renderer()
    assert renderer.classificationMax() == -renderer.classificationMin()
    abstract = layer.metadata().abstract()
    assert "2024-08-29" in abstract and "baseline" in abstract.lower()


def test_a_row_of_composites_is_a_layer_for_each_month(explorer, dialog):
    dialog.kind.setCurrentIndex(ROW)
    (layer,) = added(explorer, dialog)
    assert (recipe_of(layer).date, recipe_of(layer).last) == (FIRST, LAST)


def test_a_trend_of_too_few_steps_is_refused_and_says_how_many_there_are(explorer, dialog):
    dialog.kind.setCurrentIndex(TREND)
    assert not dialog.make.isEnabled() and "5" in dialog.about.text()
    assert "0 whole years" in dialog.about.text(), dialog.about.text()


def test_a_limit_of_p_is_asked_for_by_its_box(explorer, dialog):
    asked = []
    dialog.kind.setCurrentIndex(TREND)
    page = dialog.pages[TREND]
    page.changed.connect(lambda: asked.append(page.recipe(explorer.session.shown.recipe).trend.p_limit))
    page.limit.setValue(0.01)
    assert not page.limit.isEnabled() and asked[-1] is None
    page.only.click()
    assert page.limit.isEnabled() and asked[-1] == 0.01


def test_what_has_no_meaning_is_said_before(explorer, dialog):
    dialog.show_map(explorer.session.opened, replace(explorer.session.shown.recipe, variable="SF"))
    for kind in (COMPOSITE, ANOMALY, TREND):
        dialog.kind.setCurrentIndex(kind)
        assert not dialog.make.isEnabled() and "sums of bits" in dialog.about.text()
    dialog.show_map(None, None)
    assert not dialog.make.isEnabled()


def test_a_window_dragged_in_the_plot_opens_the_dialog_with_its_days(explorer):
    dialog = explorer.dock.analysis
    explorer.plot_dock.window_dragged.emit(FIRST, FIRST + dt.timedelta(days=1))
    assert dialog.isVisible() and dialog.period.currentIndex() == OWN
    assert from_qdate(dialog.last.date()) == FIRST + dt.timedelta(days=1)
    dialog.close()


@pytest.mark.parametrize(
    "parts",
    [
        {"statistic": Statistic.STD, "minimum": 3},
        {"anomaly": AnomalyOptions(Baseline(FIRST, LAST), AnomalyMethod.PERCENTILE, 15, 2)},
        {"trend": TrendOptions(PeriodLength.MONTH, True, 4, 6)},
        {"trend": TrendOptions(PeriodLength.YEAR, False, 4, 6, 0.01)},
    ],
)
def test_a_recipe_is_the_same_after_a_project(explorer, parts):
    recipe = replace(explorer.session.shown.recipe, date=FIRST, last=LAST, **parts)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_an_anomaly_comes_back_when_its_cached_file_is_gone(explorer):
    session = explorer.session
    options = AnomalyOptions(Baseline(FIRST, LAST), AnomalyMethod.ZSCORE, 31, 2)
    recipe = replace(session.shown.recipe, date=LAST, last=LAST, anomaly=options)
    layer = add_dated_layer(make_map(session.reader, session.opened, explorer.cache, recipe))
    before = band(layer)
    Path(layer.source()).unlink()
    corrections = {recipe.folder: session.opened.recognition.corrections}
    ((_, made, why),) = make_missing(
        session.reader, corrections, explorer.cache, [(layer.id(), recipe_of(layer))], lambda share, what: None
    )
    assert not why and np.array_equal(band(layer), before, equal_nan=True) and made.recipe == recipe


def test_stopping_adds_nothing(explorer, dialog):
    before = set(QgsProject.instance().mapLayers())
    wait_for(
        explorer.analyst.ended,
        lambda: (QTest.mouseClick(dialog.make, Qt.MouseButton.LeftButton), explorer.analyst.stop()),
    )
    assert dialog.state.text().startswith("Stopped") and set(QgsProject.instance().mapLayers()) == before
