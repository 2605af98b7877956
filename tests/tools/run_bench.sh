# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ./dev bench: a full-size synthetic record, read by the plugin and by what else there is, in one run.

bench_packages=(python3-gdal python3-netcdf4 python3-qgis python3-venv)

run_bench() {
  need_bench_python
  link_plugin
  PYTHONPATH=$PWD/build/plugins "$python" tests/tools/bench.py "$@"
}

need_bench_python() { # sets $python
  if [ -n "${SMOSIB_PYTHON:-}" ]; then
    python=$SMOSIB_PYTHON
    return
  fi
  need_packages "${bench_packages[@]}"
  local requirements=tests/tools/bench-requirements.txt
  (make_environment .venv-bench "$requirements" --system-site-packages) || install_what_can_be "$requirements"
  python=$PWD/.venv-bench/bin/python
  use_system_proj
}

install_what_can_be() { # requirements file
  local requirement
  while read -r requirement; do
    .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check "$requirement" >&2 ||
      say "without $requirement; the table will say what could not be measured"
  done < <(grep -v '^#' "$1")
}
