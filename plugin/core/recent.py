# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The days read last, in memory: another threshold, or a step back, then needs no file. Any thread."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Hashable
from concurrent.futures import Future

from .archive import Granule
from .day import DayRetrievals
from .errors import VanishedFile
from .fingerprint import check_unchanged
from .reader import Reader
from .recognition import Recognition
from .variables import Variable

BUDGET = 256_000_000
"""Bytes of arrays kept; a full-size day of one variable takes 1–2 MB."""


class RecentDays:
    """Reads days through a reader, keeping those used last within `budget` bytes.

    A day that one thread is reading is waited for by the others, not read twice. A changed file is another granule, so it is read again
    once a scan has found it; until then its day is refused, for what is in memory is not what the file holds.
    """

    def __init__(self, reader: Reader, budget: int = BUDGET) -> None:
        self._reader, self.budget = reader, budget
        self._days: OrderedDict[Hashable, DayRetrievals] = OrderedDict()
        self._reading: dict[Hashable, Future[DayRetrievals]] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory that the days take now."""
        with self._lock:
            return sum(day.nbytes for day in self._days.values())

    def read(self, granule: Granule, recognition: Recognition, variable: Variable, keep: bool = True) -> DayRetrievals:
        """Return a day, from memory if it is there; one that is read now is kept there, unless it is one of so many that they would push out
        all others. Raises ChangedFile, UnreadableFile and the like.
        """
        quality, lies = (recognition.scene_flags, recognition.rmse), (recognition.orientation, recognition.grid)
        key = granule, variable, *quality, *lies
        with self._lock:
            known, under_way = self._days.get(key), self._reading.get(key)
            if known is not None:
                self._days.move_to_end(key)
            elif under_way is None and keep:
                mine = self._reading[key] = Future()
        if known is not None:
            with contextlib.suppress(VanishedFile):  # with its drive, perhaps; what it held is still true
                check_unchanged(granule)
            return known
        if under_way is not None:
            return under_way.result()
        if not keep:
            return self._reader.retrievals(granule, recognition, variable)
        try:
            day = self._reader.retrievals(granule, recognition, variable)
        except BaseException as error:
            with self._lock:
                del self._reading[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._reading[key]
            self._days[key] = day
            held = sum(one.nbytes for one in self._days.values())
            while held > self.budget and self._days:
                held -= self._days.popitem(last=False)[1].nbytes
        mine.set_result(day)
        return day

    def clear(self) -> None:
        """Forget all days."""
        with self._lock:
            self._days.clear()
