# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a file as the tests do, and what it must be; the cuts of the 25 km grid that several of them use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from core.dialects import Numbers, Window

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.day import DailyGrid
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader, no_land
from smos_ib_explorer.plugin.core.recognition import LandSource

CUTS = {
    "europe": ((34, 134), (699, 849)),
    "north-west corner": ((0, 5), (0, 9)),
    "south-east corner": ((560, 583), (1380, 1387)),
    "all columns": ((200, 230), (0, 1387)),
    "all rows": ((0, 583), (10, 60)),
    "one row": ((300, 300), (500, 540)),
    "one column": ((300, 340), (1387, 1387)),
    "square": ((100, 129), (900, 929)),
    "across the antimeridian": ((250, 290), (1350, 1420)),
    "across Greenwich": ((250, 270), (680, 710)),
}


def read(
    path: Path, engine: Engine, land: LandSource = no_land, corrections: Corrections | None = None
) -> tuple[DailyGrid, Opened, Reader]:
    reader = Reader(engine, land)
    opened = reader.learn(scan(path.parent), corrections)
    day = reader.day(opened.archive.granules[-1], opened.recognition, opened.recognition.variable("SM"), RAW)
    return day, opened, reader


def only(truth: Numbers, window: Window) -> Numbers:
    """Return the truth inside of a window, NaN outside."""
    inside = np.ix_(window.rows, window.cols)
    cut = np.full(truth.shape, np.nan, dtype=np.float32)
    cut[inside] = truth[inside]
    return cut


def same(found: Numbers, wanted: Numbers) -> None:
    assert found.dtype == np.float32
    if not np.array_equal(found, wanted, equal_nan=True):
        np.testing.assert_array_equal(found, wanted)  # says where, and takes five times as long to be content
