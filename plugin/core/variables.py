# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The variables by their role, and how a role is recognised among the names that the product family uses.

One `Role(...)` block in `ROLES` is a new variable. Names are compared in lower case, whole; a description or unit decides only where no
name does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Role:
    """What a variable means. `names` are patterns of whole netCDF names, best first; `described` one of its long_name."""

    id: str
    title: str
    units: str
    names: tuple[str, ...]
    described: str = ""
    described_units: str = ""
    valid_range: tuple[float, float] | None = None
    display_range: tuple[float, float] = (0.0, 1.0)
    ramp: str = "viridis"
    quality_controlled: bool = True
    is_bits: bool = False
    """True where a value is a sum of bits, which can be told apart but not averaged or subtracted."""


# What may stand before and after a name: the product, the kind of value, the angle. No orbit: a file with SM_A and SM_D has two
# soil moistures, and only the user can say which one is meant.
_FROM = r"(?:(?:smos(?:_?i[bc])?|i[bc]|opt(?:imi[sz]ed)?|retrieved)_)*"
_END = r"(?:_?(?:i[bc]|l3|retrieved|value|fitted|modell?ed|meas(?:ured)?|opt(?:imi[sz]ed)?|40(?:_?deg(?:rees?)?)?|nad(?:ir)?|toa|boa))*"
_TB = r"(?:tbs?|bts?|brightness_?temperatures?)"
_H = r"(?:pol_?)?(?:h(?:h|_?pol)?|horizontal)"
_V = r"(?:pol_?)?(?:v(?:v|_?pol)?|vertical)"
# In a description: the RMSE speaks of brightness temperatures too.
_NO_RMSE = r"^(?!.*(?:rmse|root.mean.square))"

ROLES: tuple[Role, ...] = (
    Role(
        "SM",
        "Soil moisture",
        "m³ m⁻³",
        names=(r"soil_?moisture", r"sm", rf"{_FROM}(?:(?:surface_)?soil_?moisture|s?sm){_END}"),
        described=r"soil moisture",
        described_units=r"m\^?3[ ./*]*m\^?-?3|m\^?3/m\^?3|cm3.*cm-?3",
        valid_range=(0.0, 1.0),
        display_range=(0.0, 0.5),
        ramp="moisture",
    ),
    Role(
        "VOD",
        "Vegetation optical depth",
        "–",
        names=(
            r"(?:l_?)?vod",
            r"optical_?thickness(?:_?nad)?",
            rf"{_FROM}(?:l_?)?vod{_END}",
            rf"{_FROM}(?:vegetation_?)?optical_?(?:depth|thickness){_END}",
            r"vegetation_?opacity",
            rf"tau{_END}",
        ),
        described=r"vegetation optical (?:depth|thickness)|optical thickness",
        valid_range=(0.0, 2.0),
        display_range=(0.0, 1.2),
        ramp="vegetation",
    ),
    Role(
        "TBH",
        "Brightness temperature, H",
        "K",
        names=(rf"{_FROM}{_TB}{_END}_?{_H}{_END}", rf"{_FROM}{_H}_?{_TB}{_END}"),
        described=rf"{_NO_RMSE}(?:.*brightness temperature.*(?:\bh\b|horizontal)|.*(?:\bh\b|horizontal).*brightness temperature)",
        described_units=r"k|kelvin",
        display_range=(150.0, 300.0),
        ramp="inferno",
    ),
    Role(
        "TBV",
        "Brightness temperature, V",
        "K",
        names=(rf"{_FROM}{_TB}{_END}_?{_V}{_END}", rf"{_FROM}{_V}_?{_TB}{_END}"),
        described=rf"{_NO_RMSE}(?:.*brightness temperature.*(?:\bv\b|vertical)|.*(?:\bv\b|vertical).*brightness temperature)",
        described_units=r"k|kelvin",
        display_range=(150.0, 300.0),
        ramp="inferno",
    ),
    Role(
        "TB",
        "Brightness temperature",
        "K",
        names=(rf"{_FROM}{_TB}{_END}",),
        described=rf"{_NO_RMSE}.*brightness temperature",
        described_units=r"k|kelvin",
        display_range=(150.0, 300.0),
        ramp="inferno",
    ),
    Role(
        "RMSE",
        "TB-RMSE",
        "K",
        names=(r"rmse", rf"{_FROM}(?:{_TB}_?)?rmse(?:_?{_TB})?{_END}"),
        described=r"rmse.*tb|tb.*rmse|root.mean.square.*brightness",
        display_range=(0.0, 12.0),
        ramp="rmse",
        quality_controlled=False,
    ),
    Role(
        "SF",
        "Scene flags",
        "bit flags",
        names=(r"scene_?flags?", r"sf", rf"{_FROM}(?:scene_?flags?|sf){_END}"),
        described=r"scene flags?",
        display_range=(0.0, 15.0),
        ramp="flags",
        quality_controlled=False,
        is_bits=True,
    ),
)

