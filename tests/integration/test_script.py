"""Scripts that are sent along, and what stands ahead of commands, in each kind of login shell of real servers."""

import os
import signal
import subprocess

import pytest

from fleet import Fleet, write
from programs import MUSTER, SECONDS, Daemon, Muster, wait_until

SHELLS = ["/bin/sh", "/bin/bash", "/usr/bin/zsh", "/usr/bin/fish", "/usr/bin/tcsh", "/usr/bin/mksh"]
ARGUMENTS = ["it's", "two\nlines\n", "$HOME `id` \\", "", "-n", "=%!~*"]
as_root = pytest.mark.skipif(os.getuid() != 0, reason="login shells are those of a made-up user")


@pytest.fixture(scope="module", name="fleet")
def fleet_fixture():
    """Whose users have a folder for temporary files in which nothing can be executed, where that can be made."""
    with Fleet() as fleet:
        folder = fleet.folder + "/noexec"
        os.mkdir(folder)
        if fleet.account.wrap[:2] == ["unshare", "-m"]:
            mount = f'mount -t tmpfs -o noexec,mode=1777 none {folder} && exec "$@"'
            fleet.account.wrap = [*fleet.account.wrap, "sh", "-c", mount, "sh"]
        fleet.start(config=[f"SetEnv TMPDIR={folder}"])
        yield fleet


@pytest.fixture(name="script")
def script_fixture(tmp_path):
    def script(text, name="work.sh"):
        path = str(tmp_path / name)
        write(path, text)
        return path
    return script


def run_script(muster, path, *arguments, targets="127.0.0.1", options=(), data=None):
    result = subprocess.run(
        [MUSTER, "run", "-F", "none", *muster.login, "-t", targets, "--no-prefix", *options, "--script", path, "--",
         *arguments], input=data, stdin=None if data is not None else subprocess.DEVNULL, env=muster.env,
        capture_output=True, timeout=SECONDS, check=False)
    return result.returncode, result.stdout, result.stderr.decode()


def long_script():
    lines = ["printf '<%s>\\n' \"$@\"", "x=\"it's \\$HOME \\\\ $(printf '%s' \"$#\") $HOME\""]
    lines += [f"echo 'line {i}: \"$x\"' \"$x\" `expr {i} + 1` # it's a comment" for i in range(200)]
    return "\n".join([*lines, "echo end >&2; exit 3", ""])


@pytest.fixture(scope="module", name="through_ssh")
def through_ssh_fixture(fleet):
    """What the script writes where ssh brings it."""
    words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in ARGUMENTS)
    ssh = subprocess.run(
        ["ssh", "-F", "none", "-p", str(fleet.servers[0].port), "-i", fleet.key, "-l", fleet.user, "-o",
         f"UserKnownHostsFile={fleet.known_hosts}", "127.0.0.1", f"sh -s -- {words}"],
        input=long_script().encode(), capture_output=True, timeout=SECONDS, check=False)
    assert ssh.returncode == 3, ssh.stderr
    return ssh.stdout


@as_root
@pytest.mark.parametrize("number", range(len(SHELLS)))
def test_a_script_does_what_it_does_through_ssh(fleet, muster, script, through_ssh, number):
    fleet.account.set_shell(SHELLS[number])
    code, out, err = run_script(muster, script(long_script()), *ARGUMENTS, targets=f"127.0.40.{number + 1}")
    assert (code, out) == (1, through_ssh), err
    assert "exited with code 3" in err


@as_root
@pytest.mark.parametrize("number", range(len(SHELLS)))
def test_what_stands_ahead_of_a_command(fleet, muster, number):
    fleet.account.set_shell(SHELLS[number])
    target = f"127.0.41.{number + 1}"
    ahead = ["-e", "A=it's $HOME \\ !x", "--chdir", "/usr/bin", "--umask", "027"]
    result = muster.run(target, "echo \"$A\"; pwd; umask", options=[*ahead, "--no-prefix"])
    assert result.code == 0, result.err
    lines = result.text.splitlines()
    assert lines[:2] == ["it's $HOME \\ !x", "/usr/bin"] and int(lines[2], 8) == 0o27
    result = muster.run(target, "sh", "-c", "echo \"$A$1\"\npwd", "sh", "{\n}{host}{index}",
                        options=[*ahead, "--argv", "--placeholders", "--no-prefix"])
    assert (result.code, result.text) == (0, "it's $HOME \\ !x{\n}" + target + "0\n/usr/bin\n"), result.err
    code, ends = muster.outcomes(target, "echo ran", options=["--chdir", "not-there"])
    assert (code, ends[target]["exitCode"]) == (1, 126)


