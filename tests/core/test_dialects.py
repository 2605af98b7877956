# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""However a file stores its array, the map is the same: north up, on its own cells, the same numbers with both engines."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from core.dialects import WRONG_GEOTRANSFORM, Dialect, Numbers, Window, degrees, grid_named, truth_on, write_dialect
from core.pairs import pairs_of, pairwise, possible_pairs

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.corrections import Corrections, Orientation
from smos_ib_explorer.plugin.core.day import DailyGrid
from smos_ib_explorer.plugin.core.engine import Attributes, Engine
from smos_ib_explorer.plugin.core.errors import GridMismatch
from smos_ib_explorer.plugin.core.grid import GRIDS, M25KM, Cell, EaseGrid
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader, no_land
from smos_ib_explorer.plugin.core.recognition import LandSource
from smos_ib_explorer.plugin.core.values import decode

FACTORS = {
    "south_first": (False, True),
    "transposed": (False, True),
    "greenwich": (False, True),
    "coordinates": ("1d", "column", "2d", "2d-other", "metres"),
    "time": ("none", "leading", "trailing"),
    "storage": ("double", "float", "packed", "unsigned"),
    "wrong_geotransform": (False, True),
}


def alone() -> list[Dialect]:
    """Each factor by itself."""
    plain = Dialect()
    changed = [dataclasses.replace(plain, **{name: value}) for name, values in FACTORS.items() for value in values[1:]]
    return [plain, *changed]


DIALECTS = list(dict.fromkeys([*alone(), *(Dialect(**row) for row in pairwise(FACTORS))]))


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
    np.testing.assert_array_equal(found, wanted)


def test_the_truth_is_like_itself_in_no_other_orientation(truth: Numbers) -> None:
    turned = np.roll(truth, 694, axis=1)
    others = [
        truth[::-1],
        truth[:, ::-1],
        truth[::-1, ::-1],
        turned,
        turned[::-1],
        np.roll(truth, 1, 0),
        np.roll(truth, 1, 1),
    ]
    assert not any(np.array_equal(truth, other, equal_nan=True) for other in others)
    assert np.isnan(truth).any() and (truth == 0).any()


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_every_dialect_gives_the_same_map(
    dialect: Dialect, engines: list[Engine], truth: Numbers, tmp_path: Path
) -> None:
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", dialect, M25KM, truth)
    cells = [Cell(0, 0), Cell(583, 1387), Cell(425, 1237), Cell(140, 3)]
    for engine in engines:
        day, opened, reader = read(path, engine)
        same(day.raw, truth)
        same(day.kept, truth)
        assert day.window is None
        recognition = opened.recognition
        assert recognition.orientation is None
        assert recognition.deviation is not None and recognition.deviation < 0.01
        values = reader.cells(day.granule, recognition, [day.variable], cells).values["SM"]
        same(values, np.array([truth[one.row, one.col] for one in cells], dtype=np.float32))
        one_value = reader.cells(day.granule, recognition, [day.variable], cells[2:3]).values["SM"]
        same(one_value, values[2:3])


