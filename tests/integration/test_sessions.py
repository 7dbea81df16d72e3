"""Sessions that stay open, sessions that go bad, and servers that have too many."""

import json
import os
import pathlib
import threading
import time

import pytest

from fleet import Fleet, free_port, make_key, read
from peers import Proxy
from programs import Daemon, Muster, SECONDS, wait_until

HOSTS = "127.0.7.[1-20]"


def connections(server):
    """Established ones of the server's port, by their local ends."""
    rows = [line.split() for line in read("/proc/net/tcp").splitlines()[1:]]
    port = f":{server.port:04X}"
    return {row[2] for row in rows if row[1].endswith(port) and row[3] == "01"}


@pytest.fixture(name="mark")
def mark_fixture(fleet, request):
    """A file that the hosts' user may write to."""
    path = pathlib.Path(fleet.folder) / request.node.name
    path.touch()
    path.chmod(0o666)
    return path


@pytest.fixture(name="proxied")
def proxied_fixture(fleet, tmp_path):
    """A host behind a proxy, its key known."""
    with Proxy(fleet.servers[0].port) as proxy, Daemon() as daemon:
        muster = Muster(daemon, fleet)
        known_hosts = tmp_path / "known_hosts"
        options = ["--known-hosts", str(known_hosts), "--host-key-policy", "accept-new"]
        target = f"127.0.0.1:{proxy.port}"
        yield proxy, lambda *args, **more: outcome_of(muster, target, *args,
                                                      options=[*options, *more.get("options", [])])


def outcome_of(muster, target, *args, options=()):
    _, outcomes = muster.outcomes(target, *args, options=options)
    (outcome,) = outcomes.values()
    return outcome


def test_the_second_command_takes_the_sessions_of_the_first(fleet):
    with Daemon() as daemon:
        muster = Muster(daemon, fleet)
        code, cold = muster.outcomes(HOSTS, "true")
        assert code == 0
        before = connections(fleet.servers[0])
        assert all(not one["warmSession"] and one["attempts"] == 1 for one in cold.values())
        code, warm = muster.outcomes(HOSTS, "echo hello; exit 3")
        assert code == 1
        assert all(one["warmSession"] and one["attempts"] == 0 for one in warm.values())
        assert connections(fleet.servers[0]) >= before


def test_timings_rise_with_the_steps(muster):
    outcome = outcome_of(muster, "127.0.7.30", "echo hello")
    steps = ["connectedUs", "handshakeUs", "authenticatedUs", "channelOpenUs", "startedUs",
             "firstOutputUs", "lastOutputUs", "closedUs"]
    times = [int(outcome["timings"][step]) for step in steps]
    assert times == sorted(times)
    assert times[0] > 0


def test_a_session_carries_many_commands_each_with_its_own_outcome(muster):
    for code in range(5):
        outcome = outcome_of(muster, "127.0.7.31", f"echo {code}; exit {code}")
        assert outcome["exitCode"] == code
        assert outcome["warmSession"] == (code > 0)


def test_sessions_are_not_kept_where_none_are_wanted(fleet):
    with Daemon(args=["--session-idle", "0"]) as daemon:
        muster = Muster(daemon, fleet)
        for _ in range(2):
            assert not outcome_of(muster, "127.0.7.32", "true")["warmSession"]


def test_a_session_is_not_used_past_its_age(fleet):
    with Daemon(args=["--session-max-age", "3s", "--session-idle", "1h"]) as daemon:
        muster = Muster(daemon, fleet)
        begin = time.monotonic()
        assert not outcome_of(muster, "127.0.7.35", "true")["warmSession"]
        wait_until(lambda: not outcome_of(muster, "127.0.7.35", "true")["warmSession"])
        assert time.monotonic() - begin >= 3


def test_who_does_not_trust_the_host_gets_no_warm_session(muster, tmp_path):
    assert outcome_of(muster, "127.0.7.33", "true")["state"] == "HOST_STATE_SUCCEEDED"
    empty = tmp_path / "known_hosts"
    empty.touch()
    outcome = outcome_of(muster, "127.0.7.33", "true", options=["--known-hosts", str(empty)])
    assert outcome["cause"] == "CAUSE_HOST_KEY_UNKNOWN"


