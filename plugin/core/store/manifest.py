# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manifest of a store: which granules are in it, with what fingerprint, and in which part of it their retrievals lie.

It is one JSON file that is always replaced as a whole: what it does not name does not exist.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from ..archive import Archive, Granule
from ..corrections import Orientation
from ..errors import UnreadableFile
from ..files import replacing
from ..grid import GRIDS, EaseGrid
from ..names import Orbit
from ..recognition import Recognition
from ..variables import Conversion, Variable

MANIFEST_NAME = "manifest.json"
# Counted up when an older software could misread a store.
FORM = 1
# What stands in place of a part's name.
UNREAD, NOTHING = "", "none"


class DamagedManifest(UnreadableFile):
    """A manifest that says nothing: the store has to be built anew."""


@dataclass(frozen=True)
class StoredVariable:
    """A variable of the store. `netcdf_name` is its name in the daily files, `id` in the store; `flags`: decoded as whole numbers.

    `decoding` tells how the user's word changed the values: further numbers that mean no retrieval, and a conversion of units.
    """

    id: str
    netcdf_name: str
    flags: bool
    title: str
    units: str
    decoding: str = ""

    @classmethod
    def of(cls, variable: Variable) -> StoredVariable:
        """Return how a variable is stored."""
        decoding = variable.fills, variable.conversion
        told = "" if decoding == ((), Conversion()) else repr(decoding)
        return cls(variable.id, variable.netcdf_name, variable.id == "SF", variable.title, variable.units, told)


@dataclass(frozen=True)
class StoredGranule:
    """A granule that is in the store. `path` is relative to the archive.

    `size` and `modified` are its fingerprint. `part` names the part that holds its retrievals: NOTHING where it has none, UNREAD where the file could not be read.
    `lacking` and `has` are netCDF names where the file lacks some of the store's variables; `rows` counts its cells with a value.
    """

    path: str
    date: dt.date
    orbit: Orbit
    size: int
    modified: int
    part: str
    rows: int = 0
    lacking: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def is_of(self, granule: Granule) -> bool:
        """Return whether this is the granule as it is now: the same day, orbit and fingerprint."""
        ours = (self.date, self.orbit, self.size, self.modified)
        return ours == (granule.date, granule.orbit, granule.size, granule.modified)


@dataclass(frozen=True)
class TileFile:
    """One netCDF file of a part: its first row counted through the part, its rows, and the grid rows and columns it reaches over."""

    name: str
    first: int
    rows: int
    north: int
    south: int
    west: int
    east: int


@dataclass(frozen=True)
class Part:
    """A folder with the retrievals of some granules of one orbit: a *run* as it was read, or *tiles* in netCDF files."""

    name: str
    orbit: Orbit
    rows: int
    files: tuple[TileFile, ...] = ()

    @property
    def is_run(self) -> bool:
        """True for a run, which waits to be merged into tiles."""
        return not self.files


@dataclass(frozen=True)
class Manifest:
    """What a store holds. `granules` is keyed by their path relative to the archive."""

    grid: EaseGrid
    orientation: Orientation | None
    variables: tuple[StoredVariable, ...]
    product: str
    archive: str
    parts: tuple[Part, ...] = ()
    granules: Mapping[str, StoredGranule] = field(default_factory=dict)

    @classmethod
    def empty(cls, archive: Archive, recognition: Recognition) -> Manifest:
        """Return the manifest of a store for this archive that holds nothing yet."""
        variables = tuple(StoredVariable.of(one) for one in recognition.variables)
        return cls(recognition.grid, recognition.orientation, variables, recognition.product.title, str(archive.root))

    def suits(self, recognition: Recognition) -> bool:
        """Return whether cells lie where this recognition puts them."""
        return (self.grid, self.orientation) == (recognition.grid, recognition.orientation)

    def column(self, variable: Variable) -> int | None:
        """Return the place of a variable among the store's, None where it is not stored, or decoded as something else."""
        wanted = StoredVariable.of(variable)
        for number, one in enumerate(self.variables):
            if (one.netcdf_name, one.flags, one.decoding) == (wanted.netcdf_name, wanted.flags, wanted.decoding):
                return number
        return None

    def holds(self, variables: Iterable[Variable]) -> bool:
        """Return whether all of these variables are stored."""
        return all(self.column(one) is not None for one in variables)

    def part(self, name: str) -> Part | None:
        """Return a part by its name."""
        return next((part for part in self.parts if part.name == name), None)

    def with_granules(self, granules: Sequence[StoredGranule], part: Part | None) -> Manifest:
        """Return the manifest with these granules as they are now, and the part that holds their retrievals."""
        return replace(
            self,
            parts=(*self.parts, part) if part else self.parts,
            granules={**self.granules, **{one.path: one for one in granules}},
        )

    def merged(self, into: Part | None, parts: list[Part]) -> Manifest:
        """Return the manifest after the valid rows of some parts went into one (None: there were none)."""
        gone = {part.name for part in parts}
        kept = tuple(part for part in self.parts if part.name not in gone)
        name = into.name if into else NOTHING
        granules = {path: replace(one, part=name) if one.part in gone else one for path, one in self.granules.items()}
        return replace(self, parts=(*kept, into) if into else kept, granules=granules)

    def write(self, folder: Path) -> None:
        """Write the manifest, whole or not at all. Raises BadRequest."""
        with replacing(folder / MANIFEST_NAME, durable=True) as part:
            part.write_text(_to_json(self), encoding="utf-8")


