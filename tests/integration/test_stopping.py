"""What a stopped command's outcome says is what /proc shows, and no success lacks bytes.

tests/stopping.sh makes it longer."""

import concurrent.futures
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from programs import Muster
from slow_sshd import SlowSshd
from stop_servers import (SU_TREE, TREES, BusyboxAccount, Dropbear, HidingAccount, make_root_runner,
                          sleepers, start_for)

ROUNDS = int(os.environ.get("MUSTER_STOP_ROUNDS", "1"))
SEEDS = int(os.environ.get("MUSTER_STOP_SEEDS", "4"))
ROOT = os.getuid() == 0
AT_ONCE = 4
TRIES = 3
needs_namespaces = pytest.mark.skipif(
    not ROOT or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode != 0,
    reason="needs root and mount namespaces")
marks = itertools.count()


class Case:
    """One command tree on one server, and what came of it."""

    def __init__(self, name, command, moment):
        self.name, self._command, self._moment = name, command, moment

    def run(self, muster, options):
        """Whether the end was confirmed. A host that has no time to answer (the login shell of root may take
        seconds on a busy machine) says so, and is asked again."""
        for _ in range(TRIES):
            alive, outcome = self._stop(muster, options)
            found = f"{self.name}, after {self._moment} ms: {alive} live; {outcome['message']}"
            assert outcome["state"] == "HOST_STATE_COMMAND_TIMEOUT", found
            confirmed = outcome.get("endConfirmed", False)
            if confirmed or "in time" not in outcome["message"]:
                break
        assert confirmed == (not alive), found
        assert all(str(pid) in outcome["message"] for pid in alive), found
        return confirmed

    def _stop(self, muster, options):
        marker = new_marker()
        _, ends = muster.outcomes(
            "127.0.0.1", self._command.replace("MARKER", marker),
            options=["--command-timeout", f"{self._moment}ms", "--stop-grace", "500ms", *options])
        return kill_sleepers(marker), ends["127.0.0.1"]


def new_marker():
    """Seconds to sleep that no other process sleeps."""
    return f"{200000 + os.getpid()}.{next(marks)}{time.monotonic_ns() % 100000}"


def kill_sleepers(marker):
    """Those that there were."""
    alive = sleepers(marker)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    return alive


def stop_all(muster, trees, options):
    """How many of each tree were confirmed, in ROUNDS."""
    chance = random.Random(17)
    cases = [Case(name, command, chance.randrange(500, 1500))
             for _ in range(ROUNDS) for name, command in trees.items()]
    confirmed = {name: 0 for name in trees}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for case, good in zip(cases, pool.map(lambda case: case.run(muster, options), cases)):
            confirmed[case.name] += good
    print(confirmed)
    return confirmed


def unconfirmed(confirmed):
    """But for what makes a session of its own at the very moment of the stop: that may be told of only."""
    return {name for name, count in confirmed.items() if count < ROUNDS} - {"setsid"}


@pytest.fixture(name="user_trees", scope="module")
def user_trees_fixture(fleet):
    trees = dict(TREES)
    runner = make_root_runner(fleet) if ROOT else None
    if runner:
        trees["a process of root"] = f"{runner} sleep MARKER; true"
    return trees


@pytest.fixture(name="root_trees", scope="module")
def root_trees_fixture():
    trees = dict(TREES, su=SU_TREE)
    if shutil.which("sudo"):
        trees["sudo"] = "sudo -u nobody sleep MARKER; true"
    return trees


def test_openssh_as_a_user(muster, user_trees):
    assert unconfirmed(stop_all(muster, user_trees, [])) <= {"a daemon", "a process of root"}


@pytest.mark.skipif(not ROOT, reason="needs a login as root")
def test_openssh_as_root(muster, root_trees):
    assert unconfirmed(stop_all(muster, root_trees, ["-u", "root"])) <= {"a daemon"}


@needs_namespaces
@pytest.mark.parametrize("user", ["fleet", "root"])
def test_busybox(fleet, muster, user_trees, root_trees, user):
    server = start_for(fleet, BusyboxAccount(fleet.account))
    shell = muster.run("127.0.0.1", "readlink /proc/$$/exe; true", options=["-p", str(server.port)])
    assert "busybox" in shell.text or os.path.samefile(shell.text.split()[1], "/bin/sh"), shell.text
    trees = root_trees if user == "root" else user_trees
    confirmed = stop_all(muster, trees, ["-u", user, "-p", str(server.port)])
    assert unconfirmed(confirmed) <= {"a daemon", "a process of root"}


