#!/bin/bash
# Kills the daemon in the middle of runs, many times, and prints what came of it as a table. The
# ordinary tests do 30 rounds of the same; 300 take some six minutes on two cores.
#
#   tests/kill.sh [ROUNDS] [SEED]      default: 300, and a seed by chance
#
# The seed decides on the runs and on where they are cut, not on how threads take turns: a failure
# tells it, and may take several tries to come back.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ ${1:-0}${2:-0} =~ ^[0-9]+$ ]] || { sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }
export MUSTER_KILL_ROUNDS=${1:-300} MUSTER_KILL_SEED=${2:-$RANDOM}

options=(--config=opt --symlink_prefix=/)
bazel build "${options[@]}" --show_result=0 --show_progress_rate_limit=5 \
  //service:musterd //client:muster
bin=$(bazel info "${options[@]}" bazel-bin 2>/dev/null)
export MUSTERD=$bin/service/musterd MUSTER=$bin/client/muster PYTHONDONTWRITEBYTECODE=1
folder=$(mktemp -d /tmp/muster-kill.XXXXXX)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
echo "$MUSTER_KILL_ROUNDS rounds, seed $MUSTER_KILL_SEED"
/usr/bin/python3 -m pytest -q -p no:cacheprovider --basetemp="$folder/pytest" \
  tests/integration/test_kill.py -k what_was_told