def test_who_has_another_key_gets_no_warm_session(muster, fleet, tmp_path):
    assert outcome_of(muster, "127.0.7.34", "true")["state"] == "HOST_STATE_SUCCEEDED"
    other = make_key(str(tmp_path / "other"))
    result = muster("run", "-u", fleet.user, "-p", str(fleet.servers[0].port), "--known-hosts",
                    fleet.known_hosts, "-i", other, "-t", "127.0.7.34", "--", "true")
    assert result.code == 3


def test_a_session_that_was_cut_is_replaced_unnoticed(proxied):
    proxy, run = proxied
    assert run("true")["state"] == "HOST_STATE_SUCCEEDED"
    proxy.cut()
    outcome = run("true")
    assert outcome["state"] == "HOST_STATE_SUCCEEDED"
    assert not outcome["warmSession"]
    assert proxy.count == 2


def test_a_session_that_hangs_is_replaced_before_the_command_is_started(proxied, mark):
    proxy, run = proxied
    assert run("true")["state"] == "HOST_STATE_SUCCEEDED"
    proxy.freeze()
    outcome = run(f"echo x >> {mark}", options=["--connect-timeout", "4s"])
    assert outcome["state"] == "HOST_STATE_SUCCEEDED"
    assert not outcome["warmSession"]
    assert mark.read_text() == "x\n"


def test_a_session_that_breaks_under_a_command_is_unknown_and_not_tried_again(proxied, mark):
    proxy, run = proxied
    assert run("true")["state"] == "HOST_STATE_SUCCEEDED"

    def cut_when_it_runs():
        deadline = time.monotonic() + SECONDS
        while not mark.read_text() and time.monotonic() < deadline:
            time.sleep(0.02)
        proxy.cut()

    cutter = threading.Thread(target=cut_when_it_runs)
    cutter.start()
    outcome = run(f"echo x >> {mark}; sleep 30", options=["--retries", "5"])
    cutter.join()
    assert outcome["state"] == "HOST_STATE_OUTCOME_UNKNOWN"
    assert mark.read_text() == "x\n"


def test_more_hosts_than_sessions_wait_for_their_turn(fleet):
    with Daemon(args=["--max-sessions", "4"]) as daemon:
        code, outcomes = Muster(daemon, fleet).outcomes(HOSTS, "echo hello")
        assert code == 0
        assert len(outcomes) == 20
        assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < 100


def test_one_host_and_many_callers_share_few_sessions(fleet):
    """More commands at a time than one host may have sessions: the others wait for one."""
    with Daemon(args=["--threads", "1"]) as daemon:
        muster = Muster(daemon, fleet)
        processes = [muster.start("run", *muster.login, "--json", "-t", "127.0.7.40", "--",
                                  "sleep 0.3; echo done") for _ in range(12)]
        outputs = [process.communicate(timeout=SECONDS)[0] for process in processes]
        assert all(process.returncode == 0 for process in processes)
        ends = [json.loads(line)["hostFinished"]["outcome"] for output in outputs
                for line in output.splitlines() if b'"hostFinished"' in line]
        assert sum(not end["warmSession"] for end in ends) <= 4


def test_hosts_that_a_server_turns_away_are_tried_again():
    with Fleet() as fleet, Daemon() as daemon:
        fleet.start(config=["MaxStartups 3:100:3"])
        code, outcomes = Muster(daemon, fleet).outcomes("127.0.8.[1-12]", "true")
        assert code == 0, outcomes
        assert max(one["attempts"] for one in outcomes.values()) > 1


def test_a_host_that_comes_up_late_is_reached_with_retries(fleet):
    with Daemon() as daemon, Fleet() as late:
        port = free_port()
        muster = Muster(daemon)
        process = muster.start("run", "--json", "-u", late.user, "-i", late.key, "--known-hosts",
                               late.known_hosts, "--host-key-policy", "accept-new", "-p", str(port),
                               "--retries", "10", "-t", "127.0.0.1", "--", "true")
        late.start(port=port, trusted=False)
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0
