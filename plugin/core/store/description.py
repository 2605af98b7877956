# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a store says of itself to people and to other software: the files' global attributes, and a README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..files import replacing
from ..names import Orbit
from ..provenance import SYNTHETIC_NOTE
from ..reader import Opened

README_NAME = "README.txt"

_README = """TIME-SERIES STORE OF SMOS-IB EXPLORER
{note}
Product:  {product}
Archive:  {archive}
Grid:     {grid}
Software: {software}
Licence:  {licence}

This folder holds the values of the daily files above, turned so that the record of one grid cell lies in one place.
It can be deleted at any time and be built again from the daily files.

Layout
  tiles-…/*.nc      netCDF4 files, CF-1.8, featureType timeSeries, contiguous ragged array representation. Each holds
                    the cells of some blocks of the grid. Variables along «locations»: location_id, lon, lat, row, col,
                    row_size. Along «obs»: time and the variables. The first row_size[0] observations are those of the
                    first location, the next row_size[1] of the second, and so on; each in order of day.
  tiles-…/*.npy     an index for this software; other software does not need it.
  run-…/            a build that is not finished. Nothing for other software.
  manifest.json     which granules are in which part, with size and modification time of their files.

Values are raw, float32, as decoded from the daily files (NaN: no value): NO quality control has been applied. Keep
scene flags (SF) <= 1 and RMSE <= 8 or 6 K before any use, as the data provider asks. A day without any value at a cell has no
observation there; whether it had a granule is told by the manifest. If there are several tiles-… folders, a cell's record
is the observations of all of them. A granule that was replaced or removed since counts only where the manifest's line
of it says (the sixth entry is its part, the second its date); the next large update leaves the others out.

Reading one cell with xarray:
  import numpy, xarray
  tile = xarray.open_dataset("tiles-…/NAME.nc")
  i = int(numpy.argmin((tile.lon.values - LON) ** 2 + (tile.lat.values - LAT) ** 2))
  first = int(tile.row_size[:i].sum())
  record = tile.isel(obs=slice(first, first + int(tile.row_size[i])))
Which file reaches over which rows and columns of the grid is told by manifest.json: parts, files, the last four numbers
(northernmost and southernmost row, westernmost and easternmost column).

{citations}"""


def attributes_of(opened: Opened, orbit: Orbit, software: str) -> dict[str, Any]:
    """Return the global attributes of a tile's file."""
    recognition = opened.recognition
    about = {
        "Conventions": "CF-1.8",
        "featureType": "timeSeries",
        "title": f"Time series of {recognition.product.title}",
        "source": f"daily files in {opened.archive.root}",
        "orbit": orbit.title,
        "grid": f"{recognition.grid.title}, EPSG:{recognition.grid.epsg}",
        "georeferencing": recognition.evidence,
        "quality_control": "none: raw values with their quality layers, to be applied on reading",
        "history": f"turned from daily files to time series by {software}",
        "license": recognition.product.licence or "as its provider states",
        "references": "; ".join(recognition.product.citations) or "as its provider asks",
    }
    return {**about, "comment": SYNTHETIC_NOTE} if recognition.synthetic else about


def write_readme(folder: Path, opened: Opened, software: str) -> None:
    """Write the README. Raises BadRequest where the folder cannot be written."""
    recognition = opened.recognition
    product = recognition.product
    cite = "Please cite:\n" + "".join(f"  - {one}\n" for one in product.citations) if product.citations else ""
    text = _README.format(
        note=f"\n{SYNTHETIC_NOTE}\n" if recognition.synthetic else "",
        product=product.title,
        archive=opened.archive.root,
        grid=recognition.grid.title,
        software=software,
        licence=product.licence or "as its provider states",
        citations=cite,
    )
    with replacing(folder / README_NAME) as part:
        part.write_text(text, encoding="utf-8")
