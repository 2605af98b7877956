# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The first look: it lets every sound form pass, whoever wrote it, and it is not taken twice without need."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.mutations import lookup3
from core.seed_files import NEW, NEWEST, OLD, SEEDS, write_netcdf

from smos_ib_explorer.plugin.core import first_look
from smos_ib_explorer.plugin.core.engine import NETCDF_LOCK, Engine
from smos_ib_explorer.plugin.core.errors import ChangedFile, UnreadableFile
from smos_ib_explorer.plugin.core.first_look import RecentLooks, look_first
from smos_ib_explorer.plugin.core.limits import MOST_CELLS
from smos_ib_explorer.plugin.core.lookup3 import checksums

h5py = pytest.importorskip("h5py")
netcdf = pytest.importorskip("netCDF4")


def test_checksums_of_many_parts_at_once():
    chance = random.Random(1)
    parts = [chance.randbytes(length) for length in (*range(1, 40), 512, 34, 512, 1000)]
    assert checksums(parts) == [lookup3(part) for part in parts]
    assert checksums([b"Four score and seven years ago"]) == [0x17770551]  # from lookup3.c
    assert checksums([]) == []


def test_checksums_in_turns(monkeypatch):
    chance = random.Random(2)
    parts = [chance.randbytes(chance.randint(1, 90)) for _ in range(60)]
    monkeypatch.setattr("smos_ib_explorer.plugin.core.lookup3._MOST_BYTES", 200)
    assert checksums(parts) == [lookup3(part) for part in parts]


@pytest.mark.parametrize("name", SEEDS)
def test_sound_files_of_every_form(name, tmp_path):
    SEEDS[name](tmp_path / "day.nc")
    look_first(tmp_path / "day.nc")


def many_attributes(file: Any) -> None:
    file.createDimension("x", 5)
    for owner in (file, file.createVariable("v", "f4", ("x",))):
        owner.setncatts({f"attribute{number}": "y" * (number % 50) for number in range(300)})


def long_attributes(file: Any) -> None:
    file.history = "h" * 100_000
    file.setncattr_string("texts", ["a" * 70_000, "b"])
    file.createVariable("v", "f4", ()).numbers = np.arange(100_000)


def many_variables(file: Any) -> None:
    file.createDimension("x", 5)
    for number in range(200):
        file.createVariable(f"v{number}", "f4", ("x",), zlib=number % 2 == 0)[:] = number


def odd_dimensions(file: Any) -> None:
    for number in range(12):
        file.createDimension(f"d{number}", None if number % 3 == 0 else number + 1)
    file.createVariable("several", "i2", ("d0", "d3", "d1"))[:3, :4, :] = np.ones((3, 4, 2))
    file.createVariable("d1", "f4", ("d1", "d2"))  # named as one of its two dimensions
    file.createVariable("characters", "S1", ("d4", "d5"))
    file.createVariable("big", ">f8", ("d4",), endian="big", fill_value=False)[:] = 1
    file.createVariable("together", "i8", ("d4",), contiguous=True)[:] = 3


def groups(file: Any) -> None:
    file.createDimension("x", 3)
    for number in range(12):
        group = file.createGroup(f"g{number}/h/i")
        group.createDimension("x", number + 1)
        group.createVariable("x", "f4", ("x",))[:] = 1
        group.title = "title"


@pytest.mark.parametrize("write", [many_attributes, long_attributes, many_variables, odd_dimensions, groups])
def test_files_by_netcdf(write: Callable[[Any], None], tmp_path):
    with netcdf.Dataset(tmp_path / "day.nc", "w") as file:
        write(file)
    look_first(tmp_path / "day.nc")


def test_a_file_that_was_changed_often(tmp_path):
    with netcdf.Dataset(tmp_path / "day.nc", "w") as file:
        many_attributes(file)
    for number in range(8):
        with netcdf.Dataset(tmp_path / "day.nc", "a") as file:
            file["v"].setncattr(f"new{number}", "x" * 300 * number)
            file["v"].delncattr(f"attribute{number * 2}")
            file.createVariable(f"w{number}", "f4", (), zlib=False)[...] = number
            file.renameVariable(f"w{number}", f"renamed{number}")
    look_first(tmp_path / "day.nc")


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"])
@pytest.mark.parametrize("variables", [0, 1, 30])
def test_classic_files(kind, variables, tmp_path):
    with netcdf.Dataset(tmp_path / "day.nc", "w", format=kind) as file:
        for name, length in (("t", None), ("x", 3), ("y", 5)):
            file.createDimension(name, length)
        file.title = "é" * 50
        shapes = ((), ("x",), ("t",), ("t", "x"), ("t", "y", "x"))
        for number in range(variables):
            file.createVariable(f"v{number}", ("i1", "i2", "i4", "f4", "f8", "S1")[number % 6], shapes[number % 5])
    look_first(tmp_path / "day.nc")


