# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user takes away: a map as GeoTIFF, a series as CSV. For a task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core.analysis.area_table import write_areas_csv
from ..core.analysis.areas import AreaSeries
from ..core.analysis.comparison import Comparison, comparison_csv
from ..core.files import replacing
from ..core.origins import of_areas, of_series
from ..core.points import Point
from ..core.quality import QualityCriteria
from ..core.reader import Opened, unapplied_to_any
from ..core.series import TimeSeries
from ..core.tables import write_points_csv, write_series_csv
from .day_map import DayMap
from .geotiff import write_geotiff
from .software import software_name


def export_map(path: Path, shown: DayMap) -> None:
    """Write the shown map as GeoTIFF with its provenance. Raises BadRequest where it cannot be written."""
    content = shown.content
    write_geotiff(path, content.kept, content.grid, content.variable, shown.provenance.items(), content.further_bands)


def provenance_of(
    records: Sequence[tuple[Point, TimeSeries]],
    criteria: QualityCriteria,
    unapplied: tuple[str, ...],
    opened: Opened,
) -> list[tuple[str, str]]:
    """Return where a plot comes from, as keys and texts; where no cell's record is in it, what is known of the archive."""
    if records:
        return of_series([series for _, series in records], criteria, unapplied, opened, software_name()).items()
    product = opened.recognition.product
    return [
        ("product", product.title),
        ("quality_control", str(criteria)),
        ("source_folder", str(opened.archive.root)),
        ("software", software_name()),
        ("licence", product.licence),
        *((f"citation_{number}", text) for number, text in enumerate(product.citations, 1)),
    ]


def export_series(
    path: Path,
    records: Sequence[tuple[Point, TimeSeries]],
    criteria: QualityCriteria,
    unapplied: tuple[str, ...],
    opened: Opened,
) -> None:
    """Write the series of one point or several as CSV with their provenance. Raises BadRequest where it cannot be written."""
    provenance = of_series([series for _, series in records], criteria, unapplied, opened, software_name())
    if len(records) > 1:
        write_points_csv(path, records, criteria, provenance)
    else:
        ((point, series),) = records
        write_series_csv(path, series, criteria, provenance, point.lon, point.lat)


def export_areas(
    path: Path,
    records: Sequence[AreaSeries],
    criteria: QualityCriteria,
    unapplied: tuple[str, ...],
    opened: Opened,
) -> None:
    """Write the means of areas as CSV with their provenance. Raises BadRequest where it cannot be written."""
    write_areas_csv(path, records, criteria, of_areas(records, criteria, 1, unapplied, opened, software_name()))


def comparison_text(made: Sequence[Comparison], series: TimeSeries, criteria: QualityCriteria, opened: Opened) -> str:
    """Return pairs and results of a cell's comparisons as CSV text with their provenance: of the series and criteria that they were made of."""
    unapplied = unapplied_to_any(series.variables, criteria, opened.recognition)
    return comparison_csv(made, of_series([series], criteria, unapplied, opened, software_name()))


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8; whole or not at all. Raises BadRequest where it cannot be written."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
