#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Mutation testing in a copy of the tree, build/mutation, with one process; see docs/mutation.md.
set -eu
cd "$(dirname "$0")/.."
copy=build/mutation
bin=$PWD/.venv/bin

"$bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev,mutation]'
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard |
  tar --null --ignore-failed-read --files-from=- --create |
  tar --extract --directory="$copy"
cd "$copy"
# The same examples each time: what lives once lives again.
CI=true
export CI
# mutmut knows its mutants once it has run: the first time for none of them.
"$bin/mutmut" run --max-children 1 no.such.mutant >/dev/null 2>&1 || true
# shellcheck disable=SC2046 # a name each
nice -n 19 "$bin/mutmut" run --max-children 1 $("$bin/python" scripts/mutation.py sample)
"$bin/python" scripts/mutation.py table
