# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading granules: a day on the grid under quality control, and bad files that never stop the archive."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from core.conftest import make_engine
from core.dialects import Dialect, Window, grid_named, truth_on, write_dialect
from core.granules import COLS, LAYERS, ROWS, Numbers, cell, layers_of, name_of, write_day, write_days

from smos_ib_explorer.plugin.core.archive import Archive, scan
from smos_ib_explorer.plugin.core.corrections import Corrections
from smos_ib_explorer.plugin.core.engine import NETCDF_LOCK, Engine
from smos_ib_explorer.plugin.core.errors import (
    GridMismatch,
    LacksVariable,
    NotInArchive,
    SmosIbError,
    UnreadableFile,
    VanishedFile,
)
from smos_ib_explorer.plugin.core.first_look import look_first
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW, QualityCriteria, Rejection
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.series import read_series

netcdf = pytest.importorskip("netCDF4")

DAY = dt.date(2015, 5, 6)
ZLIB_AT_LEVEL_4 = b"\x78\x5e"  # the first bytes of every stream
OpenDays = Callable[..., tuple[Reader, Opened]]
INSIDE = np.ix_(ROWS, COLS)


def kept_by_hand(layer: str, high: float, flag_limit: int | None, rmse_limit: float | None) -> Numbers:
    """Return what must be kept of a layer with a valid range from 0, from the numbers that were written."""
    layers = {name: values.astype(np.float32) for name, values in layers_of(DAY).items()}
    value, flag, rmse = layers[layer], layers["Scene_Flags"], layers["RMSE"]
    keep = (value >= 0) & (value <= np.float32(high))
    if flag_limit is not None:
        keep &= flag <= flag_limit
    if rmse_limit is not None:
        keep &= rmse <= np.float32(rmse_limit)
    return np.where(keep, value, np.float32(np.nan))


def reasons(archive: Archive) -> dict[str, str]:
    return {problem.path.name: problem.reason for problem in archive.problems}


# --- A day under criteria ---


@pytest.mark.parametrize(
    ("name", "layer", "high"), [("SM", "Soil_Moisture", 1.0), ("VOD", "Optical_Thickness_Nad", 2.0)]
)
@pytest.mark.parametrize("limits", [(1, 8.0), (1, 6.0), (0, 3.55), (None, 8.0), (5, None)])
def test_a_day_under_criteria(
    name: str, layer: str, high: float, limits: tuple[int | None, float | None], open_days: OpenDays
) -> None:
    reader, opened = open_days("2015-05-06")
    day = reader.day(
        opened.archive.granules[0], opened.recognition, opened.recognition.variable(name), QualityCriteria(*limits)
    )
    wanted = kept_by_hand(layer, high, *limits)
    np.testing.assert_array_equal(day.kept[INSIDE], wanted)
    np.testing.assert_array_equal(day.raw[INSIDE], layers_of(DAY)[layer].astype(np.float32))
    assert day.counts.kept == np.isfinite(wanted).sum() > 0
    assert day.counts.retrievals == np.isfinite(layers_of(DAY)[layer]).sum()
    assert (day.kept == 0).any() == (wanted == 0).any()
    assert (day.raw == 0).any(), "zero is data"
    outside = np.ones(M25KM.shape, dtype=bool)
    outside[INSIDE] = False
    assert np.isnan(day.raw[outside]).all() and (day.rejection[outside] == Rejection.NO_RETRIEVAL).all()
    assert day.window == (Cell(100, 700), Cell(111, 714))
    assert (day.date, day.orbit.value, day.unapplied) == (DAY, "A", ())


@pytest.mark.parametrize(("name", "layer"), [("RMSE", "RMSE"), ("SF", "Scene_Flags")])
def test_the_quality_layers_are_shown_as_they_are(name: str, layer: str, open_days: OpenDays) -> None:
    reader, opened = open_days("2015-05-06")
    day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable(name), PROVIDER)
    np.testing.assert_array_equal(day.kept[INSIDE], layers_of(DAY)[layer].astype(np.float32))
    assert day.counts.kept == day.counts.retrievals
    assert day.unapplied == ()


def test_raw_is_everything(open_days: OpenDays) -> None:
    reader, opened = open_days("2015-05-06")
    day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"), RAW)
    np.testing.assert_array_equal(day.kept, day.raw)


