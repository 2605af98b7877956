# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""From stored numbers to values: scale, offset, and everything that files use to say «no retrieval»."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import Array, Attributes
from .projection import Floats
from .quality import Float32s
from .variables import Conversion

AS_THEY_ARE = Conversion()
# Fill values that files use without declaring them.
UNDECLARED_FILLS = (-999.0, -9999.0)
# netCDF fills unwritten numbers with 9.97e36; nothing measured comes near this limit.
ABSURD = 1e30
# What netCDF writes into integers that were never written (netCDF Users Guide, NC_FILL_SHORT, NC_FILL_USHORT, …); none for bytes.
_INTEGER_FILLS = {
    "i2": -32767,
    "i4": -2147483647,
    "i8": -9223372036854775806,
    "u2": 65535,
    "u4": 4294967295,
    "u8": 18446744073709551614,
}


def decode(
    stored: Array, attributes: Attributes, fills: tuple[float, ...] = (), conversion: Conversion = AS_THEY_ARE
) -> Float32s:
    """Return the values as float32, NaN where there is no retrieval; any shape.

    `fills` mean no retrieval too, as stored or as scaled; `conversion` leads from the file's units to those of the values.
    """
    values = decode_exact(stored, attributes, fills)
    if conversion != AS_THEY_ARE:
        values *= conversion.scale
        values += conversion.offset
    return values.astype(np.float32)


def decode_exact(stored: Array, attributes: Attributes, further: tuple[float, ...] = ()) -> Floats:
    """Return the values as float64, NaN where there is none; any shape. Coordinates need this precision.

    No retrieval is: `_FillValue` and `missing_value` (compared with the stored numbers, as CF asks, and missing_value also with
    the scaled ones), NaN, ±inf, magnitudes beyond 1e30, −999 and −9999, and `further` numbers, stored or scaled. Zero is a value.
    """
    if stored.dtype.kind not in "iufb":
        return np.full(stored.shape, np.nan)
    fills = (*declared_fills(attributes), *further)
    missing = np.zeros(stored.shape, dtype=bool)
    for fill in fills:
        missing |= _equals(stored, fill)
    unsigned = str(attributes.get("_Unsigned", "")).lower() == "true"
    if stored.dtype.kind == "i" and unsigned:
        # The fill is declared in the stored, signed type, or as the number that is meant: −1 or 255.
        stored = stored.view(stored.dtype.str.replace("i", "u"))
        for fill in fills:
            missing |= _equals(stored, fill)
    if "_FillValue" not in attributes:
        missing |= _never_written(stored, unsigned)
    declared = "_FillValue" in attributes or "missing_value" in attributes
    if stored.dtype.kind == "i" and not declared:
        for fill in UNDECLARED_FILLS:
            missing |= stored == fill
    scale, offset = _numbers(attributes.get("scale_factor")), _numbers(attributes.get("add_offset"))
    values = stored.astype(np.float64)
    if scale:
        values *= scale[0]
    if offset:
        values += offset[0]
    for fill in (*UNDECLARED_FILLS, *_numbers(attributes.get("missing_value"))):
        missing |= values == fill
    for fill in further:
        missing |= values == fill
        if scale:  # 3 × 0.1 is not 0.3 to the last bit, and fewer are right where the scale is a float32
            near = abs(scale[0]) / 2 if stored.dtype.kind in "iu" else 1e-6 * abs(fill)
            missing |= np.abs(values - fill) < near
    with np.errstate(invalid="ignore"):
        missing |= ~(np.abs(values) <= ABSURD)
    values[missing] = np.nan
    return values


def declared_fills(attributes: Attributes) -> tuple[float, ...]:
    """Return the stored numbers that a variable declares as no retrieval."""
    return (*_numbers(attributes.get("_FillValue")), *_numbers(attributes.get("missing_value")))


def decode_flags(stored: Array, attributes: Attributes, fills: tuple[float, ...] = ()) -> Float32s:
    """Return scene flags as whole numbers in float32 (they are stored as doubles); NaN where missing or negative."""
    flags = np.rint(decode(stored, attributes, fills))
    flags[flags < 0] = np.nan
    return flags


def _never_written(stored: Array, unsigned: bool) -> Array:
    """Return where integers are as netCDF makes them; `unsigned` ones that are stored as signed are filled as such: 32769 is −32767."""
    size = stored.dtype.itemsize
    fill = _INTEGER_FILLS.get(f"i{size}" if unsigned else f"{stored.dtype.kind}{size}")
    if fill is None or stored.dtype.kind not in "iu":
        return np.zeros(stored.shape, dtype=bool)
    return np.equal(stored, stored.dtype.type(fill % 256**size if unsigned else fill))


def _numbers(attribute: Any) -> tuple[float, ...]:
    if attribute is None:
        return ()
    numbers = []
    for one in attribute if isinstance(attribute, (list, tuple)) else [attribute]:
        try:
            numbers.append(float(one))
        except (TypeError, ValueError):
            continue
    return tuple(numbers)


def _equals(stored: Array, fill: float) -> Array:
    if stored.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return np.equal(stored, stored.dtype.type(fill))
    return np.equal(stored, fill) if np.isfinite(fill) else np.zeros(stored.shape, dtype=bool)
