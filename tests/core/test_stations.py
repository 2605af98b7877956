# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading stations: ISMN's two forms and CSV files as people have them; what is said of files that cannot be used. All numbers are invented."""

from __future__ import annotations

import os
import time
import zipfile

import numpy as np
import pytest
from core.station_files import LAT, LINES, LON, STM_NAME, write_ceop, write_stm, write_text

from smos_ib_explorer.plugin.core.analysis import station_record, station_stm, station_table, station_text, stations
from smos_ib_explorer.plugin.core.analysis.station_text import number_of
from smos_ib_explorer.plugin.core.analysis.station_times import Clock, moment_of, zone_offset
from smos_ib_explorer.plugin.core.analysis.station_units import conversion_from, depth_of, read_title, same_units
from smos_ib_explorer.plugin.core.analysis.stations import OtherQuantity, load_stations, read_stations
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, UnreadableFile, VanishedFile
from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, Conversion

PLACE = ("# lat: 30.07", "# lon: 9.21")


def only(path):
    (station,) = read_stations(path)
    return station


def csv_of(tmp_path, *lines):
    return only(write_text(tmp_path, *PLACE, *lines))


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


CEOP = "2020/03/01 0{}:00 2020/03/01 06:00 RISMA RISMA {} 45.38 -75.7 79.0 0.00 0.05 0.{} G{}"


@pytest.mark.parametrize(
    ("name", "provider"), [("CEF North", " M"), ("CEF", ""), ("Site 5", " out of range"), ("9", " M")]
)
def test_ceop_lines_with_words_more_or_less(tmp_path, name, provider):
    lines = (CEOP.format(hour, name, 4, provider) for hour in (6, 7))
    station = only(write_text(tmp_path, *lines, name=STM_NAME))
    assert (station.name, station.lat, station.lon, station.depth) == (name, 45.38, -75.7, "0–0.05 m")
    assert (station.values.tolist(), station.good.all(), station.notes) == ([0.4, 0.4], True, ())


@pytest.mark.parametrize("name", [STM_NAME, "renamed.stm"])
def test_a_station_whose_name_ends_in_a_number_lies_where_it_lies(tmp_path, name):
    path = write_text(tmp_path, "NET NET Site 5 55.97 9.03 60.0 0.00 0.05 Probe", "2020/03/01 06:00 0.2 G M", name=name)
    station = only(path)
    assert (station.name, station.lat, station.lon, station.depth) == ("Site 5", 55.97, 9.03, "0–0.05 m")


@pytest.mark.parametrize("sensor", ["229", "None", "n/a", "-", "10HS 1", "229 2"])
def test_a_sensor_that_is_a_number_or_nothing_moves_no_station(tmp_path, sensor):
    text = f"NET NET Inv-1 30.0 9.0 12 0.05 0.05 {sensor}", "2020/03/01 06:00 0.2 G M"
    for name in ("renamed.stm", STM_NAME.replace("_0.000000_", "_0.050000_")):
        station = only(write_text(tmp_path, *text, name=name))
        assert (station.name, station.lat, station.lon, station.depth) == ("Inv-1", 30.0, 9.0, "0.05 m")


def test_a_head_that_can_be_read_in_two_ways_is_refused(tmp_path):
    text = "NET NET Inv-1 30.0 9.0 12 0.05 0.05 1", "2020/03/01 06:00 0.2 G M"
    with pytest.raises(UnreadableFile, match="at latitude 30, longitude 9 or latitude 9, longitude 12"):
        read_stations(write_text(tmp_path, *text, name="renamed.stm"))
    assert only(write_text(tmp_path, *text, name=STM_NAME.replace("_0.000000_", "_0.050000_"))).lat == 30.0


def test_depths_of_another_file_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="tells other depths than its name"):
        read_stations(write_stm(tmp_path, name=STM_NAME.replace("_0.050000_", "_0.500000_")))


