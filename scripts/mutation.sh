#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Mutation testing in a copy of the tree, build/mutation; see docs/mutation.md. One process:
# half an hour or more. What ran before is kept there and shown by `table`.
set -eu
cd "$(dirname "$0")/.."
copy=build/mutation
python=$PWD/.venv/bin/python

"$python" -m pip install --quiet --disable-pip-version-check --editable '.[dev,mutation]'
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard |
  tar --null --ignore-failed-read --files-from=- --create |
  tar --extract --directory="$copy"
cd "$copy"
# The same examples each time: a mutant that lives is one that lives again.
CI=true
export CI
"$python" scripts/mutation.py run
"$python" scripts/mutation.py table
