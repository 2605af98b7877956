# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Variables by their role: many spellings, and the neighbours that must never be taken for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.variables import ROLE_OF_ID, ROLES, NamedArray, variables_of
from smos_ib_explorer.plugin.core.variables import recognise_roles as recognise_with_reasons

# The grid variables of each product as (name, long_name, units), and what they must be taken for.
PRODUCTS: dict[str, tuple[list[NamedArray], dict[str, str]]] = {
    "SMOS-IC V105": (
        [
            NamedArray("Soil_Moisture", "Retrieved soil moisture value", "m3/m3"),
            NamedArray("Soil_Moisture_StdError", "Standard error of the soil moisture retrieval", "m3/m3"),
            NamedArray("RMSE", "RMSE TBmeas. TB modeled", "K"),
            NamedArray("Scene_Flags", "Scene flags", "NA"),
            NamedArray("Processing_Flags", "Processing flags", "NA"),
            NamedArray("Quality_Flag", "0 ok, 1 not recommended, 2 missing", "NA"),
            NamedArray("Soil_Temperature_Level1", "Soil temperature ECMWF", "K"),
            NamedArray("Days", "Days since 01-01-2000", "days"),
            NamedArray("UTC_Seconds", "UTC seconds of the day", "s"),
        ],
        {"SM": "Soil_Moisture", "RMSE": "RMSE", "SF": "Scene_Flags"},
    ),
    "SMOS-IC V2": (
        [
            NamedArray("Soil_Moisture_StdError", "", "m3.m-3"),
            NamedArray("Soil_Moisture", "Retrieved soil moisture value", "m3.m-3"),
            NamedArray("Optical_Thickness_Nad_StdError", "Standard error of the optical thickness", ""),
            NamedArray("Optical_Thickness_Nad", "Retrieved nadir optical thickness", ""),
            NamedArray("BT_H_IC_Fitted", "Fitted brightness temperature H at 40 degrees", "K"),
            NamedArray("BT_V_IC_Fitted", "Fitted brightness temperature V at 40 degrees", "K"),
            NamedArray("Soil_Temperature_Level1", "", "K"),
            NamedArray("RMSE", "", "K"),
            NamedArray("Scene_Flags"),
        ],
        {
            "SM": "Soil_Moisture",
            "VOD": "Optical_Thickness_Nad",
            "TBH": "BT_H_IC_Fitted",
            "TBV": "BT_V_IC_Fitted",
            "RMSE": "RMSE",
            "SF": "Scene_Flags",
        },
    ),
    "SMAP-IB soil moisture": (
        [NamedArray("Soil_Moisture"), NamedArray("Scene_Flags")],
        {"SM": "Soil_Moisture", "SF": "Scene_Flags"},
    ),
    "SMAP-IB vegetation": ([NamedArray("Optical_Thickness_Nad")], {"VOD": "Optical_Thickness_Nad"}),
    "CATDS L3": (
        [
            NamedArray("Soil_Moisture_Dqx", "DQX of the soil moisture", "m3.m-3"),
            NamedArray("Soil_Moisture", "Retrieved soil moisture value", "m3.m-3"),
            NamedArray("Rfi_Prob", "Probability of RFI", ""),
            NamedArray("Chi_2", "Retrieval fit quality index", ""),
            NamedArray("Chi_2_P", "", ""),
            NamedArray(
                "Mean_Acq_Time_Days", "Day of Mean time of acquisition for Soil Moisture value of DGG point", "d"
            ),
            NamedArray("Mean_Acq_Time_Seconds", "Seconds of Mean time of acquisition for Soil Moisture value", "s"),
            NamedArray("N_Rfi_X", "", ""),
        ],
        {"SM": "Soil_Moisture"},
    ),
    "land mask": ([NamedArray("USGS_Land_Flag", "1 means that the pixel is considered Land", "NA")], {}),
    "short names": (
        [NamedArray(name) for name in ("sm", "vod", "tb", "rmse", "sf", "sm_std", "vod_std")],
        {"SM": "sm", "VOD": "vod", "TB": "tb", "RMSE": "rmse", "SF": "sf"},
    ),
    "the card's words": (
        [
            NamedArray("TB", "40° brightness temperature", "K"),
            NamedArray("SM"),
            NamedArray("VOD"),
            NamedArray("Scene_Flags"),
            NamedArray("TB-RMSE"),
        ],
        {"TB": "TB", "SM": "SM", "VOD": "VOD", "RMSE": "TB-RMSE", "SF": "Scene_Flags"},
    ),
    "described only": (
        [
            NamedArray("a1", "Volumetric soil moisture of the top layer", "m^3 m^-3"),
            NamedArray("a2", "Vegetation optical depth at nadir", "1"),
            NamedArray("a3", "Brightness temperature, H polarisation", "K"),
            NamedArray("a4", "Vertical brightness temperature", "kelvin"),
            NamedArray("a5", "RMSE between measured and modelled TB", "K"),
            NamedArray("a6", "Scene flags", ""),
            NamedArray("a7", "Standard error of soil moisture", "m^3 m^-3"),
            NamedArray("a8", "Soil moisture quality", "m^3 m^-3"),
        ],
        {"SM": "a1", "VOD": "a2", "TBH": "a3", "TBV": "a4", "RMSE": "a5", "SF": "a6"},
    ),
}

