# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which netCDF library reads here: GDAL where it has its netCDF driver, else netCDF4-python where that is installed."""

from __future__ import annotations

from ..core.engine import Engine
from ..core.errors import SmosIbError
from ..core.reader import Reader
from ..core.recognition import LandSource
from .gdal_engine import GdalEngine, gdal_reads_netcdf
from .inflate import gdal_inflate


def default_engine() -> Engine:
    """Return the engine to use. Raises SmosIbError with what to install where there is none."""
    if gdal_reads_netcdf():
        return GdalEngine()
    try:
        from ..core.netcdf4_engine import NetCDF4Engine
    except ImportError as error:
        raise SmosIbError(
            "This QGIS cannot read netCDF: its GDAL lacks the netCDF driver, and the Python package netCDF4 is missing.",
            "Install GDAL's netCDF plugin (OSGeo4W: gdal-netcdf, conda: libgdal-netcdf) or the package netCDF4.",
        ) from error
    return NetCDF4Engine()


def make_reader(engine: Engine, land: LandSource) -> Reader:
    """Return a reader that inflates with GDAL, whichever library the engine uses."""
    return Reader(engine, land, gdal_inflate)
