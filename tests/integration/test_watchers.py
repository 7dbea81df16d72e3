"""A thousand late watchers: each gets exactly the stored stream from where it began."""

import hashlib
import os
import random
import threading

import grpc
import pytest

from fleet import write
from programs import SECONDS

WATCHERS = 500  # while it runs, and as many after its end
CHANNELS = 20
AT_ONCE = 50
HOSTS = 4
# Each host's half of the output: all in all more than the 4 MiB that are kept in memory of a run.
HALF = 3 << 18
OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 1 << 26)]


@pytest.fixture(name="services")
def services_fixture(api, daemon):
    """Stubs on some connections."""
    channels = [grpc.insecure_channel(daemon.address, OPTIONS) for _ in range(CHANNELS)]
    yield [api.stub(channel) for channel in channels]
    for channel in channels:
        channel.close()


@pytest.fixture(name="gate")
def gate_fixture(fleet):
    """A file whose coming ends the commands."""
    path = os.path.join(fleet.folder, "watchers_gate")
    yield path
    if os.path.exists(path):
        os.unlink(path)


class Watcher(threading.Thread):
    """Reads a run from after an event to its end."""

    def __init__(self, service, request):
        super().__init__(daemon=True)
        self.after = request.after_sequence
        self._stream = service.WatchRun(request, timeout=SECONDS)
        self.connected = threading.Event()
        self.last, self.gapless = self.after, True
        self._digest = hashlib.sha256()
        self.error = None

    def run(self):
        try:
            for message in self._stream:
                self.connected.set()
                for event in message.events:
                    self._take(event)
        except grpc.RpcError as error:
            self.error = error
        self.connected.set()

    def _take(self, event):
        self.gapless = self.gapless and event.sequence == self.last + 1
        self.last = event.sequence
        self._digest.update(event.SerializeToString(deterministic=True))

    def result(self):
        return self.gapless, self.last, self._digest.digest()


class Expected:
    """What a watcher must have got, by where it began."""

    def __init__(self, messages):
        self._events = [event for message in messages for event in message.events]
        assert [event.sequence for event in self._events] == list(range(1, len(self._events) + 1))
        self._bytes = [event.SerializeToString(deterministic=True) for event in self._events]
        self._results = {}
        self.size = sum(map(len, self._bytes))
        self.last = len(self._events)

    def result(self, after):
        if after not in self._results:
            digest = hashlib.sha256()
            for event in self._bytes[after:]:
                digest.update(event)
            self._results[after] = True, self.last, digest.digest()
        return self._results[after]


def check(watchers, expected):
    assert [watcher.error for watcher in watchers if watcher.error] == []
    assert [watcher.after for watcher in watchers
            if watcher.result() != expected.result(watcher.after)] == []


def test_a_thousand_late_watchers(api, muster, services, gate):
    messages = api.messages
    text = f"yes $(seq 1 20) | head -c {HALF}"
    run = muster("run", *muster.login, "-t", f"127.0.18.[1-{HOSTS}]", "-d", "--",
                 f"{text}; echo half; while [ ! -e {gate} ]; do sleep 0.05; done; {text}").text.strip()
    chance = random.Random(18)

    def watcher(number, newest):
        request = messages.WatchRunRequest(run_id=run, after_sequence=chance.randint(0, newest))
        return Watcher(services[number % CHANNELS], request)

    def written():
        return services[0].GetRun(messages.GetRunRequest(run_id=run)).run.last_sequence

    wait_for_half(services[0].WatchRun(messages.WatchRunRequest(run_id=run), timeout=SECONDS))
    while_running = [watcher(number, written()) for number in range(WATCHERS)]
    for one in while_running:
        one.start()
    for one in while_running:
        assert one.connected.wait(SECONDS)
    write(gate, "")
    for one in while_running:
        one.join(SECONDS)

    expected = Expected(services[0].WatchRun(messages.WatchRunRequest(run_id=run), timeout=SECONDS))
    assert expected.size > 2 * HOSTS * HALF  # so it was read from the disk, too
    check(while_running, expected)
    for first in range(0, WATCHERS, AT_ONCE):
        ended = [watcher(number, expected.last) for number in range(first, first + AT_ONCE)]
        for one in ended:
            one.start()
        for one in ended:
            one.join(SECONDS)
        check(ended, expected)


def wait_for_half(stream):
    """Until each host has said that it waits."""
    halves = 0
    for message in stream:
        halves += sum(event.output.data.endswith(b"half\n") for event in message.events)
        if halves == HOSTS:
            return stream.cancel()
    raise AssertionError("the run is over")