def everything(file: Any) -> None:
    """Whatever h5py writes in one form or another of the format."""
    numbers = np.arange(100)
    for number in range(25):
        file.create_dataset(f"a{number}", data=numbers, chunks=(7,), compression="gzip", maxshape=(None,))
        file.attrs[f"x{number}"] = "text"
    file["a1"].resize((33,))
    square = np.ones((10, 10))
    file.create_dataset("tree", data=square, chunks=(2, 3), maxshape=(None, None))
    file.create_dataset("checked", data=square, chunks=(2, 3), fletcher32=True)
    file.create_dataset("grows", data=square[:7, :7], chunks=(3, 3), maxshape=(20, None), compression="gzip")
    file.create_dataset("fixed", data=np.arange(5000.0), chunks=(2,))
    file.create_dataset("fixed deflated", data=np.arange(5000.0), chunks=(2,), compression="gzip")
    file.create_dataset("sparse", (100_000,), "f4", chunks=(10,), maxshape=(None,))[50_000:50_020] = 1
    file.create_dataset("texts", data=["a", "bb"], dtype=h5py.string_dtype())
    file.attrs.update({"texts": ["a", "bcd"], "nothing": h5py.Empty("f4"), "fixed": np.bytes_("K"), "yes": True})
    file["g/h/i"] = np.zeros(3, complex)
    file["g/soft"] = h5py.SoftLink("/a1")
    file["again"] = file["a2"]
    file["scale"] = np.arange(100.0)
    file["scale"].make_scale("s")
    file["a2"].dims[0].attach_scale(file["scale"])
    del file["a3"]


@pytest.mark.parametrize("track_order", [False, True])
@pytest.mark.parametrize("libver", [OLD, NEW, NEWEST, ("v112", "v112")], ids=lambda libver: libver[0])
def test_files_by_h5py(libver, track_order, tmp_path):
    with h5py.File(tmp_path / "day.nc", "w", libver=libver, track_order=track_order) as file:
        everything(file)
    look_first(tmp_path / "day.nc")


def test_the_longest_object_header(tmp_path):
    with h5py.File(tmp_path / "day.nc", "w", libver=NEW) as file:
        for number in range(8):
            file.attrs[f"big{number}"] = np.zeros(60_000, "u1")
    look_first(tmp_path / "day.nc")


@pytest.mark.parametrize("strategy", ["page", "fsm"])
def test_files_with_free_space(strategy, tmp_path):
    with h5py.File(tmp_path / "day.nc", "w", fs_strategy=strategy, fs_persist=True) as file:
        file["a"], file["b"] = np.arange(1000), 1
        del file["b"]
    look_first(tmp_path / "day.nc")


@pytest.mark.parametrize(
    "command",
    [
        *(f"nccopy -k {kind} -d1" for kind in ("nc3", "nc6", "cdf5", "nc7", "nc4")),
        *(f"ncks -O {form}" for form in ("", "-4 -L1", "-3", "-4 --cnk_dmn lat,3")),
        *(f"cdo -s -f {form} copy" for form in ("nc4 -z zip_1", "nc", "nc4c", "nc5")),
    ],
)
def test_files_by_other_programs(command, tmp_path):
    program, *options = command.split()
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    write_netcdf(tmp_path / "from.nc", zlib=True)
    subprocess.run([program, *options, tmp_path / "from.nc", tmp_path / "to.nc"], check=True, capture_output=True)
    look_first(tmp_path / "to.nc")


def test_real_files(shared_data: Path):
    paths = sorted(shared_data.glob("*.nc"))
    assert paths
    for path in paths:
        look_first(path)


