"""The calls of muster.v1 as another language's client makes them."""

import hashlib
import os
import shutil
import threading

import grpc
import pytest

from fleet import write
from programs import wait_until

SECONDS = 120


@pytest.fixture(name="channel")
def channel_fixture(daemon):
    # Each its own connection: one that does not read must not hold up another's bytes.
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 1 << 26)]
    with grpc.insecure_channel(daemon.address, options) as channel:
        yield channel


@pytest.fixture(name="service")
def service_fixture(api, channel):
    return api.stub(channel)


@pytest.fixture(name="spec")
def spec_fixture(api, fleet):
    def make(targets, command):
        spec = api.runs.RunSpec()
        spec.targets.expression = targets
        spec.command.shell = command
        spec.login.user = fleet.user
        spec.login.port = fleet.servers[0].port
        spec.login.local.identity_files.add(path=fleet.key)
        spec.login.local.known_hosts_files.append(fleet.known_hosts)
        return spec
    return make


class Watcher(threading.Thread):
    """Reads a run's log on a connection of its own and keeps what is needed to compare."""

    def __init__(self, api, daemon, run_id):
        super().__init__(daemon=True)
        self._api, self._daemon, self._run_id = api, daemon, run_id
        self.sequences, self.digest, self.ended = [], hashlib.sha256(), None
        self.begun = threading.Event()
        self.start()

    def run_stream(self, channel):
        request = self._api.messages.WatchRunRequest(run_id=self._run_id)
        for message in self._api.stub(channel).WatchRun(request, timeout=SECONDS):
            self.begun.set()
            for event in message.events:
                self.sequences.append(event.sequence)
                self.digest.update(event.SerializeToString(deterministic=True))
            if message.HasField("run"):
                self.ended = message.run

    def run(self):
        options = [("grpc.use_local_subchannel_pool", 1),
                   ("grpc.max_receive_message_length", 1 << 26)]
        with grpc.insecure_channel(self._daemon.address, options) as channel:
            self.run_stream(channel)


def test_ten_watchers_one_late_and_one_that_never_reads(api, daemon, service, spec, fleet):
    gate = os.path.join(fleet.folder, "gate")
    before = daemon.memory()
    command = (f"seq -f %0999g 1 4000; while [ ! -e {gate} ]; do sleep 0.05; done;"
               " seq -f %0999g 1 4000")
    run_id = service.CreateRun(api.messages.CreateRunRequest(
        spec=spec("127.0.9.[1-10]", command))).run.id
    request = api.messages.WatchRunRequest(run_id=run_id)
    with grpc.insecure_channel(daemon.address, [("grpc.use_local_subchannel_pool", 1)]) as idle:
        never_reads = api.stub(idle).WatchRun(request)
        watchers = [Watcher(api, daemon, run_id) for _ in range(8)]
        for watcher in watchers:
            assert watcher.begun.wait(SECONDS)
        watchers.append(Watcher(api, daemon, run_id))  # in mid run
        write(gate, "")
        for watcher in watchers:
            watcher.join(SECONDS)
            assert not watcher.is_alive()
        state = service.GetRun(api.messages.GetRunRequest(run_id=run_id)).run.state
        # The run is over, and one has not read a byte of it.
        assert state == api.runs.RUN_STATE_SUCCEEDED
        output = 10 * 2 * 4000 * 1000
        # Kept once, for all ten of them. (Sanitizers add their own.)
        factor = 4 if {"ASAN_OPTIONS", "TSAN_OPTIONS"} & set(os.environ) else 1.5
        assert daemon.memory() - before < factor * output
        never_reads.cancel()
    first = watchers[0]
    assert first.sequences == list(range(1, len(first.sequences) + 1))
    for watcher in watchers:
        assert watcher.sequences == first.sequences
        assert watcher.digest.digest() == first.digest.digest()
        assert watcher.ended.last_sequence == first.sequences[-1]


