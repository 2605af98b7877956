# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading stations: ISMN's two forms and CSV files as people have them; what is said of files that cannot be used. All numbers are invented."""

from __future__ import annotations

import os

import numpy as np
import pytest
from core.station_files import LAT, LINES, LON, STM_NAME, write_ceop, write_stm, write_text

from smos_ib_explorer.plugin.core.analysis import station_csv, station_stm, station_text, stations
from smos_ib_explorer.plugin.core.analysis.station_csv import same_units
from smos_ib_explorer.plugin.core.analysis.station_text import Clock, minute_of, number_of
from smos_ib_explorer.plugin.core.analysis.stations import OtherQuantity, load_stations, read_stations
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, UnreadableFile, VanishedFile

PLACE = ("# lat: 30.07", "# lon: 9.21")


def only(path):
    (station,) = read_stations(path)
    return station


def times_of(station):
    return [str(one) for one in station.times]


# --- ISMN ---


@pytest.mark.parametrize("write", [write_stm, write_ceop])
def test_both_forms_of_ismn_tell_the_same(tmp_path, write):
    station = only(write(tmp_path))
    assert (station.network, station.name, station.lat, station.lon) == ("NET", "Inv-1", LAT, LON)
    assert (station.depth_from, station.depth_to, station.depth) == (0.0, 0.05, "0–0.05 m")
    assert (station.quantity, station.units, station.is_ismn) == ("SM", "m³ m⁻³", True)
    assert times_of(station) == [time.replace(" ", "T") for time, _, _ in LINES]
    np.testing.assert_array_equal(station.values, [value for _, value, _ in LINES])
    assert station.flags.tolist() == [flag.encode() for _, _, flag in LINES]
    assert station.good.tolist() == [True, True, False, True, False]
    assert [str(day) for day in station.days] == ["2020-02-28", "2020-03-01"]
    assert station.notes == ()


def test_published_heads_with_spaces_and_quotes(tmp_path):
    """As newer downloads have them: a sensor of several words or in quotes, a provider's flag with spaces."""
    for sensor in ("Hydraprobe II Sdi-12_B", "'Meter-5TM'"):
        station = only(
            write_text(
                tmp_path,
                f"RISMA  RISMA  CEF North   45.38546 -75.71978   79.0 0.0000 0.0500 {sensor}",
                "2015/04/11 15:00 0.428 G Out of WFV average range,NA,NA,OK,OK,OK",
                "2015/04/11 16:00 0.433 D05,D04 OK",
                name=STM_NAME,
            )
        )
        assert (station.name, station.lon, station.lat) == ("CEF North", -75.71978, 45.38546)
        assert station.good.tolist() == [True, False]


def test_ismn_files_of_another_quantity_are_told_by_their_name(tmp_path):
    with pytest.raises(OtherQuantity, match="holds soil temperature"):
        read_stations(write_stm(tmp_path, name=STM_NAME.replace("_sm_", "_ts_")))


@pytest.mark.parametrize(
    "lines",
    [
        ("date,sm", "2020-01-01,0.2"),
        ("NET NET Inv-1 130.0 9.2 322 0.0 0.05 Probe", "2020/01/01 00:00 0.2 G M"),
        ("NET NET Inv-1 nan 9.2 322 0.0 0.05 Probe", "2020/01/01 00:00 0.2 G M"),
        ("NET NET Inv-1 30.0 9.2 322 0.0 0.05 Probe",),
        ("NET NET Inv-1 30.0 9.2 322 0.0 0.05 Probe", "2020/13/01 00:00 0.2 G M", "x"),
    ],
)
def test_what_is_no_ismn_file_is_refused(tmp_path, lines):
    with pytest.raises(UnreadableFile, match="Inv-1"):
        read_stations(write_text(tmp_path, *lines, name=STM_NAME))


def test_broken_lines_are_counted_and_left_out(tmp_path):
    path = write_stm(tmp_path)
    path.write_text(path.read_text() + "2020/03/02 06:00\n2020/03/0\n2020/03/02 07:00 abc G M\n")
    station = only(path)
    assert station.values.size == len(LINES)
    assert "3 lines cannot be read, such as “2020/03/02 06:00”" in station.notes[0]


def test_a_ceop_file_of_two_stations_is_refused(tmp_path):
    path = write_ceop(tmp_path)
    path.write_text(path.read_text() + write_ceop(tmp_path / "other", station="Inv-2").read_text())
    with pytest.raises(UnreadableFile, match="several stations"):
        read_stations(path)


