# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A cell's kept values against a reference: a station, the other orbit, another archive. The rule of pairing comes with every result."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..csv_files import about_lines
from ..errors import BadRequest
from ..names import Orbit
from ..provenance import Provenance
from ..quality import QualityCriteria, unapplied_criteria
from ..series import TimeSeries
from ..variables import Variable
from .agreement import Agreement, agreement
from .counterparts import Counterpart
from .other_series import OtherSeries
from .pairing import SAME_DAY, Days, DayValue, Pairs, Values, check_comparable, daily_values, kept_values, pairs
from .station import GOOD, ISMN_CITATIONS, Station
from .station_record import plausible

COLUMNS = ("reference", "date", "variable", "satellite", "reference_value", "difference")

DEEP_M = 0.1
"""Depth of a sensor's upper end beyond which it is told that it measures another soil than the satellite."""


@dataclass(frozen=True, eq=False)
class Reference:
    """A record to judge a cell's by: days (datetime64[D], ascending, each once) and values (no NaN) in the units of `variable`.

    `rule` tells in sentences how the values came about; `sources` are key and text pairs for provenance, `citations` what it asks for.
    """

    name: str
    colour: str
    variable: Variable
    days: Days
    values: Values
    rule: str
    sources: tuple[tuple[str, str], ...] = ()
    citations: tuple[str, ...] = ()

    @property
    def other_series(self) -> OtherSeries:
        """The record as a series to be seen beside the cell's."""
        return OtherSeries(self.name, self.colour, self.variable, self.days, self.values, self.rule)


@dataclass(frozen=True, eq=False)
class Comparison:
    """How a cell's kept values agree with a reference: satellite minus reference."""

    reference: Reference
    pairs: Pairs
    agreement: Agreement

    @property
    def rule(self) -> str:
        """The pairing rule in sentences."""
        return f"{self.reference.rule} {SAME_DAY}"


def compare(series: TimeSeries, criteria: QualityCriteria, reference: Reference) -> Comparison:
    """Pair the kept values of a cell with a reference, and tell how they agree. The series holds the reference's variable."""
    made = pairs(*kept_values(series, reference.variable, criteria), reference.days, reference.values)
    return Comparison(reference, made, agreement(made.satellite, made.reference))


def station_reference(
    station: Station, variable: Variable, day_value: DayValue, orbit: Orbit, colour: str
) -> Reference:
    """Return a station as a reference; values outside the variable's valid range are none.

    Raises BadRequest where it measures something else than the variable, or in other units, or seems to.
    """
    if station.quantity not in ("", variable.id):
        raise BadRequest(
            f"{station.label} measures {station.quantity}, not {variable.id}.", "Choose another variable to compare."
        )
    said = check_comparable(variable, station.units, station.label)
    deep = f"It measures at {station.depth}; L-band sees the top 0.05 m or so." if station.depth_from > DEEP_M else ""
    valid, left_out = plausible(station.values, variable.role, station.label, bool(station.units))
    station = station if valid.all() else _only(station, valid)
    daily = daily_values(station, day_value, orbit)
    good = int(station.good.sum())
    flags = "no flags" if station.flags is None else f"flag {GOOD} of ISMN"
    sensor = f", sensor {station.sensor}" if station.sensor else ""
    place = f"{station.network} {station.name}".strip()
    return Reference(
        station.label,
        colour,
        variable,
        daily.days,
        daily.values,
        " ".join(filter(None, (daily.rule, said, deep, *station.notes, *left_out))),
        (
            (
                "station",
                f"{place}, longitude {station.lon:g}, latitude {station.lat:g}, depth {station.depth or 'not told'}{sensor}",
            ),
            ("file", station.source.name),
            ("values", f"{station.values.size} from {station.days[0]} to {station.days[1]}, {good} good ({flags})"),
        ),
        ISMN_CITATIONS if station.is_ismn else (),
    )


def _only(station: Station, which: NDArray[np.bool_]) -> Station:
    flags = None if station.flags is None else station.flags[which]
    return replace(station, times=station.times[which], values=station.values[which], flags=flags)


def series_reference(
    series: TimeSeries, variable: Variable, criteria: QualityCriteria, counterpart: Counterpart
) -> Reference:
    """Return the record of a counterpart as a reference, under the same criteria as far as it has their layers.

    `variable` is the one that is compared; the series has one of the same id. Raises BadRequest where the units of the two differ.
    """
    own = next(one for one in series.variables if one.id == variable.id)
    name, cell = counterpart.name, series.cell
    units = check_comparable(variable, own.units, name)
    days, values = kept_values(series, own, criteria)
    unapplied = ", ".join(
        unapplied_criteria(criteria, series.scene_flag is not None, series.rmse is not None, own.quality_controlled)
    )
    but = f" except {unapplied}, for which it has no layer" if unapplied else ""
    where = f"row {cell.row}, column {cell.col} of {series.grid.name}"
    rule = f"{name}: the kept values of {counterpart.what} at {where}, under the same criteria{but}."
    unread = f"{len(series.problems):,} of its {series.wanted:,} files could not be read." if series.problems else ""
    sources = (
        ("series", f"{counterpart.what}, {where}, {days.size} kept values"),
        *((("not_applied", unapplied),) if unapplied else ()),
        *((f"unread_{number}", f"{one.path.name}: {one.reason}") for number, one in enumerate(series.problems, 1)),
        *counterpart.sources,
    )
    told = " ".join(filter(None, (rule, unread, units)))
    return Reference(name, counterpart.colour, variable, days, values, told, sources, counterpart.citations)


def comparison_csv(made: Sequence[Comparison], provenance: Provenance) -> str:
    """Return pairs as CSV text, after `# key: value` lines: where the satellite's values come from, then each reference with its result."""
    told = (pair for number, one in enumerate(made, 1) for pair in _told(one, number))
    lines = about_lines([*provenance.items(), *told])
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in made:
        for day, x, y in zip(one.pairs.days, one.pairs.satellite, one.pairs.reference):
            writer.writerow((one.reference.name, day, one.reference.variable.id, *map(short, (x, y, x - y))))
    return "".join(lines) + stream.getvalue()


def _told(one: Comparison, number: int) -> list[tuple[str, str]]:
    key, found, units = f"reference_{number}", one.agreement, one.reference.variable.units
    pairs_of = f"n {found.n}, bias {short(found.bias)}, RMSD {short(found.rmsd)}, ubRMSD {short(found.ubrmsd)}"
    return [
        (key, one.reference.name),
        *((f"{key}_{what}", text) for what, text in one.reference.sources),
        (f"{key}_pairing", one.rule),
        (f"{key}_result", f"{pairs_of} ({units}), R {short(found.pearson)}, Spearman R {short(found.spearman)}"),
        *((f"{key}_citation_{which}", text) for which, text in enumerate(one.reference.citations, 1)),
    ]


def short(number: float) -> str:
    """Return a number with six significant digits, `nan` for none."""
    return "nan" if math.isnan(number) else f"{number:.6g}"
