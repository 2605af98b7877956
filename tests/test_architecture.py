# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The house and its rules, executed: who may import whom, and what no file may contain.

                __init__.py          classFactory(iface), nothing else
                     │
               plugin/main.py        the composition root, with plugin/wiring/; nobody imports it
         ┌───────────┼──────────────────────┐
        ui/          │            plugin/processing/
         │           │                      │
         └──► plugin/adapters/ ◄────────────┘
                     │
               plugin/core/          no QGIS, no Qt, no GDAL

Arrows point down only. The rules read the source, so they need no QGIS. The second half of the file plants one violation
of each rule in a folder of its own: a rule that cannot fire protects nothing.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "smos_ib_explorer"

# The picture: each layer with the layers that it may import.
MAY_IMPORT = {
    "root": {"main"},
    "main": {"core", "adapters", "processing", "ui", "wiring"},
    "wiring": {"core", "adapters", "ui", "wiring"},
    "ui": {"core", "adapters", "ui"},
    "processing": {"core", "adapters", "processing"},
    "adapters": {"core", "adapters"},
    "core": {"core"},
}
# Beside the standard library.
MAY_USE = {
    "root": {"qgis"},
    "main": {"qgis"},
    "wiring": {"qgis"},
    "ui": {"qgis", "numpy", "matplotlib"},
    "processing": {"qgis", "numpy"},
    "adapters": {"qgis", "numpy", "osgeo"},
    "core": {"numpy", "netCDF4"},
}
# Packages that may be missing or are costly, each kept in one file of one layer.
ONE_FILE = {"netCDF4": "core", "matplotlib": "ui"}
# Missing from some QGIS installs: whoever needs the file that imports it must do so inside a function.
LAZY = ("netCDF4", "matplotlib")

BANNED_MODULES = {
    "importlib": "the import rules cannot see through it",
    "multiprocessing": "sys.executable is QGIS itself on Windows and macOS",
    "PyQt5": "use qgis.PyQt",
    "PyQt6": "use qgis.PyQt",
    "PySide2": "use qgis.PyQt",
    "PySide6": "use qgis.PyQt",
    "sip": "use qgis.PyQt",
}
BANNED_QT = {"QtWebKit", "QtWebKitWidgets", "QtWebEngineWidgets", "QtWebEngineCore", "QtChart", "QtCharts"}
BANNED_NAMES = {
    ("qgis.utils", "iface"): "iface is passed in",
    ("qgis.PyQt.QtGui", "QAction"): "import it from QtWidgets",
}
# The plugin opens no connection; whoever needs one asks the user first, and changes this.
NETWORK_MODULES = {
    "socket",
    "socketserver",
    "ssl",
    "http",
    "urllib",
    "ftplib",
    "smtplib",
    "poplib",
    "imaplib",
    "xmlrpc",
}
NETWORK_MODULES |= {"asyncio", "webbrowser", "requests", "urllib3", "httpx", "aiohttp"}
NETWORK_NAMES = re.compile(
    r"QtNetwork|Qgs(?:Blocking)?Network\w*|QgsFileDownloader\w*|QgsRemote\w*|QDesktopServices|openUrl"
)
# Paths that GDAL fetches, and data providers of QGIS that ask a server.
REMOTE = re.compile(
    r"/vsi(?:curl|s3|gs|az|adls|oss|swift|webhdfs|hdfs)\b|^(?:https?|ftp|s3)://|\burl=(?:https?|ftp):", re.IGNORECASE
)
REMOTE_PROVIDERS = {
    "wms",
    "wcs",
    "wfs",
    "oapif",
    "arcgismapserver",
    "arcgisfeatureserver",
    "vectortile",
    "xyzvectortiles",
}
CITED = {("plugin", "core", "products")}  # says under which address the licence and the paper are found

BANNED_CALLS = {"print": "log instead", "__import__": "the import rules cannot see through it"}
BANNED_ATTRIBUTES = {"exec_": "gone in Qt 6, use exec()", "processEvents": "let the event loop run, use a task"}

