# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sentences of the interface that are made from values."""

from __future__ import annotations

import datetime as dt
import html

from qgis.PyQt.QtCore import QCoreApplication

from ..plugin.adapters.store_keeper import StoreState
from ..plugin.adapters.stores import Place
from ..plugin.core.analysis.areas import Area
from ..plugin.core.analysis.station import Station
from ..plugin.core.archive import Archive
from ..plugin.core.audit import Audit
from ..plugin.core.content import MapContent
from ..plugin.core.findings import Finding, Severity
from ..plugin.core.grid import Cell, EaseGrid
from ..plugin.core.names import Orbit
from ..plugin.core.provenance import SYNTHETIC_NOTE
from ..plugin.core.reader import Opened
from ..plugin.core.recognition import distance_text
from ..plugin.core.store.estimate import Estimate


def tr(text: str) -> str:
    """Return the text in the user's language."""
    return QCoreApplication.translate("SmosIb", text)


def escaped(text: str) -> str:
    """Return text, which may come from a file, for a label that shows rich text."""
    return html.escape(text, quote=False)


def tip(text: str) -> str:
    """Return plain text for a tip, which takes what looks like mark-up for it."""
    return f"<qt>{escaped(text)}</qt>" if "<" in text else text


def summary(opened: Opened) -> str:
    """Return what an archive is: product, span, days, missing days, orbits, variables with units, grid and georeferencing."""
    archive, recognition = opened.archive, opened.recognition
    lines = [f"<b>{recognition.product.title}</b>", *(_orbit_line(archive, orbit) for orbit in archive.orbits)]
    known = [
        f"{variable.id} ({variable.units})" if variable.units else variable.id for variable in recognition.variables
    ]
    listed = escaped(", ".join(known[:8])) + (tr(" and {} more").format(len(known) - 8) if len(known) > 8 else "")
    grid = recognition.grid.title
    if recognition.deviation is not None:
        grid += tr(" · coordinates within {} of the cell centres").format(distance_text(recognition.deviation))
    return "<br>".join([*lines, listed, grid])


def _orbit_line(archive: Archive, orbit: Orbit) -> str:
    span = archive.span(orbit)
    days, gaps = len(archive.dates(orbit)), archive.missing(orbit)
    whole = span.days if span else 0
    if whole == 1:
        of_whole = tr("1 day")
    elif gaps:
        of_whole = tr("{} of {} days").format(f"{days:,}", f"{whole:,}")
    else:
        of_whole = tr("{} days, none missing").format(f"{days:,}")
    return " · ".join([of_whole, str(span), *([] if orbit is Orbit.UNKNOWN else [orbit.title])])


def warnings(opened: Opened) -> list[str]:
    """Return what the user must know before trusting a map of this archive."""
    recognition = opened.recognition
    said = [SYNTHETIC_NOTE] if recognition.synthetic else []
    if recognition.missing_quality_layers:
        layers = tr(" and no ").join(recognition.missing_quality_layers)
        said.append(
            tr(
                "This archive has no {layers} layer: quality control by it CANNOT be applied. Maps and series are not filtered by it."
            ).format(layers=layers)
        )
    if recognition.orientation is not None:
        said.append(recognition.evidence)
    if recognition.deviation is not None and recognition.deviation > recognition.grid.cell / 100:
        said.append(
            tr("The file's coordinates are up to {} away from the grid's cell centres.").format(
                distance_text(recognition.deviation)
            )
        )
    return [*said, *opened.notes]


def kept(shown: MapContent) -> str:
    """Return how much of a map survived quality control, what is odd about it, and what could not be applied."""
    text = "<br>⚠ ".join(map(escaped, (shown.statistics, *shown.notes)))
    if shown.unapplied:
        text += tr("<br><b>NOT applied for lack of the layer: {}.</b>").format(escaped(", ".join(shown.unapplied)))
    return text


def no_file(first: dt.date, last: dt.date) -> str:
    """Return that there is nothing to show."""
    return tr("No file for {}.").format(first if first == last else tr("{} to {}").format(first, last))


def place(grid: EaseGrid, cell: Cell) -> str:
    """Return where a cell lies, such as `9.21° E 30.07° N · row 145 col 729`."""
    lon, lat = grid.centre(cell)
    return f"{abs(lon):.2f}° {'E' if lon >= 0 else 'W'} {abs(lat):.2f}° {'N' if lat >= 0 else 'S'} · row {cell.row} col {cell.col}"


def size_of_area(area: Area) -> str:
    """Return how large an area is: `351 cells · 213,000 km²`."""
    count = area.cells.size
    cells = tr("1 cell") if count == 1 else tr("{} cells").format(f"{count:,}")
    return f"{cells} · {float(f'{area.size_km2:.3g}'):,.10g} km²"


