# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A period as files that QGIS's temporal controller plays without this plugin: one with a band a day, or one a day. For a task.

Bands with days of their own need QGIS 3.38. The files lie where the user wants them and not in the cache, for they are his.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from qgis.core import QgsProject

from ..core.ahead import ahead
from ..core.archive import Archive, Granule, Progress
from ..core.content import Read
from ..core.day import DailyGrid
from ..core.errors import BadRequest, NotInArchive, SmosIbError, UnreadableFile
from ..core.files import move
from ..core.origins import of_day
from ..core.provenance import Provenance
from ..core.quality import Float32s
from ..core.reader import Opened
from ..core.variables import Variable
from .compat import has_ranges_per_band
from .day_map import Recipe, titled
from .geotiff import write_geotiff, write_stack
from .software import software_name

MOST_DAYS = 400
"""A file of so many days has 150 MB or more, and QGIS becomes slow with more bands or layers."""


@dataclass(frozen=True)
class DayFile:
    """A layer to be, without the day's arrays: hundreds of them would fill the memory."""

    path: Path
    title: str
    provenance: Provenance
    recipe: Recipe


@dataclass(frozen=True, eq=False)
class TemporalStack:
    """What was written: one file whose bands stand for `days`, or a file a day. `first` is the first day, for the look of all."""

    path: Path
    name: str
    title: str
    first: DailyGrid
    provenance: Provenance
    days: Mapping[int, dt.date]
    files: Sequence[DayFile]


def granules_for(archive: Archive, recipe: Recipe) -> list[Granule]:
    """Return the files of a period, `date` to `last` of the recipe. Raises NotInArchive or BadRequest, in words, for none or too many."""
    last = recipe.last or recipe.date
    granules = archive.granules_of(recipe.orbit, recipe.date, last)
    if not granules:
        raise NotInArchive(f"No day from {recipe.date} to {last} has a file.", "Choose another period.")
    if len(granules) > MOST_DAYS:
        raise BadRequest(
            f"{len(granules):,} days from {recipe.date} to {last} have a file; {MOST_DAYS} are the most.",
            "Choose a shorter period.",
        )
    return granules


def default_target(folder: Path, recipe: Recipe) -> Path:
    """Return a name in a folder that is not taken: of a file, or of a folder where each day is a file of its own."""
    parts = (recipe.variable, f"{recipe.date}", f"{recipe.last or recipe.date}", recipe.orbit.value)
    name = "_".join(re.sub(r"[^A-Za-z0-9.-]+", "-", part) for part in parts if part)
    suffix = ".tif" if has_ranges_per_band() else ""
    names = (f"{name}{suffix}" if number == 1 else f"{name}_{number}{suffix}" for number in range(1, 1000))
    return next((folder / one for one in names if not (folder / one).exists()), folder / f"{name}{suffix}")


def default_folder() -> Path:
    """Return the saved project's folder, else the user's home."""
    project = QgsProject.instance().absolutePath()
    return Path(project) if project else Path.home()


def make_temporal(opened: Opened, recipe: Recipe, target: Path, read: Read, progress: Progress) -> TemporalStack:
    """Read the days of a period and write them, whole or not at all. For a task.

    A file that cannot be read is left out and said in the provenance. Raises SmosIbError, or what `progress` raises.
    """
    granules, variable = granules_for(opened.archive, recipe), opened.recognition.variable(recipe.variable)
    if target.exists():
        raise BadRequest(f"{target} is there already.", "Choose another name.")
    days = _Days(opened, variable, recipe, read, progress)
    write = _write_bands if has_ranges_per_band() else _write_files
    return write(days, granules, target)


