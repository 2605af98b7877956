# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A time series as a CSV file that says where it comes from."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from .files import replacing
from .grid import Cell, EaseGrid
from .provenance import Provenance
from .quality import QualityCriteria
from .series import SeriesRow, TimeSeries, series_rows

COLUMNS = (
    "point",
    "lon",
    "lat",
    "row",
    "col",
    "cell_lon",
    "cell_lat",
    "date",
    "orbit",
    "variable",
    "raw",
    "kept",
    "scene_flag",
    "rmse",
    "rejection",
)
"""The columns of a point series, the same in CSV files and Processing tables."""


def place_columns(
    point: int, lon: float, lat: float, cell: Cell, grid: EaseGrid
) -> tuple[int, float, float, int, int, float, float]:
    """Return the columns `point` … `cell_lat` of every row of one point."""
    cell_lon, cell_lat = grid.centre(cell)
    return point, round(lon, 7), round(lat, 7), cell.row, cell.col, round(cell_lon, 6), round(cell_lat, 6)


def value_columns(row: SeriesRow) -> tuple[str, str, str, float | None, float | None, int | None, float | None, str]:
    """Return the columns `date` … `rejection` of one row, None where there is no number."""
    flag = _known(row.scene_flag)
    return (
        row.date.isoformat(),
        row.orbit.value,
        row.variable.id,
        _known(row.raw),
        _known(row.kept),
        None if flag is None else int(flag),
        _known(row.rmse),
        row.rejection,
    )


def write_series_csv(
    path: Path,
    series: TimeSeries,
    criteria: QualityCriteria,
    provenance: Provenance,
    lon: float,
    lat: float,
    point: int = 1,
) -> None:
    """Write a series as CSV: `# key: value` lines of provenance, a header, a row a day and variable. UTF-8; whole or not at all."""
    place = place_columns(point, lon, lat, series.cell, series.grid)
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(f"# {key}: {' '.join(value.split())}\n" for key, value in provenance.items())
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows((*place, *value_columns(row)) for row in series_rows(series, criteria))


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
