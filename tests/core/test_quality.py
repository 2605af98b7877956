# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Quality control: what is kept, and why the rest is not."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from smos_ib_explorer.plugin.core.quality import (
    PROVIDER,
    PROVIDER_6K,
    RAW,
    QualityCounts,
    QualityCriteria,
    Rejection,
    apply_quality,
    explain_rejection,
    explain_scene_flag,
    rejection_text,
)

NAN = math.nan
SM_RANGE = (0.0, 1.0)

# value, scene flag, RMSE (K), the reasons under the provider's criteria with the range of soil moisture
CASES = [
    (0.25, 0, 3.0, ""),
    (0.25, 1, 8.0, ""),
    (0.0, 0, 3.0, ""),
    (-0.0, 0, 3.0, ""),
    (1.0, 0, 3.0, ""),
    (0.25, 0, 0.0, ""),
    (0.25, 2, 3.0, "scene_flag"),
    (0.25, 3, 3.0, "scene_flag"),
    (0.25, 4, 3.0, "scene_flag"),
    (0.25, 8, 3.0, "scene_flag"),
    (0.25, 15, 3.0, "scene_flag"),
    (0.25, 0, 8.1, "rmse"),
    (0.25, 1, 28.0, "rmse"),
    (-0.01, 0, 3.0, "range"),
    (1.01, 0, 3.0, "range"),
    (0.25, 8, 9.2, "scene_flag+rmse"),
    (1.5, 8, 3.0, "scene_flag+range"),
    (1.5, 0, 9.2, "rmse+range"),
    (-0.5, 2, 9.2, "scene_flag+rmse+range"),
    (0.25, NAN, 3.0, "scene_flag"),
    (0.25, 0, NAN, "rmse"),
    (0.25, NAN, NAN, "scene_flag+rmse"),
    (NAN, 0, 3.0, "no_retrieval"),
    (NAN, 8, 9.2, "no_retrieval"),
    (NAN, NAN, NAN, "no_retrieval"),
]


def floats(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


@pytest.mark.parametrize(("value", "flag", "rmse", "words"), CASES)
def test_cases(value: float, flag: float, rmse: float, words: str) -> None:
    kept, reason = apply_quality(floats(value), floats(flag), floats(rmse), PROVIDER, SM_RANGE)
    assert rejection_text(int(reason[0])) == words
    np.testing.assert_array_equal(kept, floats(value) if words == "" else floats(NAN))
    assert kept.dtype == np.float32 and reason.dtype == np.uint8


def test_the_providers_criteria() -> None:
    assert QualityCriteria(max_scene_flag=1, max_rmse=8.0, valid_ranges=True) == PROVIDER
    assert QualityCriteria(max_scene_flag=1, max_rmse=6.0, valid_ranges=True) == PROVIDER_6K
    assert RAW.is_raw and not PROVIDER.is_raw
    assert not QualityCriteria(None, None, True).is_raw
    kept, _ = apply_quality(floats(0.2, 0.2), floats(0, 0), floats(5.9, 6.1), PROVIDER_6K)
    np.testing.assert_array_equal(kept, floats(0.2, NAN))


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        (PROVIDER, "scene_flag+rmse+range"),
        (QualityCriteria(None, 8.0, True), "rmse+range"),
        (QualityCriteria(1, None, True), "scene_flag+range"),
        (QualityCriteria(1, 8.0, False), "scene_flag+rmse"),
        (QualityCriteria(None, None, True), "range"),
        (QualityCriteria(8, 8.0, True), "rmse+range"),
        (QualityCriteria(8, 10.0, True), "range"),
        (RAW, ""),
    ],
    ids=str,
)
def test_each_criterion_can_be_switched_off(criteria: QualityCriteria, words: str) -> None:
    _, reason = apply_quality(floats(1.5), floats(8), floats(9.2), criteria, SM_RANGE)
    assert rejection_text(int(reason[0])) == words


