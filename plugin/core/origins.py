# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The provenance of each kind of result: maps of a day and of many days, differences, series of cells and of areas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from .analysis.anomaly import AnomalyMethod
from .analysis.anomaly_map import AnomalyGrid
from .analysis.areas import AreaSeries
from .analysis.trend_map import TrendGrid
from .archive import Granule
from .composite import CompositeGrid
from .content import MapContent
from .day import DailyGrid
from .difference import DifferenceGrid
from .grid import EaseGrid
from .many_days import ManyDays
from .names import Orbit
from .provenance import Provenance
from .quality import QualityCounts, QualityCriteria
from .reader import Opened
from .series import TimeSeries
from .variables import Variable

Counts = Sequence["tuple[Variable, QualityCounts]"]
Method = Sequence["tuple[str, str]"]

_ANOMALIES = {
    AnomalyMethod.DIFFERENCE: "difference from their mean",
    AnomalyMethod.ZSCORE: "difference from their mean, divided by their standard deviation (n − 1)",
    AnomalyMethod.PERCENTILE: "100 × (those below + half of those equal) / all",
}
_PYTESMO = (
    "Paulik, C., Dorigo, W., Wagner, W., Kidd, R. (2014). Validation of the ASCAT Soil Water Index using in situ data from the "
    "International Soil Moisture Network. International Journal of Applied Earth Observation and Geoinformation 30, 1-8 (anomalies from a "
    "climatology, as in pytesmo; here values are pooled, not smoothed)"
)
_TREND_CITATIONS = (
    "Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of the American Statistical Association "
    "63, 1379-1389",
    "Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245-259",
    "Kendall, M. G. (1975). Rank correlation methods. Griffin, London",
)
_SEASONAL_CITATION = (
    "Hirsch, R. M., Slack, J. R., Smith, R. A. (1982). Techniques of trend analysis for monthly water quality data. Water Resources "
    "Research 18, 107-121"
)


def of_day(day: DailyGrid, opened: Opened, software: str) -> Provenance:
    """Return the provenance of a daily map."""
    return _of_map(day, [day.variable], [(day.variable, day.counts)], [day.granule], opened, software)


def of_composite(composite: CompositeGrid, opened: Opened, software: str) -> Provenance:
    """Return the provenance of a composite of a period."""
    first, last = composite.period
    least = f", no value where that is less than {composite.minimum}" if composite.minimum > 1 else ""
    statistic = f"{composite.statistic.title} of the kept values of each cell; second band: their count{least}"
    of_days = f"{len(composite.granules)} of {(last - first).days + 1} days have a file that was used"
    return _of_many_days(composite, opened, software, (("statistic", statistic), ("days", of_days)))


def of_anomaly(anomaly: AnomalyGrid, opened: Opened, software: str) -> Provenance:
    """Return the provenance of an anomaly map."""
    options, day = anomaly.options, anomaly.is_of_day
    what = "the kept value" if day else "the mean of the kept values of the window"
    sample = (
        f"all kept values in the {options.window} days around that day of the year (29 February is day 60 of 366), in the baseline"
        if day
        else "the means of the kept values of the same calendar days in each year of which all of them lie in the baseline"
    )
    of_window = (
        f"{anomaly.window_files} of {anomaly.window_days} have a file that was used; no least number of values a mean"
    )
    method = (
        ("anomaly", f"{what} against {sample}: {_ANOMALIES[options.method]}"),
        ("baseline", f"{options.baseline.first}/{options.baseline.last}"),
        (
            "minimum_count",
            f"no value with fewer than {options.least} {'values' if day else 'years'}; second band: their count",
        ),
        ("days", f"{len(anomaly.granules)} days of the window and the baseline have a file that was used"),
        *([("method_citation_1", _PYTESMO)] if day else [("window_days", of_window)]),
    )
    return _of_many_days(anomaly, opened, software, method)


