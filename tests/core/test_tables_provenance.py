# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""CSV files that say where they come from, and files that appear whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from core.granules import cell, every_day, layers_of, name_of

from smos_ib_explorer.plugin.core import provenance as provenance_module
from smos_ib_explorer.plugin.core import tables
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled
from smos_ib_explorer.plugin.core.files import replacing
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.origins import of_day, of_series
from smos_ib_explorer.plugin.core.points import Point
from smos_ib_explorer.plugin.core.products import CITATIONS, PRODUCTS
from smos_ib_explorer.plugin.core.provenance import Provenance
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader, unapplied_to_any
from smos_ib_explorer.plugin.core.series import TimeSeries, read_many, read_series
from smos_ib_explorer.plugin.core.tables import write_points_csv, write_series_csv

A = Orbit.ASCENDING
DAYS = "2015-05-01/2015-05-30"
# contract.md, in its order.
COLUMNS = "point,lon,lat,row,col,cell_lon,cell_lat,date,orbit,variable,raw,kept,scene_flag,rmse,rejection"
OpenDays = Callable[..., tuple[Reader, Opened]]


def series_of(open_days: OpenDays, **how: object) -> tuple[TimeSeries, Provenance]:
    reader, opened = open_days(DAYS, **how)
    variables = [opened.recognition.variable(name) for name in ("SM", "VOD")]
    series = read_series(reader, opened, cell(4, 9), variables, A)
    unapplied = unapplied_to_any(variables[:1], PROVIDER, opened.recognition)
    return series, of_series([series], PROVIDER, unapplied, opened, "SMOS-IB Explorer 1.2.3")