class _Days:
    """Reads days one after the other and remembers what has to be said of all of them."""

    def __init__(self, opened: Opened, variable: Variable, recipe: Recipe, read: Read, progress: Progress) -> None:
        self.opened, self.variable, self.recipe = opened, variable, recipe
        self._read, self._progress = read, progress
        self.first: DailyGrid | None = None
        self.whole: Provenance | None = None
        self.left_out: list[str] = []

    def each(self, granules: Sequence[Granule]) -> Iterator[tuple[Granule, DailyGrid | None]]:
        """Yield each file with its grid, None where it cannot be read. Raises UnreadableFile where none can."""
        work = ahead(lambda one: self._read(one, self.variable).under(self.recipe.criteria), granules)
        for number, (granule, result) in enumerate(work):
            self._progress(number / len(granules), granule.date.isoformat())
            try:
                day = result()
            except SmosIbError as error:
                self.left_out.append(f"left out: {granule.path.name}: {error}")
                yield granule, None
                continue
            self._take(day)
            yield granule, day
        if self.first is None:
            raise UnreadableFile(f"None of the {len(granules):,} files can be read.", self.left_out[0])

    def provenance_of(self, day: DailyGrid) -> Provenance:
        """Return the provenance of one day."""
        return of_day(day, self.opened, software_name())

    def stack(self, path: Path, days: Mapping[int, dt.date], files: Sequence[DayFile]) -> TemporalStack:
        """Return what was written."""
        if self.first is None:
            raise UnreadableFile("No day was read.")
        name = f"{self.variable.title} · {self.recipe.date} → {self.recipe.last or self.recipe.date}"
        title = titled(name, self.first, self.opened.recognition.synthetic)
        return TemporalStack(path, name, title, self.first, self.provenance(), days, files)

    def provenance(self) -> Provenance:
        """Return the provenance of all days together."""
        if self.whole is None:
            raise UnreadableFile("No day was read.")
        period = self.recipe.date, self.recipe.last or self.recipe.date
        notes = tuple(dict.fromkeys((*self.left_out, *self.whole.notes)))
        return replace(
            self.whole, period=period, notes=notes, method=(("bands", "the kept values of one day each, by date"),)
        )

    def _take(self, day: DailyGrid) -> None:
        one = self.provenance_of(day)
        if self.whole is None:
            self.first, self.whole = day, one
            return
        ((variable, counts),) = self.whole.counts
        self.whole = replace(
            self.whole,
            counts=((variable, counts + day.counts),),
            files=(*self.whole.files, *one.files),
            notes=(*self.whole.notes, *one.notes),
            unapplied=tuple(dict.fromkeys((*self.whole.unapplied, *one.unapplied))),
        )


def _write_bands(days: _Days, granules: Sequence[Granule], target: Path) -> TemporalStack:
    grid, there = days.opened.recognition.grid, dict[int, dt.date]()
    empty = np.full(grid.shape, np.nan, dtype=np.float32)

    def bands() -> Iterator[tuple[str, Float32s]]:
        for number, (granule, day) in enumerate(days.each(granules), 1):
            if day is None:
                yield f"{granule.date} (cannot be read)", empty
            else:
                there[number] = granule.date
                yield granule.date.isoformat(), day.kept

    write_stack(target, grid, days.variable.units, bands(), len(granules), lambda: days.provenance().items())
    return days.stack(target, there, ())


def _write_files(days: _Days, granules: Sequence[Granule], target: Path) -> TemporalStack:
    part = target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}.part")
    files = []
    try:
        for granule, day in days.each(granules):
            if day is None:
                continue
            name, provenance = f"{days.recipe.variable}_{granule.date}.tif", days.provenance_of(day)
            write_geotiff(part / name, day.kept, day.grid, day.variable, provenance.items())
            title = titled(day.what, day, provenance.synthetic)
            files.append(DayFile(target / name, title, provenance, replace(days.recipe, date=day.date, last=None)))
        move(part, target)
    except (OSError, BadRequest) as error:
        reason = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(reason, OSError):
            raise
        raise BadRequest(
            f"{target} cannot be written: {reason.strerror or reason}.", "Choose another folder or make room."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return days.stack(target, {}, files)
