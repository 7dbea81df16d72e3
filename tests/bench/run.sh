#!/bin/bash
# Measures muster beside pdsh, pssh, clush and parallel-ssh on one machine, in one run.
#
#   tests/bench/run.sh [--hosts N] [--fanout N] [--rounds N]      see compare.py --help
#
# Installs pdsh and pssh from Debian; parallel-ssh from PyPI, where that can be reached.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
./deploy/install_packages.sh deploy/packages.txt tests/bench/packages.txt

bazel_options=(--config=opt --symlink_prefix=/)
bazel build "${bazel_options[@]}" --show_progress_rate_limit=5 --show_result=0 \
  //service:musterd //client:muster
bin=$(bazel info "${bazel_options[@]}" bazel-bin 2>/dev/null)

venv=${XDG_CACHE_HOME:-$HOME/.cache}/muster-bench
if ! "$venv/bin/python" -c 'import pssh.clients' 2>/dev/null; then
  echo "bench: installing parallel-ssh from PyPI."
  /usr/bin/python3 -m venv "$venv" && timeout 300 "$venv/bin/pip" install -q parallel-ssh ||
    echo "bench: PyPI cannot be reached; measuring without parallel-ssh." >&2
fi

MUSTER=$bin/client/muster MUSTERD=$bin/service/musterd PARALLEL_SSH_PYTHON=$venv/bin/python \
  exec python3 tests/bench/compare.py "$@"
