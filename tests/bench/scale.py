"""Measures a whole musterd against a simulated fleet of up to 20,000 hosts, and says what of the
engine's goals holds.

The fleet, the daemon and the client that watches share the machine; the CPU of each is told apart. The
client is a gRPC one in Python that keeps the bytes of events as they come and compares them after the
measurement, except where a row says `muster run`.
"""

import contextlib
import importlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "scale"))
# pylint: disable=wrong-import-position
import lab
import reference
import report
from results import Results

# In the order of the report; each has a run(bench).
SECTIONS = {
    "sizes": "cold and warm rates, CPU and memory, 1 to 20,000 hosts, 1 and 2 loops",
    "whole_fleet": "10,000 hosts in one run, twice; `true` on 1,000 warm ones",
    "mixed": "small warm runs beside a run on 5,000 cold hosts",
    "dead_hosts": "10,000 hosts of which 10% are dead",
    "rtt": "round-trip times of 0, 10, 50 and 200 ms",
    "bulk": "one host's 1 GiB, 100 hosts' 10 MiB",
    "million_lines": "a million lines",
    "watchers": "up to 100 watchers of one run",
    "flood": "10,000 hosts that write without an end; who does not read, and who waits",
    "real_sshd": "OpenSSH's server, 200 and 1,000 hosts",
}


class Bench:
    """What a section is given."""

    def __init__(self, results, quick):
        self.results, self.quick = results, quick

    def pick(self, full, quick):
        return quick if self.quick else full

    @contextlib.contextmanager
    def fleet(self, rules=()):
        """Simulated hosts on all of 127.0.0.0/8."""
        from sim import SimFleet  # not needed, nor built, for sections without it
        with SimFleet(rules=list(rules)) as fleet:
            yield lab.Simulated(fleet)

    def note(self, text):
        return text + (" Quick: fewer hosts than the goals are about." if self.quick else "")

    @staticmethod
    def say(text):
        print(f"  {text}", file=sys.stderr, flush=True)

    def plot(self, name, rows):
        """`name`: a function of plots.py."""
        self.results.plots.append((name, rows))


def parse():
    parser = report.parser(__doc__)
    parser.epilog = "sections:\n" + "\n".join(f"  {name:14} {what}"
                                              for name, what in SECTIONS.items())
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION", default=[],
                        help="may be repeated; default: all")
    parser.add_argument("--quick", action="store_true", help="small numbers: does everything work?")
    parser.add_argument("--in-flight", type=int, default=lab.IN_FLIGHT, metavar="N",
                        help="hosts of a run at the same time [%(default)s]")
    return parser.parse_args()


def picture(results):
    """The text of an SVG file."""
    import plots
    charts = [chart for name, rows in results.plots for chart in getattr(plots, name)(rows)]
    return plots.picture(charts) if charts else ""


def main():
    arguments = parse()
    lab.IN_FLIGHT = arguments.in_flight
    settings = {"descriptors": lab.raise_descriptor_limit(), "quick": arguments.quick,
                "in flight": arguments.in_flight, "load before": os.getloadavg()[0]}
    results = Results(settings)
    bench = Bench(results, arguments.quick)
    print(f"{report.machine()}; {settings['descriptors']} descriptors a process; load "
          f"{settings['load before']:.2f} before", flush=True)
    for name in arguments.only or SECTIONS:
        results.refer(name, reference.measure())
        bench.say(f"{name}: {SECTIONS[name]}")
        importlib.import_module(name).run(bench)
    results.show_goals()
    report.save(arguments, results.as_json(), picture(results))
    if results.failures:
        sys.exit(f"{len(results.failures)} things came out wrong; see above.")


if __name__ == "__main__":
    main()
