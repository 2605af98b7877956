# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Quality control: one function from value, scene flag and TB-RMSE to what is kept and why the rest is not.

The data provider asks for scene flags (SF) of at most 1 and a TB-RMSE of at most 8 or 6 K before any use, and gives the valid
ranges SM 0–1 and VOD 0–2. Zero is a value. Thresholds are compared in float32, the precision in which values are kept, so that a
map, a series and a store of the same files always agree.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]
Reasons = NDArray[np.uint8]


class Rejection(enum.IntFlag):
    """Why a value is not kept: bits that may combine, except that NO_RETRIEVAL stands alone."""

    NO_RETRIEVAL = 1
    SCENE_FLAG = 2
    RMSE = 4
    OUT_OF_RANGE = 8


REJECTION_NAMES: dict[Rejection, str] = {
    Rejection.NO_RETRIEVAL: "no_retrieval",
    Rejection.SCENE_FLAG: "scene_flag",
    Rejection.RMSE: "rmse",
    Rejection.OUT_OF_RANGE: "range",
}
"""The words used in tables, in their order."""

SCENE_FLAG_BITS: dict[int, str] = {
    1: "moderate topography",
    2: "strong topography",
    4: "polluted scene (water, urban, ice > 10 %)",
    8: "frozen",
}
SCENE_FLAG_NAMES: dict[int, str] = {bit: name.split(" (")[0] for bit, name in SCENE_FLAG_BITS.items()}
"""The same in short."""


@dataclass(frozen=True)
class QualityCriteria:
    """The limits a retrieval must keep; None switches a criterion off. `max_rmse` is in K.

    `rejected_flags` are bits of the scene flag that reject whatever its value, 0 for none.
    """

    max_scene_flag: int | None = 1
    max_rmse: float | None = 8.0
    valid_ranges: bool = True
    rejected_flags: int = 0

    @property
    def is_raw(self) -> bool:
        """True if nothing is applied."""
        return not (self.uses_scene_flags or self.max_rmse is not None or self.valid_ranges)

    @property
    def uses_scene_flags(self) -> bool:
        """True if scene flags decide anything."""
        return self.max_scene_flag is not None or self.rejected_flags != 0

    def __str__(self) -> str:
        if self.is_raw:
            return "raw (no quality control)"
        parts = [] if self.max_scene_flag is None else [f"SF ≤ {self.max_scene_flag}"]
        parts += [f"not {name}" for bit, name in SCENE_FLAG_NAMES.items() if self.rejected_flags & bit]
        parts += [] if self.max_rmse is None else [f"RMSE ≤ {self.max_rmse:g} K"]
        return ", ".join([*parts, "valid range"] if self.valid_ranges else parts)


PROVIDER = QualityCriteria()
PROVIDER_6K = QualityCriteria(max_rmse=6.0)
RAW = QualityCriteria(None, None, False)


def apply_quality(
    value: Float32s,
    scene_flag: Float32s | None,
    rmse: Float32s | None,
    criteria: QualityCriteria,
    valid_range: tuple[float, float] | None = None,
    controlled: bool = True,
) -> tuple[Float32s, Reasons]:
    """Return the kept values (NaN where rejected) and the reasons (bits of `Rejection`, 0 where kept).

    All arrays have one shape; NaN is no retrieval. A scene flag or an RMSE that is NaN itself fails its criterion. None for
    either means that the archive has no such layer: that criterion is then not applied, and the caller must say so.
    `controlled` is False for RMSE and scene flags, which are shown as they are.
    """
    value = np.asarray(value, dtype=np.float32)
    reason = np.zeros(value.shape, dtype=np.uint8)
    if controlled:
        if criteria.max_scene_flag is not None and scene_flag is not None:
            reason[~(scene_flag <= np.float32(criteria.max_scene_flag))] |= np.uint8(Rejection.SCENE_FLAG)
        if criteria.rejected_flags and scene_flag is not None:
            missing = ~np.isfinite(scene_flag)
            bits = np.where(missing, 0, scene_flag).astype(np.int64)
            reason[missing | (bits & criteria.rejected_flags != 0)] |= np.uint8(Rejection.SCENE_FLAG)
        if criteria.max_rmse is not None and rmse is not None:
            reason[~(rmse <= np.float32(criteria.max_rmse))] |= np.uint8(Rejection.RMSE)
        if criteria.valid_ranges and valid_range is not None:
            low, high = (np.float32(limit) for limit in valid_range)
            reason[~((value >= low) & (value <= high))] |= np.uint8(Rejection.OUT_OF_RANGE)
    reason[np.isnan(value)] = np.uint8(Rejection.NO_RETRIEVAL)
    return np.where(reason == 0, value, np.float32(np.nan)), reason


