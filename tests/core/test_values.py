# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""From stored numbers to values: zero is data, and everything that files use for «no retrieval» is NaN."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.values import decode, decode_exact, decode_flags

NAN = math.nan

# stored type, stored numbers, attributes, values
CASES: list[tuple[str, list[float], dict[str, Any], list[float]]] = [
    ("f8", [0.25, 0.0, -0.5], {}, [0.25, 0.0, -0.5]),
    ("f8", [NAN, math.inf, -math.inf, 0.0], {}, [NAN, NAN, NAN, 0.0]),
    ("f8", [9.969209968386869e36, 1e36, -1e36, 2e30, 5.0], {}, [NAN, NAN, NAN, NAN, 5.0]),
    ("f4", [9.96921e36, 1e36, 0.5], {}, [NAN, NAN, 0.5]),
    ("f8", [-999.0, -9999.0, -998.0, 999.0], {}, [NAN, NAN, -998.0, 999.0]),
    ("f4", [-999.0, -9999.0, 0.0], {}, [NAN, NAN, 0.0]),
    ("i2", [-999, -9999, 7], {}, [NAN, NAN, 7.0]),
    ("f8", [-1.0, 0.0, 1.0], {"_FillValue": -1.0}, [NAN, 0.0, 1.0]),
    ("f8", [NAN, 0.0], {"_FillValue": NAN}, [NAN, 0.0]),
    ("f8", [-1.0, 0.0, 1.0], {"missing_value": -1.0}, [NAN, 0.0, 1.0]),
    ("f8", [-1.0, -2.0, 1.0], {"missing_value": [-1.0, -2.0]}, [NAN, NAN, 1.0]),
    ("f8", [-1.0, -2.0, 1.0], {"_FillValue": -2.0, "missing_value": -1.0}, [NAN, NAN, 1.0]),
    ("f4", [0.1, 0.2], {"_FillValue": 0.10000000149011612}, [NAN, 0.2]),
    ("f4", [-9999.9, 0.2], {"missing_value": -9999.9}, [NAN, 0.2]),
    ("f4", [1.0, 0.0], {"_FillValue": 1e300}, [1.0, 0.0]),
    # packed: the fill is compared with what is stored
    ("i2", [-32768, 0, 100], {"_FillValue": -32768, "scale_factor": 0.01, "add_offset": 0.0}, [NAN, 0.0, 1.0]),
    ("i2", [0, 1, 100], {"_FillValue": 0, "scale_factor": 0.01, "add_offset": 0.5}, [NAN, 0.51, 1.5]),
    ("i2", [200, 100], {"scale_factor": 0.01}, [2.0, 1.0]),
    ("i2", [200, 100], {"add_offset": -100}, [100.0, 0.0]),
    ("i2", [-32768, 100], {"missing_value": -32768, "scale_factor": 0.01}, [NAN, 1.0]),
    # some writers give missing_value in the scaled numbers
    ("i4", [-99990, 100], {"missing_value": -999.9, "scale_factor": 0.01}, [NAN, 1.0]),
    ("i4", [-99900, 0], {"scale_factor": 0.01}, [NAN, 0.0]),
    ("i2", [0, 100], {"_FillValue": NAN, "scale_factor": 0.01}, [0.0, 1.0]),
    # netCDF's own fills of unwritten integers
    ("i2", [-32767, 0], {}, [NAN, 0.0]),
    ("i4", [-2147483647, 0], {}, [NAN, 0.0]),
    ("i8", [-9223372036854775806, 0], {}, [NAN, 0.0]),
    ("i2", [-32767, -1], {"_FillValue": -1}, [-32767.0, NAN]),
    ("i1", [-127, 0], {}, [-127.0, 0.0]),
    ("u1", [255, 0], {}, [255.0, 0.0]),
    ("u2", [65535, 32769, 0], {}, [NAN, 32769.0, 0.0]),
    ("u4", [4294967295, 0], {"scale_factor": 0.5}, [NAN, 0.0]),
    ("u8", [18446744073709551614, 0], {}, [NAN, 0.0]),
    ("u2", [65535, 0], {"_FillValue": 0}, [65535.0, NAN]),
    # never written, as signed numbers that mean unsigned ones; GDAL gives them as unsigned
    ("i2", [-32767, -1, 1], {"_Unsigned": "true"}, [NAN, 65535.0, 1.0]),
    ("u2", [32769, 65535, 1], {"_Unsigned": "true"}, [NAN, 65535.0, 1.0]),
    # unsigned numbers in signed storage; the fill as stored, or as meant
    ("i1", [-1, -2, 5], {"_Unsigned": "true"}, [255.0, 254.0, 5.0]),
    ("i1", [-1, -2, 5], {"_Unsigned": "true", "_FillValue": -1}, [NAN, 254.0, 5.0]),
    ("i1", [-1, -2, 5], {"_Unsigned": "true", "_FillValue": 255}, [NAN, 254.0, 5.0]),
    ("i2", [-1, -2, 5], {"_Unsigned": "True", "_FillValue": -1, "scale_factor": 0.5}, [NAN, 32767.0, 2.5]),
    ("u1", [255, 254, 5], {"_Unsigned": "true", "_FillValue": 255}, [NAN, 254.0, 5.0]),
    ("i2", [-1, 5], {"_Unsigned": "false"}, [-1.0, 5.0]),
    # attributes that make no sense do no harm
    ("f8", [1.0, 0.0], {"_FillValue": "none", "scale_factor": "x", "missing_value": []}, [1.0, 0.0]),
    ("f8", [], {}, []),
]


