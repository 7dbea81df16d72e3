"""Servers that do not let us in: told in their own words, after one connection."""

import os
import subprocess

import pytest

from fleet import Fleet, make_key, read, write
from programs import Daemon, Muster

ADDRESS = "127.0.7.1"


class Server:
    """An sshd that counts who connects. `mounts` lie over files while it runs: {path: text}."""

    def __init__(self, fleet, config=(), mounts=None):
        account = self._mounting(fleet, mounts) if mounts else None
        self.server = fleet.start(ADDRESS, config=[*config, "LogLevel VERBOSE"], account=account)
        self.target = f"{ADDRESS}:{self.server.port}"

    @staticmethod
    def _mounting(fleet, mounts):
        if not fleet.account.can_mount():
            pytest.skip("needs root and mount namespaces")
        files = {}
        for number, (path, text) in enumerate(mounts.items()):
            files[path] = os.path.join(fleet.folder, f"mount{number}.{len(fleet.servers)}")
            write(files[path], text)
        return fleet.account.mounting(files)

    def connections(self):
        return read(self.server.log).count("Connection from 127.")


@pytest.fixture(name="home")
def home_fixture():
    with Fleet() as fleet:
        yield fleet


def refused(server, fleet, daemon, *options, login=None, **env):
    """The outcome; one connection was made, though more were allowed."""
    muster = Muster(daemon, fleet, **env)
    if login is not None:
        muster.login = login
    before = server.connections()
    code, ends = muster.outcomes(server.target, "echo in", options=["--retries", "3", *options])
    end, = ends.values()
    assert code == 3
    assert end["state"] == "HOST_STATE_AUTHENTICATION_FAILED", end
    assert end["attempts"] == 1
    assert server.connections() - before == 1
    return end["message"]


def add_keys(agent, folder, count):
    paths = [make_key(os.path.join(folder, f"key{i}")) for i in range(count)]
    for path in paths:
        subprocess.run(["ssh-add", "-q", path], env={**os.environ, "SSH_AUTH_SOCK": agent},
                       check=True)
    return paths


def agents_login(fleet):
    return ["-u", fleet.user, "--known-hosts", fleet.known_hosts]


def test_more_of_an_agents_keys_than_the_server_takes(home, daemon, agent, tmp_path):
    server = Server(home, ["MaxAuthTries 3"])
    add_keys(agent, str(tmp_path), 6)
    message = refused(server, home, daemon, login=agents_login(home), SSH_AUTH_SOCK=agent)
    assert "Too many authentication failures" in message
    assert "3 of 6 keys were offered" in message
    assert "-i FILE --identities-only" in message


def test_a_key_file_beside_an_agent_with_too_many_keys(home, daemon, agent, tmp_path):
    server = Server(home, ["MaxAuthTries 3"])
    add_keys(agent, str(tmp_path), 6)
    code, ends = Muster(daemon, home, SSH_AUTH_SOCK=agent).outcomes(server.target, "true")
    assert code == 0, ends


@pytest.mark.parametrize("most", [1, 2])
def test_one_key_too_many(home, daemon, tmp_path, most):
    """With two, the question whether it takes us without a key is what it does not answer."""
    server = Server(home, [f"MaxAuthTries {most}"])
    key = make_key(str(tmp_path / "wrong"))
    message = refused(server, home, daemon, login=["-i", key, *agents_login(home)])
    assert "Too many authentication failures" in message and key in message
    assert "It took none of the keys." in message


def pam(account):
    return {"/etc/pam.d/sshd": f"""auth required pam_permit.so
account required pam_permit.so
account {account}
session required pam_permit.so
"""}


def accounts(fleet, password, shadow):
    """The fleet's user with an entry in shadow(5)."""
    return {"/etc/passwd": read("/etc/passwd") + f"{fleet.user}:x:64999:64999::/:/bin/sh\n",
            "/etc/shadow": read("/etc/shadow") + f"{fleet.user}:{password}:{shadow}\n"}


def test_a_server_that_lets_nobody_in_now(home, daemon):
    nologin = os.path.join(home.folder, "nologin")
    server = Server(home, ["UsePAM yes"], pam(f"required pam_nologin.so file={nologin}"))
    code, ends = Muster(daemon, home).outcomes(server.target, "true")
    assert code == 0, ends
    write(nologin, "System maintenance\nuntil \N{ALMOST EQUAL TO} noon.\n")
    with Daemon() as another:
        message = refused(server, home, another)
    assert 'The server said: "System maintenance until \N{ALMOST EQUAL TO} noon."' in message


def test_an_account_that_has_expired(home, daemon):
    expired = accounts(home, "*", "19000:0:99999:7::19001:")
    server = Server(home, ["UsePAM yes"], {**pam("required pam_unix.so"), **expired})
    message = refused(server, home, daemon)
    assert "account has expired" in message


def test_a_chroot_that_the_server_does_not_trust(home, daemon):
    folder = os.path.join(home.folder, "chroot")
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    server = Server(home, [f"ChrootDirectory {folder}", "ForceCommand internal-sftp"])
    message = refused(server, home, daemon)
    assert "ChrootDirectory" in message


def test_a_server_that_wants_a_password(home, daemon):
    server = Server(home, ["PubkeyAuthentication no", "PasswordAuthentication yes"])
    message = refused(server, home, daemon)
    assert "It accepts: password" in message


def test_a_user_who_needs_no_key(home, daemon):
    """An empty password: sshd's answer to "none"."""
    server = Server(home, ["PermitEmptyPasswords yes", "PasswordAuthentication yes"],
                    accounts(home, "", "19000:0:99999:7:::"))
    muster = Muster(daemon, home)
    muster.login = agents_login(home)
    code, ends = muster.outcomes(server.target, "true")
    assert code == 0, ends
    wrong = make_key(os.path.join(home.folder, "wrong"))
    muster.login = ["-i", wrong, *agents_login(home)]
    code, ends = muster.outcomes(server.target, "true")
    assert code == 0, ends