VISIBLE_AT_ROOT = {"metadata.txt", "__init__.py", "plugin", "ui", "resources", "tests", "README.md"}
VISIBLE_AT_ROOT |= {"LICENSE", "CHANGELOG.md", "dev"}  # demanded there by convention
GENERATED_AT_ROOT = {"build", "dist", "__pycache__"}
SPDX = ("# SPDX-FileCopyrightText: ", "# SPDX-License-Identifier: GPL-2.0-or-later")


@dataclass(frozen=True)
class Import:
    """One imported module; `target` is its path below the root, or None outside the plugin."""

    line: int
    name: str
    target: tuple[str, ...] | None
    lazy: bool


def python_files(root: Path, *folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (root / folder).rglob("*.py") if "__pycache__" not in path.parts
    )


def plugin_files(root: Path) -> list[Path]:
    first = root / "__init__.py"
    return ([first] if first.exists() else []) + python_files(root, "plugin", "ui")


def parts_of(root: Path, path: Path) -> tuple[str, ...]:
    return path.relative_to(root).with_suffix("").parts


def layer_of(parts: tuple[str, ...]) -> str:
    """Name the layer of a module path, "package" for the folder plugin/ itself, "" for what has no place in the picture."""
    if parts in {(), ("__init__",)}:
        return "root"
    if parts[0] == "ui":
        return "ui"
    if parts in {("plugin",), ("plugin", "__init__")}:
        return "package"
    return parts[1] if parts[0] == "plugin" and parts[1] in {"main", "wiring", "core", "adapters", "processing"} else ""


def syntax(path: Path) -> ast.Module:
    return parsed(path.read_text("utf-8"))