def read_csv(path: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    lines = path.read_text("utf-8").splitlines()
    about = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    return about, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_the_columns_of_the_contract(open_days: OpenDays, tmp_path: Path) -> None:
    series, provenance = series_of(open_days)
    path = tmp_path / "série 水.csv"
    lon, lat = M25KM.centre(series.cell)
    write_series_csv(path, series, PROVIDER, provenance, lon + 0.01, lat - 0.01, point=7)
    lines = path.read_text("utf-8").splitlines()
    header = lines.index(COLUMNS)
    assert all(line.startswith("# ") for line in lines[:header])
    assert not any(line.startswith("#") for line in lines[header:])
    _, rows = read_csv(path)
    assert len(rows) == 30 * 2
    assert ",".join(tables.COLUMNS) == COLUMNS
    for number, row in enumerate(rows):
        day = every_day(DAYS)[number // 2]
        layer = ("Soil_Moisture", "Optical_Thickness_Nad")[number % 2]
        layers = {name: values[4, 9] for name, values in layers_of(day).items()}
        assert (row["point"], row["row"], row["col"], row["orbit"]) == ("7", "104", "709", "A")
        assert (row["date"], row["variable"]) == (day.isoformat(), ("SM", "VOD")[number % 2])
        assert float(row["lon"]) == pytest.approx(lon + 0.01, abs=1e-7)
        assert float(row["cell_lat"]) == pytest.approx(lat, abs=1e-6)
        assert row["raw"] == ("" if layers[layer] != layers[layer] else str(layers[layer]))
        assert row["rmse"] == ("" if layers["RMSE"] != layers["RMSE"] else str(layers["RMSE"]))
        flag = layers["Scene_Flags"]
        assert row["scene_flag"] == ("" if flag != flag else str(int(flag)))
        assert row["kept"] == ("" if row["rejection"] else row["raw"])
        assert (row["rejection"] == "no_retrieval") == (row["raw"] == "")
        assert set(filter(None, row["rejection"].split("+"))) <= {"no_retrieval", "scene_flag", "rmse", "range"}
    assert {row["rejection"] for row in rows} >= {"", "no_retrieval"}
    assert "nan" not in path.read_text("utf-8").lower().split("\n", header + 1)[-1]


def test_the_provenance_of_a_csv(open_days: OpenDays, tmp_path: Path) -> None:
    series, provenance = series_of(open_days)
    path = tmp_path / "a.csv"
    write_series_csv(path, series, PROVIDER, provenance, 1.0, 2.0)
    about, rows = read_csv(path)
    assert about["period"] == "2015-05-01/2015-05-30"
    assert about["orbit"] == "ascending"
    assert about["grid"] == "EASE2_M25km, EPSG:6933"
    assert about["product"] == "SMOS-IB or SMOS-IC V2 (files named alike)"
    assert about["quality_control"] == "SF ≤ 1, RMSE ≤ 8 K, valid range"
    assert about["software"] == "SMOS-IB Explorer 1.2.3"
    assert about["licence"].startswith("CC BY 4.0")
    assert "netCDF Soil_Moisture" in about["variable"] and "m³ m⁻³" in about["units"]
    assert about["source_folder"] == str(tmp_path)
    assert about["source_files"].startswith("30 files, ") and name_of(dt.date(2015, 5, 30)) in about["source_files"]
    assert "row 104, column 709" in about["cell"]
    assert "agree with the cell centres" in about["georeferencing"]
    kept = sum(row["variable"] == "SM" and row["rejection"] == "" for row in rows)
    assert about["kept_SM"] == str(kept)
    assert about["retrievals_SM"] == str(sum(row["variable"] == "SM" and row["raw"] != "" for row in rows))
    dropped = sum(row["variable"] == "SM" and "rmse" in row["rejection"] for row in rows)
    assert f"rmse {dropped}," in about["rejected_SM"]
    assert [about[f"citation_{number}"] for number in (1, 2, 3)] == [" ".join(text.split()) for text in CITATIONS]
    assert "note" not in about


def test_several_points_in_one_table_by_their_names(open_days: OpenDays, tmp_path: Path) -> None:
    reader, opened = open_days(DAYS)
    variables = [opened.recognition.variable("SM")]
    places = [cell(4, 9), cell(5, 3)]
    records = read_many(reader, opened, places, variables, A)
    part = replace(records[1], dates=records[1].dates[10:20], values={"SM": records[1].values["SM"][10:20]})
    assert part.scene_flag is not None and part.rmse is not None
    part = replace(part, scene_flag=part.scene_flag[10:20], rmse=part.rmse[10:20])
    points = [Point(one, *M25KM.centre(one), name) for one, name in zip(places, ("Sahel, west", "P2"))]
    path = tmp_path / "a.csv"
    for several in ([records[0], part], [part, records[0]]):  # a point whose reading was cancelled, first or last
        named = [next(point for point in points if point.cell == record.cell) for record in several]
        provenance = of_series(several, PROVIDER, (), opened, "x")
        write_points_csv(path, list(zip(named, several)), PROVIDER, provenance)
        about, rows = read_csv(path)
        assert [name for name, _ in itertools.groupby(row["point"] for row in rows)] == [one.name for one in named]
        assert len(rows) == 30 + 10 and about["period"] == "2015-05-01/2015-05-30" and about["cell"] == "2 cells"
        assert about["source_files"].startswith("30 files")
        assert int(about["retrievals_SM"]) == sum(row["raw"] != "" for row in rows)


def test_the_three_citations_are_complete() -> None:
    assert len(CITATIONS) == 3
    words = [
        ("Xing", "2026", "Earth System Science Data 18, 4047", "10.5194/essd-18-4047-2026", "2010-2024"),
        ("Li, X.", "Wigneron", "Ciais", "2022", "Remote Sensing of Environment 282, 113272"),
        ("Li, X.", "Ciais", "2025", "Nature Communications", "10.1038/s41467-025-59999-2"),
    ]
    for text, parts in zip(CITATIONS, words):
        assert all(part in text for part in parts)


def test_criteria_that_could_not_be_applied_are_shouted(open_days: OpenDays) -> None:
    _, provenance = series_of(open_days, without=("RMSE",))
    about = dict(provenance.items())
    assert about["quality_control"].endswith("NOT APPLIED for lack of the layer: RMSE")


def test_synthetic_data_says_so_first(open_days: OpenDays, tmp_path: Path) -> None:
    netcdf = pytest.importorskip("netCDF4")
    reader, opened = open_days("2015-05-01")
    path = opened.archive.granules[0].path
    with netcdf.Dataset(path, "a") as file:
        file.title = "SYNTHETIC demo"
    opened = reader.learn(scan(tmp_path))
    day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"), RAW)
    items = of_day(day, opened, "x").items()
    assert items[0] == ("note", provenance_module.SYNTHETIC_NOTE)


def test_the_provenance_of_a_day(open_days: OpenDays) -> None:
    reader, opened = open_days("2015-05-06")
    day = reader.day(opened.archive.granules[0], opened.recognition, opened.recognition.variable("SM"), PROVIDER)
    items = of_day(day, opened, "SMOS-IB Explorer 1.2.3").items()
    about = dict(items)
    assert len(about) == len(items), "every key once"
    assert about["date"] == "2015-05-06" and "period" not in about
    assert about["source_files"] == name_of(dt.date(2015, 5, 6))
    assert about["kept_SM"] == str(day.counts.kept)
    assert about["quality_control"] == str(PROVIDER)
    assert sum(key.startswith("citation_") for key in about) == 3
    assert all("\n" not in value for value in about.values())


# --- Whole or not at all ---


def test_a_csv_that_fails_leaves_nothing_behind(
    open_days: OpenDays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series, provenance = series_of(open_days)
    before = set(tmp_path.iterdir())

    def fail(*anything: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables, "value_columns", fail)
    with pytest.raises(BadRequest, match=r"a.csv cannot be written: No space left on device"):
        write_series_csv(tmp_path / "a.csv", series, PROVIDER, provenance, 1.0, 2.0)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), Cancelled(), ValueError("bug"), KeyboardInterrupt()]
)
def test_a_failing_write_keeps_the_older_file(error: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "map.tif"
    path.write_text("old")
    raised = BadRequest if isinstance(error, OSError) else type(error)
    with pytest.raises(raised), replacing(path) as part:
        part.write_text("half")
        raise error
    assert [one.name for one in tmp_path.iterdir()] == ["map.tif"]
    assert path.read_text() == "old"


def test_a_good_write_replaces_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "new folder é" / "map.tif"
    for text in ("old", "new"):
        with replacing(path) as part:
            assert part.parent == path.parent and part.suffix == ".tif" and part != path
            part.write_text(text)
    assert path.read_text() == "new"
    assert [one.name for one in path.parent.iterdir()] == ["map.tif"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be written"), replacing(tmp_path / "a.csv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(BadRequest, match="cannot be written"), replacing(tmp_path / "a" / "b.csv"):
        pytest.fail("the block must not run")


def test_what_is_being_written_is_no_part_of_an_archive(tmp_path: Path) -> None:
    from smos_ib_explorer.plugin.core.archive import scan

    (tmp_path / "S_20180101.nc").write_text("x")
    with replacing(tmp_path / "S_20180102.nc") as part:
        part.write_text("x")
        assert [one.date.day for one in scan(tmp_path).granules] == [1]
    assert [one.date.day for one in scan(tmp_path).granules] == [1, 2]


def test_another_provider_s_product_does_not_carry_our_licence() -> None:
    others = {product.key for product in PRODUCTS if not product.citations}
    assert others == {"smos-ic-v105", "smap-ib", "catds-l3"}
    assert all("CC BY" not in product.licence for product in PRODUCTS if product.key in others)
    assert all(product.citations == CITATIONS for product in PRODUCTS if product.key not in others)


def test_a_record_that_is_still_being_read_says_so(open_days: OpenDays) -> None:
    reader, opened = open_days(DAYS)
    series = read_series(reader, opened, cell(1, 1), opened.recognition.variables[:1], A)
    part = replace(series, wanted=series.wanted + 3)
    for record, notes in ((series, 0), (part, 1)):
        told = of_series([record], PROVIDER, (), opened, "test").notes
        assert sum("Incomplete: 30 of 33 days" in note for note in told) == notes