# --- CSV ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_and_encodings(tmp_path, delimiter, encoding):
    rows = (f"Date{delimiter}Soil_Moisture{delimiter}Note", f"2020-02-29{delimiter}0.21{delimiter}Größe")
    station = only(write_text(tmp_path, "# name: Müncheberg", *PLACE, *rows, encoding=encoding))
    assert (station.name, station.lat, station.lon) == ("Müncheberg", 30.07, 9.21)
    assert (station.quantity, times_of(station), station.values.tolist()) == ("SM", ["2020-02-29T00:00"], [0.21])
    assert not station.tells_hours


def test_decimal_commas_percent_and_line_ends(tmp_path):
    path = tmp_path / "swc.csv"
    path.write_bytes(b"lat;lon;time;swc [%]\r\n30,07;9,21;2020/02/29 06:00;21,5\r\n30,07;9,21;2020/02/29 07:00;22\r\n")
    station = only(path)
    assert (station.lat, station.lon, station.units) == (30.07, 9.21, "m³ m⁻³")
    np.testing.assert_allclose(station.values, [0.215, 0.22])


@pytest.mark.parametrize("units", ["%", "vol %", "Percent"])
def test_units_in_comments(tmp_path, units):
    station = only(write_text(tmp_path, *PLACE, f"# units: {units}", "time,value", "2020-02-29,43"))
    assert (station.quantity, station.units, station.values.tolist()) == ("", "m³ m⁻³", [0.43])


def test_percent_without_units_is_asked_for_and_not_guessed(tmp_path):
    station = only(write_text(tmp_path, *PLACE, "time,sm", "2020-02-29,43"))
    assert station.values.tolist() == [43]
    assert "add the line “# units: %”" in station.notes[0]


def test_missing_codes_and_text_among_numbers(tmp_path):
    rows = [
        f"2020-02-{day:02d},{text}" for day, text in enumerate(("", "NaN", "-9999", "-9999.0", "abc", "inf", "0"), 1)
    ]
    station = only(write_text(tmp_path, *PLACE, "time,sm", *rows))
    assert station.values.tolist() == [0.0]  # zero is a value
    assert "1 rows have no number that can be read, such as “abc”" in station.notes[0]


def test_offsets_become_utc_and_order_and_doubles_are_mended(tmp_path):
    rows = ("2020-03-01T01:00+02:00,0.3", "2020-02-29T12:00Z,0.1", "2020-02-29T12:00,0.2", "2020-02-29 12:30:59.5,0.4")
    station = only(write_text(tmp_path, *PLACE, "timestamp,sm", *rows))
    assert times_of(station) == ["2020-02-29T12:00", "2020-02-29T12:30", "2020-02-29T23:00"]
    assert station.values.tolist() == [0.1, 0.4, 0.3]
    assert "1 values have the time of another one" in station.notes[0]


@pytest.mark.parametrize(
    ("text", "stands_for"),
    [
        ("2020-02-29", "2020-02-29T00:00"),
        ("20200229", "2020-02-29T00:00"),
        ("2020/02/29 6:05", "2020-02-29T06:05"),
        ("2020-02-29 24:00", "2020-03-01T00:00"),
        ("2020-02-29T06:05:07.123-0730", "2020-02-29T13:35"),
        ("2020-02-29 06:05 UTC", "2020-02-29T06:05"),
        *((text, None) for text in ("2021-02-29", "29.02.2020", "2020-02", "1776-07-04", "9999-01-01", "2020-02-29 25:00",
                                    "2020-02/29", "now", "NaT", "", "2020-02-29 06:60", "٢٠٢٠-02-29")),
    ],
)  # fmt: skip
def test_times(text, stands_for):
    minute = minute_of(text)
    assert (None if minute is None else str(np.datetime64(minute, "m"))) == stands_for


def test_a_clock_that_remembers_the_day_reads_the_same():
    texts = [
        f"2020-02-29{end}"
        for end in (" 23:59", "T00:00", " 24:00", " 23:60", " 06:05Z", " ٠٦:05", " 6:05", "x06:05", "")
    ]
    texts += ["2020-03-01 06:05", "2020-02-29 07:00"]
    clock = Clock()
    assert [clock.minute_of(text) for text in texts] == [minute_of(text) for text in texts]