@pytest.mark.parametrize("limit", [8.3, 5.1, 6.7, 0.7, 7.9])
def test_a_value_at_the_limit_is_kept_in_float32(limit: float) -> None:
    # float32(8.3) is above the double 8.3: compared as doubles, a value at the limit would be dropped.
    rmse = floats(limit, np.nextafter(np.float32(limit), np.float32(99)))
    _, reason = apply_quality(floats(0.2, 0.2), None, rmse, QualityCriteria(max_rmse=limit))
    assert reason.tolist() == [0, Rejection.RMSE]


def test_the_valid_range_is_compared_in_float32() -> None:
    _, reason = apply_quality(floats(0.3, 0.1), None, None, PROVIDER, (0.1, 0.3))
    assert reason.tolist() == [0, 0]


def test_a_layer_that_the_archive_lacks_is_not_applied() -> None:
    value, bad_flag, bad_rmse = floats(0.2), floats(8), floats(20)
    assert apply_quality(value, None, None, PROVIDER, SM_RANGE)[1].tolist() == [0]
    assert apply_quality(value, None, bad_rmse, PROVIDER, SM_RANGE)[1].tolist() == [Rejection.RMSE]
    assert apply_quality(value, bad_flag, None, PROVIDER, SM_RANGE)[1].tolist() == [Rejection.SCENE_FLAG]


def test_rmse_and_scene_flags_themselves_are_shown_as_they_are() -> None:
    value = floats(28.0, NAN, 0.0)
    kept, reason = apply_quality(value, floats(8, 8, 8), floats(28, 28, 28), PROVIDER, SM_RANGE, controlled=False)
    np.testing.assert_array_equal(kept, value)
    assert reason.tolist() == [0, Rejection.NO_RETRIEVAL, 0]


def test_the_values_given_are_not_changed() -> None:
    value, flag, rmse = floats(0.2, 5.0), floats(8, 0), floats(2, 2)
    apply_quality(value, flag, rmse, PROVIDER, SM_RANGE)
    assert value.tolist() == floats(0.2, 5.0).tolist() and flag.tolist() == [8, 0] and rmse.tolist() == [2, 2]


def test_a_map_keeps_its_shape() -> None:
    kept, reason = apply_quality(np.zeros((3, 4), np.float32), np.zeros((3, 4), np.float32), None, PROVIDER)
    assert kept.shape == reason.shape == (3, 4)
    assert (kept == 0).all()


# --- Properties ---

numbers = st.one_of(st.just(NAN), st.floats(-5, 40, width=32), st.sampled_from([0.0, 1.0, 2.0, 8.0]))
flags = st.one_of(st.just(NAN), st.integers(0, 15).map(float))
limits = st.one_of(st.none(), st.floats(0, 30))
criteria = st.builds(QualityCriteria, st.one_of(st.none(), st.integers(0, 15)), limits, st.booleans())
ranges = st.sampled_from([None, (0.0, 1.0), (0.0, 2.0)])


@st.composite
def layers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    size = draw(st.integers(0, 12))

    def layer(of: st.SearchStrategy[float]) -> np.ndarray:
        return draw(arrays.arrays(np.float32, size, elements=of))

    flag = draw(st.booleans()) and layer(flags)
    rmse = draw(st.booleans()) and layer(numbers)
    return layer(numbers), None if flag is False else flag, None if rmse is False else rmse


@given(layers(), criteria, ranges)
def test_every_value_is_kept_or_rejected_for_a_reason(
    given_layers: tuple, criteria: QualityCriteria, valid: tuple | None
) -> None:
    value, flag, rmse = given_layers
    kept, reason = apply_quality(value, flag, rmse, criteria, valid)
    np.testing.assert_array_equal(~np.isnan(kept), reason == 0)
    np.testing.assert_array_equal(kept[reason == 0], value[reason == 0])
    np.testing.assert_array_equal(reason == Rejection.NO_RETRIEVAL, np.isnan(value))
    assert not (reason[~np.isnan(value)] & Rejection.NO_RETRIEVAL).any()


