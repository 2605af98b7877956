# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Daily values of a station, by both rules, against plain loops and pandas; pairs of the same day. All numbers are invented."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smos_ib_explorer.plugin.core.analysis.comparison import compare, station_reference
from smos_ib_explorer.plugin.core.analysis.pairing import (
    DayValue,
    check_comparable,
    daily_values,
    kept_values,
    pairs,
)
from smos_ib_explorer.plugin.core.analysis.station import ISMN_CITATIONS, Station
from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, RAW
from smos_ib_explorer.plugin.core.series import TimeSeries
from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, Variable

pandas = pytest.importorskip("pandas")

ROLE = ROLE_OF_ID["SM"]
SM = Variable("SM", "Soil_Moisture", ROLE.title, ROLE.units, ROLE)


def station(times, values, flags=None, lon=0.0, units=SM.units):
    stamps = np.array(times, dtype="datetime64[m]")
    flags = None if flags is None else np.array(flags, "S")
    return Station(
        "NET", "Inv-1", lon, 30.0, 0.0, 0.05, "SM", units, stamps, np.array(values, dtype=float), flags, Path("x.stm")
    )


def of(daily):
    return {str(day): round(float(value), 9) for day, value in zip(daily.days, daily.values)}


@pytest.fixture
def hourly():
    """Six weeks of hours with gaps and doubtful values."""
    random = np.random.default_rng(1)
    times = np.arange("2020-01-25", "2020-03-07", dtype="datetime64[h]").astype("datetime64[m]")
    times = times[random.random(times.size) < 0.5]
    flags = np.where(random.random(times.size) < 0.3, "D03", "G")
    return station(times, random.random(times.size), flags, lon=105.0)


def test_the_mean_of_good_values_is_pandas(hourly):
    daily = daily_values(hourly)
    good = pandas.Series(hourly.values[hourly.good], index=hourly.times[hourly.good])
    expected = good.resample("D").mean().dropna()
    np.testing.assert_array_equal(daily.days, expected.index.to_numpy().astype("datetime64[D]"))
    np.testing.assert_allclose(daily.values, expected.to_numpy())
    counts = good.resample("D").count()
    assert daily.rule == (
        "A day's value at Inv-1, 0–0.05 m is the mean of its good values (flag G) of that day (UTC). "
        f"One is enough; days have {counts.min()} to {counts.max()} (median {counts.median():g})."
    )


@pytest.mark.parametrize("orbit", [Orbit.ASCENDING, Orbit.DESCENDING])
@pytest.mark.parametrize("lon", [-179.9, -105.0, 0.0, 9.2, 105.0, 180.0])
def test_the_value_nearest_to_the_overpass_is_a_plain_loops(hourly, orbit, lon):
    there = station(hourly.times, hourly.values, hourly.flags, lon=lon)
    daily = of(daily_values(there, DayValue.OVERPASS, orbit))
    hour = {Orbit.ASCENDING: 6, Orbit.DESCENDING: 18}[orbit]
    minute = round((hour - lon / 15) % 24 * 60) % 1440
    records = [(one.item(), value) for one, value in zip(hourly.times[hourly.good], hourly.values[hourly.good])]
    expected = {}
    for number in range(70):
        day = dt.datetime(2020, 1, 1) + dt.timedelta(days=number)
        overpass = day + dt.timedelta(minutes=minute)
        near = [(abs(time - overpass), time, value) for time, value in records]
        distance, _, value = min(near)
        if distance <= dt.timedelta(hours=3):
            expected[str(day.date())] = round(float(value), 9)
    assert daily == expected
    assert (
        f"({minute // 60:02d}:{minute % 60:02d} UTC of that day), at most 3 h away"
        in daily_values(there, DayValue.OVERPASS, orbit).rule
    )


def test_three_hours_are_near_and_a_minute_more_is_not():
    record = station(["2020-02-29T03:00", "2020-03-01T02:59", "2020-03-02T09:00"], [1, 2, 3])
    assert of(daily_values(record, DayValue.OVERPASS, Orbit.ASCENDING)) == {"2020-02-29": 1, "2020-03-02": 3}
    both = station(["2020-03-02T05:00", "2020-03-02T07:00"], [1, 2])
    assert of(daily_values(both, DayValue.OVERPASS, Orbit.ASCENDING)) == {"2020-03-02": 1}


