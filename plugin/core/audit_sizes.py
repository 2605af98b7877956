# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files of an archive have a size out of their family.

A deflated file is as large as what it holds: sizes follow the season, and the days on which the satellite saw less. So a size is odd only where two
things hold: it is less than half or more than twice the median of its family, and it lies further from that median than six times the family's usual
spread. Both are taken of logarithms, for sizes vary by factors; the usual spread is the median absolute deviation times 1.4826, which is the standard
deviation of a normal distribution. A family are the sound files of one year, orbit, product, kind and set of variables, or of all years where a
year has fewer than 20 of them; of families of fewer than 8 nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from .audit_file import FileAudit
from .products import product_of

LEAST_FACTOR, SPREADS = 2.0, 6.0
ENOUGH_IN_A_YEAR, ENOUGH = 20, 8
_NORMAL = 1.4826


def odd_sizes(files: Sequence[FileAudit]) -> list[tuple[FileAudit, float]]:
    """Return the sound, dated files whose size is out of their family, each with the family's median size in bytes."""
    sound = [one for one in files if one.is_usable and one.date is not None]
    years = _families(sound, lambda one: (*_kin(one), one.date.year if one.date else 0))
    large = [family for family in years if len(family) >= ENOUGH_IN_A_YEAR]
    settled = {one.file for family in large for one in family}
    all_years = _families(sound, _kin)
    found = [pair for family in large for pair in _odd(family, family)]
    for family in all_years:
        if len(family) >= ENOUGH:
            found += _odd(family, [one for one in family if one.file not in settled])
    return sorted(found, key=lambda pair: pair[0].file)


def _kin(file: FileAudit) -> tuple[Hashable, ...]:
    variables = file.contents.variables if file.contents else ()
    return file.orbit, file.kind, product_of(file.file.rpartition("/")[2]).key, variables


def _families(files: Sequence[FileAudit], key: Callable[[FileAudit], Hashable]) -> list[list[FileAudit]]:
    families: dict[Hashable, list[FileAudit]] = defaultdict(list)
    for one in files:
        families[key(one)].append(one)
    return list(families.values())


def _odd(family: Sequence[FileAudit], asked: Sequence[FileAudit]) -> list[tuple[FileAudit, float]]:
    logs = np.log([one.size for one in family])
    median = float(np.median(logs))
    spread = _NORMAL * float(np.median(np.abs(logs - median)))
    limit = max(np.log(LEAST_FACTOR), SPREADS * spread)
    return [(one, float(np.exp(median))) for one in asked if abs(np.log(one.size) - median) > limit]
