"""Runs after their start: found again, watched from anywhere, paused, resumed, run once more."""

import os
import re
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


def test_a_run_is_named_by_the_beginning_of_its_id_or_last(muster, mixed):
    for word in (mixed[:12], mixed[:8], "last"):
        assert muster("show", word, "--json").json()[0]["id"] == mixed
        assert muster("logs", word, NAMES[0]).text == f"at {NAMES[0]}\n"
        assert muster("watch", word, "-q").code == 3
        assert muster("cancel", word).code == 0
    rerun = muster("rerun", "last", "-d", "--failed").text.strip()
    muster("watch", rerun, "-q")
    assert muster("show", rerun, "--json").json()[0]["rerunOf"] == mixed


def test_a_beginning_that_no_id_has_is_told(muster, start):
    runs = [start("true", targets=NAMES[0])]
    assert muster("show", runs[0][:3]).code == 2
    result = muster("show", "zzzzzzz")
    assert result.code == 2 and "begins with" in result.err
    for run in runs:
        muster("watch", run, "-q")


def test_forget_removes_a_run_and_its_log(muster, daemon, start, fleet):
    gate = os.path.join(fleet.folder, "forget_gate")
    run = start(f"echo needle; while [ ! -e {gate} ]; do sleep 0.05; done", targets=NAMES[0])
    result = muster("forget", run)
    assert result.code == 2 and "has not ended" in result.err
    with open(gate, "w", encoding="ascii"):
        pass
    muster("watch", run, "-q")

    def files():
        return [name for _, _, names in os.walk(daemon.folder) for name in names if run in name] + [
            name for _, names, _ in os.walk(daemon.folder) for name in names if run in name]
    assert files()
    assert muster("forget", run).text == f"run {run} forgotten\n"
    assert not files()
    for command in (["show"], ["forget"], ["watch"]):
        result = muster(*command, run)
        assert result.code == 2 and "forgotten" in result.err
    assert run not in ids(muster("runs", "--json"))


def test_watching_an_ended_run_tells_how_long_it_took(muster, start):
    run = start("sleep 1.2", targets=NAMES[0])
    assert muster("watch", run, "-q").code == 0
    time.sleep(1)
    taken = float(re.search(r"in (\d+\.\d) s", muster("watch", run).err).group(1))
    told = float(re.search(r"took (\d+\.\d) s", muster("show", run).text).group(1))
    assert taken == told >= 1.2


def test_the_summary_says_how_to_go_on(muster):
    result = muster.run(NAMES[0], "echo why >&2; exit 3")
    run = ids(muster("runs", "--json", "-n", "1"))[0]
    assert f"(run {run})\n" in result.err
    assert f"muster rerun {run}" in result.err and f"muster logs {run}" in result.err
    assert "rerun" not in muster.run(NAMES[0], "true").err
    for options in ([], ["--fold"], ["--json"], ["--sort"]):
        assert "muster logs" not in muster.run(NAMES[0], "exit 3", options=options).err
    run = ids(muster("runs", "--json", "-n", "1"))[0]
    assert "muster logs" not in muster("watch", run, "--summary").err
    run = ids(muster("runs", "--json", "-n", "1", "--command", "why"))[0]
    for options in (["--summary"], ["--fold"], []):
        assert f"muster logs {run}" in muster("watch", run, *options).err, options


def test_a_second_interrupt_says_what_goes_on(muster):
    process = muster.start("run", *muster.login, "-t", TARGETS, "--stop-grace", "1h", "--",
                           "trap '' TERM; echo begun; sleep 3")
    for _ in NAMES:
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    run = ids(muster("runs", "--json", "-n", "1"))[0]
    wait_until(lambda: "stopping" in muster("show", run).text)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    text = err.decode()
    assert f"run {run} is being canceled, and has not ended yet on 127.0.13.[1-4]" in text
    assert f"muster watch {run}" in text


def test_a_canceled_run_says_so_once(muster):
    result = muster.run(TARGETS, "sleep 1000", options=["--run-timeout", "1s", "-f", "2"])
    assert result.code == 1
    reason = muster("runs", "--json", "-n", "1").json()[0]["message"]
    assert reason and result.err.count(reason) == 1
    assert "(2): not started\n  again on these" in result.err or "(2): not started\n  127.0.13" in result.err


def test_runs_fit_eighty_columns(muster, start):
    run = start("true # " + "x" * 200, targets=NAMES[0])
    muster("watch", run, "-q")
    text = muster("runs").text
    assert max(len(line) for line in text.splitlines()) == 80
    assert run in text
