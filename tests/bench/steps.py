"""The steps of the founding benchmark, as its table, plots and dashboards name and order them."""

import collections

# What is shown in one graph. A measurement's name everywhere is "muster.KEY.FIELD" of its fields.
Panel = collections.namedtuple("Panel", "key title fields unit")

STATISTICS = ["mean_seconds", "p50_seconds", "p95_seconds", "max_seconds"]
STEPS = [Panel("auth_execute", "Auth + execute", STATISTICS, "s"),
         Panel("execute_again", "Execute again", STATISTICS, "s"),
         Panel("channel_read", "Channel read", STATISTICS, "s"),
         Panel("close_exit", "Close + exit status", STATISTICS, "s"),
         Panel("total", "Total", STATISTICS, "s")]
CPU = Panel("cpu", "CPU", ["cores"], "cores")
MEMORY = Panel("memory", "Memory", ["resident_bytes"], "bytes")
PANELS = [*STEPS, CPU, MEMORY]
CONCURRENCY = ("run", "concurrency")


def _between(timings, first, last):
    return timings[last] - timings[first] if first in timings and last in timings else None


def of_cold_host(host):
    """Seconds by the step's key; None where the daemon does not say."""
    timings = host.timings
    return {"auth_execute": None if host.warm else timings.get("started"),
            # A file of 26 KB comes in one packet: its first output is its last.
            "channel_read": _between(timings, "started", "lastOutput"),
            "close_exit": _between(timings, "lastOutput", "closed"),
            "total": timings.get("closed")}


def of_warm_host(host):
    return {"execute_again": host.timings.get("started") if host.warm else None}


def statistics(values):
    """By the names of STATISTICS; none of nothing."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return {}
    def rank(share):
        return known[min(len(known) - 1, int(share * len(known)))]
    return dict(zip(STATISTICS, (sum(known) / len(known), rank(0.5), rank(0.95), known[-1])))


def summarize(cold, again):
    """Statistics of each step over the hosts that succeeded, by the step's key."""
    measured = collections.defaultdict(list)
    for hosts, of_host in ((cold, of_cold_host), (again, of_warm_host)):
        for host in filter(lambda host: host.succeeded, hosts):
            for key, value in of_host(host).items():
                measured[key].append(value)
    return {panel.key: statistics(measured[panel.key]) for panel in STEPS}
