"""What hosts cost that are reached by way of one jump host, beside the same hosts reached directly.

    tests/bench/run.sh bastion [--hosts 1000] [--rounds 10]

Simulated hosts behind one real sshd with the usual MaxSessions and MaxStartups, `true` on each, in turns (direct, by way
of it, by way of it, direct, ...), each session made anew. Every host has to succeed. The ratio of neighbouring turns: of
the daemon's CPU.
"""

import contextlib
import os
import statistics
import subprocess

import imports  # pylint: disable=unused-import
import report
import turns
from fleet import Fleet
from programs import Daemon, Muster
from results import Results
from sim import SimFleet

USUAL = ["MaxSessions 10", "MaxStartups 10:30:100"]  # sshd_config(5)


def append(path, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def public_key(path):
    return subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout


def measure(hosts, rounds):
    """Milliseconds of each turn: directly, and by way of the jump host."""
    with contextlib.ExitStack() as stack:
        sim = stack.enter_context(SimFleet(hosts))
        fleet = stack.enter_context(Fleet())
        jump = fleet.start(config=USUAL)
        # One key opens both, and one file knows both.
        append(os.path.join(fleet.folder, "authorized_keys"), public_key(sim.key))
        append(sim.known_hosts, jump.known_hosts_line("127.0.0.1"))
        daemon = stack.enter_context(Daemon(args=["--session-idle", "0"]))
        muster = Muster(daemon, sim)
        targets = ["-t", ",".join(sim.addresses)]
        by = ["-J", f"{fleet.user}@127.0.0.1:{jump.port}"]
        def take(way):
            return turns.cost(daemon, muster, *muster.login, *targets, *(by if way else []), "--fold", "true")
        return turns.in_turns(rounds, take)


def main():
    parser = report.parser(__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    direct, jumped = measure(arguments.hosts, arguments.rounds)
    results = Results({"hosts": arguments.hosts, "rounds": arguments.rounds, "load before": os.getloadavg()[0]})
    results.table("Hosts behind one jump host", [{
        "hosts": arguments.hosts, "pairs": len(jumped),
        "CPU ms a host": statistics.median(jumped) / arguments.hosts,
        "directly": statistics.median(direct) / arguments.hosts,
        **turns.ratios(jumped, direct)}],
        report.machine())
    report.save(arguments, results.as_json(), "")


if __name__ == "__main__":
    main()
