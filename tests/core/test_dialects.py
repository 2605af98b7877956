# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""However a file stores its array, the map is the same: north up, on its own cells, the same numbers with both engines."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from core.dialects import WRONG_GEOTRANSFORM, Dialect, Numbers, Window, degrees, grid_named, write_dialect
from core.pairs import pairs_of, pairwise, possible_pairs
from core.reading import read, same

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Attributes, Engine
from smos_ib_explorer.plugin.core.grid import M25KM, Cell, EaseGrid
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Reader
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


DIALECTS = [Dialect(**row) for row in pairwise(FACTORS)]
"""Whole grids of 25 km. More ways of storing them, as whole granules of smaller size, are in conformance.py."""


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
