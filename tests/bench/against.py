"""Compares what two musterds cost: this one, and another that was built elsewhere.

    tests/bench/run.sh against --other PATH/musterd [--rounds 5] [--hosts 1000 --hosts 5000]

They take turns within one run of this program, so that whatever else the machine does meets both; medians
are compared. Each turn is a daemon of its own over simulated hosts: cold hosts with 26 KB of output each,
the same hosts warm, `true` on them; and 100 hosts' 10 MiB each, up to the log.
"""

import collections
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "scale"))
# pylint: disable=wrong-import-position
import lab
import report
import imports  # pylint: disable=unused-import
from hosts import Hosts
from programs import MUSTERD
from results import Results
from sim import SimFleet

BULK_HOSTS, BULK_BYTES = 100, 10 << 20


def sessions(fleet, program, count):
    """(what, Cost) of one daemon: each per host."""
    hosts = Hosts(2, count).expression
    output = f"out {lab.FILE_BYTES}"
    with lab.Lab(fleet, program=program) as one:
        for what, command in (("cold, 26 KB", output), ("warm, 26 KB", output), ("warm, true", "true")):
            yield f"{count:,} {what}", one.run(hosts, command)[0], count


def bulk(fleet, program):
    hosts = Hosts(3, BULK_HOSTS).expression
    with lab.Lab(fleet, program=program) as one:
        one.run(hosts, "true")
        cost, run = one.run_unwatched(hosts, f"out {BULK_BYTES}")
        assert lab.succeeded(run), run
        yield "100 hosts' 10 MiB", cost, BULK_HOSTS


def turns(fleet, program, counts):
    for count in counts:
        yield from sessions(fleet, program, count)
    yield from bulk(fleet, program)


def measure(programs, counts, rounds):
    """what -> program -> (milliseconds of the daemon's CPU a host, seconds of wall) of each round."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for number in range(rounds):
        # Who is second meets a machine that is warm: they take turns in that too.
        for name, program in sorted(programs.items(), reverse=number % 2 == 1):
            with SimFleet() as fleet:
                for what, cost, hosts in turns(lab.Simulated(fleet), program, counts):
                    found[what][name].append((cost.daemon / hosts * 1000, cost.wall))
        print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def rows(found):
    for what, costs in found.items():
        own, other = ([statistics.median(column) for column in zip(*costs[name])]
                      for name in ("this", "other"))
        spread = [cpu for cpu, _ in costs["this"]]
        yield {"what": what, "CPU ms a host": own[0], "from": min(spread), "to": max(spread),
               "the other's": other[0], "ratio": own[0] / other[0],
               "wall s": own[1], "the other's wall s": other[1]}


def main():
    parser = report.parser(__doc__)
    parser.add_argument("--other", required=True, metavar="MUSTERD")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hosts", type=int, action="append", metavar="N")
    arguments = parser.parse_args()
    lab.raise_descriptor_limit()
    programs = {"this": MUSTERD, "other": os.path.abspath(arguments.other)}
    found = measure(programs, arguments.hosts or [1000, 5000], arguments.rounds)
    results = Results({"rounds": arguments.rounds, "load before": os.getloadavg()[0]})
    results.table("This musterd and another", list(rows(found)), report.machine())
    report.save(arguments, results.as_json(), "")


if __name__ == "__main__":
    main()
