# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""An audit as one HTML page that needs nothing else: no script, no font, no picture from elsewhere. Every text in it is escaped."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from html import escape
from pathlib import Path

from .audit import Audit
from .audit_calendar import WORDS, calendar_svg, states_of
from .audit_table import audit_items, days_text, outcome
from .files import replacing
from .findings import Finding, Kind, printable
from .names import Orbit

MOST_ROWS = 200
"""Rows shown of one kind of finding: a page with thousands of them is not read."""

_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1c2026; --faint: #5b6470; --line: #d5d9de; --row: #f5f6f8;
  --sound: #2f7d95; --warned: #e0a100; --unusable: #b3261e; --missing: #8d949e; }
@media (prefers-color-scheme: dark) { :root { --page: #15181c; --ink: #e4e7eb; --faint: #9aa3ae; --line: #383e46; --row: #1d2126;
  --sound: #4c9db6; --warned: #d9a520; --unusable: #f0776d; --missing: #5b636d; } }
body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
p { margin: .3rem 0; }
.lead { font-size: 1.1rem; }
.faint, dt, th { color: var(--faint); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .8rem 0; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem .25rem 0; text-align: left; vertical-align: top; }
tbody tr:nth-child(odd) { background: var(--row); }
td.file { word-break: break-all; min-width: 14rem; }
td.detail { min-width: 20rem; }
td.day, td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
.number { text-align: right; }
svg { display: block; width: 100%; }
svg text { fill: var(--faint); font: 10px system-ui, sans-serif; }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
.legend i { display: inline-block; height: .75em; width: .75em; margin-right: .35em; }
.sound { fill: var(--sound); background: var(--sound); } .warned { fill: var(--warned); background: var(--warned); }
.unusable { fill: var(--unusable); background: var(--unusable); } .missing { fill: var(--missing); background: var(--missing); }
.error { color: var(--unusable); font-weight: 600; }
a { color: inherit; }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .8rem; }
"""


def audit_html(audit: Audit, software: str, when: dt.date) -> str:
    """Return the page; `when` is the day of the audit."""
    name = _text(audit.root.name or str(audit.root))
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Audit of {name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            f'<h1>Audit of {name}</h1>\n<p class="lead">{_text(_lead(audit))}</p>',
            *_about(audit, software, when),
            *_days(audit),
            *_findings(audit),
            *_recognised(audit),
            *_footer(audit, software, when),
            "</body>\n</html>\n",
        ]
    )


def write_audit_html(path: Path, audit: Audit, software: str, when: dt.date) -> None:
    """Write the page, UTF-8; whole or not at all. Raises BadRequest where it cannot be written."""
    with replacing(path) as part:
        part.write_text(audit_html(audit, software, when), encoding="utf-8")


def _lead(audit: Audit) -> str:
    files = f"{len(audit.files):,} {'file' if len(audit.files) == 1 else 'files'}, read whole"
    return f"{files}: {outcome(audit)}."


def _about(audit: Audit, software: str, when: dt.date) -> list[str]:
    """What was audited, but for what the page tells elsewhere."""
    elsewhere = ("findings", "days", "software", "licence", "citation")
    pairs = [pair for pair in audit_items(audit, software, when) if pair[0].split("_")[0] not in elsewhere]
    rows = [f"<dt>{_text(key.replace('_', ' '))}</dt><dd>{_text(text)}</dd>" for key, text in pairs]
    return ["<dl>", *rows, "</dl>"]


def _days(audit: Audit) -> list[str]:
    parts = ["<h2>Days</h2>"] if audit.orbits else []
    for orbit in audit.orbits:
        states = states_of(audit, orbit)
        counts = Counter(states.values())
        title = "" if orbit is Orbit.UNKNOWN else f"{orbit.title}: "
        said = f"{title}{days_text(audit, orbit)}"
        legend = [
            f'<span><i class="{state}"></i>{meaning}: {counts[state]:,}</span>'
            for state, meaning in WORDS.items()
            if counts[state]
        ]
        parts += [
            f"<p>{_text(said)}</p>",
            calendar_svg(states, _text(said)),
            f'<p class="legend">{"".join(legend)}</p>',
        ]
    return parts


def _findings(audit: Audit) -> list[str]:
    kinds = audit.kinds()
    if not kinds:
        return ["<h2>Findings</h2>\n<p>Nothing is wrong with these files, as far as reading them can tell.</p>"]
    parts = [
        "<h2>Findings</h2>\n<table>\n<thead><tr><th>What</th><th>How bad</th><th class=number>Number</th></tr></thead>\n<tbody>"
    ]
    for kind, count in sorted(kinds.items(), key=lambda one: one[0].severity.rank):
        link = f'<a href="#{kind.key}">{_text(kind.title)}</a>'
        parts.append(f"<tr><td>{link}</td><td>{_severity(kind)}</td><td class=number>{count:,}</td></tr>")
    parts.append("</tbody>\n</table>")
    for kind, count in kinds.items():
        parts += _table(kind, count, (one for one in audit.findings if one.kind is kind))
    return parts


def _table(kind: Kind, count: int, findings: Iterable[Finding]) -> list[str]:
    shown = [one for _, one in zip(range(MOST_ROWS), findings)]
    parts = [f'<h3 id="{kind.key}">{_text(kind.title)} ({count:,})</h3>\n<div class="wide">\n<table>']
    parts.append(
        "<thead><tr><th>Day</th><th>Orbit</th><th>File</th><th class=number>Bytes</th><th>What</th></tr></thead>\n<tbody>"
    )
    for one in shown:
        cells = (
            f'<td class="day">{one.days or ""}</td>',
            f'<td class="day">{one.orbit.value}</td>',
            f'<td class="file">{_text(one.file)}</td>',
            f'<td class="number">{"" if one.size is None else f"{one.size:,}"}</td>',
            f'<td class="detail">{_text(one.detail)}</td>',
        )
        parts.append(f"<tr>{''.join(cells)}</tr>")
    parts.append("</tbody>\n</table>\n</div>")
    if count > len(shown):
        parts.append(
            f'<p class="faint">And {count - len(shown):,} more: the CSV file and the table have all of them.</p>'
        )
    return parts


def _recognised(audit: Audit) -> list[str]:
    if not audit.recognised:
        return []
    rows = [
        f'<tr><td class="day">{_text(one.what)}</td><td class="file">{_text(one.found)}</td><td>{_text(one.why)}</td></tr>'
        for one in audit.recognised
    ]
    head = "<thead><tr><th>What</th><th>Taken for</th><th>Why</th></tr></thead>\n<tbody>"
    return ['<h2>What was recognised</h2>\n<div class="wide">\n<table>', head, *rows, "</tbody>\n</table>\n</div>"]


def _footer(audit: Audit, software: str, when: dt.date) -> list[str]:
    product = audit.product
    lines = [f"{software}, {when}.", f"Licence of the data: {product.licence}.", *product.citations]
    return ["<footer>", *(f'<p class="faint">{_text(line)}</p>' for line in lines), "</footer>"]


def _severity(kind: Kind) -> str:
    return f'<span class="{kind.severity.value}">{kind.severity.value}</span>'


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
