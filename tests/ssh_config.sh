#!/bin/bash
# Compares what Muster reads out of generated ssh_config files with `ssh -G`. The ordinary tests do 400 files; 20,000
# take some four minutes on two cores.
#
#   tests/ssh_config.sh [FILES] [SEED]      default: 20000, and a seed by chance
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ ${1:-0}${2:-0} =~ ^[0-9]+$ ]] || { sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }

options=(--config=opt --symlink_prefix=/)
bazel build "${options[@]}" --show_result=0 --show_progress_rate_limit=5 //tests/service/ssh_config:print_settings
bin=$(bazel info "${options[@]}" bazel-bin 2>/dev/null)
/usr/bin/python3 tests/service/ssh_config/against_ssh.py "$bin/tests/service/ssh_config/print_settings" \
  "${1:-20000}" "${2:-$RANDOM}"
