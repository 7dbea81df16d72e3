"""Hosts that are reached by way of others: ssh -J."""

import contextlib
import os
import signal
import subprocess
import time

import pytest

from fleet import Fleet, read
from programs import Daemon, Muster, SECONDS, wait_until

TARGETS = "127.0.9.[10-29]"
HOSTS = [f"127.0.9.{i}" for i in range(10, 30)]


def children(pids):
    found = subprocess.run(["pgrep", "-P", ",".join(str(pid) for pid in pids)],
                           capture_output=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


class Gate:
    """A server to jump from, which writes down whom it lets in."""

    def __init__(self, fleet, address, config=(), trusted=True):
        self.server = fleet.start(address, config=[*config, "LogLevel VERBOSE"], trusted=trusted)
        self.name = f"{address}:{self.server.port}"

    def logins(self):
        return read(self.server.log).count("Accepted publickey")

    def lose(self):
        """Kills the processes that serve somebody: a session has two."""
        serving = children([self.server.process.pid])
        assert serving
        for pid in children(serving) + serving:
            with contextlib.suppress(ProcessLookupError):  # the one may end with the other
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module", name="inside")
def inside_fixture():
    """The hosts behind the gates."""
    with Fleet() as fleet:
        fleet.start()
        yield fleet


@pytest.fixture(scope="module", name="gate")
def gate_fixture(inside):
    return Gate(inside, "127.0.8.1")


@pytest.fixture(name="muster")
def muster_fixture(daemon, inside):
    return Muster(daemon, inside)


@pytest.fixture(name="through")
def through_fixture(muster):
    """Runs by way of gates; the exit code and the outcomes."""
    def run(gates, targets, *command, options=()):
        return muster.outcomes(targets, *command, options=["-J", gates, *options])
    return run


def test_one_connection_carries_many_hosts(muster, inside):
    gate = Gate(inside, "127.0.8.2")
    text = "".join(f"{i:07d} one of the lines\n" for i in range(1200))
    path = os.path.join(inside.folder, "text")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, 0o644)
    result = muster.run(TARGETS, f"cat {path}", options=["-J", gate.name, "--fold"])
    assert result.code == 0, result.err
    assert f"{TARGETS} (20 hosts)" in result.text
    assert text in result.text
    assert 1 <= gate.logins() <= os.cpu_count()  # one for each of the daemon's threads


def test_much_output_comes_through_whole(muster, gate):
    result = muster.run("127.0.9.10", "seq 1 2500000", options=["-J", gate.name])
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert len(lines) == 2500000
    assert lines[0].endswith(b" 1") and lines[-1].endswith(b" 2500000")
    assert all(line.endswith(b" %d" % number) for number, line in enumerate(lines, 1))


def test_keys_that_are_exchanged_anew_lose_nothing(muster, inside):
    gate = Gate(inside, "127.0.8.11", config=["RekeyLimit 64K"])
    for _ in range(3):
        result = muster.run(TARGETS, "seq 100000 250000", options=["-J", gate.name, "--fold"])
        assert result.code == 0, result.err
        assert f"{TARGETS} (20 hosts): succeeded" in result.text
        assert result.text.count("\n") > 150001
        assert "\n100000\n" in result.text and "\n250000\n" in result.text


def test_one_gate_behind_another(through, inside, gate):
    second = Gate(inside, "127.0.8.3")
    before = gate.logins()
    code, ends = through(f"{gate.name},{inside.user}@{second.name}", "127.0.9.[10-13]", "true")
    assert code == 0, ends
    assert len(ends) == 4
    assert second.logins() >= 1
    assert gate.logins() >= before


def test_a_warm_session_is_found_by_the_same_way_only(through, muster, gate):
    through(gate.name, "127.0.9.40", "true")
    _, ends = through(gate.name, "127.0.9.40", "true")
    assert ends["127.0.9.40"]["warmSession"]
    _, ends = muster.outcomes("127.0.9.40", "true")
    assert not ends["127.0.9.40"]["warmSession"]


def test_a_gate_that_may_not_forward_is_named_and_not_tried_again(through, inside):
    gate = Gate(inside, "127.0.8.4", config=["AllowTcpForwarding no"])
    code, ends = through(gate.name, TARGETS, "true", options=["--retries", "3"])
    assert code == 3
    for host in HOSTS:
        assert ends[host]["state"] == "HOST_STATE_UNREACHABLE"
        assert ends[host]["cause"] == "CAUSE_FORWARDING_REFUSED"
        assert gate.name in ends[host]["message"]
        assert "AllowTcpForwarding" in ends[host]["message"]
        assert ends[host]["attempts"] == 1


