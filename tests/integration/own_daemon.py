"""Daemons that muster has started by itself."""

import os
import signal
import subprocess
import time

STATE = ".local/state/muster"  # under the home


def ready_daemons(home):
    """The pids of musterds that were started by muster under this home."""
    found = subprocess.run(["pgrep", "-f", f"musterd --state-dir {home}/"],
                           capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def end_daemons(home):
    """Until they are gone: their folder is about to be removed."""
    for pid in ready_daemons(home):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while ready_daemons(home) and time.monotonic() < deadline:
        time.sleep(0.02)
