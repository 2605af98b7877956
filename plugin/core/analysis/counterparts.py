# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which record of daily files stands against a cell's: the archive's other orbit, or the same place in another archive."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BadRequest
from ..grid import Cell
from ..names import Orbit
from ..reader import Opened
from ..series import TimeSeries
from ..variables import Variable


@dataclass(frozen=True, eq=False)
class Counterpart:
    """A record that a cell's is compared with: where it is read, what it is called and drawn in; `what` says in words which it is.

    `sources` are key and text pairs for provenance, `citations` what it asks for.
    """

    opened: Opened
    cell: Cell
    orbit: Orbit
    name: str
    what: str
    colour: str
    sources: tuple[tuple[str, str], ...] = ()
    citations: tuple[str, ...] = ()


def other_orbit(opened: Opened, series: TimeSeries, colour: str) -> Counterpart | None:
    """Return the record of the other orbit at the cell of a series, None where the archive has no other one."""
    orbit = next((one for one in opened.archive.orbits if one is not series.orbit), None)
    if orbit is None:
        return None
    name = f"{orbit.title.capitalize()} orbit"
    return Counterpart(opened, series.cell, orbit, name, f"the {orbit.title} orbit", colour)


def same_place(other: Opened, series: TimeSeries, variable: Variable, colour: str) -> Counterpart:
    """Return the record of another archive at the centre of a series' cell, of the same orbit, or of the only one that it has.

    Raises BadRequest where it has no such variable or cell, and where its orbit would be a guess.
    """
    name, orbits = other.archive.root.name, other.archive.orbits
    if other.recognition.find(variable.id) is None:
        raise BadRequest(f"{name} has no {variable.id}.", "Choose another variable to compare.")
    if series.orbit not in orbits and len(orbits) > 1:
        raise BadRequest(f"{name} has two orbits, and this archive does not tell its own.", "")
    orbit = series.orbit if series.orbit in orbits else orbits[0]
    cell = other.recognition.grid.cell_at(*series.grid.centre(series.cell))
    if cell is None:
        raise BadRequest(f"The cell lies outside the grid of {name}.", "")
    product = other.recognition.product
    sources = (("folder", str(other.archive.root)),)
    what = f"{product.title} in {name}, {orbit.title}"
    return Counterpart(other, cell, orbit, name, what, colour, sources, product.citations)