@functools.cache
def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a text, which every rule asks for and none changes."""
    return ast.parse(text)


@functools.cache
def statements(tree: ast.Module) -> list[tuple[ast.AST, bool]]:
    """Return every node with whether it runs later than at import, or never (under TYPE_CHECKING)."""
    return list(walked(tree))


def walked(node: ast.AST, lazy: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        inside = lazy or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and child in node.body:
            inside = True
        yield child, inside
        yield from walked(child, inside)


def imports(root: Path, path: Path) -> list[Import]:
    folder = parts_of(root, path)[:-1]
    found: list[Import] = []
    for node, lazy in statements(syntax(path)):
        if isinstance(node, ast.Import):
            found += [Import(node.lineno, alias.name, None, lazy) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found += [Import(node.lineno, f"{node.module}.{alias.name}", None, lazy) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            climb = node.level - 1
            written = "." * node.level + (node.module or "")
            if climb > len(folder):
                found.append(Import(node.lineno, written, ("..",), lazy))
                continue
            base = folder[: len(folder) - climb] + tuple((node.module or "").split(".") if node.module else ())
            for alias in node.names:
                # `from ..plugin import core` names the layer only with the imported name.
                full = (*base, alias.name)
                is_module = (root.joinpath(*full)).is_dir() or (root.joinpath(*full)).with_suffix(".py").exists()
                found.append(Import(node.lineno, written, full if is_module or len(base) < 2 else base, lazy))
    return found


def where(root: Path, path: Path, line: int = 0) -> str:
    return f"{path.relative_to(root).as_posix()}" + (f":{line}" if line else "")


# --- The rules. Each takes a root and returns one sentence for each violation. ---


def arrows_point_down(root: Path) -> list[str]:
    found = []
    for path in plugin_files(root):
        layer = layer_of(parts_of(root, path))
        if layer in {"", "package"}:
            continue
        for item in imports(root, path):
            if item.target is None:
                continue
            if item.target == ("..",):
                found.append(f"{where(root, path, item.line)}: {item.name} climbs out of the plugin")
                continue
            target = layer_of(item.target)
            if target not in MAY_IMPORT[layer]:
                found.append(f"{where(root, path, item.line)}: {layer} imports {target or '/'.join(item.target)}")
    return found


def every_module_has_a_place(root: Path) -> list[str]:
    return [
        f"{where(root, path)}: no layer of the picture; code lives in plugin/{{core,adapters,processing,wiring}}, ui/ and plugin/main.py"
        for path in plugin_files(root)
        if not layer_of(parts_of(root, path))
    ]


def relative_imports_only(root: Path) -> list[str]:
    return [
        f"{where(root, path, item.line)}: {item.name} must be imported relatively"
        for path in plugin_files(root)
        for item in imports(root, path)
        if item.target is None and item.name.split(".")[0] in {PACKAGE, "plugin", "ui", "tests"}
    ]


def only_known_packages(root: Path) -> list[str]:
    found = []
    for path in plugin_files(root):
        layer = layer_of(parts_of(root, path))
        allowed = MAY_USE.get(layer, set()) | set(sys.stdlib_module_names) | {PACKAGE, "plugin", "ui", "tests"}
        for item in imports(root, path):
            package = item.name.split(".")[0]
            if item.target is None and package not in allowed and package not in BANNED_MODULES:
                found.append(f"{where(root, path, item.line)}: {package} has no place in {layer or 'the plugin'}")
    return found


def importers(root: Path, package: str) -> dict[Path, bool]:
    """Return the files that import a package, with whether they do so at import time."""
    found: dict[Path, bool] = {}
    for path in plugin_files(root):
        for item in imports(root, path):
            if item.target is None and item.name.split(".")[0] == package:
                found[path] = found.get(path, False) or not item.lazy
    return found


def one_file_each(root: Path) -> list[str]:
    found = []
    for package, layer in ONE_FILE.items():
        files = list(importers(root, package))
        if len(files) > 1:
            found.append(
                f"{package} belongs in one file, but {', '.join(where(root, path) for path in files)} import it"
            )
        found += [
            f"{where(root, path)}: {package} belongs in {layer}"
            for path in files
            if layer_of(parts_of(root, path)) != layer
        ]
    return found


def optional_packages_stay_optional(root: Path) -> list[str]:
    found = []
    for package in LAZY:
        for home in (path for path, eager in importers(root, package).items() if eager and not guarded(path, package)):
            for path in plugin_files(root):
                for item in imports(root, path):
                    if item.target == parts_of(root, home) and not item.lazy and path != home:
                        found.append(
                            f"{where(root, path, item.line)}: import {where(root, home)} inside a function; "
                            f"it needs {package}, which some installs lack"
                        )
    return found


def guarded(path: Path, package: str) -> bool:
    """Return whether every import of the package at module level stands in a try block that catches ImportError."""
    tree = syntax(path)
    safe = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try)
        and any(handler.type is not None and "ImportError" in ast.dump(handler.type) for handler in node.handlers)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    names = {
        id(node): [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for node, lazy in statements(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not lazy
    }
    return all(key in safe for key, modules in names.items() if any(name.split(".")[0] == package for name in modules))


def nothing_banned_is_imported(root: Path) -> list[str]:
    found = []
    for path in plugin_files(root):
        for item in imports(root, path):
            if item.target is not None:
                continue
            package, module, name = item.name.split(".")[0], *("." + item.name).rpartition(".")[::2]
            reason = BANNED_MODULES.get(package) or BANNED_NAMES.get((module[1:], name))
            if item.name.startswith("qgis.PyQt.") and item.name.split(".")[2] in BANNED_QT:
                reason = "not in every QGIS"
            if name == "*":
                reason = "import names, not a star"
            if reason:
                found.append(f"{where(root, path, item.line)}: {item.name}: {reason}")
    return found


def called_name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def swallows_everything(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or any(
        isinstance(node, ast.Name) and node.id in {"Exception", "BaseException"} for node in ast.walk(handler.type)
    )
    silent = all(
        isinstance(line, (ast.Pass, ast.Continue))
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in handler.body
    )
    return broad and silent


def translates_f_string(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or called_name(node) not in {"tr", "translate"}:
        return False
    return any(isinstance(argument, ast.JoinedStr) for argument in node.args)


def nothing_banned_is_written(root: Path) -> list[str]:
    found = []
    for path in plugin_files(root):
        for node, _ in statements(syntax(path)):
            problem = ""
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
                problem = f"{node.func.id}(): {BANNED_CALLS[node.func.id]}"
            elif isinstance(node, ast.Attribute) and node.attr in BANNED_ATTRIBUTES:
                problem = f"{node.attr}: {BANNED_ATTRIBUTES[node.attr]}"
            elif isinstance(node, ast.ExceptHandler) and swallows_everything(node):
                problem = "swallows every exception: name the one you expect, or log it"
            elif translates_f_string(node):
                problem = "an f-string cannot be translated: use a placeholder and format the result"
            if problem:
                found.append(f"{where(root, path, node.lineno)}: {problem}")
    return found


def no_connection(root: Path) -> list[str]:
    found = []
    for path in plugin_files(root):
        for item in imports(root, path):
            if item.target is None and item.name.split(".")[0] in NETWORK_MODULES:
                found.append(f"{where(root, path, item.line)}: {item.name} opens connections")
        for node, _ in statements(syntax(path)):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            names += [getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "module", None) or ""]
            if any(isinstance(name, str) and NETWORK_NAMES.search(name) for name in names):
                found.append(f"{where(root, path, node.lineno)}: this opens connections")
            elif text.lower() in REMOTE_PROVIDERS or (REMOTE.search(text) and parts_of(root, path) not in CITED):
                found.append(f"{where(root, path, node.lineno)}: {text!r} leads to another computer")
    for form in sorted((root / "ui").rglob("*.ui")) if (root / "ui").is_dir() else ():
        if re.search(r'name="openExternalLinks">\s*<bool>true', form.read_text("utf-8")):
            found.append(f"{where(root, form)}: a link would open a browser")
    return found


def python_39(root: Path) -> list[str]:
    """QGIS 3.22 on Windows brings Python 3.9; keywords of 3.10 fail there only when they are reached."""
    newer = {"dataclass": {"slots", "kw_only"}, "field": {"kw_only"}, "zip": {"strict"}}
    found = []
    for path in plugin_files(root):
        try:
            tree = ast.parse(path.read_text("utf-8"), str(path), feature_version=(3, 9))
        except SyntaxError as error:
            found.append(f"{where(root, path, error.lineno or 0)}: no Python 3.9: {error.msg}")
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found += [
                    f"{where(root, path, node.lineno)}: {called_name(node)}({word.arg}=…) is newer than Python 3.9"
                    for word in node.keywords
                    if word.arg in newer.get(called_name(node), set())
                ]
    return found


def sub_packages_are_empty(root: Path) -> list[str]:
    found = []
    for folder in sorted({path.parent for path in python_files(root, "plugin", "ui")}):
        marker = folder / "__init__.py"
        if not marker.exists():
            found.append(f"{where(root, folder)}: no __init__.py")
        elif syntax(marker).body:
            found.append(f"{where(root, marker)}: must be empty")
    return found


def licence_headers(root: Path) -> list[str]:
    files = plugin_files(root) + python_files(root, "tests")
    files += [*sorted((root / "tests").rglob("*.sh")), root / "dev", root / ".ci" / "run"]
    found = []
    for path in files:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        head = lines[1:3] if lines and lines[0].startswith("#!") else lines[:2]
        if lines and [line.startswith(start) for line, start in zip(head, SPDX)] != [True, True]:
            found.append(f"{where(root, path)}: no SPDX header of two lines at its top")
    return found


def core_tests_need_no_qgis(root: Path) -> list[str]:
    return [
        f"{where(root, path, item.line)}: tests/core runs without {item.name.split('.')[0]}; see tests/in_qgis"
        for path in python_files(root, "tests/core")
        for item in imports(root, path)
        if item.target is None and item.name.split(".")[0] in {"qgis", "osgeo", "PyQt5", "PyQt6", "pytest_qgis"}
    ]


def visible_names(root: Path) -> list[str]:
    return [
        f"{path.name}: not one of the names that the root holds; settings of tools go into dot-files"
        for path in sorted(root.iterdir())
        if not path.name.startswith(".") and path.name not in VISIBLE_AT_ROOT | GENERATED_AT_ROOT
    ]


def every_module_is_described(root: Path) -> list[str]:
    """Ask for one row in the tables of plugin/README.md; a table's first column heads the folder, such as core/store."""
    page = root / "plugin" / "README.md"
    if not page.exists():
        return []
    told: Counter[tuple[str, str]] = Counter()
    for table in page.read_text("utf-8").split("\n\n"):
        head = re.match(r"\| (ui|core/\w+|core|adapters|processing|wiring)[^|]*\| what it holds \|", table)
        if head:
            folder = "ui" if head[1] == "ui" else f"plugin/{head[1]}"
            firsts = "".join(row.split("|")[1] for row in table.splitlines()[2:])
            told.update((folder, name) for name in re.findall(r"`(\w+\.py)`", firsts))
    there = {
        (parent.as_posix(), path.name)
        for path in python_files(root, "plugin", "ui")
        if path.stem not in {"__init__", "main"} and (parent := path.parent.relative_to(root))
    }
    return [
        f"plugin/README.md: {folder}/{name} is in its tables {told[folder, name]} times, {1 if (folder, name) in there else 0} expected"
        for folder, name in sorted(there | set(told))
        if told[folder, name] != ((folder, name) in there)
    ]


