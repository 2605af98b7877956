# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo archive: the same numbers every time, plausible, and never to be mistaken for measurements."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from core.conftest import make_engine
from core.dialects import Numbers, land_mask

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.demo import make_demo
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader

FIRST, LAST = dt.date(2024, 2, 28), dt.date(2024, 3, 1)
LAYERS = ("Soil_Moisture", "Optical_Thickness_Nad", "BT_H_IC_Fitted", "BT_V_IC_Fitted", "RMSE", "Scene_Flags")


@pytest.fixture(scope="module", params=["netCDF4", "GDAL"])
def writer(request: pytest.FixtureRequest) -> Engine:
    """The engine that writes."""
    return make_engine(request.param)


@pytest.fixture(scope="module")
def archive(writer: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of both orbits, across a leap day."""
    folder = tmp_path_factory.mktemp("demo é 水")
    paths = make_demo(writer, folder, land_mask(), FIRST, LAST)
    assert len(paths) == 6 and all(path.exists() for path in paths)
    assert not [path for path in folder.rglob("*") if path.is_file() and path not in paths]
    return folder


@pytest.fixture(scope="module")
def opened(writer: Engine, archive: Path) -> tuple[Reader, Opened]:
    """The demo archive as the software opens it."""
    reader = Reader(writer)
    return reader, reader.learn(scan(archive))


def test_what_the_archive_is(opened: tuple[Reader, Opened], archive: Path) -> None:
    _, found = opened
    assert found.archive.orbits == (Orbit.ASCENDING, Orbit.DESCENDING)
    assert [str(day) for day in found.archive.dates(Orbit.DESCENDING)] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert found.archive.problems == () and found.notes == ()
    recognition = found.recognition
    assert [one.id for one in recognition.variables] == ["SM", "VOD", "TBH", "TBV", "RMSE", "SF"]
    assert recognition.grid is M25KM
    assert recognition.deviation is not None and recognition.deviation < 0.1
    assert "south row first" in recognition.evidence
    assert recognition.missing_quality_layers == ()
    assert {path.parent.parent.name for path in archive.rglob("*.nc")} == {"ASC", "DES"}


def test_every_file_says_that_it_is_synthetic(opened: tuple[Reader, Opened]) -> None:
    reader, found = opened
    assert found.recognition.synthetic
    assert "synthetic" in found.recognition.product.title
    for granule in found.archive.granules:
        assert "SYNTHETIC" in granule.path.name
        with reader.engine.open(granule.path) as file:
            assert "SYNTHETIC" in str(file.attributes["title"])
            assert "no measurement" in str(file.attributes["comment"])
            assert all(file.variables[name].text("comment") == "synthetic" for name in LAYERS)


def test_the_form_of_the_product(opened: tuple[Reader, Opened]) -> None:
    reader, found = opened
    with reader.engine.open(found.archive.granules[0].path) as file:
        for name in LAYERS:
            header = file.variables[name]
            assert header.shape == (584, 1388) and header.dimensions == ("lat", "lon")
            assert np.isnan(header.attributes["_FillValue"])
        assert file.read("Soil_Moisture").dtype == np.float64
    assert 0.2e6 < found.archive.granules[0].size < 6e6


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("SM", 0, 0.7), ("VOD", 0, 1.6), ("TBH", 80, 320), ("TBV", 120, 330), ("RMSE", 0.7, 28), ("SF", 0, 15)],
)
def test_values_are_plausible_and_on_land(name: str, low: float, high: float, opened: tuple[Reader, Opened]) -> None:
    reader, found = opened
    day = reader.day(found.archive.granules[0], found.recognition, found.recognition.variable(name), RAW)
    valid = np.isfinite(day.raw)
    assert not valid[~land_mask()].any()
    assert low <= day.raw[valid].min() and day.raw[valid].max() <= high
    assert 0.2 < valid[land_mask()].mean() < 0.8, "a day covers a part of the land"
    if name == "SF":
        assert set(np.unique(day.raw[valid])) <= set(range(16))


def test_quality_control_has_something_to_do(opened: tuple[Reader, Opened]) -> None:
    reader, found = opened
    counts = reader.day(found.archive.granules[0], found.recognition, found.recognition.variable("SM"), PROVIDER).counts
    assert 0.3 < counts.kept / counts.retrievals < 0.98
    assert counts.scene_flag > 0 and counts.rmse > 0


def test_the_same_days_give_the_same_numbers(writer: Engine, opened: tuple[Reader, Opened], tmp_path: Path) -> None:
    reader, found = opened
    (again,) = make_demo(writer, tmp_path, land_mask(), LAST, LAST, [Orbit.DESCENDING])
    before = found.archive.granule(LAST, Orbit.DESCENDING).path
    assert again.name == before.name
    for name in (*LAYERS, "lat", "lon"):
        bytes_of = []
        for path in (before, again):
            with reader.engine.open(path) as file:
                bytes_of.append(file.read(name).tobytes())
        assert bytes_of[0] == bytes_of[1], name


def test_days_and_orbits_differ(opened: tuple[Reader, Opened]) -> None:
    reader, found = opened
    variable = found.recognition.variable("SM")
    maps = [reader.day(granule, found.recognition, variable, RAW).raw for granule in found.archive.granules[:3]]

    def alike(one: Numbers, other: Numbers) -> float:
        return float((np.isfinite(one) == np.isfinite(other))[land_mask()].mean())

    assert alike(maps[0], maps[1]) < 0.95 and alike(maps[0], maps[2]) < 0.95


def test_both_engines_write_the_same(both_engines: list[Engine], tmp_path: Path) -> None:
    headers, numbers = [], []
    for engine in both_engines:
        (path,) = make_demo(engine, tmp_path / engine.name, land_mask(), LAST, LAST, [Orbit.ASCENDING])
        with both_engines[0].open(path) as file:
            headers.append(
                {
                    name: (one.dimensions, one.shape, {key: str(value) for key, value in one.attributes.items()})
                    for name, one in file.variables.items()
                }
            )
            headers[-1][""] = {key: str(value) for key, value in file.attributes.items() if not key.startswith("_")}
            numbers.append({name: file.read(name).tobytes() for name in file.variables})
    assert headers[0] == headers[1]
    assert numbers[0] == numbers[1]


def test_days_that_are_there_stay_untouched(writer: Engine, tmp_path: Path) -> None:
    days = [LAST, LAST + dt.timedelta(days=1)]
    (first,) = make_demo(writer, tmp_path, land_mask(), days[0], days[0], [Orbit.ASCENDING])
    first.write_bytes(b"mine")
    status = first.stat()
    told: list[str] = []
    paths = make_demo(writer, tmp_path, land_mask(), *days, [Orbit.ASCENDING], lambda share, what: told.append(what))
    assert paths[0] == first and len(paths) == 2
    assert first.read_bytes() == b"mine" and first.stat().st_mtime_ns == status.st_mtime_ns
    assert told == ["2024-03-01", "2024-03-02"]


def test_an_empty_period_is_refused(writer: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="has no day"):
        make_demo(writer, tmp_path, land_mask(), LAST, FIRST)
    assert list(tmp_path.iterdir()) == []


def test_cancelling_leaves_nothing_half_written(writer: Engine, tmp_path: Path) -> None:
    def stop(share: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        make_demo(writer, tmp_path, land_mask(), FIRST, LAST, progress=stop)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_is_said(writer: Engine, tmp_path: Path) -> None:
    (tmp_path / "ASC").write_text("a file where a folder should be")
    with pytest.raises(BadRequest, match="cannot be written"):
        make_demo(writer, tmp_path, land_mask(), LAST, LAST)
    assert [path.name for path in tmp_path.rglob("*")] == ["ASC"]
