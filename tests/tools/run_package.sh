# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# ./dev package: the plugin as a ZIP, made from the last commit, so that anyone can make the same bytes again.

run_package() {
  need_packages git
  git rev-parse --verify --quiet HEAD >/dev/null || stop "there is no commit yet; the package is made from the last commit"
  git cat-file -e HEAD:metadata.txt 2>/dev/null || stop "the last commit holds no metadata.txt"
  need_python
  if [ -n "$(git status --porcelain)" ]; then
    say "warning: there are changes that are not committed; the package does not hold them"
  fi

  local version zip
  version=$(git show HEAD:metadata.txt | sed -n 's/^version=//p')
  zip=dist/smos_ib_explorer-$version.zip
  mkdir -p dist
  rm -f "$zip"
  # The ZIP format stores local time: without TZ the bytes would depend on where they were made.
  TZ=UTC git archive --format=zip -9 --prefix=smos_ib_explorer/ --output="$zip" HEAD

  local status=0
  say "checking $zip"
  "$python" tests/tools/check_package.py "$zip" || status=1
  if [ -f ../shared/tools/check_zip.py ]; then
    "$python" ../shared/tools/check_zip.py "$zip" || status=1
  fi
  [ "$status" -eq 0 ] || stop "$zip is not fit to be published"
  echo "$zip"
}
