# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How well two records agree, from pairs of their values: x, which is judged, and y, which it is judged by (a satellite and a station).

bias = mean(x − y), RMSD = √mean((x − y)²), ubRMSD = √(RMSD² − bias²): the difference without its mean (Entekhabi et al. 2010,
https://doi.org/10.1175/2010JHM1223.1). R is Pearson's coefficient of correlation, and Spearman's: the same of ranks, where equal values
share the average of their ranks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .samples import Floats, Values

LEAST = 3
"""Pairs below which nothing is told."""


@dataclass(frozen=True)
class Agreement:
    """The agreement of `n` pairs. Bias, RMSD and ubRMSD are in the values' units, correlations −1…1.

    All is NaN of fewer than three pairs, correlations also where one side has but one value.
    """

    n: int
    bias: float
    rmsd: float
    ubrmsd: float
    pearson: float
    spearman: float


def agreement(x: Values, y: Values) -> Agreement:
    """Return how well x agrees with y, two arrays of one shape whose values at a place are a pair; a pair with a NaN is none."""
    paired = np.isfinite(x) & np.isfinite(y)
    one, other = x[paired].astype(np.float64), y[paired].astype(np.float64)
    if one.size < LEAST:
        return Agreement(one.size, np.nan, np.nan, np.nan, np.nan, np.nan)
    apart = one - other
    bias = float(apart.mean())
    rmsd = float(np.sqrt(np.mean(apart**2)))
    ubrmsd = float(np.sqrt(np.mean((apart - bias) ** 2)))  # RMSD² − bias² without a difference of two like numbers
    return Agreement(one.size, bias, rmsd, ubrmsd, _correlation(one, other), _correlation(_ranks(one), _ranks(other)))


def _correlation(x: Floats, y: Floats) -> float:
    """Return Pearson's coefficient, NaN where either has no spread."""
    if x.min() == x.max() or y.min() == y.max():
        return float("nan")
    x, y = ((one - one.mean()) / np.ptp(one) for one in (x, y))  # of a size whose square is a number
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def _ranks(values: Floats) -> Floats:
    """Return the ranks, 1 for the smallest; equal values share the average of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return ranks
