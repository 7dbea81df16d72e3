"""One host's large output through each tool."""

import collections
import os

import imports  # pylint: disable=unused-import
import measure
import tools
from measure import Call
from programs import environment
from table import progress, setting_of
from workload import cat_file

# `delivered` is in bytes of the file. `exact`: all of it, byte for byte.
Row = collections.namedtuple("Row", "name wall cpu daemon_cpu delivered exact ended missing",
                             defaults=[None] * 7)
GIB = 2**30


def _ssh_call(setting):
    """OpenSSH's own, as the floor: one host, and no name before the lines."""
    workload = setting.workload
    config = workload.ssh_config("curve25519", "aes128-gcm@openssh.com")
    return Call(["ssh", "-F", config, workload.hosts[0], workload.command],
                environment(setting.folder), b"")


def bulk_tools():
    return [tools.Tool("muster", tools.muster_call, daemon=tools.cold_daemon),
            tools.Tool("ssh, aes128-gcm", _ssh_call), *tools.libraries(),
            tools.program("pdsh", "curve25519"), tools.program("clush", "curve25519")]


def _without_names(data, host):
    name = host.encode() + b": "
    return data[len(name):].replace(b"\n" + name, b"\n") if data.startswith(name) else data


def _measure(tool, workload, limit):
    with setting_of(tool, workload) as (setting, output):
        daemon = setting.daemon
        call = tool.call(setting)
        before = measure.process_cpu(daemon.process.pid) if daemon else 0
        cost = measure.run(call, output, limit)
        served = measure.process_cpu(daemon.process.pid) - before if daemon else 0
        with open(output, "rb") as file:
            text = _without_names(file.read(), workload.hosts[0])
        os.unlink(output)
    return Row(tool.name, cost.wall, cost.cpu + served, served if daemon else None, len(text),
               text == workload.text_of(workload.hosts[0]), cost.ended)


def bulk_rows(server, size, limit, only=()):
    workload = cat_file(server, 1, 1, size)
    for tool in tools.selected(bulk_tools(), only):
        progress(f"bulk: {tool.name}")
        if tool.missing:
            yield Row(tool.name, missing="not installed: " + tool.missing)
        else:
            yield _measure(tool, workload, limit)
    progress("")


def _outcome(row, size, limit):
    if row.exact:
        return "yes"
    if not row.ended:
        return f"stopped after {limit} s with {row.delivered / size:.0%}"
    return f"no: {row.delivered / size:.0%} of the bytes"


def print_bulk(rows, size, limit):
    print("| tool | MB/s | CPU s/GiB | daemon alone | complete |\n|---|---|---|---|---|", flush=True)
    seen = []
    for row in rows:
        seen.append(row)
        if row.missing or not row.delivered:
            print(f"| {row.name} | {row.missing or 'no output'} | | | |", flush=True)
            continue
        per_gib = GIB / row.delivered
        served = f"{row.daemon_cpu * per_gib:.2f}" if row.daemon_cpu else ""
        print(f"| {row.name} | {row.delivered / row.wall / 1e6:.0f} | {row.cpu * per_gib:.2f} "
              f"| {served} | {_outcome(row, size, limit)} |", flush=True)
    return seen
