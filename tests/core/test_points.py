# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kept points: names that stay, colours that differ; coordinates as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.points import POINT_COLOURS, Place, add_places, free_name, new_point
from smos_ib_explorer.plugin.core.typed_place import read_place


def _points(*names: str):
    return [new_point([], Cell(number, 0), Place(0.0, 0.0, name)) for number, name in enumerate(names)]


def test_a_number_is_not_used_again_while_a_higher_one_is_there():
    assert free_name("", []) == "P1"
    assert free_name("", _points("P1", "P3")) == "P4"
    assert free_name("", _points("Sahel", "Pampa", "P²")) == "P1"


def test_a_name_belongs_to_one_point():
    assert free_name(" Sahel\n west ", _points("Sahel")) == "Sahel west"
    assert free_name("Sahel", _points("Sahel", "Sahel (2)")) == "Sahel (3)"


def test_colours_come_again_only_after_the_last():
    places = [Place(lon, 10.0) for lon in range(0, 20, 2)]
    points, meant, outside = add_places((), places, M25KM)
    colours = [point.colour for point in points]
    assert sorted(colours[: len(POINT_COLOURS)]) == list(range(len(POINT_COLOURS))) and colours[-2:] == [0, 1]
    assert meant == list(points) and outside == 0
    assert new_point(points[1:8], Cell(0, 0), Place(0, 0)).colour == 0


def test_a_place_in_a_known_cell_is_that_point_and_one_outside_is_counted():
    points, _, _ = add_places((), [Place(9.2, 30.0)], M25KM)
    lon, lat = M25KM.centre(points[0].cell)
    grown, meant, outside = add_places(points, [Place(lon, lat), Place(0, 89), Place(20, 30, "x")], M25KM)
    assert grown[0] is points[0] and [one.name for one in grown] == ["P1", "x"]
    assert meant == list(grown) and outside == 1


@pytest.mark.parametrize(
    "text",
    [
        "9.21, 30.07",
        "9.21 30.07",
        " 9.21;30.07 ",
        "9,21 30,07",
        "9,21; 30,07",
        "9.21 E 30.07 N",
        "30.07N, 9.21E",
        "30.07n9.21e",
        "N 30.07 E 9.21",
        "E9.21 N30.07",
        "9.21° 30.07°",
        "30.07° N, 9.21° E",
        "9°12'36\"E 30°4'12\"N",
        "30° 4′ 12″ N, 9° 12′ 36″ E",
        "9° 12.6' E 30° 4.2' N",
        "30 4 12 N 9 12 36 E",
        "9 12' 36'', 30 4' 12''",
        "30°4'12N 9°12'36E",
        "+9.21 / +30.07",
    ],
)
def test_coordinates_as_people_type_them(text):
    place = read_place(text)
    assert (place.lon, place.lat) == (pytest.approx(9.21), pytest.approx(30.07))


@pytest.mark.parametrize(
    ("text", "lon", "lat"),
    [
        ("-99.5, -31", -99.5, -31),
        ("31 S 99.5 W", -99.5, -31),
        ("260.5, 10", -99.5, 10),
        ("0, 0", 0, 0),
        ("−9,−3", -9, -3),
    ],
)
def test_signs_and_sides(text, lon, lat):
    place = read_place(text)
    assert (place.lon, place.lat) == (lon, lat)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No coordinates"),
        ("Sahel", "“Sahel” is no longitude"),
        ("9.21", "no longitude and latitude"),
        ("9.21 E 30.07 E", "One longitude"),
        ("9.21 E 30.07", "One longitude"),
        ("9.21, 98", "98 is no latitude"),
        ("400, 10", "400 is no longitude"),
        ("9°72'E 30°N", "below 60"),
        ("-9 W, 3 N", "not both"),
        ("1, 2, 3", "no longitude and latitude"),
        ("1, 2 metres", "no longitude and latitude"),
    ],
)
def test_what_is_no_place_is_said(text, said):
    with pytest.raises(BadRequest) as raised:
        read_place(text)
    assert said in raised.value.sentence and raised.value.hint


@given(
    st.floats(-180, 180).map(lambda number: round(number, 5)), st.floats(-84, 84).map(lambda number: round(number, 5))
)
def test_every_place_can_be_typed_by_sign_or_by_side(lon, lat):
    written = f"{abs(lat):.5f} {'S' if lat < 0 else 'N'} {abs(lon):.5f}{'W' if lon < 0 else 'E'}"
    for text in (f"{lon:.5f}, {lat:.5f}", f"{lon:.5f} {lat:.5f}", written):
        place = read_place(text)
        assert (place.lon, place.lat) == (pytest.approx(lon, abs=1e-9), pytest.approx(lat, abs=1e-9))