@given(layers(), criteria, ranges)
def test_every_reason_that_holds_is_set_and_no_other(
    given_layers: tuple, criteria: QualityCriteria, valid: tuple | None
) -> None:
    value, flag, rmse = given_layers
    _, reason = apply_quality(value, flag, rmse, criteria, valid)
    for index, one in enumerate(value):
        wanted = 0
        if math.isnan(one):
            wanted = int(Rejection.NO_RETRIEVAL)
        else:
            if flag is not None and criteria.max_scene_flag is not None and not flag[index] <= criteria.max_scene_flag:
                wanted |= Rejection.SCENE_FLAG
            if rmse is not None and criteria.max_rmse is not None and not rmse[index] <= np.float32(criteria.max_rmse):
                wanted |= Rejection.RMSE
            if valid is not None and criteria.valid_ranges and not valid[0] <= one <= valid[1]:
                wanted |= Rejection.OUT_OF_RANGE
        assert reason[index] == wanted


@given(layers(), criteria, ranges, st.integers(0, 5), st.floats(0, 5))
def test_looser_limits_never_keep_less(
    given_layers: tuple, criteria: QualityCriteria, valid: tuple | None, more_flags: int, more_rmse: float
) -> None:
    looser = QualityCriteria(
        None if criteria.max_scene_flag is None else criteria.max_scene_flag + more_flags,
        None if criteria.max_rmse is None else criteria.max_rmse + more_rmse,
        criteria.valid_ranges,
    )
    strict, _ = apply_quality(*given_layers, criteria, valid)
    loose, _ = apply_quality(*given_layers, looser, valid)
    assert not np.isnan(loose[~np.isnan(strict)]).any()


@given(layers(), criteria, ranges, st.integers(0, 15), st.integers(0, 15))
def test_rejecting_more_flags_never_keeps_more(
    given_layers: tuple, criteria: QualityCriteria, valid: tuple | None, some: int, more: int
) -> None:
    few, many = (dataclasses.replace(criteria, rejected_flags=bits) for bits in (some, some | more))
    loose, strict = (apply_quality(*given_layers, one, valid)[0] for one in (few, many))
    assert not np.isnan(loose[~np.isnan(strict)]).any()


@given(st.floats(0, 30), st.integers(-2, 2))
def test_a_limit_cuts_between_neighbouring_numbers_of_float32(limit: float, away: int) -> None:
    at = np.float32(limit)
    for _ in range(abs(away)):
        at = np.nextafter(at, np.float32(math.copysign(99, away)))
    _, reason = apply_quality(floats(0.2), None, floats(at), QualityCriteria(None, limit, False))
    assert (reason[0] == 0) == (away <= 0)


@given(layers(), ranges)
def test_raw_keeps_every_retrieval(given_layers: tuple, valid: tuple | None) -> None:
    kept, _ = apply_quality(*given_layers, RAW, valid)
    np.testing.assert_array_equal(kept, given_layers[0])


@given(layers(), criteria, ranges)
def test_counts_add_up(given_layers: tuple, criteria: QualityCriteria, valid: tuple | None) -> None:
    value = given_layers[0]
    kept, reason = apply_quality(*given_layers, criteria, valid)
    counts = QualityCounts.of(reason)
    assert counts.retrievals == np.isfinite(value).sum()
    assert counts.kept == np.isfinite(kept).sum()
    for name, bit in (
        ("scene_flag", Rejection.SCENE_FLAG),
        ("rmse", Rejection.RMSE),
        ("out_of_range", Rejection.OUT_OF_RANGE),
    ):
        assert getattr(counts, name) == ((reason & bit) > 0).sum()
    dropped = counts.retrievals - counts.kept
    assert max(counts.scene_flag, counts.rmse, counts.out_of_range) <= dropped
    assert dropped <= counts.scene_flag + counts.rmse + counts.out_of_range
    assert str(counts)


# --- Words ---


