# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A profile: what the user corrected for an archive as a small JSON file that others can import, and as the text that settings keep."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from .corrections import FROM_CONTENT, Corrections, Orientation
from .errors import BadRequest
from .files import replacing
from .grid import CUT_FROM
from .learning import Opened
from .names import DateForm
from .products import PRODUCTS, UNNAMED
from .variables import ROLE_OF_ID

WHAT = "SMOS-IB Explorer archive profile"
FORM = 1
SUFFIX = ".smosib.json"
MOST_BYTES = 1_000_000


def to_json(corrections: Corrections) -> dict[str, Any]:
    """Return corrections as JSON can hold them; what is left to recognition is left out."""
    turned = corrections.orientation
    parts: dict[str, Any] = {
        "roles": dict(corrections.roles),
        "orientation": turned and [turned.south_first, turned.starts_at_greenwich],
        "product": corrections.product,
        "grid": corrections.grid,
        "units": dict(corrections.units),
        "fills": {name: fill_text(fill) for name, fill in corrections.fills.items()},
        "dates": corrections.dates,
    }
    kept = {key: value for key, value in parts.items() if value}
    return kept if corrections.orbit is None else {**kept, "orbit": corrections.orbit}


def from_json(parts: Any) -> Corrections:
    """Return the corrections of such a value; keys that are not known are passed over. Raises BadRequest, naming what is wrong."""
    if not isinstance(parts, dict):
        raise BadRequest("A profile's corrections are no JSON object.")
    turned = parts.get("orientation")
    orbit = parts.get("orbit")
    return Corrections(
        roles=_checked("roles", _texts(parts, "roles"), lambda one: one[0] in ROLE_OF_ID),
        orientation=Orientation(*_two_switches(turned)) if turned is not None else None,
        product=_one_of("product", parts.get("product", ""), [one.key for one in (*PRODUCTS, UNNAMED)]),
        grid=_one_of("grid", parts.get("grid", ""), [one.name for one in CUT_FROM]),
        units=_texts(parts, "units"),
        fills={name: _number(name, text) for name, text in _texts(parts, "fills").items()},
        dates=_dates(parts.get("dates", "")),
        orbit=None if orbit is None else _one_of("orbit", orbit, ["A", "D"]),
    )


def write_profile(path: Path, corrections: Corrections, opened: Opened) -> None:
    """Write a profile file, with what was recognised beside it for people to read. Raises BadRequest where it cannot be written."""
    content = {
        "what": WHAT,
        "form": FORM,
        "corrections": to_json(corrections),
        "recognised": {one.what: f"{one.found} ({one.why})" for one in opened.evidence},
        "variables": {one.id: one.netcdf_name for one in opened.recognition.variables},
    }
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", errors="replace")


def read_profile(path: Path) -> Corrections:
    """Return the corrections of a profile file. Raises BadRequest with what is wrong with it."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise BadRequest(f"{path.name} is too large for a profile.")
        content = json.loads(text.decode("utf-8"))
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path.name} is no profile: it is not valid JSON.", "Export one from the dock.") from error
    if not isinstance(content, dict) or content.get("what") != WHAT:
        raise BadRequest(f"{path.name} is no profile of an archive.", "Export one from the dock, under Roles.")
    if content.get("form") != FORM:
        raise BadRequest(
            f"The profile {path.name} has form {content.get('form')!r}, this software reads form {FORM}.",
            "Update the plugin.",
        )
    return from_json(content.get("corrections"))


def corrections_to_text(corrections: Corrections) -> str:
    """Return corrections as the text that settings and projects keep."""
    return json.dumps(to_json(corrections))


def corrections_from_text(text: str) -> Corrections:
    """Return the corrections of such a text, none where it is not one."""
    try:
        return from_json(json.loads(text))
    except (TypeError, ValueError, RecursionError, BadRequest):
        return Corrections()


def _texts(parts: dict[str, Any], key: str) -> dict[str, str]:
    found = parts.get(key, {})
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise BadRequest(f"The profile's {key} are no pairs of texts.")
    return dict(found)


def _checked(key: str, found: dict[str, str], fits: Any) -> dict[str, str]:
    for pair in found.items():
        if not fits(pair):
            raise BadRequest(f"The profile's {key} name {pair[0]!r}.", f"Known are {', '.join(ROLE_OF_ID)}.")
    return found


def _one_of(key: str, text: Any, known: list[str]) -> str:
    if text != "" and text not in known:
        raise BadRequest(f"The profile's {key} is {text!r}.", f"Known are {', '.join(known)}.")
    return str(text)


def _two_switches(turned: Any) -> tuple[bool, bool]:
    if not (isinstance(turned, list) and len(turned) == 2 and all(isinstance(one, bool) for one in turned)):
        raise BadRequest(
            f"The profile's orientation is {turned!r}.", "It is two switches: south first, starts at Greenwich."
        )
    return turned[0], turned[1]


def _dates(text: Any) -> str:
    return text if text in ("", FROM_CONTENT) else DateForm.of(str(text)).text


def _number(name: str, text: str) -> float:
    number = fill_of(text)
    if number is None:
        raise BadRequest(f"The profile's fill value of {name} is {text!r}, which is no number.")
    return number


def fill_of(text: str) -> float | None:
    """Return the finite number that a text is, None where it is none: NaN and infinity mean no retrieval anyway."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def fill_text(fill: float) -> str:
    """Return a fill value as a text that means exactly it."""
    return str(int(fill)) if math.isfinite(fill) and fill == int(fill) else repr(fill)
