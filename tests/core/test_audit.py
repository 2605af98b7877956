# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit: every kind of finding from real files, going on after it was stopped, and no false alarm."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.dialects import Dialect, grid_named, truth_on, write_dialect
from core.granules import LAYERS, layers_of, name_of, write_day, write_days
from hypothesis import given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import Granule
from smos_ib_explorer.plugin.core.audit import Audit, DayState, audit
from smos_ib_explorer.plugin.core.audit_file import Contents, FileAudit, FileReader
from smos_ib_explorer.plugin.core.audit_journal import Journal, journal_path
from smos_ib_explorer.plugin.core.audit_judge import gaps
from smos_ib_explorer.plugin.core.audit_sizes import odd_sizes
from smos_ib_explorer.plugin.core.corrections import FROM_CONTENT, Corrections
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, OutOfReach, UnreadableFile
from smos_ib_explorer.plugin.core.findings import Finding, Kind, Severity
from smos_ib_explorer.plugin.core.hdf5 import locate_chunks
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.reader import Reader

netcdf = pytest.importorskip("netCDF4")
M36KM = grid_named("EASE2_M36km")

DAYS = "2020-01-01/2020-01-06"
BAD = dt.date(2020, 1, 3)


def damage(path: Path, layer: str = "Soil_Moisture", number: int = 0) -> None:
    """Change some bytes in the middle of a layer's chunk."""
    table = locate_chunks(path, [layer])[layer]
    whole = bytearray(path.read_bytes())
    middle = int(table.offsets[number] + table.sizes[number] // 2)
    whole[middle : middle + 8] = bytes(255 - byte for byte in whole[middle : middle + 8])
    path.write_bytes(whole)


def said(found: Audit) -> list[tuple[str, str]]:
    """Return kind and file name of every finding."""
    return [(one.kind.key, one.file.rpartition("/")[2]) for one in found.findings]


def the_one(found: Audit) -> Finding:
    (finding,) = found.findings
    return finding


@pytest.fixture
def look(tmp_path: Path, engine: Engine) -> Callable[..., Audit]:
    """Audit the folder of the test."""
    return lambda **how: audit(Reader(engine), tmp_path, **how)


# --- Every kind of finding ---


def test_a_sound_folder_has_no_finding(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS, orbits="AD", compressed=True)
    write_days(tmp_path, "2020-01-07", orbits="AD", chunk=(5, 4), compressed=True)
    found = look()
    assert found.findings == () and found.read == 14 and found.orbits == (Orbit.ASCENDING, Orbit.DESCENDING)
    assert set(found.days(Orbit.DESCENDING).values()) == {DayState.SOUND}
    assert {one.what: one.found for one in found.recognised}["RMSE"] == "RMSE"
    assert "agree with the cell centres" in found.evidence and found.product.key == "smos-ic-v2"


def test_missing_days_are_ranges_of_each_orbit(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, "2020-01-01", "2020-01-03/2020-01-04", "2020-02-01")
    write_days(tmp_path, "2020-01-02", "2020-01-05", orbits="D")
    found = look()
    assert [(one.orbit.value, str(one.days)) for one in found.findings] == [
        ("A", "2020-01-02"),
        ("A", "2020-01-05 → 2020-01-31"),
        ("D", "2020-01-03 → 2020-01-04"),
    ]
    assert found.findings[1].detail == "No file for 27 days, to 2020-01-31."


def html_page(path: Path) -> None:
    path.write_bytes(b"<!DOCTYPE html><html>Please log in</html>")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (lambda path: path.write_bytes(b""), "empty", "The file is empty"),
        (truncate, "truncated", "bytes are there"),
        (html_page, "unreadable", "a web page"),
        (damage, "damaged", "Soil_Moisture"),
    ],
)
def test_a_spoilt_file_is_an_error_with_its_reason(
    tmp_path: Path, look: Callable[..., Audit], spoil: Callable[[Path], None], kind: str, words: str
) -> None:
    write_days(tmp_path, DAYS, compressed=True)
    spoil(tmp_path / name_of(BAD))
    found = look()
    assert said(found) == [(kind, name_of(BAD))] and words in the_one(found).detail
    assert the_one(found).severity is Severity.ERROR and str(the_one(found).days) == "2020-01-03"
    assert found.days(Orbit.ASCENDING)[BAD] is DayState.UNUSABLE and found.missing(Orbit.ASCENDING) == []


