# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A layer's metadata from a result's provenance: title, abstract, dates, extent, licence, citations and processing history."""

from __future__ import annotations

import datetime as dt

from qgis.core import QgsAbstractMetadataBase, QgsBox3d, QgsDateTimeRange, QgsLayerMetadata, QgsMapLayer, QgsRasterLayer

from ..core.provenance import SYNTHETIC_NOTE, Provenance
from .compat import day_range, fixed_range_mode


def set_days(layer: QgsRasterLayer, first: dt.date, last: dt.date) -> None:
    """Let a raster stand for some calendar days in QGIS's temporal tools, both ends included. Whether QGIS hides it on others stays."""
    temporal = layer.temporalProperties()
    temporal.setMode(fixed_range_mode())
    temporal.setFixedTemporalRange(day_range(first, last))


def begin_after_midnight(layer: QgsRasterLayer) -> None:
    """Let a layer's day begin a second late: for QGIS 3.22 a frame that ends at midnight touches the next day, and would show it too."""
    temporal = layer.temporalProperties()
    days = temporal.fixedTemporalRange()
    temporal.setFixedTemporalRange(QgsDateTimeRange(days.begin().addSecs(1), days.end()))


def describe_layer(layer: QgsMapLayer, title: str, provenance: Provenance) -> None:
    """Fill in a layer's metadata."""
    metadata, product = QgsLayerMetadata(), provenance.product
    metadata.setType("dataset")
    metadata.setLanguage("ENG")
    metadata.setIdentifier(product.identifier)
    metadata.setTitle(title)
    items = provenance.items()
    about = SYNTHETIC_NOTE if provenance.synthetic else f"From the data: {product.data_title}."
    metadata.setAbstract(
        "\n".join([about, *(f"{key}: {text}" for key, text in items if not key.startswith(("citation", "note")))])
    )
    metadata.setCategories(["Environment", "Geoscientific information"])
    names = [variable.title for variable in provenance.variables]
    metadata.setKeywords({"gmd:topicCategory": [*names, "SMOS", "L-band", "EASE-Grid 2.0"]})
    metadata.setLicenses([product.licence.split(" (")[0]])
    metadata.setRights([product.licence, *product.citations])
    if product.link:
        metadata.setLinks([QgsAbstractMetadataBase.Link("Dataset paper", "WWW:LINK", product.link)])
    metadata.setHistory(
        [
            f"Read from {provenance.files_text} in {provenance.folder}.",
            provenance.evidence,
            f"Quality control: {dict(items)['quality_control']}.",
            f"Written by {provenance.software}.",
        ]
    )
    extent = QgsLayerMetadata.Extent()
    extent.setTemporalExtents([day_range(*provenance.period)])
    if layer.crs().isValid():  # a table lies nowhere
        metadata.setCrs(layer.crs())
        spatial = QgsLayerMetadata.SpatialExtent()
        spatial.extentCrs = layer.crs()
        box = layer.extent()
        spatial.bounds = QgsBox3d(box.xMinimum(), box.yMinimum(), 0, box.xMaximum(), box.yMaximum(), 0)
        extent.setSpatialExtents([spatial])
    metadata.setExtent(extent)
    layer.setMetadata(metadata)
