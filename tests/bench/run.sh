#!/bin/bash
# Runs the benchmarks on one machine. README.md says what each measures.
#
#   tests/bench/run.sh [compare] [--hosts N] [--fanout N] [--rounds N]    Muster beside a few peers
#   tests/bench/run.sh founding [--quick] [--graphite HOST:PORT]          steps, for 1 to 200 hosts at once
#   tests/bench/run.sh peers [--hosts N] [--sim]                          every peer, and bulk output
#   tests/bench/run.sh scale [--quick] [--only SECTION]                   up to 20,000 simulated hosts
#   tests/bench/run.sh against --other MUSTERD                            this musterd beside another one
#   tests/bench/run.sh soak [--sessions N]                                a million sessions leave nothing behind
#   tests/bench/run.sh cancels [--lists N] [--cancels N]                  CancelRun beside any number of readers
#   tests/bench/run.sh kinds [--rounds N]                                 hosts of ten ssh_config blocks beside one
#   tests/bench/run.sh bastion [--hosts N] [--rounds N]                   hosts behind one jump host beside direct ones
#   tests/bench/run.sh micro [NAME...]                                    single parts; see micro.sh
#   tests/bench/run.sh all [--out DIR] [--quick] [--hosts N]              all, with JSON and pictures
#
# `run.sh NAME --help` shows all options. Installs the peers: from Debian, and, where they can be
# reached, from PyPI and the Go module proxy.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

name=compare
case ${1:-} in
  compare | founding | peers | scale | against | soak | cancels | kinds | bastion | all) name=$1 && shift ;;
  micro) shift && exec ./tests/bench/micro.sh "$@" ;;
  -h) sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit 0 ;;
esac

./deploy/install_packages.sh
./deploy/install_packages.sh tests/bench/packages.txt ||
  echo "bench: going on without the peers that could not be installed." >&2

bazel_options=(--config=opt --symlink_prefix=/)
programs=(//service:musterd //client:muster)
[ ! -d tests/sim ] || programs+=(//tests/sim:sim_fleet)
bazel build "${bazel_options[@]}" --show_progress_rate_limit=5 --show_result=0 "${programs[@]}"
bin=$(bazel info "${bazel_options[@]}" bazel-bin 2>/dev/null)
export MUSTER=$bin/client/muster MUSTERD=$bin/service/musterd SIM_FLEET=$bin/tests/sim/sim_fleet
export PYTHONDONTWRITEBYTECODE=1

bench() {
  /usr/bin/python3 "tests/bench/$1.py" "${@:2}"
}

if [ "$name" != all ]; then
  bench "$name" "$@"
  exit 0
fi

out=
founding=()
others=()
scale=()
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:?--out takes a folder} && shift 2 ;;
    --quick) founding+=(--quick) && others+=(--rounds 1) && scale=(--quick) && shift ;;
    --hosts) founding+=(--to "${2:?--hosts takes a number}") && others+=(--hosts "$2") && shift 2 ;;
    *) echo "run.sh all: '$1': expected --out DIR, --quick or --hosts N" >&2 && exit 2 ;;
  esac
done
[ -n "$out" ] || out=$(mktemp -d /tmp/muster-bench.XXXXXX)
mkdir -p "$out"

# One that fails does not keep the others from being measured.
failed=()
one() {
  printf '\n## %s\n\n' "$1"
  bench "$2" "${@:3}" --json "$out/$1.json" --svg "$out/$1.svg" 2>"$out/$1.log" | tee "$out/$1.md" ||
    { failed+=("$1") && cat "$out/$1.log" >&2; }
}
one compare compare "${others[@]}"
one founding founding "${founding[@]}"
one peers peers "${others[@]}"
[ ! -d tests/sim ] || one peers_sim peers --sim "${others[@]}"
one scale scale "${scale[@]}"
printf '\n## micro\n\n'
./tests/bench/micro.sh 2>"$out/micro.log" | tee "$out/micro.md" || failed+=(micro)

/usr/bin/python3 tests/bench/merge.py "$out"
echo
echo "bench: the tables, results.json and pictures are in $out"
[ "${#failed[@]}" -eq 0 ] || { echo "bench: failed: ${failed[*]}" >&2 && exit 1; }
