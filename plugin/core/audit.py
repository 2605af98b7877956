# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit of a folder: every file read once and whole, and all that is wrong with them told."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .ahead import ahead
from .archive import Archive, DayRange, Granule, Problem, Progress, no_progress, scan
from .assembly import files_of, with_dates, without
from .audit_file import FileAudit, FileReader, not_opened
from .audit_journal import Journal, journal_path
from .audit_judge import against_the_rest, commonest, duplicates, findings_of_files, lacks, missing_days
from .corrections import FROM_CONTENT, Corrections
from .errors import SmosIbError
from .evidence import Evidence, of_variable
from .findings import Finding, Kind, Severity, printable
from .learning import Opened, as_corrected, day_rule
from .names import Orbit, orbit_in_path
from .products import Product, product_of
from .reader import Reader
from .stored import ChunkReader, Inflate, zlib_inflate

MOST_CRASHES = 2
"""A file during which the program ended this many times is not opened any more."""


class DayState(enum.Enum):
    """What there is of a day: files that can be used without a word, with a warning, or not."""

    SOUND = "sound"
    WARNED = "warned"
    UNUSABLE = "unusable"


@dataclass(frozen=True, eq=False)
class Audit:
    """What was found in a folder. `findings` of the whole folder come first, then the worst; `files` are in order of their names.

    `archive` holds what can be used. `product` is that of most files; `evidence` says why maps lie as they do, `recognised` what all is taken
    for and why; both are empty where no file can be read.
    `read` is how many files were read in this run; what is known of the others was found before.
    """

    archive: Archive
    files: tuple[FileAudit, ...]
    findings: tuple[Finding, ...]
    product: Product
    evidence: str = ""
    recognised: tuple[Evidence, ...] = ()
    synthetic: bool = False
    notes: tuple[str, ...] = ()
    read: int = 0

    @property
    def root(self) -> Path:
        """The folder."""
        return self.archive.root

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(one.size for one in self.files)

    @property
    def unusable(self) -> list[Problem]:
        """The files that cannot be used and whose own fault that is, each with its first reason."""
        bad = (one for one in self.files if one.is_lasting and one.faults and not one.is_usable)
        return [Problem(self.root / one.file, one.faults[0][1]) for one in bad]

    @property
    def orbits(self) -> tuple[Orbit, ...]:
        """The orbits that have a dated file, usable or not."""
        there = {one.orbit for one in self.files if one.date}
        return tuple(orbit for orbit in Orbit if orbit in there)

    def days(self, orbit: Orbit) -> dict[dt.date, DayState]:
        """Return what there is of each day of an orbit that has any file, in order."""
        unusable = {one.date: DayState.UNUSABLE for one in self.files if one.orbit is orbit and one.date}
        usable = dict.fromkeys(self.archive.dates(orbit), DayState.SOUND)
        warned = {
            one.days.first: DayState.WARNED
            for one in self.findings
            if one.days and one.file and one.orbit is orbit and one.severity is Severity.WARNING
        }
        merged = {**unusable, **usable, **{day: state for day, state in warned.items() if day in usable}}
        return dict(sorted(merged.items()))

    def span(self, orbit: Orbit) -> DayRange | None:
        """Return first and last day of an orbit that have a file, None without any."""
        days = list(self.days(orbit))
        return DayRange(days[0], days[-1]) if days else None

    def missing(self, orbit: Orbit) -> list[DayRange]:
        """Return the days of an orbit without any file, as ranges."""
        return [one.days for one in self.findings if one.kind is Kind.MISSING_DAYS and one.orbit is orbit and one.days]

    def count(self, severity: Severity) -> int:
        """Return how many findings are as bad as this."""
        return sum(one.severity is severity for one in self.findings)

    def kinds(self) -> dict[Kind, int]:
        """Return the kinds of findings there are, in the order of reports, with their numbers."""
        counts = Counter(one.kind for one in self.findings)
        return {kind: counts[kind] for kind in Kind if counts[kind]}


