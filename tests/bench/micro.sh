#!/bin/bash
# Builds and runs the microbenchmarks.
#
#   tests/bench/micro.sh [NAME...] [GOOGLE BENCHMARK OPTIONS]
#
# NAME: event_block, folded_view, journal, key_exchange, known_hosts, line_assembler, node_set,
# run_log or run_store; default: all. For example:
#   tests/bench/micro.sh known_hosts --benchmark_filter=hashed
# With MICRO_JSON=FOLDER each also writes FOLDER/NAME.json.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

names=()
options=()
for argument in "$@"; do
  case $argument in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) options+=("$argument") ;;
    *) names+=("$argument") ;;
  esac
done
[ "${#names[@]}" -gt 0 ] || names=(event_block folded_view journal key_exchange known_hosts line_assembler
    node_set run_log run_store)

./deploy/install_packages.sh
targets=("${names[@]/#///tests/bench/micro:}")
bazel_options=(--config=opt --symlink_prefix=/)
bazel build "${bazel_options[@]}" --show_progress_rate_limit=5 --show_result=0 \
  "${targets[@]/%/_bench}"
bin=$(bazel info "${bazel_options[@]}" bazel-bin 2>/dev/null)

for name in "${names[@]}"; do
  echo "== $name"
  json=()
  [ -z "${MICRO_JSON:-}" ] ||
    json=(--benchmark_out_format=json "--benchmark_out=$MICRO_JSON/$name.json")
  "$bin/tests/bench/micro/${name}_bench" "${json[@]}" "${options[@]}"
done
