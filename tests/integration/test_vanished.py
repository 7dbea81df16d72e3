"""Callers who leave without a word, and those who stay and are silent."""

import time

import grpc
import pytest

from programs import SECONDS, wait_until
from raw_http2 import ENHANCE_YOUR_CALM, RawConnection

# As proto/muster/v1/run_service.proto has it.
DAEMON_PINGS, CLIENTS_MAY_PING = 20, 5


@pytest.fixture(name="service")
def service_fixture(api, daemon):
    with grpc.insecure_channel(daemon.address) as channel:
        yield api.stub(channel)


@pytest.fixture(name="request_of")
def request_of_fixture(api, fleet):
    """Of a run that its creator takes along."""
    def make(label):
        request = api.messages.CreateAndWatchRunRequest()
        spec = request.spec
        spec.targets.expression = "127.0.22.1"
        spec.command.shell = "sleep 120"
        spec.login.user = fleet.user
        spec.login.port = fleet.servers[0].port
        spec.login.local.identity_files.add(path=fleet.key)
        spec.login.local.known_hosts_files.append(fleet.known_hosts)
        spec.labels["who"] = label
        spec.cancel_after_disconnect.SetInParent()
        return request.SerializeToString()
    return make


@pytest.fixture(name="connect")
def connect_fixture(daemon):
    connections = []

    def make(answers=True):
        connections.append(RawConnection(daemon.socket, answers))
        return connections[-1]
    yield make
    for connection in connections:
        connection.close()


CREATE_AND_WATCH = "/muster.v1.RunService/CreateAndWatchRun"


def run_of(api, service, label):
    def found():
        return service.ListRuns(api.messages.ListRunsRequest(labels={"who": label})).runs
    wait_until(found)
    return found()[0]


def test_who_pings_without_measure_is_sent_away(connect):
    crazy = connect()
    for _ in range(20):
        crazy.ping()
    wait_until(lambda: crazy.closed)
    assert crazy.goaway == ENHANCE_YOUR_CALM


def test_who_vanished_is_noticed_and_who_is_silent_is_not_sent_away(api, service, connect,
                                                                     request_of):
    vanished, quiet, idle = connect(answers=False), connect(), connect()
    begin = time.monotonic()
    vanished.call(CREATE_AND_WATCH, request_of("vanished"))
    quiet.call(CREATE_AND_WATCH, request_of("quiet"))
    gone, kept = run_of(api, service, "vanished"), run_of(api, service, "quiet")
    pings = 0
    while not vanished.closed:
        for each in (quiet, idle):
            each.ping()
        pings += 1
        assert time.monotonic() - begin < SECONDS
        time.sleep(CLIENTS_MAY_PING + 0.1)
    assert vanished.closed - begin > DAEMON_PINGS
    assert vanished.pings > 0
    # Its run goes with it; that of who answers does not.
    watch = api.messages.WatchRunRequest(run_id=gone.id)
    ended = list(service.WatchRun(watch, timeout=SECONDS))[-1].run
    assert (ended.state, ended.reason) == (api.runs.RUN_STATE_CANCELED, api.runs.RUN_REASON_CALLER_GONE)
    run = service.GetRun(api.messages.GetRunRequest(run_id=kept.id)).run
    assert run.state == api.runs.RUN_STATE_RUNNING
    for each in (quiet, idle):
        wait_until(lambda each=each: each.closed or each.acknowledged == pings)
        assert (each.closed, each.goaway) == (None, None)
    service.CancelRun(api.messages.CancelRunRequest(run_id=kept.id))
