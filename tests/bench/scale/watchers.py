"""Many watchers of one run: each gets every byte, and what they cost the daemon."""

import hashlib
import threading

from client import Client
from hosts import Hosts
from lab import Cost, FILE_BYTES, Lab, succeeded


def varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 0x7f) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def events_of(message):
    """The bytes of `repeated Event events = 1`, which are the same for all watchers however they are
    spread over messages; what else is in there tells how the run stood."""
    at = 0
    while at < len(message):
        start = at
        tag, at = varint(message, at)
        size, at = varint(message, at)
        at += size
        if tag == 1 << 3 | 2:
            yield message[start:at]


class Watcher(threading.Thread):
    """Reads a run on a connection of its own."""

    def __init__(self, address, run_id):
        super().__init__(daemon=True)
        self._client, self._run_id = Client(address), run_id
        self.size, self.digest = 0, hashlib.sha256()

    def run(self):
        for message in self._client.watch(self._run_id):
            for event in events_of(message):
                self.size += len(event)
                self.digest.update(event)
        self._client.close()


def measure(bench, lab, hosts, count):
    with Cost(lab) as cost:
        # They are there before the output is.
        run_id = lab.client.start(lab.spec(hosts.expression, f"sleep 2000; out {FILE_BYTES}"))
        watchers = [Watcher(lab.daemon.address, run_id) for _ in range(count)]
        for watcher in watchers:
            watcher.start()
        for watcher in watchers:
            watcher.join()
        ended = lab.client.wait(run_id)
    bench.results.check(succeeded(ended), f"with {count} watchers the run ended as {ended.state}")
    least = min((watcher.size for watcher in watchers), default=0)
    output = FILE_BYTES * len(hosts)
    bench.results.check(not watchers or least > output, f"a watcher got {least} bytes of {output}")
    bench.results.check(len({watcher.digest.digest() for watcher in watchers}) <= 1,
                       f"{count} watchers did not get the same")
    return {"watchers": count, "hosts": len(hosts), "MB to each": output / 1e6,
            "daemon CPU s": cost.daemon, "client CPU s": cost.client, "RSS MiB": lab.memory() / 2**20}


def run(bench):
    hosts = Hosts(2, bench.pick(250, 50))
    rows = []
    with bench.fleet() as fleet:
        for count in bench.pick((0, 1, 10, 100), (0, 1, 10, 25)):
            with Lab(fleet) as lab:
                lab.run(hosts.expression, "true")
                rows.append(measure(bench, lab, hosts, count))
    for row in rows:
        extra = row["daemon CPU s"] - rows[0]["daemon CPU s"]
        row["daemon's ms a watcher"] = extra / row["watchers"] * 1000 if row["watchers"] else None
    bench.results.table("Watchers of one run", rows, bench.note(
        f"Each host's `out {FILE_BYTES}`, two seconds after the run was begun; each watcher has a connection of "
        "its own, all from one Python process."))