@pytest.mark.parametrize(("kind", "stored", "attributes", "values"), CASES)
def test_cases(kind: str, stored: list[float], attributes: dict[str, Any], values: list[float]) -> None:
    array = np.array(stored, dtype=kind)
    before = array.copy()
    found = decode(array, attributes)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(values, dtype=np.float32))
    np.testing.assert_array_equal(array, before)


def test_any_shape_and_byte_order() -> None:
    assert decode(np.array(5.0), {}).shape == ()
    assert float(decode(np.array(-999.0), {})) != float(decode(np.array(5.0), {}))
    found = decode(np.arange(6, dtype=">i2").reshape(2, 3), {"scale_factor": 0.5, "_FillValue": 0})
    np.testing.assert_array_equal(found, np.array([[NAN, 0.5, 1.0], [1.5, 2.0, 2.5]], np.float32))
    unsigned = decode(np.array([-1, 1], dtype=">i2"), {"_Unsigned": "true"})
    np.testing.assert_array_equal(unsigned, np.array([65535.0, 1.0], np.float32))


def test_text_is_no_number() -> None:
    assert np.isnan(decode(np.array([b"a", b"b"]), {})).all()


def test_coordinates_keep_double_precision() -> None:
    found = decode_exact(np.array([-179.8703155517578, 0.0]), {})
    assert found.dtype == np.float64
    assert found.tolist() == [-179.8703155517578, 0.0]


def test_flags_are_rounded_and_never_negative() -> None:
    stored = np.array([0.9999999, 1.0000001, 0.0, 7.9999, 8.0, -1.0, -999.0, NAN, -0.2, 1e36])
    wanted = np.array([1, 1, 0, 8, 8, NAN, NAN, NAN, 0, NAN], dtype=np.float32)
    found = decode_flags(stored, {})
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wanted)


def test_packed_flags() -> None:
    found = decode_flags(np.array([0, 10, 80, 255], np.uint8), {"scale_factor": 0.1, "_FillValue": 255})
    np.testing.assert_array_equal(found, np.array([0, 1, 8, NAN], np.float32))


@given(st.lists(st.floats(-900, 1e29), max_size=8))
def test_ordinary_numbers_come_through(numbers: list[float]) -> None:
    found = decode_exact(np.array(numbers, dtype=np.float64), {"_FillValue": NAN})
    assert found.tolist() == numbers


@given(
    st.lists(st.integers(-32768, 32767), max_size=8),
    st.integers(-32768, 32767),
    st.integers(-6, 3),
    st.floats(-300, 300),
)
def test_packing_and_unpacking(stored: list[int], fill: int, power: int, offset: float) -> None:
    scale = 2.0**power
    found = decode_exact(
        np.array(stored, dtype=np.int16), {"scale_factor": scale, "add_offset": offset, "_FillValue": fill}
    )
    for number, value in zip(stored, found):
        meant = number * scale + offset
        assert math.isnan(value) if number == fill or meant in (-999.0, -9999.0) else value == meant


@pytest.mark.parametrize("fill", [-999, -9999])
def test_packed_fills_that_nobody_declared(fill: int) -> None:
    stored = np.array([fill, 0, 2500], dtype=np.int16)
    values = decode(stored, {"scale_factor": 1e-4})
    assert np.isnan(values[0]) and values[1] == 0
    declared = decode(stored, {"scale_factor": 1e-4, "_FillValue": -32768})
    assert declared[0] == np.float32(fill * 1e-4)
