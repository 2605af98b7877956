# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every way of storing a day reads as the truth: values, quality control and cells, with both engines."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from core.conformance import ARCHIVES, FACTORS, QUALITY, RANGES, ROLES, Archive, land_of, possible
from core.dialects import FILLS, Dialect, write_layers
from core.namings import NAMINGS
from core.pairs import pairs_of, possible_pairs
from core.reading import same

from smos_ib_explorer.plugin.core.archive import Granule, scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.grid import Cell
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader


@pytest.mark.parametrize("archive", ARCHIVES, ids=str)
def test_every_archive_reads_as_the_truth(archive: Archive, engines: list[Engine], tmp_path: Path) -> None:
    archive.write(tmp_path)
    for engine in engines:
        check(archive, engine, tmp_path)


# Ways that are known to get into each other's way, in full: each file of an archive is one of them.
TOGETHER = [
    [Dialect(south, transposed, coordinates=coordinates) for south in (False, True) for transposed in (False, True)]
    for coordinates in FACTORS["coordinates"]
    if coordinates != "none"  # in full in test_dialects.py
] + [
    [Dialect(storage=storage, fill=fill, form=form) for form in FACTORS["form"]]
    for storage in FACTORS["storage"]
    for fill in FILLS
    if possible({"storage": storage, "fill": fill})
]


@pytest.mark.parametrize("dialects", TOGETHER, ids=lambda some: str(some[-1]))
def test_an_archive_may_hold_files_of_each_kind(dialects: list[Dialect], engines: list[Engine], tmp_path: Path) -> None:
    archives = [Archive(dialect, extent="corner") for dialect in dialects]
    for number, one in enumerate(archives):
        path = tmp_path / f"SMOS_IB_2015060{number}.nc" if number else tmp_path / "SMOS_IB_20150531.nc"
        write_layers(path, one.dialect, one.grid, one.truth(), one.window)
    for engine in engines:
        reader = Reader(engine)
        opened = reader.learn(scan(tmp_path))
        assert len(opened.archive.granules) == len(dialects) and not opened.archive.problems
        for granule, one in zip(opened.archive.granules, archives):
            check_everything(one, reader, opened, granule, " ")


def check(archive: Archive, engine: Engine, root: Path) -> None:
    reader = Reader(engine, land_of)
    opened = reader.learn(scan(root))
    recognition, names = opened.recognition, NAMINGS[archive.dialect.naming].names
    assert not opened.archive.problems and not recognition.missing_quality_layers and not recognition.doubtful
    assert recognition.grid is archive.grid
    assert {one.id: one.stored_name for one in recognition.variables if one.role} == {
        role: names[role] for role in ROLES
    }
    if archive.layout != "parameters":
        assert all(recognition.variable(one).role is None for one in NAMINGS[archive.dialect.naming].neighbours)
    assert [one.orbit.value or " " for one in opened.archive.granules] == list(archive.orbits)
    for granule, orbit in zip(opened.archive.granules, archive.orbits):
        assert f"{granule.date:%Y%m%d}" == "20150505"
        truth = archive.truth(orbit)
        for role in RANGES:
            day = reader.day(granule, recognition, recognition.variable(role), PROVIDER)
            reasons = archive.reasons(role, orbit)
            same(day.raw, truth[role])
            assert np.array_equal(day.rejection, reasons)
            same(day.kept, np.where(reasons == 0, truth[role], np.float32(np.nan)))
        check_cells(archive, reader, opened, orbit)


def check_cells(archive: Archive, reader: Reader, opened: Opened, orbit: str) -> None:
    """The values of single cells and of several, and all that the granule holds, as a store asks for it."""
    truth, recognition = archive.truth(orbit), opened.recognition
    granule = opened.archive.granules[archive.orbits.index(orbit)]
    variables = [recognition.variable(role) for role in ROLES]
    rows, cols = archive.window.rows, archive.window.cols
    cells = [Cell(int(rows[i]), int(cols[j])) for i, j in ((0, 0), (-1, -1), (0, -1), (rows.size // 2, cols.size // 3))]
    cells.append(Cell(int(rows[0] + archive.grid.rows // 2) % archive.grid.rows, int(cols[0])))
    for some in (cells, cells[1:2]):
        found = reader.cells(granule, recognition, variables, some)
        for role in ROLES:
            same(found.values[role], np.array([truth[role][one.row, one.col] for one in some], dtype=np.float32))
        for role, layer in (("RMSE", found.rmse), ("SF", found.scene_flag)):
            assert layer is not None
            same(layer, found.values[role])
    check_everything(archive, reader, opened, granule, orbit)


def check_everything(archive: Archive, reader: Reader, opened: Opened, granule: Granule, orbit: str) -> None:
    truth, variables = archive.truth(orbit), [opened.recognition.variable(role) for role in ROLES]
    everything = reader.values(granule, opened.recognition, variables)
    for number, role in enumerate(ROLES):
        whole = np.full(archive.grid.shape, np.nan, dtype=np.float32)
        whole.flat[everything.cells] = everything.values[:, number]
        same(whole, truth[role])


# --- The table itself ---


def test_every_possible_pair_of_values_occurs() -> None:
    rows = [{**vars(one.dialect), "layout": one.layout, "extent": one.extent} for one in ARCHIVES]
    found = set().union(*(pairs_of({name: row[name] for name in FACTORS}) for row in rows))
    assert possible_pairs(FACTORS, possible) <= found
    assert all(map(possible, rows)) and len(rows) < 110


def test_every_field_of_a_dialect_is_a_factor_but_one() -> None:
    fields = {field.name for field in dataclasses.fields(Dialect)} | {"layout", "extent"}
    assert fields - FACTORS.keys() == {"wrong_geotransform"}  # in test_dialects.py


def test_the_truth_has_every_reason_and_zeros(archive: Archive = ARCHIVES[0]) -> None:
    one = Archive(Dialect(), extent="band")
    for role in RANGES:
        assert set(np.unique(one.reasons(role))) == {0, 1, 2, 4, 6, 8, 10, 12, 14}
        assert (one.truth()[role] == 0).any()
    assert not np.array_equal(one.truth()["SM"], one.truth("D")["SM"], equal_nan=True)
    assert RAW.is_raw and set(QUALITY) < set(ROLES)