def test_watching_from_the_middle_gives_the_rest(api, service, spec):
    messages = list(service.CreateAndWatchRun(api.messages.CreateAndWatchRunRequest(
        spec=spec("127.0.9.[1-3]", "echo one; sleep 0.1; echo two"))))
    events = [event for message in messages for event in message.events]
    run_id = messages[0].run.id
    for after in range(len(events) + 1):
        rest = [event for message in service.WatchRun(api.messages.WatchRunRequest(
            run_id=run_id, after_sequence=after)) for event in message.events]
        assert rest == events[after:]
    with pytest.raises(grpc.RpcError) as error:
        list(service.WatchRun(api.messages.WatchRunRequest(run_id=run_id,
                                                           after_sequence=len(events) + 1)))
    assert error.value.code() == grpc.StatusCode.OUT_OF_RANGE


def test_a_request_id_starts_one_run(api, service, spec):
    def create(command):
        return service.CreateRun(api.messages.CreateRunRequest(
            spec=spec("127.0.9.1", command), request_id="deploy-42")).run.id
    first = create("echo once")
    assert create("echo once") == first
    with pytest.raises(grpc.RpcError) as error:
        create("echo something else")
    assert error.value.code() == grpc.StatusCode.ALREADY_EXISTS


def test_validate_only_starts_nothing(api, service, spec):
    before = len(service.ListRuns(api.messages.ListRunsRequest()).runs)
    run = service.CreateRun(api.messages.CreateRunRequest(
        spec=spec("127.0.9.[1-7]", "true"), validate_only=True)).run
    assert (run.id, run.host_count) == ("", 7)
    assert len(service.ListRuns(api.messages.ListRunsRequest()).runs) == before


def test_a_jump_host_that_is_none_is_named(api, service, spec):
    request = api.messages.CreateRunRequest(spec=spec("127.0.9.1", "true"))
    request.spec.login.jump_hosts.extend(["127.0.9.2", "gate[1-2]"])
    with pytest.raises(grpc.RpcError) as error:
        service.CreateRun(request)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert 'login.jump_hosts: "gate[1-2]"' in error.value.details()


def test_a_rerun_keeps_the_jump_hosts(api, service, spec):
    way = ["127.0.9.2:1"]  # where nobody listens
    request = api.messages.CreateAndWatchRunRequest(spec=spec("127.0.9.1", "true"))
    request.spec.login.jump_hosts.extend(way)
    run = list(service.CreateAndWatchRun(request))[0].run
    states = range(api.hosts.HOST_STATE_SUCCEEDED, api.hosts.HOST_STATE_OUTCOME_UNKNOWN + 1)
    rerun = api.messages.RerunHostsRequest(run_id=run.id, states=states)
    assert service.RerunHosts(rerun).run.spec.login.jump_hosts == way
    rerun.login.CopyFrom(spec("", "").login)
    assert service.RerunHosts(rerun).run.spec.login.jump_hosts == way
    rerun.login.jump_hosts.append("127.0.9.3:1")
    assert service.RerunHosts(rerun).run.spec.login.jump_hosts == ["127.0.9.3:1"]


def test_a_rerun_as_another_user_leaves_hosts_with_one_of_their_own(api, service, spec):
    request = api.messages.CreateAndWatchRunRequest(spec=spec("127.0.9.1,ann@127.0.9.2", "true"))
    request.spec.login.port = 1  # where nobody listens
    run = list(service.CreateAndWatchRun(request))[0].run

    def users(**login):
        rerun = api.messages.RerunHostsRequest(run_id=run.id)
        if login:
            rerun.login.CopyFrom(request.spec.login)
            rerun.login.user = login["user"]
        again = service.RerunHosts(rerun).run.id
        results = service.ListHostResults(api.messages.ListHostResultsRequest(run_id=again))
        return [result.host.user for result in results.results]
    own = request.spec.login.user
    assert users() == [own, "ann"]
    assert users(user="") == [own, "ann"]
    assert users(user="bob") == ["bob", "ann"]


