"""Processes of ProxyCommands: what they are told to the user, and that none is left."""

import os
import signal
import time

import pytest

from fleet import write
from programs import Daemon, Muster, wait_until
from relay import RELAY


def children(pid):
    """Processes that a process has started and not reaped, zombies too."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="latin-1") as stat:
                if int(stat.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(name))
        except OSError:
            pass  # it has just gone
    return found


def is_there(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(name="config")
def config_fixture(fleet, tmp_path):
    """A file in which web* have a ProxyCommand."""
    def make(command):
        path = str(tmp_path / "config")
        write(path, f"Host web*\n HostName 127.0.30.1\n ProxyCommand {command}\n"
                    f"Host *\n User {fleet.user}\n Port {fleet.servers[0].port}\n"
                    f" IdentityFile {fleet.key}\n UserKnownHostsFile {fleet.known_hosts}\n")
        return path
    return make


def test_a_warm_session_keeps_its_process_and_no_longer(config):
    path = config(f"{RELAY} %h %p")
    with Daemon(args=["--session-idle", "2s"]) as daemon:
        muster = Muster(daemon)
        for warm in (False, True):
            code, ends = muster.outcomes("web1", "true", options=["-F", path])
            assert (code, ends["web1"].get("warmSession", False)) == (0, warm)
            assert len(children(daemon.process.pid)) == 1
        wait_until(lambda: not children(daemon.process.pid))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_none_is_left_when_the_daemon_ends(config, number):
    path = config(f"{RELAY} %h %p")
    daemon = Daemon()
    assert Muster(daemon).run("web[1-3]", "true", options=["-F", path]).code == 0
    processes = children(daemon.process.pid)
    assert len(processes) == 3
    daemon.stop(number)
    if number == signal.SIGTERM:
        assert not any(map(is_there, processes))
    wait_until(lambda: not any(map(is_there, processes)))


def test_why_it_fails_is_told(daemon, config):
    muster = Muster(daemon)
    code, ends = muster.outcomes("web1", "true", options=["-F", config(f"{RELAY} %h 1")])
    assert (code, ends["web1"]["state"], ends["web1"]["cause"]) == (
        3, "HOST_STATE_UNREACHABLE", "CAUSE_RESET")
    assert ("by way of ProxyCommand: ProxyCommand ended with status 1, saying \"relay: "
            "Connection refused\"") in ends["web1"]["message"]
    code, ends = muster.outcomes("web1", "true", options=["-F", config("no-such-program %h")])
    assert "ended with status 127, saying" in ends["web1"]["message"]
    assert "no-such-program" in ends["web1"]["message"]
    wait_until(lambda: not children(daemon.process.pid))


def test_one_that_hangs_ends_with_the_connect_timeout(daemon, config):
    path = config("sh -c 'echo waiting >&2; exec sleep 1000'")
    code, ends = Muster(daemon).outcomes("web1", "true",
                                         options=["-F", path, "--connect-timeout", "1s"])
    assert (code, ends["web1"]["state"]) == (3, "HOST_STATE_CONNECT_TIMEOUT")
    assert "ProxyCommand has said \"waiting\"" in ends["web1"]["message"]
    wait_until(lambda: not children(daemon.process.pid))


def test_one_that_hangs_ends_when_the_run_is_canceled(daemon, config):
    path = config("sleep 1000")
    muster = Muster(daemon)
    run = muster.start("run", "-F", path, "-t", "web[1-3]", "--connect-timeout", "10m", "true")
    wait_until(lambda: len(children(daemon.process.pid)) == 3)
    started = time.monotonic()
    run.send_signal(signal.SIGINT)
    run.communicate()
    wait_until(lambda: not children(daemon.process.pid))
    assert time.monotonic() - started < 60


def test_sixty_hosts_at_once(daemon, config):
    code, ends = Muster(daemon).outcomes("web[1-60]", "echo hi",
                                         options=["-F", config(f"{RELAY} 127.0.31.%p %p")])
    assert code == 3  # 127.0.31.PORT is no address
    assert {end["state"] for end in ends.values()} == {"HOST_STATE_UNREACHABLE"}
    code, ends = Muster(daemon).outcomes("web[1-60]", "echo hi",
                                         options=["-F", config(f"{RELAY} 127.0.31.1 %p # %n")])
    assert (code, len(ends)) == (0, 60), ends
