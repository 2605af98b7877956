# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of tables: some formats take several for one table."""

from __future__ import annotations

import contextlib
from pathlib import Path

BESIDE = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg", ".qmd"),
    ".dbf": (".cpg",),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
"""What formats put beside the named file. Of a table without geometry named .shp only the .dbf is written."""


def remove_table(path: Path) -> None:
    """Delete the files of a table that was not wholly written, as far as they are there and can be deleted."""
    beside = BESIDE.get(path.suffix.lower(), ())
    for one in (path, *(path.with_suffix(suffix) for suffix in beside)):
        with contextlib.suppress(OSError):
            one.unlink()
