# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tallies: they count what quality control keeps, for every criterion that the dock can set."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from smos_ib_explorer.plugin.core.archive import Granule
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import QualityCounts, QualityCriteria, apply_quality
from smos_ib_explorer.plugin.core.tally import CURVE_LIMITS, RMSE_LIMITS, Tallies, Tally
from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, Variable

VARIABLES = [Variable(one, one, one, "", ROLE_OF_ID.get(one)) for one in ("SM", "VOD", "TBH", "RMSE", "SF", "Other")]
limits = st.integers(0, 500).map(lambda tenth: tenth / 10)
criteria = st.builds(
    QualityCriteria,
    st.one_of(st.none(), st.integers(0, 15)),
    st.one_of(st.none(), limits),
    st.booleans(),
    st.integers(0, 15),
)


@st.composite
def near_limits(draw: st.DrawFn) -> float:
    """A limit in float32, or the number next to it on either side."""
    limit = np.float32(draw(limits))
    return float(
        draw(st.sampled_from([limit, np.nextafter(limit, np.float32(99)), np.nextafter(limit, np.float32(-9))]))
    )


values = st.one_of(st.just(np.nan), st.floats(-3, 300, width=32), st.sampled_from([0.0, -0.0, 1.0, 2.0]))
errors = st.one_of(st.just(np.nan), near_limits(), st.floats(0, 80, width=32))
flags = st.one_of(st.just(np.nan), st.integers(0, 15).map(float), st.integers(16, 300).map(float))


@st.composite
def quality_layers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    size = draw(st.integers(0, 20))
    layers = [draw(arrays.arrays(np.float32, size, elements=one)) for one in (values, flags, errors)]
    return layers[0], layers[1] if draw(st.booleans()) else None, layers[2] if draw(st.booleans()) else None


def counted(layers: tuple, variable: Variable, under: QualityCriteria) -> QualityCounts:
    _, reasons = apply_quality(*layers, under, variable.valid_range, variable.quality_controlled)
    return QualityCounts.of(reasons)


def granule(number: int, size: int = 1) -> Granule:
    date = dt.date(2020, 2, 27) + dt.timedelta(days=number)
    return Granule(Path(f"{date}.nc"), date, Orbit.ASCENDING, size, 10**18 + number)


@given(quality_layers(), st.sampled_from(VARIABLES), criteria)
def test_a_tally_counts_what_quality_control_keeps(layers: tuple, variable: Variable, under: QualityCriteria) -> None:
    tally, truth = Tally.of(*layers, variable), counted(layers, variable, under)
    assert (tally.retrievals, tally.kept(under)) == (truth.retrievals, truth.kept)


@given(st.lists(quality_layers(), max_size=6), st.sampled_from(VARIABLES), criteria, st.data())
def test_the_tallies_of_many_days_count_each_as_it_is(
    days: list, variable: Variable, under: QualityCriteria, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(days))))
    tallies = Tallies.none()
    for number in order:
        tallies = tallies.with_days({granule(number): Tally.of(*days[number], variable)})
    truths = [counted(layers, variable, under) for layers in days]
    assert tallies.days.tolist() == [granule(number).date for number in range(len(days))]
    assert tallies.retrievals.tolist() == [one.retrievals for one in truths]
    assert tallies.kept(under).tolist() == [one.kept for one in truths]
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(days), max_size=len(days))), dtype=bool)
    assert tallies.only(chosen).kept(under).tolist() == [one.kept for one, wanted in zip(truths, chosen) if wanted]


@given(quality_layers(), st.sampled_from(VARIABLES), criteria)
def test_the_retention_curve_is_the_share_kept_at_each_limit(
    layers: tuple, variable: Variable, under: QualityCriteria
) -> None:
    tally = Tally.of(*layers, variable)
    curve = tally.retention(under)
    assert curve.shape == CURVE_LIMITS.shape
    if not tally.retrievals:
        assert np.isnan(curve).all()
        return
    for number in (0, 1, 57, 60, 80, 200):
        at = QualityCriteria(under.max_scene_flag, number / 10, under.valid_ranges, under.rejected_flags)
        assert curve[number] == counted(layers, variable, at).kept / tally.retrievals


def test_the_limits_are_those_of_quality_control() -> None:
    assert [float(one) for one in RMSE_LIMITS] == [float(np.float32(tenth / 10)) for tenth in range(501)]
    assert (CURVE_LIMITS[80], CURVE_LIMITS[61]) == (8.0, 6.1)


def test_a_changed_file_is_known_by_its_fingerprint() -> None:
    day = Tally.of(np.ones(3, np.float32), None, None, VARIABLES[0])
    tallies = Tallies.none().with_days({granule(0): day, granule(1): day, granule(2): day})
    assert tallies.current([granule(0), granule(1, size=2)]).tolist() == [True, False, False]


def test_the_running_total_may_run_over() -> None:
    # A million days of the globe would pass 2**32.
    big = Tally(np.array([600, 700], np.uint16), np.array([3_000_000_000, 1_000_000_000], np.uint32))
    tallies = Tallies.none().with_days({granule(0): big, granule(1): big})
    assert tallies.retrievals.tolist() == [4_000_000_000] * 2
    assert tallies.kept(QualityCriteria(None, None, False)).tolist() == [4_000_000_000] * 2


@pytest.mark.parametrize("limit", [50.0, 60.0])
def test_above_all_limits_nothing_is_guessed(limit: float) -> None:
    layers = np.full(2, 0.2, np.float32), None, np.array([49.95, 55.0], np.float32)
    assert Tally.of(*layers, VARIABLES[0]).kept(QualityCriteria(None, limit, False)) == 1
