# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What ./dev bench measures, and the table that it prints."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bench_maps import maps_table
from bench_record import Record

EVERY_DAY = 10**6
LIBRARIES = ("GDAL", "netCDF4", "numpy", "xarray", "dask", "repurpose", "pynetcf")


@dataclass(frozen=True)
class Row:
    """One way. `name` is what --only calls it; `most_days` limits what would take hours; `instant` ways may be asked for many cells."""

    name: str
    way: str
    title: str
    variables: int
    engine: str = "GDAL"
    most_days: int = EVERY_DAY
    instant: bool = False

    @property
    def is_build(self) -> bool:
        """Whether it builds a store, and reads no cell."""
        return self.name in {"build", "img2ts"}


@dataclass(frozen=True)
class Timing:
    """Seconds for so many days, of a record of so many. A way whose time is not proportional is not `scalable`."""

    seconds: float
    days: int
    whole: int
    scalable: bool = True

    @property
    def scaled(self) -> float:
        """Seconds for the whole record, in proportion."""
        return self.seconds * self.whole / self.days if self.scalable else self.seconds

    def __str__(self) -> str:
        return time_text(self.scaled)


@dataclass(frozen=True)
class Measured:
    """What a way took. `memory` and `size` in bytes; `share` of the files that were read; `failed` says why there is no time."""

    row: Row
    cold: Timing | None = None
    warm: Timing | None = None
    memory: int = 0
    size: int = 0
    share: float = 0.0
    failed: str = ""


LOOP = "netCDF4-python, a loop over the files"
SERIES = "pynetcf, from what img2ts made"
ROWS: tuple[Row, ...] = (
    Row("build", "build", "**ours**", 6),
    Row("img2ts", "img2ts", "TUW repurpose (img2ts)", 6, most_days=365),
    Row("loop", "loop", LOOP, 1),
    Row("xarray", "xarray", "xarray, `open_mfdataset` and `sel`", 1, most_days=365),
    Row("vrt", "vrt", "GDAL, one VRT of all files", 1, most_days=100),
    Row("gdal", "gdal", "GDAL multidimensional, a loop over the files", 1, most_days=1000),
    Row("direct", "direct", "**ours**, from the files", 1),
    Row("pynetcf", "pynetcf", SERIES, 1, most_days=365, instant=True),
    Row("store", "store", "**ours**, from the store", 1, instant=True),
    Row("store", "store", "**ours**, from the store, netCDF4-python", 1, "netCDF4", instant=True),
    Row("loop", "loop", LOOP, 6, most_days=1000),
    Row("direct", "direct", "**ours**, from the files", 6),
    Row("pynetcf", "pynetcf", SERIES, 6, most_days=365, instant=True),
    Row("store", "store", "**ours**, from the store", 6, instant=True),
    Row("store", "store-opening", "**ours**, from the store, opening it anew", 6, instant=True),
    Row("store", "store", "**ours**, from the store, netCDF4-python", 6, "netCDF4", instant=True),
)
"""In the order of measuring: what is built is read later."""


def report(
    record: Record,
    measured: Sequence[Measured],
    how: str,
    cells: int,
    load: float,
    live: Mapping[str, Any] | None = None,
    maps: Sequence[dict[str, Any]] = (),
) -> str:
    """Return everything that the command prints. `load` is the machine's before the run: others' work makes figures worse."""
    parts = [
        *_about(record, how, cells, load),
        *(_live(live) if live is not None else ()),
        *_clicks(record, measured, 1, "One cell, one variable (soil moisture)"),
        *_clicks(record, measured, 6, "One cell, six variables"),
        *_builds(record, measured),
        *(maps_table(maps, record.days) if maps else ()),
    ]
    return "\n".join(parts)


def _about(record: Record, how: str, cells: int, load: float) -> Iterable[str]:
    kind = "copies" if record.copies else "hard links"
    mean = record.size / record.days / 1e6
    yield f"Machine: {machine(Path(record.folder))}; load before the run {load:.1f}"
    yield f"Software: {versions()}"
    yield (
        f"Record: {record.days:,} synthetic granules of one orbit, 584 × 1388, six double variables, {mean:.2f} MB a file, "
        f"about {record.valid:,} retrievals a day; {record.mask}. {record.templates:,} days are distinct files, the others "
        f"{kind} of them in random order."
    )
    yield (
        f"Cold: the operating system's cache dropped before ({how}). Warm: the files are in it; of the store and of pynetcf, a "
        f"cell that the process has not read. Median of {cells} land cells for these two, one cell for the others, "
        "whose time does not depend on it. Ours reads RMSE and scene flags with every variable."
    )