def test_lists_come_in_pages(api, service, spec):
    ids = []
    for number in range(3):
        messages = list(service.CreateAndWatchRun(api.messages.CreateAndWatchRunRequest(
            spec=spec("127.0.9.[1-5]", f"exit {number}"))))
        ids.insert(0, messages[0].run.id)
    page = service.ListRuns(api.messages.ListRunsRequest(page_size=2))
    assert [run.id for run in page.runs] == ids[:2]
    page = service.ListRuns(api.messages.ListRunsRequest(page_size=1,
                                                         page_token=page.next_page_token))
    assert [run.id for run in page.runs] == ids[2:]
    results, token = [], ""
    while True:
        page = service.ListHostResults(api.messages.ListHostResultsRequest(
            run_id=ids[0], page_size=2, page_token=token))
        results += page.results
        token = page.next_page_token
        if not token:
            break
    assert [result.host_index for result in results] == [0, 1, 2, 3, 4]
    with pytest.raises(grpc.RpcError) as error:
        service.ListRuns(api.messages.ListRunsRequest(page_token="nonsense\n"))
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture(name="start")
def start_fixture(api, service, spec):
    def begin(command, stream=True, targets="127.0.9.1"):
        request = api.messages.CreateRunRequest(spec=spec(targets, command))
        if stream:
            request.spec.input = api.runs.RUN_INPUT_STREAM
        return service.CreateRun(request).run
    return begin


def refusal(call, request):
    with pytest.raises(grpc.RpcError) as error:
        call(request)
    return error.value.code(), error.value.details()


def test_a_call_that_is_repeated_sends_nothing_twice(api, service, start):
    run = start("cat")
    send = api.messages.SendInputRequest
    assert service.SendInput(send(run_id=run.id, data=b"abc")).offset == 3
    assert service.SendInput(send(run_id=run.id, data=b"abc")).offset == 3
    answer = service.SendInput(send(run_id=run.id, offset=2, data=b"cd", end=True))
    assert (answer.offset, answer.end) == (4, True)
    watch = api.messages.WatchRunRequest(run_id=run.id)
    data = b"".join(event.output.data for message in service.WatchRun(watch)
                    for event in message.events)
    assert data == b"abcd"


def output_by_host(api, service, run_id):
    output = {}
    for message in service.WatchRun(api.messages.WatchRunRequest(run_id=run_id)):
        for event in message.events:
            if event.WhichOneof("kind") == "output":
                index = event.output.host_index
                output[index] = output.get(index, b"") + event.output.data
    return output


def test_single_hosts_are_sent_input_of_their_own(api, service, start):
    run = start("cat", targets="127.0.9.[1-3]")

    def send(**fields):
        return service.SendInput(api.messages.SendInputRequest(run_id=run.id, **fields))
    assert send(data=b"all ").offset == 4
    assert send(data=b"second ", host_indexes=[1]).offset == 7
    assert send(data=b"second ", host_indexes=[1]).offset == 7
    assert send(data=b"the last", host_indexes=[2], end=True).end
    with pytest.raises(grpc.RpcError) as error:
        send(data=b"x", host_indexes=[3])
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "host_indexes" in error.value.details()
    assert send(offset=4, data=b"again", end=True).end
    assert output_by_host(api, service, run.id) == {
        0: b"all again", 1: b"all second again", 2: b"all the last"}


def test_a_host_that_has_ended_takes_no_input(api, service, start):
    run = start("set -- $SSH_CONNECTION; [ $3 = 127.0.9.2 ] && exit 3; cat",
                targets="127.0.9.[1-2]")
    request = api.messages.ListHostResultsRequest(run_id=run.id,
                                                  states=[api.hosts.HOST_STATE_EXITED_NONZERO])
    wait_until(lambda: service.ListHostResults(request).results)
    send = api.messages.SendInputRequest
    code, text = refusal(service.SendInput, send(run_id=run.id, data=b"x", host_indexes=[1]))
    assert code == grpc.StatusCode.FAILED_PRECONDITION and "have ended" in text
    assert service.SendInput(send(run_id=run.id, data=b"x", host_indexes=[0, 1])).offset == 1
    assert service.SendInput(send(run_id=run.id, end=True)).end
    assert output_by_host(api, service, run.id) == {0: b"x"}


