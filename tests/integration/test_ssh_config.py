"""Hosts that `ssh NAME` reaches, `muster run -t NAME` reaches, by the same settings."""

import os
import subprocess

import pytest

from fleet import Fleet, free_port, make_key, read, write
from programs import Daemon, Muster
from relay import RELAY

EACH = 20  # hosts of a block

# What sets a block's hosts apart; {…} is filled in.
BLOCKS = {
    "plain": "Port {port}\n IdentityFile {key}",
    "other-port": "Port {other_port}\n IdentityFile {other_key}\n IdentitiesOnly yes",
    "jump": "Port {port}\n IdentityFile {key}\n ProxyJump gate",
    "chain": "Port {port}\n IdentityFile {key}\n ProxyJump gate,gate2",
    "alias": "Port {port}\n IdentityFile {key}\n HostKeyAlias blade\n UserKnownHostsFile {aliases}",
    "new": "Port {port}\n IdentityFile {key}\n UserKnownHostsFile {new}\n"
           " StrictHostKeyChecking accept-new\n HashKnownHosts yes",
    "agent": "Port {port}\n IdentityAgent {agent}\n IdentityFile none",
    "slow": "Port {port}\n IdentityFile {key}\n ConnectTimeout 30\n PasswordAuthentication no\n"
            " KbdInteractiveAuthentication no",
    "tokens": "Port {port}\n IdentityFile {folder}/%h.key",
    "prefers": "Port {other_port}\n IdentityFile {other_key}\n"
               " PreferredAuthentications publickey",
    "proxy": "Port {port}\n IdentityFile {key}\n ProxyCommand {relay} '%h' %p",
    "ssh-w": "Port {port}\n IdentityFile {key}\n"
             " ProxyCommand ssh -F {folder}/gate_config -W %h:%p gate",
    "behind-proxy": "Port {port}\n IdentityFile {key}\n ProxyJump proxied-gate",
}


def address(block, number):
    return f"127.0.{20 + list(BLOCKS).index(block)}.{number}"


@pytest.fixture(scope="module", name="values")
def values_fixture():
    """Servers on all of 127.0.0.0/8, two ports and two keys, and what the blocks say of them."""
    with Fleet() as fleet:
        folder = fleet.folder
        other_key = make_key(os.path.join(folder, "other_key"))
        server = fleet.start()
        os.link(other_key + ".pub", os.path.join(folder, "other_authorized_keys"))
        other = fleet.start(port=free_port(),
                            config=[f"AuthorizedKeysFile {folder}/other_authorized_keys"])
        gates = [fleet.start(f"127.0.9.{number}", config=["LogLevel VERBOSE"])
                 for number in (1, 2)]
        aliases = os.path.join(folder, "aliases")
        write(aliases, "blade " + " ".join(read(server.host_key + ".pub").split()[:2]) + "\n")
        for number in range(1, EACH + 1):
            os.link(fleet.key, os.path.join(folder, f"{address('tokens', number)}.key"))
        write(os.path.join(folder, "gate_config"),
              f"Host gate\n HostName {gates[0].address}\n Port {gates[0].port}\n User {fleet.user}\n"
              f" IdentityFile {fleet.key}\n UserKnownHostsFile {fleet.known_hosts}\n")
        agent = os.path.join(folder, "agent")
        process = subprocess.Popen(["ssh-agent", "-D", "-a", agent], stdout=subprocess.DEVNULL)
        while not os.path.exists(agent):
            assert process.poll() is None
        subprocess.run(["ssh-add", "-q", fleet.key], check=True,
                       env={**os.environ, "SSH_AUTH_SOCK": agent})
        yield {"fleet": fleet, "folder": folder, "port": server.port, "other_port": other.port,
               "key": fleet.key, "other_key": other_key, "aliases": aliases,
               "new": os.path.join(folder, "new"), "agent": agent, "gates": gates, "relay": RELAY}
        process.terminate()
        process.wait()


@pytest.fixture(name="config")
def config_fixture(values, tmp_path):
    """Writes a file: what a test says, then the blocks, then what holds for all."""
    def make(first=""):
        fleet, gates = values["fleet"], values["gates"]
        lines = [first]
        for block, text in BLOCKS.items():
            for number in range(1, EACH + 1):
                lines.append(f"Host {block}{number}\n HostName {address(block, number)}")
            lines.append(f"Host {block}*\n {text.format(**values)}")
        for number, gate in enumerate(gates):
            lines.append(f"Host gate{number + 1 if number else ''}\n HostName {gate.address}\n"
                         f" Port {gate.port}\n IdentityFile {fleet.key}")
        lines.append(f"Host proxied-gate\n HostName {gates[1].address}\n Port {gates[1].port}\n"
                     f" IdentityFile {fleet.key}\n ProxyCommand {RELAY} %h %p")
        lines.append(f"Host *\n User {fleet.user}\n UserKnownHostsFile {fleet.known_hosts}\n"
                     " GlobalKnownHostsFile none\n IdentityAgent none\n SendEnv LANG LC_*\n")
        path = str(tmp_path / "config")
        write(path, "\n".join(lines))
        return path
    return make


@pytest.fixture(name="muster")
def muster_fixture(daemon):
    return Muster(daemon)


def test_hosts_of_all_kinds_are_reached_in_one_run(muster, values, config):
    path = config()
    targets = ",".join(f"{block}[1-{EACH}]" for block in BLOCKS)
    code, ends = muster.outcomes(targets, "true", options=["-F", path])
    wrong = {name: end for name, end in ends.items() if end["state"] != "HOST_STATE_SUCCEEDED"}
    assert (code, len(ends), wrong) == (0, EACH * len(BLOCKS), {})
    for gate in values["gates"]:
        assert "Accepted publickey" in read(gate.log)
    assert read(values["new"]).count("|1|") == EACH


