# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How the files of this family call their variables, coordinates and dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Naming:
    """Role → name in the file, with long_name and units; `neighbours` are layers beside them that are none of the roles.

    `coordinates` are latitude and longitude: name, and the attributes by which they can be known. `dimensions` are those of rows, columns.
    """

    names: Mapping[str, str]
    long_names: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    neighbours: tuple[str, ...] = ()
    coordinates: tuple[tuple[str, Mapping[str, str]], tuple[str, Mapping[str, str]]] = (
        ("lat", {"units": "degrees_north"}),
        ("lon", {"units": "degrees_east"}),
    )
    dimensions: tuple[str, str] = ("y", "x")


_LAT, _LON = {"units": "degrees_north"}, {"units": "degrees_east"}
_STANDARD = {"standard_name": "latitude"}, {"standard_name": "longitude"}
_IC = {"SM": "Soil_Moisture", "VOD": "Optical_Thickness_Nad", "RMSE": "RMSE", "SF": "Scene_Flags"}

NAMINGS: dict[str, Naming] = {
    "plain": Naming(_IC, units={"SM": "m3 m-3"}),
    "ic-v105": Naming(
        {**_IC, "TBH": "TB_H", "TBV": "TB_V"},
        {"SM": "Retrieved soil moisture value", "RMSE": "RMSE TBmeas. TB modeled"},
        {"SM": "m3/m3", "RMSE": "K"},
        ("Soil_Moisture_StdError", "Processing_Flags", "Quality_Flag", "Soil_Temperature_Level1"),
        dimensions=("lat", "lon"),
    ),
    "ic-v2": Naming(
        {**_IC, "TBH": "BT_H_IC_Fitted", "TBV": "BT_V_IC_Fitted"},
        {"TBH": "Fitted brightness temperature H at 40 degrees"},
        {"SM": "m3.m-3", "TBH": "K", "TBV": "K"},
        ("Soil_Moisture_StdError", "Optical_Thickness_Nad_StdError"),
        (("lat", {**_LAT, **_STANDARD[0]}), ("lon", {**_LON, **_STANDARD[1]})),
        ("lat", "lon"),
    ),
    "catds": Naming(
        _IC,
        {"SM": "Retrieved soil moisture value"},
        {"SM": "m3.m-3"},
        ("Soil_Moisture_Dqx", "Chi_2", "Rfi_Prob", "N_Rfi_X"),
        (("lat", {"units": "degrees_north", "long_name": "Latitude"}), ("lon", {"units": "degrees_east"})),
    ),
    "smap-ib": Naming({**_IC, "TBH": "TBH", "TBV": "TBV"}, coordinates=(("latitude", _LAT), ("longitude", _LON))),
    "short": Naming(
        {"SM": "sm", "VOD": "vod", "RMSE": "rmse", "SF": "sf", "TB": "tb"},
        neighbours=("sm_std", "vod_std"),
        coordinates=(("nav_lat", {}), ("nav_lon", {})),
    ),
    "camel": Naming(
        {
            "SM": "SoilMoisture",
            "VOD": "VegetationOpticalDepth",
            "RMSE": "TB-RMSE",
            "SF": "SceneFlags",
            "TBH": "BrightnessTemperatureH",
            "TBV": "BrightnessTemperatureV",
        },
        neighbours=("SoilMoistureError", "SoilTemperature"),
        coordinates=(("Latitude", {}), ("Longitude", {})),
        dimensions=("Rows", "Cols"),
    ),
    "spaced": Naming(
        {
            "SM": "Soil Moisture",
            "VOD": "Vegetation Optical Depth",
            "RMSE": "TB RMSE",
            "SF": "Scene Flags",
            "TBH": "Brightness Temperature H",
            "TBV": "Brightness Temperature V",
        },
        neighbours=("Soil Moisture Std",),
        coordinates=(("northward", {"units": "degree_N"}), ("eastward", {"units": "degrees_E"})),
    ),
    "described": Naming(
        {"SM": "a1", "VOD": "a2", "RMSE": "a3", "SF": "a4", "TBH": "a5", "TBV": "a6"},
        {
            "SM": "Volumetric soil moisture of the top layer",
            "VOD": "Vegetation optical depth at nadir",
            "RMSE": "RMSE between measured and modelled TB",
            "SF": "Scene flags",
            "TBH": "Brightness temperature, H polarisation",
            "TBV": "Vertical brightness temperature",
        },
        {"SM": "m^3 m^-3", "TBH": "K", "TBV": "kelvin"},
        coordinates=(("c1", _STANDARD[0]), ("c2", _STANDARD[1])),
    ),
}
