# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user corrects goes before what is recognised, and travels as a small file; the evidence says so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.dialects import Dialect, Window, land_mask, write_dialect
from core.granules import LAYERS, layers_of, write_day
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.corrections import FROM_CONTENT, Corrections, Orientation
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import BadRequest, UnreadableFile
from smos_ib_explorer.plugin.core.evidence import of_variable
from smos_ib_explorer.plugin.core.grid import CUT_FROM, M25KM
from smos_ib_explorer.plugin.core.names import DateForm, Orbit
from smos_ib_explorer.plugin.core.products import PRODUCTS
from smos_ib_explorer.plugin.core.profile import (
    FORM,
    WHAT,
    corrections_from_text,
    corrections_to_text,
    read_profile,
    write_profile,
)
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.store.build import build_store
from smos_ib_explorer.plugin.core.store.store import Store
from smos_ib_explorer.plugin.core.values import decode
from smos_ib_explorer.plugin.core.variables import ROLES

SM = LAYERS[0]
DAY = dt.date(2020, 3, 4)
Learn = Callable[..., Opened]


@pytest.fixture
def learn(engine: Engine, tmp_path: Path) -> Learn:
    def learnt(**corrections: Any) -> Opened:
        return Reader(engine).learn(scan(tmp_path), Corrections(**corrections))

    return learnt


def told(opened: Opened) -> dict[str, str]:
    """Return the evidence as `what` → `found (why)`."""
    return {one.what: f"{one.found} ({one.why})" for one in opened.evidence}


def raw_of(opened: Opened, engine: Engine, variable: str = "SM") -> np.ndarray:
    recognition = opened.recognition
    return Reader(engine).day(opened.archive.granules[0], recognition, recognition.variable(variable), RAW).raw


# --- Each thing that can be corrected ---


def test_nothing_is_said_to_be_chosen_where_nothing_was(learn: Learn, tmp_path: Path) -> None:
    write_day(tmp_path, DAY)
    opened = learn()
    lines = told(opened)
    assert set(lines) == {"Product", "Grid", "Position", "Dates", "Orbit"}
    assert "as you chose" not in " ".join(lines.values())
    assert lines["Orbit"] == "ascending (CDF3SA in the file name (1 files))"
    assert "YYYYMMDD (1 files)" in lines["Dates"]
    assert "agree with the cell centres within" in lines["Position"]
    assert "regional cut" in lines["Grid"] and "SM_(?:RE" in lines["Product"]


def test_the_product(learn: Learn, tmp_path: Path) -> None:
    write_day(tmp_path, DAY)
    opened = learn(product="smos-ic-v105")
    assert opened.recognition.product.key == "smos-ic-v105"
    assert told(opened)["Product"] == "SMOS-IC V105 (as you chose)"


@pytest.mark.parametrize(
    ("dates", "name", "day"),
    [
        ("DDMMYYYY", "SM_04032020.nc", DAY),
        ("day_DDD_of_YYYY", "SM_20180101_day_064_of_2020.nc", DAY),
        ("MMDDYYYY", "SM_04032020.nc", dt.date(2020, 4, 3)),
        ("v1_YYYYMMDD", "v2_20180101_v1_20200304.nc", DAY),
    ],
)
def test_how_names_write_the_day(learn: Learn, tmp_path: Path, dates: str, name: str, day: dt.date) -> None:
    write_day(tmp_path, DAY, name=name)
    opened = learn(dates=dates)
    assert [one.date for one in opened.archive.granules] == [day]
    assert told(opened)["Dates"] == f"from file names, as {dates} (as you chose; 1 files)"


def test_names_that_do_not_fit_the_form_have_no_date(learn: Learn, tmp_path: Path) -> None:
    write_day(tmp_path, DAY, name="SM_04032020.nc")
    write_day(tmp_path, DAY, name="SM_20200305.nc")
    opened = learn(dates="DDMMYYYY")
    assert [one.date for one in opened.archive.granules] == [DAY]
    assert [problem.path.name for problem in opened.archive.problems] == ["SM_20200305.nc"]


@pytest.mark.parametrize("text", ["", "YYYY", "YYYYMM", "YYYYMMDDDD", "DDMM", "YYYYYYYYMMDD", "YYYYDDDMM", "x"])
def test_a_form_that_is_none_is_refused(learn: Learn, tmp_path: Path, text: str) -> None:
    with pytest.raises(BadRequest, match="does not say how file names write the day"):
        DateForm.of(text)
    if text:
        write_day(tmp_path, DAY)
        with pytest.raises(BadRequest, match="does not say"):
            learn(dates=text)


def test_the_day_from_inside_of_the_files(learn: Learn, engine: Engine, truth: np.ndarray, tmp_path: Path) -> None:
    write_dialect(tmp_path / "SM_20110101.nc", Dialect(time="leading"), M25KM, truth)
    assert [str(one.date) for one in learn().archive.granules] == ["2011-01-01"]
    opened = learn(dates=FROM_CONTENT)
    assert [str(one.date) for one in opened.archive.granules] == ["2015-05-05"]
    assert told(opened)["Dates"] == "from inside of the files (as you chose)"


