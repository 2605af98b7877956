# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the GeoTIFFs behind layers live: named by what they show, made again when missing."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from ..core.archive import Granule
from ..core.quality import QualityCriteria
from ..core.recognition import Recognition
from ..core.variables import Variable

PREFIX = "smosib_"
CACHED_NAME = re.compile(r"smosib_.+_[0-9a-f]{12}\.tif")
PLACEHOLDER = "smosib_placeholder.tif"
# What QGIS writes beside a raster when it has looked for its range is as much ours; so is a file half-written.
OWN_NAME = re.compile(
    rf"(?:{CACHED_NAME.pattern}|{re.escape(PLACEHOLDER)})(?:\.aux\.xml)?"
    rf"|\.{PREFIX}.+\.part\.(?:tif|bin|jsonl)|{PREFIX}(?:tallies_[0-9a-f]{{16}}\.bin|audit_[0-9a-f]{{16}}\.(?:jsonl|lock))"
)
LIMIT_BYTES = 1_000_000_000
A_DAY_S = 86_400
IN_USE_S = 600
"""A file that was used so lately stays, by whatever QGIS it was used. What layers show is used anew in shorter times than this."""
# A file that this session has made, and nobody else has used, needs no new time as long as it is so young.
_YOUNG_S = 200
_NS = 1_000_000_000
# Counted up when the content of cached files changes its meaning.
FORM = 2


class LayerCache:
    """A folder of GeoTIFFs, which several QGIS may share. Any thread.

    Names hold the fingerprint of the files too, so that a changed granule is never shown from an old copy. The time of a file's last use is
    its modification time: whoever shows it sets it, and whoever deletes looks at it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[Path, int] = {}  # when (ns); as long as a file has this time, only this session has used it

    def made(self, path: Path, modified: int) -> bool:
        """Take note that this session has written a file, with the modification time (ns) that it was given.

        Return whether that is the one which is there now: another QGIS may have written the same file.
        """
        self._made[path] = modified
        with contextlib.suppress(OSError):
            return path.stat().st_mtime_ns == modified
        return False

    def use(self, path: Path) -> bool:
        """Take note that a file is used, so that no QGIS deletes it in the next ten minutes; return False where it is gone."""
        now = time.time_ns()
        try:
            modified = path.stat().st_mtime_ns
            if modified != self._made.get(path) or now - modified > _YOUNG_S * _NS:
                os.utime(path, ns=(now, now))
        except OSError:
            return False
        return True

    def discard(self, path: Path) -> None:
        """Delete a file that this session has made, unless it was used again since, here or by another QGIS."""
        made = self._made.pop(path, None)
        if made is not None and _delete_unused(path, made):
            _delete(path.with_name(f"{path.name}.aux.xml"))

    def path(
        self,
        granules: Sequence[Granule],
        recognition: Recognition,
        variables: Sequence[Variable],
        when: str,
        criteria: QualityCriteria,
    ) -> Path:
        """Return the file of what is made of some granules under some criteria; `when` tells the days, and how they are combined."""
        source = (
            FORM,
            [(str(one.path), one.size, one.modified) for granule in granules for one in granule.files],
            [variable.netcdf_name for variable in variables],
            when,
            repr(criteria),
            repr(recognition.variables),
            recognition.orientation,
            recognition.grid.name,
        )
        digest = hashlib.blake2b(repr(source).encode(), digest_size=6).hexdigest()
        parts = (
            recognition.product.key,
            granules[0].orbit.value or "X",
            "-".join(dict.fromkeys(variable.id for variable in variables)),
            when,
            _criteria_key(criteria),
            digest,
        )
        return self.folder / f"{PREFIX}{'_'.join(re.sub(r'[^A-Za-z0-9.-]+', '-', part) for part in parts)}.tif"

    def usage(self) -> tuple[int, int]:
        """Return how many files of ours there are, and their bytes. For a task."""
        sizes = [size for _, size, _ in self._own_files()]
        return len(sizes), sum(sizes)

    def prune(self, limit: int = LIMIT_BYTES, keep: Collection[Path] = ()) -> int:
        """Delete the files used longest ago, but those to `keep` and those in use, until the rest is within `limit` bytes; return how many.

        Projects make them again. For a task.
        """
        files, kept, now = self._own_files(), {path.resolve() for path in keep}, time.time_ns()
        total, removed = sum(size for _, size, _ in files), 0
        for used, size, path in sorted(files):
            if _half_written(path):
                removed += now - used > A_DAY_S * _NS and _delete(path)
            elif (
                total > limit
                and now - used > IN_USE_S * _NS
                and path.resolve() not in kept
                and _delete_unused(path, used)
            ):
                removed += 1
                total -= size
        return removed

    def clear(self, keep: Collection[Path], asked: float) -> tuple[int, int]:
        """Delete what is neither to be kept nor in use by another QGIS, and was not used after it was `asked` for (seconds since 1970).

        Return how many files went, and their bytes. For a task.
        """
        kept, moment = {path.resolve() for path in keep}, int(asked * _NS)
        gone = []
        for used, size, path in self._own_files():
            ours_alone = self._made.get(path) == used
            rest_s = A_DAY_S if _half_written(path) else 0 if ours_alone else IN_USE_S
            if used < moment - rest_s * _NS and path.resolve() not in kept and _delete_unused(path, used):
                gone.append(size)
        return len(gone), sum(gone)

    def _own_files(self) -> list[tuple[int, int, Path]]:
        """Return when each file of ours was used last (ns since 1970), its bytes and its path; what else is in the folder is not ours."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if OWN_NAME.fullmatch(entry.name):
                    with contextlib.suppress(OSError):
                        status = entry.stat()
                        found.append((status.st_mtime_ns, status.st_size, Path(entry.path)))
        return found


def _half_written(path: Path) -> bool:
    """Return whether a file was left over by a QGIS that was killed while writing, or is just being written."""
    return path.name.startswith(".")


def _delete_unused(path: Path, used: int) -> bool:
    """Delete a file unless it was used again since it was looked at (ns since 1970): looking at a whole folder takes its time."""
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns == used and _delete(path)
    return False


def _delete(path: Path) -> bool:
    with contextlib.suppress(OSError):
        path.unlink()
        return True
    return False


def _criteria_key(criteria: QualityCriteria) -> str:
    if criteria.is_raw:
        return "raw"
    flag = "" if criteria.max_scene_flag is None else f"sf{criteria.max_scene_flag}"
    bits = f"not{criteria.rejected_flags}" if criteria.rejected_flags else ""
    rmse = "" if criteria.max_rmse is None else f"rmse{criteria.max_rmse:g}"
    return "-".join(part for part in (flag, bits, rmse, "range" if criteria.valid_ranges else "") if part)
