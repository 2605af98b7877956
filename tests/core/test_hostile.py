# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files made to do harm, and folders: finds of ./dev fuzz as small damages with a name, and what else a disk may hold.

Where it says so, the netCDF libraries of Debian 12 crash or hang at the file if they get it; so these are only looked at.
"""

from __future__ import annotations

import io
import os
import random
import re
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.conftest import ENGINES, make_engine
from core.granules import layers_of, name_of, write_day
from core.mutations import Mutation, Seed
from core.seed_files import DAY, NEW, OLD, SEEDS, write_hdf5, write_netcdf

from smos_ib_explorer.plugin.core import hdf5_chunks, hdf5_headers
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Engine, tidy
from smos_ib_explorer.plugin.core.errors import GridMismatch, SmosIbError, UnreadableFile
from smos_ib_explorer.plugin.core.first_look import look_first
from smos_ib_explorer.plugin.core.hdf5 import locate_chunks
from smos_ib_explorer.plugin.core.hdf5_objects import Blocks, Unexpected
from smos_ib_explorer.plugin.core.limits import MOST_OBJECTS
from smos_ib_explorer.plugin.core.reader import Reader

h5py = pytest.importorskip("h5py")
netcdf = pytest.importorskip("netCDF4")

ROOT = Path(__file__).resolve().parents[2]
UNDEFINED = b"\xff" * 8


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seed]:
    """The sound files of every form."""
    folder, found = tmp_path_factory.mktemp("seeds"), {}
    for name, write in SEEDS.items():
        write(folder / "day.nc")
        found[name] = Seed((folder / "day.nc").read_bytes())
        (folder / "day.nc").unlink()
    return found


def refused(path: Path) -> str:
    """Return the sentence with which the first look refuses a file; neither it nor the locator may raise anything else."""
    locate_chunks(path, ["Soil_Moisture", "RMSE"])
    with pytest.raises(UnreadableFile) as raised:
        look_first(path)
    assert raised.value.sentence.endswith(".")
    return raised.value.sentence


# Bytes that are looked for in a sound file, everywhere; where to write beside that place, and what.
DAMAGES: dict[str, tuple[str, bytes, int, bytes]] = {
    # The netCDF library frees memory twice. In a file of the old form this is one wrong letter.
    "a scale that is none": ("hdf5 old contiguous", b"DIMENSION_SCALE", 0, b"DIMENSION_SCALF"),
    "a scale that is none, checked": ("netcdf4", b"DIMENSION_SCALE", 0, b"DIMENSIOM_SCALE"),
    # Segmentation fault: references under a name that the netCDF library does not pass over.
    "an odd name for references": ("netcdf4", b"REFERENCE_LIST", 0, b"REFERENCE_LISP"),
    "a name with a zero byte": ("netcdf4", b"REFERENCE_LIST", 8, b"\0\0"),
    "a name that is no text": ("netcdf4", b"long_name\0", 0, b"long\xffname"),
    # HDF5 1.10 goes in circles.
    "free space that is none": ("hdf5 old", b"HEAP", 16, struct.pack("<Q", 8)),
    "names beyond their heap": ("hdf5 old", b"HEAP", 8, struct.pack("<Q", 8)),
    "a tree of another kind": ("hdf5 old", b"TREE\0", 4, b"\1"),
    "a tree with too many entries": ("hdf5 old", b"TREE\0", 6, b"\xff\xff"),
    "a tree of absurd height": ("hdf5 old", b"TREE\1", 5, b"\xff"),
    "too many links in a node": ("hdf5 old", b"SNOD\1", 6, b"\xff\x7f"),
    "a collection that is too long": ("hdf5 old", b"GCOL\1", 8, struct.pack("<Q", 1 << 40)),
    "a collection without an object": ("hdf5 old", b"GCOL\1", 16, b"\x09\0"),
    "a heap of another version": ("netcdf4 rich", b"FRHP\0", 4, b"\1"),
    "a heap with a block of no size": ("netcdf4 rich", b"FRHP\0", 112, bytes(8)),
    "a heap with blocks in no column": ("netcdf4 rich", b"FRHP\0", 110, bytes(2)),
    "a tree with nodes of no size": ("netcdf4 rich", b"BTHD\0", 6, bytes(4)),
    "a tree with records of no size": ("netcdf4 rich", b"BTHD\0", 10, bytes(2)),
    "a tree that is too high": ("netcdf4 rich", b"BTHD\0", 12, b"\x0f\0"),
    "a leaf with too many records": ("netcdf4 rich", b"BTHD\0", 24, b"\xff\xff"),
    "an array of absurd length": ("hdf5 1.10 indexes", b"FAHD\0", 8, b"\xff" * 6),
    "an array without a power of two": ("hdf5 1.10 indexes", b"EAHD\0", 9, b"\3"),
    "a dimension of absurd length, classic": ("classic", b"\0\0\0\3lat\0", 8, b"\x7f\xff\xff\xff"),
    "a negative dimension, classic": ("classic", b"\0\0\0\3lat\0", 8, b"\xff" * 4),
    "a name of absurd length, classic": ("classic", b"\0\0\0\3lat\0", 0, b"\x7f\xff\xff\xff"),
    "absurdly many dimensions, classic": ("classic", b"\0\0\0\x0a", 4, b"\x7f\xff\xff\xff"),
    "absurdly many variables, classic": ("classic", b"\0\0\0\x0b", 4, b"\x7f\xff\xff\xff"),
    "an attribute bomb, classic": ("classic", b"\0\0\0\x0c", 4, b"\x7f\xff\xff\xff"),
    # GDAL and netCDF4-python hang, or run out of memory.
    "absurdly many records": ("64-bit data", b"CDF\5", 4, b"\0\xff\xff\xff\xff\xff\xff\xf0"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_find(name, seeds, tmp_path):
    seed_name, anchor, offset, new = DAMAGES[name]
    seed, path = seeds[seed_name], tmp_path / "day.nc"
    places = [found.start() + offset for found in re.finditer(re.escape(anchor), seed.content)]
    assert places
    path.write_bytes(seed.with_changes(Mutation(tuple((place, new) for place in places))))
    assert re.search("truncated|not as it has to be|no text in UTF-8", refused(path))


def test_free_space_in_a_circle(seeds, tmp_path):
    seed, changes = seeds["hdf5 old"], []
    for found in re.finditer(b"HEAP", seed.content):
        free, place = struct.unpack_from("<QQ", seed.content, found.start() + 16)
        if free < 1 << 32 and free != 1:
            changes.append((place + free, struct.pack("<Q", free)))  # the next free piece is this one
    assert changes
    (tmp_path / "day.nc").write_bytes(seed.with_changes(Mutation(tuple(changes))))
    assert "not as it has to be" in refused(tmp_path / "day.nc")


@pytest.mark.parametrize(("count", "is_refused"), [(MOST_OBJECTS, False), (MOST_OBJECTS + 1, True)])
def test_dimensions_that_are_all_there(count, is_refused, tmp_path):
    dimension = struct.pack(">I4sI", 1, b"x\0\0\0", 1)
    content = b"CDF\1" + struct.pack(">III", 0, 10, count) + dimension * count + bytes(16)
    (tmp_path / "day.nc").write_bytes(content)
    if is_refused:
        refused(tmp_path / "day.nc")
    else:
        look_first(tmp_path / "day.nc")


def test_a_name_in_another_encoding(seeds, tmp_path):
    (tmp_path / "day.nc").write_bytes(seeds["classic"].content.replace(b"long_name", b"lo\xe9g_name"))
    assert "is no text in UTF-8" in refused(tmp_path / "day.nc")


@pytest.mark.parametrize("signature", [b"OHDR", b"OCHK", b"BTHD", b"BTLF", b"FRHP", b"FHDB"])
def test_a_wrong_checksum(signature, seeds, tmp_path):
    # The libraries compare too, but some ways out after that free memory twice.
    seed = seeds["netcdf4 rich"]
    blocks = [block for block in seed.blocks if seed.content.startswith(signature, block.start)]
    assert blocks
    for block in blocks:
        (tmp_path / "day.nc").write_bytes(seed.with_changes(Mutation(((block.checksum, b"\1\2\3\4"),), repaired=False)))
        assert f"byte {block.start:,} (its checksum)" in refused(tmp_path / "day.nc")


@pytest.mark.parametrize("name", [name for name in SEEDS if name.startswith(("hdf5", "netcdf4"))])
def test_every_address_led_elsewhere(name, seeds, tmp_path):
    """In circles, to another structure, to nowhere: refused in a sentence, or let pass, and no walker hangs or raises anything else.

    What is let pass may hold other numbers than before: an address of numbers that leads nowhere says that none were written.
    """
    seed, chance, is_refused = seeds[name], random.Random(1), []
    for offset, address in chance.sample(seed.addresses, min(12, len(seed.addresses))):
        other = chance.choice([one for _, one in seed.addresses if one != address])
        for target in (struct.pack("<Q", other), UNDEFINED, struct.pack("<Q", len(seed.content) - 1)):
            (tmp_path / "day.nc").write_bytes(seed.with_changes(Mutation(((offset, target),))))
            try:
                look_first(tmp_path / "day.nc")
                is_refused.append(False)
            except UnreadableFile:
                is_refused.append(True)
            locate_chunks(tmp_path / "day.nc", ["Soil_Moisture"])
    assert True in is_refused


@pytest.mark.parametrize("name", SEEDS)
def test_truncated_at_every_structure(name, seeds, tmp_path):
    content, path = seeds[name].content, tmp_path / "day.nc"
    lengths = {edge for block in seeds[name].blocks for edge in (block.start, block.end)}
    lengths |= {address for _, address in seeds[name].addresses} | set(range(1, 100, 7)) | {len(content) - 4}
    lengths |= set(range(100, len(content), len(content) // 40))
    for length in sorted(length for length in lengths if length < len(content)):
        path.write_bytes(content[:length])
        said = refused(path)
        assert re.search("truncated|damaged|no netCDF file|empty", said)


def scales(file: Any, references: Any, name: str = "DIMENSION_LIST") -> None:
    """Put another list of scales at a variable; it ought to hold one reference for each of two dimensions."""
    del file["RMSE"].attrs["DIMENSION_LIST"]
    lists = np.empty(len(references), object)
    for number, one in enumerate(references):
        lists[number] = np.array([one], dtype=h5py.ref_dtype)
    file["RMSE"].attrs.create(name, lists, dtype=h5py.vlen_dtype(h5py.ref_dtype))


def deep_groups(file: Any) -> None:
    group = file
    for _ in range(100):
        group = group.create_group("g")


def dangling(file: Any) -> None:
    file["gone"] = 1
    scales(file, [file["gone"].ref] * 2)
    del file["gone"]


def text_as_scales(file: Any) -> None:
    file["RMSE"].attrs["DIMENSION_LIST"] = "text"


def huge_chunk(file: Any) -> None:
    file.create_dataset("huge", (2**28,), "f8", chunks=(2**28,))


def links_of_links(file: Any) -> None:
    """Write links of which each passes five times through the one before: 5¹² steps, all of them within the root."""
    file["z0"] = h5py.SoftLink(".")
    for number in range(1, 12):
        file[f"z{number}"] = h5py.SoftLink("/".join([f"z{number - 1}"] * 5))
    file["a"] = h5py.SoftLink("/".join(["z11"] * 5))


# What a program can write without breaking the format, and what Debian 12's netCDF 4.9.0 with HDF5 1.10.8 does at it.
HARMS: dict[str, Callable[[Any], object]] = {
    "a group within itself (hangs)": lambda file: file.__setitem__("sub/back", file["sub"]),
    "the root within a group (hangs)": lambda file: file.__setitem__("sub/back", file["/"]),
    "a soft link to the root (hangs)": lambda file: file.__setitem__("sub/back", h5py.SoftLink("/")),
    "a soft link to itself": lambda file: file.__setitem__("loop", h5py.SoftLink("/loop")),
    "links that double with each step (hang)": links_of_links,
    "a link to another file (opens it)": lambda file: file.__setitem__("out", h5py.ExternalLink("/etc/passwd", "/x")),
    "groups in groups in groups (hangs)": deep_groups,
    "text as dimension scales (crashes)": text_as_scales,
    "too few dimension scales": lambda file: scales(file, [file["lat"].ref]),
    "too many dimension scales (crashes)": lambda file: scales(file, [file["lat"].ref] * 50),
    "a variable as its own scale": lambda file: scales(file, [file["RMSE"].ref] * 2),
    "a group as a scale": lambda file: scales(file, [file["sub"].ref] * 2),
    "a scale that is gone": dangling,
    "references under another name (crashes)": lambda file: scales(file, [file["lat"].ref] * 2, "OTHER"),
    "many dimension numbers (crashes)": lambda file: file["lat"].attrs.create(
        "_Netcdf4Dimid", np.arange(50, dtype="i4")
    ),
    "a huge dimension number (crashes)": lambda file: file["lat"].attrs.create("_Netcdf4Dimid", np.int32(2**31 - 1)),
    "a negative dimension number": lambda file: file["lat"].attrs.create("_Netcdf4Dimid", np.int32(-7)),
    "unknown dimensions": lambda file: file["RMSE"].attrs.create("_Netcdf4Coordinates", np.array([5, 6], dtype="i4")),
    "a long name of an attribute (crashes)": lambda file: file.attrs.__setitem__("n" * 3000, 1),
    "a long name of a variable": lambda file: file.__setitem__("n" * 3000, 1),
    "a name that is no text": lambda file: file.create_dataset(b"bad\xff\xfe", data=np.zeros((6, 7))),
    "a fill value of another type": lambda file: file["RMSE"].attrs.__setitem__("_FillValue", "text"),
    "a fill value of fewer bytes than the numbers": lambda file: file["RMSE"].attrs.create("_FillValue", np.int16(-9)),
    "a chunk of 2 GB": huge_chunk,
}


@pytest.mark.parametrize("libver", [OLD, NEW], ids=["old", "1.8"])
@pytest.mark.parametrize("name", HARMS)
def test_harm_within_the_format(name, libver, tmp_path):
    write_hdf5(tmp_path / "day.nc", libver)
    with h5py.File(tmp_path / "day.nc", "a", libver=libver) as file:
        HARMS[name](file)
    assert "not as it has to be" in refused(tmp_path / "day.nc")


def hdf5_file(root: bytes) -> bytes:
    """Return a file of the new form, of which the root group's header holds these messages. The checksums are wrong."""
    header = b"OHDR\2\2" + struct.pack("<I", len(root)) + root + bytes(4)
    ends = struct.pack("<4Q", 0, 2**64 - 1, 48 + len(header), 48)
    return b"\x89HDF\r\n\x1a\n\2\x08\x08\0" + ends + bytes(4) + header


