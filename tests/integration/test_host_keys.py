"""What known_hosts files say, and what is written to them."""

import fcntl
import subprocess
import time

import pytest

from fleet import make_key, read, write


@pytest.fixture(name="accept")
def accept_fixture(muster):
    """muster run with accept-new and this known_hosts file."""
    def accept(known_hosts, target="127.0.0.1", command="true"):
        return muster.run(target, command, options=["--known-hosts", known_hosts,
                                                    "--host-key-policy", "accept-new"])
    return accept


def entry(fleet, name="127.0.0.1", marker="", key=None):
    key = key or fleet.servers[0].host_key + ".pub"
    return f"{marker}[{name}]:{fleet.servers[0].port} {read(key)}"


def certify(fleet, tmp_path):
    """The server's certificate."""
    authority = make_key(str(tmp_path / "ca"))
    public = str(tmp_path / "host.pub")
    write(public, read(fleet.servers[0].host_key + ".pub"))
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "host", "-h", public], check=True,
                   capture_output=True)
    return str(tmp_path / "host-cert.pub")


@pytest.mark.parametrize("policy", ["strict", "accept-new"])
def test_a_revoked_certificate_revokes_the_servers_key(muster, fleet, tmp_path, policy):
    path = str(tmp_path / "known_hosts")
    write(path, entry(fleet) + entry(fleet, "*", "@revoked ", certify(fleet, tmp_path)))
    code, ends = muster.outcomes("127.0.0.1", "true", options=["--known-hosts", path,
                                                               "--host-key-policy", policy])
    assert code == 3
    assert ends["127.0.0.1"]["cause"] == "CAUSE_HOST_KEY_REVOKED", ends


def test_a_revocation_that_cannot_be_read_refuses_and_is_told(muster, fleet, tmp_path):
    path = str(tmp_path / "known_hosts")
    write(path, entry(fleet) + f"@revoked [127.0.0.1]:{fleet.servers[0].port} ssh-ed25519 AAAA\n")
    result = muster.run("127.0.0.1", "true", options=["--known-hosts", path])
    assert result.code == 3
    assert f"warning: {path}:2" in result.err
    assert "revoked" in result.err


def test_host_keys_go_unchecked_where_that_is_asked_for(muster, fleet, tmp_path):
    path = str(tmp_path / "known_hosts")
    write(path, entry(fleet, key=make_key(str(tmp_path / "other")) + ".pub"))
    before = read(path)
    result = muster.run("127.0.0.[1-2]", "true", options=["--known-hosts", path, "--host-key-policy", "off"])
    assert (result.code, read(path)) == (0, before), result.err
    assert "warning: Host keys are not checked" in result.err
    assert muster.run("127.0.0.1", "true", options=["--known-hosts", path]).code == 3


def test_an_authority_is_told_where_it_would_have_counted(muster, fleet, tmp_path):
    path = str(tmp_path / "known_hosts")
    write(path, entry(fleet, "*", "@cert-authority "))
    result = muster.run("127.0.0.1", "true", options=["--known-hosts", path])
    assert result.code == 3
    assert f"{path}:1 trusts a certificate authority for this host" in result.err
    assert "warning: 1 line of known_hosts with @cert-authority" in result.err


def test_names_of_rsa_signatures(muster, fleet, tmp_path):
    server = fleet.start("127.0.9.1", trusted=False,
                         host_key=make_key(str(tmp_path / "rsa"), "rsa"))
    try:
        path = str(tmp_path / "known_hosts")
        _, blob, *_ = read(server.host_key + ".pub").split()
        write(path, f"[127.0.9.1]:{server.port} rsa-sha2-512 {blob}\n")
        result = muster.run("127.0.9.1", "true", options=["--known-hosts", path, "-p",
                                                          str(server.port)])
        assert result.code == 0, result.err
    finally:
        server.stop()
        fleet.servers.remove(server)