@pytest.mark.parametrize(
    ("without", "unapplied", "limits"),
    [
        (("RMSE",), ("RMSE",), (1, None)),
        (("Scene_Flags",), ("scene flags",), (None, 8.0)),
        (("RMSE", "Scene_Flags"), ("scene flags", "RMSE"), (None, None)),
    ],
)
def test_a_missing_quality_layer_is_said(
    without: tuple[str, ...], unapplied: tuple[str, ...], limits: tuple[int | None, float | None], open_days: OpenDays
) -> None:
    reader, opened = open_days("2015-05-06", without=without)
    recognition = opened.recognition
    assert recognition.missing_quality_layers == unapplied
    granule, variable = opened.archive.granules[0], recognition.variable("SM")
    day = reader.day(granule, recognition, variable, PROVIDER)
    assert day.unapplied == unapplied
    np.testing.assert_array_equal(day.kept[INSIDE], kept_by_hand("Soil_Moisture", 1.0, *limits))
    assert reader.day(granule, recognition, variable, RAW).unapplied == ()


def test_flags_stored_a_little_off_are_rounded(open_days: OpenDays) -> None:
    # As float32, 1.0000002 is above 1, and a good cell would be lost.
    flags = np.full((12, 15), 1.0000002)
    flags[0, :2] = 1.9999999, 0.9999999
    layers = {"Scene_Flags": flags, "Soil_Moisture": np.full((12, 15), 0.2)}
    reader, opened = open_days("2015-05-06", extra=layers, without=("RMSE",))
    granule, recognition = opened.archive.granules[0], opened.recognition
    day = reader.day(granule, recognition, recognition.variable("SM"), PROVIDER)
    assert day.counts.kept == 12 * 15 - 1
    assert day.rejection[100, 700] == Rejection.SCENE_FLAG
    shown = reader.day(granule, recognition, recognition.variable("SF"), PROVIDER).kept[INSIDE]
    assert set(np.unique(shown)) == {1.0, 2.0}
    some = [cell(0, 0), cell(0, 1), cell(5, 5)]
    for asked in (some, some[:1]):
        flags_of_cells = reader.cells(granule, recognition, [day.variable], asked).scene_flag
        assert flags_of_cells is not None and flags_of_cells.tolist() == [2.0, 1.0, 1.0][: len(asked)]


def test_any_other_variable_of_the_grid(open_days: OpenDays) -> None:
    other = np.arange(180.0).reshape(12, 15)
    reader, opened = open_days("2015-05-06", extra={"Chi_2": other})
    variable = opened.recognition.variable("Chi_2")
    assert (variable.id, variable.role, variable.quality_controlled) == ("Chi_2", None, True)
    day = reader.day(opened.archive.granules[0], opened.recognition, variable, RAW)
    np.testing.assert_array_equal(day.raw[INSIDE], other.astype(np.float32))
    with pytest.raises(NotInArchive, match=r"'TB' .*there is: SM, VOD, RMSE, SF, Chi_2"):
        opened.recognition.variable("TB")


def test_a_corrected_role(tmp_path: Path, engine: Engine) -> None:
    other = np.full((12, 15), 0.5)
    write_day(tmp_path, DAY, extra={"Mystery": other})
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path), Corrections(roles={"SM": "Mystery", "RMSE": ""}))
    assert opened.recognition.variable("SM").netcdf_name == "Mystery"
    assert opened.recognition.missing_quality_layers == ("RMSE",)
    day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"), RAW)
    assert np.nanmax(day.raw) == np.nanmin(day.raw) == 0.5


def test_the_values_of_cells_are_those_of_the_map(open_days: OpenDays) -> None:
    reader, opened = open_days("2015-05-06")
    recognition, granule = opened.recognition, opened.archive.granules[0]
    variables = [recognition.variable(name) for name in ("SM", "VOD")]
    cells = [cell(0, 0), cell(11, 14), cell(3, 7), Cell(0, 0)]
    for some in (cells, cells[:1], cells[3:]):
        found = reader.cells(granule, recognition, variables, some)
        for variable in variables:
            day = reader.day(granule, recognition, variable, RAW)
            np.testing.assert_array_equal(found.values[variable.id], [day.raw[one.row, one.col] for one in some])
        flags = reader.day(granule, recognition, recognition.variable("SF"), RAW).raw
        np.testing.assert_array_equal(found.scene_flag, [flags[one.row, one.col] for one in some])


# --- Bad files ---