def of_trend(trend: TrendGrid, opened: Opened, software: str) -> Provenance:
    """Return the provenance of a trend map."""
    options = trend.options
    first, last = trend.period
    seasonal = ", only between the same calendar months (Hirsch, Slack and Smith 1982)" if options.seasonal else ""
    citations = [*_TREND_CITATIONS, *([_SEASONAL_CITATION] if options.seasonal else [])]
    shown = f"; the first band holds only slopes with p < {options.p_limit:g}" if options.p_limit is not None else ""
    method = (
        ("trend", f"Theil–Sen slope per decade of {trend.of_means.split(',')[0]} of the kept values{seasonal}"),
        (
            "significance",
            f"second band: two-sided Mann–Kendall p, normal approximation with tie and continuity correction{shown}",
        ),
        (
            "steps",
            f"third band: steps used; no trend with fewer than {options.min_steps}; missing steps are left out",
        ),
        (
            "minimum_count",
            f"no {options.length.value} with fewer than {options.least} kept values, or of which the archive lacks more than "
            f"{options.length.longest_gap} days in a row",
        ),
        ("days", f"{len(trend.granules)} of {(last - first).days + 1} days have a file that was used"),
        *((f"method_citation_{number}", text) for number, text in enumerate(citations, 1)),
    )
    return _of_many_days(trend, opened, software, method)


def _of_many_days(shown: ManyDays, opened: Opened, software: str, method: Method) -> Provenance:
    counts = [(shown.source, shown.counts)]
    variables = list(dict.fromkeys([shown.variable, shown.source]))  # what the values are, and what they were made of
    return _of_map(shown, variables, counts, shown.granules, opened, software, method)


def of_difference(difference: DifferenceGrid, opened: Opened, software: str) -> Provenance:
    """Return the provenance of a difference: both sides by variable, day and counts."""
    sides = (difference.first, difference.second)
    days = [side.date for side in sides]
    variables = list(dict.fromkeys(side.variable for side in sides))
    told = [
        (key, f"{side.variable.id} of {side.date}, {side.granule.path.name}: {side.counts}")
        for key, side in zip(("minuend", "subtrahend"), sides)
    ]
    method = [("statistic", "difference of kept values, no value where one of them is not kept"), *told]
    granules, period = [side.granule for side in sides], (min(days), max(days))
    return _of_map(difference, variables, [], granules, opened, software, method, period)


def _of_map(
    shown: MapContent | ManyDays,
    variables: Sequence[Variable],
    counts: Counts,
    granules: Sequence[Granule],
    opened: Opened,
    software: str,
    method: Method = (),
    period: tuple[dt.date, dt.date] | None = None,
) -> Provenance:
    """Return the provenance of a map; `period` is that of its files where the map stands for other days."""
    return _provenance(
        opened,
        software,
        shown.grid,
        variables=variables,
        period=period or shown.period,
        orbit=shown.orbit,
        criteria=shown.criteria,
        unapplied=shown.unapplied,
        counts=counts,
        files=_names(opened, *granules),
        notes=shown.notes,
        method=method,
    )


def of_series(
    records: Sequence[TimeSeries], criteria: QualityCriteria, unapplied: Sequence[str], opened: Opened, software: str
) -> Provenance:
    """Return the provenance of the time series of one cell or several of the same variables and orbit, each with at least one day."""
    series = records[0]
    first = min(one.dates[0] for one in records).item()
    last = max(one.dates[-1] for one in records).item()
    problems = dict.fromkeys(problem for one in records for problem in (*one.problems, *one.notes))
    bad = {problem.path for one in records for problem in one.problems}
    granules = opened.archive.granules_of(series.orbit, first, last)
    used = _names(opened, *granules, without=bad)
    reasons = {one: [record.under(one, criteria)[1] for record in records] for one in series.variables}
    unread = [one for one in records if not one.is_complete]
    return _provenance(
        opened,
        software,
        series.grid,
        variables=series.variables,
        period=(first, last),
        orbit=series.orbit,
        criteria=criteria,
        unapplied=tuple(unapplied),
        counts=tuple((one, QualityCounts.of(np.concatenate(parts))) for one, parts in reasons.items()),
        files=used,
        place=_place(records),
        notes=(*map(_incomplete, unread), *(f"{problem.path.name}: {problem.reason}" for problem in problems)),
    )


