# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Regional cuts lie on the cells that they were cut from, whichever grid that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from core.dialects import Dialect, Numbers, Window, grid_named, truth_on, write_dialect
from core.reading import CUTS, only, read, same

from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.grid import GRIDS, M25KM, Cell

CUT_DIALECTS = [
    Dialect(),
    Dialect(south_first=True),
    Dialect(transposed=True, south_first=True, storage="packed"),
    Dialect(coordinates="2d", transposed=True, time="leading"),
    Dialect(coordinates="column", south_first=True, storage="float"),
    Dialect(coordinates="metres", time="trailing", wrong_geotransform=True),
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("dialect", CUT_DIALECTS, ids=str)
def test_a_cut_lies_on_the_cells_it_was_cut_from(
    cut: str, dialect: Dialect, engines: list[Engine], truth: Numbers, tmp_path: Path
) -> None:
    window = Window.of(M25KM, *CUTS[cut])
    if min(window.rows.size, window.cols.size) == 1 and dialect.coordinates != "1d":
        pytest.skip("a single line is told from a coordinate by its dimensions only")
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", dialect, M25KM, truth, window)
    for engine in engines:
        day, opened, _ = read(path, engine)
        same(day.raw, only(truth, window))
        assert opened.recognition.grid is M25KM
        assert day.window is not None
        assert day.window[0].row == window.rows.min() and day.window[1].row == window.rows.max()


def test_a_cut_with_longitudes_to_360_crosses_greenwich(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    window = Window.of(M25KM, (250, 290), (660, 730))
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(), M25KM, truth, window)
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(path, "a") as file:
        file["lon"][:] = file["lon"][:] % 360
    day, _, _ = read(path, engine)
    same(day.raw, only(truth, window))


def test_a_cell_outside_of_a_cut_has_no_value(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    window = Window.of(M25KM, *CUTS["europe"])
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(south_first=True), M25KM, truth, window)
    day, opened, reader = read(path, engine)
    cells = [Cell(34, 699), Cell(33, 699), Cell(134, 849), Cell(134, 850)]
    values = reader.cells(day.granule, opened.recognition, [day.variable], cells).values["SM"]
    same(values, np.array([truth[34, 699], np.nan, truth[134, 849], np.nan], dtype=np.float32))


@pytest.mark.parametrize("south_first", [False, True])
@pytest.mark.parametrize("name", [grid.name for grid in GRIDS if grid.rows < 2000 and grid is not M25KM])
def test_a_cut_of_another_grid_finds_that_grid(
    name: str, south_first: bool, engines: list[Engine], tmp_path: Path
) -> None:
    grid = grid_named(name)
    assert grid is not None
    window = Window.of(grid, (grid.rows // 3, grid.rows // 3 + 8), (grid.cols // 5, grid.cols // 5 + 12))
    truth = truth_on(grid)
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(south_first=south_first), grid, truth, window)
    for engine in engines:
        day, opened, _ = read(path, engine)
        # The 25 km grid of the tropics is a part of the global one: a small cut cannot tell, and either is right.
        if grid.name == "EASE2_T25km":
            assert opened.recognition.grid is M25KM
            same(day.raw[22:562], only(truth, window))
        else:
            assert opened.recognition.grid is grid
            same(day.raw, only(truth, window))


@pytest.mark.parametrize("name", ["EASE2_M36km", "EASE2_T25km"])
def test_a_whole_other_grid_is_known_by_its_shape(name: str, engine: Engine, tmp_path: Path) -> None:
    grid = grid_named(name)
    assert grid is not None
    truth = truth_on(grid)
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(south_first=True, transposed=True), grid, truth)
    day, opened, _ = read(path, engine)
    assert opened.recognition.grid is grid
    same(day.raw, truth)


def test_a_square_cut_with_coordinates_n_by_1_is_turned_by_its_dimensions(
    engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    window = Window.of(M25KM, *CUTS["square"])
    dialect = Dialect(transposed=True, coordinates="column")
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", dialect, M25KM, truth, window)
    day, _, _ = read(path, engine)
    same(day.raw, only(truth, window))
