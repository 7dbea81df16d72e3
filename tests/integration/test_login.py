"""Host keys and credentials."""

import os
import subprocess

import pytest

from fleet import Fleet, make_key, read, write
from programs import Muster


@pytest.fixture(name="strict")
def strict_fixture(muster):
    """muster run with another known_hosts file."""
    def outcome(known_hosts, *options, target="127.0.0.1"):
        code, ends = muster.outcomes(target, "true", options=["--known-hosts", known_hosts,
                                                              *options])
        return code, ends[target]
    return outcome


def test_an_unknown_host_key_is_rejected(strict, tmp_path):
    code, end = strict(str(tmp_path / "none"))
    assert code == 3
    assert (end["state"], end["cause"]) == ("HOST_STATE_HOST_KEY_REJECTED",
                                            "CAUSE_HOST_KEY_UNKNOWN")
    assert "SHA256:" in end["message"]


def test_accept_new_writes_the_key_once_and_trusts_it_afterwards(strict, tmp_path):
    path = str(tmp_path / "known_hosts")
    assert strict(path, "--host-key-policy", "accept-new")[0] == 0
    first = read(path)
    assert "ssh-ed25519" in first
    assert strict(path, "--host-key-policy", "accept-new")[0] == 0
    assert read(path) == first
    assert strict(path)[0] == 0


def test_what_accept_new_wrote_satisfies_ssh_itself(strict, fleet, tmp_path):
    path = str(tmp_path / "known_hosts")
    assert strict(path, "--host-key-policy", "accept-new")[0] == 0
    ssh = subprocess.run(
        ["ssh", "-F", "none", "-o", f"UserKnownHostsFile={path}", "-o", "GlobalKnownHostsFile=none",
         "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-i", fleet.key, "-p",
         str(fleet.servers[0].port), f"{fleet.user}@127.0.0.1", "echo fine"],
        capture_output=True, check=False)
    assert ssh.stdout == b"fine\n", ssh.stderr


@pytest.mark.parametrize("policy", ["strict", "accept-new"])
def test_a_changed_host_key_is_always_rejected(strict, fleet, tmp_path, policy):
    other = make_key(str(tmp_path / "other"))
    path = str(tmp_path / "known_hosts")
    write(path, f"[127.0.0.1]:{fleet.servers[0].port} {read(other + '.pub')}")
    before = read(path)
    code, end = strict(path, "--host-key-policy", policy)
    assert code == 3
    assert end["cause"] == "CAUSE_HOST_KEY_CHANGED"
    assert path in end["message"]
    assert read(path) == before


def test_a_revoked_host_key_is_rejected(strict, fleet, tmp_path):
    path = str(tmp_path / "known_hosts")
    write(path, read(fleet.known_hosts) + f"@revoked * {read(fleet.servers[0].host_key + '.pub')}")
    code, end = strict(path)
    assert code == 3
    assert end["cause"] == "CAUSE_HOST_KEY_REVOKED"


def test_hashed_known_hosts(strict, fleet, tmp_path):
    path = str(tmp_path / "known_hosts")
    write(path, f"[127.0.0.1]:{fleet.servers[0].port} {read(fleet.servers[0].host_key + '.pub')}")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", path], check=True, capture_output=True)
    assert read(path).startswith("|1|")
    assert strict(path)[0] == 0
    assert strict(path, target="127.0.0.2")[1]["cause"] == "CAUSE_HOST_KEY_UNKNOWN"


def test_a_wrong_key(muster, tmp_path):
    key = make_key(str(tmp_path / "wrong"))
    result = muster("run", *replaced_key(muster, key), "-t", "127.0.0.1", "--", "true")
    assert result.code == 3
    assert "login refused" in result.err
    assert key in result.err


def replaced_key(muster, key):
    return ["-u", muster.login[1], "-i", key, *muster.login[4:]]


@pytest.mark.parametrize("kind,options", [("rsa", ["-b", "2048"]), ("rsa", ["-m", "PEM"]),
                                          ("ecdsa", []), ("ecdsa", ["-b", "521"]), ("ed25519", [])])
def test_kinds_of_keys(muster, fleet, tmp_path, kind, options):
    key = make_key(str(tmp_path / "key"), kind, options=options)
    with open(os.path.join(fleet.folder, "authorized_keys"), "a", encoding="ascii") as keys:
        keys.write(read(key + ".pub"))
    result = muster("run", *replaced_key(muster, key), "-t", "127.0.0.1", "--", "echo in")
    assert (result.code, result.out) == (0, b"127.0.0.1: in\n"), result.err


def test_an_encrypted_key_with_no_passphrase_is_refused_before_anything_runs(muster, tmp_path):
    key = make_key(str(tmp_path / "key"), passphrase="secret")
    result = muster("run", *replaced_key(muster, key), "-t", "127.0.0.1", "--", "true")
    assert result.code == 2
    assert key in result.err and "passphrase" in result.err and "--ask-passphrase" in result.err