def test_an_overpass_near_midnight_takes_the_nearest_value_of_either_day():
    record = station(["2020-02-28T23:30", "2020-02-29T02:00"], [1, 2], lon=90.0)  # 6:00 there is 0:00 UTC
    daily = daily_values(record, DayValue.OVERPASS, Orbit.ASCENDING)
    assert of(daily) == {"2020-02-29": 1}
    assert daily.rule.endswith("are paired with a value of almost 24 h earlier.")


@pytest.mark.parametrize(
    ("orbit", "lon", "is_near"),
    [(Orbit.DESCENDING, -90.0, True), (Orbit.DESCENDING, -104.0, True), (Orbit.DESCENDING, -76.0, True), (Orbit.ASCENDING, 90.0, True),
     (Orbit.ASCENDING, -90.0, False), (Orbit.DESCENDING, -105.0, False), (Orbit.DESCENDING, -75.0, False), (Orbit.UNKNOWN, -90.0, False)],
)  # fmt: skip
@pytest.mark.parametrize("way", list(DayValue))
def test_the_rule_tells_where_the_overpass_is_near_midnight(orbit, lon, is_near, way):
    record = station(["2020-02-28T23:30", "2020-02-29T12:00"], [0.1, 0.2], lon=lon)
    assert ("The overpass there is near 0 h UTC" in daily_values(record, way, orbit).rule) == is_near


def test_without_hours_or_orbit_the_mean_is_taken_and_the_rule_says_so(hourly):
    days = station(["2020-02-29T00:00", "2020-03-01T00:00"], [1, 2])
    daily = daily_values(days, DayValue.OVERPASS, Orbit.ASCENDING)
    assert of(daily) == {"2020-02-29": 1, "2020-03-01": 2}
    assert daily.rule.endswith("of that day, because its times tell no hours. One is enough; each day has 1.")
    unknown = daily_values(hourly, DayValue.OVERPASS, Orbit.UNKNOWN)
    np.testing.assert_array_equal(unknown.values, daily_values(hourly).values)
    assert "the hour of the overpass is not known" in unknown.rule


@pytest.mark.parametrize("way", list(DayValue))
def test_a_station_without_a_good_value_has_no_day(way):
    daily = daily_values(station(["2020-02-29T06:00"], [1], ["C01"]), way, Orbit.ASCENDING)
    assert daily.days.size == daily.values.size == 0


def test_pairs_are_of_days_that_both_have():
    days = np.array(["2020-02-28", "2020-02-29", "2020-03-02"], dtype="datetime64[D]")
    made = pairs(days, np.array([1.0, 2, 3]), days[1:] + np.array([0, 1]), np.array([4.0, 5]))
    assert (made.days.tolist(), made.satellite.tolist(), made.reference.tolist()) == ([dt.date(2020, 2, 29)], [2], [4])


def test_kept_values_follow_the_criteria():
    days = np.array(["2020-02-28", "2020-02-29", "2020-03-01", "2020-03-02"], dtype="datetime64[D]")
    values = np.array([0.1, 0.2, np.nan, 0.3], dtype=np.float32)
    flags, rmse = np.array([0, 2, 0, 1], dtype=np.float32), np.array([1, 1, 1, 9], dtype=np.float32)
    series = TimeSeries(M25KM, Cell(1, 1), Orbit.ASCENDING, (SM,), days, {"SM": values}, flags, rmse, 4)
    kept_days, kept = kept_values(series, SM, PROVIDER)
    assert kept_days.tolist() == [dt.date(2020, 2, 28)]
    assert kept.dtype == np.float64 and kept.tolist() == [float(np.float32(0.1))]


def test_units_have_to_agree():
    assert check_comparable(SM, SM.units, "Inv-1") == ""
    assert check_comparable(SM, "", "Inv-1") == "The units of Inv-1 are not told; they are taken for m³ m⁻³."
    with pytest.raises(BadRequest, match="Inv-1 is in K, and SM in m³ m⁻³"):
        check_comparable(SM, "K", "Inv-1")


