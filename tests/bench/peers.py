"""Runs Muster and every other tool that does the same, in turn, in one run: `cat` of one 26 KB file on
many loopback addresses of one OpenSSH server; then one host's large output. The server's user has a
bare /bin/sh: no start-up files that would hide what the tools cost.

CPU is user + system time of the tool and everything that it starts (for muster: of the daemon and the
command line together, and of the daemon alone), without the server's. Memory is measured in a run of
its own, as the highest sum of the proportional set sizes of all of the tool's processes; "KiB a host"
is how much that grows from 1 host to all. Musterd is started anew before each round; `warm` means that
it has run the same before.

With --sim, the tools that are libraries (and muster) against a simulated fleet, which costs the machine
far less than sshd does.
"""

import imports  # pylint: disable=unused-import
import tools
from bulk import bulk_rows, print_bulk
from charts import bulk_charts, comparison, hosts_charts
from fleet import Fleet
from report import machine, parser, records, save
from svg_plot import picture
from table import measure_all, print_rows
from workload import FILE_BYTES, RealServer, cat_file, sim, simulated_file

MIB = 2**20


def measure_real(arguments):
    with Fleet() as fleet:
        server = RealServer(fleet)
        workload = cat_file(server, arguments.hosts, arguments.fanout)
        print(f"{arguments.hosts} hosts, {arguments.fanout} at a time, `cat` of "
              f"{FILE_BYTES} bytes; median of {arguments.rounds} rounds; {machine()}.\n"
              f"One OpenSSH server; its user has a bare /bin/sh.\n", flush=True)
        every = [*tools.muster(), *tools.libraries(), *tools.programs()]
        rows = print_rows(measure_all(tools.selected(every, arguments.only), workload, arguments.rounds))
        results = {"hosts": records(rows)}
        charts = hosts_charts(rows, f"{arguments.hosts} hosts")
        if arguments.bulk:
            bulk, more = measure_bulk(arguments, server)
            results["bulk"] = bulk
            charts += more
    save(arguments, results, picture(charts, 3, machine()))


def measure_bulk(arguments, server):
    size = arguments.bulk * MIB
    print(f"\nBulk: one host, {arguments.bulk} MiB of lines, at most {arguments.limit} s a tool.\n",
          flush=True)
    rows = print_bulk(bulk_rows(server, size, arguments.limit, arguments.only), size,
                      arguments.limit)
    return records(rows), bulk_charts(rows)


def simulator_share(fleet):
    """What the simulated hosts have cost, so that nobody takes it for the tools'."""
    stats = fleet.stats()
    share = (stats["cpu_user_seconds"] + stats["cpu_system_seconds"]) / max(1, stats["commands"])
    print(f"\nThe simulated hosts' own CPU: {share * 1000:.2f} ms a command.")
    return {"commands": stats["commands"], "cpu_seconds_per_command": share}


def measure_sim(arguments):
    with sim.SimFleet(arguments.hosts) as fleet:
        print(f"{arguments.hosts} simulated hosts, {arguments.fanout} at a time, {FILE_BYTES} bytes "
              f"each; median of {arguments.rounds} rounds; {machine()}.\n", flush=True)
        every = tools.selected([*tools.muster(), *tools.libraries()], arguments.only)
        rows = print_rows(measure_all(every, simulated_file(fleet, arguments.fanout),
                                      arguments.rounds))
        share = simulator_share(fleet)
    save(arguments, {"hosts": records(rows), "simulator": share},
         comparison(rows, f"{arguments.hosts} simulated hosts", machine()))


def main():
    options = parser(__doc__)
    options.add_argument("--hosts", type=int, help="[200; with --sim 1000]")
    options.add_argument("--fanout", type=int, default=64, help="hosts at the same time [64]")
    options.add_argument("--rounds", type=int, default=3, help="of which the median is shown [3]")
    options.add_argument("--only", metavar="NAME", action="append", default=[],
                         help="only tools with this in their name; may be repeated")
    options.add_argument("--sim", action="store_true", help="against the simulated fleet")
    options.add_argument("--bulk", type=int, default=256, metavar="MIB", help="0: none [256]")
    options.add_argument("--limit", type=int, default=60, metavar="S",
                         help="seconds for each tool's bulk output [60]")
    arguments = options.parse_args()
    if arguments.sim and not sim:
        options.error("--sim: there is no simulated fleet here (tests/sim)")
    arguments.hosts = arguments.hosts or (1000 if arguments.sim else 200)
    (measure_sim if arguments.sim else measure_real)(arguments)


if __name__ == "__main__":
    main()