def test_the_evidence_names_the_row_order_and_the_transposition(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", Dialect(south_first=True, transposed=True), M25KM, truth)
    _, opened, _ = read(path, engine)
    assert "south row first" in opened.recognition.evidence
    assert "transposed" in opened.recognition.evidence


def headers(engine: Engine, path: Path) -> dict[str, object]:
    """Return all that an engine tells before reading, in a form in which NaN equals itself and 7 equals 7.0."""
    with engine.open(path) as file:
        about: dict[str, object] = {"": comparable(file.attributes)}
        for name, header in file.variables.items():
            about[name] = (header.name, header.dimensions, header.shape, comparable(header.attributes))
        return about


def comparable(attributes: Attributes) -> dict[str, str]:
    def said(value: object) -> str:
        if isinstance(value, list):
            return ", ".join(map(said, value))
        return repr(value) if isinstance(value, str) else repr(float(value))  # type: ignore[arg-type]

    return {name: said(value) for name, value in attributes.items()}


# GDAL itself applies `_Unsigned`: see below.
SIGNED = [dialect for dialect in DIALECTS if dialect.storage != "unsigned"]


@pytest.mark.parametrize("dialect", SIGNED[:: len(SIGNED) // 12], ids=str)
def test_both_engines_see_the_same_headers_and_stored_numbers(
    dialect: Dialect, both_engines: list[Engine], truth: Numbers, tmp_path: Path
) -> None:
    window = Window.of(M25KM, (30, 60), (1300, 1450))
    path = write_dialect(tmp_path / "SMOS_IB_20150505.nc", dialect, M25KM, truth, window)
    first, second = (headers(engine, path) for engine in both_engines)
    assert list(first) == list(second)
    assert first == second
    for name in list(first)[1:]:
        stored = []
        for engine in both_engines:
            with engine.open(path) as file:
                stored.append(file.read(name))
        assert stored[0].shape == stored[1].shape
        assert stored[0].dtype == stored[1].dtype
        np.testing.assert_array_equal(stored[0], stored[1])


def test_both_engines_see_the_same_in_a_file_of_every_type(both_engines: list[Engine], tmp_path: Path) -> None:
    netcdf = pytest.importorskip("netCDF4")
    path = tmp_path / "types.nc"
    with netcdf.Dataset(path, "w") as file:
        file.setncatts({"title": "café 日", "numbers": [1, 2, 3], "empty": "", "one": [7]})
        for name, size in (("lat", 2), ("lon", 3), ("letters", 4)):
            file.createDimension(name, size)
        for kind in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", ">f4", ">i2"):
            endian = {"endian": "big"} if kind[0] == ">" else {}
            variable = file.createVariable(f"as_{kind.strip('>')}_{len(kind)}", kind, ("lat", "lon"), **endian)
            variable[:] = [[1, 2, 3], [0, 100, 7]]
            variable.setncatts(
                {"valid_range": np.array([0, 100], dtype=kind.strip(">")), "long_name": "é", "flag": np.float32(0.1)}
            )
        unsigned = file.createVariable("unsigned", "i1", ("lat", "lon"), fill_value=-1)
        unsigned.set_auto_maskandscale(False)
        unsigned.setncatts({"_Unsigned": "true", "scale_factor": 0.5})
        unsigned[:] = np.array([[1, -1, -2], [0, 127, -128]], dtype="i1")
        file.createVariable("scalar", "f8", ())[...] = 3.5
        file.createVariable("text", "S1", ("lat", "letters"))
        file.createVariable("words", str, ("lat",))[0] = "a"
    first, second = (headers(engine, path) for engine in both_engines)
    # GDAL itself applies `_Unsigned`, so the fill is 255 there and −1 here: the values must agree, see below.
    assert first.keys() == second.keys()
    assert {"text", "words"}.isdisjoint(first)
    assert {name: about for name, about in first.items() if name != "unsigned"} == {
        name: about for name, about in second.items() if name != "unsigned"
    }
    for name in list(first)[1:]:
        np.testing.assert_array_equal(*(decoded(engine, path, name) for engine in both_engines), err_msg=name)
    wanted = np.array([[0.5, np.nan, 127.0], [0.0, 63.5, 64.0]], dtype=np.float32)
    np.testing.assert_array_equal(decoded(both_engines[0], path, "unsigned"), wanted)


def decoded(engine: Engine, path: Path, name: str) -> Numbers:
    with engine.open(path) as file:
        return decode(file.read(name), file.variables[name].attributes)


# --- Regional cuts ---

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


# --- Coordinates that disagree with the grid ---


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


# --- No coordinates ---

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


# --- The helpers themselves, and real files ---


def test_the_test_s_own_projection_agrees_with_nsidc() -> None:
    lats, lons = degrees(np.array([M25KM.left + 0.5 * M25KM.cell]), np.array([M25KM.top - 0.5 * M25KM.cell]))
    assert (lons[0], lats[0]) == (pytest.approx(-179.870317, abs=1e-6), pytest.approx(83.517136, abs=1e-6))
    assert degrees(np.array([0.0]), np.array([7307375.92]))[0][0] == pytest.approx(84.439790, abs=1e-5)


def test_the_wrong_geotransform_is_in_the_file(engine: Engine, truth: Numbers, tmp_path: Path) -> None:
    dialect = Dialect(wrong_geotransform=True)
    path = write_dialect(tmp_path / "a.nc", dialect, M25KM, truth, Window.of(M25KM, (3, 9), (4, 19)))
    with engine.open(path) as file:
        assert file.variables["crs"].text("GeoTransform") == WRONG_GEOTRANSFORM


def test_the_real_catds_cut(shared_data: Path, engines: list[Engine]) -> None:
    maps = []
    for engine in engines:
        reader = Reader(engine)
        archive = scan(shared_data)
        opened = reader.learn(archive)
        (granule,) = opened.archive.granules
        assert str(granule.date) == "2015-05-06"
        assert granule.orbit.value == "A"
        day = reader.day(granule, opened.recognition, opened.recognition.variable("SM"), RAW)
        assert day.window == (Cell(34, 699), Cell(134, 849))
        assert day.counts.retrievals == 3563
        assert opened.recognition.product.key == "catds-l3"
        assert opened.recognition.missing_quality_layers == ("scene flags", "RMSE")
        assert np.nanmin(day.raw) >= 0 and np.nanmax(day.raw) <= 1
        maps.append(day.raw)
    same(maps[0], maps[-1])


def test_the_real_land_mask(shared_data: Path, engines: list[Engine], tmp_path: Path) -> None:
    (tmp_path / "mask_20150506.nc").write_bytes((shared_data / "ease2_m25km_land_mask_usgs.nc").read_bytes())
    for engine in engines:
        reader = Reader(engine)
        opened = reader.learn(scan(tmp_path))
        assert opened.recognition.deviation == pytest.approx(0.74, abs=0.01)
        assert "south row first" in opened.recognition.evidence
        variable = opened.recognition.variable("USGS_Land_Flag")
        mask = reader.day(opened.archive.granules[0], opened.recognition, variable, RAW).raw
        assert int((mask == 1).sum()) == 217622
        places = {
            (20.0, 22.6): 1,
            (-105.95, 28.94): 1,
            (134.0, -25.0): 1,
            (-30.0, 30.0): 0,
            (80.0, -40.0): 0,
            (100.0, 62.0): 1,
        }
        for (lon, lat), wanted in places.items():
            cell = M25KM.cell_at(lon, lat)
            assert cell is not None and mask[cell.row, cell.col] == wanted, (lon, lat)


def test_every_pair_of_values_occurs_in_few_dialects() -> None:
    rows = pairwise(FACTORS)
    assert set().union(*map(pairs_of, rows)) == possible_pairs(FACTORS)
    assert len(rows) < 3 * math.prod(sorted(map(len, FACTORS.values()))[-2:])


def test_the_grids_of_the_cuts_are_known() -> None:
    assert all(isinstance(grid_named(name), EaseGrid) for name in ("EASE2_M25km", "EASE2_M36km", "EASE2_M09km"))