def test_what_the_name_does_not_tell_is_not_taken_for_soil_moisture(tmp_path):
    station = only(write_stm(tmp_path, name="renamed.stm"))
    assert (station.quantity, station.units) == ("", "")
    assert "its name does not tell what it measures" in station.notes[0]
    for short in ("tsfq", "new"):
        with pytest.raises(OtherQuantity):
            read_stations(write_stm(tmp_path, name=STM_NAME.replace("_sm_", f"_{short}_")))


def test_two_sensors_at_one_place_and_depth_have_two_labels(tmp_path):
    paths = [write_stm(tmp_path, name=STM_NAME.replace("Invented-Probe", f"Probe-{one}")) for one in "AB"]
    assert [one.label for one in load_stations(paths).stations] == [
        "Inv-1, 0–0.05 m, Probe-A",
        "Inv-1, 0–0.05 m, Probe-B",
    ]
    assert load_stations(paths[:1]).stations[0].label == "Inv-1, 0–0.05 m"


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


def test_line_ends_of_old_macintosh_tear_no_row(tmp_path):
    times = np.datetime64("2020-01-01T00:00") + np.arange(3_000) * np.timedelta64(1, "h")
    rows = [f"{time},0.{1234 + number % 7},é" for number, time in enumerate(times)]
    (tmp_path / "mac.csv").write_bytes("\r".join([*PLACE, "datetime,sm,note", *rows]).encode())
    station = only(tmp_path / "mac.csv")
    assert station.notes == () and times_of(station) == [str(time) for time in times]
    np.testing.assert_allclose(station.values, [0.1234 + number % 7 / 10_000 for number in range(3_000)])


@pytest.mark.parametrize("units", ["%", "vol %", "Percent"])
def test_units_in_comments(tmp_path, units):
    station = only(write_text(tmp_path, *PLACE, f"# units: {units}", "time,value", "2020-02-29,43"))
    assert (station.quantity, station.units, station.values.tolist()) == ("", "m³ m⁻³", [0.43])


@pytest.mark.parametrize("title", ["sm", "sm [m3/m3]"])
def test_percent_without_units_is_asked_for_and_not_guessed(tmp_path, title):
    with pytest.raises(BadRequest, match=r"values of up to 43, and soil moisture is 0 to 1 m³ m⁻³.*line “# units: %”"):
        csv_of(tmp_path, f"time,{title}", "2020-02-28,0.9", "2020-02-29,43", "2020-03-01,12")


@pytest.mark.parametrize("wet", [(12, 9, 6, 4, 2, 1.5), (12, 9, 6, 4, 2, 1.5, *[3, 5] * 4)])
def test_percent_of_dry_soil_is_asked_for_too(tmp_path, wet):
    rows = [f"2020-03-{day:02d},{value}" for day, value in enumerate((0.4, 0.5, 0.6, 0.7, 0.8, 0.9) * 2 + wet, 1)]
    with pytest.raises(BadRequest, match=r"values of up to 12.*“# units: %”.*if not, “# units: m3/m3”"):
        csv_of(tmp_path, "date,sm", *rows)
    assert csv_of(tmp_path, "# units: %", "date,sm", *rows).values.max() == pytest.approx(0.12)
    if len(wet) < 12:
        assert csv_of(tmp_path, "# units: m3/m3", "date,sm", *rows).values.size == 12


def test_faults_of_a_sensor_are_no_percent(tmp_path):
    days = np.arange("2020-01-01", "2022-01-01", dtype="datetime64[D]")
    rows = [f"{day},{ {3: 1.2, 9: 1.4, 500: 30, 600: 99}.get(number, 0.3) }" for number, day in enumerate(days)]
    assert csv_of(tmp_path, "date,sm", *rows).values.size == days.size - 4


@pytest.mark.parametrize(
    "code", ["-99", "-99.9", "-999.9", "-999.99", "-9999.99", "-6999", "7999", "1e20", "-0.01", "1.5"]
)
def test_no_code_of_missing_values_is_soil_moisture(tmp_path, code):
    station = csv_of(tmp_path, "time,sm", "2020-02-28,0.2", f"2020-02-29,{code}", "2020-03-01,1")
    assert station.values.tolist() == [0.2, 1.0]
    assert "1 values outside 0 to 1 m³ m⁻³ are left out, such as" in station.notes[0]
    stm = only(write_stm(tmp_path, [*LINES, ("2020-03-02 06:00", float(code), "G")]))
    assert stm.values.size == len(LINES) and "1 values outside" in stm.notes[0]


