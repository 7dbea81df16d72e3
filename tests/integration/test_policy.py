"""What callers from the network may do, and what they are told."""

import socket
import threading

import grpc
import pytest

from certificates import Authority
from fleet import write
from programs import Daemon, SECONDS, wait_until

INVENTORY = "[web]\n127.0.7.1\n127.0.7.2\n[secret]\nsecret-db\n"
# SubjectAltName of one dNSName: "ci", NUL, ".attacker.org".
NAME_WITH_NUL = "DER:30:12:82:10:63:69:00:2e:61:74:74:61:63:6b:65:72:2e:6f:72:67"


@pytest.fixture(scope="module", name="authority")
def authority_fixture(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp("ca")))


@pytest.fixture(scope="module", name="daemon")
def daemon_fixture(authority, fleet, tmp_path_factory):
    """On the network, and on its owner's socket."""
    folder = tmp_path_factory.mktemp("config")
    write(folder / "hosts.ini", INVENTORY)
    write(folder / "musterd.yaml", f"""
inventory: hosts.ini
credentials:
  deploy:
    identity_files: [{fleet.key}]
    known_hosts: [{fleet.known_hosts}]
    user: {fleet.user}
  trusting:
    identity_files: [{fleet.key}]
    known_hosts: [{folder}/new_known_hosts]
    host_key_policy: accept-new
    user: {fleet.user}
  secret:
    identity_files: [{folder}/no-such-key]
policy:
  - callers: ["dns:ci"]
    credentials: [deploy]
    users: ["{fleet.user}"]
    targets: "127.0.7.[1-2]"
    ports: [{fleet.servers[0].port}]
  - callers: ["dns:uid*", "uri:spiffe://example.com/ci"]
    credentials: ["*"]
    users: ["*"]
    targets: "*"
    ports: [1-65535]
""")
    certificate, key = authority.issue("server")
    with Daemon(listen="127.0.0.1:0", args=[
            "--listen", f"unix:{folder}/run/musterd.sock", "--config", f"{folder}/musterd.yaml",
            "--tls-cert", certificate, "--tls-key", key,
            "--client-ca", authority.certificate]) as daemon:
        daemon.socket = f"{folder}/run/musterd.sock"
        daemon.known_hosts = f"{folder}/new_known_hosts"
        yield daemon
        assert daemon.process.poll() is None, daemon.messages()


@pytest.fixture(scope="module", name="pairs")
def pairs_fixture(authority):
    return {
        "ci": authority.issue("ci"),
        "stranger": authority.issue("stranger"),
        "uid:0": authority.issue("uid:0", alternative_names="DNS:uid:0"),
        "uid:0 as a common name": authority.issue("cn-uid", "/CN=uid:0", ""),
        "ci as a common name": authority.issue("cn-ci", "/CN=ci", ""),
        "a URI": authority.issue("uri", alternative_names="URI:spiffe://example.com/ci"),
        "ci second": authority.issue("second", alternative_names="DNS:else.example.com,DNS:ci"),
        "ci with a NUL": authority.issue("nul", "/CN=ci", NAME_WITH_NUL),
    }


@pytest.fixture(name="calling_as")
def calling_as_fixture(daemon, authority, pairs):
    """A channel of the holder of one of these certificates; None: of the daemon's owner."""
    channels = []

    def make(name):
        channel = (authority.channel(daemon.address, pairs[name]) if name
                   else grpc.insecure_channel(f"unix:{daemon.socket}"))
        channels.append(channel)
        return channel
    yield make
    for channel in channels:
        channel.close()


def code_of(call, *args, **more):
    """The status that a call ends with, and its text."""
    try:
        call(*args, timeout=SECONDS, **more)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


def request_of(api, fleet, targets="127.0.7.1", command="true", **more):
    request = api.messages.CreateRunRequest(**more)
    request.spec.targets.expression = targets
    request.spec.command.shell = command
    request.spec.login.credential_name = "deploy"
    request.spec.login.port = fleet.servers[0].port
    return request


@pytest.mark.parametrize("name", ["stranger", "uid:0 as a common name", "ci as a common name",
                                  "ci second"])
def test_whom_no_rule_is_about_is_refused_in_the_handshake(daemon, api, calling_as, name):
    channel = calling_as(name)
    code, _ = code_of(api.stub(channel).ListRuns, api.messages.ListRunsRequest())
    assert code == grpc.StatusCode.UNAVAILABLE
    health = channel.unary_unary("/grpc.health.v1.Health/Check")
    assert code_of(health, b"")[0] == grpc.StatusCode.UNAVAILABLE
    assert "a connection was refused: the policy denies this to " in daemon.messages()


