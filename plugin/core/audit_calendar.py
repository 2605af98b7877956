# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What there is of each day as a picture: a row a year, a column a day, as SVG inside a page. Its colours are the page's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import groupby

from .archive import ONE_DAY
from .audit import Audit, DayState
from .names import Orbit

MISSING = "missing"
MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)  # the page is English wherever it is written
WORDS = {
    DayState.SOUND.value: "a file without fault",
    DayState.WARNED.value: "a file with a warning",
    DayState.UNUSABLE.value: "a file that cannot be used",
    MISSING: "no file",
}
"""The states of a day, as classes of the page, with their meaning."""
LEFT, TOP, DAY, ROW, BAR = (
    44,
    16,
    3,
    14,
    11,
)  # pixels: room for years and months, a day's width, a year's height, the coloured part of it


def states_of(audit: Audit, orbit: Orbit) -> dict[dt.date, str]:
    """Return the state of every day from an orbit's first to its last."""
    days, span = audit.days(orbit), audit.span(orbit)
    if span is None:
        return {}
    every = (span.first + number * ONE_DAY for number in range(span.days))
    return {day: days[day].value if day in days else MISSING for day in every}


def calendar_svg(states: Mapping[dt.date, str], label: str) -> str:
    """Return the picture of consecutive days; `label`, free of markup, is read out in its place."""
    years = sorted({day.year for day in states})
    width, height = LEFT + 366 * DAY, TOP + len(years) * ROW
    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}" shape-rendering="crispEdges">']
    for month in range(1, 13):
        x = LEFT + DAY * (dt.date(2024, month, 1).timetuple().tm_yday - 1)
        parts.append(f'<text x="{x}" y="{TOP - 5}">{MONTHS[month - 1]}</text>')
    for number, year in enumerate(years):
        parts.append(f'<text x="0" y="{TOP + number * ROW + BAR - 1}">{year}</text>')
    for state in WORDS:
        path = "".join(_bars(states, state, years[0]))
        if path:
            parts.append(f'<path class="{state}" d="{path}"/>')
    return "\n".join([*parts, "</svg>"])


def _bars(states: Mapping[dt.date, str], wanted: str, first_year: int) -> Iterator[str]:
    """Yield a bar for each run of days of one state within a year."""
    for (year, state), run in groupby(states.items(), lambda one: (one[0].year, one[1])):
        if state == wanted:
            days = [day for day, _ in run]
            x = LEFT + DAY * (days[0].timetuple().tm_yday - 1)
            y = TOP + ROW * (year - first_year)
            yield f"M{x} {y}h{DAY * len(days)}v{BAR}h-{DAY * len(days)}z"
