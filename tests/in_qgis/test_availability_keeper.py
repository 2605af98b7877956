# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counting every day in the background: nearest first, never in the way of other work, saved, and again where a file has changed."""

from __future__ import annotations

import datetime as dt
import os
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.granules import write_day
from in_qgis.waiting import let_events_pass, wait_for

from smos_ib_explorer.plugin.adapters import availability_keeper
from smos_ib_explorer.plugin.adapters.availability_keeper import KIND, AvailabilityKeeper
from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine
from smos_ib_explorer.plugin.adapters.tasks import Background
from smos_ib_explorer.plugin.core.archive import Granule, Problem, scan
from smos_ib_explorer.plugin.core.assembly import without
from smos_ib_explorer.plugin.core.availability import State
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.tally import Tally

A = Orbit.ASCENDING
DAYS = [dt.date(2024, 2, 27) + dt.timedelta(days=number) for number in range(7)]
GAP = DAYS[2]


class CountingReader(Reader):
    """Remembers which days were read, and waits before each where a test wants it."""

    def __init__(self) -> None:
        super().__init__(GdalEngine())
        self.read: list[dt.date] = []
        self.may_read, self.reading = threading.Event(), threading.Event()
        self.may_read.set()

    def retrievals(self, granule: Granule, *how):
        self.reading.set()
        assert self.may_read.wait(30)
        self.read.append(granule.date)
        return super().retrievals(granule, *how)


@pytest.fixture
def folder(demo_folder: Path, tmp_path: Path) -> Path:
    """Six days and a gap, one of them no netCDF file behind its first bytes."""
    root = tmp_path / "archive"
    root.mkdir()
    source = next(demo_folder.rglob("*CDF3SA_20240830*.nc"))
    for day in DAYS:
        if day != GAP:
            os.link(source, root / source.name.replace("20240830", f"{day:%Y%m%d}"))
    broken = next(root.glob("*20240302*"))
    start = source.read_bytes()[:1000]
    broken.unlink()
    broken.write_bytes(start)
    return root


@pytest.fixture
def reader() -> CountingReader:
    return CountingReader()


@pytest.fixture
def background(qgis_app) -> Iterator[Background]:
    tasks = Background()
    yield tasks
    tasks.close()


@pytest.fixture
def opened(reader: CountingReader, folder: Path) -> Opened:
    return reader.learn(scan(folder))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability_keeper, "CALM_MS", 0)
    monkeypatch.setattr(availability_keeper, "GROW_S", 0)


def keeper_in(tmp_path: Path, reader: Reader, background: Background) -> AvailabilityKeeper:
    keeper = AvailabilityKeeper(reader, background, tmp_path / "cache")
    keeper.failed.connect(lambda error: traceback.print_exception(None, error, error.__traceback__))
    return keeper


def fill(keeper: AvailabilityKeeper, opened: Opened, day: dt.date = DAYS[-1]) -> None:
    wait_for(keeper.changed, lambda: keeper.fill(opened, "SM", A, day), lambda tallies: keeper.is_complete)


def test_the_days_are_counted_nearest_first_and_saved(tmp_path, reader, background, opened):
    keeper = keeper_in(tmp_path, reader, background)
    fill(keeper, opened, DAYS[5])
    assert reader.read == [DAYS[5], *sorted((DAYS[4], DAYS[6])), DAYS[3], DAYS[1], DAYS[0]]
    land = keeper.availability(PROVIDER, 200_000)
    names = [State(one).name for one in land.states]
    assert names == ["KEPT", "KEPT", "NO_FILE", "KEPT", "UNREADABLE", "KEPT", "KEPT"]
    truth = reader.day(
        opened.archive.granule(DAYS[0], A), opened.recognition, opened.recognition.variable("SM"), PROVIDER
    )
    assert f"{truth.counts.kept:,} of {truth.counts.retrievals:,}" in land.describe(DAYS[0])
    assert "unreadable: " in land.describe(DAYS[4])

    reader.read.clear()
    again = keeper_in(tmp_path, reader, background)
    fill(again, opened)
    assert reader.read == [DAYS[4]]  # the broken one may have become whole
    assert again.availability(PROVIDER).kept.tolist() == land.kept.tolist()


