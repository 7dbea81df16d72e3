"""Commands as another user: by the real sudo, su and doas, on real servers whose /etc is the test's own."""

import os
import shutil
import subprocess

import pytest

import memory
from fleet import FLEET_UID, Fleet, read, write
from leaks import files_with, of_process
from programs import Daemon, Muster, wait_until

PASSWORD, ROOTS = "c4nary-of-the-fleet", "c4nary-of-root"
SUDOERS = """Defaults timestamp_timeout=0
fleet ALL=(ALL) SETENV: ALL
odd ALL=(ALL) ALL
free ALL=(ALL) NOPASSWD: ALL
terminal ALL=(ALL) NOPASSWD: ALL
Defaults:terminal requiretty
"""
DOAS = "permit nopass free\npermit fleet as root\n"

pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0,
    reason="needs root and a mount namespace for an /etc of its own")


def hashed(password):
    return subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, text=True, capture_output=True,
                          check=True).stdout.strip()


def make_etc(fleet):
    """What the servers and sudo see as /etc."""
    etc = fleet.folder + "/etc"
    shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("ssl"))
    home = fleet.folder + "/home"
    users = [("fleet", FLEET_UID, PASSWORD), ("free", FLEET_UID + 1, PASSWORD), ("other", FLEET_UID + 2, PASSWORD),
             ("terminal", FLEET_UID + 3, PASSWORD), ("odd", FLEET_UID + 4, "another")]
    lines = [f"{name}:{hashed(password)}:{uid}:{uid}::{home}:/bin/sh\n" for name, uid, password in users]
    root = f"root:{hashed(ROOTS)}:0:0::/root:/bin/sh\n"
    kept = [line + "\n" for line in read("/etc/passwd").splitlines() if not line.startswith("root:")]
    write(etc + "/passwd", "".join([root, *kept, *lines]))
    write(etc + "/sudoers", SUDOERS)
    write(etc + "/doas.conf", DOAS)
    os.chmod(etc + "/sudoers", 0o440)
    os.chmod(etc + "/doas.conf", 0o400)
    return ["unshare", "-m", "sh", "-c", f'mount --bind {etc} /etc && exec "$@"', "sh"]


@pytest.fixture(scope="module", name="fleet")
def fleet_fixture():
    with Fleet() as fleet:
        fleet.account.wrap = make_etc(fleet)
        fleet.start()
        yield fleet


@pytest.fixture(scope="module", name="muster")
def muster_fixture(fleet):
    with Daemon() as daemon:
        yield Muster(daemon, fleet)


@pytest.fixture(name="password")
def password_fixture(tmp_path):
    def password(text):
        path = str(tmp_path / f"password{len(os.listdir(tmp_path))}")
        write(path, text + "\n")
        os.chmod(path, 0o600)
        return ["--become-password-file", path]
    return password


def test_a_line_runs_as_another_user(muster, password):
    for who, options in (("root", []), ("other", ["--become=other"])):
        result = muster.run("127.0.0.[1-2]", "id -un; echo to err >&2; exit 3",
                            options=["--become", *options, *password(PASSWORD)][1 if options else 0:])
        assert (result.code, result.text.count(who + "\n")) == (1, 2), result.err
        assert result.err.count("to err") == 2 and "muster-" not in result.err + result.text


def test_it_asks_for_no_password_where_none_is_wanted(muster):
    code, ends = muster.outcomes("free@127.0.0.1", "[ $(id -u) = 0 ]", options=["--become"])
    assert code == 0, ends


def test_a_wrong_password_and_none(muster, password):
    for options, text in ((password("wrong"), "refused the password"), ([], "none was given")):
        code, ends = muster.outcomes("127.0.0.1", "touch /tmp/never", options=["--become", *options])
        end = ends["127.0.0.1"]
        assert (code, end["state"], end["cause"]) == (3, "HOST_STATE_BECOME_FAILED", "CAUSE_BECOME_PASSWORD")
        assert text in end["message"], end


