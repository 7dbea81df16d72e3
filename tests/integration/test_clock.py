"""The clock is moved by a day, in both directions, under a daemon that serves."""

import datetime
import os
import subprocess
import time

import pytest

from fleet import write
from programs import Daemon, Muster, MUSTERD, SECONDS

DAY = 86400
TARGETS = "127.0.19.[1-3]"
# In front of the C library's: the wall clock is shifted by the seconds that a file says.
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long shift(void) {
  char text[32] = "";
  int fd = open(getenv("CLOCK_SHIFT_FILE"), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  if (read(fd, text, sizeof(text) - 1) < 0) text[0] = 0;
  close(fd);
  return atol(text);
}
int clock_gettime(clockid_t id, struct timespec* at) {
  long result = syscall(SYS_clock_gettime, id, at);
  if (id == CLOCK_REALTIME) at->tv_sec += shift();
  return (int)result;
}
int gettimeofday(struct timeval* at, void* zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t* at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
"""


class Clock:
    """That of the daemons that are started with `program`."""

    def __init__(self, folder):
        self._shift = os.path.join(folder, "shift")
        source, library = os.path.join(folder, "shim.c"), os.path.join(folder, "shim.so")
        self.program = os.path.join(folder, "musterd_with_a_clock")
        write(source, SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
        write(self.program, f"#!/bin/sh\nCLOCK_SHIFT_FILE={self._shift} LD_PRELOAD={library} "
                            f'exec {MUSTERD} "$@"\n')
        os.chmod(self.program, 0o755)
        self.set(0)

    def set(self, seconds):
        """Against the machine's; at once, for everyone."""
        write(self._shift + ".new", f"{seconds}\n")
        os.rename(self._shift + ".new", self._shift)


@pytest.fixture(name="clock")
def clock_fixture(tmp_path):
    if any(name.endswith("SAN_OPTIONS") for name in os.environ):
        pytest.skip("a sanitizer's library has to be the first")
    os.chmod(tmp_path, 0o700)
    return Clock(str(tmp_path))


@pytest.fixture(name="daemon")
def daemon_fixture(clock, tmp_path):
    with Daemon(folder=str(tmp_path), args=["--keep-for", "12h"], program=clock.program) as daemon:
        yield daemon
        assert daemon.process.poll() is None, daemon.messages()


def run(muster, *options, command="echo well"):
    result = muster("run", *muster.login, "-t", TARGETS, "-d", *options, "--", command)
    assert result.code == 0, result.err
    name = result.text.strip()
    return name


def ended(muster, name):
    result = muster("watch", name)
    assert result.code == 0, result.err
    return name


def create_time(muster, name):
    return muster("show", name, "--json").json()[0]["createTime"]


def newest_first(muster):
    return [one["id"] for one in muster("runs", "--json").json()]


def runs_until_told(muster, day):
    """Abseil's clock asks the kernel's every two seconds or so: runs come until one is of that day."""
    names, deadline = [], time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        names.append(ended(muster, run(muster)))
        if create_time(muster, names[-1])[:10] == day:
            return names
    raise AssertionError(f"no run was of {day}: {[create_time(muster, name) for name in names]}")


def test_runs_keep_their_order_and_are_kept(clock, muster):
    names = []
    start = datetime.datetime.now(datetime.timezone.utc)
    for shift in (0, DAY, 0, -DAY, 0):
        clock.set(shift)
        names += runs_until_told(muster, f"{start + datetime.timedelta(seconds=shift):%Y-%m-%d}")
    assert newest_first(muster) == names[::-1]


def test_a_daemon_that_comes_next_goes_on_with_the_order(clock, fleet, tmp_path):
    names = []
    for shift in (DAY, 0):
        clock.set(shift)
        with Daemon(folder=str(tmp_path), args=["--keep-for", "0"],
                    program=clock.program) as daemon:
            muster = Muster(daemon, fleet)
            names.append(ended(muster, run(muster)))
            assert newest_first(muster) == names[::-1]


@pytest.mark.parametrize("shift", [DAY, -DAY])
def test_timeouts_and_watchers_do_not_look_at_it(clock, fleet, muster, shift):
    gate = os.path.join(fleet.folder, f"clock_gate_{shift}")
    command = f"echo begun; while [ ! -e {gate} ]; do sleep 0.05; done; echo done"
    limits = ["--command-timeout", "1h", "--idle-timeout", "1h", "--run-timeout", "2h"]
    name = run(muster, *limits, command=command)
    watch = muster.start("watch", name)
    for _ in range(3):
        assert watch.stdout.readline().endswith(b": begun\n")
    clock.set(shift)
    write(gate, "")
    out, err = watch.communicate(timeout=SECONDS)
    assert (watch.returncode, out.count(b": done\n")) == (0, 3), err


@pytest.mark.parametrize("shift", [DAY, -DAY])
def test_an_idle_daemon_ends_in_its_own_time(clock, tmp_path, shift):
    with Daemon(folder=str(tmp_path), args=["--idle-timeout", "2s"], program=clock.program) as daemon:
        clock.set(shift)
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.process.wait(1)
        assert daemon.process.wait(SECONDS) == 0
