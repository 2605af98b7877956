# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The locator of chunks: the same places as the HDF5 library tells, for every form of file that is known, and none for the others."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.granules import LAYERS, write_day

from smos_ib_explorer.plugin.core import hdf5_objects
from smos_ib_explorer.plugin.core.engine import Engine, NewVariable
from smos_ib_explorer.plugin.core.hdf5 import ChunkTable, locate_chunks

h5py = pytest.importorskip("h5py")
netcdf = pytest.importorskip("netCDF4")

NUMBERS = np.random.default_rng(4).integers(0, 100, 240)


def located(path: Path) -> dict[str, ChunkTable]:
    """Return the tables of all of a file's variables, after comparing each with what the HDF5 library says of it."""
    with h5py.File(path) as file:
        tables = locate_chunks(path, list(file))
        for name, table in tables.items():
            dataset = file[name]
            assert (table.dtype, table.shape, table.chunk) == (dataset.dtype, dataset.shape, dataset.chunks)
            assert table.dtype.byteorder in "<>=|"
            assert (dataset.compression, table.shuffled) == ("gzip", dataset.shuffle)
            chunks = sorted(chunks_of(dataset))
            assert list(zip(table.offsets.tolist(), table.sizes.tolist())) == [place for _, place in chunks]
    return tables


def chunks_of(dataset: Any) -> list[tuple[tuple[int, ...], tuple[int, int]]]:
    """Return each chunk's first cell, and its offset and size in the file, as the HDF5 library tells them."""
    chunks: list[Any] = []
    dataset.id.chunk_iter(lambda info: chunks.append((info.chunk_offset, (info.byte_offset, info.size))))
    return chunks


def inflated(path: Path, table: ChunkTable) -> np.ndarray:
    """Return a variable's stored numbers, read with nothing but its table."""
    content = path.read_bytes()
    counts = [-(-whole // part) for whole, part in zip(table.shape, table.chunk)]
    whole = np.empty([count * part for count, part in zip(counts, table.chunk)], table.dtype)
    for place, offset, size in zip(np.ndindex(*counts), table.offsets, table.sizes):
        flat = np.frombuffer(zlib.decompress(content[offset : offset + size]), np.uint8)
        if table.shuffled:
            flat = np.ascontiguousarray(flat.reshape(table.dtype.itemsize, -1).T)
        chunk = flat.view(table.dtype).reshape(table.chunk)
        whole[tuple(slice(at * part, (at + 1) * part) for at, part in zip(place, table.chunk))] = chunk
    return whole[tuple(slice(length) for length in table.shape)]


def stored(path: Path, name: str) -> np.ndarray:
    with netcdf.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        return file[name][...]


def write_netcdf(path: Path, *variables: str, length: int | None = 240, **how: Any) -> Path:
    """Write 1-D variables of 240 numbers; `length` None makes the dimension unlimited."""
    with netcdf.Dataset(path, "w") as file:
        file.createDimension("obs", length)
        for name in variables:
            file.createVariable(name, "i4", ("obs",), **{"zlib": True, **how})[:] = NUMBERS
    return path


def write_hdf5(path: Path, **datasets: dict[str, Any]) -> Path:
    with h5py.File(path, "w") as file:
        for name, how in datasets.items():
            file.create_dataset(name, **{"data": NUMBERS, "chunks": (80,), "compression": "gzip", **how})
    return path


class TestFilesOfThisProject:
    def test_daily_file(self, tmp_path):
        path = write_day(tmp_path, dt.date(2015, 5, 6), compressed=True)
        tables = located(path)
        assert tables.keys() == set(LAYERS)  # latitude and longitude are not deflated
        for name, table in tables.items():
            assert np.array_equal(inflated(path, table), stored(path, name), equal_nan=True)

    @pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 20, 40])
    def test_as_many_variables_as_there_may_be(self, engine: Engine, tmp_path, count):
        # From nine links on, the root group keeps them in a heap and a tree.
        path, names = tmp_path / "day.nc", [f"variable_{number}" for number in range(count)]
        grid = np.arange(60, dtype="f4").reshape(6, 10)
        variables = [NewVariable(name, ("lat", "lon"), grid * at, {"units": "K"}) for at, name in enumerate(names)]
        engine.write(path, variables, {"title": "a day"})
        tables = located(path)
        assert tables.keys() == set(names)
        assert all(np.array_equal(inflated(path, tables[name]), grid * at) for at, name in enumerate(names))

    @pytest.mark.parametrize("chunks", [60, 120, 400, 5000])
    def test_store_with_many_chunks(self, tmp_path, chunks):
        # A node of the tree holds 64 chunks: one level, two, and three.
        path, numbers = tmp_path / "tile.nc", np.arange(4 * chunks - 1, dtype="f4")
        with netcdf.Dataset(path, "w") as file:
            file.createDimension("obs", numbers.size)
            file.createVariable("sm", "f4", ("obs",), zlib=True, complevel=1, chunksizes=(4,))[:] = numbers
        table = located(path)["sm"]
        assert table.offsets.size == chunks
        assert np.array_equal(inflated(path, table), numbers)

    def test_only_what_is_asked_for(self, tmp_path):
        path = write_netcdf(tmp_path / "file.nc", "a", "b", "c")
        assert locate_chunks(path, ["c", "a", "a", "not there", "", "a/b", "\udc80"]).keys() == {"a", "c"}
        assert locate_chunks(path, ()) == {}


