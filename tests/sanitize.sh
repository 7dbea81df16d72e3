#!/bin/bash
# Runs the tests under sanitizers: all of them under AddressSanitizer and UBSan, and what has threads
# of its own (the loop, the log, runs, the whole daemon) under ThreadSanitizer; where there is clang,
# also its thread-safety analysis.
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
    --test_env=TSAN_OPTIONS="suppressions=$PWD/deploy/bazel/tsan.supp ignore_noninstrumented_modules=1 report_thread_leaks=0 halt_on_error=1" "$@" \
    //tests/ssh_engine/... //tests/service/log/... //tests/service/journal/... //tests/service/artifacts/... \
    //tests/service/runs/... //tests/service/simulation/... \
    //tests/integration:test_contract \
    //tests/integration:test_cancel //tests/integration:test_jump //tests/integration:test_scale \
    //tests/integration:test_sessions || status=1
fi
# The reactors run on gRPC's threads, where ThreadSanitizer is blind: their locks are proved instead.
if [ "$which" != asan ] && command -v clang++ >/dev/null; then
  bazel build "${options[@]}" "$@" //service:musterd || status=1
  generated=$(bazel info "${options[@]}" bazel-bin 2>/dev/null)/proto
  for source in $(git ls-files 'ssh_engine/*.cc' 'service/*.cc' 'client/*.cc'); do
    clang++ -std=c++17 -fsyntax-only -Wno-everything -Werror=thread-safety -I. -I"$generated" \
      "$source" || status=1
  done
fi
[ "$status" -eq 0 ] && echo "sanitize: clean" || echo "sanitize: see above"
exit "$status"
