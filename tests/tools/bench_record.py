# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The synthetic record that ./dev bench reads: one file a day in the form of the product, of one orbit.

Some days are made as the demo archive is; every other day of the record is a hard link to one of them, or a copy. Their order is
random: were it periodic, each cell's series would repeat itself, and a store of it would be compressed twenty times better than
any real one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smos_ib_explorer.plugin.core import demo
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.names import Orbit

FIRST_DAY = dt.date(2010, 1, 1)
WHOLE_RECORD = 5479  # days, to 2024-12-31
VARIABLES = ("Soil_Moisture", "Optical_Thickness_Nad", "BT_H_IC_Fitted", "BT_V_IC_Fitted", "RMSE", "Scene_Flags")
LAND_MASK = Path(__file__).resolve().parents[3] / "shared" / "data" / "ease2_m25km_land_mask_usgs.nc"
# Beyond lies ice, or land that is frozen for half of the year: with it a day would have a third more retrievals than a real one.
RETRIEVED = (-56.0, 65.0)
LAND_SHARE = 0.22  # of the cells, in the mask that stands in for the real one
SEED = 2010
CELLS = 64
Values = NDArray[np.float32]
Click = Callable[[Cell], Sequence[Values]]
"""Gives the record of a cell, one array a variable."""
DROP_CACHES = Path("/proc/sys/vm/drop_caches")


@dataclass(frozen=True)
class Record:
    """What was made. `cells` are random land cells: row from the north, column. `valid` counts a day's retrievals, on average."""

    folder: str
    days: int
    templates: int
    copies: bool
    mask: str
    cells: Sequence[Sequence[int]]
    valid: int
    size: int

    def paths(self, days: int | None = None) -> list[str]:
        """Return the files of the first days, in order of date."""
        return sorted(str(path) for path in Path(self.folder).rglob("*.nc"))[:days]


@dataclass(frozen=True)
class Task:
    """What to read: so many variables of the record's first days. `store` and `series` are the folders of the two builds."""

    record: Record
    days: int
    variables: int
    engine: str
    store: str
    series: str

    @property
    def names(self) -> tuple[str, ...]:
        """The netCDF names of the variables."""
        return VARIABLES[: self.variables]

    @property
    def paths(self) -> list[str]:
        """The files, in order of date."""
        return self.record.paths(self.days)

    @property
    def last(self) -> dt.date | None:
        """The last day, None for the whole record."""
        return FIRST_DAY + dt.timedelta(days=self.days - 1) if self.days < self.record.days else None


def make_record(folder: Path, days: int, templates: int, copies: bool) -> Record:
    """Make the record below `folder`, or find it made. Raises OSError where there is no room."""
    made = folder / "record"
    told = made_stamp(made)
    mask, land = _land()
    sources = _templates(folder / "templates", templates, mask, land)
    wanted = {"days": days, "templates": templates, "copies": copies, "mask": mask}
    if told.exists():
        known = json.loads(told.read_text("utf-8"))
        if all(known.get(key) == value for key, value in wanted.items()):
            return Record(**known)
    # What was built from another record goes with it.
    for old in (made, folder / "store", folder / "series"):
        remove(old)
    size = sum(_lay(sources[number], number, day, made, copies) for day, number in enumerate(_order(days, templates)))
    record = Record(str(made), cells=_cells(land), valid=_valid(sources[:5]), size=size, **wanted)
    told.write_text(json.dumps(asdict(record)), "utf-8")
    return record


def made_stamp(folder: Path) -> Path:
    """Return the file that tells that the folder beside it is complete."""
    return folder.with_name(f"{folder.name}.json")


def remove(folder: Path) -> None:
    """Remove a folder and what tells that it is complete."""
    made_stamp(folder).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _engine() -> Engine:
    # Not above: netCDF4-python is to be in no process that measures another library.
    from smos_ib_explorer.plugin.core.netcdf4_engine import NetCDF4Engine

    return NetCDF4Engine()