@pytest.mark.parametrize("layer", ["RMSE", "Scene_Flags", "Extra"])
@pytest.mark.parametrize("chunk", [None, (5, 4)])
def test_damage_is_found_in_any_layer_and_chunk(
    tmp_path: Path, look: Callable[..., Audit], layer: str, chunk: tuple[int, int] | None
) -> None:
    extra = {"Extra": np.random.default_rng(1).random((12, 15))}
    write_days(tmp_path, DAYS, compressed=True, chunk=chunk, extra=extra)
    damage(tmp_path / name_of(BAD), layer, -1)
    assert said(look()) == [("damaged", name_of(BAD))] and layer in the_one(look()).detail


def test_another_grid_is_told_by_most_files_and_not_by_the_newest(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS)
    newest = tmp_path / name_of(dt.date(2020, 1, 7))
    grid = M36KM
    write_dialect(newest, Dialect(), grid, truth_on(grid))
    found = look()
    assert ("other_grid", newest.name) in said(found) and "36 km" in the_one_of(found, Kind.OTHER_GRID).detail
    assert len(found.kinds()) == 1 and len(found.archive.granules) == 6


def the_one_of(found: Audit, kind: Kind) -> Finding:
    (finding,) = (one for one in found.findings if one.kind is kind)
    return finding


def test_coordinates_of_no_grid_and_files_without_any(tmp_path: Path, look: Callable[..., Audit]) -> None:
    grid = M36KM
    truth = truth_on(grid)
    days = [dt.date(2020, 1, number) for number in range(1, 6)]
    for number, day in enumerate(days):
        shift = (0.0, 30_000.0) if number == 1 else (0.0, 0.0)
        dialect = Dialect(coordinates="none" if number == 2 else "1d")
        write_dialect(tmp_path / name_of(day), dialect, grid, truth, shift_m=shift)
    found = look()
    assert "more than half a cell" in the_one_of(found, Kind.OTHER_GRID).detail
    assert "without a guess" in the_one_of(found, Kind.NO_COORDINATES).detail
    assert {one.date for one in found.archive.granules} == {days[0], days[3], days[4]}


def test_a_file_that_covers_another_part(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS)
    path = tmp_path / name_of(BAD)
    with netcdf.Dataset(path) as file:
        lines = {name: file[name][:-1] for name in ("lat", "lon")}
        layers = {name: values[1:, :-1] for name, values in layers_of(BAD).items()}
    path.unlink()
    with netcdf.Dataset(path, "w") as file:
        for name, line in lines.items():
            file.createDimension(name, line.size)
            file.createVariable(name, "f8", (name,))[:] = line
        for name, values in layers.items():
            file.createVariable(name, "f8", ("lat", "lon"))[:] = values[::-1]
    finding = the_one(look())
    assert finding.kind is Kind.OTHER_EXTENT
    assert "rows 101–111, columns 700–713" in finding.detail and "rows 100–111, columns 700–714" in finding.detail


def test_days_without_a_quality_layer(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS)
    write_day(tmp_path, BAD, without=("RMSE",))
    write_day(tmp_path, dt.date(2020, 1, 4), without=("Scene_Flags", "Optical_Thickness_Nad"))
    found = look()
    assert [one.kind.key for one in found.findings] == ["no_scene_flags", "no_rmse", "lacks_variable"]
    assert "This day lacks Optical_Thickness_Nad, which" in the_one_of(found, Kind.LACKS_VARIABLE).detail
    assert found.days(Orbit.ASCENDING)[BAD] is DayState.WARNED


