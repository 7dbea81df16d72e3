#!/bin/bash
# Stops commands that are hard to end, on several servers, and commands whose output is still on its way
# over a slow link: what the outcome says is what /proc shows, and no success lacks bytes. The ordinary
# tests do one round of the same. As root it takes all servers; ten rounds take some five minutes on two
# cores.
#
#   tests/stopping.sh [ROUNDS] [SEEDS]      default: 10 and 20
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ ${1:-0}${2:-0} =~ ^[0-9]+$ ]] || { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }
export MUSTER_STOP_ROUNDS=${1:-10} MUSTER_STOP_SEEDS=${2:-20}

options=(--config=opt --symlink_prefix=/)
bazel build "${options[@]}" --show_result=0 --show_progress_rate_limit=5 \
  //service:musterd //client:muster
bin=$(bazel info "${options[@]}" bazel-bin 2>/dev/null)
export MUSTERD=$bin/service/musterd MUSTER=$bin/client/muster PYTHONDONTWRITEBYTECODE=1
folder=$(mktemp -d /tmp/muster-stop.XXXXXX)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
/usr/bin/python3 -m pytest -q -rP -p no:cacheprovider --basetemp="$folder/pytest" \
  tests/integration/test_stopping.py
