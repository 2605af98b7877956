# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The series of an area is what the daily maps say of its cells, weighted; by hand in small cases, from the store or the files alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from core.granules import COLS, ROWS, name_of, write_day, write_days
from core.stores import StoredArchive, small_parts
from core.test_store import write_odd_archive

from smos_ib_explorer.plugin.core.analysis import area_reading
from smos_ib_explorer.plugin.core.analysis.area_groups import area_series_in_groups, in_groups
from smos_ib_explorer.plugin.core.analysis.area_reading import area_series, iterate_areas
from smos_ib_explorer.plugin.core.analysis.area_table import area_rows
from smos_ib_explorer.plugin.core.analysis.areas import Area, AreaMeans, AreaSeries, check_means
from smos_ib_explorer.plugin.core.archive import no_progress, scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import BadRequest, Cancelled, NotInArchive, UnreadableFile
from smos_ib_explorer.plugin.core.grid import M25KM
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import PROVIDER, PROVIDER_6K, RAW, QualityCriteria
from smos_ib_explorer.plugin.core.reader import Opened, Reader

pytest.importorskip("netCDF4")
A, D = Orbit.ASCENDING, Orbit.DESCENDING
DAYS = 50


def area(weights: dict[tuple[int, int], float], number: int = 1) -> Area:
    """Return an area of cells given by their place in the small files, from the north-west; beyond these there are cells too."""
    shares = {int((ROWS[0] + row) * M25KM.cols + COLS[0] + col): share for (row, col), share in weights.items()}
    cells = sorted(shares)
    return Area(number, f"area {number}", M25KM, np.array(cells, np.int32), np.array([shares[one] for one in cells]))


WHOLE = area({(row, col): (1 + row * 15 + col) / 180 for row in range(12) for col in range(15)}, 1)
SMALL = area({(4, 9): 0.5, (4, 10): 1.0, (5, 9): 0.25}, 2)
BESIDE = area({(-40, 2): 1.0, (-40, 3): 0.5}, 3)
OVER_THE_EDGE = area({(row, col): 0.75 for row in range(-3, 3) for col in range(-2, 3)}, 4)
AREAS = [WHOLE, SMALL, BESIDE, OVER_THE_EDGE]


