"""Hosts that write without an end: what the daemon's memory comes to, and how long others wait."""

import threading
import time

from client import Client, decode
from hosts import Hosts
from lab import FILE_BYTES, Lab
from mixed import row, small_run

MIB = 1 << 20
ALONE_RUNS = 100


class NeverReads:
    """Watches a run and does not read what it is sent."""

    def __init__(self, address, run_id):
        self._client = Client(address)
        self._stream = self._client.watch(run_id)
        next(self._stream)

    def close(self):
        self._stream.cancel()
        self._client.close()


class Reads(threading.Thread):
    """Watches a run from now on and reads all that it gets; `summary`: only how it stands."""

    def __init__(self, address, run_id, summary=False):
        super().__init__(daemon=True)
        self._client, self._summary = Client(address), summary
        self._stream = self._client.watch(run_id, summary=summary)
        self.bytes = self.messages = 0
        self.longest_wait = 0.0

    def run(self):
        last = time.monotonic()
        for message in self._stream:
            now = time.monotonic()
            self.longest_wait = max(self.longest_wait, now - last)
            last = now
            self.bytes += len(message)
            self.messages += 1

    def row(self):
        return {"watcher": "of the summary" if self._summary else "of the lines",
                "messages": self.messages, "MiB": self.bytes / MIB,
                "longest wait between two s": self.longest_wait}

    def close(self):
        self.join()
        self._client.close()


def beside(lab, small, seconds):
    """Small runs, one after the other, and the most that was resident meanwhile."""
    walls, messages, peak = [], [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        wall, got = small_run(lab, small)
        walls.append(wall)
        messages.append(got)
        peak = max(peak, lab.memory())
    return walls, messages, peak


def written(lab, run_id):
    """Bytes of events in the log so far, by its newest sequence; and how many hosts are running."""
    run = lab.client.get(run_id)
    running = sum(count.hosts for count in run.host_state_counts if count.state == 5)
    return run.last_sequence, running


def wait_until_all_run(lab, run_id, count):
    while written(lab, run_id)[1] < count:
        time.sleep(0.1)


def measure(bench, fleet, apart, count, seconds):
    hosts = Hosts(2, count)
    with Lab(fleet) as lab:
        fresh = lab.memory()
        small = lab.spec(Hosts(3, 10).expression, "true", fleet=apart)
        small_run(lab, small)
        alone = [small_run(lab, small)[0] for _ in range(ALONE_RUNS)]
        lab.run(hosts.expression, f"out {FILE_BYTES}")
        idle = lab.memory()
        bench.say(f"{count} sessions: {fresh / MIB:.0f} MiB before, {idle / MIB:.0f} after 26 KB each")
        run_id = lab.client.start(lab.spec(hosts.expression, "endless"))
        never = NeverReads(lab.daemon.address, run_id)
        readers = [Reads(lab.daemon.address, run_id, summary) for summary in (False, True)]
        for reader in readers:
            reader.start()
        wait_until_all_run(lab, run_id, count)
        cpu = lab.daemon_cpu()
        flooded, messages, peak = beside(lab, small, seconds)
        cpu = lab.daemon_cpu() - cpu
        peak = max(peak, lab.peak_memory())
        disk = lab.disk_bytes()
        lab.client.cancel(run_id)
        ended = lab.client.wait(run_id)
        for watcher in (*readers, never):
            watcher.close()
    decoded = [host for got in messages for host in decode(got).values()]
    bench.results.check(all(host.state == "SUCCEEDED" for host in decoded), "a small run failed")
    bench.results.check(ended.omitted_bytes == 0, f"{ended.omitted_bytes} bytes left out")
    memory = {"hosts": count, "seconds": seconds, "fresh MiB": fresh / MIB, "idle MiB": idle / MIB,
              "highest MiB": peak / MIB,
              "more MiB": (peak - idle) / MIB, "events": ended.last_sequence,
              "on the disk MiB": disk / MIB, "daemon's CPU s": cpu}
    return memory, [row("alone", alone), row("beside the flood", flooded)], [
        reader.row() for reader in readers]


def run(bench):
    count, seconds = bench.pick((10000, 60), (500, 5))
    with bench.fleet() as fleet, bench.fleet() as apart:
        memory, latency, watchers = measure(bench, fleet, apart, count, seconds)
    remark = f"{count:,} hosts, {seconds} s"
    bench.results.goal("flood_memory", memory["more MiB"], remark)
    bench.results.goal("flood_p95", latency[-1]["p95 ms"], remark)
    bench.results.table("A flood", [memory], bench.note(
        "Every host writes without an end; one watcher never reads, two do. `idle`: all hosts have given 26 KB, and "
        "their sessions are open. `highest` is the peak since the daemon's start."))
    bench.results.table("A small run beside it", latency, "10 warm hosts of another process, `true`.")
    bench.results.table("Its watchers", watchers)
