"""Tools are run to their end, or ended with all that they started; and deliver what they are asked."""

import os
import time

import pytest

import measure
import tools
from table import measure_memory, measure_round
from workload import addresses, cat_file

PLAIN = {"PATH": "/usr/bin:/bin"}


def test_output_input_and_cost(tmp_path):
    output = tmp_path / "out"
    cost = measure.run(measure.Call(["sh", "-c", "cat; echo no >&2"], PLAIN, b"some input"), output)
    assert output.read_bytes() == b"some input"
    assert cost.ended and cost.errors == "no\n" and cost.wall > 0


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # gone before the opening, or before the reading
        return False


def test_past_its_time_a_tool_is_ended_with_its_children(tmp_path):
    output = tmp_path / "out"
    endless = "sleep 1000 & echo $!; wait"
    cost = measure.run(measure.Call(["sh", "-c", endless], PLAIN, b""), output, limit=0.5)
    assert not cost.ended
    child, = output.read_text().split()
    while alive(child):  # the signal has been sent; the kernel takes its time
        time.sleep(0.01)


def test_the_clock_of_a_process_counts_what_it_does():
    before = measure.process_cpu(os.getpid())
    sum(range(100000))
    assert measure.process_cpu(os.getpid()) > before


def test_addresses_are_different_hosts():
    every = addresses(70000)
    assert len(set(every)) == 70000
    assert all(0 < int(part) < 251 for host in every for part in host.split(".")[3:])


@pytest.mark.parametrize("name", ["muster", "clush"])
def test_every_output_is_complete(server, name):
    tool = {"muster": tools.muster()[0], "clush": tools.program("clush", "curve25519")}[name]
    if tool.missing:
        pytest.skip(tool.missing)
    workload = cat_file(server, 3, 2)
    assert measure_round(tool, workload).complete == 3
    together, daemon = measure_memory(tool, workload)
    assert together > daemon and (daemon > 0) == (name == "muster")