def test_hosts_have_variables_of_their_own(api, service, spec):
    asked = spec("127.0.9.1", 'echo "$ROLE $ZONE $EVERY"')
    asked.command.environment.update({"EVERY": "all", "ZONE": "of the run"})
    asked.targets.hosts.add(name="127.0.9.2", variables={"ROLE": "it's", "ZONE": "a"})
    asked.targets.hosts.add(name="127.0.9.3", variables={"ROLE": "db; exit 3"})
    run = service.CreateRun(api.messages.CreateRunRequest(spec=asked)).run
    expected = {0: b" of the run all\n", 1: b"it's of the run all\n",
                2: b"db; exit 3 of the run all\n"}
    assert output_by_host(api, service, run.id) == expected
    again = service.RerunHosts(api.messages.RerunHostsRequest(
        run_id=run.id, states=[api.hosts.HOST_STATE_SUCCEEDED])).run
    assert output_by_host(api, service, again.id) == expected
    for name, variables, problem in (
            ("127.0.9.4", {"A-B": "x"}, "targets.hosts[2].variables: \"A-B\" is no name"),
            ("127.0.9.4", {"A": "x\0"}, "targets.hosts[2].variables: A holds a NUL"),
            ("127.0.9.4", {f"V{i}": "x" for i in range(65)}, "65; at most 64"),
            ("127.0.9.4", {"A": "x" * 131_000}, "with the variables of 127.0.9.4"),
            ("127.0.9.1", {"A": "x"}, "127.0.9.1 is named more than once, with different")):
        wrong = api.runs.RunSpec()
        wrong.CopyFrom(asked)
        wrong.targets.hosts.add(name=name, variables=variables)
        code, text = refusal(service.CreateRun, api.messages.CreateRunRequest(spec=wrong))
        assert code == grpc.StatusCode.INVALID_ARGUMENT and problem in text, text


def test_what_input_is_refused(api, service, start):
    send = api.messages.SendInputRequest
    none = start("true", stream=False)
    code, text = refusal(service.SendInput, send(run_id=none.id, data=b"x"))
    assert code == grpc.StatusCode.FAILED_PRECONDITION
    run = start("sleep 0.2; cat")
    code, text = refusal(service.SendInput, send(run_id=run.id, offset=5, data=b"x"))
    assert code == grpc.StatusCode.OUT_OF_RANGE and "0 bytes" in text
    code, text = refusal(service.SendInput, send(run_id=run.id, data=b"x" * 600_000))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "data" in text
    assert refusal(service.SendInput, send(run_id="nobody"))[0] == grpc.StatusCode.NOT_FOUND
    assert service.SendInput(send(run_id=run.id, end=True)).end
    code, _ = refusal(service.SendInput, send(run_id=run.id, data=b"x"))
    assert code == grpc.StatusCode.FAILED_PRECONDITION


@pytest.fixture(name="artifacts")
def artifacts_fixture(api, channel):
    from muster.v1 import artifact_service_pb2, artifact_service_pb2_grpc
    assert api.messages

    class Artifacts:
        messages = artifact_service_pb2
        stub = artifact_service_pb2_grpc.ArtifactServiceStub(channel)

        def put(self, name, data=b"", offset=0, **fields):
            return self.stub.PutArtifact(self.messages.PutArtifactRequest(
                name=name, data=data, offset=offset, **fields)).artifact

        def put_all(self, name, data):
            for at in range(0, len(data), 512 << 10):
                self.put(name, data[at:at + (512 << 10)], at)
            return self.put(name, offset=len(data), end=True,
                            sha256=hashlib.sha256(data).digest())

        def names(self):
            listed = self.stub.ListArtifacts(self.messages.ListArtifactsRequest(page_size=10_000))
            return [artifact.name for artifact in listed.artifacts]

        def delete(self, name):
            self.stub.DeleteArtifact(self.messages.DeleteArtifactRequest(name=name))
    return Artifacts()


