"""The founding benchmark: N hosts at the same time, for N from 1 to 200, each the output of `cat` of a
26 KB file, line by line, from one OpenSSH server whose user has a bare /bin/sh. What each step takes:

    auth + execute       from nothing to the command's start, DNS and TCP included
    execute again        the same on a session that is open already
    channel read         from the first byte of the output to the last
    close + exit status  from there to the closed channel
    total                from nothing to the closed channel

as seen by the daemon's event loop, over all N hosts; CPU and resident memory of the daemon, ten times a
second. For each N a musterd is started anew, so that its sessions are cold; the same run again uses
them warm. A step that this musterd does not report is shown as n/a.

Each measurement can also be sent to Graphite and fetched by Prometheus while the benchmark runs, under
the name muster.STEP.FIELD; deploy/monitoring shows them as graphs.
"""

import collections
import os
import tempfile

import imports  # pylint: disable=unused-import
import tools
from fleet import Fleet
from measure import process_cpu, run
from report import machine, parser, save
from run_events import read_run
from sampler import Sampler
from sinks import Graphite, Prometheus, address_of
from steps import CONCURRENCY, CPU, MEMORY, STATISTICS, STEPS, summarize
from svg_plot import LineChart, Series, picture
from workload import RealServer, cat_file

# `steps` holds statistics by the step's key; seconds and bytes. `complete`: hosts whose output was the
# same byte for byte, of the cold run and of the one after it.
Point = collections.namedtuple(
    "Point", "concurrency steps cpu_seconds_per_host resident_bytes complete complete_again time")


class Recorder:
    """All that was measured; passes it on to the sinks. Any thread."""

    def __init__(self, sinks):
        self._sinks = sinks
        self.points, self.samples = [], []

    def take_sample(self, sample):
        self.samples.append(sample)
        self._send({CONCURRENCY: sample.concurrency, (CPU.key, "cores"): sample.cores,
                    (MEMORY.key, "resident_bytes"): sample.resident_bytes}, sample.time)

    def take_point(self, point):
        self.points.append(point)
        measurements = {(key, field): value for key, fields in point.steps.items()
                        for field, value in fields.items()}
        self._send({CONCURRENCY: point.concurrency, **measurements}, point.time)

    def _send(self, measurements, when):
        for sink in self._sinks:
            sink.send(measurements, when)


def run_once(setting):
    """The hosts that ended, and the daemon's CPU seconds."""
    output = os.path.join(setting.folder, "events")
    before = process_cpu(setting.daemon.process.pid)
    run(tools.muster_call(setting, "--json"), output)
    spent = process_cpu(setting.daemon.process.pid) - before
    with open(output, encoding="utf-8") as lines:
        return read_run(lines), spent


def measure_point(server, concurrency, recorder):
    workload = cat_file(server, concurrency, concurrency)
    with tempfile.TemporaryDirectory() as folder, tools.fresh_daemon() as daemon:
        setting = tools.Setting(workload, folder, daemon)
        with Sampler(daemon.process.pid, concurrency, recorder.take_sample):
            cold, spent = run_once(setting)
            again, _ = run_once(setting)
    complete, complete_again = (
        workload.complete({host.name: host.text for host in hosts if host.succeeded})
        for hosts in (cold, again))
    last = recorder.samples[-1]
    recorder.take_point(Point(concurrency, summarize(cold, again), spent / concurrency,
                              last.resident_bytes, complete, complete_again, last.time))


def milliseconds(fields):
    if not fields:
        return "n/a"
    return f"{fields['mean_seconds'] * 1000:.2f} / {fields['p95_seconds'] * 1000:.2f}"


def print_head():
    print("| N | " + " | ".join(f"{step.title}, ms" for step in STEPS)
          + " | CPU a host, ms | RSS, MiB | complete outputs, cold + again |")
    print("|---" * (len(STEPS) + 4) + "|", flush=True)


def print_point(point):
    cells = [milliseconds(point.steps[step.key]) for step in STEPS]
    print(f"| {point.concurrency} | {' | '.join(cells)} | {point.cpu_seconds_per_host * 1000:.2f} "
          f"| {point.resident_bytes / 2**20:.1f} | {point.complete} + {point.complete_again} "
          f"of {point.concurrency} |", flush=True)


def step_chart(step, points):
    shown = [point for point in points if point.steps[step.key]]
    series = [Series(field.partition("_")[0], [(point.concurrency, point.steps[step.key][field] * 1000)
                                               for point in shown]) for field in STATISTICS]
    return LineChart(step.title, "hosts at the same time", "ms", series if shown else [])


def time_chart(panel, samples, label, value):
    """Each daemon is a line of its own."""
    points, before = [], None
    for sample in samples:
        if before and before.concurrency != sample.concurrency:
            points.append((sample.time - samples[0].time, None))
        points.append((sample.time - samples[0].time, value(sample)))
        before = sample
    return LineChart(panel.title, "seconds", label, [Series("", points)])


def charts(recorder):
    return [*(step_chart(step, recorder.points) for step in STEPS),
            time_chart(CPU, recorder.samples, "cores", lambda sample: sample.cores),
            time_chart(MEMORY, recorder.samples, "resident MiB",
                       lambda sample: sample.resident_bytes / 2**20)]


def concurrencies(arguments):
    if not arguments.quick:
        return range(1, arguments.to + 1)
    return [1, *range(10, arguments.to + 1, 10)]


def measure(arguments, recorder):
    print(f"`cat` of a 26 KB file on N hosts at the same time; mean / 95th percentile; {machine()}.\n",
          flush=True)
    with Fleet() as fleet:
        server = RealServer(fleet)
        print_head()
        for concurrency in concurrencies(arguments):
            measure_point(server, concurrency, recorder)
            print_point(recorder.points[-1])


def main():
    options = parser(__doc__)
    options.add_argument("--quick", action="store_true", help="N by ten")
    options.add_argument("--to", type=int, default=200, metavar="N", help="[200]")
    options.add_argument("--graphite", type=address_of, metavar="HOST:PORT",
                         help="send every measurement there, as plaintext over TCP")
    options.add_argument("--prometheus", type=address_of, metavar="HOST:PORT",
                         help="serve the newest measurements there, at /metrics")
    arguments = options.parse_args()
    sinks = [kind(address) for kind, address in ((Graphite, arguments.graphite),
                                                 (Prometheus, arguments.prometheus)) if address]
    recorder = Recorder(sinks)
    try:
        measure(arguments, recorder)
    finally:
        for sink in sinks:
            sink.close()
    save(arguments, {"points": [point._asdict() for point in recorder.points],
                     "samples": [sample._asdict() for sample in recorder.samples]},
         picture(charts(recorder), 3, "The founding benchmark; " + machine()))


if __name__ == "__main__":
    main()