class TestRecentLooks:
    @pytest.fixture
    def looked_at(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        looked: list[Path] = []
        look = first_look.look_first
        monkeypatch.setattr(first_look, "look_first", lambda path: (looked.append(path), look(path))[1])
        return looked

    @pytest.fixture
    def old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take every file for an old one; nobody can put back when a file was last changed."""
        monkeypatch.setattr(first_look, "YOUNG_S", -60)

    @pytest.mark.usefixtures("old")
    def test_an_old_file_is_looked_at_once(self, looked_at, tmp_path):
        path, looks = tmp_path / "day.nc", RecentLooks()
        write_netcdf(path)
        assert looks.look(path) is looks.look(path)
        assert len(looked_at) == 1
        with path.open("r+b") as stream:
            stream.truncate(1000)
        with pytest.raises(UnreadableFile, match="truncated"):
            looks.look(path)

    def test_a_young_file_each_time(self, looked_at, tmp_path):
        looks = RecentLooks()
        write_netcdf(tmp_path / "day.nc")
        os.utime(tmp_path / "day.nc", (1, 1))  # as programs do that unpack, or keep folders alike
        looks.look(tmp_path / "day.nc")
        looks.look(tmp_path / "day.nc")
        assert len(looked_at) == 2

    @pytest.mark.usefixtures("old")
    def test_only_the_last_ones_are_remembered(self, looked_at, tmp_path):
        looks = RecentLooks()
        for number in range(first_look.MOST_RECENT + 1):
            write_netcdf(tmp_path / f"{number}.nc", "NETCDF3_CLASSIC")
            looks.look(tmp_path / f"{number}.nc")
        looks.look(tmp_path / "1.nc")
        assert len(looked_at) == first_look.MOST_RECENT + 1
        looks.look(tmp_path / "0.nc")
        assert len(looked_at) == first_look.MOST_RECENT + 2


class TestChangesMeanwhile:
    """Another program may put another file there, between the look and the library."""

    def test_a_file_is_replaced_while_the_lock_is_waited_for(self, engine: Engine, tmp_path, monkeypatch):
        path, looked, said = tmp_path / "day.nc", threading.Event(), []
        write_netcdf(path)
        shutil.copy(path, tmp_path / "bad.nc")
        with h5py.File(tmp_path / "bad.nc", "a") as file:
            file["RMSE"].attrs["DIMENSION_LIST"] = "text"  # at which the netCDF library crashes
        looks: Any = engine._looks  # type: ignore[attr-defined]
        look = looks.look
        monkeypatch.setattr(looks, "look", lambda path: (look(path), looked.set())[0])

        def open_it() -> None:
            try:
                with engine.open(path):
                    said.append("opened")
            except UnreadableFile as error:
                said.append(error.sentence)

        thread = threading.Thread(target=open_it, daemon=True)
        with NETCDF_LOCK:
            thread.start()
            assert looked.wait(10)
            (tmp_path / "bad.nc").replace(path)
        thread.join(10)
        assert len(said) == 1 and "not as it has to be" in said[0]

    def test_a_file_is_replaced_while_it_is_opened(self, engine: Engine, tmp_path, monkeypatch):
        path = tmp_path / "day.nc"
        write_netcdf(path)
        looks: Any = engine._looks  # type: ignore[attr-defined]
        again = looks.again

        def and_then_replaced(looked: Any) -> Any:
            found = again(looked)
            shutil.copy(path, tmp_path / "other.nc")
            (tmp_path / "other.nc").replace(path)
            return found

        monkeypatch.setattr(looks, "again", and_then_replaced)
        with pytest.raises(ChangedFile, match="has changed since the folder") as raised, engine.open(path):
            pass
        assert raised.value.path == path
        monkeypatch.undo()
        with engine.open(path) as file:
            assert "RMSE" in file.variables

    def test_a_file_is_cut_off_while_it_is_opened(self, engine: Engine, tmp_path, monkeypatch):
        """As a download that begins anew does: it is not damaged, whatever the library says."""
        path = tmp_path / "day.nc"
        write_netcdf(path)
        looks: Any = engine._looks  # type: ignore[attr-defined]
        again = looks.again
        monkeypatch.setattr(looks, "again", lambda looked: (again(looked), path.write_bytes(b"begun"))[0])
        with pytest.raises(ChangedFile, match="has changed since the folder"), engine.open(path):
            pass


class TestContent:
    """Chunks that do not hold what they should: the HDF5 library would read beyond its memory, or take all there is."""

    def write(self, path: Path, content: bytes, **how: Any) -> None:
        with h5py.File(path, "w") as file:
            file.create_dataset("good", data=np.arange(40.0).reshape(8, 5), chunks=(4, 5), compression="gzip")
            dataset = file.create_dataset("bad", (8, 5), "f8", chunks=(4, 5), compression="gzip", **how)
            dataset[...] = 1
            dataset.id.write_direct_chunk((4, 0), content)

    @pytest.mark.parametrize(
        "content",
        [
            zlib.compress(bytes(80)),
            zlib.compress(bytes(161)),
            zlib.compress(bytes(1_000_000)),
            zlib.compress(bytes(160))[:-2],
            b"no zlib stream",
        ],
        ids=["less", "more", "a bomb", "no end", "nonsense"],
    )
    def test_a_chunk_is_checked_where_it_is_read(self, engine: Engine, tmp_path, content):
        path = tmp_path / "day.nc"
        self.write(path, content)
        with engine.open(path) as file:
            assert np.array_equal(file.read("good").ravel(), np.arange(40.0))
            assert file.read("bad", (3, 4)) == 1  # in the other chunk
            for at in (None, (4, 0)):
                with pytest.raises(UnreadableFile, match="does not hold the 160 bytes"):
                    file.read("bad", at)

    def test_a_variable_named_like_its_second_dimension(self, engine: Engine, tmp_path):
        # HDF5 has it under a longer name, and the dimension under this one.
        path = tmp_path / "day.nc"
        with netcdf.Dataset(path, "w") as file:
            file.createDimension("row", 2)
            file.createDimension("bad", 20)
            file.createVariable("bad", "f8", ("row", "bad"), zlib=True, chunksizes=(2, 20))[:] = 1
        with engine.open(path) as file:
            assert file.read("bad").sum() == 40
        with h5py.File(path, "a") as file:
            file["_nc4_non_coord_bad"].id.write_direct_chunk((0, 0), zlib.compress(bytes(1_000_000)))
        with engine.open(path) as file, pytest.raises(UnreadableFile, match="does not hold the 320 bytes"):
            file.read("bad")

    def test_chunks_of_more_than_any_grid(self, engine: Engine, tmp_path, monkeypatch):
        monkeypatch.setattr("smos_ib_explorer.plugin.core.chunk_content._MOST_INFLATED", 15 << 12)
        part = zlib.compress(bytes(1 << 12))
        with h5py.File(tmp_path / "day.nc", "w") as file:
            many = file.create_dataset(
                "many", (16, 20), "u1", chunks=(1, 1 << 12), maxshape=(None, None), compression=1
            )
            for number in range(16):
                many.id.write_direct_chunk((number, 0), part)
        with engine.open(tmp_path / "day.nc") as file:
            with pytest.raises(
                UnreadableFile, match=r"its 16 chunks would take 65,536 bytes; a file may ask for 61,440"
            ):
                file.read("many")
            assert file.read("many", (3, 4)) == 0

    @pytest.mark.parametrize("libver", [OLD, NEWEST])
    def test_a_variable_that_was_emptied(self, engine: Engine, tmp_path, libver):
        with h5py.File(tmp_path / "day.nc", "w", libver=libver) as file:
            for name, most in (("one", (None, 6)), ("two", (80, 6))):
                how = {"chunks": (4, 6), "compression": "gzip", "maxshape": most}
                file.create_dataset(name, data=np.ones((40, 6)), **how).resize((0, 6))
        with engine.open(tmp_path / "day.nc") as file:
            for name in ("one", "two"):
                assert file.read(name).shape == (0, 6)

    def test_only_numbers_are_offered(self, engine: Engine, tmp_path):
        with netcdf.Dataset(tmp_path / "day.nc", "w") as file:
            file.createDimension("x", 3)
            kinds = {
                "pairs": file.createCompoundType(np.dtype([("a", "f4"), ("b", "i4")]), "pair"),
                "single": file.createCompoundType(np.dtype([("a", "f8")]), "one"),
                "rows": file.createVLType("f4", "row"),
                "texts": str,
                "numbers": "f4",
            }
            for name, kind in kinds.items():
                file.createVariable(name, kind, ("x",))
        with engine.open(tmp_path / "day.nc") as file:
            assert list(file.variables) == ["numbers"]

    def test_an_empty_record_dimension(self, engine: Engine, tmp_path):
        for kind in ("NETCDF4", "NETCDF3_CLASSIC"):
            with netcdf.Dataset(tmp_path / "day.nc", "w", format=kind) as file:
                file.createDimension("t", None)
                file.createDimension("x", 4)
                file.createVariable("v", "f4", ("t", "x"))
            with engine.open(tmp_path / "day.nc") as file:
                assert file.read("v").shape == (0, 4) and file.read("v").dtype == np.float32

    def test_other_filters(self, engine: Engine, tmp_path):
        with h5py.File(tmp_path / "day.nc", "w") as file:
            file.create_dataset("scaled", data=np.arange(40), chunks=(20,), scaleoffset=0)
            file.create_dataset("checked", data=np.arange(40), chunks=(20,), fletcher32=True, shuffle=True)
        with engine.open(tmp_path / "day.nc") as file:
            assert np.array_equal(file.read("checked"), np.arange(40))
            with pytest.raises(UnreadableFile, match="filter 6, which is not read here"):
                file.read("scaled")

    def test_a_variable_larger_than_any_grid(self, engine: Engine, tmp_path):
        with h5py.File(tmp_path / "day.nc", "w") as file:
            file.create_dataset("huge", (2**20, 2**20), "f8", chunks=(100, 100))
        with engine.open(tmp_path / "day.nc") as file:
            with pytest.raises(
                UnreadableFile, match=r"1048576 × 1048576 numbers, .* a file may ask for 450,8"
            ) as raised:
                file.read("huge")
            assert f"{8 * 2**40:,} bytes" in raised.value.sentence
            assert file.read("huge", (5, 5)) == 0
        assert MOST_CELLS == 4872 * 11568
