# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A station's record as it is read row by row, and as what it comes to: in order of time, without what is no value."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import BadRequest, UnreadableFile
from ..variables import Conversion, Role
from .station import GOOD
from .station_text import is_missing
from .station_times import Clock
from .station_units import conversion_from

LONGEST_FLAG = 32
"""Characters of a flag that are kept: every value has room for the longest."""
MOST_FLAGS = 1_000
"""Different ones in a file; further ones count as one, which is a doubt."""
_ISMN_FLAG = re.compile(r"(?:G|M|[CD]\d\d)(?:,[CD]\d\d)*")
_BETWEEN_FLAGS = re.compile(r"[,;\s]+")
_MANY = "…"
_PERCENT = 100.0
_MOST_CODES = 2
"""Different codes of missing values that a file may have beside its values; percents are of more kinds."""
_FEW = 0.01
"""The share of values that may be faults of a sensor."""


@dataclass(frozen=True)
class Readings:
    """What a file says of one sensor: minutes and offsets as `Clock` reads them, numbers with NaN for missing ones, codes of flags."""

    times: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("h"))
    values: array[float] = field(default_factory=lambda: array("d"))
    flags: array[int] = field(default_factory=lambda: array("H"))

    def add(self, time: tuple[int, int], value: float, flag: int) -> None:
        """Take a row."""
        self.times.append(time[0])
        self.offsets.append(time[1])
        self.values.append(value)
        self.flags.append(flag)


class Flags:
    """The flags of one file's values, each with a number: a file of millions of values has few different ones."""

    def __init__(self) -> None:
        self._codes = {_MANY: 0}
        self._counts = [0]

    def code(self, text: str) -> int:
        """Return the number of a value's flag; several may stand with commas, semicolons or spaces between them."""
        code = self._codes.get(text)
        if code is None:
            code = self._new_code(text)
        self._counts[code] += 1
        return code

    def _new_code(self, text: str) -> int:
        text = "" if is_missing(text) else ",".join(_BETWEEN_FLAGS.split(text[:LONGEST_FLAG].strip()))
        if text not in self._codes and len(self._codes) >= MOST_FLAGS and text != GOOD:
            return 0
        code = self._codes.setdefault(text, len(self._codes))
        self._counts += [0] * (code + 1 - len(self._counts))
        return code

    @property
    def are_told(self) -> bool:
        """Whether there is one that is not empty."""
        return any(text not in (_MANY, "") for text in self._codes)

    @property
    def odd(self) -> str:
        """One that is not of the International Soil Moisture Network, empty without such."""
        return next((text for text in self._codes if _is_odd(text)), "")

    @property
    def are_ismns(self) -> bool:
        """Whether there are some, and each is one of the International Soil Moisture Network; or most are, good ones among them."""
        odd = sum(self._counts[code] for text, code in self._codes.items() if _is_odd(text))
        told = sum(self._counts[code] for text, code in self._codes.items() if text not in (_MANY, ""))
        return self.are_told and (not odd or (GOOD in self._codes and 2 * odd < told))

    def texts(self, codes: NDArray[np.uint16]) -> NDArray[np.bytes_]:
        """Return the flags with these numbers, in ASCII."""
        return np.array([text.encode("ascii", "replace") for text in self._codes], "S")[codes]


def _is_odd(flag: str) -> bool:
    return flag not in (_MANY, "") and not _ISMN_FLAG.fullmatch(flag)


@dataclass(frozen=True, eq=False)
class Record:
    """`times` is datetime64[m] in UTC, ascending, each once; `values` in the role's units if they had to be converted; and notes."""

    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    flags: NDArray[np.bytes_] | None
    notes: tuple[str, ...]


def record_of(
    whose: str,
    read: Readings,
    clock: Clock,
    flags: Flags | None,
    role: Role | None,
    conversion: Conversion | None,
) -> Record:
    """Return what readings come to; `whose` they are is said in sentences. Values outside the valid range of `role` are none; of several of one time a good one counts.

    `conversion` is None where the file tells no units; numbers are then taken as they are, if they can be the role's.
    Raises UnreadableFile where no value is left, BadRequest where numbers, times or flags show that they mean something else.
    """
    by = conversion or Conversion()
    values = np.array(read.values) * by.scale + by.offset
    there = np.flatnonzero(np.isfinite(values))
    if not there.size:
        raise UnreadableFile(
            f"{whose} holds no value.", "Every value of it is missing, or none has a date that can be read."
        )
    valid, said = plausible(values[there], role, whose, conversion is not None)
    there = there[valid]
    times, about_times = clock.utc(np.array(read.times)[there], np.array(read.offsets)[there])
    texts = None if flags is None else flags.texts(np.array(read.flags)[there])
    values = values[there]
    good = np.ones(there.size, dtype=bool) if texts is None else texts == GOOD.encode()
    kept, about_order = _each_once(whose, times, values, good)
    return Record(
        times[kept].astype("datetime64[m]"), values[kept], None if texts is None else texts[kept],
        (*about_times, *said, *about_order),
    )  # fmt: skip


def plausible(
    values: NDArray[np.float64], role: Role | None, whose: str, has_units: bool
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return which values lie in the role's valid range, and a note on those that do not: codes of missing values, faults of a sensor.

    Raises BadRequest where most are beyond it or none is left, so that they are hardly in the role's units; and without units where more
    are beyond it than codes or faults: percents of dry soil lie below 1, too.
    """
    if role is None or role.valid_range is None:
        return np.ones(values.size, dtype=bool), ()
    low, high = role.valid_range
    valid = (values >= low) & (values <= high)
    beyond = values[~valid]
    if not beyond.size:
        return valid, ()
    span = f"{low:g} to {high:g} {role.units}"
    percent = beyond[(beyond > high) & (beyond <= _PERCENT)]
    are_many = np.unique(percent).size > _MOST_CODES and percent.size > _FEW * values.size
    if conversion_from(role, "%") != Conversion() and (percent.size > valid.sum() or (are_many and not has_units)):
        or_not = "" if has_units else "; if not, “# units: m3/m3”"
        raise BadRequest(
            f"{whose} has values of up to {percent.max():g}, and {role.title.lower()} is {span}.",
            f"If they are percent, put the line “# units: %” above the header of the CSV file{or_not}.",
        )
    if not valid.any():
        raise BadRequest(f"{whose} holds no value of {span}.", f"Its values are such as {beyond[0]:g}.")
    return valid, (f"{whose}: {beyond.size:,} values outside {span} are left out, such as {beyond[0]:g}.",)


def _each_once(
    whose: str, times: NDArray[np.int64], values: NDArray[np.float64], good: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return which readings count, in order of time: of those of one time the first good one, or else the first."""
    if (times[1:] > times[:-1]).all():
        return np.arange(times.size), ()
    order = np.lexsort((~good, times))  # equal ones stay in the file's order
    is_first = np.append(True, np.diff(times[order]) > 0)
    kept = order[is_first]
    chosen = np.repeat(kept, np.diff(np.append(np.flatnonzero(is_first), times.size)))
    twice = times.size - kept.size
    other = int(((values[order] != values[chosen]) & (good[order] == good[chosen])).sum())
    if 2 * other > kept.size:
        raise BadRequest(
            f"{whose} seems to mix several sensors or quantities: {other:,} values differ from another one of the same time and station.",
            "Tell them apart by a column station, sensor, depth or variable, or put them into files of their own.",
        )
    if not twice:
        return kept, ()
    which = "the first good one of each" if not good.all() else "the first of each"
    return kept, (f"{whose}: {twice:,} values have the time of another one; {which} is used.",)
