# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Longitude and latitude to EASE-Grid 2.0 metres and back: EPSG:6933, written out.

The global EASE-Grid 2.0 is the cylindrical equal-area projection on WGS 84, true at 30° (Brodzik et al. 2012,
doi 10.3390/ijgi1010032); the formulas are Snyder's for the ellipsoid (1987, USGS Professional Paper 1395, pages 81–83).

Not pyproj, although QGIS brings it: pyproj 3.7 keeps its state in thread-local storage, which ends with every call into a thread of
Qt's, and so crashes QGIS 3.40 when a task uses it. The tests compare this file with pyproj to a micrometre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SEMI_MAJOR_M = 6378137.0
FLATTENING = 1 / 298.257223563
TRUE_LATITUDE_DEG = 30.0

_E2 = FLATTENING * (2 - FLATTENING)
_E = float(np.sqrt(_E2))
_K0 = float(np.cos(np.radians(TRUE_LATITUDE_DEG)) / np.sqrt(1 - _E2 * np.sin(np.radians(TRUE_LATITUDE_DEG)) ** 2))
_X_LIMIT_M = float(SEMI_MAJOR_M * _K0 * np.pi)


def lonlat_to_xy(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return EPSG:6933 x, y in metres; inf where the point is no place on Earth. Longitudes beyond ±180° are wrapped."""
    lon, lat = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    there = np.isfinite(lon) & (np.abs(lat) <= 90)
    lon, lat = np.where(there, lon, 0.0), np.where(there, lat, 0.0)
    around = np.where(np.abs(lon) > 180, (lon + 180) % 360 - 180, lon)
    x = SEMI_MAJOR_M * _K0 * np.radians(around)
    y = SEMI_MAJOR_M * _q(np.sin(np.radians(lat))) / (2 * _K0)
    return np.where(there, x, np.inf), np.where(there, y, np.inf)


def xy_to_lonlat(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Return longitude and latitude in degrees of EPSG:6933 metres; inf outside of the projected world."""
    x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    wanted = 2 * _K0 * y / SEMI_MAJOR_M
    there = (np.abs(x) <= _X_LIMIT_M) & (np.abs(wanted) <= _Q_POLE)
    wanted = np.where(there, wanted, 0.0)
    sine = np.clip(wanted / _Q_POLE, -1, 1)  # of the authalic latitude, 0.13° off at most
    for _ in range(4):  # Newton's steps double the digits; dq/dsin = 2 (1 − e²) / (1 − e² sin²)²
        sine = np.clip(sine - (_q(sine) - wanted) * (1 - _E2 * sine**2) ** 2 / (2 * (1 - _E2)), -1, 1)
    lon = np.degrees(np.where(there, x, 0.0) / (SEMI_MAJOR_M * _K0))
    return np.where(there, lon, np.inf), np.where(there, np.degrees(np.arcsin(sine)), np.inf)


def _q(sine: Floats) -> Floats:
    """Return Snyder's q (equation 3-12) of the sine of a latitude."""
    q: Floats = (1 - _E2) * (sine / (1 - _E2 * sine**2) + np.arctanh(_E * sine) / _E)
    return q


_Q_POLE = float(_q(np.asarray(1.0)))
