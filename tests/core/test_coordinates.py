# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Coordinates that disagree with the grid are refused or told, and those with holes are enough."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from core.dialects import Dialect, Numbers, Window, write_dialect
from core.reading import read, same

from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import GridMismatch
from smos_ib_explorer.plugin.core.grid import M25KM


@pytest.mark.parametrize("coordinates", ["1d", "2d", "metres"])
def test_coordinates_that_are_off_by_100_m_are_used_and_the_deviation_is_told(
    coordinates: str, engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    dialect = Dialect(coordinates=coordinates, south_first=True)
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", dialect, M25KM, truth, shift_m=(60.0, 100.0))
    day, opened, _ = read(path, engine)
    same(day.raw, truth)
    assert opened.recognition.deviation == pytest.approx(100.0, abs=0.01)
    assert "1e+02 m" in opened.recognition.evidence or "100 m" in opened.recognition.evidence


@pytest.mark.parametrize("coordinates", ["1d", "column", "2d", "metres"])
def test_coordinates_that_are_off_by_more_than_half_a_cell_are_refused(
    coordinates: str, engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    dialect = Dialect(coordinates=coordinates)
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", dialect, M25KM, truth, shift_m=(0.0, -13000.0))
    with pytest.raises(GridMismatch, match=r"13,000 m .*EASE2_M25km.*more than half a cell"):
        read(path, engine)


def test_a_cut_whose_cells_are_25000_m_is_refused(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    wrong = dataclasses.replace(M25KM, cell=25000.0)
    window = Window.of(wrong, (0, 583), (0, 1386))
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(), wrong, truth, window)
    with pytest.raises(GridMismatch, match=r"[\d,]+ m away"):
        read(path, engine)


@pytest.mark.parametrize("whole", [True, False])
def test_regular_latitudes_are_refused(whole: bool, engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    window = Window.of(M25KM) if whole else Window.of(M25KM, (0, 583), (100, 200))
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(), M25KM, truth, window)
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(path, "a") as file:
        file["lat"][:] = np.linspace(83.5, -83.5, 584)
    with pytest.raises(GridMismatch, match=r"[\d,]+ m away from the centres of EASE2_M25km"):
        read(path, engine)


def test_a_swath_is_refused(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    dialect = Dialect(coordinates="2d")
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", dialect, M25KM, truth)
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(path, "a") as file:
        file["lat"][:] = file["lat"][:] + np.linspace(0, 5, 1388)[None, :]
    with pytest.raises(GridMismatch, match="change along rows or columns"):
        read(path, engine)


def test_coordinates_with_holes_are_enough(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(south_first=True), M25KM, truth)
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(path, "a") as file:
        file["lat"][:100] = np.nan
        file["lon"][200:1000:3] = -999.0
    day, _, _ = read(path, engine)
    same(day.raw, truth)


def test_coordinates_that_are_all_missing_are_none(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(), M25KM, truth)
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(path, "a") as file:
        file["lat"][:] = np.nan
    _, opened, _ = read(path, engine)
    assert opened.recognition.deviation is None and opened.recognition.doubtful
