"""Many sessions through one daemon, against the simulated fleet, to see that none of them leaves a
descriptor or memory behind.

    tests/bench/run.sh soak [--sessions 1000000] [--hosts 4000]

Each round reaches every host anew (musterd --session-idle 0) and checks that all succeeded. The
first quarter fills the allocator's caches and the runs that the daemon keeps; what is resident then is
compared with what is at the end. Exits with 1 where that grew by more than a tenth, or a descriptor more is
open.
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "integration"), os.path.join(HERE, "..", "sim")]
from programs import Daemon, Muster  # pylint: disable=wrong-import-position
from sim import SimFleet  # pylint: disable=wrong-import-position

KEPT_RUNS = 5


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def one_round(muster, fleet, hosts):
    result = muster("run", "-u", fleet.user, "-p", str(fleet.port), "-i", fleet.key,
                    "--known-hosts", fleet.known_hosts, "-f", "2000", "-t", hosts, "--",
                    "out 1000")
    if result.code != 0:
        sys.exit(f"soak: a host did not succeed:\n{result.err[-2000:]}")


def soak(sessions, count):
    with SimFleet(hosts=count) as fleet, \
            Daemon(args=["--session-idle", "0", "--keep-runs", str(KEPT_RUNS), "--log-level",
                         "warn"]) as daemon:
        muster = Muster(daemon)
        hosts = ",".join(fleet.addresses)
        rounds = max(4 * KEPT_RUNS, -(-sessions // count))
        warm_up = rounds // 4
        settled = None
        for number in range(1, rounds + 1):
            one_round(muster, fleet, hosts)
            if number == warm_up:
                settled = (daemon.memory(), descriptors(daemon))
            if number % 10 == 0 or number == rounds:
                print(f"{number * count} sessions: {daemon.memory() / 2**20:.0f} MiB resident, "
                      f"{descriptors(daemon)} descriptors", flush=True)
        memory, files = daemon.memory(), descriptors(daemon)
        grown = memory / settled[0] - 1
        print(f"since {warm_up * count} sessions: memory {grown:+.1%}, descriptors "
              f"{files - settled[1]:+d}")
        return grown <= 0.1 and files <= settled[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=4000)
    arguments = parser.parse_args()
    sys.exit(0 if soak(arguments.sessions, arguments.hosts) else 1)


if __name__ == "__main__":
    main()