def test_nobody_listens_behind_the_gate(through, gate):
    code, ends = through(gate.name, "127.0.9.[10-29]:1", "true")
    assert code == 3
    assert len(ends) == 20
    for end in ends.values():
        assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_REFUSED"), end


def test_a_name_that_the_gate_does_not_know(through, gate):
    code, ends = through(gate.name, "no-such-host.invalid", "true")
    assert code == 3
    assert ends["no-such-host.invalid"]["cause"] == "CAUSE_DNS", ends


def test_a_gate_whose_key_is_not_known(through, inside):
    gate = Gate(inside, "127.0.8.5", trusted=False)
    code, ends = through(gate.name, TARGETS, "true")
    assert code == 3
    for end in ends.values():
        assert end["state"] == "HOST_STATE_HOST_KEY_REJECTED"
        assert "jump host" in end["message"] and "SHA256:" in end["message"]


def test_a_gate_that_lets_nobody_in_is_asked_once(through, inside):
    gate = Gate(inside, "127.0.8.6", config=["AllowUsers somebody-else"])
    code, ends = through(gate.name, TARGETS, "true", options=["--retries", "3"])
    assert code == 3
    assert {end["state"] for end in ends.values()} == {"HOST_STATE_AUTHENTICATION_FAILED"}
    assert read(gate.server.log).count("not allowed because") <= os.cpu_count()


def test_a_gate_that_is_lost_during_the_login_refuses_nobody(muster, inside):
    """The host behind it takes its time to look for the key."""
    gate = Gate(inside, "127.0.8.12")
    host = inside.start("127.0.8.13", config=[
        "AuthorizedKeysFile none", "AuthorizedKeysCommand /usr/bin/sleep 20",
        f"AuthorizedKeysCommandUser {inside.user}"])
    process = muster.start("run", *muster.login, "--json", "-t", f"127.0.8.13:{host.port}", "-J",
                           gate.name, "--connect-timeout", "60s", "--", "true")
    for line in process.stdout:
        if b"HOST_STATE_AUTHENTICATING" in line:
            break
    gate.lose()
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 3
    assert b"HOST_STATE_UNREACHABLE" in out and b"the jump host was lost" in out, out


def test_a_gate_that_is_not_there(through):
    code, ends = through("127.0.8.7:1", TARGETS, "true")
    assert code == 3
    for end in ends.values():
        assert (end["state"], end["cause"]) == ("HOST_STATE_UNREACHABLE", "CAUSE_REFUSED")
        assert "jump host" in end["message"]


def test_a_gate_that_is_lost_leaves_the_truth_unknown(muster, inside):
    gate = Gate(inside, "127.0.8.8")
    process = muster.start("run", *muster.login, "-t", "127.0.9.[10-13]", "-J", gate.name, "--",
                           "echo begun; sleep 60")
    for _ in range(4):
        assert process.stdout.readline().endswith(b": begun\n")
    gate.lose()
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 5
    assert b"UNKNOWN" in err


def test_the_next_run_makes_a_new_connection_to_a_gate_that_was_lost(through, inside):
    gate = Gate(inside, "127.0.8.9")
    assert through(gate.name, "127.0.9.[10-13]", "true")[0] == 0
    gate.lose()
    code, ends = through(gate.name, "127.0.9.[10-13]", "true")
    assert code == 0, ends


def test_cancel_reaches_the_command(muster, gate):
    marker = f"{100000 + os.getpid()}.{time.monotonic_ns() % 1000000}"

    def running():
        return subprocess.run(["pgrep", "-xf", f"sleep {marker}"], capture_output=True,
                              check=False).stdout.split()

    process = muster.start("run", *muster.login, "-t", "127.0.9.[10-13]", "-J", gate.name, "--",
                           f"echo begun; exec sleep {marker}")
    for _ in range(4):
        assert process.stdout.readline().endswith(b": begun\n")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    wait_until(lambda: not running())


def test_more_hosts_than_one_connection_carries(inside):
    gate = Gate(inside, "127.0.8.10", config=["MaxSessions 1"])
    with Daemon(args=["--threads", "1"]) as daemon:
        code, ends = Muster(daemon, inside).outcomes("127.0.10.[1-150],127.0.11.[1-150]", "true",
                                                     options=["-J", gate.name, "-f", "300"])
        assert code == 0
        assert len(ends) == 300
        assert 2 <= gate.logins() <= 3


@pytest.mark.parametrize("gates", ["", "a b", "gate:0", "gate:x", "@gate", ",".join(["g"] * 9)])
def test_what_is_no_jump_host_is_refused(muster, gates):
    result = muster.run("127.0.9.10", "true", options=["-J", gates])
    assert result.code == 2, result.err
    assert "jump" in result.err
