"""Compares what two musterds cost: this one, and another that was built elsewhere.

    tests/bench/run.sh against --other PATH/musterd [--rounds 5] [--hosts 1000 --hosts 5000]

In each round both are there, over the same simulated hosts, and take turns at the same thing (this, other, other,
this, ...): cold hosts with 26 KB of output each, the same hosts warm, `true` on them; and 100 hosts' 10 MiB each, up
to the log. Each pair of neighbouring turns gives a ratio, so that whatever else the machine does meets both; what
is shown is the median of these ratios, and between which values it is with 95% certainty. After each round: what
memory each has, with all sessions open.
"""

import collections
import contextlib
import math
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

MIB = 1 << 20
BULK_HOSTS, BULK_BYTES = 100, 10 * MIB
COLD_PAIRS = 4  # of turns in one round, of each number of hosts
COLD_HOSTS = 4000  # of one pair of daemons, where that is more than one set: their descriptors have to do
WARM_HOSTS = 24000  # of one round, each way: the fewer a turn has, the more turns tell 2%
OUTPUT = f"out {lab.FILE_BYTES}"


def watched(command):
    return lambda one, hosts: one.run(hosts, command)[0]


def bulk(one, hosts):
    cost, run = one.run_unwatched(hosts, f"out {BULK_BYTES}")
    assert lab.succeeded(run), run
    return cost


def sets_at_once(count):
    return min(COLD_PAIRS, max(1, COLD_HOSTS // count))


def cold_steps(count):
    """(what, how many hosts, their expression, pairs of turns, how) of `count` hosts, in order."""
    for number in range(sets_at_once(count)):
        yield f"{count:,} cold, 26 KB", count, Hosts(2 + number, count).expression, 1, watched(OUTPUT)


def steps(count):
    yield from cold_steps(count)
    hosts, pairs = Hosts(2, count).expression, max(8, WARM_HOSTS // count)
    yield f"{count:,} warm, 26 KB", count, hosts, pairs, watched(OUTPUT)
    yield f"{count:,} warm, true", count, hosts, pairs, watched("true")


def bulk_steps():
    hosts = Hosts(2, BULK_HOSTS).expression
    yield "", BULK_HOSTS, hosts, 1, watched("true")
    yield "100 hosts' 10 MiB", BULK_HOSTS, hosts, 4, bulk


def take_turns(programs, planned, found, number):
    """Who is second meets a machine that is warm: they take turns in that too. The memory at the end, by name."""
    with SimFleet() as fleet, contextlib.ExitStack() as stack:
        labs = {name: stack.enter_context(lab.Lab(lab.Simulated(fleet), program=program))
                for name, program in programs.items()}
        for what, count, hosts, pairs, how in planned:
            for _ in range(pairs):
                number += 1
                for name in sorted(labs, reverse=number % 2 == 1):
                    cost = how(labs[name], hosts)
                    found[what][name].append((cost.daemon / count * 1000, cost.wall))
        return {name: one.memory() for name, one in labs.items()}


def measure(programs, counts, rounds):
    """what -> program -> (milliseconds of the daemon's CPU a host, seconds of wall) of each turn; and sessions ->
    the memory of each round, by program."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    memory = collections.defaultdict(list)
    for number in range(rounds):
        for count in counts:
            at_once = sets_at_once(count)
            memory[at_once * count].append(take_turns(programs, steps(count), found, number))
            for more in range(1, COLD_PAIRS // at_once):
                take_turns(programs, cold_steps(count), found, number + more)
        memory[BULK_HOSTS].append(take_turns(programs, bulk_steps(), found, number))
        print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    found.pop("")  # what only made sessions
    return found, memory


def memory_rows(memory):
    for sessions, rounds in memory.items():
        own, other = (statistics.median(each[name] for each in rounds) for name in ("this", "other"))
        yield {"sessions": sessions, "RSS MiB": own / MIB, "the other's": other / MIB,
               "ratio": f"{statistics.median(each['this'] / each['other'] for each in rounds):.3f}"}


def median_between(values):
    """The ranks between which the median is with 95% certainty: the sign test's."""
    values = sorted(values)
    reach = 0.98 * math.sqrt(len(values))
    middle = (len(values) - 1) / 2
    return values[max(0, math.floor(middle - reach))], values[min(len(values) - 1, math.ceil(middle + reach))]


def rows(found):
    for what, costs in found.items():
        ratios = [own[0] / other[0] for own, other in zip(costs["this"], costs["other"])]
        own, other = ([statistics.median(column) for column in zip(*costs[name])]
                      for name in ("this", "other"))
        least, most = median_between(ratios)
        yield {"what": what, "pairs": len(ratios), "CPU ms a host": own[0], "the other's": other[0],
               "ratio": f"{statistics.median(ratios):.3f}", "from": f"{least:.3f}", "to": f"{most:.3f}",
               "wall s": own[1], "the other's wall s": other[1]}


def main():
    parser = report.parser(__doc__)
    parser.add_argument("--other", required=True, metavar="MUSTERD")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hosts", type=int, action="append", metavar="N")
    arguments = parser.parse_args()
    lab.raise_descriptor_limit()
    programs = {"this": MUSTERD, "other": os.path.abspath(arguments.other)}
    found, memory = measure(programs, arguments.hosts or [1000, 5000], arguments.rounds)
    results = Results({"rounds": arguments.rounds, "load before": os.getloadavg()[0]})
    results.table("This musterd and another", list(rows(found)), report.machine())
    results.table("Their memory", list(memory_rows(memory)), "")
    report.save(arguments, results.as_json(), "")


if __name__ == "__main__":
    main()
