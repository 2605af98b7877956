# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""./dev fuzz: damaged daily files, read in another process as the program reads them. A file may be refused; all else that goes wrong is a find.

Finds are crashes, hangs, too much memory, exceptions that are no sentence for the user, and maps in a wrong place. Each is kept in
build/fuzz as the seed's name and the changes to it, and can be made again with --again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from core.granules import name_of
from core.mutations import Mutation, Seed
from core.seed_files import DAY, SEEDS
from fuzz_child import READ, REFUSED

FOLDER = Path("build/fuzz")
SLOW_S, HANGS_S, MUCH_MB = 5.0, 15.0, 1000
ENGINES = ("netCDF4", "GDAL")


class Child:
    """A process that reads folders; a new one takes the place of one that died."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self._process: subprocess.Popen[str] | None = None

    def read(self, folder: Path) -> dict[str, Any]:
        """Return the child's answer, or an outcome `crash` or `hang`."""
        if self._process is None:
            command = [sys.executable, str(Path(__file__).with_name("fuzz_child.py")), self.engine]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
        process = self._process
        print(folder, file=process.stdin)
        if not select.select([process.stdout], [], [], HANGS_S)[0]:
            self.close()
            return {"outcome": "hang", "said": f"more than {HANGS_S:.0f} s"}
        answer = process.stdout.readline() if process.stdout else ""
        if not answer:
            self._process = None
            return {"outcome": "crash", "said": f"exit status {process.wait()}"}
        return json.loads(answer)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Fuzz:
    """Seeds, what is true of them, and a child to read them with."""

    def __init__(self, engine: str, names: list[str]) -> None:
        self.child = Child(engine)
        self.work = FOLDER / f"work-{engine}-{os.getpid()}"
        self.seeds: dict[str, Seed] = {}
        self.truths: dict[str, dict[str, Any]] = {}
        for name in names:
            path = self._path()
            path.unlink(missing_ok=True)
            SEEDS[name](path)
            answer = self.child.read(self.work)
            if answer["outcome"] == READ:
                self.seeds[name], self.truths[name] = Seed(path.read_bytes()), answer["places"]
            else:  # GDAL 3.6 does not know the 64-bit data variant
                print(f"{engine} does not read the sound file «{name}»: {answer['said']}", flush=True)

    def _path(self) -> Path:
        self.work.mkdir(parents=True, exist_ok=True)
        return self.work / name_of(DAY)

    def tried(self, name: str, mutation: Mutation) -> tuple[str, str]:
        """Return a find's kind and what there is to say; `read` and `refused` are none."""
        self._path().write_bytes(self.seeds[name].with_changes(mutation))
        os.utime(self._path(), (1, 1))  # old, so that it is not looked at anew each time
        answer = self.child.read(self.work)
        outcome, said = answer["outcome"], answer.get("said", "")
        if outcome in (READ, REFUSED):
            if answer["seconds"] > SLOW_S:
                return "slow", f"{answer['seconds']:.1f} s, {outcome}"
            if answer["mb"] > MUCH_MB:
                return "memory", f"{answer['mb']} MB, {outcome}"
        if outcome == READ:
            truth, found = self.truths[name], answer["places"]
            wrong = _wrong_place(truth, found)
            if not wrong and self.seeds[name].blocks and not mutation.repaired:
                wrong = _wrong_values(truth["values"], found["values"], sum(len(new) for _, new in mutation.changes))
            return ("wrong map", wrong) if wrong else (READ, "")
        return outcome, said


def _wrong_place(truth: dict[str, Any], found: dict[str, Any]) -> str:
    """Return what is wrong with where arrays were placed. A file whose lines were cut off may have fewer, in their places."""
    if (found["grid"], found["transposed"]) != (truth["grid"], truth["transposed"]):
        return f"on {found['grid']}{', transposed' * found['transposed']}"
    for axis in ("rows", "cols"):
        if found[axis] != truth[axis][: len(found[axis])]:
            return f"{axis} {found[axis]} in place of {truth[axis]}"
    return ""


def _wrong_values(truth: dict[str, Any], found: dict[str, Any], changed: int) -> str:
    """Return what is wrong with values of a file whose headers are checked: a changed byte of the numbers themselves may change one of them."""
    for name in truth.keys() & found.keys():
        differing = {cell for cell, _ in truth[name].items() ^ found[name].items()}
        if len(differing) > changed:
            return f"{len(differing)} values of {name} after {changed} bytes"
    return ""


def kept(name: str, mutation: Mutation, kind: str, said: str, number: int) -> Path:
    """Write a find down, so that it can be made again."""
    changes = [[offset, new.hex()] for offset, new in mutation.changes]
    find = {"seed": name, "changes": changes, "repaired": mutation.repaired, "length": mutation.length}
    path = FOLDER / "finds" / f"{kind} {name} {number}.json".replace(" ", "-")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**find, "kind": kind, "said": said}, indent=1) + "\n", "utf-8")
    return path


def again(path: Path, engine: str) -> tuple[str, str]:
    """Try a find once more, in a fresh process."""
    find = json.loads(path.read_text("utf-8"))
    changes = tuple((offset, bytes.fromhex(new)) for offset, new in find["changes"])
    fuzz = Fuzz(engine, [find["seed"]])
    try:
        return fuzz.tried(find["seed"], Mutation(changes, find["repaired"], find["length"]))
    finally:
        fuzz.child.close()


def run(engine: str, names: list[str], minutes: float, seed: int) -> int:
    """Read damaged files for some minutes; return the number of finds."""
    fuzz, chance = Fuzz(engine, names), random.Random(seed)
    names = list(fuzz.seeds)
    counts: Counter[str] = Counter()
    start = time.monotonic()
    while time.monotonic() - start < 60 * minutes:
        name = chance.choice(names)
        mutation = fuzz.seeds[name].damaged(chance)
        kind, said = fuzz.tried(name, mutation)
        counts[kind] += 1
        if kind not in (READ, REFUSED):
            print(f"{kind}: {said}: {kept(name, mutation, kind, said, sum(counts.values()))}", flush=True)
    fuzz.child.close()
    finds = sum(count for kind, count in counts.items() if kind not in (READ, REFUSED))
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())
    print(f"{engine}, seed {seed}, {minutes:g} min: {sum(counts.values()):,} files: {told}; {finds} finds", flush=True)
    return finds


def main() -> int:
    """Return 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for each engine (5)")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="one engine only")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 20), help="of chance")
    parser.add_argument("--file", choices=tuple(SEEDS), action="append", help="one kind of file only")
    parser.add_argument("--again", type=Path, help="try a find once more")
    options = parser.parse_args()
    engines = options.engine or list(ENGINES)
    if options.again:
        results = [again(options.again, engine) for engine in engines]
        print(*(f"{engine}: {kind} {said}" for engine, (kind, said) in zip(engines, results)), sep="\n")
        return int(any(kind not in (READ, REFUSED) for kind, _ in results))
    finds = [run(engine, options.file or list(SEEDS), options.minutes, options.seed) for engine in engines]
    return int(any(finds))


if __name__ == "__main__":
    sys.exit(main())
