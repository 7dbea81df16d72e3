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

import against
import imports  # pylint: disable=unused-import
import report
from fleet import Fleet
from measure import process_cpu
from programs import Daemon, Muster
from results import Results
from sim import SimFleet

USUAL = ["MaxSessions 10", "MaxStartups 10:30:100"]  # sshd_config(5)


def append(path, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def public_key(path):
    return subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout


def turn(daemon, muster, *way):
    """Milliseconds of the daemon's CPU."""
    before = process_cpu(daemon.process.pid)
    result = muster("run", *muster.login, *way, "--fold", "true")
    assert result.code == 0, result.err
    return (process_cpu(daemon.process.pid) - before) * 1000


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
        found = ([], [])
        for number in range(rounds + 1):
            for way in (1, 0) if number % 2 else (0, 1):
                found[way].append(turn(daemon, muster, *targets, *(by if way else [])))
    return [costs[1:] for costs in found]  # the first one reads files


def main():
    parser = report.parser(__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    direct, jumped = measure(arguments.hosts, arguments.rounds)
    ratios = [own / other for own, other in zip(jumped, direct)]
    least, most = against.median_between(ratios)
    results = Results({"hosts": arguments.hosts, "rounds": arguments.rounds, "load before": os.getloadavg()[0]})
    results.table("Hosts behind one jump host", [{
        "hosts": arguments.hosts, "pairs": len(ratios),
        "CPU ms a host": statistics.median(jumped) / arguments.hosts,
        "directly": statistics.median(direct) / arguments.hosts,
        "ratio": f"{statistics.median(ratios):.3f}", "from": f"{least:.3f}", "to": f"{most:.3f}"}],
        report.machine())
    report.save(arguments, results.as_json(), "")


if __name__ == "__main__":
    main()
