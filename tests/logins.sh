#!/bin/bash
# Logs in by each way of the README's table on servers of many makers, on loopback, with what is right and what is
# wrong, and prints a table. Debian's servers, and where their registries are reached those of Go, npm and Maven. Ends
# with 1 where something is wrong.
#
#   tests/logins.sh [--only TEXT] [--markdown FILE]      TEXT: a part of "SERVER: WAY"
set -euo pipefail

PROGRAM=logins.py exec "$(dirname "${BASH_SOURCE[0]}")/interop/run.sh" "$@"
