# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Learning what an archive is: few of its files are opened, the newest first. What the user corrected goes before what they say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from .archive import Archive, Granule, Problem, Progress
from .assembly import named_otherwise, with_dates, without
from .corrections import FROM_CONTENT, Corrections
from .engine import Engine
from .errors import SmosIbError, UnreadableFile
from .evidence import Evidence, evidence_of
from .joining import joined
from .layers import errors_of
from .names import DateForm, Orbit, date_in_name
from .products import product_of
from .recognition import LandSource, Recognition, Source, recognise
from .times import date_in_content

MOST_DOUBTFUL = 10
"""Days tried for an orientation that land decides clearly: one swath day may hold too little."""
MOST_LACKING = 3
"""Days tried for one that has scene flags and RMSE: the newest file alone may lack them."""


@dataclass(frozen=True)
class Opened:
    """An archive with what its files are, what is odd about them, and the evidence for all of it."""

    archive: Archive
    recognition: Recognition
    notes: tuple[str, ...] = field(default=())
    evidence: tuple[Evidence, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class _Learnt:
    """What one granule told: its day inside, None where it tells none."""

    recognition: Recognition
    granule: Granule
    inside: dt.date | None
    notes: tuple[str, ...]

    @property
    def shortcomings(self) -> tuple[bool, int]:
        """What another day may tell better: an orientation in doubt, and missing quality layers."""
        return self.recognition.doubtful, len(self.recognition.missing_quality_layers)


def learn(engine: Engine, land: LandSource, archive: Archive, corrections: Corrections, progress: Progress) -> Opened:
    """Open the newest granule that can be read and learn what the archive is; date files whose names tell no date; join files of a day.

    Files that turn out to be bad on the way are listed as problems. Raises the newest granule's error where none can be read.
    """
    archive = _dated(engine, as_corrected(archive, corrections), progress)
    archive = joined(engine, archive, corrections, progress)
    while True:
        learnt, problems, first_error = _newest(engine, land, archive, corrections, progress)
        left = without(archive, problems)
        if learnt:
            best = min(learnt, key=lambda one: one.shortcomings)
            notes = (*best.notes, *_mixed(left), *_unknown(corrections, best.recognition), *_doubled(best.recognition))
            return Opened(left, best.recognition, notes, evidence_of(left, best.recognition, best.granule, best.inside))
        if not (problems and left.granules):  # else second files took the place of those that are damaged
            break
        archive = left
    if first_error:
        raise first_error
    reasons = "; ".join(f"{problem.path.name}: {problem.reason}" for problem in archive.problems[:3])
    raise UnreadableFile(f"No file in {archive.root} can be used.", reasons)


def _newest(
    engine: Engine, land: LandSource, archive: Archive, corrections: Corrections, progress: Progress
) -> tuple[list[_Learnt], list[Problem], SmosIbError | None]:
    """Return what the newest granules tell, until one tells enough; those that cannot be read; and the error of the first of these."""
    learnt: list[_Learnt] = []
    problems: list[Problem] = []
    first_error: SmosIbError | None = None
    for number, granule in enumerate(sorted(archive.granules, key=lambda one: _tells_most(archive, one), reverse=True)):
        progress(number / len(archive.granules), f"reading {granule.path.name}")
        try:
            one = _learn_from(engine, land, granule, corrections)
        except SmosIbError as error:
            first_error = first_error or error
            problems.append(Problem.of(granule.path, error))
            continue
        learnt.append(one)
        doubtful, lacking = one.shortcomings
        if not (doubtful or lacking) or len(learnt) >= (MOST_DOUBTFUL if doubtful else MOST_LACKING):
            break
    return learnt, problems, first_error


def _tells_most(archive: Archive, granule: Granule) -> tuple[bool, dt.date, str]:
    """Sort key: a day that has all kinds of file tells most, then the newest one."""
    return len(granule.files) >= len(archive.kinds), granule.date, granule.orbit.value


def _learn_from(engine: Engine, land: LandSource, granule: Granule, corrections: Corrections) -> _Learnt:
    with ExitStack() as open_files:
        sources = []
        for file in granule.files:
            with errors_of(file.path):
                sources.append(Source(open_files.enter_context(engine.open(file.path)), file.path.name, file.kind))
        with errors_of(granule.path):
            recognition = recognise(sources, corrections, land)
            dates = [date_in_content(source.file) for source in sources]
    notes = tuple(note for file, inside in zip(granule.files, dates) for note in disagreement(file, inside))
    return _Learnt(recognition, granule, next((day for day in dates if day), None), notes)


def disagreement(file: Granule, inside: dt.date | None) -> tuple[str, ...]:
    """Return what to say of a file whose content tells another day than its name."""
    if inside is None or inside == file.date:
        return ()
    return (f"{file.path.name} says {inside} inside and {file.date} in its name; the name is used.",)


def _mixed(archive: Archive) -> tuple[str, ...]:
    """Return what to say of a folder whose file names are of several products."""
    titles = sorted({product_of(file.path.name).title for granule in archive.granules for file in granule.files})
    if len(titles) < 2:
        return ()
    return (f"The folder holds files of several products, which are shown as one: {', '.join(titles)}.",)


def _unknown(corrections: Corrections, recognition: Recognition) -> tuple[str, ...]:
    """Return what to say of corrections that name variables which the files lack."""
    there = {one.netcdf_name for one in recognition.variables}
    named = {name for name in corrections.roles.values() if name} | corrections.units.keys() | corrections.fills.keys()
    lacking = ", ".join(sorted(named - there))
    return (f"The corrections speak of variables that the files lack: {lacking}.",) if lacking else ()


def _doubled(recognition: Recognition) -> tuple[str, ...]:
    """Return what to say where several kinds of file have a quality layer of their own."""
    notes = []
    for layer in (recognition.scene_flags, recognition.rmse):
        if layer is not None and layer.kind:
            same = [one.kind for one in recognition.variables if one.stored_name == layer.stored_name and one != layer]
            if same:
                notes.append(
                    f"{layer.title} is taken from the {layer.kind} files for all variables; {', '.join(same)} files have the same of their own."
                )
    return tuple(notes)


# Dates and orbits


def as_corrected(archive: Archive, corrections: Corrections) -> Archive:
    """Return the archive with dates and orbits as the user says. Raises BadRequest for a form of date that is none."""
    if not corrections.dates and corrections.orbit is None:
        return archive
    rule = day_rule(corrections) if corrections.dates else None

    def named(file: Granule) -> Granule:
        date = file.date if rule is None else rule(file.path.name) or dt.date.min
        return replace(file, date=date, orbit=file.orbit if corrections.orbit is None else Orbit(corrections.orbit))

    return named_otherwise(archive, named)


def day_rule(corrections: Corrections) -> Callable[[str], dt.date | None]:
    """Return how a file name tells its day, read as the user says; None where it tells none, or is not to be asked. Raises BadRequest as above."""
    if corrections.dates == FROM_CONTENT:
        return lambda name: None
    return DateForm.of(corrections.dates).find if corrections.dates else date_in_name


def _dated(engine: Engine, archive: Archive, progress: Progress) -> Archive:
    """Give dates to the files whose names tell none, by opening them."""
    if not archive.undated:
        return archive
    dated: list[Granule] = []
    problems: list[Problem] = []
    for number, file in enumerate(archive.undated):
        progress(number / len(archive.undated), f"looking for a date inside {file.path.name}")
        reason = "There is no date in the file's name, nor in the file."
        try:
            with engine.open(file.path) as opened:
                date = date_in_content(opened)
        except SmosIbError as error:
            date, reason = None, str(error)
        if date is None:
            problems.append(Problem(file.path, reason))
        else:
            dated.append(replace(file, date=date))
    return with_dates(archive, dated, problems)
