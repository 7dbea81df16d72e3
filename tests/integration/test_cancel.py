"""Ends before the end: Ctrl-C, a client that goes, a daemon that is stopped."""

import os
import signal
import subprocess
import time

import pytest

from programs import Daemon, Muster, SECONDS, wait_until

TARGETS = "127.0.6.[1-5]"


def running(marker):
    """Processes whose command line has the marker; sleep's argument is the marker."""
    return subprocess.run(["pgrep", "-xf", f"sleep {marker}"], capture_output=True,
                          check=False).stdout.split()


@pytest.fixture(name="marker")
def marker_fixture():
    """Seconds to sleep that no other process sleeps."""
    return f"{100000 + os.getpid()}.{time.monotonic_ns() % 1000000}"


def start_sleepers(muster, marker, *options):
    process = muster.start("run", *muster.login, "-t", TARGETS, *options, "--",
                           f"echo begun; exec sleep {marker}")
    for _ in range(5):
        assert process.stdout.readline().endswith(b": begun\n")
    return process


def test_ctrl_c_ends_the_commands_and_shows_what_came(muster, marker):
    process = start_sleepers(muster, marker)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert b"127.0.6.[1-5] (5): canceled\n" in err
    wait_until(lambda: not running(marker))


def test_a_second_ctrl_c_leaves_at_once(muster, marker):
    process = muster.start("run", *muster.login, "-t", TARGETS, "--",
                           f"trap '' TERM; echo begun; while :; do sleep {marker}; done")
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err.decode()
    subprocess.run(["pkill", "-f", f"sleep {marker}"], check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_another_signal_is_told_by_its_exit_code(muster, marker, number):
    process = start_sleepers(muster, marker)
    process.send_signal(number)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + number
    assert b"127.0.6.[1-5] (5): canceled\n" in err
    detached = muster("run", *muster.login, "-t", "127.0.6.1", "-d", "--", f"echo begun; sleep {marker}")
    watch = muster.start("watch", detached.text.strip())
    assert watch.stdout.readline().endswith(b": begun\n")
    watch.send_signal(number)
    _, err = watch.communicate(timeout=SECONDS)
    assert watch.returncode == 128 + number and b"goes on" in err
    assert muster("cancel", detached.text.strip()).code == 0


@pytest.mark.skipif(os.getuid() != 0, reason="needs a login as root")
def test_root_commands_end_with_all_of_their_group(fleet, muster, marker):
    """OpenSSH signals no command of root: the second channel does."""
    process = muster.start("run", *muster.login, "-u", "root", "-t", "127.0.6.1", "--",
                           f"sleep {marker} & sleep {marker} & echo begun; wait")
    assert process.stdout.readline().endswith(b"begun\n")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert not running(marker)


@pytest.mark.parametrize("wrapper", ['sh -c "$SSH_ORIGINAL_COMMAND"; true',
                                     'exec sh -c "$SSH_ORIGINAL_COMMAND"'])
def test_a_forced_command_that_wraps_ours_is_ended_too(fleet, muster, marker, wrapper):
    server = fleet.start(config=[f"ForceCommand {wrapper}"])
    process = muster.start("run", *muster.login, "-p", str(server.port), "-t", "127.0.6.1", "--",
                           f"echo begun; exec sleep {marker}")
    assert process.stdout.readline().endswith(b"begun\n")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    assert not running(marker)


def test_a_forced_command_that_ignores_ours_is_run_once_more_at_most(fleet, muster):
    mark = os.path.join(fleet.folder, "forced")  # which the fleet's user may enter
    with open(mark, "w", encoding="ascii"):
        os.chmod(mark, 0o666)
    server = fleet.start(config=[f"ForceCommand echo x >> {mark}; echo begun; sleep 20"])
    process = muster.start("run", *muster.login, "-p", str(server.port), "-t", "127.0.6.1", "--",
                           "true")
    assert process.stdout.readline().endswith(b"begun\n")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)
    with open(mark, encoding="ascii") as file:
        assert 1 <= len(file.read().split()) <= 2


def test_a_client_that_is_killed_takes_its_run_along(muster, marker):
    process = start_sleepers(muster, marker)
    process.kill()
    process.communicate()
    wait_until(lambda: not running(marker))
    assert muster.run("127.0.0.1", "echo still serving").code == 0


def test_a_reader_that_goes_ends_the_run_and_is_told(muster, marker):
    process = muster.start("run", *muster.login, "-t", TARGETS, "--",
                           f"while echo line; do sleep 0.05; done; exec sleep {marker}")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(SECONDS) == 141
    assert b"Broken pipe; run " in process.stderr.read()
    process.stderr.close()


def test_a_detached_run_goes_on_and_can_be_watched_and_canceled(muster, marker):
    detached = muster("run", *muster.login, "-t", TARGETS, "-d", "--", f"echo begun; sleep {marker}")
    assert detached.code == 0, detached.err
    run = detached.text.strip()
    watch = muster.start("watch", run)
    for _ in range(5):
        assert watch.stdout.readline().endswith(b": begun\n")
    watch.send_signal(signal.SIGINT)
    _, err = watch.communicate(timeout=SECONDS)
    assert watch.returncode == 130 and b"goes on" in err
    assert len(running(marker)) == 5
    assert [run, "running"] in [line.split()[:2] for line in muster("runs").text.splitlines()]
    assert muster("cancel", run).code == 0
    assert muster("watch", run).code == 1
    assert not running(marker)
    assert "5 canceled" in muster("show", run).text


def test_sigterm_in_mid_run_ends_with_honest_outcomes(fleet, marker):
    with Daemon() as daemon:
        muster = Muster(daemon, fleet)
        process = start_sleepers(muster, marker)
        assert daemon.stop() == 0
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, err
    assert b"5 did not" in err and b"canceled" in err
    wait_until(lambda: not running(marker))
    assert not os.path.exists(daemon.socket)


def test_a_daemon_that_is_killed_leaves_an_unknown_outcome(fleet, marker):
    daemon = Daemon()
    muster = Muster(daemon, fleet)
    process = start_sleepers(muster, marker)
    daemon.stop(signal.SIGKILL)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 5, err
    subprocess.run(["pkill", "-xf", f"sleep {marker}"], check=False)
