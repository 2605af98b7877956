# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A variable's stored numbers, from the netCDF library or from the bytes of its chunk: the same values either way. And work ahead."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.granules import COLS, LAYERS, ROWS, cell, layers_of, write_day
from core.stores import bits, flip
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from smos_ib_explorer.plugin.core.ahead import ahead
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import NETCDF_LOCK, Engine
from smos_ib_explorer.plugin.core.errors import Cancelled, LacksVariable, UnreadableFile
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.hdf5 import ChunkTable
from smos_ib_explorer.plugin.core.layers import Layer, Layers, read_layers, whole_chunks
from smos_ib_explorer.plugin.core.placement import Placement
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.stored import (
    ChunkReader,
    Numbers,
    PlainNumbers,
    ShuffledNumbers,
    numbers_of,
    retrievals,
    zlib_inflate,
)
from smos_ib_explorer.plugin.core.values import decode, decode_flags

TYPES = ["<f4", "<f8", ">f4", ">f8", "<i2", ">i2", "<i4", "|u1", "<u2", "<i8"]
FILL = 7
"""What most elements of the arrays below hold, as a sea of «no retrieval» does."""


@st.composite
def number_arrays(draw: st.DrawFn) -> np.ndarray:
    """Draw flat arrays of every stored type: mostly one fill, among it anything, also NaN of any bits, −0, −999 and infinities."""
    dtype = np.dtype(draw(st.sampled_from(TYPES)))
    if dtype.kind == "f":
        elements = st.sampled_from([FILL, 0.0, -0.0, -999.0, np.inf, 1.5]) | st.floats(width=8 * dtype.itemsize)
    else:
        elements = arrays.from_dtype(dtype)
    fill = st.sampled_from([FILL, np.nan] if dtype.kind == "f" else [FILL])
    return draw(arrays.arrays(dtype, st.integers(1, 200), elements=elements, fill=fill))


def shuffled(numbers: np.ndarray) -> np.ndarray:
    """Return the bytes of numbers as the shuffle filter puts them, by its definition."""
    raw, size = numbers.tobytes(), numbers.dtype.itemsize
    return np.array([list(raw[place::size]) for place in range(size)], dtype=np.uint8)


def both(numbers: np.ndarray) -> list[Numbers]:
    return [PlainNumbers(numbers), ShuffledNumbers(shuffled(numbers), numbers.dtype)]


@given(number_arrays(), st.data())
def test_numbers_are_those_that_were_stored(numbers: np.ndarray, data: st.DataObject) -> None:
    indices = np.array(data.draw(st.lists(st.integers(0, numbers.size - 1), max_size=8)), dtype=np.intp)
    for stored in both(numbers):
        assert stored.size == numbers.size
        assert stored.whole().dtype == numbers.dtype
        assert stored.whole().tobytes() == numbers.tobytes()
        assert stored.take(indices).tobytes() == numbers[indices].tobytes()
        first, last = (int(indices.min(initial=numbers.size)), int(indices.max(initial=0)))
        assert stored.between(first, last).tobytes() == numbers[first:last].tobytes()


@given(number_arrays(), st.data())
def test_numbers_unlike_one_are_all_that_differ(numbers: np.ndarray, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, numbers.size - 1))
    one = numbers[index]
    differs = ~((numbers == one) | ((numbers != numbers) & (one != one)))
    for stored in both(numbers):
        found = stored.unlike(index)
        assert (np.diff(found) > 0).all()
        assert set(np.flatnonzero(differs)) <= set(found.tolist())
        same_bits = {at for at in range(numbers.size) if numbers[at].tobytes() == one.tobytes()}
        assert not same_bits & set(found.tolist())


ATTRIBUTES: list[dict[str, Any]] = [
    {},
    {"_FillValue": FILL},
    {"_FillValue": np.nan},
    {"missing_value": FILL, "scale_factor": 0.5, "add_offset": -1.0},
    {"_FillValue": 3, "missing_value": [FILL, 0]},
]


