"""Runs that end once who created them is gone: what counts as his watch, and the daemon's own end."""

import signal
import time

import grpc
import pytest

from certificates import Authority
from fleet import write
from programs import Daemon, SECONDS, wait_until

COME_BACK = 15  # seconds after a restart, at least (RunSpec.cancel_after_disconnect)
LEFT = 0.1      # seconds that he may be gone


class Shop:
    """A daemon on the network and on its owner's socket, which may be killed and comes back."""

    def __init__(self, authority, fleet, folder):
        write(f"{folder}/musterd.yaml", f"""
credentials:
  deploy:
    identity_files: [{fleet.key}]
    known_hosts: [{fleet.known_hosts}]
    user: {fleet.user}
policy:
  - callers: ["dns:ci"]
    credentials: [deploy]
    users: ["{fleet.user}"]
    targets: "127.0.23.[1-2]"
    ports: [{fleet.servers[0].port}]
""")
        certificate, key = authority.issue("server")
        self._authority, self._pair, self._folder = authority, authority.issue("ci"), str(folder)
        self._args = ["--listen", f"unix:{folder}/run/musterd.sock", "--config",
                      f"{folder}/musterd.yaml", "--tls-cert", certificate, "--tls-key", key,
                      "--client-ca", authority.certificate]
        self._open()

    def _open(self):
        self.daemon = Daemon(self._folder, listen="127.0.0.1:0", args=self._args)

    def kill(self):
        self.daemon.stop(signal.SIGKILL)
        self._open()

    def as_ci(self):
        return self._authority.channel(self.daemon.address, self._pair)

    def as_owner(self):
        return grpc.insecure_channel(f"unix:{self._folder}/run/musterd.sock",
                                     [("grpc.use_local_subchannel_pool", 1)])


@pytest.fixture(name="shop")
def shop_fixture(fleet, tmp_path):
    shop = Shop(Authority(str(tmp_path)), fleet, tmp_path)
    yield shop
    shop.daemon.stop(signal.SIGKILL)


@pytest.fixture(name="request_of")
def request_of_fixture(api, fleet):
    """Of a run over two hosts, one after the other, that goes on with the next daemon."""
    def make(command="sleep 120"):
        request = api.messages.CreateAndWatchRunRequest()
        spec = request.spec
        spec.targets.expression = "127.0.23.[1-2]"
        spec.command.shell = command
        spec.login.port = fleet.servers[0].port
        spec.login.credential_name = "deploy"
        spec.rollout.batches.add(hosts=1)
        spec.continue_after_restart = True
        spec.cancel_after_disconnect.FromMilliseconds(int(1000 * LEFT))
        return request
    return make


def run_of(api, stub, run_id):
    return stub.GetRun(api.messages.GetRunRequest(run_id=run_id), timeout=SECONDS).run


def begin(stream):
    """The run, whose first host is told to have begun."""
    run = next(stream).run
    for message in stream:
        if any(event.host_state.state == 5 for event in message.events):  # RUNNING
            return run
    raise AssertionError("the run is over")


def test_the_watch_of_another_caller_does_not_count(api, shop, request_of):
    with shop.as_ci() as mine, shop.as_owner() as others:
        creator, other = api.stub(mine), api.stub(others)
        stream = creator.CreateAndWatchRun(request_of())
        run = begin(stream)
        assert run.creator == "dns:ci"
        watch = api.messages.WatchRunRequest(run_id=run.id)
        # That it ends ends nothing...
        passing = other.WatchRun(watch)
        next(passing)
        passing.cancel()
        time.sleep(5 * LEFT)
        assert run_of(api, other, run.id).state == api.runs.RUN_STATE_RUNNING
        # ... and that it goes on keeps nothing.
        staying = other.WatchRun(watch, timeout=SECONDS)
        next(staying)
        stream.cancel()
        ended = list(staying)[-1].run
    assert ended.state == api.runs.RUN_STATE_CANCELED
    assert (ended.reason, ended.reason_by) == (api.runs.RUN_REASON_CALLER_GONE, "dns:ci")


def test_after_a_restart_he_has_time_to_come_back(api, shop, request_of):
    with shop.as_ci() as channel:
        streams = [api.stub(channel).CreateAndWatchRun(request_of()) for _ in range(2)]
        left, kept = [begin(stream).id for stream in streams]
        shop.kill()  # while he watches
    restarted = time.monotonic()
    with shop.as_ci() as channel, shop.as_owner() as others:
        watch = api.stub(channel).WatchRun(api.messages.WatchRunRequest(run_id=kept))
        next(watch)
        other = api.stub(others)

        def over():
            return run_of(api, other, left).state >= 64
        while time.monotonic() - restarted < COME_BACK - 2:
            assert not over()
            time.sleep(0.2)
        wait_until(over)
        run = run_of(api, other, left)
        assert (run.state, run.reason) == (api.runs.RUN_STATE_CANCELED, api.runs.RUN_REASON_CALLER_GONE)
        assert run_of(api, other, kept).state == api.runs.RUN_STATE_RUNNING
        watch.cancel()
        wait_until(lambda: run_of(api, other, kept).state >= 64)
        assert run_of(api, other, kept).reason == api.runs.RUN_REASON_CALLER_GONE
