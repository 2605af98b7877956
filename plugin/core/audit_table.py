# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The findings of an audit as rows, and as a CSV file that says where they come from."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Optional, Union

from .audit import Audit
from .files import replacing
from .findings import Severity, printable
from .names import Orbit
from .provenance import SYNTHETIC_NOTE

COLUMNS = ("severity", "kind", "first_date", "last_date", "orbit", "file", "size", "detail")
"""The columns of an audit, the same in CSV files and Processing tables."""

Row = tuple[Union[str, Optional[int]], ...]


def audit_rows(audit: Audit) -> Iterator[Row]:
    """Yield a row for each finding, in the audit's order. Dates are `YYYY-MM-DD` or empty; `size` is in bytes, None where no file is meant."""
    for one in audit.findings:
        first, last = (one.days.first.isoformat(), one.days.last.isoformat()) if one.days else ("", "")
        yield one.severity.value, one.kind.key, first, last, one.orbit.value, one.file, one.size, one.detail


def audit_items(audit: Audit, software: str, when: dt.date) -> list[tuple[str, str]]:
    """Return key and value pairs that say what was audited, when, with which outcome, and how the data are to be cited."""
    pairs = [("note", SYNTHETIC_NOTE)] if audit.synthetic else []
    pairs += [(f"note_{number}", note) for number, note in enumerate(audit.notes, 1)]
    pairs += [
        ("product", audit.product.title),
        ("source_folder", str(audit.root)),
        ("audited", when.isoformat()),
        ("files", f"{len(audit.files):,} files, {audit.bytes:,} bytes"),
        ("findings", outcome(audit)),
        *((f"days_{orbit.value or 'all'}", days_text(audit, orbit)) for orbit in audit.orbits),
    ]
    pairs += [("georeferencing", audit.evidence)] if audit.evidence else []
    pairs += [("software", software), ("licence", audit.product.licence)]
    pairs += [(f"citation_{number}", text) for number, text in enumerate(audit.product.citations, 1)]
    return [(key, printable(" ".join(text.split()))) for key, text in pairs]


def outcome(audit: Audit) -> str:
    """Return how many findings there are, by severity: `3 errors, 1 warning`."""
    counts = [(audit.count(severity), severity.value) for severity in Severity]
    said = [f"{count:,} {word}" if count == 1 else f"{count:,} {word}s" for count, word in counts if count]
    return ", ".join(said) or "nothing is wrong"


def days_text(audit: Audit, orbit: Orbit) -> str:
    """Return how many days of an orbit have a file, of how many, and how many are missing."""
    span, gaps = audit.span(orbit), audit.missing(orbit)
    if span is None:
        return "no day"
    missing = sum(gap.days for gap in gaps)
    said = f"{span.days - missing:,} of {span.days:,} days have a file, {span}"
    return f"{said}; {missing:,} missing in {len(gaps):,} {'gap' if len(gaps) == 1 else 'gaps'}" if gaps else said


def write_audit_csv(path: Path, audit: Audit, software: str, when: dt.date) -> None:
    """Write `# key: value` lines, a header and a row a finding. UTF-8; whole or not at all. Raises BadRequest where it cannot be written."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(f"# {key}: {text}\n" for key, text in audit_items(audit, software, when))
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(audit_rows(audit))