def _templates(folder: Path, count: int, mask: str, land: NDArray[np.bool_]) -> list[Path]:
    source = hashlib.sha256(Path(demo.__file__).read_bytes()).hexdigest()
    stamp, text = folder / "made-from.txt", f"{mask}\n{source}\n"
    if not stamp.exists() or stamp.read_text("utf-8") != text:
        shutil.rmtree(folder, ignore_errors=True)
        remove(folder.parent / "record")
        folder.mkdir(parents=True)
        stamp.write_text(text, "utf-8")

    def progress(share: float, what: str) -> None:
        print(f"\r── synthetic days: {share:.0%}", end="", file=sys.stderr)

    last = FIRST_DAY + dt.timedelta(days=count - 1)
    paths = demo.make_demo(_engine(), folder, land, FIRST_DAY, last, [Orbit.ASCENDING], progress)
    print("\r── synthetic days: made", file=sys.stderr)
    return paths


def _order(days: int, templates: int) -> Iterable[int]:
    """Return which template each day is: first each in turn, so that these are distinct files, then shuffled."""
    rng = np.random.default_rng(SEED)
    rounds = [np.arange(templates), *(rng.permutation(templates) for _ in range(days // templates))]
    return [int(number) for number in np.concatenate(rounds)[:days]]


def _lay(source: Path, number: int, day: int, folder: Path, copies: bool) -> int:
    """Give a template the name of another day; return its size in bytes."""
    its_day, new = FIRST_DAY + dt.timedelta(days=number), FIRST_DAY + dt.timedelta(days=day)
    target = folder / "ASC" / f"{new.year}" / source.name.replace(f"{its_day:%Y%m%d}", f"{new:%Y%m%d}")
    target.parent.mkdir(parents=True, exist_ok=True)
    if copies:
        shutil.copyfile(source, target)
    else:
        os.link(source, target)
    return source.stat().st_size


def _land() -> tuple[str, NDArray[np.bool_]]:
    """Return a land mask, (584, 1388) and north up, with its name; an invented one where no other is at hand."""
    if LAND_MASK.exists():
        with _engine().open(LAND_MASK) as file:
            mask, lat = file.read("USGS_Land_Flag") == 1, file.read("lat")
        mask &= ((lat > RETRIEVED[0]) & (lat < RETRIEVED[1]))[:, None]
        return "USGS land mask, 56° S to 65° N", mask if lat[0] > lat[-1] else mask[::-1]
    lon, lat = np.meshgrid(np.deg2rad(M25KM.longitudes()), np.deg2rad(M25KM.latitudes()))
    field = np.sin(2 * lon + 1) * np.cos(lat) + 0.6 * np.sin(3 * lat + 0.5) + np.cos(lon - 2 * lat)
    return "invented land mask", field > np.quantile(field, 1 - LAND_SHARE)


def land_of(record: Record) -> NDArray[np.bool_]:
    """Return the mask that the record was made with."""
    name, land = _land()
    if name != record.mask:
        raise OSError(f"the record was made with another mask: {record.mask}")
    return land


def _cells(land: NDArray[np.bool_]) -> list[list[int]]:
    found = np.argwhere(land)
    return np.random.default_rng(SEED).choice(found, CELLS, replace=False).tolist()


def _valid(paths: Sequence[Path]) -> int:
    counts = []
    for path in paths:
        with _engine().open(path) as file:
            counts.append(np.isfinite(file.read(VARIABLES[0])).sum())
    return int(np.mean(counts))


def drop_caches(folders: Iterable[str]) -> str:
    """Make the operating system forget what it keeps of the files in these folders; return how."""
    os.sync()
    try:
        DROP_CACHES.write_text("3", "utf-8")
    except OSError:  # not root
        for path in _files(folders):
            with path.open("rb") as stream:
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return "posix_fadvise, file by file"
    return str(DROP_CACHES)


def fill_caches(paths: Iterable[str]) -> None:
    """Make the operating system keep these files: read each once, however many names it has."""
    seen = set()
    for path in paths:
        number = os.stat(path).st_ino
        if number not in seen:
            seen.add(number)
            with open(path, "rb") as stream:
                while stream.read(1 << 22):
                    pass


def folder_size(folder: str) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in _files([folder]))


def _files(folders: Iterable[str]) -> Iterable[Path]:
    return (path for folder in folders for path in Path(folder).rglob("*") if path.is_file())
