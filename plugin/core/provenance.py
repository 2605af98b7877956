# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a result comes from, in one value that every export writes out; and the citations that the data provider makes compulsory."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from .names import Orbit
from .products import Product
from .quality import QualityCounts, QualityCriteria
from .variables import Variable

SYNTHETIC_NOTE = "Synthetic demo data: invented numbers for trying the software, no measurement."


@dataclass(frozen=True)
class Provenance:
    """What a result was made of and how; `items` gives it in the order and words that all exports use."""

    product: Product
    grid: str
    variables: tuple[Variable, ...]
    period: tuple[dt.date, dt.date]
    orbit: Orbit
    criteria: QualityCriteria
    unapplied: tuple[str, ...]
    counts: tuple[tuple[Variable, QualityCounts], ...]
    folder: Path
    files: tuple[str, ...]
    evidence: str
    synthetic: bool
    software: str
    place: str = ""
    notes: tuple[str, ...] = ()
    method: tuple[tuple[str, str], ...] = ()
    """How the values were computed, key and text, where they are not simply those of the files."""

    def items(self) -> list[tuple[str, str]]:
        """Return key and value pairs: product, variables, period, quality control, counts, sources, software, licence, citations.

        Bytes of file names that are no UTF-8 become question marks: no export could hold them.
        """
        return [(key, text.encode("utf-8", "replace").decode("utf-8")) for key, text in self._items()]

    def _items(self) -> list[tuple[str, str]]:
        first, last = self.period
        pairs = [("note", SYNTHETIC_NOTE)] if self.synthetic else []
        pairs += [(f"note_{number}", note) for number, note in enumerate(self.notes, 1)]
        pairs += [
            ("product", self.product.title),
            ("variable", "; ".join(f"{one.id} = {one.title} (netCDF {one.netcdf_name})" for one in self.variables)),
            ("units", "; ".join(f"{one.id}: {one.units or 'not stated'}" for one in self.variables)),
            ("date", f"{first}") if first == last else ("period", f"{first}/{last}"),
            ("orbit", self.orbit.title),
            ("grid", self.grid),
        ]
        pairs += [("cell", self.place)] if self.place else []
        pairs += [*self.method, ("quality_control", self._quality())]
        pairs += [(f"retrievals_{one.id}", f"{counts.retrievals}") for one, counts in self.counts]
        pairs += [(f"kept_{one.id}", f"{counts.kept}") for one, counts in self.counts]
        pairs += [
            (f"rejected_{one.id}", f"scene_flag {counts.scene_flag}, rmse {counts.rmse}, range {counts.out_of_range}")
            for one, counts in self.counts
        ]
        pairs += [
            ("georeferencing", self.evidence),
            ("source_folder", str(self.folder)),
            ("source_files", self.files_text),
        ]
        pairs += [("software", self.software), ("licence", self.product.licence)]
        return pairs + [(f"citation_{number}", text) for number, text in enumerate(self.product.citations, 1)]

    def _quality(self) -> str:
        text = str(self.criteria)
        return f"{text}; NOT APPLIED for lack of the layer: {', '.join(self.unapplied)}" if self.unapplied else text

    @property
    def files_text(self) -> str:
        """The names of up to three files, or how many there are with the first and the last."""
        if len(self.files) <= 3:
            return ", ".join(self.files)
        return f"{len(self.files)} files, {self.files[0]} … {self.files[-1]}"