def test_each_host_reads_all_of_an_artifact(api, service, spec, artifacts):
    data = os.urandom(5_000_000)
    whole = artifacts.put_all("app.tar", data)
    assert (whole.bytes, whole.whole) == (len(data), True)
    asked = spec("127.0.9.[1-5]", "sha256sum")
    asked.rollout.max_in_flight = 2  # most of them come late
    asked.input, asked.input_artifact = api.runs.RUN_INPUT_ARTIFACT, "app.tar"
    run = service.CreateRun(api.messages.CreateRunRequest(spec=asked)).run
    line = hashlib.sha256(data).hexdigest().encode() + b"  -\n"
    assert output_by_host(api, service, run.id) == {host: line for host in range(5)}
    again = service.RerunHosts(api.messages.RerunHostsRequest(
        run_id=run.id, states=[api.hosts.HOST_STATE_SUCCEEDED])).run
    assert set(output_by_host(api, service, again.id).values()) == {line}
    artifacts.delete("app.tar")


def test_a_run_has_its_artifact_to_its_end_and_is_sent_nothing(api, service, spec, artifacts, fleet):
    artifacts.put("short", b"of the run", end=True)
    gate = os.path.join(fleet.folder, "gate of an artifact")
    asked = spec("127.0.9.[1-2]", f"while [ ! -e '{gate}' ]; do sleep 0.05; done; cat")
    asked.rollout.max_in_flight = 1
    asked.input, asked.input_artifact = api.runs.RUN_INPUT_ARTIFACT, "short"
    run = service.CreateRun(api.messages.CreateRunRequest(spec=asked)).run
    send = api.messages.SendInputRequest(run_id=run.id, data=b"x")
    assert refusal(service.SendInput, send)[0] == grpc.StatusCode.FAILED_PRECONDITION
    artifacts.delete("short")
    assert "short" not in artifacts.names()
    write(gate, "")
    assert output_by_host(api, service, run.id) == {0: b"of the run", 1: b"of the run"}
    rerun = api.messages.RerunHostsRequest(run_id=run.id, states=[api.hosts.HOST_STATE_SUCCEEDED])
    for call, request in ((service.RerunHosts, rerun),
                          (service.CreateRun, api.messages.CreateRunRequest(spec=asked)),
                          (service.CreateRun, api.messages.CreateRunRequest(
                              spec=asked, validate_only=True))):
        code, text = refusal(call, request)
        assert (code, "short" in text) == (grpc.StatusCode.NOT_FOUND, True), text


def test_what_is_refused_of_artifacts(api, service, spec, artifacts):
    def code_of(**fields):
        return refusal(artifacts.stub.PutArtifact, artifacts.messages.PutArtifactRequest(**fields))[0]
    code = grpc.StatusCode
    assert artifacts.put("refused", b"abc").bytes == 3
    assert code_of(name="refused", offset=4) == code.OUT_OF_RANGE
    assert code_of(name="a/b") == code_of(name="refused", data=b"x" * 600_000) == code.INVALID_ARGUMENT
    asked = spec("127.0.9.1", "cat")
    asked.input, asked.input_artifact = api.runs.RUN_INPUT_ARTIFACT, "refused"
    run = api.messages.CreateRunRequest(spec=asked, validate_only=True)
    assert refusal(service.CreateRun, run)[0] == code.NOT_FOUND  # it is not whole
    assert code_of(name="refused", offset=3, end=True, sha256=b"x" * 32) == code.DATA_LOSS
    assert artifacts.put("refused", b"abcd", end=True).whole
    assert artifacts.put("refused", b"abcd", end=True).whole
    assert code_of(name="refused", data=b"abcde", end=True) == code.ALREADY_EXISTS
    delete = artifacts.messages.DeleteArtifactRequest(name="refused")
    artifacts.stub.DeleteArtifact(delete)
    assert refusal(artifacts.stub.DeleteArtifact, delete)[0] == code.NOT_FOUND
    listing = artifacts.messages.ListArtifactsRequest(page_token="nonsense")
    assert refusal(artifacts.stub.ListArtifacts, listing)[0] == code.INVALID_ARGUMENT


@pytest.mark.parametrize("call,request_type", [
    ("GetRun", "GetRunRequest"), ("CancelRun", "CancelRunRequest"),
    ("PauseRun", "PauseRunRequest"), ("ResumeRun", "ResumeRunRequest"),
    ("RerunHosts", "RerunHostsRequest"), ("ListHostResults", "ListHostResultsRequest")])