def try_all(reader: Reader, path: Path) -> None:
    """Do with a file whatever the software does: look, learn, read every variable. Raises what that raises."""
    opened = reader.learn(scan(path.parent))
    for variable in opened.recognition.variables:
        reader.day(opened.archive.granules[0], opened.recognition, variable, RAW)


def whole_file(folder: Path, form: str) -> bytes:
    """Return a granule's bytes in one of netCDF's forms, compressed where it can be."""
    path = folder / "whole.nc"
    with netcdf.Dataset(path, "w", format=form) as file:
        for name, line in (("lat", M25KM.latitudes()[100:112]), ("lon", M25KM.longitudes()[700:715])):
            file.createDimension(name, line.size)
            file.createVariable(name, "f8", (name,))[:] = line
        for name, values in layers_of(DAY).items():
            variable = file.createVariable(
                name, "f8", ("lat", "lon"), zlib=form.startswith("NETCDF4"), fill_value=np.nan
            )
            variable.units = "something"
            variable[:] = values
    return path.read_bytes()


@pytest.mark.parametrize(
    "form", ["NETCDF4", "NETCDF4_CLASSIC", "NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"]
)
def test_a_file_truncated_anywhere_is_unreadable(form: str, engine: Engine, tmp_path: Path) -> None:
    whole = whole_file(tmp_path, form)
    size = len(whole)
    lengths = {1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 14, 20, 24, 40, 47, 48, 63, 64, 65, 100, 200, 511, 512, 1024}
    lengths |= {size * share // 37 for share in range(1, 37)} | {
        size - 1,
        size - 2,
        size - 7,
        size - 8,
        size - 9,
        size - 100,
    }
    reader = Reader(engine)
    folder = tmp_path / "cut"
    folder.mkdir()
    path = folder / "SMOS_IB_20150506.nc"
    for length in sorted(one for one in lengths if one < size):
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableFile):
            try_all(reader, path)
    path.write_bytes(whole)
    look_first(path)
    if form != "NETCDF3_64BIT_DATA" or engine.name != "GDAL":  # not every GDAL knows the youngest classic form
        try_all(reader, path)


