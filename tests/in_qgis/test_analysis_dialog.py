# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Composites, anomalies and trends as layers: chosen in the dialog, made, drawn, and made again with the project."""

from __future__ import annotations

import datetime as dt
import threading
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

from smos_ib_explorer.plugin.adapters import analyst, map_making, map_source
from smos_ib_explorer.plugin.adapters.compat import from_qdate
from smos_ib_explorer.plugin.adapters.day_map import Recipe
from smos_ib_explorer.plugin.adapters.live_layer import add_dated_layer, recipe_of
from smos_ib_explorer.plugin.adapters.map_making import make_map
from smos_ib_explorer.plugin.adapters.missing_layers import make_missing
from smos_ib_explorer.plugin.core.analysis.anomaly import AnomalyMethod
from smos_ib_explorer.plugin.core.analysis.anomaly_map import AnomalyOptions
from smos_ib_explorer.plugin.core.analysis.climatology import Baseline
from smos_ib_explorer.plugin.core.analysis.periods import PeriodLength
from smos_ib_explorer.plugin.core.analysis.trend_map import TrendGrid, TrendOptions
from smos_ib_explorer.plugin.core.archive import ONE_DAY, Problem
from smos_ib_explorer.plugin.core.composite import Statistic, composite
from smos_ib_explorer.plugin.core.errors import BadRequest, UnreadableFile
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import QualityCriteria
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


HELD = Recipe(Path("held"), "SM", Orbit.ASCENDING, FIRST, QualityCriteria())
"""A map that takes until the event of the fixture `held` is set, and then cannot be made."""


@pytest.fixture
def held(monkeypatch):
    go_on, make = threading.Event(), analyst.make_map

    def make_held(reader, opened, cache, recipe, progress, *more):
        if recipe is not HELD:
            return make(reader, opened, cache, recipe, progress, *more)
        while True:
            progress(0.0, "held")
            if go_on.wait(0.01):
                raise UnreadableFile("It was held.")

    monkeypatch.setattr(analyst, "make_map", make_held)
    yield go_on
    go_on.set()


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


def test_a_row_of_composites_is_a_layer_for_each_month_with_the_first_on_top(explorer, dialog, next_day):
    next_day()
    wait_for(explorer.session.day_ready, explorer.session.rescan)
    dialog.kind.setCurrentIndex(ROW)
    assert dialog.period.currentIndex() == WHOLE and "each month: 2, of 13 MB" in dialog.about.text()
    layers = {recipe_of(layer).days: layer for layer in added(explorer, dialog)}
    august, september = (FIRST, LAST), (LAST + ONE_DAY, LAST + ONE_DAY)
    assert set(layers) == {august, september} and dialog.state.text() == "Added: 2 layers."
    order = [layer.id() for layer in QgsProject.instance().layerTreeRoot().layerOrder()]
    assert order == [layers[august].id(), layers[september].id(), explorer.live.layer().id()]
    assert [layer.id() for layer in QgsProject.instance().layerTreeRoot().checkedLayers()] == [layers[august].id()]
    with np.errstate(all="ignore"):
        assert np.allclose(band(layers[august]), np.nanmean(dense(explorer), axis=0), equal_nan=True)


def test_a_month_that_cannot_be_made_is_left_out_and_told_of(explorer, dialog, next_day):
    next_day()
    wait_for(explorer.session.day_ready, explorer.session.rescan)
    session, recipe = explorer.session, explorer.session.shown.recipe
    granule = session.opened.archive.granules_of(recipe.orbit)[-1]
    granule.path.write_bytes(granule.path.read_bytes() + b" ")
    dialog.kind.setCurrentIndex(ROW)
    before = set(QgsProject.instance().mapLayers())
    wait_for(explorer.analyst.ended, dialog.make.click)
    (layer,) = (QgsProject.instance().mapLayer(key) for key in set(QgsProject.instance().mapLayers()) - before)
    assert recipe_of(layer).days == (FIRST, LAST)
    assert dialog.state.text().startswith("Left out: 2024-09-01 to 2024-09-01 (None of the 1 files")
    assert dialog.state.text().endswith("Added: 1 of 2 layers.") and dialog.state.text() in explorer.iface.said()


