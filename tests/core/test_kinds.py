# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives in which a day's variables lie in several files: joined by date and orbit, they read like whole daily files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from core.dialects import Dialect, Window, degrees, grid_named, truth_on, write_dialect
from core.granules import LAYERS, cell, layers_of, name_of, write_day

from smos_ib_explorer.plugin.core.archive import Archive, Problem, scan
from smos_ib_explorer.plugin.core.assembly import without
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import LacksVariable
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.kinds import family_of, kinds_of
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.origins import of_day
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.series import read_series
from smos_ib_explorer.plugin.core.store.build import build_store
from smos_ib_explorer.plugin.core.store.store import Store
from smos_ib_explorer.plugin.core.variables import NamedArray

SM, VOD, RMSE, SF = LAYERS
IDS = {"SM": SM, "VOD": VOD, "RMSE": RMSE, "SF": SF}
DAYS = [dt.date(2019, 12, 31), dt.date(2020, 1, 1), dt.date(2020, 1, 2)]


@dataclass(frozen=True)
class Layout:
    """Which layers lie in which file of a day; `{day}` stands for the date, `{year}` for its year, `{orbit}` for A or D."""

    files: Mapping[str, tuple[str, ...]]
    kinds: tuple[str, ...]
    orbits: str = "A"
    called: Mapping[str, str] = field(default_factory=dict)
    north_first: tuple[str, ...] = ()
    compressed: bool = True

    def write(self, root: Path, days: list[dt.date] = DAYS) -> None:
        for day in days:
            for orbit in self.orbits:
                for form, layers in self.files.items():
                    path = root / form.format(day=f"{day:%Y%m%d}", year=day.year, orbit=orbit, name=name_of(day, orbit))
                    write_day(
                        path.parent,
                        day,
                        only=layers,
                        name=path.name,
                        called=self.called,
                        north_first=form in self.north_first,
                        compressed=self.compressed,
                    )


LAYOUTS = {
    "a folder a parameter": Layout(
        {"SM/x_{day}.nc": (SM,), "VOD/x_{day}.nc": (VOD,), "RMSE/x_{day}.nc": (RMSE,), "SF/x_{day}.nc": (SF,)},
        ("SM", "VOD", "RMSE", "SF"),
    ),
    "a folder a parameter, by year and orbit": Layout(
        {"Soil moisture/ASC/{year}/{name}": (SM,), "VOD/ASC/{year}/{name}": (VOD, RMSE, SF)}, ("Soil moisture", "VOD")
    ),
    "both orbits in the names": Layout({"SM/{name}": (SM, RMSE, SF), "VOD/{name}": (VOD,)}, ("SM", "VOD"), orbits="AD"),
    "by the names alone": Layout(
        {"IB_SM_CDF3{orbit}M_{day}.nc": (SM, RMSE, SF), "IB_VOD_CDF3{orbit}M_{day}.nc": (VOD,)}, ("SM", "VOD")
    ),
    "one longer name": Layout({"smos_{day}.nc": (SM, VOD), "smos_quality_{day}.nc": (RMSE, SF)}, ("SM-VOD", "quality")),
    "the folder alone tells": Layout(
        {"SM/{day}.nc": (SM,), "VOD/{day}.nc": (VOD,), "RMSE/{day}.nc": (RMSE,), "SF/{day}.nc": (SF,)},
        ("SM", "VOD", "RMSE", "SF"),
        called=dict.fromkeys(LAYERS, "data"),
    ),
    "the folder alone tells, in words": Layout(
        {f"{name}/{{day}}.nc": (name,) for name in LAYERS}, LAYERS, called=dict.fromkeys(LAYERS, "Band1")
    ),
    "files lie differently": Layout(
        {"SM/{day}.nc": (SM,), "VOD/{day}.nc": (VOD,), "QC/{day}.nc": (RMSE, SF)},
        ("SM", "VOD", "QC"),
        north_first=("VOD/{day}.nc", "QC/{day}.nc"),
    ),
    "not compressed": Layout(
        {"SM/{day}.nc": (SM, SF), "VOD/{day}.nc": (VOD, RMSE)},
        ("SM", "VOD"),
        north_first=("SM/{day}.nc",),
        compressed=False,
    ),
}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    return LAYOUTS[request.param]


