#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Makes .venv and installs Kluis in it: `run` with what it needs to run, `dev` with the tools
# of the tests as well. Made anew when pyproject.toml, the Python or the folder changed.
set -eu
cd "$(dirname "$0")/.."
want=${1:-run}

fail() {
  echo "kluis: $*" >&2
  exit 1
}

recent() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# A name on the path is not enough: version switchers leave names behind that run nothing.
find_python() {
  for name in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
    if recent "$name"; then
      command -v "$name"
      return
    fi
  done
  fail "no Python 3.11 or newer was found; install one, or name it: make demo PYTHON=/path/to/python3"
}

# Debian keeps the part of Python that makes environments in a package of its own.
bring_venv() {
  "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
  package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
  if ! command -v apt-get >/dev/null; then
    fail "$python cannot make environments: its module venv or ensurepip is missing"
  fi
  if [ "$(id -u)" != 0 ]; then
    fail "$python cannot make environments; install the Debian package python3-venv (or $package)"
  fi
  echo "Installing the Debian package $package"
  scripts/apt.sh "$package"
}

install_kluis() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$1" ||
    fail "the packages could not be installed; is the package index reachable?"
}

python=$(find_python)
state="$(cksum <pyproject.toml) $("$python" -VV | tr '\n' ' ') $PWD"

# Two stamps, one environment: the demo does without the tools of the tests.
stamped() {
  [ -f ".venv/kluis-$1" ] && [ "$(cat ".venv/kluis-$1")" = "$state" ] && recent .venv/bin/python
}

if ! stamped run; then
  bring_venv
  echo "Making .venv with $("$python" -V)"
  rm -rf .venv
  "$python" -m venv .venv || fail "$python could not make .venv"
  install_kluis .
  echo "$state" >.venv/kluis-run
fi
if [ "$want" = dev ] && ! stamped dev; then
  echo "Adding the tools of the tests to .venv"
  install_kluis '.[dev]'
  echo "$state" >.venv/kluis-dev
fi
