# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What every test needs. Imports nothing of QGIS: tests/core runs where QGIS is not installed.

`./dev test` is the way to run the tests. Without it and without a screen, pytest wants `-p no:pytest_qgis` for tests/core and
`--qgis_disable_gui` for tests/in_qgis, because pytest-qgis starts QGIS before this file is read.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "smos_ib_explorer"


def register_package() -> None:
    """Make the repository root importable under the plugin's name, whatever the clone's folder is called."""
    if PACKAGE in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(
        PACKAGE, ROOT / "__init__.py", submodule_search_locations=[os.fspath(ROOT)]
    )
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{ROOT} holds no importable package")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def prepare_environment() -> None:
    """Let Qt start without a screen, and without a login session."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if "XDG_RUNTIME_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="smosib-runtime-")  # made with mode 0700, which Qt insists on
        os.environ["XDG_RUNTIME_DIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


register_package()
prepare_environment()

# No deadline: the first example of a test may pay for an import.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
