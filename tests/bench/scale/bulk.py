"""Megabytes and lines for each second of the daemon's CPU."""

from hosts import Hosts
from lab import Lab, succeeded

MIB = 1 << 20


def measure(bench, fleet, hosts, size, watched, loops=None):
    command = f"out {size}"
    with Lab(fleet, loops) as lab:
        lab.run(hosts.expression, "true")  # the sessions, where they are kept
        if watched:
            cost, messages = lab.run(hosts.expression, command)
            got = sum(map(len, messages))
        else:
            cost, ended = lab.run_unwatched(hosts.expression, command)
            bench.results.check(succeeded(ended), f"{command} ended as {ended.state}")
            bench.results.check(ended.omitted_bytes == 0, f"{command}: {ended.omitted_bytes} left out")
            got = size * len(hosts)
        memory = lab.peak_memory()
    total = size * len(hosts)
    bench.results.check(got >= total, f"{command}: {got} bytes of {total}")
    megabytes = total / 1e6
    return {"hosts": len(hosts), "MiB each": size / MIB, "watchers": int(watched),
            "wall s": cost.wall, "MB/s": megabytes / cost.wall, "daemon CPU s": cost.daemon,
            "MB per CPU s": megabytes / cost.daemon, "fleet CPU s": cost.fleet,
            "lines/s": total / 64 / cost.wall, "peak RSS MiB": memory / MIB}


def run(bench):
    one, many, each = bench.pick((1024 * MIB, 100, 10 * MIB), (64 * MIB, 10, 2 * MIB))
    with bench.fleet() as fleet:
        rows = [measure(bench, fleet, hosts, size, watched)
                for hosts, size in ((Hosts(2, 1), one), (Hosts(2, many), each))
                for watched in (False, True)]
    remark = "" if not bench.quick else "quick: smaller"
    bench.results.goal("bulk_one", rows[0]["MB per CPU s"], remark)
    bench.results.goal("bulk_many", rows[2]["MB per CPU s"], remark)
    bench.results.table("Bulk output", rows, bench.note(
        "Lines of 64 bytes; 1 MB is 10^6 bytes. Without a watcher: up to the run's log."))