@given(number_arrays(), st.sampled_from(ATTRIBUTES), st.sampled_from([decode, decode_flags]))
def test_retrievals_are_what_decoding_all_finds(numbers: np.ndarray, attributes: dict[str, Any], how: Callable) -> None:
    into_values = partial(how, attributes=attributes)
    with np.errstate(all="ignore"):
        all_values = into_values(numbers)
        there = np.flatnonzero(~np.isnan(all_values))
        for stored in both(numbers):
            at, values = retrievals(stored, into_values)
            np.testing.assert_array_equal(at, there)
            assert bits(values) == bits(all_values[there])


def test_only_what_differs_from_no_retrieval_is_decoded() -> None:
    numbers = np.full(10_000, np.nan)
    numbers[[3, 5_000, 9_998]] = 1.0, 2.0, 3.0
    for stored in both(numbers):
        decoded: list[int] = []

        def into_values(some: np.ndarray, decoded: list[int] = decoded) -> np.ndarray:
            decoded.append(some.size)
            return decode(some, {})

        at, values = retrievals(stored, into_values)
        assert at.tolist() == [3, 5_000, 9_998] and values.tolist() == [1.0, 2.0, 3.0]
        assert sum(decoded) < 100


# --- Chunks ---


def table_of(numbers: np.ndarray, offset: int, size: int, is_shuffled: bool = False) -> ChunkTable:
    return ChunkTable(numbers.dtype, numbers.shape, numbers.shape, is_shuffled, np.array([offset]), np.array([size]))


