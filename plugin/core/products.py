# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The products of the family, as their file names tell them. One `Product(...)` block is a new product."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """A product: a short key for file names, its title, and the pattern of its file names (case is ignored)."""

    key: str
    title: str
    file_names: str


SMOS_IB = Product("smos-ib", "SMOS-IB", r"SMOS[-_ ]?IB")
PRODUCTS: tuple[Product, ...] = (
    SMOS_IB,
    Product("synthetic", "SMOS-IB Explorer demo (synthetic)", r"SM_SYNTHETIC_MIR_CDF3S[AD]_"),
    Product("smos-ic-v105", "SMOS-IC V105", r"SM_RE\d\d_MIR_CDF3S[AD]_.*_105_"),
    Product("smos-ic-v2", "SMOS-IC V2", r"SM_(?:RE\d\d|OPER)_MIR_CDF3S[AD]_"),
    Product("smap-ib", "SMAP-IB", r"IB_\w+_CDF3[AP]M_|SMAP[-_ ]?IB"),
    Product("catds-l3", "CATDS L3 soil moisture", r"SM_\w{4}_MIR_CLF3"),
)
UNNAMED = Product("ease2-daily", "Daily EASE-Grid 2.0 files (product not recognised)", r"(?!)")


def product_of(name: str) -> Product:
    """Return the product that a file name tells, or UNNAMED."""
    return next((product for product in PRODUCTS if re.search(product.file_names, name, re.IGNORECASE)), UNNAMED)
