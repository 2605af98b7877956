# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Units, depths and titles of columns in station files, in the spellings in which people write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..variables import ROLE_OF_ID, Conversion, Role, conversion_of

DEEPEST = 3.0
"""Metres: a larger depth without units is hardly in metres, and counts as not told."""
_PER = {"cm": 0.01, "mm": 0.001, "m": 1.0}

_VOLUMES = ("m3m-3", "m3/m3", "cm3cm-3", "cm3/cm3", "v/v", "vol/vol", "l/l", "fraction")
_OTHERS = ("°", "°c", "degc", "deg", "degrees", "utc", "gmt")
_NO_UNITS = ("-", "1", "dimensionless", "none", "")
_OF_VOLUME = r"(?:vol|volume|volumetric|vwc|v/v|m3/m3|m3m-3|cm3/cm3|cm3cm-3)?"
_PERCENT = re.compile(rf"{_OF_VOLUME}-?(?:%|percent)-?{_OF_VOLUME}")
_SIGNS = str.maketrans("³²⁻−–·×⋅", "32---***")
_SILENT = re.compile(r"[\s\[\]()^*._]")

_LENGTH = r"(\d+(?:[.,]\d+)?)[\s_]*(cm|mm|m)?"
_DEPTH = re.compile(rf"-?{_LENGTH}(?:\s*(?:-|–|to)\s*-?{_LENGTH})?", re.IGNORECASE | re.ASCII)
_DEPTH_AT_END = re.compile(
    r"(?:^|[\s_@,])(\d+(?:[.,]\d+)?\s*(?:(?:-|–|to)\s*\d+(?:[.,]\d+)?)?[\s_]*(?:cm|mm|m))$", re.IGNORECASE | re.ASCII
)
_UTC_AT_END = re.compile(r"[\s_]+((?:UTC|GMT)\s*[+−-]\s*\d{1,2}(?::?\d{2})?)$", re.IGNORECASE | re.ASCII)
_UNITS_IN_NAME = re.compile(r"(.+)_(cm|mm|m)")
_LONGEST_DEPTH = 30  # characters
_LONGEST_TITLE = 200
_MOST_BRACKETS = 3


@dataclass(frozen=True)
class Title:
    """What the title of a column tells: its name as `normal` writes it, units and a depth, both as they stand there or empty."""

    name: str
    units: str
    depth: str


def normal(title: str) -> str:
    """Return a column's title or a comment's key in lower case, with one underscore for all that is no letter or digit."""
    return re.sub(r"[^0-9a-z]+", "_", title.lower()).strip("_")


def read_title(title: str) -> Title:
    """Return what a title tells, such as `Soil moisture (0-5 cm) [m3/m3]` or `sm_5cm`."""
    text, units, depth = title.strip()[:_LONGEST_TITLE], "", ""
    for _ in range(_MOST_BRACKETS):
        start = text.rfind({"]": "[", ")": "("}.get(text[-1:], "\0"))
        if start < 0:
            break
        inside, text = text[start + 1 : -1].strip(), text[:start].rstrip()
        if _has_length(inside):
            depth = inside
        else:
            units = inside or units
    if "%" in text:
        text, units = text.replace("%", " ").rstrip(), units or "%"
    found = _UTC_AT_END.search(text)
    if found is not None:
        units, text = units or found[1], text[: found.start()]
    found = _DEPTH_AT_END.search(text)
    if found is not None:
        depth, text = depth or found[1], text[: found.start()]
    return Title(re.sub(r"_at$", "", normal(text)), units, depth)


def split_units(name: str) -> tuple[str, str]:
    """Return a name without the units of length at its end, and these: `depth_cm` is a depth in cm."""
    found = _UNITS_IN_NAME.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")


def _has_length(text: str) -> bool:
    found = _DEPTH.fullmatch(text)
    return found is not None and bool(found[2] or found[4])


def depth_of(text: str, units: str = "") -> tuple[float, float]:
    """Return from which depth to which a text tells, in metres, such as `5`, `5 cm` or `0-0.05 m`; the second is NaN where it tells one.

    `units` are those of a number without any; nothing is metres. Both are NaN where no depth can be told.
    """
    found = _DEPTH.fullmatch(text.strip()[:_LONGEST_DEPTH])
    if found is None:
        return math.nan, math.nan
    per = (found[4] or found[2] or units).strip().lower()
    first, second = (float(one.replace(",", ".")) if one else math.nan for one in (found[1], found[3]))
    if per not in (*_PER, ""):
        return math.nan, math.nan
    if not per and max(first, 0.0 if math.isnan(second) else second) > DEEPEST:
        return math.nan, math.nan
    upper = _PER[(found[2] or per or "m").lower()] if found[3] else _PER[per or "m"]
    return round(first * upper, 6), round(second * _PER[per or "m"], 6)


def same_units(said: str, units: str) -> bool:
    """Return whether units that a file says, in one of many spellings, are those of a role."""
    text, own = _plain(said), _plain(units)
    if text == own:
        return True
    if units == ROLE_OF_ID["SM"].units:
        return text in _VOLUMES
    return own in _NO_UNITS and text in _NO_UNITS


def is_units(text: str) -> bool:
    """Return whether a text is units, or a time zone, that are usual in files of stations."""
    plain = _plain(text)
    return plain in (*_VOLUMES, *_OTHERS) or _PERCENT.fullmatch(plain) is not None


def conversion_from(role: Role, said: str) -> Conversion:
    """Return how a role's values follow from numbers in the units that a file says."""
    return conversion_of(role, "%" if _PERCENT.fullmatch(_plain(said)) else said)


def _plain(units: str) -> str:
    return _SILENT.sub("", units.lower().translate(_SIGNS))
