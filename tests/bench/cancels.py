"""How long CancelRun takes beside any number of readers.

    tests/bench/run.sh cancels [--lists 600] [--cancels 40] [--runs 1000]

The daemon keeps some ended runs, so that each page of ListRuns is full. Readers, in processes of their own,
hold so many ListRuns open all the time; meanwhile runs are started on one host and canceled, one after the
other. First without readers, which is the floor. Only printed: on a machine that does other things, the
figures are theirs. Exits with 1 where a list failed.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import time

import grpc

import imports
from fleet import Fleet
from programs import Daemon, SECONDS

sys.path.insert(0, os.path.join(imports.HERE, "scale"))
# pylint: disable=wrong-import-position
from client import API, OPTIONS, SERVICE, make_spec

PROCESSES = 4


def call(channel, method, request):
    """Its answer as bytes: reading them must not take the reader's time."""
    return channel.unary_unary(SERVICE + method)(request.SerializeToString(), timeout=SECONDS)


def list_on(address, at_once):
    """A reader, until its input ends: tells how many lists were answered, and why others were not."""
    request = API.service.ListRunsRequest(page_size=1000).SerializeToString()
    lists = grpc.insecure_channel(address, OPTIONS).unary_unary(SERVICE + "ListRuns")
    codes = []

    def ask():
        lists.future(request, timeout=SECONDS).add_done_callback(ended)

    def ended(future):
        codes.append(future.code())
        ask()
    for _ in range(at_once):
        ask()
    print("listing", flush=True)
    sys.stdin.read()
    told = list(codes)
    failed = [code.name for code in told if code != grpc.StatusCode.OK]
    print(len(told) - len(failed), *failed, flush=True)
    os._exit(0)  # and with it all lists that are open


class Readers:
    """Processes that hold lists open."""

    def __init__(self, address, lists):
        shares = [lists // PROCESSES + (i < lists % PROCESSES) for i in range(PROCESSES)]
        self._processes = [subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--list-on", address, str(share)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for share in shares if share]
        for process in self._processes:
            assert process.stdout.readline() == "listing\n"
        time.sleep(1)  # all of them are open

    def end(self):
        """How many lists were answered, and what became of the others."""
        told = [process.communicate("")[0].split() for process in self._processes]
        return sum(int(each[0]) for each in told), [code for each in told for code in each[1:]]


def start(channel, fleet, command):
    request = API.service.CreateRunRequest(spec=make_spec(fleet, "127.0.24.1", command))
    reply = call(channel, "CreateRun", request)
    return API.service.CreateRunResponse.FromString(reply).run.id


def cancel_times(channel, fleet, count):
    times = []
    for _ in range(count):
        request = API.service.CancelRunRequest(run_id=start(channel, fleet, "sleep 60"))
        begin = time.monotonic()
        call(channel, "CancelRun", request)
        times.append(time.monotonic() - begin)
    return times


def fill(channel, fleet, count):
    """Runs that have ended: the page of each list."""
    for _ in range(count):
        run = start(channel, fleet, "true")
        call(channel, "CancelRun", API.service.CancelRunRequest(run_id=run))


def show(what, times):
    print(f"{what}: CancelRun: median {1000 * statistics.median(times):.1f} ms, worst "
          f"{1000 * max(times):.1f} ms of {len(times)}", flush=True)


@contextlib.contextmanager
def lab(runs):
    with Fleet() as fleet, Daemon(args=["--log-level", "warn"]) as daemon:
        fleet.start()
        fleet.port = fleet.servers[0].port
        with grpc.insecure_channel(daemon.address, OPTIONS) as channel:
            fill(channel, fleet, runs)
            yield daemon, fleet, channel


def measure(asked):
    with lab(asked.runs) as (daemon, fleet, channel):
        show("alone", cancel_times(channel, fleet, asked.cancels))
        readers = Readers(daemon.address, asked.lists)
        begin = time.monotonic()
        times = cancel_times(channel, fleet, asked.cancels)
        seconds = time.monotonic() - begin
        answered, failed = readers.end()
        show(f"beside {asked.lists} ListRuns", times)
        print(f"{answered} lists were answered, {len(failed)} failed {' '.join(sorted(set(failed)))}; the "
              f"cancels took {seconds:.1f} s")
        return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=int, default=600)
    parser.add_argument("--cancels", type=int, default=40)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--list-on", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.list_on:
        list_on(asked.list_on[0], int(asked.list_on[1]))
    sys.exit(0 if measure(asked) else 1)


if __name__ == "__main__":
    main()