@pytest.fixture(scope="module", autouse=True)
def _small_parts() -> Iterator[None]:
    with small_parts():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty ascending days with a gap, three descending ones."""
    root = tmp_path_factory.mktemp("aires 水")
    write_days(root / "ASC", "2015-12-01/2015-12-20", "2016-01-05/2016-02-03", compressed=True)
    write_days(root / "DES", "2016-01-05/2016-01-07", orbits="D")
    return root


@pytest.fixture
def opened(folder: Path, engine: Engine) -> tuple[Reader, Opened]:
    """The archive, opened with each engine."""
    reader = Reader(engine)
    return reader, reader.learn(scan(folder))


def variables(archive: Opened, *names: str) -> list:
    return [archive.recognition.variable(name) for name in names]


def assert_same(some: AreaMeans, others: AreaMeans) -> None:
    """Fail unless the means are the same in every bit."""
    for name in ("mean", "std", "kept_cells", "kept_weight"):
        one, other = getattr(some, name), getattr(others, name)
        assert one.dtype == other.dtype and np.array_equal(one, other, equal_nan=name in ("mean", "std")), name
    assert some.counts == others.counts


@pytest.mark.parametrize("criteria", [PROVIDER, RAW, QualityCriteria(0, 6.3)], ids=str)
@pytest.mark.parametrize("hold", [0, area_reading.HELD_BYTES], ids=["summed", "held"])
def test_an_area_is_the_maps_weighted_mean(criteria: QualityCriteria, hold: int, opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    wanted = variables(archive, "SM", "RMSE")
    found = area_series(reader, archive, AREAS, wanted, A, criteria, last=dt.date(2015, 12, 9), hold=hold)
    assert [series.area for series in found] == AREAS
    for series in found:
        assert series.dates.tolist() == [dt.date(2015, 12, day) for day in range(1, 10)] and series.is_complete
        for variable in wanted:
            means, least = series.under(variable, criteria), series.under(variable, criteria).from_cells(5)
            for index, granule in enumerate(archive.archive.granules_of(A)[:9]):
                kept = reader.day(granule, archive.recognition, variable, criteria).kept.ravel()[series.area.cells]
                is_kept = np.isfinite(kept)
                assert means.kept_cells[index] == is_kept.sum()
                assert means.kept_weight[index] == pytest.approx(series.area.weights[is_kept].sum(), rel=1e-12)
                if not is_kept.any():
                    assert np.isnan([means.mean[index], means.std[index]]).all()
                    continue
                values, weights = kept[is_kept].astype(float), series.area.weights[is_kept]
                mean = np.average(values, weights=weights)
                assert means.mean[index] == pytest.approx(mean, rel=1e-12)
                spread = np.sqrt(np.average((values - mean) ** 2, weights=weights))
                assert means.std[index] == pytest.approx(spread, rel=1e-9, abs=1e-12)
                assert np.isfinite([one[index] for one in least]).tolist() == [bool(is_kept.sum() >= 5)] * 2


def test_half_and_quarter_cells_by_hand(engine: Engine, tmp_path: Path) -> None:
    numbers = np.full((12, 15), np.nan)
    numbers[4, 9], numbers[4, 10], numbers[5, 9] = 0.2, 0.5, 0.4
    good = {"Soil_Moisture": numbers, "Scene_Flags": np.zeros((12, 15)), "RMSE": np.full((12, 15), 3.0)}
    write_day(tmp_path, dt.date(2020, 2, 28), extra=good)
    write_day(tmp_path, dt.date(2020, 2, 29), extra={**good, "RMSE": np.where(numbers == 0.5, 9.0, 3.0)})
    reader = Reader(engine)
    archive = reader.learn(scan(tmp_path))
    (series,) = area_series(reader, archive, [SMALL], variables(archive, "SM"), A, PROVIDER)
    means = series.under(series.variables[0], PROVIDER)
    # (0.5 × 0.2 + 1 × 0.5 + 0.25 × 0.4) / 1.75 = 0.4; without the second cell (0.1 + 0.1) / 0.75.
    assert means.mean == pytest.approx([0.4, 0.2 / 0.75])
    assert means.std == pytest.approx(
        [np.sqrt((0.5 * 0.04 + 0.01) / 1.75), np.sqrt((0.5 * (1 / 15) ** 2 + 0.25 * (2 / 15) ** 2) / 0.75)]
    )
    assert means.kept_cells.tolist() == [3, 2] and means.kept_weight.tolist() == [1.75, 0.75]
    assert (means.counts.retrievals, means.counts.kept, means.counts.rmse) == (6, 5, 1)
    assert [row[3] for row in area_rows(series, PROVIDER, 3)] == [pytest.approx(0.4), None]
    (series,) = area_series(reader, archive, [BESIDE], variables(archive, "SM"), A, PROVIDER)
    assert [row[3:6] for row in area_rows(series, PROVIDER, 0)] == [(None, None, 0)] * 2  # no mean of nothing
    one_cell = area({(4, 10): 0.3})
    (series,) = area_series(reader, archive, [one_cell], variables(archive, "SM"), A, RAW)
    means = series.under(series.variables[0], RAW)
    assert means.mean == pytest.approx([0.5, 0.5], rel=1e-7) and means.std == pytest.approx([0, 0], abs=1e-15)


def test_what_is_held_tells_of_other_criteria_and_what_is_summed_does_not(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    wanted = variables(archive, "SM")
    held, summed = (
        area_series(reader, archive, [WHOLE], wanted, A, PROVIDER, hold=hold)[0]
        for hold in (area_reading.HELD_BYTES, 0)
    )
    assert_same(held.under(wanted[0], PROVIDER), summed.under(wanted[0], PROVIDER))
    assert held.tells(PROVIDER_6K) and summed.tells(PROVIDER) and not summed.tells(PROVIDER_6K)
    (anew,) = area_series(reader, archive, [WHOLE], wanted, A, PROVIDER_6K, hold=0)
    assert_same(held.under(wanted[0], PROVIDER_6K), anew.under(wanted[0], PROVIDER_6K))
    with pytest.raises(KeyError):
        summed.under(wanted[0], PROVIDER_6K)


def test_the_small_areas_are_held_within_the_budget(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    wanted = variables(archive, "SM")
    room = DAYS * (SMALL.cells.size + BESIDE.cells.size) * 4 * 5
    found = area_series(reader, archive, AREAS, wanted, A, PROVIDER, hold=room)
    assert [series.held is not None for series in found] == [False, True, True, False]


def read(
    archive: StoredArchive, opened: Opened, areas: Sequence[Area], orbit: Orbit, with_store: bool, hold: int
) -> list[AreaSeries]:
    wanted = variables(opened, "SM", "VOD")
    store = archive.view(opened) if with_store else None
    return area_series(archive.reader, opened, areas, wanted, orbit, PROVIDER, store=store, hold=hold)


@pytest.mark.parametrize("compressed", [True, False], ids=["chunks", "ordinary"])
def test_store_and_files_say_the_same(
    compressed: bool, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_reading, "CELLS_A_GRANULE", 1000)
    write_odd_archive(tmp_path, compressed)
    archive = StoredArchive.at(engine, tmp_path)
    opened = archive.opened()
    archive.build(opened=opened)
    for orbit in (A, D):
        told = []
        for with_store in (False, True):
            for hold in (0, area_reading.HELD_BYTES):
                archive.reader.for_store.clear()
                told.append(read(archive, opened, AREAS, orbit, with_store, hold))
                granules = len(opened.archive.granules_of(orbit))
                assert (len(archive.reader.for_store) < granules) == with_store
        for other in told[1:]:
            for one, same in zip(told[0], other):
                assert one.dates.tolist() == same.dates.tolist() and one.wanted == same.wanted
                assert (one.problems, one.notes) == (same.problems, same.notes)
                for variable in one.variables:
                    assert_same(one.under(variable, PROVIDER), same.under(variable, PROVIDER))


def test_a_store_that_breaks_half_way_through_leaves_nothing_behind(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days(tmp_path, "2016-01-05/2016-01-12", compressed=True)
    archive = StoredArchive.at(engine, tmp_path)
    opened = archive.opened()
    monkeypatch.setattr(area_reading, "CELLS_A_GRANULE", 1000)
    expected = read(archive, opened, AREAS, A, False, 0)
    archive.build(opened=opened)
    view = archive.view(opened)
    assert view is not None
    whole, calls = view.read, []

    def breaking(*how: object) -> object:
        calls.append(how)
        if len(calls) == 3:
            raise UnreadableFile("The store cannot be read.")
        return whole(*how)  # type: ignore[arg-type]

    monkeypatch.setattr(view, "read", breaking)
    found = area_series(archive.reader, opened, AREAS, variables(opened, "SM", "VOD"), A, PROVIDER, store=view, hold=0)
    assert len(calls) == 3
    for one, same in zip(found, expected):
        assert_same(one.under(one.variables[0], PROVIDER), same.under(one.variables[0], PROVIDER))


def test_a_series_grows_from_the_newest_day_and_can_be_stopped(
    opened: tuple[Reader, Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, archive = opened
    monkeypatch.setattr(area_reading, "REPORT", 1)
    wanted = variables(archive, "SM")
    grown = list(iterate_areas(reader, archive, [WHOLE, SMALL], wanted, A, PROVIDER, None, None, no_progress, hold=0))
    assert [step[0].dates.size for step in grown] == [20, 40, 50]
    assert str(grown[0][0].dates[-1]) == "2016-02-03" and not grown[0][0].is_complete
    last = grown[-1][0].under(wanted[0], PROVIDER)
    np.testing.assert_array_equal(grown[0][0].under(wanted[0], PROVIDER).mean, last.mean[-20:])

    def stop(share: float, what: str) -> None:
        if share > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        area_series(reader, archive, [WHOLE], wanted, A, PROVIDER, progress=stop)


def test_a_damaged_file_is_listed_and_the_rest_goes_on(engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path, "2016-01-08/2016-01-12")
    bad = tmp_path / name_of(dt.date(2016, 1, 10))
    bad.write_bytes(bad.read_bytes()[:4000])
    reader = Reader(engine)
    archive = reader.learn(scan(tmp_path))
    (series,) = area_series(reader, archive, [SMALL], variables(archive, "SM"), A, PROVIDER)
    assert [problem.path for problem in series.problems] == [bad] and "truncated" in series.problems[0].reason
    assert series.is_complete and [day.day for day in series.dates.tolist()] == [8, 9, 11, 12]
    with pytest.raises(NotInArchive, match=r"no granule between 2017-01-01"):
        area_series(reader, archive, [SMALL], series.variables, A, PROVIDER, dt.date(2017, 1, 1))


def test_an_archive_without_quality_layers(engine: Engine, tmp_path: Path) -> None:
    write_days(tmp_path, "2016-01-08/2016-01-09", without=("RMSE", "Scene_Flags"))
    reader = Reader(engine)
    archive = reader.learn(scan(tmp_path))
    for hold in (0, area_reading.HELD_BYTES):
        found = area_series(reader, archive, [SMALL, BESIDE], variables(archive, "SM"), A, PROVIDER, hold=hold)
        kept = [series.under(series.variables[0], PROVIDER).kept_cells.sum() for series in found]
        assert kept[0] > 0 and kept[1] == 0


def test_many_areas_are_read_in_groups(opened: tuple[Reader, Opened]) -> None:
    reader, archive = opened
    wanted = variables(archive, "SM")
    once = area_series(reader, archive, AREAS, wanted, A, PROVIDER, hold=0)
    shares: list[float] = []
    groups = list(
        area_series_in_groups(
            reader, archive, AREAS, wanted, A, PROVIDER, most=1, progress=lambda share, what: shares.append(share)
        )
    )
    assert [len(group) for group in groups] == [1] * 4 and shares == sorted(shares)
    for one, (same,) in zip(once, groups):
        assert_same(one.under(wanted[0], PROVIDER), same.under(wanted[0], PROVIDER))
        told = same.counts_only()
        assert told.under(wanted[0], PROVIDER).counts == same.under(wanted[0], PROVIDER).counts
        assert told.under(wanted[0], PROVIDER).mean.size == 0 and told.dates.size == DAYS
    sizes = [len(group) for group in in_groups([SMALL] * 10, DAYS, 2, most=4 * (DAYS * 2 * 120 + 20 * 3 * 6 * 4))]
    assert sizes == [4, 4, 2]


def test_flags_have_no_mean(opened: tuple[Reader, Opened]) -> None:
    _, archive = opened
    check_means(variables(archive, "SM", "RMSE"))
    with pytest.raises(BadRequest, match="no mean of scene flags"):
        check_means(variables(archive, "SM", "SF"))


@pytest.mark.parametrize(("room", "from_store"), [(0, False), (1000, True)])
def test_a_store_is_used_where_that_is_less_work(
    room: int, from_store: bool, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_reading, "CELLS_A_GRANULE", room)
    write_days(tmp_path, "2016-01-05/2016-01-08", compressed=True)
    archive = StoredArchive.at(engine, tmp_path)
    opened = archive.opened()
    archive.build(opened=opened)
    view = archive.view(opened)
    assert view is not None
    calls: list[object] = []
    whole = view.read
    monkeypatch.setattr(view, "read", lambda *how: (calls.append(how), whole(*how))[1])
    area_series(archive.reader, opened, [SMALL], variables(opened, "SM"), A, PROVIDER, store=view)
    assert bool(calls) == from_store


def test_an_area_knows_its_size() -> None:
    assert SMALL.size_km2 == pytest.approx(1.75 * 626.2636, rel=1e-6)
    assert OVER_THE_EDGE.blocks.dtype == np.int32 and OVER_THE_EDGE.blocks.max() > 0