@pytest.fixture
def learn(engine: Engine, tmp_path: Path) -> Callable[..., Opened]:
    def learnt(corrections: Corrections | None = None) -> Opened:
        return Reader(engine).learn(scan(tmp_path), corrections)

    return learnt


def test_every_layout_reads_like_whole_files(layout: Layout, engine: Engine, tmp_path: Path) -> None:
    layout.write(tmp_path)
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    assert opened.archive.kinds == layout.kinds
    assert not opened.archive.problems and not opened.recognition.missing_quality_layers
    assert {one.id for one in opened.recognition.variables} == set(IDS)
    whole_folder = tmp_path.with_name(f"{tmp_path.name} whole")
    for day in DAYS:
        write_day(whole_folder, day)
    whole = Reader(engine).learn(scan(whole_folder))
    for orbit in opened.archive.orbits:
        assert opened.archive.dates(orbit) == DAYS
        for granule, same in zip(opened.archive.granules_of(orbit), whole.archive.granules):
            assert len(granule.files) == len(layout.files)
            for one in IDS:
                grids = [
                    reader.day(what, of.recognition, of.recognition.variable(one), PROVIDER)
                    for what, of in ((granule, opened), (same, whole))
                ]
                np.testing.assert_array_equal(grids[0].raw, grids[1].raw)
                np.testing.assert_array_equal(grids[0].rejection, grids[1].rejection)


@pytest.mark.parametrize("name", ["the folder alone tells", "files lie differently", "not compressed"])
def test_series_are_the_same_with_and_without_a_store(name: str, engine: Engine, tmp_path: Path) -> None:
    LAYOUTS[name].write(tmp_path / "archive")
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path / "archive"))
    variables, orbit = opened.recognition.variables, opened.archive.orbits[0]
    store_folder = tmp_path / "there.smosib-store"
    build_store(reader, opened, store_folder, "test")
    view = Store.open(store_folder, engine).view(opened)
    assert view.standing.is_current
    for place in (cell(0, 0), cell(5, 7), cell(11, 14)):
        row, col = place.row - cell(0, 0).row, place.col - cell(0, 0).col
        plain = read_series(reader, opened, place, variables, orbit)
        stored = read_series(reader, opened, place, variables, orbit, store=view)
        for one in variables:
            expected = [layers_of(day)[IDS[one.id]][row, col] for day in DAYS]
            np.testing.assert_array_equal(plain.values[one.id], np.float32(expected))
            np.testing.assert_array_equal(stored.values[one.id], np.float32(expected))


def test_second_files_of_the_same_variables_are_not_joined(learn: Callable[..., Opened], tmp_path: Path) -> None:
    for folder in ("first", "copy"):
        write_day(tmp_path / folder, DAYS[0])
    opened = learn()
    assert not opened.archive.kinds and len(opened.archive.granules[0].files) == 1
    assert len(opened.archive.problems) == 1 and "second file" in opened.archive.problems[0].reason


def test_a_second_file_of_a_kind_is_one_and_takes_a_damaged_ones_place(
    learn: Callable[..., Opened], tmp_path: Path
) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    old = write_day(tmp_path / "VOD", DAYS[0], only=(VOD,), name="w_20191231.nc")
    archive = learn().archive
    assert [problem.path for problem in archive.problems] == [old]
    used = archive.granules[0].files[1]
    assert used.path.name == "x_20191231.nc"
    left = without(archive, [Problem(used.path, "damaged")])
    assert left.granules[0].files[1].path == old and len(left.granules) == 3
    assert [problem.path for problem in left.problems] == [used.path]


def test_a_day_without_a_kind_of_file_says_so_and_keeps_the_rest(engine: Engine, tmp_path: Path) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    (tmp_path / "VOD" / "x_20200101.nc").unlink()
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    granule = opened.archive.granule(DAYS[1], Orbit.UNKNOWN)
    assert np.isfinite(reader.day(granule, opened.recognition, opened.recognition.variable("SM"), RAW).raw).any()
    with pytest.raises(LacksVariable, match="There is no VOD file for 2020-01-01"):
        reader.day(granule, opened.recognition, opened.recognition.variable("VOD"), RAW)