def test_values_that_are_all_out_of_range_are_refused(tmp_path):
    with pytest.raises(BadRequest, match=r"holds no value of 0 to 1 m³ m⁻³\. Its values are such as -99"):
        csv_of(tmp_path, "time,sm", "2020-02-28,-99")


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
    assert "its times are of UTC+00:00 and UTC+02:00, and were turned into UTC" in station.notes[0]
    assert "1 values have the time of another one; the first of each is used" in station.notes[1]


@pytest.mark.parametrize(
    ("text", "stands_for"),
    [
        ("2020-02-29", "2020-02-29T00:00"),
        ("20200229", "2020-02-29T00:00"),
        ("202002290605", "2020-02-29T06:05"),
        ("20200229060507", "2020-02-29T06:05"),
        ("2020/02/29 6:05", "2020-02-29T06:05"),
        ("2020-02-29 24:00", "2020-03-01T00:00"),
        ("2020-02-29T06:05:07.123-0730", "2020-02-29T06:05-450"),
        ("2020-02-29 06:05 UTC", "2020-02-29T06:05+0"),
        ("29.02.2020 06:05", "2020-02-29T06:05 day"),
        ("2/29/2020", "2020-02-29T00:00 month"),
        ("03-02-2020", "2020-02-03T00:00 either"),
        ("03-03-2020", "2020-03-03T00:00 same"),
        ("03.02.2020", "2020-02-03T00:00 day"),
        *((text, None) for text in ("2021-02-29", "30.02.2020", "13/13/2020", "2020-02", "1776-07-04", "9999-01-01", "2020-02-29 25:00",
                                    "2020-02/29", "29.02/2020", "29.02.20", "now", "NaT", "", "2020-02-29 06:60", "٢٠٢٠-02-29")),
    ],
)  # fmt: skip
def test_times(text, stands_for):
    found = moment_of(text)
    offset = "" if found is None or found.offset is None else f"{found.offset:+d}"
    order = "" if found is None or found.order == "year" else f" {found.order}"
    assert (None if found is None else f"{np.datetime64(found.local, 'm')}{offset}{order}") == stands_for


def test_a_clock_that_remembers_the_day_reads_the_same(tmp_path):
    texts = [
        f"2020-02-29{end}"
        for end in (
            " 23:59",
            "T00:00",
            " 24:00",
            " 23:60",
            " 06:05Z",
            " ٠٦:05",
            " 6:05",
            "x06:05",
            "",
            " 06:05:09",
            " 06:05x09",
        )
    ]
    texts += ["2020-03-01 06:05", "2020-02-29 07:00"]
    clock = Clock(tmp_path)
    for text in texts:
        found = moment_of(text)
        assert clock.read(text) == (None if found is None else (found.local, found.offset or 0))


@pytest.mark.parametrize(
    ("dates", "read"),
    [
        (("01.02.2020", "29.02.2020 06:00"), ["2020-02-01T00:00", "2020-02-29T06:00"]),
        (
            ("02/01/2020 06:00", "02/29/2020", "12/05/2020"),
            ["2020-02-01T06:00", "2020-02-29T00:00", "2020-12-05T00:00"],
        ),
        (("02/02/2020 06:00",), ["2020-02-02T06:00"]),
        (("01.03.2020", "02.03.2020"), ["2020-03-01T00:00", "2020-03-02T00:00"]),  # with dots the day is first
    ],
)
def test_the_whole_column_tells_day_and_month_apart(tmp_path, dates, read):
    assert times_of(csv_of(tmp_path, "date;sm", *(f"{date};0,2" for date in dates))) == read


