# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a time-series store says is what the daily files say, to the last bit, whatever is odd about them or wrong with it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.dialects import Dialect, Window, grid_named, truth_on, write_dialect
from core.granules import COLS, LAYERS, ROWS, cell, every_day, name_of, write_day, write_days
from core.stores import (
    EVERY_CELL,
    SOFTWARE,
    SOME_CELLS,
    StoredArchive,
    WatchedEngine,
    assert_same,
    bits,
    flip,
    of,
    small_parts,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.corrections import Corrections, Orientation
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import Cancelled, NotInArchive, UnreadableFile
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.hdf5 import locate_chunks
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.provenance import SYNTHETIC_NOTE
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria
from smos_ib_explorer.plugin.core.reader import Opened
from smos_ib_explorer.plugin.core.series import TimeSeries, read_many, read_series, series_rows
from smos_ib_explorer.plugin.core.store import tiles
from smos_ib_explorer.plugin.core.store.description import README_NAME
from smos_ib_explorer.plugin.core.store.folder import remove_store
from smos_ib_explorer.plugin.core.store.manifest import MANIFEST_NAME
from smos_ib_explorer.plugin.core.store.store import Store, StoreView

netcdf = pytest.importorskip("netCDF4")

A, D = Orbit.ASCENDING, Orbit.DESCENDING
FORMS = {"chunks": True, "ordinary": False}
ALL = ("SM", "VOD", "RMSE", "SF", "row", "Soil_Temperature")
EXTRA = {"row": np.arange(180.0).reshape(12, 15), "Soil_Temperature": np.full((12, 15), 271.25)}
NOTHING = {name: np.full((12, 15), np.nan) for name in (*LAYERS, *EXTRA)}
# Fractions, negative numbers and −0: decoded as flags they are something else than decoded as numbers.
ODD_FLAGS = np.resize([0.0, -0.0, 1.4, 2.5, -3.0, np.nan, -999.0], (12, 15))


@pytest.fixture(scope="module", autouse=True)
def _small_parts() -> Iterator[None]:
    with small_parts():
        yield


def write_odd_archive(root: Path, compressed: bool) -> None:
    """Write 24 ascending days around a gap, three descending ones, and about everything that a day's file can be."""

    def odd(day: str, **how: Any) -> Path:
        return write_day(root, dt.date.fromisoformat(day), compressed=compressed, **{"extra": EXTRA, **how})

    write_days(root, "2015-12-20/2016-01-08", "2016-01-15/2016-01-18", extra=EXTRA, compressed=compressed)
    write_days(root / "DES", "2016-01-06/2016-01-08", orbits="D", extra=EXTRA, compressed=compressed)
    odd("2015-12-20", extra={**EXTRA, "Scene_Flags": ODD_FLAGS, "Soil_Temperature": ODD_FLAGS})
    odd("2015-12-22", without=("RMSE",))
    odd("2015-12-23", without=("Soil_Moisture", "row"))
    odd("2015-12-24", without=LAYERS[1:])
    odd("2015-12-25", without=LAYERS)
    odd("2015-12-27", extra=NOTHING)
    for day in ("2015-12-29", "2015-12-30"):
        with netcdf.Dataset(odd(day, without=("RMSE",) if day.endswith("30") else ()), "a") as file:
            file.createDimension("time", 1)
            file.createVariable("time", "f8", ("time",))[:] = 5000
            file["time"].units = "days since 2000-01-01"
    truncated = root / name_of(dt.date(2016, 1, 2))
    truncated.write_bytes(truncated.read_bytes()[:4000])
    (root / name_of(dt.date(2016, 1, 3))).write_bytes(b"<html>not found</html>")
    grid = grid_named("EASE2_M36km")
    other = Window.of(grid, (10, 20), (30, 45))
    write_dialect(root / name_of(dt.date(2016, 1, 4)), Dialect(), grid, truth_on(grid), other)
    if compressed:
        damaged = root / name_of(dt.date(2016, 1, 5))
        table = locate_chunks(damaged, ["Optical_Thickness_Nad"])["Optical_Thickness_Nad"]
        flip(damaged, int(table.offsets[0] + table.sizes[0] // 2), 8)


@pytest.fixture(scope="module", params=FORMS.values(), ids=FORMS)
def odd_archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bool]:
    """The daily files, once."""
    root = tmp_path_factory.mktemp("série 水")
    write_odd_archive(root, request.param)
    return root, request.param


@pytest.fixture(scope="module")
def stored(
    odd_archive: tuple[Path, bool], engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> tuple[StoredArchive, Opened, StoreView]:
    """A store of them, built by each engine."""
    archive = StoredArchive(engine, odd_archive[0], tmp_path_factory.mktemp("beside") / "record.smosib-store")
    opened = archive.opened()
    archive.build(opened=opened)
    view = archive.view(opened)
    assert view is not None
    return archive, opened, view


Stored = tuple[StoredArchive, Opened, StoreView]


# --- Exact ---


def test_every_cell_of_every_orbit_is_what_the_files_say(stored: Stored, odd_archive: tuple[Path, bool]) -> None:
    archive, opened, view = stored
    assert tuple(one.id for one in opened.recognition.variables) == ALL
    assert all(len(part.files) > 4 for part in archive.manifest.parts if part.orbit is A)
    unreadable = {2, 3, 4, 5} if odd_archive[1] else {2, 3, 4}
    assert view.standing.unreadable == len(unreadable)
    expected = archive.answers(opened, EVERY_CELL)
    read = archive.check(expected, [*EVERY_CELL])
    assert read == {name_of(dt.date(2016, 1, day)) for day in unreadable}
    ascending = expected[0]
    # Nothing of what is odd is missing from the comparison.
    assert len(ascending.problems) == len(unreadable) + 5 and len(ascending.notes) == 1
    assert len({one.reason for one in ascending.problems}) == len(ascending.problems)


@settings(max_examples=8)
@given(data=st.data())
def test_any_cells_variables_and_period(stored: Stored, data: st.DataObject) -> None:
    archive, opened, view = stored
    outside = [Cell(0, 0), Cell(583, 1387), Cell(int(ROWS[0]) - 1, int(COLS[0])), Cell(int(ROWS[0]), int(COLS[-1]) + 1)]
    cells = data.draw(st.lists(st.sampled_from([*EVERY_CELL, *outside]), min_size=1, max_size=5))
    variables = of(opened, *data.draw(st.lists(st.sampled_from(ALL), min_size=1, unique=True)))
    days = st.none() | st.dates(dt.date(2015, 12, 10), dt.date(2016, 1, 25))
    orbit, period = data.draw(st.sampled_from([A, A, D])), (data.draw(days), data.draw(days))

    def read(store: StoreView | None) -> list[TimeSeries] | str:
        try:
            return read_many(archive.reader, opened, cells, variables, orbit, *period, store=store)
        except NotInArchive as error:
            return str(error)

    from_files, from_store = read(None), read(view)
    if isinstance(from_files, str) or isinstance(from_store, str):
        assert from_files == from_store
    else:
        assert_same(from_store, from_files)


def test_one_cell_alone(stored: Stored) -> None:
    archive, opened, view = stored
    for place, orbit, names in ((cell(7, 3), A, ALL), (cell(11, 14), A, ("SF",)), (Cell(3, 3), D, ("RMSE", "SM"))):
        read = [
            read_series(archive.reader, opened, place, of(opened, *names), orbit, store=one) for one in (view, None)
        ]
        assert_same(read[:1], read[1:])


def test_tables_under_any_criteria(stored: Stored) -> None:
    archive, opened, view = stored
    read = [read_many(archive.reader, opened, SOME_CELLS, of(opened, *ALL), A, store=one) for one in (view, None)]
    for from_store, from_files in zip(*read):
        for criteria in (PROVIDER, RAW, QualityCriteria(0, 6.0), QualityCriteria(4, None)):
            tables = [[repr(row) for row in series_rows(one, criteria)] for one in (from_store, from_files)]
            assert tables[0] == tables[1] and tables[0]


def test_days_inside_the_gap(stored: Stored) -> None:
    archive, opened, view = stored
    gap = dt.date(2016, 1, 9), dt.date(2016, 1, 14)
    with pytest.raises(NotInArchive, match="no granule between 2016-01-09 and 2016-01-14"):
        read_series(archive.reader, opened, cell(0, 0), of(opened, "SM"), A, *gap, store=view)
    around = dt.date(2016, 1, 8), dt.date(2016, 1, 15)
    series = read_series(archive.reader, opened, cell(0, 0), of(opened, "SM"), A, *around, store=view)
    assert series.dates.astype(str).tolist() == ["2016-01-08", "2016-01-15"] and series.is_complete


def test_what_the_store_holds_comes_first_and_the_rest_follows(stored: Stored) -> None:
    archive, opened, view = stored
    growing: list[TimeSeries] = []
    wanted = of(opened, "SM", "VOD")
    series = read_series(archive.reader, opened, cell(4, 9), wanted, A, grown=growing.append, store=view)
    assert [one.dates.size + len(one.problems) for one in growing] == [view.standing.current - 3]
    assert_same([series], [read_series(archive.reader, opened, cell(4, 9), wanted, A)])
    shares: list[float] = []
    read_series(
        archive.reader, opened, cell(4, 9), wanted, D, progress=lambda share, what: shares.append(share), store=view
    )
    assert shares == [1.0]


def test_several_readings_of_one_store_do_not_touch_each_other(stored: Stored) -> None:
    archive, opened, view = stored
    first = read_many(archive.reader, opened, SOME_CELLS, of(opened, "SM"), A, store=view)
    for series in first:
        series.values["SM"][:] = -1
        assert series.scene_flag is not None
        series.scene_flag[:] = -1
    assert not archive.check() - {path.name for path in archive.root.iterdir()}


def test_the_standing_of_a_store(stored: Stored) -> None:
    _, opened, view = stored
    bad = view.standing.unreadable
    assert view.standing.current == 27 - bad and view.standing.is_current
    assert (view.standing.changed, view.standing.new, view.standing.gone) == (0, 0, 0)
    assert view.standing.current == 24 - bad + 3
    assert view.covers(of(opened, *ALL)) and not view.store.changed


# --- Two engines ---


@pytest.mark.parametrize("with_index", [True, False], ids=["index", "library"])
@pytest.mark.parametrize("writer", [0, 1], ids=["netCDF4 writes", "GDAL writes"])
def test_each_engine_reads_what_the_other_wrote(
    writer: int,
    with_index: bool,
    both_engines: list[Engine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_days(tmp_path, "2016-01-01/2016-01-09", extra=EXTRA, compressed=True)
    built = StoredArchive.at(both_engines[writer], tmp_path)
    if not with_index:
        monkeypatch.setattr(tiles, "locate_chunks", lambda path, names: {})
    built.build()
    expected = built.answers(built.opened(), SOME_CELLS)
    for engine in both_engines:
        watched = WatchedEngine(engine)
        archive = built.by(watched)
        assert archive.check(expected, SOME_CELLS) == set()
        from_tiles = [name for name in watched.opened if name.startswith("cells_")]
        assert bool(from_tiles) is not with_index


def test_a_build_goes_on_with_the_other_engine(both_engines: list[Engine], tmp_path: Path) -> None:
    write_days(tmp_path, "2016-01-01/2016-01-09", compressed=True)
    one, other = (StoredArchive.at(engine, tmp_path) for engine in both_engines)
    with pytest.raises(Cancelled):
        one.build(stop_in_the_merge(one))
    other.build()
    assert other.reader.for_store == [] and other.check() == set()
    write_days(tmp_path, "2016-01-10/2016-01-12", compressed=True)
    one.build()
    assert len(one.reader.for_store) == 3 and other.check() == set() == one.check()


def stop_in_the_merge(archive: StoredArchive) -> Callable[[float, str], None]:
    """Return a progress callable that cancels a merge as soon as a tile is finished."""

    def stop(share: float, what: str) -> None:
        if what == "merging" and any(archive.folder.glob(".tiles-*/*.nc")):
            raise Cancelled

    return stop


def left_in_runs(archive: StoredArchive) -> None:
    """Build a store but for its merge."""

    def stop(share: float, what: str) -> None:
        if what == "merging":
            raise Cancelled

    with pytest.raises(Cancelled):
        archive.build(stop)
    assert archive.manifest.parts and all(part.is_run for part in archive.manifest.parts)


# --- Never used wrongly ---


@pytest.fixture(scope="module")
def small(engines: list[Engine], tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredArchive, list[TimeSeries]]:
    """Nine days, their store in tiles, and what their files say. Copies of the store are what tests spoil."""
    root = tmp_path_factory.mktemp("small")
    write_days(root, "2016-01-01/2016-01-09", compressed=True)
    archive = StoredArchive(engines[0], root, tmp_path_factory.mktemp("stores") / "in tiles")
    archive.build()
    return archive, archive.answers(archive.opened())


@pytest.fixture(scope="module")
def in_runs(small: tuple[StoredArchive, list[TimeSeries]], tmp_path_factory: pytest.TempPathFactory) -> StoredArchive:
    """The same archive's store before its merge."""
    archive = replace(small[0], folder=tmp_path_factory.mktemp("stores") / "in runs")
    left_in_runs(archive)
    return archive


def copy_of(archive: StoredArchive, folder: Path) -> StoredArchive:
    shutil.copytree(archive.folder, folder)
    return replace(archive, folder=folder)


DAYS = {name_of(day) for day in every_day("2016-01-01/2016-01-09")}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replaced_by_garbage(path: Path) -> None:
    path.write_bytes(b"garbage " * 40)


def turned_into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def one_short(path: Path) -> None:
    """Leave the last number out, in a file that is whole in itself."""
    if path.suffix == ".npy":
        np.save(path, np.load(path)[:-1])
    else:
        cut(path)


DAMAGES = [cut, empty, replaced_by_garbage, Path.unlink, turned_into_a_folder, one_short]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda how: how.__name__)
@pytest.mark.parametrize("name", ["cells.npy", "starts.npy", "chunks.npy", "*.nc"])
def test_damaged_tiles_are_not_used(
    name: str, damage: Callable[[Path], None], small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path
) -> None:
    archive = copy_of(small[0], tmp_path / "store")
    for path in sorted((archive.folder / archive.manifest.parts[0].name).glob(name)):
        damage(path)
    assert archive.check(small[1]) == DAYS


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda how: how.__name__)
@pytest.mark.parametrize("name", ["cells.npy", "starts.npy", "rows.npy"])
def test_damaged_runs_are_not_used(
    name: str,
    damage: Callable[[Path], None],
    small: tuple[StoredArchive, list[TimeSeries]],
    in_runs: StoredArchive,
    tmp_path: Path,
) -> None:
    archive = copy_of(in_runs, tmp_path / "store")
    assert archive.check(small[1]) == set()
    part = archive.manifest.parts[0].name
    damage(archive.folder / part / name)
    held = {Path(path).name for path, one in archive.manifest.granules.items() if one.part == part}
    assert archive.check(small[1]) == held


def test_a_run_cut_while_it_is_open_is_not_used(
    small: tuple[StoredArchive, list[TimeSeries]], in_runs: StoredArchive, tmp_path: Path
) -> None:
    archive = copy_of(in_runs, tmp_path / "store")
    opened = archive.opened()
    view = archive.view(opened)
    variables = opened.recognition.variables
    assert_same(read_many(archive.reader, opened, SOME_CELLS, variables, A, store=view), small[1])
    for path in archive.folder.glob("run-*/rows.npy"):
        cut(path)
    assert_same(read_many(archive.reader, opened, SOME_CELLS, variables, A, store=view), small[1])


def test_bytes_turned_anywhere_in_a_tile_change_no_value(
    small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path
) -> None:
    archive = copy_of(small[0], tmp_path / "store")
    part = archive.manifest.parts[0]
    tile = archive.folder / part.name / part.files[0].name
    expected = [small[1][0]]
    assert archive.check(expected, SOME_CELLS[:1]) == set()
    from_files = 0
    for place in range(8, tile.stat().st_size, tile.stat().st_size // 60):
        flip(tile, place)
        from_files += archive.check(expected, SOME_CELLS[:1]) == DAYS
        flip(tile, place)
    assert from_files  # some of the places were in chunks of this cell


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is damaged"),
        (b"\xff\xfe\x00garbage", "is damaged"),
        (b"[]", "is damaged"),
        (b"{}", "is damaged"),
        (b'{"form": 1}', "is damaged"),
        (b'{"form": 1, "grid": 3', "is damaged"),
        (b'{"form": 2, "all": "else is new"}', r"has form 2, this software reads form 1\. Update the plugin"),
        ({"grid": "EASE2_M99km"}, "is damaged: there is no grid EASE2_M99km"),
        ({"orientation": 7}, "is damaged"),
        ({"granules": [["only a path"]]}, "is damaged"),
        ({"granules": [["p", "2016-02-31", "A", 1, 1, "", 0]]}, "is damaged"),
        ({"variables": [{"id": "SM"}]}, "is damaged"),
        ({"parts": [{"name": "run-0001"}]}, "is damaged"),
    ],
    ids=repr,
)
def test_a_damaged_manifest_is_told_and_a_build_begins_anew(
    content: bytes | dict, sentence: str, small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path
) -> None:
    archive = copy_of(small[0], tmp_path / "store")
    manifest = archive.folder / MANIFEST_NAME
    if isinstance(content, dict):
        content = json.dumps({**json.loads(manifest.read_text()), **content}).encode()
    manifest.write_bytes(content)
    with pytest.raises(UnreadableFile, match=sentence):
        Store.open(archive.folder, archive.engine)


def test_a_store_with_a_damaged_manifest_is_built_anew(
    small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path
) -> None:
    archive = copy_of(small[0], tmp_path / "store")
    cut(archive.folder / MANIFEST_NAME)
    assert archive.build().added == 9
    assert archive.check(small[1]) == set()


def test_no_store(tmp_path: Path, engine: Engine) -> None:
    assert Store.open(tmp_path, engine) is None
    assert Store.open(tmp_path / "nowhere", engine) is None


def test_a_store_of_other_files_of_the_same_names(
    small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path
) -> None:
    for day, other in zip(every_day("2016-01-01/2016-01-09"), every_day("2011-01-01/2011-01-09")):
        write_day(tmp_path, other, name=name_of(day), compressed=True)
    other_archive = replace(small[0], root=tmp_path)
    opened = other_archive.opened()
    assert other_archive.view(opened) is None
    assert other_archive.check() == DAYS


def test_only_granules_of_the_same_fingerprint_come_from_the_store(
    small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(small[0].root, root)  # with times
    other = every_day("2016-01-04")[0]
    write_day(root, other + dt.timedelta(days=700), name=name_of(other), compressed=True)
    moved = replace(small[0], root=root)
    assert moved.check() == {name_of(other)}
    view = moved.view(moved.opened())
    assert view is not None and (view.standing.current, view.standing.changed) == (8, 1)


@pytest.mark.parametrize(
    "change",
    [{"orientation": Orientation(True, False)}, {"grid": grid_named("EASE2_M36km")}],
    ids=["orientation", "grid"],
)
def test_a_store_whose_cells_lie_elsewhere_is_not_used(
    change: dict[str, Any], small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path
) -> None:
    archive = copy_of(small[0], tmp_path / "store")
    opened = archive.opened()
    elsewhere = replace(opened, recognition=replace(opened.recognition, **change))
    assert archive.view(opened) is not None and archive.view(elsewhere) is None
    if "orientation" in change:  # these files have coordinates, so that they are placed all the same
        assert archive.build(opened=elsewhere).added == 9
        assert archive.view(elsewhere) is not None and archive.view(opened) is None


@pytest.fixture(scope="module")
def with_odd_flags(engines: list[Engine], tmp_path_factory: pytest.TempPathFactory) -> StoredArchive:
    """A store of three days whose scene flags are something else when they are decoded as another variable."""
    root = tmp_path_factory.mktemp("flags")
    write_days(root, "2016-01-01/2016-01-03", extra={"Scene_Flags": ODD_FLAGS}, compressed=True)
    archive = StoredArchive(engines[0], root, tmp_path_factory.mktemp("stores") / "flags")
    archive.build()
    return archive


@pytest.mark.parametrize(
    ("roles", "usable"),
    [
        ({"SM": "Optical_Thickness_Nad", "VOD": "Soil_Moisture"}, True),
        ({"RMSE": ""}, True),
        ({"SF": ""}, False),
        ({"SF": "RMSE", "RMSE": "Scene_Flags"}, False),
        ({"SF": "Optical_Thickness_Nad"}, False),
        ({"SM": "Scene_Flags", "SF": ""}, False),
    ],
    ids=str,
)
def test_what_the_user_says_of_roles_holds(
    roles: dict[str, str], usable: bool, with_odd_flags: StoredArchive, tmp_path: Path
) -> None:
    archive = copy_of(with_odd_flags, tmp_path / "store")
    corrected = replace(archive, corrections=Corrections(roles))
    assert bool(corrected.check()) is not usable
    corrected.build()
    assert corrected.check() == set()
    assert bool(archive.check()) is not usable


def test_a_variable_that_is_not_stored_is_read_from_the_files(engines: list[Engine], tmp_path: Path) -> None:
    write_days(tmp_path, "2016-01-01/2016-01-04", compressed=True)
    archive = StoredArchive.at(engines[0], tmp_path)
    archive.build()
    write_days(tmp_path, "2016-01-05", extra=EXTRA, compressed=True)
    opened = archive.opened()
    view = archive.view(opened)
    assert view is not None and view.covers(of(opened, "SM", "VOD")) and not view.covers(of(opened, "SM", "row"))
    with pytest.raises(UnreadableFile, match="does not hold all of these variables"):
        view.read(SOME_CELLS, of(opened, "row"), A, slice(None))
    for names, from_files in ((("SM", "VOD"), 1), (("SM", "row"), 5)):
        archive.reader.for_series.clear()
        read = [read_many(archive.reader, opened, SOME_CELLS, of(opened, *names), A, store=one) for one in (view, None)]
        assert len(archive.reader.for_series) == from_files + 5
        assert_same(*read)


def test_a_store_removed_under_an_open_view(small: tuple[StoredArchive, list[TimeSeries]], tmp_path: Path) -> None:
    archive = copy_of(small[0], tmp_path / "store")
    opened = archive.opened()
    view = archive.view(opened)
    assert view is not None and not view.store.changed
    remove_store(archive.folder)
    assert view.store.changed
    variables = opened.recognition.variables
    assert_same(read_many(archive.reader, opened, SOME_CELLS, variables, A, store=view), small[1])


# --- Standards: what other software finds ---


@pytest.fixture(scope="module")
def plain(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredArchive, list[Path]]:
    """A store of a synthetic archive, and its files."""
    root = tmp_path_factory.mktemp("plain")
    for path in write_days(root, "2016-01-01/2016-01-09", extra=EXTRA, compressed=True):
        with netcdf.Dataset(path, "a") as file:
            file.comment = "synthetic: made for a test"
    archive = StoredArchive.at(engine, root)
    archive.build()
    return archive, sorted(archive.folder.glob("tiles-*/*.nc"))


def test_a_tile_says_what_it_is(plain: tuple[StoredArchive, list[Path]]) -> None:
    archive, files = plain
    assert len(files) == len(archive.manifest.parts[0].files) > 3
    for path in files:
        with netcdf.Dataset(path) as file:
            assert file.data_model == "NETCDF4"
            assert (file.Conventions, file.featureType) == ("CF-1.8", "timeSeries")
            assert SOFTWARE in file.history and str(archive.root) in file.source and file.orbit == A.title
            assert "EPSG:6933" in file.grid and file.quality_control.startswith("none")
            assert file.comment == SYNTHETIC_NOTE and file.license and file.references
            assert {name: len(one) for name, one in file.dimensions.items()}.keys() == {"locations", "obs"}
            assert file["location_id"].cf_role == "timeseries_id"
            assert file["row_size"].sample_dimension == "obs"
            assert (file["lon"].units, file["lat"].units) == ("degrees_east", "degrees_north")
            assert (file["lon"].standard_name, file["lat"].standard_name) == ("longitude", "latitude")
            assert file["time"].standard_name == "time" and file["time"].calendar == "standard"
            assert file["time"].units == "days since 2000-01-01 00:00:00"
            assert [file[name].units for name in ("SM", "VOD", "RMSE", "SF")] == ["m3 m-3", "1", "K", "bit flags"]
            for name, source in (("SM", "Soil_Moisture"), ("row_", "row"), ("Soil_Temperature", "Soil_Temperature")):
                assert file[name].source_variable == source and file[name].coordinates == "time lat lon"
                assert file[name].dtype == np.float32 and np.isnan(file[name]._FillValue)
            for variable in file.variables.values():
                how = variable.filters()
                assert (how["zlib"], how["shuffle"], how["complevel"]) == (True, True, 1)
            for name in ("time", "SM", "row_"):
                assert file[name].chunking() == [min(64, len(file.dimensions["obs"]))]


def test_a_tile_lies_where_its_cells_are(plain: tuple[StoredArchive, list[Path]]) -> None:
    archive, files = plain
    by_name = {file.name: file for file in archive.manifest.parts[0].files}
    seen: list[int] = []
    for path in files:
        with netcdf.Dataset(path) as file:
            row, col, lon, lat = (file[name][:].data for name in ("row", "col", "lon", "lat"))
            centres = np.array([M25KM.centre(Cell(int(r), int(c))) for r, c in zip(row, col)])
            np.testing.assert_allclose(np.column_stack([lon, lat]), centres, atol=1e-9)
            np.testing.assert_array_equal(file["location_id"][:], row.astype(int) * M25KM.cols + col)
            seen += file["location_id"][:].tolist()
            about = by_name[path.name]
            assert (about.north, about.south, about.west, about.east) == (row.min(), row.max(), col.min(), col.max())
            assert about.rows == len(file.dimensions["obs"])
    assert len(seen) == len(set(seen)) == len(EVERY_CELL)


def test_the_retrievals_in_the_tiles_are_the_series(plain: tuple[StoredArchive, list[Path]]) -> None:
    archive, files = plain
    opened = archive.opened()
    direct = {(one.cell.row, one.cell.col): one for one in archive.answers(opened, EVERY_CELL)}
    for path in files:
        with netcdf.Dataset(path) as file:
            file.set_auto_mask(False)
            sizes = file["row_size"][:]
            assert sizes.sum() == len(file.dimensions["obs"]) and (sizes > 0).all()
            ends = np.cumsum(sizes)
            columns = {one.id: file["row_" if one.id == "row" else one.id][:] for one in opened.recognition.variables}
            for row, col, first, last in zip(file["row"][:], file["col"][:], ends - sizes, ends):
                series = direct.pop((int(row), int(col)))
                there = ~np.isnan(list(series.values.values())).all(axis=0)
                days = np.datetime64("2000-01-01") + file["time"][first:last]
                assert days.tolist() == series.dates[there].tolist() and (np.diff(days) > np.timedelta64(0)).all()
                for name, values in columns.items():
                    assert bits(values[first:last]) == bits(series.values[name][there])
    assert not direct


def test_xarray_reads_a_cell_as_the_readme_says(plain: tuple[StoredArchive, list[Path]]) -> None:
    xarray = pytest.importorskip("xarray")
    archive, files = plain
    opened = archive.opened()
    for path in files[::3]:
        with xarray.open_dataset(path) as tile:
            lon, lat = float(tile.lon[-1]), float(tile.lat[-1])
            i = int(np.argmin((tile.lon.values - lon) ** 2 + (tile.lat.values - lat) ** 2))
            first = int(tile.row_size[:i].sum())
            record = tile.isel(obs=slice(first, first + int(tile.row_size[i])))
            place = M25KM.cell_at(lon, lat)
            assert place is not None
            series = read_series(archive.reader, opened, place, of(opened, "SM"), A)
            values = dict(zip(series.dates.astype(str), series.values["SM"]))
            days = record.time.values.astype("datetime64[D]").astype(str)
            np.testing.assert_array_equal(record.SM.values, [values[day] for day in days])


def test_the_readme_and_the_manifest(plain: tuple[StoredArchive, list[Path]]) -> None:
    archive, _ = plain
    recognition = archive.opened().recognition
    text = (archive.folder / README_NAME).read_text(encoding="utf-8")
    for word in (SYNTHETIC_NOTE, recognition.product.title, str(archive.root), recognition.grid.title, SOFTWARE):
        assert word in text
    for word in ("NO quality control", "row_size", "xarray", *recognition.product.citations):
        assert word in text
    content = json.loads((archive.folder / MANIFEST_NAME).read_text(encoding="ascii"))
    assert (content["form"], content["grid"], content["orientation"]) == (1, M25KM.name, None)
    assert len(content["granules"]) == 9 and content["archive"] == str(archive.root)


def test_what_is_no_synthetic_archive_does_not_say_so(
    small: tuple[StoredArchive, list[TimeSeries]],
) -> None:
    assert SYNTHETIC_NOTE not in (small[0].folder / README_NAME).read_text(encoding="utf-8")
    with netcdf.Dataset(next(small[0].folder.glob("tiles-*/*.nc"))) as file:
        assert "comment" not in file.ncattrs()
