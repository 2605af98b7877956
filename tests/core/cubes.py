# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The truth for maps that many days go into: all kept values of some small daily files as one dense array, without the code under test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from core.granules import COLS, ROWS, Numbers, every_day, layers_of, write_days
from core.stores import StoredArchive, small_parts

from smos_ib_explorer.plugin.core.archive import Granule
from smos_ib_explorer.plugin.core.content import Read
from smos_ib_explorer.plugin.core.day import DayRetrievals
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.reader import Opened
from smos_ib_explorer.plugin.core.store.store import StoreView
from smos_ib_explorer.plugin.core.variables import Variable

INSIDE = np.ix_(ROWS, COLS)


def kept_cube(days: Sequence[dt.date], layer: str = "Soil_Moisture") -> Numbers:
    """Return what the provider's criteria keep of some days: (days, 12, 15) float64 of float32 numbers, north row first, NaN elsewhere."""
    return np.array([_kept(layers_of(day), layer) for day in days])


def _kept(layers: dict[str, Numbers], layer: str) -> Numbers:
    value, flags, rmse = (layers[name].astype(np.float32) for name in (layer, "Scene_Flags", "RMSE"))
    with np.errstate(invalid="ignore"):
        good = (
            (flags <= 1)
            & (rmse <= 8)
            & (value >= 0)
            & (value <= {"Soil_Moisture": 1, "Optical_Thickness_Nad": 2}[layer])
        )
    return np.where(good, value, np.nan).astype(np.float64)


@dataclass
class ManyDaysArchive:
    """An archive of small daily files, with or without a store; `read_names` are the files that were read for maps."""

    opened: Opened
    store: StoreView | None
    read: Read
    read_names: list[str]

    @property
    def granules(self) -> list[Granule]:
        """The granules of the ascending orbit."""
        return self.opened.archive.granules_of(Orbit.ASCENDING)

    def variable(self, id: str = "SM") -> Variable:
        """Return a variable."""
        return self.opened.recognition.variable(id)


def make_archive(
    engine: Engine, root: Path, days: Sequence[str], stored: str, later: Callable[[Path], None] | None = None
) -> ManyDaysArchive:
    """Write daily files and a store of `none`, of `all` or of `some` of them: then each third file comes after the store was built.

    `later` may change files after that.
    """
    paths = write_days(root, *days)
    missing = paths[::3] if stored == "some" else []
    kept_back = [(path, path.read_bytes()) for path in missing]
    for path in missing:
        path.unlink()
    archive = StoredArchive.at(engine, root)
    if stored != "none":
        with small_parts():
            archive.build()
    for path, content in kept_back:
        path.write_bytes(content)
    if later is not None:
        later(root)
    return watched(archive)


def watched(archive: StoredArchive) -> ManyDaysArchive:
    """Open an archive and its store, noting which files are read for maps."""
    opened, names = archive.opened(), []

    def read(granule: Granule, variable: Variable) -> DayRetrievals:
        names.append(granule.path.name)
        return archive.reader.retrievals(granule, opened.recognition, variable)

    with small_parts():
        return ManyDaysArchive(opened, archive.view(opened), read, names)


def dates(*days: str) -> list[dt.date]:
    """Return the days of periods (`first/last`)."""
    return every_day(*days)
