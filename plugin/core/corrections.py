# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user decided for an archive where recognition was wrong or could not tell. It goes before whatever is recognised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

FROM_CONTENT = "content"
"""As `dates`: the day is taken from inside of each file."""


@dataclass(frozen=True)
class Orientation:
    """How arrays without coordinates lie: the first line is the southernmost, the first column is at 0° instead of 180° W."""

    south_first: bool
    starts_at_greenwich: bool

    def __str__(self) -> str:
        rows = "south row first" if self.south_first else "north row first"
        return f"{rows}, columns from {'0°' if self.starts_at_greenwich else '180° W'}"


@dataclass(frozen=True)
class Corrections:
    """What the user decided for the whole archive; what is empty or None is left to recognition.

    `roles` are netCDF names by role id (empty for none), `orientation` is that of arrays without coordinates. `product` is a product's
    key, `grid` the name of the grid that a regional cut comes from. `units` (what the numbers of a variable are in) and `fills` (one
    more number that means no retrieval) are by netCDF name. `dates` is FROM_CONTENT or how file names write the day, such as
    `DDMMYYYY`. `orbit` is that of all files: `A`, `D`, or empty for not stated.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    orientation: Orientation | None = None
    product: str = ""
    grid: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, float] = field(default_factory=dict)
    dates: str = ""
    orbit: str | None = None

    def __bool__(self) -> bool:
        return self != Corrections()

    def __repr__(self) -> str:
        """Return Python text that makes the same value, with what was corrected only."""
        plain = Corrections()
        said = [(one.name, getattr(self, one.name)) for one in fields(self)]
        return f"Corrections({', '.join(f'{name}={value!r}' for name, value in said if value != getattr(plain, name))})"