ROLE_OF_ID: dict[str, Role] = {role.id: role for role in ROLES}

# An uncertainty, a count or a temperature of the soil is never one of the roles, however its description reads.
_NEVER = re.compile(
    r"std|stderr|error|err\b|uncert|dqx|soil_?temperature|prob|chi|count|number|acq|quality|processing|anomal|mask|diff",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Conversion:
    """From the numbers in a file to a role's units: times `scale`, plus `offset`."""

    scale: float = 1.0
    offset: float = 0.0


# What files may give a role in beside its own units: the role's units, the pattern of the file's (lower case), and the way over.
CONVERSIONS: tuple[tuple[str, str, Conversion], ...] = (
    ("m³ m⁻³", r"%|percent|vol\.? ?%|%? ?vol|m3 ?m-3 ?\*? ?100", Conversion(scale=0.01)),
    ("K", r"°? ?c|deg(?:rees?)?_? ?c(?:elsius)?|celsius", Conversion(offset=273.15)),
)


@dataclass(frozen=True)
class NamedArray:
    """What recognition looks at: a netCDF variable's name, long_name and units, and the values that it declares as fill.

    Where a day's variables lie in several files, `name` has the kind of file before it (`VOD/data`), and `hint` is that kind if the
    file holds nothing else: a file may say by its folder alone what it is.
    """

    name: str
    long_name: str = ""
    units: str = ""
    fills: tuple[str, ...] = ()
    hint: str = ""

    @property
    def stored_name(self) -> str:
        """The name as the file has it."""
        return name_in_file(self.name)


def name_in_file(netcdf_name: str) -> str:
    """Return a variable's name without the kind of file before it; netCDF names hold no slash."""
    return netcdf_name.rpartition("/")[2]


def kind_of_file(netcdf_name: str) -> str:
    """Return the kind of file before a variable's name, empty in an archive of whole daily files."""
    return netcdf_name.rpartition("/")[0]


@dataclass(frozen=True)
class Variable:
    """One variable of an archive. `id` is the role's (`SM`) or, for any other grid variable, its own netCDF name.

    `netcdf_name` has the kind of file before it where a day's variables lie in several (`VOD/data`). Numbers in the file become values by
    `conversion`; beside what files declare, `fills` mean no retrieval, for the user says so. What is only told, and changes no value, is
    `why` it is taken for its role, its `stored_units` in the file, and the fill values `declared` there.
    """

    id: str
    netcdf_name: str
    title: str
    units: str
    role: Role | None = None
    fills: tuple[float, ...] = ()
    conversion: Conversion = Conversion()
    why: str = field(default="", compare=False, repr=False)
    stored_units: str = field(default="", compare=False, repr=False)
    declared: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The kind of file that holds the variable, empty in an archive of whole daily files."""
        return kind_of_file(self.netcdf_name)

    @property
    def stored_name(self) -> str:
        """The netCDF name as the file has it."""
        return name_in_file(self.netcdf_name)

    @property
    def label(self) -> str:
        """The title with its units."""
        return f"{self.title} ({self.units})" if self.units else self.title

    def tell(self, value: float) -> str:
        """Return a value with its name and units, such as `SM 0.184 m³ m⁻³`."""
        return f"{self.id} {value:.4g}" + (f" {self.units}" if self.units not in ("", "–", "-") else "")

    @property
    def valid_range(self) -> tuple[float, float] | None:
        """Lowest and highest valid value, or None where the provider gives none."""
        return self.role.valid_range if self.role else None

    @property
    def quality_controlled(self) -> bool:
        """False for RMSE and scene flags, which are shown as they are."""
        return self.role.quality_controlled if self.role else True

    @property
    def is_bits(self) -> bool:
        """True for scene flags: sums of bits, of which there is no mean and no difference."""
        return self.role.is_bits if self.role else False


@dataclass(frozen=True)
class Recognised:
    """The netCDF name that a role was given, and why."""

    name: str
    why: str


def recognise_roles(
    arrays: Iterable[NamedArray], corrections: Mapping[str, str] | None = None
) -> dict[str, Recognised]:
    """Return role id → netCDF name and reason. `corrections` (role id → netCDF name, or empty for none) go before what is recognised.

    A role that nothing fits is left out, and one netCDF variable has at most one role.
    """
    free = {array.name: array for array in arrays}
    found: dict[str, Recognised] = {}
    for role_id, name in (corrections or {}).items():
        if name in free:
            found[role_id] = Recognised(name, "as you chose")
            del free[name]
    for fits, why in (
        (_fits_name, "by its name"),
        (_fits_description, "by its description"),
        (_fits_hint, "by its folder or file name"),
    ):
        for role in ROLES:
            if role.id in found or role.id in (corrections or {}):
                continue
            candidates = [(rank, array.name) for array in free.values() if (rank := fits(role, array)) is not None]
            # Several descriptions that fit alike (two orbits in one file, say) are for the user to tell apart.
            if candidates and (fits is not _fits_description or len(candidates) == 1):
                name = min(candidates, key=lambda one: (one[0], len(name_in_file(one[1]))))[1]
                found[role.id] = Recognised(name, why)
                del free[name]
    return {role.id: found[role.id] for role in ROLES if role.id in found}


def variables_of(
    arrays: Iterable[NamedArray],
    roles: Mapping[str, Recognised],
    units: Mapping[str, str] | None = None,
    fills: Mapping[str, float] | None = None,
) -> tuple[Variable, ...]:
    """Return the variables to offer: the recognised roles in the table's order, then every other array as itself.

    `units` and `fills` are what the user said of netCDF names.
    """
    by_name = {array.name: array for array in arrays}
    role_of = {one.name: (ROLE_OF_ID[role_id], one.why) for role_id, one in roles.items() if one.name in by_name}
    others = [array for name, array in by_name.items() if name not in role_of]
    how_many = Counter(array.stored_name for array in others)
    variables = []
    for array in (*(by_name[name] for name in role_of), *others):
        role, why = role_of.get(array.name, (None, ""))
        stored_units = (units or {}).get(array.name, array.units)
        name = array.name if how_many[array.stored_name] > 1 else array.stored_name
        variables.append(
            Variable(
                # A variable called RMSE that is not the RMSE, because the user said so, must not be found as if it were.
                role.id if role else f"{name}_in_file" if name in ROLE_OF_ID else name,
                array.name,
                role.title if role else name.replace("_", " "),
                role.units if role else stored_units,
                role,
                (fills[array.name],) if fills and array.name in fills else (),
                conversion_of(role, stored_units),
                why,
                stored_units,
                array.fills,
            )
        )
    return tuple(variables)


def conversion_of(role: Role | None, stored_units: str) -> Conversion:
    """Return how a role's values follow from numbers in the file's units; units that are not known are taken for the role's own."""
    for units, pattern, conversion in CONVERSIONS:
        if (
            role
            and role.units == units
            and role.quality_controlled
            and re.fullmatch(pattern, stored_units.strip().lower())
        ):
            return conversion
    return Conversion()


def _fits_name(role: Role, array: NamedArray) -> int | None:
    return _rank(role, array.stored_name)


def _fits_hint(role: Role, array: NamedArray) -> int | None:
    return None if _NEVER.search(array.stored_name) else _rank(role, array.hint)


def _rank(role: Role, text: str) -> int | None:
    name = text.lower().replace("-", "_").replace(" ", "_")
    if not name or _NEVER.search(name):
        return None
    return next((rank for rank, pattern in enumerate(role.names) if re.fullmatch(pattern, name)), None)


def _fits_description(role: Role, array: NamedArray) -> int | None:
    text = array.long_name.lower()
    if (
        not role.described
        or _NEVER.search(array.stored_name)
        or re.search(r"standard error|uncertainty|quality|deviation|(?<!scene )flag", text)
    ):
        return None
    if role.described_units and not re.fullmatch(role.described_units, array.units.lower().strip()):
        return None
    return 0 if re.search(role.described, text) else None