def audit(
    reader: Reader,
    folder: Path,
    corrections: Corrections | None = None,
    cache: Path | None = None,
    inflate: Inflate = zlib_inflate,
    progress: Progress = no_progress,
) -> Audit:
    """Read every netCDF file of a folder once and whole, and return all that is wrong. Whatever cannot be read is a result and no error.

    What is found in a file is kept in the folder `cache` at once, where one is given: after a cancelled or killed audit the next one goes on from there,
    and files that have not changed are never read again. Any thread. Raises BadRequest where the folder is missing or holds no netCDF file.
    """
    corrections = corrections or Corrections()
    archive = as_corrected(scan(folder, progress), corrections)
    granules = _listed(archive, corrections)
    journal = Journal(journal_path(cache, folder, corrections) if cache else None)
    look = FileReader(reader.engine, ChunkReader(inflate), corrections).look
    with journal.held():
        files, read = _all_looked_at(partial(look, folder), journal, folder, granules, progress)
    progress(1.0, "comparing the files")
    found = _judged(archive, [files[one.path] for one in granules], reader, corrections)
    return replace(found, read=read, notes=(*found.notes, *filter(None, (journal.trouble,))))


def _all_looked_at(
    look: Callable[[Granule], FileAudit],
    journal: Journal,
    folder: Path,
    granules: Sequence[Granule],
    progress: Progress,
) -> tuple[dict[Path, FileAudit], int]:
    """Return what is in each file, and how many were read for it; what the journal knows is not."""
    known = journal.known()
    files = {
        one.path: before.listed(one)
        for one in granules
        if (before := known.get(one.path.relative_to(folder).as_posix())) and before.is_of(one)
    }
    left = [one for one in granules if one.path not in files]
    done, total = sum(one.size for one in files.values()), sum(one.size for one in granules) or 1
    with (
        journal.writing() if left else contextlib.nullcontext(),
        contextlib.closing(_looked_at(look, journal, folder, left)) as under_way,
    ):
        for granule, file in under_way:
            files[granule.path] = file
            journal.add(file)
            done += granule.size
            progress(done / total, f"{len(files):,} of {len(granules):,} files")
    if left or len(known) > len(files):
        journal.tidy(files.values())
    return files, len(left)


def _looked_at(
    look: Callable[[Granule], FileAudit], journal: Journal, root: Path, granules: Sequence[Granule]
) -> Generator[tuple[Granule, FileAudit], None, None]:
    """Yield files with what is in them: first and alone those during which the program ended before, then the others, several at a time."""

    def begun(one: Granule) -> FileAudit:
        journal.begin(one.path.relative_to(root).as_posix(), one)
        return look(one)

    ended = {
        one: times for one in granules if (times := journal.unfinished(one.path.relative_to(root).as_posix(), one))
    }
    for one, times in ended.items():
        yield one, not_opened(root, one) if times >= MOST_CRASHES else begun(one)
    with contextlib.closing(ahead(begun, [one for one in granules if one not in ended])) as under_way:
        for one, result in under_way:
            yield one, result()


def _listed(archive: Archive, corrections: Corrections) -> list[Granule]:
    """Return every netCDF file of a folder as a granule of one file, in order of their paths; `date.min` where the name tells no date."""
    listed = {one.path: one for one in (*files_of(archive), *archive.undated)}
    tells_day = day_rule(corrections)
    for path, (size, modified) in archive.fingerprints.items():
        if path not in listed:  # an empty one
            parts = (archive.root.name, *path.relative_to(archive.root).parts)
            date = tells_day(path.name) or dt.date.min
            orbit = orbit_in_path(parts) if corrections.orbit is None else Orbit(corrections.orbit)
            listed[path] = Granule(path, date, orbit, size, modified)
    return sorted(listed.values(), key=lambda one: one.path)