@needs_namespaces
@pytest.mark.parametrize("user", ["fleet", "root"])
def test_dropbear(fleet, muster, user_trees, root_trees, user):
    """All of its commands are in one session: an orphan cannot be told from those of earlier commands."""
    server = Dropbear(fleet)
    try:
        trees = root_trees if user == "root" else user_trees
        confirmed = stop_all(muster, trees, ["-u", user, "-p", str(server.port)])
    finally:
        server.stop()
    assert unconfirmed(confirmed) <= {"a daemon", "a process of root", "an orphan",
                                      "an orphan that ignores TERM"}


@needs_namespaces
def test_where_processes_are_hidden_all_are_ended_but_none_confirmed(fleet, muster):
    server = start_for(fleet, HidingAccount(fleet.account))
    marker = new_marker()
    command = TREES["a child that ignores TERM"].replace("MARKER", marker)
    _, ends = muster.outcomes("127.0.0.1", command, options=[
        "-p", str(server.port), "--command-timeout", "1s", "--stop-grace", "500ms"])
    assert not kill_sleepers(marker), ends
    assert not ends["127.0.0.1"].get("endConfirmed", False)
    assert "hidepid" in ends["127.0.0.1"]["message"], ends


def test_an_earlier_commands_daemon_outlives_the_stop_of_a_later_one(muster):
    """Both are on one connection."""
    marker = new_marker()
    try:
        assert muster.run("127.0.40.1", f"setsid sleep {marker} </dev/null >/dev/null 2>&1 &").code == 0
        time.sleep(0.2)
        _, ends = muster.outcomes("127.0.40.1", "sleep 1000", options=["--command-timeout", "300ms"])
        assert ends["127.0.40.1"]["warmSession"]
        assert ends["127.0.40.1"]["endConfirmed"], ends
    finally:
        assert len(kill_sleepers(marker)) == 1


def test_what_a_command_left_behind_that_has_ended_is_told_and_left_alone(muster):
    marker = new_marker()
    code, ends = muster.outcomes("127.0.40.2", f"sleep {marker} & exit 3",
                                 options=["--command-timeout", "1s"])
    assert code == 1 and len(kill_sleepers(marker)) == 1
    outcome = ends["127.0.40.2"]
    assert outcome["state"] == "HOST_STATE_COMMAND_TIMEOUT", outcome
    assert outcome["exitReported"] and outcome["exitCode"] == 3
    assert not outcome.get("endConfirmed", False)
    assert "output may be missing" in outcome["message"]


# --- Over a slow link

def stop_on_slow_link(fleet, muster, folder, seed):
    """One command that is stopped while it, or its output, is still on its way."""
    chance = random.Random(seed)
    rate, size = chance.randrange(100_000, 500_000), chance.randrange(100_000, 2_000_000)
    moment = chance.uniform(0.5, 1 + 1.2 * size / rate)
    with SlowSshd(fleet, rate) as server:
        options = ["-p", str(server.port), "--output-dir", str(folder)]
        command = f"yes 0123456789 | head -c {size}; true"
        if seed % 2:
            _, ends = muster.outcomes("127.0.0.1", command,
                                      options=[*options, "--command-timeout", f"{int(moment * 1000)}ms"])
            outcome = ends["127.0.0.1"]
        else:
            outcome = cancel_after(muster, moment, options, command)
    came = os.path.getsize(folder / "127.0.0.1")
    whole = came == size
    assert whole or outcome["state"] != "HOST_STATE_SUCCEEDED", (seed, rate, size, moment, came, outcome)
    return came, size, outcome["state"]


def cancel_after(muster, seconds, options, command):
    process = muster.start("run", *muster.login, "-t", "127.0.0.1", *options, "--json", "--", command)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    events = [json.loads(line) for line in out.splitlines()]
    return next(event["hostFinished"]["outcome"] for event in events if "hostFinished" in event)


def test_no_success_lacks_bytes_over_a_slow_link(fleet, daemon, tmp_path):
    muster = Muster(daemon, fleet)
    folders = [tmp_path / str(seed) for seed in range(SEEDS)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        ends = list(pool.map(lambda seed: stop_on_slow_link(fleet, muster, folders[seed], seed), range(SEEDS)))
    print(ends)


def test_a_command_that_ended_in_time_succeeds_though_its_output_comes_later(fleet, muster, tmp_path):
    """The link takes 3 s for what the server takes in at once."""
    with SlowSshd(fleet, 200_000) as server:
        folder = tmp_path / "out"
        _, ends = muster.outcomes("127.0.0.1", "yes 0123456789 | head -c 600000",
                                  options=["-p", str(server.port), "--command-timeout", "1500ms",
                                           "--output-dir", str(folder)])
    assert ends["127.0.0.1"]["state"] == "HOST_STATE_SUCCEEDED", ends
    assert os.path.getsize(folder / "127.0.0.1") == 600_000