# {h}, {H} and {Horizontal} stand for the polarisation.
_TB_OF_ONE_POLARISATION = (
    "TB{H} TB_{H} tb_{h} TB{h} Tb{h} Tb_{h} TB{H}40 TB_{H}_40 TB{H}_40 TB{h}_40 TB_{H}40 TB40{H} TB40_{H} TB_40_{H} TB40{h} TB_40{H} TB{H}_40deg "
    "TB{H}_40degree TB_{H}_40degrees TB_40deg_{H} BT_{H} BT{H} BT_{H}_40 BT{H}_40 BT_40_{H} BT_{H}_IC_Fitted BT_{H}_IB_Fitted BT_{H}_Fitted "
    "BT_{H}_40_Fitted BT_{H}_IB BT_Fitted_{H} TB{H}_IB TB_{H}_IB TB{H}_IC IB_TB{H} SMOS_TB{H} SMOS_IB_TB_{H} SMOSIB_TB{H} TB_{H}pol TB_{H}_pol TB{H}pol "
    "TB_pol_{H} {H}_TB TB_opt_{H} TB_{H}_opt TB{H}_opt TB{H}_optimized TB_{H}_Optimised Optimized_TB_{H} opt_TB{H} Brightness_Temperature_{H} "
    "Brightness_Temperature_{H}_40 BrightnessTemperature_{H} brightness_temperature_{h} brightness_temperature_{h}_pol Brightness_Temperature_40_{H} "
    "Brightness_Temperature_{Horizontal} TB_{horizontal} TB_{Horizontal}_40 TB_{H}{H} TB{h}{h} TB_fitted_{H} TB{H}_modelled TB{H}_TOA tb-{h} TBs_{H}"
)
SPELLINGS = {
    "SM": "SM sm Sm Soil_Moisture soil_moisture SoilMoisture soilmoisture Soil-Moisture soil_moisture_IB SM_IB SM_IC IB_SM SMOS_SM SMOS_IB_SM SMOSIB_SM "
    "SMOS-IB_SM surface_soil_moisture SSM soil_moisture_retrieved Soil_Moisture_Retrieved sm_retrieved SM_value Soil_Moisture_Value retrieved_soil_moisture",
    "VOD": "VOD vod L_VOD LVOD L-VOD l_vod VOD_IB VOD_IC L_VOD_IB IB_VOD SMOS_VOD SMOS_IB_VOD SMOSIB_LVOD Optical_Thickness_Nad optical_thickness "
    "Optical_Thickness Optical_Depth optical_depth Vegetation_Optical_Depth vegetation_optical_depth Vegetation_Optical_Thickness Tau tau TAU tau_nad "
    "VOD_nad vod_retrieved VOD_value Vegetation_Opacity vegetation_opacity VegetationOpticalDepth OpticalThickness OpticalThicknessNad OpticalDepth",
    "TBH": _TB_OF_ONE_POLARISATION.format(h="h", H="H", horizontal="horizontal", Horizontal="Horizontal"),
    "TBV": _TB_OF_ONE_POLARISATION.format(h="v", H="V", horizontal="vertical", Horizontal="Vertical"),
    "TB": "TB tb Tb BT TB40 TB_40 TB_40deg TB_IB TB_opt Brightness_Temperature brightness_temperature BrightnessTemperature SMOS_TB "
    "Brightness_Temperature_40 TB_40degree",
    "RMSE": "RMSE rmse Rmse TB_RMSE TB-RMSE RMSE_TB TBRMSE RMSETB tb_rmse BT_RMSE RMSE_BT RMSE_IB IB_RMSE RMSE_TB_40 RMSE_Tb SMOS_RMSE",
    "SF": "SF sf Scene_Flags Scene_Flag scene_flags scene_flag SceneFlags SceneFlag Scene-Flags SF_IB Scene_Flags_IB IB_SF SMOS_SF",
}
SPELLED = [(role, name) for role, names in SPELLINGS.items() for name in names.split()]

