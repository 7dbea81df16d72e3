"""Ten thousand hosts in one run, and the second run on the same ones."""

import statistics

from client import decode
from hosts import Hosts, wrong_hosts
from lab import FILE_BYTES, Lab
from results import number

REPEATS = 5


def measure(bench, lab, hosts):
    cost, messages = lab.run(hosts.expression, f"out {FILE_BYTES}")
    memory = lab.memory()
    decoded = decode(messages)
    wrong = wrong_hosts(decoded, hosts, FILE_BYTES)
    bench.results.check(not wrong, f"of {len(hosts)} hosts: {dict(wrong)}")
    warm = sum(host.warm for host in decoded.values())
    return cost, {"run": "", "hosts": len(hosts), "warm": warm, "wall s": cost.wall,
                  "hosts /s": len(hosts) / cost.wall, "daemon CPU s": cost.daemon,
                  "fleet CPU s": cost.fleet, "client CPU s": cost.client,
                  "RSS MiB": memory / 2**20, "right": len(hosts) - wrong.total()}


def measure_true(bench, lab, hosts):
    """With the command line, process and all; the second and later runs are warm."""
    walls = []
    for _ in range(REPEATS + 1):
        wall, done = lab.muster("-t", hosts.expression, "-f", str(len(hosts)), "--", "true")
        bench.results.check(done.returncode == 0, f"`true`: {done.stderr[-300:]!r}")
        walls.append(wall)
    _, messages = lab.run(hosts.expression, "true")
    warm = sum(host.warm for host in decode(messages).values())
    direct = statistics.median(lab.run(hosts.expression, "true")[0].wall for _ in range(REPEATS))
    return walls, direct, warm


def run(bench):
    count, small = bench.pick((10000, 1000), (1000, 250))
    rows = []
    with bench.fleet() as fleet, Lab(fleet) as lab:
        hosts = Hosts(2, count)
        for name in ("first", "second", "third"):
            cost, row = measure(bench, lab, hosts)
            rows.append({**row, "run": name})
            if name == "first":
                complete = row["right"] == count
                bench.results.goal("cold_wall", cost.wall / count * 1000 if complete else None,
                                  f"{number(cost.wall)} s; {row['right']:,} of {count:,} complete")
                first_memory = row["RSS MiB"]
        warm = rows[1]["warm"] == rows[1]["right"] == count
        bench.results.goal("memory", first_memory / 1024 if warm else None,
                          f"with the log of {count * FILE_BYTES >> 20} MiB")
        again = min(row["wall s"] for row in rows[1:])
        bench.results.goal("warm_wall", again / count * 1000 if warm else None,
                          f"{number(again)} s; {rows[1]['warm']:,} of {count:,} were warm")
    bench.results.table(f"{count:,} hosts, one run", rows, bench.note(
        "One client watches each run and keeps the raw bytes; they are compared afterwards."))
    with bench.fleet() as fleet, Lab(fleet) as lab:
        walls, direct, warm = measure_true(bench, lab, Hosts(2, small))
    wall = statistics.median(walls[1:])
    bench.results.goal("true_wall", wall / small * 1000 if warm == small else None,
                      f"{number(wall)} s; {small:,} hosts, {warm:,} warm; `muster run`, median of {REPEATS}")
    bench.results.table(f"{small:,} hosts, `true`", [
        {"by": "muster run, first", "wall s": walls[0], "warm": 0},
        {"by": f"muster run, median of {REPEATS} more", "wall s": wall, "warm": warm},
        {"by": f"one gRPC call, median of {REPEATS}", "wall s": direct, "warm": warm}])