def test_a_layer_that_no_day_has_is_told_once(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS, without=("RMSE",))
    found = look()
    assert said(found) == [("no_rmse", "")] and "None of the 6 days" in the_one(found).detail
    assert str(the_one(found).days) == "2020-01-01 → 2020-01-06"
    assert look(corrections=Corrections({"RMSE": "Optical_Thickness_Nad"})).findings == ()


def test_a_second_file_is_told_with_the_one_that_is_used(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS)
    newer = name_of(BAD).replace("_7.", "_10.")
    write_day(tmp_path / "new", BAD, name=newer)
    found = look()
    assert said(found) == [("duplicate", name_of(BAD))] and f"new/{newer} is used" in the_one(found).detail
    truncate(tmp_path / "new" / newer)
    found = look()
    assert said(found) == [("truncated", newer)] and f"{name_of(BAD)} is used for this day" in the_one(found).detail
    assert found.days(Orbit.ASCENDING)[BAD] is DayState.SOUND


def test_dates_inside_the_files(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS)
    names = {"SM_OPER_MIR_CDF3SA_x.nc": 7, "SM_OPER_MIR_CDF3SA_undated.nc": None}
    for name in names:
        write_day(tmp_path, dt.date(2020, 1, 7), name=name)
    for name, day in ((name_of(BAD), 4), *names.items()):
        if day:
            with netcdf.Dataset(tmp_path / name, "a") as file:
                time = file.createVariable("time", "f8")
                time.units = "days since 2020-01-01"
                time[...] = day - 1
    found = look()
    assert set(said(found)) == {("date_disagrees", name_of(BAD)), ("undated", "SM_OPER_MIR_CDF3SA_undated.nc")}
    assert "2020-01-04 inside and 2020-01-03 in its name" in the_one_of(found, Kind.DATE_DISAGREES).detail
    assert len(found.days(Orbit.ASCENDING)) == 7


def test_a_file_of_another_product(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS)
    write_day(tmp_path, dt.date(2020, 1, 7), name="IB_SM_CDF3AM_20200107.nc")
    assert said(look()) == [("other_product", "IB_SM_CDF3AM_20200107.nc")]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and such names are those of other systems")
def test_what_is_no_file_and_names_that_are_no_text(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, DAYS)
    os.mkfifo(tmp_path / "pipe_20200107.nc")
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n<b>_20200108.nc"))
    bad.write_bytes(b"no netCDF")
    found = look(cache=tmp_path / "cache")
    assert ("no_file", "pipe_20200107.nc") in said(found)
    assert the_one_of(found, Kind.UNREADABLE).file == r"caf\udce9\n<b>_20200108.nc"
    assert look(cache=tmp_path / "cache").read == 0


def test_nothing_readable_is_a_result_and_nothing_there_an_error(tmp_path: Path, look: Callable[..., Audit]) -> None:
    with pytest.raises(BadRequest, match="no netCDF file"):
        look()
    for path in write_days(tmp_path, DAYS):
        html_page(path)
    found = look()
    assert found.kinds() == {Kind.UNREADABLE: 6} and found.evidence == "" and found.archive.granules == ()


