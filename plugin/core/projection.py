# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Longitude and latitude to EASE-Grid 2.0 metres and back. The only file that uses pyproj.

The global EASE-Grid 2.0 is the cylindrical equal-area projection on WGS 84, true at 30°: EPSG:6933 (Brodzik et al. 2012,
doi 10.3390/ijgi1010032). It is written out here because a definition by parameters needs no PROJ database, and more than one
QGIS installation has a pyproj that cannot find its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Proj

EPSG_6933 = "+proj=cea +lat_ts=30 +lon_0=0 +x_0=0 +y_0=0 +ellps=WGS84 +units=m"

Floats = NDArray[np.float64]


def lonlat_to_xy(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return EPSG:6933 x, y in metres; inf where the point is no place on Earth. Longitudes beyond ±180° are wrapped."""
    x, y = Proj(EPSG_6933)(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    return np.asarray(x), np.asarray(y)


def xy_to_lonlat(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Return longitude and latitude in degrees of EPSG:6933 metres; inf outside the projection."""
    lon, lat = Proj(EPSG_6933)(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), inverse=True)
    return np.asarray(lon), np.asarray(lat)