def test_a_run_that_does_not_exist(api, service, call, request_type):
    with pytest.raises(grpc.RpcError) as error:
        getattr(service, call)(getattr(api.messages, request_type)(run_id="x"))
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_and_reflection(channel):
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    for name in (b"", b"muster.v1.RunService", b"muster.v1.TargetService", b"muster.v1.ServerService",
                 b"muster.v1.ArtifactService"):
        request = b"\x0a" + bytes([len(name)]) + name if name else b""
        assert check(request) == b"\x08\x01", name  # status: SERVING
    reflect = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/"
                                    "ServerReflectionInfo")
    answer = next(reflect(iter([b"\x3a\x01*"])))  # list_services: "*"
    for service in (b"muster.v1.RunService", b"muster.v1.TargetService", b"grpc.health.v1.Health",
                    b"grpc.channelz.v1.Channelz"):
        assert service in answer
        symbol = b"\x22" + bytes([len(service)]) + service  # file_containing_symbol
        assert b".proto" in next(reflect(iter([symbol]))), service


def test_the_server_tells_what_it_is(api, channel, muster):
    from muster.v1 import server_service_pb2, server_service_pb2_grpc
    stub = server_service_pb2_grpc.ServerServiceStub(channel)
    info = stub.GetServerInfo(server_service_pb2.GetServerInfoRequest())
    assert f"muster {info.version}\n" == muster("version").text.splitlines(keepends=True)[0]
    assert server_service_pb2.FEATURE_INPUT in info.features
    assert server_service_pb2.FEATURE_ARTIFACTS in info.features
    assert list(info.features) == sorted(info.features) and 0 not in info.features
    assert info.limits.max_hosts == 100_000 and info.limits.max_active_runs > 0
    assert api.messages  # the same contract


@pytest.fixture(name="targets")
def targets_fixture(api, channel):
    from muster.v1 import target_service_pb2, target_service_pb2_grpc
    stub = target_service_pb2_grpc.TargetServiceStub(channel)
    assert api.messages

    def resolve(**fields):
        return stub.ResolveTargets(target_service_pb2.ResolveTargetsRequest(**fields))
    return resolve


def test_targets_come_in_pages(targets):
    asked = {"targets": {"expression": "web[1-7]"}, "page_size": 3}
    names, token = [], ""
    while True:
        page = targets(page_token=token, **asked)
        names.append([host.name for host in page.hosts])
        assert page.host_count == 7
        token = page.next_page_token
        if not token:
            break
    assert names == [["web1", "web2", "web3"], ["web4", "web5", "web6"], ["web7"]]
    token = targets(**asked).next_page_token
    with pytest.raises(grpc.RpcError) as error:
        targets(page_token=token, targets={"expression": "web[1-8]"})
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_targets_as_a_list_and_how_they_would_be_logged_into(targets):
    found = targets(
        targets={"expression": "ann@web1", "hosts": [
            {"name": "db", "address": "127.0.9.9", "port": 2222}, {"name": "web1", "user": "bob"},
            {"name": "db", "address": "127.0.9.9", "port": 2222}]},
        login={"user": "ops", "port": 22})
    assert [(host.name, host.address, host.port, host.user) for host in found.hosts] == [
        ("ann@web1:22", "web1", 22, "ann"), ("db", "127.0.9.9", 2222, "ops"),
        ("bob@web1:22", "web1", 22, "bob")]
    for host in ({"name": "a b"}, {"name": "ann@web1"}, {"name": "web1:22"}, {"name": ""},
                 {"name": "web1", "port": 70_000}, {"name": "x" * 300}):
        with pytest.raises(grpc.RpcError) as error:
            targets(targets={"hosts": [host]})
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT, host
        assert "targets.hosts[0]." in error.value.details(), host


