# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the GeoTIFFs behind layers live: named by what they show, made again when missing."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

from ..core.archive import Granule
from ..core.quality import QualityCriteria
from ..core.recognition import Recognition
from ..core.variables import Variable

PREFIX = "smosib_"
CACHED_NAME = re.compile(r"smosib_.+_[0-9a-f]{12}\.tif")
PLACEHOLDER = "smosib_placeholder.tif"
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

    def prune(self, limit: int = LIMIT_BYTES) -> int:
        """Delete the files used longest ago until the rest is within `limit` bytes; return how many. Projects make them again."""
        files = []
        for left_over in self.folder.glob(f".{PREFIX}*.part.tif"):  # of a QGIS that was killed while writing
            with contextlib.suppress(OSError):
                if time.time() - left_over.stat().st_mtime > A_DAY_S:
                    left_over.unlink()
        for path in self.folder.glob(f"{PREFIX}*.tif"):
            with contextlib.suppress(OSError):
                status = path.stat()
                files.append((status.st_mtime, status.st_size, path))
        total, removed = sum(size for _, size, _ in files), 0
        for _, size, path in sorted(files):
            if total <= limit:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
                total -= size
        return removed


def _criteria_key(criteria: QualityCriteria) -> str:
    if criteria.is_raw:
        return "raw"
    flag = "" if criteria.max_scene_flag is None else f"sf{criteria.max_scene_flag}"
    bits = f"not{criteria.rejected_flags}" if criteria.rejected_flags else ""
    rmse = "" if criteria.max_rmse is None else f"rmse{criteria.max_rmse:g}"
    return "-".join(part for part in (flag, bits, rmse, "range" if criteria.valid_ranges else "") if part)
