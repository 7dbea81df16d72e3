"""Hosts that `ssh NAME` reaches, `muster run -t NAME` reaches, by the same settings."""

import os
import subprocess

import pytest

from fleet import Fleet, make_key, read, write
from programs import Daemon, Muster
from ssh_kinds import ALL, EACH, Kinds


@pytest.fixture(scope="module", name="kinds")
def kinds_fixture():
    with Fleet() as fleet:
        kinds = Kinds(fleet)
        yield kinds
        kinds.stop()


@pytest.fixture(name="values")
def values_fixture(kinds):
    return {**kinds.values, "fleet": kinds.fleet, "gates": kinds.gates}


@pytest.fixture(name="config")
def config_fixture(kinds, tmp_path):
    """Writes a file: what a test says, then the blocks."""
    def make(first=""):
        path = str(tmp_path / "config")
        write(path, kinds.text(first))
        return path
    return make


@pytest.fixture(name="muster")
def muster_fixture(daemon):
    return Muster(daemon)


def test_hosts_of_all_kinds_are_reached_in_one_run(muster, values, config):
    path = config()
    targets = ",".join(f"{block}[1-{EACH}]" for block in ALL)
    code, ends = muster.outcomes(targets, "true", options=["-F", path])
    wrong = {name: end for name, end in ends.items() if end["state"] != "HOST_STATE_SUCCEEDED"}
    assert (code, len(ends), wrong) == (0, EACH * len(ALL), {})
    for gate in values["gates"]:
        assert "Accepted publickey" in read(gate.log)
    assert read(values["new"]).count("|1|") == EACH


@pytest.mark.parametrize("block", ALL)
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


def test_a_warm_session_is_only_for_those_who_trust_the_way(muster, config):
    assert muster.outcomes("jump1", "true", options=["-F", config()])[0] == 0
    path = config("Host gate\n HostKeyAlias another-gate\n")
    code, ends = muster.outcomes("jump1", "true", options=["-F", path])
    assert (code, ends["jump1"]["cause"]) == (3, "CAUSE_HOST_KEY_UNKNOWN"), ends
    assert "(host key alias another-gate)" in ends["jump1"]["message"]


def test_jump_hosts_that_are_given_are_logged_into_as_the_file_says(muster, config):
    path = config("Host gate\n User nowhere\n")
    code, ends = muster.outcomes("plain1", "true", options=["-F", path, "-J", "gate"])
    assert (code, ends["plain1"]["state"]) == (3, "HOST_STATE_AUTHENTICATION_FAILED"), ends
    assert "nowhere@127.0.9.1" in ends["plain1"]["message"]
    assert muster.outcomes("jump1", "true", options=["-F", path, "-J", "none"])[0] == 0


def test_a_certificate_that_the_file_names_lets_in(muster, kinds, config, tmp_path):
    folder, key = kinds.fleet.folder, str(tmp_path / "key")
    authority = make_key(str(tmp_path / "authority"))
    make_key(key)
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "test", "-n", kinds.fleet.user,
                    key + ".pub"], check=True)
    certificate = os.path.join(folder, "of-key")
    os.rename(key + "-cert.pub", certificate)
    with kinds.fleet.start("127.0.8.1", config=[f"TrustedUserCAKeys {authority}.pub",
                                                "AuthorizedKeysFile none"]) as server:
        path = config(f"Host one other\n HostName 127.0.8.1\n Port {server.port}\n"
                      f" IdentityFile {key}\nHost one\n CertificateFile {certificate}\n")
        _, ends = muster.outcomes("one,other", "true", options=["-F", path])
        ssh = subprocess.run(["ssh", "-F", path, "-o", "BatchMode=yes", "one", "true"],
                             capture_output=True, check=False)
    assert ssh.returncode == 0, ssh.stderr
    assert ends["one"]["state"] == "HOST_STATE_SUCCEEDED", ends
    assert ends["other"]["state"] == "HOST_STATE_AUTHENTICATION_FAILED"


def test_what_cannot_be_followed_is_refused_before_anything_runs(muster, values, config, tmp_path):
    proof = tmp_path / "proof"
    path = config("Host plain2 plain3\n ProxyCommand nc %h %p\n ProxyUseFdpass yes\n")
    result = muster.run("plain[1-3]", f"touch {proof}", options=["-F", path])
    assert result.code == 2
    assert "plain[2-3]: ProxyUseFdpass is not followed yet" in result.err
    assert not proof.exists()


