"""Calls that would take what others need: memory, threads, their turn."""

import os
import signal
import socket
import struct
import time

import grpc
import pytest

from programs import Daemon, Muster, SECONDS, wait_until

MIB = 1 << 20
SANITIZED = bool({"ASAN_OPTIONS", "TSAN_OPTIONS"} & set(os.environ))


def connect(daemon):
    return grpc.insecure_channel(daemon.address, [("grpc.use_local_subchannel_pool", 1),
                                                  ("grpc.max_receive_message_length", 1 << 28)])


@pytest.fixture(name="channel")
def channel_fixture(daemon):
    with connect(daemon) as channel:
        yield channel


def refusal(call, request):
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=SECONDS)
    return error.value.code(), error.value.details()


def spec_of(api, fleet, targets, command="true"):
    spec = api.runs.RunSpec()
    spec.targets.expression = targets
    spec.command.shell = command
    spec.login.user = fleet.user
    spec.login.port = fleet.servers[0].port
    spec.login.local.identity_files.add(path=fleet.key)
    spec.login.local.known_hosts_files.append(fleet.known_hosts)
    return spec


def look_at(api, expression, **more):
    request = api.target_messages.ResolveTargetsRequest(login=more)
    request.targets.expression = expression
    return request


USER = "u" * 250
FULL = ",".join(f"{USER}@{chr(ord('a') + i)}[1-99000]" for i in range(16))


@pytest.mark.parametrize("expression,more,hint", [
    ("u" * 21_600 + "@a[1-100000]", {}, "21600 bytes; at most 256"),
    ("a[1-100000]", {"user": "u" * 1_000_000}, "login.user: it is longer than 256 bytes"),
    ("a[1-100000]", {"user": "u" * 250}, "at most 16777216"),
    (FULL, {}, "use smaller ranges"),
    ("a[1-100000]" * 3000, {}, "")], ids=["user in the targets", "user", "user of each", "all", "long"])
def test_targets_are_counted_before_they_are_expanded(api, daemon, channel, fleet, expression, more,
                                                      hint):
    before = daemon.memory()
    code, text = refusal(api.targets(channel).ResolveTargets, look_at(api, expression, **more))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and hint in text
    if "user" not in more:
        spec = spec_of(api, fleet, expression)
        code, text = refusal(api.stub(channel).CreateRun, api.messages.CreateRunRequest(spec=spec))
        assert code == grpc.StatusCode.INVALID_ARGUMENT and hint in text
    assert daemon.memory() - before < 200 * MIB or SANITIZED


def test_the_user_of_a_rerun_is_checked_before_each_host_gets_it(api, channel, fleet):
    stub = api.stub(channel)
    spec = spec_of(api, fleet, "127.0.9.[1-3]")
    spec.login.port = 1  # where nobody listens
    run = list(stub.CreateAndWatchRun(api.messages.CreateAndWatchRunRequest(spec=spec)))[0].run
    request = api.messages.RerunHostsRequest(run_id=run.id)
    request.login.user = "u" * 900_000
    code, text = refusal(stub.RerunHosts, request)
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "login.user" in text


def test_one_connection_has_a_thousand_watchers_and_no_more(api, daemon, channel, fleet):
    spec = spec_of(api, fleet, "127.0.9.1", "sleep 60")
    run = api.stub(channel).CreateRun(api.messages.CreateRunRequest(spec=spec)).run
    request = api.messages.WatchRunRequest(run_id=run.id)
    with connect(daemon) as crowd:
        watchers = [api.stub(crowd).WatchRun(request) for _ in range(1000)]
        for watcher in watchers:
            next(watcher)
        begin = time.monotonic()
        api.stub(crowd).CancelRun(api.messages.CancelRunRequest(run_id=run.id), timeout=SECONDS)
        assert time.monotonic() - begin < 10 or SANITIZED
        for watcher in watchers:
            assert list(watcher)[-1].run.state == api.runs.RUN_STATE_CANCELED
    # HTTP/2, 6.5.2: SETTINGS_MAX_CONCURRENT_STREAMS is 3.
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(daemon.socket)
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        frame = connection.recv(4096)
    settings = [struct.unpack(">HI", frame[at:at + 6])
                for at in range(9, 9 + int.from_bytes(frame[:3], "big"), 6)]
    assert dict(settings)[3] == 1024


