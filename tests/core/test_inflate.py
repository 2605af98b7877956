# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Inflating with GDAL or libdeflate gives what zlib gives, and never anything else."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from smos_ib_explorer.plugin.core.errors import UnreadableFile
from smos_ib_explorer.plugin.core.stored import Inflate

gdal = pytest.importorskip("osgeo.gdal")

from smos_ib_explorer.plugin.adapters import inflate as inflating  # noqa: E402
from smos_ib_explorer.plugin.adapters import libdeflate  # noqa: E402
from smos_ib_explorer.plugin.adapters.inflate import ROWS, WORTH_IT_BYTES, fastest_inflate, gdal_inflate  # noqa: E402

LENGTH = 2 * WORTH_IT_BYTES


@pytest.fixture(params=["exceptions", "no exceptions"], autouse=True)
def exceptions(request: pytest.FixtureRequest) -> None:
    """Try everything with GDAL's exceptions switched on and off: in QGIS that switch belongs to everybody."""
    before = gdal.GetUseExceptions()
    (gdal.UseExceptions if request.param == "exceptions" else gdal.DontUseExceptions)()
    request.addfinalizer(gdal.UseExceptions if before else gdal.DontUseExceptions)


@pytest.fixture(params=["GDAL", "libdeflate"])
def inflate(request: pytest.FixtureRequest) -> Inflate:
    """Each way to inflate in turn."""
    if request.param == "GDAL":
        return gdal_inflate
    if libdeflate.find_libdeflate() is None:
        pytest.skip("libdeflate is not installed")
    return fastest_inflate()


def test_without_libdeflate_gdal_inflates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libdeflate, "NAMES", ("libsurelynot.so",))
    assert libdeflate.find_libdeflate() is None and inflating.fastest_inflate() is gdal_inflate


def content(length: int = LENGTH, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(0, 40, length).astype(np.uint8).tobytes()


@pytest.mark.parametrize("length", [ROWS, 1001, WORTH_IT_BYTES - 1, WORTH_IT_BYTES, WORTH_IT_BYTES + 1, LENGTH])
@pytest.mark.parametrize("level", [0, 1, 4, 9])
def test_a_stream_of_any_length_and_level(inflate: Inflate, length: int, level: int) -> None:
    into = bytearray(length)
    inflate(zlib.compress(content(length), level), into)
    assert into == content(length)


def cut(stream: bytes) -> bytes:
    return stream[:-5]


def altered(stream: bytes) -> bytes:
    return stream[:1000] + bytes([stream[1000] ^ 1]) + stream[1001:]


def wrong_checksum(stream: bytes) -> bytes:
    return stream[:-1] + bytes([stream[-1] ^ 1])


def nothing(stream: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, altered, wrong_checksum, nothing])
@pytest.mark.parametrize("length", [1000, LENGTH])
def test_a_damaged_stream_is_refused(inflate: Inflate, damage: Callable[[bytes], bytes], length: int) -> None:
    stream = zlib.compress(content(max(length, 8000))[:length], 0 if length == 1000 else 4)
    with pytest.raises(UnreadableFile):
        inflate(damage(stream), bytearray(length))


@pytest.mark.parametrize("damaged_bytes", [1, 2000])
def test_damage_anywhere_is_refused_or_without_effect(inflate: Inflate, damaged_bytes: int) -> None:
    """GDAL alone gives wrong numbers for a third of such streams, and no error."""
    expected = content(20 * WORTH_IT_BYTES)
    stream, into, random = zlib.compress(expected, 4), bytearray(len(expected)), np.random.default_rng(3)
    refused = 0
    for _ in range(40):
        at, damaged = random.integers(2, len(stream) - damaged_bytes), bytearray(stream)
        damaged[at : at + damaged_bytes] = random.integers(0, 256, damaged_bytes).astype(np.uint8).tobytes()
        try:
            inflate(bytes(damaged), into)
        except UnreadableFile:
            refused += 1
        else:
            assert into == expected
    assert refused > 30


def test_a_stream_that_is_too_short_is_refused(inflate: Inflate) -> None:
    with pytest.raises(UnreadableFile):
        inflate(zlib.compress(content()), bytearray(LENGTH + ROWS))


def test_threads_do_not_disturb_each_other(inflate: Inflate) -> None:
    wrong = []

    def work(seed: int) -> None:
        expected = content(seed=seed)
        stream, into = zlib.compress(expected, 1), bytearray(LENGTH)
        for _ in range(10):
            inflate(stream, into)
            if into != expected:
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not gdal.ReadDir("/vsimem/")
