#!/bin/bash
# Measures musterd against a simulated fleet of up to 20,000 hosts.
#
#   tests/bench/scale.sh [--only SECTION]... [--quick] [--output FOLDER]      see scale.py --help
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
./deploy/install_packages.sh

bazel_options=(--config=opt --symlink_prefix=/)
bazel build "${bazel_options[@]}" --show_progress_rate_limit=5 --show_result=0 \
  //service:musterd //client:muster //tests/sim:sim_fleet
bin=$(bazel info "${bazel_options[@]}" bazel-bin 2>/dev/null)

MUSTER=$bin/client/muster MUSTERD=$bin/service/musterd SIM_FLEET=$bin/tests/sim/sim_fleet \
  exec /usr/bin/python3 tests/bench/scale.py "$@"
