# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Temporal layers: a period as one file with bands or as dated files, whole or not at all, and playing without the plugin."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from in_qgis.waiting import wait_for
from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog

from smos_ib_explorer.plugin.adapters import temporal_files
from smos_ib_explorer.plugin.adapters.compat import day_range, has_ranges_per_band, to_qdate
from smos_ib_explorer.plugin.adapters.live_layer import GROUP
from smos_ib_explorer.plugin.adapters.temporal_files import default_target, granules_for, make_temporal
from smos_ib_explorer.plugin.adapters.temporal_layers import TemporalLayers
from smos_ib_explorer.plugin.core.archive import no_progress
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, NotInArchive, UnreadableFile
from smos_ib_explorer.ui.temporal_dialog import TemporalDialog

DAYS = [dt.date(2024, 8, day) for day in (29, 30, 31)]
PER_BAND = pytest.mark.skipif(not has_ranges_per_band(), reason="QGIS 3.38 and newer")
PER_FILE = pytest.mark.skipif(has_ranges_per_band(), reason="before QGIS 3.38")


@pytest.fixture
def period(explorer):
    return replace(explorer.session.shown.recipe, date=DAYS[0], last=DAYS[2])


@pytest.fixture
def read(explorer):
    session = explorer.session
    return lambda granule, variable: session.reader.retrievals(granule, session.opened.recognition, variable)


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "déposé ici"
    folder.mkdir()
    return folder


@pytest.fixture
def layers(explorer):
    made = TemporalLayers(explorer.background)
    yield made
    made.close()


@pytest.fixture
def kept(explorer, read):
    opened, criteria = explorer.session.opened, explorer.session.selection.criteria
    variable, orbit = opened.recognition.variable("SM"), explorer.session.selection.orbit
    return [read(opened.archive.granule(day, orbit), variable).under(criteria).kept for day in DAYS]