def test_who_may_not(muster, password):
    _, ends = muster.outcomes("other@127.0.0.1", "true", options=["--become", *password(PASSWORD)])
    assert ends["127.0.0.1"]["cause"] == "CAUSE_BECOME_NOT_ALLOWED", ends
    _, ends = muster.outcomes("127.0.0.1", "true", options=["--become=nobody-such", *password(PASSWORD)])
    assert ends["127.0.0.1"]["cause"] == "CAUSE_BECOME_UNAVAILABLE", ends


def test_input_is_the_commands_and_not_sudos(muster, password):
    result = muster("run", "-F", "none", *muster.login, "-t", "127.0.0.1", "--become", *password(PASSWORD), "--no-prefix",
                    "cat", stdin=None, input=b"line 1\nline 2\n" * 1000)
    assert (result.code, result.out) == (0, b"line 1\nline 2\n" * 1000), result.err


def test_a_script_is_the_other_users(muster, password, tmp_path):
    script = str(tmp_path / "it.sh")
    write(script, "#!/bin/sh\nid -un; echo \"$1\"; umask; stat -c '%U %a' \"$0\"; cat; echo \"$0\" >&2; exit 4\n")
    for who, options in (("root", ["--become"]), ("other", ["--become=other"]),
                         ("root", ["--become", "--become-method", "su"])):
        secret = ROOTS if "su" in options else PASSWORD
        result = muster("run", "-F", "none", *muster.login, "-t", "127.0.0.1", *options, *password(secret), "--no-prefix",
                        "--umask", "027", "--script", script, "--", "it's $HOME\n!", stdin=None, input=b"of the input\n")
        assert result.text == f"{who}\nit's $HOME\n!\n0027\n{who} 600\nof the input\n", result.err
        where = result.err.splitlines()[0].split("[err]: ")[-1]
        assert where.endswith("/it.sh") and not os.path.exists(os.path.dirname(where)), result.err


def test_the_environment_is_fresh_or_kept(muster, password):
    line = "echo $HOME ${LANG-none}"
    fresh = muster.run("127.0.0.1", line, options=["--become", *password(PASSWORD)])
    assert "/root" in fresh.text
    result = muster.run("127.0.0.1", "printf '%s|%s' \"$A\" \"$(id -u)\"", options=[
        "--become", *password(PASSWORD), "-e", "A=it's $HOME\n!", "--no-prefix"])
    assert result.text.rstrip("\n") == "it's $HOME\n!|0", result.err


def test_a_ping_tells_what_is_wrong(muster, password):
    result = muster("ping", "-F", "none", *muster.login, "-t", "127.0.0.[1-2],other@127.0.0.3", "--become",
                    *password(PASSWORD))
    assert result.code == 3
    assert "== 127.0.0.[1-2] (2 hosts): succeeded ==" in result.text, result.text
    assert "127.0.0.3: did not become the other user (not allowed)" in result.err, result.err


def test_su(muster, password):
    result = muster.run("127.0.0.1", "id -un; pwd", options=["--become", "--become-method", "su", *password(ROOTS)])
    assert (result.code, "root" in result.text, "/root" in result.text) == (0, True, True), result.err
    _, ends = muster.outcomes("127.0.0.1", "id", options=["--become", "--become-method", "su", *password("wrong")])
    assert ends["127.0.0.1"]["cause"] == "CAUSE_BECOME_PASSWORD", ends


def test_doas(muster):
    options = ["--become", "--become-method", "doas"]
    assert muster.outcomes("free@127.0.0.1", "[ $(id -u) = 0 ]", options=options)[0] == 0
    _, ends = muster.outcomes("other@127.0.0.1", "id", options=options)
    assert ends["127.0.0.1"]["cause"] == "CAUSE_BECOME_NOT_ALLOWED", ends


