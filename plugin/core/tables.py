# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A time series as a CSV file that says where it comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from .csv_files import write_csv
from .grid import Cell, EaseGrid
from .points import Point
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


PointId = TypeVar("PointId", int, str)


def place_columns(
    point: PointId, lon: float, lat: float, cell: Cell, grid: EaseGrid
) -> tuple[PointId, float, float, int, int, float, float]:
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
    _write_csv(path, [(place_columns(point, lon, lat, series.cell, series.grid), series)], criteria, provenance)


def write_points_csv(
    path: Path, records: Sequence[tuple[Point, TimeSeries]], criteria: QualityCriteria, provenance: Provenance
) -> None:
    """Write the series of several points as one CSV, point by point; the column `point` holds their names. UTF-8; whole or not at all."""
    placed = [
        (place_columns(point.name, point.lon, point.lat, series.cell, series.grid), series) for point, series in records
    ]
    _write_csv(path, placed, criteria, provenance)


def _write_csv(
    path: Path,
    placed: Sequence[tuple[tuple[object, ...], TimeSeries]],
    criteria: QualityCriteria,
    provenance: Provenance,
) -> None:
    rows = ((*place, *value_columns(row)) for place, series in placed for row in series_rows(series, criteria))
    write_csv(path, provenance.items(), COLUMNS, rows)


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
