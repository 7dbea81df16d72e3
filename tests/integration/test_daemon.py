"""Starting and ending musterd, and who may call it."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading

import grpc
import pytest

from certificates import Authority
from fleet import read, write
from own_daemon import STATE, end_daemons, ready_daemons
from programs import Daemon, Muster, MUSTER, MUSTERD, Result, SECONDS, environment


def refused(*args, folder):
    """What a musterd says that does not start."""
    done = subprocess.run([MUSTERD, "--state-dir", f"{folder}/state", *args], capture_output=True,
                          text=True, env=environment(folder), timeout=SECONDS, check=False)
    assert done.returncode in (1, 2)
    return done.stderr


def test_only_the_owner_may_open_the_socket(daemon):
    assert stat.S_IMODE(os.stat(daemon.socket).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(daemon.socket)).st_mode) == 0o700


OWNER, STRANGER = 64998, 64997


def as_user(uid, folder, program):
    """The path of `program` as that user runs it."""
    shutil.copy(program, folder)
    path = f"{folder}/{os.path.basename(program)}.{uid}"
    write(path, f'#!/bin/sh\nexec setpriv --reuid {uid} --regid {uid} --clear-groups {folder}/'
                f'{os.path.basename(program)} "$@"\n')
    os.chmod(path, 0o755)
    return path


@pytest.fixture(name="owned_folder")
def owned_folder_fixture():
    """Of another user than root, who can get there."""
    if os.getuid() != 0:
        pytest.skip("only root can be others")
    with tempfile.TemporaryDirectory(prefix="musterd.") as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/of_owner")
        os.chown(f"{folder}/of_owner", OWNER, OWNER)
        yield folder


def test_runs_are_of_who_opens_the_socket_and_only_root_does_beside_its_owner(owned_folder):
    own = f"{owned_folder}/of_owner"
    programs = {uid: as_user(uid, owned_folder, MUSTER) for uid in (OWNER, STRANGER)}
    programs[0] = MUSTER
    with Daemon(folder=own, program=as_user(OWNER, owned_folder, MUSTERD)) as daemon:
        env = environment(own, MUSTER_SERVER=daemon.address)

        def muster(uid, *args):
            command = [programs[uid], "--server-user", str(OWNER), *args]
            return Result(subprocess.run(command, env=env, capture_output=True, timeout=SECONDS,
                                         check=False))
        begin = ["run", "-d", "-t", "127.0.0.1:1", "--", "true"]
        for uid in (OWNER, 0):
            begun = muster(uid, *begin)
            assert begun.code == 0, begun.err
            run = muster(uid, "show", begun.text.strip(), "--json").json()[0]
            assert run["creator"] == f"uid:{uid}"
        for args in (["runs"], begin):
            result = muster(STRANGER, *args)
            assert result.code != 0 and "may not open this socket" in result.err
        assert len(muster(OWNER, "runs", "--json").json()) == 2


def test_a_second_daemon_on_the_socket_is_refused_and_the_first_goes_on(daemon, muster, tmp_path):
    said = refused("--listen", daemon.listen, folder=tmp_path)
    assert daemon.socket in said and "another musterd" in said
    assert muster.run("127.0.0.1", "true").code == 0


def test_a_stale_socket_file_is_replaced(fleet, tmp_path):
    first = Daemon(folder=str(tmp_path))
    first.stop(signal.SIGKILL)
    assert os.path.exists(first.socket)
    with Daemon(folder=str(tmp_path)) as second:
        assert Muster(second, fleet).run("127.0.0.1", "true").code == 0


def test_what_is_no_socket_is_left_alone(tmp_path):
    path = tmp_path / "precious"
    write(path, "data")
    os.chmod(tmp_path, 0o700)
    assert str(path) in refused("--listen", f"unix:{path}", folder=tmp_path)
    assert read(path) == "data"


def test_a_network_listener_needs_certificates(tmp_path):
    said = refused("--listen", "127.0.0.1:0", folder=tmp_path)
    assert "--tls-cert" in said and "--client-ca" in said
    said = refused("--listen", "127.0.0.1:0", "--tls-cert", "/no/such", "--tls-key", "/no/such",
                   "--client-ca", "/no/such", folder=tmp_path)
    assert "/no/such" in said


@pytest.mark.parametrize("args,hint", [
    (["--listen", "nonsense"], "nonsense"), (["--threads", "0"], "--threads"),
    (["--config", "/no/such.yaml"], "/no/such.yaml"), (["--unknown"], "--unknown")])
def test_wrong_options(tmp_path, args, hint):
    if "--listen" not in args:
        args = [*args, "--listen", f"unix:{tmp_path}/run/s"]
    assert hint in refused(*args, folder=tmp_path)


def test_it_ends_when_nobody_needs_it(fleet):
    with Daemon(args=["--idle-timeout", "300ms"]) as daemon:
        # Not while a run is under way, however silent.
        assert Muster(daemon, fleet).run("127.0.0.1", "sleep 1").code == 0
        assert daemon.process.wait(SECONDS) == 0
    assert not os.path.exists(daemon.socket)


def test_muster_starts_its_own_daemon_once(fleet, tmp_path):
    os.chmod(tmp_path, 0o700)
    env = environment(str(tmp_path), MUSTERD=MUSTERD)
    login = ["-u", fleet.user, "-i", fleet.key, "--known-hosts", fleet.known_hosts, "-p",
             str(fleet.servers[0].port)]
    command = [MUSTER, "run", *login, "-t", "127.0.0.1", "--", "echo hi"]
    try:
        # All at once: one of them starts it, the others find it.
        processes = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE) for _ in range(4)]
        for process in processes:
            out, err = process.communicate(timeout=SECONDS)
            assert (process.returncode, out) == (0, b"127.0.0.1: hi\n"), err
        assert len(ready_daemons(tmp_path)) == 1
    finally:
        end_daemons(tmp_path)


def test_muster_says_why_its_daemon_did_not_start(tmp_path):
    os.chmod(tmp_path, 0o700)
    env = environment(str(tmp_path), MUSTERD="/bin/false")
    result = Result(subprocess.run([MUSTER, "runs"], env=env, capture_output=True, check=False))
    assert result.code == 7
    assert "/bin/false did not start" in result.err


def test_muster_does_not_trust_a_folder_of_others(tmp_path):
    os.makedirs(tmp_path / STATE)
    os.chmod(tmp_path / STATE, 0o777)
    env = environment(str(tmp_path), MUSTERD=MUSTERD)
    result = Result(subprocess.run([MUSTER, "runs"], env=env, capture_output=True, check=False))
    assert result.code != 0 and "nobody else can enter" in result.err
    assert not ready_daemons(tmp_path)


def test_a_server_that_is_not_there(tmp_path):
    env = environment(str(tmp_path), MUSTER_SERVER=f"unix:{tmp_path}/none")
    result = Result(subprocess.run([MUSTER, "runs"], env=env, capture_output=True, check=False))
    assert result.code == 7 and f"{tmp_path}/none" in result.err


@pytest.fixture(scope="module", name="authority")
def authority_fixture(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp("ca")))


@pytest.fixture(scope="module", name="shared")
def shared_fixture(authority, fleet, tmp_path_factory):
    """A daemon on the network: ci may use `deploy` on two addresses."""
    config = str(tmp_path_factory.mktemp("config") / "musterd.yaml")
    write(config, f"""
