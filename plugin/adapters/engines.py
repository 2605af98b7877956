# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which netCDF library reads here: the one that the options name, else GDAL where it has its netCDF driver, else netCDF4-python."""

from __future__ import annotations

import sys
from pathlib import Path

from ..core.engine import Engine
from ..core.errors import SmosIbError
from ..core.reader import Reader
from ..core.recognition import LandSource
from .gdal_engine import GdalEngine, gdal_reads_netcdf
from .inflate import fastest_inflate
from .options import GDAL, NETCDF4, Options

_OTHER_ENGINE = "Choose another engine on the page SMOS-IB Explorer of QGIS's options, and start QGIS again."


def default_engine() -> Engine:
    """Return the engine that the options ask for. Raises SmosIbError with what to install where there is none."""
    wanted = Options.read().engine
    if wanted != NETCDF4 and gdal_reads_netcdf():
        return GdalEngine()
    if wanted == GDAL:
        raise SmosIbError("The options ask for GDAL, which lacks its netCDF driver here.", _OTHER_ENGINE)
    try:
        from ..core.netcdf4_engine import NetCDF4Engine
    except ImportError as error:
        if wanted == NETCDF4:
            raise SmosIbError(
                "The options ask for netCDF4, a Python package that is missing.", _OTHER_ENGINE
            ) from error
        raise SmosIbError(
            "This QGIS cannot read netCDF: its GDAL lacks the netCDF driver, and the Python package netCDF4 is missing.",
            "Install GDAL's netCDF plugin (OSGeo4W: gdal-netcdf, conda: libgdal-netcdf) or the package netCDF4.",
        ) from error
    return NetCDF4Engine()


def netcdf4_is_there() -> bool:
    """Return whether netCDF4-python seems to be installed. It is not imported: that takes a tenth of a second and loads a second HDF5."""
    if "netCDF4" in sys.modules:
        return sys.modules["netCDF4"] is not None
    return any((Path(folder) / "netCDF4").is_dir() for folder in sys.path if folder)


def make_reader(engine: Engine, land: LandSource) -> Reader:
    """Return a reader that inflates as fast as can be here, whichever library the engine uses."""
    return Reader(engine, land, fastest_inflate())
