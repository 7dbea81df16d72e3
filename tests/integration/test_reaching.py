"""A musterd that cannot be reached: one sentence says why, and the exit code is 7."""

import os
import signal
import socket
import subprocess
import threading

import pytest

from certificates import Authority
from fleet import free_port, write
from programs import Daemon, MUSTER, Result, SECONDS, environment, wait_until


class Network:
    """A daemon's authority, a caller's certificate, and daemons on loopback."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder)
        self.caller = self.authority.issue("ci")
        self.config = f"{folder}/musterd.yaml"
        write(self.config, "credentials: {nobody: {user: nobody}}\n"
              "policy: [{callers: [ci], credentials: [nobody], users: [nobody], targets: a}]\n")

    def serve(self, certificate, key):
        return Daemon(listen="127.0.0.1:0", args=["--tls-cert", certificate, "--tls-key", key,
                                                  "--client-ca", self.authority.certificate,
                                                  "--config", self.config])

    def call(self, address, certificate="", key="", ca="", **env):
        env = environment(self.folder, MUSTER_SERVER=address,
                          MUSTER_TLS_CERT=certificate or self.caller[0],
                          MUSTER_TLS_KEY=key or self.caller[1],
                          MUSTER_TLS_CA=ca or self.authority.certificate, **env)
        return Result(subprocess.run([MUSTER, "runs"], env=env, capture_output=True,
                                     timeout=SECONDS, check=False))


@pytest.fixture(scope="module", name="network")
def network_fixture(tmp_path_factory):
    return Network(str(tmp_path_factory.mktemp("network")))


@pytest.fixture(scope="module", name="shared")
def shared_fixture(network):
    with network.serve(*network.authority.issue("localhost")) as daemon:
        yield daemon


def check(result, *hints, code=7):
    """One line, no word of gRPC's own."""
    assert result.code == code, result.err
    assert result.out == b"" and len(result.err.splitlines()) == 1, result.err
    assert result.err.startswith("muster: ")
    for hint in hints:
        assert hint in result.err
    for noise in ("empty address list", "ssl_transport_security", "Socket closed", ".cc:"):
        assert noise not in result.err


