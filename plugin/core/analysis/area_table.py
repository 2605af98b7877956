# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Area means as a table: its columns, the same in CSV files and in Processing, and a CSV file that says where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..csv_files import write_csv
from ..provenance import Provenance
from ..quality import QualityCriteria
from .areas import AreaSeries

COLUMNS = ("area", "date", "orbit", "variable", "mean", "std", "kept_cells", "area_cells", "weight")
"""`weight` is the total weight of the kept cells: 1 is a whole cell."""

Row = tuple[str, str, str, "float | None", "float | None", int, int, float]


def area_rows(series: AreaSeries, criteria: QualityCriteria, least: int) -> Iterator[Row]:
    """Yield the columns `date` … `weight`, a row for each day that has a granule and each variable, in order of date.

    Mean and std are None with fewer than `least` kept cells. Raises KeyError under criteria that the series does not tell.
    """
    under = [(variable.id, series.under(variable, criteria)) for variable in series.variables]
    means = [means.from_cells(least) for _, means in under]
    for index, day in enumerate(series.dates.tolist()):
        for (name, of_day), (mean, std) in zip(under, means):
            yield (
                day.isoformat(),
                series.orbit.value,
                name,
                _number(mean[index]),
                _number(std[index]),
                int(of_day.kept_cells[index]),
                int(series.area.cells.size),
                _rounded(of_day.kept_weight[index]),
            )


def write_areas_csv(
    path: Path, records: Sequence[AreaSeries], criteria: QualityCriteria, provenance: Provenance, least: int = 1
) -> None:
    """Write the means of areas as CSV, area by area; the column `area` holds their names. UTF-8; whole or not at all."""
    rows = ((series.area.name, *row) for series in records for row in area_rows(series, criteria, least))
    write_csv(path, provenance.items(), COLUMNS, rows)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else _rounded(value)


def _rounded(value: float) -> float:
    """Return a number with nine digits: values have seven, and what follows is the sum's rounding."""
    return float(f"{value:.9g}")