def test_a_day_without_its_quality_file_is_never_shown_unfiltered(engine: Engine, tmp_path: Path) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    (tmp_path / "RMSE" / "x_20200101.nc").unlink()
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    with pytest.raises(LacksVariable, match="There is no RMSE file"):
        reader.day(
            opened.archive.granule(DAYS[1], Orbit.UNKNOWN),
            opened.recognition,
            opened.recognition.variable("SM"),
            PROVIDER,
        )


def test_the_newest_day_with_all_kinds_of_file_tells_what_the_archive_is(
    learn: Callable[..., Opened], tmp_path: Path
) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    for folder in ("VOD", "RMSE", "SF"):
        (tmp_path / folder / "x_20200102.nc").unlink()
    opened = learn()
    assert {one.id for one in opened.recognition.variables} == set(IDS)
    assert opened.archive.dates(Orbit.UNKNOWN) == DAYS


def test_a_damaged_part_is_named_and_the_rest_of_its_day_stays(learn: Callable[..., Opened], tmp_path: Path) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    bad = tmp_path / "VOD" / "x_20200102.nc"
    bad.write_bytes(bad.read_bytes()[:4000])
    opened = learn()
    assert [problem.path for problem in opened.archive.problems] == [bad]
    assert [file.kind for file in opened.archive.granules[-1].files] == ["SM", "RMSE", "SF"]


def test_quality_layers_of_several_kinds_are_told_apart(learn: Callable[..., Opened], tmp_path: Path) -> None:
    Layout({"SM/{day}.nc": (SM, RMSE, SF), "VOD/{day}.nc": (VOD, RMSE, SF)}, ()).write(tmp_path)
    opened = learn()
    found = {one.id: one.netcdf_name for one in opened.recognition.variables}
    assert found["RMSE"] == f"SM/{RMSE}" and found["SF"] == f"SM/{SF}" and found["VOD"] == f"VOD/{VOD}"
    assert any("TB-RMSE is taken from the SM files" in note and "VOD" in note for note in opened.notes)


def test_a_changed_part_is_another_fingerprint(learn: Callable[..., Opened], tmp_path: Path) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    before = learn().archive
    write_day(tmp_path / "RMSE", DAYS[0], only=(RMSE,), name="x_20191231.nc", extra={"more": layers_of(DAYS[0])[SM]})
    after = learn().archive
    assert [one != other for one, other in zip(before.granules, after.granules)] == [True, False, False]
    assert len(after.changes_since(before).changed) == 1


def test_without_second_files_nothing_is_opened_for_kinds(tmp_path: Path) -> None:
    for day in DAYS:
        (tmp_path / f"SM_{day:%Y%m%d}.nc").touch()
    assert isinstance(scan(tmp_path), Archive) and not scan(tmp_path).kinds


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SM/2020/x_20200101.nc", ("SM", "x")),
        ("ASC/2018/SM_RE06_MIR_CDF3SA_20180101T000000_20180101T235959_105_001_8.DBL.nc", ("SM", "RE#", "MIR", "DBL")),
        ("IB_VOD_CDF3AM_20150401_V1.0.nc", ("IB", "VOD", "V#")),
        ("2020/001/20200101.nc", ()),
        ("vod 2020-01-01.nc", ("vod",)),
        ("Soil_Moisture/ASC_2020/2020-01-01.nc", ("Soil_Moisture",)),
    ],
)
def test_the_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    assert family_of(Path("/a"), Path("/a") / name) == words


def splits(layers: tuple[str, ...]) -> list[list[tuple[str, ...]]]:
    """Return every way to put the layers into files."""
    if not layers:
        return [[]]
    first, found = layers[0], []
    for rest in splits(layers[1:]):
        found.append([(first,), *rest])
        found += [[*rest[:at], (first, *rest[at]), *rest[at + 1 :]] for at in range(len(rest))]
    return found


