#!/bin/bash
# Shows Muster at work: installs what is missing, builds, starts a small fleet of real OpenSSH servers
# on loopback and a musterd of its own, and runs commands on all of them. Leaves nothing running and
# nothing but the build behind.
#
#   deploy/demo.sh [--keep] [SERVERS]     default: 5 servers; --keep: let them run until Enter is
#                                         pressed, to try things by hand
#   deploy/demo.sh [--keep] --hosts N     a big fleet instead: N hosts that one process simulates
#                                         (tests/sim), up to 19000
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

keep=no
servers=5
hosts= # simulated ones
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes ;;
    --hosts)
      hosts=${2:-}
      [[ $hosts =~ ^[1-9][0-9]{0,4}$ ]] && [ "$hosts" -le 19000 ] ||
        die "--hosts '$hosts': expected 1 to 19000"
      shift
      ;;
    [1-9] | [1-9][0-9]) servers=$1 ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) die "'$1': expected --keep, --hosts N, or 1 to 99 servers" ;;
  esac
  shift
done

./deploy/install_packages.sh

# In a bare container there may be no home; Bazel wants one for its cache.
if [ ! -w "${HOME:-/nonexistent}" ]; then
  export HOME="${TMPDIR:-/tmp}/muster-home-$(id -u)"
  mkdir -p -m 700 "$HOME" && [ -O "$HOME" ] || die "no writable home folder; set HOME."
fi

echo "demo: building; the first time takes some minutes."
bazel_options=(--config=opt --symlink_prefix=/)
bazel build "${bazel_options[@]}" --show_progress_rate_limit=5 --show_result=0 \
  //service:musterd //client:muster ${hosts:+//tests/sim:sim_fleet}
bin=$(bazel info "${bazel_options[@]}" bazel-bin 2>/dev/null)

folder=$(mktemp -d /tmp/muster-demo.XXXXXX)
chmod 755 "$folder" # as root the servers log in a user of their own, who reads authorized_keys
fleet_pid=
daemon_pid=
clean_up() {
  exec 8>&- 9>&- || true
  [ -z "$daemon_pid" ] || kill "$daemon_pid" 2>/dev/null || true
  [ -z "$fleet_pid" ] || kill "$fleet_pid" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkfifo "$folder/fleet_input" "$folder/fleet_output" "$folder/ready"
if [ -n "$hosts" ]; then
  echo "demo: starting one process that plays $hosts SSH hosts on loopback."
  fleet=("$bin/tests/sim/sim_fleet" --addresses "$hosts" --folder)
else
  echo "demo: starting $servers SSH servers on loopback."
  fleet=(python3 tests/integration/fleet.py --servers "$servers")
fi
"${fleet[@]}" "$folder/fleet" <"$folder/fleet_input" >"$folder/fleet_output" &
fleet_pid=$!
exec 9>"$folder/fleet_input"
read -r line <"$folder/fleet_output" || die "the SSH servers did not start; see above."
echo "demo: $line"

export MUSTER_SERVER="unix:$folder/run/musterd.sock" MUSTER_INVENTORY="$folder/fleet/inventory.ini"
exec 8<>"$folder/ready"
"$bin/service/musterd" --listen "$MUSTER_SERVER" --state-dir "$folder/state" --ready-fd 8 \
  2>"$folder/musterd.log" &
daemon_pid=$!
until read -r -t 1 line <&8; do
  kill -0 "$daemon_pid" 2>/dev/null || { cat "$folder/musterd.log" >&2; die "musterd ended."; }
done

login=(-i "$folder/fleet/client_key" --known-hosts "$folder/fleet/known_hosts")
muster() {
  local word
  printf '\n$ muster'
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9@/.,_=-]+$ ]] || word=${word@Q}
    printf ' %s' "${word#"$folder/"}"
  done
  printf '\n'
  "$bin/client/muster" "$@" </dev/null
}
expect() {
  local wanted=$1 code=0
  shift
  muster "$@" || code=$?
  [ "$code" -eq "$wanted" ] || die "that ended with exit code $code instead of $wanted"
}

show_servers() {
  expect 0 targets @nodes
  # shellcheck disable=SC2016 # the hosts' shells expand these
  expect 0 run "${login[@]}" -t @nodes -- \
    'set -- $SSH_CONNECTION; for i in 1 2 3; do echo "line $i of $3"; sleep 0.2; done'
  expect 0 run "${login[@]}" -t @nodes --fold -- 'uname -sr'
  expect 1 run "${login[@]}" -t 'node1' -- 'echo "something is wrong" >&2; exit 4'
  expect 0 runs
}
# The same twice: the second time the daemon has just spoken to all of them.
show_simulated() {
  expect 0 run "${login[@]}" -t @nodes --fold -- 'uname -r'
  expect 0 run "${login[@]}" -t @nodes --fold -- 'uname -r'
  expect 1 run "${login[@]}" -t 'node00001' -- 'lines 3; err 30; exit 4'
  expect 0 runs
}
if [ -n "$hosts" ]; then show_simulated; else show_servers; fi

if [ "$keep" = yes ]; then
  cat <<END

demo: everything goes on running. In another terminal:
  export MUSTER_SERVER=$MUSTER_SERVER MUSTER_INVENTORY=$MUSTER_INVENTORY
  $bin/client/muster run ${login[*]} -t @nodes -- uptime
demo: press Enter to end it.
END
  read -r || true
fi
echo
echo "demo: done. The programs are $bin/client/muster and $bin/service/musterd."
