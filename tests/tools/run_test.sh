# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ./dev test: each half in processes of its own, because the first must pass where QGIS is not installed.

no_tests_collected=5

run_test() {
  need_python
  need_runtime_folder
  export QT_QPA_PLATFORM=offscreen
  # Some tests start processes, and each would compile every module anew.
  unset PYTHONDONTWRITEBYTECODE
  local argument plain=() in_qgis=() options=() status=0 ran=0 narrowed=$#

  # A path among the arguments takes the place of the whole suite.
  for argument in "$@"; do
    case ${argument#./} in
      tests/in_qgis*) in_qgis+=("$argument") ;;
      tests/*) plain+=("$argument") ;;
      *) options+=("$argument") ;;
    esac
  done
  if [ ${#plain[@]} -eq 0 ] && [ ${#in_qgis[@]} -eq 0 ]; then
    [ ! -d tests/core ] || plain=(tests/core)
    plain+=(tests/test_architecture.py)
    [ ! -d tests/in_qgis ] || in_qgis=(tests/in_qgis)
  fi
  # The whole of each half in two processes, where that is installed; options such as --pdb need one. In QGIS each process has settings
  # of its own (pytest-qgis sees to it); a test has its own profile anyway.
  [ "$narrowed" -gt 0 ] || ! "$python" -c 'import xdist' 2>/dev/null || options=(-n 2 --dist worksteal)

  if [ ${#plain[@]} -gt 0 ]; then
    say "tests without QGIS"
    run_pytest -p no:pytest_qgis "${options[@]}" "${plain[@]}"
  fi
  if [ ${#in_qgis[@]} -gt 0 ]; then
    say "tests in QGIS"
    # All of them in four runs: where one process opened and left QGIS's window some hundred times, a task was not started for a minute.
    local number files=(tests/in_qgis/test_*.py) part
    if [ "$narrowed" -eq 0 ]; then
      part=$(((${#files[@]} + 3) / 4))
      for ((number = 0; number < ${#files[@]}; number += part)); do
        run_pytest --qgis_disable_gui "${options[@]}" "${files[@]:number:part}"
      done
    else
      run_pytest --qgis_disable_gui "${options[@]}" "${in_qgis[@]}"
    fi
  fi
  [ "$ran" -eq 1 ] || stop "no test was run" "$no_tests_collected"
  return "$status"
}

run_pytest() { # updates status and ran of run_test
  local outcome=0
  "$python" -m pytest "$@" || outcome=$?
  # Arguments such as -k may leave one of the two halves without a test.
  if [ "$outcome" -eq "$no_tests_collected" ] && [ "$narrowed" -gt 0 ]; then
    return
  fi
  ran=1
  [ "$outcome" -eq 0 ] || status=$outcome
}