@pytest.mark.parametrize("split", splits(LAYERS), ids=lambda split: " ".join("+".join(one) for one in split))
def test_any_split_of_the_layers_over_folders_is_joined_again(
    split: list[tuple[str, ...]], engine: Engine, tmp_path: Path
) -> None:
    Layout({f"part {'abcd'[number]}/{{day}}.nc": some for number, some in enumerate(split)}, ()).write(
        tmp_path, DAYS[:2]
    )
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    assert len(opened.archive.kinds) == (len(split) if len(split) > 1 else 0)
    assert {one.id: one.stored_name for one in opened.recognition.variables} == IDS
    for granule, day in zip(opened.archive.granules, DAYS):
        found = reader.values(granule, opened.recognition, [opened.recognition.variable(one) for one in IDS])
        for number, name in enumerate(IDS.values()):
            whole = np.full(opened.recognition.grid.shape, np.nan, dtype=np.float32)
            whole.flat[found.cells] = found.values[:, number]
            north_west, south_east = cell(0, 0), cell(11, 14)
            cut = whole[north_west.row : south_east.row + 1, north_west.col : south_east.col + 1]
            np.testing.assert_array_equal(cut, np.float32(layers_of(day)[name]))


def test_families_of_the_same_content_are_one_kind() -> None:
    sm, vod = [NamedArray("Soil_Moisture"), NamedArray("RMSE")], [NamedArray("VOD"), NamedArray("RMSE")]
    kinds = kinds_of({("SM", "RE#"): sm, ("SM", "OPER"): sm, ("VOD", "RE#"): vod, ("VOD", "OPER"): vod})
    assert set(kinds.values()) == {"SM", "VOD"} and kinds["SM", "RE#"] == kinds["SM", "OPER"]
    assert kinds_of({("a",): sm, ("b",): sm}) == {}
    assert kinds_of({("a",): sm}) == {}
    assert kinds_of({}) == {}


# --- What must not be joined ---


def test_a_set_with_quality_layers_of_its_own_is_left_out_and_said(
    learn: Callable[..., Opened], tmp_path: Path
) -> None:
    """No variable is filtered by the RMSE of another one."""
    for day in DAYS:
        write_day(tmp_path / "SM", day, only=(SM, RMSE, SF), name=f"x_{day:%Y%m%d}.nc")
        other = {RMSE: layers_of(day)[RMSE] + 1}
        write_day(tmp_path / "VOD", day, only=(VOD, RMSE, SF), extra=other, name=f"x_{day:%Y%m%d}.nc")
    opened = learn()
    assert {one.id for one in opened.recognition.variables} == {"SM", "RMSE", "SF"}
    assert not opened.archive.kinds and len(opened.archive.problems) == 3
    assert all("has a layer RMSE of its own, with other numbers" in one.reason for one in opened.archive.problems)
    assert {one.path.parent.name for one in opened.archive.problems} == {"VOD"}


def test_a_folder_on_another_grid_is_left_out_and_the_archive_stays(
    learn: Callable[..., Opened], tmp_path: Path
) -> None:
    netcdf = pytest.importorskip("netCDF4")
    for day in DAYS:
        write_day(tmp_path / "SMOS", day, name=f"x_{day:%Y%m%d}.nc")
        grid = grid_named("EASE2_M36km")
        (tmp_path / "aux").mkdir(exist_ok=True)
        path, window = tmp_path / "aux" / f"x_{day:%Y%m%d}.nc", Window.of(grid, (60, 70), (500, 510))
        write_dialect(path, Dialect(), grid, truth_on(grid), window)
        with netcdf.Dataset(path, "a") as file:
            [name] = [name for name, variable in file.variables.items() if variable.ndim == 2]
            file.renameVariable(name, "Vegetation_Index")
    opened = learn()
    assert opened.recognition.grid.name == "EASE2_M25km" and len(opened.archive.granules) == 3
    assert {one.path.parent.name for one in opened.archive.problems} == {"aux"}
    assert all("This file is on EASE-Grid 2.0, 36 km" in one.reason for one in opened.archive.problems)


