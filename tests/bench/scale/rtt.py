"""Latency where hosts are far away: the fleet delays all that it sends."""

import statistics

from client import decode
from hosts import Hosts
from lab import FILE_BYTES, Lab

DELAYS = (0, 10, 50, 200)  # ms


def measure(bench, lab, net, count, delay, rounds):
    cold, warm, was_warm = [], [], 0
    for number in range(rounds):
        hosts = Hosts(net + number, count)
        for walls in (cold, warm):
            cost, messages = lab.run(hosts.expression, f"out {FILE_BYTES}")
            walls.append(cost.wall * 1000)
            decoded = decode(messages)
            bench.results.check(all(host.state == "SUCCEEDED" for host in decoded.values()),
                               f"{count} hosts at {delay} ms failed")
            was_warm = sum(host.warm for host in decoded.values())
    first, second = statistics.median(cold), statistics.median(warm)
    return {"RTT ms": delay, "hosts": count, "first run ms": first,
            "in RTTs": first / delay if delay else None, "second run ms": second,
            "second in RTTs": second / delay if delay else None, "warm": was_warm}


def run(bench):
    counts = bench.pick((1, 100, 1000), (1, 100))
    rows = []
    # Ten nets for each delay.
    rules = [f"127.{10 * (at + 1)}.0.0-127.{10 * (at + 1) + 9}.255.255 delay {delay}"
             for at, delay in enumerate(DELAYS) if delay]
    with bench.fleet(rules) as fleet:
        for at, delay in enumerate(DELAYS):
            for count in counts:
                with Lab(fleet) as lab:
                    rows.append(measure(bench, lab, 10 * (at + 1), count, delay,
                                        5 if count == 1 else 1))
    bench.results.table("Round-trip time", rows, bench.note(
        f"`out {FILE_BYTES}`. TCP's own handshake is the kernel's and not delayed, so a cold host takes "
        "one round trip less than over a real network."))
    bench.plot("rtt", rows)