def test_files_that_tell_no_day_inside_are_listed(learn: Learn, tmp_path: Path) -> None:
    write_day(tmp_path, DAY)
    with pytest.raises(UnreadableFile, match=r"No file in .* can be used"):
        learn(dates=FROM_CONTENT)


@pytest.mark.parametrize("orbit", ["A", "D", ""])
def test_the_orbit_of_all_files(learn: Learn, tmp_path: Path, orbit: str) -> None:
    write_day(tmp_path, DAY, "A")
    write_day(tmp_path, DAY + dt.timedelta(days=1), "D")
    opened = learn(orbit=orbit)
    assert opened.archive.orbits == (Orbit(orbit),) and len(opened.archive.granules) == 2
    assert told(opened)["Orbit"].endswith("(as you chose)")


def test_two_files_of_a_day_are_second_files_once_the_orbit_is_the_same(learn: Learn, tmp_path: Path) -> None:
    for orbit in "AD":
        write_day(tmp_path, DAY, orbit)
    assert len(learn().archive.granules) == 2
    opened = learn(orbit="A")
    assert len(opened.archive.granules) == 1 and "second file" in opened.archive.problems[0].reason


def test_one_more_number_that_means_no_retrieval(learn: Learn, engine: Engine, tmp_path: Path) -> None:
    marked = layers_of(DAY)[SM].copy()
    marked[3, 4:9] = -1.0
    write_day(tmp_path, DAY, extra={SM: marked})
    plain, opened = learn(), learn(fills={SM: -1.0})
    before, after = raw_of(plain, engine), raw_of(opened, engine)
    assert (before == -1).sum() == 5
    np.testing.assert_array_equal(after, np.where(before == -1, np.nan, before))
    assert "-1 (as you chose)" in of_variable(opened.recognition.variable("SM"))
    assert "nan" in of_variable(plain.recognition.variable("SM"))


def test_a_further_number_reaches_the_match_with_land(engine: Engine, tmp_path: Path) -> None:
    netcdf = pytest.importorskip("netCDF4")
    land = land_mask()
    with netcdf.Dataset(tmp_path / "x_20200101.nc", "w") as file:
        for name, size in zip("ab", M25KM.shape):
            file.createDimension(name, size)
        file.createVariable("SM", "f4", ("a", "b"), zlib=True)[:] = np.where(land, 0.2, -99)[::-1]
    reader = Reader(engine, lambda grid: land)
    assert reader.learn(scan(tmp_path)).recognition.doubtful
    found = reader.learn(scan(tmp_path), Corrections(fills={"SM": -99.0})).recognition
    assert not found.doubtful and found.orientation == Orientation(True, False)


def test_a_further_number_may_be_the_scaled_one(engine: Engine) -> None:
    stored, attributes = np.array([2, 3, 4], dtype=np.int16), {"scale_factor": 0.1}
    np.testing.assert_array_equal(np.isnan(decode(stored, attributes, (0.3,))), [False, True, False])
    np.testing.assert_array_equal(np.isnan(decode(stored, attributes, (4,))), [False, False, True])


def test_a_further_number_takes_no_other_with_it(engine: Engine) -> None:
    stored = np.array([-0.3, 0.0, 0.2, 0.4], dtype=np.float32)
    for scale in (1.0, 0.01, np.float32(0.1)):
        found = np.isnan(decode(stored, {"scale_factor": scale}, (0.0,)))
        np.testing.assert_array_equal(found, [False, True, False, False])
    packed = np.array([2, 3, 4], dtype=np.int16)
    assert not np.isnan(decode(packed, {"scale_factor": 0.5}, (1.25,))).any()  # halfway between two
    found = np.isnan(decode(np.array([-30, 30], np.float32), {"scale_factor": np.float32(0.01)}, (-0.3,)))
    np.testing.assert_array_equal(found, [True, False])


def test_units_that_the_file_states_or_the_user_are_converted_and_told(
    learn: Learn, engine: Engine, tmp_path: Path
) -> None:
    percent = 100 * layers_of(DAY)[SM]
    write_day(tmp_path, DAY, extra={SM: percent})
    plain, opened = learn(), learn(units={SM: "%"})
    np.testing.assert_allclose(raw_of(opened, engine), raw_of(plain, engine) / 100, rtol=1e-6)
    assert opened.recognition.variable("SM").units == "m³ m⁻³"
    assert "units % · converted to m³ m⁻³: × 0.01" in of_variable(opened.recognition.variable("SM"))
    np.testing.assert_allclose(raw_of(learn(units={SM: "m3 m-3"}), engine), raw_of(plain, engine))