def test_a_damaged_file_is_of_the_day_that_the_user_reads_in_its_name(tmp_path, reader, background):
    days = [dt.date(2020, 1, number) for number in (1, 2, 3)]
    paths = [write_day(tmp_path / "other", day, name=f"x_{day:%d%m%Y}.nc") for day in days]
    damaged = Problem(paths[1], "The file is damaged.")
    learnt = reader.learn(scan(tmp_path / "other"), Corrections(dates="DDMMYYYY"))
    opened = replace(learnt, archive=without(learnt.archive, [damaged]))
    keeper = keeper_in(tmp_path, reader, background)
    keeper.fill(opened, "SM", Orbit.UNKNOWN, days[0])
    states = keeper.availability(PROVIDER).states
    keeper.close()
    assert [State(one).name for one in states][1] == "UNREADABLE"


def test_a_changed_file_is_counted_again_and_a_new_variable_from_the_start(
    tmp_path, reader, background, opened, folder
):
    keeper = keeper_in(tmp_path, reader, background)
    fill(keeper, opened)
    path = opened.archive.granule(DAYS[1], A).path
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    reader.read.clear()
    fill(keeper, reader.learn(scan(folder)))
    assert sorted(reader.read) == [DAYS[1], DAYS[4]] and keeper.tallies.days.size == 5
    reader.read.clear()
    wait_for(keeper.changed, lambda: keeper.fill(opened, "VOD", A, DAYS[0]), lambda tallies: keeper.is_complete)
    assert len(reader.read) == 6


def test_it_ends_for_other_work_and_goes_on_after_it(tmp_path, reader, background, opened):
    keeper = keeper_in(tmp_path, reader, background)
    reader.may_read.clear()
    keeper.fill(opened, "SM", A, DAYS[-1])
    wait_for(keeper.changed)  # what was loaded: nothing
    assert reader.reading.wait(30)
    leave, results = threading.Event(), []
    background.start("day", "A map", lambda progress, grown: leave.wait(30), results.append, results.append)
    wait_for(keeper.changed, reader.may_read.set)  # what it was reading
    while background.is_running(KIND):
        let_events_pass()
    assert (len(reader.read), results) == (1, [])
    wait_for(keeper.changed, leave.set, lambda tallies: keeper.is_complete)
    assert len(reader.read) == 6 and results == [True]


def test_it_pauses_and_takes_days_that_were_read_anyway(tmp_path, reader, background, opened):
    keeper = keeper_in(tmp_path, reader, background)
    keeper.pause()
    keeper.fill(opened, "SM", A, DAYS[-1])
    variable = opened.recognition.variable("SM")
    for day in (DAYS[0], DAYS[1]):
        read = reader.retrievals(opened.archive.granule(day, A), opened.recognition, variable)
        keeper.take(read, Tally.of_day(read))
    other = opened.recognition.variable("VOD")
    read = reader.retrievals(opened.archive.granule(DAYS[3], A), opened.recognition, other)
    keeper.take(read, Tally.of_day(read))
    reader.read.clear()
    let_events_pass()
    assert not background.is_running(KIND) and not reader.read
    wait_for(keeper.changed, keeper.resume, lambda tallies: keeper.is_complete)
    assert sorted(reader.read) == DAYS[3:]
    assert keeper.availability(PROVIDER).kept[:2].all()


def test_it_ends_at_once_when_qgis_quits(tmp_path, reader, background, opened):
    keeper = keeper_in(tmp_path, reader, background)
    reader.may_read.clear()
    keeper.fill(opened, "SM", A, DAYS[-1])
    wait_for(keeper.changed)  # what was loaded: nothing
    assert reader.reading.wait(30)
    threading.Timer(0.05, reader.may_read.set).start()
    background.close()
    assert len(reader.read) == 1
    keeper.close()
    assert keeper.availability(PROVIDER) is None and not keeper.tallies.days.size


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path, reader, background, opened):
    (tmp_path / "cache").write_text("a file where the folder should be", "utf-8")
    keeper = keeper_in(tmp_path, reader, background)
    fill(keeper, opened)
    assert keeper.tallies.days.size == 5