def test_a_classic_file_that_grows_by_records(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "SMOS_IB_20150506.nc"
    with netcdf.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", None)
        for name, line in (("lat", M25KM.latitudes()[100:112]), ("lon", M25KM.longitudes()[700:715])):
            file.createDimension(name, line.size)
            file.createVariable(name, "f8", (name,))[:] = line
        file.createVariable("Soil_Moisture", "f4", ("time", "lat", "lon"))[:] = np.ones((1, 12, 15))
        file.createVariable("RMSE", "i2", ("time", "lat", "lon"))[:] = np.ones((1, 12, 15))
    whole = path.read_bytes()
    try_all(Reader(engine), path)
    path.write_bytes(whole[:-4])
    with pytest.raises(UnreadableFile, match="truncated"):
        try_all(Reader(engine), path)


# Damage that reaches the netCDF library may end in its own crash: so that is tried in a process of its own.
NASTY = """
import sys
sys.path.insert(0, sys.argv[1])
import conftest
from pathlib import Path
import numpy as np
from core.conftest import make_engine
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.errors import SmosIbError
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Reader

reader = Reader(make_engine(sys.argv[2]))
truth = np.load(sys.argv[4])
for folder in sorted(Path(sys.argv[3]).iterdir()):
    try:
        opened = reader.learn(scan(folder))
        day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"), RAW)
        said = "same" if np.array_equal(day.raw[100:112, 700:715], truth, equal_nan=True) else "other numbers"
    except SmosIbError as error:
        said = f"{type(error).__name__}: {error}"
    sys.stdout.write(f"{folder.name} {said}".replace(chr(10), " ") + chr(10))
"""


def test_damage_inside_of_a_file_is_an_error_and_no_crash(engine: Engine, tmp_path: Path) -> None:
    whole = whole_file(tmp_path, "NETCDF4")
    damaged = {
        "second half zero": whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2),
        "last tenth zero": whole[: -len(whole) // 10] + bytes(-(-len(whole) // 10)),
        "all zero after the signature": whole[:8] + bytes(len(whole) - 8),
        "all zero after the superblock": whole[:96] + bytes(len(whole) - 96),
        "noise after the superblock": whole[:96] + np.random.default_rng(1).bytes(len(whole) - 96),
        "noise at the end": whole[:-2000] + np.random.default_rng(2).bytes(2000),
        "something appended": whole + b"trailing",
        "twice": whole + whole,
    }
    for number, (name, content) in enumerate(damaged.items()):
        folder = tmp_path / "nasty" / f"{number} {name}"
        folder.mkdir(parents=True)
        (folder / "SMOS_IB_20150506.nc").write_bytes(content)
    np.save(tmp_path / "truth.npy", layers_of(DAY)["Soil_Moisture"].astype(np.float32))
    tests = Path(__file__).resolve().parents[1]
    command = [
        sys.executable,
        "-c",
        NASTY,
        os.fspath(tests),
        engine.name,
        os.fspath(tmp_path / "nasty"),
        os.fspath(tmp_path / "truth.npy"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert len(lines) == len(damaged), done.stdout
    for line in lines:
        assert "other numbers" not in line, line
    # The damage at the end may miss what is read; that before it may not.
    for line in lines[:1] + lines[2:5]:
        assert "UnreadableFile" in line or "GridMismatch" in line, line


def test_a_damaged_chunk_is_an_error(engine: Engine, tmp_path: Path) -> None:
    path = write_day(tmp_path, DAY, compressed=True, without=LAYERS[1:])
    whole = bytearray(path.read_bytes())
    start = whole.find(ZLIB_AT_LEVEL_4)
    assert start > 0
    whole[start + 60 : start + 70] = bytes(10)
    path.write_bytes(whole)
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    variable = opened.recognition.variable("SM")
    with pytest.raises(UnreadableFile, match=r"Soil_Moisture in .* cannot be read"):
        reader.day(opened.archive.granules[0], opened.recognition, variable, RAW)
    with pytest.raises(UnreadableFile, match=r"Soil_Moisture in .* cannot be read"):
        reader.cells(opened.archive.granules[0], opened.recognition, [variable], [cell(1, 1)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"\n  <HTML><head>Log in", "web page"),
        (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "web page"),
        (b"PK\x03\x04" + bytes(100), "ZIP"),
        (b"\x1f\x8b\x08" + bytes(100), "gzip"),
        (b"hello", "no netCDF file"),
        (bytes(5000), "no netCDF file"),
        (b"CDF\x09" + bytes(100), "no netCDF file"),
        (b"CDF", "no netCDF file"),
        (b"CDF\x01", "damaged or truncated"),
        (b"CDF\x01" + b"\xff" * 100, "damaged or truncated"),
        (b"\x89HDF\r\n\x1a\n", "UnreadableFile|cannot open|damaged"),
        (b"\x89HDF\r\n\x1a\n" + bytes(5), "damaged"),
        (b"\x89HDF\r\n\x1a\n" + b"\xff" * 90, "damaged"),
    ],
)
def test_what_is_no_netcdf_file(content: bytes, words: str, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "SMOS_IB_20150506.nc"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=words) as raised, engine.open(path):
        pass
    assert raised.value.sentence.endswith(".")


def test_a_file_that_went_away(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(VanishedFile, match="no longer there"), engine.open(tmp_path / "gone.nc"):
        pass
    with pytest.raises(UnreadableFile), engine.open(tmp_path):
        pass


def test_no_permission(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_day(tmp_path, DAY)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Root reads everything: let the operating system's refusal be played.
        def refuse(*anything: object, **more: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    else:
        path.chmod(0)
    with pytest.raises(UnreadableFile, match="No permission") as raised, engine.open(path):
        pass
    assert raised.value.hint


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="every name is Unicode there")
def test_a_name_that_is_no_unicode(engine: Engine, tmp_path: Path) -> None:
    write_day(tmp_path, DAY)
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe_20150507.nc"))
    os.rename(tmp_path / name_of(DAY), bad)
    write_day(tmp_path, DAY)
    opened = Reader(engine).learn(scan(tmp_path))
    assert [one.date for one in opened.archive.granules] == [DAY]
    assert [problem.path for problem in opened.archive.problems] == [bad]


@pytest.mark.parametrize(
    "name",
    ["a#b_20150506.nc", "a b é 水_20150506.nc", "a[1]%20_20150506.nc", "a:b'c\"_20150506.nc", "{x}$HOME_20150506.nc"],
)
def test_odd_names_are_read(name: str, engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "é 水 #1 [x]"
    try:
        write_day(tmp_path, DAY)
        folder.mkdir()
        (tmp_path / name_of(DAY)).rename(folder / name)
    except OSError:
        pytest.skip("this file system has no such name")
    reader = Reader(engine)
    opened = reader.learn(scan(folder))
    day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"), RAW)
    np.testing.assert_array_equal(day.raw[INSIDE], layers_of(DAY)["Soil_Moisture"].astype(np.float32))


def test_no_variable_on_a_grid(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "SMOS_IB_20150506.nc"
    with netcdf.Dataset(path, "w") as file:
        file.createDimension("station", 30)
        file.createVariable("soil_moisture", "f8", ("station",))[:] = np.arange(30)
    with pytest.raises(GridMismatch, match=r"No variable lies on an EASE-Grid 2.0. The file has: soil_moisture 30"):
        try_all(Reader(engine), path)
    path = tmp_path / "empty" / "SMOS_IB_20150506.nc"
    path.parent.mkdir()
    with netcdf.Dataset(path, "w") as file:
        file.title = "nothing in it"
    with pytest.raises(GridMismatch, match="no variable"):
        try_all(Reader(engine), path)


def test_a_grid_of_degrees_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "SMOS_IB_20150506.nc"
    with netcdf.Dataset(path, "w") as file:
        for name, line in (("lat", np.arange(89.5, -90, -1.0)), ("lon", np.arange(-179.5, 180, 1.0))):
            file.createDimension(name, line.size)
            file.createVariable(name, "f8", (name,))[:] = line
        file.createVariable("Soil_Moisture", "f8", ("lat", "lon"))[:] = np.zeros((180, 360))
    with pytest.raises(GridMismatch, match="half a cell"):
        try_all(Reader(engine), path)


def test_a_header_that_promises_too_much_does_not_take_all_memory(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "SMOS_IB_20150506.nc"
    with netcdf.Dataset(path, "w") as file:
        for name in ("lat", "lon"):
            file.createDimension(name, 400_000)
            file.createVariable(name, "f8", (name,), chunksizes=(1000,))
        file.createVariable("Soil_Moisture", "f8", ("lat", "lon"), chunksizes=(100, 100))
    with pytest.raises(SmosIbError, match=r"400,000 × 400,000"):
        try_all(Reader(engine), path)


def test_a_file_is_closed_when_its_block_ends(engine: Engine, tmp_path: Path) -> None:
    # Later would be outside of the lock, and perhaps in another thread. HDF5 refuses to write what is open.
    path = write_day(tmp_path, DAY)
    with engine.open(path) as file:
        file.read("RMSE")
    with netcdf.Dataset(path, "a"):
        assert file.variables
    with pytest.raises(ZeroDivisionError) as raised, engine.open(path) as file:
        file.read("RMSE")
        raise ZeroDivisionError
    with netcdf.Dataset(path, "a"):
        assert raised.tb is not None, "an error that is still shown holds every frame"


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "i4", "i8", "f4", "f8"])
def test_a_variable_may_have_the_name_of_any_dimension(kind: str, engine: Engine, tmp_path: Path) -> None:
    # Row vectors as coordinates are such. GDAL 3.10 reads the dimension instead.
    path, numbers = tmp_path / "day.nc", np.arange(6).reshape(2, 3)
    with netcdf.Dataset(path, "w") as file:
        for name, size in (("two", 2), ("three", 3), ("alone", 4)):
            file.createDimension(name, size)
        file.createVariable("three", kind, ("two", "three"))[:] = numbers
        file.createVariable("two", kind, ("two", "three"))[:] = numbers + 10
        file.createVariable("four", kind, ("alone",))[:] = 1
        file.createVariable("alone", kind, ())[...] = 7
    with engine.open(path) as file:
        np.testing.assert_array_equal(file.read("three"), numbers)
        np.testing.assert_array_equal(file.read("two"), numbers + 10)
        assert (file.read("three", (1, 2)), file.read("two", (0, 1)), file.read("alone")) == (5, 11, 7)


@pytest.mark.parametrize("exceptions", [False, True])
def test_gdal_s_switch_of_exceptions_belongs_to_others(exceptions: bool, tmp_path: Path) -> None:
    engine = make_engine("GDAL")
    gdal = pytest.importorskip("osgeo.gdal")
    whole = write_day(tmp_path, DAY, compressed=True, without=LAYERS[1:]).read_bytes()
    good, cut, damaged = (tmp_path / f"{name}.nc" for name in ("good", "cut", "damaged"))
    start = whole.find(ZLIB_AT_LEVEL_4)
    good.write_bytes(whole)
    cut.write_bytes(whole[:96] + bytes(len(whole) - 96))
    damaged.write_bytes(whole[: start + 60] + bytes(10) + whole[start + 70 :])
    before = gdal.GetUseExceptions()
    (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
    try:
        with engine.open(good) as file:
            found = file.read("Soil_Moisture")[::-1]
            one = file.read("Soil_Moisture", (11, 4))
        np.testing.assert_array_equal(found, layers_of(DAY)["Soil_Moisture"])
        assert one.shape == ()
        np.testing.assert_array_equal(one, found[0, 4])
        with pytest.raises(UnreadableFile), engine.open(cut):
            pass
        with engine.open(damaged) as file, pytest.raises(UnreadableFile):
            file.read("Soil_Moisture")
        with engine.open(damaged) as file, pytest.raises(UnreadableFile):
            file.read("Soil_Moisture", (0, 0))
        with (
            engine.open(good) as file,
            pytest.raises(LacksVariable, match="no variable Nothing; it has lat, lon, Soil_Moisture"),
        ):
            file.read("Nothing")
        assert bool(gdal.GetUseExceptions()) is exceptions
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()


def test_an_open_file_holds_the_one_lock(engine: Engine, tmp_path: Path) -> None:
    path = write_day(tmp_path, DAY)

    def free_elsewhere() -> bool:
        with ThreadPoolExecutor(1) as other:
            return other.submit(
                lambda: NETCDF_LOCK.acquire(blocking=False) and (NETCDF_LOCK.release() or True)
            ).result()

    with engine.open(path):
        assert not free_elsewhere()
    assert free_elsewhere()
    with pytest.raises(ZeroDivisionError), engine.open(path):
        raise ZeroDivisionError
    assert free_elsewhere()


# --- Bad files among good ones ---


def test_learning_passes_over_bad_newest_files_and_lists_them(engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path, "2015-05-01/2015-05-03")
    (tmp_path / name_of(dt.date(2015, 5, 4))).write_bytes(b"<html>")
    (tmp_path / name_of(dt.date(2015, 5, 5))).write_bytes(b"PK\x03\x04")
    cut = write_day(tmp_path, dt.date(2015, 5, 6))
    cut.write_bytes(cut.read_bytes()[:3000])
    told: list[str] = []
    opened = Reader(engine).learn(scan(tmp_path), progress=lambda share, what: told.append(what))
    assert [one.date.day for one in opened.archive.granules] == [1, 2, 3]
    found = reasons(opened.archive)
    assert ["web page" in found[name_of(dt.date(2015, 5, 4))], "ZIP" in found[name_of(dt.date(2015, 5, 5))]] == [
        True,
        True,
    ]
    assert "truncated" in found[cut.name]
    assert len(told) == 4
    assert opened.recognition.variable("SM")


def test_an_archive_of_bad_files_only_says_why(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "S_20150506.nc").write_bytes(b"<html>")
    (tmp_path / "S_20150507.nc").write_bytes(b"PK\x03\x04")
    with pytest.raises(UnreadableFile, match="ZIP"):
        Reader(engine).learn(scan(tmp_path))
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    with pytest.raises(UnreadableFile, match=r"No file in .* can be used\. S_20150506.nc: The file is empty"):
        Reader(engine).learn(scan(tmp_path))


def test_a_file_on_another_grid_than_the_archive_s(engine: Engine, tmp_path: Path) -> None:
    grid = grid_named("EASE2_M36km")
    assert grid is not None
    odd = write_dialect(
        tmp_path / "SMOS_IB_20150501.nc", Dialect(), grid, truth_on(grid), Window.of(grid, (10, 20), (30, 45))
    )
    write_days(tmp_path, "2015-05-06")
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    first = opened.archive.granules[0]
    assert first.path == odd
    with pytest.raises(
        GridMismatch, match=r"This file is on EASE-Grid 2.0, 36 km .* while the archive is on EASE-Grid 2.0, 25 km"
    ):
        reader.day(first, opened.recognition, opened.recognition.variable("SM"), RAW)


def test_a_file_without_the_variable(engine: Engine, tmp_path: Path) -> None:
    write_day(tmp_path, dt.date(2015, 5, 1), without=("Optical_Thickness_Nad",))
    write_day(tmp_path, dt.date(2015, 5, 2), without=("RMSE",))
    write_day(tmp_path, DAY)
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    first, second, _ = opened.archive.granules
    with pytest.raises(
        LacksVariable, match="no grid variable Optical_Thickness_Nad; it has Soil_Moisture, RMSE, Scene_Flags"
    ):
        reader.day(first, opened.recognition, opened.recognition.variable("VOD"), RAW)
    # A day that lacks its quality layer must not look filtered.
    with pytest.raises(LacksVariable, match="no grid variable RMSE"):
        reader.day(second, opened.recognition, opened.recognition.variable("SM"), PROVIDER)


def test_files_of_one_archive_may_lie_differently(engine: Engine, tmp_path: Path) -> None:
    truth = truth_on(M25KM)
    window = Window.of(M25KM, (100, 130), (700, 760))
    dialects = [Dialect(), Dialect(south_first=True), Dialect(transposed=True, storage="packed")]
    for number, dialect in enumerate(dialects, 1):
        write_dialect(tmp_path / f"SMOS_IB_2015050{number}.nc", dialect, M25KM, truth, window)
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    series = read_series(reader, opened, Cell(111, 733), opened.recognition.variables, opened.archive.orbits[0])
    assert series.values["SM"].tolist() == [float(truth[111, 733])] * 3


# --- Dates ---


def dated(path: Path, how: str, number: float) -> None:
    with netcdf.Dataset(path, "a") as file:
        if how == "time":
            file.createDimension("time", 1)
            variable = file.createVariable("time", "f8", ("time",))
            variable.units = "hours since 2000-01-01 00:00:00"
            variable[:] = [number * 24]
        elif how == "scalar":
            variable = file.createVariable("t", "f8", ())
            variable.standard_name, variable.units = "time", "seconds since 1970-01-01T00:00:00"
            variable[...] = (number + 10957) * 86400
        elif how == "Days":
            layer = np.full((12, 15), float(number))
            layer[:3] = np.nan
            layer[5, 5:8] = number + 1, number - 1, number - 2
            file.createVariable("Days", "f8", ("lat", "lon"), fill_value=np.nan)[:] = layer


@pytest.mark.parametrize("how", ["time", "scalar", "Days"])
@pytest.mark.parametrize("part_of_day", [0.0, 0.25, 0.999])
def test_a_name_without_a_date_takes_the_one_inside(
    how: str, part_of_day: float, engine: Engine, tmp_path: Path
) -> None:
    path = write_day(tmp_path, DAY, name="monday.nc")
    dated(path, how, 5603 + part_of_day)  # 2015-05-05
    opened = Reader(engine).learn(scan(tmp_path))
    assert [one.date for one in opened.archive.granules] == [dt.date(2015, 5, 5)]
    assert opened.archive.undated == ()


def test_no_date_at_all_is_listed_and_the_rest_works(engine: Engine, tmp_path: Path) -> None:
    write_day(tmp_path, DAY)
    write_day(tmp_path, DAY, name="monday.nc")
    (tmp_path / "tuesday.nc").write_bytes(b"<html>")
    opened = Reader(engine).learn(scan(tmp_path))
    assert [one.date for one in opened.archive.granules] == [DAY]
    found = reasons(opened.archive)
    assert found["monday.nc"] == "There is no date in the file's name, nor in the file."
    assert "web page" in found["tuesday.nc"]
    assert set(opened.archive.fingerprints) == set(tmp_path.iterdir())


def test_a_date_inside_that_has_a_file_already_is_a_duplicate(engine: Engine, tmp_path: Path) -> None:
    write_day(tmp_path, DAY, name="S_20150506_asc.nc")
    dated(write_day(tmp_path, DAY, name="monday_asc.nc"), "Days", 5604)
    opened = Reader(engine).learn(scan(tmp_path))
    assert len(opened.archive.granules) == 1
    assert "second file for 2015-05-06" in reasons(opened.archive)["S_20150506_asc.nc"]


def test_a_date_inside_that_disagrees_is_said_and_the_name_is_used(engine: Engine, tmp_path: Path) -> None:
    dated(write_day(tmp_path, DAY), "time", 5000)
    opened = Reader(engine).learn(scan(tmp_path))
    assert opened.archive.granules[0].date == DAY
    assert len(opened.notes) == 1
    assert "2013-09-09" in opened.notes[0] and "2015-05-06" in opened.notes[0]


def test_a_date_inside_that_agrees_is_not_mentioned(engine: Engine, tmp_path: Path) -> None:
    dated(write_day(tmp_path, DAY), "time", 5604.3)
    assert Reader(engine).learn(scan(tmp_path)).notes == ()


@pytest.mark.parametrize(
    "units",
    [
        "days since the beginning",
        "days",
        "",
        "fortnights since 2000-01-01",
        "days since 0000-00-00",
        "days since 2000-99-99",
    ],
)
def test_units_of_time_that_mean_nothing_are_no_date(units: str, engine: Engine, tmp_path: Path) -> None:
    path = write_day(tmp_path, DAY)
    dated(path, "time", 1e9)
    with netcdf.Dataset(path, "a") as file:
        file["time"].units = units
    assert Reader(engine).learn(scan(tmp_path)).notes == ()


# --- What the file says about itself ---


@pytest.mark.parametrize(
    ("about", "synthetic"),
    [
        ("SYNTHETIC demo data", True),
        ("Synthetic Aperture Radiometer MIRAS", False),
        ("L-band synthetic-aperture interferometer", False),
        ("SMOS-IB daily", False),
    ],
)
def test_only_what_says_so_is_synthetic(about: str, synthetic: bool, engine: Engine, tmp_path: Path) -> None:
    path = write_day(tmp_path, DAY)
    with netcdf.Dataset(path, "a") as file:
        file.comment = about
    assert Reader(engine).learn(scan(tmp_path)).recognition.synthetic is synthetic


def test_the_newest_file_alone_may_lack_a_quality_layer(engine: Engine, tmp_path: Path) -> None:
    write_day(tmp_path, dt.date(2015, 5, 1))
    write_day(tmp_path, DAY, without=("RMSE",))
    opened = Reader(engine).learn(scan(tmp_path))
    assert not opened.recognition.missing_quality_layers


def test_a_damaged_second_version_gives_way_to_the_first(engine: Engine, tmp_path: Path) -> None:
    good = write_day(tmp_path, DAY)
    newer = good.with_name(good.name.replace("_7.DBL", "_10.DBL"))
    newer.write_bytes(good.read_bytes()[:3000])
    archive = scan(tmp_path)
    assert [granule.path for granule in archive.granules] == [newer]
    opened = Reader(engine).learn(archive)
    assert [granule.path for granule in opened.archive.granules] == [good]
    assert [problem.path for problem in opened.archive.problems] == [newer]


def test_a_sound_file_without_a_variable_is_no_damaged_one(engine: Engine, tmp_path: Path) -> None:
    write_day(tmp_path, dt.date(2015, 5, 1), without=("Optical_Thickness_Nad",))
    write_day(tmp_path, DAY)
    reader = Reader(engine)
    opened = reader.learn(scan(tmp_path))
    (variable,) = (one for one in opened.recognition.variables if one.id == "VOD")
    series = read_series(reader, opened, cell(3, 4), [variable], opened.archive.orbits[0])
    assert series.is_complete and [problem.damaged for problem in series.problems] == [False]


def test_files_of_several_products_in_one_folder_are_told(engine: Engine, tmp_path: Path) -> None:
    first = write_day(tmp_path, dt.date(2015, 5, 1))
    first.rename(first.with_name("SMOS-IB_20150501.nc"))
    write_day(tmp_path, DAY)
    assert any("several products" in note for note in Reader(engine).learn(scan(tmp_path)).notes)


def test_retrievals_lie_in_the_order_of_the_grid_however_the_file_lies(open_days: OpenDays) -> None:
    reader, opened = open_days(DAY.isoformat())  # written south first
    granule, recognition = opened.archive.granules[0], opened.recognition
    day = reader.retrievals(granule, recognition, recognition.variable("SM"))
    assert day.cells.size > 9 and (np.diff(day.cells) > 0).all() and not np.isnan(day.values).any()
    raw = day.under(PROVIDER).raw
    for index in (0, day.cells.size // 2, day.cells.size - 1):
        at = Cell(*divmod(int(day.cells[index]), day.grid.cols))
        assert day.index_of(at) == index
        assert raw[at.row, at.col] == day.values[index]
    assert day.index_of(Cell(0, 0)) is None