class TestNetcdf:
    @pytest.mark.parametrize("shuffle", [True, False])
    @pytest.mark.parametrize(("order", "endian"), [("<", "little"), (">", "big")])
    @pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
    def test_types(self, tmp_path, kind, order, endian, shuffle):
        path, numbers = tmp_path / "file.nc", (NUMBERS[:24] - 50).astype(order + kind)
        with netcdf.Dataset(path, "w") as file:
            file.createDimension("obs", numbers.size)
            how = {"zlib": True, "shuffle": shuffle, "endian": endian, "chunksizes": (7,)}
            file.createVariable("numbers", numbers.dtype, ("obs",), **how)[:] = numbers
        table = located(path)["numbers"]
        assert table.shuffled == shuffle
        assert np.array_equal(inflated(path, table), numbers)

    @pytest.mark.parametrize(
        ("shape", "chunk"),
        [
            ((7,), (7,)),
            ((7,), (3,)),
            ((5, 9), (5, 9)),
            ((5, 9), (2, 4)),
            ((3, 5, 9), (2, 2, 9)),
            ((2, 3, 4, 5), (1,) * 4),
        ],
    )
    @pytest.mark.parametrize("unlimited", [False, True])
    def test_chunks_that_do_not_divide_the_shape(self, tmp_path, shape, chunk, unlimited):
        path, numbers = tmp_path / "file.nc", np.arange(np.prod(shape)).reshape(shape)
        with netcdf.Dataset(path, "w") as file:
            names = [f"d{number}" for number in range(len(shape))]
            for name, length in zip(names, shape):
                file.createDimension(name, None if unlimited else length)
            file.createVariable("numbers", "i8", names, zlib=True, chunksizes=chunk)[:] = numbers
        assert np.array_equal(inflated(path, located(path)["numbers"]), numbers)

    def test_chunk_longer_than_the_variable(self, tmp_path):
        path = write_netcdf(tmp_path / "file.nc", "numbers", length=None, chunksizes=(1000,))
        assert np.array_equal(inflated(path, located(path)["numbers"]), NUMBERS)

    def test_nothing_but_zeros(self, tmp_path):
        # Nothing deflates better; a table that promises still more numbers is taken for damaged.
        path, numbers = tmp_path / "file.nc", np.zeros((584, 1388))
        with netcdf.Dataset(path, "w") as file:
            file.createDimension("lat", 584)
            file.createDimension("lon", 1388)
            how = {"zlib": True, "complevel": 9, "chunksizes": numbers.shape}
            file.createVariable("numbers", "f8", ("lat", "lon"), **how)[:] = numbers
        table = located(path)["numbers"]
        assert table.sizes < numbers.nbytes / 900
        assert not inflated(path, table).any()

    def test_many_attributes(self, tmp_path):
        path = write_netcdf(tmp_path / "file.nc", "a", "b")
        with netcdf.Dataset(path, "a") as file:
            for owner in (file, file["a"], file["b"]):
                owner.setncatts({f"attribute_{number}": "x" * 10 * number for number in range(150)})
        assert located(path).keys() == {"a", "b"}

    def test_attributes_added_one_by_one_continue_a_header(self, tmp_path):
        path = write_netcdf(tmp_path / "file.nc", "a", "b")
        for number in range(6):
            with netcdf.Dataset(path, "a") as file:
                file["a"].setncattr(f"attribute_{number}", "x" * 300)
                file.setncattr(f"attribute_{number}", "x" * 300)
        assert path.read_bytes().count(b"OCHK") > 2
        assert located(path).keys() == {"a", "b"}

    def test_a_dimension_is_no_variable(self, tmp_path):
        # netCDF hides a variable behind another name if its dimension's name is the same but it does not lie along it.
        path = tmp_path / "file.nc"
        with netcdf.Dataset(path, "w") as file:
            file.createDimension("lat", None)
            file.createDimension("lon", 3)
            file.createVariable("lat", "f4", ("lon", "lat"), zlib=True)[:] = np.ones((3, 2))
        assert locate_chunks(path, ["lat", "lon"]) == {}