def test_the_log_names_who_was_refused(daemon, api, calling_as):
    # Once a second.
    def refused():
        code_of(api.stub(calling_as("stranger")).ListRuns, api.messages.ListRunsRequest())
        return "dns:stranger" in daemon.messages()
    wait_until(refused)


def test_a_uri_is_an_identity_of_its_own_kind(api, fleet, calling_as):
    run = api.stub(calling_as("a URI")).CreateRun(request_of(api, fleet)).run
    assert run.creator == "uri:spiffe://example.com/ci"


def test_a_name_that_goes_on_behind_a_nul_is_nobody(api, calling_as):
    channel = calling_as("ci with a NUL")
    code, text = code_of(api.stub(channel).ListRuns, api.messages.ListRunsRequest())
    assert (code, "printable" in text) == (grpc.StatusCode.UNAUTHENTICATED, True)
    health = channel.unary_unary("/grpc.health.v1.Health/Check")
    assert code_of(health, b"")[0] == grpc.StatusCode.UNAUTHENTICATED


def test_a_certificate_named_as_the_owner_is_not_the_owner(api, fleet, calling_as):
    owner, other = api.stub(calling_as(None)), api.stub(calling_as("uid:0"))
    mine = owner.CreateRun(request_of(api, fleet, command="sleep 30", request_id="same")).run
    assert mine.creator.startswith("uid:")
    for call, request in ((other.GetRun, api.messages.GetRunRequest),
                          (other.CancelRun, api.messages.CancelRunRequest),
                          (other.RerunHosts, api.messages.RerunHostsRequest),
                          (other.ListHostResults, api.messages.ListHostResultsRequest),
                          (other.ListEvents, api.messages.ListEventsRequest)):
        assert code_of(call, request(run_id=mine.id))[0] == grpc.StatusCode.NOT_FOUND
    assert mine.id not in [run.id for run in other.ListRuns(api.messages.ListRunsRequest()).runs]
    asked = api.messages.ListRunsRequest(creator=mine.creator)
    assert not other.ListRuns(asked).runs
    # Nor is its request the owner's.
    theirs = other.CreateRun(request_of(api, fleet, command="sleep 30", request_id="same")).run
    assert theirs.id != mine.id and theirs.creator == "dns:uid:0"
    for stub, creator, seen in ((other, "", {theirs.id}), (other, mine.creator, set()),
                                (owner, mine.creator, {mine.id}), (owner, "", {mine.id, theirs.id})):
        stream = stub.WatchRuns(api.messages.WatchRunsRequest(creator=creator), timeout=SECONDS)
        assert {run.id for run in next(stream).runs} & {mine.id, theirs.id} == seen
        stream.cancel()
    for run in (mine, theirs):
        owner.CancelRun(api.messages.CancelRunRequest(run_id=run.id))


def test_each_caller_has_artifacts_of_his_own(api, fleet, calling_as):
    from muster.v1 import artifact_service_pb2, artifact_service_pb2_grpc, run_pb2
    stubs = {name: artifact_service_pb2_grpc.ArtifactServiceStub(calling_as(name))
             for name in (None, "ci", "uid:0")}
    delete = artifact_service_pb2.DeleteArtifactRequest(name="app")
    for name, data in ((None, b"of the owner"), ("ci", b"ci's"), ("uid:0", b"of no owner")):
        put = artifact_service_pb2.PutArtifactRequest(name="app", data=data, end=True)
        assert stubs[name].PutArtifact(put).artifact.bytes == len(data)
        listed = stubs[name].ListArtifacts(artifact_service_pb2.ListArtifactsRequest()).artifacts
        assert [artifact.bytes for artifact in listed] == [len(data)]
    request = request_of(api, fleet, command="cat")
    request.spec.input = run_pb2.RUN_INPUT_ARTIFACT
    request.spec.input_artifact = "app"
    stubs[None].DeleteArtifact(delete)
    assert code_of(stubs[None].DeleteArtifact, delete)[0] == grpc.StatusCode.NOT_FOUND
    assert code_of(api.stub(calling_as(None)).CreateRun, request)[0] == grpc.StatusCode.NOT_FOUND
    assert api.stub(calling_as("ci")).CreateRun(request).run.id
    for name in ("ci", "uid:0"):
        stubs[name].DeleteArtifact(delete)


def test_channelz_is_for_the_owner_alone(calling_as):
    for name, allowed in ((None, True), ("ci", False)):
        servers = calling_as(name).unary_unary("/grpc.channelz.v1.Channelz/GetServers")
        expected = grpc.StatusCode.OK if allowed else grpc.StatusCode.PERMISSION_DENIED
        assert code_of(servers, b"")[0] == expected