def test_the_grid_that_a_cut_comes_from(learn: Learn, engine: Engine, truth: np.ndarray, tmp_path: Path) -> None:
    write_dialect(tmp_path / "x_20200101.nc", Dialect(), M25KM, truth, Window.of(M25KM, (100, 120), (700, 730)))
    assert told(learn(grid=M25KM.name))["Grid"].endswith("(a regional cut, as you chose)")
    with pytest.raises(Exception, match="away from the centres of EASE2_M36km"):
        learn(grid="EASE2_M36km")


def test_what_a_profile_of_other_files_names_is_said(learn: Learn, tmp_path: Path) -> None:
    write_day(tmp_path, DAY)
    opened = learn(roles={"VOD": "Tau"}, fills={"Wet": 3.0})
    assert "The corrections speak of variables that the files lack: Tau, Wet." in opened.notes


def test_a_store_is_not_used_for_values_that_mean_something_else(engine: Engine, tmp_path: Path) -> None:
    write_day(tmp_path / "archive", DAY)
    reader, folder = Reader(engine), tmp_path / "there.smosib-store"
    archive = scan(tmp_path / "archive")
    for corrections in (Corrections(), Corrections(fills={SM: 0.0}), Corrections(units={SM: "%"})):
        opened = reader.learn(archive, corrections)
        store = Store.open(folder, engine)
        assert store is None or store.view(opened).standing.other_variables
        build_store(reader, opened, folder, "test")
        assert Store.open(folder, engine).view(opened).standing.is_current


# --- The profile file ---

texts = st.text(max_size=8)
corrections = st.builds(
    Corrections,
    roles=st.dictionaries(st.sampled_from([role.id for role in ROLES]), texts, max_size=3),
    orientation=st.none() | st.builds(Orientation, st.booleans(), st.booleans()),
    product=st.sampled_from(["", *(one.key for one in PRODUCTS)]),
    grid=st.sampled_from(["", *(one.name for one in CUT_FROM)]),
    units=st.dictionaries(texts, texts, max_size=2),
    fills=st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=2),
    dates=st.sampled_from(["", FROM_CONTENT, "DDMMYYYY", "x_YYYY_DDD"]),
    orbit=st.none() | st.sampled_from(["", "A", "D"]),
)


@given(corrections)
def test_corrections_survive_as_text_and_as_python(one: Corrections) -> None:
    assert corrections_from_text(corrections_to_text(one)) == one
    names = {"Corrections": Corrections, "Orientation": Orientation}
    assert eval(repr(one), names) == one
    assert bool(one) == (one != Corrections())


def test_what_older_versions_kept_is_read() -> None:
    old = '{"roles": {"SM": "Wet"}, "orientation": [true, false]}'
    assert corrections_from_text(old) == Corrections({"SM": "Wet"}, Orientation(True, False))


def test_a_profile_is_written_and_read_and_tells_what_was_recognised(learn: Learn, tmp_path: Path) -> None:
    write_day(tmp_path, DAY)
    opened = learn(roles={"VOD": ""}, fills={SM: -1.0})
    path = tmp_path / "mine.smosib.json"
    write_profile(path, opened.recognition.corrections, opened)
    assert read_profile(path) == opened.recognition.corrections
    content = json.loads(path.read_text("utf-8"))
    assert content["recognised"]["Orbit"].startswith("ascending") and content["variables"]["SM"] == SM


WRONG = {
    "no JSON": "{",
    "no object": "[1]",
    "another file": '{"what": "something"}',
    "a newer form": json.dumps({"what": WHAT, "form": FORM + 1}),
    "no corrections": json.dumps({"what": WHAT, "form": FORM}),
    "unknown role": json.dumps({"what": WHAT, "form": FORM, "corrections": {"roles": {"XY": "a"}}}),
    "unknown product": json.dumps({"what": WHAT, "form": FORM, "corrections": {"product": "mine"}}),
    "unknown grid": json.dumps({"what": WHAT, "form": FORM, "corrections": {"grid": "EASE2_N25km"}}),
    "no form of date": json.dumps({"what": WHAT, "form": FORM, "corrections": {"dates": "YYYY"}}),
    "no orbit": json.dumps({"what": WHAT, "form": FORM, "corrections": {"orbit": "X"}}),
    "no number": json.dumps({"what": WHAT, "form": FORM, "corrections": {"fills": {"a": "b"}}}),
    "no finite number": json.dumps({"what": WHAT, "form": FORM, "corrections": {"fills": {"a": "inf"}}}),
    "no switches": json.dumps({"what": WHAT, "form": FORM, "corrections": {"orientation": [1]}}),
    "no texts": json.dumps({"what": WHAT, "form": FORM, "corrections": {"units": {"a": 1}}}),
    "deep": "[" * 100_000,
    "not UTF-8": b"\xff\xfe",
    "too large": " " * 1_000_001,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_file_that_is_no_profile_is_refused_with_a_sentence(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "x.smosib.json"
    content = WRONG[wrong]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadRequest, match=r"profile|file names"):
        read_profile(path)
    with pytest.raises(BadRequest, match="cannot be read"):
        read_profile(tmp_path / "nowhere.json")