# Uncertainties, counts, other temperatures; and one of two orbits in a file, which only the user can choose.
_NEVER = (
    "Soil_Moisture_StdError Soil_Moisture_Std Soil_Moisture_DQX Soil_Moisture_Dqx SM_std SM_error SM_uncertainty SM_DQX sm_stderr soil_moisture_error "
    "Optical_Thickness_Nad_StdError VOD_std VOD_uncertainty VOD_DQX Soil_Temperature Soil_Temperature_Level1 soil_temperature_layer1 Quality_Flag "
    "Quality_Flags SM_quality soil_moisture_quality_flag Processing_Flags TBH_std TB_H_error TBH_DQX TB_V_StdError TBH_uncertainty RMSE_std Chi_2 Rfi_Prob "
    "Mean_Acq_Time_Days Days UTC_Seconds SM_anomaly VOD_count SM_number TB_H_diff soil_moisture_mask SM_flag soil_moisture_flags retrieval_qual_flag "
    "SM_climatology SM_bias SM_ubRMSE SM_RMSE VOD_RMSE Rmse_soil_moisture Air_Temperature Surface_Temperature Scene_Temperature clay_fraction albedo omega "
    "roughness HR NDVI IGBP USGS_Land_Flag lat_bounds SMOS smoothed same tbd stb vodka incidence_angle TBH_angle Tau_omega SFT TB_ratio MPDI "
    "SM_A SM_D SM_asc VOD_desc TBH_A RMSE_D Scene_Flags_A"
)
NEVER = _NEVER.split()


def recognise_roles(arrays: list[NamedArray], corrections: dict[str, str] | None = None) -> dict[str, str]:
    """Return role → netCDF name, without the reasons."""
    return {role: one.name for role, one in recognise_with_reasons(arrays, corrections).items()}


def roles(*arrays: NamedArray) -> dict[str, str]:
    return recognise_roles(list(arrays))


@pytest.mark.parametrize("product", PRODUCTS)
def test_products(product: str) -> None:
    arrays, wanted = PRODUCTS[product]
    assert recognise_roles(arrays) == wanted
    assert recognise_roles(arrays[::-1]) == wanted


@pytest.mark.parametrize(("role", "name"), SPELLED, ids=[f"{role}-{name}" for role, name in SPELLED])
def test_spellings(role: str, name: str) -> None:
    error = NamedArray(f"{name}_StdError")
    assert roles(NamedArray(name)) == {role: name}
    assert roles(error, NamedArray(name)) == {role: name}
    assert roles(error) == {}


@pytest.mark.parametrize("name", NEVER)
def test_what_is_none_of_them(name: str) -> None:
    assert roles(NamedArray(name)) == {}


@pytest.mark.parametrize(
    ("name", "long_name", "units"),
    [
        ("Soil_Temperature_Level1", "soil moisture", "m3 m-3"),
        ("x", "Standard error of soil moisture", "m3 m-3"),
        ("x", "Soil moisture uncertainty", "m3 m-3"),
        ("x", "Soil moisture", "K"),
        ("x", "Soil moisture", "days"),
        ("x", "Quality of vegetation optical depth", ""),
        ("x", "Flag of the vegetation optical depth retrieval", ""),
        ("x", "Brightness temperature", "dB"),
        ("x", "Soil temperature", "K"),
        ("VOD_StdError", "vegetation optical depth", ""),
    ],
)
def test_descriptions_that_mislead(name: str, long_name: str, units: str) -> None:
    assert roles(NamedArray(name, long_name, units)) == {}


def test_the_rmse_of_brightness_temperatures_is_none_itself() -> None:
    assert roles(NamedArray("x", "Root mean square error of the brightness temperature", "K")) == {"RMSE": "x"}
    assert roles(NamedArray("x", "RMSE of TB V, vertical brightness temperature", "K")) == {"RMSE": "x"}


