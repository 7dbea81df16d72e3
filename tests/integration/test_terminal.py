"""What a person at a terminal sees; and what the same looks like in a pipe."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios

import pytest

from programs import MUSTER, SECONDS
from terminal import Terminal, read_to_the_end

PROGRESS = re.compile(rb"\d+/3 done, \d+ running, \d+ s")


@pytest.fixture(name="terminal")
def terminal_fixture(muster):
    """Runs muster with a terminal for its output and returns all that came there."""
    def run(*args, env=None, columns=100):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen([MUSTER, "run", *muster.login, *args], stdin=subprocess.DEVNULL,
                              stdout=slave, stderr=slave,
                              env={**muster.env, "TERM": "xterm", **(env or {})}) as process:
            os.close(slave)
            shown = read_to_the_end(master)
            process.wait(SECONDS)
        return shown
    return run


def test_names_have_a_colour(terminal):
    assert re.search(rb"\x1b\[\d+m127\.0\.0\.1\x1b\[0m: hi\r\n",
                     terminal("-t", "127.0.0.1", "--", "echo hi"))


def test_no_color_is_respected(terminal):
    shown = terminal("-t", "127.0.0.1", "--", "echo hi", env={"NO_COLOR": "1"})
    assert b"127.0.0.1: hi\r\n" in shown
    assert not re.search(rb"\x1b\[\d+m", shown)


def test_bytes_that_a_terminal_would_obey_are_made_visible(terminal):
    shown = terminal("-t", "127.0.0.1", "--", r"printf 'a\033]0;title\007b\rc\233d\377e\n'",
                     env={"NO_COLOR": "1"})
    assert b"127.0.0.1: a^[]0;title^Gb^Mc<9B>d<FF>e\r\n" in shown


def test_the_same_bytes_are_left_alone_in_a_pipe(muster):
    result = muster.run("127.0.0.1", r"printf 'a\033]0;title\007b\rc\233d\377e\n'")
    assert result.out == b"127.0.0.1: a\x1b]0;title\x07b\rc\x9bd\xffe\n"


def test_progress_is_shown_and_taken_away(terminal):
    shown = terminal("-t", "127.0.0.[1-3]", "--", "sleep 1; echo hi")
    assert PROGRESS.search(shown)
    # What stays on the screen: each line after its last return to the left edge.
    assert shown.count(b"hi\r\n") == 3
    after = shown[shown.rindex(b"hi\r\n"):]
    assert b"3 hosts: 3 succeeded" in after


def test_progress_names_who_is_waited_for(terminal):
    shown = terminal("-t", "127.0.0.[1-3]", "--", "set -- $SSH_CONNECTION; test $3 != 127.0.0.2 || sleep 5")
    assert b"2/3 done, 1 running, 3 s: waiting for 127.0.0.2" in shown
    assert b"2/3 done, 1 running, 4 s" in shown  # without any event
    assert re.search(rb"muster: this is run [0-9a-z]{13}\r\n", shown)


def test_a_warm_runs_hosts_are_running(terminal):
    terminal("-t", "127.0.0.[1-3]", "--", "true")
    assert b"0/3 done, 3 running, 1 s" in terminal("-t", "127.0.0.[1-3]", "--", "sleep 2")


@pytest.mark.parametrize("columns", [20, 40, 200])
def test_progress_fits_the_terminal(terminal, columns):
    shown = terminal("-t", "127.0.0.[1-3],127.0.0.[11,23,35,47,59]", "--", "sleep 4", columns=columns)
    lines = re.findall(rb"\r\x1b\[K(\d/8 done[^\r\n]*)", shown)
    assert lines and max(len(line) for line in lines) < columns
    whole = b"waiting for 127.0.0.[1-3,11,23,35,47,59]"
    assert (whole in shown) == (columns == 200)


def test_a_dumb_terminal_gets_no_escapes(terminal):
    shown = terminal("-t", "127.0.0.[1-3]", "--progress", "1s", "--", "sleep 2; echo hi",
                     env={"TERM": "dumb"})
    assert b"\x1b" not in shown and b"muster: 0/3 done, 3 running, 1 s\r\n" in shown
    shown = terminal("-t", "127.0.0.[1-3]", "--", "sleep 1; echo hi", env={"TERM": "dumb"})
    assert b"\x1b" not in shown and b"done," not in shown


def test_a_pipeline_gets_a_line_now_and_then(muster):
    err = muster.run("127.0.0.[1-3]", "sleep 2.5", options=["--progress", "1s"]).err
    assert "muster: 0/3 done, 3 running, 1 s\nmuster: 0/3 done, 3 running, 2 s\n" in err
    assert "done," not in muster.run("127.0.0.1", "sleep 1.5", options=["--progress", "never"]).err
    assert "done," not in muster.run("127.0.0.1", "sleep 1.5", options=["-q", "--progress", "1s"]).err
    assert muster.run("127.0.0.1", "true", options=["--progress", "soon"]).code == 2


def test_a_wait_for_a_lock_is_told(muster):
    first = muster.start("run", *muster.login, "-t", "127.0.0.9", "--lock", "shop", "--",
                         "echo begun; sleep 5")
    assert first.stdout.readline().endswith(b"begun\n")
    err = muster.run("127.0.0.9", "true", options=["--lock", "shop", "--progress", "1s"]).err
    first.communicate(timeout=SECONDS)
    assert "0/1 done, 0 running, 3 s: 1 queued for the lock shop" in err


@pytest.mark.parametrize("when,coloured", [("always", True), ("never", False), ("auto", False)])
def test_colours_in_a_pipe(muster, when, coloured):
    out = muster.run("127.0.0.1", "echo hi", options=["--color", when]).out
    assert (b"\x1b[" in out) == coloured


def test_there_is_no_progress_in_a_pipe_or_when_quiet(terminal, muster):
    assert b"done," not in terminal("-q", "-t", "127.0.0.[1-3]", "--", "sleep 1")
    assert "done," not in muster.run("127.0.0.[1-3]", "sleep 1").err


def test_the_summary_names_each_host_that_did_not_succeed(muster):
    result = muster.run("127.0.0.[1-3],127.0.0.5:1", 'set -- $SSH_CONNECTION; test $3 != 127.0.0.2')
    assert result.code == 3
    assert "4 hosts: 2 succeeded, 2 did not" in result.err
    assert "127.0.0.2: exited with code 1" in result.err
    assert "127.0.0.5" in result.err and "refused" in result.err


@pytest.mark.parametrize("command", [[], ["run"], ["watch"], ["show"], ["runs"], ["cancel"],
                                     ["targets"]])
def test_help_is_there_for_each(muster, command):
    result = muster(*command, "--help")
    assert result.code == 0
    assert "Usage: muster" in result.text and len(result.text) > 200


def test_help_documents_the_exit_codes(muster):
    text = muster("--help").text
    for code in ("0", "1", "2", "3", "4", "5", "130"):
        assert re.search(rf"\b{code} [a-z]", text)


@pytest.mark.parametrize("args", [["run"], ["run", "-t", "a"], ["nonsense"], ["run", "-t", "a", "-p",
                                  "99999", "--", "true"], ["run", "-t", "a", "--connect-timeout",
                                  "soon", "--", "true"], []])
def test_wrong_use_is_two(muster, args):
    result = muster(*args)
    assert (result.code, result.out) == (2, b"")
    assert result.err


def shell_line(muster, targets, *options):
    return [MUSTER, "shell", "-F", "none", *muster.login, "-t", targets, *options]


def test_the_shell_at_a_terminal(muster, tmp_path):
    env = {**muster.env, "TERM": "xterm", "XDG_STATE_HOME": str(tmp_path), "NO_COLOR": "1"}
    shell = Terminal(shell_line(muster, "127.0.0.[1-3],127.0.0.5:1"), env)
    shell.expect("muster 4 hosts> ")
    shell.type("echo hi\r")
    seen = shell.expect("muster 4 hosts, 1 failed> ")
    assert "== 127.0.0.[1-3] (3 hosts): succeeded ==\r\nhi\r\n" in seen
    assert "\r\n  127.0.0.5: unreachable (connection refused)\r\n" in seen
    shell.type(":hosts\r")
    assert "succeeded: 127.0.0.[1-3] (3 hosts)\r\n" in shell.expect("1 failed> ")
    shell.type(":drop fai\t\r")
    assert "3 hosts: 127.0.0.[1-3]\r\n" in shell.expect("muster 3 hosts> ")
    shell.type("sleep 100\r")
    shell.expect("3 running")
    shell.type("\x03")
    assert "127.0.0.[1-3] (3): canceled" in shell.expect("muster 3 hosts, 3 failed> ")
    shell.type("cd /tmp\r")
    assert "does not last" in shell.expect("failed> ")
    shell.type("half a line\x03")
    assert "^C\r\n" in shell.expect("failed> ")
    shell.type(" unkept() { true; }\r")
    shell.expect("muster 3 hosts> ")
    shell.type("\x12echo\r")  # the line before is found again
    assert "== 127.0.0.[1-3] (3 hosts): succeeded ==\r\nhi\r\n" in shell.expect("muster 3 hosts> ")
    shell.type("\x04")
    assert shell.close()[1] == 0
    history = tmp_path / "muster" / "shell_history"
    assert history.read_text().splitlines() == ["echo hi", ":hosts", ":drop failed", "sleep 100",
                                                "cd /tmp", "echo hi"]
    assert history.stat().st_mode & 0o777 == 0o600


def test_the_shell_without_a_terminal(muster, tmp_path):
    lines = tmp_path / "lines"
    lines.write_bytes(b"# a note\necho one\n:only 127.0.0.1\n\ncat; echo two; exit 3")
    with open(lines, "rb") as file:
        result = muster(*shell_line(muster, "127.0.0.[1-2]", "-q")[1:], stdin=file)
    assert result.text == ("== 127.0.0.[1-2] (2 hosts): succeeded ==\none\n"
                           "1 host: 127.0.0.1\n"
                           "== 127.0.0.1 (1 host): exited with code 3 ==\ntwo\n")
    assert (result.code, result.err) == (1, "")
    lines.write_bytes(b"true\ntrue\n")
    with open(lines, "rb") as file:
        result = muster(*shell_line(muster, "127.0.0.1", "--host-key-policy", "off")[1:], stdin=file)
    assert result.text.count("succeeded") == 2 and result.err.count("warning: ") == 1
    lines.write_bytes(b"echo " + b"x" * 200000 + b" ; echo tail\necho next\n")
    with open(lines, "rb") as file:
        result = muster(*shell_line(muster, "127.0.0.1", "-q")[1:], stdin=file)
    assert (result.code, result.text) == (2, "")
    assert "more than 131071 bytes, and was not run" in result.err
    for refused in (b":only failed", b":drop 127.0.0.1", b":only x[", b"cd /tmp"):
        lines.write_bytes(b"true\n" + refused + b"\necho never\n")
        with open(lines, "rb") as file:
            result = muster(*shell_line(muster, "127.0.0.1", "-q")[1:], stdin=file)
        assert result.code != 0 and "never" not in result.text and result.err, refused
    lines.write_bytes(b"exit 3\n:quit\necho never\n")
    with open(lines, "rb") as file:
        result = muster(*shell_line(muster, "127.0.0.1", "--sort", "-S")[1:], stdin=file)
    assert (result.code, result.text) == (3, "")
    assert muster(*shell_line(muster, "-")[1:]).code == 2
    assert "no groups are known" in muster(*shell_line(muster, "@none")[1:]).err


def test_a_signal_ends_a_shell_that_nobody_types_into(muster):
    shell = muster.start(*shell_line(muster, "127.0.0.1", "--fold=false")[1:], stdin=subprocess.PIPE)
    shell.stdin.write(b"echo begun; sleep 100\necho never\n")
    shell.stdin.flush()
    assert shell.stdout.readline() == b"127.0.0.1: begun\n"
    shell.send_signal(signal.SIGINT)
    out, err = shell.communicate(timeout=SECONDS)
    assert (shell.returncode, out) == (130, b"") and b"canceled" in err
    shell = muster.start(*shell_line(muster, "127.0.0.1", "--fold=false")[1:], stdin=subprocess.PIPE)
    shell.stdin.write(b"echo begun\n")
    shell.stdin.flush()
    assert shell.stdout.readline() == b"127.0.0.1: begun\n"
    shell.send_signal(signal.SIGTERM)  # while it waits for a line
    assert shell.wait(SECONDS) == 143