def test_health_and_reflection_are_for_whom_a_rule_is_about(calling_as):
    channel = calling_as("ci")
    assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"") == b"\x08\x01"
    reflect = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/"
                                    "ServerReflectionInfo")
    assert b"muster.v1.RunService" in next(reflect(iter([b"\x3a\x01*"])))


@pytest.mark.parametrize("targets", ["@*", "*", "@secret", "@nothing", "127.0.7.1,secret-*",
                                     "@secre"])
def test_the_inventory_is_not_told(api, fleet, calling_as, targets):
    channel = calling_as("ci")
    look = api.target_messages.ResolveTargetsRequest(
        login={"user": fleet.user, "port": fleet.servers[0].port})
    look.targets.expression = targets
    for code, text in (code_of(api.targets(channel).ResolveTargets, look),
                       code_of(api.stub(channel).CreateRun, request_of(api, fleet, targets))):
        assert code == grpc.StatusCode.PERMISSION_DENIED
        assert "secret-db" not in text and "hosts.ini" not in text and "@secret" not in text


def test_hosts_that_are_allowed_are_told(api, fleet, calling_as):
    look = api.target_messages.ResolveTargetsRequest(
        login={"user": fleet.user, "port": fleet.servers[0].port})
    look.targets.expression = "@web"
    hosts = api.targets(calling_as("ci")).ResolveTargets(look).hosts
    assert [host.name for host in hosts] == ["127.0.7.1", "127.0.7.2"]


def test_credentials_cannot_be_guessed(api, fleet, calling_as):
    said = []
    for name in ("secret", "nothing"):
        request = request_of(api, fleet)
        request.spec.login.credential_name = name
        code, text = code_of(api.stub(calling_as("ci")).CreateRun, request)
        assert code == grpc.StatusCode.PERMISSION_DENIED
        said.append(text.replace(name, "NAME"))
    assert said[0] == said[1]


def test_paths_of_keys_are_not_told(api, fleet, calling_as):
    request = request_of(api, fleet)
    request.spec.login.credential_name = "secret"
    code, text = code_of(api.stub(calling_as("a URI")).CreateRun, request)
    assert code == grpc.StatusCode.NOT_FOUND
    assert "no-such-key" in text and "/" not in text


@pytest.fixture(scope="module", name="teller")
def teller_fixture():
    """The port of a service that is not SSH, and says something."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.sendall(b"220 internal-mail-relay ESMTP\r\n")
                connection.close()
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_the_folder_of_known_hosts_is_not_told(api, fleet, calling_as, daemon):
    owner, other = api.stub(calling_as(None)), api.stub(calling_as("a URI"))
    for number, (caller, told) in enumerate(((owner, daemon.known_hosts), (other, "new_known_hosts"))):
        request = request_of(api, fleet, f"127.0.7.{50 + number}")
        request.spec.login.credential_name = "trusting"
        run_id = caller.CreateRun(request).run.id
        run = list(caller.WatchRun(api.messages.WatchRunRequest(run_id=run_id)))[-1].run
        assert list(run.warnings) == [f"1 new host key was accepted and written to {told}."]
        [listed] = [run for run in caller.ListRuns(api.messages.ListRunsRequest()).runs
                    if run.id == run_id]
        assert listed.warnings == run.warnings


def test_a_port_that_no_rule_has_is_not_tried(api, fleet, calling_as, teller):
    request = request_of(api, fleet, f"127.0.7.1:{teller}")
    code, text = code_of(api.stub(calling_as("ci")).CreateRun, request)
    assert code == grpc.StatusCode.PERMISSION_DENIED and f"port {teller}" in text
    request = request_of(api, fleet)
    request.spec.login.jump_hosts.append(f"127.0.7.2:{teller}")
    code, text = code_of(api.stub(calling_as("ci")).CreateRun, request)
    assert code == grpc.StatusCode.PERMISSION_DENIED and f"port {teller}" in text


def test_how_another_service_greets_is_told_to_the_owner_alone(api, fleet, calling_as, teller):
    def message(name):
        stub = api.stub(calling_as(name))
        run = stub.CreateRun(request_of(api, fleet, f"127.0.0.1:{teller}")).run
        list(stub.WatchRun(api.messages.WatchRunRequest(run_id=run.id)))
        results = stub.ListHostResults(api.messages.ListHostResultsRequest(run_id=run.id)).results
        return results[0].outcome.message
    assert "internal-mail-relay" in message(None)
    said = message("a URI")
    assert "expected an SSH banner" in said and "internal-mail-relay" not in said