@pytest.mark.parametrize(
    "units", ["m3 m-3", "m3.m-3", "m3/m3", "m^3/m^3", "m^3 m^-3", "m3*m-3", "M3 M-3", "cm3 cm-3", "cm3/cm-3"]
)
def test_units_of_soil_moisture(units: str) -> None:
    assert roles(NamedArray("x", "Volumetric soil moisture", units)) == {"SM": "x"}


def test_a_name_goes_before_a_description() -> None:
    assert roles(NamedArray("x", "soil moisture", "m3 m-3"), NamedArray("SM")) == {"SM": "SM"}


def test_the_plainest_of_several_names_is_taken() -> None:
    assert roles(NamedArray("SM_IB"), NamedArray("Soil_Moisture"), NamedArray("SMOS_SM"))["SM"] == "Soil_Moisture"
    both = roles(NamedArray("TB_H"), NamedArray("TB_V"), NamedArray("TB"))
    assert both == {"TBH": "TB_H", "TBV": "TB_V", "TB": "TB"}


def test_corrections_go_first() -> None:
    arrays = [NamedArray(name) for name in ("SM", "VOD", "RMSE", "Other")]
    assert recognise_roles(arrays, {"SM": "Other"}) == {"SM": "Other", "VOD": "VOD", "RMSE": "RMSE"}
    assert recognise_roles(arrays, {"SM": "VOD"}) == {"SM": "VOD", "RMSE": "RMSE"}
    assert recognise_roles(arrays, {"RMSE": ""}) == {"SM": "SM", "VOD": "VOD"}
    assert recognise_roles(arrays, {"SF": "Other"}) == {"SM": "SM", "VOD": "VOD", "RMSE": "RMSE", "SF": "Other"}
    assert recognise_roles(arrays, {}) == recognise_roles(arrays, None)


def test_what_the_user_took_a_role_from_is_not_found_under_the_role_s_id() -> None:
    arrays = [NamedArray(name) for name in ("SM", "RMSE", "Better")]
    variables = variables_of(arrays, recognise_with_reasons(arrays, {"RMSE": "Better"}))
    assert [(one.id, one.netcdf_name) for one in variables if one.role] == [("SM", "SM"), ("RMSE", "Better")]
    assert [(one.id, one.netcdf_name) for one in variables if not one.role] == [("RMSE_in_file", "RMSE")]
    variables = variables_of(arrays, recognise_with_reasons(arrays, {"RMSE": ""}))
    assert "RMSE" not in [one.id for one in variables]


def test_variables_in_the_order_of_the_table_then_the_others_as_themselves() -> None:
    arrays = [NamedArray("Chi_2", units="1"), NamedArray("Scene_Flags"), NamedArray("Soil_Moisture", units="whatever")]
    variables = variables_of(arrays, recognise_with_reasons(arrays))
    assert [one.id for one in variables] == ["SM", "SF", "Chi_2"]
    assert [one.label for one in variables] == ["Soil moisture (m³ m⁻³)", "Scene flags (bit flags)", "Chi 2 (1)"]
    assert [one.quality_controlled for one in variables] == [True, False, True]
    assert [one.valid_range for one in variables] == [(0.0, 1.0), None, None]


def test_the_roles_of_the_contract() -> None:
    assert list(ROLE_OF_ID) == ["SM", "VOD", "TBH", "TBV", "TB", "RMSE", "SF"]
    assert ROLE_OF_ID["VOD"].valid_range == (0.0, 2.0)
    assert {role.id for role in ROLES if not role.quality_controlled} == {"RMSE", "SF"}


names = st.one_of(st.text(max_size=12), st.sampled_from([name for _, name in SPELLED] + NEVER))
arrays_of_a_file = st.lists(
    st.builds(NamedArray, names, names, st.sampled_from(["", "K", "m3 m-3"])),
    max_size=12,
    unique_by=lambda one: one.name,
)


@given(arrays_of_a_file)
def test_no_variable_has_two_roles(arrays: list[NamedArray]) -> None:
    found = recognise_with_reasons(arrays)
    names = {one.name for one in found.values()}
    assert len(names) == len(found)
    assert names <= {one.name for one in arrays}
    variables = variables_of(arrays, found)
    assert sorted(one.netcdf_name for one in variables) == sorted(one.name for one in arrays)


def test_two_variables_that_are_described_alike_are_left_to_the_user() -> None:
    arrays = [NamedArray(f"SM_{orbit}", "soil moisture", "m3 m-3") for orbit in "AD"]
    assert recognise_roles(arrays) == {}
    assert recognise_roles(arrays[:1]) == {"SM": "SM_A"}
