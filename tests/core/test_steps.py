# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps through the days of an archive."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import Archive, Granule
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.steps import Step, Unit, months_away

A = Orbit.ASCENDING
UNITS = (Unit.DAY, Unit.MONTH, Unit.YEAR, Unit.END)


def archive_of(days: list[dt.date]) -> Archive:
    return Archive(Path("there"), tuple(Granule(Path(f"{day}.nc"), day, A, 1, 1) for day in days), ())


def every(first: str, last: str) -> list[dt.date]:
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return [start + dt.timedelta(days=number) for number in range((end - start).days + 1)]


RECORD = archive_of([*every("2019-11-01", "2020-03-31"), *every("2021-01-01", "2021-02-05")])


@pytest.mark.parametrize(
    ("start", "unit", "forward", "end"),
    [
        ("2020-02-28", Unit.DAY, True, "2020-02-29"),
        ("2020-03-31", Unit.DAY, True, "2021-01-01"),
        ("2021-01-01", Unit.DAY, False, "2020-03-31"),
        ("2020-01-31", Unit.MONTH, True, "2020-02-29"),
        ("2020-03-31", Unit.MONTH, False, "2020-02-29"),
        ("2020-03-15", Unit.MONTH, True, "2020-03-31"),
        ("2020-03-31", Unit.MONTH, True, "2021-01-01"),
        ("2020-02-29", Unit.YEAR, True, "2021-02-05"),
        ("2021-02-05", Unit.YEAR, False, "2020-02-05"),
        ("2019-12-24", Unit.YEAR, False, "2019-11-01"),
        ("2020-02-29", Unit.END, True, "2021-02-05"),
        ("2020-02-29", Unit.END, False, "2019-11-01"),
        ("2021-02-05", Unit.DAY, True, "None"),
        ("2021-02-05", Unit.YEAR, True, "None"),
        ("2021-02-05", Unit.END, True, "None"),
    ],
)
def test_where_steps_lead(start: str, unit: Unit, forward: bool, end: str) -> None:
    assert str(Step(unit, forward).of(RECORD, A, dt.date.fromisoformat(start))) == end


def test_a_step_to_a_kept_day_passes_the_others() -> None:
    kept = [dt.date(2020, 1, 3), dt.date(2020, 1, 9)]
    assert Step(Unit.KEPT, True).of(RECORD, A, dt.date(2020, 1, 3), kept) == kept[1]
    assert Step(Unit.KEPT, False).of(RECORD, A, dt.date(2020, 1, 9), kept) == kept[0]
    assert Step(Unit.KEPT, True).of(RECORD, A, dt.date(2020, 1, 9), kept) is None
    assert Step(Unit.KEPT, True).of(RECORD, A, dt.date(2020, 1, 9)) is None


@given(
    days=st.sets(st.dates(dt.date(2010, 1, 1), dt.date(2024, 12, 31)), min_size=1, max_size=40),
    start=st.dates(dt.date(2010, 1, 1), dt.date(2024, 12, 31)),
    unit=st.sampled_from(UNITS),
    forward=st.booleans(),
)
def test_a_step_leads_onward_to_a_day_with_a_file(
    days: set[dt.date], start: dt.date, unit: Unit, forward: bool
) -> None:
    end = Step(unit, forward).of(archive_of(sorted(days)), A, start)
    onward = {day for day in days if (day > start if forward else day < start)}
    if unit is not Unit.END:
        assert end in onward if onward else end is None
    assert end is None or end in days


def test_months_are_as_long_as_they_are() -> None:
    assert months_away(dt.date(2020, 2, 29), 12) == dt.date(2021, 2, 28)
    assert months_away(dt.date(2020, 1, 31), -1) == dt.date(2019, 12, 31)
    assert months_away(dt.date(9999, 12, 31), 1) == dt.date(9999, 12, 31)
    assert months_away(dt.date(1, 1, 5), -1) == dt.date(1, 1, 5)