@pytest.mark.parametrize("block", BLOCKS)
def test_ssh_itself_reaches_them_by_that_file(values, config, block):
    ssh = subprocess.run(["ssh", "-F", config(), "-o", "BatchMode=yes", f"{block}1", "echo here"],
                         capture_output=True, check=False)
    assert ssh.stdout == b"here\n", ssh.stderr


def test_what_is_given_counts_before_the_file(muster, values, config):
    path = config()
    code, ends = muster.outcomes("plain1", "true",
                                 options=["-F", path, "-p", str(values["other_port"])])
    assert (code, ends["plain1"]["state"]) == (3, "HOST_STATE_AUTHENTICATION_FAILED")
    code, _ = muster.outcomes("plain1", "true",
                              options=["-F", path, "-p", str(values["other_port"]),
                                       "-i", values["other_key"]])
    assert code == 0
    code, ends = muster.outcomes("nowhere@plain1", "true", options=["-F", path])
    assert ends["plain1"]["state"] == "HOST_STATE_AUTHENTICATION_FAILED"


def test_a_key_under_the_wrong_alias_is_not_trusted(muster, values, config):
    path = config("Host alias1\n HostKeyAlias other-blade\n")
    code, ends = muster.outcomes("alias[1-2]", "true", options=["-F", path])
    assert code == 3
    assert ends["alias2"]["state"] == "HOST_STATE_SUCCEEDED"
    assert ends["alias1"]["cause"] == "CAUSE_HOST_KEY_UNKNOWN"
    assert "(host key alias other-blade)" in ends["alias1"]["message"]


def test_what_cannot_be_followed_is_refused_before_anything_runs(muster, values, config, tmp_path):
    proof = tmp_path / "proof"
    path = config("Host plain2 plain3\n ProxyCommand nc %h %p\n ProxyUseFdpass yes\n")
    result = muster.run("plain[1-3]", f"touch {proof}", options=["-F", path])
    assert result.code == 2
    assert "plain[2-3]: ProxyUseFdpass is not followed yet" in result.err
    assert not proof.exists()
    path = config("Match host plain1 exec \"true\"\n Port 1\n")
    result = muster.run("plain1", "true", options=["-F", path])
    assert (result.code, "exec" in result.err) == (2, True), result.err


def test_what_is_not_followed_is_told_once_a_run(muster, config):
    path = config("Host plain2\n Compression yes\n Ciphers aes256-ctr\n ControlMaster auto\n")
    result = muster.run("plain[1-3]", "echo hi", options=["-F", path])
    assert (result.code, result.text.count("hi")) == (0, 3), result.err
    assert result.err.count("ssh_config") == 1
    assert "Of ssh_config, Muster does not follow: Ciphers (plain2)." in result.err


def test_a_faulty_file_is_named_with_its_line(muster, tmp_path):
    path = str(tmp_path / "config")
    write(path, "Host *\n Port ssh or so\n")
    result = muster.run("plain1", "true", options=["-F", path])
    assert (result.code, f"{path}:2: " in result.err) == (2, True), result.err
    missing = str(tmp_path / "missing")
    result = muster.run("plain1", "true", options=["-F", missing])
    assert (result.code, missing in result.err) == (2, True), result.err


def test_targets_shows_what_a_run_would_do(muster, values, config):
    result = muster("targets", "-F", config(), "-t", "plain1,other-port2,ann@plain3:2222", "--json")
    assert result.code == 0, result.err
    hosts = {host["name"]: host for host in result.json()}
    user = values["fleet"].user
    assert (hosts["plain1"]["address"], hosts["plain1"]["user"]) == ("127.0.20.1", user)
    assert hosts["other-port2"]["port"] == values["other_port"]
    assert (hosts["plain3"]["user"], hosts["plain3"]["port"]) == ("ann", 2222)
    assert hosts["plain3"]["address"] == "127.0.20.3"


def test_a_rerun_goes_the_same_way(muster, values, config):
    path = config()
    result = muster.run("jump1,other-port1", "exit 7", options=["-F", path, "--json"])
    run_id = muster("runs", "--json").json()[0]["id"]
    assert result.code == 1
    again = muster("rerun", run_id)
    assert "exited with code 7" in again.err and again.code == 1, again.err
    other = muster("rerun", run_id, "-F", path, "-u", "nowhere")
    assert "(2): login refused" in other.err and other.code == 3, other.err


def test_f_none_reads_nothing(muster, config):
    code, ends = muster.outcomes("127.0.20.1", "true", options=["-F", "none", "-p", "1"])
    assert (code, ends["127.0.20.1"]["cause"]) == (3, "CAUSE_REFUSED")


def test_the_users_own_file_is_read_by_default(values, config, tmp_path):
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    write(str(home / ".ssh" / "config"), read(config()))
    (home / ".ssh" / "config").chmod(0o600)
    passwd = str(tmp_path / "passwd")
    uid = os.getuid()
    write(passwd, f"me:x:{uid}:{os.getgid()}::{home}:/bin/sh\n")
    env = {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": passwd,
           "NSS_WRAPPER_GROUP": "/etc/group"}
    with Daemon(env=env) as daemon:
        result = Muster(daemon)("run", "-t", "chain[1-2],other-port1", "echo hi")
        assert (result.code, result.text.count("hi"), result.err.count("ssh_config")) == (0, 3, 0), \
            result.err
