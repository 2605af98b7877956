# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A synthetic archive in the product's form, for trying the software without the data.

The numbers are invented: a plausible climate by latitude and season, seen in swaths as SMOS sees it, with flags and interference.
Nothing in it is a measurement, and every file says so. The same dates give the same numbers on every machine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .archive import ONE_DAY, Progress, no_progress
from .engine import Attributes, Engine, NewVariable
from .errors import BadRequest, SmosIbError
from .files import replacing
from .first_look import look_first
from .grid import M25KM
from .names import Orbit
from .provenance import SYNTHETIC_NOTE

Floats = NDArray[np.float64]

TITLE = "SYNTHETIC demo data in the form of daily SMOS-IB files"

# SMOS: inclination, revolutions a day (149 days repeat, 2,144 revolutions), half of the swath. Kerr et al. 2010, doi 10.1109/JPROC.2010.2043032.
INCLINATION = np.deg2rad(98.44)
REVOLUTIONS = 2144 / 149
HALF_SWATH_KM = 500.0
EARTH_RADIUS_KM = 6371.0

LEVEL = 2
"""How hard the layers are deflated: in half the time of 4, and files are a tenth larger."""


@dataclass(frozen=True, eq=False)
class _World:
    """What does not change from day to day, of the cells on land alone: arrays are (cells,), by rows from the north-west; angles in radians."""

    rows: NDArray[np.intp]
    cols: NDArray[np.intp]
    lat: Floats
    lon: Floats
    wetness: Floats
    greenness: Floats
    rough: Floats
    interference: Floats
    coast: NDArray[np.bool_]

    def at(self, chosen: NDArray[np.bool_]) -> _World:
        """Return the same of some of the cells; `chosen` is (cells,)."""
        return _World(**{name: values[chosen] for name, values in vars(self).items()})


def make_demo(
    engine: Engine,
    folder: Path,
    land: NDArray[np.bool_],
    first: dt.date,
    last: dt.date,
    orbits: Sequence[Orbit] = (Orbit.ASCENDING, Orbit.DESCENDING),
    progress: Progress = no_progress,
) -> list[Path]:
    """Write a synthetic archive and return its files: `ASC/2024/SM_SYNTHETIC_….nc`, one a day and orbit, south row first.

    `land` is boolean, (584, 1388), north up. Days that are already there stay, unless they were cut off. Raises BadRequest where the period is empty.
    """
    days = (last - first).days + 1
    if days < 1:
        raise BadRequest(f"The period {first} to {last} has no day.", "The end must not lie before the start.")
    world = _world(land)
    paths = []
    for number in range(days):
        day = first + number * ONE_DAY
        for orbit in orbits:
            progress(number / days, f"{day}")
            path = folder / _name(day, orbit)
            if not _is_there(path):
                with replacing(path) as part:
                    engine.write(part, _granule(world, day, orbit), _attributes(day, orbit))
                    look_first(part)  # a full disk is not always told of
            paths.append(path)
    return paths


def _is_there(path: Path) -> bool:
    """Return whether a file is there. One of ours that a power failure has cut off is to be made again; what is somebody else's stays."""
    try:
        look_first(path)
    except SmosIbError:
        return path.exists() and not _begins_as_ours(path)
    return True