def of_areas(
    records: Sequence[AreaSeries],
    criteria: QualityCriteria,
    least: int,
    unapplied: Sequence[str],
    opened: Opened,
    software: str,
) -> Provenance:
    """Return the provenance of the means of one area or several of the same variables and orbit, each with at least one day."""
    series = records[0]
    first, last = (edge.item() for edge in (series.dates[0], series.dates[-1]))
    problems = (*series.problems, *series.notes)  # of the granules, and so the same for all areas
    used = opened.archive.granules_of(series.orbit, first, last)
    means = {one: [record.under(one, criteria) for record in records] for one in series.variables}
    return _provenance(
        opened,
        software,
        series.area.grid,
        variables=series.variables,
        period=(first, last),
        orbit=series.orbit,
        criteria=criteria,
        unapplied=tuple(unapplied),
        counts=tuple(
            (one, sum((each.counts for each in of_areas), QualityCounts(0, 0, 0, 0, 0)))
            for one, of_areas in means.items()
        ),
        files=_names(opened, *used, without={problem.path for problem in series.problems}),
        notes=(
            *(
                []
                if series.is_complete
                else [f"Incomplete: {series.dates.size:,} of {series.wanted:,} days were read."]
            ),
            *(f"{problem.path.name}: {problem.reason}" for problem in problems),
        ),
        method=(
            (
                "areas",
                "; ".join(
                    f"{one.area.name}: {one.area.cells.size:,} cells, {one.area.size_km2:,.0f} km²" for one in records
                ),
            ),
            ("weights", "share of each cell's EPSG:6933 square inside the area; the grid is equal-area"),
            ("statistic", "mean = Σ w v / Σ w of the kept values v with weights w; std = sqrt(Σ w (v − mean)² / Σ w)"),
            ("min_count", f"no mean with fewer than {least} kept cells"),
        ),
    )


def _provenance(
    opened: Opened,
    software: str,
    grid: EaseGrid,
    *,
    variables: Sequence[Variable],
    period: tuple[dt.date, dt.date],
    orbit: Orbit,
    criteria: QualityCriteria,
    unapplied: Sequence[str],
    counts: Counts,
    files: tuple[str, ...],
    place: str = "",
    notes: Sequence[str] = (),
    method: Method = (),
) -> Provenance:
    """Return a provenance with what the archive tells of itself."""
    return Provenance(
        product=opened.recognition.product,
        grid=f"{grid.name}, EPSG:{grid.epsg}",
        variables=tuple(variables),
        period=period,
        orbit=orbit,
        criteria=criteria,
        unapplied=tuple(unapplied),
        counts=tuple(counts),
        folder=opened.archive.root,
        files=files,
        evidence=opened.recognition.evidence,
        synthetic=opened.recognition.synthetic,
        software=software,
        place=place,
        notes=tuple(notes),
        method=tuple(method),
    )


def _names(opened: Opened, *granules: Granule, without: Collection[Path] = ()) -> tuple[str, ...]:
    """Return the names of the files that granules consist of, each once; with their folders where a day's files may have one name."""
    paths = dict.fromkeys(file.path for one in granules for file in one.files if file.path not in without)
    root = opened.archive.root
    return tuple(path.relative_to(root).as_posix() if opened.archive.kinds else path.name for path in paths)


def _incomplete(series: TimeSeries) -> str:
    return f"Incomplete: {series.dates.size:,} of {series.wanted:,} days were read at row {series.cell.row}, column {series.cell.col}."


def _place(records: Sequence[TimeSeries]) -> str:
    if len(records) > 1:
        return f"{len(records)} cells"
    grid, cell = records[0].grid, records[0].cell
    lon, lat = grid.centre(cell)
    return f"row {cell.row}, column {cell.col}, centre {lon:.6f} {lat:.6f}"
