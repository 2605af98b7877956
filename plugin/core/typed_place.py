# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Typed coordinates as people write them: `9.21, 30.07`, `30.07N 9.21E`, `9° 12' 36" E, 30° 4' 12" N`."""

from __future__ import annotations

import re

from .errors import BadRequest
from .points import Place

HINT = "Type longitude and latitude, such as 9.21, 30.07 or 30.07 N 9.21 E or 9°12'36\"E 30°4'12\"N."

_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_LETTER = r"[NSEW](?![A-Z])"
_ANGLE = re.compile(
    rf"""\s*(?P<before>{_LETTER})?\s*(?P<sign>[-+])?\s*(?P<degrees>{_NUMBER})\s*°?
    (?:\s*(?P<minutes>{_NUMBER})\s*'(?:\s*(?P<seconds>{_NUMBER})\s*(?:"|(?=[NSEW])))?)?
    \s*(?P<after>{_LETTER})?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
# `9 12 36 E`: only the letter behind tells that these are three parts of one angle.
_SPACED = re.compile(
    rf"""\s*(?P<before>(?!))?(?P<sign>(?!))?(?P<degrees>\d+)\s+(?P<minutes>{_NUMBER})(?:\s+(?P<seconds>{_NUMBER}))?
    \s*(?P<after>{_LETTER})\s*""",
    re.VERBOSE | re.IGNORECASE,
)
# What keyboards, web pages and manuals write for a minus, minutes, seconds and degrees.
_SAME = {"−": "-", "–": "-", "′": "'", "’": "'", "`": "'", "″": '"', "”": '"', "“": '"', "''": '"', "º": "°", "˚": "°"}


def read_place(text: str) -> Place:
    """Return the place that a text means; without letters longitude comes first. Raises BadRequest with what is wrong."""
    for written, meant in _SAME.items():
        text = text.replace(written, meant)
    first, rest = _angle(_with_decimal_points(text), text)
    rest = re.sub(r"^[,;/]\s*", "", rest)
    second, rest = _angle(rest, text)
    if rest:
        raise _not_understood(text)
    (one, axis), (two, other) = first, second
    if (axis is None) != (other is None) or (axis is not None and axis == other):
        raise BadRequest("One longitude (E or W) and one latitude (N or S) are needed.", HINT)
    lon, lat = (two, one) if axis == "lat" else (one, two)
    if abs(lat) > 90:
        raise BadRequest(
            f"{lat:g} is no latitude: it lies between −90° and 90°.", "Without letters longitude comes first."
        )
    if abs(lon) > 360:
        raise BadRequest(f"{lon:g} is no longitude: it lies between −180° and 180°.", HINT)
    # From 0 to 360 is written too.
    return Place(lon if abs(lon) <= 180 else lon - 360 * (1 if lon > 0 else -1), lat)


def _with_decimal_points(text: str) -> str:
    """Return `9,21 30,07` and `9,21; 30,07` as `9.21 30.07`: there a comma cannot part two numbers."""
    commas = re.findall(r"\d,\d", text)
    parted = ";" in text or re.search(r"[\dNSEW°'\"]\s+[-+\dNSEW]", text, re.IGNORECASE)
    if len(commas) == 2 and parted and text.count(",") == 2:
        return re.sub(r"(\d),(\d)", r"\1.\2", text)
    return text


def _angle(text: str, whole: str) -> tuple[tuple[float, str | None], str]:
    """Return the angle that a text begins with, in degrees, its axis (`lon`, `lat`, None where no letter says), and the rest."""
    found = _SPACED.match(text) or _ANGLE.match(text)
    if found is None:
        raise _not_understood(whole)
    before, after = found["before"], found["after"]
    rest = text[found.end() :]
    if before and after:  # `E 9.21 N 30.07`: the second letter belongs to the next number
        rest, after = text[found.start("after") :], None
    letter = (before or after or "").upper()
    minutes, seconds = float(found["minutes"] or 0), float(found["seconds"] or 0)
    if minutes >= 60 or seconds >= 60:
        raise BadRequest("Minutes and seconds are below 60.", HINT)
    if letter and found["sign"] == "-":
        raise BadRequest("A letter or a minus tells the side, not both.", HINT)
    value = float(found["degrees"]) + minutes / 60 + seconds / 3600
    if letter in {"S", "W"} or found["sign"] == "-":
        value = -value
    return (value, {"": None, "N": "lat", "S": "lat"}.get(letter, "lon")), rest


def _not_understood(text: str) -> BadRequest:
    said = f"“{text.strip()}” is no longitude and latitude." if text.strip() else "No coordinates were typed."
    return BadRequest(said, HINT)