def _begins_as_ours(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(4) in (b"", b"\x89HDF")
    except OSError:
        return False


def _name(day: dt.date, orbit: Orbit) -> str:
    part = {Orbit.ASCENDING: "ASC", Orbit.DESCENDING: "DES"}[orbit]
    return f"{part}/{day.year}/SM_SYNTHETIC_MIR_CDF3S{orbit.value}_{day:%Y%m%d}T000000_{day:%Y%m%d}T235959_000_001_0.DBL.nc"


def _attributes(day: dt.date, orbit: Orbit) -> Attributes:
    return {
        "Conventions": "CF-1.6",
        "title": TITLE,
        "source": "synthetic: made by SMOS-IB Explorer",
        "comment": SYNTHETIC_NOTE,
        "time_coverage_start": day.isoformat(),
        "orbit": orbit.title,
    }


def _waves(lon: Floats, lat: Floats, seed: int, count: int = 24) -> Floats:
    """Return a smooth field of mean 0 and about unit spread, continuous across the antimeridian: waves in space on the sphere."""
    rng = np.random.default_rng(seed)
    place = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    field = np.zeros(lon.shape)
    for _ in range(count):
        direction = rng.normal(size=3) * rng.uniform(3, 18)
        field += np.sin(np.tensordot(direction, place, 1) + rng.uniform(0, 2 * np.pi))
    return np.divide(field, np.sqrt(count / 2))


def _world(land: NDArray[np.bool_]) -> _World:
    rows, cols = np.nonzero(land)
    lat, lon = np.deg2rad(M25KM.latitudes())[rows], np.deg2rad(M25KM.longitudes())[cols]
    degrees = np.rad2deg(lat)
    tropics = np.exp(-((degrees / 11) ** 2))
    mid = np.exp(-(((np.abs(degrees) - 55) / 14) ** 2))
    desert = np.exp(-(((np.abs(degrees) - 24) / 8) ** 2))
    texture = _waves(lon, lat, 1)
    wetness = np.clip(0.12 + 0.20 * tropics + 0.20 * mid - 0.10 * desert + 0.05 * texture, 0.0, 0.55)
    greenness = np.clip(0.10 + 0.85 * tropics + 0.40 * mid - 0.15 * desert + 0.12 * texture, 0.0, 1.3)
    rough, interference = _waves(lon, lat, 2), _waves(lon, lat, 3)
    return _World(rows, cols, lat, lon, wetness, greenness, rough, interference, _coast(land)[rows, cols])


def _seen(world: _World, day: dt.date, orbit: Orbit) -> NDArray[np.bool_]:
    """Return which cells the swaths of one day and direction cover: (cells,). The ground track is a great circle over the turning Earth."""
    lat = np.deg2rad(M25KM.latitudes())
    reach = np.clip(np.sin(lat) / np.sin(INCLINATION), -1, 1)
    along = np.arcsin(reach)
    shift = np.rad2deg(np.arctan2(np.cos(INCLINATION) * np.sin(along), np.cos(along)) - along / REVOLUTIONS)
    if orbit is Orbit.DESCENDING:
        shift = -shift
    half = np.rad2deg(HALF_SWATH_KM / EARTH_RADIUS_KM) / np.cos(lat)
    start = (day.toordinal() * 360.0 * (REVOLUTIONS % 1) / REVOLUTIONS) + (
        0 if orbit is Orbit.ASCENDING else 180.0 / REVOLUTIONS
    )
    lon, half = M25KM.longitudes()[world.cols], half[world.rows]
    seen = np.zeros(lon.shape, dtype=bool)
    for revolution in range(15):
        middle = start - revolution * 360.0 / REVOLUTIONS + shift
        distance = np.abs((lon - middle[world.rows] + 180) % 360 - 180)
        seen |= distance < half
    return seen


def _granule(world: _World, day: dt.date, orbit: Orbit) -> list[NewVariable]:
    rng = np.random.default_rng(day.toordinal() * 2 + (orbit is Orbit.DESCENDING))
    world = world.at(_seen(world, day, orbit))
    season = np.cos(2 * np.pi * (day.timetuple().tm_yday - 200) / 365.25) * np.tanh(world.lat / 0.2)
    storms = _waves(world.lon + 0.25 * (day.toordinal() % 97), world.lat, 1000 + day.toordinal() // 6, 10)
    noise = rng.standard_normal((3, *M25KM.shape))[:, world.rows, world.cols]
    sm = np.clip(world.wetness * (1 - 0.25 * season) + 0.035 * storms + 0.02 * noise[0], 0.0, 0.7)
    vod = np.clip(world.greenness * (1 + 0.18 * season) + 0.03 * noise[1], 0.0, 1.6)
    celsius = 27 - 0.011 * np.rad2deg(world.lat) ** 2 + 13 * season * np.abs(np.sin(world.lat)) * 1.6 + 2 * storms
    rmse = np.clip(
        2.6
        + 0.5 * np.abs(noise[2])
        + 6.5 * np.clip(world.interference + 0.5 * storms + 0.6 * noise[2] - 1.2, 0, 3)
        + 1.5 * (vod > 1),
        0.7,
        28,
    )
    flags = np.where(world.rough > 1.3, 1, 0) + np.where(world.rough > 1.7, 2, 0) + np.where(celsius < 0, 8, 0)
    flags = flags + np.where(world.coast, 4, 0)
    emissivity = np.exp(-vod * 1.2)
    surface = celsius + 273.15
    tbh = surface * (1 - (0.10 + 0.75 * sm) * emissivity) + 1.5 * noise[2]
    tbv = surface * (1 - (0.02 + 0.50 * sm) * emissivity) + 1.5 * noise[2]
    fields = (
        ("Soil_Moisture", sm, 3, "Retrieved soil moisture", "m3 m-3"),
        ("Optical_Thickness_Nad", vod, 3, "Nadir optical thickness of the vegetation (VOD)", "-"),
        ("BT_H_IC_Fitted", tbh, 1, "Brightness temperature at 40 degrees, H polarisation", "K"),
        ("BT_V_IC_Fitted", tbv, 1, "Brightness temperature at 40 degrees, V polarisation", "K"),
        ("RMSE", rmse, 1, "RMSE TBmeas. TB modeled", "K"),
        (
            "Scene_Flags",
            flags,
            0,
            "Scene flags: 1 moderate topography, 2 strong topography, 4 polluted scene, 8 frozen",
            "-",
        ),
    )
    variables = [
        NewVariable(
            "lat", ("lat",), M25KM.latitudes()[::-1].copy(), {"standard_name": "latitude", "units": "degrees_north"}
        ),
        NewVariable("lon", ("lon",), M25KM.longitudes(), {"standard_name": "longitude", "units": "degrees_east"}),
    ]
    for name, field, decimals, meaning, units in fields:
        data = np.full(M25KM.shape, np.nan)
        data[M25KM.rows - 1 - world.rows, world.cols] = np.round(field, decimals)
        about = {"_FillValue": np.nan, "long_name": meaning, "units": units, "comment": "synthetic"}
        variables.append(NewVariable(name, ("lat", "lon"), data, about, LEVEL))
    return variables


def _coast(land: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return land cells with water on some side."""
    inner = land & np.roll(land, 1, 0) & np.roll(land, -1, 0) & np.roll(land, 1, 1) & np.roll(land, -1, 1)
    return land & ~inner
