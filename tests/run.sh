#!/bin/bash
# Installs what is missing, builds everything and runs every test.
#
#   tests/run.sh [BAZEL OPTIONS]     for example: tests/run.sh --test_filter='Agent*'
#
# The last line is "N passed, N failed", in test cases; the exit status is 0 when none failed.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
started=$SECONDS

give_up() {
  printf 'tests/run.sh: %s\n0 passed, 1 failed\n' "$1"
  exit 1
}

./deploy/install_packages.sh || give_up "the packages are not there; see above."

# In a bare container there may be no home; Bazel wants one for its cache.
if [ ! -w "${HOME:-/nonexistent}" ]; then
  export HOME="${TMPDIR:-/tmp}/muster-home-$(id -u)"
  mkdir -p -m 700 "$HOME" && [ -O "$HOME" ] || give_up "no writable home folder; set HOME."
fi

events=$(mktemp) || give_up "no temporary file"
trap 'rm -f "$events"' EXIT

echo "tests/run.sh: building and testing; the first time takes some minutes."
bazel test //... --config=opt --keep_going --symlink_prefix=/ \
  --build_event_json_file="$events" --build_event_json_file_path_conversion=false \
  --test_summary=terse --show_progress_rate_limit=10 "$@"
status=$?

python3 tests/summarize.py "$events" "$status"
status=$?
trap - EXIT
rm -f "$events"
exit "$status"
