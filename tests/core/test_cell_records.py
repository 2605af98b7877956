# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records turned from days to cells: the same numbers from files, from a store, from both, in memory and by way of a folder."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from core.conftest import make_engine
from core.cubes import INSIDE, ManyDaysArchive, kept_cube, make_archive, watched
from core.granules import Numbers, every_day, layers_of, name_of, write_days
from core.stores import StoredArchive, flip, small_parts

from smos_ib_explorer.plugin.core.analysis import cell_records, scratch
from smos_ib_explorer.plugin.core.analysis.cell_records import CellBlock, CellRecords
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, UnreadableFile
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.many_days import Taken
from smos_ib_explorer.plugin.core.quality import PROVIDER

DAYS = "2019-12-20/2020-01-12"
DATES = every_day(DAYS)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Let blocks be small, and temporary files lie in a folder of their own."""
    monkeypatch.setattr(cell_records, "BLOCK_ROWS", 300)
    monkeypatch.setattr(cell_records, "BLOCK_CELLS", 40)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with small_parts():
        yield folder


KINDS = [("netCDF4", "none"), ("GDAL", "none"), ("GDAL", "all"), ("netCDF4", "some")]


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def archive(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> ManyDaysArchive:
    """Twenty-four days, read by an engine, of which a store holds none, all or some."""
    name, stored = request.param
    return make_archive(make_engine(name), tmp_path_factory.mktemp("days"), [DAYS], stored)


def gathered(
    archive: ManyDaysArchive, variable: str = "SM", budget: int | None = None
) -> tuple[list[CellBlock], Taken]:
    """Return all blocks and what was taken."""
    archive.read_names.clear()
    how = (archive.granules, archive.variable(variable), PROVIDER, archive.read, archive.store)
    with CellRecords(*how, budget=budget) as records:
        return blocks_of(records), records.taken((DATES[0], DATES[-1]))


def blocks_of(records: CellRecords) -> list[CellBlock]:
    return [block for _, block in records.each(lambda one: one)]


def as_cube(blocks: list[CellBlock], days: list[dt.date]) -> Numbers:
    """Return blocks as a dense array (days, rows, cols), checking their form."""
    cube = np.full((len(days), M25KM.rows * M25KM.cols), np.nan)
    first, seen = (days[0] - dt.date(1970, 1, 1)).days, np.zeros(M25KM.rows * M25KM.cols, dtype=bool)
    for block in blocks:
        assert (np.diff(block.cells) > 0).all() and block.starts[0] == 0 and block.starts[-1] == block.values.size
        assert not seen[block.cells].any() and (np.diff(block.starts) > 0).all()
        assert (block.cells.dtype, block.days.dtype, block.values.dtype) == (np.int32, np.int32, np.float32)
        seen[block.cells] = True
        for number, cell in enumerate(block.cells.tolist()):
            part = slice(block.starts[number], block.starts[number + 1])
            assert (np.diff(block.days[part]) > 0).all()
            cube[block.days[part] - first, cell] = block.values[part]
    return cube.reshape(len(days), *M25KM.shape)


@pytest.mark.parametrize("budget", [None, 4000])
def test_the_records_are_what_is_kept_of_the_days(archive: ManyDaysArchive, small: Path, budget: int | None) -> None:
    blocks, taken = gathered(archive, budget=budget)
    cube, truth = as_cube(blocks, DATES), kept_cube(DATES)
    np.testing.assert_array_equal(cube[:, INSIDE[0], INSIDE[1]], truth)
    assert np.isfinite(cube).sum() == np.isfinite(truth).sum() and len(blocks) > 4
    assert taken.counts.kept == np.isfinite(truth).sum()
    assert taken.counts.retrievals == sum(np.isfinite(layers_of(day)["Soil_Moisture"]).sum() for day in DATES)
    assert [one.date for one in taken.granules] == DATES and not taken.problems
    assert taken.grid == M25KM and taken.window == (Cell(100, 700), Cell(111, 714)) and not list(small.iterdir())


def test_days_that_are_not_asked_for_count_nowhere(archive: ManyDaysArchive) -> None:
    with CellRecords(archive.granules[5:19], archive.variable(), PROVIDER, archive.read, archive.store) as records:
        cube = as_cube(blocks_of(records), DATES[5:19])
        taken = records.taken((DATES[5], DATES[18]))
    truth = kept_cube(DATES[5:19])
    np.testing.assert_array_equal(cube[:, INSIDE[0], INSIDE[1]], truth)
    assert taken.counts.kept == np.isfinite(truth).sum() and len(taken.granules) == 14


def test_only_what_the_store_lacks_is_read(archive: ManyDaysArchive) -> None:
    gathered(archive)
    if archive.store is None:
        assert sorted(archive.read_names) == [one.path.name for one in archive.granules]  # in threads
    else:
        missing = archive.store.to_build()
        # Of files that are cuts one is read for its window.
        assert len(archive.read_names) == len(missing) + 1 and len(missing) in (0, 8)


def test_variables_without_quality_control_are_kept_as_they_are(archive: ManyDaysArchive) -> None:
    cube = as_cube(gathered(archive, "RMSE")[0], DATES)
    truth = np.array([layers_of(day)["RMSE"] for day in DATES]).astype(np.float32)
    np.testing.assert_array_equal(cube[:, INSIDE[0], INSIDE[1]], truth)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.8])
def test_a_cancelled_run_leaves_no_file_and_no_thread(archive: ManyDaysArchive, small: Path, at: float) -> None:
    before, seen = threading.active_count(), 0

    def progress(share: float, what: str) -> None:
        nonlocal seen
        assert 0 <= share <= 1
        if share >= at:
            seen = len(list(small.iterdir()))
            raise Cancelled

    with (
        pytest.raises(Cancelled),
        CellRecords(
            archive.granules, archive.variable(), PROVIDER, archive.read, archive.store, progress, budget=400
        ) as records,
    ):
        blocks_of(records)
    assert not list(small.iterdir()) and threading.active_count() == before
    if archive.store is None:
        assert seen == 1


def test_a_full_disk_is_said_and_leaves_no_file(
    archive: ManyDaysArchive, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*what: object, **how: object) -> int:
        raise BadRequest("The disk is full.")

    monkeypatch.setattr(scratch, "write_run", full)
    if archive.store is not None and archive.store.standing.is_current:
        gathered(archive, budget=100)  # needs no room
    else:
        with pytest.raises(BadRequest, match="disk is full"):
            gathered(archive, budget=100)
    assert not list(small.iterdir())


def test_a_disk_that_is_too_full_for_all_days_is_said_after_the_first_ones(
    engine: Engine, tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_archive(engine, tmp_path / "days", [DAYS], "none")
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(BadRequest, match=r"0.0 GB are needed in .*temporary.*TMPDIR"):
        gathered(made, budget=4000)
    assert len(made.read_names) < len(DATES) and not list(small.iterdir())


def test_of_a_store_with_cells_that_no_grid_has_nothing_is_used(engine: Engine, tmp_path: Path) -> None:
    made = make_archive(engine, tmp_path, ["2019-12-20/2019-12-23"], "all")
    assert made.store is not None
    truth = kept_cube(DATES[:4])
    for path in made.store.store.folder.rglob("cells.npy"):
        cells = np.load(path)
        cells[-1] = 10**9
        np.save(path, cells)
    made = watched(StoredArchive.at(engine, tmp_path))
    blocks, _ = gathered(made)
    assert len(made.read_names) >= 4 and sum(block.values.size for block in blocks) == np.isfinite(truth).sum()


def test_a_day_that_cannot_be_read_is_left_out(engine: Engine, tmp_path: Path) -> None:
    def damage(root: Path) -> None:
        for day in (DATES[3], DATES[4]):  # in the store one of the two
            path = root / name_of(day)
            path.write_bytes(path.read_bytes()[:2000])

    days = DATES[:9]
    truth = kept_cube([day for day in days if day not in (DATES[3], DATES[4])])
    for stored in ("none", "some"):
        made = make_archive(engine, tmp_path / stored, ["2019-12-20/2019-12-28"], stored, damage)
        blocks, taken = gathered(made)
        assert sum(block.values.size for block in blocks) == np.isfinite(truth).sum() == taken.counts.kept
        assert [one.path.name for one in taken.problems] == [name_of(DATES[3]), name_of(DATES[4])]
        assert len(taken.granules) == 7


def test_a_file_that_lacks_the_variable_is_told_alike_with_a_store(engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path, "2020-01-01/2020-01-02", without=("Optical_Thickness_Nad",))
    write_days(tmp_path, "2020-01-03/2020-01-06")
    stored = StoredArchive.at(engine, tmp_path)
    without = gathered(watched(stored), "VOD")[1]
    stored.build()
    with_store = gathered(watched(stored), "VOD")[1]
    assert vars(without) == vars(with_store)
    assert len(with_store.problems) == 2 and "Optical_Thickness_Nad" in with_store.problems[0].reason


def test_a_store_that_is_damaged_on_the_way_gives_way_to_the_files(engine: Engine, tmp_path: Path) -> None:
    made = make_archive(engine, tmp_path / "days", ["2019-12-20/2019-12-27"], "all")
    assert made.store is not None
    tile = max(made.store.store.folder.rglob("cells*.nc"), key=lambda one: one.name)
    content = tile.read_bytes()
    flip(tile, len(content) // 8, len(content) * 7 // 8)
    blocks, taken = gathered(made)
    assert len(made.read_names) >= 8
    truth = kept_cube(DATES[:8])
    np.testing.assert_array_equal(as_cube(blocks, DATES[:8])[:, INSIDE[0], INSIDE[1]], truth)
    assert taken.counts.kept == np.isfinite(truth).sum() and len(taken.granules) == 8


def test_an_archive_of_which_nothing_can_be_read_says_so(engine: Engine, tmp_path: Path) -> None:
    made = make_archive(engine, tmp_path, ["2020-01-01/2020-01-03"], "none")
    for granule in made.granules:
        granule.path.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(UnreadableFile, match="None of the 3 files"):
        gathered(made)