def test_a_request_that_is_too_large_is_refused(api, channel):
    request = look_at(api, "a", user="u" * 16 * MIB)
    assert refusal(api.targets(channel).ResolveTargets, request)[0] == \
        grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_a_compressed_request_is_refused_before_it_is_unpacked(api, daemon, channel, compression):
    before = daemon.memory()
    request = api.messages.GetRunRequest(run_id="x" * (256 << 20))  # some 260 KB on the wire
    with pytest.raises(grpc.RpcError) as error:
        api.stub(channel).GetRun(request, compression=compression, timeout=SECONDS)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "is disabled" in error.value.details()
    assert daemon.memory() - before < 64 << 20


def test_a_long_error_still_reaches_the_client(api, channel, fleet):
    spec = spec_of(api, fleet, "127.0.9.1")
    spec.command.environment["x" * 100_000 + "\u00e4"] = "1"
    request = api.messages.CreateRunRequest(spec=spec)
    code, text = refusal(api.stub(channel).CreateRun, request)
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert text.startswith("environment: ") and len(text) < 2100


def test_what_the_daemon_does_not_know_is_refused(api, channel, fleet):
    spec = spec_of(api, fleet, "127.0.9.1")
    known = api.messages.CreateRunRequest(spec=spec).SerializeToString()
    # spec { login { field 99: 1 } }, and field 77 of the request; merged with what is known.
    login = b"\x98\x06\x01"
    spec = b"\x1a" + bytes([len(login)]) + login
    unknown = b"\x0a" + bytes([len(spec)]) + spec + b"\xe8\x04\x01"
    create = channel.unary_unary("/muster.v1.RunService/CreateRun")
    before = len(api.stub(channel).ListRuns(api.messages.ListRunsRequest(page_size=1000)).runs)
    code, text = refusal(create, known + unknown)
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "field 77, spec.login.field 99: " in text
    stream = channel.unary_stream("/muster.v1.RunService/CreateAndWatchRun")
    with pytest.raises(grpc.RpcError) as error:
        next(stream(known + unknown))
    assert "spec.login.field 99" in error.value.details()
    after = len(api.stub(channel).ListRuns(api.messages.ListRunsRequest(page_size=1000)).runs)
    assert after == before
    for call in ("CancelRun", "PauseRun", "ResumeRun", "RerunHosts", "GetRun", "ListRuns"):
        raw = channel.unary_unary(f"/muster.v1.RunService/{call}")
        assert "field 77" in refusal(raw, b"\xe8\x04\x01")[1]


def test_a_page_of_runs_fits_into_any_client(api, daemon, channel, fleet):
    stub = api.stub(channel)
    command = "true #" + "x" * 100_000
    ids = [stub.CreateRun(api.messages.CreateRunRequest(
        spec=spec_of(api, fleet, "127.0.9.1", command))).run.id for _ in range(25)]
    found, token, pages = [], "", 0
    while True:
        page = stub.ListRuns(api.messages.ListRunsRequest(
            page_size=1000, page_token=token, command_contains="xxx"))
        assert page.ByteSize() <= MIB
        found += [run.id for run in page.runs]
        token, pages = page.next_page_token, pages + 1
        if not token:
            break
    assert found == ids[::-1] and pages == 3
    listed = Muster(daemon)("runs", "-n", "20", "--json").json()
    assert [run["id"] for run in listed] == found[:20]


def test_a_page_of_hosts_fits_into_any_client(api, channel, fleet):
    name = "x" * 200
    spec = spec_of(api, fleet, f"{name}[1-6000].invalid")
    spec.login.local.known_hosts_files[:] = []
    stub = api.stub(channel)
    run = stub.CreateRun(api.messages.CreateRunRequest(spec=spec)).run
    stub.CancelRun(api.messages.CancelRunRequest(run_id=run.id))
    hosts, token = [], ""
    while True:
        page = stub.ListHostResults(api.messages.ListHostResultsRequest(
            run_id=run.id, page_size=10_000, page_token=token))
        assert page.ByteSize() <= MIB
        hosts += [result.host_index for result in page.results]
        token = page.next_page_token
        if not token:
            break
    assert hosts == list(range(6000))


@pytest.mark.parametrize("name,hosts", [("x" * 240, 20_000), ("a", 100_000)],
                         ids=["long names", "short names"])
def test_a_page_of_targets_fits_into_any_client(api, daemon, name, hosts):
    names, token = [], ""
    # As gRPC's clients are without options: they take 4 MiB.
    with grpc.insecure_channel(daemon.address) as channel:
        while True:
            request = look_at(api, f"{name}[1-{hosts}]")
            request.page_size, request.page_token = hosts, token
            page = api.targets(channel).ResolveTargets(request, timeout=SECONDS)
            assert page.ByteSize() <= MIB and page.host_count == hosts
            names += [host.name for host in page.hosts]
            token = page.next_page_token
            if not token:
                break
            assert page.ByteSize() > 0.99 * MIB  # nor one host a page
    assert names == [f"{name}{number}" for number in range(1, hosts + 1)]


