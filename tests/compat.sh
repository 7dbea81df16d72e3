#!/bin/bash
# The documented examples of pdsh(1), clush(1) and dshbak(1), word for word: by these programs, and by
# muster called by their names, on the same servers on loopback. What differs is shown; less than two
# minutes.
#
#   tests/compat.sh [PYTEST OPTIONS]         -k 'N' runs the ones whose text has it
#
# Needs pdsh and clustershell: apt-get install pdsh clustershell.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
options=(--config=opt --symlink_prefix=/)
bazel build "${options[@]}" --show_result=0 --show_progress_rate_limit=5 \
  //service:musterd //client:muster
bin=$(bazel info "${options[@]}" bazel-bin 2>/dev/null)
export MUSTERD=$bin/service/musterd MUSTER=$bin/client/muster PYTHONDONTWRITEBYTECODE=1
folder=$(mktemp -d /tmp/muster-compat.XXXXXX)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
/usr/bin/python3 -m pytest -q -rs -p no:cacheprovider --basetemp="$folder/pytest" \
  tests/compat/compare.py "$@"
