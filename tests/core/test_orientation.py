# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files without coordinates: the match with land decides how they lie, or the user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from core.dialects import Dialect, Numbers, Window, write_dialect
from core.reading import CUTS, read, same

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.corrections import Corrections, Orientation
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import GridMismatch
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Reader

ORIENTATIONS = [Orientation(south, greenwich) for south in (False, True) for greenwich in (False, True)]


def bare(path: Path, orientation: Orientation, truth: Numbers, transposed: bool = False) -> Path:
    dialect = Dialect(orientation.south_first, transposed, orientation.starts_at_greenwich, coordinates="none")
    return write_dialect(path, dialect, M25KM, truth)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_without_coordinates_land_decides_and_the_evidence_says_so(
    orientation: Orientation, transposed: bool, engine: Engine, truth: Numbers, land: Numbers, tmp_path: Path
) -> None:
    on_land = np.where(land, truth, np.float32(np.nan))
    path = bare(tmp_path / "SMOS_IB_20150505.nc", orientation, on_land, transposed)
    day, opened, _ = read(path, engine, lambda grid: land)
    same(day.raw, on_land)
    recognition = opened.recognition
    assert recognition.orientation == orientation
    assert recognition.deviation is None
    assert not recognition.doubtful
    assert "No coordinates" in recognition.evidence and "match with land" in recognition.evidence
    assert str(orientation) in recognition.evidence


def test_a_globe_filled_with_zeros_still_finds_its_land(
    engine: Engine, truth: Numbers, land: Numbers, tmp_path: Path
) -> None:
    zeros = np.where(land, truth + np.float32(0.125), np.float32(0))
    path = bare(tmp_path / "SMOS_IB_20150505.nc", ORIENTATIONS[2], zeros)
    _, opened, _ = read(path, engine, lambda grid: land)
    assert opened.recognition.orientation == ORIENTATIONS[2]


def test_a_close_decision_is_called_doubtful(engine: Engine, truth: Numbers, land: Numbers, tmp_path: Path) -> None:
    everywhere = np.where(np.isnan(truth), np.float32(0.5), truth)
    path = bare(tmp_path / "SMOS_IB_20150505.nc", ORIENTATIONS[0], everywhere)
    _, opened, _ = read(path, engine, lambda grid: land)
    assert opened.recognition.doubtful
    assert "doubtful" in opened.recognition.evidence


def test_without_coordinates_and_land_map_the_orientation_is_assumed_and_said_so(
    engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    path = bare(tmp_path / "SMOS_IB_20150505.nc", ORIENTATIONS[0], truth)
    day, opened, _ = read(path, engine)
    assert opened.recognition.doubtful and "ASSUMED" in opened.recognition.evidence
    same(day.raw, truth)


def test_an_empty_newest_day_leaves_the_decision_to_an_older_one(
    engine: Engine, truth: Numbers, land: Numbers, tmp_path: Path
) -> None:
    bare(tmp_path / "SMOS_IB_20150505.nc", ORIENTATIONS[3], np.where(land, truth, np.float32(np.nan)))
    bare(tmp_path / "SMOS_IB_20150506.nc", ORIENTATIONS[3], np.full_like(truth, np.nan))
    opened = Reader(engine, lambda grid: land).learn(scan(tmp_path))
    assert opened.recognition.orientation == ORIENTATIONS[3] and not opened.recognition.doubtful
    assert len(opened.archive.granules) == 2 and not opened.archive.problems


@pytest.mark.parametrize("cells", [0.4, 0.6, 1.0, 5.3])
def test_a_whole_globe_shifted_in_longitude_is_never_turned_to_fit(
    cells: float, engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    shift = (cells * M25KM.cell, 0.0)
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(), M25KM, truth, shift_m=shift)
    if cells < 0.5:
        _, opened, _ = read(path, engine)
        assert opened.recognition.deviation == pytest.approx(cells * M25KM.cell, abs=2)
    elif cells == 1.0:  # the coordinates say clearly that each column is the next one
        day, _, _ = read(path, engine)
        same(day.raw, np.roll(truth, 1, axis=1))
    else:
        with pytest.raises(GridMismatch, match="half a cell"):
            read(path, engine)


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_the_user_decides_before_land(
    orientation: Orientation, engine: Engine, truth: Numbers, land: Numbers, tmp_path: Path
) -> None:
    path = bare(tmp_path / "SMOS_IB_20150505.nc", orientation, truth)
    day, opened, _ = read(path, engine, lambda grid: land, Corrections(orientation=orientation))
    same(day.raw, truth)
    assert "as you chose" in opened.recognition.evidence
    assert not opened.recognition.doubtful


def test_the_users_orientation_does_not_overrule_coordinates(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(south_first=True), M25KM, truth)
    day, _, _ = read(path, engine, corrections=Corrections(orientation=Orientation(False, True)))
    same(day.raw, truth)


def test_a_cut_without_coordinates_is_refused(engine: Engine, truth: Numbers, land: Numbers, tmp_path: Path) -> None:
    window = Window.of(M25KM, *CUTS["europe"])
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(coordinates="none"), M25KM, truth, window)
    with pytest.raises(GridMismatch, match="No variable lies on an EASE-Grid"):
        read(path, engine, lambda grid: land)


def test_a_file_with_coordinates_in_an_archive_without_uses_its_own(
    engine: Engine, truth: Numbers, land: Numbers, tmp_path: Path
) -> None:
    on_land = np.where(land, truth, np.float32(np.nan))
    write_dialect(tmp_path / "SMOS_IB_20150501.nc", Dialect(south_first=True), M25KM, on_land)
    bare(tmp_path / "SMOS_IB_20150505.nc", ORIENTATIONS[0], on_land)
    _, opened, reader = read(tmp_path / "SMOS_IB_20150505.nc", engine, lambda grid: land)
    for granule in opened.archive.granules:
        day = reader.day(granule, opened.recognition, opened.recognition.variable("SM"), RAW)
        same(day.raw, on_land)