class Crowd:
    """Many calls at once, of which somebody has to be served beside."""

    def __init__(self, daemon, call, request, calls):
        self._channels = [connect(daemon) for _ in range(4)]
        self._futures = [call(self._channels[i % 4]).future(request, timeout=SECONDS)
                         for i in range(calls)]

    def leave(self):
        for future in self._futures:
            future.cancel()
        for channel in self._channels:
            channel.close()

    def codes(self):
        return [future.code() for future in self._futures]


def canceled_within(api, channel, fleet):
    """How long it took to start a run, and to cancel it."""
    stub = api.stub(channel)
    request = api.messages.CreateRunRequest(spec=spec_of(api, fleet, "127.0.9.1", "sleep 60"))
    begin = time.monotonic()
    run = stub.CreateRun(request, timeout=SECONDS).run
    started = time.monotonic()
    stub.CancelRun(api.messages.CancelRunRequest(run_id=run.id), timeout=SECONDS)
    return started - begin, time.monotonic() - started


def test_a_cancel_does_not_wait_behind_reads(api, daemon, channel, fleet):
    big = api.messages.ListRunsRequest(page_size=1000)
    crowd = Crowd(daemon, lambda c: api.stub(c).ListRuns, big, 600)
    for _ in range(10):
        _, canceled = canceled_within(api, channel, fleet)
        assert canceled < 5 or SANITIZED
    codes = crowd.codes()
    crowd.leave()
    assert codes == [grpc.StatusCode.OK] * 600


SLOW = "a[1-40000]!b[1-40000]"  # targets that take a while, and mean 40,000 hosts


def test_calls_that_were_given_up_are_not_computed(api, daemon, channel, fleet):
    request = look_at(api, SLOW)
    begin = time.monotonic()
    api.targets(channel).ResolveTargets(request, timeout=SECONDS)
    one = time.monotonic() - begin
    crowd = Crowd(daemon, lambda c: api.targets(c).ResolveTargets, request, 200)
    time.sleep(2 * one)  # they have arrived
    crowd.leave()
    begin = time.monotonic()
    api.targets(channel).ResolveTargets(look_at(api, "127.0.9.1"), timeout=SECONDS)
    # What two threads were computing, and nothing of the rest.
    assert time.monotonic() - begin < 20 * one + 1
    assert canceled_within(api, channel, fleet)[1] < 5


def test_a_call_whose_deadline_has_passed_starts_nothing(api, daemon, channel, fleet):
    slow = api.messages.CreateRunRequest(spec=spec_of(api, fleet, SLOW), validate_only=True)
    crowd = Crowd(daemon, lambda c: api.stub(c).CreateRun, slow, 40)
    late = api.messages.CreateRunRequest(spec=spec_of(api, fleet, "127.0.9.1", "true #late"))
    futures = [api.stub(channel).CreateRun.future(late, timeout=0.2) for _ in range(5)]
    codes = [future.code() for future in futures]
    assert crowd.codes() == [grpc.StatusCode.OK] * 40
    crowd.leave()
    assert codes == [grpc.StatusCode.DEADLINE_EXCEEDED] * 5
    asked = api.messages.ListRunsRequest(command_contains="true #late")
    assert not api.stub(channel).ListRuns(asked, timeout=SECONDS).runs


def test_a_daemon_that_stops_resolves_no_targets(api, fleet):
    with Daemon() as daemon, connect(daemon) as channel:
        spec = spec_of(api, fleet, "127.0.9.1", "trap '' TERM; sleep 60")
        spec.stop.grace.seconds = 3
        stream = api.stub(channel).CreateAndWatchRun(api.messages.CreateAndWatchRunRequest(spec=spec))
        for message in stream:
            if any(event.host_state.state == 5 for event in message.events):  # RUNNING
                break
        daemon.process.send_signal(signal.SIGTERM)
        said = []

        def stopping():
            try:
                api.targets(channel).ResolveTargets(look_at(api, "a"), timeout=SECONDS)
            except grpc.RpcError as error:
                said.append((error.code(), error.details()))
            return bool(said)
        wait_until(stopping)
        assert said == [(grpc.StatusCode.UNAVAILABLE, "musterd is stopping")]
        stream.cancel()
