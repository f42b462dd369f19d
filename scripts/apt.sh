#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Installs the Debian packages named, quietly: as root, or through `sudo -n` when APT=1 asks for it.
set -eu

as_root=
[ "$(id -u)" = 0 ] || as_root="sudo -n"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

apt() {
  # shellcheck disable=SC2086  # no words at all when we are root
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >"$log" 2>&1
}

if ! { apt update && apt install --yes --no-install-recommends "$@"; }; then
  tail -n 5 "$log" >&2
  echo "kluis: Debian's packages could not be installed: $*" >&2
  exit 1
fi