def _judged(archive: Archive, found: Sequence[FileAudit], reader: Reader, corrections: Corrections) -> Audit:
    """Return what files tell together, in the order in which they were found."""
    files = against_the_rest(found)
    by_path = {archive.root / one.file: one for one in files}
    dated = [replace(one, date=date) for one in archive.undated if (date := by_path[one.path].date)]
    problems = [Problem(path, one.faults[0][1]) for path, one in by_path.items() if not one.is_usable and one.faults]
    usable = without(with_dates(archive, dated, []), problems)
    opened = _learnt(reader, usable, corrections)
    usable = opened.archive if opened else usable  # with the files of a day joined, where they hold different variables
    kinds = {one.path: one.kind for one in files_of(usable)}
    left_out = _left_out(usable, by_path)
    files = [
        replace(one, kind=kinds.get(path, ""), faults=(*one.faults, *left_out.get(path, ())))
        for path, one in by_path.items()
    ]
    by_path = dict(zip(by_path, files))
    findings = [
        *missing_days(files),
        *_not_files(archive),
        *lacks(by_path, usable, opened.recognition if opened else None),
        *findings_of_files(files, usable),
        *duplicates(by_path, usable),
    ]
    return Audit(
        archive=usable,
        files=tuple(files),
        findings=tuple(sorted(findings, key=_rank)),
        product=opened.recognition.product if opened else _product(files),
        evidence=opened.recognition.evidence if opened else "",
        recognised=_recognised(opened, corrections) if opened else (),
        synthetic=bool(opened and opened.recognition.synthetic),
        notes=opened.notes if opened else (),
    )


def _left_out(archive: Archive, files: Mapping[Path, FileAudit]) -> dict[Path, tuple[tuple[Kind, str]]]:
    """Return what to say of files that are sound and yet not used, because they cannot stand beside the others."""
    problems = (one for one in archive.problems if one.damaged and one.path in files)
    return {one.path: ((Kind.LEFT_OUT, one.reason),) for one in problems if files[one.path].is_usable}


def _learnt(reader: Reader, archive: Archive, corrections: Corrections) -> Opened | None:
    """Return what files are that have their dates and orbits already; None where none can be placed."""
    try:
        # Dates from inside are known already, and would be looked for in every file again.
        rest = replace(corrections, dates="") if corrections.dates == FROM_CONTENT else corrections
        return reader.learn(archive, rest) if archive.granules else None
    except SmosIbError:  # nothing there can be placed; the findings say why
        return None


def _recognised(opened: Opened, corrections: Corrections) -> tuple[Evidence, ...]:
    """Return what the archive and its variables are taken for, and why."""
    inside = Evidence("Dates", "from inside of the files", "as you chose")
    told = [inside if one.what == "Dates" and corrections.dates == FROM_CONTENT else one for one in opened.evidence]
    known = [one for one in opened.recognition.variables if one.role]
    return (*told, *(Evidence(one.id, one.netcdf_name, of_variable(one)) for one in known))


def _product(files: Sequence[FileAudit]) -> Product:
    return commonest(product_of(one.file.rpartition("/")[2]) for one in files) or product_of("")


def _not_files(archive: Archive) -> list[Finding]:
    """Return what the catalogue found that is no file to be read."""
    return [
        Finding(
            Kind.FOLDER if problem.path.is_dir() else Kind.NO_FILE,
            printable(problem.reason),
            printable(problem.path.relative_to(archive.root).as_posix()),
        )
        for problem in archive.problems
        if problem.path not in archive.fingerprints
    ]


def _rank(finding: Finding) -> tuple[bool, int, int, int, dt.date, int, str]:
    first = finding.days.first if finding.days else dt.date.max
    kind, orbit = tuple(Kind).index(finding.kind), tuple(Orbit).index(finding.orbit)
    return bool(finding.file), finding.severity.rank, kind, 0 if finding.file else orbit, first, orbit, finding.file
