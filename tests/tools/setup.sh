# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the commands of ./dev share. Sourced in the repository root.

# QGIS belongs to the system's Python; the first python3 on PATH may be another one.
system_python=/usr/bin/python3
qgis_packages=(qgis python3-qgis python3-netcdf4 python3-pyproj python3-matplotlib python3-venv)
display_packages=(xvfb xauth)

say() { printf '── %s\n' "$*" >&2; }

stop() { # sentence, exit status
  printf 'dev: %s\n' "$1" >&2
  exit "${2:-1}"
}

# Qt 5 encodes file names by the locale; under plain C it loses accents.
if [ -z "${LC_ALL:-}${LC_CTYPE:-}${LANG:-}" ]; then
  export LC_ALL=C.UTF-8
fi

need_packages() {
  [ -z "${SMOSIB_PYTHON:-}" ] || return 0
  if ! command -v dpkg-query >/dev/null; then
    say "not Debian or Ubuntu: taking for granted what these packages hold: $*"
    return 0
  fi
  local package missing=() as_root=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || stop "please install, as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

need_python() { # sets $python
  if [ -n "${SMOSIB_PYTHON:-}" ]; then
    python=$SMOSIB_PYTHON
    return
  fi
  need_packages "${qgis_packages[@]}"
  make_environment .venv tests/requirements.txt --system-site-packages
  python=$PWD/.venv/bin/python
  use_system_proj
}

use_system_proj() {
  # Debian's pyproj looks for its database beside the interpreter, and warns when that is in an environment.
  if [ -f /usr/share/proj/proj.db ]; then
    export PROJ_DATA=${PROJ_DATA:-/usr/share/proj} PROJ_LIB=${PROJ_LIB:-/usr/share/proj}
  fi
}

make_environment() { # folder, requirements file, options of venv
  local folder=$1 requirements=$2 version stamp
  shift 2
  version=$("$system_python" -V)
  stamp="$version $(cksum <"$requirements")"
  [ "$(cat "$folder/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  say "making $folder"
  # --clear: packages compiled for another Python would stay behind, and so would those no longer asked for.
  "$system_python" -m venv --clear "$@" "$folder" || stop "$folder could not be made"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 ||
    stop "what $requirements asks for could not be installed"
  printf '%s\n' "$stamp" >"$folder/.stamp"
}

need_runtime_folder() {
  [ -z "${XDG_RUNTIME_DIR:-}" ] || return 0
  XDG_RUNTIME_DIR=$(mktemp -d) # mode 0700, which Qt insists on
  export XDG_RUNTIME_DIR
  trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
}

link_plugin() {
  # The name under which QGIS loads the clone, whatever the clone's folder is called.
  mkdir -p build/plugins
  ln -sfn ../.. build/plugins/smos_ib_explorer
}