def test_new_keys_are_counted(accept, tmp_path):
    path = str(tmp_path / "known_hosts")
    result = accept(path, "127.0.3.[1-5]")
    assert result.code == 0, result.err
    assert f"5 new host keys were accepted and written to {path}." in result.err
    assert "new host key" not in accept(path, "127.0.3.[1-5]").err
    assert "1 new host key was accepted" in accept(path, "127.0.3.[5-6]").err


def test_the_count_is_part_of_the_run(muster, accept, tmp_path):
    assert accept(str(tmp_path / "known_hosts")).code == 0
    newest = muster("runs", "--json", "--limit", "1").json()[0]
    assert "1 new host key was accepted" in newest["warnings"][-1]


def test_names_are_hashed_where_the_users_ssh_does(muster, tmp_path):
    for value, hashed in (("yes", True), ("no", False)):
        config = str(tmp_path / f"config-{value}")
        write(config, f"Host *\n  HashKnownHosts {value}\n")
        path = str(tmp_path / value)
        options = ["-F", config, "--known-hosts", path, "--host-key-policy"]
        assert muster.run("127.0.0.1", "true", options=[*options, "accept-new"]).code == 0
        assert read(path).startswith("|1|") == hashed
        found = subprocess.run(["ssh-keygen", "-F", f"[127.0.0.1]:{muster.login[-1]}", "-f", path],
                               capture_output=True, check=False)
        assert found.returncode == 0
        assert muster.run("127.0.0.1", "true", options=[*options, "strict"]).code == 0


def test_dev_null_keeps_nothing(muster, accept, fleet, tmp_path):
    result = accept("/dev/null", "127.0.0.8")
    assert result.code == 0
    assert "1 new host key was accepted and not kept: known_hosts is /dev/null." in result.err
    # Another key is as new as the first one was.
    server = fleet.servers[0]
    server.stop()
    other = fleet.start(port=server.port, trusted=False, host_key=make_key(str(tmp_path / "other")))
    try:
        assert accept("/dev/null", "127.0.0.8").code == 0
    finally:
        other.stop()
        fleet.servers[:] = [fleet.start(port=server.port, trusted=False, host_key=server.host_key)]


def test_dev_null_does_not_cost_warm_sessions(muster):
    options = ["--known-hosts", "/dev/null", "--host-key-policy", "accept-new"]
    muster.outcomes("127.0.0.7", "true", options=options)
    _, ends = muster.outcomes("127.0.0.7", "true", options=options)
    assert ends["127.0.0.7"]["warmSession"]
    _, ends = muster.outcomes("127.0.0.7", "true", options=["--known-hosts", "/dev/null"])
    assert ends["127.0.0.7"]["cause"] == "CAUSE_HOST_KEY_UNKNOWN"


def test_a_lock_that_somebody_holds_stalls_no_other_file(accept, tmp_path):
    path = str(tmp_path / "known_hosts")
    write(path, "")
    with open(path, encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        start = time.monotonic()
        locked = accept(path, "127.0.5.[1-20]")
        assert locked.code == 3
        assert 4 < time.monotonic() - start < 9
        assert f"another program has locked known_hosts file {path} for 5s" in locked.err
        start = time.monotonic()
        assert accept(str(tmp_path / "other"), "127.0.6.[1-20]").code == 0
        assert time.monotonic() - start < 4
    assert accept(path, "127.0.5.[1-20]").code == 0


class TwoKeys:
    """A server with an ed25519 and an ecdsa key, and a hashed known_hosts of what `trust` names."""

    def __init__(self, fleet, tmp_path, address):
        self.fleet, self.address = fleet, address
        self.known_hosts = str(tmp_path / "two_keys")
        self.ecdsa = make_key(str(tmp_path / "ecdsa"), "ecdsa")
        self.server = fleet.start(address, trusted=False,
                                  config=[f"HostKey {self.ecdsa}", "LogLevel VERBOSE"])

    def trust(self, *keys, name=None):
        name = name or f"[{self.address}]:{self.server.port}"
        lines = [f"{name} {read(key + '.pub')}" for key in keys]
        write(self.known_hosts, "".join(lines))
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", self.known_hosts], check=True,
                       capture_output=True)
        assert self.address not in read(self.known_hosts)

    def connections(self):
        """That it has counted so far."""
        return read(self.server.log).count("Connection from")

    def stop(self):
        self.server.stop()
        self.fleet.servers.remove(self.server)


