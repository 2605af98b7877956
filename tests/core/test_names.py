# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates and orbits as names tell them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.names import (
    FIRST_YEAR,
    LAST_YEAR,
    DateForm,
    Orbit,
    date_form_of,
    date_in_name,
    orbit_in_path,
    parse_day,
)
from smos_ib_explorer.plugin.core.products import product_of

DATES = [
    # sister products
    ("SM_RE06_MIR_CDF3SA_20180101T000000_20180101T235959_105_001_8.DBL.nc", "2018-01-01"),
    ("SM_RE07_MIR_CDF3SD_20200229T000000_20200229T235959_200_001_8.DBL.nc", "2020-02-29"),
    ("SM_OPER_MIR_CDF3SA_20241231T000000_20241231T235959_300_001_7.DBL.nc", "2024-12-31"),
    ("SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc", "2015-05-06"),
    ("IB_SM_CDF3AM_20150401.nc", "2015-04-01"),
    ("IB_SM_CDF3AM_20150401_V1.0.nc", "2015-04-01"),
    # SMOS-IB's own names are not known: the likely ones
    ("SMOS-IB_20100101.nc", "2010-01-01"),
    ("SMOS_IB_2010-01-01.nc", "2010-01-01"),
    ("SMOS_IB_2010_01_01.nc", "2010-01-01"),
    ("SMOSIB20100101.nc", "2010-01-01"),
    ("SMOS_IB_25km_20100101_A.nc", "2010-01-01"),
    ("20100101.nc", "2010-01-01"),
    ("2010001.nc", "2010-01-01"),
    ("SMOS_IB_2012366.nc", "2012-12-31"),
    ("SMOS_IB_2011365_v2.nc", "2011-12-31"),
    ("SMOS_IB_2012-060.nc", "2012-02-29"),
    ("SMOS_IB_2012_060.nc", "2012-02-29"),
    ("SMOS_IB_20240229000000.nc", "2024-02-29"),
    ("SMOS_IB_202402291200.nc", "2024-02-29"),
    ("土壤水分_20100101.nc", "2010-01-01"),
    ("été_2010-07-14.nc", "2010-07-14"),
    # two dates: the first day is the day of the file, the other its end or its processing
    ("SM_20180101T000000_20180103T235959.nc", "2018-01-01"),
    ("SM_20180101_20180103.nc", "2018-01-01"),
    ("SM_2018-01-01_processed_2021-05-05.nc", "2018-01-01"),
    ("v20210505_SM_20180101T000000.nc", "2018-01-01"),
    # digits that are no date
    ("SM_00000000_20180101.nc", "2018-01-01"),
    ("SM_12345678_20180101.nc", "2018-01-01"),
    ("SM_20181301_20180102.nc", "2018-01-02"),
    ("SM_99991231_20180101.nc", "2018-01-01"),
    ("SM_99991231.nc", None),
    ("SM_19771231.nc", None),
    ("SM_21010101.nc", None),
    ("SM_99990101T000000_99990101T235959.nc", None),
    ("SM_20180230.nc", None),
    ("SM_20190229.nc", None),
    ("SM_20180000.nc", None),
    ("SM_2011366.nc", None),
    ("SM_2012000.nc", None),
    ("SM_2012367.nc", None),
    ("SM_201801011.nc", None),
    ("SM_1234567890123456.nc", None),
    ("SM_105_001_7.nc", None),
    ("SMOS_2015.nc", None),
    ("ease2_m25km_land_mask_usgs.nc", None),
    ("climatology.nc", None),
    ("", None),
]

ORBITS = [
    (("SM_RE06_MIR_CDF3SA_20180101T000000_20180101T235959_105_001_8.DBL.nc",), "A"),
    (("SM_RE06_MIR_CDF3SD_20180101T000000_20180101T235959_105_001_8.DBL.nc",), "D"),
    (("SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc",), "A"),
    (("SM_OPER_MIR_CLF31D_20150506T000000_20150506T235959_300_002_7.DBL.nc",), "D"),
    (("IB_SM_CDF3AM_20150401.nc",), "A"),
    (("IB_SM_CDF3PM_20150401.nc",), "D"),
    (("sm_oper_mir_cdf3sd_20150401t000000.nc",), "D"),
    (("ASC", "2018", "20180101.nc"), "A"),
    (("DES", "2018", "20180101.nc"), "D"),
    (("Descending", "20180101.nc"), "D"),
    (("data", "ascending orbit", "20180101.nc"), "A"),
    (("SMOS_IB_DESC_20180101.nc",), "D"),
    (("SMOS_IB_asc_20180101.nc",), "A"),
    (("SMOS_IB_AM_20180101.nc",), "A"),
    (("SMOS_IB_20180101_PM.nc",), "D"),
    # the name decides before the folder
    (("ASC", "SM_RE06_MIR_CDF3SD_20180101T000000.nc"), "D"),
    (("DES", "ASC", "20180101.nc"), "A"),
    # words that only contain the letters
    (("SMOS_IB_20180101.nc",), ""),
    (("desert", "Amazonas", "ascii", "20180101.nc"), ""),
    (("SMOS_SAMPLE_20180101.nc",), ""),
    ((), ""),
]

