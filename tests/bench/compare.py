"""Runs `cat` of one file on many loopback addresses of one OpenSSH server, with Muster and the tools
that people use for it in turn, and prints what that costs. peers.py measures more tools.

CPU is user + system time of the tool and everything that it starts (for muster: of the daemon and
the command line), without the server's. Memory is measured in a run of its own, as the highest sum of
the proportional set sizes of all of the tool's processes.
"""

import subprocess
import tempfile
import time

import imports  # pylint: disable=unused-import
import tools
from charts import comparison
from fleet import Fleet
from peers import Peer, silent
from report import machine, parser, records, save
from table import median, measure_all, print_rows
from workload import FILE_BYTES, RealServer, cat_file


def compared():
    """Those that are here."""
    every = [tools.Tool("muster", tools.muster_call, daemon=tools.cold_daemon),
             tools.parallel_ssh("parallel-ssh (PyPI)", "ssh2"),
             *(tools.program(name, label=name) for name in ("pdsh", "pssh", "clush"))]
    return [tool for tool in every if not tool.missing]


def seconds_to(workload, count):
    """Until so many hosts have succeeded, as a client sees it; it is then ended."""
    with tempfile.TemporaryDirectory() as folder, tools.fresh_daemon() as daemon:
        call = tools.muster_call(tools.Setting(workload, folder, daemon), "--json",
                                 "--connect-timeout", "20s")
        start = time.monotonic()
        with subprocess.Popen(call.argv, env=call.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as process:
            for line in process.stdout:
                if b'"hostFinished"' in line and b"SUCCEEDED" in line:
                    count -= 1
                    if count == 0:
                        break
            wall = time.monotonic() - start
            process.kill()
    return wall


def compare_hung(workload, rounds):
    """One host accepts and never speaks: do the others take longer?"""
    others = workload.on(workload.hosts[:-1])
    count = len(others.hosts)
    with Peer(silent, "127.0.99.99") as hung:
        one_more = workload.on([f"127.0.99.99:{hung.port}", *others.hosts])
        pairs = [(seconds_to(others, count), seconds_to(one_more, count))
                 for _ in range(2 * rounds)]
    without, with_one = (median(column) for column in zip(*pairs))
    print(f"\nThe other {count} hosts when one hangs: {with_one:.3f} s, without it "
          f"{without:.3f} s: ratio {with_one / without:.2f}")
    return {"hosts": count, "with_one_hung": with_one, "without": without}


def main():
    options = parser(__doc__)
    options.add_argument("--hosts", type=int, default=200)
    options.add_argument("--fanout", type=int, default=32, help="hosts at the same time")
    options.add_argument("--rounds", type=int, default=5, help="of which the median is shown")
    arguments = options.parse_args()
    with Fleet() as fleet:
        workload = cat_file(RealServer(fleet), arguments.hosts, arguments.fanout)
        print(f"{arguments.hosts} hosts, {arguments.fanout} at a time, `cat` of "
              f"{FILE_BYTES} bytes; median of {arguments.rounds} rounds; {machine()}\n",
              flush=True)
        rows = print_rows(measure_all(compared(), workload, arguments.rounds))
        hung = compare_hung(workload, arguments.rounds)
    save(arguments, {"hosts": records(rows), "hung": hung}, comparison(rows, "compare"))


if __name__ == "__main__":
    main()