class TestForms:
    @pytest.mark.parametrize("low", ["earliest", "v108", "v110", "v112", "latest"])
    @pytest.mark.parametrize("count", [1, 9, 100])
    def test_versions_of_the_format(self, tmp_path, low, count):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w", libver=(low, "latest")) as file:
            for number in range(count):
                file.create_dataset(f"one{number}", data=NUMBERS, chunks=(240,), compression="gzip", shuffle=number % 2)
                file.create_dataset(f"many{number}", data=NUMBERS, chunks=(7,), compression="gzip", shuffle=True)
        names = {f"{kind}{number}" for kind in ("one", "many") for number in range(count)}
        if low not in ("earliest", "v108"):
            # Since 1.10 the library can index several chunks in four ways that are not known here.
            names = {name for name in names if name.startswith("one")}
        tables = located(path)
        assert tables.keys() == names or (low == "latest" and not tables)
        assert all(np.array_equal(inflated(path, table), NUMBERS) for table in tables.values())

    @pytest.mark.parametrize("low", ["earliest", "v108"])
    def test_names_in_any_script(self, tmp_path, low):
        path, names = tmp_path / "file.h5", ["Feuchte am größten Ort", "humedad mañana", "土壤水分"]
        with h5py.File(path, "w", libver=(low, "latest")) as file:
            for name in names:
                file[f"{name} again"] = file.create_dataset(name, data=NUMBERS, chunks=(80,), compression="gzip")
        assert located(path).keys() == {*names, *(f"{name} again" for name in names)}

    @pytest.mark.parametrize("low", ["earliest", "v108"])
    def test_limits_for_attributes(self, tmp_path, low):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w", libver=(low, "latest")) as file:
            low_level(file, lambda plist: (plist.set_deflate(4), plist.set_attr_phase_change(5, 3)))
        assert located(path).keys() == {"odd"}

    @pytest.mark.parametrize(("links", "length"), [(50, 10), (1500, 10), (900, 1500)])
    @pytest.mark.parametrize("low", ["earliest", "v108"])
    def test_crowded_root_group(self, tmp_path, low, links, length):
        # The more and the longer the links, the deeper the tree of their names and the heap that holds them.
        path = write_hdf5(tmp_path / "file.h5")
        with h5py.File(path, "w", libver=(low, "latest")) as file:
            for number in range(links):
                file[f"link{number}"] = h5py.SoftLink("x" * length)
                if number % (links // 10) == 0:
                    file.create_dataset(f"numbers{number}", data=NUMBERS, chunks=(99,), compression="gzip")
        assert len(located(path)) == 10

    def test_chunks_written_in_any_order(self, tmp_path):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w") as file:
            dataset = file.create_dataset("numbers", (20, 12), "i8", chunks=(1, 3), compression="gzip")
            for row in np.random.default_rng(1).permutation(20):
                dataset[row] = NUMBERS.reshape(20, 12)[row]
        table = located(path)["numbers"]
        assert (np.diff(table.offsets) < 0).any()
        assert np.array_equal(inflated(path, table).ravel(), NUMBERS)

    def test_variable_that_grew_and_shrank(self, tmp_path):
        path = write_hdf5(tmp_path / "file.h5", numbers={"maxshape": (None,), "chunks": (7,)})
        for length in (2000, 100, 50, 51):
            with h5py.File(path, "a") as file:
                file["numbers"].resize((length,))
                file["numbers"][:] = np.arange(length)
            assert np.array_equal(inflated(path, located(path)["numbers"]), np.arange(length))


def odd_precision(file: Any) -> None:
    kind = h5py.h5t.STD_I32LE.copy()
    kind.set_precision(20)
    low_level(file, lambda plist: plist.set_deflate(4), kind)


def low_level(file: Any, filters: Callable[[Any], object], kind: Any = None) -> Any:
    """Create the dataset "odd" as h5py's ordinary interface cannot."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((80,))
    filters(plist)
    space = h5py.h5s.create_simple((240,))
    odd = h5py.h5d.create(file.id, b"odd", kind or h5py.h5t.STD_I64LE, space, plist)
    odd.write(h5py.h5s.ALL, h5py.h5s.ALL, NUMBERS)
    return odd


def masked_chunk(file: Any) -> None:
    dataset = file.create_dataset("odd", (240,), "i8", chunks=(240,), compression="gzip")
    dataset.id.write_direct_chunk((0,), NUMBERS.tobytes(), filter_mask=1)


def missing_chunk(file: Any) -> None:
    file.create_dataset("odd", (240,), "i8", chunks=(80,), compression="gzip")[:160] = 1


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((240,), "i8")
    layout[:] = h5py.VirtualSource(file["good"])
    file.create_virtual_dataset("odd", layout)


def committed_type(file: Any) -> None:
    file["type"] = np.dtype("i8")
    file.create_dataset("odd", data=NUMBERS, dtype=file["type"], chunks=(80,), compression="gzip")


def elsewhere(file: Any) -> None:
    place = Path(file.filename).with_name("numbers.bin"), 0, h5py.h5f.UNLIMITED
    file.create_dataset("odd", data=NUMBERS, external=[place])


def dataset(**how: Any) -> Callable[[Any], object]:
    return lambda file: file.create_dataset("odd", **{"data": NUMBERS, "chunks": (80,), "compression": "gzip", **how})


def link(target: Any) -> Callable[[Any], None]:
    return lambda file: file.__setitem__("odd", target)


ODD = {
    "contiguous": dataset(chunks=None, compression=None),
    "not deflated": dataset(compression=None),
    "shuffled only": dataset(compression=None, shuffle=True),
    "lzf": dataset(compression="lzf"),
    "szip": dataset(compression="szip"),
    "checksum": dataset(fletcher32=True),
    "checksum and shuffle": dataset(fletcher32=True, shuffle=True),
    "scale and offset": dataset(scaleoffset=0, compression=None),
    "scale, offset and deflate": dataset(scaleoffset=0),
    "shuffled after deflating": lambda file: low_level(file, lambda plist: (plist.set_deflate(4), plist.set_shuffle())),
    "deflated twice": lambda file: low_level(file, lambda plist: (plist.set_deflate(4), plist.set_deflate(4))),
    "missing chunk": missing_chunk,
    "no chunk": dataset(data=None, shape=(240,), dtype="i8"),
    "chunk with a filter left out": masked_chunk,
    "no cell": dataset(data=np.zeros(0), chunks=(5,), maxshape=(None,)),
    "single number": lambda file: file.create_dataset("odd", data=5.0),
    "nothing": lambda file: file.create_dataset("odd", data=h5py.Empty("f4")),
    "more dimensions than are known": dataset(data=np.zeros((1,) * 32), chunks=(1,) * 32),
    "text": dataset(data=np.array([b"text"] * 240)),
    "text of any length": dataset(data=["text"] * 240, dtype=h5py.string_dtype()),
    "half precision": dataset(dtype="f2"),
    "truth": dataset(data=NUMBERS > 50),
    "complex": dataset(data=NUMBERS.astype("c8")),
    "compound": dataset(data=np.zeros(240, "i4,f4")),
    "arrays": dataset(data=None, shape=(240,), dtype="(2,)i4"),
    "spare bits": odd_precision,
    "shared type": committed_type,
    "elsewhere": elsewhere,
    "virtual": virtual,
    "group": lambda file: file.create_group("odd"),
    "soft link": link(h5py.SoftLink("/good")),
    "link to another file": link(h5py.ExternalLink("other.h5", "/good")),
}


class TestLeftOut:
    @pytest.mark.parametrize("low", ["earliest", "v108", "v110"])
    @pytest.mark.parametrize("odd", ODD)
    def test_other_variables(self, tmp_path, odd, low):
        path = tmp_path / "file.h5"
        if odd == "szip" and not h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP):
            pytest.skip("this HDF5 library cannot write szip")
        with h5py.File(path, "w", libver=(low, "latest")) as file:
            file.create_dataset("good", data=NUMBERS, chunks=(240,), compression="gzip")
            ODD[odd](file)
        assert located(path).keys() == {"good"}

    def test_variables_of_other_groups(self, tmp_path):
        assert locate_chunks(write_hdf5(tmp_path / "file.h5", **{"group/a": {}}), ["a", "group", "group/a"]) == {}

    def test_classic_netcdf(self, tmp_path):
        path = tmp_path / "file.nc"
        with netcdf.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
            file.createDimension("obs", 240)
            file.createVariable("a", "i4", ("obs",))[:] = NUMBERS
        assert locate_chunks(path, ["a"]) == {}

    @pytest.mark.parametrize("content", [b"", b"\x89HDF", b"\x89HDF\r\n\x1a\n", b"<html></html>" * 99, bytes(9999)])
    def test_what_is_not_hdf5(self, tmp_path, content):
        path = tmp_path / "file.nc"
        path.write_bytes(content)
        assert locate_chunks(path, ["a"]) == {}

    def test_what_cannot_be_read(self, tmp_path):
        assert locate_chunks(tmp_path, ["a"]) == {}
        assert locate_chunks(tmp_path / "not there.nc", ["a"]) == {}

    def test_bytes_before_the_file(self, tmp_path):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w", userblock_size=512) as file:
            file.create_dataset("a", data=NUMBERS, compression="gzip")
        assert locate_chunks(path, ["a"]) == {}
        path.write_bytes(path.read_bytes()[512:] + bytes(512))
        assert locate_chunks(path, ["a"]) == {}

    def test_one_of_several_files(self, tmp_path):
        with h5py.File(tmp_path / "file%d.h5", "w", driver="family") as file:
            file.create_dataset("a", data=NUMBERS, compression="gzip")
        assert locate_chunks(tmp_path / "file0.h5", ["a"]) == {}

    def test_bytes_behind_the_file_do_no_harm(self, tmp_path):
        path = write_netcdf(tmp_path / "file.nc", "a")
        path.write_bytes(path.read_bytes() + bytes(100))
        assert located(path).keys() == {"a"}


# Bytes of a file with one variable, one chunk of 240 numbers of 8 bytes, and what would be wrong instead.
FORGERIES = [
    pytest.param("earliest", struct.pack("<II", 240, 8), struct.pack("<II", 240, 4), id="size of a number"),
    pytest.param("earliest", struct.pack("<II", 240, 8), struct.pack("<II", 0, 8), id="chunk of nothing"),
    pytest.param("earliest", struct.pack("<II", 240, 8), struct.pack("<II", 2**32 - 1, 8), id="chunk too long"),
    pytest.param("earliest", b"TREE\1\0\1\0", b"TREE\1\1\1\0", id="level of the tree"),
    pytest.param("earliest", b"TREE\1\0\1\0", b"TREE\1\0\0\0", id="empty tree"),
    pytest.param("v108", b"\1\0\7numbers", b"\1\3\7" + b"\xff" * 7, id="endless name"),
    pytest.param("v110", b"HDF\r\n\x1a\n\3\10\10\0", b"HDF\r\n\x1a\n\3\10\10\1", id="file not closed"),
    *(
        pytest.param("v110", b"\4\2\2\2\1\xf0\10\1", wrong, id=what)
        for what, wrong in {
            "unknown layout": b"\5\2\2\2\1\xf0\10\1",
            "not in chunks": b"\4\1\2\2\1\xf0\10\1",
            "edges not filtered": b"\4\2\3\2\1\xf0\10\1",
            "three dimensions": b"\4\2\2\3\1\xf0\10\1",
            "lengths of no bytes": b"\4\2\2\2\0\1\10\1",
            "other index": b"\4\2\2\2\1\xf0\10\3",
        }.items()
    ),
]


@pytest.fixture(scope="module", params=["netCDF4", "earliest", "v108", "v110"])
def sample(request, tmp_path_factory) -> tuple[Path, list[str]]:
    """A small file of each form, and the names in it."""
    folder, names = tmp_path_factory.mktemp("sample"), [f"v{number}" for number in range(10)]
    if request.param == "netCDF4":
        return write_netcdf(folder / "file.nc", *names, chunksizes=(120,)), names
    with h5py.File(folder / "file.h5", "w", libver=(request.param, "latest")) as file:
        for name in names:
            file.create_dataset(name, data=NUMBERS, chunks=(240,), compression="gzip", shuffle=True)
    return folder / "file.h5", names


class TestDamage:
    """Whatever bytes are wrong: no error, no end of patience, and no table that leads out of the file."""

    @staticmethod
    def look(path: Path, content: bytes, names: list[str]) -> int:
        path.write_bytes(content)
        tables = locate_chunks(path, names)
        for table in tables.values():
            assert (table.offsets >= 0).all() and (table.sizes > 0).all()
            assert (table.offsets + table.sizes <= len(content)).all()
            counts = [-(-whole // part) for whole, part in zip(table.shape, table.chunk)]
            assert table.offsets.size == table.sizes.size == np.prod(counts)
        return len(tables)

    def test_truncated(self, sample, tmp_path):
        path, names = sample
        content = path.read_bytes()
        assert self.look(tmp_path / "cut", content, names) == len(names)
        for length in np.linspace(0, len(content) - 1, 100).astype(int):
            assert self.look(tmp_path / "cut", content[:length], names) == 0

    def test_truncated_and_noted_as_whole(self, sample, tmp_path):
        path, names = sample
        content = path.read_bytes()
        at = 40 if content[8] == 0 else 28
        for length in np.linspace(100, len(content) - 1, 100).astype(int):
            self.look(
                tmp_path / "cut", content[:at] + int(length).to_bytes(8, "little") + content[at + 8 : length], names
            )

    def test_wrong_bytes(self, sample, tmp_path):
        path, names = sample
        content, random, found = path.read_bytes(), np.random.default_rng(7), 0
        meant = np.flatnonzero(np.frombuffer(content, np.uint8))  # most zeros mean nothing
        for _ in range(150):
            damaged = bytearray(content)
            for at in random.choice(meant, random.integers(1, 6)):
                at = min(at + random.integers(0, 4), len(content) - 1)
                damaged[at] = random.choice([0, 1, 255, damaged[at] ^ (1 << random.integers(8)), random.integers(256)])
            found += self.look(tmp_path / "wrong", bytes(damaged), names)
        assert 0 < found < 150 * len(names)

    def test_exchanged_addresses(self, sample, tmp_path):
        # Structures that lead to each other, to themselves and to the wrong kind.
        path, names = sample
        content, random = path.read_bytes(), np.random.default_rng(8)
        words = [content[at : at + 8] for at in range(len(content) - 8)]
        places = [at for at, word in enumerate(words) if 48 < int.from_bytes(word, "little") < len(content)]
        for _ in range(150):
            damaged = bytearray(content)
            for at, source in random.choice(places, (random.integers(1, 4), 2)):
                damaged[at : at + 8] = words[source]
            self.look(tmp_path / "wrong", bytes(damaged), names)

    @pytest.mark.parametrize(("low", "right", "wrong"), FORGERIES)
    def test_forged(self, tmp_path, low, right, wrong):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w", libver=(low, "latest")) as file:
            file.create_dataset("numbers", data=NUMBERS, chunks=(240,), compression="gzip", shuffle=True)
        content = path.read_bytes()
        assert located(path)
        assert content.count(right) == 1
        assert self.look(path, content.replace(right, wrong), ["numbers"]) == 0

    @pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (0, 0, 2), (0, 1, 1)])
    def test_chunks_out_of_order(self, tmp_path, order):
        path = write_hdf5(tmp_path / "file.h5", numbers={})
        content = path.read_bytes()
        begin = content.index(b"TREE\x01") + 24
        entries = [content[begin + 32 * number :][:32] for number in range(3)]
        forged = b"".join(entries[number] for number in order)
        assert self.look(path, content[:begin] + forged + content[begin + 96 :], ["numbers"]) == 0

    def test_header_that_continues_in_itself(self, tmp_path):
        path = write_hdf5(tmp_path / "file.h5", numbers={})
        with h5py.File(path, "a") as file:
            for number in range(3):
                file["numbers"].attrs[f"attribute_{number}"] = np.arange(50)
        content = path.read_bytes()
        message = struct.pack("<HHI", 0x10, 16, 0)
        assert content.count(message) == 1
        at = content.index(message)
        itself = message + struct.pack("<QQ", at, 24)
        assert self.look(path, content[:at] + itself + content[at + 24 :], ["numbers"]) == 0

    def test_tree_that_would_take_for_ever(self, tmp_path):
        # Each node names the node below it 65,000 times.
        path = write_hdf5(tmp_path / "file.h5", numbers={})
        content = path.read_bytes()
        top = leaf = content.index(b"TREE\x01")
        referrer = content.index(leaf.to_bytes(8, "little"))
        for level in range(1, 5):
            entry = content[leaf + 24 : leaf + 48] + top.to_bytes(8, "little")
            top = len(content)
            content += b"TREE\x01" + bytes([level]) + (65_000).to_bytes(2, "little") + bytes(16) + entry * 65_000
        content = content[:referrer] + top.to_bytes(8, "little") + content[referrer + 8 :]
        content = content[:40] + len(content).to_bytes(8, "little") + content[48:]  # the end of the file
        assert self.look(tmp_path / "endless", content, ["numbers"]) == 0

    def test_budget(self, sample, tmp_path, monkeypatch):
        path, names = sample
        monkeypatch.setattr(hdf5_objects, "_BUDGET", 20_000)
        assert locate_chunks(path, names) == {}


def test_the_places_are_those_that_gdal_tells(tmp_path: Path) -> None:
    gdal = pytest.importorskip("osgeo.gdal")
    if not hasattr(gdal.MDArray, "GetRawBlockInfo"):
        pytest.skip("GDAL tells where chunks lie from 3.12 on")
    path = write_day(tmp_path, dt.date(2020, 2, 29), compressed=True)
    tables = locate_chunks(path, LAYERS)
    dataset = gdal.OpenEx(str(path), gdal.OF_MULTIDIM_RASTER, allowed_drivers=["netCDF"])
    for name in LAYERS:
        told = dataset.GetRootGroup().OpenMDArray(name).GetRawBlockInfo([0, 0])
        table = tables[name]
        assert (told.GetOffset(), told.GetSize()) == (table.offsets[0], table.sizes[0])
        assert "COMPRESSION=DEFLATE" in told.GetInfo() and ("FILTER=SHUFFLE" in told.GetInfo()) == table.shuffled
