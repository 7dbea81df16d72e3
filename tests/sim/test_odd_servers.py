"""musterd against servers that are odd or hostile, each of which the simulated fleet plays."""

import os
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from programs import Daemon, Muster, wait_until  # pylint: disable=wrong-import-position
from sim import SimFleet, expected_output  # pylint: disable=wrong-import-position

FLOODS = ["requests", "opens", "globals", "ignores", "unknown", "empty-data"]
RULES = [
    "127.1.0.1 one-command open",
    "127.1.0.2 one-command exec",
    "127.1.0.3 mute-exec",
    "127.1.0.4 lost-window",
    "127.1.0.5 reset close",
    "127.1.0.6 late-exec",
    *[f"127.1.1.{i} flood {flood}" for i, flood in enumerate(FLOODS, 1)],
    *[f"127.1.2.{i} idle-flood {flood}" for i, flood in enumerate(FLOODS, 1)],
]
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module", name="sim")
def sim_fixture():
    with SimFleet(hosts=10, rules=RULES) as sim:
        yield sim
        assert sim.process.poll() is None


@pytest.fixture(name="daemon")
def daemon_fixture():
    with Daemon() as daemon:
        yield daemon
        assert daemon.process.poll() is None


@pytest.fixture(name="outcome")
def outcome_fixture(sim, daemon):
    muster = Muster(daemon, sim)

    def outcome(host, command, *options):
        return muster.outcomes(host, command, options=options)[1][host]

    return outcome


def in_time(call, seconds):
    begin = time.monotonic()
    result = call()
    assert time.monotonic() - begin < seconds
    return result


@pytest.mark.parametrize("host", ["127.1.0.1", "127.1.0.2"])
def test_a_server_that_takes_one_command_a_session(sim, outcome, host):
    """Nothing was started: a new session takes it, in one attempt. The third does not ask first."""
    assert outcome(host, "true")["state"] == "HOST_STATE_SUCCEEDED"
    connections = sim.stats()["connections"]
    for _ in range(2):
        end = outcome(host, "exit 7")
        assert (end["state"], end["exitCode"]) == ("HOST_STATE_EXITED_NONZERO", 7)
        assert (end["attempts"], end["warmSession"]) == (1, False)
    stats = sim.stats()
    assert stats["connections"] == connections + 2


def test_output_is_an_answer_to_the_request(outcome):
    """As is an end, of which nothing else was said."""
    for command, state in (("echo hello; exit 3", "EXITED_NONZERO"), ("true", "SUCCEEDED"),
                           ("signal TERM", "SIGNALED"), ("close", "OUTCOME_UNKNOWN")):
        end = in_time(lambda command=command: outcome("127.1.0.3", command), 8)
        assert end["state"] == f"HOST_STATE_{state}", end


def test_a_command_whose_start_was_not_confirmed_can_be_stopped(outcome):
    end = outcome("127.1.0.3", "echo started; hang", "--command-timeout", "1s")
    assert end["state"] == "HOST_STATE_COMMAND_TIMEOUT"


def test_a_late_answer_is_not_eaten_by_the_signal(outcome):
    """libssh sends no request while another's answer is missing: the signal waits for it."""
    end = outcome("127.1.0.6", "echo started; hang", "--command-timeout", "200ms")
    # It knows no line that looks for processes: the end of the channel is all that is told.
    assert (end["state"], end.get("endConfirmed", False)) == ("HOST_STATE_COMMAND_TIMEOUT", False)
    assert "signal TERM" in end["message"] or end["signal"] == "TERM"
    assert outcome("127.1.0.6", "echo hello; exit 3")["exitCode"] == 3


def test_a_window_that_is_not_widened_is_asked_for_again(sim, daemon):
    size = 3_000_000
    result = in_time(lambda: Muster(daemon, sim).run("127.1.0.4", f"out {size}"), 30)
    assert result.code == 0, result.err
    text = b"".join(line.partition(b": ")[2] for line in result.out.splitlines(True))
    assert text == expected_output("127.1.0.4", size)


def test_a_status_before_the_connection_broke_is_told(outcome):
    end = outcome("127.1.0.5", "exit 3")
    assert end["state"] == "HOST_STATE_OUTCOME_UNKNOWN"
    assert "ended with exit code 3" in end["message"]


def test_exit_codes_beyond_an_int_are_told_as_they_are(sim, daemon):
    muster = Muster(daemon, sim)
    code, ends = muster.outcomes("127.1.0.9", "status 4294967295")
    end = ends["127.1.0.9"]
    assert (code, end["state"]) == (1, "HOST_STATE_EXITED_NONZERO")
    assert (end["exitCode"], end["exitStatus"]) == (2147483647, 4294967295)
    assert "exit code 4294967295 (0xffffffff, -1)" in end["message"]
    assert "exited with code 4294967295" in muster.run("127.1.0.9", "status 4294967295").err


@pytest.mark.parametrize("number", range(1, len(FLOODS) + 1), ids=FLOODS)
def test_a_server_that_floods_a_command_is_given_up(daemon, outcome, number):
    before = daemon.memory()
    end = in_time(lambda: outcome(f"127.1.1.{number}", "hang", "--command-timeout", "60s"), 30)
    assert end["state"] == "HOST_STATE_OUTCOME_UNKNOWN"
    assert "far more than belongs to any output" in end["message"]
    assert daemon.memory() - before < 24 * MEBIBYTE


@pytest.mark.parametrize("number", range(1, len(FLOODS) + 1), ids=FLOODS)
def test_a_server_that_floods_an_unused_session_loses_it(sim, daemon, outcome, number):
    before, connections = daemon.memory(), sim.stats()["connections"]
    assert outcome(f"127.1.2.{number}", "true")["state"] == "HOST_STATE_SUCCEEDED"
    wait_until(lambda: not established(sim.port, f"127.1.2.{number}"))
    assert daemon.memory() - before < 24 * MEBIBYTE
    assert sim.stats()["connections"] == connections + 1


def established(port, address):
    """Whether somebody is connected to that host."""
    number = "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
    with open("/proc/net/tcp", encoding="ascii") as rows:
        return any(row.split()[2] == f"{number}:{port:04X}" and row.split()[3] == "01"
                   for row in rows.readlines()[1:])
