# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Building a store: stopped, killed, out of room, with files that come, change and go, it is right at every moment and goes on."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import io
import math
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.granules import cell, every_day, name_of, write_day, write_days
from core.stores import (
    SOFTWARE,
    SOME_CELLS,
    StoredArchive,
    WatchedEngine,
    assert_same,
    in_child,
    small_parts,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.ahead import WORKERS
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.engine import NETCDF_LOCK, Attributes, Engine, NewVariable
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, UnreadableFile
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.reader import GranuleValues, Opened
from smos_ib_explorer.plugin.core.series import TimeSeries, read_many
from smos_ib_explorer.plugin.core.store import build, tiles
from smos_ib_explorer.plugin.core.store.build import build_store
from smos_ib_explorer.plugin.core.store.folder import remove_store
from smos_ib_explorer.plugin.core.store.lock import only_builder
from smos_ib_explorer.plugin.core.store.manifest import (
    MANIFEST_NAME,
    NOTHING,
    UNREAD,
    Manifest,
    Part,
    StoredGranule,
    TileFile,
)
from smos_ib_explorer.plugin.core.store.merge import SIMILAR, parts_to_merge
from smos_ib_explorer.plugin.core.store.runs import EPOCH, RunBuffer

pytest.importorskip("netCDF4")

A = Orbit.ASCENDING
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")


@pytest.fixture(scope="module", autouse=True)
def _small_parts() -> Iterator[None]:
    with small_parts():
        yield


@pytest.fixture(scope="module")
def one_engine(engines: list[Engine]) -> Engine:
    """Any engine, where it makes no difference which."""
    return engines[0]


@pytest.fixture(scope="module")
def daily_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six ascending days and two descending ones."""
    root = tmp_path_factory.mktemp("daily")
    write_days(root, "2016-01-01/2016-01-06", compressed=True)
    write_days(root, "2016-01-05/2016-01-06", orbits="D", compressed=True)
    return root


@pytest.fixture(scope="module")
def expected(daily_files: Path, one_engine: Engine) -> list[TimeSeries]:
    """What they say."""
    archive = StoredArchive.at(one_engine, daily_files)
    return archive.answers(archive.opened())


@pytest.fixture
def archive(one_engine: Engine, tmp_path: Path) -> StoredArchive:
    """An archive of six days of its own, without a store."""
    write_days(tmp_path / "files", "2016-01-01/2016-01-06", compressed=True)
    return StoredArchive(one_engine, tmp_path / "files", tmp_path / "store")


def names(*days: str, orbits: str = "A") -> set[str]:
    return {name_of(day, orbit) for day in every_day(*days) for orbit in orbits}


def in_store(archive: StoredArchive) -> set[str]:
    """Return the names of the files that the manifest says are in the store."""
    if not (archive.folder / MANIFEST_NAME).exists():
        return set()
    return {Path(path).name for path, one in archive.manifest.granules.items() if one.part != UNREAD}


def assert_goes_on(archive: StoredArchive, expected: list[TimeSeries]) -> None:
    """Fail unless the store is right as it is now, and the next build reads what is missing, no more, and leaves nothing behind."""
    there = in_store(archive)
    everything = {path.name for path in archive.root.rglob("*.nc") if archive.folder not in path.parents}
    assert archive.check(expected) == everything - there
    archive.build()
    assert sorted(archive.reader.for_store) == sorted(everything - there)
    assert archive.check(expected) == set()
    assert {path.name for path in archive.folder.iterdir()} == {
        "README.txt",
        "building.lock",
        "manifest.json",
        *(part.name for part in archive.manifest.parts),
    }
    assert not any(part.is_run for part in archive.manifest.parts)
    archive.build()
    assert archive.reader.for_store == []


# --- From day by day to cell by cell ---


@given(
    st.dictionaries(
        st.dates(dt.date(1999, 1, 1), dt.date(2040, 1, 1)), st.lists(st.integers(0, 9), unique=True), max_size=8
    )
)
def test_a_run_holds_each_cell_s_days_in_order(cells_of_day: dict[dt.date, list[int]]) -> None:
    buffer = RunBuffer(variables=1, cells=10, capacity=64)  # granules of more than eight retrievals make it larger
    runs: list[dict[int, list[list[float]]]] = []
    expected: list[dict[int, list[list[float]]]] = [{}]

    def empty_the_buffer() -> None:
        cells, starts, rows = buffer.by_cell()
        assert (np.diff(cells) > 0).all() and starts[0] == 0 and starts[-1] == len(rows)
        of_cell = zip(cells.tolist(), starts[:-1].tolist(), starts[1:].tolist())
        runs.append({cell: rows[first:last].tolist() for cell, first, last in of_cell})
        buffer.clear()

    for day, cells in cells_of_day.items():
        if not buffer.has_room(len(cells)):
            empty_the_buffer()
            expected.append({})
        values = np.array(cells, dtype=np.float32).reshape(-1, 1) + np.float32(0.5)
        buffer.add(day, np.array(cells, dtype=np.int32), values)
        for one in cells:
            expected[-1].setdefault(one, []).append([float((day - EPOCH).days), one + 0.5])
    empty_the_buffer()
    assert runs == [{one: sorted(rows) for one, rows in run.items()} for run in expected]


# --- Stopping and going on ---


def cancel_at(number: int) -> Callable[[float, str], None]:
    """Return a progress callable that raises Cancelled when it is called for the `number`th time, from 0."""
    calls = count()

    def progress(share: float, what: str) -> None:
        if next(calls) == number:
            raise Cancelled

    return progress


def test_progress_grows_from_nothing_to_all(archive: StoredArchive) -> None:
    told: list[tuple[float, str]] = []
    result = archive.build(lambda share, what: told.append((share, what)))
    assert str(result) == "6 granules were added, 0 removed; the store holds 6."
    assert told[0] == (0.0, "2016-01-06") and told[-1] == (1.0, "")
    assert all(0 <= share <= 1 for share, _ in told)
    assert [what for _, what in told if what[:2] == "20"] == [f"2016-01-0{day}" for day in (6, 5, 4, 3, 2, 1)]


def test_cancelled_anywhere(daily_files: Path, expected: list[TimeSeries], one_engine: Engine, tmp_path: Path) -> None:
    calls: list[float] = []
    archive = StoredArchive(one_engine, daily_files, tmp_path / "whole")
    archive.build(lambda share, what: calls.append(share))
    assert len(calls) > 12
    for number in range(0, len(calls), 2):
        archive = StoredArchive(one_engine, daily_files, tmp_path / f"cancelled {number}")
        with pytest.raises(Cancelled):
            archive.build(cancel_at(number))
        assert len(in_store(archive)) == min(number, 8)  # what was read is kept
        assert_goes_on(archive, expected)


def test_cancelled_again_and_again(
    daily_files: Path, expected: list[TimeSeries], engine: Engine, tmp_path: Path
) -> None:
    archive = StoredArchive(engine, daily_files, tmp_path / "store")
    for number in range(4):
        with pytest.raises(Cancelled):
            archive.build(cancel_at(1))
        assert len(in_store(archive)) == number + 1
        assert archive.check(expected) == {path.name for path in daily_files.iterdir()} - in_store(archive)
    assert_goes_on(archive, expected)


def wrap_steps(engine: Engine, step: Callable[..., Callable]) -> None:
    """Put `step` around everything that changes a disk, in this process, for good."""
    os.replace, os.fsync, shutil.rmtree = step(os.replace), step(os.fsync), step(shutil.rmtree)
    Path.unlink, Path.mkdir = step(Path.unlink), step(Path.mkdir)
    Path.write_text = step(Path.write_text, lambda path, text, **how: path.write_bytes(text.encode()[: len(text) // 2]))
    np.save = step(np.save, half_an_array)
    engine.write = step(engine.write, half_a_file(engine.write))


def half_an_array(stream: Any, array: np.ndarray, save: Callable = np.save) -> None:
    whole = io.BytesIO()
    save(whole, array)
    stream.write(whole.getvalue()[: whole.tell() // 2])
    stream.flush()


def half_a_file(write: Callable) -> Callable:
    def torn(path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        write(path, variables, attributes)
        os.truncate(path, path.stat().st_size // 2)

    return torn


def killed_at(number: int, archive: StoredArchive, done: int = 0) -> int:
    """Build in a child that kills itself at the `number`th step: before it, or with a file half written. Return the exit status."""

    def work() -> None:
        calls = count()

        def step(call: Callable, torn: Callable | None = None) -> Callable:
            def wrapped(*args: Any, **how: Any) -> Any:
                if next(calls) == number:
                    if torn is not None:
                        torn(*args, **how)
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*args, **how)

            return wrapped

        wrap_steps(archive.engine, step)
        archive.build()
        os._exit(0)

    return in_child(work)


@needs_fork
def test_killed_anywhere(daily_files: Path, expected: list[TimeSeries], engines: list[Engine], tmp_path: Path) -> None:
    killed = 0
    for number in range(0, 1000, 17):
        archive = StoredArchive(engines[killed % len(engines)], daily_files, tmp_path / f"killed {number}")
        status = killed_at(number, archive)
        if status == 0:
            break
        assert status == -signal.SIGKILL
        killed += 1
        assert_goes_on(archive, expected)
    assert killed > 6


@needs_fork
def test_killed_while_days_are_appended(one_engine: Engine, tmp_path: Path) -> None:
    root = tmp_path / "files"
    write_days(root, "2016-01-01/2016-01-04", compressed=True)
    before = StoredArchive(one_engine, root, tmp_path / "before")
    before.build()
    write_days(root, "2016-01-03/2016-01-03", extra={"RMSE": np.full((12, 15), 3.25)}, compressed=True)
    write_days(root, "2016-01-05/2016-01-06", compressed=True)
    expected = before.answers(before.opened())
    killed = 0
    for number in range(0, 1000, 17):
        archive = replace(before, folder=tmp_path / f"killed {number}")
        shutil.copytree(before.folder, archive.folder)
        if killed_at(number, archive) == 0:
            break
        killed += 1
        assert {name_of(dt.date(2016, 1, 4))} <= names("2016-01-01/2016-01-06") - archive.check(expected)
        archive.build()
        assert archive.check(expected) == set()
    assert killed > 3


@needs_fork
def test_finished_tiles_of_a_killed_merge_are_kept(
    daily_files: Path, expected: list[TimeSeries], engine: Engine, tmp_path: Path
) -> None:
    def finished(archive: StoredArchive) -> set[str]:
        return {path.name for path in archive.folder.glob(".tiles-*/cells_*.nc")}

    archive = StoredArchive(engine, daily_files, tmp_path / "store")

    def die(share: float, what: str) -> None:
        if len(finished(archive)) >= 2:
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(lambda: archive.build(die)) == -signal.SIGKILL
    kept = finished(archive)
    assert len(kept) >= 2
    watched = WatchedEngine(engine)
    again = archive.by(watched)
    again.build()
    written = [name.rpartition("-")[0].lstrip(".") + ".nc" for name in watched.written]
    files = [file.name for part in again.manifest.parts for file in part.files]
    assert again.reader.for_store == []
    assert len(written) == len(files) - len(kept)
    assert again.check(expected) == set()


def test_a_merge_that_was_interrupted_is_not_continued_with_other_days(archive: StoredArchive) -> None:
    def stop(share: float, what: str) -> None:
        if any(archive.folder.glob(".tiles-*/cells_*.nc")):
            raise Cancelled

    with pytest.raises(Cancelled):
        archive.build(stop)
    write_days(archive.root, "2016-01-02/2016-01-02", extra={"RMSE": np.zeros((12, 15))}, compressed=True)
    write_days(archive.root, "2016-01-07/2016-01-07", compressed=True)
    archive.build()
    assert archive.check() == set()
    assert not list(archive.folder.glob(".*"))


def test_a_merge_that_was_interrupted_leaves_no_file_of_another_orbit(archive: StoredArchive) -> None:
    def stop(share: float, what: str) -> None:
        if len(list(archive.folder.glob(".tiles-*/cells_*.nc"))) > 1:
            raise Cancelled

    write_days(archive.root, "2016-01-01/2016-01-01", orbits="D", compressed=True)
    with pytest.raises(Cancelled):
        archive.build(stop)
    for path in archive.root.glob("*CDF3SA*"):
        path.unlink()
    archive.build()
    (part,) = (part for part in archive.manifest.parts if not part.is_run)
    files = {path.name for path in (archive.folder / part.name).iterdir()}
    assert files == {"cells.npy", "starts.npy", "chunks.npy", *(file.name for file in part.files)}
    assert archive.check() == set()


def test_a_damaged_file_of_a_merge_that_was_interrupted_is_not_shown_to_the_library(archive: StoredArchive) -> None:
    def stop(share: float, what: str) -> None:
        if any(archive.folder.glob(".tiles-*/cells_*.nc")):
            raise Cancelled

    with pytest.raises(Cancelled):
        archive.build(stop)
    left = list(archive.folder.glob(".tiles-*/cells_*.nc"))
    for path in left:  # as a power failure leaves it: of the right length, and zeros. It makes the HDF5 library crash.
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 3].ljust(len(content), b"\0"))
    watched = WatchedEngine(archive.engine)
    again = archive.by(watched)
    again.build()
    assert not {path.name for path in left} & set(watched.opened)
    assert again.check() == set()


def test_a_merge_that_was_interrupted_and_other_roles(archive: StoredArchive) -> None:
    def stop(share: float, what: str) -> None:
        if any(archive.folder.glob(".tiles-*/cells_*.nc")):
            raise Cancelled

    with pytest.raises(Cancelled):
        archive.build(stop)
    archive.corrections = Corrections({"RMSE": ""})
    archive.build()
    assert archive.check() == set()


# --- Days that come, change and go ---


def test_new_days_alone_are_read(one_engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path, "2016-01-03/2016-01-06", orbits="AD", compressed=True)
    archive = StoredArchive.at(one_engine, tmp_path)
    archive.build()
    for day in ("2016-01-07", "2016-01-01", "2016-01-10", "2015-12-01"):
        write_days(tmp_path, day, orbits="AD", compressed=day < "2016-01-08")
        assert archive.check() == names(day, orbits="AD")
        result = archive.build()
        assert set(archive.reader.for_store) == names(day, orbits="AD")
        assert (result.added, result.removed, result.unreadable) == (2, 0, ())
        assert archive.check() == set()


def test_a_build_with_nothing_to_do_writes_no_part(archive: StoredArchive) -> None:
    archive.build()
    before = {path: path.stat().st_mtime_ns for path in archive.folder.rglob("*.n*")}
    assert str(archive.build()) == "0 granules were added, 0 removed; the store holds 6."
    assert {path: path.stat().st_mtime_ns for path in archive.folder.rglob("*.n*")} == before


def rewritten(path: Path, day: dt.date, **how: Any) -> None:
    """Give a file the content of another day, and a time of its own."""
    modified = path.stat().st_mtime_ns
    write_day(path.parent, day, name=path.name, compressed=True, **how)
    os.utime(path, ns=(modified, modified + 1_000_000_000))


def test_a_changed_file_is_read_again(archive: StoredArchive) -> None:
    archive.build()
    before = archive.answers(archive.opened())
    changed = archive.root / name_of(dt.date(2016, 1, 3))
    for other in (dt.date(2012, 1, 1), dt.date(2013, 1, 1)):
        rewritten(changed, other)
        assert archive.check() == {changed.name}
        assert archive.build().added == 1
        assert archive.reader.for_store == [changed.name]
        assert archive.check() == set()
    with pytest.raises(AssertionError):
        assert_same(archive.answers(archive.opened()), before)


def test_a_file_that_has_only_got_another_time_is_read_again(archive: StoredArchive) -> None:
    archive.build()
    path = archive.root / name_of(dt.date(2016, 1, 3))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    archive.build()
    assert archive.reader.for_store == [path.name] and archive.check() == set()


def test_removed_days_and_days_that_come_back(archive: StoredArchive) -> None:
    archive.build()
    gone = [archive.root / name_of(day) for day in every_day("2016-01-02/2016-01-03")]
    contents = [(path, path.read_bytes()) for path in gone]
    for path in gone:
        path.unlink()
    view = archive.view(archive.opened())
    assert view is not None and (view.standing.gone, view.standing.current) == (2, 4)
    assert archive.check() == set()
    result = archive.build()
    assert (result.added, result.removed, result.total) == (0, 2, 4)
    assert archive.reader.for_store == [] and archive.check() == set()
    for path, content in contents:
        path.write_bytes(content)
    assert archive.check() == {path.name for path in gone}
    assert archive.build().added == 2
    assert archive.check() == set()


def test_all_days_of_an_orbit_are_removed(archive: StoredArchive) -> None:
    write_days(archive.root, "2016-01-01/2016-01-02", orbits="D", compressed=True)
    archive.build()
    for path in archive.root.glob("*CDF3SD*"):
        path.unlink()
    assert archive.build().removed == 2
    assert archive.check() == set()
    write_days(archive.root, "2016-01-02", orbits="D", compressed=True)
    archive.build()
    assert archive.check() == set()


def test_a_renamed_file(archive: StoredArchive) -> None:
    archive.build()
    path = archive.root / name_of(dt.date(2016, 1, 3))
    newer = path.rename(path.with_name(path.name.replace("_7.DBL", "_8.DBL")))
    assert archive.check() == {newer.name}
    result = archive.build()
    assert (result.added, result.removed) == (1, 1)
    assert archive.reader.for_store == [newer.name] and archive.check() == set()


def test_a_newer_version_of_a_day_takes_its_place(archive: StoredArchive) -> None:
    archive.build()
    old = name_of(dt.date(2016, 1, 3))
    newer = write_day(archive.root, dt.date(2011, 5, 5), name=old.replace("_7.DBL", "_10.DBL"), compressed=True)
    assert archive.check() == {newer.name}
    archive.build()
    assert archive.reader.for_store == [newer.name] and archive.check() == set()
    newer.unlink()
    assert archive.check() == {old}
    archive.build()
    assert archive.check() == set()


def test_a_moved_archive_keeps_its_store(archive: StoredArchive) -> None:
    archive.build()
    moved = replace(archive, root=archive.root.rename(archive.root.with_name("moved")))
    assert moved.check() == set()
    assert moved.build().added == 0 and moved.manifest.archive == str(moved.root)


def test_a_name_that_is_no_valid_text(archive: StoredArchive) -> None:
    odd = os.fsencode(archive.root) + b"/SM_OPER_MIR_CDF3SA_20160103T000000_caf\xe9.nc"
    try:
        os.rename(archive.root / name_of(dt.date(2016, 1, 3)), odd)
    except OSError:
        pytest.skip("this disk has no such names")
    archive.build()
    assert archive.check() <= {os.fsdecode(odd).rpartition("/")[2]}


def test_most_rows_dead_or_not(archive: StoredArchive) -> None:
    write_days(archive.root, "2016-01-07/2016-01-12", compressed=True)
    archive.build()
    (whole,) = archive.manifest.parts
    rewritten(archive.root / name_of(dt.date(2016, 1, 2)), dt.date(2012, 1, 1))
    archive.build()
    assert whole in archive.manifest.parts and len(archive.manifest.parts) == 2  # a twelfth of it is dead
    for day in (5, 6, 7, 8):
        rewritten(archive.root / name_of(dt.date(2016, 1, day)), dt.date(2012, 1, day))
    archive.build()
    (merged,) = archive.manifest.parts
    assert merged.rows == sum(one.rows for one in archive.manifest.granules.values())
    assert archive.check() == set()


def test_days_without_any_retrieval_cost_nothing(archive: StoredArchive) -> None:
    empty = {
        name: np.full((12, 15), np.nan) for name in ("Soil_Moisture", "Optical_Thickness_Nad", "RMSE", "Scene_Flags")
    }
    for path in archive.root.iterdir():
        path.unlink()
    write_days(archive.root, "2016-01-01/2016-01-03", extra=empty, compressed=True)
    archive.build()
    assert archive.manifest.parts == () and archive.check() == set()
    assert {one.part for one in archive.manifest.granules.values()} == {NOTHING}
    write_days(archive.root, "2016-01-04", compressed=True)
    archive.build()
    rewritten(archive.root / name_of(dt.date(2016, 1, 4)), dt.date(2016, 1, 4), extra=empty)
    archive.build()
    assert archive.manifest.parts == () and archive.check() == set()


def many_days(number: int) -> str:
    return f"2016-01-01/{dt.date(2016, 1, 1) + dt.timedelta(days=number - 1)}"


def test_a_file_that_vanishes_during_the_build(archive: StoredArchive) -> None:
    days = 2 * WORKERS + 4  # more than are read ahead
    write_days(archive.root, many_days(days), compressed=True)
    opened = archive.opened()
    oldest = archive.root / name_of(dt.date(2016, 1, 1))

    def vanish(share: float, what: str) -> None:
        oldest.unlink(missing_ok=True)

    result = archive.build(vanish, opened)
    assert result.unreadable == () and result.total == days - 1
    view = archive.view(opened)
    assert view is not None and view.standing.new == 1
    variables = opened.recognition.variables
    series = read_many(archive.reader, opened, SOME_CELLS, variables, A, store=view)
    assert_same(series, archive.answers(opened))
    assert "no longer there" in series[0].problems[0].reason
    assert archive.build().removed == 0 and archive.check() == set()


def test_an_archive_that_vanishes_during_the_build(archive: StoredArchive) -> None:
    days = 2 * WORKERS + 4
    write_days(archive.root, many_days(days), compressed=True)
    opened = archive.opened()
    away, last = archive.root.with_name("away"), opened.archive.granules[-1].date

    def vanish(share: float, what: str) -> None:
        if what == f"{last - dt.timedelta(days=3)}":
            archive.root.rename(away)

    with pytest.raises(BadRequest, match="not there any more"):
        archive.build(vanish, opened)
    away.rename(archive.root)
    left = archive.check()
    assert 0 < len(left) < days
    archive.build()
    assert set(archive.reader.for_store) == left and archive.check() == set()


def test_a_file_that_changes_while_it_is_read(archive: StoredArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    changing = archive.root / name_of(dt.date(2016, 1, 3))
    open_file = archive.reader.engine.open

    @contextlib.contextmanager
    def opened(path: Path) -> Iterator[Any]:
        with NETCDF_LOCK:
            with open_file(path) as file:
                yield file
            if path == changing:
                rewritten(changing, dt.date(2012, 1, 1))

    monkeypatch.setattr(archive.reader.engine, "open", opened)
    result = archive.build()
    assert result.unreadable == (changing.name,)
    assert archive.check() == {changing.name}
    monkeypatch.undo()
    archive.build()
    assert archive.reader.for_store == [changing.name] and archive.check() == set()


def test_damaged_files_are_read_again_once_they_are_sound(archive: StoredArchive) -> None:
    path = archive.root / name_of(dt.date(2016, 1, 3))
    whole = path.read_bytes()
    path.write_bytes(whole[:3000])
    result = archive.build()
    assert result.unreadable == (path.name,) and "1 could not be read" in str(result)
    assert archive.check() == {path.name}
    path.write_bytes(whole)
    assert archive.check() == {path.name}
    archive.build()
    assert archive.reader.for_store == [path.name] and archive.check() == set()


def test_files_that_could_not_be_read_are_tried_again_in_the_next_build(
    archive: StoredArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, read = archive.root / name_of(dt.date(2016, 1, 3)), archive.reader.values

    def values(granule: Any, *how: Any) -> GranuleValues:
        if granule.path == bad:
            raise UnreadableFile("The drive is asleep.")
        return read(granule, *how)

    monkeypatch.setattr(archive.reader, "values", values)
    assert archive.build().unreadable == (bad.name,)
    assert archive.check() == {bad.name}
    monkeypatch.undo()
    archive.build()
    assert archive.reader.for_store == [bad.name] and archive.check() == set()


# --- What appending costs ---


@settings(max_examples=20)
@given(st.lists(st.integers(1, 40), min_size=60, max_size=120) | st.just([1] * 400))
def test_appending_costs_little_more_than_the_new_days(days: list[int]) -> None:
    rows, written, first = 100, 0, dt.date(2010, 1, 1)
    manifest = Manifest(M25KM, None, (), "", "")
    total = 0
    for number, new in enumerate(days):
        granules = [
            StoredGranule(f"{total + one}", first + dt.timedelta(total + one), A, 1, 1, f"run-{number}", rows)
            for one in range(new)
        ]
        total += new
        manifest = manifest.with_granules(granules, Part(f"run-{number}", A, new * rows))
        parts = parts_to_merge(manifest, A)
        merged = sum(part.rows for part in parts)
        written += merged
        tile = TileFile("", 0, merged, 0, 0, 0, 0)
        manifest = manifest.merged(Part(f"tiles-{number}", A, merged, (tile,)), parts)
        assert len(manifest.parts) <= math.log2(total) + 2
        assert sum(part.rows for part in manifest.parts) == total * rows
    assert written <= total * rows * (math.log2(len(days)) + 2)
    sizes = sorted(part.rows for part in manifest.parts)
    assert all(larger > SIMILAR * smaller for smaller, larger in zip(sizes, sizes[1:]))


def test_single_days_appended_one_by_one(one_engine: Engine, tmp_path: Path) -> None:
    archive = StoredArchive.at(one_engine, tmp_path)
    written: dict[str, int] = {}
    for number, day in enumerate(every_day("2016-01-01/2016-01-13"), 1):
        write_day(tmp_path, day, compressed=True)
        archive.build()
        assert archive.reader.for_store == [name_of(day)]
        assert len(archive.manifest.parts) <= math.log2(number) + 1
        written |= {part.name: part.rows for part in archive.manifest.parts}
    a_day = sum(one.rows for one in archive.manifest.granules.values()) / 13
    assert sum(written.values()) < 3.5 * 13 * a_day  # writing all anew each time would cost 7 × 13
    assert archive.check() == set()


# --- No room, no permission, no truth ---


def no_room(*args: object, **how: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing_at(number: int, call: Callable) -> Callable:
    calls = count()
    return lambda *args, **how: (no_room if next(calls) >= number else call)(*args, **how)


@pytest.mark.parametrize("what", ["numpy.save", "os.replace", "os.fsync", "pathlib.Path.write_text", "write"])
def test_no_room_left(
    what: str,
    daily_files: Path,
    expected: list[TimeSeries],
    one_engine: Engine,
    tmp_path: Path,
) -> None:
    failed = 0
    for number in range(0, 1000, 31):
        engine = WatchedEngine(one_engine)
        archive = StoredArchive(engine, daily_files, tmp_path / f"full {number}")
        with pytest.MonkeyPatch.context() as patch:
            if what == "write":
                patch.setattr(engine, "write", failing_at(number, engine.write))
            else:
                module, _, name = what.rpartition(".")
                of = {"numpy": np, "os": os, "pathlib.Path": Path}[module]
                patch.setattr(of, name, failing_at(number, getattr(of, name)))
            try:
                archive.build()
                break
            except BadRequest as error:
                assert "cannot be written: No space left on device" in str(error)
        failed += 1
        assert_goes_on(archive, expected)
    assert failed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Give a disk of so many bytes, or change its size; skipped where that is not allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def sized(size: int) -> Path:
        how = f"size={size},remount" if os.path.ismount(disk) else f"size={size}"
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", disk], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no disk can be mounted")
        return disk

    yield sized
    if os.path.ismount(disk):
        subprocess.run(["umount", "--lazy", disk], check=True)


@needs_fork
@pytest.mark.parametrize(("pages", "looks_first"), [(1, False), (10, False), (22, False), (45, False), (45, True)])
def test_a_disk_that_is_full(
    pages: int,
    looks_first: bool,
    small_disk: Callable[[int], Path],
    daily_files: Path,
    expected: list[TimeSeries],
    engine: Engine,
) -> None:
    archive = StoredArchive(engine, daily_files, small_disk(pages * 4096) / "store")

    # In a child: after a failed write the HDF5 library keeps the file open, and may crash when the process ends.
    def fill() -> None:
        if not looks_first:  # another program may take the room after the look
            tiles.SPARE_BYTES = -(10**9)
        with pytest.raises(
            BadRequest, match="too little room" if looks_first else "cannot be written|was not written well"
        ):
            archive.build()
        os._exit(0)

    assert in_child(fill) == 0
    assert archive.check(expected) == {path.name for path in daily_files.iterdir()} - in_store(archive)
    small_disk(20_000_000)
    assert_goes_on(archive, expected)


class LyingEngine:
    """An engine that writes, says so, and what it has written is not what it was given."""

    def __init__(self, engine: Engine, spoil: Callable[[Path], None] | None = None) -> None:
        self.name, self.open, self._engine, self._spoil = engine.name, engine.open, engine, spoil

    def write(self, path: Path, variables: list[NewVariable], attributes: Attributes) -> None:
        if self._spoil is None:
            last = variables[-1]
            data = last.data.copy()
            data[-1] += 1
            variables = [*variables[:-1], replace(last, data=data)]
        self._engine.write(path, variables, attributes)
        if self._spoil is not None:
            self._spoil(path)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    "spoil", [None, cut_in_half, lambda path: path.write_bytes(b"")], ids=["a number", "half", "empty"]
)
def test_a_file_that_is_not_what_was_written_is_noticed(
    spoil: Callable | None, daily_files: Path, expected: list[TimeSeries], engine: Engine, tmp_path: Path
) -> None:
    archive = StoredArchive(LyingEngine(engine, spoil), daily_files, tmp_path / "store")
    with pytest.raises(BadRequest, match=r"cells_from_\S+ was not written well"):
        archive.build()
    assert all(part.is_run for part in archive.manifest.parts)
    assert_goes_on(archive.by(engine), expected)


def test_a_place_that_cannot_be_written(archive: StoredArchive) -> None:
    blocked = archive.folder.with_name("a file")
    blocked.write_text("")
    for folder in (blocked, blocked / "store"):
        with pytest.raises(BadRequest, match=r"is a file|cannot be written"):
            replace(archive, folder=folder).build()


# --- One builder; and what is no store ---


def test_a_second_build_of_the_same_store_is_refused_at_once(archive: StoredArchive) -> None:
    opened, refused = archive.opened(), []

    def meanwhile(share: float, what: str) -> None:
        for work in (
            lambda: build_store(archive.reader, opened, archive.folder, SOFTWARE),
            lambda: remove_store(archive.folder),
        ):
            with pytest.raises(BadRequest, match="is being built already"):
                work()
            refused.append(what)

    archive.build(meanwhile, opened)
    assert "merging" in refused and archive.check() == set()
    assert archive.build().added == 0


@needs_fork
def test_the_lock_of_another_process_ends_with_it(archive: StoredArchive) -> None:
    opened = archive.opened()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with only_builder(archive.folder):
            os.write(writing, b"locked")
            signal.pause()
    try:
        assert os.read(reading, 6) == b"locked"
        with pytest.raises(BadRequest, match="is being built already, by another QGIS or another task"):
            archive.build(opened=opened)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)
    assert archive.build().added == 6


def test_two_stores_are_built_at_once(archive: StoredArchive) -> None:
    other = replace(archive, folder=archive.folder.with_name("other"))
    todo = [other]
    archive.build(lambda share, what: todo and todo.pop().build())
    assert archive.check() == set() == other.check()


def test_removing_a_store(archive: StoredArchive) -> None:
    archive.build()
    remove_store(archive.folder)
    assert not archive.folder.exists()
    assert archive.check() == names("2016-01-01/2016-01-06")
    with pytest.raises(BadRequest, match=r"is no time-series store\. Nothing was deleted"):
        remove_store(archive.folder)


@pytest.mark.parametrize("number", range(0, 9, 2))
def test_removing_a_store_that_is_not_finished(number: int, archive: StoredArchive) -> None:
    with pytest.raises(Cancelled):
        archive.build(cancel_at(number))
    remove_store(archive.folder)
    assert not archive.folder.exists()


def test_only_a_store_is_removed(archive: StoredArchive) -> None:
    with pytest.raises(BadRequest, match="is no time-series store"):
        remove_store(archive.root)
    assert len(list(archive.root.iterdir())) == 6
    archive.build()
    ours = [archive.folder / "notes.txt", archive.folder / "tiles-old" / "mine.nc"]
    for path in ours:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    remove_store(archive.folder)
    assert sorted(path for path in archive.folder.rglob("*") if path.is_file()) == ours


def test_no_store_is_built_among_other_files(archive: StoredArchive) -> None:
    archive.folder.mkdir()
    (archive.folder / "thesis.tex").write_text("mine")
    with pytest.raises(BadRequest, match=r"holds other files\. Choose an empty folder"):
        archive.build()
    assert [path.name for path in archive.folder.iterdir()] == ["thesis.tex"]
    with pytest.raises(BadRequest, match="holds other files"):
        replace(archive, folder=archive.root).build()
    (archive.folder / "thesis.tex").unlink()
    archive.build()
    assert archive.check() == set()


def test_a_scan_passes_stores_by(one_engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path / "A", "2016-01-01/2016-01-03", compressed=True)
    for folder in (tmp_path / "beside.smosib-store", tmp_path / "A" / "inside.smosib-store"):
        StoredArchive(one_engine, tmp_path / "A", folder).build()
    for root in (tmp_path, tmp_path / "A"):
        found = scan(root)
        assert len(found.granules) == len(found.fingerprints) == 3
        assert not found.undated and not found.problems


def test_a_damaged_part_does_not_stop_reading(archive: StoredArchive) -> None:
    archive.build()
    for path in archive.folder.glob("tiles-*/cells.npy"):
        path.unlink()
    assert archive.check() == names("2016-01-01/2016-01-06")


def test_cells_outside_of_the_store_are_empty(archive: StoredArchive) -> None:
    archive.build()
    opened: Opened = archive.opened()
    view = archive.view(opened)
    assert view is not None
    with pytest.raises(UnreadableFile):
        view.store.part("tiles-9999")
    found = view.read([cell(0, 0), SOME_CELLS[-1]], opened.recognition.variables, A, slice(None))
    assert found.known.all() and not np.isnan(found.values["SM"][:, 0]).all()
    assert np.isnan(found.values["SM"][:, 1]).all()


def test_a_view_of_a_store_that_was_removed_and_built_anew_says_nothing_wrong(
    archive: StoredArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "RUN_BYTES", 1_000_000)
    archive.build()
    opened = archive.opened()
    view = archive.view(opened)
    expected = archive.answers(opened, SOME_CELLS[:1])

    def read() -> list[TimeSeries]:
        return read_many(archive.reader, opened, SOME_CELLS[:1], opened.recognition.variables, A, store=view)

    assert_same(read(), expected)
    remove_store(archive.folder)
    write_days(archive.root, "2015-12-07/2015-12-15", compressed=True)
    archive.build()
    assert_same(read(), expected)


def test_a_view_of_a_store_that_was_built_anew_with_other_roles_says_nothing_wrong(archive: StoredArchive) -> None:
    archive.build()
    opened = archive.opened()
    view = archive.view(opened)
    other = Corrections({"SM": "Optical_Thickness_Nad", "VOD": "Soil_Moisture"})
    replace(archive, corrections=other).build()
    read = read_many(archive.reader, opened, SOME_CELLS, opened.recognition.variables, A, store=view)
    assert_same(read, archive.answers(opened))


@pytest.mark.parametrize("name", ["cells.npy", "*.nc"])
def test_a_damaged_part_is_built_again(name: str, archive: StoredArchive) -> None:
    archive.build()
    for path in archive.folder.glob(f"tiles-*/{name}"):
        os.truncate(path, 100)
    archive.build()
    assert archive.check() == set()


def test_a_damaged_part_does_not_stop_a_build(archive: StoredArchive) -> None:
    archive.build()
    for path in archive.folder.glob("tiles-*/cells.npy"):
        path.unlink()
    write_days(archive.root, "2016-01-07/2016-01-10", compressed=True)
    archive.build()


def test_a_newest_file_that_lacks_a_layer_does_not_make_all_days_be_read_again(archive: StoredArchive) -> None:
    archive.build()
    write_days(archive.root, "2016-01-07", without=("Optical_Thickness_Nad",), compressed=True)
    archive.build()
    assert archive.reader.for_store == [name_of(dt.date(2016, 1, 7))]


def test_a_store_inside_of_the_archive_has_a_name_that_a_scan_passes_by(archive: StoredArchive) -> None:
    with pytest.raises(BadRequest):
        replace(archive, folder=archive.root / "store").build()
    assert not scan(archive.root).undated
