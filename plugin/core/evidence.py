# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an archive was taken for and why, in lines that the dock, the audit and a notebook show alike."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from .archive import Archive, Granule
from .corrections import FROM_CONTENT
from .names import DateForm, date_form_of, date_in_name, orbit_and_word
from .recognition import Recognition
from .variables import Conversion, Variable


@dataclass(frozen=True)
class Evidence:
    """One thing that was recognised: `what` it is, what was `found`, and `why`."""

    what: str
    found: str
    why: str


def evidence_of(
    archive: Archive, recognition: Recognition, granule: Granule, inside: dt.date | None
) -> tuple[Evidence, ...]:
    """Return the evidence for product, grid, position, dates and orbit; `granule` is the one that was opened, `inside` its own day."""
    cut = "by the coordinates of a regional cut" if recognition.is_cut else "by the shape of its arrays"
    if recognition.is_cut and recognition.corrections.grid:
        cut = "a regional cut, as you chose"
    lines = [
        Evidence("Product", recognition.product.title, recognition.product_why),
        Evidence("Grid", recognition.grid.title, cut),
        Evidence("Position", position(recognition), recognition.evidence),
        Evidence("Dates", *_dates(archive, recognition, granule, inside)),
        Evidence("Orbit", " and ".join(orbit.title for orbit in archive.orbits), _orbits(archive, recognition)),
    ]
    if archive.kinds:
        counts = Counter(file.kind for one in archive.granules for file in one.files)
        told = ", ".join(f"{kind} ({counts[kind]:,})" for kind in archive.kinds)
        lines.append(
            Evidence("Files of a day", told, "several files for a day hold different variables; they are joined")
        )
    return tuple(lines)


def position(recognition: Recognition) -> str:
    """Return in few words how the arrays' position is known."""
    if recognition.orientation is None:
        return "by coordinates"
    if recognition.corrections.orientation == recognition.orientation:
        return "as you chose"
    return "DOUBTFUL, by the match with land" if recognition.doubtful else "by the match with land"


def of_variable(variable: Variable) -> str:
    """Return why a variable is taken for its role, its units in the file, and what counts as no retrieval."""
    parts = [variable.why or "no role", f"units {variable.stored_units or 'not stated'}"]
    if variable.conversion != Conversion():
        scale, offset = variable.conversion.scale, variable.conversion.offset
        parts.append(f"converted to {variable.units}: × {scale:g} + {offset:g}")
    fills = [*variable.declared, *(f"{fill:g} (as you chose)" for fill in variable.fills)]
    parts.append(f"no retrieval: {', '.join(dict.fromkeys(fills)) or 'not declared'}")
    return " · ".join(parts)


def _dates(archive: Archive, recognition: Recognition, granule: Granule, inside: dt.date | None) -> tuple[str, str]:
    files = [file for one in archive.granules for file in one.files]
    chosen = recognition.corrections.dates
    if chosen == FROM_CONTENT:
        return "from inside of the files", "as you chose"
    if chosen:
        form = DateForm.of(chosen)
        named = sum(form.find(file.path.name) is not None for file in files)
        inside_only = f"; {len(files) - named:,} from inside" if named < len(files) else ""
        return f"from file names, as {chosen}", f"as you chose; {named:,} files{inside_only}"
    forms = Counter(date_form_of(file.path.name) for file in files)
    without = forms.pop("", 0)
    found = "from file names" if forms else "from inside of the files"
    told = [f"{form} ({count:,} files)" for form, count in forms.most_common(3)]
    told += [f"from inside ({without:,} files)"] if without and forms else []
    if inside is not None and date_in_name(granule.path.name):
        agrees = "agrees" if inside == granule.date else f"says {inside}"
        told.append(f"the date inside of {granule.path.name} {agrees}")
    return found, "; ".join(told) or "their time coordinate or Days layer"


def _orbits(archive: Archive, recognition: Recognition) -> str:
    if recognition.corrections.orbit is not None:
        return "as you chose"
    words = Counter(
        orbit_and_word((archive.root.name, *file.path.relative_to(archive.root).parts))[1]
        for one in archive.granules
        for file in one.files
    )
    silent = words.pop("", 0)
    told = [f"{word} ({count:,} files)" for word, count in words.most_common(4)]
    told += [f"not told by {silent:,} files"] if silent else []
    return "; ".join(told)
