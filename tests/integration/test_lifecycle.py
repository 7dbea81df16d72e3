"""Runs after their start: found again, watched from anywhere, paused, resumed, run once more."""

import os
import signal
import time

import pytest

from programs import SECONDS, wait_until

TARGETS = "127.0.13.[1-4]"
NAMES = [f"127.0.13.{number}" for number in range(1, 5)]
# Fails on 2, is a signal's on 3.
MIXED = ("set -- $SSH_CONNECTION; echo at $3; case $3 in *.2) exit 9;; *.3) kill -KILL $$;; esac")


@pytest.fixture(name="start")
def start_fixture(muster):
    """Starts a detached run; its id."""
    def start(command, *options, targets=TARGETS):
        result = muster("run", *muster.login, "-t", targets, "-d", *options, "--", command)
        assert result.code == 0, result.err
        return result.text.strip()
    return start


@pytest.fixture(name="mixed")
def mixed_fixture(muster, start):
    """A run that has ended, with one host of each kind."""
    run = start(MIXED, targets=TARGETS + ",127.0.13.5:1")
    assert muster("watch", run, "-q").code == 3
    return run


def test_show_groups_hosts_by_their_outcome(muster, mixed):
    text = muster("show", mixed).text
    assert "succeeded (2): 127.0.13.[1,4]\n" in text
    assert "exited with code 9 (1): 127.0.13.2\n" in text
    assert "ended by signal KILL (1): 127.0.13.3\n" in text
    assert "refused" in text
    lines = muster("show", mixed, "--each").text.splitlines()
    assert sum(line.startswith("127.0.13.") for line in lines) == 5
    assert len(muster("show", mixed, "--json").json()) == 6


def test_logs_are_one_hosts_bytes(muster, start):
    run = start(r"printf 'a\000\377\n'; set -- $SSH_CONNECTION; printf $3; echo oops >&2")
    assert muster("watch", run, "-q").code == 0
    result = muster("logs", run, NAMES[2])
    assert (result.code, result.out, result.err) == (0, b"a\0\xff\n127.0.13.3", "oops\n")
    assert muster("logs", run, "nobody").code == 2
    assert muster("logs", "x", NAMES[0]).code == 2


def test_logs_show_what_is_there_or_follow(muster, start, fleet):
    gate = os.path.join(fleet.folder, "logs_gate")
    run = start(f"echo one; while [ ! -e {gate} ]; do sleep 0.05; done; echo two")
    follow = muster.start("logs", run, NAMES[0], "--follow")
    assert follow.stdout.readline() == b"one\n"
    assert muster("logs", run, NAMES[0]).text == "one\n"
    with open(gate, "w", encoding="ascii"):
        pass
    out, _ = follow.communicate(timeout=SECONDS)
    assert (follow.returncode, out) == (0, b"two\n")


def test_watch_from_a_sequence(muster, mixed):
    events = [event for event in muster("watch", mixed, "--json").json() if "sequence" in event]
    half = len(events) // 2
    rest = muster("watch", mixed, "--json", "--from", str(half)).json()
    assert rest[:-1] == events[half:]
    result = muster("watch", mixed, "--from", str(half))
    assert result.code == 3
    assert "5 hosts: 2 succeeded, 3 did not" in result.err


def test_watch_of_some_hosts(muster, mixed):
    result = muster("watch", mixed, "--hosts", "127.0.13.[1,4]")
    assert sorted(result.text.splitlines()) == [f"{name}: at {name}" for name in (NAMES[0], NAMES[3])]
    assert result.code == 3  # that of the run
    result = muster("watch", mixed, "--hosts", "127.0.13.77")
    assert result.code == 2 and "127.0.13.77" in result.err


def test_watch_folded(muster, start):
    run = start("set -- $SSH_CONNECTION; test $3 = 127.0.13.2 && exit 9; echo same")
    result = muster("watch", run, "--fold")
    assert result.code == 1
    assert result.text == ("== 127.0.13.[1,3-4] (3 hosts): succeeded ==\nsame\n"
                           "== 127.0.13.2 (1 host): exited with code 9 ==\n")
    result = muster("watch", run, "--fold", "--states", "failed")
    assert result.text == "== 127.0.13.2 (1 host): exited with code 9 ==\n"


def test_watch_summary(muster, mixed):
    result = muster("watch", mixed, "--summary")
    assert (result.code, result.text) == (3, "")
    assert "5 hosts: 2 succeeded, 3 did not" in result.err


def test_states_need_a_view_that_has_them(muster, mixed):
    result = muster("watch", mixed, "--states", "failed")
    assert result.code == 2 and "--fold" in result.err
    result = muster("watch", mixed, "--fold", "--states", "nonsense")
    assert result.code == 2 and "exited_nonzero" in result.err


def ids(result):
    return [run["id"] for run in result.json()]


