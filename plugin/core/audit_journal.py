# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an audit has found in each file, kept in a file of the cache: an audit that was stopped goes on, and a second one reads only what is new.

Lines are only ever added, one for each file that was read, each with its own checksum. So a line that was cut off, or written by two programs at once,
is one file to read again and no more. A finished audit leaves out what is out of date.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .audit_file import Contents, FileAudit
from .corrections import Corrections
from .errors import BadRequest
from .files import replacing
from .findings import Kind
from .names import Orbit

# Counted up when what is looked for in a file, or how it is written here, changes its meaning.
FORM = 1


def journal_path(folder: Path, root: Path, corrections: Corrections) -> Path:
    """Return the journal of an archive in a cache folder. What the user corrects changes what is found: it has another journal."""
    digest = hashlib.blake2b(repr((FORM, str(root), corrections)).encode(), digest_size=8).hexdigest()
    return folder / f"smosib_audit_{digest}.jsonl"


class Journal:
    """The journal of one audit. `path` None keeps nothing. One thread."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self.trouble = ""
        """Why nothing more can be kept, as a sentence; empty where it can. An audit goes on without."""

    def known(self) -> dict[str, FileAudit]:
        """Return what was found before, by the file's relative path; of two lines for one file the later counts.

        Days and orbits are not kept, for they follow from names: `FileAudit.listed` tells them.
        """
        if self._path is None:
            return {}
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return {}
        return {file.file: file for file in map(_parsed, lines) if file is not None}

    @contextlib.contextmanager
    def writing(self) -> Iterator[Journal]:
        """Let files be added until the block ends."""
        try:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._stream = self._path.open("ab", buffering=0)
                self._stream.write(b"\n")  # what was cut off must not spoil the next line
        except OSError as error:
            self._give_up(error)
        try:
            yield self
        finally:
            if self._stream is not None:
                self._stream.close()
                self._stream = None

    def add(self, file: FileAudit) -> None:
        """Keep what was found in a file, unless it changed meanwhile."""
        if self._stream is None or any(kind is Kind.CHANGED for kind, _ in file.faults):
            return
        try:
            self._stream.write(_line(file))
        except OSError as error:
            self._stream.close()
            self._give_up(error)

    def tidy(self, files: Iterable[FileAudit]) -> None:
        """Write the journal anew with these files only. Where that cannot be, the old one serves as well."""
        if self._path is None or self.trouble:
            return
        lines = [_line(file) for file in files if not any(kind is Kind.CHANGED for kind, _ in file.faults)]
        with contextlib.suppress(BadRequest), replacing(self._path) as part:
            part.write_bytes(b"".join(lines))

    def _give_up(self, error: OSError) -> None:
        self._stream = None
        self.trouble = f"What is found cannot be kept for the next audit: {error.strerror or error}."


def _line(file: FileAudit) -> bytes:
    contents = file.contents
    parts = {
        "file": file.file,
        "size": file.size,
        "modified": file.modified,
        "faults": [(kind.key, sentence) for kind, sentence in file.faults],
        "contents": contents
        and (contents.grid, contents.window, contents.variables, dict(contents.roles), _text(contents.date_inside)),
    }
    text = json.dumps(parts, separators=(",", ":")).encode("ascii")  # names that are no UTF-8 become escapes
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _parsed(line: bytes) -> FileAudit | None:
    """Return the file of a line, None where the line is not whole."""
    checksum, _, text = line.partition(b" ")
    if not text or checksum != b"%08x" % zlib.crc32(text):
        return None
    try:
        parts = json.loads(text)
        return FileAudit(
            str(parts["file"]),
            None,
            Orbit.UNKNOWN,
            int(parts["size"]),
            int(parts["modified"]),
            _contents(parts["contents"]),
            tuple((Kind.of(key), str(sentence)) for key, sentence in parts["faults"]),
        )
    except (ValueError, KeyError, TypeError):  # whole, but of another form
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