def drawn_on(layers, range_):
    """Return which cells are drawn at a time."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    settings.setExtent(layers[0].extent())
    settings.setOutputSize(QSize(1388, 584))
    settings.setBackgroundColor(QColor(Qt.GlobalColor.transparent))
    settings.setIsTemporal(True)
    settings.setTemporalRange(range_)
    job = QgsMapRendererParallelJob(settings)
    wait_for(job.finished, job.start)
    picture = job.renderedImage()
    return np.array(
        [[QColor(picture.pixelColor(col, row)).alpha() > 0 for col in range(0, 1388, 9)] for row in range(0, 584, 9)]
    )


def test_a_period_is_written_and_plays_day_by_day(explorer, layers, period, read, kept, out):
    live = explorer.live.layer()
    live.renderer().setClassificationMax(0.37)
    live.setOpacity(0.8)
    before = (live.source(), live.name())
    target = default_target(out, period)
    (stack,) = wait_for(layers.added, lambda: layers.make(explorer.session.opened, period, target, read))
    made = [layer for layer in QgsProject.instance().mapLayers().values() if layer is not live]
    assert stack.path == target and (live.source(), live.name()) == before
    for layer in made:
        assert layer.isValid() and layer.temporalProperties().isActive() and layer.opacity() == 0.8
        assert layer.renderer().classificationMax() == 0.37
        assert "Soil moisture" in layer.name() and "CC BY 4.0" in layer.metadata().licenses()
        assert "Synthetic" in layer.metadata().abstract() and "kept_SM" in layer.metadata().abstract()
    for day, values in zip(DAYS, kept):
        assert np.array_equal(drawn_on(made, day_range(day)), np.isfinite(values)[::9, ::9])
    project = out / "p.qgz"
    QgsProject.instance().write(str(project))
    without_plugin = QgsProject()
    assert without_plugin.read(str(project))
    again = [without_plugin.mapLayer(layer.id()) for layer in made]
    assert np.array_equal(drawn_on(again, day_range(DAYS[1])), np.isfinite(kept[1])[::9, ::9])
    assert [one.name for one in out.iterdir() if one.suffix == ".part" or ".part" in one.name] == []


@PER_FILE
def test_before_3_38_a_day_is_a_file_and_a_layer_in_a_group(explorer, layers, period, read, kept, out):
    target = default_target(out, period)
    assert target.suffix == ""
    wait_for(layers.added, lambda: layers.make(explorer.session.opened, period, target, read))
    root = QgsProject.instance().layerTreeRoot().findGroup(GROUP)
    nodes = root.findGroup("Soil moisture · 2024-08-29 → 2024-08-31").findLayers()
    assert root.children()[0].name() == "Soil moisture · 2024-08-29 → 2024-08-31", "above the live layer"
    for node, day, values in zip(nodes, DAYS, kept):
        assert Path(node.layer().source()) == target / f"SM_{day}.tif" and str(day) in node.name()
        assert np.array_equal(gdal.Open(node.layer().source()).ReadAsArray(), values, equal_nan=True)
        time = node.layer().temporalProperties().fixedTemporalRange()
        assert time.begin().toString(Qt.DateFormat.ISODate) == f"{day}T00:00:01Z"
        midnight = time.begin().addSecs(-1)
        frame_before = QgsDateTimeRange(midnight.addDays(-1), midnight, True, False)
        assert not node.layer().temporalProperties().isVisibleInTemporalRange(frame_before), "not two days in one frame"
    assert len(nodes) == 3 and sorted(one.name for one in target.iterdir()) == [f"SM_{day}.tif" for day in DAYS]
    assert explorer.cache.folder not in target.parents


@PER_BAND
def test_from_3_38_on_a_period_is_one_layer_with_a_range_per_band(explorer, layers, period, read, kept, out):
    target = default_target(out, period)
    wait_for(layers.added, lambda: layers.make(explorer.session.opened, period, target, read))
    (layer,) = (one for one in QgsProject.instance().mapLayers().values() if one is not explorer.live.layer())
    assert layer.temporalProperties().mode() == Qgis.RasterTemporalMode.FixedRangePerBand
    ranges = layer.temporalProperties().fixedRangePerBand()
    written = gdal.Open(layer.source())
    for number, (day, values) in enumerate(zip(DAYS, kept), 1):
        assert written.GetRasterBand(number).GetDescription() == str(day)
        assert np.array_equal(written.GetRasterBand(number).ReadAsArray(), values, equal_nan=True)
        assert ranges[number].begin().toString(Qt.DateFormat.ISODate) == f"{day}T00:00:00Z"
    assert written.RasterCount == len(ranges) == 3


def test_a_stack_file_has_its_bands_named_and_its_provenance(explorer, period, read, kept, out, monkeypatch):
    """The file itself is the same on every QGIS."""
    monkeypatch.setattr(temporal_files, "has_ranges_per_band", lambda: True)
    target = default_target(out, period)
    assert target.name == "SM_2024-08-29_2024-08-31_A.tif"
    stack = make_temporal(explorer.session.opened, period, target, read, no_progress)
    written = gdal.Open(str(target))
    assert stack.days == dict(enumerate(DAYS, 1)) and written.RasterCount == 3
    assert np.array_equal(written.ReadAsArray(), np.array(kept), equal_nan=True)
    assert [written.GetRasterBand(number).GetDescription() for number in (1, 2, 3)] == [str(day) for day in DAYS]
    tags = written.GetMetadata()
    assert tags["PERIOD"] == "2024-08-29/2024-08-31" and tags["SOURCE_FILES"].count(",") == 2
    assert int(tags["KEPT_SM"]) == sum(np.isfinite(values).sum() for values in kept)
    assert target.stat().st_size < 0.6 * sum(values.nbytes for values in kept), "deflated"
    assert [one.name for one in out.iterdir()] == [target.name]
    assert default_target(out, period).name == "SM_2024-08-29_2024-08-31_A_2.tif"
    with pytest.raises(BadRequest, match="there already"):
        make_temporal(explorer.session.opened, period, target, read, no_progress)


@pytest.mark.parametrize("per_band", [False, True])
def test_what_is_stopped_or_fails_leaves_nothing(explorer, period, read, out, monkeypatch, per_band):
    monkeypatch.setattr(temporal_files, "has_ranges_per_band", lambda: per_band)
    target = default_target(out, period)

    def stop(share, what):
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        make_temporal(explorer.session.opened, period, target, read, stop)
    assert list(out.iterdir()) == []

    def unreadable(granule, variable):
        raise UnreadableFile("It is damaged.")

    with pytest.raises(UnreadableFile, match="None of the 3 files"):
        make_temporal(explorer.session.opened, period, target, unreadable, no_progress)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("per_band", [False, True])
def test_a_day_that_cannot_be_read_is_left_out_and_said(explorer, period, read, out, monkeypatch, per_band):
    monkeypatch.setattr(temporal_files, "has_ranges_per_band", lambda: per_band)

    def but_one(granule, variable):
        if granule.date == DAYS[1]:
            raise UnreadableFile("It is damaged.")
        return read(granule, variable)

    stack = make_temporal(explorer.session.opened, period, default_target(out, period), but_one, no_progress)
    assert any("20240830" in note and "It is damaged" in note for note in stack.provenance.notes)
    days = list(stack.days.values()) if per_band else [one.recipe.date for one in stack.files]
    assert days == [DAYS[0], DAYS[2]]
    if per_band:
        assert np.isnan(gdal.Open(str(stack.path)).GetRasterBand(2).ReadAsArray()).all()


def test_too_many_days_and_none(explorer, period, monkeypatch):
    archive = explorer.session.opened.archive
    monkeypatch.setattr(temporal_files, "MOST_DAYS", 2)
    with pytest.raises(BadRequest, match="3 days from 2024-08-29 to 2024-08-31 have a file; 2 are the most"):
        granules_for(archive, period)
    with pytest.raises(NotInArchive, match="No day from 2020-01-01"):
        granules_for(archive, replace(period, date=dt.date(2020, 1, 1), last=dt.date(2020, 2, 1)))


def test_a_new_project_stops_it(explorer, layers, period, read, out):
    layers.make(explorer.session.opened, period, default_target(out, period), read)
    QgsProject.instance().clear()
    assert not explorer.background.is_running("temporal") and not layers._turn.isActive()


def test_the_dialog_offers_the_month_before_the_shown_day(explorer, tmp_path, monkeypatch):
    dialog = TemporalDialog(explorer.iface.mainWindow())
    assert not dialog.make.isEnabled() and dialog.about.text()
    dialog.show_map(explorer.session.opened, explorer.session.shown.recipe)
    assert (dialog.first.date(), dialog.last.date()) == (to_qdate(DAYS[0]), to_qdate(DAYS[2]))
    assert dialog.about.text().startswith("3 of 3 days have a file.") and dialog.make.isEnabled()
    assert Path(dialog.target.text()).parent == Path.home()
    dialog.last.setDate(to_qdate(DAYS[1]))
    assert "2024-08-29_2024-08-30" in dialog.target.text()
    dialog.show_map(explorer.session.opened, replace(explorer.session.shown.recipe, date=DAYS[0]))
    assert dialog.last.date() == to_qdate(DAYS[1]), "what the user chose stays while the map steps"
    chosen = tmp_path / ("a.tif" if has_ranges_per_band() else "a")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *anything: (str(chosen), ""))
    dialog.browse.click()
    dialog.first.setDate(to_qdate(DAYS[1]))
    assert dialog.target.text() == str(chosen), "what the user wrote stays"
    recipe, target = wait_for(dialog.layers_requested, lambda: QTest.keyClick(dialog.make, Qt.Key.Key_Space))
    assert (recipe.date, recipe.last, target) == (DAYS[1], DAYS[1], chosen)
    dialog.target.setText(str(tmp_path))
    assert not dialog.make.isEnabled() and "there already" in dialog.about.text()
    dialog.target.setText("a")
    assert not dialog.make.isEnabled()
    dialog.first.setDate(to_qdate(DAYS[2]))
    assert not dialog.make.isEnabled() and "No day" in dialog.about.text()
    dialog.deleteLater()