def unapplied_criteria(
    criteria: QualityCriteria, has_scene_flags: bool, has_rmse: bool, controlled: bool = True
) -> tuple[str, ...]:
    """Return the criteria that are asked for but cannot be applied, because the archive lacks their layer."""
    asked = (
        ("scene flags", criteria.uses_scene_flags, has_scene_flags),
        ("RMSE", criteria.max_rmse is not None, has_rmse),
    )
    return tuple(name for name, wanted, there in asked if controlled and wanted and not there)


@dataclass(frozen=True)
class QualityCounts:
    """How many retrievals there are, how many are kept, and how many each criterion drops (one may be dropped by several)."""

    retrievals: int
    kept: int
    scene_flag: int
    rmse: int
    out_of_range: int

    @classmethod
    def of(cls, reason: Reasons) -> QualityCounts:
        """Count the reasons of `apply_quality`."""
        tally = np.bincount(reason.ravel(), minlength=16)[:16]
        bits = np.arange(16)
        having = {flag: int(tally[(bits & flag) != 0].sum()) for flag in Rejection}
        return cls(
            retrievals=int(reason.size) - having[Rejection.NO_RETRIEVAL],
            kept=int(tally[0]),
            scene_flag=having[Rejection.SCENE_FLAG],
            rmse=having[Rejection.RMSE],
            out_of_range=having[Rejection.OUT_OF_RANGE],
        )

    def __add__(self, other: QualityCounts) -> QualityCounts:
        return QualityCounts(
            self.retrievals + other.retrievals,
            self.kept + other.kept,
            self.scene_flag + other.scene_flag,
            self.rmse + other.rmse,
            self.out_of_range + other.out_of_range,
        )

    def __str__(self) -> str:
        if not self.retrievals:
            return "no retrievals on this day"
        text = f"{_share(self.kept, self.retrievals)} of {self.retrievals:,} retrievals kept"
        dropped = (("scene flag", self.scene_flag), ("RMSE", self.rmse), ("range", self.out_of_range))
        return " · ".join([text, *(f"{name} −{_share(n, self.retrievals)}" for name, n in dropped if n)])


def rejection_text(reason: int) -> str:
    """Return the reasons as tables write them: empty where kept, else names joined by `+`."""
    return "+".join(name for flag, name in REJECTION_NAMES.items() if reason & flag)


def explain_rejection(reason: int, scene_flag: float | None, rmse: float | None, criteria: QualityCriteria) -> str:
    """Return why one value was rejected, with the values that decided, such as `RMSE 9.2 K > 8 K`; empty where it was kept."""
    if reason & Rejection.NO_RETRIEVAL:
        return "no retrieval"
    parts = []
    if reason & Rejection.SCENE_FLAG:
        parts.append(f"scene flag {explain_scene_flag(scene_flag)}")
    if reason & Rejection.RMSE:
        if rmse is None or criteria.max_rmse is None or not np.isfinite(rmse):
            parts.append("RMSE missing")
        else:
            parts.append(_too_high(rmse, criteria.max_rmse))
    if reason & Rejection.OUT_OF_RANGE:
        parts.append("outside the valid range")
    return ", ".join(parts)


def tell_fate(reason: int, scene_flag: float | None, rmse: float | None, criteria: QualityCriteria) -> str:
    """Return `kept`, or `rejected: ` and why."""
    why = explain_rejection(reason, scene_flag, rmse, criteria)
    return f"rejected: {why}" if why else "kept"


def _too_high(rmse: float, limit: float) -> str:
    # Three digits, but never so few that a value seems to be at the limit.
    short = f"{rmse:.3g}"
    return f"RMSE {short if float(short) > limit else f'{rmse:g}'} K > {limit:g} K"


def explain_scene_flag(scene_flag: float | None) -> str:
    """Return a scene flag with the names of its bits, such as `8 (frozen)`."""
    if scene_flag is None or not np.isfinite(scene_flag):
        return "missing"
    flag = int(scene_flag)
    names = [name for bit, name in SCENE_FLAG_BITS.items() if flag & bit]
    return f"{flag} ({', '.join(names) or 'good'})"


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole
    return f"{percent:.1f} %" if 0 < percent < 1 or 99 < percent < 100 else f"{percent:.0f} %"
