# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The map: the right numbers at the right places, and everything a layer should carry."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from in_qgis.waiting import wait_for
from osgeo import gdal
from qgis.core import QgsMapRendererParallelJob, QgsMapSettings, QgsPointXY, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor

from smos_ib_explorer.plugin.adapters.live_layer import GROUP
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.steps import Step, Unit

BACK = Step(Unit.DAY, False)


def test_the_newest_day_lies_exactly_on_the_grid(explorer):
    layer = explorer.live.layer()
    assert layer.isValid() and layer.crs().authid() == "EPSG:6933"
    assert gdal.Open(layer.source()).GetGeoTransform() == (-17367530.44, 25025.26, 0.0, 7307375.92, 0.0, -25025.26)
    assert (layer.width(), layer.height()) == (1388, 584)
    assert explorer.session.shown.recipe.date == dt.date(2024, 8, 31)


def test_a_layer_sampled_at_centres_and_near_all_edges_gives_the_arrays_value(explorer):
    layer, kept = explorer.live.layer(), explorer.session.shown.day.kept
    inside = np.argwhere(np.isfinite(kept))
    corners = [(0, 0), (0, 1387), (583, 0), (583, 1387), (290, 0), (290, 1387)]
    for row, col in [*inside[:: max(1, len(inside) // 60)].tolist(), *corners]:
        x, y = M25KM.centre_xy(Cell(row, col))
        for dx, dy in ((0, 0), (-0.499, 0), (0.499, 0), (0, -0.499), (0, 0.499), (0.499, 0.499)):
            value, found = layer.dataProvider().sample(QgsPointXY(x + dx * M25KM.cell, y + dy * M25KM.cell), 1)
            assert found == np.isfinite(kept[row, col])
            if found:
                assert np.float32(value) == kept[row, col]


def test_north_is_up_and_cells_without_retrieval_are_transparent(explorer):
    layer, kept = explorer.live.layer(), explorer.session.shown.day.kept
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(1388, 584))
    settings.setBackgroundColor(QColor(Qt.GlobalColor.transparent))
    job = QgsMapRendererParallelJob(settings)
    wait_for(job.finished, job.start)
    picture = job.renderedImage()
    drawn = np.array(
        [[QColor(picture.pixelColor(col, row)).alpha() > 0 for col in range(0, 1388, 7)] for row in range(0, 584, 7)]
    )
    assert (drawn == np.isfinite(kept)[::7, ::7]).all()


def test_a_layer_has_its_group_day_metadata_and_units(explorer):
    layer = explorer.live.layer()
    group = QgsProject.instance().layerTreeRoot().findGroup(GROUP)
    assert group is not None and group.findLayer(layer.id()) is not None
    assert "SYNTHETIC" in layer.name() and "2024-08-31" in layer.name()
    time = layer.temporalProperties()
    assert time.isActive()
    assert time.fixedTemporalRange().begin().toString(Qt.DateFormat.ISODate) == "2024-08-31T00:00:00Z"
    assert time.fixedTemporalRange().end().toString(Qt.DateFormat.ISODate) == "2024-08-31T23:59:59Z"
    about = layer.metadata()
    assert about.title() and "Synthetic" in about.abstract() and about.licenses() == ["CC BY 4.0"]
    assert len([right for right in about.rights() if "Li, X." in right or "Xing" in right]) == 3
    assert about.extent().temporalExtents()[0].begin().date().toString(Qt.DateFormat.ISODate) == "2024-08-31"
    assert any("Quality control" in line for line in about.history())
    assert layer.renderer().shader().rasterShaderFunction().legendSettings().suffix() == " m³ m⁻³"
    tags = gdal.Open(layer.source()).GetMetadata()
    assert tags["CITATION_3"] and tags["QUALITY_CONTROL"].startswith("SF ≤ 1, RMSE ≤ 8 K") and "LICENCE" in tags


def test_scene_flags_are_named_categories_and_shown_unmasked(explorer):
    shown = wait_for(explorer.session.day_ready, lambda: explorer.session.change(variable="SF"))[0]
    names = {entry.value: entry.label for entry in explorer.live.layer().renderer().classes()}
    assert names[0] == "0: good" and "frozen" in names[8] and len(names) == 16
    assert shown.day.counts.kept == shown.day.counts.retrievals > 0
    assert "as they are" in explorer.dock.form.smosibKept.text()


def test_the_users_style_opacity_and_name_stay_while_days_change(explorer):
    layer = explorer.live.layer()
    layer.setOpacity(0.4)
    layer.renderer().setClassificationMax(0.33)
    layer.setName("my map")
    before = layer.source()
    wait_for(explorer.session.day_ready, lambda: explorer.session.step(BACK))
    assert explorer.live.layer() is layer and layer.source() != before
    assert (layer.opacity(), layer.renderer().classificationMax(), layer.name()) == (0.4, 0.33, "my map")
    assert (
        layer.temporalProperties().fixedTemporalRange().begin().date().toString(Qt.DateFormat.ISODate) == "2024-08-30"
    )


def test_each_variable_keeps_its_own_style(explorer):
    layer = explorer.live.layer()
    layer.renderer().setClassificationMax(0.33)
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(variable="VOD"))
    assert layer.renderer().classificationMax() == 1.2
    wait_for(explorer.session.day_ready, lambda: explorer.session.change(variable="SM"))
    assert layer.renderer().classificationMax() == 0.33
    assert explorer.live.layer() is layer


def test_keep_leaves_a_copy_that_does_not_move_on(explorer):
    explorer.dock.form.smosibKeep.click()
    kept = [layer for layer in QgsProject.instance().mapLayers().values() if layer is not explorer.live.layer()]
    wait_for(explorer.session.day_ready, lambda: explorer.session.step(BACK))
    assert len(kept) == 1 and "2024-08-31" in kept[0].name() and kept[0].isValid()
    assert "2024-08-30" in explorer.live.layer().name()


def test_a_removed_live_layer_comes_back_with_the_button(explorer):
    QgsProject.instance().removeMapLayer(explorer.live.layer().id())
    assert explorer.live.layer() is None
    explorer.dock.form.smosibLoad.click()
    assert explorer.live.layer().isValid()


def test_thresholds_change_the_map_and_the_counts(explorer):
    provider = explorer.session.shown.day
    stricter = wait_for(explorer.session.day_ready, lambda: explorer.dock.form.smosibQualityPreset.setCurrentIndex(1))[
        0
    ].day
    raw = wait_for(explorer.session.day_ready, lambda: explorer.dock.form.smosibQualityPreset.setCurrentIndex(2))[0].day
    assert raw.criteria == RAW
    assert stricter.counts.kept < provider.counts.kept < raw.counts.kept == raw.counts.retrievals
    with np.errstate(invalid="ignore"):
        assert np.array_equal(np.isfinite(provider.kept), (provider.rejection == 0))


def test_an_exported_map_is_the_shown_one_with_its_provenance(explorer, tmp_path, monkeypatch):
    target = tmp_path / "out" / "map.tif"
    target.parent.mkdir()
    monkeypatch.setattr("qgis.PyQt.QtWidgets.QFileDialog.getSaveFileName", lambda *args: (str(target), ""))
    wait_for(explorer.iface.messageBar().widgetAdded, explorer.dock.form.smosibExportMap.click)
    assert "Written" in explorer.iface.said()
    layer = QgsRasterLayer(str(target), "again")
    assert layer.isValid() and layer.crs().authid() == "EPSG:6933"
    assert np.array_equal(gdal.Open(str(target)).ReadAsArray(), explorer.session.shown.day.kept, equal_nan=True)


def test_an_export_that_cannot_be_written_says_so_and_leaves_nothing(explorer, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setattr("qgis.PyQt.QtWidgets.QFileDialog.getSaveFileName", lambda *args: (str(blocked / "map.tif"), ""))
    wait_for(explorer.iface.messageBar().widgetAdded, explorer.dock.form.smosibExportMap.click)
    assert "cannot be written" in explorer.iface.said()
    assert blocked.read_text() == "in the way"


@pytest.mark.parametrize("crs", [6933, 4326, 3857])
def test_the_first_map_takes_the_grids_projection_only_in_an_empty_project(open_folder, demo_folder, iface, crs):
    explorer = open_folder(demo_folder)
    assert iface.canvas.mapSettings().destinationCrs().authid() == "EPSG:6933"
    assert iface.canvas.extent().contains(explorer.live.layer().extent())
