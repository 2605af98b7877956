# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by test_full_disk.py in a process of its own: writes everything that the plugin writes where no file may be longer than a few bytes.

Prints as JSON what each of them said. An older file of the same name is there before.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import conftest  # noqa: F401  registers the package
import numpy as np
from qgis.core import QgsApplication

from smos_ib_explorer.plugin.adapters import temporal_files
from smos_ib_explorer.plugin.adapters.day_map import Recipe
from smos_ib_explorer.plugin.adapters.exports import export_series
from smos_ib_explorer.plugin.adapters.gdal_engine import GdalEngine
from smos_ib_explorer.plugin.adapters.geotiff import write_stack
from smos_ib_explorer.plugin.adapters.point_layer import write_points
from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.errors import SmosIbError
from smos_ib_explorer.plugin.core.grid import M25KM, Cell
from smos_ib_explorer.plugin.core.points import Point
from smos_ib_explorer.plugin.core.quality import PROVIDER
from smos_ib_explorer.plugin.core.reader import Reader
from smos_ib_explorer.plugin.core.series import read_many
from smos_ib_explorer.plugin.core.store.manifest import Manifest
from smos_ib_explorer.plugin.core.tally import Tallies, Tally
from smos_ib_explorer.plugin.core.tally_file import save_tallies
from smos_ib_explorer.ui.series_plot import write_figure
from smos_ib_explorer.ui.series_view import SeriesView

LIMIT = 200
daily, folder = Path(sys.argv[1]), Path(sys.argv[2])
application = QgsApplication([], True)
opened = Reader(GdalEngine()).learn(scan(daily))
reader, recognition = Reader(GdalEngine()), opened.recognition
granules = opened.archive.granules_of(opened.archive.orbits[0])
sm, cell = recognition.variable("SM"), Cell(100, 700)
(series,) = read_many(reader, opened, [cell], [sm], granules[0].orbit)
point = Point(cell, *M25KM.centre(cell), "P1")
days = {one: reader.retrievals(one, recognition, sm) for one in granules}
tallies = Tallies.none().with_days({one: Tally.of_day(day) for one, day in days.items()})
view = SeriesView(((point, series),), PROVIDER, None, True, recognition.product)
recipe = Recipe(daily, "SM", granules[0].orbit, granules[0].date, PROVIDER, granules[-1].date)
random = np.random.default_rng(1).random(M25KM.shape).astype(np.float32)

WRITERS: dict[str, Callable[[Path], object]] = {
    "tallies.bin": lambda path: save_tallies(path, tallies),
    "stack.tif": lambda path: write_stack(path, M25KM, "", [("a", random), ("b", random)], 2, lambda: []),
    "series.csv": lambda path: export_series(path, [(point, series)], PROVIDER, (), opened),
    "series.png": lambda path: write_figure(path, view),
    "series.svg": lambda path: write_figure(path, view),
    "points.gpkg": lambda path: write_points(path, [point]),
    "manifest.json": lambda path: Manifest.empty(opened.archive, recognition).write(path.parent),
}


def days_of_a_period(write: Callable[..., object]) -> Callable[[Path], object]:
    """Return what writes temporal layers in one of the two ways, of which a QGIS has one."""

    def work(path: Path) -> object:
        temporal_files._write_bands = temporal_files._write_files = write
        path.unlink()  # the dock asks for a name that is not taken
        return temporal_files.make_temporal(opened, recipe, path, lambda one, _: days[one], lambda share, what: None)

    return work


WRITERS["bands.tif"] = days_of_a_period(temporal_files._write_bands)
WRITERS["a file a day"] = days_of_a_period(temporal_files._write_files)


def outcome(name: str) -> dict[str, object]:
    """Write one of them over an older file, and return what was said and what is left."""
    path = folder / name.replace(" ", "_") / name
    path.parent.mkdir()
    path.write_bytes(b"older")
    said = ""
    try:
        WRITERS[name](path)
    except SmosIbError as error:
        said = str(error)
    left = {one.name: one.read_bytes() == b"older" for one in path.parent.iterdir()}
    return {"said": said, "left": left}


signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
sys.stdout.write(json.dumps({name: outcome(name) for name in WRITERS}) + "\n")
