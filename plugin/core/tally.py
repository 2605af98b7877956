# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counting retrievals once, so that how many of them any criteria keep is known without reading or deciding again.

A tally counts retrievals that quality control cannot tell apart: same class of scene flag, RMSE between the same two limits, both in or
out of the valid range. It gives exactly the count of `apply_quality` for a scene flag limit of 0 to 15, rejected flags among the four bits
that have a name, and an RMSE limit of one decimal from 0 to 50 K. Another RMSE limit counts as the next lower one of these.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .archive import Granule
from .day import DayRetrievals
from .quality import Float32s, QualityCriteria
from .series import Days, TimeSeries
from .variables import Variable

Codes = NDArray[np.uint16]
Counts = NDArray[np.int64]

RMSE_LIMITS: Float32s = (np.arange(501) / 10).astype(np.float32)
"""The limits (K) that a tally tells apart, in the precision in which quality control compares."""
CURVE_LIMITS = np.arange(201) / 10
"""The RMSE limits (K) of a retention curve: 0, 0.1 … 20."""

# RMSE: class i keeps limit i and not the one below; the last is above all limits or missing, which no limit keeps.
_RMSE_CLASSES = RMSE_LIMITS.size + 1
# Scene flags: 0–15 as they are; 16–31 for higher ones by their lowest four bits; 32 where missing.
_MISSING_FLAG, _FLAG_CLASSES = 32, 33
# A kind is the class of the scene flag × 2, and 1 more within the valid range; a code is the kind × _RMSE_CLASSES + the RMSE's class.
_KINDS = 2 * _FLAG_CLASSES
CODES = _KINDS * _RMSE_CLASSES
"""Codes are below this."""


