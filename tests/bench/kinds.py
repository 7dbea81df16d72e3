"""What hosts cost that are reached in different ways, beside hosts that are all reached in one way.

    tests/bench/run.sh kinds [--rounds 20]

Two hundred real servers' logins a run, once by an ssh_config file with ten kinds of blocks (ports, keys, an agent,
aliases, new host keys; two of them by way of jump hosts), once by one that says the same of all of them,
in turns (this, other, other, this, ...), each session made anew. The ratio of neighbouring turns: of the daemon's CPU.
"""

import contextlib
import os
import statistics
import tempfile

import imports  # pylint: disable=unused-import
import report
import turns
from fleet import Fleet, write
from programs import Daemon, Muster
from results import Results
from ssh_kinds import BLOCKS, EACH, Kinds, address

JUMPS = ("jump", "chain")


def uniform(kinds):
    """The same hosts under other names, all of them as the plain ones are."""
    lines = [f"Host one-{block}{number}\n HostName {address(block, number)}"
             for block in BLOCKS for number in range(1, EACH + 1)]
    values = kinds.values
    return "\n".join([*lines, f"Host *\n Port {values['port']}\n IdentityFile {values['key']}\n"
                      f" User {kinds.fleet.user}\n UserKnownHostsFile {kinds.fleet.known_hosts}\n"
                      " GlobalKnownHostsFile none\n IdentityAgent none\n"])


def names(prefix, blocks):
    return ",".join(f"{prefix}{block}[1-{EACH}]" for block in blocks)


def measure(rounds, blocks):
    """Milliseconds of each turn: of ten kinds, and of one."""
    with contextlib.ExitStack() as stack:
        fleet = stack.enter_context(Fleet())
        kinds = Kinds(fleet)
        stack.callback(kinds.stop)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        daemon = stack.enter_context(Daemon(args=["--session-idle", "0"]))
        muster = Muster(daemon)
        ways = []
        for name, text, prefix in (("kinds", kinds.text(), ""), ("one", uniform(kinds), "one-")):
            write(os.path.join(folder, name), text)
            ways.append((os.path.join(folder, name), names(prefix, blocks)))
        def take(way):
            config, targets = ways[way]
            return turns.cost(daemon, muster, "-F", config, "-t", targets, "true")
        return turns.in_turns(rounds, take)


def row(what, rounds, blocks):
    kinds, one = measure(rounds, blocks)
    hosts = EACH * len(blocks)
    return {"what": what, "hosts": hosts, "pairs": len(kinds),
            "CPU ms a host": statistics.median(kinds) / hosts,
            "of one kind": statistics.median(one) / hosts,
            **turns.ratios(kinds, one)}


def main():
    parser = report.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    direct = [block for block in BLOCKS if block not in JUMPS]
    results = Results({"rounds": arguments.rounds, "load before": os.getloadavg()[0]})
    results.table("Hosts of many kinds and of one",
                  [row("ten kinds, two of them by way of jump hosts", arguments.rounds, BLOCKS),
                   row("the eight that are reached directly", arguments.rounds, direct)],
                  report.machine())
    report.save(arguments, results.as_json(), "")


if __name__ == "__main__":
    main()
