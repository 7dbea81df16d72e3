#!/bin/bash
# Runs the tests under sanitizers: all of them under AddressSanitizer and UBSan, and what has threads
# of its own (the loop, the log, runs, the reactors behind the whole daemon) under ThreadSanitizer.
# Takes some ten minutes on two cores.
#
#   tests/sanitize.sh [asan|tsan] [BAZEL OPTIONS]      default: both
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
which=both
case ${1:-} in asan | tsan) which=$1; shift ;; esac
options=(--symlink_prefix=/ --keep_going --test_summary=terse --test_timeout=600)
status=0

if [ "$which" != tsan ]; then
  bazel test --config=asan --config=ubsan "${options[@]}" "$@" //tests/... || status=1
fi
if [ "$which" != asan ]; then
  # libssh and OpenSSL are not instrumented: what they do with one session at a time is not seen.
  bazel test --config=tsan "${options[@]}" \
    --test_env=TSAN_OPTIONS="suppressions=$PWD/deploy/bazel/tsan.supp halt_on_error=1" "$@" \
    //tests/ssh_engine/... //tests/service:run_log_test //tests/service:run_test \
    //tests/service:run_store_test //tests/integration:test_contract \
    //tests/integration:test_cancel //tests/integration:test_scale || status=1
fi
[ "$status" -eq 0 ] && echo "sanitize: clean" || echo "sanitize: see above"
exit "$status"