@dataclass(frozen=True, eq=False)
class Tally:
    """How many retrievals of a variable, of a day or a record, have which quality. `counts` (n,) along `codes`, (n,) ascending.

    What is absent rejects nothing: a layer that the archive lacks, a valid range, quality control of RMSE and scene flags.
    """

    codes: Codes
    counts: NDArray[np.uint32]

    @classmethod
    def of(cls, values: Float32s, scene_flag: Float32s | None, rmse: Float32s | None, variable: Variable) -> Tally:
        """Count the retrievals among `values` (NaN is none), with the quality layers along them (None: the archive has no such layer)."""
        codes = np.ones(values.shape, dtype=np.intp)  # of the first flag, in range
        if variable.quality_controlled:
            if variable.valid_range is not None:
                low, high = (np.float32(limit) for limit in variable.valid_range)
                codes = ((values >= low) & (values <= high)).astype(np.intp)
            if scene_flag is not None:
                codes += 2 * _flag_classes(scene_flag)
        codes *= _RMSE_CLASSES
        if variable.quality_controlled and rmse is not None:
            codes += np.searchsorted(RMSE_LIMITS, rmse)  # NaN comes after all
        counts = np.bincount(codes[~np.isnan(values)], minlength=CODES)
        there = np.flatnonzero(counts)
        return cls(there.astype(np.uint16), counts[there].astype(np.uint32))

    @classmethod
    def of_day(cls, day: DayRetrievals) -> Tally:
        """Count a day's retrievals. A full-size day takes some milliseconds."""
        return cls.of(day.values, day.scene_flag, day.rmse, day.variable)

    @classmethod
    def of_series(cls, series: TimeSeries, variable: Variable) -> Tally:
        """Count the retrievals of a cell's record."""
        return cls.of(series.values[variable.id], series.scene_flag, series.rmse, variable)

    @property
    def retrievals(self) -> int:
        """How many retrievals there are."""
        return int(self.counts.sum())

    def kept(self, criteria: QualityCriteria) -> int:
        """Return how many retrievals the criteria keep."""
        passes = _kept_kinds(criteria)[self.codes // _RMSE_CLASSES]
        passes &= self.codes % _RMSE_CLASSES <= _last_class(criteria)
        return int(self.counts[passes].sum())

    def retention(self, criteria: QualityCriteria) -> NDArray[np.float64]:
        """Return the share (0–1) that is kept under each of `CURVE_LIMITS` and the other criteria; NaN without retrievals."""
        passes = _kept_kinds(criteria)[self.codes // _RMSE_CLASSES]
        classes = self.codes[passes] % _RMSE_CLASSES
        under = np.bincount(classes, self.counts[passes], _RMSE_CLASSES).cumsum()[: CURVE_LIMITS.size]
        return under / self.retrievals if self.retrievals else np.full(CURVE_LIMITS.size, np.nan)


@dataclass(frozen=True, eq=False)
class Tallies:
    """The tallies of many days of one variable and orbit, (n,) `days` ascending, each with its file's fingerprint.

    Day i has the `codes` from `starts[i]` to `starts[i + 1]`; `sums` holds the running total of their counts, from 0, and runs over after
    2³² (differences stay right). About 1,000 codes of 6 bytes are a day of the whole globe.
    """

    days: Days
    sizes: Counts
    modified: Counts
    starts: Counts
    codes: Codes
    sums: NDArray[np.uint32]

    @classmethod
    def none(cls) -> Tallies:
        """Return the tallies of no day."""
        return cls.joined([], [], [], [], [])

    @classmethod
    def joined(
        cls,
        days: list[np.datetime64],
        sizes: list[int],
        modified: list[int],
        codes: list[Codes],
        counts: list[NDArray[np.uint32]],
    ) -> Tallies:
        """Return tallies day by day, in order of date."""
        starts = np.cumsum([0, *(len(one) for one in codes)])
        total = np.zeros(starts[-1] + 1, dtype=np.uint32)
        if codes:
            np.cumsum(np.concatenate(counts), dtype=np.uint32, out=total[1:])
        whole = np.concatenate(codes) if codes else np.empty(0, dtype=np.uint16)
        made = cls(
            np.array(days, "datetime64[D]"),
            np.array(sizes, np.int64),
            np.array(modified, np.int64),
            starts,
            whole,
            total,
        )
        _ = made._runs  # here and not where they are first needed: that is the interface's thread
        return made

    @cached_property
    def _runs(self) -> tuple[Counts, Counts, Counts]:
        """Codes of one day and kind lie side by side: where each such run starts (and one more for the end), its day and its kind."""
        kinds = self.codes // np.uint16(_RMSE_CLASSES)
        first = np.ones(self.codes.size, dtype=bool)
        np.not_equal(kinds[1:], kinds[:-1], out=first[1:])
        first[self.starts[:-1][self.starts[:-1] < self.codes.size]] = True
        at = np.flatnonzero(first)
        day = np.searchsorted(self.starts, at, side="right") - 1
        return np.append(at, self.codes.size), day, kinds[at].astype(np.int64)

    def with_days(self, new: Mapping[Granule, Tally]) -> Tallies:
        """Return these tallies and those of some granules, which take the place of older ones of the same day."""
        fresh = {np.datetime64(granule.date): (granule, tally) for granule, tally in new.items()}
        counts = np.diff(self.sums)
        parts: dict[np.datetime64, tuple[int, int, Codes, NDArray[np.uint32]]] = {}
        rows = zip(
            self.days, self.sizes.tolist(), self.modified.tolist(), self.starts.tolist(), self.starts[1:].tolist()
        )
        for day, size, modified, start, end in rows:
            parts[day] = size, modified, self.codes[start:end], counts[start:end]
        for day, (granule, tally) in fresh.items():
            size, modified = _print(granule)
            parts[day] = size, modified, tally.codes, tally.counts
        days = sorted(parts)
        sizes, times, codes, numbers = (list(one) for one in zip(*(parts[day] for day in days))) if days else ([],) * 4
        return Tallies.joined(days, sizes, times, codes, numbers)

    def only(self, chosen: NDArray[np.bool_]) -> Tallies:
        """Return the tallies of the days that are chosen, (n,)."""
        if chosen.all():
            return self
        at, counts = np.flatnonzero(chosen), np.diff(self.sums)
        slices = [slice(self.starts[one], self.starts[one + 1]) for one in at]
        return Tallies.joined(
            list(self.days[at]),
            list(self.sizes[at]),
            list(self.modified[at]),
            [self.codes[one] for one in slices],
            [counts[one] for one in slices],
        )

    def current(self, granules: list[Granule]) -> NDArray[np.bool_]:
        """Return for each day, (n,), whether one of the granules is of that day and still is the file that was counted."""
        prints = {np.datetime64(one.date): _print(one) for one in granules}
        rows = zip(self.days, self.sizes.tolist(), self.modified.tolist())
        return np.array([prints.get(day) == (size, modified) for day, size, modified in rows], dtype=bool)

    @property
    def retrievals(self) -> Counts:
        """How many retrievals each day has, (n,)."""
        bounds = self.sums[self.starts]
        return np.asarray(bounds[1:] - bounds[:-1], dtype=np.int64)

    def kept(self, criteria: QualityCriteria) -> Counts:
        """Return how many retrievals of each day the criteria keep, (n,). Fast enough to follow a limit that is being dragged."""
        bounds, day, kind = self._runs
        wanted = np.flatnonzero(_kept_kinds(criteria)[kind])
        start, day = bounds[wanted], day[wanted]
        end = self._after(start, bounds[wanted + 1], kind[wanted] * _RMSE_CLASSES + _last_class(criteria))
        kept = self.sums[end] - self.sums[start]
        return np.asarray(np.bincount(day, kept, self.days.size), dtype=np.int64)

    def _after(self, low: Counts, high: Counts, code: Counts) -> Counts:
        """Return where in each run from `low` to `high` the codes get above `code`: all runs halved together."""
        longest = int((high - low).max(initial=0))
        for _ in range(longest.bit_length()):
            middle = (low + high) // 2
            inside = low < high
            below = inside & (self.codes[np.where(inside, middle, 0)] <= code)
            low = np.where(below, middle + 1, low)
            high = np.where(inside & ~below, middle, high)
        return low


def _flag_classes(scene_flag: Float32s) -> NDArray[np.intp]:
    missing = ~np.isfinite(scene_flag)
    flags = np.where(missing, 0, scene_flag).astype(np.int64)
    classes = np.where(flags > 15, 16 + (flags & 15), flags)
    classes[missing] = _MISSING_FLAG
    return classes.astype(np.intp)


def _kept_kinds(criteria: QualityCriteria) -> NDArray[np.bool_]:
    """Return for each kind whether scene flag and range are kept."""
    classes = np.arange(_FLAG_CLASSES)
    kept = np.ones(_FLAG_CLASSES, dtype=bool)
    if criteria.max_scene_flag is not None:
        kept &= classes <= min(criteria.max_scene_flag, 15)
    if criteria.rejected_flags:
        kept &= (classes & 15 & criteria.rejected_flags) == 0
        kept[_MISSING_FLAG] = False
    out_of_range = kept & (not criteria.valid_ranges)
    return np.column_stack([out_of_range, kept]).ravel()


def _last_class(criteria: QualityCriteria) -> int:
    """Return the highest class of RMSE that is kept."""
    if criteria.max_rmse is None:
        return _RMSE_CLASSES - 1
    return int(np.searchsorted(RMSE_LIMITS, np.float32(criteria.max_rmse), side="right")) - 1


def _print(granule: Granule) -> tuple[int, int]:
    """Return a granule's fingerprint, into which the file's name went: of two files for one day another one may be used than before."""
    size, modified = granule.size, granule.modified
    return size, modified ^ zlib.crc32(granule.path.name.encode("utf-8", "replace"))
