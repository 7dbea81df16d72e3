"""What programs cost: time, CPU, memory."""

import collections
import os
import subprocess
import tempfile
import threading
import time

import imports  # pylint: disable=unused-import
from fleet import read

# How a tool is started; `stdin` is bytes.
Call = collections.namedtuple("Call", "argv env stdin")
# Seconds; `cpu` of the program and all that it started. `ended` is False where its time was up.
Cost = collections.namedtuple("Cost", "wall cpu ended errors")


def process_cpu(pid):
    """Seconds, of all threads that a process has had, without its children: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def family(pid):
    """The process and all that it has started."""
    pids = [pid]
    for parent in pids:
        try:
            for thread in os.listdir(f"/proc/{parent}/task"):
                pids += map(int, read(f"/proc/{parent}/task/{thread}/children").split())
        except OSError:
            pass  # it has just ended
    return pids


def proportional_set(pid):
    """Bytes."""
    try:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _cpu_with_reaped_children(pid):
    try:
        fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _end(pid, spent):
    """Ends a program and all that it started, having noted what that has cost."""
    pids = family(pid)
    spent.append(sum(map(_cpu_with_reaped_children, pids)))
    for one in pids:
        try:
            os.kill(one, 9)
        except ProcessLookupError:
            pass


def run(call, output, limit=3600):
    """Runs a program to its end, or for `limit` seconds; what it writes goes to the file `output`."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as errors, \
            open(output, "wb") as out:
        stdin.write(call.stdin)
        stdin.seek(0)
        spent = []
        start = time.monotonic()
        process = subprocess.Popen(call.argv, env=call.env, stdin=stdin, stdout=out, stderr=errors)
        timer = threading.Timer(limit, _end, [process.pid, spent])
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        timer.cancel()
        timer.join()  # where it is ending the family, that is done now
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        cpu = spent[0] if spent else usage.ru_utime + usage.ru_stime
        return Cost(wall, cpu, not spent, errors.read(2000).decode(errors="replace"))


def peak_memory(call, daemon=None):
    """Runs a program; the highest sum of the proportional set sizes of all its processes and the
    daemon, and that of the daemon alone. Bytes."""
    with tempfile.TemporaryFile() as stdin:
        stdin.write(call.stdin)
        stdin.seek(0)
        peak = daemon_peak = 0
        with subprocess.Popen(call.argv, env=call.env, stdin=stdin, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                served = proportional_set(daemon.process.pid) if daemon else 0
                peak = max(peak, served + sum(map(proportional_set, family(process.pid))))
                daemon_peak = max(daemon_peak, served)
                time.sleep(0.02)
    return peak, daemon_peak