@pytest.mark.parametrize(
    ("dates", "says"),
    [
        (("01/02/2020", "02/02/2020"), "such as “01/02/2020”, of which day and month cannot be told apart"),
        (("01.02.2020", "02.13.2020"), "several ways"),
        (("13/02/2020", "02/14/2020"), "several ways: “13/02/2020” and “02/14/2020”"),
        (("2020-02-13", "02/03/2020"), "several ways"),
    ],
)
def test_dates_that_can_be_read_in_two_ways_are_refused(tmp_path, dates, says):
    with pytest.raises(BadRequest, match=says):
        csv_of(tmp_path, "date;sm", *(f"{date};0,2" for date in dates))


@pytest.mark.parametrize(
    ("lines", "utc"),
    [
        (("time (UTC+1),sm", "2020-02-29 00:30,0.1"), "2020-02-28T23:30"),
        (("time [UTC],sm", "2020-02-29 00:30,0.1"), "2020-02-29T00:30"),
        (("Datetime UTC-6,sm", "2020-02-29 00:30,0.1"), "2020-02-29T06:30"),
        (("time (UTC+1),sm", "2020-02-29 00:30Z,0.1"), "2020-02-29T00:30"),
        (("# timezone: -05:30", "time,sm", "2020-02-29 00:30,0.1"), "2020-02-29T06:00"),
        (("# timezone: America/Chicago", "time,sm", "2020-02-29 00:30+02:00,0.1"), "2020-02-28T22:30"),
        (("time (YYYY-MM-DD HH:MM),sm", "2020-02-29 00:30,0.1"), "2020-02-29T00:30"),
        (("date (local),sm", "2020-02-29,0.1"), "2020-02-29T00:00"),  # no time zone moves a date
        (("# timezone: Etc/UTC", "time,sm", "2020-02-29 00:30,0.1"), "2020-02-29T00:30"),
        (("# timezone: UTC (no DST)", "time,sm", "2020-02-29 00:30,0.1"), "2020-02-29T00:30"),
        (("# timezone: Coordinated Universal Time", "time,sm", "2020-02-29 00:30,0.1"), "2020-02-29T00:30"),
        (("time (seconds dropped),sm", "2020-02-29 00:30,0.1"), "2020-02-29T00:30"),
        (("date (d),sm", "2020-02-29 00:30,0.1"), "2020-02-29T00:30"),
        (("datetime,utc_offset,sm", "2020-02-29 20:30,-6,0.1"), "2020-03-01T02:30"),
        (("datetime,tz,sm", "2020-02-29 20:30,UTC-6,0.1"), "2020-03-01T02:30"),
        (("# timezone: UTC-6", "datetime,tz,sm", "2020-02-29 20:30,,0.1"), "2020-03-01T02:30"),
        (("datetime,timezone,sm", "2020-02-29 20:30Z,CET,0.1"), "2020-02-29T20:30"),
        (("# utc_offset: -6", "TIMESTAMP_START,TIMESTAMP_END,sm", "202002292030,202002292100,0.1"), "2020-03-01T02:30"),
    ],
)
def test_time_zones_of_titles_and_comments(tmp_path, lines, utc):
    assert times_of(csv_of(tmp_path, *lines)) == [utc]


@pytest.mark.parametrize(
    "lines",
    [
        ("datetime [CET],sm",),
        ("time (local),sm",),
        ("time (Central European Time),sm",),
        ("time (CET/CEST),sm",),
        ("time (GMT/BST),sm",),
        ("# timezone: America/Chicago", "datetime,sm"),
        ("# timezone: unknown", "datetime,sm"),
        ("time (MST),sm",),
        ("TIMESTAMP_START,sm",),
        ("time,sm,timezone",),
    ],
)
def test_a_time_zone_without_an_offset_is_refused(tmp_path, lines):
    with pytest.raises(BadRequest, match=r"whose offset from UTC is not known\. Put the offset"):
        csv_of(tmp_path, *lines, "2020-02-29 00:30,0.1,America/Chicago")


