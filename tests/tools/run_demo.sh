# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ./dev demo and ./dev screenshots: a synthetic archive, and QGIS in a profile of its own with the plugin switched on.
#
# tests/tools/demo_session.py runs inside QGIS and finds in its environment:
#   SMOSIB_DEMO_FOLDER      the archive
#   SMOSIB_DEMO_OUTPUT      where screenshot, GeoTIFF and CSV go
#   SMOSIB_DEMO_UNATTENDED  1: do all that, then leave QGIS; not set: open the newest day and leave QGIS to the user
#   SMOSIB_SCREENSHOTS      the folder of the README's pictures, when they are asked for

demo_start=${SMOSIB_DEMO_START:-2024-07-03}
demo_end=${SMOSIB_DEMO_END:-2024-08-31}
time_limit=600 # s
plugin_name=smos_ib_explorer

run_demo() {
  export SMOSIB_DEMO_OUTPUT=$PWD/build/demo
  if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${SMOSIB_DEMO_UNATTENDED:-}" ]; then
    prepare_demo
    say "starting QGIS"
    qgis "${qgis_options[@]}"
    return
  fi
  mkdir -p "$SMOSIB_DEMO_OUTPUT"
  # Left-overs of an earlier run must not pass for results of this one.
  rm -f "$SMOSIB_DEMO_OUTPUT"/*.{png,tif,csv}
  run_unattended
  local kind missing=()
  for kind in png tif csv; do
    [ -n "$(find "$SMOSIB_DEMO_OUTPUT" -maxdepth 1 -name "*.$kind" -size +0)" ] || missing+=("$kind")
  done
  [ ${#missing[@]} -eq 0 ] || stop "QGIS left no ${missing[*]} file in build/demo; what it said is in build/demo/qgis.log"
  find build/demo -maxdepth 1 -type f \( -name '*.png' -o -name '*.tif' -o -name '*.csv' \) | sort
}

run_screenshots() {
  export SMOSIB_DEMO_OUTPUT=$PWD/build/demo SMOSIB_SCREENSHOTS=$PWD/resources/screenshots
  mkdir -p "$SMOSIB_DEMO_OUTPUT" "$SMOSIB_SCREENSHOTS" build
  touch build/.before
  run_unattended
  local made
  made=$(find resources/screenshots -name '*.png' -size +0 -newer build/.before | sort)
  [ -n "$made" ] || stop "QGIS left no picture in resources/screenshots; what it said is in build/demo/qgis.log"
  echo "$made"
}

run_unattended() {
  need_packages "${display_packages[@]}"
  export SMOSIB_DEMO_UNATTENDED=1
  rm -rf build/profile # window sizes of an earlier run would show in the pictures
  prepare_demo
  say "starting QGIS in a virtual display"
  local outcome=0
  # In English whatever the user's language, and never on the user's own screen.
  env -u WAYLAND_DISPLAY -u LANGUAGE LC_ALL=C.UTF-8 QT_QPA_PLATFORM=xcb \
    timeout --kill-after=10 "$time_limit" xvfb-run -a -s '-screen 0 1400x900x24' \
    qgis "${qgis_options[@]}" >build/demo/qgis.log 2>&1 || outcome=$?
  case $outcome in
    0) ;;
    124 | 137) stop "QGIS did not end within $time_limit s; what it said is in build/demo/qgis.log" ;;
    *) say "QGIS ended with status $outcome" ;;
  esac
}

prepare_demo() { # sets qgis_options
  need_packages "${qgis_packages[@]}"
  need_runtime_folder
  [ -f tests/tools/demo_session.py ] || stop "tests/tools/demo_session.py is missing"
  link_plugin
  export QGIS_PLUGINPATH=$PWD/build/plugins
  enable_plugin
  make_archive
  qgis_options=(--nologo --noversioncheck --profiles-path "$PWD/build/profile" --profile default
    --code "$PWD/tests/tools/demo_session.py")
}

enable_plugin() {
  local settings
  # QGIS 3 and QGIS 4 read different files.
  for settings in QGIS3 QGIS4; do
    settings=build/profile/profiles/default/QGIS/$settings.ini
    [ ! -f "$settings" ] || continue
    mkdir -p "$(dirname "$settings")"
    printf '[PythonPlugins]\n%s=true\n' "$plugin_name" >"$settings"
  done
}

make_archive() {
  export SMOSIB_DEMO_FOLDER=$PWD/build/demo/archive
  local stamp=build/demo/archive.stamp process=qgis_process
  # A newer plugin may write other files.
  if [ "$(cat "$stamp" 2>/dev/null)" = "$demo_start $demo_end" ] &&
    [ -z "$(find plugin -name '*.py' -newer "$stamp" -print -quit)" ]; then
    return
  fi
  # Debian 12's wrapper qgis_process hands an option on that the program does not know.
  ! command -v qgis_process.bin >/dev/null || process=qgis_process.bin
  say "making the demo archive, $demo_start to $demo_end"
  rm -rf "$SMOSIB_DEMO_FOLDER" "$stamp"
  mkdir -p "$SMOSIB_DEMO_FOLDER"
  QGIS_CUSTOM_CONFIG_PATH=$PWD/build/profile QT_QPA_PLATFORM=offscreen "$process" run smosib:demoarchive \
    --START="$demo_start" --END="$demo_end" --OUTPUT_FOLDER="$SMOSIB_DEMO_FOLDER" >build/demo/archive.log 2>&1 ||
    stop "the demo archive could not be made; the reason is in build/demo/archive.log: $(tail -n 3 build/demo/archive.log)"
  [ -n "$(find "$SMOSIB_DEMO_FOLDER" -name '*.nc' -print -quit)" ] ||
    stop "the demo archive is empty; see build/demo/archive.log: $(tail -n 3 build/demo/archive.log)"
  printf '%s %s\n' "$demo_start" "$demo_end" >"$stamp"
}
