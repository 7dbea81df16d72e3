"""Daemons that muster has started by itself."""

import os
import signal
import subprocess


def ready_daemons(folder):
    """The pids of musterds that were started by muster under this home."""
    found = subprocess.run(["pgrep", "-f", f"musterd --listen unix:{folder}/"],
                           capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def end_daemons(folder):
    for pid in ready_daemons(folder):
        os.kill(pid, signal.SIGTERM)