def test_offsets_are_told_and_more_of_them_are_no_time_zones():
    texts = ("UTC", "", "Z", "GMT-3", "+05:30", "UTC −6", "utc+1h", "UTC+15", "CET", "UTC+1:75", "5.5", "-0330", "-300")
    assert [zone_offset(text) for text in texts] == [0, 0, 0, -180, 330, -360, 60, None, None, None, 330, -210, None]


def test_days_that_begin_by_their_own_clock_stay_these_days(tmp_path):
    """As pandas writes an index of days with a time zone: across the change to summer time, too."""
    station = csv_of(tmp_path, "timestamp,sm", "2020-03-28 00:00:00+01:00,0.1", "2020-03-30 00:00:00+02:00,0.2")
    assert times_of(station) == ["2020-03-28T00:00", "2020-03-30T00:00"] and not station.tells_hours


def test_numbers():
    assert [number_of("0,5", True), number_of("0,5"), number_of("1e-1"), number_of("1_0")] == [0.5, None, 0.1, None]


def test_date_and_hour_in_two_columns(tmp_path):
    station = only(write_text(tmp_path, *PLACE, "Date,Time,VWC", "2020-02-29,06:30,0.2"))
    assert times_of(station) == ["2020-02-29T06:30"]


@pytest.mark.parametrize(
    ("title", "hours", "minutes"),
    [
        ("hour", ("0", "6", "24"), (0, 360, 1440)),
        ("hhmm", ("0000", "0030", "100", "1230"), (0, 30, 60, 750)),
        ("hhmm", ("30", "1230"), (30, 750)),
    ],
)
def test_hours_as_numbers(tmp_path, title, hours, minutes):
    rows = (f"2020-02-29,{hour},0.2" for hour in hours)
    station = csv_of(tmp_path, f"date,{title},sm", *rows)
    assert [int(one) for one in (station.times - np.datetime64("2020-02-29", "m")).astype(int)] == list(minutes)


def test_a_spreadsheets_line_and_units_below_the_header(tmp_path):
    station = only(write_text(tmp_path, "sep=;", "datetime;sm;lat;lon", "UTC+1;%;°;°", "2020-02-29 06:00;21;30;9"))
    assert (times_of(station), station.values.tolist(), station.units) == (["2020-02-29T05:00"], [0.21], "m³ m⁻³")


@pytest.mark.parametrize("row", ["NaT,,M", "2020-02-29 05:00,,%", "05:00,abc,%", ",,x"])
def test_a_first_row_without_a_value_is_no_row_of_units(tmp_path, row):
    station = csv_of(tmp_path, "datetime,sm,flag", row, "2020-02-29 06:00,0.2,G")
    assert (times_of(station), station.units) == (["2020-02-29T06:00"], "")


def test_several_stations_in_one_file(tmp_path):
    rows = ("A,30.0,9.0,0.05,2020-02-29,0.1", "B,31.0,350.0,0.1,2020-02-29,0.2", "A,30.0,9.0,0.05,2020-03-01,0.3")
    a, b = read_stations(write_text(tmp_path, "station,lat,lon,depth,date,sm", *rows))
    assert (a.label, a.values.tolist(), a.lon) == ("A, 0.05 m", [0.1, 0.3], 9.0)
    assert (b.label, b.values.tolist(), b.lon) == ("B, 0.1 m", [0.2], -10.0)


def test_a_station_without_a_place_does_not_refuse_the_others(tmp_path):
    rows = ("A,30.0,9.0,2020-02-29,0.1", "B,,,2020-02-29,0.2", "C,99,9,2020-02-29,0.2")
    station = only(write_text(tmp_path, "station,lat,lon,date,sm", *rows))
    assert station.name == "A"
    assert station.notes == ("Left out: station.csv does not tell where the station B lies. And 1 more.",)


