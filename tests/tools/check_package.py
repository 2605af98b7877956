# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check the plugin's ZIP against what the QGIS plugin repository rejects, offline.

python check_package.py dist/smos_ib_explorer-0.1.0.zip

The repository's rules: https://plugins.qgis.org/docs/publish. Findings of bandit and detect-secrets block a plugin there, so
they do here. Exit status 1 with at least one finding.
"""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

PACKAGE = "smos_ib_explorer"
MAX_BYTES = 25_000_000
TOP_NAMES = {"__init__.py", "metadata.txt", "LICENSE", "README.md", "CHANGELOG.md", "plugin", "ui", "resources"}
REQUIRED_FILES = ("__init__.py", "metadata.txt", "LICENSE", "README.md", "plugin/main.py")
REQUIRED_KEYS = (
    *("name", "description", "about", "version", "qgisMinimumVersion", "qgisMaximumVersion"),
    *("author", "email", "homepage", "tracker", "repository", "icon", "category", "hasProcessingProvider"),
)
NOT_SOURCE = (".pyc", ".exe", ".dll", ".so", ".dylib", ".bat", ".sh", ".ps1", ".cmd", ".zip", ".nc")
# Switched off in the repository as well: the import of subprocess and the like, without a call.
BANDIT_SKIPS = "B404,B410,B411"


def layout(archive: zipfile.ZipFile, size: int) -> list[str]:
    """Return what is wrong with the size and the names of the archive."""
    names = archive.namelist()
    found = [f"larger than {MAX_BYTES} bytes"] if size > MAX_BYTES else []
    if archive.testzip() is not None:
        found.append("damaged archive")
    for name in names:
        package, *inside = PurePosixPath(name).parts
        if package != PACKAGE or (inside and inside[0] not in TOP_NAMES):
            found.append(f"{name}: does not belong into the package; see .gitattributes")
        elif any(part.startswith(".") or part in {"__pycache__", "__MACOSX"} for part in inside):
            found.append(f"{name}: hidden file")
        elif name.lower().endswith(NOT_SOURCE):
            found.append(f"{name}: neither source nor resource")
    return found + [f"{need}: missing" for need in REQUIRED_FILES if f"{PACKAGE}/{need}" not in names]


def metadata(archive: zipfile.ZipFile) -> list[str]:
    """Return what is wrong with metadata.txt, read as the repository does, with interpolation."""
    parser = configparser.ConfigParser()
    parser.read_string(archive.read(f"{PACKAGE}/metadata.txt").decode("utf-8"))
    general = dict(parser.items("general"))
    found = [f"metadata.txt: {key} is missing" for key in REQUIRED_KEYS if not general.get(key.lower())]
    for key in ("homepage", "tracker", "repository"):
        if not general.get(key, "").startswith("https://"):
            found.append(f"metadata.txt: {key} is no https address")
    # The repository compares versions as text.
    if not re.fullmatch(r"\d+\.\d+\.\d+", general.get("version", "")):
        found.append("metadata.txt: version is not MAJOR.MINOR.PATCH")
    if f"{PACKAGE}/{general.get('icon')}" not in archive.namelist():
        found.append("metadata.txt: the icon is not in the package")
    return found


def report_of(folder: str, *command: str) -> dict[str, dict[str, list[dict[str, str]]]]:
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{command[0]} did not run: {done.stderr.strip()}")
    return json.loads(done.stdout)


def scan(archive: zipfile.ZipFile) -> list[str]:
    """Return the findings of bandit and detect-secrets."""
    with tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        bandit = report_of(folder, "bandit", "-r", ".", "-f", "json", "--quiet", "-s", BANDIT_SKIPS)
        secrets = report_of(
            *(folder, "detect_secrets", "scan", "--all-files", "--exclude-files", r"metadata\.txt"),
            *("--disable-plugin", "IPPublicDetector", "."),
        )
    found = [
        f"{hit['filename']}:{hit['line_number']}: {hit['test_id']} {hit['issue_text']}" for hit in bandit["results"]
    ]
    found += [f"{hit['filename']}: bandit: {hit['reason']}" for hit in bandit["errors"]]
    found += [
        f"{name}:{hit['line_number']}: {hit['type']}" for name, hits in secrets["results"].items() for hit in hits
    ]
    return found


def main() -> int:
    """Print the findings and return the exit status."""
    path = Path(sys.argv[1])
    with zipfile.ZipFile(path) as archive:
        found = layout(archive, path.stat().st_size)
        if f"{PACKAGE}/metadata.txt" in archive.namelist():
            found += metadata(archive)
        found += scan(archive)
        for line in found:
            print(line)
        print(f"{path.name}: {len(archive.namelist())} entries, {path.stat().st_size} bytes, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