credentials:
  deploy:
    identity_files: [{fleet.key}]
    known_hosts: [{fleet.known_hosts}]
    user: {fleet.user}
  other:
    identity_files: [{fleet.key}]
policy:
  - callers: ["dns:ci"]
    credentials: [deploy]
    users: [{fleet.user}]
    targets: "127.0.7.[1-2]"
    ports: [22, {fleet.servers[0].port}]
  - callers: ["dns:other-ci"]
    credentials: [deploy]
    users: [{fleet.user}]
    targets: "127.0.7.3"
""")
    certificate, key = authority.issue("server")
    with Daemon(listen="127.0.0.1:0", args=["--tls-cert", certificate, "--tls-key", key,
                                            "--client-ca", authority.certificate,
                                            "--config", config]) as daemon:
        yield daemon


@pytest.fixture(name="calling_as")
def calling_as_fixture(authority, shared, fleet):
    def make(name):
        certificate, key = authority.issue(name)
        muster = Muster(shared, None, MUSTER_TLS_CERT=certificate, MUSTER_TLS_KEY=key,
                        MUSTER_TLS_CA=authority.certificate)
        muster.login = ["-p", str(fleet.servers[0].port)]
        return muster
    return make


def test_a_network_caller_runs_what_the_policy_allows(calling_as):
    result = calling_as("ci").run("127.0.7.[1-2]", "echo hi", options=["--credential", "deploy"])
    assert result.code == 0, result.err
    assert sorted(result.text.splitlines()) == ["127.0.7.1: hi", "127.0.7.2: hi"]


@pytest.mark.parametrize("caller,targets,options,hint", [
    ("ci", "127.0.7.[1-3]", ["--credential", "deploy"], "127.0.7.3"),
    ("ci", "somebody@127.0.7.1", ["--credential", "deploy"], "somebody"),
    ("ci", "127.0.7.1", ["--credential", "deploy", "-J", "127.0.7.2,127.0.7.3"],
     "jump host 127.0.7.3"),
    ("ci", "127.0.7.1", ["--credential", "deploy", "-J", "somebody@127.0.7.2"],
     "user somebody on jump host 127.0.7.2"),
    ("ci", "127.0.7.1", ["--credential", "other"], "other"),
    ("ci", "127.0.7.1", ["--credential", "nothing"], "nothing"),
    ("ci", "127.0.7.1:23", ["--credential", "deploy"], "port 23"),
    ("ci", "127.0.7.1", ["-I", "/etc/passwd", "--credential", "deploy"], "inventory")])
def test_what_no_rule_allows_is_denied(calling_as, caller, targets, options, hint):
    result = calling_as(caller).run(targets, "true", options=options)
    assert result.code == 4, result.err
    assert hint in result.err and result.out == b""


def test_muster_says_that_a_shared_daemon_takes_no_paths(calling_as):
    result = calling_as("ci").run("127.0.7.1", "true", options=["--known-hosts", "/etc/passwd"])
    assert result.code == 2 and "--credential" in result.err


def test_a_shared_daemon_takes_no_paths_from_anybody(shared, authority, python_stubs):
    assert python_stubs
    from muster.v1 import run_service_pb2, run_service_pb2_grpc
    certificate, key = (read(path).encode() for path in authority.issue("ci"))
    credentials = grpc.ssl_channel_credentials(read(authority.certificate).encode(), key,
                                               certificate)
    request = run_service_pb2.CreateRunRequest()
    request.spec.targets.expression = "127.0.7.1"
    request.spec.command.shell = "true"
    request.spec.login.local.known_hosts_files.append("/etc/passwd")
    with grpc.secure_channel(shared.address, credentials) as channel:
        with pytest.raises(grpc.RpcError) as error:
            run_service_pb2_grpc.RunServiceStub(channel).CreateRun(request, timeout=SECONDS)
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_callers_see_their_own_runs_only(calling_as):
    ci, other = calling_as("ci"), calling_as("other-ci")
    detached = ci("run", *ci.login, "-d", "--credential", "deploy", "-t", "127.0.7.1", "--", "true")
    run = detached.text.strip()
    assert run in ci("runs").text
    assert run not in other("runs").text
    assert "there is no run" in other("show", run).err
    assert "there is no run" in other("cancel", run).err


def test_without_a_certificate_nobody_gets_in(shared, authority, tmp_path):
    host, _, port = shared.address.rpartition(":")
    done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", "-CAfile",
                           authority.certificate, "-alpn", "h2", "-tls1_2"], input=b"",
                          capture_output=True, timeout=SECONDS, check=False)
    assert b"Verify return code: 0 (ok)" in done.stdout or done.returncode != 0
    env = environment(str(tmp_path), MUSTER_SERVER=shared.address,
                      MUSTER_TLS_CA=authority.certificate)
    result = Result(subprocess.run([MUSTER, "runs"], env=env, capture_output=True, timeout=SECONDS,
                                   check=False))
    assert result.code != 0 and result.out == b""


def test_a_certificate_of_another_authority_is_refused(shared, authority, tmp_path):
    certificate, key = Authority(str(tmp_path)).issue("ci")
    env = environment(str(tmp_path), MUSTER_SERVER=shared.address, MUSTER_TLS_CERT=certificate,
                      MUSTER_TLS_KEY=key, MUSTER_TLS_CA=authority.certificate)
    result = Result(subprocess.run([MUSTER, "runs"], env=env, capture_output=True, timeout=SECONDS,
                                   check=False))
    assert result.code != 0 and result.out == b""


def test_it_survives_running_out_of_descriptors(fleet):
    """Connections past the limit wait; once there is room again, calls are served."""
    with Daemon() as daemon:
        subprocess.run(["prlimit", f"--pid={daemon.process.pid}", "--nofile=64:64"], check=True)
        crowd = []
        for _ in range(100):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(5)
            try:
                connection.connect(daemon.socket)
            except OSError:
                connection.close()
                break
            crowd.append(connection)
        assert daemon.process.poll() is None
        for connection in crowd:
            connection.close()
        assert Muster(daemon, fleet).run("127.0.0.1", "true").code == 0


def test_many_clients_at_once(daemon, muster):
    results = []
    threads = [threading.Thread(target=lambda: results.append(
        muster.run("127.0.0.[1-4]", "echo hi").code)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 16
