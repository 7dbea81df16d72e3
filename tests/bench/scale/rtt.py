"""Latency where hosts are far away: the fleet delays all that it sends."""

import statistics

from client import decode
from hosts import Hosts
from lab import FILE_BYTES, Lab
from real_sshd import RealFleet, addresses

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


class Behind:
    """A fleet behind a proxy: at another port."""

    def __init__(self, fleet, port):
        self.user, self.key, self.port = fleet.user, fleet.key, port
        self.known_hosts, self.cpu = fleet.known_hosts, fleet.cpu


def far_sshd(bench, delay, count):
    """OpenSSH's own server, over the network that the proxy plays; its handshake is delayed as well."""
    from delay_proxy import DelayProxy
    with RealFleet() as fleet, DelayProxy(fleet.port, delay / 1000) as proxy:
        with open(fleet.known_hosts, "a+", encoding="ascii") as file:
            file.seek(0)
            file.write(file.read().replace(f":{fleet.port} ", f":{proxy.port} "))
        walls = []
        with Lab(Behind(fleet, proxy.port)) as lab:
            for _ in range(2):
                cost, messages = lab.run(addresses(200, 9).replace("[1-200]", f"[1-{count}]"),
                                         f"cat {fleet.file}", in_flight=64)
                walls.append(cost.wall * 1000)
                bench.results.check(all(host.state == "SUCCEEDED"
                                        for host in decode(messages).values()),
                                    f"sshd {delay} ms away failed")
    return {"RTT ms": delay, "hosts": count, "first run ms": walls[0],
            "in RTTs": walls[0] / delay if delay else None, "second run ms": walls[1],
            "second in RTTs": walls[1] / delay if delay else None}


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
    bench.results.table("Round-trip time before OpenSSH's server", [
        far_sshd(bench, delay, count) for delay in bench.pick(DELAYS, (0, 50))
        for count in bench.pick((1, 50), (1,))], bench.note(
            "Through `tests/sim/delay_proxy.py`, one round trip of TCP included; `cat` of 26 KB."))
