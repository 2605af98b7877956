# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A station that measures on the ground: its record as a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BadRequest

GOOD = "G"
"""ISMN's flag of a value that no check has found fault with (Dorigo et al. 2013); every other flag, alone or with more, is a doubt."""

ISMN_CITATIONS = (
    "Dorigo, W., Himmelbauer, I., Aberer, D., Schremmer, L., Petrakovic, I., Zappa, L., … Sabia, R. (2021). The International Soil Moisture "
    "Network: serving Earth system science for over a decade. Hydrology and Earth System Sciences 25, 5749-5804. doi 10.5194/hess-25-5749-2021.",
    "Dorigo, W. A., Xaver, A., Vreugdenhil, M., Gruber, A., Hegyiová, A., Sanchis-Dufau, A. D., … Drusch, M. (2013). Global automated quality "
    "control of in situ soil moisture data from the International Soil Moisture Network. Vadose Zone Journal 12, 3. doi 10.2136/vzj2012.0097.",
)


@dataclass(frozen=True, eq=False)
class Station:
    """What one sensor measured. `lon`, `lat` in degrees (WGS 84), depths in metres below ground, NaN where they are not told.

    `times` is datetime64[m] in UTC, ascending, each once, midnight for values of whole days; `values` (float64, no NaN) and `flags` (ASCII) run along it. `flags` is None
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
    """What is odd about the file, and what was done about it, in sentences."""
    sensor: str = ""
    has_twin: bool = False
    """Whether another sensor is loaded that measures at the same place and depth."""

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
    def told_sensor(self) -> str:
        """The sensor where there are several, else empty."""
        return self.sensor if self.has_twin else ""

    @property
    def label(self) -> str:
        """The name with the depth, and with the sensor where there are several."""
        return ", ".join(filter(None, (self.name, self.depth, self.told_sensor)))


class OtherQuantity(BadRequest):
    """A station file of something that the archive has no variable for, such as soil temperature."""