def test_what_stands_in_the_way_of_all_maps_ends_a_row_once(explorer, dialog, monkeypatch):
    def full(*parts):
        tried.append(parts)
        raise BadRequest("The disk is full.", "Make room.")

    tried, recipe = [], explorer.session.shown.recipe
    monkeypatch.setattr(analyst, "make_map", full)
    row = tuple(replace(recipe, date=dt.date(2020, month, 1), last=dt.date(2020, month, 2)) for month in (1, 2, 3))
    wait_for(explorer.analyst.failed, lambda: explorer.analyst.make(row))
    assert len(tried) == 1 and dialog.state.text() == "The disk is full. Make room. Nothing was added."
    assert "The disk is full." in explorer.iface.said() and dialog.make.isEnabled()


def test_a_row_has_no_more_layers_than_the_months_of_a_long_record(explorer, dialog):
    recipe = explorer.session.shown.recipe
    dialog.kind.setCurrentIndex(ROW)
    for first, is_possible in ((dt.date(2010, 1, 12), True), (dt.date(2004, 8, 1), False)):
        dialog.show_map(record(explorer, first, dt.date(2024, 8, 31)), replace(recipe, folder=Path(str(first))))
        assert dialog.period.currentIndex() == WHOLE and dialog.make.isEnabled() is is_possible
    assert "241 layers" in dialog.about.text()


def test_options_reach_the_recipe(explorer, dialog):
    asked = []
    dialog.maps_requested.disconnect(explorer.analyst.make)
    dialog.maps_requested.connect(lambda recipes: asked.append(recipes[0]))
    first, last = dt.date(2014, 1, 1), dt.date(2024, 8, 31)
    dialog.show_map(record(explorer, first, last), replace(explorer.session.shown.recipe, folder=Path("long")))
    dialog.kind.setCurrentIndex(ANOMALY)
    page = dialog.pages[ANOMALY]
    page.method.setCurrentIndex(2)
    page.window.setValue(15)
    page.least.setValue(3)
    page.first.setDate(page.first.date().addYears(2))
    dialog.make.click()
    baseline = Baseline(dt.date(2016, 1, 1), last)
    assert asked[-1].anomaly == AnomalyOptions(baseline, AnomalyMethod.PERCENTILE, 15, 3)
    assert asked[-1].days == (dt.date(2024, 8, 1), last)
    dialog.kind.setCurrentIndex(TREND)
    page = dialog.pages[TREND]
    page.seasonal.setChecked(True)
    dialog.make.click()
    assert asked[-1].trend == TrendOptions(PeriodLength.YEAR, False, 3, 5) and asked[-1].days == (first, last)
    page.step.setCurrentIndex(1)
    page.least.setValue(4)
    page.steps.setValue(6)
    dialog.make.click()
    assert asked[-1].trend == TrendOptions(PeriodLength.MONTH, True, 4, 6)


@pytest.mark.parametrize(
    "parts, others",
    [
        ({"minimum": 2}, [{"minimum": 1}, {"minimum": 3}]),
        ({"statistic": Statistic.MEDIAN}, [{"statistic": Statistic.MEAN}]),
        (
            {"anomaly": AnomalyOptions(Baseline(FIRST, LAST), window=31, least=1)},
            [
                {"anomaly": AnomalyOptions(Baseline(FIRST, LAST), AnomalyMethod.ZSCORE, 31, 1)},
                {"anomaly": AnomalyOptions(Baseline(FIRST, LAST - ONE_DAY), window=31, least=1)},
                {"anomaly": AnomalyOptions(Baseline(FIRST, LAST), window=33, least=1)},
                {"anomaly": AnomalyOptions(Baseline(FIRST, LAST), window=31, least=2)},
            ],
        ),
        (
            {"trend": TrendOptions(PeriodLength.MONTH, False, 1, 2)},
            [
                {"trend": TrendOptions(PeriodLength.MONTH, True, 1, 2)},
                {"trend": TrendOptions(PeriodLength.MONTH, False, 2, 2)},
                {"trend": TrendOptions(PeriodLength.MONTH, False, 1, 2, 0.05)},
            ],
        ),
    ],
)
def test_maps_of_other_options_lie_in_files_of_their_own(explorer, monkeypatch, parts, others):
    def trend_of_three_days(granules, variable, period, options, criteria, read, *more):
        made = composite(granules, variable, period, Statistic.MEAN, criteria, read)
        return TrendGrid(made.kept, variable, period, made.orbit, criteria, made.taken, options, made.count, made.count)

    monkeypatch.setattr(map_making, "trend_map", trend_of_three_days)
    session = explorer.session
    period = replace(session.shown.recipe, date=LAST if "anomaly" in parts else FIRST, last=LAST)
    made = [
        make_map(session.reader, session.opened, explorer.cache, replace(period, **one)) for one in (parts, *others)
    ]
    assert len({one.path for one in made}) == len(made)


