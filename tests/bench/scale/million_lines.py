"""A million lines: up to the log, to a gRPC client, and printed by the command line."""

import resource

from hosts import Hosts
from lab import Cost, Lab, succeeded

LINE = 64


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def row(way, hosts, lines, cost, client):
    total = lines * len(hosts)
    return {"to": way, "hosts": len(hosts), "lines": total, "wall s": cost.wall,
            "lines/s": total / cost.wall, "daemon CPU s": cost.daemon,
            "daemon's ns a line": cost.daemon / total * 1e9, "client CPU s": client}


def printed(bench, lab, hosts, command, lines):
    before = children_cpu()
    with Cost(lab) as cost:
        _, done = lab.muster("-q", "-t", hosts.expression, "--", command)
    bench.results.check(done.returncode == 0, f"{command}: {done.stderr[-300:]!r}")
    bench.results.check(done.stdout.count(b"\n") == lines * len(hosts), "lines were lost")
    return row("muster run", hosts, lines, cost, children_cpu() - before)


def measure(bench, lab, hosts, lines):
    command = f"out {lines * LINE}"
    lab.run(hosts.expression, "true")
    cost, ended = lab.run_unwatched(hosts.expression, command)
    bench.results.check(succeeded(ended), f"{command} ended as {ended.state}")
    yield row("the log", hosts, lines, cost, 0.0)
    cost, messages = lab.run(hosts.expression, command)
    bench.results.check(sum(map(len, messages)) >= lines * LINE * len(hosts), "bytes were lost")
    yield row("a gRPC client, raw", hosts, lines, cost, cost.client)
    yield printed(bench, lab, hosts, command, lines)


def run(bench):
    total = bench.pick(1_000_000, 100_000)
    rows = []
    with bench.fleet() as fleet:
        for count in (1, 100, 1000):
            with Lab(fleet) as lab:
                rows += measure(bench, lab, Hosts(2, count), total // count)
    bench.results.table(f"{total:,} lines", rows, bench.note(f"Of {LINE} bytes."))
