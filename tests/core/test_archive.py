# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The catalogue of a folder: from names alone, complete, and never stopped by a bad file."""

from __future__ import annotations

import builtins
import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import Archive, DayRange, Granule, scan
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, NotInArchive
from smos_ib_explorer.plugin.core.names import Orbit

A, D = Orbit.ASCENDING, Orbit.DESCENDING


def put(folder: Path, *names: str, content: bytes = b"x") -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return paths


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def reasons(archive: Archive) -> dict[str, str]:
    return {problem.path.name: problem.reason for problem in archive.problems}


def test_files_in_sub_folders_by_date_and_orbit(tmp_path: Path) -> None:
    put(
        tmp_path,
        "ASC/2018/S_20180102.nc",
        "ASC/2018/S_20180101.nc",
        "DES/2018/S_20180101.nc",
        "notes.txt",
        "S_20180103.nc.md5",
    )
    archive = scan(tmp_path)
    assert archive.orbits == (A, D)
    assert archive.dates(A) == [day("2018-01-01"), day("2018-01-02")]
    assert archive.dates(D) == [day("2018-01-01")]
    assert archive.dates(Orbit.UNKNOWN) == []
    assert archive.granule(day("2018-01-02"), A).path == tmp_path / "ASC/2018/S_20180102.nc"
    assert archive.problems == ()
    assert archive.root == tmp_path


@pytest.mark.parametrize(
    "folder", ["with space", "données d'été", "土壤水分 数据", "Ünïcödé/深/a b", "a#b%20[1]", "quote'\"s"]
)
def test_names_of_folders(folder: str, tmp_path: Path) -> None:
    (path,) = put(tmp_path / folder, "水分 é 20180101.NC")
    assert scan(tmp_path / folder).granules[0].path == path
    assert scan(tmp_path).granules[0].date == day("2018-01-01")


@pytest.mark.parametrize("name", ["20180101.nc", "20180101.NC", "20180101.nc4", "20180101.DBL.nc", "20180101.netcdf"])
def test_suffixes(name: str, tmp_path: Path) -> None:
    put(tmp_path, name)
    assert len(scan(tmp_path).granules) == 1


def test_hidden_and_half_written_files_are_passed_over(tmp_path: Path) -> None:
    put(
        tmp_path, "20180101.nc", "._20180102.nc", ".20180103-1234.part.nc", "20180104.nc.part", "20180105.nc.crdownload"
    )
    assert [str(one.date) for one in scan(tmp_path).granules] == ["2018-01-01"]


def test_gaps(tmp_path: Path) -> None:
    put(
        tmp_path,
        *(f"S_{text}_A_asc.nc" for text in ("20171230", "20180101", "20180102", "20180106", "20180228", "20180301")),
    )
    archive = scan(tmp_path)
    assert [str(gap) for gap in archive.missing(A)] == [
        "2017-12-31",
        "2018-01-03 → 2018-01-05",
        "2018-01-07 → 2018-02-27",
    ]
    assert sum(gap.days for gap in archive.missing(A)) == 1 + 3 + 52
    assert archive.span(A) == DayRange(day("2017-12-30"), day("2018-03-01"))
    assert archive.missing(D) == []
    assert archive.span(D) is None


@given(st.sets(st.dates(dt.date(2010, 1, 1), dt.date(2010, 12, 31)), min_size=1, max_size=40))
def test_days_and_gaps_fill_the_span(days: set[dt.date]) -> None:
    archive = Archive(Path("/"), tuple(Granule(Path(f"/{one}"), one, A, 1, 1) for one in days))
    span = archive.span(A)
    assert span is not None
    gone = {gap.first + dt.timedelta(days=number) for gap in archive.missing(A) for number in range(gap.days)}
    assert gone.isdisjoint(days)
    assert len(gone | days) == span.days


def test_navigation(tmp_path: Path) -> None:
    put(tmp_path, *(f"S_{text}.nc" for text in ("20180101", "20180103", "20180109")))
    archive, orbit = scan(tmp_path), Orbit.UNKNOWN

    def step(text: str, forward: bool) -> str:
        return str(archive.step(day(text), orbit, forward))

    assert step("2018-01-01", True) == "2018-01-03"
    assert step("2018-01-02", True) == "2018-01-03"
    assert step("2018-01-02", False) == "2018-01-01"
    assert step("2018-01-03", False) == "2018-01-01"
    assert step("2018-01-01", False) == "None"
    assert step("2018-01-09", True) == "None"
    assert step("2000-01-01", True) == "2018-01-01"
    assert step("2030-01-01", False) == "2018-01-09"
    nearest = {
        "2018-01-02": "2018-01-01",
        "2018-01-04": "2018-01-03",
        "2018-01-06": "2018-01-03",
        "2030-01-01": "2018-01-09",
    }
    assert {text: str(archive.nearest(day(text), orbit)) for text in nearest} == nearest
    assert archive.nearest(day("2018-01-02"), A) is None
    assert archive.step(day("2018-01-02"), A, True) is None


