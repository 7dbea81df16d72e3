"""Cold and warm sessions, from one to as many as this machine's descriptors allow."""

import statistics

from client import decode
from hosts import Hosts, wrong_hosts
from lab import FILE_BYTES, Lab, most_sessions

FULL = (1, 10, 100, 1000, 5000, 10000, 20000)
QUICK = (1, 10, 100, 500)
# Small runs are repeated, on other hosts each time, until so many sessions were made.
SESSIONS = 2000


def rounds_of(count):
    return max(1, min(200, SESSIONS // count))


class Point:
    """What one number of hosts cost: each list has one Cost for each round."""

    def __init__(self, bench, lab, count):
        self._bench, self._lab = bench, lab
        self.count = count
        # From the second net on: the first is that of the whole machine.
        self.fleets = [Hosts(net, count) for net in range(2, 2 + rounds_of(count))]
        self.warm_hosts = self.wrong = 0
        self._log_bytes = 0
        before = lab.memory()
        self.cold = self._rounds(f"out {FILE_BYTES}", FILE_BYTES)
        self.again = self._rounds(f"out {FILE_BYTES}", FILE_BYTES)
        self.quiet = self._rounds("true", 0)
        grown = (lab.memory() if self.warm_hosts else lab.peak_memory()) - before - self._log_bytes
        held = count * (len(self.fleets) if self.warm_hosts else 1)
        self.memory = grown / held

    def _rounds(self, command, size):
        costs = []
        for hosts in self.fleets:
            cost, messages = self._lab.run(hosts.expression, command)
            costs.append(cost)
            self._log_bytes += sum(map(len, messages))
            decoded = decode(messages)
            wrong = wrong_hosts(decoded, hosts, size)
            self.wrong += wrong.total()
            self._bench.results.check(not wrong, f"{self.count} hosts, {command}: {dict(wrong)}")
            self.warm_hosts += sum(host.warm for host in decoded.values())
        return costs

    def per_host(self, costs, who):
        """Milliseconds of CPU."""
        return sum(getattr(cost, who) for cost in costs) / len(costs) / self.count * 1000

    def wall(self, costs):
        return statistics.median(cost.wall for cost in costs)


def row(loops, point):
    cold, again, quiet = point.cold, point.again, point.quiet
    own = sum(cost.daemon for cost in cold)
    share = sum(cost.fleet for cost in cold) / (own + sum(cost.fleet for cost in cold))
    row = {"loops": loops, "hosts": point.count, "rounds": len(cold),
           "cold s": point.wall(cold), "cold /s": point.count / point.wall(cold),
           "cold CPU ms": point.per_host(cold, "daemon"),
           "fleet's CPU ms": point.per_host(cold, "fleet"), "fleet's share": share,
           "client's CPU ms": point.per_host(cold, "client"),
           "KiB a session": point.memory / 1024 if point.count >= 100 else None}
    warm = bool(point.warm_hosts)
    row.update({"again s": point.wall(again), "again /s": point.count / point.wall(again),
                "again CPU ms": point.per_host(again, "daemon"),
                "again, no output, CPU ms": point.per_host(quiet, "daemon"),
                "was warm": "yes" if warm else "no", "wrong": point.wrong})
    return row


def set_goals(results, loops, point):
    """CPU, from the number of hosts that says most about it."""
    if point.wrong:
        return
    remark = f"{point.count:,} hosts, {loops} loops"
    results.goal("cold_cpu", point.per_host(point.cold, "daemon"), remark)
    if point.warm_hosts:
        results.goal("warm_cpu", point.per_host(point.again, "daemon"), remark)
        results.goal("warm_cpu_quiet", point.per_host(point.quiet, "daemon"), remark)


def run(bench):
    rows = []
    with bench.fleet() as fleet:
        for loops in (1, 2):
            for count in bench.pick(FULL, QUICK):
                count = min(count, most_sessions() // 250 * 250) if count > 250 else count
                with Lab(fleet, loops) as lab:
                    point = Point(bench, lab, count)
                rows.append(row(loops, point))
                if loops == 2 and count in (500, 1000):
                    set_goals(bench.results, loops, point)
                bench.say(f"{loops} loops, {count} hosts: {rows[-1]['cold CPU ms']:.2f} ms")
    bench.results.table("Cold and warm sessions", rows, bench.note(
        "A row: a fresh daemon; each host's `out 26624`, byte-exact; the same again; `true`. CPU is for "
        "each host: the daemon's, the simulated fleet's, and the watching client's, which reads raw "
        "bytes over gRPC. Memory is the daemon's growth without the runs' logs."))
    bench.plot("sizes", rows)