RULES: tuple[Callable[[Path], list[str]], ...] = (
    arrows_point_down,
    every_module_has_a_place,
    relative_imports_only,
    only_known_packages,
    one_file_each,
    optional_packages_stay_optional,
    nothing_banned_is_imported,
    nothing_banned_is_written,
    no_connection,
    python_39,
    sub_packages_are_empty,
    licence_headers,
    core_tests_need_no_qgis,
    visible_names,
    every_module_is_described,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Callable[[Path], list[str]]) -> None:
    found = rule(ROOT)
    if found:
        pytest.fail(f"{rule.__name__.replace('_', ' ')}:\n  " + "\n  ".join(found), pytrace=False)


# A process of its own: the modules that this one has imported already would not be imported again.
IMPORT_CORE = """
import importlib.util, sys
for name in ("qgis", "osgeo", "PyQt5", "PyQt6", "matplotlib", *sys.argv[4:]):
    sys.modules[name] = None
name, root = sys.argv[1:3]
spec = importlib.util.spec_from_file_location(name, root + "/__init__.py", submodule_search_locations=[root])
sys.modules[name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[name])
for module in sys.argv[3].split():
    importlib.import_module(module)
"""


def import_core(root: Path, without: Path | None, *blocked: str) -> str:
    """Import every module of plugin/core with the packages blocked; return the last line of the failure, or nothing."""
    modules = [
        ".".join((PACKAGE, *parts_of(root, path))) for path in python_files(root, "plugin/core") if path != without
    ]
    modules = [name.removesuffix(".__init__") for name in modules]
    command = [sys.executable, "-c", IMPORT_CORE, PACKAGE, str(root), " ".join(modules), *blocked]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return "\n".join(done.stderr.splitlines()[-3:]) if done.returncode else ""