def test_granules_of_a_period(tmp_path: Path) -> None:
    put(tmp_path, *(f"S_{text}.nc" for text in ("20180101", "20180103", "20180109")))
    archive = scan(tmp_path)

    def days(first: str = "", last: str = "") -> list[int]:
        period = day(first) if first else None, day(last) if last else None
        return [one.date.day for one in archive.granules_of(Orbit.UNKNOWN, *period)]

    assert days() == [1, 3, 9]
    assert days("2018-01-01", "2018-01-09") == [1, 3, 9]
    assert days("2018-01-02", "2018-01-08") == [3]
    assert days("2018-01-03", "2018-01-03") == [3]
    assert days(first="2018-01-04") == [9]
    assert days(last="2018-01-02") == [1]
    assert days("2018-01-08", "2018-01-02") == []
    assert archive.granules_of(D) == []


def test_a_day_without_a_granule_says_what_there_is(tmp_path: Path) -> None:
    put(tmp_path, "ASC/S_20180101.nc", "ASC/S_20180103.nc")
    archive = scan(tmp_path)
    with pytest.raises(
        NotInArchive,
        match=r"no ascending granule of 2018-02-01 .*2 days.*2018-01-01 → 2018-01-03.*nearest is 2018-01-03",
    ):
        archive.granule(day("2018-02-01"), A)
    with pytest.raises(NotInArchive, match="no descending granule"):
        archive.granule(day("2018-01-01"), D)


def test_which_orbit(tmp_path: Path) -> None:
    put(tmp_path, "ASC/S_20180101.nc", "DES/S_20180101.nc")
    both, ascending = scan(tmp_path), scan(tmp_path / "ASC")
    assert ascending.only_orbit() is A
    assert both.only_orbit("d") is D
    with pytest.raises(BadRequest, match="ascending and descending granules, and no orbit was asked for"):
        both.only_orbit()
    with pytest.raises(NotInArchive, match=r"no descending granules .*; there is: ascending"):
        ascending.only_orbit("D")
    with pytest.raises(BadRequest, match="'X'"):
        ascending.only_orbit("X")
    with pytest.raises(BadRequest, match="no granules"):
        Archive(tmp_path, ()).only_orbit()


def test_two_files_for_one_day_and_orbit(tmp_path: Path) -> None:
    names = ["S_20180101_v1.nc", "S_20180101_v3.nc", "S_20180101_v2.nc", "S_20180102_v1.nc"]
    put(tmp_path, *names)
    archive = scan(tmp_path)
    assert [one.path.name for one in archive.granules] == ["S_20180101_v3.nc", "S_20180102_v1.nc"]
    found = reasons(archive)
    assert set(found) == {"S_20180101_v1.nc", "S_20180101_v2.nc"}
    assert all("second file for 2018-01-01" in reason for reason in found.values())


def test_two_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    put(tmp_path, "new/S_20180101.nc", "old/S_20180101.nc")
    archive = scan(tmp_path)
    assert archive.granules[0].path == tmp_path / "old" / "S_20180101.nc"
    (problem,) = archive.problems
    assert "new" in problem.reason and "old" in problem.reason


def test_the_choice_does_not_depend_on_the_order_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        tmp_path,
        *(f"{folder}/S_201801{number:02}_{version}.nc" for folder in "xyz" for number in (1, 2) for version in "ab"),
    )
    first = scan(tmp_path)
    real = os.scandir

    class Backwards:
        def __init__(self, path: str) -> None:
            with real(path) as entries:
                self.entries = sorted(entries, key=lambda one: one.name, reverse=True)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(self.entries)

        def __exit__(self, *error: object) -> None: ...

    monkeypatch.setattr(os, "scandir", Backwards)
    second = scan(tmp_path)
    assert first.granules == second.granules
    assert set(first.problems) == set(second.problems)


def test_an_empty_file_is_listed(tmp_path: Path) -> None:
    put(tmp_path, "S_20180101.nc")
    put(tmp_path, "S_20180102.nc", content=b"")
    archive = scan(tmp_path)
    assert [one.date.day for one in archive.granules] == [1]
    assert "empty" in reasons(archive)["S_20180102.nc"]


def test_names_without_a_date_are_kept_for_later(tmp_path: Path) -> None:
    put(tmp_path, "S_20180101.nc", "ASC/monday.nc")
    archive = scan(tmp_path)
    assert [one.path.name for one in archive.undated] == ["monday.nc"]
    assert archive.undated[0].orbit is A
    assert [one.path.name for one in archive.granules] == ["S_20180101.nc"]


