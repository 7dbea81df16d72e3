"""Commands that have a terminal, and variables that are asked for."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time

import pytest

from programs import MUSTER, SECONDS, wait_until
from fleet import write
from terminal import read_to_the_end

HOST = "127.0.0.1"


def tty(muster, command, *options, **more):
    return muster("run", "-F", "none", *muster.login, "-t", HOST, "--tty", *options, "--", command,
                  **more)


def test_a_command_has_a_terminal_only_where_one_is_asked_for(muster):
    assert tty(muster, "tty; echo oops >&2").text.splitlines()[1:] == [f"{HOST}: oops"]
    assert "/dev/pts/" in tty(muster, "tty").text
    assert f"{HOST}: not a tty" in muster.run(HOST, "tty").text


def test_lines_are_as_the_terminal_ends_them(muster):
    assert tty(muster, "echo hi").out == f"{HOST}: hi\r\n".encode()


def test_exit_codes_come_through(muster):
    assert tty(muster, "exit 7", "-S").code == 7


def test_its_type_and_size_are_ours(muster):
    muster.env["TERM"] = "vt220"
    result = tty(muster, "echo $TERM; stty size")
    assert [line.split(": ")[1] for line in result.text.splitlines()] == ["vt220", "24 80"]


@pytest.mark.parametrize("command", ["cat", "read a; read b; echo ends", "python3 -c 'input()'",
                                     # As passwd asks: what was typed before is thrown away.
                                     "python3 -c 'import getpass; getpass.getpass()'"])
def test_without_input_what_reads_comes_to_an_end(muster, command):
    result = tty(muster, command, "--command-timeout", "20s")
    assert "timed out" not in result.err and "timeout" not in result.err, result.err


def test_what_is_piped_is_typed(muster):
    result = tty(muster, "stty -echo; echo ready; cat", "--command-timeout", "20s",
                 input=b"one\ntwo", stdin=None)
    assert result.code == 0, result.err
    assert result.text.replace("\r", "").endswith(f"{HOST}: one\n{HOST}: two\n")


def test_a_new_size_reaches_the_command(muster):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    script = ("trap 'stty size; exit' WINCH; stty size; echo waits; "
              "while :; do sleep 0.1; done")
    with subprocess.Popen([MUSTER, "run", "-F", "none", *muster.login, "-t", HOST, "--tty",
                           "--no-prefix", "--progress", "never", "--", script],
                          stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                          env={**muster.env, "TERM": "xterm", "NO_COLOR": "1"}) as process:
        os.close(slave)
        shown = b""
        while b"waits" not in shown:
            shown += os.read(master, 1024)
        assert b"24 100" in shown
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 120, 0, 0))
        shown = read_to_the_end(master)
        assert process.wait(SECONDS) == 0
    assert b"33 120" in shown


def test_canceling_ends_what_runs_at_the_terminal(muster):
    before = time.monotonic()
    result = tty(muster, "sleep 60", "--command-timeout", "1s", "--json")
    ends = [event["hostFinished"]["outcome"] for event in result.json() if "hostFinished" in event]
    assert [end["state"] for end in ends] == ["HOST_STATE_COMMAND_TIMEOUT"]
    assert ends[0].get("endConfirmed") is True, ends
    assert time.monotonic() - before < 20


def test_a_server_without_terminals_runs_nothing(muster, fleet, tmp_path):
    server = fleet.start(config=["PermitTTY no"])
    mark = tmp_path / "mark"
    result = tty(muster, f"touch {mark}", "-p", str(server.port))
    assert result.code == 3, result.err
    assert "the server gives no terminal (PermitTTY" in result.err
    assert not mark.exists()


def test_ssh_config_gives_terminals(muster, fleet, tmp_path):
    config = tmp_path / "config"
    write(str(config), f"Host forced\n RequestTTY force\nHost asked\n RequestTTY yes\nHost *\n"
                       f" HostName {HOST}\n HostKeyAlias {HOST}\n Port {fleet.servers[0].port}\n"
                       f" UserKnownHostsFile {tmp_path}/known\n")
    known = re.sub(r"^\S+ ", f"{HOST} ", fleet.servers[0].known_hosts_line("x"))
    write(str(tmp_path / "known"), known)
    login = ["-u", fleet.user, "-i", fleet.key, "-F", str(config)]

    def terminals(*args, **more):
        result = muster("run", *login, "-t", "forced,asked,plain", *args, "--", "test -t 1; echo $?",
                        **more)
        assert result.code == 0, result.err
        lines = sorted(line.strip() for line in result.text.splitlines())
        return [line for line in lines if not line.endswith(": x")]  # what a terminal echoed of the input
    assert terminals() == ["asked: 0", "forced: 0", "plain: 1"]
    assert terminals("--no-tty") == ["asked: 1", "forced: 1", "plain: 1"]
    assert terminals(input=b"x\n", stdin=None) == ["asked: 1", "forced: 0", "plain: 1"]


def test_variables_are_asked_for_and_refusals_told(muster, fleet, tmp_path):
    server = fleet.start(config=["AcceptEnv FLEET_*"])
    options = ["-p", str(server.port), "--request-env", "FLEET_A=a b", "--request-env", "OTHER=x"]
    result = muster.run(HOST, 'echo "[$FLEET_A][$OTHER]"', options=options)
    assert (result.code, result.text) == (0, f"{HOST}: [a b][]\n")
    assert "1 host's server did not take all variables" in result.err
    config = tmp_path / "config"
    write(str(config), "Host *\n SetEnv FLEET_B=b FLEET_A=file\n")
    result = muster.run(HOST, 'echo "[$FLEET_A][$FLEET_B]"',
                        options=["-F", str(config), *options[:4]])
    assert (result.code, result.text) == (0, f"{HOST}: [a b][b]\n")
    assert "did not take" not in result.err


def test_resizing_is_for_runs_with_terminals(muster, daemon, api):
    import grpc
    with grpc.insecure_channel(daemon.address) as channel:
        stub = api.stub(channel)

        def code(**fields):
            try:
                stub.ResizeTerminal(api.messages.ResizeTerminalRequest(**fields))
            except grpc.RpcError as error:
                return error.code().name
            return "OK"
        assert code(run_id="nosuchrun", columns=80, rows=24) == "NOT_FOUND"
        assert code(run_id="nosuchrun", columns=0, rows=24) == "INVALID_ARGUMENT"
        assert code(run_id="nosuchrun", columns=80, rows=10_001) == "INVALID_ARGUMENT"
        for options, expected in (((), "FAILED_PRECONDITION"), (("--tty",), "OK")):
            started = muster("run", "-d", "-F", "none", *muster.login, "-t", HOST, *options, "--",
                             "sleep 30")
            run = started.text.strip()
            assert code(run_id=run, columns=80, rows=24) == expected
            muster("cancel", run)
            wait_until(lambda run=run: code(run_id=run, columns=80, rows=24) == "FAILED_PRECONDITION")
