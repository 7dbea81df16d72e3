"""What a user sees of a run whose daemon was killed with -9."""

import os
import signal
import time

import pytest

from fleet import write
from programs import SECONDS, Daemon, Muster

NAMES = [f"127.0.21.{number}" for number in range(1, 5)]
TARGETS = "127.0.21.[1-4]"


class Shop:
    """A daemon that is killed and comes back, its user, and a gate at which commands wait."""

    def __init__(self, fleet, folder):
        self.fleet, self._folder = fleet, folder
        self.gate = os.path.join(fleet.folder, f"gate{time.monotonic_ns()}")
        self._open()

    def _open(self):
        self.daemon = Daemon(self._folder)
        self.muster = Muster(self.daemon, self.fleet)

    def kill(self):
        self.daemon.stop(signal.SIGKILL)
        self._open()

    def open_gate(self):
        write(self.gate, "")

    def start(self, *options, before="", targets=TARGETS):
        """One host at a time says that it has begun, and waits at the gate."""
        command = f"echo begun; {before}\nwhile [ ! -e {self.gate} ]; do sleep 0.05; done; echo done"
        result = self.muster("run", *self.muster.login, "-t", targets, "-d", *options, "--", command)
        assert result.code == 0, result.err
        return result.text.strip()

    def wait_for(self, run, *texts):
        deadline = time.monotonic() + SECONDS
        while True:
            shown = self.muster("show", run).text
            if all(text in shown for text in texts):
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.02)

    def wait_for_line(self, run, host):
        deadline = time.monotonic() + SECONDS
        while not self.muster("logs", run, host).text:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def state(self, run):
        return self.muster("show", run, "--json").json()[0]["state"]


@pytest.fixture(name="shop")
def shop_fixture(fleet, tmp_path):
    shop = Shop(fleet, str(tmp_path))
    yield shop
    shop.open_gate()
    shop.daemon.stop()


def test_a_run_that_was_cut_is_told_as_it_is(shop):
    first_gone = "set -- $SSH_CONNECTION; test $3 = 127.0.21.1 && exit 9"
    run = shop.start("--batches", "1", before=first_gone)
    shop.wait_for(run, "exited with code 9 (1): 127.0.21.1\n")
    shop.wait_for_line(run, NAMES[1])
    told = shop.muster("logs", run, NAMES[1]).out
    shop.kill()
    shown = shop.wait_for(run, "failed")
    assert "exited with code 9 (1): 127.0.21.1\n" in shown
    assert "unknown" in shown and "127.0.21.2\n" in shown
    assert "not started" in shown and "127.0.21.[3-4]\n" in shown
    assert "ended in the middle" in shown or "may have run" in shown
    assert shop.muster("logs", run, NAMES[1]).out == told == b"begun\n"
    watched = shop.muster("watch", run)
    assert watched.code != 0
    assert sorted(watched.text.splitlines()) == [f"{name}: begun" for name in NAMES[:2]]
    assert [each["id"] for each in shop.muster("runs", "--json", "--state", "failed").json()] == [run]
    assert shop.muster("runs", "--json", "--state", "canceled").json() == []
    assert shop.muster("runs", "--json", "--state", "running").json() == []


def test_it_may_be_continued_with_hosts_that_were_never_started(shop):
    run = shop.start("--batches", "1", "--continue-after-restart")
    shop.wait_for_line(run, NAMES[0])
    shop.kill()
    shop.wait_for_line(run, NAMES[1])
    assert shop.state(run) == "RUN_STATE_RUNNING"
    assert [each["id"] for each in shop.muster("runs", "--json", "--state", "running").json()] == [run]
    shop.open_gate()
    watched = shop.muster("watch", run)
    assert watched.code != 0
    lines = [f"{name}: {word}" for name in NAMES[1:] for word in ("begun", "done")]
    assert sorted(watched.text.splitlines()) == sorted([f"{NAMES[0]}: begun", *lines])
    shown = shop.wait_for(run, "succeeded (3): 127.0.21.[2-4]\n")
    assert "unknown" in shown and shop.state(run) == "RUN_STATE_FAILED"


def test_a_paused_run_stays_paused(shop):
    run = shop.start("--batches", "1", "--continue-after-restart")
    shop.wait_for_line(run, NAMES[0])
    assert shop.muster("pause", run).code == 0
    shop.kill()
    shown = shop.wait_for(run, "unknown", "3 queued")
    assert f"muster resume {run}" in shown
    assert shop.state(run) == "RUN_STATE_PAUSED"
    shop.kill()
    assert shop.state(run) == "RUN_STATE_PAUSED"
    shop.open_gate()
    assert shop.muster("resume", run).code == 0
    assert shop.muster("watch", run, "-q").code != 0
    shop.wait_for(run, "succeeded (3): 127.0.21.[2-4]\n")


def test_a_paused_run_with_no_host_left_is_over(shop):
    run = shop.start("--continue-after-restart", targets=NAMES[0])
    shop.wait_for_line(run, NAMES[0])
    assert shop.muster("pause", run).code == 0
    shop.kill()
    assert shop.muster("watch", run, "-q").code != 0
    assert shop.state(run) == "RUN_STATE_FAILED"


def test_a_watcher_goes_on_after_the_daemons_return(shop):
    run = shop.start("--batches", "1", "--continue-after-restart")
    watch = shop.muster.start("watch", run)
    assert watch.stdout.readline() == b"127.0.21.1: begun\n"
    shop.kill()
    shop.open_gate()
    out, err = watch.communicate(timeout=SECONDS)
    lines = [f"{name}: {word}" for name in NAMES[1:] for word in ("begun", "done")]
    assert sorted(out.decode().splitlines()) == sorted(lines), err


def test_a_run_that_was_being_canceled_is_canceled(shop):
    run = shop.start("--batches", "1", "--continue-after-restart", "--stop-grace", "1h", before="trap '' TERM")
    shop.wait_for_line(run, NAMES[0])
    assert shop.muster("cancel", run).code == 0
    shop.kill()
    shop.wait_for(run, "unknown", "127.0.21.[2-4]\n")
    shop.muster("watch", run, "-q")
    assert shop.state(run) == "RUN_STATE_CANCELED"


def test_a_wrong_crash_point_is_told(tmp_path):
    with pytest.raises(RuntimeError, match="MUSTERD_CRASH_AT=nowhere:1"):
        Daemon(str(tmp_path), env={"MUSTERD_CRASH_AT": "nowhere:1"})
