# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of daily files is kept under all that its numbers depend on, so that nothing is served stale."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from core.granules import cell, layers_of, write_day

from smos_ib_explorer.plugin.core.archive import Granule, assemble, scan
from smos_ib_explorer.plugin.core.corrections import Corrections, Orientation
from smos_ib_explorer.plugin.core.errors import ChangedFile, VanishedFile
from smos_ib_explorer.plugin.core.fingerprint import check_unchanged
from smos_ib_explorer.plugin.core.grid import GRIDS
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.quality import RAW
from smos_ib_explorer.plugin.core.reader import Opened, Reader
from smos_ib_explorer.plugin.core.recent import RecentDays
from smos_ib_explorer.plugin.core.store.manifest import Manifest, StoredGranule, read_manifest
from smos_ib_explorer.plugin.core.tally import Tallies, Tally
from smos_ib_explorer.plugin.core.tally_file import tally_path
from smos_ib_explorer.plugin.core.variables import Conversion

OpenDays = Callable[..., tuple[Reader, Opened]]
DAY = "2020-02-27"
NOTHING = Tally(np.array([], np.uint16), np.array([], np.uint32))


def together(*files: Granule) -> Granule:
    """Return the granule of a day whose variables lie in several files."""
    kinds = tuple(f"{number}" for number in range(len(files)))
    parts = [replace(one, kind=kind) for kind, one in zip(kinds, files)]
    (joined,) = assemble(files[0].path.parent, parts, (), kinds).granules
    return joined


def with_recognition(opened: Opened, **parts: Any) -> Opened:
    return replace(opened, recognition=replace(opened.recognition, **parts))


def with_variables(opened: Opened, **parts: Any) -> Opened:
    return with_recognition(opened, variables=tuple(replace(one, **parts) for one in opened.recognition.variables))


OTHER_READINGS: dict[str, Callable[[Opened], Opened]] = {
    "variables": lambda one: with_recognition(one, variables=one.recognition.variables[::-1]),
    "orientation": lambda one: with_recognition(one, orientation=Orientation(True, False)),
    "grid": lambda one: with_recognition(one, grid=GRIDS[-1]),
    "a fill value": lambda one: with_variables(one, fills=(-1.0,)),
    "another one": lambda one: with_variables(one, fills=(-2.0,)),
    "units": lambda one: with_variables(one, conversion=Conversion(0.01)),
}


def test_every_other_reading_has_tallies_of_its_own(open_days: OpenDays, tmp_path: Path) -> None:
    _, opened = open_days(DAY)
    elsewhere = replace(opened, archive=replace(opened.archive, root=tmp_path / "moved"))
    archives = [opened, elsewhere, *(change(opened) for change in OTHER_READINGS.values())]
    subjects = [(one, one.recognition.variable("SM"), Orbit.ASCENDING) for one in archives]
    subjects += [(opened, opened.recognition.variable("VOD"), Orbit.ASCENDING)]
    subjects += [(opened, opened.recognition.variable("SM"), Orbit.DESCENDING)]
    paths = [tally_path(tmp_path, *one) for one in subjects]
    assert len(set(paths)) == len(paths) and paths == [tally_path(tmp_path, *one) for one in subjects]


@pytest.mark.parametrize("what", ["orientation", "grid", "a fill value", "another one", "units"])
def test_a_store_of_another_reading_is_not_used(what: str, open_days: OpenDays, tmp_path: Path) -> None:
    _, opened = open_days(DAY)
    other = OTHER_READINGS[what](opened)
    for built_for, asked in ((opened, other), (other, opened)):
        Manifest.empty(built_for.archive, built_for.recognition).write(tmp_path)
        manifest = read_manifest(tmp_path)
        assert manifest is not None and manifest.suits(built_for.recognition)
        assert manifest.holds(built_for.recognition.variables)
        assert not (manifest.suits(asked.recognition) and manifest.holds(asked.recognition.variables))


def test_a_store_stays_good_where_only_roles_changed(open_days: OpenDays) -> None:
    _, opened = open_days(DAY)
    manifest = Manifest.empty(opened.archive, opened.recognition)
    turned = with_recognition(opened, corrections=Corrections({"SM": "Soil_Moisture"}, product="smap-ib"))
    assert manifest.suits(turned.recognition) and manifest.holds(turned.recognition.variables)
    as_flags = replace(opened.recognition.variable("SM"), id="SF")
    assert manifest.column(opened.recognition.variable("SM")) is not None and manifest.column(as_flags) is None