PRODUCT_KEYS = [
    ("SMOS-IB_20100101.nc", "smos-ib"),
    ("SMOSIB20100101.nc", "smos-ib"),
    ("smos_ib_2010-01-01_A.nc", "smos-ib"),
    ("SM_RE06_MIR_CDF3SA_20180101T000000_20180101T235959_105_001_8.DBL.nc", "smos-ic-v105"),
    ("SM_RE07_MIR_CDF3SD_20200229T000000_20200229T235959_200_001_8.DBL.nc", "smos-ic-v2"),
    ("SM_OPER_MIR_CDF3SA_20241231T000000_20241231T235959_300_001_7.DBL.nc", "smos-ic-v2"),
    ("IB_SM_CDF3AM_20150401.nc", "smap-ib"),
    ("SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc", "catds-l3"),
    ("SM_SYNTHETIC_MIR_CDF3SA_20240101T000000_20240101T235959_000_001_0.DBL.nc", "synthetic"),
    ("20100101.nc", "ease2-daily"),
]


@pytest.mark.parametrize(("name", "day"), DATES)
def test_the_date_of_a_name(name: str, day: str | None) -> None:
    assert date_in_name(name) == (dt.date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(("parts", "letter"), ORBITS)
def test_the_orbit_of_a_path(parts: tuple[str, ...], letter: str) -> None:
    assert orbit_in_path(parts) is Orbit(letter)


@pytest.mark.parametrize(("name", "key"), PRODUCT_KEYS)
def test_the_product_of_a_name(name: str, key: str) -> None:
    assert product_of(name).key == key


@pytest.mark.parametrize(
    "form",
    [
        "SMOS_IB_{0:%Y%m%d}.nc",
        "SM_MIR_CDF3SA_{0:%Y%m%d}T000000_{0:%Y%m%d}T235959_105.nc",
        "a_{0:%Y-%m-%d}_b.nc",
        "IB_{0:%Y%j}.nc",
        "{0:%Y_%m_%d}.nc",
    ],
)
@given(day=st.dates(dt.date(1978, 1, 1), dt.date(2100, 12, 31)))
def test_any_date_comes_back(form: str, day: dt.date) -> None:
    assert date_in_name(form.format(day)) == day


# A form of dates as users write it, and as strftime does.
WRITTEN = {"YYYYMMDD": "%Y%m%d", "YYYY-MM-DD": "%Y-%m-%d", "YYYY_MM_DD": "%Y_%m_%d", "YYYYDDD": "%Y%j"}
OTHER_FORMS = {"DDMMYYYY": "%d%m%Y", "MM.DD.YYYY": "%m.%d.%Y", "dYYYY_DDD": "d%Y_%j", "YYYY MM DD": "%Y %m %d"}
days = st.dates(dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31))
# What may stand around a date: no digit, and no T, after which a clock time would follow.
around = st.text(st.characters(blacklist_categories=["Nd"], blacklist_characters="T"), max_size=12)


@pytest.mark.parametrize("form", WRITTEN)
@given(day=days, before=around, after=around)
def test_a_date_is_found_in_whatever_stands_around_it(form: str, day: dt.date, before: str, after: str) -> None:
    name = f"{before}{day.strftime(WRITTEN[form])}{after}"
    assert date_in_name(name) == day
    assert date_form_of(name) == form


@pytest.mark.parametrize("form", [*WRITTEN, *OTHER_FORMS])
@given(day=days, before=around, after=around)
def test_a_form_that_the_user_writes_finds_its_dates(form: str, day: dt.date, before: str, after: str) -> None:
    written = {**WRITTEN, **OTHER_FORMS}[form]
    found = DateForm.of(form)
    assert found.text == form
    assert found.find(f"{before}{day.strftime(written)}{after}") == day
    assert DateForm.of(found.text) == found


@given(
    st.lists(
        st.sampled_from(["YYYY", "MM", "DD", "DDD", "-", "_", ".", "(", "[", "\\", "é", "Y", "7"]), max_size=8
    ).map("".join)
)
def test_any_form_is_understood_or_refused_with_a_sentence(text: str) -> None:
    try:
        form = DateForm.of(text)
    except BadRequest as error:
        assert "Write YYYY" in error.hint
        return
    day = dt.date(2020, 12, 31)
    name = text.strip()
    for part, number in (("YYYY", "2020"), ("MM", "12"), ("DDD", "366"), ("DD", "31")):
        name = name.replace(part, number)
    assert form.find(name) == day


@given(st.text(max_size=40))
def test_any_name_is_survived(name: str) -> None:
    found = date_in_name(name)
    assert found is None or 1978 <= found.year <= 2100
    assert orbit_in_path([name]) in Orbit


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2018-01-31", "2018-01-31"),
        (" 2018-01-31 ", "2018-01-31"),
        ("2018-02-30", None),
        ("20180131", None),
        ("", None),
        ("31.1.2018", None),
    ],
)
def test_days_as_people_type_them(text: str, day: str | None) -> None:
    assert parse_day(text) == (dt.date.fromisoformat(day) if day else None)


def test_orbits_in_words() -> None:
    assert [orbit.title for orbit in Orbit] == ["ascending", "descending", "orbit not stated"]


@pytest.mark.parametrize(
    ("parts", "orbit"),
    [
        (("SMOS_ASC_DES", "x_20200101.nc"), Orbit.UNKNOWN),
        (("ASC", "SMOS_ASC_DES_20200101.nc"), Orbit.ASCENDING),
        (("Fichiers des données", "x_20200101.nc"), Orbit.UNKNOWN),
        (("Des", "x_20200101.nc"), Orbit.DESCENDING),
    ],
)
def test_words_that_tell_nothing_are_passed_over(parts: tuple[str, ...], orbit: Orbit) -> None:
    assert orbit_in_path(parts) is orbit