def test_millions_of_empty_messages(tmp_path):
    # 8 MB under one checksum, and two million messages.
    (tmp_path / "day.nc").write_bytes(hdf5_file(bytes(1 << 23)))
    started = time.perf_counter()
    assert "what it says of / is not" in refused(tmp_path / "day.nc")
    assert time.perf_counter() - started < 1


def test_one_budget_for_all_that_is_read():
    blocks = Blocks(io.BytesIO(bytes(10)))
    Blocks.apart(blocks).spend(1 << 26)
    with pytest.raises(Unexpected):
        blocks.spend(1)


def test_chunks_that_no_index_tells_cost_something_too(tmp_path):
    """Those one after the other are made up from the shape alone: a small file could have them by the thousand million."""
    with h5py.File(tmp_path / "day.nc", "w", libver="latest") as file:
        how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        how.set_chunk((1,))
        how.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        how.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((900_000,), (900_000,))
        for name in (b"a", b"b", b"c"):
            h5py.h5d.create(file.id, name, h5py.h5t.NATIVE_UINT8, space, how)
    with pytest.raises(UnreadableFile, match=r"what it says of /[abc] is"):
        look_first(tmp_path / "day.nc")


def test_empty_pages_cost_something_too():
    blocks = Blocks(io.BytesIO(bytes(7_000_000)))
    element = hdf5_chunks._Element(blocks, 1, False)
    with pytest.raises(Unexpected):
        for address in range(20):
            element.add_block(address, 20, 500_000, 2, bytes(-(-250_000 // 8)))


def test_a_group_with_many_names_is_looked_up_once(tmp_path, monkeypatch):
    write_hdf5(tmp_path / "day.nc", OLD)
    with h5py.File(tmp_path / "day.nc", "a", libver=OLD) as file:
        for number in range(40):
            file[f"again{number}"] = file["sub"]
    headers, header = [], hdf5_headers.header
    monkeypatch.setattr(
        hdf5_headers, "header", lambda blocks, address: (headers.append(address), header(blocks, address))[1]
    )
    refused(tmp_path / "day.nc")
    assert headers and max(map(headers.count, headers)) <= 2


def test_a_chunk_for_each_mask_of_filters(tmp_path):
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((1,))
    made.set_scaleoffset(h5py.h5z.SO_INT, 0)
    for add in (made.set_shuffle, made.set_deflate, made.set_fletcher32):
        add()
    made.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL, ())
    with h5py.File(tmp_path / "day.nc", "w") as file:
        one = h5py.h5d.create(file.id, b"v", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((17,)), made)
        for number in range(17):
            one.write_direct_chunk((number,), bytes(8), number)
    assert "what it says of /v is not" in refused(tmp_path / "day.nc")


@pytest.mark.parametrize("error", [MemoryError, OverflowError, ValueError, RecursionError])
def test_what_nobody_thought_of(error, seeds, tmp_path, monkeypatch):
    def fails(_: Any) -> None:
        raise error("at something")

    monkeypatch.setattr("smos_ib_explorer.plugin.core.first_look.sound_variables", fails)
    (tmp_path / "day.nc").write_bytes(seeds["netcdf4"].content)
    assert "what it says of itself is not" in refused(tmp_path / "day.nc")


def test_too_many_attributes(tmp_path):
    write_hdf5(tmp_path / "day.nc", NEW)
    with h5py.File(tmp_path / "day.nc", "a", libver=NEW) as file:
        file.attrs.create("big", np.zeros(4_000_000))
    assert "attribute big" in refused(tmp_path / "day.nc")


@pytest.mark.parametrize("name", ["values", "coordinates"])
def test_a_file_whose_size_changes_while_it_is_read(name, engine: Engine, tmp_path):
    path = write_day(tmp_path, DAY, compressed=True, chunk=(5, 4))
    truth = layers_of(DAY)["Soil_Moisture"][::-1]
    whole = path.read_bytes()
    with engine.open(path) as file:
        path.write_bytes(whole[: len(whole) // 2] if name == "values" else whole + bytes(5000))
        try:
            assert np.array_equal(file.read("Soil_Moisture"), truth, equal_nan=True)
        except SmosIbError:
            assert name == "values"


ODD_NAMES = (
    'quote\'d "20150506".nc',
    "line\nbreak 20150506.nc",
    "20150506 #mode=bytes.nc",
    'NETCDF:"20150506".nc',
    "[x]http:20150506.nc",
    "<img src=x> & 20150506.nc",
    "%2e%2e 20150506 .nc",
    "x" * 240 + "_20150506.nc",
    "-o 20150506.nc",
)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names(name, engine: Engine, tmp_path, monkeypatch):
    write_netcdf(tmp_path / "plain.nc", zlib=True)
    try:
        (tmp_path / "plain.nc").rename(tmp_path / name)
    except OSError:
        pytest.skip("this system knows no such name")
    monkeypatch.chdir(tmp_path)
    reader = Reader(engine)
    for folder in (Path("."), tmp_path):
        opened = reader.learn(scan(folder))
        [granule] = opened.archive.granules
        day = reader.retrievals(granule, opened.recognition, opened.recognition.variable("SM"))
        truth = layers_of(DAY)["Soil_Moisture"]
        assert np.array_equal(day.values, truth[np.isfinite(truth)].astype(np.float32))


@pytest.mark.skipif(os.name != "posix" or sys.platform == "darwin", reason="names are text there")
def test_a_name_that_is_no_text(engine: Engine, tmp_path):
    write_netcdf(tmp_path / "plain.nc")
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe20150506.nc"))
    (tmp_path / "plain.nc").rename(path)
    with pytest.raises(UnreadableFile, match="Rename it"), engine.open(path):
        pass
    with pytest.raises(UnreadableFile, match="Rename it"):
        Reader(engine).learn(scan(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="made with POSIX calls")
class TestFolders:
    def test_links_in_a_circle(self, engine: Engine, tmp_path):
        path = write_day(tmp_path / "year", DAY)
        (tmp_path / "year" / "loop").symlink_to(tmp_path)
        (tmp_path / "self 20150507.nc").symlink_to(tmp_path / "self 20150507.nc")
        (tmp_path / "gone 20150508.nc").symlink_to(tmp_path / "nowhere")
        opened = Reader(engine).learn(scan(tmp_path))
        assert [one.path for one in opened.archive.granules] == [path]
        assert len(opened.archive.problems) == 2

    def test_a_pipe_is_not_waited_for(self, engine: Engine, tmp_path):
        write_day(tmp_path, DAY)
        os.mkfifo(tmp_path / name_of(DAY.replace(day=9)))
        opened = Reader(engine).learn(scan(tmp_path))
        assert [problem.reason for problem in opened.archive.problems] == ["This is no ordinary file."]
        looked = threading.Thread(target=refused, args=(tmp_path / name_of(DAY.replace(day=9)),), daemon=True)
        looked.start()
        looked.join(5)
        assert not looked.is_alive()

    def test_a_folder_without_permission(self, engine: Engine, tmp_path, monkeypatch):
        write_day(tmp_path / "open", DAY)
        (tmp_path / "locked").mkdir()
        scandir = os.scandir

        def refusing(folder: Any) -> Any:
            if Path(folder).name == "locked":
                raise PermissionError(13, "Permission denied")
            return scandir(folder)

        monkeypatch.setattr("smos_ib_explorer.plugin.core.archive.os.scandir", refusing)
        opened = Reader(engine).learn(scan(tmp_path))
        assert len(opened.archive.granules) == 1
        assert "cannot be read" in opened.archive.problems[0].reason


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300, 9.97e36])
@pytest.mark.parametrize("which", ["lat", "lon"])
def test_coordinates_that_are_no_numbers(number, which, engine: Engine, tmp_path):
    path = write_day(tmp_path, DAY)
    with netcdf.Dataset(path, "a") as file:
        file[which][:] = number
    with pytest.raises(GridMismatch):
        Reader(engine).learn(scan(tmp_path))


@pytest.mark.parametrize("number", [2.9e6, 1e300, -1e9, np.nan])
def test_dates_beyond_the_calendar(number, engine: Engine, tmp_path):
    for name in (name_of(DAY), "no date.nc"):
        write_netcdf(tmp_path / name, record=True, zlib=True)
        with netcdf.Dataset(tmp_path / name, "a") as file:
            file["time"][0] = number
            file["time"].units = "days since 9999-12-30" if number > 0 else "days since 2015-05-06"
    opened = Reader(engine).learn(scan(tmp_path))
    assert [one.date for one in opened.archive.granules] == [DAY]
    assert [one.path.name for one in opened.archive.problems] == ["no date.nc"]


def test_text_from_a_file_stays_in_one_line():
    assert tidy("m³ m⁻³") == "m³ m⁻³"
    assert tidy("a\nb\tc\x00d\x1b[2J\u202e") == "a b c d [2J "
    assert len(tidy("x" * 10**7)) == 300 and tidy("x" * 10**7).endswith("x…")


def test_text_in_another_encoding(engine: Engine, tmp_path):
    path = write_day(tmp_path, DAY)
    with netcdf.Dataset(path, "a") as file:
        file["RMSE"].units = "kelvin"
    path.write_bytes(
        Seed(path.read_bytes()).with_changes(Mutation(((path.read_bytes().index(b"kelvin"), b"k\xe9lvin"),)))
    )
    with engine.open(path) as file:
        assert file.variables["RMSE"].text("units") == "k\ufffdlvin"


@pytest.mark.parametrize("form", ["NETCDF3_64BIT_DATA", "NETCDF3_CLASSIC", "NETCDF4"])
def test_a_file_whose_time_dimension_has_no_record_is_refused(engine: Engine, tmp_path, form):
    path = tmp_path / name_of(DAY)
    with netcdf.Dataset(path, "w", format=form) as file:
        for name, size in (("time", None), ("lat", 584), ("lon", 1388)):
            file.createDimension(name, size)
        file.createVariable("Soil_Moisture", "f4", ("time", "lat", "lon"))
    with pytest.raises(GridMismatch, match="holds no day: Soil_Moisture has 0 × 584 × 1388 numbers"):
        Reader(engine).learn(scan(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="./dev fuzz runs on Debian and Ubuntu")
@pytest.mark.parametrize("name", ENGINES)
def test_a_short_fuzz_run(name, tmp_path, monkeypatch):
    make_engine(name)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "smos_ib_explorer").symlink_to(ROOT)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (tmp_path / "plugins", ROOT / "tests"))))
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    monkeypatch.chdir(tmp_path)
    from fuzz import READ, REFUSED, Fuzz

    names = ["netcdf4", "netcdf4 tiles", "netcdf4 rich", "classic record", "hdf5 old rich", "hdf5 1.10 indexes"]
    fuzz, chance, finds = Fuzz(name, names), random.Random(5), []
    assert list(fuzz.seeds) == names
    try:
        for _ in range(50):
            seed = chance.choice(list(fuzz.seeds))
            mutation = fuzz.seeds[seed].damaged(chance)
            kind, said = fuzz.tried(seed, mutation)
            if kind not in (READ, REFUSED):
                finds.append((kind, said, seed, mutation))
    finally:
        fuzz.child.close()
    assert not finds
