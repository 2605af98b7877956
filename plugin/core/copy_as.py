# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is shown as text that does the same elsewhere: a `qgis_process` command, and a Python snippet that needs no QGIS."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from .corrections import Corrections
from .grid import Cell
from .names import Orbit
from .quality import QualityCriteria

NOT_APPLIED = -1
"""What stands for a threshold that is switched off in Processing: a limit of 0 rejects nearly everything."""

_PLAIN_FOR_CMD = re.compile(r"[\w./:\\=+-]+", re.ASCII)


def map_command(
    folder: Path, variable: str, orbit: Orbit, date: dt.date, criteria: QualityCriteria, windows: bool
) -> str:
    """Return the command that writes a day's map into the working directory; for Windows' cmd, or a POSIX shell."""
    name = "_".join(filter(None, (_file_part(variable), date.isoformat(), orbit.value)))
    options = {
        "FOLDER": str(folder),
        "VARIABLE": variable,
        "ORBIT": orbit.value,
        "DATE": date.isoformat(),
        **_quality(criteria),
        "OUTPUT": f"{name}.tif",
    }
    return _command("smosib:dailymap", options, windows)


def series_command(
    folder: Path,
    variables: Sequence[str],
    orbit: Orbit,
    lon: float,
    lat: float,
    criteria: QualityCriteria,
    windows: bool,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> str:
    """Return the command that writes the series at a place (degrees) into the working directory, as CSV.

    The point is given as a virtual layer of QGIS: no file has to be written for it, and its text needs no quotes of its own.
    """
    options = {
        "FOLDER": str(folder),
        "VARIABLES": ",".join(variables),
        "ORBIT": orbit.value,
        "POINTS": f"virtual://?query=SELECT make_point({lon:.9f}, {lat:.9f}, 4326) AS geometry",
        "START": first.isoformat() if first else "",
        "END": last.isoformat() if last else "",
        **_quality(criteria),
        "OUTPUT": f"{_file_part('-'.join(variables))}_{abs(lat):.2f}{'NS'[lat < 0]}_{abs(lon):.2f}{'EW'[lon < 0]}.csv",
    }
    return _command("smosib:pointseries", options, windows)


def map_snippet(
    plugin: Path,
    folder: Path,
    variable: str,
    orbit: Orbit,
    date: dt.date,
    criteria: QualityCriteria,
    corrections: Corrections,
) -> str:
    """Return Python text that reads a day's map and prints its counts. `plugin` is the plugin's folder."""
    return _snippet(
        plugin,
        folder,
        corrections,
        ["quality import QualityCriteria"],
        [
            f"variable = opened.recognition.variable({variable!r})",
            f"granule = opened.archive.granule({_date(date)}, Orbit.{orbit.name})",
            f"criteria = {criteria!r}",
            "day = reader.day(granule, opened.recognition, variable, criteria)",
            "# day.kept and day.raw: float32, (rows, cols), northernmost row first, NaN for none; day.rejection: why",
            'print(variable.label, day.date, "·", day.criteria)',
            'print(day.counts.kept, "of", day.counts.retrievals, "retrievals kept")',
        ],
    )


def series_snippet(
    plugin: Path,
    folder: Path,
    variables: Sequence[str],
    orbit: Orbit,
    cell: Cell,
    criteria: QualityCriteria,
    corrections: Corrections,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> str:
    """Return Python text that reads the series of a cell, prints it as CSV and counts what is kept. `plugin` is the plugin's folder."""
    return _snippet(
        plugin,
        folder,
        corrections,
        ["grid import Cell", "quality import QualityCriteria", "series import read_series, series_rows"],
        [
            f"variables = [opened.recognition.variable(one) for one in {list(variables)!r}]",
            f"period = {_date(first)}, {_date(last)}  # None: from the first day, to the last day",
            f"series = read_series(reader, opened, Cell({cell.row}, {cell.col}), variables, Orbit.{orbit.name}, *period)",
            f"rows = list(series_rows(series, {criteria!r}))",
            "for row in rows:  # kept is nan where the retrieval is rejected",
            '    print(row.date, row.variable.id, row.raw, row.kept, row.scene_flag, row.rmse, row.rejection, sep=",")',
            'print(sum(row.kept == row.kept for row in rows), "of", sum(row.raw == row.raw for row in rows), "kept")',
        ],
    )


def _snippet(plugin: Path, folder: Path, corrections: Corrections, names: Sequence[str], lines: Sequence[str]) -> str:
    package, found = _found(plugin)
    imported = {"archive import scan", "names import Orbit", "netcdf4_engine import NetCDF4Engine", *names}
    imported |= {"reader import Reader", *(["corrections import Corrections, Orientation"] if corrections else [])}
    learn = f"scan(Path({str(folder)!r})){f', {corrections!r}' if corrections else ''}"
    return "\n".join(
        [
            "# As shown by SMOS-IB Explorer; needs numpy and netCDF4, no QGIS.",
            "import datetime as dt",
            "import sys",
            "from pathlib import Path",
            "",
            *found,
            *(f"from {package}.plugin.core.{name}" for name in sorted(imported)),
            "",
            "reader = Reader(NetCDF4Engine())",
            f"opened = reader.learn({learn})",
            *lines,
            "",
        ]
    )


def _found(plugin: Path) -> tuple[str, list[str]]:
    """Return the package's name, and the lines that let Python find it; a folder need not be called as Python can spell it."""
    if plugin.name.isidentifier():
        return plugin.name, [f"sys.path.insert(0, {str(plugin.parent)!r})  # the folder that holds {plugin.name}"]
    package = "smos_ib_explorer"
    return package, [
        "from importlib import util",
        "",
        f"plugin = Path({str(plugin)!r})",
        'where = {"submodule_search_locations": [str(plugin)]}',
        f'spec = util.spec_from_file_location("{package}", plugin / "__init__.py", **where)',
        f'sys.modules["{package}"] = util.module_from_spec(spec)',
    ]


def _date(day: dt.date | None) -> str:
    return "None" if day is None else f"dt.date({day.year}, {day.month}, {day.day})"


def _quality(criteria: QualityCriteria) -> dict[str, str]:
    """Return the criteria as Processing takes them."""
    if criteria.is_raw:
        return {"QUALITY": "raw"}
    flag, rmse = criteria.max_scene_flag, criteria.max_rmse
    options = {
        "QUALITY": "provider",
        "MAX_SCENE_FLAG": str(NOT_APPLIED if flag is None else flag),
        "MAX_RMSE": str(NOT_APPLIED if rmse is None else rmse),
    }
    if criteria.rejected_flags:
        options["REJECTED_FLAGS"] = str(criteria.rejected_flags)
    if not criteria.valid_ranges:
        options["VALID_RANGES"] = "false"
    return options


def _file_part(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)


def _command(algorithm: str, options: dict[str, str], windows: bool) -> str:
    words = ["qgis_process", "run", algorithm, *(f"--{key}={text}" for key, text in options.items() if text)]
    return " ".join(map(_quoted_for_cmd if windows else shlex.quote, words))


def _quoted_for_cmd(word: str) -> str:
    """Return a word as Windows programs take it: in double quotes; backslashes count only before one, and are then doubled."""
    if _PLAIN_FOR_CMD.fullmatch(word):
        return word
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)$", r"\1\1", escaped) + '"'
