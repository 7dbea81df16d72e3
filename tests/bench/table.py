"""How the tools did, as rows of a table."""

import collections
import contextlib
import os
import sys
import tempfile

import imports  # pylint: disable=unused-import
import measure
from tools import NotWarm, Setting

# Seconds and bytes; medians of all rounds, those of the memory being rounds of their own; but
# `complete` is the worst: how many hosts' outputs are the same byte for byte.
Row = collections.namedtuple(
    "Row", "name hosts wall cpu daemon_cpu memory daemon_memory memory_per_host complete missing",
    defaults=[None] * 8)
Round = collections.namedtuple("Round", "wall cpu daemon_cpu complete")


@contextlib.contextmanager
def setting_of(tool, workload):
    with tempfile.TemporaryDirectory(prefix="bench.") as folder, tool.daemon(workload) as daemon:
        outputs = os.path.join(folder, "outputs")
        os.mkdir(outputs)
        yield Setting(workload, outputs, daemon), os.path.join(folder, "stdout")


def measure_round(tool, workload):
    with setting_of(tool, workload) as (setting, output):
        call = tool.call(setting)
        daemon = setting.daemon
        before = measure.process_cpu(daemon.process.pid) if daemon else 0
        cost = measure.run(call, output)
        served = measure.process_cpu(daemon.process.pid) - before if daemon else 0
        texts = tool.collect(setting.folder, output)
    complete = workload.complete(texts)
    if complete < len(workload.hosts):
        sys.stderr.write(f"{tool.name}: {cost.errors}\n")
    return Round(cost.wall, cost.cpu + served, served if daemon else None, complete)


def measure_memory(tool, workload):
    with setting_of(tool, workload) as (setting, _):
        return measure.peak_memory(tool.call(setting), setting.daemon)


def median(values):
    return sorted(values)[len(values) // 2] if values and values[0] is not None else None


def _growth(tool, workload, peak):
    """Bytes a host more than for one host alone."""
    if len(workload.hosts) == 1:
        return None
    alone, _ = measure_memory(tool, workload.on(workload.hosts[:1]))
    return max(0, peak - alone) / (len(workload.hosts) - 1)


def _memory(tool, workload):
    """Of the tool and its daemon together, of the daemon, and a host's part of it."""
    peak, daemon_peak = measure_memory(tool, workload)
    return peak, daemon_peak or None, _growth(tool, workload, peak)


def _row(tool, workload, rounds):
    wall, cpu, daemon_cpu, complete = zip(*rounds)
    memory = zip(*(_memory(tool, workload) for _ in rounds))
    return Row(tool.name, len(workload.hosts), median(wall), median(cpu), median(daemon_cpu),
               *(median(values) for values in memory), min(complete))


def measure_all(tools, workload, count):
    """Rows, each as soon as it is there. The tools take turns, so that what else the machine does
    meets all of them."""
    rounds = {tool.name: [] for tool in tools if not tool.missing}
    missing = {tool.name: "not installed: " + tool.missing for tool in tools if tool.missing}
    for number in range(count + 1):
        for tool in tools:
            if tool.name in missing:
                continue
            try:
                # Before the first round, one that counts for nothing: caches are warm then.
                one = measure_round(tool, workload if number else workload.on(workload.hosts[:1]))
                rounds[tool.name] += [one] if number else []
            except NotWarm as why:
                missing[tool.name] = f"n/a: {why}"
            progress(f"{tool.name}: round {number} of {count}")
    for tool in tools:
        if tool.name in missing:
            yield Row(tool.name, len(workload.hosts), missing=missing[tool.name])
        else:
            yield _row(tool, workload, rounds[tool.name])
    progress("")


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def _cell(value, factor, pattern):
    return "" if value is None else pattern.format(value * factor)


def print_rows(rows):
    """Prints each row when it comes, and returns them."""
    print("| tool | wall | CPU | CPU a host | daemon alone | peak memory | daemon alone "
          "| KiB a host | complete outputs |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    seen = []
    for row in rows:
        seen.append(row)
        if row.missing:
            print(f"| {row.name} | {row.missing} | | | | | | | |", flush=True)
            continue
        print(f"| {row.name} | {row.wall:.2f} s | {row.cpu:.2f} s "
              f"| {row.cpu / row.hosts * 1000:.2f} ms "
              f"| {_cell(row.daemon_cpu, 1000 / row.hosts, '{:.2f} ms a host')} "
              f"| {row.memory / 2**20:.0f} MiB | {_cell(row.daemon_memory, 2**-20, '{:.0f} MiB')} "
              f"| {_cell(row.memory_per_host, 2**-10, '{:.0f}')} "
              f"| {row.complete} of {row.hosts} |", flush=True)
    return seen