def test_match_exec_decides_for_each_host(muster, config, tmp_path):
    seen = tmp_path / "seen"
    path = config(f"Match exec \"sh -c 'echo %n >> {seen}; test %n = plain2'\"\n Port 1\n")
    code, ends = muster.outcomes("plain[1-3]", "true", options=["-F", path])
    assert (code, ends["plain2"]["cause"]) == (3, "CAUSE_REFUSED")
    assert ends["plain1"]["state"] == ends["plain3"]["state"] == "HOST_STATE_SUCCEEDED"
    assert sorted(read(str(seen)).split()) == ["plain1", "plain2", "plain3"]
    path = config("Match host plain1 exec \"kill -9 $$\"\n Port 1\n")
    result = muster.run("plain1", "true", options=["-F", path])
    assert (result.code, "was ended by a signal" in result.err) == (2, True), result.err


def test_what_is_not_followed_is_told_once_a_run(muster, config):
    path = config("Host plain2\n Compression yes\n ForwardAgent yes\n ControlMaster auto\n")
    result = muster.run("plain[1-3]", "echo hi", options=["-F", path])
    assert (result.code, result.text.count("hi")) == (0, 3), result.err
    assert result.err.count("ssh_config") == 1
    assert "Of ssh_config, Muster does not follow: ForwardAgent (plain2)." in result.err


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
    write(path, read(path).replace("Host jump1\n HostName ", "Host jump1\n HostName nowhere.invalid\n#"))
    moved = muster("rerun", run_id)
    assert "jump1: unreachable" in moved.err and "other-port1: exited with code 7" in moved.err
    other = muster("rerun", run_id, "-F", config(), "-u", "nowhere")
    assert "(2): login refused" in other.err and other.code == 3, other.err


def test_where_connections_begin_and_by_which_family(muster, config):
    path = config("Host plain1\n BindAddress 127.0.0.77\nHost plain2\n BindInterface lo\n"
                  "Host plain3\n AddressFamily inet6\nHost plain4\n BindAddress 192.0.2.1\n")
    result = muster("run", "-t", "plain[1-2]", "-F", path, "echo ${SSH_CONNECTION%% *}")
    assert sorted(result.text.split("\n")[:-1]) == ["plain1: 127.0.0.77", "plain2: 127.0.0.1"]
    _, ends = muster.outcomes("plain[3-4]", "true", options=["-F", path])
    assert "has no IPv6 address" in ends["plain3"]["message"]
    assert "is that an address of this machine (BindAddress, BindInterface)?" in ends["plain4"]["message"]
    assert ends["plain4"]["cause"] == "CAUSE_NETWORK"


# The host's server stops in the middle of the command; the kernel still acknowledges all it is sent.
FREEZE = "echo here; (sleep 9; kill -CONT $PPID) >/dev/null 2>&1 & kill -STOP $PPID; sleep 20"


@pytest.mark.parametrize("block", ["plain", "jump"])
def test_a_server_that_freezes_is_noticed(muster, config, block):
    path = config("Host *\n ServerAliveInterval 1\n ServerAliveCountMax 1\n")
    code, ends = muster.outcomes(f"{block}1", FREEZE, options=["-F", path])
    end = ends[f"{block}1"]
    assert (code, end["state"], end["cause"]) == \
        (5, "HOST_STATE_OUTCOME_UNKNOWN", "CAUSE_CONNECTION_LOST"), end
    assert "sent nothing for 2s, though it was asked" in end["message"]


def test_servers_that_answer_are_left_alone(muster, config):
    path = config("Host *\n ServerAliveInterval 1\n ServerAliveCountMax 1\n")
    targets = "plain1,jump1,chain1"
    code, ends = muster.outcomes(targets, "sleep 5", options=["-F", path])
    assert code == 0, ends


def test_options_as_of_ssh_count_before_the_file(muster, config, values):
    path = config("Host plain*\n Port 1\n")
    assert muster.outcomes("plain1", "true", options=["-F", path])[0] == 3
    given = ["-F", path, "-o", f"Port={values['port']}", "-o", "Port 1"]
    assert muster.outcomes("plain1", "true", options=given)[0] == 0
    refused = muster("run", "-F", "none", "-o", "Prot=1", "-t", "plain1", "true")
    assert (refused.code, "-o Prot=1: \"prot\" is not known to ssh" in refused.err) == (2, True), refused.err


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