CHANGES: dict[str, Callable[[Granule], Granule]] = {
    "size": lambda one: replace(one, size=one.size + 1),
    "time": lambda one: replace(one, modified=one.modified + 1),
    "second file": lambda one: together(one, replace(one, path=one.path.with_name("second.nc"))),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_counts_nowhere(what: str, open_days: OpenDays) -> None:
    _, opened = open_days(DAY)
    (granule,) = opened.archive.granules
    changed = CHANGES[what](granule)
    stored = StoredGranule("a", granule.date, granule.orbit, granule.size, granule.modified, "run")
    assert stored.is_of(granule) and not stored.is_of(changed)
    tallies = Tallies.none().with_days({granule: NOTHING})
    assert tallies.current([granule]).tolist() == [True] and tallies.current([changed]).tolist() == [False]


def test_another_file_for_the_same_day_counts_anew(open_days: OpenDays) -> None:
    _, opened = open_days(DAY)
    (granule,) = opened.archive.granules
    tallies = Tallies.none().with_days({granule: NOTHING})
    assert not tallies.current([replace(granule, path=granule.path.with_name("version_2.nc"))]).any()


def test_each_file_of_a_granule_goes_into_its_fingerprint(open_days: OpenDays) -> None:
    _, opened = open_days(DAY)
    (granule,) = opened.archive.granules
    second = replace(granule, path=granule.path.with_name("second.nc"))
    both = [together(granule, one) for one in (second, replace(second, modified=1))]
    prints = [(one.size, one.modified) for one in both]
    assert prints[0][0] == prints[1][0] == 2 * granule.size and prints[0][1] != prints[1][1]
    assert all(0 <= number < 2**63 for pair in prints for number in pair)
    with pytest.raises(VanishedFile, match=r"second\.nc is no longer there"):
        check_unchanged(both[0])


def test_a_changed_file_is_told(open_days: OpenDays) -> None:
    _, opened = open_days(DAY)
    (granule,) = opened.archive.granules
    check_unchanged(granule)
    os.utime(granule.path, ns=(granule.modified, granule.modified + 1))
    with pytest.raises(ChangedFile, match=r"has changed since the folder was looked at\. Rescan the folder\."):
        check_unchanged(granule)


def test_a_day_in_memory_is_refused_once_its_file_has_changed(open_days: OpenDays, tmp_path: Path) -> None:
    reader, opened = open_days(DAY)
    recent, (granule,), sm = RecentDays(reader), opened.archive.granules, opened.recognition.variable("SM")
    before = recent.read(granule, opened.recognition, sm)
    assert recent.read(granule, opened.recognition, replace(sm, fills=(-1.0,))) is not before  # read anew
    day = dt.date.fromisoformat(DAY)
    write_day(tmp_path, day, extra={"Soil_Moisture": layers_of(day)["Soil_Moisture"] + 0.125})
    with pytest.raises(ChangedFile):
        recent.read(granule, opened.recognition, sm)
    (anew,) = scan(tmp_path).granules
    after = recent.read(anew, opened.recognition, sm)
    assert np.nanmean(after.under(RAW).kept - before.under(RAW).kept) == pytest.approx(0.125, abs=1e-6)
    anew.path.unlink()
    assert (
        recent.read(anew, opened.recognition, sm) is after
    )  # its drive is away; nothing says that it is not true any more


# --- Reading ---


def ways_to_read(reader: Reader, opened: Opened, granule: Granule) -> list[Callable[[], Any]]:
    recognition = opened.recognition
    variables = recognition.variables
    return [
        lambda: reader.day(granule, recognition, variables[0], RAW),
        lambda: reader.cells(granule, recognition, variables, [cell(0, 0)]),
        lambda: reader.cells(granule, recognition, variables, [cell(0, 0), cell(5, 5)]),
        lambda: reader.values(granule, recognition, variables),
    ]


@pytest.mark.parametrize("compressed", [True, False], ids=["chunk", "ordinary"])
def test_a_file_that_changes_while_it_is_read_gives_no_numbers(
    compressed: bool, open_days: OpenDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, opened = open_days(DAY, compressed=compressed)
    (granule,) = opened.archive.granules
    plain = granule.path.read_bytes()
    for content in (plain + b"more", plain[: len(plain) // 2], plain):
        for number in range(4):
            granule.path.write_bytes(plain)
            os.utime(granule.path, ns=(granule.modified, granule.modified))
            read = ways_to_read(reader, opened, granule)[number]
            read()
            with monkeypatch.context() as patch:
                change_after_opening(patch, reader, granule, content)
                with pytest.raises(ChangedFile, match="has changed since the folder was looked at"):
                    read()


def change_after_opening(patch: pytest.MonkeyPatch, reader: Reader, granule: Granule, content: bytes) -> None:
    """Let another program replace the file's content while the reader has it open."""
    really_open = reader.engine.open

    @contextlib.contextmanager
    def opened(path: Path) -> Any:
        with really_open(path) as file:
            granule.path.write_bytes(content)
            yield file

    patch.setattr(reader.engine, "open", opened)


def test_a_file_that_was_replaced_is_not_read_as_the_old_one(open_days: OpenDays) -> None:
    reader, opened = open_days(DAY)
    (granule,) = opened.archive.granules
    os.utime(granule.path, ns=(granule.modified, granule.modified + 1))
    for read in ways_to_read(reader, opened, granule):
        with pytest.raises(ChangedFile):
            read()
    granule.path.unlink()
    for read in ways_to_read(reader, opened, granule):
        with pytest.raises(VanishedFile):
            read()
