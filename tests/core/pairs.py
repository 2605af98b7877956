# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A few rows among which every pair of values of any two factors occurs, in place of the full product."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]
Pair = tuple[tuple[str, Any], tuple[str, Any]]


def anything(row: Row) -> bool:
    """Allow every row."""
    return True


def possible_pairs(factors: Mapping[str, Sequence[Any]], possible: Callable[[Row], bool] = anything) -> set[Pair]:
    """Return all pairs of values of two factors that are `possible`, which is asked of rows that hold some of the factors only."""
    return {
        ((one, value), (other, second))
        for one, other in itertools.combinations(factors, 2)
        for value in factors[one]
        for second in factors[other]
        if possible({one: value, other: second})
    }


def pairs_of(row: Row) -> set[Pair]:
    """Return the pairs of values that occur in a row."""
    return set(itertools.combinations(row.items(), 2))


def pairwise(factors: Mapping[str, Sequence[Any]], possible: Callable[[Row], bool] = anything) -> list[Row]:
    """Return rows in which each possible pair of values occurs: greedily chosen, always the same ones.

    Each row starts with a pair that is still wanted; every other factor gets the value that brings most of the wanted pairs with it.
    """
    wanted = possible_pairs(factors, possible)
    order = {pair: number for number, pair in enumerate(sorted(wanted, key=repr))}
    rows = []
    while wanted:
        row = dict(min(wanted, key=order.__getitem__))
        for name in sorted(factors.keys() - row.keys(), key=lambda one: (-len(factors[one]), one)):
            row[name] = _best(row, name, factors, wanted, possible)
        row = {name: row[name] for name in factors}
        wanted -= pairs_of(row)
        rows.append(row)
    return rows


def _best(
    row: Row, name: str, factors: Mapping[str, Sequence[Any]], wanted: set[Pair], possible: Callable[[Row], bool]
) -> Any:
    place = {factor: number for number, factor in enumerate(factors)}

    def gain(value: Any) -> int:
        sides = [sorted([(name, value), one], key=lambda side: place[side[0]]) for one in row.items()]
        return sum((side[0], side[1]) in wanted for side in sides)

    return max((value for value in factors[name] if possible({**row, name: value})), key=gain)
