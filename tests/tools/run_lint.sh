# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ./dev lint: every check runs, so that one visit shows all there is to mend.

run_lint() {
  need_python
  link_plugin
  local failed=()
  check "shell syntax" check_scripts
  check "format" "$python" -m ruff format --check --output-format concise .
  check "lint" "$python" -m ruff check .
  check "types" check_types
  check "import rules" "$python" -m pytest -p no:pytest_qgis tests/test_architecture.py
  # Qt 6 names, with the checker that may lie beside the clone: QGIS 4 itself is not needed for it.
  if [ -f ../shared/tools/qt6_static_check.py ] && [ -z "${SMOSIB_PYTHON:-}" ]; then
    check "Qt 6 names" check_qt6
  fi
  [ ${#failed[@]} -eq 0 ] || stop "not in order: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')"
  say "all in order"
}

check() { # title, command...
  local title=$1
  shift
  say "$title"
  "$@" || failed+=("$title")
}

check_scripts() {
  local script status=0
  for script in dev .ci/run tests/tools/*.sh; do
    bash -n "$script" || status=1
  done
  if command -v shellcheck >/dev/null; then
    # What ./dev sources is checked as one program with it.
    shellcheck --external-sources dev .ci/run || status=1
  fi
  return "$status"
}

check_types() {
  # Checked under the plugin's name, so that relative imports from ui/ to plugin/ resolve in any clone.
  local part targets=(--module smos_ib_explorer)
  for part in plugin ui; do
    [ ! -f "$part/__init__.py" ] || targets+=(--package "smos_ib_explorer.$part")
  done
  MYPYPATH=build/plugins "$python" -m mypy --config-file .mypy.ini "${targets[@]}" | sed 's|build/plugins/smos_ib_explorer/||'
}

check_qt6() {
  local sources=(__init__.py) part
  for part in plugin ui; do
    [ ! -d "$part" ] || sources+=("$part")
  done
  make_environment .venv-qt6 tests/tools/requirements-qt6.txt
  .venv-qt6/bin/python ../shared/tools/qt6_static_check.py "${sources[@]}"
}
