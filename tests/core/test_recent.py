# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Days kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from smos_ib_explorer.plugin.core.archive import Granule
from smos_ib_explorer.plugin.core.day import DayRetrievals
from smos_ib_explorer.plugin.core.errors import UnreadableFile
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.recent import RecentDays

OpenDays = Callable[..., tuple[Reader, Opened]]


class Counting:
    """A reader that counts what it reads, and may be held up or fail."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.days, self.error = reader, [], None
        self.go_on = threading.Event()
        self.go_on.set()
        self.begun = threading.Event()

    def retrievals(self, granule: Granule, recognition: Any, variable: Any) -> DayRetrievals:
        self.days.append(granule.date)
        self.begun.set()
        self.go_on.wait(10)
        if self.error:
            raise self.error
        return self.reader.retrievals(granule, recognition, variable)


@pytest.fixture
def three_days(open_days: OpenDays) -> tuple[Counting, RecentDays, Opened]:
    reader, opened = open_days("2015-05-06", "2015-05-07", "2015-05-08")
    counting = Counting(reader)
    return counting, RecentDays(counting), opened


def test_a_day_is_read_once(three_days: Any) -> None:
    counting, recent, opened = three_days
    sm, vod = (opened.recognition.variable(name) for name in ("SM", "VOD"))
    first = opened.archive.granules[0]
    assert recent.read(first, opened.recognition, sm) is recent.read(first, opened.recognition, sm)
    assert recent.read(first, opened.recognition, vod).variable == vod
    assert len(counting.days) == 2
    recent.clear()
    recent.read(first, opened.recognition, sm)
    assert len(counting.days) == 3


def test_the_day_used_longest_ago_goes_first(three_days: Any) -> None:
    counting, recent, opened = three_days
    sm, granules = opened.recognition.variable("SM"), opened.archive.granules
    recent.budget = 2 * recent.read(granules[0], opened.recognition, sm).nbytes + 100
    for number in (1, 0, 2, 0, 1):
        recent.read(granules[number], opened.recognition, sm)
        assert recent.nbytes <= recent.budget
    assert [day.day for day in counting.days] == [6, 7, 8, 7]


def test_a_day_not_to_be_kept_comes_from_memory_where_it_is_there_and_pushes_out_none(three_days: Any) -> None:
    counting, recent, opened = three_days
    sm, (known, other, _) = opened.recognition.variable("SM"), opened.archive.granules
    day, held = recent.read(known, opened.recognition, sm), recent.nbytes
    assert recent.read(known, opened.recognition, sm, keep=False) is day
    for _ in range(2):
        assert recent.read(other, opened.recognition, sm, keep=False).granule == other
    assert [one.day for one in counting.days] == [6, 7, 7] and recent.nbytes == held


def test_two_threads_read_a_day_once(three_days: Any) -> None:
    counting, recent, opened = three_days
    sm, granule = opened.recognition.variable("SM"), opened.archive.granules[0]
    counting.go_on.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(recent.read, granule, opened.recognition, sm)
        counting.begun.wait(10)
        second = pool.submit(recent.read, granule, opened.recognition, sm)
        counting.go_on.set()
        assert first.result(10) is second.result(10)
    assert len(counting.days) == 1


def test_a_day_that_could_not_be_read_is_tried_again(three_days: Any) -> None:
    counting, recent, opened = three_days
    sm, granule = opened.recognition.variable("SM"), opened.archive.granules[0]
    counting.error = UnreadableFile("broken", "")
    with pytest.raises(UnreadableFile):
        recent.read(granule, opened.recognition, sm)
    counting.error = None
    assert recent.read(granule, opened.recognition, sm).values.size
