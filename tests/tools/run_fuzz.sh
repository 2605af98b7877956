# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ./dev fuzz: thousands of damaged files, read in another process.

run_fuzz() {
  need_python
  need_packages python3-gdal
  link_plugin
  PYTHONPATH=$PWD/build/plugins:$PWD/tests "$python" tests/tools/fuzz.py "$@"
}
