# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A series that is no cell's record, to be seen beside one: the mean of an area, a station, the other orbit or another archive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..variables import Variable


@dataclass(frozen=True, eq=False)
class OtherSeries:
    """Values by day, in the units of `variable`. `days` is datetime64[D], ascending, each once; arrays run along it, NaN for no value.

    `low` and `high` are the ends of a band around the values, where there is one. `colour` is `#rrggbb`. `about` says in one sentence what
    the values are, for captions and hover texts.
    """

    name: str
    colour: str
    variable: Variable
    days: NDArray[np.datetime64]
    values: NDArray[np.float64]
    about: str
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
