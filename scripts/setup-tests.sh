#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Brings what the tests use beside Python: Node with the public clients, and a browser once tests
# ask for one. Packages of the system are installed only as root, under CI=true or with APT=1;
# otherwise what is missing is named, with the tests that it leaves out.
set -eu
cd "$(dirname "$0")/.."
clients=tests/clients

may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || [ "${CI:-}" = true ] || [ "${APT:-}" = 1 ]
}

# Under CI nothing may be left out, so there a missing thing ends the run.
missing() {
  if [ "${CI:-}" = true ] || [ "${KLUIS_COMPLETE:-}" = 1 ]; then
    echo "kluis: $1, and nothing may be left out here" >&2
    exit 1
  fi
  echo "Left out: $2 ($1)"
}

has_node() {
  command -v npm >/dev/null &&
    node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null
}

has_browser() {
  command -v chromium >/dev/null || ! grep -rqs --include='*.py' chromium tests
}

packages=
if ! command -v node >/dev/null; then packages="$packages nodejs"; fi
if ! command -v npm >/dev/null; then packages="$packages npm"; fi
if ! has_browser; then packages="$packages chromium"; fi
if [ -n "$packages" ] && may_install; then
  echo "Installing Debian packages:$packages"
  # shellcheck disable=SC2086  # a list of words
  scripts/apt.sh $packages || true
fi

bring_clients() {
  state="$(cksum <$clients/package-lock.json) $(node --version)"
  stamp=$clients/node_modules/.kluis
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ] && return
  echo "Installing the public clients in $clients"
  if (cd "$clients" && npm ci --loglevel=error >/dev/null); then
    echo "$state" >"$stamp"
  else
    missing "npm could not install the packages of $clients" "the tests with public clients"
  fi
}

if has_node; then
  bring_clients
else
  missing "Node 20 or newer with npm is not there; Debian packages nodejs, npm" \
    "the tests with public clients"
fi
has_browser || missing "no chromium; Debian package chromium" "the tests in a browser"
