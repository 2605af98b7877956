# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A station that measures on the ground: its record as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BadRequest, UnreadableFile

GOOD = "G"
"""ISMN's flag of a value that no check has found fault with (Dorigo et al. 2013); every other flag, alone or with more, is a doubt."""

LONGEST_FLAG = 32
"""Characters of a flag that are kept: every value has room for the longest."""

ISMN_CITATIONS = (
    "Dorigo, W., Himmelbauer, I., Aberer, D., Schremmer, L., Petrakovic, I., Zappa, L., … Sabia, R. (2021). The International Soil Moisture "
    "Network: serving Earth system science for over a decade. Hydrology and Earth System Sciences 25, 5749-5804. doi 10.5194/hess-25-5749-2021.",
    "Dorigo, W. A., Xaver, A., Vreugdenhil, M., Gruber, A., Hegyiová, A., Sanchis-Dufau, A. D., … Drusch, M. (2013). Global automated quality "
    "control of in situ soil moisture data from the International Soil Moisture Network. Vadose Zone Journal 12, 3. doi 10.2136/vzj2012.0097.",
)


@dataclass(frozen=True, eq=False)
class Station:
    """What one sensor measured. `lon`, `lat` in degrees (WGS 84), depths in metres below ground, NaN where they are not told.

    `times` is datetime64[m] in UTC, ascending, each once; `values` (float64, no NaN) and `flags` (ASCII) run along it. `flags` is None
    where the file has none that are known: then every value counts as good. `quantity` is the id of the role it can be compared with
    (`SM`, `VOD`), empty where the file does not tell; `units` are those of the role, or as the file says; empty where it does not.
    """

    network: str
    name: str
    lon: float
    lat: float
    depth_from: float
    depth_to: float
    quantity: str
    units: str
    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    flags: NDArray[np.bytes_] | None
    source: Path
    is_ismn: bool = False
    notes: tuple[str, ...] = ()
    """What is odd about the file, in sentences."""

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which values are good, along `times`."""
        return np.ones(self.times.size, dtype=bool) if self.flags is None else self.flags == GOOD.encode()

    @property
    def days(self) -> tuple[np.datetime64, np.datetime64]:
        """First and last calendar day (UTC), datetime64[D]."""
        days: NDArray[np.datetime64] = self.times[[0, -1]].astype("datetime64[D]")
        return days[0], days[1]

    @property
    def tells_hours(self) -> bool:
        """False where every time is midnight: then the values are of whole days."""
        return bool((self.times != self.times.astype("datetime64[D]")).any())

    @property
    def depth(self) -> str:
        """The depth as text, such as `0–0.05 m`; empty where it is not told."""
        if np.isnan(self.depth_from):
            return ""
        if np.isnan(self.depth_to) or self.depth_to == self.depth_from:
            return f"{self.depth_from:g} m"
        return f"{self.depth_from:g}–{self.depth_to:g} m"

    @property
    def label(self) -> str:
        """The name with the depth."""
        return f"{self.name}, {self.depth}" if self.depth else self.name


class OtherQuantity(BadRequest):
    """A station file of something that the archive has no variable for, such as soil temperature."""


def ordered(
    times: Sequence[int], values: Sequence[float], flags: Sequence[str] | None, path: Path
) -> tuple[NDArray[np.datetime64], NDArray[np.float64], NDArray[np.bytes_] | None, tuple[str, ...]]:
    """Return a record in order of time, each time once, without missing values; and a note where times came twice.

    `times` are minutes since 1970-01-01. Raises UnreadableFile where no value is left.
    """
    minutes, numbers = np.array(times, dtype=np.int64), np.array(values, dtype=np.float64)
    texts = None if flags is None else np.array([one[:LONGEST_FLAG].encode("ascii", "replace") for one in flags], "S")
    there = np.flatnonzero(np.isfinite(numbers))
    if not there.size:
        raise UnreadableFile(
            f"{path.name} holds no value.", "Every value of it is missing, or none has a date that can be read."
        )
    unique, first = np.unique(minutes[there], return_index=True)  # of equal ones the first in the file
    twice = there.size - unique.size
    kept = there[first]
    said = f"{path.name}: {twice:,} values have the time of another one; the first of each is used."
    notes = (said,) if twice else ()
    return unique.astype("datetime64[m]"), numbers[kept], None if texts is None else texts[kept], notes