@pytest.fixture
def kept(explorer, monkeypatch):
    """Whether days of VOD, which nothing reads by itself, are kept in memory when they are read."""
    recent, kept = explorer.session.maps.recent, []
    read = recent.read

    def read_noting(granule, recognition, variable, keep=True):
        kept.extend([keep] if variable.id == "VOD" else [])
        return read(granule, recognition, variable, keep)

    monkeypatch.setattr(recent, "read", read_noting)
    return kept


def test_an_analysis_takes_what_a_store_holds_and_keeps_no_days_in_memory(explorer, kept, monkeypatch):
    taken, make = [], analyst.make_map

    def make_noting(reader, opened, cache, recipe, progress, read, store):
        taken.append(store)
        return make(reader, opened, cache, recipe, progress, read, store)

    monkeypatch.setattr(explorer.session.stores, "view", lambda opened: "a store")  # which a mean has no use for
    monkeypatch.setattr(analyst, "make_map", make_noting)
    recipe = replace(explorer.session.shown.recipe, variable="VOD", date=FIRST, last=LAST)
    wait_for(explorer.analyst.added, lambda: explorer.analyst.make((recipe,)))
    assert taken == ["a store"] and kept == [False] * 3


@pytest.mark.parametrize("most, keeps", [(3, True), (2, False)])
def test_the_live_map_keeps_the_days_of_short_periods_in_memory(explorer, kept, monkeypatch, most, keeps):
    monkeypatch.setattr(map_source, "KEPT_DAYS", most)
    session = explorer.session
    wait_for(
        session.day_ready,
        lambda: session.change(variable="VOD", date=FIRST, last=LAST),
        lambda shown: shown.recipe.variable == "VOD",
    )
    assert kept == [keeps] * 3


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
    assert dialog.state.text() == "Stopped. Nothing was added." and set(QgsProject.instance().mapLayers()) == before


def test_a_stopped_row_leaves_what_it_has(explorer, dialog, held):
    recipe = replace(explorer.session.shown.recipe, date=FIRST, last=LAST)
    before = len(QgsProject.instance().mapLayers())
    wait_for(
        explorer.analyst.advanced, lambda: explorer.analyst.make((recipe, HELD)), lambda share, what: what == "held"
    )
    dialog.stop.click()
    assert dialog.state.text() == "Stopped. Added: 1 of 2 layers."
    assert len(QgsProject.instance().mapLayers()) == before + 1


def test_an_analysis_goes_on_where_a_damaged_file_is_found_or_the_folder_has_new_days(explorer, dialog, held, next_day):
    session = explorer.session
    recipe = replace(session.shown.recipe, date=FIRST, last=LAST)
    wait_for(
        explorer.analyst.advanced, lambda: explorer.analyst.make((HELD, recipe)), lambda share, what: what == "held"
    )
    session.exclude([Problem(session.opened.archive.granules[0].path, "An audit says that it is damaged.")])
    next_day()
    wait_for(session.opened_changed, session.rescan)
    assert not dialog.stop.isHidden()
    wait_for(explorer.analyst.ended, held.set)
    assert dialog.state.text().endswith("Added: 1 of 2 layers.")


@pytest.mark.parametrize("how", ["project", "folder", "recognition", "files"])
def test_an_analysis_stops_with_its_archive_and_says_why(explorer, dialog, held, how, tmp_path):
    session, before = explorer.session, len(QgsProject.instance().mapLayers())
    wait_for(explorer.analyst.advanced, lambda: explorer.analyst.make((HELD,)), lambda share, what: what == "held")
    opened = session.opened
    act, why = {
        "project": (QgsProject.instance().clear, "the folder was closed"),
        "folder": (lambda: say(replace(opened.archive, root=tmp_path)), "another folder was opened"),
        "recognition": (lambda: say(opened.archive, is_cut=True), "the folder is read in another way now"),
        "files": (lambda: say(replace(opened.archive, fingerprints={})), "files of the folder were changed or removed"),
    }[how]

    def say(archive, **parts):
        changed = replace(opened, archive=archive, recognition=replace(opened.recognition, **parts))
        session.opened_changed.emit(changed)

    wait_for(explorer.analyst.ended, act)
    assert dialog.state.text() == f"The analysis was stopped, for {why}. Nothing was added."
    assert dialog.state.text() in explorer.iface.said()
    assert len(QgsProject.instance().mapLayers()) == (0 if how == "project" else before)
