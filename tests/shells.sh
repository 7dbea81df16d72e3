#!/bin/bash
# Sends random vectors of arguments, any bytes but NUL, through the login shells that fleets have. The ordinary tests do
# 80; 100,000 take about an hour on two cores.
#
#   tests/shells.sh [VECTORS] [SEED]      default: 100000, and a seed by chance
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ ${1:-0}${2:-0} =~ ^[0-9]+$ ]] || { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }

options=(--config=opt --symlink_prefix=/)
bazel build "${options[@]}" --show_result=0 --show_progress_rate_limit=5 //tests/service/prepare:print_lines \
  //tests/service/prepare:record
bin=$(bazel info "${options[@]}" bazel-bin 2>/dev/null)/tests/service/prepare
/usr/bin/python3 tests/service/prepare/through_shells.py "$bin/print_lines" "$bin/record" "${1:-100000}" \
  "${2:-$RANDOM}"