def gone(manifest: Manifest, archive: Archive) -> set[str]:
    """Return the paths of a manifest's granules that are not in the archive any more.

    A file that could not be read is none of them while it is in the folder: the archive leaves it out once its damage is known.
    """
    paths = {relative_path(archive.root, granule.path) for granule in archive.granules}
    files = {relative_path(archive.root, path) for path in archive.fingerprints}
    return {
        path
        for path, one in manifest.granules.items()
        if path not in paths and not (one.part == UNREAD and path in files)
    }


def relative_path(root: Path, path: Path) -> str:
    """Return a granule's path relative to its archive, with slashes on every system."""
    return PurePath(path.relative_to(root)).as_posix()


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in a folder, None where there is none. Raises UnreadableFile where it is damaged or of newer software."""
    try:
        text = (folder / MANIFEST_NAME).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableFile(f"The store's manifest cannot be read: {error.strerror or error}.") from None
    try:
        content = json.loads(text)
        if content["form"] != FORM:
            raise UnreadableFile(
                f"The store {folder} has form {content['form']}, this software reads form {FORM}.",
                "Update the plugin, or build the store anew.",
            )
        return _from_json(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedManifest(f"The manifest of the store {folder} is damaged: {error}.", "Build it anew.") from None


def _to_json(manifest: Manifest) -> str:
    turned = manifest.orientation
    content = {
        "form": FORM,
        "what": "Time-series store of SMOS-IB Explorer; README.txt beside this file describes it",
        "product": manifest.product,
        "archive": manifest.archive,
        "grid": manifest.grid.name,
        "orientation": turned and [turned.south_first, turned.starts_at_greenwich],
        "variables": [asdict(one) for one in manifest.variables],
        "parts": [
            {
                "name": part.name,
                "orbit": part.orbit.value,
                "rows": part.rows,
                "files": [list(vars(one).values()) for one in part.files],
            }
            for part in manifest.parts
        ],
        "granules": [_granule_to_json(one) for one in manifest.granules.values()],
    }
    return json.dumps(content, separators=(",", ":"))  # in ASCII: a file's name may be no valid text


def _granule_to_json(one: StoredGranule) -> list[Any]:
    line = [one.path, one.date.isoformat(), one.orbit.value, one.size, one.modified, one.part, one.rows]
    odd = (one.lacking, one.has, one.notes)
    return [*line, *odd] if any(odd) else line


def _from_json(content: dict[str, Any]) -> Manifest:
    grid = next((grid for grid in GRIDS if grid.name == content["grid"]), None)
    if grid is None:
        raise ValueError(f"there is no grid {content['grid']}")
    turned = content["orientation"]
    granules = {}
    for path, day, orbit, size, modified, part, rows, *odd in content["granules"]:
        lacking, has, notes = (tuple(one) for one in odd or ((), (), ()))
        granules[path] = StoredGranule(
            path, dt.date.fromisoformat(day), Orbit(orbit), size, modified, part, rows, lacking, has, notes
        )
    parts = tuple(
        Part(one["name"], Orbit(one["orbit"]), one["rows"], tuple(TileFile(*file) for file in one["files"]))
        for one in content["parts"]
    )
    return Manifest(
        grid,
        Orientation(*turned) if turned else None,
        tuple(StoredVariable(**one) for one in content["variables"]),
        content["product"],
        content["archive"],
        parts,
        granules,
    )