def test_the_unexpected_is_a_result_of_the_file(
    tmp_path: Path, look: Callable[..., Audit], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days(tmp_path, DAYS)
    read = FileReader._read

    def strange(self: FileReader, path: Path) -> object:
        if path.name == name_of(BAD):
            raise ZeroDivisionError("surprise")
        return read(self, path)

    monkeypatch.setattr(FileReader, "_read", strange)
    assert the_one(look()).detail == "Unexpected ZeroDivisionError: surprise"


def no_permission(path: Path) -> object:
    raise OutOfReach("No permission to read this file.")


def no_memory(path: Path) -> object:
    raise UnreadableFile("The netCDF library cannot open this file: no memory.") from MemoryError()


def no_more_files(path: Path) -> object:
    raise UnreadableFile("The netCDF library cannot open this file.") from OSError(errno.EMFILE, "Too many open files")


def surprise(path: Path) -> object:
    raise ZeroDivisionError("surprise")


@pytest.mark.parametrize("fail", [no_permission, no_memory, no_more_files, surprise])
def test_what_may_be_the_moments_fault_is_told_and_not_remembered(
    tmp_path: Path, look: Callable[..., Audit], monkeypatch: pytest.MonkeyPatch, fail: Callable[[Path], object]
) -> None:
    folder = tmp_path / "cache"
    write_days(tmp_path, DAYS)
    read = FileReader._read
    with monkeypatch.context() as patch:
        patch.setattr(
            FileReader, "_read", lambda self, path: (fail if path.name == name_of(BAD) else read.__get__(self))(path)
        )
        assert said(look(cache=folder)) == [("unreadable", name_of(BAD))]
    found = look(cache=folder)
    assert found.findings == () and found.read == 1


@pytest.mark.parametrize("where", ["the first look", "a chunk", "only in the library"])
def test_a_drive_that_fails_is_not_taken_for_a_damaged_file(
    tmp_path: Path, look: Callable[..., Audit], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    write_days(tmp_path, DAYS, compressed=True)
    read = FileReader._read

    def in_library(self: FileReader, path: Path) -> object:
        if where == "only in the library" and path.name == name_of(BAD):
            raise UnreadableFile("The netCDF library cannot open this file: HDF error.")
        return read(self, path)

    calls = 1 if where == "a chunk" else 0
    plain_open = Path.open
    seen: list[Path] = []

    def failing(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == name_of(BAD):
            seen.append(path)
            if len(seen) > calls:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return plain_open(path, *how, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", failing)
        patch.setattr(FileReader, "_read", in_library)
        finding = the_one(look(cache=tmp_path / "cache"))
    assert len(seen) > calls and finding.kind is Kind.UNREADABLE and os.strerror(errno.EIO) in finding.detail
    assert look(cache=tmp_path / "cache").read == 1


# --- A day's variables in several files, and corrections ---


@pytest.fixture
def parameters(tmp_path: Path) -> Path:
    """A folder for each of the four layers, six days each."""
    for name, layer in zip(("SM", "VOD", "RMSE", "SF"), LAYERS):
        for day in days_from("2020-01-01", 6):
            write_day(tmp_path / name, day, only=(layer,), called={layer: "data"}, name=f"{day:%Y%m%d}.nc")
    return tmp_path


def test_one_folder_a_parameter_is_in_order(parameters: Path, look: Callable[..., Audit]) -> None:
    found = look()
    assert found.findings == () and len(found.files) == 24 and len(found.archive.granules) == 6
    assert set(found.days(Orbit.UNKNOWN).values()) == {DayState.SOUND}


def test_files_that_are_left_out_because_they_cannot_be_joined_are_told(
    tmp_path: Path, look: Callable[..., Audit]
) -> None:
    for day in days_from("2020-01-01", 4):
        if day.day < 4:
            write_day(tmp_path / "SM", day, without=LAYERS[1:2], name=f"{day:%Y%m%d}.nc")
        other = {"RMSE": layers_of(day)["RMSE"] + 1}
        write_day(tmp_path / "VOD", day, without=LAYERS[:1], extra=other, name=f"{day:%Y%m%d}.nc")
    found = look()
    assert [(one.kind.key, one.file, str(one.days)) for one in found.findings] == [
        ("left_out", f"VOD/2020010{number}.nc", f"2020-01-0{number}") for number in range(1, 5)
    ]
    assert "RMSE of its own" in found.findings[0].detail and "SM/20200101.nc is used" in found.findings[0].detail
    assert list(found.days(Orbit.UNKNOWN).values()) == [*[DayState.SOUND] * 3, DayState.UNUSABLE]


def test_a_day_is_all_of_its_files_together(parameters: Path, look: Callable[..., Audit]) -> None:
    (parameters / "RMSE" / "20200103.nc").unlink()
    truncate(parameters / "VOD" / "20200104.nc")
    write_day(parameters / "SM", dt.date(2020, 1, 5), only=LAYERS[:1], called={LAYERS[0]: "data"}, name="20200105_2.nc")
    for name in ("SM", "VOD", "RMSE", "SF"):
        (parameters / name / "20200102.nc").unlink()
    found = look()
    assert [(one.kind.key, one.file, str(one.days)) for one in found.findings] == [
        ("missing_days", "", "2020-01-02"),
        ("truncated", "VOD/20200104.nc", "2020-01-04"),
        ("no_rmse", "SM/20200103.nc", "2020-01-03"),
        ("lacks_variable", "SM/20200104.nc", "2020-01-04"),
        ("duplicate", "SM/20200105.nc", "2020-01-05"),
    ]
    assert "SM/20200105_2.nc is used" in the_one_of(found, Kind.DUPLICATE).detail
    assert "This day lacks VOD/data" in the_one_of(found, Kind.LACKS_VARIABLE).detail


def test_what_the_user_said_of_dates_and_orbits_holds(tmp_path: Path, look: Callable[..., Audit]) -> None:
    for day in days_from("2020-01-01", 5):
        write_day(tmp_path, day, name=f"x_{day:%d%m%Y}.nc")
    found = look(corrections=Corrections(dates="DDMMYYYY", orbit="D"))
    assert found.findings == () and str(found.span(Orbit.DESCENDING)) == "2020-01-01 → 2020-01-05"
    assert {one.why for one in found.recognised if one.what == "Dates"} == {"as you chose; 5 files"}


def test_an_empty_file_is_of_the_day_that_the_user_reads_in_its_name(
    tmp_path: Path, look: Callable[..., Audit]
) -> None:
    for day in days_from("2020-01-01", 5):
        write_day(tmp_path, day, name=f"x_{day:%d%m%Y}.nc")
    (tmp_path / "x_03012020.nc").write_bytes(b"")
    finding = the_one(look(corrections=Corrections(dates="DDMMYYYY", orbit="D")))
    assert finding.kind is Kind.EMPTY and str(finding.days) == "2020-01-03" and finding.orbit is Orbit.DESCENDING


def test_dates_may_be_those_inside_of_the_files(tmp_path: Path, look: Callable[..., Audit]) -> None:
    for day in days_from("2020-01-01", 5):
        with netcdf.Dataset(write_day(tmp_path, day, name=f"made_20240101_{day.day}.nc"), "a") as file:
            time = file.createVariable("time", "f8")
            time.units = "days since 2020-01-01"
            time[...] = day.day - 1
    found = look(corrections=Corrections(dates=FROM_CONTENT))
    assert found.findings == () and str(found.span(Orbit.UNKNOWN)) == "2020-01-01 → 2020-01-05"
    assert {one.found for one in found.recognised if one.what == "Dates"} == {"from inside of the files"}


# --- Sizes out of family ---


def sized(sizes: dict[dt.date, int]) -> list[FileAudit]:
    contents = Contents("grid", None, ("SM", "RMSE"), {}, None)
    return [FileAudit(name_of(day), day, Orbit.ASCENDING, size, 1, contents) for day, size in sizes.items()]


def days_from(first: str, count: int) -> list[dt.date]:
    return [dt.date.fromisoformat(first) + dt.timedelta(days=number) for number in range(count)]


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(8, 400))
def test_sizes_that_vary_by_a_third_are_in_order(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    days = days_from("2019-06-01", count)
    seasonal = 2.5e6 * (1 + 0.3 * np.sin(np.arange(count) / 58))
    uniform = 2.5e6 * random.uniform(0.7, 1.3, count)
    for sizes in (seasonal, uniform):
        assert odd_sizes(sized(dict(zip(days, sizes.astype(int).tolist())))) == []


@pytest.mark.parametrize("factor", [0.04, 0.3, 3.0])
def test_a_size_out_of_family_is_found(factor: float) -> None:
    random = np.random.default_rng(5)
    sizes = {day: int(2.5e6 * random.normal(1, 0.05)) for day in days_from("2019-01-01", 365)}
    odd = dt.date(2019, 8, 8)
    sizes[odd] = int(2.5e6 * factor)
    ((file, median),) = odd_sizes(sized(sizes))
    assert file.date == odd and median == pytest.approx(2.5e6, rel=0.02)
    assert len(odd_sizes(sized(dict(list(sizes.items())[215:225])))) == 1  # ten days
    assert odd_sizes(sized(dict(list(sizes.items())[217:222]))) == []  # too few to say


def test_a_year_is_compared_with_itself() -> None:
    sizes = dict.fromkeys(days_from("2019-01-01", 365), 2_000_000)
    sizes |= dict.fromkeys(days_from("2020-01-01", 365), 5_000_000)
    assert odd_sizes(sized(sizes)) == []
    sizes[dt.date(2020, 5, 5)] = 2_000_000
    assert [file.date for file, _ in odd_sizes(sized(sizes))] == [dt.date(2020, 5, 5)]


def test_an_odd_size_is_a_note(tmp_path: Path, look: Callable[..., Audit]) -> None:
    write_days(tmp_path, "2020-01-01/2020-01-12")
    with (tmp_path / name_of(BAD)).open("ab") as stream:
        stream.write(bytes(200_000))
    finding = the_one(look())
    assert (finding.kind, finding.severity) == (
        Kind.ODD_SIZE,
        Severity.NOTE,
    ) and "times the usual size" in finding.detail


# --- Going on, and doing nothing twice ---


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with something of everything; its cache is beside it."""
    folder = tmp_path / "archive"
    write_days(folder, "2020-01-01/2020-01-09", "2020-01-12", orbits="AD", compressed=True)
    truncate(folder / name_of(BAD))
    damage(folder / name_of(dt.date(2020, 1, 5)), "RMSE")
    write_day(folder, dt.date(2020, 1, 6), "D", without=("RMSE",))
    write_day(folder / "again", dt.date(2020, 1, 7))
    return folder


def test_a_stopped_audit_goes_on_and_finds_the_same(mixed: Path, tmp_path: Path, engine: Engine) -> None:
    reader = Reader(engine)
    whole, last, runs = audit(reader, mixed), None, 0
    assert len(whole.findings) >= 6
    while last is None:
        runs += 1
        reports = iter(range(3 + runs))  # fewer than there are files, in each run one more

        def progress(share: float, what: str) -> None:
            assert 0 <= share <= 1
            if next(reports, None) is None:  # noqa: B023 (called at once)
                raise Cancelled

        with contextlib.suppress(Cancelled):
            last = audit(reader, mixed, None, tmp_path / "cache", progress=progress)
    assert 2 < runs < 10  # nothing is read twice, but for what was under way
    assert last.findings == whole.findings and last.files == whole.files
    assert last.read < 21 and audit(reader, mixed, None, tmp_path / "cache").read == 0


def journal_of(folder: Path) -> Path:
    return journal_path(folder.parent / "cache", folder, Corrections())


def test_only_what_changed_is_read_again(mixed: Path, engine: Engine) -> None:
    reader, cache = Reader(engine), mixed.parent / "cache"
    first = audit(reader, mixed, None, cache)
    write_day(mixed, BAD, compressed=True)
    (mixed / name_of(dt.date(2020, 1, 5))).unlink()
    second = audit(reader, mixed, None, cache)
    assert (first.read, second.read) == (21, 1)
    assert second.findings == audit(reader, mixed).findings != first.findings
    assert len(journal_of(mixed).read_bytes().splitlines()) == 20  # what is gone is forgotten
    assert audit(reader, mixed, Corrections({"RMSE": "Soil_Moisture"}), cache).read == 20


@pytest.mark.parametrize(
    ("spoil", "read"),
    [
        (lambda whole: whole[:-20], 1),
        (lambda whole: whole.replace(b'"size":', b'"Size":', 1), 1),
        (lambda whole: whole.replace(b'"truncated"', b'"unreadable"', 1), 1),
        (lambda whole: b"older form\n" + whole[: len(whole) // 2], 11),
        (lambda whole: b"\xff\x00\n\n" + whole, 0),
        (lambda whole: b"", 21),
    ],
)
def test_a_damaged_journal_costs_reading_and_no_more(
    mixed: Path, engine: Engine, spoil: Callable[[bytes], bytes], read: int
) -> None:
    reader, cache = Reader(engine), mixed.parent / "cache"
    first = audit(reader, mixed, None, cache)
    journal_of(mixed).write_bytes(spoil(journal_of(mixed).read_bytes()))
    again = audit(reader, mixed, None, cache)
    assert again.findings == first.findings and abs(again.read - read) <= 1
    assert audit(reader, mixed, None, cache).read == 0


def test_a_line_that_was_cut_off_does_not_spoil_the_next_one(mixed: Path, engine: Engine) -> None:
    reader, cache = Reader(engine), mixed.parent / "cache"
    audit(reader, mixed, None, cache)
    whole = journal_of(mixed).read_bytes().splitlines(keepends=True)
    journal_of(mixed).write_bytes(b"".join(whole[:10]) + whole[10][:50])

    def progress(share: float, what: str) -> None:
        if what.startswith("15 of"):
            raise Cancelled

    with pytest.raises(Cancelled):
        audit(reader, mixed, None, cache, progress=progress)
    assert audit(reader, mixed, None, cache).read == 21 - 15


CRASHING = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import conftest
from smos_ib_explorer.plugin.core.audit import audit
from smos_ib_explorer.plugin.core.audit_file import FileReader
from smos_ib_explorer.plugin.core.netcdf4_engine import NetCDF4Engine
from smos_ib_explorer.plugin.core.reader import Reader
read = FileReader._read
FileReader._read = lambda self, path: os._exit(9) if path.name == sys.argv[3] else read(self, path)
folder = Path(sys.argv[2])
audit(Reader(NetCDF4Engine()), folder, None, folder.parent / "cache")
"""


def test_a_file_that_takes_the_program_down_is_not_opened_for_ever(mixed: Path) -> None:
    from smos_ib_explorer.plugin.core.netcdf4_engine import NetCDF4Engine

    deadly = mixed / name_of(dt.date(2020, 1, 8), "D")
    command = [sys.executable, "-c", CRASHING, str(Path(__file__).parents[1]), str(mixed), deadly.name]
    assert [subprocess.run(command, check=False, timeout=60).returncode for _ in range(3)] == [9, 9, 0]
    found = audit(Reader(NetCDF4Engine()), mixed, None, mixed.parent / "cache")
    accused = [one.file for one in found.findings if "ended twice" in one.detail]
    assert accused == [deadly.name] and found.read == 0
    os.utime(deadly, ns=(1, 1))  # downloaded again
    found = audit(Reader(NetCDF4Engine()), mixed, None, mixed.parent / "cache")
    assert found.read == 1 and not any("ended twice" in one.detail for one in found.findings)


def test_a_file_that_stopped_audits_still_read_is_not_accused(
    mixed: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = mixed / name_of(dt.date(2020, 1, 8), "D")
    reader, cache, read = Reader(engine), mixed.parent / "cache", FileReader._read
    under_way: list[Path] = []
    found: list[Audit] = []

    def stopped(share: float, what: str) -> None:
        if len(under_way) > 1:
            raise Cancelled

    def begin_again(self: FileReader, path: Path) -> object:
        if path == slow:
            under_way.append(path)  # while this one is being read, the user stops and starts again
            if len(under_way) == 1:
                with contextlib.suppress(Cancelled):
                    audit(reader, mixed, None, cache, progress=stopped)
            elif len(under_way) == 2:
                found.append(audit(reader, mixed, None, cache))
        return read(self, path)

    monkeypatch.setattr(FileReader, "_read", begin_again)
    found.append(audit(reader, mixed, None, cache))
    found.append(audit(reader, mixed, None, cache))
    assert len(under_way) == 3 and len(found) == 3 and found[-1].read == 0
    assert not any("ended twice" in one.detail for each in found for one in each.findings)


WAITING = CRASHING.replace("os._exit(9)", "(print('reading', flush=True), sys.stdin.read())")


def test_what_another_program_reads_counts_once_that_is_killed(mixed: Path) -> None:
    slow = mixed / name_of(dt.date(2020, 1, 8), "D")
    status = slow.stat()
    granule = Granule(slow, dt.date(2020, 1, 8), Orbit.DESCENDING, status.st_size, status.st_mtime_ns)

    def counted() -> int:
        journal = Journal(journal_of(mixed))
        with journal.held():
            journal.known()
            with journal.writing():  # an audit that is stopped at once
                pass
        return journal.unfinished(slow.name, granule)

    command = [sys.executable, "-c", WAITING, str(Path(__file__).parents[1]), str(mixed), slow.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline().strip() == b"reading"
        assert [counted() for _ in range(3)] == [0, 0, 0]
        other.kill()
    assert counted() == 1


def test_two_audits_at_once_do_no_harm(mixed: Path, engine: Engine) -> None:
    reader, cache = Reader(engine), mixed.parent / "cache"
    inner: list[Audit] = []

    def progress(share: float, what: str) -> None:
        if share > 0.5 and not inner:
            inner.append(audit(reader, mixed, None, cache))

    outer = audit(reader, mixed, None, cache, progress=progress)
    assert outer.findings == inner[0].findings and 0 < inner[0].read < 21
    assert audit(reader, mixed, None, cache).read <= 21 - inner[0].read
    assert audit(reader, mixed, None, cache).read == 0


def test_an_audit_works_where_nothing_can_be_kept(mixed: Path, engine: Engine) -> None:
    (mixed.parent / "cache").write_text("a file where the folder should be")
    found = audit(Reader(engine), mixed, None, mixed.parent / "cache")
    assert found.read == 21 and "cannot be kept" in found.notes[-1]


def test_a_file_that_changes_meanwhile_is_told_and_not_remembered(
    mixed: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing, gone = (mixed / name_of(dt.date(2020, 1, number), "D") for number in (1, 2))
    before = changing.stat().st_mtime_ns
    read = FileReader._read

    def meanwhile(self: FileReader, path: Path) -> object:
        if path == changing:
            os.utime(path, ns=(1, 1))
        if path == gone:
            path.unlink()
        return read(self, path)

    monkeypatch.setattr(FileReader, "_read", meanwhile)
    reader, cache = Reader(engine), mixed.parent / "cache"
    found = audit(reader, mixed, None, cache)
    changed = [one.file for one in found.findings if one.kind is Kind.CHANGED]
    assert changed == [changing.name, gone.name]
    monkeypatch.undo()
    os.utime(changing, ns=(before, before))  # as it was when the folder was listed
    assert audit(reader, mixed, None, cache).read == 1


def test_a_journal_without_a_place_keeps_nothing() -> None:
    journal = Journal(None)
    with journal.writing():
        journal.add(FileAudit("a.nc", None, Orbit.UNKNOWN, 1, 1))
    assert journal.known() == {} and not journal.trouble


def test_a_file_that_changed_is_never_written_down(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    with journal.writing():
        journal.add(FileAudit("a.nc", None, Orbit.UNKNOWN, 1, 1, faults=((Kind.CHANGED, "Gone."),)))
        journal.add(FileAudit("b.nc", None, Orbit.UNKNOWN, 1, 1))
    assert list(journal.known()) == ["b.nc"]


# --- Days ---


@given(st.sets(st.dates(dt.date(2010, 1, 1), dt.date(2012, 12, 31)), min_size=1))
def test_days_and_gaps_are_the_span(days: set[dt.date]) -> None:
    ranges = gaps(days)
    missing = [one.first + dt.timedelta(days=number) for one in ranges for number in range(one.days)]
    assert sorted([*missing, *days]) == days_from(min(days).isoformat(), (max(days) - min(days)).days + 1)
    assert all(before.last < after.first - dt.timedelta(days=1) for before, after in zip(ranges, ranges[1:]))