def test_numbers():
    assert [number_of("0,5", True), number_of("0,5"), number_of("1e-1"), number_of("1_0")] == [0.5, None, 0.1, None]


def test_date_and_hour_in_two_columns(tmp_path):
    station = only(write_text(tmp_path, *PLACE, "Date,Time,VWC", "2020-02-29,06:30,0.2"))
    assert times_of(station) == ["2020-02-29T06:30"]


def test_several_stations_in_one_file(tmp_path):
    rows = ("A,30.0,9.0,0.05,2020-02-29,0.1", "B,31.0,350.0,0.1,2020-02-29,0.2", "A,30.0,9.0,0.05,2020-03-01,0.3")
    a, b = read_stations(write_text(tmp_path, "station,lat,lon,depth,date,sm", *rows))
    assert (a.label, a.values.tolist(), a.lon) == ("A, 0.05 m", [0.1, 0.3], 9.0)
    assert (b.label, b.values.tolist(), b.lon) == ("B, 0.1 m", [0.2], -10.0)


def test_the_only_numeric_column_is_the_value(tmp_path):
    station = only(write_text(tmp_path, *PLACE, "date,who,Feuchte", "2020-02-29,Anna,0.2", "2020-03-01,Ben,"))
    assert (station.quantity, station.values.tolist()) == ("", [0.2])


def test_names_that_products_use_are_understood(tmp_path):
    station = only(write_text(tmp_path, *PLACE, "date,SM_L3,RMSE", "2020-02-29,0.2,3"))
    assert (station.quantity, station.values.tolist()) == ("SM", [0.2])


def test_a_header_that_is_a_comment(tmp_path):
    station = only(write_text(tmp_path, *PLACE, "# date, soil_moisture", "2020-02-29,0.2", "2020-03-01,0.3"))
    assert (station.quantity, station.values.tolist()) == ("SM", [0.2, 0.3])


def test_vod_beside_soil_moisture_is_told(tmp_path):
    station = only(write_text(tmp_path, *PLACE, "date,sm,vod", "2020-02-29,0.2,0.5"))
    assert (station.quantity, station.values.tolist()) == ("SM", [0.2])
    assert "the column sm is used; not vod" in station.notes[0]


def test_flags_of_a_csv_file_count_where_they_are_ismns(tmp_path):
    ismn = only(write_text(tmp_path, *PLACE, "date,sm,flag", "2020-02-29,0.2,G", "2020-03-01,0.3,D01", name="a.csv"))
    assert ismn.good.tolist() == [True, False]
    other = only(write_text(tmp_path, *PLACE, "date,sm,flag", "2020-02-29,0.2,0", "2020-03-01,0.3,1", name="b.csv"))
    assert other.flags is None and other.good.all()
    assert "its flags are not ISMN's" in other.notes[0]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("date,sm", "2020-02-29,0.2"), "does not tell where the station plot lies.*# lat: 30.07"),
        ((*PLACE, "# lat: 99", "date,lat,lon,sm", "2020-02-29,99,9,0.2"), "latitude 99"),
        ((*PLACE, "when,sm", "2020-02-29,0.2"), "no column of times: its header has when, sm"),
        ((*PLACE, "date,who", "2020-02-29,Anna"), "none that holds numbers"),
        ((*PLACE, "date,a,b", "2020-02-29,1,2"), "several that may hold the value: a, b"),
        ((*PLACE, "date,sm,SM", "2020-02-29,1,2"), "several that may hold the value: sm, SM"),
    ],
)
def test_what_has_to_be_added_is_said(tmp_path, lines, says):
    with pytest.raises(BadRequest, match=says):
        read_stations(write_text(tmp_path, *lines, name="plot.csv"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"# lat: 3\n", "no table with columns"),
        (b"date sm\n2020-02-29 0.2\n", "no table with columns"),
        (b"# lat: 3\n# lon: 3\ndate,sm\n", "no values that can be read"),
        (b"# lat: 3\n# lon: 3\ndate,sm\n29.02.2020,0.2\n", "no times that can be read, such as .29.02.2020"),
        (b"# lat: 3\n# lon: 3\ndate,sm\n2020-02-29,\n", "holds no value"),
        (b"\x89HDF\r\n\x1a\n\0\0\0", "is no text"),
        (b"date,sm\n" + b"2" * 30_000, "a line of more than 20,000"),
        (b"\xff\xfe" + "date,sm\n".encode("utf-16-le") + b"\x00\xd8\x00\xd8,", "its text is damaged|no value"),
        (b'date,sm\n"2020-02-29,' + b"0.2\n" * 60_000, "no table that can be read"),
    ],
)
def test_hostile_files_are_refused_with_a_sentence(tmp_path, content, says):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=says):
        read_stations(path)