class Listener:
    """Takes connections on loopback and treats each as it is told."""

    def __init__(self, treat, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self._socket = socket.socket(family)
        self._socket.bind(address)
        self._socket.listen(16)
        self.name = self._socket.getsockname()
        self._treat = treat
        threading.Thread(target=self._loop, daemon=True).start()

    def _loop(self):
        while True:
            try:
                connection, _ = self._socket.accept()
                self._treat(connection)
                connection.close()
            except OSError:
                return

    @property
    def address(self):
        return f"127.0.0.1:{self.name[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def test_the_right_files_reach_it(network, shared):
    assert network.call(shared.address).code == 0


@pytest.mark.parametrize("what,hint", [
    ("other", "is not the key of --tls-cert"), ("none", "No such file or directory"),
    ("no pem", "holds no private key"), ("encrypted", "is encrypted")])
def test_a_key_that_cannot_serve(network, shared, tmp_path, what, hint):
    path = str(tmp_path / "key")
    if what == "other":
        path = network.authority.issue("other")[1]
    elif what == "no pem":
        write(path, "no key\n")
    elif what == "encrypted":
        subprocess.run(["openssl", "pkey", "-in", network.caller[1], "-aes128", "-passout", "pass:x",
                        "-out", path], check=True)
    check(network.call(shared.address, key=path), "--tls-key", path, hint, code=2)


def test_an_authority_that_is_none(network, shared, tmp_path):
    path = str(tmp_path / "ca")
    write(path, "nothing\n")
    check(network.call(shared.address, ca=path), "--tls-ca", "holds no certificate", code=2)


def test_an_authority_that_is_not_the_daemons(network, shared, tmp_path):
    other = Authority(str(tmp_path), "other authority")
    check(network.call(shared.address, ca=other.certificate), "CN = localhost",
          "not of an authority in --tls-ca")


def test_an_expired_certificate_of_the_caller(network, shared):
    certificate, key = network.authority.issue("late", days=0)
    wait_until(lambda: network.call(shared.address, certificate, key).code != 0)
    check(network.call(shared.address, certificate, key), "your certificate expired on", "late.pem")


def test_an_expired_certificate_of_the_daemon(network):
    with network.serve(*network.authority.issue("localhost-late", alternative_names="IP:127.0.0.1", days=0)) as daemon:
        wait_until(lambda: network.call(daemon.address).code != 0)
        check(network.call(daemon.address), "its certificate (CN = localhost-late) expired on")


def test_a_certificate_for_another_name(network):
    with network.serve(*network.authority.issue("hub", alternative_names="DNS:hub.example")) as daemon:
        check(network.call(daemon.address), "its certificate (CN = hub) is not for the name 127.0.0.1")


def test_a_caller_of_another_authority(network, shared, tmp_path):
    certificate, key = Authority(str(tmp_path), "other authority").issue("ci")
    check(network.call(shared.address, certificate, key), "CN = ci", "CN = other authority",
          "--client-ca")


def test_nobody_listens(network):
    address = f"127.0.0.1:{free_port()}"
    check(network.call(address), address, "nobody listens")


def test_a_name_that_does_not_resolve(network):
    check(network.call("no-such-host.invalid:7443"), "no-such-host.invalid", "does not resolve")


@pytest.mark.parametrize("says", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_port_without_tls(network, says):
    def treat(connection):
        connection.recv(4096)
        connection.sendall(says)
    with Listener(treat) as listener:
        check(network.call(listener.address), "is that the port of a musterd?" if says else
              "closed the connection")


def test_a_tls_server_that_speaks_no_grpc(network, tmp_path):
    certificate, key = network.authority.issue("web", alternative_names="IP:127.0.0.1")
    port = free_port()
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
                               certificate, "-key", key, "-www"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    try:
        wait_until(lambda: "nobody listens" not in network.call(f"127.0.0.1:{port}").err)
        check(network.call(f"127.0.0.1:{port}"), "speaks TLS, but not gRPC")
    finally:
        server.kill()
        server.wait()


def test_a_proxy_of_the_environment_is_not_used(network, shared):
    seen = []
    with Listener(lambda connection: seen.append(connection.recv(100))) as proxy:
        env = {name: f"http://{proxy.address}" for name in ("https_proxy", "http_proxy", "grpc_proxy")}
        assert network.call(shared.address, **env).code == 0
        check(network.call(f"127.0.0.1:{free_port()}", **env), "nobody listens", "grpc_proxy")
    assert not seen


def at_socket(path, **env):
    return Result(subprocess.run([MUSTER, "runs"], capture_output=True, timeout=SECONDS, check=False,
                                 env=environment(os.path.dirname(path), MUSTER_SERVER=f"unix:{path}",
                                                 **env)))


def test_a_socket_that_is_not_there(tmp_path):
    check(at_socket(f"{tmp_path}/none"), f"{tmp_path}/none", "no such socket")


def test_a_socket_without_a_listener(tmp_path):
    path = f"{tmp_path}/s"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    check(at_socket(path), path, "nobody listens")


def test_a_socket_of_something_else(tmp_path):
    path = f"{tmp_path}/s"
    with Listener(lambda connection: connection.sendall(b"220 mail\r\n"), socket.AF_UNIX, path):
        check(at_socket(path), path, "speaks no gRPC")


def test_a_socket_that_closes(tmp_path):
    path = f"{tmp_path}/s"
    with Listener(lambda connection: None, socket.AF_UNIX, path):
        check(at_socket(path), path, "closed the connection")


def test_a_daemon_that_is_stopped():
    with Daemon() as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            check(at_socket(daemon.socket), daemon.socket, "does not answer")
        finally:
            daemon.process.send_signal(signal.SIGCONT)