def station_about(station: Station) -> str:
    """Return what is known of a loaded station, for a tip."""
    first, last = station.days
    parts = [
        f"{station.network} {station.name}".strip(),
        *filter(None, (station.sensor,)),
        f"{abs(station.lat):.4f}° {'N' if station.lat >= 0 else 'S'} {abs(station.lon):.4f}° {'E' if station.lon >= 0 else 'W'}",
        tr("{} to {}").format(first, last),
        tr("{} values, {} of them good").format(f"{station.values.size:,}", f"{int(station.good.sum()):,}"),
        station.source.name,
    ]
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Return a time for people: `40 s`, `3 min`, `2 h 10 min`."""
    if seconds < 90:
        return tr("{} s").format(max(1, round(seconds)))
    minutes = round(seconds / 60)
    return tr("{} min").format(minutes) if minutes < 90 else tr("{} h {} min").format(minutes // 60, minutes % 60)


def size(count: int) -> str:
    """Return bytes for people: `5.3 GB`."""
    for unit, worth in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= worth:
            return f"{count / worth:.3g} {unit}"
    return f"{count} B"


def audit_summary(audit: Audit) -> str:
    """Return how an audit came out: files, findings, missing days."""
    missing = sum(gap.days for orbit in audit.orbits for gap in audit.missing(orbit))
    counts = [severity_count(severity, audit.count(severity)) for severity in Severity if audit.count(severity)]
    parts = [
        tr("{} files read whole").format(f"{len(audit.files):,}"),
        *(counts or [tr("nothing is wrong")]),
        tr("{} days are missing").format(f"{missing:,}") if missing else tr("no day is missing"),
        *(html.escape(note) for note in audit.notes),
    ]
    return " · ".join(parts)


def severity_count(severity: Severity, count: int) -> str:
    """Return how many findings there are of one severity."""
    one, many = {
        Severity.ERROR: (tr("1 error"), tr("{} errors")),
        Severity.WARNING: (tr("1 warning"), tr("{} warnings")),
        Severity.NOTE: (tr("1 note"), tr("{} notes")),
    }[severity]
    return one if count == 1 else many.format(f"{count:,}")


def finding_day(finding: Finding) -> str:
    """Return the first day of a finding, with the orbit where it is stated: `2020-02-29 A`, and a sign that there are more: `2020-02-29 … A`."""
    if finding.days is None:
        return ""
    more = "…" if finding.days.days > 1 else ""
    return " ".join(filter(None, (str(finding.days.first), more, finding.orbit.value)))


def finding_days(finding: Finding) -> str:
    """Return all days of a finding and its orbit in words."""
    orbit = "" if finding.orbit is Orbit.UNKNOWN else finding.orbit.title
    return ", ".join(filter(None, (str(finding.days or ""), orbit)))


def audit_progress(share: float, what: str, seconds_left: float) -> str:
    """Return how far an audit is."""
    if not what:
        return tr("Reading every file once…")
    left = tr("{} left").format(duration(seconds_left)) if seconds_left >= 0 else ""
    return " · ".join(filter(None, (what, f"{100 * share:.0f} %", left)))


def store_line(state: StoreState, building: str | None, opened: bool) -> str:
    """Return where time series come from, with a link that opens what there is to do about it, or closes that.

    `building` says how far a build is, None without one.
    """
    standing = state.standing
    if building is not None:
        return tr("Building the time-series store: {}").format(building)
    if standing is None:
        text = tr("A click reads {} daily files.").format(f"{state.a_click:,}")
        link = tr("Build the time-series store")
    elif standing.other_variables:
        text, link = tr("The time-series store lacks some of the variables."), tr("Build it anew")
    elif standing.is_current:
        text = tr("Time series come from the store: {} daily files, {}.").format(
            f"{standing.current:,}", size(state.size)
        )
        link = tr("Details")
    else:
        text = tr("Time series come from the store for {} of {} daily files.").format(
            f"{standing.current:,}", f"{state.granules:,}"
        )
        link = tr("Update the store")
    return f'{text} <a href="store">{tr("Close") if opened else link}</a>'


def store_about(state: StoreState) -> str:
    """Return what there is of a store and how it stands to the archive."""
    standing = state.standing
    if standing is None:
        return tr(
            "The store holds the record of every cell in one place, so that a click shows all years at once. Thresholds are applied on reading and never need a new store."
        )
    counts = (
        (tr("{} daily files as they are now"), standing.current),
        (tr("{} that cannot be read"), standing.unreadable),
        (tr("{} changed since"), standing.changed),
        (tr("{} not in it yet"), standing.new),
        (tr("{} no longer in the archive"), standing.gone),
    )
    said = [text.format(f"{count:,}") for text, count in counts if count]
    if standing.other_variables:
        said.append(tr("it lacks some of the variables and will be built anew"))
    if state.folder is None:
        return tr("The store of another archive with the same files is used: ") + " · ".join(said)
    return f"{html.escape(str(state.folder))}<br>{size(state.size)} · " + " · ".join(said)


def store_place(place: Place, free: int) -> str:
    """Return a place for a store, and the room there."""
    names = {
        Place.BESIDE: tr("Beside the archive"),
        Place.PROJECT: tr("In the project's folder"),
        Place.PROFILE: tr("In the profile's cache"),
    }
    return tr("{} ({} free)").format(names[place], size(free))


def store_estimate(estimate: Estimate | None, free: int | None) -> str:
    """Return what building takes; `free` bytes are at the place."""
    if estimate is None:
        return tr("Estimating from a few files…")
    if not estimate.granules:
        return tr("No daily file has to be read.")
    text = tr("About {} for {} daily files. It takes about {}, and {} while it is being built.").format(
        duration(estimate.seconds), f"{estimate.granules:,}", size(estimate.size), size(estimate.while_building)
    )
    if free is not None and free < estimate.while_building:
        return f"{text} <b>{tr('There is not enough room here.')}</b>"
    return f"{text} " + tr(
        "You can go on working. If it is stopped, or QGIS is closed, the next build goes on from there."
    )


def store_progress(share: float, seconds_left: float, paused: bool) -> str:
    """Return the text on a build's progress bar."""
    if paused:
        return tr("{} %, paused").format(round(100 * share))
    if seconds_left < 0:
        return f"{100 * share:.0f} %"
    return tr("{} %, {} left").format(round(100 * share), duration(seconds_left))
