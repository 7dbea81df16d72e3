"""How long a small run on warm hosts takes while thousands of cold hosts are being reached."""

import time

from client import decode
from hosts import Hosts
from lab import FILE_BYTES, Lab, succeeded

IDLE_RUNS = 200


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def small_run(lab, spec):
    """Seconds, and the messages."""
    cost, messages = lab.measure(spec)
    return cost.wall, messages


def during(lab, spec, big_run):
    """Small runs, one after the other, until the big one is over."""
    walls, messages = [], []
    while not lab.client.ended(big_run):
        wall, got = small_run(lab, spec)
        walls.append(wall)
        messages.append(got)
    return walls, messages


def row(name, walls):
    milliseconds = [wall * 1000 for wall in walls]
    return {"small runs": name, "runs": len(walls), "p50 ms": percentile(milliseconds, 0.5),
            "p95 ms": percentile(milliseconds, 0.95), "p99 ms": percentile(milliseconds, 0.99),
            "worst ms": max(milliseconds)}


def measure(bench, lab, small, count, net):
    """With a cold run of `count` hosts beside it."""
    big = Hosts(net, count)
    start = time.monotonic()
    run_id = lab.client.start(lab.spec(big.expression, f"out {FILE_BYTES}"))
    walls, messages = during(lab, small, run_id)
    took = time.monotonic() - start
    state = lab.client.get(run_id)
    bench.results.check(succeeded(state), f"the run of {count} cold hosts ended as {state.state}")
    hosts = [host for got in messages for host in decode(got).values()]
    bench.results.check(all(host.state == "SUCCEEDED" for host in hosts), "a small run failed")
    warm = sum(host.warm for host in hosts) / max(1, len(hosts))
    return {**row(f"while {count:,} cold hosts are reached", walls), "warm share": warm,
            "the big run took s": took}


def run(bench):
    count = bench.pick(5000, 500)
    rows = []
    # A fleet's own turn is long while thousands of hosts are served: the small run has its own.
    with bench.fleet() as fleet, bench.fleet() as apart, Lab(fleet) as lab:
        small = lab.spec(Hosts(2, 10).expression, "true", fleet=apart)
        small_run(lab, small)
        rows.append(row("alone", [small_run(lab, small)[0] for _ in range(IDLE_RUNS)]))
        for net in (3, 4):
            rows.append(measure(bench, lab, small, count, net))
    last = rows[-1]
    worst = max(row["p95 ms"] for row in rows[1:])
    bench.results.goal("mixed_p95", worst if last["warm share"] == 1 else None,
                      f"{count:,} cold hosts; {last['warm share']:.0%} of the small runs' hosts warm")
    bench.results.table("A small run beside a big one", rows, bench.note(
        "10 hosts, `true`, by one gRPC client, one run after the other, whose hosts are a process of "
        "their own. Nobody watches the big run."))
