# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Station files with invented numbers, in the forms in which networks give them out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Line = tuple[str, float, str]
"""`YYYY-MM-DD HH:MM`, value, ISMN's flag."""

STM_NAME = "NET_NET_Inv-1_sm_0.000000_0.050000_Invented-Probe_20200101_20201231.stm"
LINES: tuple[Line, ...] = (
    ("2020-02-28 23:00", 0.210, "G"),
    ("2020-02-29 00:00", 0.220, "G"),
    ("2020-02-29 12:00", 0.240, "D01,D03"),
    ("2020-02-29 18:00", 0.260, "G"),
    ("2020-03-01 06:00", 0.300, "C02"),
)
LAT, LON = 30.0712, 9.2101


def write_stm(
    folder: Path, lines: Sequence[Line] = LINES, name: str = STM_NAME, lat: float = LAT, lon: float = LON
) -> Path:
    """Write the form Header + values."""
    head = f"NET        NET             Inv-1   {lat:.5f} {lon:.5f}  322.00    0.00    0.05 Invented-Probe"
    rows = [f"{_ismn(time)}   {value:.4f} {flag} M" for time, value, flag in lines]
    return _write(folder / name, head, *rows)


def write_ceop(folder: Path, lines: Sequence[Line] = LINES, name: str = STM_NAME, station: str = "Inv-1") -> Path:
    """Write the form CEOP in separate files."""
    about = f"NET     NET          {station}       {LAT:.5f}   {LON:.5f}  322.00    0.00    0.05"
    rows = [f"{_ismn(time)} {_ismn(time)} {about}   {value:.4f} {flag} M" for time, value, flag in lines]
    return _write(folder / name, *rows)


def write_text(folder: Path, *lines: str, name: str = "station.csv", encoding: str = "utf-8") -> Path:
    """Write lines as they are."""
    return _write(folder / name, *lines, encoding=encoding)


def _ismn(time: str) -> str:
    return time.replace("-", "/")


def _write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path