@given(data=st.data())
def test_a_chunk_is_read_where_it_lies(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    numbers, before = data.draw(number_arrays()), data.draw(st.binary(max_size=30))
    is_shuffled = data.draw(st.booleans())
    deflated = zlib.compress(shuffled(numbers).tobytes() if is_shuffled else numbers.tobytes())
    path = tmp_path_factory.getbasetemp() / "chunk"
    path.write_bytes(before + deflated + b"after")
    reader = ChunkReader(zlib_inflate)
    for _ in range(2):
        with reader.numbers(path, table_of(numbers, len(before), len(deflated), is_shuffled)) as found:
            assert found.size == numbers.size and found.whole().tobytes() == numbers.tobytes()
        with pytest.raises(UnreadableFile), reader.numbers(path, table_of(numbers, len(before) + 1, len(deflated))):
            pass


@pytest.mark.parametrize(("most", "kept"), [(800, 1), (799, 0)])
def test_only_memory_of_moderate_size_is_kept(
    most: int, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smos_ib_explorer.plugin.core.stored._MOST_IDLE", most)
    numbers = np.arange(100, dtype="<f8")
    (tmp_path / "chunk").write_bytes(zlib.compress(numbers.tobytes()))
    reader = ChunkReader(zlib_inflate)
    with reader.numbers(tmp_path / "chunk", table_of(numbers, 0, (tmp_path / "chunk").stat().st_size)) as found:
        assert found.size == 100
    assert len(reader._idle) == kept


def test_what_is_wrong_with_a_chunk_is_told(tmp_path: Path) -> None:
    numbers = np.arange(100, dtype="<f8")
    deflated = zlib.compress(numbers.tobytes())
    path = tmp_path / "chunk"
    path.write_bytes(deflated)
    reader = ChunkReader(zlib_inflate)

    def read(size: int, length: int = 100) -> np.ndarray:
        with reader.numbers(path, table_of(np.empty(length), 0, size)) as found:
            return found.whole().copy()

    np.testing.assert_array_equal(read(len(deflated)), numbers)
    with pytest.raises(UnreadableFile, match="cannot be inflated"):
        read(len(deflated) - 1)
    with pytest.raises(UnreadableFile, match="holds 800 of 808 bytes"):
        read(len(deflated), 101)
    with pytest.raises(UnreadableFile, match="holds more than 792 bytes"):
        read(len(deflated), 99)
    for place in range(0, len(deflated), 7):
        flip(path, place)
        with pytest.raises(UnreadableFile):
            read(len(deflated))
        flip(path, place)
    np.testing.assert_array_equal(read(len(deflated)), numbers)
    path.unlink()
    with pytest.raises(UnreadableFile, match="cannot be read: No such file"):
        read(len(deflated))


def test_chunks_that_are_read_at_once_have_memory_of_their_own(tmp_path: Path) -> None:
    reader = ChunkReader(zlib_inflate)
    path = tmp_path / "chunks"
    arrays_there = [np.full(size, value, dtype="<f4") for value, size in enumerate((7, 7, 9, 7))]
    deflated = [zlib.compress(one.tobytes()) for one in arrays_there]
    path.write_bytes(b"".join(deflated))
    ends = np.cumsum([len(one) for one in deflated])
    for _ in range(2):
        with contextlib.ExitStack() as stack:
            found = [
                stack.enter_context(reader.numbers(path, table_of(numbers, int(end) - len(one), len(one))))
                for numbers, one, end in zip(arrays_there, deflated, ends)
            ]
            assert [one.whole().tolist() for one in found] == [one.tolist() for one in arrays_there]


@pytest.mark.parametrize("is_shuffled", [True, False], ids=["shuffled", "plain"])
@pytest.mark.parametrize("dtype", ["<f4", "<f8", "<i2"])
def test_what_was_taken_from_a_chunk_outlives_it(dtype: str, is_shuffled: bool, tmp_path: Path) -> None:
    reader = ChunkReader(zlib_inflate)
    first, second = np.arange(1, 101).astype(dtype), np.full(100, 3, dtype=dtype)
    for path, numbers in ((tmp_path / "first", first), (tmp_path / "second", second)):
        path.write_bytes(zlib.compress(shuffled(numbers).tobytes() if is_shuffled else numbers.tobytes()))

    def layer(path: Path) -> Layer:
        table = table_of(first, 0, path.stat().st_size, is_shuffled)
        placement = Placement(M25KM, np.arange(10), np.arange(10), False, None)
        return Layer(partial(reader.numbers, path, table), (10, 10), partial(decode, attributes={}), placement)

    whole = layer(tmp_path / "first").whole()
    some = layer(tmp_path / "first").of_cells([Cell(0, 1), Cell(10, 0), Cell(9, 9)])
    at, values = layer(tmp_path / "first").retrievals()
    assert (layer(tmp_path / "second").whole() == 3).all()  # in the same memory
    np.testing.assert_array_equal(whole, first.astype(np.float32).reshape(10, 10))
    np.testing.assert_array_equal(some, [2, np.nan, 100])
    np.testing.assert_array_equal(at, np.arange(100))
    np.testing.assert_array_equal(values, first)


def test_the_bytes_of_single_byte_numbers_are_never_shuffled() -> None:
    numbers = np.arange(9, dtype=np.uint8)
    table = ChunkTable(numbers.dtype, (9,), (9,), True, np.array([0]), np.array([9]))
    assert isinstance(numbers_of(numbers.tobytes(), table), PlainNumbers)


# --- Layers ---

DAY = dt.date(2016, 1, 8)


@pytest.fixture
def all_forms(engine: Engine, tmp_path: Path) -> list[tuple[Reader, Opened]]:
    """The same day as one deflated chunk a layer, and in two forms that the netCDF library alone reads."""
    found = []
    for form, how in (
        ("chunk", {"compressed": True}),
        ("ordinary", {}),
        ("several chunks", {"compressed": True, "chunk": (5, 4)}),
    ):
        write_day(tmp_path / form, DAY, **how)
        reader = Reader(engine)
        opened = reader.learn(scan(tmp_path / form))
        [chunks] = whole_chunks(opened.archive.granules[0], opened.recognition.variables).values()
        assert set(chunks) == (set(LAYERS) if form == "chunk" else set())
        found.append((reader, opened))
    return found


def test_the_chunk_path_and_the_ordinary_path_give_the_same(all_forms: list[tuple[Reader, Opened]]) -> None:
    places = [cell(0, 0), cell(11, 14), cell(4, 9), Cell(0, 0)]
    grids, records, stored = [], [], []
    for reader, opened in all_forms:
        granule, recognition = opened.archive.granules[0], opened.recognition
        grids.append([bits(reader.day(granule, recognition, one, RAW).raw) for one in recognition.variables])
        found = reader.cells(granule, recognition, recognition.variables, places)
        records.append([*map(bits, found.values.values()), bits(found.scene_flag), bits(found.rmse)])
        records.append(
            [bits(reader.cells(granule, recognition, recognition.variables, [one]).values["SM"]) for one in places]
        )
        whole = reader.values(granule, recognition, recognition.variables)
        stored.append((whole.cells.tolist(), bits(whole.values), whole.lacking, whole.notes))
    assert grids[0] == grids[1] == grids[2]
    assert records[:2] == records[2:4] == records[4:]
    assert stored[0] == stored[1] == stored[2]


def test_values_for_a_store_are_what_was_written(all_forms: list[tuple[Reader, Opened]]) -> None:
    layers = [layers_of(DAY)[name].astype(np.float32) for name in ("Soil_Moisture", "Optical_Thickness_Nad", "RMSE")]
    flags = layers_of(DAY)["Scene_Flags"].astype(np.float32)
    for reader, opened in all_forms:
        found = reader.values(opened.archive.granules[0], opened.recognition, opened.recognition.variables)
        cols = opened.recognition.grid.cols
        row, col = np.divmod(found.cells, cols)
        assert len(set(found.cells.tolist())) == found.cells.size
        at = row - ROWS[0], col - COLS[0]
        np.testing.assert_array_equal(found.values, np.column_stack([layer[at] for layer in (*layers, flags)]))
        empty = np.isnan([*layers, flags]).all(axis=0)
        assert found.cells.size == empty.size - empty.sum()


def read(engine: Engine, inflate: Callable, opened: Opened, may_lack: bool = False) -> Layers:
    recognition = opened.recognition
    granule = opened.archive.granules[0]
    return read_layers(engine, ChunkReader(inflate), granule, recognition, recognition.variables, may_lack)


def test_a_chunk_that_cannot_be_inflated_is_read_by_the_netcdf_library(all_forms: list[tuple[Reader, Opened]]) -> None:
    reader, opened = all_forms[0]

    def no_inflater(deflated: bytes, into: bytearray) -> None:
        raise UnreadableFile("There is no inflater.")

    expected = read(reader.engine, zlib_inflate, opened)
    found = read(reader.engine, no_inflater, opened)
    for name, layer in expected.layers.items():
        with found.layers[name].numbers() as numbers:
            assert isinstance(numbers, PlainNumbers)
        assert bits(found.layers[name].whole()) == bits(layer.whole())


def test_chunks_are_read_without_the_lock(all_forms: list[tuple[Reader, Opened]]) -> None:
    reader, opened = all_forms[0]
    is_free: list[bool] = []

    def inflate(deflated: bytes, into: bytearray) -> None:
        def ask() -> None:
            is_free.append(NETCDF_LOCK.acquire(blocking=False))
            if is_free[-1]:
                NETCDF_LOCK.release()

        other = threading.Thread(target=ask)
        other.start()
        other.join()
        zlib_inflate(deflated, into)

    for layer in read(reader.engine, inflate, opened).layers.values():
        layer.whole()
    assert is_free == [True] * len(LAYERS)


def test_a_file_may_lack_a_layer_for_a_store_only(engine: Engine, tmp_path: Path) -> None:
    for form, compressed in (("chunk", True), ("ordinary", False)):
        write_day(tmp_path / form, DAY, without=("RMSE", "Soil_Moisture"), compressed=compressed)
        write_day(tmp_path / form, DAY + dt.timedelta(days=1), compressed=compressed)
        reader = Reader(engine)
        opened = reader.learn(scan(tmp_path / form))
        with pytest.raises(LacksVariable, match="has no grid variable Soil_Moisture"):
            read(engine, zlib_inflate, opened)
        assert set(read(engine, zlib_inflate, opened, may_lack=True).layers) == {LAYERS[1], LAYERS[3]}
        found = reader.values(opened.archive.granules[0], opened.recognition, opened.recognition.variables)
        assert found.lacking == ("Soil_Moisture", "RMSE") and set(found.has) == {LAYERS[1], LAYERS[3]}
        assert np.isnan(found.values[:, [0, 2]]).all() and not np.isnan(found.values[:, [1, 3]]).all(axis=1).any()


# --- Work ahead ---


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def test_results_come_in_the_order_of_the_items() -> None:
    later = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert later.wait(10)
        if item == 1:
            later.set()  # the second is done before the first
        return item * item

    assert [(item, result()) for item, result in ahead(work, range(50), workers=2)] == [
        (item, item * item) for item in range(50)
    ]


def test_an_error_comes_with_its_item_and_the_rest_goes_on() -> None:
    def work(item: int) -> int:
        if item % 3 == 0:
            raise UnreadableFile(f"number {item}")
        return item

    seen: list[Any] = []
    for item, result in ahead(work, range(10)):
        try:
            seen.append(result())
        except UnreadableFile as error:
            seen.append((item, str(error)))
    assert seen == [(n, f"number {n}") if n % 3 == 0 else n for n in range(10)]


@pytest.mark.parametrize(("workers", "waiting", "most"), [(2, 3, 3), (2, None, 4), (1, 1, 1)])
def test_only_so_much_is_kept_in_memory(workers: int, waiting: int | None, most: int) -> None:
    begun: list[int] = []
    for used, (item, result) in enumerate(ahead(lambda n: begun.append(n) or n, range(40), workers, waiting)):
        assert result() == item == used
        assert len(begun) <= used + most
    assert len(begun) == 40


def test_items_are_not_asked_for_before_their_turn() -> None:
    asked: list[int] = []

    def items() -> Any:
        for number in range(100):
            asked.append(number)
            yield number

    under_way = ahead(lambda item: item, items(), 2, 3)
    assert not asked
    next(under_way)
    assert asked == [0, 1, 2]
    under_way.close()


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_no_thread_is_left_when_the_caller_stops(taken: int) -> None:
    before, done = threads(), []
    under_way = ahead(lambda item: done.append(item), range(1000), 2)
    for _ in range(taken):
        next(under_way)[1]()
    under_way.close()
    assert threads() == before
    assert len(done) <= taken + 4


def test_no_thread_is_left_when_the_caller_fails() -> None:
    before, done = threads(), []

    def use() -> None:
        with contextlib.closing(ahead(lambda item: done.append(item), range(1000), 2)) as under_way:
            for number, _ in enumerate(under_way):
                if number == 3:
                    raise Cancelled

    with pytest.raises(Cancelled):
        use()
    assert threads() == before and len(done) <= 8


def test_no_thread_is_left_when_the_items_fail() -> None:
    before = threads()

    def items() -> Any:
        yield from range(5)
        raise OSError("the folder is gone")

    seen: list[int] = []
    with pytest.raises(OSError, match="the folder is gone"):
        seen += [result() for _, result in ahead(lambda item: item, items(), 2, 3)]
    assert threads() == before


def test_nothing_to_do() -> None:
    before = threads()
    assert list(ahead(lambda item: item, [])) == []
    assert threads() == before
