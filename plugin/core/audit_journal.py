# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an audit has found in each file, kept in a file of the cache: an audit that was stopped goes on, and a second one reads only what is new.

Lines are only ever added, one for each file that was read, each with its own checksum. So a line that was cut off, or written by two programs at once,
is one file to read again and no more. A finished audit leaves out what is out of date.

A netCDF library may crash on a damaged file, and the whole program with it. So it is noted too which files are being read: those during which
the program ended are read first and alone by the next audit, and never again if it ends once more. Only one audit at a time notes this, the one
that holds the journal's lock: what another one is reading at this moment, in this program or in another, has taken nobody down.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .archive import Granule
from .audit_file import Contents, FileAudit
from .corrections import Corrections
from .errors import BadRequest
from .files import replacing
from .findings import Kind
from .names import Orbit
from .store.lock import try_to_hold

# Counted up when what is looked for in a file, or how it is written here, changes its meaning.
FORM = 2


def journal_path(folder: Path, root: Path, corrections: Corrections) -> Path:
    """Return the journal of an archive in a cache folder. What the user corrects changes what is found: it has another journal."""
    digest = hashlib.blake2b(repr((FORM, str(root), corrections)).encode(), digest_size=8).hexdigest()
    return folder / f"smosib_audit_{digest}.jsonl"


class Journal:
    """The journal of one audit. `path` None keeps nothing. One thread, but for `begin`."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._unfinished: dict[tuple[str, int, int], int] = {}
        self._is_held = False
        self.trouble = ""
        """Why nothing more can be kept, as a sentence; empty where it can. An audit goes on without."""

    @contextlib.contextmanager
    def held(self) -> Iterator[Journal]:
        """Hold the lock until the block ends, if no other audit has it: who has it not still adds what it finds, but neither notes nor counts crashes."""
        handle, lock = None, self._path and self._path.with_suffix(".lock")
        with contextlib.suppress(OSError, BadRequest):
            if lock is not None:
                lock.parent.mkdir(parents=True, exist_ok=True)
                handle = try_to_hold(lock)
        self._is_held = handle is not None
        try:
            yield self
        finally:
            self._is_held = False
            if lock is not None and handle is not None:
                with contextlib.suppress(OSError):  # on Windows an open file stays
                    lock.unlink()
                os.close(handle)

    def known(self) -> dict[str, FileAudit]:
        """Return what was found before, by the file's relative path; of two lines for one file the later counts.

        Days and orbits are not kept, for they follow from names: `FileAudit.listed` tells them. While `held`: else what was begun last
        is perhaps being read by who holds it, and does not count.
        """
        try:
            lines = self._path.read_bytes().split(b"\n") if self._path else []
        except OSError:
            lines = []
        files: dict[str, FileAudit] = {}
        begun: set[tuple[str, int, int]] = set()
        for parts in filter(
            None, map(_parsed, [*lines, *([_line({"mark": "start"}).strip()] if self._is_held else [])])
        ):
            if "begun" in parts:
                begun.add((parts["begun"], parts["size"], parts["modified"]))
            elif "file" in parts:
                file = _file(parts)
                if file is not None:
                    files[file.file] = file
                    begun.discard((file.file, file.size, file.modified))
            else:
                if parts.get("mark") == "start":  # the program ended while it was reading these
                    self._unfinished.update((one, self._unfinished.get(one, 0) + 1) for one in begun)
                begun.clear()
        return files

    def unfinished(self, name: str, granule: Granule) -> int:
        """Return how many times the program has ended, not only the audit, while it was reading this file as it is now. After `known`."""
        return self._unfinished.get((name, granule.size, granule.modified), 0)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Journal]:
        """Let files be added until the block ends."""
        try:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._stream = self._path.open("ab", buffering=0)
                # The empty line: what was cut off must not spoil the next one.
                self._stream.write(b"\n")
                self._mark("start")
        except OSError as error:
            self._give_up(error)
        try:
            yield self
        finally:
            self._mark("end")
            if self._stream is not None:
                self._stream.close()
                self._stream = None

    def begin(self, name: str, granule: Granule) -> None:
        """Keep that a file will now be read (in any thread): a library may take the whole program down with a damaged one."""
        if self._is_held:
            self._write({"begun": name, "size": granule.size, "modified": granule.modified})

    def add(self, file: FileAudit) -> None:
        """Keep what was found in a file, unless it changed meanwhile or may have been the moment's fault."""
        if file.is_lasting:
            self._write(_parts(file))

    def _mark(self, what: str) -> None:
        if self._is_held:
            self._write({"mark": what})

    def _write(self, parts: Mapping[str, Any]) -> None:
        stream = self._stream
        try:
            if stream is not None:
                stream.write(_line(parts))
        except OSError as error:
            self._give_up(error)

    def tidy(self, files: Iterable[FileAudit]) -> None:
        """Write the journal anew with these files only, while `held`. Where that cannot be, the old one serves as well."""
        if self._path is None or self.trouble or not self._is_held:
            return
        lines = [_line(_parts(file)) for file in files if file.is_lasting]
        with contextlib.suppress(BadRequest), replacing(self._path) as part:
            part.write_bytes(b"".join(lines))

    def _give_up(self, error: OSError) -> None:
        self._stream = None
        self.trouble = f"What is found cannot be kept for the next audit: {error.strerror or error}."


def _line(parts: Mapping[str, Any]) -> bytes:
    text = json.dumps(parts, separators=(",", ":")).encode("ascii")  # names that are no UTF-8 become escapes
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return what a line says, None where it is not whole."""
    checksum, _, text = line.partition(b" ")
    if not text or checksum != b"%08x" % zlib.crc32(text):
        return None
    parts = json.loads(text)
    return parts if isinstance(parts, dict) else None


def _parts(file: FileAudit) -> dict[str, Any]:
    contents = file.contents
    return {
        "file": file.file,
        "size": file.size,
        "modified": file.modified,
        "faults": [(kind.key, sentence) for kind, sentence in file.faults],
        "contents": contents
        and (contents.grid, contents.window, contents.variables, dict(contents.roles), _text(contents.date_inside)),
    }


def _file(parts: Mapping[str, Any]) -> FileAudit | None:
    """Return the file that a line is about, None where it is of another form."""
    try:
        return FileAudit(
            str(parts["file"]),
            None,
            Orbit.UNKNOWN,
            int(parts["size"]),
            int(parts["modified"]),
            _contents(parts["contents"]),
            tuple((Kind.of(key), str(sentence)) for key, sentence in parts["faults"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _contents(parts: Any) -> Contents | None:
    if parts is None:
        return None
    grid, window, variables, roles, inside = parts
    return Contents(grid, tuple(window) if window else None, tuple(variables), dict(roles), _day(inside))


def _text(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