def test_each_host_has_its_own_words(fleet, muster):
    if os.getuid() == 0:
        fleet.account.set_shell("/bin/sh")
    result = muster.run("127.0.42.[1-3]", "echo {index} '{user}@{host}' \"port {port}\"; echo ${HOME:+{{home}",
                        options=["--placeholders"])
    port = fleet.servers[0].port
    for index in range(3):
        name = f"127.0.42.{index + 1}"
        of_host = [line for line in result.text.splitlines() if line.startswith(name + ": ")]
        assert of_host == [f"{name}: {index} {fleet.user}@{name} port {port}", f"{name}: {{home"], result.err
    result = muster.run("127.0.42.1", "echo {hots}", options=["--placeholders"])
    assert (result.code, "\"{hots}\" is no placeholder" in result.err) == (2, True), result.err


def test_it_reads_what_comes_on_standard_input(muster, script):
    data = os.urandom(3 << 20)
    path = script("#!/usr/bin/env python3\nimport sys, hashlib\nprint(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())\n")
    code, out, err = run_script(muster, path, targets="127.0.0.[1-3]", data=data)
    expected = subprocess.run(["sha256sum"], input=data, capture_output=True, check=True).stdout.split()[0]
    assert (code, out.split()) == (0, [expected] * 3), err


def test_nothing_has_to_be_executable_where_it_is_kept(fleet, muster, script):
    path = script("#!/bin/sh\nchmod 700 \"$0\"; echo \"$0\"; \"$0\" 2>/dev/null\necho $?\n")
    code, out, err = run_script(muster, path)
    assert code == 0, err
    where, status = out.decode().split()
    assert where.startswith(fleet.folder + "/noexec/muster.") and where.endswith("/work.sh")
    if "noexec" in " ".join(fleet.account.wrap):
        assert status == "126"
    # That folder is the servers' own.
    result = muster.run("127.0.0.1", f"ls -A {fleet.folder}/noexec", options=["--no-prefix"])
    assert (result.code, result.text) == (0, ""), result.err


@pytest.fixture(scope="module", name="kept_at_home")
def kept_at_home_fixture(fleet):
    """A server for which $TMPDIR is the users' home, which this process sees."""
    home = fleet.folder + "/home" if os.getuid() == 0 else os.environ["HOME"]
    return fleet.start(config=[f"SetEnv TMPDIR={home}"])


def begin(muster, path, server, *options):
    """A muster that runs it, and where the server has it."""
    process = muster.start("run", "-F", "none", *muster.login, "-p", str(server.port), "-t", "127.0.0.1", "--no-prefix",
                           *options, "--script", path)
    where = process.stdout.readline().decode().strip()
    assert os.path.exists(where), (where, process.stderr.read() if not where else "")
    return process, where


@pytest.mark.parametrize("end", ["exit 0", "exit 9", "kill -KILL $$"])
def test_its_file_goes_when_it_ends(muster, script, kept_at_home, end):
    process, where = begin(muster, script(f"echo \"$0\"; sleep 0.3; {end}\n"), kept_at_home)
    process.communicate(timeout=SECONDS)
    assert not os.path.exists(os.path.dirname(where))


def test_its_file_goes_when_it_is_canceled(muster, script, kept_at_home):
    process, where = begin(muster, script("trap '' TERM; echo \"$0\"; while :; do sleep 0.1; done\n"), kept_at_home,
                           "--stop-grace", "500ms")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert not os.path.exists(os.path.dirname(where))


def test_its_file_goes_when_the_daemon_is_killed(fleet, script, kept_at_home):
    with Daemon() as daemon:
        process, where = begin(Muster(daemon, fleet), script("echo \"$0\"; sleep 2\n"), kept_at_home)
        daemon.stop(signal.SIGKILL)
        process.kill()
        process.communicate(timeout=SECONDS)
        wait_until(lambda: not os.path.exists(os.path.dirname(where)))


def test_what_it_is_called_is_shown_and_found(muster, script):
    code, _, err = run_script(muster, script("exit 0\n", "it.sh"), "a b")
    assert code == 0, err
    found = muster("runs", "--command", "script it.sh a")
    assert "script it.sh a b" in found.text, found.err


def test_what_cannot_be_run_is_refused(muster, script):
    for text, said in (("#!/bin/sh\r\necho\r\n", "CR LF"), ("\x7fELF", "is a program"), ("", "is empty")):
        code, out, err = run_script(muster, script(text))
        assert (code, out) == (2, b"") and "--script" in err and said in err, err
    code, _, err = run_script(muster, "-")
    assert code == 2 and "standard input" in err