def test_core_imports_without_qgis_and_gdal() -> None:
    failure = import_core(ROOT, None)
    if failure:
        pytest.fail(f"plugin/core needs QGIS, Qt, GDAL or matplotlib:\n{failure}", pytrace=False)


def test_core_imports_without_netcdf4() -> None:
    home = next(iter(importers(ROOT, "netCDF4")), None)
    failure = import_core(ROOT, home, "netCDF4")
    if failure:
        pytest.fail(f"plugin/core needs netCDF4, which no default QGIS install has:\n{failure}", pytrace=False)


# --- Each rule fires: the file that breaks it, its text, and words of the message. ---

PLANTED = [
    (arrows_point_down, "plugin/core/a.py", "from ..adapters import layers", "core imports adapters"),
    (arrows_point_down, "plugin/core/a.py", "def f():\n    from ...ui.dock import Dock", "core imports ui"),
    (arrows_point_down, "plugin/adapters/a.py", "from ...ui import dock", "adapters imports ui"),
    (arrows_point_down, "plugin/adapters/a.py", "from ..processing.a import b", "adapters imports processing"),
    (arrows_point_down, "plugin/adapters/a.py", "from .. import main", "adapters imports main"),
    (arrows_point_down, "plugin/adapters/a.py", "from ..wiring.areas import AreasWiring", "adapters imports wiring"),
    (arrows_point_down, "plugin/wiring/a.py", "from ..main import SmosIbExplorer", "wiring imports main"),
    (arrows_point_down, "plugin/processing/a.py", "from ...ui.dock import Dock", "processing imports ui"),
    (arrows_point_down, "plugin/processing/a.py", "from ..main import SmosIbExplorer", "processing imports main"),
    (arrows_point_down, "ui/a.py", "from ..plugin.processing import provider", "ui imports processing"),
    (arrows_point_down, "ui/a.py", "from ..plugin import core, main", "ui imports main"),
    (arrows_point_down, "ui/a.py", "from .. import classFactory", "ui imports"),
    (arrows_point_down, "ui/a.py", "from ...x import y", "climbs out"),
    (arrows_point_down, "__init__.py", "from .ui.dock import Dock", "root imports ui"),
    (every_module_has_a_place, "plugin/helpers.py", "", "no layer"),
    (every_module_has_a_place, "plugin/extra/a.py", "", "no layer"),
    (relative_imports_only, "ui/a.py", "from smos_ib_explorer.plugin import core", "relatively"),
    (relative_imports_only, "ui/a.py", "import plugin.core", "relatively"),
    (only_known_packages, "plugin/core/a.py", "import qgis.core", "qgis has no place in core"),
    (only_known_packages, "plugin/core/a.py", "def f():\n    from osgeo import gdal", "osgeo has no place in core"),
    (only_known_packages, "plugin/core/a.py", "import matplotlib", "matplotlib has no place in core"),
    (only_known_packages, "plugin/core/a.py", "import pandas", "pandas has no place in core"),
    (only_known_packages, "ui/a.py", "from osgeo import gdal", "osgeo has no place in ui"),
    (only_known_packages, "ui/a.py", "import netCDF4", "netCDF4 has no place in ui"),
    (only_known_packages, "plugin/processing/a.py", "from osgeo import gdal", "osgeo has no place in processing"),
    (one_file_each, "plugin/core/a.py plugin/core/b.py", "import netCDF4", "one file"),
    (one_file_each, "plugin/core/a.py plugin/core/b.py", "from netCDF4 import Dataset", "one file"),
    (one_file_each, "ui/a.py ui/b.py", "def f():\n    import matplotlib.pyplot", "one file"),
    (one_file_each, "plugin/adapters/a.py", "import matplotlib", "matplotlib belongs in ui"),
    (nothing_banned_is_imported, "ui/a.py", "import importlib.util", "importlib"),
    (nothing_banned_is_imported, "ui/a.py", "from PyQt5.QtWidgets import QWidget", "use qgis.PyQt"),
    (nothing_banned_is_imported, "ui/a.py", "from PyQt6 import QtCore", "use qgis.PyQt"),
    (nothing_banned_is_imported, "ui/a.py", "from multiprocessing import Pool", "sys.executable"),
    (nothing_banned_is_imported, "ui/a.py", "from qgis.utils import iface", "passed in"),
    (nothing_banned_is_imported, "ui/a.py", "from qgis.PyQt.QtGui import QAction", "QtWidgets"),
    (nothing_banned_is_imported, "ui/a.py", "from qgis.PyQt.QtWebKit import QWebView", "not in every QGIS"),
    (nothing_banned_is_imported, "ui/a.py", "from qgis.PyQt import QtCharts", "not in every QGIS"),
    (nothing_banned_is_imported, "ui/a.py", "from qgis.core import *", "star"),
    (nothing_banned_is_written, "plugin/core/a.py", "print(1)", "print"),
    (nothing_banned_is_written, "ui/a.py", "dialog.exec_()", "exec_"),
    (nothing_banned_is_written, "ui/a.py", "application.processEvents()", "processEvents"),
    (nothing_banned_is_written, "ui/a.py", "__import__('os')", "__import__"),
    (nothing_banned_is_written, "ui/a.py", "try:\n    f()\nexcept Exception:\n    pass", "swallows"),
    (nothing_banned_is_written, "ui/a.py", "try:\n    f()\nexcept:\n    ...", "swallows"),
    (nothing_banned_is_written, "ui/a.py", "try:\n    f()\nexcept (OSError, Exception) as e:\n    pass", "swallows"),
    (nothing_banned_is_written, "ui/a.py", "self.tr(f'{n} days')", "f-string"),
    (no_connection, "plugin/core/a.py", "import socket", "opens connections"),
    (no_connection, "plugin/core/a.py", "def f():\n    import urllib.request", "opens connections"),
    (no_connection, "plugin/core/a.py", "from http.client import HTTPConnection", "opens connections"),
    (no_connection, "ui/a.py", "from webbrowser import open", "opens connections"),
    (no_connection, "ui/a.py", "from qgis.PyQt import QtNetwork", "opens connections"),
    (no_connection, "ui/a.py", "from qgis.PyQt.QtNetwork import QTcpSocket", "opens connections"),
    (no_connection, "ui/a.py", "from qgis.PyQt.QtGui import QDesktopServices", "opens connections"),
    (no_connection, "ui/a.py", "from qgis.core import QgsBlockingNetworkRequest", "opens connections"),
    (no_connection, "ui/a.py", "from qgis import core\ncore.QgsNetworkAccessManager.instance()", "opens connections"),
    (no_connection, "plugin/adapters/a.py", "path = f'/vsicurl/{host}'", "another computer"),
    (no_connection, "plugin/adapters/a.py", "path = 'https://example.org/x.nc'", "another computer"),
    (no_connection, "plugin/adapters/a.py", "source = 'type=xyz&url=https://example.org/{z}'", "another computer"),
    (no_connection, "plugin/adapters/a.py", "layer = QgsRasterLayer(source, 'map', 'wms')", "another computer"),
    (python_39, "plugin/core/a.py", "match x:\n    case 1:\n        pass", "no Python 3.9"),
    (python_39, "plugin/core/a.py", "@dataclass(frozen=True, slots=True)\nclass A:\n    b: int", "slots"),
    (python_39, "plugin/core/a.py", "zip(a, b, strict=True)", "strict"),
    (sub_packages_are_empty, "plugin/core/__init__.py", "from .grid import EaseGrid", "must be empty"),
    (sub_packages_are_empty, "ui/forms/a.py", "", "no __init__.py"),
    (core_tests_need_no_qgis, "tests/core/test_a.py", "from qgis.core import QgsProject", "without qgis"),
    (visible_names, "pyproject.toml", "", "pyproject.toml"),
]