@pytest.mark.skipif(os.name == "nt", reason="no FIFO on Windows")
def test_a_fifo_is_listed_and_not_opened(tmp_path: Path) -> None:
    put(tmp_path, "S_20180101.nc")
    os.mkfifo(tmp_path / "S_20180102.nc")
    archive = scan(tmp_path)
    assert "no ordinary file" in reasons(archive)["S_20180102.nc"]
    assert len(archive.granules) == 1


def test_links(tmp_path: Path) -> None:
    put(tmp_path / "real", "S_20180101.nc")
    archive = tmp_path / "archive"
    put(archive, "S_20180102.nc")
    try:
        (archive / "more").symlink_to(tmp_path / "real", target_is_directory=True)
        (archive / "circle").symlink_to(archive, target_is_directory=True)
        (archive / "S_20180103.nc").symlink_to(tmp_path / "gone.nc")
        (archive / "a_20180104.nc").symlink_to(archive / "a_20180104.nc")
        (archive / "self").symlink_to(archive / "self")
    except OSError:
        pytest.skip("links cannot be made here")
    found = scan(archive)
    assert [one.date.day for one in found.granules] == [1, 2]
    assert set(reasons(found)) == {"S_20180103.nc", "a_20180104.nc"}
    assert all("cannot be read" in reason for reason in reasons(found).values())


def test_a_folder_that_cannot_be_read_is_listed_and_the_rest_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a/S_20180101.nc", "locked/S_20180102.nc", "z/S_20180103.nc")
    real = os.scandir

    def scandir(path: os.PathLike[str]) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    archive = scan(tmp_path)
    assert [one.date.day for one in archive.granules] == [1, 3]
    assert reasons(archive) == {"locked": "The folder cannot be read: Permission denied."}


def test_a_root_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: os.PathLike[str]) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(BadRequest, match="Permission denied"):
        scan(tmp_path)


def test_no_folder_and_no_files(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="not a folder"):
        scan(tmp_path / "nowhere")
    (path,) = put(tmp_path, "S_20180101.txt")
    with pytest.raises(BadRequest, match="not a folder"):
        scan(path)
    with pytest.raises(BadRequest, match="no netCDF file"):
        scan(tmp_path)


def test_a_rescan_tells_what_changed(tmp_path: Path) -> None:
    kept, grown, touched, gone = put(tmp_path, *(f"S_2018010{number}.nc" for number in range(1, 5)))
    before = scan(tmp_path)
    same = scan(tmp_path)
    assert not same.changes_since(before)
    (new,) = put(tmp_path, "sub/S_20180109.nc")
    status = grown.stat()
    grown.write_bytes(b"xx")
    os.utime(grown, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.utime(touched, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    gone.unlink()
    changes = scan(tmp_path).changes_since(before)
    assert changes
    assert (changes.added, changes.changed, changes.removed) == ((new,), (grown, touched), (gone,))
    assert str(changes) == "1 new, 2 changed, 1 removed"
    assert kept not in (*changes.added, *changes.changed, *changes.removed)


def test_a_file_that_was_empty_and_is_whole_now_counts_as_changed(tmp_path: Path) -> None:
    put(tmp_path, "S_20180101.nc")
    (path,) = put(tmp_path, "S_20180102.nc", content=b"")
    before = scan(tmp_path)
    path.write_bytes(b"x")
    now = scan(tmp_path)
    assert now.changes_since(before).changed == (path,)
    assert len(now.granules) == 2


def test_scanning_opens_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "ASC/S_20180101.nc", "ASC/S_20180102.nc", "monday.nc")

    def refuse(*anything: object, **more: object) -> None:
        raise AssertionError(f"opened {anything}")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    assert len(scan(tmp_path).granules) == 2


def test_the_whole_record_of_5479_days(tmp_path: Path) -> None:
    first = dt.date(2010, 1, 1)
    for number in range(5479):
        one = first + dt.timedelta(days=number)
        folder = tmp_path / str(one.year)
        if one.timetuple().tm_yday == 1:
            folder.mkdir()
        os.close(os.open(folder / f"SMOS_IB_{one:%Y%m%d}.nc", os.O_CREAT | os.O_WRONLY))
    told: list[str] = []
    archive = scan(tmp_path, lambda share, what: told.append(what))
    assert len(archive.fingerprints) == len(archive.problems) == 5479  # all of them are empty
    assert told[0] == "0 files" and told[-1] == "5,000 files"
    assert str(max(problem.path.name for problem in archive.problems)) == "SMOS_IB_20241231.nc"


def test_scanning_can_be_cancelled(tmp_path: Path) -> None:
    put(tmp_path, "S_20180101.nc")

    def stop(share: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        scan(tmp_path, stop)