@pytest.fixture(name="two_keys")
def two_keys_fixture(fleet, tmp_path):
    server = TwoKeys(fleet, tmp_path, "127.0.10.1")
    yield server
    server.stop()


@pytest.fixture(name="connect")
def connect_fixture(muster, two_keys):
    """The outcome at that server, and how many connections it took. Of a daemon that has no session."""
    def connect(policy="strict", *options):
        before = two_keys.connections()
        _, ends = muster.outcomes(two_keys.address, "true", options=[
            "--known-hosts", two_keys.known_hosts, "--host-key-policy", policy,
            "-p", str(two_keys.server.port), *options])
        return ends[two_keys.address], two_keys.connections() - before
    return connect


@pytest.mark.parametrize("policy", ["strict", "accept-new"])
@pytest.mark.parametrize("bare", [False, True])
def test_a_hashed_name_is_known_by_the_key_that_comes_second(connect, two_keys, policy, bare):
    two_keys.trust(two_keys.ecdsa, name=two_keys.address if bare else None)
    text = read(two_keys.known_hosts)
    end, connections = connect(policy)
    assert end["state"] == "HOST_STATE_SUCCEEDED", end
    assert connections == 2
    assert read(two_keys.known_hosts) == text


def test_the_search_of_hashed_names_is_remembered(connect, fleet, two_keys, tmp_path):
    two_keys.trust(two_keys.ecdsa)
    assert connect()[1] == 2
    # A session serves only the key that it was made with.
    key = make_key(str(tmp_path / "second"))
    with open(f"{fleet.folder}/authorized_keys", "a", encoding="ascii") as file:
        file.write(read(key + ".pub"))
    end, connections = connect("strict", "-i", key)
    assert end["state"] == "HOST_STATE_SUCCEEDED", end
    assert connections == 1


@pytest.mark.parametrize("first", ["ed25519", "ecdsa"])
def test_any_of_several_keys_under_hashed_names_will_do(connect, two_keys, first):
    keys = [two_keys.server.host_key, two_keys.ecdsa]
    two_keys.trust(*(keys if first == "ed25519" else reversed(keys)))
    end, connections = connect()
    assert end["state"] == "HOST_STATE_SUCCEEDED", end
    assert connections == 1


@pytest.mark.parametrize("policy", ["strict", "accept-new"])
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_changed_key_of_a_hashed_name_is_refused(connect, two_keys, tmp_path, policy, kind):
    two_keys.trust(make_key(str(tmp_path / "other"), kind))
    text = read(two_keys.known_hosts)
    end, connections = connect(policy)
    assert end["cause"] == "CAUSE_HOST_KEY_CHANGED", end
    assert f"{two_keys.known_hosts}:1" in end["message"]
    assert connections == (1 if kind == "ed25519" else 2)
    assert read(two_keys.known_hosts) == text


def test_a_jump_host_is_known_by_the_key_that_comes_second(muster, fleet, two_keys):
    two_keys.trust(two_keys.ecdsa)
    with open(two_keys.known_hosts, "a", encoding="ascii") as file:
        file.write(read(fleet.known_hosts))
    before = two_keys.connections()
    code, ends = muster.outcomes("127.0.0.1", "true", options=[
        "--known-hosts", two_keys.known_hosts, "-J", f"{two_keys.address}:{two_keys.server.port}"])
    assert code == 0, ends
    assert two_keys.connections() - before == 2