def plant(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join((f"{SPDX[0]}test", SPDX[1], text, "")), "utf-8")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small repository that keeps every rule."""
    for folder in ("plugin", "plugin/core", "plugin/adapters", "plugin/processing", "ui"):
        plant(tmp_path, f"{folder}/__init__.py", "")
    factory = "def classFactory(iface):\n    from .plugin.main import SmosIbExplorer\n    return SmosIbExplorer(iface)"
    plant(tmp_path, "__init__.py", factory)
    plant(
        tmp_path, "plugin/main.py", "from ..ui import dock\nfrom .core.grid import Cell\nfrom .adapters import layers"
    )
    plant(tmp_path, "plugin/core/grid.py", "import numpy as np")
    plant(
        tmp_path,
        "plugin/adapters/layers.py",
        "from osgeo import gdal\nfrom qgis.core import QgsTask\nfrom ..core import grid",
    )
    plant(tmp_path, "plugin/processing/provider.py", "from ..adapters.layers import x\nfrom . import __name__")
    plant(tmp_path, "ui/dock.py", "from qgis.PyQt.QtWidgets import QAction\nfrom ..plugin.core.grid import Cell")
    return tmp_path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_house_in_order_passes(rule: Callable[[Path], list[str]], house: Path) -> None:
    assert rule(house) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_an_empty_repository_passes(rule: Callable[[Path], list[str]], tmp_path: Path) -> None:
    assert rule(tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "paths", "text", "words"), PLANTED, ids=[f"{rule.__name__}-{words}" for rule, _, _, words in PLANTED]
)
def test_the_rule_fires(rule: Callable[[Path], list[str]], paths: str, text: str, words: str, house: Path) -> None:
    for path in paths.split():
        plant(house, path, text)
    found = rule(house)
    assert len(found) == 1, found
    assert words in found[0]
    assert re.match(r"[\w./]+(:\d+)?: |\w+ belongs", found[0]), "the message begins with the place"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("| `dock.py` | it |", None),
        ("| `dock.py`, `a.py` | it |", "ui/a.py is in its tables 1 times, 0 expected"),
        ("| `dock.ui` | `dock.py` |", "ui/dock.py is in its tables 0 times, 1 expected"),
        ("| `dock.py` | it |\n| `dock.py` | again |", "ui/dock.py is in its tables 2 times, 1 expected"),
    ],
)
def test_the_rule_of_descriptions_fires(rows: str, said: str | None, tmp_path: Path) -> None:
    plant(tmp_path, "ui/dock.py", "")
    plant(tmp_path, "plugin/main.py", "")
    (tmp_path / "plugin/README.md").write_text(f"# Text\n\n| ui (beside) | what it holds |\n| --- | --- |\n{rows}\n")
    assert every_module_is_described(tmp_path) == ([f"plugin/README.md: {said}"] if said else [])


@pytest.mark.parametrize("text", ["x = 1\n# SPDX", "# SPDX-FileCopyrightText: test\nx = 1"])
def test_the_header_rule_fires(text: str, house: Path) -> None:
    (house / "ui" / "dock.py").write_text(text, "utf-8")
    assert licence_headers(house) == ["ui/dock.py: no SPDX header of two lines at its top"]


@pytest.mark.parametrize(
    ("plot", "user", "fires"),
    [
        ("import matplotlib", "from .plot import Plot", True),
        ("import matplotlib", "from . import plot", True),
        ("import matplotlib", "def f():\n    from .plot import Plot", False),
        ("import matplotlib", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .plot import Plot", False),
        ("def f():\n    import matplotlib", "from .plot import Plot", False),
        ("try:\n    import matplotlib\nexcept ImportError:\n    matplotlib = None", "from .plot import Plot", False),
    ],
)
def test_the_plot_file_is_imported_lazily(plot: str, user: str, fires: bool, house: Path) -> None:
    plant(house, "ui/plot.py", plot)
    plant(house, "ui/dock.py", user)
    assert bool(optional_packages_stay_optional(house)) is fires


@pytest.mark.parametrize(
    ("text", "blocked"), [("import osgeo", ()), ("import qgis.core", ()), ("import netCDF4", ("netCDF4",))]
)
def test_the_import_of_core_fires(text: str, blocked: tuple[str, ...], house: Path) -> None:
    assert import_core(house, None, *blocked) == ""
    plant(house, "plugin/core/a.py", text)
    assert "ModuleNotFoundError" in import_core(house, None, *blocked)