def series_of(values):
    days = np.arange("2020-02-27", "2020-03-05", dtype="datetime64[D]")[: len(values)]
    return TimeSeries(
        M25KM, Cell(1, 1), Orbit.ASCENDING, (SM,), days, {"SM": np.array(values, dtype=np.float32)}, None, None,
        len(values),
    )  # fmt: skip


def test_a_comparison_is_pandas_and_tells_its_rule():
    satellite = series_of([0.1, 0.3, np.nan, 0.2, 0.5])
    record = station([f"{day}T06:00" for day in satellite.dates[1:]], [0.2, 0.2, 0.4, 0.3])
    reference = station_reference(record, SM, DayValue.MEAN, Orbit.ASCENDING, "#000000")
    made = compare(satellite, RAW, reference)
    frame = pandas.DataFrame({"x": [0.3, 0.2, 0.5], "y": [0.2, 0.4, 0.3]})
    found = made.agreement
    assert (found.n, found.bias) == (3, pytest.approx((frame.x - frame.y).mean(), abs=1e-7))
    assert found.pearson == pytest.approx(frame.x.corr(frame.y), abs=1e-6)
    assert found.spearman == pytest.approx(frame.x.corr(frame.y, method="spearman"))
    assert found.ubrmsd == pytest.approx(frame.eval("x - y").std(ddof=0), abs=1e-7)
    assert made.rule.endswith("differences are this archive minus the reference.")
    assert reference.other_series.about == reference.rule


def test_a_deep_sensor_is_told():
    record = replace(station(["2020-02-29T06:00"], [0.2]), depth_from=0.5, depth_to=0.5)
    rule = station_reference(record, SM, DayValue.MEAN, Orbit.ASCENDING, "#000000").rule
    assert rule.endswith("It measures at 0.5 m; L-band sees the top 0.05 m or so.")


def test_notes_of_a_station_are_part_of_the_rule():
    record = replace(station(["2020-02-29T06:00"], [0.2]), notes=("Half of it is invented.",), sensor="Probe")
    reference = station_reference(record, SM, DayValue.MEAN, Orbit.ASCENDING, "#000000")
    assert reference.rule.endswith("Half of it is invented.")
    assert dict(reference.sources)["station"].endswith("depth 0–0.05 m, sensor Probe")


def test_only_stations_of_ismn_ask_for_its_citations():
    for is_ismn, citations in ((True, ISMN_CITATIONS), (False, ())):
        record = replace(station(["2020-02-29T06:00"], [0.2]), is_ismn=is_ismn)
        assert station_reference(record, SM, DayValue.MEAN, Orbit.ASCENDING, "#000000").citations == citations


def test_values_outside_the_variables_range_are_not_compared():
    """As a file has them that does not tell what it measures."""
    times = ["2020-02-27T06:00", "2020-02-28T06:00", "2020-02-29T06:00"]
    record = replace(station(times, [0.2, -99.9, 0.3], ["G", "G", "D01"], units=""), quantity="")
    reference = station_reference(record, SM, DayValue.MEAN, Orbit.ASCENDING, "#000000")
    assert reference.values.tolist() == [0.2]
    assert "1 values outside 0 to 1 m³ m⁻³ are left out, such as -99.9." in reference.rule
    percent = replace(record, values=np.array([20.0, 0.5, 30.0]))
    with pytest.raises(BadRequest, match=r"Inv-1, 0–0.05 m has values of up to 30, and soil moisture is 0 to 1"):
        station_reference(percent, SM, DayValue.MEAN, Orbit.ASCENDING, "#000000")


def test_what_cannot_be_compared_is_refused():
    vod = replace(SM, id="VOD", units="–")
    record = station(["2020-02-29T06:00"], [0.2])
    with pytest.raises(BadRequest, match="measures SM, not VOD"):
        station_reference(record, vod, DayValue.MEAN, Orbit.ASCENDING, "#000000")