def test_what_insists_on_a_terminal_says_so_and_gets_one(muster, password):
    _, ends = muster.outcomes("terminal@127.0.0.1", "id", options=["--become"])
    assert "--tty" in ends["127.0.0.1"]["message"], ends
    assert muster.outcomes("terminal@127.0.0.1", "[ $(id -u) = 0 ]", options=["--become", "--tty"])[0] == 0
    for method, secret in (("sudo", PASSWORD), ("su", ROOTS), ("doas", PASSWORD)):
        options = ["--become", "--become-method", method, "--tty", "--no-prefix"]
        result = muster.run("127.0.0.1", "id -un; echo $(tty)", options=[*options, *password(secret)])
        lines = [line.strip() for line in result.text.splitlines() if line.strip()]
        assert (result.code, lines[0], lines[1][:5], len(lines)) == (0, "root", "/dev/", 2), (method, lines, result.err)
        assert secret not in result.text
        _, ends = muster.outcomes("127.0.0.1", "id", options=[*options[:-1], *password("wrong")])
        assert ends["127.0.0.1"]["cause"] == "CAUSE_BECOME_PASSWORD", (method, ends)


def test_a_cancel_ends_the_other_users_processes(muster, password):
    mark = f"31337.{os.getpid()}"
    code, ends = muster.outcomes("127.0.0.1", f"(sleep {mark} & sleep {mark}; true) & wait",
                                 options=["--become", *password(PASSWORD), "--command-timeout", "1s"])
    end = ends["127.0.0.1"]
    assert (code, end["state"], end["endConfirmed"]) == (1, "HOST_STATE_COMMAND_TIMEOUT", True), end
    assert subprocess.run(["pgrep", "-f", f"sleep {mark}"], capture_output=True, check=False).stdout == b""


def test_of_many_hosts_those_with_the_wrong_password_fail_alone(muster, password):
    hosts = int(os.environ.get("BECOME_HOSTS", "20"))
    right = ",".join(f"127.1.{number // 200}.{number % 200 + 1}" for number in range(hosts - 5))
    targets = f"{right},odd@127.0.3.[1-5]"
    # One machine is all of these hosts.
    options = ["--become", *password(PASSWORD), "-f", "50", "--connect-timeout", "60s"]
    code, ends = muster.outcomes(targets, "id -u", options=options)
    failed = {name for name, end in ends.items()
              if (end["state"], end["cause"]) == ("HOST_STATE_BECOME_FAILED", "CAUSE_BECOME_PASSWORD")}
    assert (code, failed) == (3, {f"127.0.3.{i}" for i in range(1, 6)})
    assert sum(end["state"] == "HOST_STATE_SUCCEEDED" for end in ends.values()) == hosts - 5


def test_the_password_is_found_nowhere(fleet, password, tmp_path):
    state = tmp_path / "daemon"
    state.mkdir()
    with Daemon(folder=str(state), args=["--log-level", "debug"]) as daemon:
        muster = Muster(daemon, fleet)
        told = ""
        for secret in (PASSWORD, "c4nary-that-is-wrong"):
            options = ["--become", *password(secret)]
            told += muster.run("127.0.0.[1-3]", "ps -ef", options=["--json", *options]).text
            detached = muster.run("127.0.0.[1-3]", "ps -ef; false", options=["-d", *options])
            run = detached.text.strip()
            told += muster("watch", run, "--json").text + muster("show", run, "--json").text
            told += muster("rerun", run, *options[1:]).text + muster("runs", "--json").text
        assert "HOST_STATE_BECOME_FAILED" in told and "HOST_STATE_EXITED_NONZERO" in told
        for secret in (PASSWORD, "c4nary-that-is-wrong"):
            assert secret not in told and secret not in daemon.messages()
            assert not files_with(secret, daemon.folder) and not of_process(daemon.process.pid, secret)
            wait_until(lambda each=secret.encode(): memory.count(daemon.process.pid, each) == 0)