def test_a_key_file_that_does_not_exist(muster):
    result = muster("run", *replaced_key(muster, "/no/such/key"), "-t", "127.0.0.1", "--", "true")
    assert result.code == 2
    assert "/no/such/key" in result.err


def test_a_file_that_is_no_key(muster, tmp_path):
    path = str(tmp_path / "key")
    write(path, "hello\n")
    result = muster("run", *replaced_key(muster, path), "-t", "127.0.0.1", "--", "true")
    assert result.code == 2
    assert path in result.err


def test_the_callers_agent(muster, fleet, agent):
    subprocess.run(["ssh-add", "-q", fleet.key], env={**os.environ, "SSH_AUTH_SOCK": agent},
                   check=True)
    muster.env["SSH_AUTH_SOCK"] = agent
    login = ["-u", fleet.user, *muster.login[4:]]
    result = muster("run", *login, "-t", "127.0.4.[1-20]", "--", "echo in")
    assert result.code == 0, result.err
    assert len(result.out.splitlines()) == 20


def test_an_agent_that_is_gone_is_told(muster, fleet, tmp_path):
    muster.env["SSH_AUTH_SOCK"] = str(tmp_path / "gone")
    result = muster("run", "-u", fleet.user, *muster.login[4:], "-t", "127.0.0.1", "--", "true")
    assert result.code == 3
    assert "agent" in result.err


def agent_with(agent, paths):
    for path in paths:
        subprocess.run(["ssh-add", "-q", path], env={**os.environ, "SSH_AUTH_SOCK": agent},
                       check=True)


def test_a_public_key_file_chooses_that_key_of_the_agent(muster, fleet, agent, tmp_path):
    others = [make_key(str(tmp_path / f"other{i}")) for i in range(7)]
    agent_with(agent, [*others, fleet.key])
    chosen = str(tmp_path / "chosen.pub")
    write(chosen, read(fleet.key + ".pub"))
    muster.env["SSH_AUTH_SOCK"] = agent
    login = ["-u", fleet.user, *muster.login[4:]]
    result = muster("run", *login, "-t", "127.0.5.[1-10]", "--", "true")
    assert result.code == 3 and "Too many authentication failures" in result.err
    result = muster("run", *login, "-i", chosen, "-t", "127.0.5.[1-10]", "--", "echo in")
    assert result.code == 0, result.err
    assert len(result.out.splitlines()) == 10


def test_with_identities_only_no_other_key_of_the_agent_is_offered(muster, fleet, agent, tmp_path):
    other = make_key(str(tmp_path / "other"))
    agent_with(agent, [fleet.key, other])
    muster.env["SSH_AUTH_SOCK"] = agent
    login = ["-u", fleet.user, *muster.login[4:], "-i", other + ".pub", "-t", "127.0.5.20"]
    assert muster("run", *login, "--", "true").code == 0
    result = muster("run", *login, "--identities-only", "--", "true")
    assert result.code == 3
    assert other in result.err and "login refused" in result.err


@pytest.mark.parametrize("by_agent", [True, False])
def test_two_keys_in_a_row(daemon, agent, tmp_path, by_agent):
    with Fleet() as home:
        home.start(config=["AuthenticationMethods publickey,publickey"])
        keys = [make_key(str(tmp_path / name), kind) for name, kind in
                [("a", "ed25519"), ("b", "rsa"), ("c", "ecdsa")]]
        with open(os.path.join(home.folder, "authorized_keys"), "a", encoding="ascii") as file:
            file.write(read(keys[2] + ".pub"))
        agent_with(agent, [*keys, home.key])
        muster = Muster(daemon, home, **({"SSH_AUTH_SOCK": agent} if by_agent else {}))
        muster.login = ["-u", home.user, *muster.login[4:]]
        if not by_agent:
            muster.login += [word for key in [*keys, home.key] for word in ("-i", key)]
        code, ends = muster.outcomes("127.0.6.[1-6]", "true")
        assert code == 0, ends


def test_an_agents_rsa_key(muster, fleet, agent, tmp_path):
    key = make_key(str(tmp_path / "rsa"), "rsa")
    with open(os.path.join(fleet.folder, "authorized_keys"), "a", encoding="ascii") as keys:
        keys.write(read(key + ".pub"))
    agent_with(agent, [make_key(str(tmp_path / "other"), "rsa"), key])
    muster.env["SSH_AUTH_SOCK"] = agent
    login = ["-u", fleet.user, *muster.login[4:]]
    result = muster("run", *login, "-t", "127.0.5.[30-39]", "--", "echo in")
    assert result.code == 0, result.err