def test_runs_are_found_again(muster, start):
    failed = start("exit 1 # needle", "--label", "ticket=OPS-7", "--label", "kind=test")
    good = start("true # needle", "--label", "ticket=OPS-8")
    for run in (failed, good):
        muster("watch", run, "-q")

    def find(*options):
        found = ids(muster("runs", "--json", *options))
        return [run for run in found if run in (failed, good)]
    assert find("--command", "needle") == [good, failed]
    assert find("--state", "failed") == [failed]
    assert find("--state", "failed,succeeded", "--command", "needle") == [good, failed]
    assert find("--label", "ticket=OPS-8") == [good]
    assert find("--label", "ticket=OPS-7", "--label", "kind=other") == []
    assert find("--since", "1h") == [good, failed]
    assert find("--since", "2999-01-01") == []
    assert find("--creator", f"uid:{os.getuid()}") == [good, failed]
    assert find("--creator", "uid:4242") == []


@pytest.mark.parametrize("options", [["--state", "done"], ["--label", "x"], ["--since", "soon"]])
def test_wrong_filters_are_told(muster, options):
    result = muster("runs", *options)
    assert result.code == 2 and options[0] in result.err


@pytest.mark.parametrize("options,hosts", [
    ([], [NAMES[1], NAMES[2], "127.0.13.5"]), (["--failed"], [NAMES[1], NAMES[2]]),
    (["--unreached"], ["127.0.13.5"]), (["--failed", "--unreached"], [NAMES[1], NAMES[2], "127.0.13.5"]),
    (["--states", "signaled"], [NAMES[2]])])
def test_rerun_takes_the_hosts_that_are_named(muster, mixed, options, hosts):
    result = muster("rerun", mixed, "-d", *options)
    assert result.code == 0, result.err
    again = result.text.strip()
    assert again != mixed
    muster("watch", again, "-q")
    head, *results = muster("show", again, "--json").json()
    assert head["rerunOf"] == mixed
    assert sorted(result["host"]["name"] for result in results) == hosts


def test_rerun_shows_its_lines(muster, mixed):
    result = muster("rerun", mixed, "--failed")
    assert result.code == 1
    assert sorted(result.text.splitlines()) == [f"{name}: at {name}" for name in NAMES[1:3]]


def test_rerun_of_no_host_is_told(muster, mixed):
    assert muster("rerun", mixed, "--unknown").code == 2
    assert muster("rerun", "x").code == 2


def test_pause_and_resume(muster, start, fleet):
    gate = os.path.join(fleet.folder, "pause_gate")
    run = start(f"echo begun; while [ ! -e {gate} ]; do sleep 0.05; done", "-f", "1")
    watch = muster.start("watch", run)
    assert watch.stdout.readline().endswith(b": begun\n")
    assert muster("pause", run).text == f"run {run} paused\n"
    assert muster("pause", run).code == 0
    with open(gate, "w", encoding="ascii"):
        pass
    wait_until(lambda: "1 succeeded" in muster("show", run).text)
    text = muster("show", run).text
    assert "3 queued" in text and f"muster resume {run}" in text
    assert muster("resume", run).code == 0
    _, err = watch.communicate(timeout=SECONDS)
    assert watch.returncode == 0
    assert f"muster resume {run}" in err.decode()
    for command in ("pause", "resume"):
        assert muster(command, run).code == 2
    assert muster("cancel", run).code == 0


def test_a_paused_run_can_be_canceled(muster, start):
    run = start("sleep 1000", "-f", "1")
    assert muster("pause", run).code == 0
    assert muster("cancel", run).code == 0
    assert muster("watch", run, "-q").code == 1
    assert muster("show", run, "--json").json()[0]["state"] == "RUN_STATE_CANCELED"


def test_the_same_request_id_is_the_same_run(muster):
    def again(command):
        return muster("run", *muster.login, "-t", NAMES[0], "--request-id", "deploy-4", "--", command)
    assert again("date +%N").text == again("date +%N").text
    result = again("something else")
    assert result.code == 2 and "deploy-4" in result.err


def test_a_run_that_takes_too_long_is_canceled(muster):
    result = muster.run(TARGETS, "sleep 1000", options=["--run-timeout", "1s"])
    assert result.code == 1
    assert "127.0.13.[1-4] (4): canceled\n" in result.err


def test_the_grace_time_is_as_asked(muster):
    begun = time.monotonic()
    process = muster.start("run", *muster.login, "-t", NAMES[0], "--stop-grace", "0s", "--",
                           "trap '' TERM; echo begun; while :; do sleep 0.1; done")
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert b"canceled\n" in err
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("policy,code,said", [("truncate", 0, "left out"), ("cancel", 1, "output limit")])
def test_an_output_limit(muster, policy, code, said):
    result = muster.run(NAMES[0], "seq 1 100000; sleep 1",
                        options=["--output-limit", "64K", "--on-output-limit", policy])
    assert result.code == code
    assert said in result.err
    assert 50_000 < len(result.out.replace(NAMES[0].encode() + b": ", b"")) <= 65_537
