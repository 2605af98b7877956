# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What cdo, NCO and netCDF's own tools make of a daily file is read exactly. Each test is skipped where its tool is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from core.dialects import STEP, Dialect, Numbers, Window, degrees, truth_on, write_dialect, write_layers

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import GridMismatch
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Reader

NAME = "SMOS_IB_20150505.nc"
NORTH_FIRST, SOUTH_FIRST = (
    Dialect(naming="ic-v2", chunks="one"),
    Dialect(naming="ic-v2", chunks="one", south_first=True),
)

# The tool and its arguments, with {a} for the file and {b} for what it makes; and the rows and columns that must be left.
EVERY_ROW, EVERY_COL = (0, 583), (0, 1387)


def centres_in(south: float, north: float, west: float, east: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the first and last row and column whose centres lie in a box of degrees, by the tests' own projection; `east` may be beyond 180."""
    x, y = (M25KM.left + (np.arange(2776) + 0.5) * M25KM.cell, M25KM.top - (np.arange(584) + 0.5) * M25KM.cell)
    lats, lons = degrees(x, y)
    rows, cols = np.flatnonzero((lats >= south) & (lats <= north)), np.flatnonzero((lons >= west) & (lons <= east))
    return (int(rows[0]), int(rows[-1])), (int(cols[0]), int(cols[-1]))


EUROPE = centres_in(33, 60.1, -10, 40)
TOOLS: dict[str, tuple[str, tuple[int, int], tuple[int, int]]] = {
    "a box of degrees": ("cdo -s sellonlatbox,-10,40,33,60.1 {a} {b}", *EUROPE),
    "a box of indices": ("cdo -s selindexbox,11,40,101,130 {a} {b}", (100, 129), (10, 39)),
    "a box across 180": ("cdo -s sellonlatbox,170,190,-10,10 {a} {b}", *centres_in(-10, 10, 170, 190)),
    "a box across Greenwich": ("cdo -s sellonlatbox,355,365,-10,10 {a} {b}", *centres_in(-10, 10, -5, 5)),
    "netCDF 4, deflated": ("cdo -s -f nc4 -z zip copy {a} {b}", EVERY_ROW, EVERY_COL),
    "classic": ("cdo -s -f nc copy {a} {b}", EVERY_ROW, EVERY_COL),
    "upside down": ("cdo -s invertlat {a} {b}", EVERY_ROW, EVERY_COL),
    "float": ("cdo -s -b F32 copy {a} {b}", EVERY_ROW, EVERY_COL),
    "hyperslab of degrees": ("ncks -O -d lat,33.,60.1 -d lon,-10.,40. {a} {b}", *EUROPE),
    "hyperslab of indices": ("ncks -O -d lat,100,129 -d lon,10,39 {a} {b}", (100, 129), (10, 39)),
    "hyperslab across 180": ("ncks -O -d lat,-10.,10. -d lon,170.,-170. {a} {b}", *centres_in(-10, 10, 170, 190)),
    "other order of dimensions": ("ncpdq -O -a lon,lat {a} {b}", EVERY_ROW, EVERY_COL),
    "reversed latitudes": ("ncpdq -O -a -lat {a} {b}", EVERY_ROW, EVERY_COL),
    "reversed both, other order": ("ncpdq -O -a -lon,-lat {a} {b}", EVERY_ROW, EVERY_COL),
    "a time dimension": ("ncecat -O {a} {b}", EVERY_ROW, EVERY_COL),
    "unlimited": ("ncks -O --mk_rec_dmn lat {a} {b}", EVERY_ROW, EVERY_COL),
    "64-bit offset": ("nccopy -k 2 {a} {b}", EVERY_ROW, EVERY_COL),
    "64-bit data": ("nccopy -k 5 {a} {b}", EVERY_ROW, EVERY_COL),
    "netCDF-4 classic": ("nccopy -k 4 -d 1 -s {a} {b}", EVERY_ROW, EVERY_COL),
    "other chunks": ("nccopy -c lat/100,lon/300 {a} {b}", EVERY_ROW, EVERY_COL),
}


def run(command: str, a: Path, b: Path) -> None:
    """Run a command; skip the test where there is no such tool."""
    tool, *arguments = command.split()
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not there")
    subprocess.run([tool, *(one.format(a=a, b=b) for one in arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, truth: Numbers) -> Path:
    """A file of the whole 25 km grid, its southernmost row last."""
    return write_dialect(tmp_path_factory.mktemp("whole") / NAME, NORTH_FIRST, M25KM, truth)


@pytest.fixture(scope="module")
def whole_south_first(tmp_path_factory: pytest.TempPathFactory, truth: Numbers) -> Path:
    """The same with its southernmost row first."""
    return write_dialect(tmp_path_factory.mktemp("whole") / NAME, SOUTH_FIRST, M25KM, truth)


def cells_of(path: Path, engine: Engine) -> tuple[Numbers, Reader, tuple[Cell, Cell] | None]:
    """Return the map of soil moisture that a file in a folder of its own is read as, and its window."""
    reader = Reader(engine)
    opened = reader.learn(scan(path.parent))
    assert opened.recognition.grid is M25KM and opened.recognition.deviation is not None
    assert opened.recognition.deviation < 1
    day = reader.day(opened.archive.granules[-1], opened.recognition, opened.recognition.variable("SM"), RAW)
    return day.raw, reader, day.window


def cut(truth: Numbers, rows: tuple[int, int], cols: tuple[int, int]) -> Numbers:
    """Return the truth in rows and columns, first and last included, NaN elsewhere."""
    window = Window.of(M25KM, rows, cols)
    left = np.full(truth.shape, np.nan, dtype=np.float32)
    left[np.ix_(window.rows, window.cols)] = truth[np.ix_(window.rows, window.cols)]
    return left


@pytest.mark.parametrize("what", TOOLS)
def test_what_a_tool_makes_is_read_exactly(
    what: str, whole: Path, engines: list[Engine], truth: Numbers, tmp_path: Path
) -> None:
    command, rows, cols = TOOLS[what]
    run(command, whole, tmp_path / NAME)
    for engine in engines:
        found, _, window = cells_of(tmp_path / NAME, engine)
        np.testing.assert_array_equal(found, cut(truth, rows, cols))
        assert (window is None) == ((rows, cols) == (EVERY_ROW, EVERY_COL))


@pytest.mark.parametrize("command", [TOOLS["a box of degrees"][0], TOOLS["hyperslab of degrees"][0]])
def test_a_file_with_its_southern_row_first_gives_the_same_cut(
    command: str, whole_south_first: Path, engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    run(command, whole_south_first, tmp_path / NAME)
    np.testing.assert_array_equal(cells_of(tmp_path / NAME, engine)[0], cut(truth, *EUROPE))


def test_what_is_packed_by_a_tool_is_as_near_as_16_bits_are(
    engines: list[Engine], truth: Numbers, tmp_path: Path
) -> None:
    rows, cols = (200, 259), (700, 799)
    (tmp_path / "of").mkdir()
    # NCO takes the least and the largest number to be NaN where NaN is the fill value.
    dialect = Dialect(naming="ic-v2", fill="-9999")
    first = write_dialect(tmp_path / "of" / NAME, dialect, M25KM, truth, Window.of(M25KM, rows, cols))
    run("ncpdq -O -P all_new -M flt_sht {a} {b}", first, tmp_path / NAME)
    shutil.rmtree(tmp_path / "of")
    for engine in engines:
        found, _, _ = cells_of(tmp_path / NAME, engine)
        np.testing.assert_allclose(found, cut(truth, rows, cols), rtol=0, atol=STEP / 8)


def test_a_box_of_a_file_with_2d_coordinates(engines: list[Engine], truth: Numbers, tmp_path: Path) -> None:
    window = Window.of(M25KM, (200, 259), (700, 799))
    (tmp_path / "of").mkdir()
    dialect = Dialect(coordinates="2d", naming="short")
    first = write_dialect(tmp_path / "of" / NAME, dialect, M25KM, truth, window)
    import netCDF4

    with netCDF4.Dataset(first, "a") as file:
        file["sm"].coordinates = "nav_lon nav_lat"
        file["nav_lat"].units, file["nav_lon"].units = "degrees_north", "degrees_east"
    run("cdo -s selindexbox,21,50,11,30 {a} {b}", first, tmp_path / NAME)
    shutil.rmtree(tmp_path / "of")
    for engine in engines:
        found, _, _ = cells_of(tmp_path / NAME, engine)
        np.testing.assert_array_equal(found, cut(truth, (210, 229), (720, 749)))


# --- What cannot be read is refused with what to do about it ---


@pytest.fixture
def two_days(tmp_path: Path, truth: Numbers) -> Path:
    """A file that holds a cut of two days, as `cdo mergetime` makes it."""
    window = Window.of(M25KM, (200, 219), (700, 729))
    for number, name in enumerate(("a.nc", "b.nc")):
        layers = {role: truth + np.float32(number) for role in ("SM", "VOD")}
        write_layers(tmp_path / "days" / name, Dialect(time="record", naming="ic-v2"), M25KM, layers, window)
        import netCDF4

        with netCDF4.Dataset(tmp_path / "days" / name, "a") as file:
            file["time"][:] = [5603 + number]
    (tmp_path / "all").mkdir()
    run(f"cdo -s mergetime {tmp_path}/days/a.nc {tmp_path}/days/b.nc {{b}}", tmp_path, tmp_path / "all" / "merged.nc")
    return tmp_path / "all" / "merged.nc"


def test_several_days_in_a_file_are_refused_and_can_be_split_as_the_hint_says(
    two_days: Path, engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    named = two_days.rename(two_days.with_name("SMOS_IB_20150505.nc"))
    with pytest.raises(
        GridMismatch, match=r"holds 2 days: Soil_Moisture has 2 × 20 × 30 .*One file per day.*cdo splitsel,1"
    ):
        Reader(engine).learn(scan(named.parent))
    (tmp_path / "split").mkdir()
    run("cdo -s splitsel,1 {a} {b}", named, tmp_path / "split" / "day_")
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path / "split"))
    assert [str(one.date) for one in opened.archive.granules] == ["2015-05-05", "2015-05-06"]
    for number, granule in enumerate(opened.archive.granules):
        day = reader.day(granule, opened.recognition, opened.recognition.variable("SM"), RAW)
        np.testing.assert_array_equal(day.raw, cut(truth + np.float32(number), (200, 219), (700, 729)))


def test_grids_in_groups_are_refused_and_can_be_copied_out_as_the_hint_says(
    engine: Engine, truth: Numbers, tmp_path: Path
) -> None:
    netcdf = pytest.importorskip("netCDF4")
    window = Window.of(M25KM, (200, 219), (700, 729))
    (tmp_path / "all").mkdir()
    (tmp_path / "out").mkdir()
    plain = write_dialect(tmp_path / "plain.nc", NORTH_FIRST, M25KM, truth, window)
    with netcdf.Dataset(tmp_path / "all" / NAME, "w") as file, netcdf.Dataset(plain) as source:
        group = file.createGroup("Soil_Moisture_Retrieval_Data_AM")
        for name, dimension in source.dimensions.items():
            group.createDimension(name, dimension.size)
        for name, variable in source.variables.items():
            copy = group.createVariable(name, variable.dtype, variable.dimensions)
            copy.setncatts({key: variable.getncattr(key) for key in variable.ncattrs() if key != "_FillValue"})
            copy[:] = variable[:].filled(np.nan) if np.ma.isMaskedArray(variable[:]) else variable[:]
    with pytest.raises(GridMismatch, match=r"in groups \(Soil_Moisture_Retrieval_Data_AM\).*ncks -G"):
        Reader(engine).learn(scan(tmp_path / "all"))
    run("ncks -G : -g Soil_Moisture_Retrieval_Data_AM {a} {b}", tmp_path / "all" / NAME, tmp_path / "out" / NAME)
    np.testing.assert_array_equal(cells_of(tmp_path / "out" / NAME, engine)[0], cut(truth, (200, 219), (700, 729)))


def test_a_mask_beside_a_daily_grid_with_two_times_is_no_other_day(engine: Engine, tmp_path: Path) -> None:
    netcdf = pytest.importorskip("netCDF4")
    window = Window.of(M25KM, (200, 219), (700, 729))
    path = write_dialect(tmp_path / NAME, NORTH_FIRST, M25KM, truth_on(M25KM), window)
    with netcdf.Dataset(path, "a") as file:
        file.createDimension("time", 2)
        file.createVariable("Hours", "f4", ("time", "lat", "lon"))[:] = 1.0
    found, _, _ = cells_of(path, engine)
    np.testing.assert_array_equal(found, cut(truth_on(M25KM), (200, 219), (700, 729)))
