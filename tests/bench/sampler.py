"""A process's CPU and memory over time."""

import collections
import os
import threading
import time

import imports  # pylint: disable=unused-import
from fleet import read
from measure import process_cpu

# `time` in seconds since 1970; `cores` is CPU seconds per second since the sample before.
Sample = collections.namedtuple("Sample", "time concurrency cores resident_bytes")
INTERVAL = 0.1  # seconds


def resident_bytes(pid):
    return int(read(f"/proc/{pid}/statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Sampler:
    """Follows a process, with a thread of its own, while used in a `with` statement; each sample is
    given to `take`, on that thread, and the last one on the caller's."""

    def __init__(self, pid, concurrency, take):
        self._pid, self._concurrency, self._take = pid, concurrency, take
        self._stop = threading.Event()
        self._before = (time.monotonic(), process_cpu(pid))
        self._samples = 0
        self._thread = threading.Thread(target=self._run)

    def _sample(self):
        now, cpu = time.monotonic(), process_cpu(self._pid)
        cores = (cpu - self._before[1]) / max(now - self._before[0], 1e-9)
        self._before = (now, cpu)
        self._samples += 1
        self._take(Sample(time.time(), self._concurrency, cores, resident_bytes(self._pid)))

    def _run(self):
        while not self._stop.wait(INTERVAL):
            self._sample()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        # Right after another one, its CPU would be that of too short a time.
        if not self._samples or time.monotonic() - self._before[0] > INTERVAL / 2:
            self._sample()