def _live(found: Mapping[str, Any]) -> Iterable[str]:
    yield "\nThe map, in a canvas of 1200 × 600 in EPSG:6933, files in the operating system's cache\n"
    yield "| | | against QGIS alone |"
    yield "| --- | --- | --- |"
    if "failed" in found:
        yield f"| not measured | | {_cell_text(found['failed'])} |"
        return
    plain = found["plain"]
    yield f"| QGIS alone: a GeoTIFF of a day that is there, opened and drawn | {time_text(plain)} | 1 |"
    yield f"| QGIS alone: the same once more | {time_text(found['redraw'])} | {found['redraw'] / plain:.2f} |"
    yield f"| **ours**: from a step to the drawn map | {time_text(found['step'])} | {found['step'] / plain:.2f} |"
    share = 1 / found["play"] / plain
    yield f"| **ours**: playing, {found['frames']:.0f} days | {found['play']:.1f} a second, the slowest {time_text(found['slowest'])} | {share:.1f} a day |"
    yield f"| **ours**: dragging the RMSE limit | {found['drag']:.0f} maps a second, event loop {time_text(found['late'])} late at most | {1 / found['drag'] / plain:.1f} a map |"


def _clicks(record: Record, measured: Sequence[Measured], variables: int, title: str) -> Iterable[str]:
    rows = [one for one in measured if one.row.variables == variables and not one.row.is_build]
    if not rows:
        return
    base = next((one for one in rows if one.row.way == "store" and one.row.engine == "GDAL" and not one.failed), None)
    yield f"\n{title}, {record.days:,} days\n"
    yield "| way | cold | × ours | warm | × ours | peak memory | |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for one in rows:
        if one.failed:
            yield f"| {one.row.title} | – | – | – | – | – | not measured: {_cell_text(one.failed)} |"
            continue
        times = [
            f"{now or '–'} | {_ratio(now, ours)}"
            for now, ours in ((one.cold, base and base.cold), (one.warm, base and base.warm))
        ]
        yield f"| {one.row.title} | {' | '.join(times)} | {_megabytes(one.memory)} | {_remark(one)} |"


def _builds(record: Record, measured: Sequence[Measured]) -> Iterable[str]:
    rows = [one for one in measured if one.row.is_build]
    if not rows:
        return
    state = "cold" if record.copies else "warm"
    base = next((getattr(one, state) for one in rows if one.row.name == "build"), None)
    loops = (one for one in measured if one.row.name == "loop" and one.row.variables == 6)
    click = next((getattr(one, state) for one in loops), None)
    yield f"\nBuilding from all six variables, {record.days:,} days, input {state}, written to disk\n"
    yield "| way | time | × ours | × the loop's one click | peak memory | size | share of the files | |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for one in rows:
        if one.failed:
            yield f"| {one.row.title} | – | – | – | – | – | – | not measured: {_cell_text(one.failed)} |"
            continue
        now = getattr(one, state)
        numbers = f"{now} | {_ratio(now, base)} | {_ratio(now, click)} | {_megabytes(one.memory)}"
        yield f"| {one.row.title} | {numbers} | {_megabytes(one.size)} | {one.share:.0%} | {_remark(one)} |"


def _remark(one: Measured) -> str:
    """Return from how many days the times were scaled, or that they are of fewer."""
    said = {
        name: f"scaled from {timing.days:,} days" if timing.scalable else f"of {timing.days:,} days, not scaled"
        for name, timing in (("cold", one.cold), ("warm", one.warm))
        if timing is not None and timing.days < timing.whole
    }
    if len(said) == 2 and len(set(said.values())) == 1:
        return said["cold"]
    return "; ".join(f"{name} {text}" for name, text in said.items())


def _ratio(now: Timing | None, ours: Timing | None) -> str:
    if now is None or ours is None:
        return "–"
    ratio = now.scaled / ours.scaled
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _cell_text(text: str) -> str:
    return text.splitlines()[0].replace("|", "/")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size < 10e9 else f"{size / 1e9:.1f} GB"


def time_text(seconds: float) -> str:
    """Return a time in the unit that reads best, with two or three digits."""
    if seconds >= 600:
        return f"{seconds / 60:,.0f} min"
    if seconds >= 1:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def machine(folder: Path) -> str:
    """Return what the figures depend on: processor, memory, disk, system."""
    info = Path("/proc/cpuinfo").read_text("utf-8")
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {_disk(folder)}; {system}, {platform.machine()}"


def _disk(folder: Path) -> str:
    """Return the kind of disk, as far as the system tells; a virtual machine's often calls itself rotating."""
    number = os.stat(folder).st_dev
    device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    for place in (device, device.parent):
        told = place / "queue" / "rotational"
        if told.exists():
            if place.name.startswith("vd"):
                return "virtual disk"
            return "rotating disk" if told.read_text("utf-8").strip() == "1" else "solid-state disk"
    return "disk of unknown kind"


def versions() -> str:
    """Return the versions of Python and of the libraries that are there."""
    said = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            said.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            said.append(f"no {name}")
    return ", ".join(said)
