# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a build will take, from a few granules of the archive itself."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..archive import Granule, Progress, no_progress
from ..errors import SmosIbError
from ..quality import Float32s
from ..reader import Opened, Reader
from .build import MERGE_S_PER_ROW
from .tiles import CHUNK, LEVEL

SAMPLES = 4
BYTES_OF_A_DAY_NUMBER = 1.2
"""What `time` takes when it is deflated."""
THREADS_HELP = 1.6
"""How much faster two threads read than one, measured where the chunks are found."""


@dataclass(frozen=True)
class Estimate:
    """What a build takes: granules to read, seconds, and bytes on disk when it is done and (with the runs) while it is under way."""

    granules: int
    seconds: float
    size: int
    while_building: int


def estimate_build(
    reader: Reader, opened: Opened, granules: Sequence[Granule], progress: Progress = no_progress
) -> Estimate:
    """Estimate the build of these granules by reading some of them, spread over the record."""
    if not granules:
        return Estimate(0, 0.0, 0, 0)
    variables = opened.recognition.variables
    picked = [granules[number] for number in sorted({round(one) for one in np.linspace(0, len(granules) - 1, SAMPLES)})]
    seconds, rows, deflated, read = 0.0, 0, 0.0, 0
    for number, granule in enumerate(picked):
        progress(number / len(picked), granule.path.name)
        began = time.perf_counter()
        try:
            found = reader.values(granule, opened.recognition, variables)
        except SmosIbError:
            continue
        read += 1
        seconds += time.perf_counter() - began
        rows += found.cells.size
        deflated += found.cells.size * (_deflated(found.values) + BYTES_OF_A_DAY_NUMBER)
    share = len(granules) / max(read, 1)
    raw = 4 * (1 + len(variables)) * rows * share
    size = round(deflated * share)
    return Estimate(len(granules), share * (seconds / THREADS_HELP + rows * MERGE_S_PER_ROW), size, round(size + raw))


def _deflated(values: Float32s) -> float:
    """Return the bytes that a row of values takes when deflated as the tiles are, from a sample."""
    sample = np.ascontiguousarray(values[:: max(len(values) // CHUNK, 1)][:CHUNK].T)
    if not sample.size:
        return 0.0
    shuffled = (np.ascontiguousarray(column.view(np.uint8).reshape(-1, 4).T).tobytes() for column in sample)
    return sum(len(zlib.compress(one, LEVEL)) for one in shuffled) / sample.shape[1]
