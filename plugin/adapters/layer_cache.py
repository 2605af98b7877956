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
    rf"|\.{PREFIX}.+\.part\.(?:tif|bin)|{PREFIX}tallies_[0-9a-f]{{16}}\.bin"
)
LIMIT_BYTES = 1_000_000_000
A_DAY_S = 86_400
# Counted up when the content of cached files changes its meaning.
FORM = 1


class LayerCache:
    """A folder of GeoTIFFs. Names hold the file's fingerprint too, so that a changed granule is never shown from an old copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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
            [(str(granule.path), granule.size, granule.modified) for granule in granules],
            [variable.netcdf_name for variable in variables],
            when,
            repr(criteria),
            repr(recognition.variables),
            recognition.orientation,
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
        """Delete the files used longest ago, but those to `keep`, until the rest is within `limit` bytes; return how many.

        Projects make them again. For a task.
        """
        files, kept = self._own_files(), {path.resolve() for path in keep}
        total, removed = sum(size for _, size, _ in files), 0
        for used, size, path in sorted(files):
            if path.name.startswith("."):  # left over from a QGIS that was killed while writing, or just being written
                removed += time.time() - used > A_DAY_S and _delete(path)
            elif total > limit and path.resolve() not in kept and _delete(path):
                removed += 1
                total -= size
        return removed

    def clear(self, keep: Collection[Path], asked: float) -> tuple[int, int]:
        """Delete what is not to be kept and was not used after it was `asked` for (seconds since 1970).

        Return how many files went, and their bytes. For a task.
        """
        kept = {path.resolve() for path in keep}
        gone = [
            size
            for used, size, path in self._own_files()
            if used < (asked - A_DAY_S if path.name.startswith(".") else asked)
            and path.resolve() not in kept
            and _delete(path)
        ]
        return len(gone), sum(gone)

    def _own_files(self) -> list[tuple[float, int, Path]]:
        """Return when each file of ours was used last (seconds since 1970), its bytes and its path; what else is in the folder is not ours."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if OWN_NAME.fullmatch(entry.name):
                    with contextlib.suppress(OSError):
                        status = entry.stat()
                        found.append((status.st_mtime, status.st_size, Path(entry.path)))
        return found


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