def test_no_file_a_folder_and_a_pipe(tmp_path):
    with pytest.raises(VanishedFile):
        read_stations(tmp_path / "gone.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("pipe.csv", "."):
        with pytest.raises(UnreadableFile, match="is no file"):
            read_stations(tmp_path / name)  # and does not wait for the pipe


def test_sizes_are_bounded(tmp_path, monkeypatch):
    path = write_text(tmp_path, "station,lat,lon,date,sm", "A,3,3,2020-02-29,0.2", "B,3,3,2020-02-29,0.2")
    for module, name, most, says in (
        (station_text, "MOST_BYTES", 10, "MB are read"),
        (station_csv, "MOST_VALUES", 1, "more than 1 values"),
        (station_csv, "MOST_STATIONS", 1, "more than 1 stations"),
    ):
        with monkeypatch.context() as patch, pytest.raises(UnreadableFile, match=says):
            patch.setattr(module, name, most)
            read_stations(path)
    monkeypatch.setattr(station_stm, "MOST_VALUES", 2)
    with pytest.raises(UnreadableFile, match="more than 2 values"):
        read_stations(write_stm(tmp_path))


def test_spellings_of_units():
    assert all(same_units(one, "m³ m⁻³") for one in ("m3 m-3", "m3/m3", "M³ m⁻³", "cm3/cm3", "V/V"))
    assert not any(same_units(one, "m³ m⁻³") for one in ("%", "mm", "", "K"))
    assert same_units("-", "–") and same_units("", "–") and same_units("K", "K")


# --- Many files ---


def test_a_folder_is_read_whole_and_bad_files_are_listed(tmp_path):
    write_stm(tmp_path / "NET" / "Inv-1")
    write_stm(tmp_path / "NET" / "Inv-1", name=STM_NAME.replace("_sm_", "_ts_"))
    write_text(tmp_path / "NET" / "Inv-1", "quantity_name;unit", name="NET_NET_Inv-1_static_variables.csv")
    write_text(tmp_path / "python_metadata", "variable,instrument", name="metadata.csv")
    write_text(tmp_path, *PLACE, "date,sm", "2020-02-29,0.2")
    write_text(tmp_path, "date,sm", "2020-02-29,0.2", name="nowhere.csv")
    write_text(tmp_path, "hello", name="readme.txt")
    loaded = load_stations([tmp_path, tmp_path / "station.csv"])
    assert sorted(one.name for one in loaded.stations) == ["Inv-1", "station"]
    assert [one.path.name for one in loaded.problems] == ["nowhere.csv"]
    assert loaded.others == 1


def test_folders_without_stations_or_with_too_many_are_refused(tmp_path, monkeypatch):
    with pytest.raises(BadRequest, match="holds no station file"):
        load_stations([tmp_path])
    for name in "abc":
        write_text(tmp_path, *PLACE, "date,sm", "2020-02-29,0.2", name=f"{name}.csv")
    monkeypatch.setattr(stations, "MOST_FILES", 2)
    with pytest.raises(BadRequest, match="more than 2 station files"):
        load_stations([tmp_path])


def test_more_values_than_can_be_kept_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(stations, "MOST_LOADED", 4)
    with pytest.raises(BadRequest, match="more than 4 values"):
        load_stations([write_stm(tmp_path)])


def test_a_long_flag_costs_no_memory(tmp_path):
    station = only(write_stm(tmp_path, [*LINES, ("2020-03-02 06:00", 0.3, "D" * 9_000 + "é")]))
    assert station.flags.itemsize <= 32 and station.good.sum() == 3


def test_where_nothing_can_be_read_the_reason_is_raised(tmp_path):
    with pytest.raises(BadRequest, match="does not tell where"):
        load_stations([write_text(tmp_path, "date,sm", "2020-02-29,0.2")])


def test_reading_can_be_stopped_within_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(station_stm, "REPORT_EVERY", 2)
    path = write_stm(tmp_path)

    def stop(share, what):
        if share:
            raise Cancelled

    with pytest.raises(Cancelled):
        load_stations([path], stop)