@pytest.mark.parametrize(
    ("criteria", "text"),
    [
        (PROVIDER, "SF ≤ 1, RMSE ≤ 8 K, valid range"),
        (QualityCriteria(0, 7.5, False), "SF ≤ 0, RMSE ≤ 7.5 K"),
        (QualityCriteria(None, 6.0, False), "RMSE ≤ 6 K"),
        (QualityCriteria(None, None, True), "valid range"),
        (RAW, "raw (no quality control)"),
    ],
)
def test_criteria_as_text(criteria: QualityCriteria, text: str) -> None:
    assert str(criteria) == text


@pytest.mark.parametrize(
    ("reason", "flag", "rmse", "text"),
    [
        (0, 0.0, 2.0, ""),
        (1, NAN, NAN, "no retrieval"),
        (2, 8.0, 2.0, "scene flag 8 (frozen)"),
        (2, 6.0, 2.0, "scene flag 6 (strong topography, polluted scene (water, urban, ice > 10 %))"),
        (2, NAN, 2.0, "scene flag missing"),
        (2, None, 2.0, "scene flag missing"),
        (4, 0.0, 9.2, "RMSE 9.2 K > 8 K"),
        (4, 0.0, 8.001, "RMSE 8.001 K > 8 K"),
        (4, 0.0, 28.04, "RMSE 28 K > 8 K"),
        (4, 0.0, NAN, "RMSE missing"),
        (8, 0.0, 2.0, "outside the valid range"),
        (14, 2.0, 9.2, "scene flag 2 (strong topography), RMSE 9.2 K > 8 K, outside the valid range"),
    ],
)
def test_why_a_value_was_rejected(reason: int, flag: float | None, rmse: float, text: str) -> None:
    assert explain_rejection(reason, flag, rmse, PROVIDER) == text


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        (0.0, "0 (good)"),
        (1.0, "1 (moderate topography)"),
        (9.0, "9 (moderate topography, frozen)"),
        (NAN, "missing"),
        (None, "missing"),
    ],
)
def test_a_scene_flag_in_words(flag: float | None, text: str) -> None:
    assert explain_scene_flag(flag) == text


def test_counts_in_words() -> None:
    reason = np.array(
        [0] * 610 + [Rejection.SCENE_FLAG] * 220 + [Rejection.RMSE] * 170 + [Rejection.NO_RETRIEVAL] * 500, np.uint8
    )
    assert str(QualityCounts.of(reason)) == "61 % of 1,000 retrievals kept · scene flag −22 % · RMSE −17 %"
    assert str(QualityCounts.of(np.ones(5, np.uint8))) == "no retrievals on this day"
    nearly = np.array([0] * 999 + [Rejection.RMSE], np.uint8)
    assert str(QualityCounts.of(nearly)) == "99.9 % of 1,000 retrievals kept · RMSE −0.1 %"


@given(
    flags=arrays.arrays(np.float32, 20, elements=st.sampled_from([*map(float, range(16)), NAN])),
    rejected=st.integers(0, 15),
    limit=st.none() | st.integers(0, 15),
)
def test_flags_can_be_rejected_one_by_one(flags: np.ndarray, rejected: int, limit: int | None) -> None:
    criteria = QualityCriteria(limit, None, False, rejected)
    kept, reason = apply_quality(np.ones(20, dtype=np.float32), flags, None, criteria)
    for number, flag in enumerate(flags):
        asked = limit is not None or rejected != 0
        missing = math.isnan(flag)
        good = not missing and (limit is None or flag <= limit) and not int(flag) & rejected
        assert (reason[number] == 0) == (good or not asked)
        assert np.isnan(kept[number]) == (reason[number] == Rejection.SCENE_FLAG)


def test_rejected_flags_are_told_in_words() -> None:
    assert str(QualityCriteria(15, 8.0, True, 8)) == "SF ≤ 15, not frozen, RMSE ≤ 8 K, valid range"
    assert not QualityCriteria(None, None, False, 4).is_raw