@pytest.mark.parametrize(
    ("lines", "depths"),
    [
        (("date,depth [cm],sm", "2020-02-29,5,0.1", "2020-02-29,10,0.3"), ["0.05 m", "0.1 m"]),
        (("date,depth_cm,sm", "2020-02-29,5,0.1", "2020-03-01,10,0.3"), ["0.05 m", "0.1 m"]),
        (("date,depth_from,depth_to,sm", "2020-02-29,0,0.05,0.1"), ["0–0.05 m"]),
        (("# depth: 5 cm", "date,sm", "2020-02-29,0.1"), ["0.05 m"]),
        (("# depth_cm: 5", "date,sm", "2020-02-29,0.1"), ["0.05 m"]),
        (("# depth: 0-0.05 m", "date,sm", "2020-02-29,0.1"), ["0–0.05 m"]),
        (("date,sm_5cm", "2020-02-29,0.1"), ["0.05 m"]),
        (("date,Soil moisture (0-5 cm) [m3/m3]", "2020-02-29,0.1"), ["0–0.05 m"]),
        (("date,sm_20cm,sm_5cm", "2020-02-29,0.3,0.1"), ["0.05 m"]),
    ],
)
def test_depths_and_their_units(tmp_path, lines, depths):
    found = read_stations(write_text(tmp_path, *PLACE, *lines))
    assert [one.depth for one in found] == depths and found[0].values.tolist() == [0.1]
    assert {one.quantity for one in found} == {"SM"}


def test_a_depth_without_units_that_is_hardly_in_metres_is_not_told(tmp_path):
    station = csv_of(tmp_path, "# depth: 5", "date,sm", "2020-02-29,0.1")
    assert station.depth == "" and "the depth “5” is not understood" in station.notes[0]


def test_sensors_are_told_apart(tmp_path):
    rows = ("A,s1,2020-02-29 00:00,0.1", "A,s2,2020-02-29 00:30,0.3")
    loaded = load_stations([write_text(tmp_path, *PLACE, "station,sensor,date,sm", *rows)])
    assert [(one.label, one.values.tolist()) for one in loaded.stations] == [("A, s1", [0.1]), ("A, s2", [0.3])]


def test_the_long_form_gives_each_quantity_its_own_record(tmp_path):
    rows = ("A,sm,2020-02-29 00:00,0.1", "A,temperature,2020-02-29 00:30,12", "A,VOD,2020-02-29 00:00,0.4")
    moisture, vod = read_stations(write_text(tmp_path, *PLACE, "station,variable,date,value", *rows))
    assert (moisture.quantity, moisture.values.tolist()) == ("SM", [0.1])
    assert (vod.quantity, vod.values.tolist()) == ("VOD", [0.4])
    assert moisture.notes == ("Left out: station.csv holds temperature of the station A.",)
    with pytest.raises(OtherQuantity, match="holds temperature"):
        csv_of(tmp_path, "variable,date,value", rows[1][2:])


@pytest.mark.parametrize(
    ("variable", "value", "depth"),
    [
        ("SM_0-5cm", 0.2, "0–0.05 m"),
        ("VWC 5cm [%]", 20, "0.05 m"),
        ("soil moisture 5 cm", 0.2, "0.05 m"),
        ("SWC_1", 0.2, ""),
    ],
)
def test_the_long_form_understands_quantities_as_titles(tmp_path, variable, value, depth):
    rows = (f"{variable},2020-02-29 00:00,{value}", "soil temperature 5 cm,2020-02-29 00:00,12")
    station = csv_of(tmp_path, "variable,date,value", *rows)
    assert (station.quantity, station.values.tolist(), station.depth) == ("SM", [0.2], depth)


def test_records_that_are_mixed_without_a_word_are_refused(tmp_path):
    rows = (f"2020-02-{day},{plot},0.{number}" for day in range(10, 20) for number, plot in enumerate("ab", 1))
    with pytest.raises(BadRequest, match="seems to mix several sensors or quantities: 10 values differ"):
        csv_of(tmp_path, "date,treatment,sm", *rows)


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
    assert "flags such as “0” are not ISMN's, where G is good; no flag of the file is used" in other.notes[0]


