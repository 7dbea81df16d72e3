"""Batches, failure limits, probes, orders and locks, as the command line asks for them."""

import os
import time

import pytest

from programs import SECONDS

TARGETS = "127.0.14.[1-8]"
NAMES = [f"127.0.14.{number}" for number in range(1, 9)]
WHO = "set -- $SSH_CONNECTION; host=$3; "


@pytest.fixture(name="events")
def events_fixture(muster):
    """Runs with --json; the exit code and the events."""
    def run(command, *options, targets=TARGETS):
        result = muster.run(targets, command, options=["--json", *options])
        return result.code, result.json()
    return run


def starts(events):
    """Hosts in the order in which they left the queue, by their first state or end."""
    order = []
    for event in events:
        told = event.get("hostState") or event.get("hostFinished") or {}
        if "hostIndex" in told and NAMES[told["hostIndex"]] not in order:
            order.append(NAMES[told["hostIndex"]])
    return order


def ends(events):
    return {NAMES[event["hostFinished"]["hostIndex"]]: event["hostFinished"]["outcome"]["state"]
            for event in events if "hostFinished" in event}


def test_batches_come_one_after_the_other(events):
    code, all_events = events("sleep 0.1", "--batches", "1,25%,50%")
    assert code == 0
    finished, sizes = 0, []
    for event in all_events:
        if "hostFinished" in event:
            finished += 1
        if "batchStarted" in event:
            sizes.append(event["batchStarted"]["hosts"])
            assert finished == sum(sizes[:-1])
    assert sizes == [1, 2, 4, 1]


def test_batches_are_told(muster):
    result = muster.run(TARGETS, "true", options=["--batches", "3"])
    assert [line for line in result.err.splitlines() if "batch" in line] == [
        "muster: batch 1 of 3: 3 hosts", "muster: batch 2 of 3: 3 hosts", "muster: batch 3 of 3: 2 hosts"]


def test_too_many_failures_stop_the_run(events):
    code, all_events = events("exit 1", "--batches", "1", "--max-failures", "2")
    assert code == 1
    states = list(ends(all_events).values())
    assert states.count("HOST_STATE_EXITED_NONZERO") == 3
    assert states.count("HOST_STATE_NOT_STARTED") == 5


@pytest.mark.parametrize("limit,failed", [("0", 1), ("25%", 3), ("100%", 8)])
def test_the_limit_may_be_a_percentage(events, limit, failed):
    _, all_events = events("exit 1", "-f", "1", "--max-failures", limit)
    assert list(ends(all_events).values()).count("HOST_STATE_EXITED_NONZERO") == failed


def test_each_batch_waits_to_be_confirmed(muster):
    process = muster.start("run", *muster.login, "-t", TARGETS, "--batches", "4", "--confirm-batches",
                           "--", "echo hi")
    for line in process.stderr:
        if b"muster resume" in line:
            break
    words = line.decode().split()
    run = words[words.index("resume") + 1].rstrip(";")
    assert "batch    1 of 2" in muster("show", run).text
    assert muster("runs", "--state", "paused").text.count(run) == 1
    assert muster("resume", run).code == 0
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert len(out.splitlines()) == 8


def test_a_probe_that_fails_stops_the_run(events):
    probe = WHO + "echo unwell; test $host != 127.0.14.2"
    code, all_events = events("true", "--batches", "2", "--probe", probe, "--max-failures", "0")
    assert code == 1
    states = ends(all_events)
    assert [states[name] for name in NAMES[:2]] == ["HOST_STATE_SUCCEEDED"] * 2
    assert [states[name] for name in NAMES[2:]] == ["HOST_STATE_NOT_STARTED"] * 6
    probes = {NAMES[event["probeFinished"]["hostIndex"]]: event["probeFinished"]["outcome"]["state"]
              for event in all_events if "probeFinished" in event}
    assert probes == {NAMES[0]: "HOST_STATE_SUCCEEDED", NAMES[1]: "HOST_STATE_EXITED_NONZERO"}


def test_a_failed_probe_is_told(muster):
    result = muster.run(TARGETS, "true", options=["--batches", "4", "--probe", "echo unwell; exit 3",
                                                  "--max-failures", "0"])
    assert "127.0.14.1: muster: probe exited with code 3\n    unwell\n" in result.err


# Hosts belong to loops by their addresses: the order is the run's all the same.
@pytest.mark.parametrize("one_by_one", [("--batches", "1"), ("-f", "1")])
def test_orders(events, one_by_one):
    def order(*options):
        return starts(events("true", *one_by_one, *options)[1])
    given = order("--order", "given")
    assert given == order("--order", "sorted") == NAMES
    shuffled = order("--order", "shuffled:7")
    assert shuffled == order("--order", "shuffled:7")
    assert sorted(shuffled) == sorted(NAMES) and shuffled != given


def test_a_lock_keeps_runs_apart(muster, fleet):
    folder = os.path.join(fleet.folder, "locks")
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    # mkdir fails where another is there.
    command = WHO + f"mkdir {folder}/$host || exit 7; sleep 0.3; rmdir {folder}/$host"
    processes = [muster.start("run", *muster.login, "-t", "127.0.14.[1-2]", "--lock", "deploy", "--",
                              command) for _ in range(3)]
    for process in processes:
        _, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, err


def test_a_pause_between_batches(muster):
    begun = time.monotonic()
    assert muster.run("127.0.14.[1-3]", "true",
                      options=["--batches", "1", "--batch-pause", "500ms"]).code == 0
    assert time.monotonic() - begun >= 1  # never too short


@pytest.mark.parametrize("options", [
    ["--batches", "0"], ["--batches", "1,x"], ["--max-failures", "200%"], ["--order", "random"],
    ["--confirm-batches"], ["--probe", "true"], ["--batch-pause", "1s"]])
def test_wrong_rollouts_are_told(muster, options):
    result = muster.run(TARGETS, "true", options=options)
    assert (result.code, result.out) == (2, b"")
    assert options[0] in result.err
