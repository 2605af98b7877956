# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which software this is, as results say it."""

from __future__ import annotations

import configparser
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The plugin's folder."""


@lru_cache(maxsize=1)
def software_name() -> str:
    """Return name and version as metadata.txt has them."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    return f"{parser['general']['name']} {parser['general']['version']}"