@pytest.mark.parametrize(
    "row", ["2020-03-03,NA,NA", "2020-03-03,,bad", "2020-03-03,0.3,NA", "2020-03-03,0.3,D1", "2020-03-03,0.3,B"]
)
@pytest.mark.parametrize("doubt", ["D03", '"D03, D05"', "D03;D05", "D03 D05"])
def test_an_odd_flag_makes_no_doubtful_value_good(tmp_path, row, doubt):
    good = ("2020-03-01,0.30,G", "2020-03-04,0.31,G")
    station = csv_of(tmp_path, "date,sm,flag", *good, f"2020-03-02,0.9,{doubt}", row)
    assert station.good.tolist() == [day in ("2020-03-01T00:00", "2020-03-04T00:00") for day in times_of(station)]
    assert [note for note in station.notes if "count as a doubt" in note] == [*station.notes]
    assert bool(station.notes) == row.endswith(("D1", "B"))


def test_flags_are_ismns_or_not_for_the_whole_file(tmp_path):
    rows = ("A,2020-02-29,0.1,G", "B,2020-02-29,0.3,D01", "B,2020-03-01,0.4,C03", "B,2020-03-02,0.4,")
    a, b = read_stations(write_text(tmp_path, *PLACE, "station,date,sm,flag", *rows))
    assert (a.good.tolist(), b.good.tolist(), b.notes) == ([True], [False, False, False], ())


def test_of_equal_times_a_good_value_counts(tmp_path):
    lines = [*LINES, ("2020-02-29 12:00", 0.2, "G"), ("2020-02-29 18:00", 0.9, "D03")]
    station = only(write_stm(tmp_path, lines))
    assert station.values.tolist() == [0.21, 0.22, 0.2, 0.26, 0.3] and station.good.sum() == 4
    assert "2 values have the time of another one; the first good one of each is used" in station.notes[0]


def test_an_open_quotation_mark_spoils_one_line(tmp_path):
    rows = ("2020-02-01,0.2", '"2020-02-02,0.3', *(f"2020-02-{day},0.4" for day in range(10, 30)))
    station = csv_of(tmp_path, "date,sm", *rows)
    assert station.values.size == 21 and "1 rows have no time" in station.notes[0]


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
        (b"# lat: 3\n# lon: 3\ndate,sm\n29.Feb.2020,0.2\n", "no times that can be read, such as .29.Feb.2020"),
        (b"# lat: 3\n# lon: 3\ndate,sm\n2020-02-29,\n", "holds no value"),
        (b"\x89HDF\r\n\x1a\n\0\0\0", "is no text"),
        (b"date,sm\n" + b"2" * 30_000, "a line of more than 20,000"),
        (b"\xff\xfe" + "date,sm\n".encode("utf-16-le") + b"\x00\xd8\x00\xd8,", "its text is damaged|no value"),
        (b'date,sm\n"2020-02-29,' + b"0.2\n" * 60_000, "no times that can be read"),
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
        (station_table, "MOST_VALUES", 1, "more than 1 values"),
        (station_table, "MOST_STATIONS", 1, "more than 1 stations"),
    ):
        with monkeypatch.context() as patch, pytest.raises(UnreadableFile, match=says):
            patch.setattr(module, name, most)
            read_stations(path)
    monkeypatch.setattr(station_stm, "MOST_VALUES", 2)
    with pytest.raises(UnreadableFile, match="more than 2 values"):
        read_stations(write_stm(tmp_path))


