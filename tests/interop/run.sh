#!/bin/bash
# Tries musterd on SSH servers of many makers and settings, on loopback: Debian's, and where their
# registries are reached those of Go, npm and Maven. Ends with 1 where something is wrong.
#
#   tests/interop/run.sh [--only TEXT] [--markdown FILE]      $PROGRAM: of this folder, another one (tests/logins.sh)
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
./deploy/install_packages.sh deploy/packages.txt tests/interop/packages.txt
bazel build --config=opt --symlink_prefix=/ //service:musterd //client:muster
bin=$(bazel info --config=opt bazel-bin 2>/dev/null)
MUSTERD=${MUSTERD:-$bin/service/musterd} MUSTER=${MUSTER:-$bin/client/muster} \
  exec /usr/bin/python3 tests/interop/"${PROGRAM:-interop.py}" "$@"