def test_a_parameter_whose_newest_files_are_cut_off_stays(learn: Callable[..., Opened], tmp_path: Path) -> None:
    days = [DAYS[0] + dt.timedelta(days=number) for number in range(10)]
    LAYOUTS["a folder a parameter"].write(tmp_path, days)
    for day in days[3:]:
        path = tmp_path / "VOD" / f"x_{day:%Y%m%d}.nc"
        path.write_bytes(path.read_bytes()[:3000])
    opened = learn()
    assert [len(one.files) for one in opened.archive.granules] == [4, 4, 4, *[3] * 7]
    assert all("truncated" in one.reason for one in opened.archive.problems)


def test_a_parameter_that_vanishes_meanwhile_is_left_out(
    learn: Callable[..., Opened], tmp_path: Path, engine: Engine
) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    archive = scan(tmp_path)
    for path in (tmp_path / "SF").iterdir():
        path.unlink()
    opened = Reader(engine).learn(archive)
    assert opened.archive.kinds == ("SM", "VOD", "RMSE")
    assert {one.path.parent.name for one in opened.archive.problems} == {"SF"}


@pytest.mark.parametrize("compressed", [True, False])
def test_layers_of_a_square_cut_that_lie_the_other_way_round(engine: Engine, tmp_path: Path, compressed: bool) -> None:
    """Shapes cannot tell them apart, the names of their dimensions do."""
    netcdf = pytest.importorskip("netCDF4")
    numbers = np.arange(144.0).reshape(12, 12)
    x = M25KM.left + (np.arange(700, 712) + 0.5) * M25KM.cell
    y = M25KM.top - (np.arange(100, 112) + 0.5) * M25KM.cell
    with netcdf.Dataset(tmp_path / "x_20200101.nc", "w") as file:
        for name, line in zip(("lat", "lon"), degrees(x, y)):
            file.createDimension(name, 12)
            file.createVariable(name, "f8", (name,))[:] = line
        how = {"zlib": compressed, "chunksizes": (12, 12)} if compressed else {}
        file.createVariable("SM", "f8", ("lat", "lon"), **how)[:] = numbers
        file.createVariable("RMSE", "f8", ("lon", "lat"), **how)[:] = numbers.T
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    day = reader.retrievals(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"))
    np.testing.assert_array_equal(day.rmse, day.values)
    for place in (cell(0, 5), cell(7, 2)):
        found = reader.cells(
            opened.archive.granules[0], opened.recognition, [opened.recognition.variable("SM")], [place]
        )
        np.testing.assert_array_equal(found.rmse, found.values["SM"])


def test_source_files_of_one_name_are_told_apart(engine: Engine, tmp_path: Path) -> None:
    LAYOUTS["a folder a parameter"].write(tmp_path)
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"), PROVIDER)
    assert len(of_day(day, opened, "x").files) == 4
    assert "SM/x_20191231.nc" in of_day(day, opened, "x").files


def test_quality_is_compared_with_each_family_of_the_kind_that_gives_it(
    learn: Callable[..., Opened], tmp_path: Path
) -> None:
    """What the first family holds ends before the files begin that have an RMSE of their own."""
    days = [DAYS[0] + dt.timedelta(days=number) for number in range(6)]
    for folder, of_folder in (("SM early", days[:4]), ("SM late", days[3:])):
        for day in of_folder:
            write_day(tmp_path / folder, day, only=(SM, RMSE, SF), name=f"x_{day:%Y%m%d}.nc")
    for day in days[4:]:
        other = {RMSE: layers_of(day)[RMSE] + 1}
        write_day(tmp_path / "VOD", day, only=(VOD, RMSE, SF), extra=other, name=f"x_{day:%Y%m%d}.nc")
    opened = learn()
    assert not opened.archive.kinds and opened.archive.dates(Orbit.UNKNOWN) == days
    left_out = [one for one in opened.archive.problems if one.damaged]
    assert {one.path.parent.name for one in left_out} == {"VOD"} and len(left_out) == 2
    assert all("has a layer RMSE of its own, with other numbers" in one.reason for one in left_out)


def _write_auxiliary(path: Path, shape: tuple[int, int], has_coordinates: bool) -> None:
    netcdf = pytest.importorskip("netCDF4")
    path.parent.mkdir(exist_ok=True)
    with netcdf.Dataset(path, "w") as file:
        for name, size in zip(("lat", "lon"), shape):
            file.createDimension(name, size)
            if has_coordinates:
                file.createVariable(name, "f8", (name,))[:] = np.arange(size)
        file.createVariable("Vegetation_Index", "f4", ("lat", "lon"), zlib=True)[:] = 0.3


@pytest.mark.parametrize(
    ("shape", "has_coordinates", "reason"),
    [
        ((406, 964), False, "This file is on EASE-Grid 2.0, 36 km"),
        ((10, 20), True, "more than half a cell. The file is on another grid"),
    ],
)
def test_files_that_cannot_be_placed_beside_the_others_do_not_take_the_archive_with_them(
    learn: Callable[..., Opened], tmp_path: Path, shape: tuple[int, int], has_coordinates: bool, reason: str
) -> None:
    for day in DAYS:
        write_day(tmp_path / "SMOS", day, name=f"x_{day:%Y%m%d}.nc")
        _write_auxiliary(tmp_path / "aux" / f"x_{day:%Y%m%d}.nc", shape, has_coordinates)
    opened = learn()
    assert {one.id for one in opened.recognition.variables} == set(IDS)
    assert opened.archive.dates(Orbit.UNKNOWN) == DAYS
    assert {one.path.parent.name for one in opened.archive.problems} == {"aux"}
    assert all(reason in one.reason for one in opened.archive.problems)


def test_the_grid_that_the_user_chose_counts_for_joining_too(learn: Callable[..., Opened], tmp_path: Path) -> None:
    """One cell whose coordinates are those of a 36 km cell, and near enough to a 25 km cell."""
    netcdf = pytest.importorskip("netCDF4")
    wide = grid_named("EASE2_M36km")
    for day in DAYS:
        write_day(tmp_path / "SM", day, name=f"x_{day:%Y%m%d}.nc", only=(SM,))
        (tmp_path / "VOD").mkdir(exist_ok=True)
        with netcdf.Dataset(tmp_path / "VOD" / f"x_{day:%Y%m%d}.nc", "w") as file:
            lines = degrees(wide.left + 500.5 * wide.cell, wide.top - 80.5 * wide.cell)
            for name, line in zip(("lat", "lon"), lines):
                file.createDimension(name, 1)
                file.createVariable(name, "f8", (name,))[:] = line
            file.createVariable(VOD, "f8", ("lat", "lon"))[:] = 0.4
    assert learn().archive.kinds == ()
    assert learn(Corrections(grid=M25KM.name)).archive.kinds == ("SM", "VOD")


def test_a_quality_layer_that_lies_the_other_way_round_is_the_same(
    learn: Callable[..., Opened], tmp_path: Path
) -> None:
    netcdf = pytest.importorskip("netCDF4")
    x = M25KM.left + (np.arange(700, 712) + 0.5) * M25KM.cell
    y = M25KM.top - (np.arange(100, 112) + 0.5) * M25KM.cell
    numbers = np.arange(144.0).reshape(12, 12)
    for folder, name, turned in (("SM", SM, True), ("VOD", VOD, False)):
        (tmp_path / folder).mkdir()
        for day in DAYS:
            with netcdf.Dataset(tmp_path / folder / f"x_{day:%Y%m%d}.nc", "w") as file:
                for line_name, line in zip(("lat", "lon"), degrees(x, y)):
                    file.createDimension(line_name, 12)
                    file.createVariable(line_name, "f8", (line_name,))[:] = line
                file.createVariable(name, "f8", ("lat", "lon"))[:] = numbers
                axes = ("lon", "lat") if turned else ("lat", "lon")
                file.createVariable(RMSE, "f8", axes)[:] = numbers.T if turned else numbers
    assert learn().archive.kinds == ("SM", "VOD")