def test_spellings_of_units():
    moisture = ROLE_OF_ID["SM"]
    volumes = (
        "m3 m-3",
        "m3/m3",
        "M³ m⁻³",
        "cm3/cm3",
        "V/V",
        "m3 m^-3",
        "m³·m⁻³",
        "m**3/m**3",
        "m3 m**-3",
        "[m3/m3]",
        "m3 m−3",
        "L/L",
        "fraction",
    )
    assert all(same_units(one, moisture.units) for one in volumes)
    assert not any(same_units(one, moisture.units) for one in ("%", "mm", "", "K", "-"))
    assert same_units("-", "–") and same_units("", "–") and same_units("K", "K")
    percent = ("%", "percent", "Vol.-%", "vol%", "Vol.%", "% vol", "%vol", "% v/v", "VWC%", "[%]", "m3/m3 %")
    assert {conversion_from(moisture, one) for one in percent} == {Conversion(scale=0.01)}
    assert {conversion_from(moisture, one) for one in (*volumes, "", "% of saturation", "% w/w")} == {Conversion()}


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Soil moisture (0-5 cm) [m3/m3]", ("soil_moisture", "m3/m3", "0-5 cm")),
        ("soil moisture at 5 cm", ("soil_moisture", "", "5 cm")),
        ("VWC_0.05m (%)", ("vwc", "%", "0.05m")),
        ("SM %", ("sm", "%", "")),
        ("sm_m3_m3", ("sm_m3_m3", "", "")),
        ("date (UTC+1)", ("date", "UTC+1", "")),
        ("time UTC-6", ("time", "UTC-6", "")),
        ("x ()", ("x", "", "")),
        ("]", ("", "", "")),
    ],
)
def test_what_a_title_tells(title, told):
    found = read_title(title)
    assert (found.name, found.units, found.depth) == told


@pytest.mark.parametrize(
    "title", ["a" + " _" * 10_000, "(" * 20_000, "()" * 10_000, ")" * 20_000, "sm" + "_1" * 9_000 + "x"]
)
def test_a_hostile_title_costs_no_time(tmp_path, title):
    start = time.perf_counter()
    with pytest.raises(BadRequest):
        csv_of(tmp_path, f"{title[:19_000]},when", "1,2")
    assert time.perf_counter() - start < 1


def test_depths():
    nan = float("nan")
    texts = (
        ("0.05", ""),
        ("5", "cm"),
        ("0-0.05 m", ""),
        ("0 – 5cm", ""),
        ("50 mm", ""),
        ("-5 cm", ""),
        ("7", ""),
        ("deep", ""),
        ("5", "ft"),
    )
    expected = [
        (0.05, nan),
        (0.05, nan),
        (0, 0.05),
        (0, 0.05),
        (0.05, nan),
        (0.05, nan),
        (nan, nan),
        (nan, nan),
        (nan, nan),
    ]
    np.testing.assert_allclose([depth_of(*one) for one in texts], expected)


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


def test_files_of_other_quantities_do_not_count_for_the_bound(tmp_path, monkeypatch):
    for short in ("sm", "ts", "p", "ta"):
        write_stm(tmp_path, name=STM_NAME.replace("_sm_", f"_{short}_"))
    monkeypatch.setattr(stations, "MOST_FILES", 1)
    loaded = load_stations([tmp_path])
    assert (len(loaded.stations), loaded.others) == (1, 3)
    (tmp_path / STM_NAME).unlink()
    with pytest.raises(OtherQuantity, match="3 station files, none of soil moisture"):
        load_stations([tmp_path])


def test_packed_files_are_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "Data.zip", "w") as packed:
        packed.writestr(STM_NAME, "x")
    for path in (tmp_path, tmp_path / "Data.zip"):
        with pytest.raises(BadRequest, match=r"packed\. Unpack it first"):
            load_stations([path])


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


@pytest.mark.parametrize("filler", ["", "# a comment", "2020-02-29,0.2", "2020-02-29,x"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_reading_can_be_stopped_wherever_it_is(tmp_path, monkeypatch, filler, encoding):
    monkeypatch.setattr(station_text, "REPORT_EVERY", 10)
    path = write_text(tmp_path, *PLACE, "date,sm", *[filler] * 50, encoding=encoding)
    shares = []

    def stop(share, what):
        shares.append(share)
        if len(shares) > 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        load_stations([path], stop)
    assert len(shares) == 4 and 0 <= shares[0] <= shares[-1] <= 1


def test_many_different_flags_are_kept_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(station_record, "MOST_FLAGS", 2)
    lines = [("2020-02-29 00:00", 0.1, "D01"), ("2020-02-29 01:00", 0.1, "D02"), ("2020-02-29 02:00", 0.1, "G")]
    assert only(write_stm(tmp_path, lines)).good.tolist() == [False, False, True]