def test_errors_say_for_programs_what_is_wrong(api, service, spec):
    request = api.messages.CreateRunRequest(spec=spec("127.0.9.1", "true"))
    request.spec.login.port = 70_000
    request.spec.rollout.batches.add(percent=101)
    with pytest.raises(grpc.RpcError) as error:
        service.CreateRun(request)
    details = dict(error.value.trailing_metadata())["grpc-status-details-bin"]
    for part in (b"google.rpc.ErrorInfo", b"FIELD_INVALID", b"muster", b"google.rpc.BadRequest",
                 b"spec.login.port", b"spec.rollout.batches[0]"):
        assert part in details, part
    with pytest.raises(grpc.RpcError) as error:
        service.GetRun(api.messages.GetRunRequest(run_id="nobody"))
    assert b"RUN_NOT_FOUND" in dict(error.value.trailing_metadata())["grpc-status-details-bin"]


def test_a_hundred_identical_calls_at_once_are_one_run(api, daemon, spec):
    request = api.messages.CreateRunRequest(spec=spec("127.0.9.1", "true"), request_id="hundred")
    with grpc.insecure_channel(daemon.address) as channel:
        calls = [api.stub(channel).CreateRun.future(request) for _ in range(100)]
        assert len({call.result(timeout=30).run.id for call in calls}) == 1


def test_a_repeat_is_answered_though_its_key_has_gone(api, service, spec, fleet, tmp_path):
    key = str(tmp_path / "key")
    shutil.copy(fleet.key, key)
    request = api.messages.CreateRunRequest(spec=spec("127.0.9.1", "true"), request_id="gone")
    request.spec.login.local.identity_files[0].path = key
    run = service.CreateRun(request).run
    os.remove(key)
    assert service.CreateRun(request).run.id == run.id
    request.spec.rollout.shuffle_seed = 7
    with pytest.raises(grpc.RpcError) as error:
        service.CreateRun(request)
    assert error.value.code() == grpc.StatusCode.ALREADY_EXISTS


def test_who_comes_back_in_time_keeps_the_run(api, service, spec):
    request = api.messages.CreateAndWatchRunRequest(spec=spec("127.0.9.1", "sleep 3; echo on"))
    request.spec.cancel_after_disconnect.FromMilliseconds(2000)
    stream = service.CreateAndWatchRun(request)
    run = next(stream).run
    stream.cancel()
    watch = service.WatchRun(api.messages.WatchRunRequest(run_id=run.id))
    assert list(watch)[-1].run.state == api.runs.RUN_STATE_SUCCEEDED


def test_who_does_not_come_back_has_left_the_run(api, service, spec):
    request = api.messages.CreateAndWatchRunRequest(spec=spec("127.0.9.1", "sleep 60"))
    request.spec.cancel_after_disconnect.FromMilliseconds(100)
    stream = service.CreateAndWatchRun(request)
    run = next(stream).run
    stream.cancel()
    ask = api.messages.GetRunRequest(run_id=run.id)
    wait_until(lambda: service.GetRun(ask).run.state == api.runs.RUN_STATE_CANCELED)
    ended = service.GetRun(ask).run
    assert ended.reason == api.runs.RUN_REASON_CALLER_GONE and ended.reason_by == ended.creator


def test_a_cancel_tells_who_it_came_from(api, service, spec):
    run = service.CreateRun(api.messages.CreateRunRequest(spec=spec("127.0.9.1", "sleep 60"))).run
    service.CancelRun(api.messages.CancelRunRequest(run_id=run.id))
    ended = list(service.WatchRun(api.messages.WatchRunRequest(run_id=run.id)))[-1].run
    assert ended.reason == api.runs.RUN_REASON_CANCEL_REQUESTED
    assert ended.reason_by == f"uid:{os.getuid()}"
    assert ended.start_time.ToNanoseconds() > 0


def methods_of(api):
    """(path, method) of every call of the contract that takes one message."""
    from muster.v1 import artifact_service_pb2, server_service_pb2, target_service_pb2
    for file in (api.messages, artifact_service_pb2, target_service_pb2, server_service_pb2):
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield f"/{service.full_name}/{method.name}", method


def test_nonsense_instead_of_a_message(api, channel, muster):
    for path, method in methods_of(api):
        with pytest.raises(grpc.RpcError) as error:
            list(channel.unary_stream(path)(b"\xff\xff\xff"))
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT, path
        assert method.input_type.full_name in error.value.details(), path
    assert muster.run("127.0.0.1", "true").code == 0
