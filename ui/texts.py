# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sentences of the interface that are made from values."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication

from ..plugin.core.archive import Archive
from ..plugin.core.grid import Cell, EaseGrid
from ..plugin.core.names import Orbit
from ..plugin.core.provenance import SYNTHETIC_NOTE
from ..plugin.core.reader import DailyGrid, Opened
from ..plugin.core.recognition import distance_text


def tr(text: str) -> str:
    """Return the text in the user's language."""
    return QCoreApplication.translate("SmosIb", text)


def summary(opened: Opened) -> str:
    """Return what an archive is: product, span, days, missing days, orbits, variables with units, grid and georeferencing."""
    archive, recognition = opened.archive, opened.recognition
    lines = [f"<b>{recognition.product.title}</b>", *(_orbit_line(archive, orbit) for orbit in archive.orbits)]
    known = [
        f"{variable.id} ({variable.units})" if variable.units else variable.id for variable in recognition.variables
    ]
    listed = ", ".join(known[:8]) + (tr(" and {} more").format(len(known) - 8) if len(known) > 8 else "")
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


def kept(day: DailyGrid) -> str:
    """Return how much of a day survived quality control, and what could not be applied."""
    if not day.variable.quality_controlled:
        return tr("{count} values, shown as they are: quality control does not apply to {name}.").format(
            count=f"{day.counts.retrievals:,}", name=day.variable.title
        )
    text = str(day.counts)
    if day.criteria.is_raw and day.counts.retrievals:
        text = tr("Raw: all {count} retrievals shown, no quality control.").format(count=f"{day.counts.retrievals:,}")
    if day.notes:
        text += "<br>⚠ " + "<br>⚠ ".join(day.notes)
    if day.unapplied:
        text += tr("<br><b>NOT applied for lack of the layer: {}.</b>").format(", ".join(day.unapplied))
    return text


def place(grid: EaseGrid, cell: Cell) -> str:
    """Return where a cell lies, such as `9.21° E 30.07° N · row 145 col 729`."""
    lon, lat = grid.centre(cell)
    return f"{abs(lon):.2f}° {'E' if lon >= 0 else 'W'} {abs(lat):.2f}° {'N' if lat >= 0 else 'S'} · row {cell.row} col {cell.col}"


def duration(seconds: float) -> str:
    """Return a remaining time for people."""
    if seconds < 60:
        return tr("{} s left").format(max(1, round(seconds)))
    return tr("{} min left").format(round(seconds / 60))
