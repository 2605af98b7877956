# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The products of the family, as their file names tell them, and how they want to be cited. One `Product(...)` block is a new product."""

from __future__ import annotations

import re
from dataclasses import dataclass

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
DATA_TITLE = "An operational global L-band soil moisture and vegetation optical depth dataset from optimized 40° SMOS brightness temperatures (2010-2024)"
DATA_IDENTIFIER = "CSTR 11738.11.ncdc.remote_sensing.db7456.2026"
PAPER_URL = "https://doi.org/10.5194/essd-18-4047-2026"
SHORT_CITATION = "Xing et al. (2026), doi 10.5194/essd-18-4047-2026"
CITATIONS: tuple[str, ...] = (
    f"Xing et al. (2026). {DATA_TITLE}. Earth System Science Data 18, 4047. doi 10.5194/essd-18-4047-2026.",
    "Li, X., Wigneron, J.-P., Frappart, F., De Lannoy, G., Fan, L., Zhao, T., … Ciais, P. (2022). The first global soil moisture and vegetation "
    "optical depth product retrieved from fused SMOS and SMAP L-band observations. Remote Sensing of Environment 282, 113272.",
    "Li, X., Ciais, P. et al. (2025). Large live biomass carbon losses from droughts in the northern temperate ecosystems during 2016-2022. "
    "Nature Communications. doi 10.1038/s41467-025-59999-2.",
)


@dataclass(frozen=True)
class Product:
    """A product: a short key for file names, its title, the pattern of its file names (case is ignored), licence and citations.

    What is not known to be another product is taken for SMOS-IB here, so that its compulsory citations are never left out.
    """

    key: str
    title: str
    file_names: str
    licence: str = f"{LICENCE} ({LICENCE_URL})"
    citations: tuple[str, ...] = CITATIONS
    data_title: str = DATA_TITLE
    identifier: str = DATA_IDENTIFIER
    link: str = PAPER_URL


def _of_others(key: str, title: str, file_names: str) -> Product:
    return Product(key, title, file_names, "as its provider states (this is not SMOS-IB)", (), title, "", "")


SMOS_IB = Product("smos-ib", "SMOS-IB", r"SMOS[-_ ]?IB")
PRODUCTS: tuple[Product, ...] = (
    SMOS_IB,
    Product("synthetic", "SMOS-IB Explorer demo (synthetic)", r"SM_SYNTHETIC_MIR_CDF3S[AD]_", identifier=""),
    _of_others("smos-ic-v105", "SMOS-IC V105", r"SM_RE\d\d_MIR_CDF3S[AD]_.*_105_"),
    Product("smos-ic-v2", "SMOS-IB or SMOS-IC V2 (files named alike)", r"SM_(?:RE\d\d|OPER)_MIR_CDF3S[AD]_"),
    _of_others("smap-ib", "SMAP-IB", r"IB_\w+_CDF3[AP]M_|SMAP[-_ ]?IB"),
    _of_others("catds-l3", "CATDS L3 soil moisture", r"SM_\w{4}_MIR_CLF3"),
)
UNNAMED = Product("ease2-daily", "Daily EASE-Grid 2.0 files (product not recognised)", r"(?!)")


def product_of(name: str, title: str = "") -> Product:
    """Return the product that a file name tells, or that the file's own title calls SMOS-IB, or UNNAMED."""
    return product_and_reason(name, title)[0]


def product_and_reason(name: str, title: str = "", chosen: str = "") -> tuple[Product, str]:
    """Return the product and why it is taken for that; a product's key that the user has `chosen` goes before all else."""
    for product in (*PRODUCTS, UNNAMED):
        if product.key == chosen:
            return product, "as you chose"
    named = next((product for product in PRODUCTS if re.search(product.file_names, name, re.IGNORECASE)), UNNAMED)
    speaks_of_it = re.search(SMOS_IB.file_names, title, re.IGNORECASE) is not None
    if speaks_of_it and named.key in ("smos-ic-v2", UNNAMED.key):
        return SMOS_IB, "by the title inside of the file"
    if named is UNNAMED:
        return named, "the file name fits no product's pattern"
    return named, f"the file name fits {named.file_names}"
